//! Objectives (`slo`, `--assert`): what the results must meet.

mod bound;
mod expression;
mod faults;
mod names;
#[cfg(test)]
mod tests;

use crate::model::{ClassId, FaultId, Metric, MetricUnit};

use super::Scenario;
use super::diagnostic::Diagnostic;
use super::part::Part;
use super::source::{Source, Sources};

pub(super) use self::bound::quantity;
pub(super) use self::names::{Names, is_ambiguous};

/// `[warn:] [during FAULT:] [policy.][class.]metric OP value` or `[warn:] [policy.][class.]recovered FAULT OP value`, checked: every name in it exists, and the value fits the metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// As written.
    pub text: String,
    /// Whether it only warns.
    pub warns: bool,
    /// The fault during which its requests arrived; `None`: the whole measured time.
    pub during: Option<FaultId>,
    /// The policy that must meet it, as an index into the scenario's list; `None`: each of them.
    pub policy: Option<usize>,
    /// The class of requests; `None`: all classes together.
    pub class: Option<ClassId>,
    /// The metric that is compared.
    pub metric: Metric,
    /// The comparison.
    pub comparison: Comparison,
    /// The bound in the metric's unit: milliseconds, 0 to 1, per second, or a plain number.
    pub bound: f64,
    /// Whether a number of requests is given as a share of those that arrived.
    pub is_share: bool,
    /// Where it is written.
    pub origin: Origin,
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
    /// All comparisons.
    pub const ALL: [Self; 5] = [Self::Less, Self::AtMost, Self::Greater, Self::AtLeast, Self::Equal];

    /// As written in objectives.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Equal => "==",
        }
    }

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
    /// The name of the metric; `backends` are the names of the scenario's backends.
    pub fn metric_name(&self, backends: &[&str]) -> String {
        self.metric.asked_name(backends)
    }

    /// The unit of the bound.
    pub const fn unit(&self) -> MetricUnit {
        if self.is_share { MetricUnit::Share } else { self.metric.unit() }
    }

    /// A diagnostic at its place: what is wrong, the label of the place, and what to do.
    pub fn diagnostic(
        &self,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) -> Diagnostic {
        self.origin.diagnostic.clone().worded(message, label).with_help(help)
    }
}

/// Where an objective is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The file, as named in messages.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column of its first character, from 1.
    pub column: usize,
    /// The column after its last character.
    pub end_column: usize,
    /// A diagnostic of this place without a message.
    diagnostic: Diagnostic,
}

impl Origin {
    fn of(part: Part<'_>) -> Self {
        let diagnostic = part.error("", "");
        let (file, line, column) = diagnostic.place().map_or(("", 1, 1), |place| place);
        Self { file: file.to_owned(), line, column, end_column: column + part.width(), diagnostic }
    }
}

impl Scenario {
    /// Adds an objective, as `--assert` does.
    ///
    /// # Errors
    /// What is wrong with it, with its place in the text; the scenario is unchanged.
    pub fn assert(&mut self, text: &str) -> Result<(), Diagnostic> {
        self.assert_by("--assert", text)
    }

    /// Adds an objective that another option gives, which messages name.
    ///
    /// # Errors
    /// As for [`Scenario::assert`].
    pub(crate) fn assert_by(&mut self, option: &'static str, text: &str) -> Result<(), Diagnostic> {
        let sources = Sources(vec![Source::new(option, text)]);
        let classes = self.workload().classes.iter().map(|class| class.name.as_str());
        let names = Names::new(self.policies(), classes, self.backends()).with_faults(self.faults());
        let objective = names.objective(Part::whole(&sources))?;
        self.sections.objectives.push(objective);
        Ok(())
    }
}
