//! The effect of each fault: tables of before, during and after it, of all requests and by class, and the time to recovery.

use super::faults::{span, what};
use crate::output::block::Table;
use crate::output::block::number::{self, TimeUnit};
use crate::stats::{ClassFaultEffect, FaultEffect, FaultWindow, PhaseNumbers, Recovery, ScenarioResults, Summary};

/// Maximum number of faults without a name that have tables; all are in `results.json`.
const MOST_UNNAMED: usize = 4;

/// Maximum number of classes that a table has rows of, and of policies × classes.
const MOST_CLASSES: usize = 6;
const MOST_BY_CLASS: usize = 12;

/// What a fault did under a policy.
type Effect<'a> = (&'a str, &'a FaultEffect);

/// A row: whether it continues the one above, its name, and its numbers.
type PhaseRow<'a> = (bool, String, &'a PhaseNumbers);

/// The tables of each fault.
pub fn tables(results: &ScenarioResults) -> Vec<Table> {
    let is_shown = |(place, fault): &(usize, &FaultWindow)| *place < MOST_UNNAMED || fault.name.is_some();
    let shown = results.faults.iter().enumerate().filter(is_shown);
    let mut tables: Vec<Table> = shown.flat_map(|(place, fault)| of_fault(results, place, fault)).collect();
    let others = results.faults.iter().enumerate().filter(|fault| !is_shown(fault)).count();
    if let Some(last) = tables.last_mut().filter(|_| others > 0) {
        last.note.push(format!("{others} more faults have no name and no table; results.json has their numbers."));
    }
    tables
}

/// The table of all requests, and that by class where there are several.
fn of_fault(results: &ScenarioResults, place: usize, fault: &FaultWindow) -> Vec<Table> {
    let effects: Vec<Effect<'_>> = results
        .policies
        .iter()
        .filter_map(|policy| Some((policy.name.as_str(), policy.faults.iter().find(|e| e.fault == place + 1)?)))
        .collect();
    let Some((_, first)) = effects.first() else { return Vec::new() };
    let name = fault.name.clone().unwrap_or_else(|| (place + 1).to_string());
    let mut of_all = of_all(&name, fault, &effects);
    match first.classes.len() {
        0 => vec![of_all],
        classes if classes <= MOST_CLASSES && classes * effects.len() <= MOST_BY_CLASS => {
            vec![of_all, by_class(&name, &effects)]
        }
        classes => {
            of_all.note.push(format!("results.json has the numbers of each of the {classes} classes."));
            vec![of_all]
        }
    }
}

fn of_all(name: &str, fault: &FaultWindow, effects: &[Effect<'_>]) -> Table {
    let rows = effects
        .iter()
        .flat_map(|(policy, effect)| phase_rows((*policy).to_owned(), [&effect.before, &effect.during, &effect.after]));
    let mut table = table(&format!("Fault {name} ({}, {})", what(fault), span(fault)), "policy", rows.collect());
    table.note.push("Requests that arrived before, during and after the fault; times of answered requests.".into());
    let sentence =
        |(policy, effect): &Effect<'_>| format!("{policy}: {}.", recovery(Some(effect.recovery), effect.recovery_ms));
    table.note.extend(effects.iter().map(sentence));
    table
}

fn by_class(name: &str, effects: &[Effect<'_>]) -> Table {
    let is_only = effects.len() == 1;
    let rows =
        effects.iter().flat_map(|(policy, effect)| class_rows(if is_only { "" } else { policy }, effect)).collect();
    let heading = if is_only { "class" } else { "policy, class" };
    let mut table = table(&format!("Fault {name} by class"), heading, rows);
    table.note.extend(effects.iter().map(|(policy, effect)| recoveries(policy, effect)));
    table
}

/// The rows of the classes of a policy, whose name comes before theirs.
fn class_rows<'a>(policy: &str, effect: &'a FaultEffect) -> Vec<PhaseRow<'a>> {
    let rows = |(class, effect): (&String, &'a ClassFaultEffect)| {
        let name = format!("{policy} {class}").trim_start().to_owned();
        phase_rows(name, [&effect.before, &effect.during, &effect.after])
    };
    effect.classes.iter().flat_map(rows).collect()
}

/// The rows of a policy or a class; the first one has its name.
fn phase_rows(name: String, [before, during, after]: [&PhaseNumbers; 3]) -> [PhaseRow<'_>; 3] {
    [(false, format!("{name}, before"), before), (true, "during".to_owned(), during), (true, "after".to_owned(), after)]
}

fn table(title: &str, heading: &str, rows: Vec<PhaseRow<'_>>) -> Table {
    let times = |time: fn(&Summary) -> Option<f64>| -> Vec<Option<f64>> {
        rows.iter().map(|(_, _, numbers)| time(&numbers.response_time_ms)).collect()
    };
    let unit = TimeUnit::of(times(|time| time.mean).into_iter().chain(times(|time| time.p50)));
    let title = format!("{title}: response time in {}", unit.name);
    let mut table = Table::of(title, heading, rows.iter().map(|(is_part, name, _)| (*is_part, name.clone())));
    let numbers = || rows.iter().map(|(_, _, numbers)| *numbers);
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
    table
}

/// When the response times of each class had recovered.
fn recoveries(policy: &str, effect: &FaultEffect) -> String {
    let classes = effect.classes.iter();
    let of_class = classes.map(|(name, class)| format!("{name} {}", recovery(class.recovery, class.recovery_ms)));
    format!("{policy}: {}.", of_class.collect::<Vec<_>>().join("; "))
}

/// When response times had recovered, in the words that follow a name.
fn recovery(recovery: Option<Recovery>, time_ms: Option<f64>) -> String {
    match (recovery, time_ms) {
        (Some(Recovery::Recovered), Some(time)) if time > 0.0 => format!("recovered {} after its end", duration(time)),
        (Some(Recovery::Recovered), _) => "recovered at its end".to_owned(),
        (Some(Recovery::NotRecovered), _) => "not recovered by the end of the run or the next occurrence".to_owned(),
        (Some(Recovery::Unknown) | None, _) => {
            "too few requests before or after it to determine the recovery".to_owned()
        }
    }
}

fn duration(millis: f64) -> String {
    let unit = TimeUnit::of([Some(millis)]);
    format!("{} {}", unit.column(&[Some(millis)])[0].trim(), unit.name)
}
