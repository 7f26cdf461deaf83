//! A sample of times or ratios: exact while it is small, a histogram within 0.1 % beyond.

use serde::{Deserialize, Serialize};

use super::bins::{Bins, nearest_rank};
use super::column::{Column, MOST, Values};

/// Maximum number of values that are kept exactly.
pub(super) const EXACT_UP_TO: usize = 10_000;

/// Whole numbers (nanoseconds, millionths) in constant memory. Mean and standard deviation are of the exact values.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Sample {
    /// All values, while there are few.
    #[serde(with = "super::stored::unordered")]
    values: Vec<u64>,
    /// Once there are more than [`EXACT_UP_TO`].
    binned: Option<Box<Binned>>,
    /// Whether the standard deviation will be asked for.
    with_deviation: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Binned {
    bins: Bins,
    sums: Sums,
}

/// What is known of values without their order.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Sums {
    count: u64,
    sum: u128,
    /// `None` if it is not needed or does not fit.
    sum_of_squares: Option<u128>,
    min: u64,
    max: u64,
}

impl Sums {
    const fn empty(with_squares: bool) -> Self {
        Self { count: 0, sum: 0, sum_of_squares: if with_squares { Some(0) } else { None }, min: u64::MAX, max: 0 }
    }

    fn of(values: &[u64], with_squares: bool) -> Self {
        let mut sums = Self::empty(with_squares);
        sums.count = values.len() as u64;
        for value in values {
            sums.sum += u128::from(*value);
            sums.min = sums.min.min(*value);
            sums.max = sums.max.max(*value);
        }
        let mut squares = values.iter().map(|value| u128::from(*value) * u128::from(*value));
        sums.sum_of_squares = if with_squares { squares.try_fold(0, u128::checked_add) } else { None };
        sums
    }

    /// Takes values.
    #[inline]
    fn add(&mut self, values: Values<'_>) {
        if !values.are_exact() {
            self.merge(&Self::of(values.all(), self.sum_of_squares.is_some()));
            return;
        }
        let values = values.all();
        // No sum of them needs more than 64 bits, and none of their squares more than 128. A difference that would be below 0
        // has the highest bit; so do those of values outside the bounds so far.
        let (least, most) = (self.min.min(i64::MAX as u64), self.max);
        let (mut sum, mut outside) = (0, 0);
        for value in values {
            sum += value;
            outside |= value.wrapping_sub(least) | most.wrapping_sub(*value);
        }
        if outside >> (u64::BITS - 1) == 1 {
            self.widen(values);
        }
        self.count += values.len() as u64;
        self.sum += u128::from(sum);
        if let Some(squares) = self.sum_of_squares {
            let more: u128 = values.iter().map(|value| u128::from(*value) * u128::from(*value)).sum();
            self.sum_of_squares = squares.checked_add(more);
        }
    }

