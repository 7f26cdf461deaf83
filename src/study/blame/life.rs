//! What an actor did, as time goes on: what it waited for, and what it did when others waited for it.

use crate::engine::{Actor, Span, SpanKind, Unit};
use crate::model::{Activity, ActivityGroup, Place, SimDuration, SimTime};

use super::log::{Log, until};
use super::pace::Pace;
use super::site::{Site, Station, Units};

/// A wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    pub station: Station,
    pub how: How,
    pub start: SimTime,
    /// When it is over; under [`How::Shared`] the request is served meanwhile, too.
    pub end: SimTime,
}

/// In which way a request waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// In a queue.
    Queues,
    /// For a context switch.
    Switches,
    /// While units are shared: this much of the time is lost.
    Shared(SimDuration),
}

impl Wait {
    /// How long the wait was.
    pub fn length(&self) -> SimDuration {
        match self.how {
            How::Queues | How::Switches => self.end - self.start,
            How::Shared(lost) => lost,
        }
    }

    /// Whether the next wait is the rest of this one.
    fn is_continued_by(&self, next: &Self) -> bool {
        let is_whole = match self.how {
            How::Queues | How::Switches => true,
            How::Shared(_) => false,
        };
        is_whole && self.how == next.how && self.station == next.station && self.end == next.start
    }
}

/// What an actor does at an instant, to those who wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// It works, or is away.
    Works(Activity),
    /// It waits itself.
    Waits(Station),
    /// It is switched to.
    Switches,
}

/// A stretch of time in which an actor does one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub start: SimTime,
    pub end: SimTime,
    pub doing: Doing,
}

/// The waits of an actor, in order; adjacent ones for the same are one, unless units are shared meanwhile: of each, only some of
/// the time is lost.
pub(super) fn waits(log: &Log, actor: Actor) -> Vec<Wait> {
    let mut waits: Vec<Wait> = Vec::new();
    for wait in log.spans_of(actor).iter().flat_map(|span| waits_in(log, span)) {
        match waits.last_mut() {
            Some(last) if last.is_continued_by(&wait) => {
                last.end = wait.end;
            }
            Some(_) | None => waits.push(wait),
        }
    }
    waits
}

/// The waits of a span: none, one, or that in the backlog and that inside the worker that accepted the request.
fn waits_in(log: &Log, span: &Span) -> Vec<Wait> {
    let Some(place) = span.place.filter(|_| span.activity.group() == ActivityGroup::Wait) else { return Vec::new() };
    let how = match span.kind {
        SpanKind::Whole => How::Queues,
        SpanKind::Switch => How::Switches,
        SpanKind::Shared { .. } => How::Shared(span.end - span.start),
    };
    let station = Station { place, worker: span.worker, is_accepted: false };
    let wait = Wait { station, how, start: span.start, end: until(span) };
    match accepted(log, span, place) {
        None => vec![wait],
        Some(time) => {
            let inside = Wait { station: Station { is_accepted: true, ..station }, start: time, ..wait };
            [Wait { end: time, ..wait }, inside].into_iter().filter(|wait| wait.start < wait.end).collect()
        }
    }
}

/// When the worker accepted a request that waits in the backlog.
fn accepted(log: &Log, span: &Span, place: Place) -> Option<SimTime> {
    let Actor::Request(request) = span.actor else { return None };
    let accepted =
        log.accepted.get(&request).filter(|accepted| place == Place::Backlog && accepted.worker == span.worker)?;
    Some(accepted.time)
}

/// What an actor did, in order.
pub(super) fn life(log: &Log, site: &Site, actor: Actor) -> Vec<Piece> {
    let spans = log.spans_of(actor);
    let mut pieces = Vec::new();
    let mut place = 0;
    while let Some(span) = spans.get(place) {
        let end = until(span);
        let rest = &spans[place + 1..];
        match span.kind {
            SpanKind::Shared { .. } => {
                let burst = &rest[..rest.partition_point(|later| later.start < end)];
                pieces.extend(shared(log, site, span, burst));
                place += 1 + burst.len();
            }
            SpanKind::Switch => {
                pieces.push(Piece { start: span.start, end, doing: Doing::Switches });
                place += 1;
            }
            SpanKind::Whole => {
                let waits = waits_in(log, span);
                if waits.is_empty() {
                    pieces.push(Piece { start: span.start, end, doing: Doing::Works(span.activity) });
                }
                let waiting =
                    |wait: Wait| Piece { start: wait.start, end: wait.end, doing: Doing::Waits(wait.station) };
                pieces.extend(waits.into_iter().map(waiting));
                place += 1;
            }
        }
    }
    pieces
}

/// What an actor did while it shared units: whatever it had been served for at each instant.
fn shared(log: &Log, site: &Site, lost: &Span, burst: &[Span]) -> Vec<Piece> {
    let end = until(lost);
    let station = lost.place.map(|place| Station { place, worker: lost.worker, is_accepted: false });
    let Some(Units::Of(unit)) = station.map(|station| site.units(station)) else { return Vec::new() };
    let pace = Pace::new(log, site, unit, (lost.start, end), lost.end - lost.start);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut served = SimDuration::ZERO;
    let mut start = lost.start;
    for span in burst {
        served += span.end - span.start;
        let doing = match span.kind {
            SpanKind::Switch => Doing::Switches,
            SpanKind::Whole | SpanKind::Shared { .. } => Doing::Works(span.activity),
        };
        let until = pace.time_of(served);
        pieces.push(Piece { start, end: until, doing });
        start = until;
    }
    // What is left is too short to have been served, down to the nanosecond.
    match pieces.last_mut() {
        Some(last) => last.end = end,
        None => pieces.push(Piece { start, end, doing: Doing::Works(without_service(unit)) }),
    }
    pieces.retain(|piece| piece.start < piece.end);
    pieces
}

/// The activity of a request that has been served nothing yet.
const fn without_service(unit: Unit) -> Activity {
    match unit {
        Unit::Query(_) => Activity::Backend,
        Unit::Slot(_) | Unit::Loop(_) | Unit::Turn(_) | Unit::Core(_) | Unit::Thread(_) | Unit::Connection(..) => {
            Activity::Compute
        }
    }
}
