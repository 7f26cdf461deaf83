//! The things we speak of: plain data, no I/O, no randomness.

mod client;
mod fault;
mod machine;
mod metric;
mod overhead;
mod phase;
mod rate;
mod time;

pub use client::{BackendClient, ClientChoice, KnownClient, Statement};
pub use fault::{Fault, FaultId, FaultKind, FaultPhase, Slowness};
pub use machine::{Backend, BackendId, Cores, HandOver, Machine, Pool, PoolScope, Quantum, Release};
pub use metric::{ANSWERED, Metric, MetricUnit, Named, Population, Quantity, Tail};
pub use overhead::Overhead;
pub use phase::{Activity, ClassId, PhaseKind};
pub use rate::Rate;
pub use time::{SimDuration, SimTime};
