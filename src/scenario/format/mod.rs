//! The sections of the scenario file as types, in the order of the file; they are read and written.
//!
//! The JSON Schema and its descriptions come from these types. Types decide what a single value may be; rules between
//! values are in `rules`.

mod fault;
mod judgement;
mod replicas;
mod run;

use std::fmt;
use std::num::NonZeroU32;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer, StrDeserializer};
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::model::{Backend, Call, CallRetries, Limit, OnTimeout, Proportion, Quantum, SimDuration};
use crate::policy::PolicyChoice;
use crate::random::{Arrivals, Clients, Distribution, Weight};

use super::diagnostic::did_you_mean;

pub(crate) use fault::{DownForm, FaultForm, RestartForm, SlowForm};
pub(crate) use judgement::ToleranceForm;
pub(crate) use replicas::ReplicasForm;
pub(crate) use run::{DetailedPrecisionForm, PrecisionForm, RunForm};

/// A web application, the requests it gets, and the policies under which to run them.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Scenario of waitline, version 1")]
pub(crate) struct ScenarioForm {
    /// Path or URL of the JSON Schema of this format, for editors.
    #[serde(rename = "$schema")]
    pub schema: Option<String>,
    /// What the scenario shows, in one or two sentences.
    pub description: Option<String>,
    /// The classes of requests, by name.
    #[schemars(extend("minProperties" = 1))]
    pub classes: IndexMap<String, ClassForm>,
    /// When requests arrive.
    pub arrivals: Arrivals,
    /// The machine that runs the application; with `replicas`, that of each replica.
    #[serde(default)]
    pub machine: MachineForm,
    /// How many times the application runs, each with its own machine and all workers of the policy, behind a balancer. Once
    /// if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<ReplicasForm>,
    /// The backends that requests wait for, by name. `db` always exists.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub backends: IndexMap<String, Backend>,
    /// How long clients wait, and whether they retry. If omitted, they wait without limit.
    #[serde(default, skip_serializing_if = "Clients::is_default")]
    pub clients: Clients,
    /// Faults during the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultForm>,
    /// The policies to compare; each runs the same requests.
    #[schemars(length(min = 1))]
    pub policies: Vec<PolicyChoice>,
    /// Length of the run. May be omitted if the arrivals end by themselves: then all of them are served.
    #[serde(default)]
    pub run: RunForm,
    /// Objectives: `[warn:] [policy.][class.]metric OP value`, such as "async.p99 < 400ms".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<judgement::ObjectiveSchema>")]
    pub slo: Vec<String>,
    /// How much a metric may be worse than in the baseline, by name; beyond both limits it is a regression.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "judgement::TolerancesSchema")]
    pub tolerances: IndexMap<String, ToleranceForm>,
}

impl ScenarioForm {
    /// A scenario with its required fields only.
    pub fn new(classes: IndexMap<String, ClassForm>, arrivals: Arrivals, policies: Vec<PolicyChoice>) -> Self {
        Self {
            schema: None,
            description: None,
            classes,
            arrivals,
            machine: MachineForm::default(),
            replicas: None,
            backends: IndexMap::new(),
            clients: Clients::default(),
            faults: Vec::new(),
            policies,
            run: RunForm::default(),
            slo: Vec::new(),
            tolerances: IndexMap::new(),
        }
    }
}

impl ClassForm {
    /// A class of weight 1 with these phases.
    pub fn new(phases: Vec<PhaseForm>) -> Self {
        Self { weight: one(), priority: 0, limit: None, timeout: None, phases }
    }
}

/// A class of requests.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Class")]
pub(crate) struct ClassForm {
    /// Share of the requests, relative to the weights of the other classes.
    #[serde(default = "one", deserialize_with = "weight")]
    #[schemars(range(min = 0, max = 1_000_000_000))]
    pub weight: f64,
    /// Priority of its requests (default: 0). Under a policy with the `order` "priority", higher ones are served first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: i32,
    /// Maximum number of its requests in progress at once; further ones are rejected. Unlimited if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// Time after its arrival at which a client gives up, in place of `clients.timeout`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Distribution>,
    /// The phases of a request, in order.
    pub phases: Vec<PhaseForm>,
}

/// The default is not written.
fn is_zero(priority: &i32) -> bool {
    *priority == 0
}

fn one() -> f64 {
    1.0
}

fn weight<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Weight::deserialize(deserializer).map(Weight::get)
}

