//! Confidence intervals from independent values.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// An interval that covers the true mean with a given confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The mean of the values.
    pub mean: f64,
    /// Half the width of the interval around it.
    pub half_width: f64,
}

impl Interval {
    /// Student's t interval for the mean of independent, identically distributed values: mean ± t s / √n, with t the
    /// quantile of Student's distribution with n − 1 degrees of freedom. `None` for fewer than two values or a level
    /// outside ]0, 1[.
    pub fn of_mean(values: &[f64], level: f64) -> Option<Self> {
        let count = values.len() as f64;
        if values.len() < 2 || !(level > 0.0 && level < 1.0) {
            return None;
        }
        let mean = values.iter().sum::<f64>() / count;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
        let quantile = StudentsT::new(0.0, 1.0, count - 1.0).ok()?.inverse_cdf(0.5 + level / 2.0);
        Some(Self { mean, half_width: quantile * (variance / count).sqrt() })
    }

    /// Whether the value lies in the interval.
    pub fn covers(&self, value: f64) -> bool {
        (value - self.mean).abs() <= self.half_width
    }

    /// Half width / |value|.
    pub fn relative_to(&self, value: f64) -> f64 {
        self.half_width / value.abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_textbook_sample_is_reproduced() {
        // Mean 3, s = √2.5, n = 5, t(0.975, 4) = 2.776445.
        let interval = Interval::of_mean(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.95).unwrap();
        assert!((interval.mean - 3.0).abs() < 1e-12);
        assert!((interval.half_width - 2.776_445 * 0.5f64.sqrt()).abs() < 1e-5, "{interval:?}");
        assert!(interval.covers(4.9) && !interval.covers(5.0));
    }

    #[test]
    fn too_few_values_or_an_impossible_level_give_none() {
        assert_eq!(Interval::of_mean(&[1.0], 0.95), None);
        assert_eq!(Interval::of_mean(&[1.0, 2.0], 1.0), None);
    }
}
