//! Rates of events.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

/// A rate of events, in events per second; finite and above 0.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Rate(f64);

impl Rate {
    /// A rate in events per second; `None` unless it is finite and above 0.
    pub fn per_second(events: f64) -> Option<Self> {
        (events.is_finite() && events > 0.0).then_some(Self(events))
    }

    /// This rate times a factor above 0.
    ///
    /// # Panics
    /// If the product is not a finite number above 0.
    pub fn scaled(self, factor: f64) -> Self {
        let scaled = Self::per_second(self.0 * factor);
        scaled.unwrap_or_else(|| panic!("{} × {factor} is a rate", self.0))
    }

    /// Events per second.
    pub const fn as_per_second(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.0)
    }
}

impl FromStr for Rate {
    type Err = String;

    /// Reads `80/s`, `600/min`, `2.5/ms`, `100/h`.
    ///
    /// # Errors
    /// What was found and, on a separate line, what to write instead.
    fn from_str(text: &str) -> Result<Self, String> {
        const HELP: &str = "write a number above 0 and a unit, such as \"80/s\"; units are /ms, /s, /min, /h";
        let (number, unit) = text.split_once('/').ok_or_else(|| format!("`{text}` has no unit\n{HELP}"))?;
        let per_second = match unit.trim() {
            "ms" => 1000.0,
            "s" => 1.0,
            "min" => 1.0 / 60.0,
            "h" => 1.0 / 3600.0,
            _ => return Err(format!("`{text}` is not a rate\n{HELP}")),
        };
        let number: f64 = number.trim().parse().map_err(|_| format!("`{text}` is not a rate\n{HELP}"))?;
        Self::per_second(number * per_second).ok_or_else(|| format!("`{text}` is not above 0 and finite\n{HELP}"))
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RateVisitor;
        impl Visitor<'_> for RateVisitor {
            type Value = Rate;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a rate such as \"80/s\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Rate, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(RateVisitor)
    }
}

impl JsonSchema for Rate {
    fn schema_name() -> Cow<'static, str> {
        "Rate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A rate with its unit, /ms, /s, /min or /h, such as \"80/s\".",
            "pattern": r"^[0-9.eE+]+\s*/\s*(ms|s|min|h)$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_with_its_unit() {
        for (text, per_second) in [("80/s", 80.0), ("600/min", 10.0), ("2.5/ms", 2500.0), ("3600/h", 1.0)] {
            let rate: Rate = text.parse().unwrap();
            assert!((rate.as_per_second() - per_second).abs() < 1e-9, "{text}");
        }
    }

    #[test]
    fn an_invalid_rate_is_rejected_with_a_reason() {
        for text in ["80", "0/s", "-1/s", "NaN/s", "inf/s", "80/fortnight", "", "x/s"] {
            assert!(text.parse::<Rate>().unwrap_err().contains('\n'), "{text}");
        }
    }
}
