//! Sync: each worker process serves one request from its first phase to its last.
//!
//! While the request waits for a backend, the worker waits too: its core is free, the worker is not.
//! Requests that arrive while every worker is busy wait in the backlog.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{OverheadForm, Policy, Product, Runner, WorkerTimeoutForm, one};
use crate::engine::{BlockingWaits, Dispatch, MaxRequests, Order, Queueing, Rules, SpareWorkers};
use crate::model::Overhead;

/// One request at a time in each worker.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sync {
    /// Name in reports; `sync` if omitted. Policies of the same kind need different names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Number of worker processes (default: 1).
    #[serde(default = "one")]
    pub workers: NonZeroU32,
    /// Maximum number of requests in the backlog; further arrivals are rejected. Unlimited if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backlog: Option<u32>,
    /// How requests are assigned to workers.
    #[serde(default)]
    pub dispatch: Dispatch,
    /// Which request of the backlog a worker takes first.
    #[serde(default)]
    pub order: Order,
    /// CPU time of the application server itself per request; none if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overhead: Option<OverheadForm>,
    /// After how many requests a worker is replaced by a new one; never if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_requests: Option<MaxRequests>,
    /// Time after which a worker that has not gone round its loop is killed, with all its requests, and replaced; never if
    /// omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker_timeout: Option<WorkerTimeoutForm>,
    /// Maximum number of requests that a worker holds, as a multiple of 1: those in progress, and those that it takes
    /// ahead and that wait inside it, even if others are idle. If omitted, a worker takes none for which it is not free.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefetch: Option<NonZeroU32>,
    /// How many workers run while fewer are needed than `workers`; all of them from the start if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spare_workers: Option<SpareWorkers>,
}

impl Default for Sync {
    fn default() -> Self {
        Self {
            name: None,
            workers: one(),
            backlog: None,
            dispatch: Dispatch::default(),
            order: Order::default(),
            overhead: None,
            max_requests: None,
            worker_timeout: None,
            prefetch: None,
            spare_workers: None,
        }
    }
}

impl Policy for Sync {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn runner(&self) -> Runner {
        Runner::Worker
    }

    fn rules(&self) -> Rules {
        Rules {
            workers: self.workers.get(),
            slots: Some(1),
            blocking_waits: BlockingWaits::All,
            overhead: OverheadForm::or(self.overhead, Overhead::NONE),
            queueing: Queueing { backlog: self.backlog, dispatch: self.dispatch, order: self.order },
            takes_ahead: self.prefetch.map(NonZeroU32::get),
            max_requests: self.max_requests,
            worker_timeout: self.worker_timeout.map(|timeout| timeout.rule(self.max_requests)),
            spare_workers: self.spare_workers,
            ..Rules::default()
        }
    }

    fn product(&self) -> Option<Product> {
        None
    }
}
