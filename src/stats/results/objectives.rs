//! Objectives and whether they are met.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::is_false;
use crate::model::MetricUnit;

/// An objective, evaluated for one policy.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ObjectiveResult {
    /// The objective as it was written.
    pub objective: String,
    /// The policy.
    pub policy: String,
    /// The fault that it is about, by its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The class; `None`: all together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The number, by its name.
    pub metric: String,
    /// What it is measured in.
    pub unit: MetricUnit,
    /// Its value; `None` if the run has none, or if too many requests got no answer for it to exist.
    pub value: Option<f64>,
    /// The ends of its confidence interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
    /// The share of the requests, or operations, that got no answer, where any did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_answer: Option<f64>,
    /// Whether the number is of the answered ones only, although more than 1 % got no answer.
    #[serde(skip_serializing_if = "is_false")]
    pub answered_only: bool,
    /// Where requests that got no answer leave no value: the longest that one was seen to wait, in ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_wait_ms: Option<f64>,
    /// In the same case: the same number of the answered requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_value: Option<f64>,
    /// The bound it is compared with, in the same unit.
    pub bound: f64,
    /// Whether it only warns.
    #[serde(skip_serializing_if = "is_false")]
    pub warns: bool,
    /// Whether it is met.
    pub verdict: ObjectiveVerdict,
    /// Whether the interval holds the bound: another seed may say otherwise.
    #[serde(skip_serializing_if = "is_false")]
    pub uncertain: bool,
    /// Why another seed may say otherwise, if it may; it is not known that it would not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undecided: Option<Undecided>,
    /// The name of the file that contains it, without folders.
    #[serde(serialize_with = "file_name")]
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column of its first letter, counted from 1.
    pub column: usize,
    /// The column after its last letter.
    pub end_column: usize,
}

/// Why chance may have decided an objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Undecided {
    /// What is missing.
    pub why: UndecidedReason,
    /// About how many requests would decide it, those of all classes and replications together; `null` if no number of
    /// them does.
    pub requests: Option<u64>,
    /// In how many replications, where not only their sum counts: of the requests during a fault, only more replications have
    /// more; other numbers need longer ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replications: Option<u64>,
}

/// What an objective lacks to be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum UndecidedReason {
    /// The number has no confidence interval.
    NoInterval,
    /// Its confidence interval holds the bound.
    IntervalHoldsBound,
}

/// Above this share of requests without an answer, response times say little: they are of the others.
pub const MUCH_UNANSWERED: f64 = 0.01;

/// Whether an objective is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum ObjectiveVerdict {
    /// It is.
    Met,
    /// It is not.
    Broken,
    /// It is not, and only warns.
    Warned,
    /// The run gave no such number.
    NoData,
}

/// A path without its folders: the same bytes wherever a scenario lies.
fn file_name<S: Serializer>(path: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(path.rsplit(['/', '\\']).next().unwrap_or(path))
}
