//! Results compared with those of a baseline, number by number.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::model::MetricUnit;
use crate::stats::{NotEstimable, ObjectiveResult, ObjectiveVerdict};

use super::baseline::{BaselineObjective, StoredReason};
use super::power::MetricPower;

/// Results compared with those of a baseline.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct BaselineComparison {
    /// The baseline's file.
    pub file: String,
    /// The probability with which, if nothing has changed, at least one of the numbers seems to (Holm's method).
    pub family_level: f64,
    /// The differences between the scenarios, in the order of the paths.
    pub changes: Vec<ScenarioChange>,
    /// Every number that was compared: of each policy, first of all requests, then of each class if there are several.
    pub metrics: Vec<MetricComparison>,
    /// Objectives that were judged otherwise in the baseline; omitted if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<ChangedObjective>,
    /// Parts that only one side has, and that cannot be compared.
    pub one_sided: Vec<OneSided>,
    /// Notes, a sentence each, such as how replications pair.
    #[schemars(with = "Vec<String>")]
    pub notes: Vec<ComparisonNote>,
    /// The command that makes these results the new baseline.
    pub accept: String,
    /// Whether the changes of `--set` must be put into the scenario file first.
    pub accept_needs_edit: bool,
}

/// An objective that was judged otherwise in the baseline.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ChangedObjective {
    /// As it is written.
    pub objective: String,
    /// The policy.
    pub policy: String,
    /// What its number is measured in.
    pub unit: MetricUnit,
    /// Whether it was met.
    pub was: ObjectiveVerdict,
    /// Its number in the baseline; `None` if that has none.
    pub baseline: Option<f64>,
    /// Whether it is met.
    pub is: ObjectiveVerdict,
    /// Its number in this run; `None` if there is none.
    pub value: Option<f64>,
}

/// Something to know about a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparisonNote {
    /// A file that the scenario names has changed.
    FileChanged,
    /// The numbers of replications differ: of several, the first are compared pair by pair.
    OtherReplications {
        /// How many the baseline has.
        baseline: u64,
        /// How many this run has.
        run: u64,
    },
}

/// A part of a scenario that is only in the baseline, or only in the scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OneSided {
    /// What it is.
    pub part: ScenarioPart,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub only_in: Side,
}

/// What scenarios have by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScenarioPart {
    /// A policy.
    Policy,
    /// A class of requests.
    Class,
    /// A backend with rules of its own.
    Backend,
}

/// One of the two that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The baseline.
    Baseline,
    /// The scenario.
    Scenario,
}

/// A difference between the scenario and that of the baseline.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ScenarioChange {
    /// Where, such as `classes.page.phases.1.db`; policies and classes by their names.
    pub path: String,
    /// The old value; omitted if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// The new value; omitted if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
}

/// A number compared with that of the baseline.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct MetricComparison {
    /// The policy.
    pub policy: String,
    /// The class; left out: all requests together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The number, by the name that objectives use.
    pub metric: &'static str,
    /// What it is measured in: milliseconds, 0 to 1, or per second.
    pub unit: MetricUnit,
    /// Its value in the baseline; `None` if that has none.
    pub baseline: Option<f64>,
    /// Its value in this run; `None` if there is none.
    pub value: Option<f64>,
    /// Value − baseline.
    pub difference: Option<f64>,
    /// Difference / |baseline|; `None` if the baseline is 0.
    pub relative_difference: Option<f64>,
    /// The ends of the difference's confidence interval, which holds 0 exactly if the difference is not significant.
    pub interval: Option<[f64; 2]>,
    /// The confidence of that interval: that at which Holm's method decided about this number.
    pub interval_level: Option<f64>,
    /// The probability of such a difference if nothing has changed, not corrected for the other numbers.
    pub p_value: Option<f64>,
    /// Where the p-value comes from.
    pub test: SignificanceTest,
    /// Whether the difference is more than chance, all numbers of the gate considered; `None` if unknown.
    pub significant: Option<bool>,
    /// The tolerance.
    pub tolerance: MetricTolerance,
    /// The verdict.
    pub verdict: MetricVerdict,
    /// How small a change this gate detects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power: Option<MetricPower>,
    /// Of a difference that may be chance, about how many replications would decide it, in the baseline as well; omitted where
    /// replications are too short or far too many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by_replications: Option<u64>,
    /// Why there is no p-value, or no verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub why: Option<WhyUndecided>,
}

