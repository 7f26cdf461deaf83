//! What is collected of a run, in batches: stretches of it that are long enough to be nearly independent.
//!
//! Batches are cut by the numbers of requests, in the order of their arrival, so that those of two policies hold the
//! same requests. There are never more than [`MOST`]: when one more is to begin, each two become one. So their size
//! grows with the run, and memory does not. All batches together are the run.
//!
//! How busy cores and slots are during a batch is what its requests had them do, by the length of the batch (the
//! utilization law); a batch is as long as it takes until the next one begins.

use crate::engine::{ClassCounts, Departure, Observer, Outcome, Usage, Waits, runs};
use crate::model::{Activity, SimTime};

use super::collector::Collector;
use super::sample::EXACT_UP_TO;
use super::totals::Totals;

/// A run has at most so many batches, and at least half of it once it is long.
const MOST: usize = 32;
/// The first batches are of 2^SHORTEST requests.
const SHORTEST: u32 = 5;

/// Watches a run, batch by batch.
#[derive(Clone, Debug)]
pub struct Batches {
    /// A batch has 2^shift requests.
    shift: u32,
    batches: Vec<Batch>,
    empty: Batch,
    clients_retry: bool,
    /// At how many stations waits are collected.
    stations: Option<usize>,
}

#[derive(Clone, Debug)]
struct Batch {
    /// When the first of its requests arrived.
    begin: SimTime,
    /// Of those that were answered.
    collector: Collector,
    /// Of the others, and how many of all were further tries.
    unanswered: Vec<ClassCounts>,
    /// What the others did, in nanoseconds: were in the system, were in progress, worked.
    present: u128,
    in_progress: u128,
    work: u128,
}

impl Batches {
    /// No batch yet, of a run with so many classes.
    pub fn new(classes: usize, clients_retry: bool) -> Self {
        Self { shift: SHORTEST, ..Self::only_one(classes, clients_retry) }
    }

    /// One batch for the whole run, for those who need no others.
    pub fn only_one(classes: usize, clients_retry: bool) -> Self {
        let collector = Collector::new(classes, clients_retry);
        let unanswered = vec![ClassCounts::default(); classes];
        let empty = Batch { begin: SimTime::MAX, collector, unanswered, present: 0, in_progress: 0, work: 0 };
        Self { shift: u64::BITS - 1, batches: Vec::new(), empty, clients_retry, stations: None }
    }

    /// The same, with the waits at that many stations.
    pub fn with_stations(mut self, stations: usize) -> Self {
        self.empty.collector = self.empty.collector.with_stations(stations);
        self.stations = Some(stations);
        self
    }

    /// What was collected of the whole run.
    pub fn collected(&self) -> Collector {
        let classes = self.empty.unanswered.len();
        let mut all = Collector::new(classes, self.clients_retry).with_stations(self.stations.unwrap_or(0));
        self.batches.iter().for_each(|batch| all.merge(&batch.collector));
        all
    }

    /// How many requests a batch has.
    pub const fn size(&self) -> u64 {
        1 << self.shift
    }

    /// What was collected and counted in each whole batch. Those that the warm-up or the end of the run cut short are left
    /// out, and so is the last, of which nobody knows how long it is.
    pub fn whole(&self) -> impl Iterator<Item = (&Collector, Totals)> {
        let is_whole = |batch: &Batch| batch.counts().map(|counts| counts.arrived).sum::<u64>() == self.size();
        let pairs = self.batches.iter().zip(self.batches.iter().skip(1));
        let whole = pairs
            .skip_while(move |(batch, _)| !is_whole(batch))
            .take_while(move |(batch, next)| is_whole(batch) && next.begin < SimTime::MAX);
        whole.map(|(batch, next)| (&batch.collector, batch.totals(next.begin)))
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
    }

    /// The batch of a request.
    fn batch(&mut self, request: u64) -> &mut Batch {
        let place = (request >> self.shift) as usize;
        if place >= self.batches.len() {
            self.begin(request);
        }
        let place = (request >> self.shift) as usize;
        &mut self.batches[place]
    }

