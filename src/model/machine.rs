//! The machine that runs the application, and the backends that it queries.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use std::borrow::Cow;
use std::fmt;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::Serializer;
use serde::de::{self, Deserializer, Visitor};

use super::{BackendClient, ClientChoice, Proportion, Replicas, SimDuration};

/// Number of cores of a machine; at least 1.
pub type Cores = u32;

/// The index of a backend, in the order of the scenario file; `db` always exists and comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BackendId(pub u16);

/// The machine that the workers of a policy share; with replicas, that of each.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// Number of threads or loops that run at the same instant.
    pub cores: Cores,
    /// How threads and loops share the cores when more are ready than there are cores.
    pub quantum: Quantum,
    /// CPU time of each switch of a core to another thread or loop.
    pub context_switch: SimDuration,
    /// A thread or loop that becomes ready takes the core of one that has run for at least this long; `None`: it queues.
    pub wake_preemption: Option<SimDuration>,
    /// CPU time that the clients take on these cores for each request and its response.
    pub client_cpu: SimDuration,
    /// The CPU quota of the container that the machine is; `None`: all the time of its cores.
    pub cpu_limit: Option<CpuLimit>,
    /// How many such machines there are, each with the same number of workers.
    pub replicas: Replicas,
}

impl Machine {
    /// Whether that many threads or loops, spread evenly over all replicas, can run all the time, each on a core of its own.
    pub fn runs_at_once(&self, number: u64) -> bool {
        number <= self.all_cores() && self.all_cpu_limit().is_none_or(|limit| number as f64 <= limit)
    }

    /// Whether all CPU time is that of requests.
    pub fn has_no_other_work(&self) -> bool {
        self.context_switch == SimDuration::ZERO && self.client_cpu == SimDuration::ZERO
    }

    /// The cores of all replicas.
    pub fn all_cores(&self) -> u64 {
        u64::from(self.cores) * u64::from(self.replicas.count)
    }

    /// How many cores the CPU quotas of all replicas are worth.
    pub fn all_cpu_limit(&self) -> Option<f64> {
        self.cpu_limit.map(|limit| limit.cores * f64::from(self.replicas.count))
    }
}

/// A CPU quota: how much CPU time all threads and loops together may use in each period, as with the CPU controller of Linux
/// control groups.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CpuLimit {
    /// CPU time per period / period: how many cores it is worth; above 0.
    pub cores: f64,
    /// The length of a period; the first starts at 0.
    pub period: SimDuration,
}

impl CpuLimit {
    /// The CPU time per period.
    pub fn quota(self) -> SimDuration {
        SimDuration::round_from_nanos(self.cores * self.period.as_nanos() as f64)
    }
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
    /// 4 ms, the tick of many kernels.
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
                        "the quantum must be above 0\nwrite a duration, such as \"4ms\", or \"processor_sharing\", which is equivalent to a quantum close to 0",
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

/// The limits of a backend; without limits, a query is a plain delay.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backend {
    /// The connection pool through which the application queries it; unlimited connections if omitted.
    pub pool: Option<Pool>,
    /// Maximum number of queries it works on at once; further ones wait, first come first served, unless `sharing`. Unlimited
    /// if omitted.
    pub concurrency: Option<NonZeroU32>,
    /// Whether all queries under way share `concurrency` equally, as in a database whose CPU is the limit, so that none waits
    /// to be started (default: false). What a query takes beyond its time counts as `backend_wait`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub sharing: bool,
    /// Maximum number of connections that it accepts; a report warns if the pools could open more. Not checked if omitted.
    pub max_connections: Option<NonZeroU32>,
    /// Network time added to each query, and to each statement that its client sends in addition (default: 0); not part of
    /// the request's demand.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round_trip: SimDuration,
    /// Time that the backend itself adds to each query, such as for planning, or due to a timer that ends late (default: 0);
    /// not part of the request's demand, and not added to the statements of its client.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub query_overhead: SimDuration,
    /// The client library, by its name ("psycopg", "asyncpg") or by its costs per query; no costs if omitted. A `parallel`
    /// phase cannot query a backend that has one.
    pub client: Option<ClientChoice>,
    /// Whether the application sleeps instead of querying a real backend (default: false): the wait then ends with the timers
    /// of what runs the request.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stand_in: bool,
    /// Share of the queries that end with an error, such as "0.5%" (default: 0). The error comes at the end of the query, after
    /// all its time; the request fails, unless the call is retried.
    #[serde(default, deserialize_with = "Proportion::number", skip_serializing_if = "is_never")]
    #[schemars(schema_with = "Proportion::schema_up_to_one")]
    pub errors: f64,
    /// What it does with a query that the application has given up: it stops working on it ("stop", the default), as PostgreSQL
    /// does when its client cancels; or it finishes it in vain ("finish"), as most HTTP services do.
    #[serde(default, skip_serializing_if = "Abandoned::is_stop")]
    pub abandoned: Abandoned,
}

/// What a backend does with a query that the application has given up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Abandoned {
    /// It stops working on it at once.
    #[default]
    Stop,
    /// It works on it until its end: the query keeps its place in `concurrency`.
    Finish,
}

