//! What the measured numbers say of the true ones: intervals, comparisons, where a run settles.

mod confidence;
mod observations;
mod significance;
mod support;
mod warm_up;

pub use confidence::{Interval, differences, reach, tell_confidence};
pub use observations::{FEWEST_BATCHES, Method, NotEstimable, Observations, Series, requests_needed};
pub use significance::{Difference, HolmStep, holm};
pub use support::Support;
pub use warm_up::{Settling, Truncation};
