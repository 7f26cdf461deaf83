//! How busy everything was, where requests waited, and what each worker did.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

use super::requests::WaitingTime;
use crate::model::StationNumber;

/// Busy time / (time × how many there are), 0 to 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Utilization {
    /// Of the cores: running requests.
    pub cores: Option<f64>,
    /// Of the workers: a request holds the worker (sync), its GIL or its loop; without a GIL, its threads run.
    pub workers: Option<f64>,
    /// Of the slots: a request in progress; `None` when slots are unlimited.
    pub slots: Option<f64>,
    /// Of the thread pools of the event loops: a request has the thread; `None` without them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<f64>,
    /// Of each limited backend, by name: queries it works on / queries it can run at once; where only a pool limits it,
    /// that of the pool.
    pub backends: IndexMap<String, Option<f64>>,
    /// Of the connections to each backend with a pool, by name: connections held / connections of all pools.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub pools: IndexMap<String, Option<f64>>,
}

impl Utilization {
    /// The highest of them.
    pub fn busiest(&self) -> Option<f64> {
        let backends = self.backends.values().chain(self.pools.values()).copied();
        [self.cores, self.workers, self.slots, self.threads]
            .into_iter()
            .chain(backends)
            .flatten()
            .max_by(f64::total_cmp)
    }
}

/// A station where requests wait for what others hold: `turn` (the GIL or the loop of their worker), `cores`, `cpu_limit`
/// (the next period of the machine's CPU quota), `threads`
/// (the thread pool of a loop), `pool.NAME` (a connection to a backend), `backend.NAME` (until it starts the query).
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct StationResults {
    /// How many there are: turns, cores, threads, connections or queries at once, over all workers.
    pub count: u64,
    /// In use × time / (count × time), 0 to 1.
    pub utilization: Option<f64>,
    /// How many of them are in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_use: Option<LevelSummary>,
    /// Of the CPU quota: the share of time, 0 to 1, during which it was used up and everything stood still.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttled: Option<f64>,
    /// Requests that wait there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<LevelSummary>,
    /// Requests that asked for one and have departed, with an answer or without.
    pub asked: u64,
    /// How long each of these waited there, all its waits together; those that gave up count with the time they waited.
    pub wait_ms: WaitingTime,
}

/// How many there were at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct LevelSummary {
    /// Mean over time.
    pub mean: Option<f64>,
    /// Most at one instant.
    pub max: u64,
}

impl StationResults {
    /// The number of that name.
    pub(in crate::stats) fn number(&self, number: StationNumber) -> Option<f64> {
        let wait = &self.wait_ms;
        match number {
            StationNumber::Throttled => self.throttled,
            StationNumber::InUseMean => self.in_use.and_then(|level| level.mean),
            StationNumber::InUseMax => self.in_use.map(|level| level.max as f64),
            StationNumber::WaitingMean => self.waiting.and_then(|level| level.mean),
            StationNumber::WaitingMax => self.waiting.map(|level| level.max as f64),
            StationNumber::WaitMean => wait.mean,
            StationNumber::WaitP50 => wait.p50,
            StationNumber::WaitP95 => wait.p95,
            StationNumber::WaitP99 => wait.p99,
            StationNumber::WaitProbability => wait.probability,
        }
    }
}

/// What one worker did.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct WorkerResults {
    /// The worker, counted from 1.
    pub worker: u32,
    /// Requests that it took, of those that count.
    pub requests: u64,
    /// How busy it was, 0 to 1: the busier of its slots (if they are limited) and its GIL or loop.
    pub utilization: Option<f64>,
    /// Requests in progress, mean over time.
    pub mean_in_progress: Option<f64>,
    /// Most requests in progress at one instant.
    pub most_in_progress: u64,
    /// Requests that waited inside it for a slot, where workers take requests ahead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<LevelSummary>,
    /// How often it was replaced by a new worker, where workers are replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<u64>,
    /// The share of time, 0 to 1, during which its successor booted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booting: Option<f64>,
}

/// What one replica did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ReplicaResults {
    /// The replica, counted from 1.
    pub replica: u32,
    /// Requests that the balancer sent to it, of those that count.
    pub requests: u64,
    /// How busy its cores were, 0 to 1.
    pub utilization: Option<f64>,
    /// Requests in it whose clients still waited.
    pub in_progress: LevelSummary,
    /// The share of time, 0 to 1, during which it was out because its probes had failed: it got requests only if all replicas
    /// were out. `None` without a health check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_of_rotation: Option<f64>,
    /// Probes that failed; `None` without a health check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_probes: Option<u64>,
}

/// A worker that had more than it could do while others were idle.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Imbalance {
    /// The worker, counted from 1.
    pub worker: u32,
    /// How busy it was, 0 to 1.
    pub utilization: f64,
    /// How busy all other workers were, on average.
    pub others_utilization: f64,
    /// Its share of the requests that workers took.
    pub share_of_requests: f64,
}
