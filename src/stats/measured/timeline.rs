//! Records what single requests did: the first of a run, from their arrival on, or those under way in a stretch of it.
//!
//! A request keeps at most [`MOST_SEGMENTS`] segments. Where it has more (a job of minutes that shares its core in turns of
//! milliseconds), neighbours are merged: within windows of time, all time spent in one way stands together, in the order in
//! which each way first occurred. So the sums by activity stay exact, and only the order within a window is lost. The width of
//! the windows is a power of two, so that wider ones are made of whole narrower ones.

use std::collections::BTreeMap;

use crate::engine::{
    BlockingWaits, Departure, Entrance, HeldConnection, Observer, Outcome, Rules, Segment, Standing, Unfinished,
};
use crate::model::{Activity, BackendId, ClassId, SimDuration, SimTime};

use crate::stats::results::{TimelineConnection, TimelineEntry, TimelinePart, TimelineSegment, WaitCause};

/// Maximum number of segments of a request.
const MOST_SEGMENTS: usize = 512;
/// Minimum number of windows if that leaves few enough segments, else half as many, and so on. A window has at most as many
/// segments as there are ways to spend time: an activity, with the turn or without, and what is special about a wait.
const WINDOWS: u64 = 64;

/// Maximum number of requests that are recorded of a stretch: where there are more, every other one is, and so on.
const MOST_OF_STRETCH: usize = 2000;
/// The requests of a stretch are followed for at most this many times its length beyond its end.
const FOLLOWED: u64 = 4;

/// Records requests, in memory that grows with what they do.
#[derive(Clone, Debug)]
pub struct TimelineRecorder {
    what: Recorded,
    entries: BTreeMap<u64, Entry>,
    /// For each worker with fixed slots, the request in each slot.
    slots: Option<Vec<Vec<Option<u64>>>>,
    departed: usize,
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

#[derive(Clone, Debug)]
struct Entry {
    entrance: Entrance,
    departure: Option<(SimTime, Outcome)>,
    /// Its client had given up when the run ended, and its work was under way.
    is_abandoned: bool,
    worker: Option<u32>,
    slot: Option<u32>,
    /// Adjacent segments of one activity are merged: the place is that of the first.
    segments: Vec<Segment>,
    parts: Vec<TimelinePart>,
    /// The connections that it held over several phases, in the order in which it returned them.
    connections: Vec<HeldConnection>,
    /// How many segments have been merged into others.
    merged: u64,
}

impl TimelineRecorder {
    /// Records at most this many requests that arrive after the warm-up.
    pub fn new(most: usize, warm_up: SimTime, rules: &Rules) -> Self {
        Self::of(Recorded::First { most, warm_up }, rules)
    }

    /// Records requests that are under way at some time from one instant to another.
    pub fn of_stretch(from: SimTime, until: SimTime, rules: &Rules) -> Self {
        Self::of(Recorded::Stretch { from, until, step: 1, now: SimTime::ZERO }, rules)
    }

    fn of(what: Recorded, rules: &Rules) -> Self {
        Self {
            what,
            entries: BTreeMap::new(),
            slots: rules.slots.map(|_| vec![Vec::new(); rules.workers as usize]),
            departed: 0,
            tells_blocking: rules.blocking_waits == BlockingWaits::Marked,
        }
    }

