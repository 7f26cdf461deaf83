//! What the workers, threads or loops of a policy did, derived from their requests.

use std::collections::BTreeMap;

use super::looks::activity;
use super::palette::{CONNECTION, Fill, HELD, OTHERS, RUNNING};
use super::pieces::divided;
use super::scale::TimeScale;
use super::timeline::Drawing;
use crate::model::{Activity, ActivityGroup};
use crate::policy::Runner;
use crate::stats::{
    Occupied, PolicyResults, RunnerPart, RunnerPlace, TimelineConnection, TimelineEntry, TimelineSegment,
};

/// What one worker, thread, loop or connection did.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RunnerRow {
    /// Its name: `worker 2, thread 1`.
    pub(super) name: String,
    /// When it was occupied, in order of time.
    pub(super) blocks: Vec<Occupancy>,
}

/// A time span in which one request occupied it, or others that are not shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Occupancy {
    /// In which way, and by which request.
    pub(super) hold: Hold,
    /// The request's number; 0 if it is not shown.
    pub(super) request: u64,
    /// Its class.
    pub(super) class: String,
    /// Start.
    pub(super) start_ms: f64,
    /// End.
    pub(super) end_ms: f64,
}

/// In which way something is occupied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// A request runs.
    Runs,
    /// A request waits meanwhile.
    Waits,
    /// A request holds a connection, whatever it does.
    Connection,
    /// Requests that are not shown have it, whatever they do.
    Others,
}

impl Hold {
    /// All of them, in the order of the legend.
    pub(super) const ALL: [Self; 4] = [Self::Runs, Self::Waits, Self::Connection, Self::Others];

    pub(super) const fn fill(self) -> Fill {
        match self {
            Self::Runs => RUNNING,
            Self::Waits => HELD,
            Self::Connection => CONNECTION,
            Self::Others => OTHERS,
        }
    }

    /// Its entry in the legend.
    pub(super) const fn legend(self) -> &'static str {
        match self {
            Self::Runs => "runs the request of that number",
            Self::Waits => "held by a request that waits",
            Self::Connection => "connection held by the request of that number",
            Self::Others => "held by requests that are not shown",
        }
    }

    /// Where the number of the request stands, if it does.
    pub(super) const fn number(self) -> Number {
        match self {
            Self::Runs | Self::Connection => Number::InEach,
            Self::Waits => Number::InFirst,
            Self::Others => Number::None,
        }
    }
}

/// Which blocks have the number of their request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// Each with room.
    InEach,
    /// The first of a request with room, on a plain ground.
    InFirst,
    None,
}

/// The rows of a policy, and a note about those that are not shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Strip {
    /// The rows.
    pub(super) rows: Vec<RunnerRow>,
    /// A note below them, if any.
    pub(super) note: Option<String>,
}

/// The word for a runner.
fn word(runner: Runner) -> &'static str {
    match runner {
        Runner::Worker => "worker",
        Runner::Thread => "thread",
        Runner::Loop => "loop",
    }
}

/// Whether a request occupies a runner during a segment.
fn is_taken(runner: Runner, segment: &TimelineSegment) -> bool {
    match activity(segment) {
        Activity::Framework | Activity::Compute => true,
        // A request that waits for a thread has none yet.
        Activity::BacklogWait | Activity::ThreadWait => false,
        Activity::RunQueueWait | Activity::PoolWait | Activity::BackendWait | Activity::Backend | Activity::Sleep => {
            segment.blocking || runner != Runner::Loop
        }
    }
}

type Rows = BTreeMap<RunnerPlace, Vec<Occupancy>>;

