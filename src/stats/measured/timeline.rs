//! Records what single requests did: the first of a run, from their arrival on, or those under way in a stretch of it.

use std::collections::BTreeMap;

use crate::engine::{
    BlockingWaits, Departure, Entrance, HeldConnection, Observer, Rules, Segment, Standing, Unfinished, UnitChange,
};
use crate::model::{BackendId, ClassId, SimTime};
use crate::policy::Runner;
use crate::stats::results::{Occupied, TimelineConnection, TimelineEntry, TimelineThread};

use super::occupied::{OccupiedRecorder, ThreadSpan, take_lowest};
use super::recorded_request::RecordedRequest;

/// Maximum number of requests that are recorded of a stretch: where there are more, every other one is, and so on.
const MOST_OF_STRETCH: usize = 2000;
/// The requests of a stretch are followed for at most this many times its length beyond its end.
const FOLLOWED: u64 = 4;

/// What single requests did, and what was occupied meanwhile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordedTimeline {
    /// The requests, in the order of their arrival.
    pub entries: Vec<TimelineEntry>,
    /// When what runs requests was occupied, by whichever requests.
    pub occupied: Vec<Occupied>,
    /// How many requests were under way for each that was recorded.
    pub step: u64,
}

/// Records requests, in memory that grows with what they do.
#[derive(Clone, Debug)]
pub struct TimelineRecorder {
    what: Recorded,
    entries: BTreeMap<u64, RecordedRequest>,
    /// For each worker with fixed slots, the request in each slot.
    slots: Option<Vec<Vec<Option<u64>>>>,
    departed: usize,
    occupied: OccupiedRecorder,
    /// Whether the loops have thread pools.
    has_threads: bool,
    /// Whether a wait that keeps the turn to run is worth a word: not where all waits do.
    tells_blocking: bool,
}

/// Which requests are recorded.
#[derive(Clone, Copy, Debug)]
enum Recorded {
    /// At most this many that arrive after the warm-up.
    First { most: usize, warm_up: SimTime },
    /// Those under way at some time from one instant to another: each `step`th, by its number.
    Stretch { from: SimTime, until: SimTime, step: u64, now: SimTime },
}

impl TimelineRecorder {
    /// Records at most this many requests that arrive after the warm-up.
    pub fn new(most: usize, warm_up: SimTime, rules: &Rules, runner: Runner) -> Self {
        let occupied = OccupiedRecorder::new(runner, SimTime::ZERO, SimTime::MAX);
        Self::of(Recorded::First { most, warm_up }, rules, occupied)
    }

    /// Records requests that are under way at some time from one instant to another.
    pub fn of_stretch(from: SimTime, until: SimTime, rules: &Rules, runner: Runner) -> Self {
        let occupied = OccupiedRecorder::new(runner, from, until);
        Self::of(Recorded::Stretch { from, until, step: 1, now: SimTime::ZERO }, rules, occupied)
    }

    fn of(what: Recorded, rules: &Rules, occupied: OccupiedRecorder) -> Self {
        Self {
            what,
            entries: BTreeMap::new(),
            slots: rules.slots.map(|_| vec![Vec::new(); rules.workers as usize]),
            departed: 0,
            occupied,
            has_threads: rules.thread_pool.is_some(),
            tells_blocking: rules.blocking_waits == BlockingWaits::Marked,
        }
    }

    /// Nothing more will be recorded.
    pub fn is_complete(&self) -> bool {
        match self.what {
            Recorded::First { most, .. } => self.departed == most,
            Recorded::Stretch { until, now, .. } => {
                now >= until
                    && (now >= self.followed_until() || self.entries.values().all(RecordedRequest::has_departed))
            }
        }
    }

    /// The instant beyond which nothing is recorded.
    fn followed_until(&self) -> SimTime {
        match self.what {
            Recorded::First { .. } => SimTime::MAX,
            Recorded::Stretch { from, until, .. } => {
                let length = (until - from).as_nanos().saturating_mul(FOLLOWED);
                SimTime::from_nanos(until.as_nanos().saturating_add(length).min(SimTime::MAX.as_nanos()))
            }
        }
    }

    /// How many requests were under way for each that was recorded.
    const fn step(&self) -> u64 {
        match self.what {
            Recorded::First { .. } => 1,
            Recorded::Stretch { step, .. } => step,
        }
    }

    fn entry(&mut self, request: u64) -> Option<&mut RecordedRequest> {
        self.entries.get_mut(&request)
    }

    /// The clock of the run shows at least that.
    fn see(&mut self, time: SimTime) {
        if let Recorded::Stretch { now, .. } = &mut self.what {
            *now = (*now).max(time);
        }
    }

