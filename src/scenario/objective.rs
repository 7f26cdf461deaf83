//! What is asked of the results: objectives (`slo`, `--assert`), and how far they may be from a baseline.

use crate::model::{ClassId, Metric, MetricUnit};

use super::diagnostic::Diagnostic;

/// `[warn:] [policy.][class.]metric OP value`, checked: every name in it exists, and the value fits the metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// As it was written.
    pub text: String,
    /// Whether it only warns.
    pub warns: bool,
    /// The policy that must meet it, by its place in the scenario's list; `None`: each of them.
    pub policy: Option<usize>,
    /// The class of requests; `None`: all together.
    pub class: Option<ClassId>,
    /// What is compared.
    pub metric: Metric,
    /// How.
    pub comparison: Comparison,
    /// With what, in the metric's unit: milliseconds, 0 to 1, per second, or a number.
    pub bound: f64,
    /// Whether a number of requests is meant as its share of those that arrived.
    pub is_share: bool,
    /// Where it stands.
    pub place: Place,
}

/// How a number compares with a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
}

impl Comparison {
    /// Whether the number meets the bound.
    pub fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            Self::Less => number < bound,
            Self::AtMost => number <= bound,
            Self::Greater => number > bound,
            Self::AtLeast => number >= bound,
            Self::Equal => number.total_cmp(&bound).is_eq(),
        }
    }
}

impl Objective {
    /// What the number is measured in.
    pub const fn unit(&self) -> MetricUnit {
        if self.is_share { MetricUnit::Share } else { self.metric.unit() }
    }
}

/// Where something stands in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The file, as messages name it.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column of its first letter, counted from 1.
    pub column: usize,
    /// The column after its last letter.
    pub end_column: usize,
    /// A message about it that has no words yet.
    pub(super) diagnostic: Diagnostic,
}

/// How much a metric may be worse than in a baseline: more than both is a regression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// As a share of the baseline's value.
    pub relative: f64,
    /// In the metric's unit.
    pub absolute: f64,
}

/// The tolerance of each metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tolerances(pub(super) Vec<(Metric, Tolerance)>);

impl Tolerances {
    /// The tolerance of a metric: what the scenario says, or else 2 % and 1 ms (0.1 % of the requests for an error
    /// rate; nothing for rates of throughput).
    pub fn of(&self, metric: Metric) -> Tolerance {
        let named = self.0.iter().find(|(named, _)| *named == metric).map(|(_, tolerance)| *tolerance);
        named.unwrap_or(Tolerance {
            relative: 0.02,
            absolute: match metric.unit() {
                MetricUnit::Time => 1.0,
                MetricUnit::Share => 0.001,
                MetricUnit::Rate | MetricUnit::Ratio | MetricUnit::Count | MetricUnit::Requests => 0.0,
            },
        })
    }
}
