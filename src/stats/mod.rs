//! Numbers out of what was recorded: samples, summaries, timelines, and the results that files hold.

mod collector;
mod results;
mod sample;
mod timeline;

pub use collector::{Collector, Subject};
pub use results::*;
pub use sample::Sample;
pub use timeline::TimelineRecorder;
