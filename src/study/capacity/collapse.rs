//! Retries as a part of the offered load, and policies that do not come back although their capacity would do.

use crate::model::{FaultPhase, SimTime};
use crate::scenario::Scenario;
use crate::stats::{Collapse, LoadState, PolicyResults, WindowCounts};

/// A window of time: its beginning, its end, and what was counted in it.
type Window = (SimTime, SimTime, WindowCounts);

/// The last part of the time of arrivals, whose operations are asked about.
const LAST: f64 = 0.2;
/// Fewer operations say nothing.
const FEWEST: u64 = 10;

/// Completes what is known of the load of a policy by what its clients did in the run: the offered load includes retries,
/// and a policy is collapsed when its load without them is below the capacity and yet more than half of the operations of
/// the last fifth of the time of arrivals got no answer. `windows` are those of `replications` runs together, and
/// `measured_seconds` is how long each was.
pub fn with_retries(
    results: &mut PolicyResults,
    windows: &[Window],
    scenario: &Scenario,
    replications: u64,
    measured_seconds: f64,
) {
    let amplification = results.amplification.filter(|_| results.requests.retried > 0);
    let Some(saturation) = &mut results.saturation else { return };
    let collapse = collapse(windows, scenario).filter(|collapse| {
        let operations_per_s = collapse.operations_per_s / replications.max(1) as f64;
        let is_below = saturation.capacity_per_s.is_none_or(|capacity| operations_per_s < capacity);
        is_below && saturation.load.is_none_or(|load| load < 1.0)
    });
    if let Some(times) = amplification {
        saturation.load_without_retries = saturation.load;
        saturation.load = saturation.load.map(|load| load * times);
        saturation.offered_per_s = saturation.offered_per_s.map(|rate| rate * times);
    }
    if let Some(found) = collapse {
        saturation.state = Some(LoadState::Collapsed);
        saturation.collapse = Some(found.collapse);
        saturation.sensitivity = None;
        saturation.message = saturation.sentence(measured_seconds);
    }
}

/// Operations of the last part that mostly got no answer.
struct Found {
    collapse: Collapse,
    /// Of all replications together.
    operations_per_s: f64,
}

fn collapse(windows: &[Window], scenario: &Scenario) -> Option<Found> {
    let start = windows.first()?.0;
    let last = windows.iter().rposition(|(_, _, counts)| counts.operations > 0)?;
    let windows = &windows[..=last];
    let end = windows[last].1;
    let length = (end - start).as_secs();
    let is_late = |(begin, _, _): &&Window| (*begin - start).as_secs() >= (1.0 - LAST) * length;
    let late: Vec<&Window> = windows.iter().filter(is_late).collect();
    let from = late.first()?.0;
    let (operations, answered) = late.iter().fold((0, 0), |(operations, answered), (_, _, counts)| {
        (operations + counts.operations_decided(), answered + counts.operations_answered)
    });
    if operations < FEWEST || 2 * answered >= operations {
        return None;
    }
    let begun: u64 = late.iter().map(|(_, _, counts)| counts.operations).sum();
    let is_under_way = |phases: [crate::model::SimDuration; 3]| phases[FaultPhase::During as usize].as_nanos() > 0;
    Some(Found {
        collapse: Collapse {
            since_ms: since(windows).as_millis(),
            operations,
            answered,
            during_fault: scenario.faults.iter().any(|fault| is_under_way(fault.time_in_phases(from, end))),
        },
        operations_per_s: begun as f64 / (end - from).as_secs(),
    })
}

/// The beginning of the last windows in a row in which no more than half of the operations were answered.
fn since(windows: &[Window]) -> SimTime {
    let is_answered = |(_, _, counts): &&Window| {
        let decided = counts.operations_decided();
        decided > 0 && 2 * counts.operations_answered >= decided
    };
    let row = windows.iter().rev().take_while(|window| !is_answered(window));
    let begun = row.filter(|(_, _, counts)| counts.operations_decided() > 0).map(|(begin, _, _)| *begin);
    begun.last().unwrap_or(SimTime::ZERO)
}
