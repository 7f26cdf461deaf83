//! Numbers out of what was recorded: samples, summaries, timelines, and the results that files hold.

mod bins;
mod collector;
mod confidence;
mod results;
mod sample;
pub mod theory;
mod timeline;

pub use bins::{Bin, Bins};
pub use collector::{Collector, Subject};
pub use confidence::Interval;
pub use results::*;
pub use sample::Sample;
pub use timeline::TimelineRecorder;
