//! The things we speak of: plain data, no I/O, no randomness.

mod fault;
mod machine;
mod metric;
mod overhead;
mod phase;
mod proportion;
mod rate;
mod time;
mod visible;

pub use fault::{Fault, FaultKind};
pub use machine::{Backend, BackendClient, BackendId, Cores, HandOver, Machine, Pool, PoolScope, Quantum, Release};
pub use metric::{Metric, MetricUnit, Named};
pub use overhead::Overhead;
pub use phase::{Activity, ClassId, PhaseKind};
pub use proportion::Proportion;
pub use rate::Rate;
pub use time::{SimDuration, SimTime};
pub use visible::{REPLACEMENT, is_hidden, visible, visible_lines};
