//! What a policy can sustain, and how near the arrivals come to it, as `results.json` holds it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::requests::RequestCounts;
use crate::stats::estimate::Estimated;

/// The capacity of a policy, and how close the arrivals come to it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Saturation {
    /// The highest rate that the policy can sustain, in requests per second; `None` if nothing limits it. Faults,
    /// retries and what clients do are left out.
    pub capacity_per_s: Option<f64>,
    /// Half the width of its 95 % interval, in requests per second, where it was found by a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity_half_width_per_s: Option<f64>,
    /// How it was found.
    pub method: CapacityMethod,
    /// What binds: `workers`, `threads`, `max_in_progress`, `GIL`, `loop`, `thread pool`, `cores`,
    /// ``pool of `db` `` or ``backend `db` ``; several where they bind together; `nothing` without a limit.
    #[schemars(with = "String")]
    pub binding: Vec<Station>,
    /// The rate at which requests arrive in the long run, retries as in the run included, per second; `None` for users,
    /// lists, traces, ramps, and rates that end.
    pub offered_per_s: Option<f64>,
    /// The part of it that reaches the workers, where limits on requests in progress turn the others away whatever else
    /// happens; omitted where they do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub let_in_per_s: Option<f64>,
    /// Offered / capacity, without requests that limits turn away whatever else happens; `None` if either does not exist, or
    /// the capacity is 0.
    pub load: Option<f64>,
    /// The same without retries, where clients did try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load_without_retries: Option<f64>,
    /// The highest rate that the arrivals ever have / capacity, where their rate changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_load: Option<f64>,
    /// How close the arrivals come to the capacity; `None` if they have no rate of their own.
    pub state: Option<LoadState>,
    /// Since when most operations get no answer, where the policy is collapsed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collapse: Option<Collapse>,
    /// How requests beyond the capacity end; empty when they wait, and the queue grows without bound.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub excess: Vec<Excess>,
    /// A sentence to be shown before the numbers.
    #[schemars(with = "Option<String>")]
    pub message: Option<LoadWarning>,
    /// What the capacity leaves out although the scenario has it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Option<String>")]
    pub note: Vec<LeftOut>,
    /// What a little less and a little more load would do, near saturation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sensitivity: Option<Sensitivity>,
}

/// A policy that does not come back, although its load without retries is below its capacity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Collapse {
    /// From the beginning of this window of `over_time` on, no more than half of the operations were answered in any.
    pub since_ms: f64,
    /// Operations that began in the last fifth of the time of arrivals, without those that were open at the end of the run. An
    /// operation is all attempts of a client for one request.
    pub operations: u64,
    /// Of these, how many got an answer.
    pub answered: u64,
    /// Arrivals in that time, retries included / capacity; `None` if nothing limits the policy.
    pub load: Option<f64>,
    /// The same without retries.
    pub load_without_retries: Option<f64>,
    /// Whether a fault was under way in that time.
    pub during_fault: bool,
}

/// What limits a policy, under the name it has there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Station {
    /// Worker processes that serve one request at a time.
    Workers,
    /// Threads that serve one request at a time.
    Threads,
    /// Requests that a loop may have in progress.
    MaxInProgress,
    /// The interpreter lock of each worker.
    Gil,
    /// The event loop of each worker.
    Loop,
    /// The thread pool of each event loop.
    ThreadPool,
    /// The cores of the machine.
    Cores,
    /// The CPU quota of the machine.
    CpuLimit,
    /// The connections to a backend.
    Pool(String),
    /// The queries that a backend works on at once.
    Backend(String),
}

/// A load that calls for a warning; loads are offered / capacity, without retries.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum LoadWarning {
    /// Close to the capacity, where a little more load takes much more time.
    NearSaturation {
        /// The load.
        load: f64,
    },
    /// Above the capacity at times.
    PeakAboveCapacity {
        /// The highest load.
        peak_load: f64,
        /// In the long run, where that is known.
        load: Option<f64>,
    },
    /// Above the capacity; the excess gets no answer.
    Overloaded {
        /// The load.
        load: f64,
        /// Whether any did in this run: until a queue is full or clients give up, it only grows.
        begun: bool,
    },
    /// Most operations get no answer, although the load without retries is below the capacity.
    Collapsed(Collapse),
    /// Above the capacity: the queue grows without bound.
    Unstable {
        /// The load; `None` where no rate can be sustained because a mean demand is infinite.
        load: Option<f64>,
        /// How long the run was that the numbers describe, in simulated seconds.
        measured_s: f64,
    },
}

