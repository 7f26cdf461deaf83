//! Async: each worker process has one event loop, which runs one burst at a time.
//!
//! A burst runs to its next await, and nothing takes the loop away from it. While a request waits it holds nothing:
//! the loop goes on with the requests that are ready, in the order they became ready.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Policy, Slots, one};

/// Any number of requests in each worker, one of them running.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Async {
    /// What reports call it; `async` when left out. Two policies of one kind need names.
    pub name: Option<String>,
    /// How many worker processes there are, each with a loop (1).
    #[serde(default = "one")]
    pub workers: NonZeroU32,
    /// How many requests a worker has in progress at most; any number when left out.
    pub max_in_progress: Option<NonZeroU32>,
}

impl Policy for Async {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn workers(&self) -> u32 {
        self.workers.get()
    }

    fn slots(&self) -> Slots {
        self.max_in_progress.map_or(Slots::Unlimited, |most| Slots::Fixed(most.get()))
    }

    fn keeps_core(&self) -> bool {
        true
    }
}
