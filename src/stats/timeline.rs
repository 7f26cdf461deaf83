//! Records what single requests did: the first of a run, from their arrival on.

use crate::engine::{BlockingWaits, Departure, Entrance, Observer, Outcome, Rules, Segment};
use crate::model::{Activity, ClassId, SimDuration, SimTime};

use super::results::{TimelineEntry, TimelineSegment};

/// Records the first requests after the warm-up, in memory that grows with what they do.
#[derive(Clone, Debug)]
pub struct TimelineRecorder {
    most: usize,
    warm_up: SimTime,
    entries: Vec<Entry>,
    /// For each worker with fixed slots, the request in each slot.
    slots: Option<Vec<Vec<Option<u64>>>>,
    departed: usize,
    /// Whether a wait that keeps the turn to run is worth a word: not where all waits do.
    tells_blocking: bool,
}

#[derive(Clone, Debug)]
struct Entry {
    entrance: Entrance,
    departure: Option<(SimTime, Outcome)>,
    worker: Option<u32>,
    slot: Option<u32>,
    segments: Vec<Segment>,
}

impl TimelineRecorder {
    /// Records at most so many requests that arrive after the warm-up.
    pub fn new(most: usize, warm_up: SimTime, rules: &Rules) -> Self {
        Self {
            most,
            warm_up,
            entries: Vec::new(),
            slots: rules.slots.map(|_| vec![Vec::new(); rules.workers as usize]),
            departed: 0,
            tells_blocking: rules.blocking_waits == BlockingWaits::Marked,
        }
    }

    /// Nothing more will be recorded.
    fn is_complete(&self) -> bool {
        self.departed == self.most
    }

    fn entry(&mut self, request: u64) -> Option<&mut Entry> {
        let first = self.entries.first()?.entrance.request;
        self.entries.get_mut(usize::try_from(request.checked_sub(first)?).ok()?)
    }

    fn free_slot(&mut self, request: u64) {
        let slots = self.slots.iter_mut().flatten().flatten();
        slots.filter(|slot| **slot == Some(request)).for_each(|slot| *slot = None);
    }

    /// What the requests did, in the order of their arrival.
    pub fn timeline(&self, class_name: impl Fn(ClassId) -> String) -> Vec<TimelineEntry> {
        let timeline = |entry: &Entry| entry.timeline(class_name(entry.entrance.class), self.tells_blocking);
        self.entries.iter().map(timeline).collect()
    }
}

impl Observer for TimelineRecorder {
    fn watches_segments(&self) -> bool {
        !self.is_complete()
    }

    fn on_arrival(&mut self, entrance: &Entrance) {
        if self.entries.len() < self.most && entrance.arrival >= self.warm_up {
            let entrance = *entrance;
            self.entries.push(Entry { entrance, departure: None, worker: None, slot: None, segments: Vec::new() });
        }
    }

    fn on_taken(&mut self, request: u64, worker: u32) {
        let slot = self.slots.as_mut().map(|slots| take_lowest(&mut slots[worker as usize], request));
        if let Some(entry) = self.entry(request) {
            entry.worker = Some(worker);
            entry.slot = slot;
        }
    }

    fn on_segment(&mut self, segment: Segment) {
        if let Some(entry) = self.entry(segment.request) {
            match entry.segments.last_mut() {
                // A request that lost its core to nobody goes on where it was.
                Some(last)
                    if (last.activity, last.holds_turn) == (segment.activity, segment.holds_turn)
                        && last.end == segment.start =>
                {
                    last.end = segment.end;
                }
                _ => entry.segments.push(segment),
            }
        }
    }

    fn on_departures(&mut self, departures: &[Departure]) {
        for departure in departures {
            if self.is_complete() {
                return;
            }
            let request = departure.entrance.request;
            self.free_slot(request);
            if let Some(entry) = self.entry(request) {
                entry.departure = Some((departure.departure, departure.outcome));
                self.departed += 1;
            }
        }
    }
}

/// Takes the lowest free slot, counted from 0.
fn take_lowest(slots: &mut Vec<Option<u64>>, request: u64) -> u32 {
    let free = slots.iter().position(Option::is_none).unwrap_or_else(|| {
        slots.push(None);
        slots.len() - 1
    });
    slots[free] = Some(request);
    free as u32
}

impl Entry {
    fn timeline(&self, class: String, tells_blocking: bool) -> TimelineEntry {
        let is_answered = |(_, outcome): &(SimTime, Outcome)| *outcome == Outcome::Completed;
        let response_time = self.departure.filter(is_answered).map(|(departure, _)| departure - self.entrance.arrival);
        let unanswered = self.departure.filter(|departure| !is_answered(departure));
        TimelineEntry {
            request: self.entrance.request + 1,
            class,
            arrival_ms: self.entrance.arrival.as_millis(),
            departure_ms: self.departure.map(|(departure, _)| departure.as_millis()),
            response_time_ms: response_time.map(SimDuration::as_millis),
            outcome: unanswered.map(|(_, outcome)| outcome.name()),
            slowdown: response_time.and_then(|time| {
                let demand = self.entrance.demand;
                (demand > SimDuration::ZERO).then(|| time.as_nanos() as f64 / demand.as_nanos() as f64)
            }),
            worker: self.worker.map(|worker| worker + 1),
            slot: self.slot.map(|slot| slot + 1),
            segments: self.segments.iter().map(|segment| timeline_segment(segment, tells_blocking)).collect(),
        }
    }
}

fn timeline_segment(segment: &Segment, tells_blocking: bool) -> TimelineSegment {
    let is_wait = match segment.activity {
        Activity::PoolWait | Activity::BackendWait | Activity::Backend | Activity::Sleep => true,
        Activity::BacklogWait | Activity::RunQueueWait | Activity::Framework | Activity::Compute => false,
    };
    TimelineSegment {
        kind: segment.activity.name(),
        start_ms: segment.start.as_millis(),
        end_ms: segment.end.as_millis(),
        blocking: tells_blocking && is_wait && segment.holds_turn,
    }
}
