//! Recorded durations, listed in the scenario or in a separate file.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::model::SimDuration;

/// A list of durations, or the name of a file with one duration per line.
#[derive(Clone, Debug, PartialEq)]
pub enum Empirical {
    /// The durations; at least one. Shared, because there may be millions.
    Values(Arc<[SimDuration]>),
    /// A file that has not been loaded yet.
    File(EmpiricalFile),
}

/// A file with one duration per line, such as `20ms`; empty lines and text after a `#` are ignored.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmpiricalFile {
    /// Path of the file, relative to the scenario.
    pub file: String,
}

impl Empirical {
    /// The values.
    ///
    /// # Panics
    /// If they are in a file that has not been loaded.
    pub(super) fn values(&self) -> &Arc<[SimDuration]> {
        match self {
            Self::Values(values) => values,
            Self::File(EmpiricalFile { file }) => {
                panic!("the values of `{file}` must be loaded before the distribution is used")
            }
        }
    }

    pub(super) fn scaled(&self, factor: f64) -> Self {
        match self {
            Self::Values(values) => Self::Values(values.iter().map(|value| value.scaled(factor)).collect()),
            Self::File(file) => Self::File(file.clone()),
        }
    }

    pub(super) fn mean_nanos(&self) -> f64 {
        let values = self.values();
        let sum: u128 = values.iter().map(|value| u128::from(value.as_nanos())).sum();
        sum as f64 / values.len() as f64
    }

    pub(super) fn is_always_zero(&self) -> bool {
        match self {
            Self::Values(values) => values.iter().all(|value| *value == SimDuration::ZERO),
            Self::File(_) => false,
        }
    }

    pub(super) fn load_file(&mut self, load: &mut dyn FnMut(&str) -> Result<String, String>) -> Result<(), String> {
        if let Self::File(EmpiricalFile { file }) = self {
            let values = parse_values(file, &load(file)?)?;
            *self = Self::Values(values);
        }
        Ok(())
    }
}

/// The durations in the text of a file; its name is for messages.
fn parse_values(file: &str, text: &str) -> Result<Arc<[SimDuration]>, String> {
    let mut values = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let value = line.split('#').next().unwrap_or_default().trim();
        if !value.is_empty() {
            values.push(value.parse().map_err(|reason| format!("`{file}`, line {number}: {reason}"))?);
        }
    }
    if values.is_empty() {
        return Err(format!("`{file}` contains no duration\nwrite one duration per line, such as 20ms"));
    }
    Ok(values.into())
}

impl Serialize for Empirical {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Values(values) => serializer.collect_seq(values.iter()),
            Self::File(file) => file.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Empirical {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EmpiricalVisitor)
    }
}

struct EmpiricalVisitor;

impl<'de> Visitor<'de> for EmpiricalVisitor {
    type Value = Empirical;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of durations such as [\"20ms\", \"30ms\"], or {\"file\": \"durations.txt\"}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Empirical, A::Error> {
        let values = Vec::deserialize(SeqAccessDeserializer::new(list))?;
        if values.is_empty() {
            return Err(de::Error::custom("the list is empty\nwrite at least one duration, such as \"20ms\""));
        }
        Ok(Empirical::Values(values.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Empirical, A::Error> {
        EmpiricalFile::deserialize(MapAccessDeserializer::new(map)).map(Empirical::File)
    }
}

impl JsonSchema for Empirical {
    fn schema_name() -> Cow<'static, str> {
        "Empirical".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A list of durations, or a file with one duration per line.",
            "anyOf": [
                { "type": "array", "items": generator.subschema_for::<SimDuration>(), "minItems": 1 },
                generator.subschema_for::<EmpiricalFile>(),
            ],
        })
    }
}
