//! Text: what a person reads in a terminal.

use unicode_width::UnicodeWidthStr;

use crate::model::visible;
use crate::output::block::bars::bars;
use crate::output::block::paint::{DIM, STRONG, WAIT, paint};
use crate::output::block::wrap::{WIDTH, cut_middle, wrapped};
use crate::output::document::check;
use crate::output::document::presets;
use crate::output::document::run;
use crate::output::document::run::certainty;
use crate::output::document::run::fault;
use crate::output::escape;
use crate::output::words;
use crate::output::{Report, View};
use crate::stats::ScenarioResults;

/// Name, description and faults, the tables, the bars, and when asked for what is assumed.
pub fn render(report: &Report, view: View<'_>) -> String {
    let mut blocks = match report {
        Report::Check(found) => vec![check::text(found, view)],
        Report::Run(results) => of_run(results, view),
    };
    if view.explain_defaults {
        blocks.extend(explained(report.results(), view));
    }
    blocks.retain(|block| !block.is_empty());
    let text = escape::in_log(&blocks.join("\n"), view.color);
    if view.before > 0 { format!("\n{text}") } else { text }
}

fn of_run(results: &ScenarioResults, view: View<'_>) -> Vec<String> {
    let mut blocks = vec![head(results, view), incomplete(results, view), warnings(results, view)];
    blocks.extend(certainty::objectives(results).map(|table| table.aligned(view)));
    blocks.extend(run::tables(results).iter().map(|table| table.aligned(view)));
    // The bars stand under the table whose numbers they show, which is the last but one.
    blocks.insert(blocks.len() - 1, bars(results, view));
    blocks
}

/// Running text in lines that fit on the page.
fn lines(text: &str, view: View<'_>) -> Vec<String> {
    wrapped(text, WIDTH.min(view.columns()))
}

fn head(results: &ScenarioResults, view: View<'_>) -> String {
    let mut head = paint(view.color, STRONG, &cut_middle(&visible(&results.scenario), view.columns()));
    head.push('\n');
    let description = results.description.as_deref().unwrap_or_default();
    for line in [description, &fault::sentence(&results.faults)].iter().flat_map(|text| lines(text, view)) {
        head.push_str(&line);
        head.push('\n');
    }
    head
}

/// Which runs stopped before their end, and why.
fn incomplete(results: &ScenarioResults, view: View<'_>) -> String {
    let stopped = results
        .policies
        .iter()
        .filter_map(|policy| Some((&policy.name, words::incomplete(policy.incomplete.as_ref()?))));
    let lines = stopped.flat_map(|(name, why)| lines(&format!("incomplete: {name} {why}"), view));
    lines.map(|line| line + "\n").collect()
}

/// What one should know before trusting the numbers.
fn warnings(results: &ScenarioResults, view: View<'_>) -> String {
    let lines = certainty::warnings(results).into_iter().flat_map(|text| lines(&format!("warning: {text}"), view));
    lines.map(|line| paint(view.color, WAIT, &line) + "\n").collect()
}

/// What is assumed, what presets stand for, and which defaults are in force; a block each.
fn explained(results: &ScenarioResults, view: View<'_>) -> Vec<String> {
    let presets = presets::explained(results);
    let assumed: Vec<String> = results
        .assumptions
        .iter()
        .map(|one| words::assumption(*one).to_owned())
        .chain(presets::missing_clients(results))
        .collect();
    let mut blocks = vec![points("Assumed", &assumed, view)];
    if !presets.is_empty() {
        blocks.push(points("Presets", &presets, view));
    }
    blocks.push(defaults(results, view));
    blocks
}

fn points(title: &str, sentences: &[impl AsRef<str>], view: View<'_>) -> String {
    let mut text = paint(view.color, STRONG, title);
    text.push('\n');
    for sentence in sentences {
        let lines = wrapped(sentence.as_ref(), WIDTH.min(view.columns()) - 4);
        for (place, line) in lines.iter().enumerate() {
            text.push_str(&format!("  {} {line}\n", if place == 0 { "·" } else { " " }));
        }
    }
    text
}

fn defaults(results: &ScenarioResults, view: View<'_>) -> String {
    let mut text = paint(view.color, STRONG, "Defaults in force");
    text.push('\n');
    if results.defaults.is_empty() {
        text.push_str("  none: the scenario says everything\n");
    }
    let most = view.columns() * 2 / 3;
    let paths: Vec<String> = results.defaults.keys().map(|path| cut_middle(&visible(path), most)).collect();
    let room = paths.iter().map(|path| path.width()).max().unwrap_or(0);
    for (path, value) in paths.iter().zip(results.defaults.values()) {
        let pad = " ".repeat(room - path.width());
        text.push_str(&format!("  {}{pad}  {}\n", paint(view.color, DIM, path), visible(value)));
    }
    text
}
