//! A sample of times or ratios: exact while it is small, a histogram of at most 0.1 % resolution beyond.

use super::bins::{Bins, nearest_rank};

/// So many values are kept as they are.
const EXACT_UP_TO: usize = 10_000;

/// Beyond, a value is known to one part in 2^10.
type Histogram = Bins<10>;

/// Whole numbers (nanoseconds, millionths) in constant memory. Mean and standard deviation are of the exact values.
#[derive(Clone, Debug)]
pub struct Sample {
    count: u64,
    sum: u128,
    /// `None` once it no longer fits.
    sum_of_squares: Option<u128>,
    min: u64,
    max: u64,
    values: Values,
}

#[derive(Clone, Debug)]
enum Values {
    Exact(Vec<u64>),
    Binned(Histogram),
}

impl Default for Sample {
    fn default() -> Self {
        Self { count: 0, sum: 0, sum_of_squares: Some(0), min: u64::MAX, max: 0, values: Values::Exact(Vec::new()) }
    }
}

impl Sample {
    /// Takes a value into the sample.
    #[inline]
    pub fn record(&mut self, value: u64) {
        self.count += 1;
        self.sum += u128::from(value);
        let square = u128::from(value) * u128::from(value);
        self.sum_of_squares = self.sum_of_squares.and_then(|sum| sum.checked_add(square));
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.values.record(value);
    }

    /// Takes all values of another sample into this one.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.sum_of_squares = self.sum_of_squares.zip(other.sum_of_squares).and_then(|(a, b)| a.checked_add(b));
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        match &other.values {
            Values::Exact(values) => values.iter().for_each(|value| self.values.record(*value)),
            Values::Binned(bins) => self.values.bin().merge(bins),
        }
    }

    /// How many values there are.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The sum of all values.
    pub const fn sum(&self) -> u128 {
        self.sum
    }

    /// The arithmetic mean.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }

    /// The standard deviation of the population.
    pub fn stddev(&self) -> Option<f64> {
        // n Σx² - (Σx)² in integers, so that nothing cancels; where that overflows, floats do.
        let (count, squares) = (u128::from(self.count), self.sum_of_squares?);
        let spread = match (count.checked_mul(squares), self.sum.checked_mul(self.sum)) {
            (Some(squares), Some(square)) => (squares - square) as f64,
            _ => (count as f64 * squares as f64 - (self.sum as f64).powi(2)).max(0.0),
        };
        (count > 0).then(|| spread.sqrt() / count as f64)
    }

    /// The smallest value.
    pub fn min(&self) -> Option<u64> {
        (self.count > 0).then_some(self.min)
    }

    /// The largest value.
    pub fn max(&self) -> Option<u64> {
        (self.count > 0).then_some(self.max)
    }

    /// Percentiles by nearest rank (the smallest value with at least that share of the sample at or below it), for
    /// shares in thousandths. Exact for small samples; else the middle of the bin, within [min, max].
    pub fn percentiles<const N: usize>(&self, per_mille: [u64; N]) -> [Option<u64>; N] {
        match &self.values {
            Values::Exact(values) => {
                let mut sorted = values.clone();
                sorted.sort_unstable();
                per_mille.map(|share| sorted.get(nearest_rank(self.count, share) as usize - 1).copied())
            }
            Values::Binned(bins) => {
                bins.percentiles(per_mille).map(|middle| middle.map(|middle| middle.clamp(self.min, self.max)))
            }
        }
    }
}

impl Values {
    #[inline]
    fn record(&mut self, value: u64) {
        match self {
            Self::Binned(bins) => bins.record(value),
            Self::Exact(values) if values.len() < EXACT_UP_TO => values.push(value),
            Self::Exact(_) => self.bin().record(value),
        }
    }

    /// From now on values are counted in bins.
    fn bin(&mut self) -> &mut Histogram {
        if let Self::Exact(values) = self {
            let mut bins = Histogram::default();
            values.iter().for_each(|value| bins.record(*value));
            *self = Self::Binned(bins);
        }
        match self {
            Self::Binned(bins) => bins,
            Self::Exact(_) => unreachable!("the values have just been binned"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(values: impl IntoIterator<Item = u64>) -> Sample {
        let mut sample = Sample::default();
        values.into_iter().for_each(|value| sample.record(value));
        sample
    }

    #[test]
    fn a_small_sample_is_exact() {
        let sample = sample([40, 10, 30, 20]);
        assert_eq!(sample.percentiles([500, 501, 750, 990, 0]), [20, 30, 30, 40, 10].map(Some));
        assert_eq!((sample.min(), sample.max(), sample.mean()), (Some(10), Some(40), Some(25.0)));
        assert!((sample.stddev().unwrap() - 125f64.sqrt()).abs() < 1e-9);
    }

    #[test]
    fn an_empty_sample_has_no_numbers() {
        let sample = Sample::default();
        assert_eq!((sample.mean(), sample.stddev(), sample.min(), sample.max()), (None, None, None, None));
        assert_eq!(sample.percentiles([500]), [None]);
    }

    #[test]
    fn a_large_sample_is_within_a_thousandth() {
        let sample = sample((1..=1_000_000).map(|value| value * 1_000));
        for (share, found) in [500, 950, 999, 1000].into_iter().zip(sample.percentiles([500, 950, 999, 1000])) {
            let exact = (share * 1_000_000) as f64;
            let error = (found.unwrap() as f64 - exact).abs() / exact;
            assert!(error <= 0.001, "p{share}: off by {error}");
        }
        assert_eq!(sample.max(), Some(1_000_000_000));
    }

    #[test]
    fn merged_samples_are_one_sample() {
        for (left, right) in [(10, 20), (10, 20_000), (20_000, 10), (20_000, 30_000), (9_000, 9_000)] {
            let mut merged = sample(0..left);
            merged.merge(&sample(left..left + right));
            let whole = sample(0..left + right);
            assert_eq!(merged.percentiles([10, 500, 999]), whole.percentiles([10, 500, 999]), "{left} + {right}");
            assert_eq!((merged.count(), merged.sum(), merged.max()), (whole.count(), whole.sum(), whole.max()));
            assert_eq!(merged.stddev(), whole.stddev());
        }
    }
}
