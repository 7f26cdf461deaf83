//! The effect of each fault: tables of before, during and after it, and the time to recovery.

use super::faults::{span, what};
use crate::output::block::Table;
use crate::output::block::number::{self, TimeUnit};
use crate::stats::{FaultEffect, FaultWindow, PhaseNumbers, Recovery, ScenarioResults, Summary};

/// Maximum number of faults without a name that have tables; all are in `results.json`.
const MOST_UNNAMED: usize = 4;

/// A table for each fault.
pub fn tables(results: &ScenarioResults) -> Vec<Table> {
    let is_shown = |(place, fault): &(usize, &FaultWindow)| *place < MOST_UNNAMED || fault.name.is_some();
    let shown = results.faults.iter().enumerate().filter(is_shown);
    let mut tables: Vec<Table> = shown.filter_map(|(place, fault)| table(results, place, fault)).collect();
    let others = results.faults.iter().enumerate().filter(|fault| !is_shown(fault)).count();
    if let Some(last) = tables.last_mut().filter(|_| others > 0) {
        last.note.push(format!("{others} more faults have no name and no table; results.json has their numbers."));
    }
    tables
}

fn table(results: &ScenarioResults, place: usize, fault: &FaultWindow) -> Option<Table> {
    let effects: Vec<(&str, &FaultEffect)> = results
        .policies
        .iter()
        .filter_map(|policy| Some((policy.name.as_str(), policy.faults.iter().find(|e| e.fault == place + 1)?)))
        .collect();
    if effects.is_empty() {
        return None;
    }
    let lines: Vec<(bool, String, &PhaseNumbers)> =
        effects.iter().flat_map(|(name, effect)| lines(name, effect)).collect();
    let times = |time: fn(&Summary) -> Option<f64>| -> Vec<Option<f64>> {
        lines.iter().map(|(_, _, numbers)| time(&numbers.response_time_ms)).collect()
    };
    let unit = TimeUnit::of(times(|time| time.mean).into_iter().chain(times(|time| time.p50)));
    let heading = format!("{}, {}", what(fault), span(fault));
    let title = match &fault.name {
        Some(name) => format!("Fault {name} ({heading}): response time in {}", unit.name),
        None => format!("Fault {} ({heading}): response time in {}", place + 1, unit.name),
    };
    let mut table = Table::of(title, "policy", lines.iter().map(|(is_part, name, _)| (*is_part, name.clone())));
    let numbers = || lines.iter().map(|(_, _, numbers)| *numbers);
    table.numbers("", "requests", numbers().map(|n| number::count(n.requests.arrived)).collect());
    table.numbers("", "no answer", numbers().map(|n| number::percent(n.error_rate)).collect());
    table.apart();
    table.numbers("", "mean", unit.column(&times(|time| time.mean)));
    table.numbers("", "p50", unit.column(&times(|time| time.p50)));
    table.numbers("", "p95", unit.column(&times(|time| time.p95)));
    table.numbers("", "p99", unit.column(&times(|time| time.p99)));
    table.apart();
    let served: Vec<_> = numbers().map(|n| n.throughput_per_s).collect();
    table.numbers("", "served per second", number::column(&served));
    table.note.push("Requests that arrived before, during and after the fault; times of answered requests.".into());
    table.note.extend(effects.iter().map(|(name, effect)| recovery(name, effect)));
    Some(table)
}

/// The rows of a policy; the first one has its name.
fn lines<'a>(policy: &str, effect: &'a FaultEffect) -> [(bool, String, &'a PhaseNumbers); 3] {
    [
        (false, format!("{policy}, before"), &effect.before),
        (true, "during".to_owned(), &effect.during),
        (true, "after".to_owned(), &effect.after),
    ]
}

/// When response times had recovered.
fn recovery(policy: &str, effect: &FaultEffect) -> String {
    match (effect.recovery, effect.recovery_ms) {
        (Recovery::Recovered, Some(time)) if time > 0.0 => {
            format!("{policy}: recovered {} after its end.", duration(time))
        }
        (Recovery::Recovered, _) => format!("{policy}: recovered at its end."),
        (Recovery::NotRecovered, _) => {
            format!("{policy}: not recovered by the end of the run or the next occurrence.")
        }
        (Recovery::Unknown, _) => format!("{policy}: too few requests before or after it to determine the recovery."),
    }
}

fn duration(millis: f64) -> String {
    let unit = TimeUnit::of([Some(millis)]);
    format!("{} {}", unit.column(&[Some(millis)])[0].trim(), unit.name)
}
