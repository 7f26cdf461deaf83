//! The results of a scenario, as `results.json` holds them (schema `waitline.results/1`).
//!
//! All times are in milliseconds. A number that does not exist (a percentile of no request, the slowdown of a
//! request without demand) is `None`, written as `null`.

use indexmap::IndexMap;
use serde::Serialize;

use crate::policy::Runner;

/// The schema of the results file. Fields are only ever added within a major version.
pub const SCHEMA: &str = "waitline.results/1";

/// What a run of a scenario gave.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScenarioResults {
    /// [`SCHEMA`].
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
    /// What the model leaves out or takes for granted, in sentences.
    pub assumptions: Vec<String>,
    /// Defaults in force: path and value.
    pub defaults: IndexMap<String, String>,
    /// What went wrong meanwhile, in the order of the scenario.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultWindow>,
    /// One entry a policy, in the order of the scenario.
    pub policies: Vec<PolicyResults>,
}

/// Something that goes wrong for a while.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FaultWindow {
    /// What: `slow`, `down`, `restart` or `cores`.
    pub kind: &'static str,
    /// From when.
    pub start_ms: f64,
    /// Until when.
    pub end_ms: f64,
    /// The backend that is slow or down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend: Option<String>,
    /// How many times longer its queries take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
    /// The worker that restarts, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<u32>,
    /// How many cores are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<u32>,
}

/// What one policy gave.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyResults {
    /// The policy's name.
    pub name: String,
    /// Its kind.
    pub kind: &'static str,
    /// What runs its requests.
    pub runner: Runner,
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
    /// Where the time went: means per completed request, which add up to the mean response time.
    pub breakdown_ms: Breakdown,
    /// The wait in the backlog.
    pub waiting_time_ms: WaitingTime,
    /// Requests inside the system.
    pub in_system: InSystem,
    /// Requests that the application served per second, too late for their clients or not.
    pub throughput_per_s: Option<f64>,
    /// Requests that it served per second while their clients still waited.
    pub goodput_per_s: Option<f64>,
    /// Busy time / (time × how many there are), 0 to 1.
    pub utilization: Utilization,
    /// The same numbers for each class, in the order of the scenario.
    pub classes: IndexMap<String, ClassResults>,
    /// From a client's first try to its answer, of the completed requests; where clients try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_time_ms: Option<Summary>,
    /// All arrivals / arrivals that are no repeated tries; where clients try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amplification: Option<f64>,
    /// Why the run stopped before its end; the numbers are of what was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<String>,
    /// Phase starts and ends, whatever the engine skips.
    pub events: u64,
    /// What single requests did, for short runs or when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Vec<TimelineEntry>>,
}

/// What one class of requests met.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassResults {
    /// What happened to the requests.
    pub requests: RequestCounts,
    /// Arrival to departure, of the completed requests.
    pub response_time_ms: Summary,
    /// Response time / demand.
    pub slowdown: Slowdown,
}

/// What happened to the requests: arrived = completed + rejected + timed out + failed + in flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
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
}

impl RequestCounts {
    /// Adds other requests to these.
    pub fn add(&mut self, other: Self) {
        self.arrived += other.arrived;
        self.completed += other.completed;
        self.rejected += other.rejected;
        self.timed_out += other.timed_out;
        self.failed += other.failed;
        self.retried += other.retried;
        self.in_flight += other.in_flight;
    }
}

/// A distribution in a few numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
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

/// Where the time went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Breakdown {
    /// Accepted, not yet taken by a worker.
    pub backlog_wait: Option<f64>,
    /// Ready to run, waiting for a core, the GIL or the loop.
    pub run_queue_wait: Option<f64>,
    /// Waiting for a connection.
    pub pool_wait: Option<f64>,
    /// Waiting until the backend starts the query.
    pub backend_wait: Option<f64>,
    /// CPU work in code one cannot change.
    pub framework: Option<f64>,
    /// CPU work in one's own code.
    pub compute: Option<f64>,
    /// A backend works on the query.
    pub backend: Option<f64>,
    /// A plain delay.
    pub sleep: Option<f64>,
}

/// The wait in the backlog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct InSystem {
    /// Mean over time.
    pub mean: Option<f64>,
    /// Most at one instant.
    pub max: u64,
}

/// Busy time / (time × how many there are), 0 to 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Utilization {
    /// Of the cores: running requests.
    pub cores: Option<f64>,
    /// Of the workers: a request holds the worker (sync), its GIL or its loop; without a GIL, its threads run.
    pub workers: Option<f64>,
    /// Of the slots: a request in progress; `None` when slots are unlimited.
    pub slots: Option<f64>,
    /// Of each limited backend, by name: queries it works on / queries it can run at once.
    pub backends: IndexMap<String, Option<f64>>,
}

/// What one request did.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
    /// Response time / demand.
    pub slowdown: Option<f64>,
    /// The worker that took it, counted from 1.
    pub worker: Option<u32>,
    /// The slot (sync: always 1; threaded: the thread) it held in that worker, counted from 1; async has none
    /// unless limited.
    pub slot: Option<u32>,
    /// What it did, in order of time, without holes.
    pub segments: Vec<TimelineSegment>,
}

/// A stretch of a request's time spent in one way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TimelineSegment {
    /// The activity, by its name in files ([`crate::model::Activity::name`]).
    pub kind: &'static str,
    /// From when.
    pub start_ms: f64,
    /// Until when.
    pub end_ms: f64,
    /// Whether it is a wait that blocks what runs the request, where other waits do not.
    #[serde(skip_serializing_if = "is_false")]
    pub blocking: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