    #[cold]
    fn begin(&mut self, request: u64) {
        while (request >> self.shift) as usize >= MOST {
            self.join_pairs();
        }
        self.bin_what_is_many();
        let batches = (request >> self.shift) as usize + 1;
        self.batches.resize(batches.max(self.batches.len()), self.empty.clone());
    }

    /// A sample is kept as it is while it is small over all batches.
    fn bin_what_is_many(&mut self) {
        let mut collectors: Vec<&mut Collector> = self.batches.iter_mut().map(|batch| &mut batch.collector).collect();
        collectors.push(&mut self.empty.collector);
        let mut counts = vec![0; collectors[0].samples().count()];
        for collector in &mut collectors {
            counts.iter_mut().zip(collector.samples()).for_each(|(sum, sample)| *sum += sample.count());
        }
        for collector in collectors {
            let samples = collector.samples().zip(&counts).filter(|(_, count)| **count > EXACT_UP_TO as u64);
            samples.for_each(|(sample, _)| sample.bin_from_now_on());
        }
    }
}

impl Batch {
    fn join(&mut self, other: &Self) {
        self.begin = self.begin.min(other.begin);
        self.collector.merge(&other.collector);
        self.unanswered.iter_mut().zip(&other.unanswered).for_each(|(counts, more)| counts.add(*more));
        self.present += other.present;
        self.in_progress += other.in_progress;
        self.work += other.work;
    }

    /// What happened to its requests, by class.
    fn counts(&self) -> impl Iterator<Item = ClassCounts> {
        self.unanswered.iter().enumerate().map(|(class, unanswered)| {
            let completed = self.collector.answered(class);
            ClassCounts { completed, arrived: unanswered.arrived + completed, ..*unanswered }
        })
    }

    fn totals(&self, end: SimTime) -> Totals {
        let usage = |area: u128| Usage { area, max: 0 };
        let spent = |activity: Activity| self.collector.spent(activity);
        let present: u128 = Activity::ALL.into_iter().map(spent).sum();
        Totals {
            nanos: u128::from((end - self.begin).as_nanos()),
            classes: self.counts().collect(),
            in_system: usage(self.present + present),
            cores: usage(self.work + spent(Activity::Framework) + spent(Activity::Compute)),
            turns: None,
            slots: usage(self.in_progress + present - spent(Activity::BacklogWait)),
            backends: Vec::new(),
            backend_queues: Vec::new(),
            pools: Vec::new(),
            threads: None,
            workers: Vec::new(),
            warm_up_requests: 0,
            phase_events: 0,
            incomplete: None,
        }
    }

    /// Takes departures of requests of one class that count, and all were answered or none was.
    fn add(&mut self, departures: &[Departure], clients_retry: bool) {
        let Departure { entrance, outcome, .. } = &departures[0];
        let first = departures.iter().map(|departure| departure.entrance.arrival).min();
        self.begin = self.begin.min(first.unwrap_or(SimTime::MAX));
        if clients_retry {
            let is_again = |departure: &&Departure| departure.entrance.first_arrival < departure.entrance.arrival;
            let again = departures.iter().filter(is_again).count();
            self.unanswered[usize::from(entrance.class.0)].retried += again as u64;
        }
        if matches!(outcome, Outcome::Completed) {
            self.collector.add(departures);
        } else {
            self.collector.add_unanswered(departures);
            departures.iter().for_each(|departure| self.add_unanswered(departure));
        }
    }

    fn add_unanswered(&mut self, departure: &Departure) {
        let spent = |activity: Activity| u128::from(departure.spent[activity as usize].as_nanos());
        let present = u128::from(departure.response_time().as_nanos());
        self.present += present;
        self.in_progress += present - spent(Activity::BacklogWait);
        self.work += spent(Activity::Framework) + spent(Activity::Compute);
        let counts = &mut self.unanswered[usize::from(departure.entrance.class.0)];
        counts.arrived += 1;
        match departure.outcome {
            Outcome::Completed => unreachable!("the collector has those that were answered"),
            Outcome::Rejected(reason) => counts.rejected.count(reason),
            Outcome::TimedOut => counts.timed_out += 1,
            Outcome::ServedLate => {
                counts.timed_out += 1;
                counts.served_late += 1;
            }
            Outcome::Failed(reason) => counts.failed.count(reason),
        }
    }
}

