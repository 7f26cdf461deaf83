//! What was recorded of a run: who used which unit when, and what everybody did.

use std::collections::BTreeMap;

use crate::engine::{Actor, Span, SpanKind, Unit};
use crate::model::{ClassId, SimDuration, SimTime};

/// What happened in some windows of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    /// Who used a unit, by when it was taken.
    pub holds: BTreeMap<Unit, Holds>,
    /// What each actor did, in order; of parallel branches that on the critical path.
    pub spans: BTreeMap<Actor, Vec<Span>>,
    /// Which worker accepted a request before it had a slot for it.
    pub accepted: BTreeMap<u64, Accepted>,
    /// How many cores a replica had to share, in order; as many as its machine has before the first entry.
    pub shared_cores: BTreeMap<u32, Vec<SharedCores>>,
    /// The length of the windows that were recorded.
    pub recorded: SimDuration,
    /// The classes of requests.
    pub classes: BTreeMap<u64, ClassId>,
}

/// The uses of a unit, or of several alike.
#[derive(Clone, Debug, Default)]
pub(super) struct Holds {
    all: Vec<Hold>,
    /// The latest end in each block of [`BLOCK`] of them.
    latest_ends: Vec<SimTime>,
}

const BLOCK: usize = 64;

/// A unit was used from `start` up to `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    pub actor: Actor,
    pub start: SimTime,
    pub end: SimTime,
}

/// A worker accepted a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    pub worker: u32,
    pub time: SimTime,
}

/// How many cores there are to share from an instant on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SharedCores {
    pub cores: u32,
    pub since: SimTime,
}

impl Log {
    /// The same with all lists in the order in which things began.
    pub fn in_order(mut self) -> Self {
        self.holds.values_mut().for_each(Holds::sort);
        self.spans.values_mut().for_each(|spans| spans.sort_by_key(|span| span.start));
        self
    }

    /// The uses of a unit.
    pub fn holds_of(&self, unit: Unit) -> &Holds {
        const NONE: &Holds = &Holds { all: Vec::new(), latest_ends: Vec::new() };
        self.holds.get(&unit).unwrap_or(NONE)
    }

    /// About how much happened between two instants: the entries of the log, if they were spread evenly.
    pub fn entries_between(&self, from: SimTime, to: SimTime) -> u64 {
        let entries: usize = self.holds.values().map(|holds| holds.all.len()).sum();
        let share = (to - from).as_secs() / self.recorded.as_secs().max(f64::MIN_POSITIVE);
        (entries as f64 * share) as u64
    }

    /// What an actor did, in order.
    pub fn spans_of(&self, actor: Actor) -> &[Span] {
        self.spans.get(&actor).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Holds {
    pub fn push(&mut self, hold: Hold) {
        self.all.push(hold);
    }

    fn sort(&mut self) {
        self.all.sort_by_key(|hold| hold.start);
        let latest_end = |holds: &[Hold]| holds.iter().map(|hold| hold.end).max().unwrap_or(SimTime::ZERO);
        self.latest_ends = self.all.chunks(BLOCK).map(latest_end).collect();
    }

    /// Those that overlap a span of time.
    pub fn between(&self, from: SimTime, to: SimTime) -> impl Iterator<Item = &Hold> {
        let begun = &self.all[..self.all.partition_point(|hold| hold.start < to)];
        let blocks = begun.chunks(BLOCK).zip(&self.latest_ends).filter(move |(_, end)| **end > from);
        blocks.flat_map(|(block, _)| block).filter(move |hold| hold.end > from)
    }
}

/// When the time is over in which a span passed.
pub(super) fn until(span: &Span) -> SimTime {
    match span.kind {
        SpanKind::Whole | SpanKind::Switch => span.end,
        SpanKind::Shared { until } => until,
    }
}
