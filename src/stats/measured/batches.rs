//! What is collected of a run, in batches: stretches of it that are long enough to be nearly independent.
//!
//! Batches are cut by the numbers of requests, in the order of their arrival, so that those of two policies hold the
//! same requests. There are never more than [`MOST`]: when one more is to begin, each two become one. So their size
//! grows with the run, and memory does not. All batches together are the run.
//!
//! How busy cores and slots are during a batch is what its requests had them do, by the length of the batch (the
//! utilization law); a batch is as long as it takes until the next one begins.

use serde::{Deserialize, Serialize};

use crate::engine::{Departure, Observer, Outcome, SpentTime, Stays, Unfinished, Waits, add_spent};
use crate::model::{Activity, ClassId, SimTime};

use super::batch::Batch;
use super::collector::{Collector, Columns};
use super::column;
use super::over_time::OverTime;
use super::picks::PickedDepartures;
use super::sample::EXACT_UP_TO;
use super::totals::Totals;

/// Maximum number of batches of a run; a long run has at least half as many.
const MOST: usize = 32;
/// The first batches are of 2^SHORTEST requests.
const SHORTEST: u32 = 5;

/// No more requests than this are divided if they belong to several batches or windows.
const FEW: usize = 16;

/// Watches a run, batch by batch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BatchObserver {
    /// A batch has 2^shift requests.
    shift: u32,
    batches: Vec<Batch>,
    empty: Batch,
    /// What was under way when the run ended, which no batch has.
    besides: Collector,
    clients_retry: bool,
    /// `None` if it was not asked for.
    over_time: Option<OverTime>,
    /// At how many stations waits are collected.
    stations: Option<usize>,
    /// How many requests of each class have been answered, as long as it goes on.
    #[serde(skip)]
    answered: Vec<u64>,
    #[serde(skip)]
    columns: Columns,
    #[serde(skip)]
    picked: PickedDepartures,
}

impl BatchObserver {
    /// No batch yet, of a run with this many classes.
    pub fn new(classes: usize, clients_retry: bool) -> Self {
        Self { shift: SHORTEST, ..Self::only_one(classes, clients_retry) }
    }

    /// One batch for the whole run, for those who need no others.
    pub fn only_one(classes: usize, clients_retry: bool) -> Self {
        let empty = Batch::new(classes, clients_retry);
        let over_time = Some(OverTime::from(SimTime::ZERO, clients_retry));
        let besides = empty.collector.clone();
        Self {
            shift: u64::BITS - 1,
            batches: Vec::new(),
            empty,
            besides,
            clients_retry,
            over_time,
            stations: None,
            answered: vec![0; classes],
            columns: Columns::default(),
            picked: PickedDepartures::default(),
        }
    }

    /// The same of a run whose measured time begins at that instant.
    pub fn after_warm_up(self, until: SimTime) -> Self {
        Self { over_time: Some(OverTime::from(until, self.clients_retry)), ..self }
    }

    /// The same without windows of time, for those who need none.
    pub fn without_windows(self) -> Self {
        Self { over_time: None, ..self }
    }

    /// The run has ended at that instant; what was collected in windows of time.
    pub fn finish(&mut self, end: SimTime) -> Option<&OverTime> {
        let over_time = self.over_time.as_mut()?;
        over_time.finish(end);
        Some(over_time)
    }

    /// What was collected in windows of time.
    pub const fn over_time(&self) -> Option<&OverTime> {
        self.over_time.as_ref()
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
        all.merge(&self.besides);
        self.batches.iter().for_each(|batch| all.merge(&batch.collector));
        all
    }

    /// The same of a run whose batches are not needed any more.
    pub fn into_collected(mut self) -> Collector {
        match &mut self.batches[..] {
            [only] => {
                let mut all = std::mem::replace(&mut only.collector, self.empty.collector);
                all.merge(&self.besides);
                all
            }
            _ => self.collected(),
        }
    }