    /// Takes the smallest and the largest of values that lie outside the bounds so far.
    #[cold]
    fn widen(&mut self, values: &[u64]) {
        self.min = values.iter().fold(self.min, |min, value| min.min(*value));
        self.max = values.iter().fold(self.max, |max, value| max.max(*value));
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        let squares = self.sum_of_squares.zip(other.sum_of_squares);
        self.sum_of_squares = squares.and_then(|(one, other)| one.checked_add(other));
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

impl Binned {
    /// Returns how many of the values are 0.
    #[inline]
    fn record(&mut self, values: Values<'_>) -> u64 {
        self.sums.add(values);
        self.bins.record(values)
    }

    fn record_one(&mut self, value: u64) {
        self.sums.merge(&Sums::of(&[value], self.sums.sum_of_squares.is_some()));
        self.bins.record_any(value);
    }
}

impl Sample {
    /// An empty sample whose standard deviation will be asked for.
    pub fn with_deviation() -> Self {
        Self { with_deviation: true, ..Self::default() }
    }

    /// Takes values into the sample.
    pub fn record(&mut self, values: impl IntoIterator<Item = u64>) {
        values.into_iter().for_each(|value| self.record_one(value));
    }

    fn record_one(&mut self, value: u64) {
        match &mut self.binned {
            Some(binned) => binned.record_one(value),
            None if self.values.len() < EXACT_UP_TO => self.values.push(value),
            None => self.bin().record_one(value),
        }
    }

    /// Takes values into the sample; returns how many of them are 0.
    #[inline]
    pub(super) fn record_values(&mut self, values: Values<'_>) -> u64 {
        match &mut self.binned {
            Some(binned) => binned.record(values),
            None => self.keep(values),
        }
    }

    /// Keeps values as they are, if they are still few.
    #[inline(never)]
    fn keep(&mut self, values: Values<'_>) -> u64 {
        let (count, room) = (values.all().len(), EXACT_UP_TO.saturating_sub(self.values.len()));
        let few = values.part(0..room.min(count)).all();
        match few {
            // Of many classes, there is often one of each.
            [only] => self.values.push(*only),
            _ => self.values.extend_from_slice(few),
        }
        if few.len() < count {
            self.bin().record(values.part(few.len()..count));
        }
        values.all().iter().filter(|value| **value == 0).count() as u64
    }

    /// Takes all values of another sample into this one.
    pub fn merge(&mut self, other: &Self) {
        if self.binned.is_none() && self.values.len() + other.values.len() <= EXACT_UP_TO {
            self.values.extend_from_slice(&other.values);
        } else {
            let mut column = Column::default();
            for some in other.values.chunks(MOST) {
                self.record_values(column.fill(some.iter().copied()));
            }
        }
        if let Some(other) = &other.binned {
            let binned = self.bin();
            binned.bins.merge(&other.bins);
            binned.sums.merge(&other.sums);
        }
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.values.len() as u64 + self.binned.as_ref().map_or(0, |binned| binned.sums.count)
    }

    /// The sum of all values.
    #[cfg(feature = "internals")]
    pub fn sum(&self) -> u128 {
        self.sums().sum
    }

    /// The arithmetic mean.
    pub fn mean(&self) -> Option<f64> {
        let Sums { count, sum, .. } = self.sums();
        (count > 0).then(|| sum as f64 / count as f64)
    }

    /// The standard deviation of the population, of a sample created to keep it.
    pub fn stddev(&self) -> Option<f64> {
        // n Σx² - (Σx)² in integers, so that nothing cancels; where that overflows, floats do.
        let Sums { count, sum, sum_of_squares, .. } = self.sums();
        let (count, squares) = (u128::from(count), sum_of_squares?);
        let spread = match (count.checked_mul(squares), sum.checked_mul(sum)) {
            (Some(squares), Some(square)) => (squares - square) as f64,
            _ => (count as f64 * squares as f64 - (sum as f64).powi(2)).max(0.0),
        };
        (count > 0).then(|| spread.sqrt() / count as f64)
    }

    /// The smallest value.
    pub fn min(&self) -> Option<u64> {
        let Sums { count, min, .. } = self.sums();
        (count > 0).then_some(min)
    }

    /// The largest value.
    pub fn max(&self) -> Option<u64> {
        let Sums { count, max, .. } = self.sums();
        (count > 0).then_some(max)
    }

    /// Percentiles by nearest rank (the smallest value with at least that share of the sample at or below it), for
    /// shares in thousandths. Exact for small samples; else the middle of the bin, within [min, max].
    pub fn percentiles<const N: usize>(&self, per_mille: [u64; N]) -> [Option<u64>; N] {
        let mut found = [None; N];
        self.find_percentiles(&per_mille, &mut found);
        found
    }

    /// The same, into a place of their own.
    pub(super) fn find_percentiles(&self, per_mille: &[u64], found: &mut [Option<u64>]) {
        match &self.binned {
            None => find_exact_percentiles(self.values.clone(), per_mille, found),
            Some(binned) => {
                let Sums { min, max, .. } = binned.sums;
                binned.bins.find_percentiles(per_mille, found);
                found.iter_mut().flatten().for_each(|middle| *middle = (*middle).clamp(min, max));
            }
        }
    }

    /// The values in order, each with how many are at or below it; those of a bin are its middle.
    pub(super) fn ordered(&self) -> Vec<(u64, u64)> {
        match &self.binned {
            None => {
                let mut sorted = self.values.clone();
                sorted.sort_unstable();
                sorted.into_iter().zip(1..).collect()
            }
            Some(binned) => {
                let Sums { min, max, .. } = binned.sums;
                let middles = binned.bins.middles();
                let mut below = 0;
                let counted = middles.map(|(middle, count)| {
                    below += count;
                    (middle.clamp(min, max), below)
                });
                counted.collect()
            }
        }
    }

    fn sums(&self) -> Sums {
        let mut sums = Sums::of(&self.values, self.with_deviation);
        self.binned.iter().for_each(|binned| sums.merge(&binned.sums));
        sums
    }

    /// Makes room for about as many values as another sample has, or for what it has bins for if both count in bins.
    pub(super) fn make_room_like(&mut self, other: &Self) {
        match (&mut self.binned, &other.binned) {
            (Some(binned), Some(other)) => binned.bins.cover_those_of(&other.bins),
            // A few more: most of many samples then do not grow beyond it.
            (None, None) => self.values.reserve((other.values.len() * 5 / 4).min(EXACT_UP_TO)),
            (None, Some(_)) | (Some(_), None) => {}
        }
    }

    /// From now on values are counted in bins, those kept so far too.
    pub(super) fn bin_from_now_on(&mut self) {
        self.bin();
    }

    #[cold]
    fn bin(&mut self) -> &mut Binned {
        let sums = Sums::empty(self.with_deviation);
        let binned = self.binned.get_or_insert_with(|| Box::new(Binned { bins: Bins::default(), sums }));
        let mut column = Column::default();
        for some in std::mem::take(&mut self.values).chunks(MOST) {
            binned.record(column.fill(some.iter().copied()));
        }
        binned
    }
}

/// Percentiles of these values. They are selected one after the other, which takes much less time than ordering all of them.
fn find_exact_percentiles(mut values: Vec<u64>, per_mille: &[u64], found: &mut [Option<u64>]) {
    let count = values.len() as u64;
    // No value before this place is larger than one from it on.
    let mut ordered = 0;
    let mut percentile = |share: u64| {
        let place = nearest_rank(count, share) as usize - 1;
        let from = if ordered <= place { ordered } else { 0 };
        let rest = values.get_mut(from..).filter(|rest| place - from < rest.len())?;
        ordered = place;
        Some(*rest.select_nth_unstable(place - from).1)
    };
    found.iter_mut().zip(per_mille).for_each(|(found, share)| *found = percentile(*share));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_ordered_values_in_any_order() {
        let values: Vec<u64> = (0..1000).map(|place| place * 7919 % 613).collect();
        let mut ordered = values.clone();
        ordered.sort_unstable();
        let expected = |share: u64| Some(ordered[nearest_rank(1000, share) as usize - 1]);
        for shares in [[500, 900, 950, 990, 999], [999, 500, 500, 1000, 1]] {
            assert_eq!(sample(values.iter().copied()).percentiles(shares), shares.map(expected));
        }
        assert_eq!(sample([]).percentiles([500, 990]), [None; 2]);
        assert_eq!(sample([7]).percentiles([1, 1000]), [Some(7); 2]);
    }

    fn sample(values: impl IntoIterator<Item = u64>) -> Sample {
        let mut sample = Sample::with_deviation();
        sample.record(values);
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
        let sample = Sample::with_deviation();
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
    fn waits_are_recorded_like_other_values() {
        for zeros in [1, 100, 70_000] {
            let (mut one, mut other) = (sample(0..20_000), sample(0..20_000));
            let waits = vec![0; zeros];
            for some in waits.chunks(100) {
                assert_eq!(one.record_values(Column::default().fill(some.iter().copied())), some.len() as u64);
            }
            other.record(waits);
            assert_eq!(one.record_values(Column::default().fill([0, 7, 0, 9].into_iter())), 2);
            [0, 7, 0, 9].into_iter().for_each(|value| other.record([value]));
            assert_eq!(one.percentiles([1, 500, 900, 999]), other.percentiles([1, 500, 900, 999]), "{zeros}");
            assert_eq!(
                (one.count(), one.sum(), one.min(), one.max()),
                (other.count(), other.sum(), other.min(), other.max())
            );
        }
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
