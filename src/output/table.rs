//! A table of cells before any format: [`super::text`] aligns it, [`super::markdown`] draws pipes.

use unicode_width::UnicodeWidthStr;

use super::paint::{DIM, STRONG, paint, plain};
use super::wrap::{WIDTH, wrapped};

/// Rows of cells under headings; the first columns may be names, all others are numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What it shows, with the unit of its times; begins with a capital letter.
    pub title: String,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Its rows, each with one cell a column.
    pub rows: Vec<Row>,
    /// What is to be said below it, in sentences.
    pub note: Vec<String>,
    next_is_apart: bool,
}

/// A column's headings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What the neighbours with the same word have in common; may be empty.
    pub group: String,
    /// Its own heading.
    pub heading: String,
    /// Whether it holds names, which begin at the left.
    pub is_name: bool,
    /// Whether it stands apart from the one before.
    pub is_apart: bool,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Whether it is a part of the row above.
    pub is_part: bool,
    /// Its cells.
    pub cells: Vec<String>,
}

impl Table {
    /// A table whose rows begin with these names (under `heading`).
    pub fn of(title: impl Into<String>, heading: &str, names: impl IntoIterator<Item = (bool, String)>) -> Self {
        let columns =
            vec![Column { group: String::new(), heading: heading.to_owned(), is_name: true, is_apart: false }];
        let rows = names.into_iter().map(|(is_part, name)| Row { is_part, cells: vec![plain(&name)] }).collect();
        Self { title: title.into(), columns, rows, note: Vec::new(), next_is_apart: false }
    }

    /// Sets the next column apart from the last one.
    pub fn apart(&mut self) {
        self.next_is_apart = true;
    }

    /// Adds a column of names.
    pub fn names(&mut self, heading: &str, cells: Vec<String>) {
        self.push("", heading, true, cells);
    }

    /// Adds a column of numbers.
    pub fn numbers(&mut self, group: &str, heading: &str, cells: Vec<String>) {
        self.push(group, heading, false, cells);
    }

    fn push(&mut self, group: &str, heading: &str, is_name: bool, cells: Vec<String>) {
        assert_eq!(cells.len(), self.rows.len(), "a column has one cell a row");
        let has_other_group = self.columns.last().is_some_and(|last| last.group != group);
        let is_apart = std::mem::take(&mut self.next_is_apart) || has_other_group;
        self.columns.push(Column { group: group.to_owned(), heading: plain(heading), is_name, is_apart });
        for (row, cell) in self.rows.iter_mut().zip(cells) {
            row.cells.push(plain(&cell));
        }
    }

    /// The title and the table as aligned lines.
    pub fn aligned(&self, color: bool) -> String {
        let widths = self.widths();
        let mut text = String::new();
        push_line(&mut text, &paint(color, STRONG, &self.title));
        if self.columns.iter().any(|column| !column.group.is_empty()) {
            push_line(&mut text, &paint(color, DIM, self.group_line(&widths).trim_end()));
        }
        let headings = self.columns.iter().map(|column| column.heading.as_str());
        push_line(&mut text, &paint(color, DIM, self.line(headings, &widths).trim_end()));
        for row in &self.rows {
            let mut cells: Vec<String> = row.cells.clone();
            if row.is_part {
                cells[0] = format!("{PART}{}", cells[0]);
            }
            let line = self.line(cells.iter().map(String::as_str), &widths);
            push_line(&mut text, &if row.is_part { paint(color, DIM, &line) } else { line });
        }
        for line in self.note.iter().flat_map(|sentence| wrapped(sentence, WIDTH)) {
            push_line(&mut text, &paint(color, DIM, &line));
        }
        text
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.columns.iter().map(|column| column.heading.width()).collect();
        for row in &self.rows {
            for (place, cell) in row.cells.iter().enumerate() {
                let part = if row.is_part && place == 0 { PART.width() } else { 0 };
                widths[place] = widths[place].max(cell.width() + part);
            }
        }
        // A group's word must have room above its columns: the first of them gives it.
        for group in self.groups() {
            let word = self.columns[group.start].group.width();
            let has = span(&widths[group.clone()]);
            let wants = if word == 0 { 0 } else { word + 4 };
            widths[group.start] += wants.saturating_sub(has);
        }
        widths
    }

    /// Neighbours that share a group.
    fn groups(&self) -> Vec<std::ops::Range<usize>> {
        let mut groups: Vec<std::ops::Range<usize>> = Vec::new();
        for (place, column) in self.columns.iter().enumerate() {
            match groups.last_mut() {
                Some(group) if !column.is_apart => group.end = place + 1,
                _ => groups.push(place..place + 1),
            }
        }
        groups
    }

    fn group_line(&self, widths: &[usize]) -> String {
        let mut line = String::new();
        for group in self.groups() {
            let word = &self.columns[group.start].group;
            let room = span(&widths[group.clone()]);
            if group.start > 0 {
                line.push_str(self.gap(group.start));
            }
            if word.is_empty() {
                line.push_str(&" ".repeat(room));
            } else {
                let rest = room - word.width() - 2;
                let (left, right) = ("─".repeat(rest / 2), "─".repeat(rest - rest / 2));
                line.push_str(&format!("{left} {word} {right}"));
            }
        }
        line
    }

    fn line<'a>(&self, cells: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
        let mut line = String::new();
        for (place, cell) in cells.enumerate() {
            if place > 0 {
                line.push_str(self.gap(place));
            }
            let room = " ".repeat(widths[place] - cell.width());
            line.push_str(&if self.columns[place].is_name { format!("{cell}{room}") } else { format!("{room}{cell}") });
        }
        line.trim_end().to_owned()
    }

    /// What stands before a column: wider where a group begins.
    fn gap(&self, place: usize) -> &'static str {
        if self.columns[place].is_apart { WIDE_GAP } else { GAP }
    }
}

const GAP: &str = "  ";
const WIDE_GAP: &str = "    ";
const PART: &str = "  ";

/// The width of columns side by side.
fn span(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1)
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::of("Times", "policy", [(false, "sync".into()), (true, "page".into())]);
        table.numbers("time in ms", "mean", vec!["353".into(), "5".into()]);
        table.numbers("time in ms", "max", vec!["1,000".into(), "6".into()]);
        table
    }

    #[test]
    fn names_begin_at_the_left_and_numbers_end_at_the_right() {
        let lines: Vec<String> = table().aligned(false).lines().map(str::to_owned).collect();
        assert_eq!(
            lines,
            [
                "Times",
                "          ─ time in ms ─",
                "policy       mean    max",
                "sync          353  1,000",
                "  page          5      6",
            ]
        );
    }

    #[test]
    fn colour_adds_nothing_but_escape_sequences() {
        let colored = anstream::adapter::strip_str(&table().aligned(true)).to_string();
        assert_eq!(colored, table().aligned(false));
    }
}
