//! What one request did, as it is recorded for timelines.
//!
//! A request keeps at most [`MOST_SEGMENTS`] segments. Where it has more (a job of minutes that shares its core in turns of
//! milliseconds), neighbours are merged: within windows of time, all time spent in one way stands together, in the order in
//! which each way first occurred. So the sums by activity stay exact, and only the order within a window is lost. The width of
//! the windows is a power of two, so that wider ones are made of whole narrower ones.

use crate::engine::{Entrance, HeldConnection, Outcome, Segment};
use crate::model::{Activity, SimDuration, SimTime};
use crate::stats::results::{TimelineEntry, TimelinePart, TimelineSegment, WaitCause};

use super::occupied::ThreadSpan;

/// Maximum number of segments of a request.
const MOST_SEGMENTS: usize = 512;
/// Minimum number of windows if that leaves few enough segments, else half as many, and so on. A window has at most as many
/// segments as there are ways to spend time: an activity, with the turn or without, and what is special about a wait.
const WINDOWS: u64 = 64;

/// A request that is recorded.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    pub entrance: Entrance,
    pub departure: Option<(SimTime, Outcome)>,
    /// Its client had given up when the run ended, and its work was under way.
    pub is_abandoned: bool,
    pub worker: Option<u32>,
    pub slot: Option<u32>,
    /// Adjacent segments of one activity are merged: the place is that of the first.
    pub segments: Vec<Segment>,
    pub parts: Vec<TimelinePart>,
    /// The connections that it held over several phases, in the order in which it returned them.
    pub connections: Vec<HeldConnection>,
    /// The threads of a pool that it had.
    pub threads: Vec<ThreadSpan>,
    /// How many segments have been merged into others.
    pub merged: u64,
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

impl RecordedRequest {
    /// One that has arrived.
    pub const fn new(entrance: Entrance) -> Self {
        Self {
            entrance,
            departure: None,
            is_abandoned: false,
            worker: None,
            slot: None,
            segments: Vec::new(),
            parts: Vec::new(),
            connections: Vec::new(),
            threads: Vec::new(),
            merged: 0,
        }
    }

    pub const fn has_departed(&self) -> bool {
        self.departure.is_some()
    }

    /// The same without what was booked after an instant.
    pub fn until(&self, end: SimTime) -> Self {
        let mut entry = self.clone();
        entry.segments.retain(|segment| segment.start < end);
        entry.segments.iter_mut().for_each(|segment| segment.end = segment.end.min(end));
        entry
    }

    /// Adds the next segment.
    pub fn add(&mut self, segment: Segment) {
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

    /// What it did, as results have it.
    pub fn timeline(&self, class: String, tells_blocking: bool) -> TimelineEntry {
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
            threads: Vec::new(),
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
    use crate::model::ClassId;

    fn turns(count: u64) -> RecordedRequest {
        let start = SimTime::ZERO;
        let entrance = Entrance {
            request: 0,
            class: ClassId(0),
            arrival: start,
            first_arrival: start,
            attempts_before: 0,
            demand: SimDuration::ZERO,
        };
        let mut entry = RecordedRequest::new(entrance);
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

    fn sum(entry: &RecordedRequest, activity: Activity) -> SimDuration {
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