    /// Nothing more will be recorded.
    pub fn is_complete(&self) -> bool {
        match self.what {
            Recorded::First { most, .. } => self.departed == most,
            Recorded::Stretch { until, now, .. } => {
                now >= until && (now >= self.followed_until() || self.entries.values().all(Entry::has_departed))
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
    pub const fn step(&self) -> u64 {
        match self.what {
            Recorded::First { .. } => 1,
            Recorded::Stretch { step, .. } => step,
        }
    }

    fn entry(&mut self, request: u64) -> Option<&mut Entry> {
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

    /// What the requests did, in the order of their arrival.
    pub fn timeline(
        &self,
        class_name: impl Fn(ClassId) -> String,
        backend_name: impl Fn(BackendId) -> String,
    ) -> Vec<TimelineEntry> {
        let connection = |held: &HeldConnection| TimelineConnection {
            backend: backend_name(held.backend),
            start_ms: held.start.as_millis(),
            end_ms: held.end.as_millis(),
        };
        let until = self.followed_until();
        let timeline = |entry: &Entry| TimelineEntry {
            connections: entry.connections.iter().map(connection).collect(),
            ..entry.until(until).timeline(class_name(entry.entrance.class), self.tells_blocking)
        };
        self.entries.values().map(timeline).collect()
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

    fn on_arrival(&mut self, entrance: &Entrance) {
        self.see(entrance.arrival);
        let is_recorded = match self.what {
            Recorded::First { most, warm_up } => self.entries.len() < most && entrance.arrival >= warm_up,
            Recorded::Stretch { until, step, .. } => entrance.arrival < until && entrance.request.is_multiple_of(step),
        };
        if is_recorded {
            self.entries.insert(entrance.request, Entry::new(*entrance));
            self.thin();
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
        self.see(segment.end);
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

/// Takes the lowest free slot, counted from 0.
fn take_lowest(slots: &mut Vec<Option<u64>>, request: u64) -> u32 {
    let free = slots.iter().position(Option::is_none).unwrap_or_else(|| {
        slots.push(None);
        slots.len() - 1
    });
    slots[free] = Some(request);
    free as u32
}

/// A way to spend time.
fn way(segment: &Segment) -> (Activity, bool, Option<WaitCause>) {
    (segment.activity, segment.holds_turn, segment.place.and_then(WaitCause::of))
}

/// Adds a segment to others, after the last or as a part of it: a request whose core was not taken by another continues where it was.
fn append(segments: &mut Vec<Segment>, segment: Segment) {
    match segments.last_mut() {
        Some(last) if way(last) == way(&segment) && last.end == segment.start => last.end = segment.end,
        _ => segments.push(segment),
    }
}

/// The segments of a stretch with all time spent in one way together.
fn merged(stretch: &[Segment]) -> Vec<Segment> {
    let mut parts: Vec<(Segment, SimDuration)> = Vec::new();
    for segment in stretch {
        let span = segment.end - segment.start;
        match parts.iter_mut().find(|(part, _)| way(part) == way(segment)) {
            Some((_, sum)) => *sum += span,
            None => parts.push((*segment, span)),
        }
    }
    let mut start = stretch[0].start;
    let place = |(part, span): (Segment, SimDuration)| {
        let placed = Segment { start, end: start + span, ..part };
        start = placed.end;
        placed
    };
    parts.into_iter().map(place).collect()
}

impl Entry {
    const fn new(entrance: Entrance) -> Self {
        Self {
            entrance,
            departure: None,
            is_abandoned: false,
            worker: None,
            slot: None,
            segments: Vec::new(),
            parts: Vec::new(),
            connections: Vec::new(),
            merged: 0,
        }
    }

    const fn has_departed(&self) -> bool {
        self.departure.is_some()
    }

    /// The same without what was booked after an instant.
    fn until(&self, end: SimTime) -> Self {
        let mut entry = self.clone();
        entry.segments.retain(|segment| segment.start < end);
        entry.segments.iter_mut().for_each(|segment| segment.end = segment.end.min(end));
        entry
    }

    fn add(&mut self, segment: Segment) {
        self.add_part(&segment);
        append(&mut self.segments, segment);
        if self.segments.len() > MOST_SEGMENTS {
            self.merge_neighbours();
        }
    }

    fn add_part(&mut self, segment: &Segment) {
        let (activity, place, span) = (segment.activity, segment.place, segment.end - segment.start);
        match self.parts.iter_mut().find(|part| (part.activity, part.place) == (activity, place)) {
            Some(part) => part.span += span,
            None => self.parts.push(TimelinePart { activity, place, span }),
        }
    }

    #[cold]
    fn merge_neighbours(&mut self) {
        let (Some(first), Some(last)) = (self.segments.first(), self.segments.last()) else { return };
        let (before, start, span) = (self.segments.len(), first.start, (last.end - first.start).as_nanos());
        let mut windows = WINDOWS;
        let fewer = loop {
            let width = (span / (2 * windows)).max(1).next_power_of_two();
            let window = |segment: &Segment| (segment.start - start).as_nanos() / width;
            let mut fewer = Vec::with_capacity(MOST_SEGMENTS + 1);
            for stretch in self.segments.chunk_by(|one, next| window(one) == window(next)) {
                merged(stretch).into_iter().for_each(|segment| append(&mut fewer, segment));
            }
            if windows == 1 || fewer.len() <= MOST_SEGMENTS / 2 {
                break fewer;
            }
            windows /= 2;
        };
        self.segments = fewer;
        self.merged += (before - self.segments.len()) as u64;
    }

    fn timeline(&self, class: String, tells_blocking: bool) -> TimelineEntry {
        let is_answered = |(_, outcome): &(SimTime, Outcome)| *outcome == Outcome::Completed;
        let response_time = self.departure.filter(is_answered).map(|(departure, _)| departure - self.entrance.arrival);
        let unanswered = self.departure.filter(|departure| !is_answered(departure)).map(|(_, outcome)| outcome);
        let unanswered = unanswered.or(self.is_abandoned.then_some(Outcome::TimedOut));
        TimelineEntry {
            request: self.entrance.request + 1,
            class,
            arrival_ms: self.entrance.arrival.as_millis(),
            departure_ms: self.departure.map(|(departure, _)| departure.as_millis()),
            response_time_ms: response_time.map(SimDuration::as_millis),
            outcome: unanswered.map(Outcome::name),
            reason: unanswered.and_then(Outcome::reason),
            slowdown: response_time.and_then(|time| {
                let demand = self.entrance.demand;
                (demand > SimDuration::ZERO).then(|| time.as_nanos() as f64 / demand.as_nanos() as f64)
            }),
            worker: self.worker.map(|worker| worker + 1),
            slot: self.slot.map(|slot| slot + 1),
            merged_segments: self.merged,
            segments: self.segments.iter().map(|segment| timeline_segment(segment, tells_blocking)).collect(),
            parts: self.parts.clone(),
            connections: Vec::new(),
        }
    }
}

fn timeline_segment(segment: &Segment, tells_blocking: bool) -> TimelineSegment {
    let is_wait = segment.activity.is_off_the_cpu();
    TimelineSegment {
        kind: segment.activity.name(),
        start_ms: segment.start.as_millis(),
        end_ms: segment.end.as_millis(),
        blocking: tells_blocking && is_wait && segment.holds_turn,
        cause: segment.place.and_then(WaitCause::of),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(count: u64) -> Entry {
        let start = SimTime::ZERO;
        let entrance = Entrance {
            request: 0,
            class: ClassId(0),
            arrival: start,
            first_arrival: start,
            attempts_before: 0,
            demand: SimDuration::ZERO,
        };
        let mut entry = Entry::new(entrance);
        let time = |millis: u64| start + SimDuration::from_nanos(millis * 1_000_000);
        for turn in 0..count {
            let segment = |activity, start, end| Segment {
                request: 0,
                activity,
                place: None,
                holds_turn: true,
                on_thread: false,
                start,
                end,
            };
            entry.add(segment(Activity::Compute, time(5 * turn), time(5 * turn + 2)));
            entry.add(segment(Activity::RunQueueWait, time(5 * turn + 2), time(5 * turn + 5)));
        }
        entry
    }

    fn sum(entry: &Entry, activity: Activity) -> SimDuration {
        let spans = entry.segments.iter().filter(|segment| segment.activity == activity);
        spans.map(|segment| segment.end - segment.start).sum()
    }

    #[test]
    fn segments_of_a_request_are_bounded_and_their_sums_by_activity_stay_exact() {
        for count in [1, 256, 257, 100_000] {
            let entry = turns(count);
            let spans = |millis| SimDuration::from_nanos(millis * count * 1_000_000);
            assert!(entry.segments.len() <= MOST_SEGMENTS, "{count} turns: {} segments", entry.segments.len());
            assert_eq!(entry.merged > 0, count > 256, "{count} turns");
            assert_eq!((sum(&entry, Activity::Compute), sum(&entry, Activity::RunQueueWait)), (spans(2), spans(3)));
            let longest = entry.segments.iter().map(|segment| segment.end - segment.start).max();
            assert!(count == 1 || longest < Some(SimDuration::from_nanos(5 * count * 1_000_000 / 16)), "{count} turns");
            let parts: SimDuration = entry.parts.iter().map(|part| part.span).sum();
            assert_eq!((entry.parts.len(), parts), (2, spans(5)), "{count} turns");
            let adjoin = |pair: &[Segment]| pair[0].end == pair[1].start;
            assert!(entry.segments.windows(2).all(adjoin), "{count} turns: a hole");
        }
    }
}
