//! After how long a silent worker is killed, as written in scenario files.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::engine::{MaxRequests, WorkerTimeout};
use crate::model::SimDuration;

/// After how long a silent worker is killed: a duration, or an object with the time that its successor takes to boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkerTimeoutForm {
    /// Time since the worker last went round its loop; above 0.
    pub after: SimDuration,
    /// Time until its successor takes requests; that of `max_requests`, or 0, if omitted.
    pub boot: Option<SimDuration>,
}

/// The form with options.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WorkerTimeout")]
struct DetailedWorkerTimeout {
    /// Time since the worker last went round its loop: since a sync worker took its request, since a loop began its burst or
    /// its blocking wait.
    after: SimDuration,
    /// Time that a new worker takes to start, while it takes no requests; that of `max_requests`, or 0, if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    boot: Option<SimDuration>,
}

impl WorkerTimeoutForm {
    /// The rule of the engine, under a policy with these other options.
    pub fn rule(self, max_requests: Option<MaxRequests>) -> WorkerTimeout {
        let boot = self.boot.or(max_requests.map(|max_requests| max_requests.boot)).unwrap_or_default();
        WorkerTimeout { after: self.after, boot }
    }

    fn new<E: de::Error>(after: SimDuration, boot: Option<SimDuration>) -> Result<Self, E> {
        if after == SimDuration::ZERO {
            return Err(E::custom("`worker_timeout` must be above 0\nwrite a duration such as \"30s\", or omit it"));
        }
        Ok(Self { after, boot })
    }
}

impl<'de> Deserialize<'de> for WorkerTimeoutForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TimeoutVisitor;
        impl<'de> Visitor<'de> for TimeoutVisitor {
            type Value = WorkerTimeoutForm;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as \"30s\", or {\"after\": \"30s\", \"boot\": \"3s\"}")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<WorkerTimeoutForm, E> {
                WorkerTimeoutForm::new(text.parse().map_err(|reason: String| E::custom(reason))?, None)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<WorkerTimeoutForm, A::Error> {
                let form = DetailedWorkerTimeout::deserialize(MapAccessDeserializer::new(map))?;
                WorkerTimeoutForm::new(form.after, form.boot)
            }
        }
        deserializer.deserialize_any(TimeoutVisitor)
    }
}

impl Serialize for WorkerTimeoutForm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { after, boot } = *self;
        match boot {
            None => after.serialize(serializer),
            Some(_) => DetailedWorkerTimeout { after, boot }.serialize(serializer),
        }
    }
}

impl JsonSchema for WorkerTimeoutForm {
    fn schema_name() -> Cow<'static, str> {
        "WorkerTimeoutForm".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A duration above 0, or an object with the time that the next worker takes to start.",
            "anyOf": [generator.subschema_for::<SimDuration>(), generator.subschema_for::<DetailedWorkerTimeout>()],
        })
    }
}
