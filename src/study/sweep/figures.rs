//! What tables and charts show of a policy at a point. It can be stored and read again, so that a sweep can be continued.

use serde::{Deserialize, Serialize};

use crate::model::{MetricUnit, Named};
use crate::stats::{LoadState, ObjectiveResult, ObjectiveVerdict, PolicyEstimate, Station};

/// The percentiles that a sweep shows.
pub const SWEPT_PERCENTILES: [Named; 3] = [Named::P50, Named::P95, Named::P99];

/// What is shown of a policy at a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepFigures {
    /// Whether its numbers are those of a steady state.
    pub state: PointState,
    /// How many replications were run.
    pub replications: u64,
    /// How many replications would decide its objectives, or reach the precision that was asked for, if that is worth it.
    pub wants: Option<u64>,
    /// Requests that arrived in the measured time.
    pub requests: u64,
    /// Requests per second that arrive in the long run, where that is known.
    pub offered_per_s: Option<f64>,
    /// The highest rate that the policy can sustain; `None` if nothing limits it, or if it was not computed.
    pub capacity_per_s: Option<f64>,
    /// Offered / capacity.
    pub load: Option<f64>,
    /// What limits the policy.
    pub binding: Vec<Station>,
    /// Requests served per second.
    pub throughput_per_s: Option<f64>,
    /// The share of requests without an answer.
    pub error_rate: Option<f64>,
    /// Mean response time of the answered requests.
    pub mean: SweepNumber,
    /// Percentiles of the response time over every request that arrived, in the order of [`SWEPT_PERCENTILES`].
    pub percentiles: [SweepNumber; SWEPT_PERCENTILES.len()],
    /// The objectives that concern it.
    pub objectives: Vec<SweepObjective>,
}

/// What the numbers of a policy at a point are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PointState {
    /// They are those of a steady state, or of the whole run.
    Measured,
    /// More requests arrive than the policy can serve: the longer the run, the longer they take.
    Unstable,
    /// The run stopped before its end.
    Stopped,
}

/// A number with its interval; a time is in ms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SweepNumber {
    /// The number; `None` if there is none.
    pub value: Option<f64>,
    /// Whether there is none because too many requests got no answer, or a fault lasted to the end of the run.
    pub is_beyond: bool,
    /// The ends of its confidence interval.
    pub interval: Option<[f64; 2]>,
}

/// An objective at a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepObjective {
    /// As written.
    pub objective: String,
    /// Whether it only warns.
    pub warns: bool,
    /// Whether it is met.
    pub verdict: ObjectiveVerdict,
    /// Whether another seed may say otherwise.
    pub is_undecided: bool,
    /// Which percentile of all requests it bounds, and the bound in ms; `None` if it bounds something else.
    pub line: Option<(usize, f64)>,
    /// What it bounds.
    pub asked: SweepAsked,
    /// The number that it bounds, in the unit of that.
    pub number: SweepNumber,
}

/// What an objective bounds, whatever the policy and the bound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepAsked {
    /// The fault that it is about.
    pub fault: Option<String>,
    /// The class; `None`: all together.
    pub class: Option<String>,
    /// The number, by its name.
    pub metric: String,
    /// Its unit.
    pub unit: MetricUnit,
}

impl SweepFigures {
    /// The figures of a policy after this many replications.
    pub(super) fn new(policy: &PolicyEstimate, objectives: &[ObjectiveResult], replications: u64) -> Self {
        let (numbers, saturation) = (&policy.estimated.numbers, policy.saturation.as_ref());
        let is_unstable = saturation.is_some_and(|saturation| saturation.state == Some(LoadState::Unstable));
        let intervals = policy.estimated.intervals(None);
        let mean = intervals.and_then(|intervals| intervals.answered.intervals.get(Named::Mean.name()));
        let percentile = |named: Named| {
            let interval = intervals.and_then(|intervals| intervals.all_arrived.intervals.get(named.name()));
            SweepNumber::new(numbers.tails.number(named), interval.copied())
        };
        Self {
            state: match (&numbers.incomplete, is_unstable) {
                (_, true) => PointState::Unstable,
                (Some(_), false) => PointState::Stopped,
                (None, false) => PointState::Measured,
            },
            replications,
            wants: None,
            requests: numbers.requests.arrived,
            offered_per_s: saturation.and_then(|saturation| saturation.offered_per_s),
            capacity_per_s: saturation.and_then(|saturation| saturation.capacity_per_s),
            load: saturation.and_then(|saturation| saturation.load),
            binding: saturation.map_or_else(Vec::new, |saturation| saturation.binding.clone()),
            throughput_per_s: numbers.throughput_per_s,
            error_rate: numbers.error_rate,
            mean: SweepNumber::new(numbers.response_time_ms.mean, mean.copied()),
            percentiles: SWEPT_PERCENTILES.map(percentile),
            objectives: objectives.iter().map(SweepObjective::new).collect(),
        }
    }

    /// How many replications to run next, at most this many: at least twice as many as before, so that there are few rounds.
    pub fn next_replications(&self, most: u64) -> Option<u64> {
        let next = self.wants?.max(2 * self.replications).min(most);
        (next > self.replications).then_some(next)
    }

    /// Whether every objective is met; `None` if there are none, or the numbers are worth nothing.
    pub fn meets_all(&self) -> Option<bool> {
        let mut judged = self.judged().peekable();
        judged.peek()?;
        match self.state {
            PointState::Measured => Some(judged.all(|objective| objective.verdict == ObjectiveVerdict::Met)),
            PointState::Unstable | PointState::Stopped => Some(false),
        }
    }

    /// Whether chance may have decided an objective.
    pub fn is_undecided(&self) -> bool {
        self.state == PointState::Measured && self.judged().any(|objective| objective.is_undecided)
    }

    /// The objectives that do more than warn.
    fn judged(&self) -> impl Iterator<Item = &SweepObjective> {
        self.objectives.iter().filter(|objective| !objective.warns)
    }
}

impl SweepNumber {
    fn new(number: Option<f64>, interval: Option<[f64; 2]>) -> Self {
        Self {
            value: number.filter(|number| number.is_finite()),
            is_beyond: number.is_some_and(f64::is_infinite),
            interval: interval.filter(|ends| ends.iter().all(|end| end.is_finite())),
        }
    }
}

impl SweepObjective {
    fn new(result: &ObjectiveResult) -> Self {
        let is_of_all = result.class.is_none() && result.fault.is_none() && result.unit == MetricUnit::Time;
        let place = SWEPT_PERCENTILES.iter().position(|named| named.name() == result.metric);
        Self {
            objective: result.objective.clone(),
            warns: result.warns,
            verdict: result.verdict,
            is_undecided: result.undecided.is_some(),
            line: place.filter(|_| is_of_all).map(|place| (place, result.bound)),
            asked: SweepAsked {
                fault: result.fault.clone(),
                class: result.class.clone(),
                metric: result.metric.clone(),
                unit: result.unit,
            },
            number: SweepNumber {
                is_beyond: result.value.is_none() && result.verdict != ObjectiveVerdict::NoData,
                ..SweepNumber::new(result.value, result.interval)
            },
        }
    }
}
