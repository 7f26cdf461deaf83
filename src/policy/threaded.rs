//! Threaded: each worker process has a fixed pool of threads, one request per thread.
//!
//! A thread that waits for a backend keeps its request and its place in the pool, but frees its core.
//! When all threads are taken, requests wait in the backlog. Under a global interpreter lock (GIL) one thread of
//! a process runs at a time, and hands the lock over after `switch_interval` when others are ready.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU32;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

use super::{OverheadForm, Policy, Slots, is_false, one};
use crate::engine::{Dispatch, Order, Queueing};
use crate::model::{Overhead, SimDuration};

/// One request per thread.
#[derive(Clone, Debug, PartialEq, serde::Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Threaded {
    /// What reports call it; `threaded` when left out. Two policies of one kind need names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many worker processes there are (1).
    #[serde(default = "one")]
    pub workers: NonZeroU32,
    /// How many threads each worker has (1).
    #[serde(default = "one")]
    pub threads: NonZeroU32,
    /// Whether one thread of a worker runs at a time, as under CPython's or Ruby's interpreter lock (true).
    #[serde(default = "yes")]
    pub gil: bool,
    /// After how long a running thread hands the GIL to a ready one ("5ms"); "none": at the end of its burst.
    #[serde(default)]
    pub switch_interval: SwitchInterval,
    /// Whether a thread that comes to write its response gives the GIL to a ready one first, and gets it back at its turn
    /// (false): a system call lets go of the lock, and one who has just computed does not get it back at once.
    #[serde(default, skip_serializing_if = "is_false")]
    pub yields_to_respond: bool,
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

const fn yes() -> bool {
    true
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
            backlog: None,
            dispatch: Dispatch::default(),
            order: Order::default(),
            overhead: None,
        }
    }
}

impl Policy for Threaded {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn workers(&self) -> u32 {
        self.workers.get()
    }

    fn slots(&self) -> Slots {
        Slots::Fixed(self.threads.get())
    }

    fn running_at_once(&self) -> u32 {
        if self.gil { 1 } else { self.threads.get() }
    }

    fn hand_over_interval(&self) -> Option<SimDuration> {
        if self.gil { self.switch_interval.0 } else { None }
    }

    fn overhead(&self) -> Overhead {
        OverheadForm::or(self.overhead, Overhead::NONE)
    }

    fn yields_to_respond(&self) -> bool {
        self.gil && self.yields_to_respond
    }

    fn queueing(&self) -> Queueing {
        Queueing { backlog: self.backlog, dispatch: self.dispatch, order: self.order }
    }
}

/// After how long a running thread hands the GIL to a ready one; `None`: at the end of its burst.
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
                            Err(E::custom("a switch interval of 0 never ends\nwrite a duration above 0, or \"none\""))
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
