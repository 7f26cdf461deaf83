//! Two numbers of a distribution, as people know them: any two of mean, median, cv, p90, p95, p99.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::model::SimDuration;

use super::Cv;

/// Below this cv, a distribution is treated as a constant.
const NEGLIGIBLE_CV: f64 = 1e-6;

/// A percentile by which a distribution can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Percentile {
    /// Half of the draws are below it.
    Median,
    /// 10 % of the draws are above it.
    P90,
    /// 5 % of the draws are above it.
    P95,
    /// 1 % of the draws are above it.
    P99,
}

impl Percentile {
    /// Its field in files.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Median => "median",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
        }
    }

    /// The share of draws up to it.
    pub(super) const fn probability(self) -> f64 {
        match self {
            Self::Median => 0.5,
            Self::P90 => 0.9,
            Self::P95 => 0.95,
            Self::P99 => 0.99,
        }
    }

    /// One draw in this number is above it.
    pub(super) const fn one_in(self) -> f64 {
        match self {
            Self::Median => 2.0,
            Self::P90 => 10.0,
            Self::P95 => 20.0,
            Self::P99 => 100.0,
        }
    }

    /// The same percentile of the standard normal distribution.
    pub(super) const fn of_normal(self) -> f64 {
        match self {
            Self::Median => 0.0,
            Self::P90 => 1.281_551_565_544_600_4,
            Self::P95 => 1.644_853_626_951_472_2,
            Self::P99 => 2.326_347_874_040_841,
        }
    }

    /// The same percentile of the exponential distribution of mean 1: ln(1 / (1 − p)).
    pub(super) fn of_exponential(self) -> f64 {
        self.one_in().ln()
    }
}

/// A percentile and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantile {
    /// Which percentile.
    pub at: Percentile,
    /// Its value.
    pub value: SimDuration,
}

impl Quantile {
    pub(super) fn nanos(self) -> f64 {
        self.value.as_nanos() as f64
    }

    fn scaled(self, factor: f64) -> Self {
        Self { value: self.value.scaled(factor), ..self }
    }

    fn at_least(self, value: SimDuration) -> Self {
        Self { value: self.value.max(value), ..self }
    }
}

/// Two numbers of a distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pair {
    /// The mean, and the standard deviation as a multiple of it.
    MeanAndCv {
        /// The mean.
        mean: SimDuration,
        /// Standard deviation / mean.
        cv: Cv,
    },
    /// A percentile, and the standard deviation as a multiple of the mean.
    QuantileAndCv {
        /// The percentile.
        quantile: Quantile,
        /// Standard deviation / mean.
        cv: Cv,
    },
    /// The mean and a percentile.
    MeanAndQuantile {
        /// The mean.
        mean: SimDuration,
        /// The percentile.
        quantile: Quantile,
    },
    /// Two percentiles.
    TwoQuantiles {
        /// The lower percentile.
        lower: Quantile,
        /// The higher percentile.
        upper: Quantile,
    },
}

impl Pair {
    /// The value of every draw, if they do not differ.
    pub(super) fn constant(&self) -> Option<SimDuration> {
        match *self {
            Self::MeanAndCv { mean: value, cv } | Self::QuantileAndCv { quantile: Quantile { value, .. }, cv } => {
                (value == SimDuration::ZERO || cv.get() < NEGLIGIBLE_CV).then_some(value)
            }
            Self::MeanAndQuantile { .. } | Self::TwoQuantiles { .. } => None,
        }
    }

