//! The parameters of distributions, as written in files. A value of these types exists only if it is valid.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use statrs::function::erf::erfc;

use crate::model::{Proportion, SimDuration};

/// The 0.99 quantile of the standard normal distribution.
const NORMAL_P99: f64 = 2.326_347_874_040_841;

/// Below this cv, a distribution is treated as a constant.
const NEGLIGIBLE_CV: f64 = 1e-6;

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

/// The mean and the cv of the normal distribution before it is truncated at 0.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Normal {
    /// The mean before truncation; with a cv of up to 0.3, truncation changes it by less than 0.1 %.
    pub mean: SimDuration,
    /// Standard deviation / mean, from 0 to 1.
    #[serde(deserialize_with = "cv_of_normal")]
    #[schemars(schema_with = "Proportion::schema_up_to_one")]
    cv: Cv,
}

/// Above a cv of 1, more than 16 % of the distribution would be below 0, and it would no longer look normal.
fn cv_of_normal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cv, D::Error> {
    let cv = Cv::deserialize(deserializer)?;
    if cv.0 > 1.0 {
        let found = format!("a cv of {} is too large for `normal`", cv.0);
        return Err(de::Error::custom(format!(
            "{found}, which is never below 0\nwrite a cv from 0 to 1, or use `lognormal` or `gamma`"
        )));
    }
    Ok(cv)
}

impl Normal {
    pub(super) fn scaled(&self, factor: f64) -> Self {
        Self { mean: self.mean.scaled(factor), cv: self.cv }
    }

    pub(super) fn parameters(&self) -> MeanAndCv {
        MeanAndCv { mean: self.mean, cv: self.cv }
    }

    /// The mean of the part above 0: μ + σ φ(μ/σ) / Φ(μ/σ) (Johnson, Kotz, Balakrishnan,
    /// *Continuous Univariate Distributions* 1, 13.10).
    pub(super) fn mean_nanos(&self) -> f64 {
        let mean = self.mean.as_nanos() as f64;
        if self.parameters().is_constant() {
            return mean;
        }
        let cut = 1.0 / self.cv.0;
        let density = (-cut * cut / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let above_cut = erfc(-cut / std::f64::consts::SQRT_2) / 2.0;
        mean * (1.0 + self.cv.0 * density / above_cut)
    }
}

/// A mean and a coefficient of variation.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeanAndCv {
    /// The mean.
    pub mean: SimDuration,
    /// Standard deviation / mean.
    pub cv: Cv,
}

impl MeanAndCv {
    pub(super) fn scaled(&self, factor: f64) -> Self {
        Self { mean: self.mean.scaled(factor), cv: self.cv }
    }

    pub(super) fn mean_nanos(&self) -> f64 {
        self.mean.as_nanos() as f64
    }

    /// Whether every draw is the mean.
    pub(super) fn is_constant(&self) -> bool {
        self.mean == SimDuration::ZERO || self.cv.0 < NEGLIGIBLE_CV
    }
}

/// A median and a 99th percentile.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MedianAndP99 {
    /// The median: half of the draws are below it; above 0.
    median: SimDuration,
    /// The 99th percentile: 1 % of the draws are above it; above the median.
    p99: SimDuration,
}

/// Location and spread of a distribution: `mean` and `cv`, or `median` and `p99`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "SpreadFields", untagged)]
pub enum Spread {
    /// The mean and the cv.
    MeanAndCv(MeanAndCv),
    /// The median and the 99th percentile.
    MedianAndP99(MedianAndP99),
}

impl JsonSchema for Spread {
    fn schema_name() -> Cow<'static, str> {
        "Spread".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Either `mean` and `cv`, or `median` and `p99`.",
            "anyOf": [generator.subschema_for::<MeanAndCv>(), generator.subschema_for::<MedianAndP99>()],
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpreadFields {
    #[serde(default, deserialize_with = "present")]
    mean: Option<SimDuration>,
    #[serde(default, deserialize_with = "present")]
    cv: Option<Cv>,
    #[serde(default, deserialize_with = "present")]
    median: Option<SimDuration>,
    #[serde(default, deserialize_with = "present")]
    p99: Option<SimDuration>,
}

/// A field that may be omitted, but not be `null`.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl TryFrom<SpreadFields> for Spread {
    type Error = String;