/// A phase of a request: work on the CPU, or a wait.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Phase")]
pub(crate) enum PhaseForm {
    /// CPU work in code that you cannot change.
    Framework(Distribution),
    /// CPU work in your own code.
    Compute(Distribution),
    /// A wait for the database.
    Db(DbForm),
    /// A wait for a backend.
    Wait(WaitForm),
    /// A plain delay that uses no resource.
    Sleep(Distribution),
    /// Waits that overlap under an event loop; under other policies they follow each other.
    Parallel(ParallelForm),
    /// Phases that only some requests go through, such as the query after a cache miss.
    Maybe(MaybeForm),
    /// Phases over which a request holds a connection, such as a transaction.
    Hold(HoldForm),
}

/// Phases over which a request holds one connection to a backend: it takes it before the first phase and returns it after the
/// last, and queries of that backend inside use it. Another `hold` of the same backend inside takes another connection.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Hold")]
pub(crate) struct HoldForm {
    /// The backend: `db` or one declared in `backends`. It must have a `pool`; with only a pool, it is a lock or a semaphore.
    pub backend: String,
    /// Whether waiting for the connection blocks the worker, thread or loop that runs the request (default: false).
    #[serde(default, skip_serializing_if = "is_false")]
    pub blocking: bool,
    /// The phases, in order.
    pub phases: Vec<PhaseForm>,
}

/// Phases that a request goes through with a probability. Whether it does is drawn with its demands, so it is the same under
/// every policy and at each attempt.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Maybe")]
pub(crate) struct MaybeForm {
    /// Probability that a request goes through the phases, such as "20%" or 0.2.
    #[serde(deserialize_with = "Proportion::number")]
    #[schemars(schema_with = "Proportion::schema_up_to_one")]
    pub probability: f64,
    /// The phases, in order.
    pub phases: Vec<PhaseForm>,
}

/// Waits that overlap under an event loop: a list, or an object with options.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Parallel")]
pub(crate) enum ParallelForm {
    Plain(Vec<PhaseForm>),
    Detailed(DetailedParallelForm),
}

/// Waits that overlap under an event loop, with options.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DetailedParallel")]
pub(crate) struct DetailedParallelForm {
    /// The waits: `db`, `wait` and `sleep` phases.
    pub waits: Vec<PhaseForm>,
    /// Whether they overlap under every policy (default: false), because the application uses its own threads for them.
    #[serde(default, skip_serializing_if = "is_false")]
    pub concurrent: bool,
}

impl ParallelForm {
    /// The waits, and whether they overlap under every policy.
    pub fn into_parts(self) -> (Vec<PhaseForm>, bool) {
        match self {
            Self::Plain(waits) => (waits, false),
            Self::Detailed(DetailedParallelForm { waits, concurrent }) => (waits, concurrent),
        }
    }
}

impl<'de> Deserialize<'de> for ParallelForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ParallelVisitor;
        impl<'de> Visitor<'de> for ParallelVisitor {
            type Value = ParallelForm;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of waits such as [{\"db\": \"20ms\"}, {\"sleep\": \"5ms\"}], or {\"waits\": […]}")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<ParallelForm, A::Error> {
                Deserialize::deserialize(SeqAccessDeserializer::new(list)).map(ParallelForm::Plain)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ParallelForm, A::Error> {
                DetailedParallelForm::deserialize(MapAccessDeserializer::new(map)).map(ParallelForm::Detailed)
            }
        }
        deserializer.deserialize_any(ParallelVisitor)
    }
}

/// A wait for the database: its time, or an object with options.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Db")]
pub(crate) enum DbForm {
    Plain(Distribution),
    Detailed(DetailedDbForm),
}

/// A wait for the database, with options.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DetailedDb")]
pub(crate) struct DetailedDbForm {
    /// Time of the query without queueing.
    pub time: Distribution,
    /// Whether the wait blocks the worker, thread or loop that runs the request (default: false).
    #[serde(default, skip_serializing_if = "is_false")]
    pub blocking: bool,
    /// Maximum time of the call, from when it has its connection; `acquire_timeout` of the pool limits the time before that.
    /// Unlimited if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<SimDuration>,
    /// What happens when the last attempt has timed out: the request fails ("fail", the default), or continues with its next
    /// phase ("continue").
    #[serde(default, skip_serializing_if = "OnTimeout::is_fail")]
    pub on_timeout: OnTimeout,
    /// How the call is repeated when it times out, ends with an error, or finds the backend down. It is not if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<CallRetries>,
}

