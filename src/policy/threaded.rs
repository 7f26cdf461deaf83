//! Threaded: each worker process has a fixed pool of threads, one request per thread.
//!
//! A thread that waits for a backend keeps its request but frees its core. While all threads are busy, requests wait in
//! the backlog. Under a global interpreter lock (GIL), one thread of a process runs at a time and hands the lock over
//! after `switch_interval` if others are ready.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU32;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

use super::{OverheadForm, Policy, Product, Runner, is_false, one};
use crate::engine::{Dispatch, MaxRequests, Order, Queueing, Rules, Scheduler};
use crate::model::{Overhead, SimDuration};

/// One request per thread.
#[derive(Clone, Debug, PartialEq, serde::Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Threaded {
    /// Name in reports; `threaded` if omitted. Policies of the same kind need different names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Number of worker processes (default: 1).
    #[serde(default = "one")]
    pub workers: NonZeroU32,
    /// Number of threads in each worker (default: 1).
    #[serde(default = "one")]
    pub threads: NonZeroU32,
    /// Whether only one thread of a worker runs at a time, as under CPython's or Ruby's interpreter lock (default: true).
    #[serde(default = "yes")]
    pub gil: bool,
    /// Time after which a running thread hands the GIL to a ready one (default: "5ms"); "none": at the end of its burst.
    #[serde(default)]
    pub switch_interval: SwitchInterval,
    /// Whether a thread releases the GIL before it writes its response and then queues for it again (default: false): a
    /// system call releases the lock, and a thread that has just computed does not get it back at once.
    #[serde(default, skip_serializing_if = "is_false")]
    pub yields_to_respond: bool,
    /// With `yields_to_respond`: number of writes of a response that release the GIL, each before its equal part of the
    /// `response` overhead (default: 1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_writes: Option<NonZeroU32>,
    /// Without a GIL: who shares the cores among the threads (default: "system").
    #[serde(default, skip_serializing_if = "is_system")]
    pub scheduler: Scheduler,
    /// Maximum number of requests in the backlog; further arrivals are rejected. Unlimited if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backlog: Option<u32>,
    /// How requests are assigned to workers.
    #[serde(default)]
    pub dispatch: Dispatch,
    /// With the `dispatch` "accept": time for which a worker with requests in progress waits before it accepts another one, unless
    /// one of them leaves before; so idle workers get there first. It does not wait if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub busy_accept_delay: Option<SimDuration>,
    /// Which request of the backlog a worker takes first.
    #[serde(default)]
    pub order: Order,
    /// CPU time of the application server itself per request; none if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overhead: Option<OverheadForm>,
    /// After how many requests a worker is replaced by a new one; never if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_requests: Option<MaxRequests>,
    /// Maximum number of requests that a worker holds: those in progress, and those that it takes ahead and that wait inside
    /// it for a thread, even if threads of others are idle. If omitted, a worker takes none for which no thread is free or,
    /// with the `dispatch` "accept", any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker_connections: Option<NonZeroU32>,
    /// The same as a multiple of `threads`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefetch: Option<NonZeroU32>,
}

const fn yes() -> bool {
    true
}

/// Lets serde omit the usual scheduler.
fn is_system(scheduler: &Scheduler) -> bool {
    *scheduler == Scheduler::System
}

impl Default for Threaded {
    fn default() -> Self {
        Self {
            name: None,
            workers: one(),
            threads: one(),
            gil: yes(),
            switch_interval: SwitchInterval::default(),
            yields_to_respond: false,
            response_writes: None,
            scheduler: Scheduler::System,
            backlog: None,
            dispatch: Dispatch::default(),
            busy_accept_delay: None,
            order: Order::default(),
            overhead: None,
            max_requests: None,
            worker_connections: None,
            prefetch: None,
        }
    }
}

impl Policy for Threaded {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn runner(&self) -> Runner {
        Runner::Thread
    }

    fn rules(&self) -> Rules {
        let threads = self.threads.get();
        Rules {
            workers: self.workers.get(),
            slots: Some(threads),
            running_at_once: if self.gil { 1 } else { threads },
            hand_over_interval: if self.gil { self.switch_interval.0 } else { None },
            overhead: OverheadForm::or(self.overhead, Overhead::NONE),
            yields_to_respond: self.gil && self.yields_to_respond,
            response_writes: self.response_writes.map_or(1, NonZeroU32::get),
            scheduler: if self.gil { Scheduler::System } else { self.scheduler },
            queueing: Queueing { backlog: self.backlog, dispatch: self.dispatch, order: self.order },
            busy_accept_delay: self.busy_accept_delay,
            takes_ahead: self.takes_ahead(),
            max_requests: self.max_requests,
            ..Rules::default()
        }
    }

    fn product(&self) -> Option<Product> {
        None
    }
}

impl Threaded {
    fn takes_ahead(&self) -> Option<u32> {
        let reserved = self.prefetch.map(|prefetch| prefetch.get().saturating_mul(self.threads.get()));
        self.worker_connections.map(NonZeroU32::get).or(reserved)
    }
}

/// Time after which a running thread hands the GIL to a ready one; `None`: at the end of its burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwitchInterval(pub Option<SimDuration>);

impl Default for SwitchInterval {
    /// CPython's: 5 ms.
    fn default() -> Self {
        Self(Some(SimDuration::from_millis(5)))
    }
}

impl<'de> Deserialize<'de> for SwitchInterval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IntervalVisitor;
        impl Visitor<'_> for IntervalVisitor {
            type Value = SwitchInterval;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as \"5ms\", or \"none\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<SwitchInterval, E> {
                match text {
                    "none" => Ok(SwitchInterval(None)),
                    _ => match text.parse().map_err(|reason: String| E::custom(reason + "; or \"none\""))? {
                        SimDuration::ZERO => {
                            Err(E::custom("`switch_interval` must be above 0\nwrite a duration above 0, or \"none\""))
                        }
                        interval => Ok(SwitchInterval(Some(interval))),
                    },
                }
            }
        }
        deserializer.deserialize_str(IntervalVisitor)
    }
}

impl Serialize for SwitchInterval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(interval) => interval.serialize(serializer),
            None => serializer.serialize_str("none"),
        }
    }
}

impl JsonSchema for SwitchInterval {
    fn schema_name() -> Cow<'static, str> {
        "SwitchInterval".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A duration above 0, or \"none\": the lock is held to the end of the burst.",
            "anyOf": [generator.subschema_for::<SimDuration>(), { "const": "none" }],
        })
    }
}
