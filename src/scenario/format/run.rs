//! How long a run is, how often it is repeated, and how sure its numbers are to be.

use std::borrow::Cow;
use std::fmt;
use std::num::{NonZeroU32, NonZeroU64};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::model::{Named, SimDuration};
use crate::scenario::WarmUp;
use crate::scenario::percentage::Percentage;

/// How long a run is, and from which seed: either `requests` or `duration`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Run")]
pub(crate) struct RunForm {
    /// So many requests arrive, and all of them are served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<NonZeroU64>,
    /// The run stops then; requests not served by then are in flight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<SimDuration>,
    /// The requests that arrive so long after the start are left out of the numbers, while the system fills up.
    pub warm_up: WarmUp,
    /// The seed of everything random.
    pub seed: u64,
    /// How many independent runs there are, each with random numbers of its own; at most 100000.
    #[schemars(range(max = 100_000))]
    pub replications: NonZeroU64,
    /// Replications are added until the intervals are as narrow as this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<PrecisionForm>,
    /// The level of confidence intervals, from 50% to 99.99%.
    pub confidence: Percentage,
    /// The run stops, incomplete, when more requests than this are in flight; branches of parallel waits and clients that wait
    /// to try again count too. If omitted, as many as fit into about 200 MB: 250000, or fewer where a class has more than 10
    /// phases. At most 10 million.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_in_flight: Option<NonZeroU32>,
}

impl Default for RunForm {
    fn default() -> Self {
        Self {
            requests: None,
            duration: None,
            warm_up: WarmUp::None,
            seed: 1,
            replications: NonZeroU64::MIN,
            precision: None,
            confidence: Percentage::new(95.0),
            max_in_flight: None,
        }
    }
}

const AUTO: &str = "auto";
const NONE: &str = "none";

impl<'de> Deserialize<'de> for WarmUp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WarmUpVisitor;
        impl Visitor<'_> for WarmUpVisitor {
            type Value = WarmUp;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as \"10s\", \"auto\", or \"none\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<WarmUp, E> {
                match text {
                    AUTO => Ok(WarmUp::Auto),
                    NONE => Ok(WarmUp::None),
                    _ => {
                        match text.parse().map_err(|reason: String| E::custom(reason + "; or \"auto\", or \"none\""))? {
                            SimDuration::ZERO => Ok(WarmUp::None),
                            duration => Ok(WarmUp::Fixed(duration)),
                        }
                    }
                }
            }
        }
        deserializer.deserialize_str(WarmUpVisitor)
    }
}

impl Serialize for WarmUp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_str(NONE),
            Self::Auto => serializer.serialize_str(AUTO),
            Self::Fixed(duration) => duration.serialize(serializer),
        }
    }
}

impl JsonSchema for WarmUp {
    fn schema_name() -> Cow<'static, str> {
        "WarmUp".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A duration; \"auto\": until response times settle; or \"none\".",
            "anyOf": [generator.subschema_for::<SimDuration>(), { "enum": [AUTO, NONE] }],
        })
    }
}

/// How narrow intervals must be: their half width, or that and more.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Precision")]
pub(crate) enum PrecisionForm {
    Plain(Percentage),
    Detailed(DetailedPrecisionForm),
}

/// How narrow intervals must be, of what, and how long it is tried.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DetailedPrecision")]
pub(crate) struct DetailedPrecisionForm {
    /// Half the width of the interval, as a share of the value; above 0% and below 100%.
    pub half_width: Percentage,
    /// Of these metrics of every policy.
    #[serde(default = "default_metrics")]
    #[schemars(length(min = 1))]
    pub metrics: Vec<String>,
    /// With at most so many replications, from 2 to 100000; where they are not enough, the run says so.
    #[serde(default = "default_replications")]
    #[schemars(range(min = 2, max = 100_000))]
    pub replications: u64,
}

/// What people look at first.
fn default_metrics() -> Vec<String> {
    [Named::Mean, Named::P95, Named::P99].map(|metric| metric.name().to_owned()).into()
}

const fn default_replications() -> u64 {
    1000
}

impl PrecisionForm {
    /// All that may be said of it, with defaults for what is not.
    pub fn into_detailed(self) -> DetailedPrecisionForm {
        match self {
            Self::Detailed(detailed) => detailed,
            Self::Plain(half_width) => {
                DetailedPrecisionForm { half_width, metrics: default_metrics(), replications: default_replications() }
            }
        }
    }
}

impl<'de> Deserialize<'de> for PrecisionForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PrecisionVisitor;
        impl<'de> Visitor<'de> for PrecisionVisitor {
            type Value = PrecisionForm;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a percentage such as \"2%\", or {\"half_width\": \"2%\", …}")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<PrecisionForm, E> {
                Percentage::deserialize(StrDeserializer::new(text)).map(PrecisionForm::Plain)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PrecisionForm, A::Error> {
                DetailedPrecisionForm::deserialize(MapAccessDeserializer::new(map)).map(PrecisionForm::Detailed)
            }
        }
        deserializer.deserialize_any(PrecisionVisitor)
    }
}