    /// Whether this, which was stored, can be of a run like another, of which nothing has been collected yet.
    pub fn fits(&self, like: &Self) -> bool {
        let over_time = match (&self.over_time, &like.over_time) {
            (Some(windows), Some(like)) => windows.fits(like),
            (windows, like) => windows.is_some() == like.is_some(),
        };
        // A shift that only one batch has is never exceeded; others grow to at most a batch of all requests.
        let is_shift =
            self.shift == like.shift || like.is_in_batches() && (SHORTEST..u64::BITS / 2).contains(&self.shift);
        over_time
            && is_shift
            && (self.clients_retry, self.stations) == (like.clients_retry, like.stations)
            && self.batches.len() <= MOST
            && self.besides.fits(&like.besides)
            && self.batches.iter().chain([&self.empty]).all(|batch| batch.fits(&like.empty))
    }

    /// Whether there may be several batches.
    pub const fn is_in_batches(&self) -> bool {
        self.shift < u64::BITS - 1
    }

    /// How many requests a batch has.
    pub const fn size(&self) -> u64 {
        1 << self.shift
    }

    /// What was collected and counted in each whole batch. Those that the warm-up or the end of the run cut short are left
    /// out, and so is the last, whose length is unknown.
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

    /// The place of the batch of a request.
    fn batch_of(&mut self, request: u64) -> usize {
        if (request >> self.shift) as usize >= self.batches.len() {
            self.begin(request);
        }
        (request >> self.shift) as usize
    }

    /// Takes departures of requests of one batch that count and were answered.
    #[inline]
    fn add_answered(&mut self, departures: &[Departure], waits: Waits<'_>, spent: &SpentTime) {
        let place = self.batch_of(departures[0].entrance.request);
        let Self { batches, columns, over_time, clients_retry, answered, .. } = self;
        let first = batches[place].add_answered(departures, spent, *clients_retry, columns);
        departures.iter().for_each(|departure| answered[usize::from(departure.entrance.class.0)] += 1);
        batches[place].collector.add_waits(waits);
        let Some(over_time) = over_time else { return };
        if *clients_retry {
            over_time.add_operations(departures, true);
        }
        over_time.add_answered(departures, columns.response_times.values(), first, spent);
    }

    /// Takes departures of requests whose batches have begun.
    fn take_begun(&mut self, departures: &[Departure], waits: Waits<'_>) {
        let shift = self.shift;
        let group = |departure: &Departure| {
            let is_answered = matches!(departure.outcome, Outcome::Completed);
            (departure.entrance.request >> shift, u8::from(departure.counts) << 1 | u8::from(is_answered))
        };
        if departures.iter().all(|departure| group(departure) == group(&departures[0])) {
            return self.take_group(departures, waits);
        }
        let mut picked = std::mem::take(&mut self.picked);
        picked.picks.begin(departures.len());
        while let Some(first) = picked.picks.first_left() {
            let of_first = group(&departures[first]);
            picked.picks.pick(|place| group(&departures[place]) == of_first);
            let (departures, waits) = picked.picked(departures, waits);
            self.take_group(departures, waits);
        }
        self.picked = picked;
    }

    /// Takes departures of requests of one batch that all count, or of which none does; and all were answered, or none was.
    fn take_group(&mut self, departures: &[Departure], waits: Waits<'_>) {
        let Departure { counts, outcome, .. } = departures[0];
        if !counts {
            let over_time = self.over_time.iter_mut();
            over_time.for_each(|over_time| over_time.add_all_uncounted(departures));
        } else if outcome == Outcome::Completed {
            let mut spent = [0; Activity::ALL.len()];
            add_spent(departures, &mut spent);
            self.add_answered(departures, waits, &spent);
        } else {
            self.add_unanswered(departures, waits);
        }
    }

    /// Whether all requests are of one class, and each is an operation.
    const fn has_one_kind(&self) -> bool {
        self.empty.unanswered.len() == 1 && !self.clients_retry
    }

