//! Records what ran when: the requests of a window, who held each slot, loop, thread and connection meanwhile, and how many
//! requests waited where.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::engine::{Actor, Departure, Entrance, Observer, Outcome, Segment, Span, SpanKind, Standing, Unfinished, Unit, UnitChange};
use crate::model::{ActivityGroup, ClassId, Place, Resource, SimTime};

/// What ran when under one policy, from the arrival of the first request of a window until the last of them has departed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicyTrace {
    /// When the window begins.
    pub start: SimTime,
    /// When it ends.
    pub end: SimTime,
    /// The requests, in the order of their arrival.
    pub requests: Vec<TracedRequest>,
    /// Who held what, of all requests, clipped to the window.
    pub holdings: Vec<Holding>,
    /// How many requests waited for each thing, of all requests, from the beginning of the window on: `None` is the backlog.
    pub queues: Vec<(Option<Resource>, Vec<(SimTime, u64)>)>,
    /// The class of each request that arrived by then.
    classes: Vec<ClassId>,
}

/// What a request did.
#[derive(Clone, Debug, PartialEq)]
pub struct TracedRequest {
    /// Its number in the run, counted from 1.
    pub request: u64,
    /// How it ended, if that was without an answer.
    pub unanswered: Option<Outcome>,
    /// Whether it was in flight when the run ended.
    pub is_in_flight: bool,
    /// What it did, in order, without holes.
    pub segments: Vec<Segment>,
}

/// Something was held by a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// What.
    pub unit: Unit,
    /// Which of several of that kind, counted from 1.
    pub number: u32,
    /// Who held it.
    pub holder: Actor,
    /// From when on.
    pub start: SimTime,
    /// Until when.
    pub end: SimTime,
}

impl PolicyTrace {
    /// The class of a request by its number in the run, counted from 1.
    pub fn class_of(&self, request: u64) -> Option<ClassId> {
        self.classes.get(usize::try_from(request.checked_sub(1)?).ok()?).copied()
    }
}

/// Records a window of requests.
#[derive(Clone, Debug)]
pub struct TraceRecorder {
    /// The requests, by their numbers counted from 0.
    window: RangeInclusive<u64>,
    classes: Vec<ClassId>,
    requests: BTreeMap<u64, TracedRequest>,
    /// How many of them have departed, and when the last did.
    departed: usize,
    start: Option<SimTime>,
    end: SimTime,
    /// For each unit, who holds it as which of several, and since when.
    held: BTreeMap<Unit, Vec<Option<(Actor, SimTime)>>>,
    holdings: Vec<Holding>,
    waits: Vec<(Option<Resource>, SimTime, SimTime)>,
}

impl TraceRecorder {
    /// Records the requests with these numbers, counted from 1.
    pub fn new(requests: &RangeInclusive<u64>) -> Self {
        Self {
            window: requests.start().saturating_sub(1)..=requests.end().saturating_sub(1),
            classes: Vec::new(),
            requests: BTreeMap::new(),
            departed: 0,
            start: None,
            end: SimTime::ZERO,
            held: BTreeMap::new(),
            holdings: Vec::new(),
            waits: Vec::new(),
        }
    }

    /// Whether all requests of the window have departed, so that the run may end.
    pub fn is_complete(&self) -> bool {
        let wanted = self.window.end() - self.window.start() + 1;
        self.departed as u64 == wanted
    }

    fn is_before_window(&self, end: SimTime) -> bool {
        self.start.is_none_or(|start| end <= start)
    }

    fn take(&mut self, change: &UnitChange) {
        let places = self.held.entry(change.unit).or_default();
        let free = places.iter().position(Option::is_none).unwrap_or_else(|| {
            places.push(None);
            places.len() - 1
        });
        places[free] = Some((change.actor, change.time));
    }

    fn release(&mut self, change: &UnitChange) {
        let places = self.held.entry(change.unit).or_default();
        // Of several of a kind, the last one taken is returned first.
        let held = places.iter().enumerate().filter_map(|(place, held)| Some((place, (*held)?)));
        let own = held.filter(|(_, (actor, _))| *actor == change.actor);
        let Some((place, (holder, start))) = own.max_by_key(|(_, (_, since))| *since) else { return };
        places[place] = None;
        self.add_holding(Holding { unit: change.unit, number: place as u32 + 1, holder, start, end: change.time });
    }

    fn add_holding(&mut self, holding: Holding) {
        if !self.is_before_window(holding.end) && holding.start < holding.end {
            self.holdings.push(holding);
        }
    }

