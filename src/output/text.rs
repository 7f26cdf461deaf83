//! Text: what a person reads in a terminal.

use unicode_width::UnicodeWidthStr;

use super::bars::bars;
use super::certainty;
use super::check;
use super::fault;
use super::paint::{DIM, STRONG, WAIT, paint, plain};
use super::preset;
use super::report;
use super::wrap::{WIDTH, wrapped};
use super::{Report, View};
use crate::stats::ScenarioResults;

/// Name, description and faults, the tables, the bars, and when asked for what is assumed.
pub fn render(report: &Report, view: View<'_>) -> String {
    let results = report.results();
    let mut blocks = match report {
        Report::Check(found) => vec![check::text(found, view.color)],
        Report::Run(results) => of_run(results, view.color),
    };
    if view.explain_defaults {
        blocks.push(assumptions(results, view.color));
        blocks.push(defaults(results, view.color));
    }
    blocks.retain(|block| !block.is_empty());
    let text = blocks.join("\n");
    if view.before > 0 { format!("\n{text}") } else { text }
}

fn of_run(results: &ScenarioResults, color: bool) -> Vec<String> {
    let mut blocks = vec![head(results, color), incomplete(results), warnings(results, color)];
    blocks.extend(certainty::objectives(results).map(|table| table.aligned(color)));
    blocks.extend(report::tables(results).iter().map(|table| table.aligned(color)));
    // The bars stand under the table whose numbers they show, which is the last but one.
    blocks.insert(blocks.len() - 1, bars(results, color));
    blocks
}

fn head(results: &ScenarioResults, color: bool) -> String {
    let mut head = paint(color, STRONG, &plain(&results.scenario));
    head.push('\n');
    if let Some(description) = &results.description {
        for line in wrapped(description, WIDTH) {
            head.push_str(&line);
            head.push('\n');
        }
    }
    for line in wrapped(&fault::sentence(&results.faults), WIDTH) {
        head.push_str(&line);
        head.push('\n');
    }
    head
}

/// Which runs stopped before their end, and why.
fn incomplete(results: &ScenarioResults) -> String {
    let stopped = results.policies.iter().filter_map(|policy| Some((plain(&policy.name), policy.incomplete.as_ref()?)));
    let lines = stopped.flat_map(|(name, why)| wrapped(&format!("incomplete: {name} {why}"), WIDTH));
    lines.map(|line| line + "\n").collect()
}

/// What one should know before trusting the numbers.
fn warnings(results: &ScenarioResults, color: bool) -> String {
    let lines = certainty::warnings(results).into_iter().flat_map(|text| wrapped(&format!("warning: {text}"), WIDTH));
    lines.map(|line| paint(color, WAIT, &line) + "\n").collect()
}

fn assumptions(results: &ScenarioResults, color: bool) -> String {
    let mut text = paint(color, STRONG, "Assumed");
    text.push('\n');
    for assumption in results.assumptions.iter().cloned().chain(preset::missing_clients(results)) {
        for (place, line) in wrapped(&assumption, WIDTH - 4).iter().enumerate() {
            text.push_str(&format!("  {} {line}\n", if place == 0 { "·" } else { " " }));
        }
    }
    text
}

fn defaults(results: &ScenarioResults, color: bool) -> String {
    let mut text = paint(color, STRONG, "Defaults in force");
    text.push('\n');
    if results.defaults.is_empty() {
        text.push_str("  none: the scenario says everything\n");
    }
    let room = results.defaults.keys().map(|path| plain(path).width()).max().unwrap_or(0);
    for (path, value) in &results.defaults {
        let path = plain(path);
        let pad = " ".repeat(room - path.width());
        text.push_str(&format!("  {}{pad}  {}\n", paint(color, DIM, &path), plain(value)));
    }
    text
}