    /// Takes requests of which none departed after an instant.
    fn take_stays(&mut self, stays: Stays<'_>, spent: &SpentTime, until: SimTime) {
        let is_small = stays.count() <= column::MOST;
        if is_small && self.has_one_kind() && self.are_together(stays, until) {
            self.add_stays(stays, spent);
        } else if stays.count() > FEW && self.has_one_kind() {
            // Most of those that are not together are so with others.
            stays.in_halves().into_iter().for_each(|half| self.take_stays(half, &half.spent(), half.last_departure()));
        } else {
            self.on_answered(&stays.departures(), Waits::NONE, spent);
        }
    }

    /// Whether requests are of one batch, and in the current window from their arrivals to their departures, none of which is
    /// after an instant.
    #[inline]
    fn are_together(&mut self, stays: Stays<'_>, until: SimTime) -> bool {
        let requests = stays.requests();
        let differences = requests.iter().fold(0, |bits, request| bits | (request ^ requests[0]));
        let mut is_inside = |over_time: &mut OverTime| over_time.are_inside(stays.first_arrival(), until);
        differences >> self.shift == 0 && self.over_time.as_mut().is_none_or(&mut is_inside)
    }

    /// Takes requests of the only class, of one batch and of the current window.
    #[inline]
    fn add_stays(&mut self, stays: Stays<'_>, spent: &SpentTime) {
        let place = self.batch_of(stays.requests()[0]);
        let Self { batches, columns, over_time, .. } = self;
        columns.fill_from_stays(stays);
        let batch = &mut batches[place];
        batch.begin = batch.begin.min(stays.first_arrival());
        batch.collector.add_answered_of(ClassId(0), spent, columns);
        self.answered[0] += stays.count() as u64;
        if let Some(over_time) = over_time {
            over_time.add_inside(columns.response_times.values(), spent);
        }
    }

    /// The same without an answer.
    fn add_unanswered(&mut self, departures: &[Departure], waits: Waits<'_>) {
        let place = self.batch_of(departures[0].entrance.request);
        let Self { batches, over_time, clients_retry, .. } = self;
        batches[place].add_unanswered(departures, *clients_retry);
        batches[place].collector.add_waits(waits);
        let Some(over_time) = over_time else { return };
        if *clients_retry {
            over_time.add_operations(departures, false);
        }
        departures.iter().for_each(|departure| over_time.add_unanswered(departure));
    }

    #[cold]
    fn begin(&mut self, request: u64) {
        while (request >> self.shift) as usize >= MOST {
            self.join_pairs();
        }
        self.bin_what_is_many();
        let before = self.batches.len();
        let batches = (request >> self.shift) as usize + 1;
        self.batches.resize(batches.max(before), self.empty.clone());
        if let Some(([.., last], [next, ..])) = self.batches.split_at_mut_checked(before) {
            let samples = next.collector.samples().zip(last.collector.samples());
            samples.for_each(|(next, last)| next.make_room_like(last));
        }
    }

    /// A sample is kept as it is while it is small over all batches. Those of classes with few requests are.
    fn bin_what_is_many(&mut self) {
        let are_many = |count: &u64| *count > EXACT_UP_TO as u64;
        let classes: Vec<usize> =
            (0..).zip(&self.answered).filter(|(_, count)| are_many(count)).map(|(class, _)| class).collect();
        let mut collectors: Vec<&mut Collector> = self.batches.iter_mut().map(|batch| &mut batch.collector).collect();
        collectors.push(&mut self.empty.collector);
        let mut counts = vec![0; collectors[0].samples_of(&classes).count()];
        for collector in &mut collectors {
            counts.iter_mut().zip(collector.samples_of(&classes)).for_each(|(sum, sample)| *sum += sample.count());
        }
        for collector in collectors {
            let samples = collector.samples_of(&classes).zip(&counts).filter(|(_, count)| are_many(count));
            samples.for_each(|(sample, _)| sample.bin_from_now_on());
        }
    }
}

