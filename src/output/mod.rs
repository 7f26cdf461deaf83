//! Data to text; computes nothing.
//!
//! What a command says is a [`Document`], made of blocks, findings, records and a JSON value. A [`Format`] writes any
//! document: adding a format touches no document, and adding a document touches no format.

mod baseline;
mod block;
mod document;
mod escape;
mod format;
mod html;
mod rows;
mod schema;
pub mod svg;
pub mod words;

pub use self::baseline::baseline_json;
pub use self::document::{
    CheckReport, CoverageReport, Document, ExplainReport, PlanReport, PresetList, ReplayReport, RunReport,
    SelectionReport, SweepRecord, SweepReport, VerificationReport, broken_objectives,
};
pub use self::escape::in_log;
pub use self::format::{Format, Shows, step_summary};
pub use self::html::{BeforeNumbers, BeforePage, ReportPage};
pub use self::rows::{header as requests_csv_header, row as requests_csv_row};
pub use self::schema::{
    baseline_schema, check_schema, coverage_schema, explain_schema, plan_schema, presets_schema, replay_schema,
    results_schema, selection_schema, sweep_schema, unit_schema, verification_schema,
};
/// What only the project's own tests use.
#[cfg(feature = "internals")]
pub use self::svg::timeline_svg_of;
pub use self::svg::{
    breakdown_svg, has_breakdown, has_latency, has_over_time, has_sweep_chart, latency_svg, over_time_svg, plan_svg,
    replay_svg, sweep_svg, timeline_svg,
};

use serde_json::Value;

use crate::stats::ScenarioResults;

/// How documents are shown, apart from their format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct View<'a> {
    /// Colour, as ANSI escape sequences; for a terminal.
    pub color: bool,
    /// Number of documents before this one on the same output.
    pub before: usize,
    /// Whether there is more than one document on the same output.
    pub several: bool,
    /// The working directory, relative to the directory that readers resolve file names against; empty if it is the same.
    pub folder: &'a str,
    /// Width of the page in columns; `None` if it is no terminal.
    pub width: Option<usize>,
    /// Whether tables and charts consist of ASCII characters only.
    pub ascii: bool,
}

impl View<'_> {
    /// Maximum width of text in columns.
    pub(crate) fn columns(self) -> usize {
        const USUAL: usize = 100;
        const LEAST: usize = 40;
        self.width.unwrap_or(USUAL).max(LEAST)
    }

    /// Width of charts in columns: as wide as the terminal.
    pub(crate) fn chart_columns(self) -> usize {
        const USUAL: usize = 80;
        const LEAST: usize = 40;
        self.width.unwrap_or(USUAL).max(LEAST)
    }
}

/// The results as `results.json` holds them.
pub fn results_json(results: &ScenarioResults) -> String {
    format::json::text(&format::json::rounded_value(words::results_value(results)))
}

/// A document as JSON, laid out like `results.json`.
pub fn document_json(document: &impl Document) -> String {
    format::json::text(&format::json::rounded_value(document.value()))
}

/// A number with its thousands set apart.
pub fn counted(number: u64) -> String {
    block::number::count(number)
}

/// Any JSON value, laid out like `results.json`.
pub fn json_text(value: &Value) -> String {
    format::json::text(value)
}