impl Abandoned {
    /// Whether it is the default.
    pub fn is_stop(&self) -> bool {
        *self == Self::Stop
    }
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
    /// The units that all queries under way share, if they do.
    pub fn shared_units(&self) -> Option<NonZeroU32> {
        self.concurrency.filter(|_| self.sharing)
    }

    /// The costs of its client; none without a client.
    pub fn client_costs(&self) -> BackendClient {
        self.client.map(ClientChoice::costs).unwrap_or_default()
    }

    /// How long requests hold a connection of its pool.
    pub fn held(&self) -> Held {
        self.pool.as_ref().map_or(Held::Query, |pool| pool.held)
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

/// Lets serde omit a span of 0.
fn is_zero(span: &SimDuration) -> bool {
    *span == SimDuration::ZERO
}

/// Lets serde omit a number of 0.
fn is_nothing(number: &u32) -> bool {
    *number == 0
}

/// Lets serde omit a probability of 0.
fn is_never(probability: &f64) -> bool {
    *probability <= 0.0
}

/// Lets serde omit a flag that is off.
fn is_false(flag: &bool) -> bool {
    !flag
}

/// A connection pool.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// Number of connections; with `overflow`, of those that stay open while they are idle.
    pub size: NonZeroU32,
    /// Number of connections opened beyond `size` when all are in use (default: 0); one is closed when it is released while
    /// `size` others are idle.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub overflow: u32,
    /// Number of connections open from the start; further ones are opened when a request asks for one and none is idle, and
    /// stay open. `size` if omitted.
    pub min: Option<u32>,
    /// Time to open a connection (default: 0), for which the request that asked waits.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub connect: SimDuration,
    /// Whether each worker has its own pool ("worker", the default), the workers of a replica share one ("replica"), or all
    /// workers do ("application").
    #[serde(default)]
    pub per: PoolScope,
    /// Maximum wait for a connection, including the time to open it; then the request fails. Unlimited if omitted.
    pub acquire_timeout: Option<SimDuration>,
    /// How long a request holds a connection (default: "query").
    #[serde(default, skip_serializing_if = "Held::is_default")]
    pub held: Held,
    /// Who gets a connection that is released while others wait for one, and who continues first (default: "waiter_first").
    #[serde(default)]
    pub hand_over: HandOver,
    /// When a connection that is held for a query is released. If omitted: "owner_runs" with a `client` that is given by its
    /// name or has statements, whose pool is part of the application, and "query_end" otherwise.
    #[schemars(extend("default" = Release::QueryEnd))]
    pub release: Option<Release>,
}

/// How long a request holds a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// For each query.
    #[default]
    Query,
    /// From when a worker starts the request until it departs, if its class queries the backend: a session per request.
    Request,
    /// From its first query until it departs, as with ATOMIC_REQUESTS of Django, ActiveRecord, or a session of SQLAlchemy.
    FromFirstQuery,
}

impl Held {
    /// Whether it is the default, which is not written.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Who shares a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PoolScope {
    /// Each worker has its own.
    #[default]
    Worker,
    /// The workers of each replica share one.
    Replica,
    /// All workers share one.
    Application,
}

/// Who gets a connection that is released while others wait for one, and who continues first. `docs/pools.md` has the value
/// for each of several products.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HandOver {
    /// It passes to the request that has waited longest, which starts its query at once (psycopg_pool).
    #[default]
    WaiterFirst,
    /// The same, but the releasing request runs to its next wait before the waiting one starts (asyncio.Semaphore).
    ReleaserFirst,
    /// It passes to any of the waiting requests, with equal probability, which starts its query at once (Go's database/sql).
    Random,
    /// It is idle, and the request that has waited longest is woken. Whoever asks before that one runs has the connection, the
    /// releasing request included, and the one that was woken queues again, last (SQLAlchemy, HikariCP).
    Barging,
    /// The same, but the releasing request gives way to the one that is woken: others may still be ahead of it (asyncpg).
    WokenFirst,
}

impl HandOver {
    /// Whether a released connection is idle until the request that is woken asks for it.
    pub const fn only_wakes(self) -> bool {
        match self {
            Self::WaiterFirst | Self::ReleaserFirst | Self::Random => false,
            Self::Barging | Self::WokenFirst => true,
        }
    }

    /// Whether connections are idle for a while although requests wait for one.
    pub const fn leaves_idle(self) -> bool {
        match self {
            Self::WaiterFirst | Self::Random => false,
            Self::ReleaserFirst | Self::Barging | Self::WokenFirst => true,
        }
    }
}

impl PoolScope {
    /// How many pools of it there are, with that many workers in all replicas.
    pub const fn pools(self, workers: u32, replicas: &Replicas) -> u32 {
        match self {
            Self::Worker => workers,
            Self::Replica => replicas.count,
            Self::Application => 1,
        }
    }
}

impl Pool {
    /// The largest number of connections.
    pub fn most(&self) -> u32 {
        self.size.get().saturating_add(self.overflow)
    }

    /// How many connections are open at the start.
    pub fn open_at_start(&self) -> u32 {
        self.min.unwrap_or(self.size.get())
    }

    /// The number of connections that requests of a policy can use without opening and closing them again and again.
    pub fn lasting(&self) -> u32 {
        if self.connect == SimDuration::ZERO { self.most() } else { self.size.get() }
    }
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
