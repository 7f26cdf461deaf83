//! The batches of one long run: stretches of it that are long enough to be nearly independent.
//!
//! Batches are cut by the numbers of requests, in the order of their arrival, so that those of two policies hold the
//! same requests. There are never more than [`MOST`]: when one more is to begin, each two become one. So their size
//! grows with the run, and memory does not.

use crate::engine::{ClassCounts, Departure, Observer, Outcome, Usages};
use crate::model::SimTime;

use super::collector::Collector;
use super::totals::Totals;

/// A run has at most so many batches, and at least half of it once it is long.
const MOST: usize = 32;
/// The first batches are of 2^SHORTEST requests.
const SHORTEST: u32 = 5;

/// Watches a run, batch by batch.
#[derive(Clone, Debug)]
pub struct Batches {
    warm_up: SimTime,
    /// The number of the first request after the warm-up.
    first: u64,
    /// A batch has 2^shift requests.
    shift: u32,
    /// The request that begins the next batch.
    next: u64,
    batches: Vec<Batch>,
    /// How busy everything was when each batch began.
    beginnings: Vec<Usages>,
    empty: Batch,
}

#[derive(Clone, Debug)]
struct Batch {
    collector: Collector,
    counts: Vec<ClassCounts>,
}

impl Batches {
    /// No batch yet, of a run with so many classes and that warm-up.
    pub fn new(classes: usize, clients_retry: bool, warm_up: SimTime) -> Self {
        Self {
            warm_up,
            first: 0,
            shift: SHORTEST,
            next: 0,
            batches: Vec::new(),
            beginnings: Vec::new(),
            empty: Batch {
                collector: Collector::coarse(classes, clients_retry),
                counts: vec![ClassCounts::default(); classes],
            },
        }
    }

    /// How many requests a batch has.
    pub const fn size(&self) -> u64 {
        1 << self.shift
    }

    /// What was collected and counted in each whole batch; the last one, which the end of the run cut short, is left out.
    pub fn whole(&self) -> impl Iterator<Item = (&Collector, Totals)> {
        let spans = self.beginnings.iter().zip(self.beginnings.iter().skip(1));
        self.batches
            .iter()
            .zip(spans)
            .map(|(batch, (start, end))| (&batch.collector, Totals::between(start, end, batch.counts.clone())))
    }

    /// Each two batches become one, twice as long.
    pub fn join_pairs(&mut self) {
        self.shift += 1;
        let mut joined = Vec::with_capacity(MOST);
        let mut batches = self.batches.drain(..);
        while let Some(mut one) = batches.next() {
            if let Some(other) = batches.next() {
                one.join(&other);
            }
            joined.push(one);
        }
        drop(batches);
        self.batches = joined;
        let mut is_even = false;
        self.beginnings.retain(|_| {
            is_even = !is_even;
            is_even
        });
    }
}

impl Batch {
    fn join(&mut self, other: &Self) {
        self.collector.merge(&other.collector);
        self.counts.iter_mut().zip(&other.counts).for_each(|(counts, more)| counts.add(*more));
    }
}

impl Observer for Batches {
    #[inline]
    fn wants_usages(&self, request: u64, now: SimTime) -> bool {
        request >= self.next && now >= self.warm_up
    }

    fn on_usages(&mut self, request: u64, usages: &Usages) {
        if self.beginnings.is_empty() {
            self.first = request;
        } else if self.batches.len() == MOST {
            self.join_pairs();
        }
        self.batches.push(self.empty.clone());
        self.beginnings.push(usages.clone());
        self.next = request + self.size();
    }

    #[inline]
    fn on_departure(&mut self, departure: &Departure) {
        if !departure.counts {
            return;
        }
        let batch = (departure.entrance.request - self.first) >> self.shift;
        let Batch { collector, counts } = &mut self.batches[batch as usize];
        collector.on_departure(departure);
        let counts = &mut counts[usize::from(departure.entrance.class.0)];
        counts.arrived += 1;
        counts.retried += u64::from(departure.entrance.first_arrival < departure.entrance.arrival);
        match departure.outcome {
            Outcome::Completed => counts.completed += 1,
            Outcome::Rejected => counts.rejected += 1,
            Outcome::TimedOut => counts.timed_out += 1,
            Outcome::ServedLate => {
                counts.timed_out += 1;
                counts.served_late += 1;
            }
            Outcome::Failed => counts.failed += 1,
        }
    }
}

/// Watched if there is something to watch with.
impl Observer for Option<Batches> {
    #[inline]
    fn wants_usages(&self, request: u64, now: SimTime) -> bool {
        self.as_ref().is_some_and(|batches| batches.wants_usages(request, now))
    }

    fn on_usages(&mut self, request: u64, usages: &Usages) {
        if let Some(batches) = self {
            batches.on_usages(request, usages);
        }
    }

    #[inline]
    fn on_departure(&mut self, departure: &Departure) {
        if let Some(batches) = self {
            batches.on_departure(departure);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Entrance, Usage};
    use crate::model::{ClassId, SimDuration};

    /// Requests that arrive every millisecond and take their number in nanoseconds.
    fn batches(requests: u64, warm_up_ms: u64) -> Batches {
        let warm_up = SimTime::ZERO + SimDuration::from_millis(warm_up_ms);
        let mut batches = Batches::new(1, false, warm_up);
        for request in 0..requests {
            let arrival = SimTime::ZERO + SimDuration::from_millis(request);
            if batches.wants_usages(request, arrival) {
                let busy = Usage { area: u128::from(request), max: 1 };
                batches.on_usages(
                    request,
                    &Usages {
                        until: arrival,
                        in_system: busy,
                        cores: busy,
                        turns: busy,
                        slots: busy,
                        backends: vec![],
                    },
                );
            }
            let demand = SimDuration::from_nanos(request);
            batches.on_departure(&Departure {
                entrance: Entrance { request, class: ClassId(0), arrival, first_arrival: arrival, demand },
                departure: arrival + demand,
                outcome: Outcome::Completed,
                counts: arrival >= warm_up,
                spent: [SimDuration::ZERO; 8],
            });
        }
        batches
    }

    #[test]
    fn a_long_run_has_between_16_and_32_batches() {
        for requests in [1_000, 5_000, 100_000, 600_000] {
            let batches = batches(requests, 0);
            let (size, whole) = (batches.size(), batches.whole().count() as u64);
            assert!((15..=32).contains(&whole), "{requests} requests: {whole}");
            assert!(whole * size <= requests && (whole + 2) * size > requests, "{requests}: {whole} of {size}");
        }
    }

    #[test]
    fn every_request_of_a_whole_batch_is_in_it_with_its_time() {
        let all = batches(10_000, 100);
        let size = all.size();
        for (batch, (_, totals)) in (0..).zip(all.whole()) {
            assert_eq!(totals.classes[0].completed, size, "batch {batch}");
            assert_eq!(totals.nanos, u128::from(size) * 1_000_000, "batch {batch}");
            assert_eq!(totals.cores.area, u128::from(size), "batch {batch}");
        }
    }
}
