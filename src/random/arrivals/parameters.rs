//! The parameters of arrival processes, as written in files. A value of these types exists only if it is valid.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::model::{Proportion, Rate, SimDuration};
use crate::random::Distribution;

/// A rate that may also be 0.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct RateOrZero(f64);

impl RateOrZero {
    /// Events per second.
    pub const fn as_per_second(self) -> f64 {
        self.0
    }

    pub(super) fn scaled(self, factor: f64) -> Self {
        Self(self.0 * factor)
    }

    pub(super) fn per_nano(self) -> f64 {
        self.0 / 1e9
    }

    pub(super) fn is_zero(self) -> bool {
        self.0 <= 0.0
    }
}

impl FromStr for RateOrZero {
    type Err = String;

    /// Reads what [`Rate`] reads, and `0/s`.
    ///
    /// # Errors
    /// What was found and, on a separate line, what to write instead.
    fn from_str(text: &str) -> Result<Self, String> {
        const HELP: &str = "write a number and a unit, such as \"80/s\" or \"0/s\"; units are /ms, /s, /min, /h";
        let is_zero = |number: &str| number.trim().parse::<f64>().is_ok_and(|number| number.abs() <= 0.0);
        let rate = match text.split_once('/') {
            // Another number shows whether the unit is valid.
            Some((number, unit)) if is_zero(number) => format!("1/{unit}").parse().map(|_: Rate| Self(0.0)),
            _ => text.parse().map(|rate: Rate| Self(rate.as_per_second())),
        };
        rate.map_err(|_| match text.split_once('/') {
            None => format!("`{text}` has no unit\n{HELP}"),
            Some((number, _)) if number.trim().starts_with('-') => format!("`{text}` is negative\n{HELP}"),
            Some(_) => format!("`{text}` is not a rate\n{HELP}"),
        })
    }
}

impl fmt::Display for RateOrZero {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.0)
    }
}

impl Serialize for RateOrZero {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RateOrZero {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RateOrZeroVisitor;
        impl Visitor<'_> for RateOrZeroVisitor {
            type Value = RateOrZero;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a rate such as \"80/s\" or \"0/s\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<RateOrZero, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(RateOrZeroVisitor)
    }
}

impl JsonSchema for RateOrZero {
    fn schema_name() -> Cow<'static, str> {
        Rate::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Rate::json_schema(generator)
    }
}

/// The amplitude of a rate relative to its mean: from 0 (constant) to 1 (it falls to 0).
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "Proportion")]
pub struct Amplitude(f64);

impl JsonSchema for Amplitude {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Amplitude".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Proportion::schema_up_to(Some(1.0))
    }
}

impl Amplitude {
    /// The number itself.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<Proportion> for Amplitude {
    type Error = String;

    fn try_from(Proportion(amplitude): Proportion) -> Result<Self, String> {
        if (0.0..=1.0).contains(&amplitude) {
            return Ok(Self(amplitude));
        }
        let wrong = if amplitude < 0.0 { "is negative" } else { "would make the rate negative" };
        Err(format!("an amplitude of {amplitude} {wrong}\nit is relative to the mean: write a number from 0 to 1"))
    }
}

/// A duration above 0.
pub(super) fn duration_above_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SimDuration, D::Error> {
    let duration = SimDuration::deserialize(deserializer)?;
    if duration == SimDuration::ZERO {
        return Err(de::Error::custom("the duration must be above 0\nwrite a duration, such as \"10s\""));
    }
    Ok(duration)
}

/// A distribution of durations whose mean is above 0.
pub(super) fn distribution_above_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Distribution, D::Error> {
    let distribution = <Distribution as Deserialize>::deserialize(deserializer)?;
    check_above_zero(&distribution).map_err(de::Error::custom)?;
    Ok(distribution)
}

pub(super) fn check_above_zero(distribution: &Distribution) -> Result<(), String> {
    if distribution.is_always_zero() {
        return Err("the interarrival time is always 0\nwrite a distribution whose mean is above 0".to_owned());
    }
    Ok(())
}
