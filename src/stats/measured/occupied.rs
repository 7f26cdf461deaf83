//! When workers, threads and loops were occupied, by whichever requests: also by those that are not recorded one by one.

use std::collections::BTreeMap;

use crate::engine::{Actor, Segment, Unit, UnitChange};
use crate::model::{Activity, ActivityGroup, SimDuration, SimTime};
use crate::policy::Runner;
use crate::stats::results::{Occupied, RunnerPart, RunnerPlace};

/// Maximum number of spans of a place: where there are more, those with the smallest gaps between them are joined.
const MOST_SPANS: usize = 2000;

/// A thread of a pool that a request has had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadSpan {
    /// Its number, counted from 1: the lowest that was idle.
    pub thread: u32,
    pub start: SimTime,
    pub end: SimTime,
}

/// Records when what runs requests was occupied within a stretch of time.
#[derive(Clone, Debug)]
pub struct OccupiedRecorder {
    runner: Runner,
    from: SimTime,
    until: SimTime,
    now: SimTime,
    /// Where each request in progress has its place.
    in_progress: BTreeMap<u64, RunnerPlace>,
    /// For each worker with a thread pool, the request in each thread.
    threads: BTreeMap<u32, Vec<Option<u64>>>,
    /// The thread of each request that has one, and since when.
    in_threads: BTreeMap<u64, (RunnerPlace, SimTime)>,
    places: BTreeMap<RunnerPlace, Spans>,
}

impl OccupiedRecorder {
    /// Records from one instant to another.
    pub const fn new(runner: Runner, from: SimTime, until: SimTime) -> Self {
        Self {
            runner,
            from,
            until,
            now: SimTime::ZERO,
            in_progress: BTreeMap::new(),
            threads: BTreeMap::new(),
            in_threads: BTreeMap::new(),
            places: BTreeMap::new(),
        }
    }

    /// A worker takes a request into one of its slots, if they are numbered; both are counted from 0.
    pub fn take(&mut self, request: u64, worker: u32, slot: Option<u32>) {
        let part = match self.runner {
            Runner::Loop => RunnerPart::Loop,
            Runner::Worker => RunnerPart::Slot(1),
            Runner::Thread => RunnerPart::Slot(slot.unwrap_or(0) + 1),
        };
        self.in_progress.insert(request, RunnerPlace { worker: worker + 1, part });
    }

    /// A request leaves its worker.
    pub fn leave(&mut self, request: u64) {
        self.in_progress.remove(&request);
    }

    /// A request has spent time on one activity.
    pub fn segment(&mut self, segment: &Segment) {
        self.now = self.now.max(segment.end);
        if let Some(place) = self.in_progress.get(&segment.request).filter(|_| self.occupies(segment)) {
            self.add(*place, segment.start, segment.end);
        }
    }

    /// Whether a request occupies its worker, thread or loop during a segment.
    fn occupies(&self, segment: &Segment) -> bool {
        let holds = match segment.activity.group() {
            ActivityGroup::Cpu => true,
            ActivityGroup::Wait | ActivityGroup::Away => {
                self.runner != Runner::Loop || segment.activity.is_off_the_cpu() && segment.holds_turn
            }
        };
        holds && !segment.on_thread && segment.activity != Activity::BacklogWait
    }

    /// A unit changes hands. Returns the request that returns a thread, and when it had it.
    pub fn unit(&mut self, change: UnitChange) -> Option<(u64, ThreadSpan)> {
        let (Unit::Thread(worker), Actor::Request(request)) = (change.unit, change.actor) else { return None };
        if change.is_taken {
            let thread = take_lowest(self.threads.entry(worker).or_default(), request) + 1;
            let place = RunnerPlace { worker: worker + 1, part: RunnerPart::Thread(thread) };
            self.in_threads.insert(request, (place, change.time));
            return None;
        }
        let threads = self.threads.get_mut(&worker)?;
        threads.iter_mut().filter(|thread| **thread == Some(request)).for_each(|thread| *thread = None);
        let (place, start) = self.in_threads.remove(&request)?;
        self.add(place, start, change.time);
        Some((request, span(place, start, change.time)?))
    }

    /// The thread that a request has when the recording ends.
    pub fn thread_of(&self, request: u64) -> Option<ThreadSpan> {
        let (place, start) = self.in_threads.get(&request)?;
        span(*place, *start, self.now)
    }

    fn add(&mut self, place: RunnerPlace, start: SimTime, end: SimTime) {
        let (start, end) = (start.max(self.from), end.min(self.until));
        if start < end {
            self.places.entry(place).or_default().add(start, end);
        }
    }

