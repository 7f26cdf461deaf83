//! The results of a scenario, as `results.json` holds them (schema `waitline.results/1`).
//!
//! All times are in milliseconds. A number that does not exist (a percentile of no request, the slowdown of a
//! request without demand) is `None`, written as `null`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::fault_effect::FaultEffect;
use super::observations::{NotEstimable, Observations};
use super::of_arrived::AllArrived;
use super::outcomes::OperationCounts;
use super::over_time::TimeWindow;
use super::per_worker::{Imbalance, WorkerResults};
use super::saturation::Saturation;
use super::stations::StationResults;
use super::totals::Incomplete;
use crate::model::{Breakdown, FailedBy, MetricUnit, RejectedBy};
use crate::policy::{Runner, StandsFor};

/// The schema of the results file. Fields are only ever added within a major version.
pub const SCHEMA: &str = "waitline.results/1";

/// What a run of a scenario gave. All times are in milliseconds; a number that does not exist is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct ScenarioResults {
    /// What the file is, and in which version.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: &'static str,
    /// The version of the program.
    pub waitline: &'static str,
    /// The scenario's name.
    pub scenario: String,
    /// What it shows.
    pub description: Option<String>,
    /// SHA-256 of the scenario.
    pub scenario_sha256: String,
    /// The seed.
    pub seed: u64,
    /// How many replications were run.
    pub replications: u64,
    /// What was left out at the beginning of each run.
    pub warm_up: WarmUpResults,
    /// Whether the intervals are as narrow as was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<PrecisionResults>,
    /// What the model leaves out or takes for granted, in sentences.
    #[schemars(with = "Vec<String>")]
    pub assumptions: Vec<Assumption>,
    /// Defaults in force: path and value.
    pub defaults: IndexMap<String, String>,
    /// What went wrong meanwhile, in the order of the scenario.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultWindow>,
    /// Pools that are asked under a preset without what the client library costs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_clients: Vec<MissingClient>,
    /// What was asked of the results, and whether they meet it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub slo: Vec<ObjectiveResult>,
    /// One entry a policy, in the order of the scenario.
    pub policies: Vec<PolicyResults>,
    /// How each other policy differs from one of them, on the same requests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comparisons: Vec<ComparisonResults>,
}

/// Something that goes wrong for a while.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct FaultWindow {
    /// What objectives call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What: `slow`, `down`, `restart` or `cores`.
    pub kind: FaultWindowKind,
    /// From when; of a fault that repeats, the first time.
    pub start_ms: f64,
    /// Until when; of a fault that repeats, the first time.
    pub end_ms: f64,
    /// From one beginning to the next, of a fault that repeats until the end of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every_ms: Option<f64>,
    /// The backend that is slow or down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend: Option<String>,
    /// How many times longer its queries take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
    /// How long its queries take, unless they take longer anyway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_ms: Option<f64>,
    /// The worker that restarts, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<u32>,
    /// How many cores are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<u32>,
}

/// What goes wrong during a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultWindowKind {
    /// A backend is slow.
    #[default]
    Slow,
    /// A backend answers nothing.
    Down,
    /// A worker restarts.
    Restart,
    /// The machine has fewer cores.
    Cores,
}

/// What the model leaves out or takes for granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Assumption {
    /// Network, memory pressure and disk are not modelled.
    ApplicationOnly,
    /// What the application server itself does is a policy's overhead.
    ServerOverhead,
    /// Every policy meets the same requests.
    SameRequests,
    /// Demands do not depend on the load.
    DemandsWithoutLoad,
    /// Threads and loops share the cores round robin.
    RoundRobin,
    /// Response time counts from the intended arrival.
    IntendedArrival,
}

impl Assumption {
    /// Every assumption, in the order of reports.
    pub const ALL: [Self; 6] = [
        Self::ApplicationOnly,
        Self::ServerOverhead,
        Self::SameRequests,
        Self::DemandsWithoutLoad,
        Self::RoundRobin,
        Self::IntendedArrival,
    ];
}

/// A connection pool that a real product is asked through, without a `client`: its numbers leave the library out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MissingClient {
    /// The policy's name.
    pub policy: String,
    /// The backend's name.
    pub backend: String,
    /// The client that was measured with that product.
    pub measured: &'static str,
}

