//! Markdown: blocks to paste into a pull request or a page.

use crate::output::View;
use crate::output::block::{Block, Column, Definitions, GroupedTable, List, Row, Table};
use crate::output::document::Document;
use crate::output::escape::{self, markdown as escaped, markdown_block, markdown_code};

/// The blocks, separated by blank lines.
pub fn render(document: &dyn Document, view: View<'_>) -> String {
    let text = blocks(document).join("\n");
    if view.before > 0 { format!("\n{text}") } else { text }
}

/// The blocks, each ending in a newline, to be separated by blank lines.
pub fn blocks(document: &dyn Document) -> Vec<String> {
    let blocks = document.blocks();
    blocks.iter().flat_map(written).map(|block| escape::in_log(&block, false)).collect()
}

/// A block as one or more paragraphs, lists or tables; nothing where Markdown cannot show it.
fn written(block: &Block) -> Vec<String> {
    match block {
        Block::Title { name, about } => {
            std::iter::once(heading(name)).chain(about.iter().map(|sentence| paragraph(sentence))).collect()
        }
        Block::Verdict { sentence, passes: _ } => vec![heading(sentence)],
        Block::Text(paragraphs) => paragraphs.iter().map(|text| paragraph(text)).collect(),
        Block::Incomplete(reasons) => reasons.iter().map(|why| quote("Incomplete", why)).collect(),
        Block::Warnings(warnings) => warnings.iter().map(|warning| quote("Warning", warning)).collect(),
        Block::Table(cells) => vec![table(cells)],
        Block::WideTable { whole, parts: _ } => vec![table(whole)],
        Block::GroupedTable(cells) => grouped(cells),
        Block::Bars(_) | Block::Lanes(_) | Block::Spreads(_) => Vec::new(),
        Block::Conclusion(sentence) => vec![format!("**{}**\n", escaped(sentence))],
        Block::List(List { title, items, has_bullets: _ }) => {
            vec![list(title, items.iter().map(|item| escaped(item)))]
        }
        Block::Definitions(Definitions { title, entries, none: _ }) => {
            let entry = |(term, value): &(String, String)| format!("{}: {}", markdown_code(term), markdown_code(value));
            vec![list(title, entries.iter().map(entry))]
        }
        Block::Code { about, language, text } => {
            vec![format!("{}\n{}", paragraph(about), markdown_block(language, text))]
        }
    }
}

fn heading(text: &str) -> String {
    format!("### {}\n", escaped(text))
}

fn paragraph(text: &str) -> String {
    format!("{}\n", escaped(text))
}

fn quote(kind: &str, text: &str) -> String {
    format!("> **{kind}:** {}\n", escaped(text))
}

fn list(title: &str, items: impl Iterator<Item = String>) -> String {
    let items: Vec<_> = items.map(|item| format!("- {item}\n")).collect();
    let items = if items.is_empty() { "- none\n".to_owned() } else { items.concat() };
    format!("**{}**\n\n{items}", escaped(title))
}

/// A table per group, and the note.
fn grouped(grouped: &GroupedTable) -> Vec<String> {
    let mut rows = &grouped.table.rows[..];
    let mut blocks = Vec::new();
    for group in &grouped.groups {
        let (of_group, rest) = rows.split_at(group.rows.min(rows.len()));
        rows = rest;
        let cells = cells(&grouped.table.columns, of_group);
        blocks.push(format!("**{}**\n\n{}\n\n{cells}", escaped(&group.title), escaped(&group.about)));
    }
    blocks.extend(note(&grouped.table));
    blocks
}

/// A table with its title and its note.
fn table(table: &Table) -> String {
    let cells = cells(&table.columns, &table.rows);
    let note = note(table).map(|note| format!("\n{note}")).unwrap_or_default();
    format!("**{}**\n\n{cells}{note}", escaped(&table.title))
}

fn note(table: &Table) -> Option<String> {
    (!table.note.is_empty()).then(|| paragraph(&table.note.join(" ")))
}

/// Headings and rows with pipes.
fn cells(columns: &[Column], rows: &[Row]) -> String {
    let headings = line(columns.iter().map(|column| escaped(&full_heading(column))));
    let rule = line(columns.iter().map(|column| if column.is_name { ":--" } else { "--:" }.to_owned()));
    let rows = rows.iter().map(|row| {
        let part = if row.is_part { "↳ " } else { "" };
        line(row.cells.iter().enumerate().map(|(place, cell)| match place {
            0 => format!("{part}{}", escaped(cell)),
            _ => escaped(cell),
        }))
    });
    headings + &rule + &rows.collect::<String>()
}

/// A heading that stands alone: Markdown has no line for groups.
fn full_heading(column: &Column) -> String {
    format!("{} {}", column.group, column.heading).trim_start().to_owned()
}

fn line(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
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
