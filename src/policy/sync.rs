//! Sync: each worker process serves one request from its first phase to its last.
//!
//! While the request waits for a backend, the worker waits too: its core is free, the worker is not.
//! Requests that arrive while every worker is busy wait in the backlog.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{OverheadForm, Policy, Product, Runner, one};
use crate::engine::{BlockingWaits, Dispatch, Order, Queueing, Rules};
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
            ..Rules::default()
        }
    }

    fn product(&self) -> Option<Product> {
        None
    }
}