/// What one policy gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
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
    /// How many worker processes there are.
    pub workers: u32,
    /// How many requests each has in progress at most; `None`: any number.
    pub slots: Option<u32>,
    /// What happened to the requests.
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
    /// What each worker did: the 256 busiest where there are more. Left out for a single worker, and where each takes one
    /// request after another out of one queue.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub per_worker: Vec<WorkerResults>,
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
    /// How sure these numbers are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// What the policy can sustain, and what was asked of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saturation: Option<Saturation>,
    /// Why a real server may do anything here, where a preset stands for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub no_prediction: Option<NoPrediction>,
    /// Why the run stopped before its end; the numbers are of what was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub incomplete: Option<Incomplete>,
    /// Phase starts and ends, whatever the engine skips.
    pub events: u64,
    /// What single requests did, for short runs or when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Vec<TimelineEntry>>,
    /// The values behind the intervals, of the shortest parts first; not in files.
    #[serde(skip)]
    pub observations: Vec<Observations>,
}

/// Why the numbers of a preset predict nothing about the real server.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
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

/// What one class of requests met.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ClassResults {
    /// What happened to the requests.
    pub requests: RequestCounts,
    /// Arrival to departure, of the completed requests.
    pub response_time_ms: Summary,
    /// Response time / demand.
    pub slowdown: Slowdown,
    /// The share of the requests that arrived and were rejected, timed out or failed.
    pub error_rate: Option<f64>,
    /// Percentiles and maxima over every request that arrived, where one without an answer is slower than any other.
    pub all_arrived: AllArrived,
    /// How sure these numbers are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<ClassConfidence>,
}

/// What happened to the requests: arrived = completed + rejected + timed out + failed + in flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RequestCounts {
    /// Entered the system.
    pub arrived: u64,
    /// Departed with an answer.
    pub completed: u64,
    /// Turned away for want of room.
    pub rejected: u64,
    /// The client gave up.
    pub timed_out: u64,
    /// Ended with an error.
    pub failed: u64,
    /// Tries beyond the first.
    pub retried: u64,
    /// Still in the system at the end.
    pub in_flight: u64,
    /// The rejected ones, by reason.
    #[serde(skip_serializing_if = "RejectedBy::is_empty")]
    pub rejected_by: RejectedBy,
    /// The failed ones, by reason.
    #[serde(skip_serializing_if = "FailedBy::is_empty")]
    pub failed_by: FailedBy,
}

impl RequestCounts {
    /// How many came to an end, with an answer or without.
    pub const fn ended(&self) -> u64 {
        self.arrived - self.in_flight
    }

    /// How many ended without an answer.
    pub const fn unanswered(&self) -> u64 {
        self.rejected + self.timed_out + self.failed
    }

    /// Adds other requests to these.
    pub fn add(&mut self, other: Self) {
        self.arrived += other.arrived;
        self.completed += other.completed;
        self.rejected += other.rejected;
        self.timed_out += other.timed_out;
        self.failed += other.failed;
        self.retried += other.retried;
        self.in_flight += other.in_flight;
        self.rejected_by.add(other.rejected_by);
        self.failed_by.add(other.failed_by);
    }
}

/// A distribution in a few numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Summary {
    /// Arithmetic mean.
    pub mean: Option<f64>,
    /// Standard deviation of the population.
    pub stddev: Option<f64>,
    /// Smallest.
    pub min: Option<f64>,
    /// Median.
    pub p50: Option<f64>,
    /// 90th percentile.
    pub p90: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// 99.9th percentile.
    pub p999: Option<f64>,
    /// Largest.
    pub max: Option<f64>,
}

/// How many times longer than alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Slowdown {
    /// Arithmetic mean over the requests.
    pub mean: Option<f64>,
    /// Median.
    pub p50: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// Largest.
    pub max: Option<f64>,
}

/// The wait in the backlog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct WaitingTime {
    /// Mean over all requests that were taken, those that did not wait included.
    pub mean: Option<f64>,
    /// Median.
    pub p50: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// The share of requests that waited at all.
    pub probability: Option<f64>,
}

/// Requests inside the system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct InSystem {
    /// Mean over time.
    pub mean: Option<f64>,
    /// Most at one instant.
    pub max: u64,
}

/// Busy time / (time × how many there are), 0 to 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Utilization {
    /// Of the cores: running requests.
    pub cores: Option<f64>,
    /// Of the workers: a request holds the worker (sync), its GIL or its loop; without a GIL, its threads run.
    pub workers: Option<f64>,
    /// Of the slots: a request in progress; `None` when slots are unlimited.
    pub slots: Option<f64>,
    /// Of the threads beside the loops: a request has the thread; `None` without them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<f64>,
    /// Of each limited backend, by name: queries it works on / queries it can run at once; where only a pool limits it,
    /// that of the pool.
    pub backends: IndexMap<String, Option<f64>>,
    /// Of the connections to each backend with a pool, by name: connections held / connections of all pools.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub pools: IndexMap<String, Option<f64>>,
}

