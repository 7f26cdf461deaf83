//! Why nothing can be compared with a baseline.

use schemars::JsonSchema;
use serde::Serialize;

use super::baseline::{BadBaseline, BaselineMethod};

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
