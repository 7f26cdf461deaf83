//! The normal distribution, truncated at 0. Its numbers are those before truncation.

use schemars::{Schema, SchemaGenerator};
use statrs::function::erf::erfc;

use crate::model::Proportion;
use crate::random::distribution::pair::{Pair, Percentile, Quantile};
use crate::random::distribution::sampler::UncommonFamily;

use super::Family;

/// A normal distribution that is never below 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normal {
    /// Before truncation.
    pub(super) mean: f64,
    /// Before truncation.
    pub(super) cv: f64,
}

impl Normal {
    fn new(mean: f64, standard_deviation: f64) -> Result<Self, String> {
        let cv = standard_deviation / mean;
        if mean <= 0.0 || cv > 1.0 {
            return Err(
                "these numbers are too far apart for `normal`, which is never below 0\nwrite numbers that give a \
                        cv (standard deviation / mean) from 0 to 1, or use `lognormal` or `gamma`"
                    .to_owned(),
            );
        }
        Ok(Self { mean, cv })
    }

    /// The median is the mean.
    fn with_mean(mean: f64, quantile: Quantile) -> Result<Self, String> {
        Self::new(mean, (quantile.nanos() - mean) / quantile.at.of_normal())
    }
}

impl Family for Normal {
    const SCHEMA: &'static str = "SpreadOfNormal";
    const DESCRIPTION: &'static str = "Two of the numbers `mean` or `median`, `cv`, `p90`, `p95`, `p99`, before truncation; \
                                       with a cv of up to 0.3, truncation changes the mean by less than 0.1 %.";

    /// Above a cv of 1, more than 16 % of the distribution would be below 0, and it would no longer look normal.
    fn check_cv(cv: f64) -> Result<(), String> {
        if cv > 1.0 {
            let found = format!("a cv of {cv} is too large for `normal`");
            return Err(format!(
                "{found}, which is never below 0\nwrite a cv from 0 to 1, or use `lognormal` or `gamma`"
            ));
        }
        Ok(())
    }

    fn check(pair: &Pair) -> Result<(), String> {
        match pair {
            Pair::MeanAndQuantile { quantile: Quantile { at: Percentile::Median, .. }, .. } => {
                Err("the mean and the median of a normal distribution are the same number\nwrite one of them, and \
                     `cv`, `p90`, `p95` or `p99`"
                    .to_owned())
            }
            Pair::MeanAndCv { .. }
            | Pair::QuantileAndCv { .. }
            | Pair::MeanAndQuantile { .. }
            | Pair::TwoQuantiles { .. } => Ok(()),
        }
    }

    fn schema_of_cv(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Proportion::schema_up_to_one(generator);
        schema.insert("description".to_owned(), "Standard deviation / mean, from 0 to 1.".into());
        schema
    }

    fn of(pair: &Pair) -> Result<Self, String> {
        match *pair {
            Pair::MeanAndCv { mean, cv } => Ok(Self { mean: mean.as_nanos() as f64, cv: cv.get() }),
            Pair::QuantileAndCv { quantile, cv } => {
                let mean = quantile.nanos() / (1.0 + quantile.at.of_normal() * cv.get());
                Ok(Self { mean, cv: cv.get() })
            }
            Pair::MeanAndQuantile { mean, quantile } => Self::with_mean(mean.as_nanos() as f64, quantile),
            Pair::TwoQuantiles { lower, upper } => {
                let (low, high) = (lower.at.of_normal(), upper.at.of_normal());
                let standard_deviation = (upper.nanos() - lower.nanos()) / (high - low);
                Self::new(lower.nanos() - low * standard_deviation, standard_deviation)
            }
        }
    }

    /// The mean of the part above 0: μ + σ φ(μ/σ) / Φ(μ/σ) (Johnson, Kotz, Balakrishnan,
    /// *Continuous Univariate Distributions* 1, 13.10).
    fn mean_nanos(&self) -> f64 {
        let cut = 1.0 / self.cv;
        let density = (-cut * cut / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let above_cut = erfc(-cut / std::f64::consts::SQRT_2) / 2.0;
        self.mean * (1.0 + self.cv * density / above_cut)
    }

    fn scaled(&self, factor: f64) -> Self {
        Self { mean: self.mean * factor, ..*self }
    }

    fn to_draw(&self) -> UncommonFamily {
        UncommonFamily::normal(self.mean, self.mean * self.cv)
    }
}
