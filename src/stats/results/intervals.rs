//! Warm-up, confidence intervals, and comparisons of policies.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

use crate::stats::estimate::NotEstimable;

/// The warm-up that is left out at the beginning of each run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct WarmUpResults {
    /// How its length was chosen: `none`, `fixed` (by the scenario) or `auto` (where response times settle, by MSER-5).
    pub method: WarmUpMethod,
    /// Requests that arrive earlier than this are not counted.
    pub removed_ms: f64,
    /// Policies whose response times had not settled by the middle of the run; the run is too short for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unsettled: Vec<String>,
}

/// How the length of the warm-up was chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum WarmUpMethod {
    /// There is no warm-up.
    #[default]
    None,
    /// By the scenario.
    Fixed,
    /// Where response times settle, by MSER-5.
    Auto,
}

/// Whether the intervals are as narrow as requested.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PrecisionResults {
    /// Maximum half width / value.
    pub half_width: f64,
    /// The numbers it applies to, of every policy.
    pub metrics: Vec<String>,
    /// Whether it is reached.
    pub reached: bool,
    /// The numbers that miss it: policy, metric, and the half width or why there is no interval.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub missed: Vec<MissedPrecision>,
}

/// A number whose interval is not as narrow as was asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct MissedPrecision {
    /// The policy.
    pub policy: String,
    /// The metric, by the name that objectives use.
    pub metric: String,
    /// Why.
    pub why: WhyImprecise,
}

/// Why an interval is not as narrow as was asked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum WhyImprecise {
    /// It is wider.
    TooWide {
        /// Half width / value.
        half_width: f64,
    },
    /// The run gave no such number.
    NoNumber,
    /// There is no interval.
    NotEstimable(NotEstimable),
}

/// Confidence intervals of the numbers of a policy.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Confidence {
    /// The probability with which each interval covers the true number.
    pub level: f64,
    /// What the intervals come from: `replications` or `batch_means`.
    pub method: IntervalMethod,
    /// How many replications or batches there are; numbers that need longer batches have fewer.
    pub samples: usize,
    /// How many requests a batch has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_requests: Option<u64>,
    /// The intervals.
    #[serde(flatten)]
    pub numbers: ClassConfidence,
}

/// What confidence intervals come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum IntervalMethod {
    /// Independent runs.
    Replications,
    /// Batches of one run.
    BatchMeans,
}

/// Confidence intervals of the numbers of a class.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ClassConfidence {
    /// The ends of the interval of each number, by the name that objectives use, in the unit of the results.
    pub intervals: IndexMap<String, [f64; 2]>,
    /// Numbers without an interval, and why.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "IndexMap<String, String>")]
    pub not_estimable: IndexMap<String, NotEstimable>,
}

/// How a policy differs from another on the same requests.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ComparisonResults {
    /// The policy.
    pub policy: String,
    /// The other one.
    pub against: String,
    /// The share of its requests that got no answer, where any of either did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_answer: Option<f64>,
    /// The same of the other one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against_without_answer: Option<f64>,
    /// The differences of response times: mean, p50, p95, p99.
    pub differences: Vec<DifferenceResult>,
}

/// By how much a response time differs.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct DifferenceResult {
    /// Which: `mean`, `p50`, `p95` or `p99`.
    pub metric: &'static str,
    /// Ours minus the other's; below 0 is faster.
    pub difference_ms: f64,
    /// The ends of its confidence interval, from pairs of replications or batches.
    pub interval_ms: Option<[f64; 2]>,
    /// Why there is no interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub not_estimable: Option<NotEstimable>,
    /// `faster`, `slower`, `no_difference`, `undecided` without an interval, or `incomparable`.
    pub verdict: DifferenceVerdict,
}

/// The verdict on a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum DifferenceVerdict {
    /// The whole interval is below 0.
    Faster,
    /// The whole interval is above 0.
    Slower,
    /// The interval holds 0.
    NoDifference,
    /// There is no interval.
    Undecided,
    /// The one whose answered requests are faster answered fewer of them: the slow ones may be those that it did not answer.
    Incomparable,
}
