//! What a sweep gave, as its JSON holds it (schema `waitline.sweep/1`).

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::objectives::ObjectiveResult;
use super::policy::PolicyResults;

/// The schema of sweeps. Fields are only ever added within a major version.
pub const SWEEP_SCHEMA: &str = "waitline.sweep/1";

/// What a scenario gave at many points. All times are in milliseconds; a number that does not exist is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct SweepResults {
    /// The name and version of the schema.
    #[schemars(extend("const" = SWEEP_SCHEMA))]
    pub schema: &'static str,
    /// The version of the program.
    pub waitline: &'static str,
    /// The scenario's name.
    pub scenario: String,
    /// What it shows.
    pub description: Option<String>,
    /// SHA-256 of the scenario without variations.
    pub scenario_sha256: String,
    /// The seed, the same at every point.
    pub seed: u64,
    /// Number of replications of each policy at each point, before any are added.
    pub replications: u64,
    /// Maximum number of replications where an objective was undecided, or precision was asked for.
    pub most_replications: u64,
    /// What varies; of the points, the last one changes fastest.
    pub dimensions: Vec<SweepDimension>,
    /// One entry per point. Points beyond the capacity of a policy have `saturation.state` `unstable`: their numbers are of
    /// one replication, and describe its length only.
    pub points: Vec<SweepPoint>,
    /// From where on a little more load takes much more time, if only the load varies; per policy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub knees: Vec<Knee>,
    /// What was not finished.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingUnit>,
}

/// Fields that change together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct SweepDimension {
    /// The paths of the fields.
    pub paths: Vec<String>,
    /// The values as they were written, those of several paths joined by `x`.
    pub values: Vec<String>,
}

/// One point of a sweep.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct SweepPoint {
    /// The value of each path.
    pub values: IndexMap<String, Value>,
    /// One entry per policy that was finished, in the order of the scenario; without timelines and `over_time`.
    pub policies: Vec<PolicyResults>,
    /// The objectives, and whether they are met.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub slo: Vec<ObjectiveResult>,
}

/// A policy that was not finished at a point.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct MissingUnit {
    /// The number of the point, from 0; `None`: the run at 10 % load that the knee is compared with.
    pub point: Option<usize>,
    /// The policy.
    pub policy: String,
}

/// The load at which the p99 of a policy is twice its value at 10 % load.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Knee {
    /// The policy.
    pub policy: String,
    /// Its p99 at 10 % of its capacity, in ms.
    pub p99_at_10_percent_ms: f64,
    /// Arrivals per second, interpolated between the two points; `None` if it does not lie between two points.
    pub offered_per_s: Option<f64>,
    /// The points on both sides of it, in arrivals per second; `None`: it is below the first point, or above the last one that
    /// is stable.
    pub between_per_s: [Option<f64>; 2],
}
