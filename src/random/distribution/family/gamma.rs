//! The gamma distribution: mean shape · scale, variance shape · scale² (Johnson, Kotz, Balakrishnan, *Continuous Univariate
//! Distributions* 1, chapter 17).

use statrs::function::gamma::{gamma_lr, ln_gamma};

use crate::random::distribution::pair::{Pair, Percentile, Quantile};
use crate::random::distribution::root::{peak, root};
use crate::random::distribution::sampler::UncommonFamily;

use super::Family;

/// Logarithms of the shapes that are searched: cvs from 1e-6 to 31.6.
const NARROWEST: f64 = 27.631_021_115_928_547;
const WIDEST: f64 = -6.907_755_278_982_137;

/// From this shape on, percentiles are taken from an asymptotic expansion, with an error below 1e-14 of the mean.
const LARGE_SHAPE: f64 = 1e5;

/// A gamma distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gamma {
    pub(super) shape: f64,
    pub(super) scale: f64,
    mean: f64,
}

impl Gamma {
    fn with_quantile(quantile: Quantile, shape: f64) -> Self {
        let scale = (quantile.nanos().ln() - log_quantile(shape, quantile.at)).exp();
        Self { shape, scale, mean: shape * scale }
    }
}

impl Family for Gamma {
    fn of(pair: &Pair) -> Result<Self, String> {
        match *pair {
            Pair::MeanAndCv { mean, cv } => {
                let (mean, cv) = (mean.as_nanos() as f64, cv.get());
                Ok(Self { shape: 1.0 / (cv * cv), scale: mean * cv * cv, mean })
            }
            Pair::QuantileAndCv { quantile, cv } => {
                if cv.get() > 30.0 {
                    return Err(too_wide(cv.get(), quantile.at));
                }
                Ok(Self::with_quantile(quantile, cv.get().powi(-2)))
            }
            Pair::MeanAndQuantile { mean, quantile } => {
                let mean = mean.as_nanos() as f64;
                let shape = shape_of_quantile(pair, mean, quantile)?;
                Ok(Self { shape, scale: mean / shape, mean })
            }
            Pair::TwoQuantiles { lower, upper } => {
                Ok(Self::with_quantile(lower, shape_of_quantiles(pair, lower, upper)?))
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
        UncommonFamily::gamma(self.shape, self.scale)
    }
}

fn too_wide(cv: f64, at: Percentile) -> String {
    let name = at.name();
    format!(
        "with a cv of {cv}, hardly any {name} of `gamma` is above 0\nwrite a cv of up to 30, or use `mean` and `cv`"
    )
}

/// The shape with this ratio of a percentile to the mean. For percentiles above the mean, the ratio first grows from 1 as the
/// shape falls, and later falls; the shape before that is meant. For the median, it only falls.
fn shape_of_quantile(pair: &Pair, mean: f64, quantile: Quantile) -> Result<f64, String> {
    let log_ratio = (quantile.nanos() / mean).ln();
    let log_ratio_of = |log_shape: f64| log_quantile(log_shape.exp(), quantile.at) - log_shape;
    let is_median = quantile.at == Percentile::Median;
    let widest = if is_median { WIDEST } else { peak(WIDEST, -WIDEST, log_ratio_of) };
    shape_between(pair, widest, log_ratio.abs(), |log_shape| log_ratio_of(log_shape).abs())
}

/// The shape with this ratio of two percentiles, which grows as the shape falls.
fn shape_of_quantiles(pair: &Pair, lower: Quantile, upper: Quantile) -> Result<f64, String> {
    let log_ratio = (upper.nanos() / lower.nanos()).ln();
    shape_between(pair, WIDEST, log_ratio, |log_shape| {
        log_quantile(log_shape.exp(), upper.at) - log_quantile(log_shape.exp(), lower.at)
    })
}

/// The shape with this ratio, which falls as the shape grows.
fn shape_between(pair: &Pair, widest: f64, log_ratio: f64, log_ratio_of: impl Fn(f64) -> f64) -> Result<f64, String> {
    if log_ratio > log_ratio_of(widest) {
        return Err(pair.too_far("gamma", log_ratio_of(widest).exp()));
    }
    if log_ratio < log_ratio_of(NARROWEST) {
        return Err(pair.too_close("gamma"));
    }
    Ok(root(widest, NARROWEST, |log_shape| log_ratio_of(log_shape) > log_ratio).exp())
}

/// The logarithm of a percentile for scale 1.
fn log_quantile(shape: f64, at: Percentile) -> f64 {
    if shape >= LARGE_SHAPE {
        return log_quantile_of_large(shape, at.of_normal());
    }
    let log_probability = at.probability().ln();
    let log_gamma = ln_gamma(shape);
    let mut log = first_guess(shape, at);
    // Newton's method for ln P(shape, x), which is concave in ln x: it converges from wherever P is above 0.
    for _ in 0..100 {
        let x = log.exp();
        let probability = gamma_lr(shape, x);
        let slope = (shape * log - x - log_gamma).exp() / probability;
        let step = (probability.ln() - log_probability) / slope;
        log -= step;
        if step.abs() < 1e-14 {
            break;
        }
    }
    log
}

/// Near the percentile: for small shapes a lower bound, from P(shape, x) ≤ x^shape / Γ(shape + 1); for others Wilson and
/// Hilferty's approximation (1931).
fn first_guess(shape: f64, at: Percentile) -> f64 {
    if shape < 0.5 {
        return (at.probability().ln() + ln_gamma(shape + 1.0)) / shape;
    }
    let cube_root = 1.0 - 1.0 / (9.0 * shape) + at.of_normal() / (3.0 * shape.sqrt());
    shape.ln() + 3.0 * cube_root.ln()
}

/// Cornish and Fisher's expansion (Abramowitz and Stegun, 26.4.14 without the terms that are too small here), with z the
/// percentile of the standard normal distribution.
fn log_quantile_of_large(shape: f64, z: f64) -> f64 {
    let root = shape.sqrt();
    let third = (z * z * z - 7.0 * z) / (36.0 * shape * root);
    let fourth = (6.0 * z.powi(4) + 14.0 * z * z - 32.0) / (1620.0 * shape * shape);
    shape.ln() + (z / root + (z * z - 1.0) / (3.0 * shape) + third - fourth).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_a_percentile_agree_where_they_meet() {
        for at in [Percentile::Median, Percentile::P90, Percentile::P95, Percentile::P99] {
            let searched = log_quantile(LARGE_SHAPE * (1.0 - 1e-15), at);
            let expanded = log_quantile_of_large(LARGE_SHAPE, at.of_normal());
            assert!((searched - expanded).abs() < 1e-11, "{at:?}: {searched} and {expanded}");
        }
    }

    #[test]
    fn percentiles_of_known_shapes_are_exact() {
        // Shape 1 is exponential; shape 1/2 is half the square of a standard normal variable.
        for at in [Percentile::Median, Percentile::P90, Percentile::P95, Percentile::P99] {
            assert!((log_quantile(1.0, at) - at.of_exponential().ln()).abs() < 1e-13, "{at:?}");
        }
        let z = 1.644_853_626_951_472_2_f64;
        assert!((log_quantile(0.5, Percentile::P90) - (z * z / 2.0).ln()).abs() < 1e-13);
    }
}
