//! Numbers out of what was recorded: samples, summaries, timelines, and the results that files hold.

mod batches;
mod bins;
mod collector;
mod confidence;
mod metrics;
mod observations;
mod per_worker;
mod results;
mod rounding;
mod sample;
mod saturation;
mod significance;
mod stations;
pub mod theory;
mod timeline;
mod totals;
mod unanswered;
mod warm_up;

pub use batches::Batches;
pub use collector::{Collector, Subject};
pub use confidence::{Interval, differences, tell_confidence};
pub use observations::{FEWEST_BATCHES, Method, Observations, Series, requests_needed};
pub use per_worker::{Imbalance, WorkerResults};
pub use results::*;
pub use rounding::{ROUNDED_BELOW, rounded};
pub use sample::Sample;
pub use saturation::*;
pub use significance::{Difference, holm};
pub use stations::{Level, StationResults};
pub use timeline::TimelineRecorder;
pub use totals::Totals;
pub use warm_up::{Settling, Truncation};
