//! What `check` found, for people: its verdict in words, what changed in the scenario, and in which numbers.

use super::findings::verdict;
use super::number::{self, NONE};
use super::table::Table;
use crate::study::{BaselineCheck, BaselineComparison, CheckVerdict, MetricComparison, MetricVerdict, ScenarioCheck};

/// The verdict, and the reasons for it: a sentence each.
pub fn sentences(check: &ScenarioCheck) -> Vec<String> {
    let verdict = match check.verdict {
        CheckVerdict::Passes => "passes",
        CheckVerdict::Fails => "FAILS",
        CheckVerdict::Incomplete => "NOT KNOWN",
    };
    let mut sentences = match check.reasons.as_slice() {
        [] => vec![verdict.to_owned()],
        reasons => reasons.iter().map(|reason| format!("{verdict}: {reason}")).collect(),
    };
    match &check.baseline {
        BaselineCheck::NotComparable(found) => sentences.push(format!("{}: {}", found.help, found.command)),
        BaselineCheck::Written(found) => {
            let what = if found.replaced { "replaced" } else { "wrote" };
            sentences.push(format!("{what} the baseline {}", found.file));
        }
        BaselineCheck::Compared(comparison) => {
            sentences.extend(comparison.notes.iter().cloned());
            if comparison.with(MetricVerdict::Regressed).next().is_some() {
                sentences.push(format!("if this is meant: {}", comparison.accept));
            }
        }
        BaselineCheck::NotAsked => {}
    }
    sentences
}

/// What is not the same in the scenario, and which numbers differ; with `all`, those that do not too.
pub fn tables(check: &ScenarioCheck, all: bool) -> Vec<Table> {
    let Some(comparison) = check.comparison() else { return Vec::new() };
    changes(comparison).into_iter().chain(numbers(comparison, all)).collect()
}

fn changes(comparison: &BaselineComparison) -> Option<Table> {
    let changes = &comparison.changes;
    if changes.is_empty() {
        return None;
    }
    let shown = |value: &Option<serde_json::Value>| value.as_ref().map_or(NONE.to_owned(), ToString::to_string);
    let names = changes.iter().map(|change| (false, change.path.clone()));
    let mut table = Table::of("Changed in the scenario since the baseline", "where", names);
    table.names("was", changes.iter().map(|change| shown(&change.old)).collect());
    table.names("is", changes.iter().map(|change| shown(&change.new)).collect());
    Some(table)
}

fn numbers(comparison: &BaselineComparison, all: bool) -> Option<Table> {
    let order = [MetricVerdict::Regressed, MetricVerdict::Undecided, MetricVerdict::Improved, MetricVerdict::Unchanged];
    let counts = order.map(|of| (comparison.with(of).count(), verdict(of)));
    let counts: Vec<_> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let title = format!("Compared with {}: {}", comparison.file, counts.join(", "));
    let shown = order.into_iter().filter(|of| all || *of != MetricVerdict::Unchanged);
    let found: Vec<&MetricComparison> = shown.flat_map(|of| comparison.with(of)).collect();
    if comparison.metrics.is_empty() {
        return None;
    }
    let mut table = Table::of(title, "", found.iter().map(|metric| (false, verdict(metric.verdict).to_owned())));
    table.names("number", found.iter().map(|metric| metric.name()).collect());
    let quantity = |metric: &MetricComparison, value: Option<f64>, beside| {
        value.map_or(NONE.to_owned(), |value| number::quantity(value, beside, metric.unit))
    };
    table.numbers("", "was", found.iter().map(|metric| quantity(metric, metric.baseline, metric.value)).collect());
    table.numbers("", "is", found.iter().map(|metric| quantity(metric, metric.value, metric.baseline)).collect());
    let share = |metric: &&MetricComparison| metric.relative_difference.map_or(NONE.to_owned(), number::change);
    table.numbers("", "change", found.iter().map(share).collect());
    let interval =
        |metric: &&MetricComparison| metric.interval.map_or(NONE.to_owned(), |ends| number::range(ends, metric.unit));
    table.numbers("", "difference between", found.iter().map(interval).collect());
    let mut why: Vec<String> = found.iter().filter_map(|metric| metric.why.clone()).collect();
    why.dedup();
    table.note = why;
    Some(table)
}
