//! A number that may be written as a percentage.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Visitor};

/// A number as written in scenario files: `0.8`, or equivalently `"80%"`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Proportion(pub f64);

impl Proportion {
    /// Reads just the number.
    ///
    /// # Errors
    /// If it is neither a number nor a percentage.
    pub fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Self::deserialize(deserializer).map(|proportion| proportion.0)
    }

    /// Reads just the number, or `null`.
    ///
    /// # Errors
    /// If it is neither a number nor a percentage.
    pub fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
        Ok(Option::<Self>::deserialize(deserializer)?.map(|proportion| proportion.0))
    }

    /// The schema of such a number from 0 to 1.
    pub fn schema_up_to_one(_: &mut SchemaGenerator) -> Schema {
        Self::schema_up_to(Some(1.0))
    }

    /// The schema of such a number up to a limit, if there is one.
    pub fn schema_up_to(most: Option<f64>) -> Schema {
        let mut number = serde_json::json!({ "type": "number", "minimum": 0 });
        if let Some(most) = most {
            number["maximum"] = most.into();
        }
        json_schema!({ "anyOf": [number, { "type": "string", "pattern": r"^\s*[0-9.][0-9.eE+-]*\s*%\s*$" }] })
    }
}

impl JsonSchema for Proportion {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Proportion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Self::schema_up_to(None)
    }
}

impl<'de> Deserialize<'de> for Proportion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShareVisitor)
    }
}

struct ShareVisitor;

impl Visitor<'_> for ShareVisitor {
    type Value = Proportion;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("f64")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Proportion, E> {
        Ok(Proportion(number as f64))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Proportion, E> {
        Ok(Proportion(number as f64))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Proportion, E> {
        Ok(Proportion(number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Proportion, E> {
        let percent = text.trim().strip_suffix('%').map(str::trim_end);
        let is_number = |number: &&str| number.starts_with(|letter: char| letter.is_ascii_digit() || letter == '.');
        let number = percent.filter(is_number).and_then(|number| number.parse::<f64>().ok());
        match number.filter(|number| number.is_finite()) {
            Some(percent) => Ok(Proportion(percent / 100.0)),
            None => Err(de::Error::invalid_type(de::Unexpected::Str(text), &self)),
        }
    }
}
