//! The Weibull distribution: P(X > x) = exp(−(x / scale)^k) (Johnson, Kotz, Balakrishnan, *Continuous Univariate Distributions*
//! 1, chapter 21).

use statrs::function::gamma::{digamma, ln_gamma};

use crate::random::distribution::pair::{Pair, Percentile, Quantile};
use crate::random::distribution::root::root;
use crate::random::distribution::sampler::UncommonFamily;

use super::Family;

/// Beyond the largest 1/k of a mean and a median of at most 50 years.
const WIDEST: f64 = 100.0;

/// A Weibull distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weibull {
    pub(super) scale: f64,
    /// 1/k.
    pub(super) inverse_shape: f64,
    mean: f64,
}

impl Weibull {
    /// The mean is scale · Γ(1 + 1/k).
    fn with_mean(mean: f64, inverse_shape: f64) -> Self {
        Self { scale: mean / ln_gamma(1.0 + inverse_shape).exp(), inverse_shape, mean }
    }

    /// A percentile is scale · e^(1/k), with e the same percentile of the exponential distribution of mean 1.
    fn with_quantile(quantile: Quantile, inverse_shape: f64) -> Self {
        let scale = quantile.nanos() / quantile.at.of_exponential().powf(inverse_shape);
        Self { scale, inverse_shape, mean: scale * ln_gamma(1.0 + inverse_shape).exp() }
    }
}

impl Family for Weibull {
    fn of(pair: &Pair) -> Result<Self, String> {
        match *pair {
            Pair::MeanAndCv { mean, cv } => Ok(Self::with_mean(mean.as_nanos() as f64, inverse_shape_of_cv(cv.get()))),
            Pair::QuantileAndCv { quantile, cv } => Ok(Self::with_quantile(quantile, inverse_shape_of_cv(cv.get()))),
            Pair::MeanAndQuantile { mean, quantile } => {
                let mean = mean.as_nanos() as f64;
                Ok(Self::with_mean(mean, inverse_shape_of_quantile(pair, mean, quantile)?))
            }
            Pair::TwoQuantiles { lower, upper } => {
                let log_ratio = (upper.nanos() / lower.nanos()).ln();
                let of_one = (upper.at.of_exponential() / lower.at.of_exponential()).ln();
                Ok(Self::with_quantile(lower, log_ratio / of_one))
            }
        }
    }

    fn mean_nanos(&self) -> f64 {
        self.mean
    }

    fn scaled(&self, factor: f64) -> Self {
        Self { scale: self.scale * factor, mean: self.mean * factor, ..*self }
    }

    fn to_draw(&self) -> UncommonFamily {
        UncommonFamily::weibull(self.scale, 1.0 / self.inverse_shape)
    }
}

/// The root of cv² = Γ(1 + 2/k) / Γ(1 + 1/k)² − 1 (21.2). The right side grows with 1/k, from 0 to above 100² at 10.
fn inverse_shape_of_cv(cv: f64) -> f64 {
    let squared_cv =
        |inverse_shape: f64| (ln_gamma(1.0 + 2.0 * inverse_shape) - 2.0 * ln_gamma(1.0 + inverse_shape)).exp_m1();
    // 60 halvings leave less than the last bit of a shape above 1e-6.
    root(0.0, 10.0, |inverse_shape| squared_cv(inverse_shape) < cv * cv)
}

/// 1/k from ln e / k − ln Γ(1 + 1/k) = ln(percentile / mean). The left side is concave and 0 at 0: it grows until ψ(1 + 1/k) =
/// ln e, and then falls. Percentiles above the mean have a root on either side, and the first is meant; a median below the
/// mean has one, on the far side.
fn inverse_shape_of_quantile(pair: &Pair, mean: f64, quantile: Quantile) -> Result<f64, String> {
    let log_ratio = (quantile.nanos() / mean).ln();
    let log_exponential = quantile.at.of_exponential().ln();
    let log_ratio_of = |inverse_shape: f64| inverse_shape * log_exponential - ln_gamma(1.0 + inverse_shape);
    let peak = root(0.0, WIDEST, |inverse_shape| digamma(1.0 + inverse_shape) < log_exponential);
    if quantile.at == Percentile::Median {
        return Ok(root(peak, WIDEST, |inverse_shape| log_ratio_of(inverse_shape) > log_ratio));
    }
    if log_ratio > log_ratio_of(peak) {
        return Err(pair.too_far("weibull", log_ratio_of(peak).exp()));
    }
    Ok(root(0.0, peak, |inverse_shape| log_ratio_of(inverse_shape) < log_ratio))
}
