//! How long a system takes to fill up: where the response times of a run settle, by MSER-5.
//!
//! K. P. White, M. J. Cobb, S. C. Spratt: A comparison of five steady-state truncation heuristics for simulation (Winter
//! Simulation Conference, 2000). The means of batches of five response times are taken in the order of arrival. Of all
//! ways to leave out the first d of n batches, the best leaves the smallest squared standard error of the rest:
//! Σ (xⱼ − x̄)² / (n − d)², summed over the batches that stay. A best d in the second half says that the run is too short
//! to settle.
//!
//! A long run has longer batches: when [`MOST`] are full, each two become one, so that memory is bounded.

use serde::{Deserialize, Serialize};

use crate::engine::{Departure, Observer, Outcome};
use crate::model::SimTime;

/// Maximum number of batches.
const MOST: usize = 4096;
/// Number of requests in the first batches.
const SHORTEST: u64 = 5;

/// Watches where response times settle.
#[derive(Clone, Debug)]
pub struct Settling {
    /// How many requests a batch has.
    size: u64,
    batches: Vec<BatchMean>,
}

#[derive(Clone, Copy, Debug)]
struct BatchMean {
    /// When its first request arrived.
    begin: SimTime,
    /// Of the answered requests.
    count: u64,
    sum: u128,
}

/// What is to be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truncation {
    /// Requests that arrive before it.
    pub until: SimTime,
    /// Whether response times settled in the first half of the run.
    pub settled: bool,
}

impl Default for Settling {
    fn default() -> Self {
        Self { size: SHORTEST, batches: Vec::new() }
    }
}

impl Settling {
    /// Where the warm-up ends. What has not settled by the middle is cut there.
    pub fn truncation(&self) -> Truncation {
        // A batch in which nothing was answered says nothing; the last one may be short.
        let whole = self.batches.len().saturating_sub(1);
        let answered: Vec<_> = self.batches[..whole].iter().filter(|batch| batch.count > 0).collect();
        let means: Vec<f64> = answered.iter().map(|batch| batch.sum as f64 / batch.count as f64).collect();
        let best = best_truncation(&means);
        let middle = means.len() / 2;
        let begin = |place: usize| answered.get(place).map_or(SimTime::ZERO, |batch| batch.begin);
        match best {
            Some(0) => Truncation { until: SimTime::ZERO, settled: true },
            Some(best) if best <= middle => Truncation { until: begin(best), settled: true },
            Some(_) => Truncation { until: begin(middle), settled: false },
            None => Truncation { until: SimTime::ZERO, settled: false },
        }
    }

    #[cold]
    fn begin(&mut self, request: u64) {
        while request / self.size >= MOST as u64 {
            self.join_pairs();
        }
        let batches = (request / self.size) as usize + 1;
        let empty = BatchMean { begin: SimTime::MAX, count: 0, sum: 0 };
        self.batches.resize(batches.max(self.batches.len()), empty);
    }

    fn join_pairs(&mut self) {
        self.size *= 2;
        let joined = self.batches.chunks(2).map(|pair| BatchMean {
            begin: pair.iter().map(|batch| batch.begin).min().unwrap_or(SimTime::MAX),
            count: pair.iter().map(|batch| batch.count).sum(),
            sum: pair.iter().map(|batch| batch.sum).sum(),
        });
        self.batches = joined.collect();
    }
}

/// How many of the first values are best left out; `None` if there are too few to say. The last five are never tried
/// alone: a few equal ones would always win.
fn best_truncation(values: &[f64]) -> Option<usize> {
    const FEWEST: usize = 10;
    const LAST: usize = 5;
    if values.len() < FEWEST {
        return None;
    }
    // From the end: mean and sum of squared deviations of the values so far (Welford).
    let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
    let mut best = (f64::INFINITY, 0);
    for (place, value) in values.iter().enumerate().rev() {
        count += 1.0;
        let deviation = value - mean;
        mean += deviation / count;
        squares += deviation * (value - mean);
        let error = squares / (count * count);
        if values.len() - place > LAST && error <= best.0 {
            best = (error, place);
        }
    }
    Some(best.1)
}

impl Observer for Settling {
    #[inline]
    fn on_departures(&mut self, departures: &[Departure]) {
        for departure in departures {
            let request = departure.entrance.request;
            if request / self.size >= self.batches.len() as u64 {
                self.begin(request);
            }
            let batch = &mut self.batches[(request / self.size) as usize];
            batch.begin = batch.begin.min(departure.entrance.arrival);
            if departure.outcome == Outcome::Completed {
                batch.count += 1;
                batch.sum += u128::from(departure.response_time().as_nanos());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Entrance;
    use crate::model::{ClassId, SimDuration};

    /// Values that rise to 100 in this many steps and then vary around it.
    fn rising(steps: usize, count: usize) -> Vec<f64> {
        (0..count)
            .map(|place| 100.0 * (place as f64 / steps as f64).min(1.0) + [3.0, -1.0, 2.0, -4.0, 0.0][place % 5])
            .collect()
    }

    #[test]
    fn the_rise_is_left_out() {
        let best = best_truncation(&rising(200, 2_000)).unwrap();
        assert!((180..=205).contains(&best), "{best}");
    }

    #[test]
    fn what_has_settled_from_the_beginning_is_kept() {
        assert!(best_truncation(&rising(1, 2_000)).unwrap() <= 5);
    }

    #[test]
    fn what_rises_for_ever_has_its_best_in_the_second_half() {
        assert!(best_truncation(&rising(2_000, 2_000)).unwrap() > 1_000);
    }

    #[test]
    fn too_few_values_say_nothing() {
        assert_eq!(best_truncation(&rising(2, 9)), None);
    }

    #[test]
    fn batches_are_joined_before_they_are_too_many() {
        let mut settling = Settling::default();
        for request in 0..200_000 {
            let arrival = SimTime::ZERO + SimDuration::from_millis(request);
            let entrance = Entrance {
                request,
                class: ClassId(0),
                arrival,
                first_arrival: arrival,
                attempts_before: 0,
                demand: SimDuration::ZERO,
            };
            settling.on_departures(&[Departure {
                entrance,
                departure: arrival + SimDuration::from_millis(5),
                outcome: Outcome::Completed,
                counts: true,
                was_taken: true,
                ends_operation: true,
                spent: [SimDuration::ZERO; crate::model::Activity::ALL.len()],
            }]);
        }
        assert!(settling.batches.len() <= MOST, "{}", settling.batches.len());
        assert!(settling.batches.len() >= MOST / 2, "{}", settling.batches.len());
        assert_eq!(settling.truncation(), Truncation { until: SimTime::ZERO, settled: true });
    }
}
