//! What documents are made of. A block holds data and words; how it looks is up to each format.

pub mod bars;
pub mod finding;
pub mod lanes;
pub mod list;
pub mod number;
pub mod records;
pub mod spreads;
pub mod table;
pub mod tracks;
pub mod wrap;

pub use self::bars::{Bars, TimeBar};
pub use self::finding::{Finding, FindingStatus, Location};
pub use self::lanes::{Lane, LaneGroup, Lanes, Stretch};
pub use self::list::{Definitions, List};
pub use self::records::Records;
pub use self::spreads::{Spread, Spreads};
pub use self::table::{Column, GroupedTable, Row, RowGroup, Table};
pub use self::tracks::{Counter, Track, TrackGroup, TrackSpan, Tracks};

/// A part of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// What the document is about, and sentences that describe it.
    Title {
        /// A name.
        name: String,
        /// The sentences.
        about: Vec<String>,
    },
    /// The overall verdict.
    Verdict {
        /// Whether it is a good one.
        passes: bool,
        /// The verdict in a sentence without a full stop.
        sentence: String,
    },
    /// Paragraphs of running text.
    Text(Vec<String>),
    /// Why runs stopped before their end, a sentence each.
    Incomplete(Vec<String>),
    /// What to know before trusting the numbers, a sentence each.
    Warnings(Vec<String>),
    /// Numbers and names in rows.
    Table(Table),
    /// A table that is too wide for a terminal, and the same numbers in tables that are not.
    WideTable {
        /// All columns.
        whole: Table,
        /// The tables for a terminal.
        parts: Vec<Table>,
    },
    /// A table whose rows stand under headings of their own.
    GroupedTable(GroupedTable),
    /// Where the time went.
    Bars(Bars),
    /// What single requests did.
    Lanes(Lanes),
    /// How far percentiles lie apart.
    Spreads(Spreads),
    /// What follows from it all, in a sentence with its full stop.
    Conclusion(String),
    /// Items under a title.
    List(List),
    /// Terms and what they stand for, under a title.
    Definitions(Definitions),
    /// Something to copy: a command, or a piece of a file.
    Code {
        /// Why one would, in a sentence.
        about: String,
        /// The language, as Markdown names it.
        language: &'static str,
        /// What to copy.
        text: String,
    },
}
