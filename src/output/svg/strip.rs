//! What the workers, threads or loops of a policy did, derived from their requests.

use std::collections::BTreeMap;

use super::looks::activity;
use super::scale::TimeScale;
use super::timeline::Drawing;
use crate::model::{Activity, ActivityGroup};
use crate::policy::Runner;
use crate::stats::{TimelineConnection, TimelineEntry, TimelineSegment};

/// What one worker, thread or loop did.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RunnerRow {
    /// Its name: `worker 2, thread 1`.
    pub(super) name: String,
    /// Whether it is a connection that requests hold.
    pub(super) is_connection: bool,
    /// When it was occupied, in order of time.
    pub(super) blocks: Vec<Occupancy>,
}

/// A time span in which one request occupied it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Occupancy {
    /// The request's number.
    pub(super) request: u64,
    /// Its class.
    pub(super) class: String,
    /// Whether the request ran, or held it while waiting.
    pub(super) runs: bool,
    /// Start.
    pub(super) start_ms: f64,
    /// End.
    pub(super) end_ms: f64,
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

/// What ran requests in the time shown.
pub(super) fn strip(drawing: &Drawing<'_>, scale: &TimeScale) -> Strip {
    let (policy, runner, most) = (drawing.policy, drawing.policy.runner, drawing.most_rows);
    let mut rows: BTreeMap<(u32, u32), Vec<Occupancy>> = BTreeMap::new();
    for entry in drawing.all {
        let Some(worker) = entry.worker else { continue };
        let slot = if runner == Runner::Thread { entry.slot.unwrap_or(1) } else { 1 };
        let blocks = blocks(entry, runner, scale);
        if !blocks.is_empty() || drawing.stretch.is_none() {
            rows.entry((worker, slot)).or_default().extend(blocks);
        }
    }
    let slots = if runner == Runner::Thread { policy.slots.unwrap_or(1) } else { 1 };
    let name = |(worker, slot): (u32, u32)| match runner {
        Runner::Worker | Runner::Loop => format!("{} {worker}", word(runner)),
        Runner::Thread if policy.workers == 1 => format!("thread {slot}"),
        Runner::Thread => format!("worker {worker}, thread {slot}"),
    };
    let all = u64::from(policy.workers) * u64::from(slots);
    let used = rows.len();
    let mut rows: Vec<_> = rows
        .into_iter()
        .take(most)
        .map(|(place, mut blocks)| {
            blocks.sort_by(|a, b| a.start_ms.total_cmp(&b.start_ms).then(a.request.cmp(&b.request)));
            RunnerRow { name: name(place), is_connection: false, blocks }
        })
        .collect();
    let note = note(runner, used - rows.len(), all - used as u64);
    rows.extend(connections(drawing.all, most, scale));
    Strip { rows, note }
}

/// The connections that requests hold over several phases, backend by backend: each in the first row that is free.
fn connections(timeline: &[TimelineEntry], most: usize, scale: &TimeScale) -> Vec<RunnerRow> {
    let mut held: Vec<(&str, Occupancy)> = Vec::new();
    for entry in timeline {
        held.extend(entry.connections.iter().filter_map(|connection| {
            let (request, class) = (entry.request, entry.class.clone());
            let TimelineConnection { backend, start_ms, end_ms } = connection;
            let [start_ms, end_ms] = scale.clipped(*start_ms, *end_ms)?;
            Some((backend.as_str(), Occupancy { request, class, runs: false, start_ms, end_ms }))
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
                    let name = format!("{backend} {}", rows.len() - first + 1);
                    rows.push(RunnerRow { name, is_connection: true, blocks: vec![block.clone()] });
                }
                None => {}
            }
        }
    }
    rows
}

fn note(runner: Runner, undrawn: usize, untaken: u64) -> Option<String> {
    let several = |count: u64| format!("{count} more {}{}", word(runner), if count == 1 { "" } else { "s" });
    let undrawn = (undrawn > 0).then(|| format!("{} at work, not drawn", several(undrawn as u64)));
    let untaken = (untaken > 0).then(|| format!("{} idle", several(untaken)));
    let parts: Vec<_> = undrawn.into_iter().chain(untaken).collect();
    (!parts.is_empty()).then(|| format!("… and {}", parts.join(", ")))
}

fn blocks(entry: &TimelineEntry, runner: Runner, scale: &TimeScale) -> Vec<Occupancy> {
    let mut blocks: Vec<Occupancy> = Vec::new();
    for segment in &entry.segments {
        let activity = activity(segment);
        let Some([start_ms, end_ms]) = scale.clipped(segment.start_ms, segment.end_ms) else { continue };
        if !is_taken(runner, segment) {
            continue;
        }
        let runs = activity.group() == ActivityGroup::Cpu;
        match blocks.last_mut() {
            Some(last) if last.runs == runs && last.end_ms >= start_ms => last.end_ms = end_ms,
            _ => blocks.push(Occupancy { request: entry.request, class: entry.class.clone(), runs, start_ms, end_ms }),
        }
    }
    blocks
}
