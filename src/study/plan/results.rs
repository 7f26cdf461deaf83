//! What a plan says, as files hold it.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::trial::Decision;
use crate::model::{MetricUnit, Pool};
use crate::policy::PolicyChoice;
use crate::stats::Station;

/// The schema of plans. Fields are only ever added within a major version.
pub const PLAN_SCHEMA: &str = "waitline.plan/1";

/// The smallest configurations of a scenario's policies that meet objectives.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Plan {
    /// The name and version of the schema.
    pub schema: &'static str,
    /// The version of the program.
    pub waitline: &'static str,
    /// The scenario's name.
    pub scenario: String,
    /// The seed of all random numbers.
    pub seed: u64,
    /// The objectives.
    pub slo: Vec<String>,
    /// The indifference zone δ: a bound X is told from X(1 ± δ), as a share of X.
    pub within: f64,
    /// The probability that the plan of a policy is right within δ, at least.
    pub confidence: f64,
    /// Whether the objectives must also be met with a tenth more load, with queries that take a fifth longer, and with CPU phases that
    /// take a fifth longer.
    pub robust: bool,
    /// Number of requests of a configuration after which it is left undecided.
    pub most_requests: u64,
    /// Each policy.
    pub policies: Vec<PolicyPlan>,
}

/// The plan of one policy.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PolicyPlan {
    /// The policy's name.
    pub name: String,
    /// Its kind.
    pub kind: &'static str,
    /// The sizes that were to be chosen, by the scenario's own words.
    pub sizes: Vec<String>,
    /// Whether some configuration meets the objectives; where the highest load was asked for, whether that of the scenario does at its
    /// own load.
    pub verdict: PlanVerdict,
    /// Why none does; `None` if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<WhyNot>,
    /// The cheapest configuration that meets the objectives; `None` unless one does.
    pub choice: Option<Configuration>,
    /// The policy of the choice, as a scenario file has it; `None` without a choice.
    #[schemars(with = "serde_json::Value")]
    pub policy: Option<PolicyChoice>,
    /// The pools whose size was chosen, as the choice has them.
    #[serde(skip)]
    pub pools: Vec<Pool>,
    /// The same sizes as the scenario has them; omitted without a choice.
    #[serde(skip_serializing_if = "Configuration::is_empty")]
    pub as_it_is: Configuration,
    /// The configurations that were found to meet the objectives, the cheapest first.
    pub feasible: Vec<Configuration>,
    /// Ranges of the last size that meet the objectives, with the other sizes of the choice; of those that were tried.
    pub ranges: Vec<[u32; 2]>,
    /// From where on more is worse; `None` if that was not seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_is_worse: Option<MoreIsWorse>,
    /// Cheaper configurations than the choice that were too close to tell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undecided: Vec<Configuration>,
    /// The configurations that were simulated, in that order.
    pub tried: Vec<Tried>,
    /// The number of the first objective on a response time with no other request in the system, in ms: no configuration is
    /// below it. `None` if that is not known.
    pub floor_ms: Option<f64>,
    /// What limits the choice first when there is more load.
    #[schemars(with = "Vec<String>")]
    pub binds_next: Vec<Station>,
    /// Each station of the choice with the load that it could take alone, what binds first.
    pub stations: Vec<BindingStation>,
    /// The highest rate at which the choice meets the objectives, and the lowest at which it does not, per second; `None`
    /// if that was not found. An end that was not found is null.
    pub max_load_per_s: Option<[Option<f64>; 2]>,
    /// The rate of arrivals, per second; `None` if it is not constant in the long run.
    pub offered_per_s: Option<f64>,
    /// What the choice could serve at most, per second; `None` if nothing limits it, or there is no choice.
    pub capacity_per_s: Option<f64>,
    /// Arrivals / capacity, where that is so much that a little more of it takes much more time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near_saturation: Option<f64>,
    /// The choice with other loads and other query times.
    pub variations: Vec<PlanVariation>,
    /// The choice with CPU phases that take a fifth longer; omitted without a choice, and without such phases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_cpu_time: Option<PlanVariation>,
    /// What the usual rule says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_of_thumb: Option<RuleOfThumb>,
    /// The cheapest configuration for each 99th percentile, of those that were tried.
    pub frontier: Vec<FrontierPoint>,
    /// Requests that were simulated for the choice, those of warm-ups included; what is said about the choice comes on top.
    pub requests: u64,
}

/// Sizes by name: `{ "workers": 2, "threads": 4 }`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Configuration(pub IndexMap<String, u32>);

impl Configuration {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it has less of something and more of nothing.
    pub fn is_smaller_than(&self, other: &Self) -> bool {
        let pairs = || self.0.iter().filter_map(|(name, size)| Some((size, other.0.get(name)?)));
        pairs().any(|(size, other)| size < other) && pairs().all(|(size, other)| size <= other)
    }
}

/// Whether some configuration of a policy meets the objectives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanVerdict {
    /// One does.
    Meets,
    /// None does, of those that are allowed.
    Impossible,
    /// It was not found out.
    Undecided,
}

