//! Replicas, as written in the file.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Balancer, HealthCheck};

/// Replicas of the application behind a balancer.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Replicas")]
pub(crate) struct ReplicasForm {
    /// Number of replicas, each with a `machine` and all workers of the policy. They share the backends.
    pub count: NonZeroU32,
    /// How the balancer chooses the replica of a request (default: "round_robin").
    #[serde(default)]
    pub balancer: Balancer,
    /// How the balancer finds out which replicas work. If omitted, it sends requests to all of them, whatever happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthCheck>,
}
