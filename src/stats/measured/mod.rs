//! What is collected while runs go on: counts, samples, windows of time.

mod batch;
mod batches;
mod bins;
mod collector;
mod column;
mod deadlock;
mod fault_effect;
mod metrics;
mod numbers;
mod of_arrived;
mod outcomes;
mod over_time;
mod per_replica;
mod per_worker;
mod recovery;
mod sample;
mod stations;
mod stored;
mod survey;
mod timeline;
mod totals;
mod trace;
mod windows;

pub use batches::BatchObserver;
pub use collector::{Collector, Subject};
pub use fault_effect::{CollectedFaults, FaultWatch, MeasuredFault};
pub use numbers::{ClassNumbers, PolicyNumbers, Tails};
pub use of_arrived::percentile_of_arrived;
pub use over_time::{ClassTimes, OverTime, WindowCounts};
pub use sample::Sample;
pub use survey::{SpentOn, Survey, SurveyedRequest};
pub use timeline::TimelineRecorder;
pub use totals::{Incomplete, Totals};
pub use trace::{Held, Holding, PolicyTrace, TraceRecorder, TracedRequest};
