//! The simulation: draws through [`crate::random`], reads nothing, prints nothing, cannot fail.
//!
//! [`Simulation`] moves requests through a machine: the backlog, the run queues of the workers, the cores, connection
//! pools and backends. [`Rules`] say how workers run requests, and an [`Observer`] sees what happens.

/// The version of the model: the same scenario and seed give the same numbers under the same version, whatever the
/// version of the program. It is raised with every change of what happens in a run, down to the nanosecond and the
/// random draws, because numbers from before and after are not comparable; `tests/golden/model_version.rs` fails if a
/// change comes without it.
pub const MODEL_VERSION: u32 = 5;

mod accepting;
mod arriving;
mod audit;
mod backends;
mod backlog;
mod balancing;
mod booking;
mod calls;
mod client_load;
mod cores;
mod deadlock;
mod departure;
mod ending;
mod event;
mod failing;
mod fewest;
mod goroutines;
mod holding;
mod intake;
mod leaving;
mod level;
mod limits;
mod lives;
mod observer;
mod occupancy;
mod pooling;
mod pools;
mod probing;
mod program;
mod quota;
mod record;
mod replicas;
mod requests;
mod reserving;
mod rules;
mod running;
mod setup;
mod shared_queries;
mod sharing;
mod shortcut;
mod simulation;
mod spares;
mod stays;
mod threads;
mod turns;
mod unfinished;
mod usage;
mod waiting;
mod waits;
mod workers;

pub use backends::Owner;
pub use deadlock::{Deadlock, HeldResource};
pub use departure::{Departure, Outcome, SpentTime, add_spent, runs};
pub use level::Usage;
pub use observer::{Entrance, HeldConnection, Observer, Segment};
pub use occupancy::{Actor, Span, SpanKind, Unit, UnitChange};
pub use record::{ClassCounts, Ending, FromWarmUp, Record};
pub use rules::{
    BlockingWaits, Dispatch, MaxRequests, Order, Queueing, Rounding, Rules, Scheduler, SpareWorkers, ThreadPool,
    Timers, WorkerTimeout,
};
pub use setup::{MAX_IN_FLIGHT, Setup};

pub use simulation::Simulation;
pub use stays::Stays;
pub use unfinished::{Standing, Unfinished};
pub use usage::{QueueUsage, ReplicaUsage, WorkerUsage};
pub use waits::{NOT_ASKED, Waits, contended_resources};

/// What only the project's own tests use.
#[cfg(feature = "internals")]
pub use self::shortcut::Shortcut;
