//! How long until a fault was over for the users.
//!
//! The requests that arrive while a fault is not under way are counted in narrow windows from its first end on: how many
//! there are, and how many are *slow*: not answered, or not within 1.1 × the 95th percentile of response times before the
//! fault. Before it, 5 % of the answered requests and all unanswered ones were beyond that percentile. A stretch of time is
//! *back* where no larger share is slow, but for chance (two standard deviations of a binomial count). The fault is over for
//! the users from the first stretch on that is back, if all that follow until the next beginning, taken together, are back
//! too. A stretch is as many windows as hold 20 requests, or a twentieth of those that there are.

use crate::engine::{Departure, Outcome, Unfinished};
use crate::model::{Fault, FaultPhase, SimDuration, SimTime};

use crate::stats::results::Recovery;

use super::windows::{Window, Windows};

/// Maximum number of windows; after a long time there are more than half as many.
const MOST: usize = 4096;

/// Minimum number of requests in a stretch, where there are enough.
const REQUESTS: u64 = 20;

/// The share of answered requests beyond the 95th percentile.
const BEYOND: f64 = 0.05;

/// Watches what follows a fault.
#[derive(Clone, Debug)]
pub(super) struct RecoveryWatch {
    origin: SimTime,
    windows: Windows<SlowCount>,
    /// A longer response time is slow, in nanoseconds; once the first request has arrived after the fault.
    limit: Option<Option<u64>>,
}

/// Requests that arrived in a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct SlowCount {
    arrived: u64,
    slow: u64,
}

/// A stretch that follows a fault, and its ends.
#[derive(Clone, Copy, Debug)]
struct RecoverySpan {
    start: u64,
    end: u64,
    requests: SlowCount,
}

impl SlowCount {
    fn and(self, other: Self) -> Self {
        Self { arrived: self.arrived + other.arrived, slow: self.slow + other.slow }
    }

    /// Whether no more of them are slow than usual, but for chance.
    fn is_back(self, usual: f64) -> bool {
        let expected = usual * self.arrived as f64;
        self.slow as f64 <= expected + 2.0 * (expected * (1.0 - usual)).sqrt()
    }
}

impl Window for SlowCount {
    fn add(&mut self, other: &Self) {
        *self = self.and(*other);
    }
}

impl RecoveryWatch {
    pub fn new(fault: &Fault) -> Self {
        Self { origin: fault.start() + fault.span, windows: Windows::new(MOST), limit: None }
    }

    /// Takes a request that counts and has departed. `p95` gives the 95th percentile before the fault, in nanoseconds.
    pub fn add(&mut self, fault: &Fault, departure: &Departure, p95: impl FnOnce() -> Option<u64>) {
        let arrival = departure.entrance.arrival;
        let is_answered = departure.outcome == Outcome::Completed;
        let is_slow = |limit| !is_answered || departure.response_time().as_nanos() > limit;
        self.count(fault, arrival, p95, |limit| Some(is_slow(limit)));
    }

    /// Takes a request that counts and was in flight at the end. One that may still be answered in time is left out.
    pub fn add_unfinished(&mut self, fault: &Fault, unfinished: &Unfinished, p95: impl FnOnce() -> Option<u64>) {
        let is_slow = |limit| (unfinished.is_abandoned || unfinished.age().as_nanos() > limit).then_some(true);
        self.count(fault, unfinished.entrance.arrival, p95, is_slow);
    }

    fn count(
        &mut self,
        fault: &Fault,
        arrival: SimTime,
        p95: impl FnOnce() -> Option<u64>,
        is_slow: impl FnOnce(u64) -> Option<bool>,
    ) {
        if arrival < self.origin || fault.phase(arrival) != FaultPhase::After {
            return;
        }
        // A tenth more than before is still as before.
        let limit = *self.limit.get_or_insert_with(|| p95().map(|nanos| nanos + nanos / 10));
        let Some(is_slow) = limit.and_then(is_slow) else { return };
        let place = self.windows.place((arrival - self.origin).as_nanos());
        let window = &mut self.windows.list_mut()[place];
        window.arrived += 1;
        window.slow += u64::from(is_slow);
    }

    /// Adds what followed the fault in another replication.
    pub fn merge(&mut self, other: &Self) {
        self.windows.merge(&other.windows);
    }

    /// Whether the fault was over for the users, and how long that took, at the longest. `unanswered` is the share of requests
    /// that got no answer before it.
    pub fn result(&self, fault: &Fault, unanswered: f64) -> (Recovery, Option<SimDuration>) {
        let usual = unanswered + BEYOND * (1.0 - unanswered);
        let mut longest = None;
        for (start, windows) in self.pauses(fault) {
            if windows.is_empty() {
                return (Recovery::Unknown, None);
            }
            if windows.iter().all(|window| window.requests.arrived == 0) {
                continue;
            }
            let Some(over) = over_from(&windows, usual) else { return (Recovery::NotRecovered, None) };
            longest = longest.max(Some(SimDuration::from_nanos(over - start)));
        }
        longest.map_or((Recovery::Unknown, None), |time| (Recovery::Recovered, Some(time)))
    }

    /// The windows that lie wholly in each pause of the fault, and when the pause begins, in nanoseconds since its first end.
    fn pauses(&self, fault: &Fault) -> Vec<(u64, Vec<RecoverySpan>)> {
        let mut pauses: Vec<(u64, Vec<RecoverySpan>)> = Vec::new();
        let width = self.windows.width();
        for (place, window) in (0..).zip(self.windows.list()) {
            let (start, end) = (place * width, (place + 1) * width);
            let (pause, until) = match fault.every.map(SimDuration::as_nanos) {
                None => (0, u64::MAX),
                Some(every) => (start / every * every, start / every * every + every - fault.span.as_nanos()),
            };
            if pauses.last().is_none_or(|(latest, _)| *latest != pause) {
                pauses.push((pause, Vec::new()));
            }
            if let Some((_, windows)) = pauses.last_mut()
                && end <= until
            {
                windows.push(RecoverySpan { start, end, requests: *window });
            }
        }
        pauses
    }
}

/// From when on the windows are back.
fn over_from(windows: &[RecoverySpan], usual: f64) -> Option<u64> {
    let arrived: u64 = windows.iter().map(|window| window.requests.arrived).sum();
    let enough = (arrived / REQUESTS).clamp(1, REQUESTS);
    let mut stretches: Vec<RecoverySpan> = Vec::new();
    for window in windows {
        match stretches.last_mut() {
            Some(last) if last.requests.arrived < enough => {
                last.end = window.end;
                last.requests = last.requests.and(window.requests);
            }
            _ => stretches.push(*window),
        }
    }
    let mut rest = SlowCount::default();
    let mut from = None;
    for stretch in stretches.iter().rev() {
        rest = rest.and(stretch.requests);
        if stretch.requests.is_back(usual) && rest.is_back(usual) && rest.arrived > 0 {
            from = Some(stretch.start);
        }
    }
    from
}
