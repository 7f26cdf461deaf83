//! Async: each worker process has one event loop, which runs one burst at a time.
//!
//! A burst runs to its next await; nothing takes the loop away from it. A waiting request holds nothing: the loop
//! continues with the requests that are ready, in the order in which they became ready. A worker may also have a thread
//! pool that runs the requests of some classes; its threads and the loop then share one interpreter lock, unless they run
//! native code that does not need it.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{OverheadForm, Policy, Product, Runner, SwitchInterval, WorkerTimeoutForm, one};
use crate::engine::{BlockingWaits, Dispatch, MaxRequests, Order, Queueing, Rounding, Rules, ThreadPool, Timers};
use crate::model::{Overhead, SimDuration};

/// Many requests in progress in each worker, one of them running at a time.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Async {
    /// Name in reports; `async` if omitted. Policies of the same kind need different names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Number of worker processes, each with one event loop (default: 1).
    #[serde(default = "one")]
    pub workers: NonZeroU32,
    /// Maximum number of requests in progress in each worker; unlimited if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_in_progress: Option<NonZeroU32>,
    /// Threads to which the loop of each worker hands the requests of some classes; none if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_pool: Option<AsyncThreadPool>,
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
    /// Resolution of the loop's timers, such as "1ms": sleeps last whole multiples of it. Sleeps are exact if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timer_resolution: Option<SimDuration>,
    /// How a sleep is rounded to a multiple of `timer_resolution`; "up" if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timer_rounding: Option<Rounding>,
    /// Maximum number of requests in progress in each worker; a worker rejects further ones that it takes, instead of leaving
    /// them in the backlog as with `max_in_progress`. Unlimited if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<NonZeroU32>,
    /// After how many requests a worker is replaced by a new one; never if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_requests: Option<MaxRequests>,
    /// Time after which a worker that has not gone round its loop is killed, with all its requests, and replaced; never if
    /// omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker_timeout: Option<WorkerTimeoutForm>,
    /// Maximum number of requests that a worker holds, as a multiple of `max_in_progress`: those in progress, and those that it takes
    /// ahead and that wait inside it, even if others are idle. If omitted, a worker takes none for which it is not free.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefetch: Option<NonZeroU32>,
}

/// A thread pool next to an event loop.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AsyncThreadPool {
    /// Number of threads in each worker.
    pub threads: NonZeroU32,
    /// Classes whose requests the loop hands to a thread, while the others stay in the loop; all classes if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<Vec<String>>,
    /// Time after which the loop or a running thread hands the lock to one that is ready (default: "5ms"); "none": at the end
    /// of its burst.
    #[serde(default)]
    pub switch_interval: SwitchInterval,
    /// Whether the threads and the loop run under one interpreter lock (default: true). If false, as with native code such as
    /// that of libuv's threads, they all run at the same time, cores permitting.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub gil: bool,
}

const fn yes() -> bool {
    true
}

/// The default is not written.
const fn is_yes(flag: &bool) -> bool {
    *flag
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
            limit: None,
            max_requests: None,
            worker_timeout: None,
            prefetch: None,
        }
    }
}

impl Policy for Async {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn runner(&self) -> Runner {
        Runner::Loop
    }

    fn rules(&self) -> Rules {
        Rules {
            workers: self.workers.get(),
            slots: self.max_in_progress.map(NonZeroU32::get),
            running_at_once: self.thread_pool.as_ref().map_or(1, AsyncThreadPool::running_at_once),
            hand_over_interval: self.thread_pool.as_ref().and_then(AsyncThreadPool::hand_over_interval),
            blocking_waits: BlockingWaits::Marked,
            gathers: true,
            keeps_core: self.thread_pool.is_none(),
            thread_pool: self.thread_pool.as_ref().map(AsyncThreadPool::threads),
            overhead: OverheadForm::or(self.overhead, Overhead::NONE),
            timers: self.timers(),
            queueing: Queueing { backlog: self.backlog, dispatch: self.dispatch, order: self.order },
            takes_ahead: self.takes_ahead(),
            limit: self.limit.map(NonZeroU32::get),
            max_requests: self.max_requests,
            worker_timeout: self.worker_timeout.map(|timeout| timeout.rule(self.max_requests)),
            ..Rules::default()
        }
    }

    fn product(&self) -> Option<Product> {
        None
    }
}

impl Async {
    fn takes_ahead(&self) -> Option<u32> {
        Some(self.prefetch?.get().saturating_mul(self.max_in_progress?.get()))
    }

    fn timers(&self) -> Option<Timers> {
        let resolution = self.timer_resolution.filter(|resolution| *resolution > SimDuration::ZERO)?;
        Some(Timers { resolution, rounding: self.timer_rounding.unwrap_or_default() })
    }
}

impl AsyncThreadPool {
    /// How many threads run at the same time, the loop included.
    fn running_at_once(&self) -> u32 {
        if self.gil { 1 } else { self.threads.get().saturating_add(1) }
    }

    fn hand_over_interval(&self) -> Option<SimDuration> {
        self.switch_interval.0.filter(|_| self.gil)
    }

    fn threads(&self) -> ThreadPool {
        ThreadPool { threads: self.threads.get(), classes: self.classes.clone() }
    }
}