    /// Every other request of a stretch is forgotten where there are too many.
    fn thin(&mut self) {
        if let Recorded::Stretch { step, .. } = &mut self.what
            && self.entries.len() > MOST_OF_STRETCH
        {
            *step *= 2;
            self.entries.retain(|request, _| request % *step == 0);
        }
    }

    fn free_slot(&mut self, request: u64) {
        let slots = self.slots.iter_mut().flatten().flatten();
        slots.filter(|slot| **slot == Some(request)).for_each(|slot| *slot = None);
    }

    /// What was recorded.
    pub fn timeline(
        &self,
        class_name: impl Fn(ClassId) -> String,
        backend_name: impl Fn(BackendId) -> String,
    ) -> RecordedTimeline {
        let connection = |held: &HeldConnection| TimelineConnection {
            backend: backend_name(held.backend),
            start_ms: held.start.as_millis(),
            end_ms: held.end.as_millis(),
        };
        let until = self.followed_until();
        let timeline = |entry: &RecordedRequest| TimelineEntry {
            connections: entry.connections.iter().map(connection).collect(),
            threads: self.threads_of(entry).filter_map(|held| timeline_thread(held, until)).collect(),
            ..entry.until(until).timeline(class_name(entry.entrance.class), self.tells_blocking)
        };
        let entries = self.entries.values().map(timeline).collect();
        RecordedTimeline { entries, occupied: self.occupied.occupied(), step: self.step() }
    }

    /// The threads that a request had, and the one that it has.
    fn threads_of(&self, entry: &RecordedRequest) -> impl Iterator<Item = ThreadSpan> {
        entry.threads.iter().copied().chain(self.occupied.thread_of(entry.entrance.request))
    }
}

impl Observer for TimelineRecorder {
    fn watches_segments(&self) -> bool {
        match self.what {
            Recorded::First { .. } => !self.is_complete(),
            // What is under way is booked when the run is stopped.
            Recorded::Stretch { .. } => true,
        }
    }

    fn watches_units(&self) -> bool {
        self.has_threads && self.watches_segments()
    }

    fn on_unit(&mut self, change: UnitChange) {
        if let Some((request, held)) = self.occupied.unit(change)
            && let Some(entry) = self.entry(request)
        {
            entry.threads.push(held);
        }
    }

    fn on_arrival(&mut self, entrance: &Entrance) {
        self.see(entrance.arrival);
        let is_recorded = match self.what {
            Recorded::First { most, warm_up } => self.entries.len() < most && entrance.arrival >= warm_up,
            Recorded::Stretch { until, step, .. } => entrance.arrival < until && entrance.request.is_multiple_of(step),
        };
        if is_recorded {
            self.entries.insert(entrance.request, RecordedRequest::new(*entrance));
            self.thin();
        }
    }

    fn on_taken(&mut self, request: u64, worker: u32) {
        let slot = self.slots.as_mut().map(|slots| take_lowest(&mut slots[worker as usize], request));
        self.occupied.take(request, worker, slot);
        if let Some(entry) = self.entry(request) {
            entry.worker = Some(worker);
            entry.slot = slot;
        }
    }

    fn on_segment(&mut self, segment: Segment) {
        self.see(segment.end);
        self.occupied.segment(&segment);
        if let Some(entry) = self.entry(segment.request) {
            entry.add(segment);
        }
    }

    fn on_held(&mut self, held: HeldConnection) {
        if let Some(entry) = self.entry(held.request) {
            entry.connections.push(held);
        }
    }

    fn on_departures(&mut self, departures: &[Departure]) {
        for departure in departures {
            if self.is_complete() {
                return;
            }
            let request = departure.entrance.request;
            self.free_slot(request);
            self.occupied.leave(request);
            match self.what {
                Recorded::Stretch { from, .. } if departure.departure <= from => {
                    self.entries.remove(&request);
                }
                Recorded::First { .. } | Recorded::Stretch { .. } => {}
            }
            if let Some(entry) = self.entry(request) {
                entry.departure = Some((departure.departure, departure.outcome));
                self.departed += 1;
            }
        }
    }

    fn on_unfinished(&mut self, unfinished: &Unfinished) {
        match unfinished.standing() {
            Standing::Abandoned => {
                if let Some(entry) = self.entry(unfinished.entrance.request) {
                    entry.is_abandoned = true;
                }
            }
            Standing::InFlight | Standing::BetweenAttempts => {}
        }
    }
}

/// A thread that a request had, as far as it was before an instant.
fn timeline_thread(held: ThreadSpan, until: SimTime) -> Option<TimelineThread> {
    let ThreadSpan { thread, start, end } = held;
    let end_ms = end.min(until).as_millis();
    (start < until).then_some(TimelineThread { thread, start_ms: start.as_millis(), end_ms })
}
