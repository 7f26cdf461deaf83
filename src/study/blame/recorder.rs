//! Records who used what, and what everybody did meanwhile, during some windows of a run.
//!
//! It keeps what overlaps a window, and what is under way. So its memory grows with what happens in the windows, not with the
//! run.

use std::collections::BTreeMap;

use crate::engine::{Actor, Departure, Entrance, Observer, Span, Unfinished, Unit, UnitChange};
use crate::model::SimTime;

use super::log::{Accepted, Hold, Log, SharedCores};

/// A window of a run: from the first instant up to, not including, the second.
pub(super) type Window = (SimTime, SimTime);

/// Records a log.
#[derive(Debug)]
pub(super) struct Recorder {
    /// In order, without overlaps.
    windows: Vec<Window>,
    most: usize,
    log: Log,
    kept: usize,
    /// Units in use, with their users, and since when.
    held: BTreeMap<(Unit, Actor), Vec<SimTime>>,
    /// What branches under way have done, by their track.
    branches: Vec<Option<Vec<Span>>>,
    /// Requests that arrived before the end of the last window and have not departed.
    pending: u64,
    now: SimTime,
}

impl Recorder {
    /// Records during these windows, at most this many entries.
    pub fn new(windows: impl IntoIterator<Item = Window>, most: usize) -> Self {
        let windows = joined(windows.into_iter().collect());
        let recorded = windows.iter().map(|(from, to)| *to - *from).sum();
        Self {
            windows,
            most,
            log: Log { recorded, ..Log::default() },
            kept: 0,
            held: BTreeMap::new(),
            branches: Vec::new(),
            pending: 0,
            now: SimTime::ZERO,
        }
    }

    /// Whether nothing that happens from now on is recorded.
    pub fn is_complete(&self) -> bool {
        self.is_full() || self.now >= self.end() && self.pending == 0
    }

    /// Whether there was more to record than allowed.
    pub fn is_full(&self) -> bool {
        self.kept > self.most
    }

    /// The log of a run that has ended at that instant; `None` if there was more to record than allowed.
    pub fn finish(mut self, end: SimTime) -> Option<Log> {
        let held = std::mem::take(&mut self.held);
        for ((unit, actor), starts) in held {
            starts.into_iter().for_each(|start| self.keep_hold(unit, Hold { actor, start, end }));
        }
        (!self.is_full()).then(|| self.log.in_order())
    }

    fn end(&self) -> SimTime {
        self.windows.last().map_or(SimTime::ZERO, |(_, end)| *end)
    }

    fn overlaps(&self, start: SimTime, end: SimTime) -> bool {
        let place = self.windows.partition_point(|(_, to)| *to <= start);
        self.windows.get(place).is_some_and(|(from, _)| *from < end)
    }

    fn keep_hold(&mut self, unit: Unit, hold: Hold) {
        if hold.start < hold.end && !self.is_full() && self.overlaps(hold.start, hold.end) {
            self.kept += 1;
            self.log.holds.entry(unit).or_default().push(hold);
        }
    }

    fn keep_span(&mut self, span: Span) {
        // What was lost to others is booked at the beginning of the time in which it was lost.
        if !self.is_full() && self.overlaps(span.start, super::log::until(&span)) {
            self.kept += 1;
            self.log.spans.entry(span.actor).or_default().push(span);
        }
    }

    fn branch(&mut self, track: u32) -> Option<&mut Option<Vec<Span>>> {
        self.branches.get_mut(track as usize)
    }
}

impl Observer for Recorder {
    fn watches_segments(&self) -> bool {
        true
    }

    fn watches_units(&self) -> bool {
        true
    }

    fn on_arrival(&mut self, entrance: &Entrance) {
        self.now = self.now.max(entrance.arrival);
        if entrance.arrival < self.end() {
            self.pending += 1;
            self.log.classes.insert(entrance.request, entrance.class);
        }
    }

    fn on_unit(&mut self, UnitChange { actor, unit, time, is_taken }: UnitChange) {
        if is_taken {
            self.held.entry((unit, actor)).or_default().push(time);
            return;
        }
        let Some(starts) = self.held.get_mut(&(unit, actor)) else { return };
        let start = starts.pop();
        if starts.is_empty() {
            self.held.remove(&(unit, actor));
        }
        start.into_iter().for_each(|start| self.keep_hold(unit, Hold { actor, start, end: time }));
    }

    fn on_span(&mut self, span: Span) {
        self.now = self.now.max(span.end);
        match self.branch(span.track) {
            Some(Some(spans)) => spans.push(span),
            Some(None) | None => self.keep_span(span),
        }
    }

    fn on_accepted(&mut self, request: u64, worker: u32, time: SimTime) {
        if time < self.end() {
            self.log.accepted.insert(request, Accepted { worker, time });
        }
    }

    fn on_shared_cores(&mut self, replica: u32, cores: u32, time: SimTime) {
        self.log.shared_cores.entry(replica).or_default().push(SharedCores { cores, since: time });
    }

    fn on_fork(&mut self, track: u32) {
        let place = track as usize;
        if self.branches.len() <= place {
            self.branches.resize(place + 1, None);
        }
        self.branches[place] = Some(Vec::new());
    }

    fn on_branch_end(&mut self, track: u32) {
        if let Some(branch) = self.branch(track) {
            *branch = None;
        }
    }

    fn on_join(&mut self, track: u32, _: Actor) {
        let spans = self.branch(track).and_then(Option::as_mut).map(std::mem::take).unwrap_or_default();
        spans.into_iter().for_each(|span| self.keep_span(span));
    }

    fn on_departures(&mut self, departures: &[Departure]) {
        let end = self.end();
        self.pending -= departures.iter().filter(|departure| departure.entrance.arrival < end).count() as u64;
    }

    fn on_clock(&mut self, until: SimTime) {
        self.now = self.now.max(until);
    }

    fn on_unfinished(&mut self, unfinished: &Unfinished) {
        self.now = self.now.max(unfinished.end);
    }
}

/// Windows in order, without overlaps.
fn joined(mut windows: Vec<Window>) -> Vec<Window> {
    windows.retain(|(from, to)| from < to);
    windows.sort_unstable();
    let mut joined: Vec<Window> = Vec::new();
    for (from, to) in windows {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            Some(_) | None => joined.push((from, to)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_that_overlap_or_touch_are_joined() {
        let at = SimTime::from_nanos;
        let windows = vec![(at(7), at(9)), (at(1), at(3)), (at(5), at(5)), (at(3), at(4)), (at(8), at(12))];
        assert_eq!(joined(windows), [(at(1), at(4)), (at(7), at(12))]);
    }
}