    /// What was recorded of a run that went on until an instant.
    pub fn trace(mut self, until: SimTime) -> PolicyTrace {
        let end = if self.is_complete() { self.end } else { until };
        let start = self.start.unwrap_or(end);
        let held: Vec<_> = self.held.iter().map(|(unit, places)| (*unit, places.clone())).collect();
        for (unit, places) in held {
            for (number, place) in (1..).zip(places) {
                if let Some((holder, since)) = place {
                    self.add_holding(Holding { unit, number, holder, start: since, end: until.max(since) });
                }
            }
        }
        let clipped = |holding: Holding| Holding { start: holding.start.max(start), end: holding.end.min(end), ..holding };
        let holdings = self.holdings.into_iter().map(clipped).filter(|holding| holding.start < holding.end).collect();
        let requests = self.requests.into_values().collect();
        PolicyTrace { start, end, requests, holdings, queues: levels(&self.waits, start, end), classes: self.classes }
    }
}

/// How many waited for each thing from each instant of a window on, where any did.
fn levels(
    waits: &[(Option<Resource>, SimTime, SimTime)],
    start: SimTime,
    end: SimTime,
) -> Vec<(Option<Resource>, Vec<(SimTime, u64)>)> {
    let mut changes: BTreeMap<Option<Resource>, BTreeMap<SimTime, i64>> = BTreeMap::new();
    for (what, from, until) in waits.iter().filter(|(_, from, until)| *from < end && *until > start) {
        let of_queue = changes.entry(*what).or_insert_with(|| BTreeMap::from([(start, 0)]));
        *of_queue.entry((*from).max(start)).or_default() += 1;
        *of_queue.entry((*until).min(end)).or_default() -= 1;
    }
    let queue = |(what, changes): (Option<Resource>, BTreeMap<SimTime, i64>)| {
        let mut level = 0;
        let mut levels: Vec<(SimTime, u64)> = Vec::new();
        for (time, change) in changes {
            level += change;
            let now = u64::try_from(level).unwrap_or_default();
            if levels.last().is_none_or(|(_, before)| *before != now) {
                levels.push((time, now));
            }
        }
        (what, levels)
    };
    changes.into_iter().map(queue).collect()
}

impl Observer for TraceRecorder {
    fn watches_segments(&self) -> bool {
        true
    }

    fn watches_units(&self) -> bool {
        true
    }

    fn on_arrival(&mut self, entrance: &Entrance) {
        self.classes.push(entrance.class);
        if self.window.contains(&entrance.request) {
            self.start = self.start.or(Some(entrance.arrival));
            let request = entrance.request + 1;
            let traced = TracedRequest { request, unanswered: None, is_in_flight: false, segments: Vec::new() };
            self.requests.insert(entrance.request, traced);
        }
    }

    fn on_segment(&mut self, segment: Segment) {
        if let Some(traced) = self.requests.get_mut(&segment.request) {
            traced.segments.push(segment);
        }
    }

    fn on_unit(&mut self, change: UnitChange) {
        match change.unit {
            Unit::Slot(_) | Unit::Loop(_) | Unit::Turn(_) | Unit::Thread(_) | Unit::Connection(..) => {}
            Unit::Core(_) | Unit::Query(_) => return,
        }
        if change.is_taken { self.take(&change) } else { self.release(&change) }
    }

    fn on_span(&mut self, span: Span) {
        let waits = match span.kind {
            SpanKind::Whole => span.activity.group() == ActivityGroup::Wait,
            SpanKind::Switch | SpanKind::Shared { .. } => false,
        };
        if let (true, Actor::Request(_)) = (waits, span.actor)
            && !self.is_before_window(span.end)
        {
            self.waits.push((span.place.and_then(Place::resource), span.start, span.end));
        }
    }

    fn on_departures(&mut self, departures: &[Departure]) {
        for departure in departures {
            if let Some(traced) = self.requests.get_mut(&departure.entrance.request) {
                traced.unanswered = Some(departure.outcome).filter(|outcome| *outcome != Outcome::Completed);
                self.departed += 1;
                self.end = self.end.max(departure.departure);
            }
        }
    }

    fn on_unfinished(&mut self, unfinished: &Unfinished) {
        let Some(traced) = self.requests.get_mut(&unfinished.entrance.request) else { return };
        match unfinished.standing() {
            Standing::Abandoned => traced.unanswered = Some(Outcome::TimedOut),
            Standing::InFlight => traced.is_in_flight = true,
            Standing::BetweenAttempts => {}
        }
    }
}