/// Why a number has no p-value, or no verdict.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyUndecided {
    /// The baseline's run gave no such number.
    NoValueInBaseline,
    /// This run gave no such number.
    NoValue,
    /// It has no interval.
    NotEstimable(StoredReason),
    /// The run is too short to distinguish a difference from chance.
    TooShort,
    /// More requests got no answer than before, and response times leave them out.
    MoreUnanswered,
    /// It may be chance, and the interval is wider than what is tolerated.
    MayBeChance,
    /// All requests together and the runs one by one differ in opposite directions.
    OppositeDirections,
}

/// How a difference is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignificanceTest {
    /// Replications or batches of the same requests, pair by pair: Student's t-test.
    Paired,
    /// Replications or batches that are not of the same requests: Welch's t-test.
    Unpaired,
    /// Nothing is left to chance: any difference is one.
    Exact,
    /// It cannot be tested.
    Untested,
}

/// How much worse than in the baseline a number may be: more than both is material.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct MetricTolerance {
    /// As a share of the baseline.
    pub relative: f64,
    /// In the number's unit.
    pub absolute: f64,
}

/// The verdict on a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MetricVerdict {
    /// Worse: by more than chance and by more than is tolerated.
    Regressed,
    /// Better: by more than chance and by more than would be tolerated.
    Improved,
    /// The same, or not as different as to matter.
    Unchanged,
    /// Too few replications to decide; for shorter response times also that more requests got no answer.
    Undecided,
}

/// Objectives whose verdict is not that of the baseline, in the order of the scenario.
pub(super) fn changed_objectives(old: &[BaselineObjective], new: &[ObjectiveResult]) -> Vec<ChangedObjective> {
    let changed = new.iter().filter_map(|is| {
        let was = old.iter().find(|was| (&was.objective, &was.policy) == (&is.objective, &is.policy))?;
        (was.verdict != is.verdict).then(|| ChangedObjective {
            objective: is.objective.clone(),
            policy: is.policy.clone(),
            unit: is.unit,
            was: was.verdict,
            baseline: was.value,
            is: is.verdict,
            value: is.value,
        })
    });
    changed.collect()
}

impl BaselineComparison {
    /// The numbers with this verdict.
    pub fn with(&self, verdict: MetricVerdict) -> impl Iterator<Item = &MetricComparison> {
        self.metrics.iter().filter(move |metric| metric.verdict == verdict)
    }
}

impl MetricComparison {
    /// Whether it has no interval because each replication or batch has too few requests for it.
    pub const fn is_of_too_few_requests(&self) -> bool {
        match &self.why {
            Some(WhyUndecided::NotEstimable(StoredReason::Found(why))) => {
                matches!(why, NotEstimable::TooFewRequests { .. })
            }
            Some(
                WhyUndecided::NotEstimable(StoredReason::Read(_))
                | WhyUndecided::NoValueInBaseline
                | WhyUndecided::NoValue
                | WhyUndecided::TooShort
                | WhyUndecided::MoreUnanswered
                | WhyUndecided::MayBeChance
                | WhyUndecided::OppositeDirections,
            )
            | None => false,
        }
    }

    /// The number as objectives name it: `sync.search.p99`.
    pub fn name(&self) -> String {
        match &self.class {
            Some(class) => format!("{}.{class}.{}", self.policy, self.metric),
            None => format!("{}.{}", self.policy, self.metric),
        }
    }
}
