//! Tables as aligned lines, no wider than the page.

use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use super::paint::{DIM, STRONG, WAIT, WORK, paint};
use crate::model::visible;
use crate::output::View;
use crate::output::block::wrap::{WIDTH, broken, cut_middle, wrapped};
use crate::output::block::{Column, GroupedTable, Row, Table};

/// The title, the rows under each heading, and the note.
pub fn grouped(grouped: &GroupedTable, view: View<'_>) -> String {
    const INDENT: &str = "     ";
    let (color, table) = (view.color, &grouped.table);
    let widths = table.widths();
    let mut text = String::new();
    let indented = |line: &str| if line.is_empty() { String::new() } else { format!("{INDENT}{line}") };
    for line in table.heading_lines(&widths) {
        push_line(&mut text, &paint(color, DIM, &indented(&line)));
    }
    let mut rows = table.rows.iter();
    for (place, group) in grouped.groups.iter().enumerate() {
        text.push_str(if place == 0 { "" } else { "\n" });
        push_line(&mut text, &paint(color, STRONG, &visible(&group.title)));
        push_line(&mut text, &format!("{INDENT}{}", paint(color, DIM, &visible(&group.about))));
        for row in rows.by_ref().take(group.rows) {
            push_line(&mut text, &indented(&table.row_lines(row, &widths, color)));
        }
    }
    text + &table.note_lines(view)
}

impl Table {
    /// The title and the table as aligned lines. If a table is wider than the page, its long names are broken, and it
    /// continues below with its first column repeated.
    pub(super) fn aligned(&self, view: View<'_>) -> String {
        let (color, page) = (view.color, view.columns());
        let mut text = String::new();
        for line in wrapped(&self.title, page) {
            push_line(&mut text, &paint(color, STRONG, &line));
        }
        for part in self.fitted(page) {
            part.push_lines(color, &mut text);
        }
        text + &self.note_lines(view)
    }

    /// The note, a paragraph per sentence.
    fn note_lines(&self, view: View<'_>) -> String {
        let lines = self.note.iter().flat_map(|sentence| wrapped(sentence, WIDTH.min(view.columns())));
        lines.map(|line| paint(view.color, DIM, &line) + "\n").collect()
    }

    /// Headings and rows.
    fn push_lines(&self, color: bool, text: &mut String) {
        let widths = self.widths();
        for line in self.heading_lines(&widths) {
            push_line(text, &paint(color, DIM, &line));
        }
        for row in &self.rows {
            push_line(text, &self.row_lines(row, &widths, color));
        }
    }

