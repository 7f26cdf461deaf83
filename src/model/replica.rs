//! Replicas: the application runs several times, behind a balancer.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SimDuration;

/// How many times the application runs, and what shares the requests out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replicas {
    /// Number of replicas; at least 1. Each has a machine of its own and all workers of the policy.
    pub count: u32,
    /// How the balancer chooses the replica of a request.
    pub balancer: Balancer,
    /// How it finds out which replicas work; `None`: it sends requests to all of them.
    pub health: Option<HealthCheck>,
}

impl Replicas {
    /// One replica without a health check: nothing to choose.
    pub const ONE: Self = Self { count: 1, balancer: Balancer::RoundRobin, health: None };

    /// Whether a balancer has something to choose or to find out.
    pub fn need_balancer(&self) -> bool {
        *self != Self { balancer: self.balancer, ..Self::ONE }
    }
}

/// How a balancer chooses the replica of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Balancer {
    /// One after another (the default of nginx, HAProxy and AWS).
    #[default]
    RoundRobin,
    /// Any of them, with equal probability (kube-proxy with iptables).
    Random,
    /// The one with the fewest requests whose clients still wait; among equals, one after another (least_conn, leastconn).
    LeastBusy,
    /// The less busy of two that are drawn ("power of two choices": Envoy's LEAST_REQUEST, nginx's `random two least_conn`).
    TwoChoices,
}

/// How a balancer finds out whether a replica works: it sends probes. Defaults are those of a Kubernetes readiness probe.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HealthCheck {
    /// Time from one probe of a replica to the next (default: "10s"); at least 1 ms.
    #[serde(default = "ten_seconds")]
    pub interval: SimDuration,
    /// Time after which a probe without an answer has failed (default: "1s"); at most `interval`.
    #[serde(default = "one_second")]
    pub timeout: SimDuration,
    /// Number of probes in a row that must fail before the replica gets no more requests (default: 3).
    #[serde(default = "three")]
    pub unhealthy_after: NonZeroU32,
    /// Number of probes in a row that must be answered before it gets requests again (default: 1).
    #[serde(default = "one")]
    pub healthy_after: NonZeroU32,
    /// CPU time of a worker to answer a probe (default: 0). A probe waits in the backlog and takes a slot, a turn and a core,
    /// like a request.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub compute: SimDuration,
}

impl Default for HealthCheck {
    fn default() -> Self {
        Self {
            interval: ten_seconds(),
            timeout: one_second(),
            unhealthy_after: three(),
            healthy_after: one(),
            compute: SimDuration::ZERO,
        }
    }
}

fn ten_seconds() -> SimDuration {
    SimDuration::from_millis(10_000)
}

fn one_second() -> SimDuration {
    SimDuration::from_millis(1_000)
}

fn three() -> NonZeroU32 {
    const { NonZeroU32::new(3).expect("3 is not 0") }
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

/// Lets serde omit a span of 0.
fn is_zero(span: &SimDuration) -> bool {
    *span == SimDuration::ZERO
}
