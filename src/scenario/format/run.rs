//! The length of a run, its replications, and the precision of its results.

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

/// Length of the run (either `requests` or `duration`), its seed and its replications.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Run")]
pub(crate) struct RunForm {
    /// Number of requests; the run ends when all of them have been served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<NonZeroU64>,
    /// Time at which the run ends; requests that have not been served by then are in flight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<SimDuration>,
    /// Requests that arrive within this time from the start, while the system fills up, are excluded from the results.
    pub warm_up: WarmUp,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Number of independent runs, each with its own random numbers; at most 100000.
    #[schemars(range(max = 100_000))]
    pub replications: NonZeroU64,
    /// Replications are added until confidence intervals are as narrow as this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<PrecisionForm>,
    /// Level of the confidence intervals, from 50% to 99.99%.
    pub confidence: Percentage,
    /// Maximum number of requests in flight, including branches of parallel waits and clients that wait to retry; beyond it
    /// the run stops and is incomplete. At most 10 million. If omitted, as many as fit into about 200 MB: 250000, or fewer if
    /// a class has more than 10 phases.
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

/// How narrow confidence intervals must be: their half width, or an object with options.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Precision")]
pub(crate) enum PrecisionForm {
    Plain(Percentage),
    Detailed(DetailedPrecisionForm),
}

/// How narrow confidence intervals must be, of which metrics, and the limit on replications.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DetailedPrecision")]
pub(crate) struct DetailedPrecisionForm {
    /// Half the width of an interval, as a percentage of the value; above 0% and below 100%.
    pub half_width: Percentage,
    /// The metrics whose intervals must be this narrow, under every policy.
    #[serde(default = "default_metrics")]
    #[schemars(length(min = 1))]
    pub metrics: Vec<String>,
    /// Maximum number of replications, from 2 to 100000; if they do not suffice, the run says so.
    #[serde(default = "default_replications")]
    #[schemars(range(min = 2, max = 100_000))]
    pub replications: u64,
}

/// The metrics that are looked at first.
fn default_metrics() -> Vec<String> {
    [Named::Mean, Named::P95, Named::P99].map(|metric| metric.name().to_owned()).into()
}

const fn default_replications() -> u64 {
    1000
}

impl PrecisionForm {
    /// All options, with defaults for those that are omitted.
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
