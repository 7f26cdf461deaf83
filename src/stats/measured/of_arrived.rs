//! Numbers of every request that arrived: one without an answer is slower than any bound.
//!
//! A percentile is the least time within which that share of the requests was answered. Requests still in flight at the end
//! count as slower than it once they are older; younger ones are left out, as it may become either of them. So a percentile
//! is below a bound exactly if that share of the requests was answered below it, of all that were answered, that ended
//! without an answer, or that have waited as long as the bound.

use super::bins::nearest_rank;
use super::sample::Sample;

/// What became of requests, as far as it says how long they took.
#[derive(Clone, Copy, Debug)]
pub(super) struct OfArrived<'a> {
    /// How long the answered took.
    pub answered: &'a Sample,
    /// How many ended without an answer.
    pub unanswered: u64,
    /// How old those in flight are.
    pub in_flight: &'a Sample,
}

/// A percentile over every request that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Percentile {
    /// None was answered, and none ended without an answer: all are in flight, for at most that long.
    Unknown(Option<u64>),
    /// Too many got no answer for it to exist.
    Beyond,
    /// That long.
    At(u64),
}

/// A percentile over every request that arrived; `None` where there is none, or too many got no answer.
pub fn percentile_of_arrived(answered: &Sample, unanswered: u64, in_flight: &Sample, per_mille: u64) -> Option<u64> {
    match (OfArrived { answered, unanswered, in_flight }).percentiles(&[per_mille]).first() {
        Some(Percentile::At(value)) => Some(*value),
        Some(Percentile::Unknown(_) | Percentile::Beyond) | None => None,
    }
}

