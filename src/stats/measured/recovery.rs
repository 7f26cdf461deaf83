//! How long until a fault was over for the users.
//!
//! The requests that arrive while a fault is not under way are counted in narrow windows from its first end on: how many
//! there are, and how many are *slow*: not answered, or not within 1.1 × the 95th percentile of response times before the
//! fault. Before it, 5 % of the answered requests and all unanswered ones were beyond that percentile. A stretch of time is
//! *back* where no larger share is slow, but for chance (two standard deviations of a binomial count). The fault is over for
//! the users from the first stretch on that is back, if all that follow until the next beginning, taken together, are back
//! too. A stretch is as many windows as hold 20 requests, or a twentieth of those that there are.

use serde::{Deserialize, Serialize};

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
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RecoveryWatch {
    origin: SimTime,
    windows: Windows<SlowCount>,
    /// A longer response time is slow, in nanoseconds; once the first request has arrived after the fault.
    limit: Option<Option<u64>>,
}

/// Requests that arrived in a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

    /// Whether this, which was stored, can be of a run like another.
    pub fn fits(&self, like: &Self) -> bool {
        self.origin == like.origin && self.windows.fits(&like.windows)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Entrance;
    use crate::model::{Activity, ClassId, FaultKind};

    /// The width of a window.
    const W: u64 = 1_953_125;

    fn fault(span: u64, every: Option<u64>) -> Fault {
        let span = SimDuration::from_nanos(span);
        let every = every.map(SimDuration::from_nanos);
        Fault { name: None, at: SimDuration::ZERO, span, every, kind: FaultKind::Cores { cores: 1, replica: None } }
    }

    fn entrance(arrival: u64) -> Entrance {
        let arrival = SimTime::from_nanos(arrival);
        Entrance {
            request: 0,
            class: ClassId(0),
            arrival,
            first_arrival: arrival,
            attempts_before: 0,
            demand: SimDuration::ZERO,
        }
    }

    fn departure(arrival: u64, response: u64, outcome: Outcome) -> Departure {
        let departure = SimTime::from_nanos(arrival + response);
        let spent = [SimDuration::ZERO; Activity::ALL.len()];
        let (counts, was_taken, ends_operation) = (true, true, true);
        Departure { entrance: entrance(arrival), departure, outcome, counts, was_taken, ends_operation, spent }
    }

    fn unfinished(arrival: u64, age: u64, is_abandoned: bool) -> Unfinished {
        Unfinished {
            entrance: entrance(arrival),
            end: SimTime::from_nanos(arrival + age),
            counts: true,
            has_arrived: true,
            is_abandoned,
            backlog_wait: SimDuration::ZERO,
            cpu_time: SimDuration::ZERO,
            is_taken: true,
            operation_counts: true,
            is_given_up: false,
            spent: [SimDuration::ZERO; Activity::ALL.len()],
        }
    }

    /// Windows with these numbers of requests, all of them and the slow ones.
    fn watch(fault: &Fault, windows: &[(u64, u64)]) -> RecoveryWatch {
        let mut watch = RecoveryWatch::new(fault);
        for (place, (arrived, slow)) in (0..).zip(windows) {
            let place = watch.windows.place(place * W);
            watch.windows.list_mut()[place] = SlowCount { arrived: *arrived, slow: *slow };
        }
        watch
    }

    /// How many windows it took.
    fn windows_until_over(windows: &[(u64, u64)], unanswered: f64) -> Option<u64> {
        let fault = fault(W, None);
        let (recovery, time) = watch(&fault, windows).result(&fault, unanswered);
        assert_eq!(recovery == Recovery::Recovered, time.is_some());
        time.map(|time| time.as_nanos() / W)
    }

    #[test]
    fn slow_is_beyond_eleven_tenths_of_the_95th_percentile_or_without_an_answer() {
        let fault = fault(W, None);
        let p95 = || Some(1_000);
        let counted = |add: &dyn Fn(&mut RecoveryWatch)| {
            let mut watch = RecoveryWatch::new(&fault);
            add(&mut watch);
            watch.windows.list().first().map(|window| (window.arrived, window.slow))
        };
        let answered = |response| counted(&|watch| watch.add(&fault, &departure(W, response, Outcome::Completed), p95));
        assert_eq!((answered(1_100), answered(1_101)), (Some((1, 0)), Some((1, 1))));
        let late = |outcome| counted(&|watch| watch.add(&fault, &departure(W, 5, outcome), p95));
        assert_eq!(late(Outcome::TimedOut), Some((1, 1)));
        // One in flight may still be answered in time, unless it is older than that, or its client has given up.
        let open =
            |age, is_abandoned| counted(&|watch| watch.add_unfinished(&fault, &unfinished(W, age, is_abandoned), p95));
        assert_eq!((open(1_100, false), open(1_101, false), open(5, true)), (None, Some((1, 1)), Some((1, 1))));
    }

    #[test]
    fn only_arrivals_while_the_fault_is_not_under_way_count() {
        // The fault lasts from 0 to 2 and from 10 to 12.
        let fault = fault(2 * W, Some(10 * W));
        let mut watch = RecoveryWatch::new(&fault);
        for window in [1, 2, 9, 10, 11, 12] {
            watch.add(&fault, &departure(window * W, 5, Outcome::Completed), || Some(1_000));
        }
        let arrived: Vec<u64> = watch.windows.list().iter().map(|window| window.arrived).collect();
        assert_eq!(arrived, [1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1]);
    }

    #[test]
    fn a_stretch_is_back_within_two_standard_deviations() {
        // 5 of 100 are usual, ± 2 √(100 × .05 × .95) = 4.36.
        assert_eq!(windows_until_over(&[(100, 9)], 0.0), Some(0));
        assert_eq!(windows_until_over(&[(100, 10)], 0.0), None);
        // If half got no answer before the fault, .5 + .05 × .5 = 52.5 of 100 are usual.
        assert_eq!(windows_until_over(&[(100, 52)], 0.5), Some(0));
    }

    #[test]
    fn what_follows_must_be_back_as_well() {
        let back = [(20, 0); 5];
        assert_eq!(windows_until_over(&[[(20, 0), (20, 20)].as_slice(), &back].concat(), 0.0), Some(2));
        // 5 of 20 are too many for one stretch, although all that follow together are back: 5 of 1,000.
        assert_eq!(windows_until_over(&[[(20, 5)].as_slice(), &[(20, 0); 49]].concat(), 0.0), Some(1));
        // Time without arrivals proves nothing.
        assert_eq!(windows_until_over(&[(20, 20), (0, 0), (0, 0)], 0.0), None);
    }

    #[test]
    fn a_stretch_has_twenty_requests() {
        // 2 of 10 are too many by themselves, and not for 2 of 20.
        let windows = [[(10, 10), (10, 10), (10, 2)].as_slice(), &[(10, 0); 39]].concat();
        assert_eq!(windows_until_over(&windows, 0.0), Some(2));
        // Where there are fewer than 400, a twentieth of them.
        let windows = [[(10, 10), (10, 10), (10, 2)].as_slice(), &[(10, 0); 10]].concat();
        assert_eq!(windows_until_over(&windows, 0.0), Some(3));
    }

    #[test]
    fn the_longest_of_the_recoveries_counts_and_a_pause_without_arrivals_does_not() {
        // The fault lasts 1.5 windows and repeats after 10: the pauses are windows 0 to 7 and 10 to 17, and half of the next.
        let fault = fault(W + W / 2, Some(10 * W));
        let pause = |slow: usize| [vec![(20, 20); slow], vec![(20, 0); 8 - slow], vec![(0, 0); 2]].concat();
        let result = |windows: &[(u64, u64)]| {
            let (recovery, time) = watch(&fault, windows).result(&fault, 0.0);
            (recovery, time.map(|time| time.as_nanos() / W))
        };
        assert_eq!(result(&[pause(1), pause(3)].concat()), (Recovery::Recovered, Some(3)));
        assert_eq!(result(&[pause(3), pause(1)].concat()), (Recovery::Recovered, Some(3)));
        assert_eq!(result(&[pause(1), vec![(0, 0); 10]].concat()), (Recovery::Recovered, Some(1)));
        assert_eq!(result(&[pause(1), vec![(20, 20); 8]].concat()), (Recovery::NotRecovered, None));
        // A window that is partly under the fault belongs to no pause.
        let mut partly = pause(1);
        partly[8] = (20, 20);
        assert_eq!(result(&partly), (Recovery::Recovered, Some(1)));
        assert_eq!(result(&[]), (Recovery::Unknown, None));
    }

    #[test]
    fn replications_are_added_up() {
        let fault = fault(W, None);
        let mut one = watch(&fault, &[(50, 9), (50, 0)]);
        assert_eq!(one.result(&fault, 0.0).1, Some(SimDuration::from_nanos(W)));
        one.merge(&watch(&fault, &[(50, 0), (50, 0)]));
        assert_eq!(one.result(&fault, 0.0).1, Some(SimDuration::ZERO));
    }
}