    /// Of two durations, the one that must be smaller comes first: every distribution that varies has the median below the
    /// mean (of the families here, unless it is nearly symmetric), and the mean below the p90.
    fn ordered(&self) -> Option<[(&'static str, SimDuration); 2]> {
        match *self {
            Self::MeanAndCv { .. } | Self::QuantileAndCv { .. } => None,
            Self::MeanAndQuantile { mean, quantile: Quantile { at: Percentile::Median, value } } => {
                Some([("median", value), ("mean", mean)])
            }
            Self::MeanAndQuantile { mean, quantile } => Some([("mean", mean), (quantile.at.name(), quantile.value)]),
            Self::TwoQuantiles { lower, upper } => {
                Some([(lower.at.name(), lower.value), (upper.at.name(), upper.value)])
            }
        }
    }

    /// That two durations are above 0 and in order.
    pub(super) fn check_order(&self) -> Result<(), String> {
        let Some([(low_name, low), (high_name, high)]) = self.ordered() else { return Ok(()) };
        if low == SimDuration::ZERO {
            return Err(format!("the {low_name} must be above 0\nwrite a duration such as \"20ms\""));
        }
        if high <= low {
            return Err(format!(
                "the {high_name}, {high}, is not above the {low_name}, {low}\nwrite a {high_name} above the {low_name}"
            ));
        }
        Ok(())
    }

    /// The error of two durations that are too far apart for a family: at most `most` times.
    pub(super) fn too_far(&self, family: &str, most: f64) -> String {
        let [low, high] = self.names();
        let times = |factor: f64| (factor * 1e4).round() / 1e4;
        let instead = match self {
            Self::MeanAndQuantile { .. } => "give two percentiles, such as `median` and `p99`",
            Self::MeanAndCv { .. } | Self::QuantileAndCv { .. } | Self::TwoQuantiles { .. } => "use `lognormal`",
        };
        let found = format!("a {high} of {} times the {low} is too large for `{family}`", times(self.ratio()));
        format!("{found}\nwrite at most {} times the {low}, or {instead}", times(most))
    }

    /// The error of two durations that hardly differ.
    pub(super) fn too_close(&self, family: &str) -> String {
        let [low, high] = self.names();
        let found = format!("the {high} and the {low} are too close to each other for `{family}`");
        format!("{found}\nwrite a constant duration such as \"20ms\", or use `mean` and `cv`")
    }

    /// The fields of two durations, that of the smaller one first.
    fn names(&self) -> [&'static str; 2] {
        self.ordered().map_or(["mean", "cv"], |durations| durations.map(|(name, _)| name))
    }

    /// The larger of two durations as a multiple of the smaller.
    fn ratio(&self) -> f64 {
        self.ordered().map_or(1.0, |[(_, low), (_, high)]| high.as_nanos() as f64 / low.as_nanos() as f64)
    }

    /// The pair of draws that are `factor` times as long. Despite rounding, two durations stay above 0 and in order.
    pub(super) fn scaled(&self, factor: f64) -> Self {
        let nano = SimDuration::from_nanos(1);
        match *self {
            Self::MeanAndCv { mean, cv } => Self::MeanAndCv { mean: mean.scaled(factor), cv },
            Self::QuantileAndCv { quantile, cv } => Self::QuantileAndCv { quantile: quantile.scaled(factor), cv },
            Self::MeanAndQuantile { mean, quantile: quantile @ Quantile { at: Percentile::Median, .. } } => {
                let quantile = quantile.scaled(factor).at_least(nano);
                Self::MeanAndQuantile { mean: mean.scaled(factor).max(quantile.value + nano), quantile }
            }
            Self::MeanAndQuantile { mean, quantile } => {
                let mean = mean.scaled(factor).max(nano);
                Self::MeanAndQuantile { mean, quantile: quantile.scaled(factor).at_least(mean + nano) }
            }
            Self::TwoQuantiles { lower, upper } => {
                let lower = lower.scaled(factor).at_least(nano);
                Self::TwoQuantiles { lower, upper: upper.scaled(factor).at_least(lower.value + nano) }
            }
        }
    }
}

impl Serialize for Pair {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        match self {
            Self::MeanAndCv { mean, cv } => {
                map.serialize_entry("mean", mean)?;
                map.serialize_entry("cv", cv)?;
            }
            Self::QuantileAndCv { quantile, cv } => {
                map.serialize_entry(quantile.at.name(), &quantile.value)?;
                map.serialize_entry("cv", cv)?;
            }
            Self::MeanAndQuantile { mean, quantile } => {
                map.serialize_entry("mean", mean)?;
                map.serialize_entry(quantile.at.name(), &quantile.value)?;
            }
            Self::TwoQuantiles { lower, upper } => {
                map.serialize_entry(lower.at.name(), &lower.value)?;
                map.serialize_entry(upper.at.name(), &upper.value)?;
            }
        }
        map.end()
    }
}
