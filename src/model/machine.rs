//! The machine that runs the application, and the backends it asks.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use std::borrow::Cow;
use std::fmt;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::Serializer;
use serde::de::{self, Deserializer, Visitor};

use super::{BackendClient, ClientChoice, SimDuration};

/// How many cores a machine has; at least 1.
pub type Cores = u32;

/// The number of a backend, in the order of the scenario file; `db` always exists and is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackendId(pub u16);

/// The machine that the workers of a policy share.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// How many threads or loops run at the same instant.
    pub cores: Cores,
    /// How they share the cores when there are more of them.
    pub quantum: Quantum,
    /// CPU time that it costs each time a core is given to another thread or loop.
    pub context_switch: SimDuration,
    /// A thread or loop that becomes ready takes the core of one that has run for so long; `None`: it queues.
    pub wake_preemption: Option<SimDuration>,
}

/// How cores are shared when more threads or loops are ready than there are cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantum {
    /// Round robin: the longest stay on a core while others are ready; above 0.
    RoundRobin(SimDuration),
    /// All run at once, each at an equal share of the cores: round robin with a quantum of nearly 0.
    ProcessorSharing,
}

impl Default for Quantum {
    /// 4 ms, a tick of many kernels.
    fn default() -> Self {
        Self::RoundRobin(SimDuration::from_millis(4))
    }
}

const PROCESSOR_SHARING: &str = "processor_sharing";

impl Serialize for Quantum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::RoundRobin(quantum) => quantum.serialize(serializer),
            Self::ProcessorSharing => serializer.serialize_str(PROCESSOR_SHARING),
        }
    }
}

impl<'de> Deserialize<'de> for Quantum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct QuantumVisitor;
        impl Visitor<'_> for QuantumVisitor {
            type Value = Quantum;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as \"4ms\", or \"processor_sharing\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Quantum, E> {
                if text == PROCESSOR_SHARING {
                    return Ok(Quantum::ProcessorSharing);
                }
                match text.parse().map_err(E::custom)? {
                    SimDuration::ZERO => Err(E::custom(
                        "a quantum of 0: nothing would ever run\nwrite a duration above 0, such as \"4ms\", or \"processor_sharing\", which is what a quantum of nearly 0 comes to",
                    )),
                    quantum => Ok(Quantum::RoundRobin(quantum)),
                }
            }
        }
        deserializer.deserialize_str(QuantumVisitor)
    }
}

impl JsonSchema for Quantum {
    fn schema_name() -> Cow<'static, str> {
        "Quantum".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A duration above 0, or \"processor_sharing\": all run at once, each at an equal share of the cores.",
            "anyOf": [generator.subschema_for::<SimDuration>(), { "const": PROCESSOR_SHARING }],
        })
    }
}

/// What limits a backend; without limits a wait is a plain delay.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backend {
    /// The connections through which the application asks it; any number when left out.
    pub pool: Option<Pool>,
    /// How many queries it works on at once; more wait, first come first served. Any number when left out.
    pub concurrency: Option<NonZeroU32>,
    /// What the way to it and back adds to each query (0), and to each statement that its client sends beside one: it is no
    /// part of the request's demand.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round_trip: SimDuration,
    /// What it adds itself to each query (0), such as planning, or a timer that ends late: it is no part of the request's
    /// demand, and not added to the statements of its client.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub query_overhead: SimDuration,
    /// The library that asks it, by its name ("psycopg", "asyncpg") or by what it costs for each query; nothing if omitted. A
    /// `parallel` phase cannot ask a backend that has one.
    pub client: Option<ClientChoice>,
    /// Whether it is none, and the application sleeps in its place (false): such a wait ends as the timers of what runs it
    /// do.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stand_in: bool,
}

impl Release {
    /// Its name in scenario files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::QueryEnd => "query_end",
            Self::OwnerRuns => "owner_runs",
        }
    }
}

impl Backend {
    /// What its client costs; nothing without one.
    pub fn client_costs(&self) -> BackendClient {
        self.client.map(ClientChoice::costs).unwrap_or_default()
    }

    /// When connections of its pool are released, if it has one.
    pub fn release(&self) -> Option<Release> {
        let by_client = match self.client {
            Some(client) if client.releases_in_application() => Release::OwnerRuns,
            Some(_) | None => Release::QueryEnd,
        };
        self.pool.as_ref().map(|pool| pool.release.unwrap_or(by_client))
    }
}

/// No time goes without saying.
fn is_zero(span: &SimDuration) -> bool {
    *span == SimDuration::ZERO
}

/// A flag that is off goes without saying.
fn is_false(flag: &bool) -> bool {
    !flag
}

/// A connection pool. Requests that find no idle connection wait in the order they came.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// How many connections it has.
    pub size: NonZeroU32,
    /// Whether each worker has such a pool ("worker", the default) or all share one ("application").
    #[serde(default)]
    pub per: PoolScope,
    /// A request that has waited so long for a connection fails; it waits for ever when left out.
    pub acquire_timeout: Option<SimDuration>,
    /// Who goes on first when a connection is released while others wait for it ("waiter_first").
    #[serde(default)]
    pub hand_over: HandOver,
    /// When a connection is released: "query_end" if omitted; "owner_runs" with a `client` that is given by its name or has
    /// statements, whose pool is part of the application.
    #[schemars(extend("default" = Release::QueryEnd))]
    pub release: Option<Release>,
}

/// Who shares a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PoolScope {
    /// Each worker has its own.
    #[default]
    Worker,
    /// All workers share one.
    Application,
}

/// Who goes on first when a connection passes from one request to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HandOver {
    /// The waiting request starts its query at once, as with asyncpg's pool.
    #[default]
    WaiterFirst,
    /// The releasing request runs to its next wait before the waiting one starts, as with a semaphore.
    ReleaserFirst,
}

/// When a connection is released.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// When the query ends.
    #[default]
    QueryEnd,
    /// When the request that holds it runs again.
    OwnerRuns,
}
