//! Numbers out of what was recorded: samples, summaries, timelines, and the results that files hold.

mod batches;
mod bins;
mod collector;
mod confidence;
mod fault_effect;
mod metrics;
mod observations;
mod of_arrived;
mod outcomes;
mod over_time;
mod recovery;
mod results;
mod rounding;
mod sample;
mod saturation;
mod significance;
pub mod theory;
mod timeline;
mod totals;
mod warm_up;

pub use batches::Batches;
pub use collector::{Collector, Subject};
pub use confidence::{Interval, differences, tell_confidence};
pub use fault_effect::{FaultEffect, FaultWatch, PhaseNumbers, Recovery};
pub use observations::{FEWEST_BATCHES, Method, Observations, Series, requests_needed};
pub use of_arrived::AllArrived;
pub use outcomes::OperationCounts;
pub use over_time::{Counts as WindowCounts, OverTime, TimeWindow};
pub use results::*;
pub use rounding::{ROUNDED_BELOW, rounded};
pub use sample::Sample;
pub use saturation::*;
pub use significance::{Difference, holm};
pub use timeline::TimelineRecorder;
pub use totals::Totals;
pub use warm_up::{Settling, Truncation};
