//! Retries as a part of the offered load, and policies that do not come back although their capacity would do.

use crate::model::{Fault, SimDuration, SimTime};
use crate::scenario::Scenario;
use crate::stats::{Collapse, LoadState, PolicyNumbers, Saturation, WindowCounts};

/// A window of time: its beginning, its end, and what was counted in it.
type CountedWindow = (SimTime, SimTime, WindowCounts);

/// The last part of the time of arrivals, whose operations are asked about.
const LAST: f64 = 0.2;
/// Fewer operations say nothing.
const FEWEST: u64 = 10;

/// Completes what is known of the load of a policy by what its clients did in the run: the offered load includes retries,
/// and a policy is collapsed when its load without them is below the capacity and yet more than half of the operations of
/// the last fifth of the time of arrivals got no answer. `windows` are those of `replications` runs together, and
/// `measured_seconds` is how long each was. `load_at` is the load of that many requests per second.
pub fn with_retries(
    mut saturation: Saturation,
    numbers: &PolicyNumbers,
    windows: &[CountedWindow],
    scenario: &Scenario,
    replications: u64,
    measured_seconds: f64,
    load_at: impl Fn(f64) -> Option<f64>,
) -> Saturation {
    let amplification = numbers.amplification.filter(|_| numbers.requests.retried > 0);
    let runs = replications.max(1) as f64;
    // Requests that a limit turns away are meant to get no answer.
    let turned_away = numbers.requests.rejected_by.limit;
    let collapse = collapse(windows, scenario, runs, saturation.capacity_per_s).filter(|collapse| {
        let is_below = |load: Option<f64>| load.is_none_or(|load| load < 1.0);
        2 * turned_away < numbers.requests.unanswered()
            && is_below(collapse.load_without_retries)
            && is_below(saturation.load)
            && saturation.capacity_per_s.is_none_or(|per_s| per_s > 0.0)
    });
    if let Some(times) = amplification {
        saturation.load_without_retries = saturation.load;
        let is_limited = saturation.let_in_per_s.is_some();
        saturation.offered_per_s = saturation.offered_per_s.map(|rate| rate * times);
        // Retries of requests that a limit turns away are mostly turned away, too.
        saturation.load = match saturation.offered_per_s.filter(|_| is_limited) {
            Some(rate) => load_at(rate),
            None => saturation.load.map(|load| load * times),
        };
    }
    if collapse.is_some() {
        saturation.state = Some(LoadState::Collapsed);
        saturation.collapse = collapse;
        saturation.sensitivity = None;
        saturation.message = saturation.warning(measured_seconds);
    }
    saturation
}

/// What became of the operations of the last part, if most of them got no answer.
fn collapse(
    windows: &[CountedWindow],
    scenario: &Scenario,
    runs: f64,
    capacity_per_s: Option<f64>,
) -> Option<Collapse> {
    let start = windows.first()?.0;
    let last = windows.iter().rposition(|(_, _, counts)| counts.operations > 0)?;
    let windows = &windows[..=last];
    let end = windows[last].1;
    let length = (end - start).as_secs();
    let is_late = |(begin, _, _): &&CountedWindow| (*begin - start).as_secs() >= (1.0 - LAST) * length;
    let late: Vec<&CountedWindow> = windows.iter().filter(is_late).collect();
    let from = late.first()?.0;
    let (operations, answered) = late.iter().fold((0, 0), |(operations, answered), (_, _, counts)| {
        (operations + counts.operations_decided(), answered + counts.operations_answered)
    });
    if operations < FEWEST || 2 * answered >= operations {
        return None;
    }
    let seconds = (end - from).as_secs() * runs;
    let load = |count: fn(&WindowCounts) -> u64| {
        let arrived: u64 = late.iter().map(|(_, _, counts)| count(counts)).sum();
        capacity_per_s.map(|per_s| arrived as f64 / seconds / per_s)
    };
    let is_under_way = |fault: &Fault| {
        let [_, during, _] = fault.time_in_phases(from, end);
        during > SimDuration::ZERO
    };
    Some(Collapse {
        since_ms: since(windows).as_millis(),
        operations,
        answered,
        load: load(|counts| counts.arrivals),
        load_without_retries: load(|counts| counts.operations),
        during_fault: scenario.faults().iter().any(is_under_way),
    })
}

/// The beginning of the last windows in a row in which no more than half of the operations were answered.
fn since(windows: &[CountedWindow]) -> SimTime {
    let is_answered = |(_, _, counts): &&CountedWindow| {
        let decided = counts.operations_decided();
        decided > 0 && 2 * counts.operations_answered >= decided
    };
    let row = windows.iter().rev().take_while(|window| !is_answered(window));
    let begun = row.filter(|(_, _, counts)| counts.operations_decided() > 0).map(|(begin, _, _)| *begin);
    begun.last().unwrap_or(SimTime::ZERO)
}
