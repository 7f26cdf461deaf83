//! The parameters of distributions, as written in files. A value of these types exists only if it is valid.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::model::{Proportion, SimDuration};

/// A coefficient of variation (standard deviation / mean), from 0 to 100, or as a percentage such as "80%".
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "Proportion")]
pub struct Cv(f64);

impl Cv {
    /// The number itself.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<Proportion> for Cv {
    type Error = String;

    fn try_from(Proportion(cv): Proportion) -> Result<Self, String> {
        Self::try_from(cv)
    }
}

impl JsonSchema for Cv {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Cv".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Proportion::schema_up_to(Some(100.0))
    }
}

impl TryFrom<f64> for Cv {
    type Error = String;

    fn try_from(cv: f64) -> Result<Self, String> {
        if (0.0..=100.0).contains(&cv) {
            return Ok(Self(cv));
        }
        let wrong = if cv < 0.0 { "is negative" } else { "is too large" };
        Err(format!("a cv of {cv} {wrong}\na cv (standard deviation / mean) is a number from 0 to 100"))
    }
}

/// A weight relative to the others in the list, from 0 to a billion; they need not sum to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "f64")]
#[schemars(inline, extend("minimum" = 0, "maximum" = 1_000_000_000))]
pub struct Weight(f64);

impl Weight {
    /// The number itself.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Weight {
    type Error = String;

    fn try_from(weight: f64) -> Result<Self, String> {
        if (0.0..=1e9).contains(&weight) {
            return Ok(Self(weight));
        }
        let wrong = if weight < 0.0 { "is negative" } else { "is too large" };
        Err(format!("a weight of {weight} {wrong}\na weight is a number from 0 to a billion, relative to the others"))
    }
}

/// The lowest and the highest duration.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "(SimDuration, SimDuration)", into = "(SimDuration, SimDuration)")]
#[schemars(inline)]
pub struct Uniform {
    pub(super) low: SimDuration,
    pub(super) high: SimDuration,
}

impl TryFrom<(SimDuration, SimDuration)> for Uniform {
    type Error = String;

    fn try_from((low, high): (SimDuration, SimDuration)) -> Result<Self, String> {
        if low > high {
            return Err(format!("the lowest, {low}, is above the highest, {high}\nwrite [lowest, highest]"));
        }
        Ok(Self { low, high })
    }
}

impl From<Uniform> for (SimDuration, SimDuration) {
    fn from(Uniform { low, high }: Uniform) -> Self {
        (low, high)
    }
}

impl Uniform {
    pub(super) fn scaled(&self, factor: f64) -> Self {
        Self { low: self.low.scaled(factor), high: self.high.scaled(factor) }
    }

    pub(super) fn mean_nanos(&self) -> f64 {
        (self.low.as_nanos() as f64 + self.high.as_nanos() as f64) / 2.0
    }
}

/// A sum of equal exponential stages.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Erlang {
    /// Number of stages; 1 or more.
    #[serde(deserialize_with = "at_least_one")]
    #[schemars(range(min = 1))]
    pub(super) stages: u32,
    /// The mean of the sum.
    pub(super) mean: SimDuration,
}

fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        0 => Err(de::Error::custom("`stages` must be at least 1\nwrite a whole number above 0")),
        stages => Ok(stages),
    }
}

impl Erlang {
    pub(super) fn scaled(&self, factor: f64) -> Self {
        Self { stages: self.stages, mean: self.mean.scaled(factor) }
    }

    pub(super) fn mean_nanos(&self) -> f64 {
        self.mean.as_nanos() as f64
    }
}
