//! The vocabulary of the model: plain data, no I/O, no randomness.

mod activity;
mod call;
mod client;
mod fault;
mod limit;
mod machine;
mod metric;
mod overhead;
mod phase;
mod place;
mod proportion;
mod rate;
mod reason;
mod replica;
mod resource;
mod time;
mod visible;

pub use activity::{Activity, ActivityGroup, Breakdown};
pub use call::{Call, CallRetries, OnTimeout};
pub use client::{BackendClient, ClientChoice, KnownClient, Statement};
pub use fault::{Fault, FaultId, FaultKind, FaultPhase, Slowness};
pub use limit::{Limit, LimitScope};
pub use machine::{
    Abandoned, Backend, BackendId, CpuLimit, HandOver, Held, Machine, Pool, PoolScope, Quantum, Release,
};
pub use metric::{
    ANSWERED, Direction, Facts, HEADROOM_NAME, Metric, MetricUnit, Named, Population, Quantity, RECOVERY_NAME,
    StationNumber, Statistic, Tail,
};
pub use overhead::Overhead;
pub use phase::{ClassId, PhaseKind};
pub use place::Place;
pub use proportion::Proportion;
pub use rate::Rate;
pub use reason::{FailedBy, Failure, RejectedBy, Rejection};
pub use replica::{Balancer, HealthCheck, Replicas};
pub use resource::Resource;
pub use time::{SimDuration, SimTime};
pub use visible::{REPLACEMENT, is_hidden, visible, visible_lines};

/// What only the project's own tests use.
#[cfg(feature = "internals")]
pub use machine::Cores;