/// A wait for a backend.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Wait")]
pub(crate) struct WaitForm {
    /// The backend: `db` or one declared in `backends`.
    pub backend: String,
    /// Time of the query without queueing.
    pub time: Distribution,
    /// Whether the wait blocks the worker, thread or loop that runs the request (default: false).
    #[serde(default, skip_serializing_if = "is_false")]
    pub blocking: bool,
    /// Maximum time of the call, from when it has its connection; `acquire_timeout` of the pool limits the time before that.
    /// Unlimited if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<SimDuration>,
    /// What happens when the last attempt has timed out: the request fails ("fail", the default), or continues with its next
    /// phase ("continue").
    #[serde(default, skip_serializing_if = "OnTimeout::is_fail")]
    pub on_timeout: OnTimeout,
    /// How the call is repeated when it times out, ends with an error, or finds the backend down. It is not if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<CallRetries>,
}

/// The default is neither written nor listed in reports.
fn is_false(flag: &bool) -> bool {
    !flag
}

/// The machine that the workers of a policy share.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Machine")]
pub(crate) struct MachineForm {
    /// Number of cores: as many workers, threads or loops run at the same time.
    pub cores: NonZeroU32,
    /// Longest stay on a core while others are ready.
    pub quantum: Quantum,
    /// CPU time of each switch of a core to another worker, thread or loop.
    pub context_switch: SimDuration,
    /// A thread or loop that becomes ready takes the core of one that has run for this long (Linux: "1.4ms"). If omitted,
    /// it queues.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wake_preemption: Option<SimDuration>,
    /// CPU time that the clients take on these cores for each request: half when they send it, half when they have the response.
    /// For a measurement whose clients have no machine of their own (default: 0; with replicas: on the first one). The utilization of
    /// the cores includes it; that of workers does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_cpu: Option<SimDuration>,
    /// CPU quota of the container, in cores (2.0; fractions allowed): all threads and loops together may use `cpu_limit` ×
    /// `limit_period` of CPU time in each period, and all stop until the next period once it is used up. Unlimited if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub cpu_limit: Option<f64>,
    /// Length of a period of the CPU quota (default: "100ms"). Periods start at 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "100ms"))]
    pub limit_period: Option<SimDuration>,
}

impl Default for MachineForm {
    fn default() -> Self {
        Self {
            cores: NonZeroU32::MIN,
            quantum: Quantum::default(),
            context_switch: SimDuration::ZERO,
            wake_preemption: None,
            client_cpu: None,
            cpu_limit: None,
            limit_period: None,
        }
    }
}

impl DbForm {
    /// The time of the query, whether it blocks, and the options of the call.
    pub fn into_parts(self) -> (Distribution, bool, Call) {
        match self {
            Self::Plain(time) => (time, false, Call::default()),
            Self::Detailed(DetailedDbForm { time, blocking, timeout, on_timeout, retries }) => {
                (time, blocking, Call { timeout, on_timeout, retries })
            }
        }
    }
}

impl<'de> Deserialize<'de> for DbForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DbVisitor)
    }
}

/// Decides by the first key, because an untagged enum of serde would lose the place of an error.
struct DbVisitor;

impl<'de> Visitor<'de> for DbVisitor {
    type Value = DbForm;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"20ms\", a distribution such as {\"exponential\": \"20ms\"}, or {\"time\": …}")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<DbForm, E> {
        <Distribution as Deserialize>::deserialize(StrDeserializer::new(text)).map(DbForm::Plain)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<DbForm, A::Error> {
        const FIELDS: [&str; 5] = ["time", "blocking", "timeout", "on_timeout", "retries"];
        let first: Option<String> = map.next_key()?;
        // For a misspelled field, the message lists the fields, not the distributions.
        let is_detailed = first.as_deref().is_some_and(|key| did_you_mean(key, FIELDS).is_some());
        let map = MapAccessDeserializer::new(Reread { first, rest: map });
        if is_detailed {
            DetailedDbForm::deserialize(map).map(DbForm::Detailed)
        } else {
            <Distribution as Deserialize>::deserialize(map).map(DbForm::Plain)
        }
    }
}

/// A map whose first key has already been read.
struct Reread<A> {
    first: Option<String>,
    rest: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Reread<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        match self.first.take() {
            Some(key) => seed.deserialize(key.into_deserializer()).map(Some),
            None => self.rest.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.rest.next_value_seed(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        self.rest.size_hint().map(|rest| rest + usize::from(self.first.is_some()))
    }
}
