//! The numbers of a policy and of its classes.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

use super::deadlock::DeadlockResults;
use super::faults::FaultEffect;
use super::intervals::ClassConfidence;
use super::intervals::{Confidence, IntervalMethod};
use super::over_time::Occupied;
use super::over_time::TimeWindow;
use super::over_time::TimelineEntry;
use super::requests::AllArrived;
use super::requests::InSystem;
use super::requests::OperationCounts;
use super::requests::RequestCounts;
use super::requests::Slowdown;
use super::requests::Summary;
use super::requests::WaitingTime;
use super::saturation::Saturation;
use super::stations::Imbalance;
use super::stations::ReplicaResults;
use super::stations::StationResults;
use super::stations::Utilization;
use super::stations::WorkerResults;
use crate::model::Breakdown;
use crate::policy::Runner;
use crate::policy::StandsFor;
use crate::stats::estimate::{Intervals, Method, PolicyEstimate, PolicyProfile, RequestIntervals};
use crate::stats::measured::{ClassNumbers, Incomplete, PolicyNumbers, Tails};

/// The results of one policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PolicyResults {
    /// The policy's name.
    pub name: String,
    /// Its kind.
    pub kind: &'static str,
    /// What runs its requests.
    pub runner: Runner,
    /// The plain policy that it stands for, if it is a preset of a real product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands_for: Option<StandsFor>,
    /// How many worker processes there are, in all replicas.
    pub workers: u32,
    /// Maximum number of requests each has in progress; `None`: unlimited.
    pub slots: Option<u32>,
    /// Counts of the requests by outcome.
    pub requests: RequestCounts,
    /// Arrival to departure, of the completed requests.
    pub response_time_ms: Summary,
    /// Response time / demand.
    pub slowdown: Slowdown,
    /// The share of the requests that arrived and were rejected, timed out or failed.
    pub error_rate: Option<f64>,
    /// Percentiles and maxima over every request that arrived, where one without an answer is slower than any other.
    pub all_arrived: AllArrived,
    /// Where the time went: means per completed request, which add up to the mean response time.
    pub breakdown_ms: Breakdown,
    /// Where the time of the others went until they ended: means per request that departed without an answer, or with one
    /// after its client had given up. Left out if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unanswered_breakdown_ms: Option<Breakdown>,
    /// The wait in the backlog, of the requests that a worker took.
    pub waiting_time_ms: WaitingTime,
    /// Where requests waited once a worker had taken them: `turn`, `cores`, `threads`, `pool.NAME` and `backend.NAME`, those
    /// of them where this policy may make requests wait.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub stations: IndexMap<String, StationResults>,
    /// What each worker did: the 256 busiest where there are more. Omitted for a single worker, and where each takes one
    /// request after another out of one queue.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub per_worker: Vec<WorkerResults>,
    /// What each replica did: 256 of them where there are more; omitted without `replicas`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub per_replica: Vec<ReplicaResults>,
    /// A worker that had more than it could do while the others had room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imbalance: Option<Imbalance>,
    /// Requests inside the system.
    pub in_system: InSystem,
    /// Requests that the application served per second, too late for their clients or not; those that arrived in the
    /// warm-up and departed after it included.
    pub throughput_per_s: Option<f64>,
    /// Of those, the ones that it served while their clients still waited, per second.
    pub goodput_per_s: Option<f64>,
    /// Busy time / (time × how many there are), 0 to 1.
    pub utilization: Utilization,
    /// The same numbers for each class, in the order of the scenario.
    pub classes: IndexMap<String, ClassResults>,
    /// All attempts of a client together; where clients make several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operations: Option<OperationCounts>,
    /// From a client's first try to its answer, of the answered operations; where clients try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_time_ms: Option<Summary>,
    /// All arrivals / arrivals that are no repeated tries; where clients try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amplification: Option<f64>,
    /// What happened when: windows of equal width that begin with the measured time, at most 120. Of several replications
    /// together.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub over_time: Vec<TimeWindow>,
    /// What each fault did to the requests, in the order of the scenario.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultEffect>,
    /// Requests that arrived in the warm-up and are left out.
    pub warm_up_requests: u64,
    /// Confidence intervals of these numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// The capacity of the policy, and the load offered to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saturation: Option<Saturation>,
    /// Why these numbers predict nothing about a real server, for a preset.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub no_prediction: Option<NoPrediction>,
    /// Why the run stopped before its end; the numbers are of what was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub incomplete: Option<Incomplete>,
    /// Requests in flight at the end of the run, of the first replication that has any, that would never have gone on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadlock: Option<DeadlockResults>,
    /// Phase starts and ends, whatever the engine skips.
    pub events: u64,
    /// What single requests did, for short runs or when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Vec<TimelineEntry>>,
    /// When what runs requests was occupied meanwhile, for pictures. Not written.
    #[serde(skip)]
    pub occupied: Vec<Occupied>,
}

