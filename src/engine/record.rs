//! What the engine itself counts in a run.

use serde::{Deserialize, Serialize};

use crate::model::{FailedBy, RejectedBy, SimDuration, SimTime};

use super::deadlock::Deadlock;
use super::level::Usage;
use super::usage::{QueueUsage, ReplicaUsage, WorkerUsage};

/// What the engine counts in a run. The counts are of requests that arrived after the warm-up.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// When the measured time begins: at the end of the warm-up.
    pub start: SimTime,
    /// When the measured time ends: at the last departure, or the horizon.
    pub end: SimTime,
    /// Why it ended.
    pub ending: Ending,
    /// The requests in flight at the end that would never have gone on, if there are any.
    pub deadlock: Option<Deadlock>,
    /// Why a trace could not be read to its end, if it could not.
    pub trace_error: Option<String>,
    /// What happened to the requests of each class.
    pub classes: Vec<ClassCounts>,
    /// Requests that arrived in the warm-up and are not counted.
    pub warm_up_requests: u64,
    /// Those among them that departed after the warm-up.
    pub from_warm_up: FromWarmUp,
    /// Phase starts and ends of all requests.
    pub phase_events: u64,
    /// Requests inside the system.
    pub in_system: Usage,
    /// Requests on a core.
    pub cores: Usage,
    /// Requests whose turn it is in their worker, with or without a core.
    pub turns: Usage,
    /// The number of replicas whose CPU quota was used up; `None` without one.
    pub throttled: Option<Usage>,
    /// Requests in progress in the workers.
    pub slots: Usage,
    /// Queries that each limited backend works on.
    pub backends: Vec<Usage>,
    /// Queries that wait until each backend starts them.
    pub backend_queues: Vec<Usage>,
    /// The connections to each backend; all 0 without a pool.
    pub pools: Vec<QueueUsage>,
    /// The threads of the loops' thread pools.
    pub threads: QueueUsage,
    /// What each worker did, if workers may be given unequal work; otherwise empty. Work is equal if there is one
    /// worker, or if each worker takes one request after another out of one queue.
    pub workers: Vec<WorkerUsage>,
    /// What each replica did, if there are several or a health check; otherwise empty.
    pub replicas: Vec<ReplicaUsage>,
}

/// Requests that arrived in the warm-up and departed after it: they are part of the throughput.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FromWarmUp {
    /// Departed with an answer in time.
    pub completed: u64,
    /// Served after their clients had given up.
    pub served_late: u64,
}

impl FromWarmUp {
    /// Adds those of another run to these.
    pub fn add(&mut self, other: Self) {
        self.completed += other.completed;
        self.served_late += other.served_late;
    }
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All requests have arrived, and all have departed.
    Drained,
    /// The horizon was reached.
    Horizon,
    /// Every request in flight waits for another: nothing can happen.
    Deadlock,
    /// Events repeat at one instant: the clock will not move.
    Standstill,
    /// More requests were in flight than allowed.
    TooManyInFlight,
    /// The clock reached [`SimTime::MAX`].
    ClockLimit,
}

/// What happened to the requests of a class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassCounts {
    /// Entered the system.
    pub arrived: u64,
    /// Attempts among them after the first of their operation.
    pub retried: u64,
    /// Departed with an answer in time.
    pub completed: u64,
    /// Turned away, by reason.
    pub rejected: RejectedBy,
    /// The client gave up, in the backlog or later.
    pub timed_out: u64,
    /// Ended with an error, by reason.
    pub failed: FailedBy,
    /// Those among the timed out that the application served all the same.
    pub served_late: u64,
    /// The longest time that a client waited without an answer: until the rejection, the error, or when it gave up.
    pub longest_unanswered: SimDuration,
}

impl ClassCounts {
    /// Adds those of other requests to these.
    pub fn add(&mut self, other: Self) {
        self.arrived += other.arrived;
        self.retried += other.retried;
        self.completed += other.completed;
        self.rejected.add(other.rejected);
        self.timed_out += other.timed_out;
        self.failed.add(other.failed);
        self.served_late += other.served_late;
        self.longest_unanswered = self.longest_unanswered.max(other.longest_unanswered);
    }
}
