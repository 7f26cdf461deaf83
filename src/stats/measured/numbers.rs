//! The numbers of a policy in one run, in several together, or in a part of one.

use indexmap::IndexMap;

use crate::model::{Breakdown, Named};
use crate::stats::results::{
    DeadlockResults, Imbalance, InSystem, OperationCounts, ReplicaResults, RequestCounts, Slowdown, StationResults,
    Summary, Utilization, WaitingTime, WorkerResults,
};

use super::totals::Incomplete;

/// The numbers of a policy. They have the names and units of the results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicyNumbers {
    /// Counts of the requests by outcome.
    pub requests: RequestCounts,
    /// Arrival to departure, of the completed requests.
    pub response_time_ms: Summary,
    /// Response time / demand.
    pub slowdown: Slowdown,
    /// The share of the requests without an answer.
    pub error_rate: Option<f64>,
    /// Percentiles and maxima over every request that arrived.
    pub tails: Tails,
    /// Mean times per completed request.
    pub breakdown_ms: Breakdown,
    /// Mean times per request that departed without an answer; `None` without such requests.
    pub unanswered_breakdown_ms: Option<Breakdown>,
    /// The wait in the backlog.
    pub waiting_time_ms: WaitingTime,
    /// Where requests waited once a worker had taken them.
    pub stations: IndexMap<String, StationResults>,
    /// What each worker did.
    pub per_worker: Vec<WorkerResults>,
    /// What each replica did; none without replicas.
    pub per_replica: Vec<ReplicaResults>,
    /// An overloaded worker among idle ones.
    pub imbalance: Option<Imbalance>,
    /// Requests inside the system.
    pub in_system: InSystem,
    /// Requests served per second.
    pub throughput_per_s: Option<f64>,
    /// Requests answered in time per second.
    pub goodput_per_s: Option<f64>,
    /// Busy time / (time × how many there are).
    pub utilization: Utilization,
    /// The numbers of each class, in the order of the scenario.
    pub classes: IndexMap<String, ClassNumbers>,
    /// All attempts of a client together, where clients retry.
    pub operations: Option<OperationCounts>,
    /// First attempt to answer, where clients retry.
    pub operation_time_ms: Option<Summary>,
    /// All arrivals / first attempts, where clients retry.
    pub amplification: Option<f64>,
    /// Requests that arrived in the warm-up.
    pub warm_up_requests: u64,
    /// Why a run stopped before its end.
    pub incomplete: Option<Incomplete>,
    /// Requests that will never go on.
    pub deadlock: Option<DeadlockResults>,
    /// Phase starts and ends.
    pub events: u64,
}

/// The numbers of a class.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassNumbers {
    /// Counts of the requests by outcome.
    pub requests: RequestCounts,
    /// Arrival to departure, of the completed requests.
    pub response_time_ms: Summary,
    /// Response time / demand.
    pub slowdown: Slowdown,
    /// The share of the requests without an answer.
    pub error_rate: Option<f64>,
    /// Percentiles and maxima over every request that arrived.
    pub tails: Tails,
}

/// Percentiles and maxima over every request that arrived, by the names that objectives use.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tails {
    /// Infinite where too many requests got no answer for the number to exist.
    pub numbers: IndexMap<&'static str, Option<f64>>,
    /// Lower bounds of numbers that are unknown because all requests are still in flight.
    pub at_least: IndexMap<&'static str, f64>,
    /// The longest wait that was seen, in ms.
    pub longest_wait_ms: Option<f64>,
}

impl Tails {
    /// The number of that name.
    pub fn number(&self, named: Named) -> Option<f64> {
        *self.numbers.get(named.name())?
    }
}
