//! The response times of a window: every value while there are few, then counts in bins.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::stats::measured::bins::{Bins, nearest_rank};
use crate::stats::measured::column::{Column, MOST, Values};

/// Maximum number of values that are kept exactly.
const FEW: usize = 512;

/// Response times in nanoseconds. What is kept depends on the values only, not on the order in which they came.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Times {
    #[serde(with = "crate::stats::measured::stored::unordered")]
    few: Vec<u64>,
    /// Once there are more than [`FEW`].
    bins: Option<Box<Bins>>,
    /// Bins that will probably be needed.
    #[serde(skip)]
    room: Range<usize>,
}

impl Times {
    /// No values yet, of a window after this one.
    pub fn next(&self) -> Self {
        let room = self.bins.as_ref().map_or(self.room.clone(), |bins| bins.room());
        Self { few: Vec::new(), bins: None, room }
    }

    /// Takes response times of requests.
    #[inline]
    pub fn record(&mut self, times: Values<'_>) {
        match &mut self.bins {
            Some(bins) => drop(bins.record(times)),
            None => self.keep(times.all()),
        }
    }

    /// Takes the response time of a request.
    pub fn record_one(&mut self, time: u64) {
        match &mut self.bins {
            Some(bins) => bins.record_any(time),
            None => self.keep(&[time]),
        }
    }

    fn keep(&mut self, times: &[u64]) {
        self.few.extend_from_slice(times);
        self.bin_what_is_many();
    }

    /// Takes the values of another window.
    pub fn merge(&mut self, other: &Self) {
        self.few.extend_from_slice(&other.few);
        if let Some(bins) = &other.bins {
            self.bin().merge(bins);
        }
        self.bin_what_is_many();
    }

    fn bin_what_is_many(&mut self) {
        if self.few.len() > FEW || self.bins.is_some() {
            self.bin();
        }
    }

    #[cold]
    fn bin(&mut self) -> &mut Bins {
        let bins = self.bins.get_or_insert_with(|| {
            let mut bins = Bins::default();
            bins.make_room(self.room.clone());
            Box::new(bins)
        });
        let mut column = Column::default();
        for some in std::mem::take(&mut self.few).chunks(MOST) {
            bins.record(column.fill(some.iter().copied()));
        }
        bins
    }

    /// A percentile by nearest rank, for a share in thousandths: exact while there are few values, else the middle of the bin.
    pub fn percentile(&self, per_mille: u64) -> Option<u64> {
        match &self.bins {
            Some(bins) => bins.percentiles([per_mille])[0],
            None => {
                let mut times = self.few.clone();
                times.sort_unstable();
                times.get(nearest_rank(times.len() as u64, per_mille) as usize - 1).copied()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(nanos: impl Iterator<Item = u64>) -> Times {
        let (mut times, nanos) = (Times::default(), nanos.collect::<Vec<_>>());
        for some in nanos.chunks(MOST) {
            times.record(Column::default().fill(some.iter().copied()));
        }
        times
    }

    #[test]
    fn few_values_are_exact_and_many_within_a_thousandth() {
        assert_eq!(times((1..=512).rev()).percentile(950), Some(487));
        assert_eq!(Times::default().percentile(950), None);
        let found = times((1..=100_000).map(|value| value * 1_000)).percentile(950);
        assert!(found.is_some_and(|found| found.abs_diff(95_000_000) <= 95_000), "{found:?}");
    }

    #[test]
    fn a_window_counts_the_same_whatever_the_one_before_it_held() {
        let before = times((1..=1_000).map(|value| value << 20));
        for values in [10, 5_000] {
            let mut next = before.next();
            next.merge(&times(0..values));
            for share in [10, 500, 950] {
                assert_eq!(next.percentile(share), times(0..values).percentile(share), "{values}");
            }
        }
    }

    #[test]
    fn merged_windows_keep_what_one_would() {
        for (left, right) in [(10, 20), (500, 20), (10, 5_000), (5_000, 10), (5_000, 5_000)] {
            let mut merged = times(0..left);
            merged.merge(&times(left..left + right));
            let whole = times((0..left + right).rev());
            assert_eq!(merged.bins.is_some(), whole.bins.is_some(), "{left} and {right}");
            for share in [10, 500, 950] {
                assert_eq!(merged.percentile(share), whole.percentile(share), "{left} and {right}");
            }
        }
    }
}
