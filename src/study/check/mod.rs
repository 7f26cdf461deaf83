//! The gate: is what a scenario gives now worse than it was, or worse than was asked?
//!
//! The data here is all that `check` finds in one scenario; writers make text of it. The baseline is in [`baseline`], the
//! verdict on each number in [`judgement`], how small a change it sees in [`power`], what no check can judge in [`unjudged`], what changed in the scenario in
//! [`changes`], and what is run and compared in [`gate`].

mod baseline;
mod changes;
mod gate;
mod judgement;
mod power;
mod unjudged;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::model::MetricUnit;
use crate::model::SimDuration;
use crate::stats::{Incomplete, MissedPrecision, ObjectiveResult, ObjectiveVerdict, ScenarioResults};

pub use baseline::{
    BASELINE_SCHEMA, BadBaseline, Baseline, BaselineMethod, BaselineNumber, BaselineNumbers, BaselinePolicy,
    StoredReason,
};
pub use gate::{CheckOutcome, Gate, Stored, check, undecided};

pub use power::{Finer, GATE_POWER, MetricPower};

/// What only the project's own tests use.
#[cfg(feature = "internals")]
pub use judgement::judge;

/// The schema of what `check` writes. Fields are only ever added within a major version.
pub const CHECK_SCHEMA: &str = "waitline.check/1";

/// What `check` found in one scenario.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ScenarioCheck {
    /// The name and version of the schema.
    pub schema: &'static str,
    /// The version of the program.
    pub waitline: &'static str,
    /// The scenario's name.
    pub scenario: String,
    /// Its file, as the user named it; `<stdin>` for standard input.
    pub file: String,
    /// The verdict.
    pub verdict: CheckVerdict,
    /// Why it does not pass, a sentence each; empty if it passes.
    #[schemars(with = "Vec<String>")]
    pub reasons: Vec<CheckReason>,
    /// How the results compare with the baseline.
    pub baseline: BaselineCheck,
    /// The results themselves; `slo` has the verdict of each objective.
    pub results: ScenarioResults,
}

/// Why a check does not pass.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckReason {
    /// The run of a policy stopped before its end.
    Stopped {
        /// The policy.
        policy: String,
        /// Why.
        why: Incomplete,
    },
    /// The intervals of these numbers are not as narrow as was asked.
    Imprecise(Vec<MissedPrecision>),
    /// The run gave no number to judge an objective by.
    NoData(PolicyObjective),
    /// Chance may have decided an objective.
    Undecided(PolicyObjective),
    /// There is nothing to compare with.
    NotComparable(WhyNotComparable),
    /// An objective is broken.
    Broken(PolicyObjective),
    /// A number is worse than in the baseline.
    Regressed {
        /// As objectives name it: `sync.search.p99`.
        metric: String,
    },
}

/// An objective and the policy it was judged for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyObjective {
    /// The policy.
    pub policy: String,
    /// The objective as it was written.
    pub objective: String,
}

/// The verdict of a check; the worst of several scenarios decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckVerdict {
    /// No objective is broken and nothing is worse than in the baseline; exit code 0.
    Passes,
    /// An objective is broken, or something is significantly and materially worse than in the baseline; exit code 1.
    Fails,
    /// It cannot be judged: there is no baseline to compare with, or the run is incomplete; exit code 3. Objectives may
    /// be broken as well.
    Incomplete,
}

/// How the results compare with a baseline.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum BaselineCheck {
    /// Number by number.
    Compared(BaselineComparison),
    /// There is none, or it is of something else.
    NotComparable(NotComparable),
    /// It was written from these results.
    Written(WrittenBaseline),
    /// No comparison was requested.
    NotAsked,
}

/// Why nothing was compared, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NotComparable {
    /// The baseline's file.
    pub file: String,
    /// Why, in a sentence without a full stop, such as `there is no baseline`.
    #[schemars(with = "String")]
    pub why: WhyNotComparable,
    /// What to do; the command follows.
    #[schemars(with = "String")]
    pub help: Help,
    /// A command that makes the scenario comparable.
    pub command: String,
}

/// Why nothing was compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WhyNotComparable {
    /// The baseline's file.
    pub file: String,
    /// What is wrong with it.
    pub reason: NotComparableReason,
}

/// What to do so that a baseline can be compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Help {
    /// What is wrong.
    pub reason: NotComparableReason,
    /// Whether the changes of `--set` must be put into the scenario file first.
    pub needs_edit: bool,
}

/// What is wrong with a baseline, or with the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotComparableReason {
    /// The baseline was to be written, but the run is incomplete.
    RunIncomplete,
    /// There is no baseline.
    Missing,
    /// It cannot be read.
    Unreadable {
        /// What the system says.
        error: String,
    },
    /// It is not a baseline that this program reads.
    Bad(BadBaseline),
    /// It is of another scenario.
    OtherScenario {
        /// The scenario it is of.
        other: String,
        /// The scenario that was run.
        ours: String,
    },
    /// It is of another seed.
    OtherSeed {
        /// The baseline's.
        baseline: u64,
        /// That of this run.
        run: u64,
    },
    /// Its values are of another kind.
    OtherMethod {
        /// What they are of.
        baseline: BaselineMethod,
        /// What those of this run are of.
        run: BaselineMethod,
        /// How many replications the baseline has.
        replications: u64,
    },
}

/// A baseline that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WrittenBaseline {
    /// Its file.
    pub file: String,
    /// Whether there was one before.
    pub replaced: bool,
    /// Its numbers that no check can judge; omitted if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unjudged: Option<Unjudged>,
}

/// What a baseline holds and no check can judge: a change of these numbers cannot be distinguished from chance, because they have no
/// confidence interval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unjudged {
    /// Which.
    pub numbers: Vec<UnjudgedNumbers>,
    /// How to get intervals for them, in a sentence without a full stop.
    #[schemars(with = "String")]
    pub help: UnjudgedHelp,
}

/// What would give every number of a baseline an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnjudgedHelp {
    /// Nothing: no request is answered.
    NothingAnswered,
    /// Replications of this many requests.
    Requests(u64),
    /// Replications that are so long.
    Duration(SimDuration),
    /// More arrivals, where the scenario lists them.
    MoreArrivals,
}

/// Metrics of the same policies and classes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnjudgedNumbers {
    /// By the names that objectives use.
    pub metrics: Vec<&'static str>,
    /// Policies, and classes of theirs: `sync`, `sync.search`.
    pub of: Vec<String>,
}

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

impl ScenarioCheck {
    /// Objectives that are broken; those that only warn are not among them.
    pub fn broken(&self) -> impl Iterator<Item = &ObjectiveResult> {
        self.results.slo.iter().filter(|objective| objective.verdict == ObjectiveVerdict::Broken)
    }

    /// The comparison with the baseline, if there was one.
    pub const fn comparison(&self) -> Option<&BaselineComparison> {
        match &self.baseline {
            BaselineCheck::Compared(comparison) => Some(comparison),
            _ => None,
        }
    }
}

impl BaselineComparison {
    /// The numbers with this verdict.
    pub fn with(&self, verdict: MetricVerdict) -> impl Iterator<Item = &MetricComparison> {
        self.metrics.iter().filter(move |metric| metric.verdict == verdict)
    }
}

impl MetricComparison {
    /// The number as objectives name it: `sync.search.p99`.
    pub fn name(&self) -> String {
        match &self.class {
            Some(class) => format!("{}.{class}.{}", self.policy, self.metric),
            None => format!("{}.{}", self.policy, self.metric),
        }
    }
}