/// Why the numbers of a preset predict nothing about the real server.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum NoPrediction {
    /// The listen queue overflows.
    Overflow {
        /// How many requests were rejected.
        rejected: u64,
    },
    /// The load is so close to the capacity that the smallest difference decides.
    NearCapacity {
        /// Offered / capacity.
        load: f64,
    },
}

/// The numbers of one class of requests.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ClassResults {
    /// Counts of the requests by outcome.
    pub requests: RequestCounts,
    /// Arrival to departure, of the completed requests.
    pub response_time_ms: Summary,
    /// Response time / demand.
    pub slowdown: Slowdown,
    /// The share of the requests that arrived and were rejected, timed out or failed.
    pub error_rate: Option<f64>,
    /// Percentiles and maxima over every request that arrived, where one without an answer is slower than any other.
    pub all_arrived: AllArrived,
    /// Confidence intervals of these numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<ClassConfidence>,
}

impl PolicyResults {
    /// The results as files hold them, with the timelines of this many of the first requests.
    pub fn new(estimate: &PolicyEstimate, timelines: Option<usize>) -> Self {
        let PolicyEstimate { profile, estimated, faults, over_time, saturation, no_prediction, timeline } = estimate;
        let PolicyProfile { name, kind, runner, stands_for, workers, slots } = profile.clone();
        let PolicyNumbers {
            requests,
            response_time_ms,
            slowdown,
            error_rate,
            tails,
            breakdown_ms,
            unanswered_breakdown_ms,
            waiting_time_ms,
            stations,
            per_worker,
            per_replica,
            imbalance,
            in_system,
            throughput_per_s,
            goodput_per_s,
            utilization,
            classes,
            operations,
            operation_time_ms,
            amplification,
            warm_up_requests,
            incomplete,
            deadlock,
            events,
        } = estimated.numbers.clone();
        let class = |(place, (name, numbers)): (usize, (String, ClassNumbers))| {
            (name, ClassResults::new(numbers, estimated.intervals(Some(place))))
        };
        Self {
            name,
            kind,
            runner,
            stands_for,
            workers,
            slots,
            requests,
            response_time_ms,
            slowdown,
            error_rate,
            all_arrived: AllArrived::new(tails, estimated.intervals(None)),
            breakdown_ms,
            unanswered_breakdown_ms,
            waiting_time_ms,
            stations,
            per_worker,
            per_replica,
            imbalance,
            in_system,
            throughput_per_s,
            goodput_per_s,
            utilization,
            classes: classes.into_iter().enumerate().map(class).collect(),
            operations,
            operation_time_ms,
            amplification,
            over_time: over_time.clone(),
            faults: faults.iter().map(|fault| fault.effect.clone()).collect(),
            warm_up_requests,
            confidence: estimated.intervals.as_ref().map(Confidence::new),
            saturation: saturation.clone(),
            no_prediction: *no_prediction,
            incomplete,
            deadlock,
            events,
            timeline: timelines.map(|most| timeline.entries.iter().take(most).cloned().collect()),
            occupied: timelines.map(|_| timeline.occupied.clone()).unwrap_or_default(),
        }
    }
}

impl ClassResults {
    fn new(numbers: ClassNumbers, intervals: Option<&RequestIntervals>) -> Self {
        let ClassNumbers { requests, response_time_ms, slowdown, error_rate, tails } = numbers;
        let all_arrived = AllArrived::new(tails, intervals);
        let confidence = intervals.map(|intervals| intervals.answered.clone());
        Self { requests, response_time_ms, slowdown, error_rate, all_arrived, confidence }
    }
}

impl AllArrived {
    fn new(tails: Tails, intervals: Option<&RequestIntervals>) -> Self {
        let Tails { numbers, at_least: _, longest_wait_ms } = tails;
        Self { numbers, longest_wait_ms, confidence: intervals.map(|intervals| intervals.all_arrived.clone()) }
    }
}

impl Confidence {
    fn new(intervals: &Intervals) -> Self {
        let Intervals { level, method, parts, all, classes: _ } = intervals;
        let (method, batch_requests) = match method {
            Method::Replications => (IntervalMethod::Replications, None),
            Method::Batches { requests } => (IntervalMethod::BatchMeans, Some(*requests)),
        };
        Self { level: *level, method, samples: *parts, batch_requests, numbers: all.answered.clone() }
    }
}
