//! The lognormal distribution (Johnson, Kotz, Balakrishnan, *Continuous Univariate Distributions* 1, chapter 14).

use crate::random::distribution::pair::{Pair, Percentile, Quantile};
use crate::random::distribution::sampler::UncommonFamily;

use super::Family;

/// A lognormal distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lognormal {
    /// μ, the mean of the logarithm of nanoseconds.
    pub(super) location: f64,
    /// σ, the standard deviation of the logarithm.
    pub(super) scale: f64,
    mean: f64,
}

impl Lognormal {
    /// The mean is exp(μ + σ²/2).
    fn with_mean(mean: f64, scale: f64) -> Self {
        Self { location: mean.ln() - scale * scale / 2.0, scale, mean }
    }

    /// A percentile is exp(μ + zσ).
    fn with_quantile(quantile: Quantile, scale: f64) -> Self {
        let location = quantile.nanos().ln() - quantile.at.of_normal() * scale;
        Self { location, scale, mean: (location + scale * scale / 2.0).exp() }
    }
}

impl Family for Lognormal {
    fn of(pair: &Pair) -> Result<Self, String> {
        match *pair {
            Pair::MeanAndCv { mean, cv } => {
                let mean = mean.as_nanos() as f64;
                let variance = cv.get().powi(2).ln_1p();
                Ok(Self { location: mean.ln() - variance / 2.0, scale: variance.sqrt(), mean })
            }
            Pair::QuantileAndCv { quantile, cv } => Ok(Self::with_quantile(quantile, cv.get().powi(2).ln_1p().sqrt())),
            Pair::MeanAndQuantile { mean, quantile } => {
                let mean = mean.as_nanos() as f64;
                Ok(Self::with_mean(mean, scale_of_quantile(pair, mean, quantile)?))
            }
            Pair::TwoQuantiles { lower, upper } => {
                let log_ratio = (upper.nanos() / lower.nanos()).ln();
                Ok(Self::with_quantile(lower, log_ratio / (upper.at.of_normal() - lower.at.of_normal())))
            }
        }
    }

    fn mean_nanos(&self) -> f64 {
        self.mean
    }

    fn scaled(&self, factor: f64) -> Self {
        Self { location: self.location + factor.ln(), mean: self.mean * factor, ..*self }
    }

    fn to_draw(&self) -> UncommonFamily {
        UncommonFamily::lognormal(self.location, self.scale)
    }
}

/// σ from zσ − σ²/2 = ln(percentile / mean): the smaller root, from 0 for a percentile that is hardly above the mean to z. A
/// median has z = 0, and one root.
fn scale_of_quantile(pair: &Pair, mean: f64, quantile: Quantile) -> Result<f64, String> {
    let log_ratio = (quantile.nanos() / mean).ln();
    if quantile.at == Percentile::Median {
        return Ok((-2.0 * log_ratio).sqrt());
    }
    let z = quantile.at.of_normal();
    let discriminant = z * z - 2.0 * log_ratio;
    if discriminant < 0.0 {
        return Err(pair.too_far("lognormal", (z * z / 2.0).exp()));
    }
    // As z − √discriminant, without its loss of digits.
    Ok(2.0 * log_ratio / (z + discriminant.sqrt()))
}