impl OfArrived<'_> {
    /// Percentiles, for shares in thousandths.
    pub fn percentiles(&self, per_mille: &[u64]) -> Vec<Percentile> {
        if self.unanswered == 0 && self.in_flight.count() == 0 {
            let mut found = vec![None; per_mille.len()];
            self.answered.find_percentiles(per_mille, &mut found);
            return found.into_iter().map(|time| time.map_or(Percentile::Unknown(None), Percentile::At)).collect();
        }
        let (answered, in_flight) = (self.answered.ordered(), self.in_flight.ordered());
        per_mille.iter().map(|share| self.percentile(*share, &answered, &in_flight)).collect()
    }

    /// All percentiles: in the order of time, the share of the requests that are faster and that time in nanoseconds; and the
    /// share of those that were answered.
    pub fn curve(&self) -> (Vec<(f64, u64)>, f64) {
        let (answered, in_flight) = (self.answered.ordered(), self.in_flight.ordered());
        let ended = self.answered.count() + self.unanswered;
        let share = |(time, at_most_that): (u64, u64)| {
            let older = self.in_flight.count() - at_most(&in_flight, time);
            at_most_that as f64 / (ended + older) as f64
        };
        let mut faster = 0.0;
        let mut steps: Vec<(f64, u64)> = Vec::new();
        for step in answered {
            let until = share(step);
            if steps.last().is_none_or(|last| last.1 < step.0) {
                steps.push((faster, step.0));
            }
            faster = until;
        }
        (steps, faster)
    }

    fn percentile(&self, per_mille: u64, answered: &[(u64, u64)], in_flight: &[(u64, u64)]) -> Percentile {
        let ended = self.answered.count() + self.unanswered;
        if ended == 0 {
            return Percentile::Unknown(self.in_flight.max());
        }
        if nearest_rank(ended, per_mille) > self.answered.count() {
            return Percentile::Beyond;
        }
        // Whether that share was answered within a time; once it is so, it is for every longer time.
        let is_reached = |time: u64| {
            let older = self.in_flight.count() - at_most(in_flight, time);
            at_most(answered, time) >= nearest_rank(ended + older, per_mille)
        };
        let last = |ordered: &[(u64, u64)]| ordered.last().map_or(0, |(value, _)| *value);
        let (mut low, mut high) = (0, last(answered).max(last(in_flight)));
        while low < high {
            let middle = low + (high - low) / 2;
            if is_reached(middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Percentile::At(high)
    }
}

/// How many of the values, given in order with how many are at or below each, are at most that.
fn at_most(ordered: &[(u64, u64)], value: u64) -> u64 {
    let place = ordered.partition_point(|(other, _)| *other <= value);
    place.checked_sub(1).map_or(0, |place| ordered[place].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(values: impl IntoIterator<Item = u64>) -> Sample {
        let mut sample = Sample::default();
        sample.record(values);
        sample
    }

    /// Percentiles of the given numbers of answered, unanswered and in-flight values.
    fn percentiles(
        answered: impl IntoIterator<Item = u64>,
        unanswered: u64,
        in_flight: impl IntoIterator<Item = u64>,
    ) -> [Percentile; 3] {
        let (answered, in_flight) = (sample(answered), sample(in_flight));
        let of = OfArrived { answered: &answered, unanswered, in_flight: &in_flight };
        of.percentiles(&[500, 990, 1000]).try_into().unwrap()
    }

    #[test]
    fn requests_without_an_answer_are_slower_than_all_others() {
        use Percentile::{At, Beyond};
        assert_eq!(percentiles(1..=100, 0, []), [At(50), At(99), At(100)]);
        assert_eq!(percentiles(1..=99, 1, []), [At(50), At(99), Beyond]);
        assert_eq!(percentiles(1..=98, 2, []), [At(50), Beyond, Beyond]);
        assert_eq!(percentiles(1..=40, 60, []), [Beyond; 3]);
        assert_eq!(percentiles([], 5, []), [Beyond; 3]);
    }

    #[test]
    fn requests_in_flight_count_once_they_are_older() {
        use Percentile::{At, Unknown};
        // Two of a hundred have waited for longer than any other took: until 700 one is left that may be slower.
        assert_eq!(percentiles(1..=98, 0, [500, 700]), [At(50), At(700), At(700)]);
        assert_eq!(percentiles(1..=198, 0, [500, 700]), [At(100), At(198), At(700)]);
        assert_eq!(percentiles(1..=98, 0, [2, 3]), [At(49), At(98), At(98)]);
        assert_eq!(percentiles([], 0, [500, 700]), [Unknown(Some(700)); 3]);
    }

    #[test]
    fn a_curve_has_a_step_for_each_time_and_ends_with_the_answered() {
        let of =
            |answered: &Sample, unanswered, in_flight: &Sample| OfArrived { answered, unanswered, in_flight }.curve();
        let steps = |expected: &[(f64, u64)]| expected.to_vec();
        assert_eq!(of(&sample([30, 10, 20, 20]), 0, &sample([])), (steps(&[(0.0, 10), (0.25, 20), (0.75, 30)]), 1.0));
        assert_eq!(of(&sample([10, 20]), 2, &sample([])), (steps(&[(0.0, 10), (0.25, 20)]), 0.5));
        // One in flight for 15 counts as slower than 10, and is left out beyond.
        assert_eq!(of(&sample([10, 20]), 0, &sample([15])), (steps(&[(0.0, 10), (1.0 / 3.0, 20)]), 1.0));
        assert_eq!(of(&sample([]), 5, &sample([])), (Vec::new(), 0.0));
    }

    #[test]
    fn a_percentile_is_below_a_bound_exactly_if_that_share_was_answered_below_it() {
        let answered: Vec<u64> = (1..=60).map(|value| 3 * value).collect();
        let in_flight: Vec<u64> = (1..=30).map(|value| 7 * value).collect();
        let is_below = |found: Percentile, bound: u64| matches!(found, Percentile::At(time) if time < bound);
        let [_, p99, _] = percentiles(answered.iter().copied(), 0, in_flight.iter().copied());
        let [p50, ..] = percentiles(answered.iter().copied(), 9, in_flight.iter().copied());
        for bound in 1..=300 {
            let below = answered.iter().filter(|value| **value < bound).count() as u64;
            let older = in_flight.iter().filter(|age| **age >= bound).count() as u64;
            assert_eq!(below >= nearest_rank(69 + older, 500), is_below(p50, bound), "p50 < {bound}");
            assert_eq!(below >= nearest_rank(60 + older, 990), is_below(p99, bound), "p99 < {bound}");
        }
    }

    #[test]
    fn large_samples_agree_with_small_ones_within_a_thousandth() {
        let [_, Percentile::At(p99), _] = percentiles((1..=100_000).map(|value| value * 1_000), 500, []) else {
            panic!("half a percent got no answer")
        };
        assert!((p99 as f64 / 99_495_000.0 - 1.0).abs() < 0.001, "{p99}");
    }
}
