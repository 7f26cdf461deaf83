//! The things we speak of: plain data, no I/O, no randomness.

mod machine;
mod phase;
mod rate;
mod time;

pub use machine::{BackendId, Cores, Machine, Quantum};
pub use phase::{Activity, ClassId, PhaseKind};
pub use rate::Rate;
pub use time::{SimDuration, SimTime};
