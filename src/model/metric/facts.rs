//! What is known about a metric, whatever its value.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The unit of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MetricUnit {
    /// Milliseconds.
    Time,
    /// A part of a whole, 0 to 1.
    Share,
    /// Events per second.
    Rate,
    /// A multiple.
    Ratio,
    /// A number of things.
    Count,
    /// A number of requests, which may also be given as a share of those that arrived.
    Requests,
}

/// Which values of a metric are the better ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Lower is better.
    Lower,
    /// Higher is better.
    Higher,
}

/// What is measured of each request or operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Arrival to departure.
    ResponseTime,
    /// Response time / demand.
    Slowdown,
    /// First attempt to the answer.
    OperationTime,
}

/// Which requests a metric is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Population {
    /// Every request that arrived: one without an answer is slower than any bound. Written with `answered.` before its name,
    /// the metric is about the answered requests instead.
    Arrived(Quantity),
    /// The answered requests.
    Answered(Quantity),
    /// The requests that a worker has taken.
    Taken,
    /// The run as a whole.
    Run,
}

/// How a metric summarizes the values of its population.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// The mean.
    Mean,
    /// The mean of a part of each value.
    Part,
    /// The standard deviation.
    Deviation,
    /// The smallest value.
    Min,
    /// The largest value.
    Max,
    /// The percentile with this share of the values at or below it, in thousandths.
    Percentile(u64),
    /// A total, or a ratio of totals.
    Total,
}

/// A percentile or a maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// Of what.
    pub quantity: Quantity,
    /// The share of the requests at or below it, in thousandths: 1000 is the maximum.
    pub per_mille: u64,
}

/// Of how small a part of the results a metric is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Only of the whole run: levels and utilizations.
    Run,
    /// Also of the requests of a part of the run.
    Part,
    /// Also of those of a class.
    Class,
}

/// What is known about a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its unit.
    pub unit: MetricUnit,
    /// Which values are the better ones.
    pub direction: Direction,
    /// How it summarizes the values of its population.
    pub statistic: Statistic,
    /// Which requests it is about.
    pub population: Population,
    /// Whether independent runs give it an interval: extremes grow with the length of a run, and counts say no more than
    /// the rates that they amount to.
    pub has_interval: bool,
    /// Of how small a part of the results it is known.
    pub scope: Scope,
}

impl Facts {
    /// The percentile or maximum of every request that arrived that it is, if it is one.
    pub const fn tail(self) -> Option<Tail> {
        match (self.population, self.statistic) {
            (Population::Arrived(quantity), Statistic::Percentile(per_mille)) => Some(Tail { quantity, per_mille }),
            (Population::Arrived(quantity), Statistic::Max) => Some(Tail { quantity, per_mille: 1000 }),
            (
                Population::Arrived(_) | Population::Answered(_) | Population::Taken | Population::Run,
                Statistic::Mean
                | Statistic::Part
                | Statistic::Deviation
                | Statistic::Min
                | Statistic::Max
                | Statistic::Percentile(_)
                | Statistic::Total,
            ) => None,
        }
    }

    /// The same of the answered requests.
    pub const fn of_answered(self) -> Self {
        match self.population {
            Population::Arrived(quantity) => Self { population: Population::Answered(quantity), ..self },
            Population::Answered(_) | Population::Taken | Population::Run => self,
        }
    }
}

impl Population {
    /// Whether it is every request that arrived.
    pub const fn is_arrived(self) -> bool {
        matches!(self, Self::Arrived(_))
    }

    /// What is measured, if it is measured of each request or operation.
    pub const fn quantity(self) -> Option<Quantity> {
        match self {
            Self::Arrived(quantity) | Self::Answered(quantity) => Some(quantity),
            Self::Taken | Self::Run => None,
        }
    }
}

impl Statistic {
    /// The percentile that it is, in thousandths; a maximum is none.
    pub const fn per_mille(self) -> Option<u64> {
        match self {
            Self::Percentile(per_mille) => Some(per_mille),
            Self::Mean | Self::Part | Self::Deviation | Self::Min | Self::Max | Self::Total => None,
        }
    }
}