    fn try_from(fields: SpreadFields) -> Result<Self, String> {
        const HELP: &str = "write either `mean` and `cv`, or `median` and `p99`";
        let missing = |one: &str, other: &str| Err(format!("`{one}` is given without `{other}`\n{HELP}"));
        match (fields.mean, fields.cv, fields.median, fields.p99) {
            (Some(mean), Some(cv), None, None) => Ok(Self::MeanAndCv(MeanAndCv { mean, cv })),
            (None, None, Some(median), Some(p99)) => MedianAndP99::new(median, p99).map(Self::MedianAndP99),
            (None, None, None, None) => Err(format!("the distribution has no parameters\n{HELP}")),
            (Some(_), None, None, None) => missing("mean", "cv"),
            (None, Some(_), None, None) => missing("cv", "mean"),
            (None, None, Some(_), None) => missing("median", "p99"),
            (None, None, None, Some(_)) => missing("p99", "median"),
            _ => Err(format!("the parameters belong to two different forms\n{HELP}")),
        }
    }
}

impl MedianAndP99 {
    fn new(median: SimDuration, p99: SimDuration) -> Result<Self, String> {
        if median == SimDuration::ZERO {
            return Err("the median must be above 0\nwrite a duration such as \"20ms\"".to_owned());
        }
        if p99 <= median {
            return Err(format!("the p99, {p99}, is not above the median, {median}\nwrite a p99 above the median"));
        }
        Ok(Self { median, p99 })
    }

    /// Despite rounding, the median stays above 0 and the p99 above the median.
    fn scaled(&self, factor: f64) -> Self {
        let nano = SimDuration::from_nanos(1);
        let median = self.median.scaled(factor).max(nano);
        Self { median, p99: self.p99.scaled(factor).max(median + nano) }
    }

    fn median_nanos(&self) -> f64 {
        self.median.as_nanos() as f64
    }

    /// ln(p99 / median).
    fn log_ratio(&self) -> f64 {
        (self.p99.as_nanos() as f64 / self.median_nanos()).ln()
    }
}

impl Spread {
    pub(super) fn scaled(&self, factor: f64) -> Self {
        match self {
            Self::MeanAndCv(distribution) => Self::MeanAndCv(distribution.scaled(factor)),
            Self::MedianAndP99(distribution) => Self::MedianAndP99(distribution.scaled(factor)),
        }
    }

    /// μ and σ of the logarithm of nanoseconds. From mean and cv: σ² = ln(1 + cv²), μ = ln mean − σ²/2; from
    /// percentiles: μ = ln median, σ = ln(p99 / median) / z(0.99) (Johnson, Kotz, Balakrishnan 1, 14.3).
    pub(super) fn lognormal_parameters(&self) -> (f64, f64) {
        match self {
            Self::MeanAndCv(distribution) => {
                let variance = distribution.cv.0.powi(2).ln_1p();
                (distribution.mean_nanos().ln() - variance / 2.0, variance.sqrt())
            }
            Self::MedianAndP99(distribution) => {
                (distribution.median_nanos().ln(), distribution.log_ratio() / NORMAL_P99)
            }
        }
    }

    /// Scale (the smallest value, in nanoseconds) and 1/α of P(X > x) = (scale / x)^α.
    ///
    /// From mean and cv: α = 1 + √(1 + 1/cv²), scale = mean (1 − 1/α), as the variance is
    /// mean² / (α (α − 2)); from percentiles: 1/α = ln(p99 / median) / ln 50, scale = median / 2^(1/α)
    /// (Johnson, Kotz, Balakrishnan 1, 20.3).
    pub(super) fn pareto_parameters(&self) -> (f64, f64) {
        match self {
            Self::MeanAndCv(distribution) => {
                let tail = 1.0 / (1.0 + (1.0 + distribution.cv.0.powi(-2)).sqrt());
                (distribution.mean_nanos() * (1.0 - tail), tail)
            }
            Self::MedianAndP99(distribution) => {
                let tail = distribution.log_ratio() / 50_f64.ln();
                (distribution.median_nanos() / tail.exp2(), tail)
            }
        }
    }

    pub(super) fn lognormal_mean_nanos(&self) -> f64 {
        match self {
            Self::MeanAndCv(distribution) => distribution.mean_nanos(),
            Self::MedianAndP99(_) => {
                let (location, scale) = self.lognormal_parameters();
                (location + scale * scale / 2.0).exp()
            }
        }
    }

    /// scale / (1 − 1/α); infinite for 1/α of 1 or more.
    pub(super) fn pareto_mean_nanos(&self) -> f64 {
        match self {
            Self::MeanAndCv(distribution) => distribution.mean_nanos(),
            Self::MedianAndP99(_) => match self.pareto_parameters() {
                (scale, tail) if tail < 1.0 => scale / (1.0 - tail),
                _ => f64::INFINITY,
            },
        }
    }

    /// The mean, if every draw is the mean.
    pub(super) fn constant(&self) -> Option<SimDuration> {
        match self {
            Self::MeanAndCv(distribution) => distribution.is_constant().then_some(distribution.mean),
            Self::MedianAndP99(_) => None,
        }
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