/// What ran requests in the time shown.
pub(super) fn strip(drawing: &Drawing<'_>, scale: &TimeScale) -> Strip {
    let (policy, most) = (drawing.policy, drawing.most_rows);
    let mut rows = Rows::new();
    for entry in drawing.all {
        add_entry(&mut rows, entry, drawing, scale);
    }
    if drawing.hides_some() {
        drawing.occupied.iter().for_each(|occupied| add_others(&mut rows, occupied, scale));
    }
    let used = Used::of(rows.keys());
    let named = rows.into_iter().take(most).map(|(place, mut blocks)| {
        blocks.sort_by(|a, b| a.start_ms.total_cmp(&b.start_ms).then(a.request.cmp(&b.request)));
        (place, RunnerRow { name: name(policy, place), blocks })
    });
    let (places, mut rows): (Vec<_>, Vec<_>) = named.unzip();
    let note = note(policy, used, Used::of(places.iter()));
    rows.extend(connections(drawing.all, most, scale));
    Strip { rows, note }
}

fn name(policy: &PolicyResults, RunnerPlace { worker, part }: RunnerPlace) -> String {
    let is_only = policy.workers == 1;
    match part {
        RunnerPart::Loop => format!("loop {worker}"),
        RunnerPart::Thread(thread) if is_only => format!("thread {thread}"),
        RunnerPart::Thread(thread) => format!("loop {worker}, thread {thread}"),
        RunnerPart::Slot(slot) => match policy.runner {
            Runner::Thread if is_only => format!("thread {slot}"),
            Runner::Thread => format!("worker {worker}, thread {slot}"),
            Runner::Worker | Runner::Loop => format!("worker {worker}"),
        },
    }
}

/// Adds what a request occupied.
fn add_entry(rows: &mut Rows, entry: &TimelineEntry, drawing: &Drawing<'_>, scale: &TimeScale) {
    let Some(worker) = entry.worker else { return };
    let part = match drawing.policy.runner {
        Runner::Worker => RunnerPart::Slot(1),
        Runner::Thread => RunnerPart::Slot(entry.slot.unwrap_or(1)),
        Runner::Loop => RunnerPart::Loop,
    };
    if drawing.stretch.is_none() {
        rows.entry(RunnerPlace { worker, part }).or_default();
    }
    for (part, block) in blocks(entry, part, drawing.policy.runner, scale) {
        let row = rows.entry(RunnerPlace { worker, part }).or_default();
        match row.last_mut() {
            Some(last) if (last.request, last.hold) == (block.request, block.hold) && last.end_ms >= block.start_ms => {
                last.end_ms = block.end_ms;
            }
            Some(_) | None => row.push(block),
        }
    }
}

/// What a request occupied when: `own` or, while it is in the hands of the loop's thread pool, one of its threads.
fn blocks(
    entry: &TimelineEntry,
    own: RunnerPart,
    runner: Runner,
    scale: &TimeScale,
) -> impl Iterator<Item = (RunnerPart, Occupancy)> {
    let cuts: Vec<f64> = entry.threads.iter().flat_map(|held| [held.start_ms, held.end_ms]).collect();
    let thread_at = move |[from, until]: [f64; 2]| {
        let held = entry.threads.iter().find(|held| held.start_ms <= from && until <= held.end_ms);
        held.map(|held| RunnerPart::Thread(held.thread))
    };
    let of_segment = move |segment: &TimelineSegment| {
        let hold = match activity(segment).group() {
            ActivityGroup::Cpu => Hold::Runs,
            ActivityGroup::Wait | ActivityGroup::Away => Hold::Waits,
        };
        let own = is_taken(runner, segment).then_some(own);
        let parts = divided([segment.start_ms, segment.end_ms], &cuts, |times| thread_at(times).or(own));
        let block = |([start_ms, end_ms], part): ([f64; 2], Option<RunnerPart>)| {
            let [start_ms, end_ms] = scale.clipped(start_ms, end_ms)?;
            Some((part?, Occupancy { hold, request: entry.request, class: entry.class.clone(), start_ms, end_ms }))
        };
        parts.into_iter().filter_map(block).collect::<Vec<_>>()
    };
    entry.segments.iter().flat_map(of_segment)
}

