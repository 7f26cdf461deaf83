//! What an objective asks of a replication: one value of each, and the bounds that its mean is tested against.
//!
//! A percentile is a mean: p99 < X holds exactly if P(T ≥ X) ≤ 1 %. So the value of a replication is the share of its
//! requests above the bound. An indifference zone δ around the bound X makes two tests of it: that the share above X(1 + δ)
//! is small enough, and that the share above X(1 − δ) is not. Any other number is tested against X(1 ± δ) itself.

use crate::model::{ClassId, FaultId, Metric, MetricUnit, Named, Population, Quantity, Statistic};
use crate::scenario::{Comparison, Objective, Scenario};

use super::Unplannable;
use super::course::steady_rate;

/// How the value of a replication is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Measure {
    /// The share of requests above a bound; of a percentile.
    Share(Tail),
    /// The mean response time of the answered, in milliseconds.
    Mean(Option<ClassId>),
    /// The share of requests without an answer.
    ErrorRate(Option<ClassId>),
    /// Any other number of the whole run, or of the requests during a fault.
    Number(Metric),
    /// Capacity / offered load − 1: no run measures it.
    Headroom,
}

/// A percentile of the requests of a class, or of all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tail {
    pub quantity: Quantity,
    pub class: Option<ClassId>,
    /// The fault during which they arrived; `None`: whenever they arrived.
    pub during: Option<FaultId>,
    /// Whether requests without an answer are left out.
    pub answered_only: bool,
    /// The share at or below the percentile, in thousandths.
    pub per_mille: u64,
}

impl Tail {
    /// The 99th percentile of all requests.
    pub const P99: Self =
        Self { quantity: Quantity::ResponseTime, class: None, during: None, answered_only: false, per_mille: 990 };

    /// The share of requests that may be above the percentile.
    pub fn allowed(&self) -> f64 {
        (1000 - self.per_mille) as f64 / 1e3
    }
}

impl Measure {
    pub fn of(objective: &Objective) -> Self {
        let Objective { metric, class, during, .. } = objective;
        let (class, during) = (*class, *during);
        let facts = metric.facts();
        match (*metric, facts.population, facts.statistic) {
            (_, Population::Arrived(quantity), Statistic::Percentile(per_mille)) => {
                Self::Share(Tail { quantity, class, during, answered_only: false, per_mille })
            }
            (_, Population::Answered(quantity), Statistic::Percentile(per_mille)) => {
                Self::Share(Tail { quantity, class, during, answered_only: true, per_mille })
            }
            (metric, _, _) if during.is_some() => Self::Number(metric),
            (Metric::Headroom, _, _) => Self::Headroom,
            (Metric::Named(Named::Mean), _, _) => Self::Mean(class),
            (Metric::Named(Named::ErrorRate), _, _) => Self::ErrorRate(class),
            (metric, _, _) => Self::Number(metric),
        }
    }
}

/// An objective as it is tested. Where a number must be large, its values and bounds are negated, so that they must
/// always be small.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asked<'a> {
    pub objective: &'a Objective,
    pub measure: Measure,
    pub within: f64,
}

/// Values of a replication, each with the bound that its mean is tested against.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Tested {
    /// Must be below the bound, with certainty, for the objective to be met.
    pub lenient: f64,
    /// Must be above the bound, with certainty, for the objective not to be met.
    pub strict: f64,
    /// The objective itself.
    pub plain: f64,
}

impl<'a> Asked<'a> {
    pub fn new(objective: &'a Objective, within: f64) -> Self {
        Self { objective, measure: Measure::of(objective), within }
    }

    /// Why no plan can be made for it, if none can.
    pub fn unplannable(&self, scenario: &Scenario) -> Option<Unplannable> {
        let Objective { metric, comparison, is_share, .. } = self.objective;
        let facts = metric.facts();
        // A scenario whose run is a matter of its own has a length of its own.
        let length_is_chosen = steady_rate(scenario).is_some() && metric.fault().is_none();
        let is_total = facts.unit == MetricUnit::Requests && !is_share || *metric == Metric::Named(Named::Events);
        if *comparison == Comparison::Equal {
            return Some(Unplannable::Equality);
        }
        let grows = matches!(facts.statistic, Statistic::Max) || is_total;
        (length_is_chosen && grows).then_some(Unplannable::GrowsWithTheRun)
    }

    /// Whether the number must be at most its bound.
    fn is_upper(&self) -> bool {
        match self.objective.comparison {
            Comparison::Less | Comparison::AtMost => true,
            // No plan asks for equality.
            Comparison::Greater | Comparison::AtLeast | Comparison::Equal => false,
        }
    }

    /// Whether a value that equals the bound counts as above it.
    pub fn bound_is_above(&self) -> bool {
        match self.objective.comparison {
            Comparison::Less | Comparison::AtLeast => true,
            Comparison::AtMost | Comparison::Greater | Comparison::Equal => false,
        }
    }

    /// X(1 − δ), X and X(1 + δ).
    pub fn zone(&self) -> [f64; 3] {
        [1.0 - self.within, 1.0, 1.0 + self.within].map(|factor| self.objective.bound * factor)
    }

    /// The values of a replication as tested: for a percentile the shares above the three ends of its zone, for others the
    /// number three times.
    pub fn tested(&self, [low, middle, high]: [f64; 3]) -> Tested {
        match self.is_upper() {
            true => Tested { lenient: high, strict: low, plain: middle },
            false => Tested { lenient: -low, strict: -high, plain: -middle },
        }
    }

    /// The bounds of the tested values.
    pub fn bounds(&self) -> Tested {
        match self.measure {
            Measure::Share(tail) => self.tested([tail.allowed(); 3]),
            Measure::Mean(_) | Measure::ErrorRate(_) | Measure::Number(_) | Measure::Headroom => {
                let [low, middle, high] = self.zone();
                match self.is_upper() {
                    true => Tested { lenient: high, strict: low, plain: middle },
                    false => Tested { lenient: -low, strict: -high, plain: -middle },
                }
            }
        }
    }

    /// A tested value as it is shown.
    pub fn shown(&self, value: f64) -> f64 {
        if self.is_upper() { value } else { -value }
    }

    /// The least variance of the share of `requests` that is believed: that of independent requests at the bound.
    pub fn least_variance(&self, requests: f64) -> f64 {
        match self.measure {
            Measure::Share(tail) if requests > 0.0 => tail.allowed() * (1.0 - tail.allowed()) / requests,
            Measure::Share(_) | Measure::Mean(_) | Measure::ErrorRate(_) | Measure::Number(_) | Measure::Headroom => {
                0.0
            }
        }
    }
}
