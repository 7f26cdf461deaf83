//! A distribution of one family, given by two of its numbers.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::model::SimDuration;

use super::Cv;
use super::family::Family;
use super::pair::{Pair, Percentile, Quantile};

/// Two numbers of a distribution, and the member of the family that has them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread<F> {
    written: Pair,
    member: Member<F>,
}

/// A member of a family.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Member<F> {
    /// Every draw is this value: the family has no member that does not vary.
    Constant(SimDuration),
    /// A member that varies.
    Of(F),
}

impl<F: Family> Spread<F> {
    /// The distribution of the family that has both numbers.
    ///
    /// # Errors
    /// If the family has no such distribution: why and, on a separate line, what to write instead.
    pub fn new(written: Pair) -> Result<Self, String> {
        F::check(&written)?;
        written.check_order()?;
        let member = match written.constant() {
            Some(value) => Member::Constant(value),
            None => Member::Of(F::of(&written)?),
        };
        Ok(Self { written, member })
    }

    pub(super) fn member(&self) -> Member<F> {
        self.member
    }

    pub(super) fn mean_nanos(&self) -> f64 {
        match self.member {
            Member::Constant(value) => value.as_nanos() as f64,
            Member::Of(member) => member.mean_nanos(),
        }
    }

    /// If rounding to nanoseconds gives numbers that the family does not have, the shape is kept.
    pub(super) fn scaled(&self, factor: f64) -> Self {
        let written = self.written.scaled(factor);
        Self::new(written).unwrap_or_else(|_| Self { written, member: self.member.scaled(factor) })
    }
}

impl<F: Family> Member<F> {
    fn scaled(self, factor: f64) -> Self {
        match self {
            Self::Constant(value) => Self::Constant(value.scaled(factor)),
            Self::Of(member) => Self::Of(member.scaled(factor)),
        }
    }
}

impl<F> Serialize for Spread<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.written.serialize(serializer)
    }
}

impl<'de, F: Family> Deserialize<'de> for Spread<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = SpreadFields::<F>::deserialize(deserializer)?;
        fields.pair().and_then(Self::new).map_err(de::Error::custom)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound = "F: Family")]
struct SpreadFields<F> {
    #[serde(default, deserialize_with = "present")]
    mean: Option<SimDuration>,
    #[serde(default, deserialize_with = "cv_of::<_, F>")]
    cv: Option<Cv>,
    #[serde(default, deserialize_with = "present")]
    median: Option<SimDuration>,
    #[serde(default, deserialize_with = "present")]
    p90: Option<SimDuration>,
    #[serde(default, deserialize_with = "present")]
    p95: Option<SimDuration>,
    #[serde(default, deserialize_with = "present")]
    p99: Option<SimDuration>,
    #[serde(skip)]
    family: PhantomData<F>,
}

/// A field that may be omitted, but not be `null`.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn cv_of<'de, D: Deserializer<'de>, F: Family>(deserializer: D) -> Result<Option<Cv>, D::Error> {
    let cv = Cv::deserialize(deserializer)?;
    F::check_cv(cv.get()).map_err(de::Error::custom)?;
    Ok(Some(cv))
}

impl<F: Family> SpreadFields<F> {
    fn pair(self) -> Result<Pair, String> {
        let Self { mean, cv, median, p90, p95, p99, family: PhantomData } = self;
        let quantiles =
            [(Percentile::Median, median), (Percentile::P90, p90), (Percentile::P95, p95), (Percentile::P99, p99)];
        let quantiles: Vec<_> =
            quantiles.into_iter().filter_map(|(at, value)| value.map(|value| Quantile { at, value })).collect();
        match (mean, cv, &quantiles[..]) {
            (Some(mean), Some(cv), []) => Ok(Pair::MeanAndCv { mean, cv }),
            (None, Some(cv), &[quantile]) => Ok(Pair::QuantileAndCv { quantile, cv }),
            (Some(mean), None, &[quantile]) => Ok(Pair::MeanAndQuantile { mean, quantile }),
            (None, None, &[lower, upper]) => Ok(Pair::TwoQuantiles { lower, upper }),
            _ => Err(Self::not_two(mean, cv, &quantiles)),
        }
    }

    fn not_two(mean: Option<SimDuration>, cv: Option<Cv>, quantiles: &[Quantile]) -> String {
        let names = mean.map(|_| "mean").into_iter().chain(cv.map(|_| "cv"));
        let names: Vec<_> = names.chain(quantiles.iter().map(|quantile| quantile.at.name())).collect();
        let found = match &names[..] {
            [] => "the distribution has no parameters".to_owned(),
            [name] => format!("`{name}` alone does not determine the distribution"),
            names => format!("{} numbers are given, and two determine the distribution", names.len()),
        };
        format!("{found}\nwrite two of `mean`, `cv`, `median`, `p90`, `p95`, `p99`")
    }
}

impl<F: Family> JsonSchema for Spread<F> {
    fn schema_name() -> Cow<'static, str> {
        F::SCHEMA.into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let duration = generator.subschema_for::<SimDuration>();
        let number = |description: &str| {
            let mut schema = duration.clone();
            schema.insert("description".to_owned(), description.into());
            schema
        };
        json_schema!({
            "description": F::DESCRIPTION,
            "type": "object",
            "properties": {
                "mean": number("The mean."),
                "cv": F::schema_of_cv(generator),
                "median": number("The median: half of the draws are below it."),
                "p90": number("The 90th percentile: 10 % of the draws are above it."),
                "p95": number("The 95th percentile: 5 % of the draws are above it."),
                "p99": number("The 99th percentile: 1 % of the draws are above it."),
            },
            "additionalProperties": false,
            "minProperties": 2,
            "maxProperties": 2,
        })
    }
}