/// Why no configuration meets the objectives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum WhyNot {
    /// Requests alone in the system take too long for this objective: it is proven.
    Floor {
        /// The objective.
        objective: String,
    },
    /// More requests arrive than the largest configuration can serve, because of these stations.
    Capacity {
        /// What binds.
        #[schemars(with = "String")]
        binding: Vec<Station>,
    },
    /// Every configuration that was tried failed; larger ones would not help.
    AllFail,
    /// Every configuration that was tried failed; larger ones are beyond the limits.
    WithinLimits {
        /// The limits, such as `workers <= 8`.
        limits: Vec<String>,
    },
    /// The nearest are too close to tell.
    TooClose,
    /// The limits allow no configuration.
    Limits,
    /// The time was over.
    TimeLimit,
}

/// A configuration that was simulated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Tried {
    /// The configuration.
    pub configuration: Configuration,
    /// Whether it meets all objectives.
    pub verdict: PlanDecision,
    /// Of a robust plan: what was changed where the verdict was found, if not as the scenario is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub under: Option<PlanChange>,
    /// What was found there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub under_objectives: Vec<VariedObjective>,
    /// Whether more requests arrive than it can serve: that decided, and not its runs.
    pub overloaded: bool,
    /// Each objective.
    pub objectives: Vec<TriedObjective>,
    /// The 99th percentile of response times, in ms; `None` if it was not found.
    pub p99_ms: Option<f64>,
    /// Its confidence interval.
    pub p99_interval_ms: Option<[f64; 2]>,
    /// Requests, those of warm-ups included.
    pub requests: u64,
    /// Replications.
    pub replications: u64,
}

/// What was found about an objective.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct TriedObjective {
    /// The objective.
    pub objective: String,
    /// The number that it bounds, by its name.
    pub metric: String,
    /// What that is measured in.
    pub unit: MetricUnit,
    /// Its bound, in that unit.
    pub bound: f64,
    /// Whether it is met.
    pub verdict: PlanDecision,
    /// The share of requests above the bound; `None` if the objective is not on a percentile.
    pub above: Option<f64>,
    /// The confidence interval of that share; of the value if there is none.
    pub interval: Option<[f64; 2]>,
    /// The number that the objective bounds, in its unit.
    pub value: Option<f64>,
    /// The confidence interval of that number.
    pub value_interval: Option<[f64; 2]>,
}

/// Whether a configuration meets its objectives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanDecision {
    /// It does.
    Meets,
    /// It does not.
    Fails,
    /// It is too close to tell.
    Undecided,
}

impl From<Decision> for PlanDecision {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Meets => Self::Meets,
            Decision::Fails => Self::Fails,
            Decision::Undecided => Self::Undecided,
        }
    }
}

/// More is worse from some size on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct MoreIsWorse {
    /// Of what.
    pub size: String,
    /// The smallest size above the choice that was found not to meet the objectives.
    pub fails_from: u32,
}

/// A station of the choice.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct BindingStation {
    /// The station.
    #[schemars(with = "String")]
    pub station: Station,
    /// The load that it could take if requests waited nowhere else, per second.
    pub bound_per_s: f64,
    /// Whether it is what limits the capacity.
    pub binds: bool,
}

/// The choice with something changed.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PlanVariation {
    /// What was changed.
    pub change: PlanChange,
    /// Whether it still meets the objectives.
    pub verdict: PlanDecision,
    /// Whether more requests arrive than it can serve then: that decided, and not its runs.
    pub overloaded: bool,
    /// Each objective.
    pub objectives: Vec<VariedObjective>,
}

/// What was changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanChange {
    /// The rate of arrivals.
    Load {
        /// Times this.
        factor: f64,
    },
    /// The time of CPU phases.
    CpuTime {
        /// Times this.
        factor: f64,
    },
    /// The time of a backend's queries.
    QueryTime {
        /// The backend.
        backend: String,
        /// Times this.
        factor: f64,
    },
}

/// The number of an objective.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct VariedObjective {
    /// The objective.
    pub objective: String,
    /// The number that it bounds, by its name.
    pub metric: String,
    /// What that is measured in.
    pub unit: MetricUnit,
    /// The number.
    pub value: Option<f64>,
    /// The confidence interval.
    pub value_interval: Option<[f64; 2]>,
}

/// What the usual rule says, and whether it is right.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RuleOfThumb {
    /// The rule.
    pub rule: ThumbRule,
    /// The configuration that it gives.
    pub configuration: Configuration,
    /// Whether that meets the objectives.
    pub verdict: PlanDecision,
    /// Whether it is the choice.
    pub is_choice: bool,
    /// Its cost / the cost of the choice.
    pub times_cost: f64,
}

/// A usual rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ThumbRule {
    /// (2 × cores) + 1 workers: gunicorn's manual.
    TwiceTheCoresPlusOne,
    /// A worker on each core.
    OnePerCore,
    /// The default of the product.
    ProductDefault,
}

/// A configuration that is the cheapest for its 99th percentile.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct FrontierPoint {
    /// The configuration.
    pub configuration: Configuration,
    /// Its 99th percentile of response times, in ms.
    pub p99_ms: f64,
    /// Its cost, in the unit of the prices.
    pub cost: f64,
}
