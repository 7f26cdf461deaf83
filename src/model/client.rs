//! The library through which an application queries a backend: what it costs, and how long it holds a connection.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::SimDuration;

/// CPU time of a client library per query, which occupies the worker, the lock or the loop like any other work but is not
/// part of the request's demand; and the statements that it sends around each query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackendClient {
    /// CPU time until the query is sent (default: 0); with `begin`, from the answer to `begin` until then.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub before: SimDuration,
    /// CPU time from the answer until the application continues (default: 0); with `commit`, until `commit` is sent.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub after: SimDuration,
    /// Whether a thread loses its interpreter lock before and after this work if others wait for it (default: false). For a
    /// client without given statements: `begin` and `commit` release the lock by themselves.
    #[serde(default, skip_serializing_if = "is_false")]
    pub yields: bool,
    /// A statement on the same connection before each query, such as BEGIN; none if omitted.
    pub begin: Option<Statement>,
    /// A statement on the same connection after each query, such as COMMIT; none if omitted. The connection is released when
    /// it has been answered.
    pub commit: Option<Statement>,
}

/// A statement that a client sends in addition to a query: a separate round trip, during which the connection is held and a
/// thread does not hold its interpreter lock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// CPU time of the client until it is sent (default: 0).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cpu: SimDuration,
    /// Time from then to its answer (default: 0), in addition to the backend's `round_trip`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub time: SimDuration,
}

impl BackendClient {
    /// Whether a query is one of several statements for which the connection is held: a thread that gets a connection then
    /// acquires its lock before it continues.
    pub const fn has_statements(&self) -> bool {
        self.begin.is_some() || self.commit.is_some()
    }

    /// CPU time per query, including the statements.
    pub fn cpu(&self) -> SimDuration {
        self.before + self.after + self.statements().map(|statement| statement.cpu).sum::<SimDuration>()
    }

    /// The statements in addition to the query.
    pub fn statements(&self) -> impl Iterator<Item = Statement> {
        self.begin.into_iter().chain(self.commit)
    }
}

/// A client library whose costs were measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KnownClient {
    /// psycopg 3 with psycopg_pool, from threads: BEGIN, the query and COMMIT are separate round trips.
    Psycopg,
    /// asyncpg with its pool, from an event loop.
    Asyncpg,
}

impl KnownClient {
    /// Its name in scenario files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Psycopg => "psycopg",
            Self::Asyncpg => "asyncpg",
        }
    }

    /// Its measured costs; `validation/README.md` describes how they were measured.
    pub const fn measured(self) -> BackendClient {
        let micros = SimDuration::from_micros;
        match self {
            Self::Psycopg => BackendClient {
                before: micros(165),
                after: micros(110),
                yields: false,
                begin: Some(Statement { cpu: micros(170), time: micros(250) }),
                commit: Some(Statement { cpu: micros(105), time: micros(250) }),
            },
            Self::Asyncpg => {
                BackendClient { before: micros(200), after: micros(300), yields: false, begin: None, commit: None }
            }
        }
    }
}

/// A client as written in scenario files: the name of a known one, or the costs of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientChoice {
    /// A known client, whose costs were measured.
    Known(KnownClient),
    /// Any other client.
    Own(BackendClient),
}

impl ClientChoice {
    /// Its costs.
    pub const fn costs(self) -> BackendClient {
        match self {
            Self::Known(known) => known.measured(),
            Self::Own(client) => client,
        }
    }

    /// Whether a connection is released when the request that holds it runs again, rather than when the answer arrives: the
    /// pool is then part of the application.
    pub const fn releases_in_application(self) -> bool {
        match self {
            Self::Known(_) => true,
            Self::Own(client) => client.has_statements(),
        }
    }
}

impl Serialize for ClientChoice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(client) => client.serialize(serializer),
            Self::Own(client) => client.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ClientChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ChoiceVisitor;
        impl<'de> Visitor<'de> for ChoiceVisitor {
            type Value = ClientChoice;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a known client, such as \"psycopg\", or an object with `before` and `after`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<ClientChoice, E> {
                KnownClient::deserialize(text.into_deserializer()).map(ClientChoice::Known)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ClientChoice, A::Error> {
                BackendClient::deserialize(MapAccessDeserializer::new(map)).map(ClientChoice::Own)
            }
        }
        deserializer.deserialize_any(ChoiceVisitor)
    }
}

impl JsonSchema for ClientChoice {
    fn schema_name() -> Cow<'static, str> {
        "ClientChoice".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The name of a client library that was measured, or the costs of another one.",
            "anyOf": [generator.subschema_for::<KnownClient>(), generator.subschema_for::<BackendClient>()],
        })
    }
}

/// Lets serde omit a span of 0.
fn is_zero(span: &SimDuration) -> bool {
    *span == SimDuration::ZERO
}

/// Lets serde omit a flag that is off.
fn is_false(flag: &bool) -> bool {
    !flag
}
