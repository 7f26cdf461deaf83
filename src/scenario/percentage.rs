//! Percentages as written in scenario files.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

/// A percentage such as `95%`; finite, 0 or more.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) struct Percentage(f64);

impl Percentage {
    /// A percentage from its number.
    pub const fn new(percent: f64) -> Self {
        Self(percent)
    }

    /// The percentage that was probably meant by a number without a percent sign: below 1, it is a share.
    pub fn meant_by(number: f64) -> Self {
        Self(if number < 1.0 { (number * 1e8).round() / 1e6 } else { number })
    }

    /// As a share of 1.
    pub fn share(self) -> f64 {
        self.0 / 100.0
    }
}

impl fmt::Display for Percentage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

impl FromStr for Percentage {
    type Err = String;

    /// Reads `95%`, `0.5 %`.
    ///
    /// # Errors
    /// What was found, then, on a line of its own, what to write instead.
    fn from_str(text: &str) -> Result<Self, String> {
        const HELP: &str = "write a number and a percent sign, such as \"5%\"";
        match text.trim().strip_suffix('%').map(|number| plain_number(number.trim_end())) {
            Some(Some(percent)) => Ok(Self(percent)),
            Some(None) => Err(format!("`{text}` is not a percentage\n{HELP}")),
            None => Err(match plain_number(text.trim()) {
                Some(number) => format!("`{text}` has no percent sign\ndid you mean \"{}\"?", Self::meant_by(number)),
                None => format!("`{text}` has no percent sign\n{HELP}"),
            }),
        }
    }
}

/// A finite number of 0 or more, written with digits: no sign, `inf` or `nan`.
pub(super) fn plain_number(text: &str) -> Option<f64> {
    let is_number = text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    text.parse().ok().filter(|number: &f64| is_number && number.is_finite())
}

impl<'de> Deserialize<'de> for Percentage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PercentageVisitor;
        impl Visitor<'_> for PercentageVisitor {
            type Value = Percentage;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a percentage such as \"5%\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Percentage, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(PercentageVisitor)
    }
}

impl Serialize for Percentage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Percentage {
    fn schema_name() -> Cow<'static, str> {
        "Percentage".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A percentage, such as \"5%\" or \"0.5%\".",
            "pattern": r"^\s*[0-9.][0-9.eE+-]*\s*%\s*$",
        })
    }
}