impl Observer for BatchObserver {
    fn watches_waits(&self) -> bool {
        self.stations.is_some()
    }

    fn on_departures(&mut self, departures: &[Departure]) {
        self.on_departures_with_waits(departures, Waits::NONE);
    }

    fn on_departures_with_waits(&mut self, mut departures: &[Departure], mut waits: Waits<'_>) {
        while let Some(first) = departures.first() {
            if first.counts {
                self.batch_of(first.entrance.request);
            }
            // A batch begins once all that departed before its first request have been taken.
            let Self { shift, ref batches, .. } = *self;
            let has_begun = |one: &Departure| !one.counts || ((one.entrance.request >> shift) as usize) < batches.len();
            let count = departures.iter().position(|one| !has_begun(one)).unwrap_or(departures.len());
            let (some, others) = departures.split_at(count.min(column::MOST));
            let (rows, other_rows) = waits.split_at(some.len());
            self.take_begun(some, rows);
            (departures, waits) = (others, other_rows);
        }
    }

    fn on_answered(&mut self, departures: &[Departure], waits: Waits<'_>, spent: &SpentTime) {
        let first = departures[0].entrance.request;
        let differences = departures.iter().fold(0, |bits, departure| bits | (departure.entrance.request ^ first));
        if differences >> self.shift == 0 && departures.len() <= column::MOST {
            self.add_answered(departures, waits, spent);
        } else {
            self.on_departures_with_waits(departures, waits);
        }
    }

    fn on_stays(&mut self, stays: Stays<'_>, spent: &SpentTime) {
        let until = self.over_time.as_ref().map_or(SimTime::MAX, OverTime::clock);
        self.take_stays(stays, spent, until);
    }

    fn on_clock(&mut self, until: SimTime) {
        self.over_time.iter_mut().for_each(|over_time| over_time.set_clock(until));
    }

    fn on_unfinished(&mut self, unfinished: &Unfinished) {
        self.over_time.iter_mut().for_each(|over_time| over_time.add_unfinished(unfinished));
        self.besides.add_unfinished(unfinished);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Entrance;
    use crate::model::SimDuration;

    /// Requests that arrive every millisecond and work for a tenth of it; the latest of each ten departs first.
    fn batches(requests: u64, warm_up: u64) -> BatchObserver {
        let mut batches = BatchObserver::new(1, false);
        for request in (0..requests).map(|request| request / 10 * 10 + 9 - request % 10) {
            let arrival = SimTime::ZERO + SimDuration::from_millis(request);
            let demand = SimDuration::from_nanos(100_000);
            let mut spent = [SimDuration::ZERO; Activity::ALL.len()];
            spent[Activity::Compute as usize] = demand;
            batches.on_departures(&[Departure {
                entrance: Entrance {
                    request,
                    class: ClassId(0),
                    arrival,
                    first_arrival: arrival,
                    attempts_before: 0,
                    demand,
                },
                departure: arrival + demand,
                outcome: Outcome::Completed,
                counts: request >= warm_up,
                was_taken: true,
                ends_operation: request >= warm_up,
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
        let mut batches = BatchObserver::new(2, false);
        let zero = SimDuration::ZERO;
        for request in 0..200_000_u64 {
            let class = ClassId(u16::from(request % 20 == 0));
            let arrival = SimTime::ZERO + SimDuration::from_millis(request);
            let entrance =
                Entrance { request, class, arrival, first_arrival: arrival, attempts_before: 0, demand: zero };
            let departure = arrival + SimDuration::from_nanos(1_000_003 + request);
            let (outcome, counts, was_taken, ends_operation) = (Outcome::Completed, true, true, true);
            let spent = [zero; Activity::ALL.len()];
            batches.on_departures(&[Departure {
                entrance,
                departure,
                outcome,
                counts,
                was_taken,
                ends_operation,
                spent,
            }]);
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
