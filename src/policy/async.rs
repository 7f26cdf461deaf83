//! Async: each worker process has one event loop, which runs one burst at a time.
//!
//! A burst runs to its next await, and nothing takes the loop away from it. While a request waits it holds nothing:
//! the loop goes on with the requests that are ready, in the order they became ready. A thread pool beside the loop
//! takes requests of some classes off it; its threads and the loop then share one interpreter lock.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{OverheadForm, Policy, Runner, Slots, SwitchInterval, one};
use crate::engine::{BlockingWaits, Dispatch, Order, Queueing, Rounding, ThreadPool, Timers};
use crate::model::{Overhead, SimDuration};

/// Any number of requests in each worker, one of them running.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Async {
    /// What reports call it; `async` when left out. Two policies of one kind need names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many worker processes there are, each with a loop (1).
    #[serde(default = "one")]
    pub workers: NonZeroU32,
    /// How many requests a worker has in progress at most; any number when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_in_progress: Option<NonZeroU32>,
    /// Threads beside the loop of each worker, to which it hands requests of some classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_pool: Option<AsyncThreadPool>,
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
    /// Sleeps last whole multiples of this, as the timers of many loops do ("1ms"); as long as they should when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timer_resolution: Option<SimDuration>,
    /// To which multiple a sleep is rounded: "up" when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timer_rounding: Option<Rounding>,
}

/// Threads beside a loop. They and the loop run under one interpreter lock.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AsyncThreadPool {
    /// How many threads each worker has.
    pub threads: NonZeroU32,
    /// The classes whose requests the loop hands to a thread, the others stay in the loop; all when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<Vec<String>>,
    /// After how long the loop or a running thread hands the lock to one that is ready; "none": at the end of its burst.
    #[serde(default)]
    pub switch_interval: SwitchInterval,
}

impl Default for Async {
    fn default() -> Self {
        Self {
            name: None,
            workers: one(),
            max_in_progress: None,
            thread_pool: None,
            backlog: None,
            dispatch: Dispatch::default(),
            order: Order::default(),
            overhead: None,
            timer_resolution: None,
            timer_rounding: None,
        }
    }
}

impl Policy for Async {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn workers(&self) -> u32 {
        self.workers.get()
    }

    fn runner(&self) -> Runner {
        Runner::Loop
    }

    fn slots(&self) -> Slots {
        self.max_in_progress.map_or(Slots::Unlimited, |most| Slots::Fixed(most.get()))
    }

    fn keeps_core(&self) -> bool {
        self.thread_pool.is_none()
    }

    fn hand_over_interval(&self) -> Option<SimDuration> {
        self.thread_pool.as_ref().and_then(|pool| pool.switch_interval.0)
    }

    fn blocking_waits(&self) -> BlockingWaits {
        BlockingWaits::Marked
    }

    fn gathers(&self) -> bool {
        true
    }

    fn thread_pool(&self) -> Option<ThreadPool> {
        let pool = self.thread_pool.as_ref()?;
        Some(ThreadPool { threads: pool.threads.get(), classes: pool.classes.clone() })
    }

    fn overhead(&self) -> Overhead {
        OverheadForm::or(self.overhead, Overhead::NONE)
    }

    fn timers(&self) -> Option<Timers> {
        let resolution = self.timer_resolution.filter(|resolution| *resolution > SimDuration::ZERO)?;
        Some(Timers { resolution, rounding: self.timer_rounding.unwrap_or_default() })
    }

    fn queueing(&self) -> Queueing {
        Queueing { backlog: self.backlog, dispatch: self.dispatch, order: self.order }
    }
}