    /// The words above groups of columns, if there are any, and the headings, which end on the same line.
    fn heading_lines(&self, widths: &[usize]) -> Vec<String> {
        let has_groups = self.columns.iter().any(|column| !column.group.is_empty());
        let groups = has_groups.then(|| self.group_line(widths).trim_end().to_owned());
        let headings: Vec<Vec<&str>> = self.columns.iter().map(|column| lines_of(&column.heading)).collect();
        let height = headings.iter().map(Vec::len).max().unwrap_or(0);
        let line = |number: usize| {
            let part = |lines: &Vec<&'_ str>| {
                let above = height - lines.len();
                number.checked_sub(above).map_or("", |place| lines[place]).to_owned()
            };
            let parts: Vec<String> = headings.iter().map(part).collect();
            self.line(parts.iter().map(String::as_str), widths)
        };
        groups.into_iter().chain((0..height).map(line)).collect()
    }

    /// The line of a row, and those that its broken names continue on.
    fn row_lines(&self, row: &Row, widths: &[usize], color: bool) -> String {
        let cells: Vec<Vec<&str>> = row.cells.iter().map(|cell| lines_of(cell)).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(1);
        let lines: Vec<String> = (0..height).map(|number| self.row_line(row, &cells, number, widths, color)).collect();
        lines.join("\n")
    }

    fn row_line(&self, row: &Row, cells: &[Vec<&str>], number: usize, widths: &[usize], color: bool) -> String {
        let mut cells: Vec<String> =
            cells.iter().map(|lines| lines.get(number).copied().unwrap_or_default().to_owned()).collect();
        if row.is_part {
            cells[0] = format!("{PART}{}", cells[0]);
        }
        let line = self.line(cells.iter().map(String::as_str), widths);
        match (row.passes, cells.last()) {
            (Some(passes), Some(verdict)) if !verdict.is_empty() && line.ends_with(verdict.as_str()) => {
                let style = if passes { WORK } else { WAIT };
                format!("{}{}", &line[..line.len() - verdict.len()], paint(color, style, verdict))
            }
            _ if row.is_part => paint(color, DIM, &line),
            _ => line,
        }
    }

    /// The table itself if the page is wide enough, else tables that fit, to be shown one below another.
    fn fitted(&self, page: usize) -> Vec<Self> {
        let whole = self.with_headings_broken(HEADING);
        if whole.span(&whole.widths(), 0..whole.columns.len()) <= page {
            return vec![whole];
        }
        let broken = whole.with_names_broken(page);
        if broken.span(&broken.widths(), 0..broken.columns.len()) <= page {
            return vec![broken];
        }
        broken.parts(page).iter().map(|places| broken.part(places)).collect()
    }

    fn with_headings_broken(&self, most: usize) -> Self {
        let mut table = self.clone();
        table.columns.iter_mut().for_each(|column| column.heading = in_lines(&column.heading, most));
        table
    }

    /// The same with names and headings in lines of the width that the page allows.
    fn with_names_broken(&self, page: usize) -> Self {
        let most = self.widest_names(page);
        let mut table = self.with_headings_broken(most);
        for (place, column) in table.columns.iter_mut().enumerate() {
            column.group = cut_middle(&column.group, most);
            for row in table.rows.iter_mut().filter(|_| column.is_name) {
                let part = if row.is_part && place == 0 { PART.len() } else { 0 };
                row.cells[place] = in_lines(&row.cells[place], most.saturating_sub(part));
            }
        }
        table
    }

    /// Maximum width of columns of names: all columns fit on the page if that leaves room for names, and otherwise the table
    /// continues below.
    fn widest_names(&self, page: usize) -> usize {
        let widths = self.widths();
        let is_name = |place: &usize| self.columns[*place].is_name;
        let names: Vec<usize> = (0..widths.len()).filter(is_name).map(|place| widths[place]).collect();
        let all = self.span(&widths, 0..widths.len());
        let others = all - names.iter().sum::<usize>();
        let most = level(&names, page.saturating_sub(others));
        if names.len() == widths.len() || most >= NARROWEST { most.max(LEAST) } else { page / 3 }
    }

    /// The columns of each part: the first column, then as many others as fit. A group is kept together if possible.
    fn parts(&self, page: usize) -> Vec<Vec<usize>> {
        let widths = self.widths();
        let mut parts: Vec<Vec<usize>> = Vec::new();
        let mut used = page;
        for group in self.groups() {
            let group = group.start.max(1)..group.end;
            let width = self.span(&widths, group.clone()) + WIDE_GAP.len();
            let fits_whole = widths[0] + width <= page;
            if fits_whole && used + width > page {
                parts.push(vec![0]);
                used = widths[0];
            }
            for place in group.clone() {
                let is_alone = parts.last().is_none_or(|part| part.len() == 1);
                let mut wanted = self.wanted(&widths, place, is_alone || place == group.start);
                if parts.is_empty() || (!is_alone && used + wanted > page) {
                    parts.push(vec![0]);
                    used = widths[0];
                    wanted = self.wanted(&widths, place, true);
                }
                used += wanted;
                parts.last_mut().into_iter().for_each(|part| part.push(place));
            }
        }
        parts
    }

    /// Width of a column behind others; the first one of a group also needs room for the word above the group.
    fn wanted(&self, widths: &[usize], place: usize, is_first: bool) -> usize {
        let word = self.columns[place].group.width();
        let word = if word == 0 { 0 } else { word + 4 };
        if is_first { WIDE_GAP.len() + widths[place].max(word) } else { GAP.len() + widths[place] }
    }

    /// Some of the columns.
    fn part(&self, places: &[usize]) -> Self {
        let mut columns: Vec<Column> = places.iter().map(|place| self.columns[*place].clone()).collect();
        for place in 1..columns.len() {
            let differs = columns[place - 1].group != columns[place].group;
            columns[place].is_apart |= differs;
        }
        let cells = |row: &Row| places.iter().map(|place| row.cells[*place].clone()).collect();
        let rows = self.rows.iter().map(|row| Row { cells: cells(row), ..row.clone() }).collect();
        Self::bare(columns, rows)
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.columns.iter().map(|column| width_of(&column.heading)).collect();
        for row in &self.rows {
            for (place, cell) in row.cells.iter().enumerate() {
                let part = if row.is_part && place == 0 { PART.width() } else { 0 };
                widths[place] = widths[place].max(width_of(cell) + part);
            }
        }
        // A group's word needs room above its columns: the first of them is widened.
        for group in self.groups() {
            let word = self.columns[group.start].group.width();
            let has = self.span(&widths, group.clone());
            let wants = if word == 0 { 0 } else { word + 4 };
            widths[group.start] += wants.saturating_sub(has);
        }
        widths
    }

    /// Ranges of neighbouring columns in the same group.
    fn groups(&self) -> Vec<Range<usize>> {
        let mut groups: Vec<Range<usize>> = Vec::new();
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
            let room = self.span(widths, group.clone());
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

    /// Width of neighbouring columns with the gaps between them.
    fn span(&self, widths: &[usize], places: Range<usize>) -> usize {
        let gaps: usize = places.clone().skip(1).map(|place| self.gap(place).len()).sum();
        widths[places].iter().sum::<usize>() + gaps
    }

    /// The gap before a column, wider at the start of a group.
    fn gap(&self, place: usize) -> &'static str {
        if self.columns[place].is_apart { WIDE_GAP } else { GAP }
    }
}