    /// What was occupied when, in order.
    pub fn occupied(&self) -> Vec<Occupied> {
        let mut all = self.clone();
        for (place, start) in self.in_threads.values() {
            all.add(*place, *start, self.now);
        }
        let ms = |(start, end): &(SimTime, SimTime)| [start.as_millis(), end.as_millis()];
        let places = all.places.into_iter();
        places.map(|(place, spans)| Occupied { place, spans_ms: spans.list.iter().map(ms).collect() }).collect()
    }
}

fn span(place: RunnerPlace, start: SimTime, end: SimTime) -> Option<ThreadSpan> {
    match place.part {
        RunnerPart::Thread(thread) => (start < end).then_some(ThreadSpan { thread, start, end }),
        RunnerPart::Slot(_) | RunnerPart::Loop => None,
    }
}

/// Takes the lowest free slot, counted from 0.
pub fn take_lowest(slots: &mut Vec<Option<u64>>, request: u64) -> u32 {
    let free = slots.iter().position(Option::is_none).unwrap_or_else(|| {
        slots.push(None);
        slots.len() - 1
    });
    slots[free] = Some(request);
    free as u32
}

/// Spans of time in order, a limited number of them.
#[derive(Clone, Debug, Default)]
struct Spans {
    list: Vec<(SimTime, SimTime)>,
    /// Spans with a gap of at most this length between them are one.
    gap: SimDuration,
}

impl Spans {
    /// Adds a span that ends after the others.
    fn add(&mut self, start: SimTime, end: SimTime) {
        self.add_without_limit(start, end);
        if self.list.len() > MOST_SPANS {
            self.join();
        }
    }

    #[cold]
    fn join(&mut self) {
        let (Some((first, _)), Some((_, last))) = (self.list.first(), self.list.last()) else { return };
        let least = (*last - *first).as_nanos() / MOST_SPANS as u64;
        self.gap = SimDuration::from_nanos((2 * self.gap.as_nanos()).max(least).max(1));
        let list = std::mem::take(&mut self.list);
        list.into_iter().for_each(|(start, end)| self.add_without_limit(start, end));
    }

    fn add_without_limit(&mut self, start: SimTime, end: SimTime) {
        match self.list.last_mut() {
            Some((_, until)) if start <= *until + self.gap => *until = end.max(*until),
            Some(_) | None => self.list.push((start, end)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> SimTime {
        SimTime::from_nanos(nanos)
    }

    #[test]
    fn spans_that_touch_are_one_and_their_number_is_limited() {
        let mut spans = Spans::default();
        [(0, 5), (5, 7), (9, 12)].into_iter().for_each(|(start, end)| spans.add(at(start), at(end)));
        assert_eq!(spans.list, [(at(0), at(7)), (at(9), at(12))]);
        for number in 2..100_000_u64 {
            spans.add(at(10 * number), at(10 * number + 5));
            assert!(spans.list.len() <= MOST_SPANS);
        }
        let covered: u64 = spans.list.iter().map(|(start, end)| (*end - *start).as_nanos()).sum();
        assert!(spans.list.first() < spans.list.last() || covered == 999_995, "{:?}", spans.list.len());
        assert_eq!(spans.list.last().map(|(_, end)| *end), Some(at(999_995)));
    }

    /// Requests 7 and 8 have a thread each from 10 and 20 ns on; 7 returns the first at 30, and 9 takes it at 40.
    #[test]
    fn a_thread_has_the_lowest_number_that_is_idle() {
        let mut recorder = OccupiedRecorder::new(Runner::Loop, at(15), at(50));
        let mut change = |request, time, is_taken| {
            recorder.unit(UnitChange {
                actor: Actor::Request(request),
                unit: Unit::Thread(0),
                time: at(time),
                is_taken,
            })
        };
        assert_eq!((change(7, 10, true), change(8, 20, true)), (None, None));
        assert_eq!(change(7, 30, false), Some((7, ThreadSpan { thread: 1, start: at(10), end: at(30) })));
        change(9, 40, true);
        assert_eq!(change(8, 60, false), Some((8, ThreadSpan { thread: 2, start: at(20), end: at(60) })));
        recorder.now = at(60);
        assert_eq!(recorder.thread_of(9), Some(ThreadSpan { thread: 1, start: at(40), end: at(60) }));
        let place = |thread| RunnerPlace { worker: 1, part: RunnerPart::Thread(thread) };
        let ms = |nanos: u64| at(nanos).as_millis();
        let expected = [
            Occupied { place: place(1), spans_ms: vec![[ms(15), ms(30)], [ms(40), ms(50)]] },
            Occupied { place: place(2), spans_ms: vec![[ms(20), ms(50)]] },
        ];
        assert_eq!(recorder.occupied(), expected);
    }
}
