//! What the workers, threads or loops of a policy were doing, from what their requests did.

use std::collections::BTreeMap;

use crate::model::{Activity, ActivityGroup};
use crate::policy::Runner;
use crate::stats::{PolicyResults, TimelineEntry, TimelineSegment};

/// How many rows a strip has at most.
const MOST_ROWS: usize = 32;

/// What one worker, thread or loop did.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RunnerRow {
    /// Its name: `worker 2, thread 1`.
    pub(super) name: String,
    /// When it was taken, in order of time.
    pub(super) blocks: Vec<Occupancy>,
}

/// A stretch of time that one request took.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Occupancy {
    /// The request's number.
    pub(super) request: u64,
    /// Its class.
    pub(super) class: String,
    /// Whether it ran, or held its place while it waited.
    pub(super) runs: bool,
    /// From when.
    pub(super) start_ms: f64,
    /// Until when.
    pub(super) end_ms: f64,
}

/// The rows of a policy, and how many more there are that have no room.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Strip {
    /// The rows.
    pub(super) rows: Vec<RunnerRow>,
    /// What is said below them, if anything.
    pub(super) note: Option<String>,
}

/// What a runner is called.
fn word(runner: Runner) -> &'static str {
    match runner {
        Runner::Worker => "worker",
        Runner::Thread => "thread",
        Runner::Loop => "loop",
    }
}

/// Whether a runner is taken by a request that spends its time so.
fn is_taken(runner: Runner, segment: &TimelineSegment) -> bool {
    match activity(segment) {
        Activity::Framework | Activity::Compute => true,
        // Who waits for a thread has none.
        Activity::BacklogWait | Activity::ThreadWait => false,
        Activity::RunQueueWait | Activity::PoolWait | Activity::BackendWait | Activity::Backend | Activity::Sleep => {
            segment.blocking || runner != Runner::Loop
        }
    }
}

/// The activity of a segment.
pub(super) fn activity(segment: &TimelineSegment) -> Activity {
    let named = Activity::ALL.into_iter().find(|activity| activity.name() == segment.kind);
    named.expect("segments bear the names of activities")
}

/// What ran the requests in `timeline`.
pub(super) fn strip(policy: &PolicyResults, timeline: &[TimelineEntry]) -> Strip {
    let runner = policy.runner;
    let mut rows: BTreeMap<(u32, u32), Vec<Occupancy>> = BTreeMap::new();
    for entry in timeline {
        let Some(worker) = entry.worker else { continue };
        let slot = if runner == Runner::Thread { entry.slot.unwrap_or(1) } else { 1 };
        rows.entry((worker, slot)).or_default().extend(blocks(entry, runner));
    }
    let slots = if runner == Runner::Thread { policy.slots.unwrap_or(1) } else { 1 };
    let name = |(worker, slot): (u32, u32)| match runner {
        Runner::Worker | Runner::Loop => format!("{} {worker}", word(runner)),
        Runner::Thread if policy.workers == 1 => format!("thread {slot}"),
        Runner::Thread => format!("worker {worker}, thread {slot}"),
    };
    let all = u64::from(policy.workers) * u64::from(slots);
    let used = rows.len();
    let rows: Vec<_> = rows
        .into_iter()
        .take(MOST_ROWS)
        .map(|(place, mut blocks)| {
            blocks.sort_by(|a, b| a.start_ms.total_cmp(&b.start_ms).then(a.request.cmp(&b.request)));
            RunnerRow { name: name(place), blocks }
        })
        .collect();
    let note = note(runner, used - rows.len(), all - used as u64);
    Strip { rows, note }
}

fn note(runner: Runner, undrawn: usize, untaken: u64) -> Option<String> {
    let several = |count: u64| format!("{count} more {}{}", word(runner), if count == 1 { "" } else { "s" });
    let undrawn = (undrawn > 0).then(|| format!("{} at work, not drawn", several(undrawn as u64)));
    let untaken = (untaken > 0).then(|| format!("{} idle", several(untaken)));
    let parts: Vec<_> = undrawn.into_iter().chain(untaken).collect();
    (!parts.is_empty()).then(|| format!("… and {}", parts.join(", ")))
}

fn blocks(entry: &TimelineEntry, runner: Runner) -> Vec<Occupancy> {
    let mut blocks: Vec<Occupancy> = Vec::new();
    for segment in &entry.segments {
        let activity = activity(segment);
        if !is_taken(runner, segment) {
            continue;
        }
        let runs = activity.group() == ActivityGroup::Cpu;
        match blocks.last_mut() {
            Some(last) if last.runs == runs && last.end_ms >= segment.start_ms => last.end_ms = segment.end_ms,
            _ => blocks.push(Occupancy {
                request: entry.request,
                class: entry.class.clone(),
                runs,
                start_ms: segment.start_ms,
                end_ms: segment.end_ms,
            }),
        }
    }
    blocks
}