/// Adds when requests that are not shown occupied a place.
fn add_others(rows: &mut Rows, occupied: &Occupied, scale: &TimeScale) {
    let shown: Vec<[f64; 2]> = rows
        .get(&occupied.place)
        .map(|blocks| blocks.iter().map(|block| [block.start_ms, block.end_ms]).collect())
        .unwrap_or_default();
    let cuts: Vec<f64> = shown.iter().flatten().copied().collect();
    let is_shown = |[from, until]: [f64; 2]| shown.iter().any(|[start, end]| *start <= from && until <= *end);
    for [start_ms, end_ms] in &occupied.spans_ms {
        let Some(span) = scale.clipped(*start_ms, *end_ms) else { continue };
        let hidden = divided(span, &cuts, is_shown).into_iter().filter(|(_, is_shown)| !is_shown);
        let others = |([start_ms, end_ms], _): ([f64; 2], bool)| Occupancy {
            hold: Hold::Others,
            request: 0,
            class: String::new(),
            start_ms,
            end_ms,
        };
        let mut hidden = hidden.map(others).peekable();
        if hidden.peek().is_some() {
            rows.entry(occupied.place).or_default().extend(hidden);
        }
    }
}

/// The connections that requests hold over several phases, backend by backend: each in the first row that is free.
fn connections(timeline: &[TimelineEntry], most: usize, scale: &TimeScale) -> Vec<RunnerRow> {
    let mut held: Vec<(&str, Occupancy)> = Vec::new();
    for entry in timeline {
        held.extend(entry.connections.iter().filter_map(|connection| {
            let (request, class) = (entry.request, entry.class.clone());
            let TimelineConnection { backend, start_ms, end_ms } = connection;
            let [start_ms, end_ms] = scale.clipped(*start_ms, *end_ms)?;
            Some((backend.as_str(), Occupancy { hold: Hold::Connection, request, class, start_ms, end_ms }))
        }));
    }
    held.sort_by(|(one, a), (other, b)| one.cmp(other).then(a.start_ms.total_cmp(&b.start_ms)));
    let mut rows: Vec<RunnerRow> = Vec::new();
    for of_backend in held.chunk_by(|(one, _), (other, _)| one == other) {
        let first = rows.len();
        for (backend, block) in of_backend {
            let is_free = |row: &RunnerRow| row.blocks.last().is_none_or(|last| last.end_ms <= block.start_ms);
            match rows[first..].iter().position(is_free) {
                Some(place) => rows[first + place].blocks.push(block.clone()),
                None if rows.len() < most => {
                    let name = format!("{backend} connection {}", rows.len() - first + 1);
                    rows.push(RunnerRow { name, blocks: vec![block.clone()] });
                }
                None => {}
            }
        }
    }
    rows
}

/// How many places there are of what runs requests, and of the threads of thread pools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Used {
    runners: u64,
    threads: u64,
}

impl Used {
    fn of<'a>(places: impl Iterator<Item = &'a RunnerPlace>) -> Self {
        places.fold(Self::default(), |used, place| match place.part {
            RunnerPart::Slot(_) | RunnerPart::Loop => Self { runners: used.runners + 1, ..used },
            RunnerPart::Thread(_) => Self { threads: used.threads + 1, ..used },
        })
    }
}

fn note(policy: &PolicyResults, used: Used, drawn: Used) -> Option<String> {
    let slots = if policy.runner == Runner::Thread { policy.slots.unwrap_or(1) } else { 1 };
    let all = u64::from(policy.workers) * u64::from(slots);
    let several = |count: u64, word: &str| format!("{count} more {word}{}", if count == 1 { "" } else { "s" });
    let undrawn = |count: u64, word| (count > 0).then(|| format!("{} at work, not drawn", several(count, word)));
    let word = word(policy.runner);
    let untaken = all - used.runners;
    let parts = [
        undrawn(used.runners - drawn.runners, word),
        undrawn(used.threads - drawn.threads, "thread"),
        (untaken > 0).then(|| format!("{} idle", several(untaken, word))),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("… and {}", parts.join(", ")))
}
