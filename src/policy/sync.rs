//! Sync: each worker process serves one request from its first phase to its last.
//!
//! While the request waits for a backend the worker waits with it: its core is free, but the worker is not.
//! Requests that find every worker taken wait in the backlog.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{OverheadForm, Policy, Runner, Slots, one};
use crate::engine::{BlockingWaits, Dispatch, Order, Queueing};
use crate::model::Overhead;

/// One request at a time in each worker.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sync {
    /// What reports call it; `sync` when left out. Two policies of one kind need names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many worker processes there are (1).
    #[serde(default = "one")]
    pub workers: NonZeroU32,
    /// So many requests may wait that no worker has taken; more are rejected. Any number when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backlog: Option<u32>,
    /// How requests find their worker.
    #[serde(default)]
    pub dispatch: Dispatch,
    /// Which waiting request a worker takes first.
    #[serde(default)]
    pub order: Order,
    /// CPU time of the application server itself, for each request; none when left out.
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

    fn workers(&self) -> u32 {
        self.workers.get()
    }

    fn runner(&self) -> Runner {
        Runner::Worker
    }

    fn slots(&self) -> Slots {
        Slots::Fixed(1)
    }

    fn overhead(&self) -> Overhead {
        OverheadForm::or(self.overhead, Overhead::NONE)
    }

    fn blocking_waits(&self) -> BlockingWaits {
        BlockingWaits::All
    }

    fn queueing(&self) -> Queueing {
        Queueing { backlog: self.backlog, dispatch: self.dispatch, order: self.order }
    }
}
