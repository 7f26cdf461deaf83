//! The Pareto distribution: P(X > x) = (scale / x)^α (Johnson, Kotz, Balakrishnan, *Continuous Univariate Distributions* 1,
//! 20.3).

use crate::random::distribution::pair::{Pair, Percentile, Quantile};
use crate::random::distribution::root::root;
use crate::random::distribution::sampler::UncommonFamily;

use super::Family;

/// A Pareto distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pareto {
    /// The smallest value.
    pub(super) scale: f64,
    /// 1/α.
    pub(super) tail: f64,
    mean: f64,
}

impl Pareto {
    /// The mean is scale / (1 − 1/α).
    fn with_mean(mean: f64, tail: f64) -> Self {
        Self { scale: mean * (1.0 - tail), tail, mean }
    }

    /// A percentile that one draw in k exceeds is scale · k^(1/α); the mean is infinite for 1/α of 1 or more.
    fn with_quantile(quantile: Quantile, tail: f64) -> Self {
        let scale = quantile.nanos() / quantile.at.one_in().powf(tail);
        Self { scale, tail, mean: if tail < 1.0 { scale / (1.0 - tail) } else { f64::INFINITY } }
    }
}

impl Family for Pareto {
    fn of(pair: &Pair) -> Result<Self, String> {
        match *pair {
            Pair::MeanAndCv { mean, cv } => Ok(Self::with_mean(mean.as_nanos() as f64, tail_of_cv(cv.get()))),
            Pair::QuantileAndCv { quantile, cv } => Ok(Self::with_quantile(quantile, tail_of_cv(cv.get()))),
            Pair::MeanAndQuantile { mean, quantile } => {
                let mean = mean.as_nanos() as f64;
                Ok(Self::with_mean(mean, tail_of_quantile(pair, mean, quantile)?))
            }
            Pair::TwoQuantiles { lower, upper } => {
                let log_ratio = (upper.nanos() / lower.nanos()).ln();
                Ok(Self::with_quantile(lower, log_ratio / (upper.at.one_in() / lower.at.one_in()).ln()))
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
        UncommonFamily::pareto(self.scale, 1.0 / self.tail)
    }
}

/// α = 1 + √(1 + 1/cv²), as the variance is mean² / (α (α − 2)).
fn tail_of_cv(cv: f64) -> f64 {
    1.0 / (1.0 + (1.0 + cv.powi(-2)).sqrt())
}

/// 1/α from ln(1 − 1/α) + ln k / α = ln(percentile / mean). The left side grows from 0 until 1/α is 1 − 1/ln k, and then falls:
/// the root before that. For the median, it only falls.
fn tail_of_quantile(pair: &Pair, mean: f64, quantile: Quantile) -> Result<f64, String> {
    let log_ratio = (quantile.nanos() / mean).ln();
    let of_one_in = quantile.at.one_in().ln();
    let log_ratio_of = |tail: f64| (-tail).ln_1p() + tail * of_one_in;
    if quantile.at == Percentile::Median {
        return Ok(root(0.0, 1.0, |tail| log_ratio_of(tail) > log_ratio).min(1.0 - f64::EPSILON));
    }
    let widest = 1.0 - 1.0 / of_one_in;
    if log_ratio > log_ratio_of(widest) {
        return Err(pair.too_far("pareto", log_ratio_of(widest).exp()));
    }
    Ok(root(0.0, widest, |tail| log_ratio_of(tail) < log_ratio))
}
