//! Requests that wait for each other and will never go on.

use schemars::JsonSchema;
use serde::Serialize;

/// A deadlock at the end of a run: requests that wait, without a limit, for what others of them hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct DeadlockResults {
    /// Since when: the last of the requests that hold something began to wait.
    pub since_ms: f64,
    /// How many requests will never go on.
    pub requests: u64,
    /// What they hold, all of it.
    pub held: Vec<HeldStation>,
}

/// Something that is all held by requests of a deadlock, for which others of them wait.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct HeldStation {
    /// Its station: `pool.NAME`, `threads` or `turn`.
    pub station: String,
    /// The worker that it belongs to, counted from 1 through all replicas. Omitted where several workers share it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<u32>,
    /// The replica that it belongs to, counted from 1, where the workers of a replica share it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica: Option<u32>,
    /// How many there are: connections, threads or turns.
    pub count: u64,
    /// How many requests wait there.
    pub waiting: u64,
    /// What those that hold it wait for, and how many of them.
    pub holders_wait_for: Vec<WaitOfHolders>,
    /// The first of those that hold it.
    pub holders: Vec<DeadlockedRequest>,
}

/// What some of the requests that hold something wait for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct WaitOfHolders {
    /// The station where they wait.
    pub station: String,
    /// How many of the connections, threads or turns they hold.
    pub count: u64,
}

/// A request that holds something, and waits for something else.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct DeadlockedRequest {
    /// Its number, counted from 1.
    pub request: u64,
    /// Its class.
    pub class: String,
    /// The station where it waits.
    pub waits_for: String,
    /// Since when.
    pub since_ms: f64,
}