/// What one request did.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TimelineEntry {
    /// Its number in the run, counted from 1.
    pub request: u64,
    /// Its class.
    pub class: String,
    /// When it arrived.
    pub arrival_ms: f64,
    /// When it departed, with an answer or without; `None` while in flight at the end.
    pub departure_ms: Option<f64>,
    /// Arrival to departure, of an answered one.
    pub response_time_ms: Option<f64>,
    /// What became of it if it departed without an answer, or with one too late: `rejected`, `timed_out`,
    /// `served_late` or `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<&'static str>,
    /// Why it was rejected or failed: one of the reasons of `rejected_by` and `failed_by`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// Response time / demand.
    pub slowdown: Option<f64>,
    /// The worker that took it, counted from 1.
    pub worker: Option<u32>,
    /// The slot (sync: always 1; threaded: the thread) it held in that worker, counted from 1; async has none
    /// unless limited.
    pub slot: Option<u32>,
    /// How many segments were merged into their neighbours because the request has too many: in a merged stretch all time spent
    /// in one way stands together. 0 is left out.
    #[serde(skip_serializing_if = "is_zero")]
    pub merged_segments: u64,
    /// What it did, in order of time, without holes.
    pub segments: Vec<TimelineSegment>,
}

/// A stretch of a request's time spent in one way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TimelineSegment {
    /// The activity: `backlog_wait`, `run_queue_wait`, `pool_wait`, `backend_wait`, `framework`, `compute`, `backend`, `sleep`
    /// or `thread_wait`.
    pub kind: &'static str,
    /// From when.
    pub start_ms: f64,
    /// Until when.
    pub end_ms: f64,
    /// Whether it is a wait that blocks what runs the request, where other waits do not.
    #[serde(skip_serializing_if = "is_false")]
    pub blocking: bool,
}

/// What was left out at the beginning of each run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct WarmUpResults {
    /// How it was chosen: `none`, `fixed` (by the scenario) or `auto` (where response times settle, by MSER-5).
    pub method: WarmUpMethod,
    /// So long after the start, requests begin to count.
    pub removed_ms: f64,
    /// Policies whose response times had not settled by the middle of the run; the run is too short for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unsettled: Vec<String>,
}

/// How the length of the warm-up was chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WarmUpMethod {
    /// There is no warm-up.
    #[default]
    None,
    /// By the scenario.
    Fixed,
    /// Where response times settle, by MSER-5.
    Auto,
}

/// Whether the intervals are as narrow as was asked.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct PrecisionResults {
    /// Half width / value was to be at most this.
    pub half_width: f64,
    /// Of these numbers of every policy.
    pub metrics: Vec<String>,
    /// Whether it is.
    pub reached: bool,
    /// What is not: policy, metric, and how wide it is or why there is no interval.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub missed: Vec<MissedPrecision>,
}

/// A number whose interval is not as narrow as was asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MissedPrecision {
    /// The policy.
    pub policy: String,
    /// The metric, by the name that objectives use.
    pub metric: String,
    /// Why.
    pub why: WhyImprecise,
}

/// Why an interval is not as narrow as was asked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyImprecise {
    /// It is wider.
    TooWide {
        /// Half width / value.
        half_width: f64,
    },
    /// The run gave no such number.
    NoNumber,
    /// There is no interval.
    NotEstimable(NotEstimable),
}

/// How sure the numbers of a policy are.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Confidence {
    /// The probability with which each interval covers the true number.
    pub level: f64,
    /// What the intervals come from: `replications` or `batch_means`.
    pub method: IntervalMethod,
    /// How many replications or batches there are; numbers that need longer batches have fewer.
    pub samples: usize,
    /// How many requests a batch has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_requests: Option<u64>,
    /// The intervals.
    #[serde(flatten)]
    pub numbers: ClassConfidence,
}

/// What confidence intervals come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IntervalMethod {
    /// Independent runs.
    Replications,
    /// Batches of one run.
    BatchMeans,
}

