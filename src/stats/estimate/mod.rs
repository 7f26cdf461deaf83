//! What the measured numbers say of the true ones: intervals, comparisons, where a run settles.

mod confidence;
mod observations;
mod policy;
mod significance;
mod support;
mod warm_up;

pub use confidence::{
    Estimated, Interval, Intervals, RequestIntervals, differences, differences_of_class, reach, upper_reach,
};
pub use observations::{FEWEST_BATCHES, Method, NotEstimable, Observations, Series, requests_needed};
pub use policy::{EstimatedFault, PolicyEstimate, PolicyProfile};
pub use significance::{Difference, HolmStep, holm};
pub use support::Support;
pub use warm_up::{Settling, Truncation};