/// What a capacity leaves out although the scenario has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum LeftOut {
    /// Faults.
    Faults,
    /// Retries.
    Retries,
    /// Limits on requests in progress, which reject some of them.
    Limits,
    /// Workers that are killed because they are silent.
    WorkerTimeouts,
    /// Probes of a health check that take CPU time.
    Probes,
}

/// How a capacity was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum CapacityMethod {
    /// From the mean demands; exact.
    Analytic,
    /// By a run of the policy with more work than it can do.
    SaturatedRun,
    /// From the mean demands, which give no more than an upper bound here; a run would have been too large, or stopped
    /// by itself, or held too few replacements of workers.
    UpperBound,
}

/// How close arrivals come to the capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum LoadState {
    /// Below 85 % of it.
    Fine,
    /// From 85 % on; above 100 % too as long as the interval of the capacity holds the load.
    NearSaturation,
    /// Below it in the long run, or for a limited time only, but not always.
    PeakAboveCapacity,
    /// At or above it, by more than its interval, and the excess does not wait forever.
    Overloaded,
    /// At or above it, by more than its interval: the queue grows without bound.
    Unstable,
    /// Below it without retries, and yet most operations of the last fifth of the time of arrivals got no answer.
    Collapsed,
}

/// How requests beyond the capacity end, if they do not wait forever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Excess {
    /// There is no room for them in the backlog.
    Rejected,
    /// Their clients give up.
    TimedOut,
    /// They get no connection in time.
    Failed,
}

/// What a little less and a little more load would do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Sensitivity {
    /// At 0.9 times the load.
    pub less: LoadPoint,
    /// At this load: what the results say.
    pub same: LoadPoint,
    /// At 1.1 times the load; `None` if that is beyond the capacity.
    pub more: Option<LoadPoint>,
}

/// Response times at some load, where they are known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct LoadPoint {
    /// Offered / capacity.
    pub load: f64,
    /// Mean response time, in ms.
    pub mean_ms: Option<f64>,
    /// The ends of its confidence interval; omitted where the mean is exact, and where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_interval_ms: Option<[f64; 2]>,
    /// 99th percentile of the response time, in ms.
    pub p99_ms: Option<f64>,
    /// The ends of its confidence interval; omitted where the percentile is exact, and where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_interval_ms: Option<[f64; 2]>,
    /// Where the numbers come from.
    pub source: LoadPointSource,
}

/// Where response times at some load come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum LoadPointSource {
    /// The results of the policy.
    Results,
    /// Queueing theory, exactly.
    Theory,
    /// A run of its own, long enough for a steady state at this load.
    Run,
    /// There are none: it would take too long a run, or there is no steady state.
    None,
}

impl Saturation {
    /// What the load calls for a warning about, if anything. `measured_s`: how long the run was that the numbers
    /// describe, in simulated seconds.
    pub fn warning(&self, measured_s: f64) -> Option<LoadWarning> {
        let load = self.load;
        match self.state? {
            LoadState::Fine => None,
            LoadState::NearSaturation => load.map(|load| LoadWarning::NearSaturation { load }),
            LoadState::PeakAboveCapacity => {
                self.peak_load.map(|peak_load| LoadWarning::PeakAboveCapacity { peak_load, load })
            }
            LoadState::Overloaded => load.map(|load| LoadWarning::Overloaded { load, begun: true }),
            LoadState::Collapsed => self.collapse.map(LoadWarning::Collapsed),
            LoadState::Unstable => Some(LoadWarning::Unstable { load, measured_s }),
        }
    }
}

impl LoadWarning {
    /// With what happened in a run.
    pub fn with(self, counts: &RequestCounts) -> Self {
        match self {
            Self::Overloaded { load, begun: _ } => {
                Self::Overloaded { load, begun: counts.rejected + counts.timed_out + counts.failed > 0 }
            }
            Self::NearSaturation { .. }
            | Self::PeakAboveCapacity { .. }
            | Self::Collapsed(_)
            | Self::Unstable { .. } => self,
        }
    }
}

impl LoadPoint {
    /// A load without figures.
    pub const fn unknown(load: f64) -> Self {
        Self {
            load,
            mean_ms: None,
            mean_interval_ms: None,
            p99_ms: None,
            p99_interval_ms: None,
            source: LoadPointSource::None,
        }
    }

    /// What the run of a policy says of its load.
    pub fn of_run(load: f64, estimated: &Estimated) -> Self {
        let interval = |metric: &str| estimated.intervals(None)?.answered.intervals.get(metric).copied();
        Self {
            load,
            mean_ms: estimated.numbers.response_time_ms.mean,
            mean_interval_ms: interval("mean"),
            p99_ms: estimated.numbers.response_time_ms.p99,
            p99_interval_ms: interval("p99"),
            source: LoadPointSource::Results,
        }
    }
}