/// How sure the numbers of a class are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct ClassConfidence {
    /// The ends of the interval of each number, by the name that objectives use, in the unit of the results.
    pub intervals: IndexMap<String, [f64; 2]>,
    /// Numbers without an interval, and why.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "IndexMap<String, String>")]
    pub not_estimable: IndexMap<String, NotEstimable>,
}

/// How a policy differs from another on the same requests.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ComparisonResults {
    /// The policy.
    pub policy: String,
    /// The other one.
    pub against: String,
    /// The share of its requests that got no answer, where any of either did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_answer: Option<f64>,
    /// The same of the other one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against_without_answer: Option<f64>,
    /// The differences of response times: mean, p50, p95, p99.
    pub differences: Vec<DifferenceResult>,
}

/// By how much a response time differs.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct DifferenceResult {
    /// Which: `mean`, `p50`, `p95` or `p99`.
    pub metric: &'static str,
    /// Ours minus the other's; below 0 is faster.
    pub difference_ms: f64,
    /// The ends of its confidence interval, from pairs of replications or batches.
    pub interval_ms: Option<[f64; 2]>,
    /// Why there is no interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub not_estimable: Option<NotEstimable>,
    /// `faster`, `slower`, `no_difference`, `undecided` without an interval, or `incomparable`.
    pub verdict: DifferenceVerdict,
}

/// What a difference comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceVerdict {
    /// The whole interval is below 0.
    Faster,
    /// The whole interval is above 0.
    Slower,
    /// The interval holds 0.
    NoDifference,
    /// There is no interval.
    Undecided,
    /// The one whose answered requests are faster answered fewer of them: the slow ones may be those that it did not answer.
    Incomparable,
}

/// An objective, held against one policy.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ObjectiveResult {
    /// The objective as it was written.
    pub objective: String,
    /// The policy.
    pub policy: String,
    /// The fault that it is about, by its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The class; `None`: all together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The number, by its name.
    pub metric: String,
    /// What it is measured in.
    pub unit: MetricUnit,
    /// What it is; `None` if the run gave none, or so many requests got no answer that there is none.
    pub value: Option<f64>,
    /// The ends of its confidence interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
    /// The share of the requests, or operations, that got no answer, where any did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_answer: Option<f64>,
    /// Whether the number is of the answered ones only, although more than 1 % got no answer.
    #[serde(skip_serializing_if = "is_false")]
    pub answered_only: bool,
    /// Where requests that got no answer leave no value: the longest that one was seen to wait, in ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_wait_ms: Option<f64>,
    /// What it is held against, in the same unit.
    pub bound: f64,
    /// Whether it only warns.
    #[serde(skip_serializing_if = "is_false")]
    pub warns: bool,
    /// Whether it is met.
    pub verdict: ObjectiveVerdict,
    /// Whether the interval holds the bound: another seed may say otherwise.
    #[serde(skip_serializing_if = "is_false")]
    pub uncertain: bool,
    /// Why another seed may say otherwise, if it may; it is not known that it would not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undecided: Option<Undecided>,
    /// The file that asks for it; results tell its name, wherever it lies.
    #[serde(serialize_with = "file_name")]
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column of its first letter, counted from 1.
    pub column: usize,
    /// The column after its last letter.
    pub end_column: usize,
}

/// Why chance may have decided an objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Undecided {
    /// What is missing.
    pub why: UndecidedReason,
    /// About how many requests would decide it, those of all classes and replications together; `null` if no number of
    /// them does.
    pub requests: Option<u64>,
}

/// What an objective lacks to be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UndecidedReason {
    /// The number has no confidence interval.
    NoInterval,
    /// Its confidence interval holds the bound.
    IntervalHoldsBound,
}

/// Above this share of requests without an answer, response times say little: they are of the others.
pub const MUCH_UNANSWERED: f64 = 0.01;

/// Whether an objective is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ObjectiveVerdict {
    /// It is.
    Met,
    /// It is not.
    Broken,
    /// It is not, and only warns.
    Warned,
    /// The run gave no such number.
    NoData,
}

impl Utilization {
    /// The highest of them.
    pub fn busiest(&self) -> Option<f64> {
        let backends = self.backends.values().chain(self.pools.values()).copied();
        [self.cores, self.workers, self.slots, self.threads]
            .into_iter()
            .chain(backends)
            .flatten()
            .max_by(f64::total_cmp)
    }
}

/// A path without its folders: the same bytes wherever a scenario lies.
fn file_name<S: Serializer>(path: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(path.rsplit(['/', '\\']).next().unwrap_or(path))
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}
