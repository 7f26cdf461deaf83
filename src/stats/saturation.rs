//! What a policy can sustain, and how near the arrivals come to it, as `results.json` holds it; and the sentence about it.

use schemars::JsonSchema;
use serde::Serialize;

use super::confidence::reach;
use super::results::PolicyResults;

/// What a policy can sustain, and how near the arrivals come to it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
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
    /// The rate at which requests arrive in the long run, retries as in the run included, per second; `None` for users,
    /// lists, traces, ramps, and rates that end.
    pub offered_per_s: Option<f64>,
    /// Offered / capacity; `None` if either does not exist, or the capacity is 0.
    pub load: Option<f64>,
    /// The same without retries, where clients did try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load_without_retries: Option<f64>,
    /// The highest rate that the arrivals ever have / capacity, where their rate changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_load: Option<f64>,
    /// How near the arrivals come to the capacity; `None` if they have no rate of their own.
    pub state: Option<LoadState>,
    /// Since when most operations get no answer, where the policy is collapsed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collapse: Option<Collapse>,
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

/// A policy that does not come back, although its load without retries is below its capacity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
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

/// How a capacity was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoadState {
    /// Below 85 % of it.
    Fine,
    /// From 85 % on; above 100 % too as long as the interval of the capacity holds the load.
    NearSaturation,
    /// Below it in the long run, or for a limited time only, but not always.
    PeakAboveCapacity,
    /// At or above it, by more than its interval, and the excess does not wait for ever.
    Overloaded,
    /// At or above it, by more than its interval: the queue grows without bound.
    Unstable,
    /// Below it without retries, and yet most operations of the last fifth of the time of arrivals got no answer.
    Collapsed,
}

/// What becomes of requests beyond the capacity, if they do not wait for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
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
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
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
pub struct LoadPoint {
    /// Offered / capacity.
    pub load: f64,
    /// Mean response time, in ms.
    pub mean_ms: Option<f64>,
    /// The ends of its confidence interval; left out where the mean is exact, and where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_interval_ms: Option<[f64; 2]>,
    /// 99th percentile of the response time, in ms.
    pub p99_ms: Option<f64>,
    /// The ends of its confidence interval; left out where the percentile is exact, and where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_interval_ms: Option<[f64; 2]>,
    /// Where the numbers come from.
    pub source: LoadPointSource,
}

/// Where response times at some load come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
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
    /// The sentence that goes with it, if its state asks for one. `measured_s`: how long the run was that it is about, in
    /// simulated seconds.
    pub fn sentence(&self, measured_s: f64) -> Option<String> {
        let these = format!("figures describe these {} s only", significant(measured_s));
        let offered = |load: f64| format!("offered {load:.2} × capacity");
        match (self.state?, self.load) {
            (LoadState::Fine, _) => None,
            (LoadState::NearSaturation, load) => {
                let load = load?;
                let perhaps = if load >= 1.0 { ", or just below it" } else { "" };
                let offered = format!("near saturation: {}{perhaps}", offered(load));
                Some(match self.sensitivity.as_ref().and_then(Sensitivity::sentence) {
                    Some(sensitivity) => format!("{offered}; {sensitivity}"),
                    None => offered,
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
            (LoadState::Collapsed, _) => Some(self.collapse?.sentence()),
            (LoadState::Unstable, Some(load)) => {
                Some(format!("unstable: {}, the queue grows without bound; {these}", offered(load)))
            }
            (LoadState::Unstable, None) => {
                Some(format!("unstable: a mean demand is infinite, no rate can be sustained; {these}"))
            }
        }
    }
}

impl Collapse {
    fn sentence(&self) -> String {
        let Self { since_ms, operations, answered, load, load_without_retries, during_fault } = *self;
        let since = significant(since_ms / 1e3);
        let load = match (load_without_retries, load) {
            (Some(without), Some(load)) => format!(", at {load:.2} × capacity with retries and {without:.2} × without"),
            (None, _) | (_, None) => String::new(),
        };
        let fault = if during_fault { "; a fault was under way then" } else { "" };
        format!(
            "collapsed since {since} s: of {operations} operations that began in the last fifth of the time of arrivals, {answered} got an answer{load}{fault}"
        )
    }
}

impl Sensitivity {
    /// What is known of other loads. Of this one the results themselves say it.
    fn sentence(&self) -> Option<String> {
        let less = self.less.words().map(|words| format!("at −10 % load {words}"));
        let more = self.more.as_ref().map_or_else(|| Some("beyond capacity".to_owned()), LoadPoint::words);
        let more = more.map(|words| format!("at +10 % load {words}"));
        let known: Vec<String> = less.into_iter().chain(more).collect();
        (!known.is_empty()).then(|| known.join(", "))
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

    /// What the results of a policy say of its load.
    pub fn of_results(load: f64, results: &PolicyResults) -> Self {
        let interval = |metric: &str| {
            let confidence = results.confidence.as_ref()?;
            confidence.numbers.intervals.get(metric).copied()
        };
        Self {
            load,
            mean_ms: results.response_time_ms.mean,
            mean_interval_ms: interval("mean"),
            p99_ms: results.response_time_ms.p99,
            p99_interval_ms: interval("p99"),
            source: LoadPointSource::Results,
        }
    }

    /// `mean 123 ± 4 ms, p99 460 ± 21 ms`; `None` if neither is known.
    fn words(&self) -> Option<String> {
        let number = |name: &str, number: Option<f64>, interval: Option<[f64; 2]>| {
            let number = number?;
            let chance = interval.map(|ends| format!(" ± {}", significant(reach(number, ends))));
            Some(format!("{name} {}{} ms", significant(number), chance.unwrap_or_default()))
        };
        let mean = number("mean", self.mean_ms, self.mean_interval_ms);
        let p99 = number("p99", self.p99_ms, self.p99_interval_ms);
        let known: Vec<String> = mean.into_iter().chain(p99).collect();
        let exact = if self.source == LoadPointSource::Theory { " (exact)" } else { "" };
        (!known.is_empty()).then(|| format!("{}{exact}", known.join(", ")))
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
