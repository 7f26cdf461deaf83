//! Tables: cells as text under headings.

use crate::model::visible;

/// Rows of cells under headings; the first columns may be names, all others are numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What it shows, with the unit of its times; begins with a capital letter.
    pub title: String,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Its rows, each with one cell per column.
    pub rows: Vec<Row>,
    /// Sentences to show below it.
    pub note: Vec<String>,
    next_is_apart: bool,
}

/// A column's headings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What it shares with its neighbours under the same word; may be empty.
    pub group: String,
    /// Its own heading.
    pub heading: String,
    /// Whether it holds names, which are aligned left.
    pub is_name: bool,
    /// Whether a wider gap separates it from the column before.
    pub is_apart: bool,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Whether it is a part of the row above.
    pub is_part: bool,
    /// Whether its last cell is a good verdict; `None` if that is no verdict.
    pub passes: Option<bool>,
    /// Its cells.
    pub cells: Vec<String>,
}

/// A table whose rows stand under headings of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupedTable {
    /// All rows, group by group.
    pub table: Table,
    /// The groups, in order; their rows add up to those of the table.
    pub groups: Vec<RowGroup>,
}

/// Rows under a heading of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowGroup {
    /// The heading.
    pub title: String,
    /// A line below the heading.
    pub about: String,
    /// Number of rows.
    pub rows: usize,
}

impl Table {
    /// A table whose rows begin with these names (under `heading`).
    pub fn of(title: impl Into<String>, heading: &str, names: impl IntoIterator<Item = (bool, String)>) -> Self {
        let columns =
            vec![Column { group: String::new(), heading: heading.to_owned(), is_name: true, is_apart: false }];
        let rows = names
            .into_iter()
            .map(|(is_part, name)| Row { is_part, passes: None, cells: vec![visible(&name).into_owned()] })
            .collect();
        Self { title: title.into(), ..Self::bare(columns, rows) }
    }

    /// A table without title and note.
    pub fn bare(columns: Vec<Column>, rows: Vec<Row>) -> Self {
        Self { title: String::new(), columns, rows, note: Vec::new(), next_is_apart: false }
    }

    /// Separates the next column from the last one by a wider gap.
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

    /// Adds a last column of verdicts, each with whether it is a good one.
    pub fn verdicts(&mut self, heading: &str, verdicts: Vec<(bool, String)>) {
        for (row, (passes, _)) in self.rows.iter_mut().zip(&verdicts) {
            row.passes = Some(*passes);
        }
        self.names(heading, verdicts.into_iter().map(|(_, verdict)| verdict).collect());
    }

    fn push(&mut self, group: &str, heading: &str, is_name: bool, cells: Vec<String>) {
        assert_eq!(cells.len(), self.rows.len(), "a column has one cell per row");
        let has_other_group = self.columns.last().is_some_and(|last| last.group != group);
        let is_apart = std::mem::take(&mut self.next_is_apart) || has_other_group;
        let heading = visible(heading).into_owned();
        self.columns.push(Column { group: group.to_owned(), heading, is_name, is_apart });
        for (row, cell) in self.rows.iter_mut().zip(cells) {
            row.cells.push(visible(&cell).into_owned());
        }
    }
}