const GAP: &str = "  ";
const WIDE_GAP: &str = "    ";
const PART: &str = "  ";

/// Headings are broken to this width.
const HEADING: usize = 28;

/// Columns of names are never narrower than this, and not narrower than the second where a table may continue below instead.
const LEAST: usize = 12;
const NARROWEST: usize = 20;

/// A name of more lines than this is cut.
const MOST_LINES: usize = 3;

/// A name in lines of that width.
fn in_lines(name: &str, width: usize) -> String {
    let lines = lines_of(name).into_iter().flat_map(|line| broken(&cut_middle(line, MOST_LINES * width), width));
    lines.collect::<Vec<_>>().join("\n")
}

/// The lines of a name or a cell.
fn lines_of(text: &str) -> Vec<&str> {
    text.split('\n').collect()
}

fn width_of(text: &str) -> usize {
    lines_of(text).into_iter().map(UnicodeWidthStr::width).max().unwrap_or(0)
}

/// Maximum width of columns so that all of them have room together.
fn level(widths: &[usize], room: usize) -> usize {
    let mut sorted = widths.to_vec();
    sorted.sort_unstable();
    let mut left = room;
    for (place, width) in sorted.iter().enumerate() {
        let share = left / (sorted.len() - place);
        if *width > share {
            return share;
        }
        left -= width;
    }
    room
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
    fn names_are_aligned_left_and_numbers_right() {
        let lines: Vec<String> = table().aligned(View::default()).lines().map(str::to_owned).collect();
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
        let colored =
            anstream::adapter::strip_str(&table().aligned(View { color: true, ..View::default() })).to_string();
        assert_eq!(colored, table().aligned(View::default()));
    }

    /// The width of the widest line of a table on a page of this width, and the table.
    fn on_page(table: &Table, width: usize) -> (usize, String) {
        let text = table.aligned(View { width: Some(width), ..View::default() });
        (text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0), text)
    }

    #[test]
    fn a_table_wider_than_the_page_continues_below() {
        let mut table = table();
        table.numbers("share", "cores", vec!["10%".into(), "20%".into()]);
        table.numbers("share", "workers", vec!["30%".into(), "40%".into()]);
        let (width, text) = on_page(&table, 40);
        assert!(width <= 40, "{text}");
        assert_eq!(
            text,
            "Times\n          ─ time in ms ─\npolicy       mean    max\nsync          353  1,000\n  page          5      6\n          \
             ─── share ────\npolicy    cores  workers\nsync        10%      30%\n  page      20%      40%\n"
        );
    }

    #[test]
    fn long_names_and_headings_are_broken_and_nothing_of_them_is_lost() {
        let mut table = Table::of("Objectives", "", [(false, "met".into()), (false, "BROKEN".into())]);
        let name = "during slow payments: browse.error_rate < 1%";
        table.names("objective", vec![name.into(), "p99 < 1s".into()]);
        table.names("policy", vec!["puma".into(), "puma".into()]);
        table.numbers("", "during slow payments: browse.p95", vec!["1".into(), "2".into()]);
        let (width, text) = on_page(&table, 60);
        assert!(width <= 60, "{text}");
        assert_eq!(
            text,
            "Objectives\n                                       during slow payments:\n        objective              policy             browse.p95\n\
             met     during slow payments:  puma                        1\n        browse.error_rate <\n        1%\n\
             BROKEN  p99 < 1s               puma                        2\n"
        );
    }

    #[test]
    fn no_table_is_wider_than_its_page() {
        let name = "a class whose name goes on and on, longer than any page is wide, to the very end of it".repeat(2);
        let mut wide = Table::of(
            "Times of all of them in one table".repeat(5),
            "policy",
            [(false, name.clone()), (true, name.clone())],
        );
        for place in 0..30 {
            let group = ["", "waiting in", "a word that is longer than its column"][place / 3 % 3];
            let heading = if place % 7 == 0 { &name } else { "p99" };
            wide.numbers(group, heading, vec!["1,234,567.8 ±1,000".into(), "1".into()]);
        }
        wide.names("limited by", vec![name.clone(), "cores".into()]);
        let mut names = Table::of("Objectives", "", [(false, "BROKEN".into()), (false, "met".into())]);
        names.names("objective", vec![format!("{name}.p99 < 400ms"), "p99 < 1s".into()]);
        names.names("policy", vec![name, "sync".into()]);
        names.names("is", vec!["353 ms ±12 ms !".into(), "1 ms".into()]);
        for table in [&wide, &names] {
            for page in [60, 80, 100, 250] {
                let (width, text) = on_page(table, page);
                assert!(width <= page, "{width} on {page}:\n{text}");
            }
        }
        let (_, text) = on_page(&names, 80);
        assert!(text.contains("p99 < 400ms") && text.contains("353 ms ±12 ms !") && text.contains('…'), "{text}");
    }
}