// Saturation: what a policy can sustain, and how near the arrivals come to it.

/// What a policy can sustain, and how near the arrivals come to it.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Saturation {
    /// The highest rate that the policy can sustain, in requests per second; `None` if nothing limits it. Faults,
    /// retries and what clients do are left out.
    pub capacity_per_s: Option<f64>,
    /// Half the width of its 95 % interval, in requests per second, where it was found by a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity_half_width_per_s: Option<f64>,
    /// How it was found.
    pub method: CapacityMethod,
    /// What binds: `workers`, `threads`, `max_in_progress`, `GIL`, `loop`, `threads beside the loop`, `cores`,
    /// ``pool of `db` `` or ``backend `db` ``; several where they bind together; `nothing` without a limit.
    pub binding: String,
    /// The rate at which requests arrive in the long run, per second; `None` for users, lists, traces, ramps, and rates
    /// that end.
    pub offered_per_s: Option<f64>,
    /// Offered / capacity; `None` if either does not exist, or the capacity is 0.
    pub load: Option<f64>,
    /// The highest rate that the arrivals ever have / capacity, where their rate changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_load: Option<f64>,
    /// How near the arrivals come to the capacity; `None` if they have no rate of their own.
    pub state: Option<LoadState>,
    /// What becomes of requests beyond the capacity; nothing when they wait, and the queue grows without bound.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub excess: Vec<Excess>,
    /// A sentence to be shown before the numbers.
    pub message: Option<String>,
    /// What the capacity leaves out although the scenario has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What a little less and a little more load would do, near saturation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sensitivity: Option<Sensitivity>,
}

/// How a capacity was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CapacityMethod {
    /// From the mean demands; exact.
    Analytic,
    /// By a run of the policy with more work than it can do.
    SaturatedRun,
    /// From the mean demands, which give no more than an upper bound here; a run would have been too large, or stopped
    /// by itself.
    UpperBound,
}

/// How near arrivals come to the capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoadState {
    /// Below 85 % of it.
    Fine,
    /// From 85 % on.
    NearSaturation,
    /// Below it in the long run, or for a limited time only, but not always.
    PeakAboveCapacity,
    /// At or above it, and the excess does not wait for ever.
    Overloaded,
    /// At or above it: the queue grows without bound.
    Unstable,
}

/// What becomes of requests beyond the capacity, if they do not wait for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Excess {
    /// There is no room for them in the backlog.
    Rejected,
    /// Their clients give up.
    TimedOut,
    /// They get no connection in time.
    Failed,
}

/// What a little less and a little more load would do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Sensitivity {
    /// At 0.9 times the load.
    pub less: LoadPoint,
    /// At this load.
    pub same: LoadPoint,
    /// At 1.1 times the load; `None` if that is beyond the capacity.
    pub more: Option<LoadPoint>,
}

/// Response times at some load, of a run of at most 50,000 requests.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct LoadPoint {
    /// Offered / capacity.
    pub load: f64,
    /// Mean response time, in ms.
    pub mean_ms: Option<f64>,
    /// 99th percentile of the response time, in ms.
    pub p99_ms: Option<f64>,
}

impl Saturation {
    /// The sentence that goes with it, if its state asks for one. `measured_s`: how long the run was that it is about, in
    /// simulated seconds.
    pub fn sentence(&self, measured_s: f64) -> Option<String> {
        let these = format!("figures describe these {} s only", significant(measured_s));
        let offered = |load: f64| format!("offered {load:.2} × capacity");
        match (self.state?, self.load) {
            (LoadState::Fine, _) => None,
            (LoadState::NearSaturation, load) => {
                let offered = offered(load?);
                Some(match &self.sensitivity {
                    Some(sensitivity) => format!("near saturation: {offered}; {}", sensitivity.sentence()),
                    None => format!("near saturation: {offered}"),
                })
            }
            (LoadState::PeakAboveCapacity, _) => {
                let peak = format!("offers up to {:.1} × capacity at its peak", self.peak_load?);
                Some(match self.load {
                    Some(load) => format!("{peak}, {load:.2} × in the long run"),
                    None => peak,
                })
            }
            (LoadState::Overloaded, load) => {
                let words: Vec<&str> = self.excess.iter().map(|excess| excess.words()).collect();
                Some(format!("overloaded: {}, the excess {}", offered(load?), words.join(" or ")))
            }
            (LoadState::Unstable, Some(load)) => {
                Some(format!("unstable: {}, the queue grows without bound; {these}", offered(load)))
            }
            (LoadState::Unstable, None) => {
                Some(format!("unstable: a mean demand is infinite, no rate can be sustained; {these}"))
            }
        }
    }
}

impl Sensitivity {
    fn sentence(&self) -> String {
        let times = |point: LoadPoint| match (point.mean_ms, point.p99_ms) {
            (Some(mean), Some(p99)) => format!("mean {} ms, p99 {} ms", significant(mean), significant(p99)),
            _ => "no request answered".to_owned(),
        };
        let more = self.more.map_or_else(|| "beyond capacity".to_owned(), times);
        format!("at −10 % load {}, at this load {}, at +10 % load {more}", times(self.less), times(self.same))
    }
}

impl Excess {
    const fn words(self) -> &'static str {
        match self {
            Self::Rejected => "is rejected",
            Self::TimedOut => "gives up",
            Self::Failed => "fails",
        }
    }
}

/// A number with three significant digits.
fn significant(value: f64) -> String {
    let decimals = (2.0 - value.abs().max(1e-9).log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
