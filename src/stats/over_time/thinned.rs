//! A sample of response times that stays small: every value while there are few, then those of some requests.
//!
//! Which requests stay is decided by a hash of their numbers, so it does not depend on the order in which they depart, and
//! follows no pattern of the arrivals. When there are more than [`MOST`], about half of them go.

use crate::engine::Departure;

use crate::stats::bins::nearest_rank;

/// More values are never kept.
const MOST: usize = 4096;

/// Response times in nanoseconds, of requests whose hash is at most `limit`.
#[derive(Clone, Debug)]
pub(super) struct Thinned {
    limit: u32,
    /// Hash and response time.
    values: Vec<(u32, u64)>,
}

impl Default for Thinned {
    fn default() -> Self {
        Self { limit: u32::MAX, values: Vec::new() }
    }
}

/// Spreads numbers that follow each other evenly (Knuth 1973, vol. 3, section 6.4, Fibonacci hashing).
#[inline(always)]
const fn hash(request: u64) -> u32 {
    (request.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

impl Thinned {
    /// Takes the response times of requests.
    #[inline]
    pub fn record(&mut self, departures: &[Departure]) {
        for departure in departures {
            let hash = hash(departure.entrance.request);
            if hash <= self.limit {
                self.values.push((hash, departure.response_time().as_nanos()));
            }
        }
        if self.values.len() > MOST {
            self.thin();
        }
    }

    #[cold]
    fn thin(&mut self) {
        while self.values.len() > MOST {
            self.limit /= 2;
            self.values.retain(|(hash, _)| *hash <= self.limit);
        }
    }

    /// Takes what another sample has kept.
    pub fn merge(&mut self, other: &Self) {
        self.limit = self.limit.min(other.limit);
        self.values.extend_from_slice(&other.values);
        self.values.retain(|(hash, _)| *hash <= self.limit);
        self.thin();
    }

    /// A percentile by nearest rank, for a share in thousandths.
    pub fn percentile(&self, per_mille: u64) -> Option<u64> {
        let mut times: Vec<u64> = self.values.iter().map(|(_, time)| *time).collect();
        times.sort_unstable();
        times.get(nearest_rank(times.len() as u64, per_mille) as usize - 1).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Entrance, Outcome};
    use crate::model::{Activity, ClassId, SimDuration, SimTime};

    fn departure(request: u64, millis: u64) -> Departure {
        let zero = SimDuration::ZERO;
        let entrance = Entrance {
            request,
            class: ClassId(0),
            arrival: SimTime::ZERO,
            first_arrival: SimTime::ZERO,
            tries_before: 0,
            demand: zero,
        };
        let departure = SimTime::ZERO + SimDuration::from_millis(millis);
        let (outcome, counts, was_taken, ends_operation) = (Outcome::Completed, true, true, true);
        let spent = [zero; Activity::ALL.len()];
        Departure { entrance, departure, outcome, counts, was_taken, ends_operation, spent }
    }

    fn sample(requests: std::ops::Range<u64>, time: fn(u64) -> u64) -> Thinned {
        let mut sample = Thinned::default();
        requests.for_each(|request| sample.record(&[departure(request, time(request))]));
        sample
    }

    #[test]
    fn a_small_sample_is_exact() {
        let sample = sample(0..4096, |request| 4096 - request);
        assert_eq!(sample.percentile(950), Some(3892 * 1_000_000));
        assert_eq!(Thinned::default().percentile(950), None);
    }

    #[test]
    fn a_large_sample_keeps_some_whatever_the_pattern_and_the_order() {
        // Of each 16 requests in a row the first takes a second, the others none.
        let pattern = |request: u64| if request.is_multiple_of(16) { 1_000 } else { 0 };
        let sample = sample(0..1_000_000, pattern);
        assert!((2048..=4096).contains(&sample.values.len()), "{}", sample.values.len());
        let slow = sample.values.iter().filter(|(_, time)| *time > 0).count() as f64 / sample.values.len() as f64;
        assert!((slow - 1.0 / 16.0).abs() < 0.01, "{slow} of them are slow");
        let mut backwards = Thinned::default();
        (0..1_000_000).rev().for_each(|request| backwards.record(&[departure(request, pattern(request))]));
        let sorted = |mut values: Vec<(u32, u64)>| {
            values.sort_unstable();
            values
        };
        assert_eq!(sorted(backwards.values), sorted(sample.values));
    }

    #[test]
    fn merged_samples_keep_what_one_would() {
        let mut merged = sample(0..10_000, |request| request);
        merged.merge(&sample(10_000..50_000, |request| request));
        let whole = sample(0..50_000, |request| request);
        assert_eq!((merged.limit, merged.percentile(950)), (whole.limit, whole.percentile(950)));
    }
}