impl Observer for Batches {
    fn watches_waits(&self) -> bool {
        self.stations.is_some()
    }

    fn on_departures(&mut self, departures: &[Departure]) {
        self.on_departures_with_waits(departures, Waits::NONE);
    }

    fn on_departures_with_waits(&mut self, departures: &[Departure], mut waits: Waits<'_>) {
        let Self { shift, clients_retry, .. } = *self;
        let belongs_to = |departure: &Departure| {
            let Departure { entrance, counts, outcome, .. } = departure;
            // Those that were not answered are told apart one by one.
            (entrance.request >> shift, entrance.class, *counts, matches!(outcome, Outcome::Completed))
        };
        for departures in runs(departures, belongs_to) {
            let (rows, others) = waits.split_at(departures.len());
            waits = others;
            if departures[0].counts {
                let batch = self.batch(departures[0].entrance.request);
                batch.add(departures, clients_retry);
                batch.collector.add_waits(rows);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Entrance;
    use crate::model::{ClassId, SimDuration};

    /// Requests that arrive every millisecond and work for a tenth of it; the latest of each ten departs first.
    fn batches(requests: u64, warm_up: u64) -> Batches {
        let mut batches = Batches::new(1, false);
        for request in (0..requests).map(|request| request / 10 * 10 + 9 - request % 10) {
            let arrival = SimTime::ZERO + SimDuration::from_millis(request);
            let demand = SimDuration::from_nanos(100_000);
            let mut spent = [SimDuration::ZERO; Activity::ALL.len()];
            spent[Activity::Compute as usize] = demand;
            batches.on_departures(&[Departure {
                entrance: Entrance { request, class: ClassId(0), arrival, first_arrival: arrival, demand },
                departure: arrival + demand,
                outcome: Outcome::Completed,
                counts: request >= warm_up,
                spent,
            }]);
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
    fn every_request_of_a_whole_batch_is_in_it_with_its_time_and_work() {
        let all = batches(10_000, 0);
        let size = all.size();
        for (batch, (_, totals)) in (0..).zip(all.whole()) {
            assert_eq!(totals.classes[0].completed, size, "batch {batch}");
            assert_eq!(totals.nanos, u128::from(size) * 1_000_000, "batch {batch}");
            assert_eq!(totals.cores.area, u128::from(size) * 100_000, "batch {batch}");
            assert_eq!((totals.in_system.area, totals.slots.area), (totals.cores.area, totals.cores.area));
        }
    }

    #[test]
    fn percentiles_of_ten_thousand_values_are_exact_however_many_others_there_are() {
        let mut batches = Batches::new(2, false);
        let zero = SimDuration::ZERO;
        for request in 0..200_000_u64 {
            let class = ClassId(u16::from(request % 20 == 0));
            let arrival = SimTime::ZERO + SimDuration::from_millis(request);
            let entrance = Entrance { request, class, arrival, first_arrival: arrival, demand: zero };
            let departure = arrival + SimDuration::from_nanos(1_000_003 + request);
            let (outcome, spent) = (Outcome::Completed, [zero; Activity::ALL.len()]);
            batches.on_departures(&[Departure { entrance, departure, outcome, counts: true, spent }]);
        }
        let mut all = batches.collected();
        let of_classes: Vec<_> = all.samples().map(|sample| sample.percentiles([500])[0]).collect();
        assert_eq!(of_classes[2], Some(1_000_003 + 4_999 * 20), "10,000 values are kept as they are");
        assert_ne!(of_classes[0], Some(1_000_003 + 99_999), "190,000 are not");
    }

    #[test]
    fn a_batch_that_the_warm_up_cut_short_is_left_out() {
        let (all, cut) = (batches(10_000, 0), batches(10_000, 700));
        assert_eq!(all.size(), cut.size());
        assert_eq!(all.whole().count() as u64 - cut.whole().count() as u64, 700_u64.div_ceil(cut.size()));
    }
}
