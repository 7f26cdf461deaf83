//! The results of a scenario, as `results.json` holds them (schema `waitline.results/1`).
//!
//! All times are in milliseconds. A number that does not exist (a percentile of no request, the slowdown of a
//! request without demand) is `None`, written as `null`.

mod deadlock;
mod faults;
mod intervals;
mod objectives;
mod over_time;
mod pictures;
mod policy;
mod requests;
mod saturation;
mod stations;
mod sweep;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::PoolScope;

pub use self::deadlock::*;
pub use self::faults::*;
pub use self::intervals::*;
pub use self::objectives::*;
pub use self::over_time::*;
pub use self::pictures::*;
pub use self::policy::*;
pub use self::requests::*;
pub use self::saturation::*;
pub use self::stations::*;
pub use self::sweep::*;

/// The schema of the results file. Fields are only ever added within a major version.
pub const SCHEMA: &str = "waitline.results/1";

/// What a run of a scenario gave. All times are in milliseconds; a number that does not exist is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ScenarioResults {
    /// The name and version of the schema.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: &'static str,
    /// The version of the program.
    pub waitline: &'static str,
    /// The scenario's name.
    pub scenario: String,
    /// What it shows.
    pub description: Option<String>,
    /// SHA-256 of the scenario.
    pub scenario_sha256: String,
    /// The seed.
    pub seed: u64,
    /// How many replications were run.
    pub replications: u64,
    /// The warm-up that is left out at the beginning of each run.
    pub warm_up: WarmUpResults,
    /// Whether the intervals are as narrow as requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<PrecisionResults>,
    /// What the model leaves out or takes for granted, in sentences.
    #[schemars(with = "Vec<String>")]
    pub assumptions: Vec<Assumption>,
    /// Defaults in force: path and value.
    pub defaults: IndexMap<String, String>,
    /// The faults during the run, in the order of the scenario.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultWindow>,
    /// Pools that are used under a preset without the costs of the client library.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_clients: Vec<MissingClient>,
    /// The connections that pools may open, if a backend has a limit for them.
    #[serde(skip_serializing_if = "PoolTotal::none_is_limited")]
    pub pools: Vec<PoolTotal>,
    /// The objectives, and whether they are met.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub slo: Vec<ObjectiveResult>,
    /// One entry per policy, in the order of the scenario.
    pub policies: Vec<PolicyResults>,
    /// How each other policy differs from one of them, on the same requests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comparisons: Vec<ComparisonResults>,
    /// What pictures show beyond that, if they are drawn. Not written.
    #[serde(skip)]
    pub pictures: Option<Pictures>,
}

/// What the model leaves out or takes for granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Assumption {
    /// Network, memory pressure and disk are not modelled.
    ApplicationOnly,
    /// What the application server itself does is a policy's overhead.
    ServerOverhead,
    /// Every policy meets the same requests.
    SameRequests,
    /// Demands do not depend on the load.
    DemandsWithoutLoad,
    /// Threads and loops share the cores round robin.
    RoundRobin,
    /// Response time counts from the intended arrival.
    IntendedArrival,
}

impl Assumption {
    /// Every assumption, in the order of reports.
    pub const ALL: [Self; 6] = [
        Self::ApplicationOnly,
        Self::ServerOverhead,
        Self::SameRequests,
        Self::DemandsWithoutLoad,
        Self::RoundRobin,
        Self::IntendedArrival,
    ];
}

/// What no scenario can express, whatever its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum NotModelled {
    /// Connections that stay with a worker between requests.
    KeepAlive,
    /// Services that call services.
    Services,
    /// Pauses of a runtime.
    GarbageCollection,
    /// Workers, threads or machines that are added under load.
    Autoscaling,
    /// Memory that runs short.
    Memory,
    /// The network between the client and the application.
    Network,
    /// Disks, and what they do to each other.
    Disk,
    /// The finer rules of the kernel's scheduler.
    Scheduler,
}

impl NotModelled {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 8] = [
        Self::KeepAlive,
        Self::Services,
        Self::GarbageCollection,
        Self::Autoscaling,
        Self::Memory,
        Self::Network,
        Self::Disk,
        Self::Scheduler,
    ];
}

/// A connection pool that a real product is asked through, without a `client`: its numbers leave the library out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct MissingClient {
    /// The policy's name.
    pub policy: String,
    /// The backend's name.
    pub backend: String,
    /// The client that was measured with that product.
    pub measured: &'static str,
}

/// The connections that all pools of a backend may open under a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PoolTotal {
    /// The policy's name.
    pub policy: String,
    /// The backend's name.
    pub backend: String,
    /// Number of connections of a pool.
    pub size: u32,
    /// Number of connections that a pool opens beyond that.
    pub overflow: u32,
    /// Who shares a pool.
    pub per: PoolScope,
    /// Number of pools.
    pub pools: u32,
    /// Number of connections of all pools: (size + overflow) × pools.
    pub connections: u64,
    /// Maximum number that the backend accepts; `null` if it is not given.
    pub max_connections: Option<u32>,
}

impl PoolTotal {
    /// How many the backend accepts, if the pools may open more.
    pub fn exceeded_limit(&self) -> Option<u32> {
        self.max_connections.filter(|max| self.connections > u64::from(*max))
    }

    /// Whether no backend has a limit.
    fn none_is_limited(pools: &[Self]) -> bool {
        pools.iter().all(|pool| pool.max_connections.is_none())
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}
