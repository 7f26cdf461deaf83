//! Branches of parallel waits that are under way, each until it ends: what it spent its time on.

use std::collections::BTreeMap;

use crate::engine::{Actor, Segment, Span};

/// The branches under way, by their tracks.
#[derive(Clone, Debug, Default)]
pub struct Branches {
    under_way: BTreeMap<u32, Branch>,
    begun: u64,
}

/// What a branch of a request spent its time on.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// Its place among all branches, in the order in which they began.
    pub number: u64,
    /// The worker of its request.
    pub worker: u32,
    /// In order, without holes.
    pub segments: Vec<Segment>,
}

impl Branches {
    /// A branch begins on a track.
    pub fn begin(&mut self, track: u32) {
        self.begun += 1;
        self.under_way.insert(track, Branch { number: self.begun, worker: 0, segments: Vec::new() });
    }

    /// A track has spent time, which counts if it is that of a branch.
    pub fn spend(&mut self, span: &Span) {
        let Span { track, actor, worker, activity, place, kind: _, start, end } = *span;
        let (Some(branch), Actor::Request(request)) = (self.under_way.get_mut(&track), actor) else { return };
        branch.worker = worker;
        branch.segments.push(Segment { request, activity, place, holds_turn: false, on_thread: false, start, end });
    }

    /// The branch on a track ends; `None` if its time is that of its request.
    pub fn end(&mut self, track: u32) -> Option<Branch> {
        self.under_way.remove(&track)
    }

    /// The run has ended: the branches that are still under way.
    pub fn end_all(&mut self) -> Vec<Branch> {
        std::mem::take(&mut self.under_way).into_values().collect()
    }
}

/// Branches of a request side by side: each in the first row that is free when it begins.
pub fn rows(mut branches: Vec<Branch>) -> Vec<Vec<Segment>> {
    branches.retain(|branch| !branch.segments.is_empty());
    branches.sort_by_key(|branch| (branch.segments[0].start, branch.number));
    let mut rows: Vec<Vec<Segment>> = Vec::new();
    for branch in branches {
        let start = branch.segments[0].start;
        match rows.iter_mut().find(|row| row.last().is_none_or(|last| last.end <= start)) {
            Some(row) => row.extend(branch.segments),
            None => rows.push(branch.segments),
        }
    }
    rows
}
