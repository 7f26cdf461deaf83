//! Text: what a person reads in a terminal.

use unicode_width::UnicodeWidthStr;

use super::bars::bars;
use super::fault;
use super::paint::{DIM, STRONG, paint, plain};
use super::report;
use super::{Report, View};
use crate::stats::ScenarioResults;

/// How wide running text is.
const WIDTH: usize = 88;

/// Name, description and faults, the tables, the bars, and when asked for what is assumed.
pub fn render(report: &Report, view: View<'_>) -> String {
    let results = report.results();
    let mut blocks = vec![head(results, view.color), incomplete(results)];
    blocks.extend(report::tables(results).iter().map(|table| table.aligned(view.color)));
    // The bars stand under the table whose numbers they show, which is the last but one.
    blocks.insert(blocks.len() - 1, bars(results, view.color));
    if view.explain_defaults {
        blocks.push(assumptions(results, view.color));
        blocks.push(defaults(results, view.color));
    }
    blocks.retain(|block| !block.is_empty());
    let text = blocks.join("\n");
    if view.before > 0 { format!("\n{text}") } else { text }
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

fn assumptions(results: &ScenarioResults, color: bool) -> String {
    let mut text = paint(color, STRONG, "Assumed");
    text.push('\n');
    for assumption in &results.assumptions {
        for (place, line) in wrapped(assumption, WIDTH - 4).iter().enumerate() {
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

/// The text in lines of at most so many columns, broken between words.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in plain(text).split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_text_is_broken_between_words() {
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrapped("unbreakable", 3), ["unbreakable"]);
        assert!(wrapped("", 3).is_empty());
    }

    #[test]
    fn an_escape_sequence_in_a_description_does_not_reach_the_terminal() {
        assert_eq!(wrapped("a \u{1b}[31mred", 20), ["a [31mred"]);
    }
}
