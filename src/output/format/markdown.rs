//! Markdown: the tables of the text, to paste into a pull request.

use crate::output::block::table::{Column, Table};
use crate::output::document::check::{self, Section};
use crate::output::document::presets;
use crate::output::document::run;
use crate::output::document::run::certainty;
use crate::output::document::run::fault;
use crate::output::escape::{self, markdown as escaped, markdown_block, markdown_code};
use crate::output::words;
use crate::output::{Report, View};
use crate::stats::ScenarioResults;
use crate::study::ScenarioCheck;

/// A heading, the description and the tables; when asked for, what is assumed.
pub fn render(report: &Report, view: View<'_>) -> String {
    let text = blocks(report, view).join("\n");
    if view.before > 0 { format!("\n{text}") } else { text }
}

/// The same in blocks, each ending in a newline, between which a blank line stands.
pub fn blocks(report: &Report, view: View<'_>) -> Vec<String> {
    let results = report.results();
    let mut blocks = match report {
        Report::Check(check) => checked(check),
        Report::Run(results) => of_run(results),
    };
    if view.explain_defaults {
        let assumed = results
            .assumptions
            .iter()
            .map(|one| words::assumption(*one).to_owned())
            .chain(presets::missing_clients(results));
        blocks.push(list("Assumed", assumed.map(|assumption| escaped(&assumption))));
        let presets = presets::explained(results);
        blocks.extend((!presets.is_empty()).then(|| list("Presets", presets.iter().map(|preset| escaped(preset)))));
        let default = |(path, value): (&String, &String)| format!("{}: {}", markdown_code(path), markdown_code(value));
        blocks.push(list("Defaults in force", results.defaults.iter().map(default)));
    }
    blocks.iter().map(|block| escape::in_log(block, false)).collect()
}

fn of_run(results: &ScenarioResults) -> Vec<String> {
    let mut blocks = vec![format!("### {}\n", escaped(&results.scenario))];
    blocks.extend(results.description.as_deref().map(|description| format!("{}\n", escaped(description))));
    let faults = fault::sentence(&results.faults);
    blocks.extend((!faults.is_empty()).then(|| format!("{}\n", escaped(&faults))));
    blocks.extend(certainty::warnings(results).iter().map(|warning| format!("> **Warning:** {}\n", escaped(warning))));
    blocks.extend(certainty::objectives(results).iter().map(table));
    blocks.extend(run::tables(results).iter().map(table));
    blocks
}

/// What a check found, as a comment of a pull request.
fn checked(check: &ScenarioCheck) -> Vec<String> {
    let head = format!("### {}\n", escaped(&check::headline(check)));
    let sections = check::sections(check).into_iter().map(|section| match section {
        Section::Table(cells) => table(&cells),
        Section::Lines(title, lines) => list(title, lines.iter().map(|line| escaped(line))),
        Section::Command(what, command) => format!("{}\n\n{}", escaped(&what), markdown_block("sh", &command)),
    });
    std::iter::once(head).chain(sections).collect()
}

/// A table with pipes.
pub fn table(table: &Table) -> String {
    let headings = table.columns.iter().map(|column| escaped(&heading(column)));
    let rules = table.columns.iter().map(|column| if column.is_name { ":--" } else { "--:" }.to_owned());
    let rows = table.rows.iter().map(|row| {
        let part = if row.is_part { "↳ " } else { "" };
        line(row.cells.iter().enumerate().map(|(place, cell)| match place {
            0 => format!("{part}{}", escaped(cell)),
            _ => escaped(cell),
        }))
    });
    let mut text = format!("**{}**\n\n", escaped(&table.title));
    text.push_str(&line(headings));
    text.push_str(&line(rules));
    text.extend(rows);
    if !table.note.is_empty() {
        text.push_str(&format!("\n{}\n", escaped(&table.note.join(" "))));
    }
    text
}

/// A heading that stands alone: Markdown has no line for groups.
fn heading(column: &Column) -> String {
    format!("{} {}", column.group, column.heading).trim_start().to_owned()
}

fn line(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

fn list(title: &str, items: impl Iterator<Item = String>) -> String {
    let items: Vec<_> = items.map(|item| format!("- {item}\n")).collect();
    let items = if items.is_empty() { "- none\n".to_owned() } else { items.concat() };
    format!("**{title}**\n\n{items}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_pipes_and_headings_that_stand_alone() {
        let mut data = Table::of("Time in ms", "policy", [(false, "a|b".into()), (true, "page".into())]);
        data.numbers("", "mean", vec!["1".into(), "2".into()]);
        data.numbers("slowdown", "max", vec!["4.52×".into(), "1×".into()]);
        assert_eq!(
            table(&data),
            "**Time in ms**\n\n\
             | policy | mean | slowdown max |\n\
             | :-- | --: | --: |\n\
             | a\\|b | 1 | 4.52× |\n\
             | ↳ page | 2 | 1× |\n"
        );
    }
}
