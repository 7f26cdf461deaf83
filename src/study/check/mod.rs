//! The gate: is what a scenario gives now worse than it was, or worse than was asked?
//!
//! The data here is all that `check` finds in one scenario; writers make text of it. The baseline is in [`baseline`], what is
//! compared with it in [`comparison`], why nothing can be in [`not_comparable`], the verdict on each number in [`judgement`], how
//! small a change it sees in [`power`], what no check can judge in [`unjudged`], what changed in the scenario in [`changes`], and
//! what is run and compared in [`gate`].

mod baseline;
mod changes;
mod comparison;
mod gate;
mod items;
mod judgement;
mod not_comparable;
mod power;
mod unjudged;

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::SimDuration;
use crate::stats::{Incomplete, MissedPrecision, ObjectiveResult, ObjectiveVerdict, ScenarioResults};

pub use baseline::{
    BASELINE_SCHEMA, BadBaseline, Baseline, BaselineMethod, BaselineNumber, BaselineNumbers, BaselinePolicy,
    StoredReason,
};
pub use comparison::{
    BaselineComparison, ChangedObjective, ComparisonNote, MetricComparison, MetricTolerance, MetricVerdict, OneSided,
    ScenarioChange, ScenarioPart, Side, SignificanceTest, WhyUndecided,
};
pub use gate::{CheckOutcome, Gate, Stored, check, compared, undecided};
pub use not_comparable::{Help, NotComparable, NotComparableReason, WhyNotComparable};
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
    /// An objective is not met in this run, and chance may have decided that.
    NotMet(PolicyObjective),
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

impl ScenarioCheck {
    /// Objectives that are not met; those that only warn are not among them.
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
