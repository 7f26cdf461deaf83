//! Data to `String`: text, JSON, CSV, Markdown, SVG. Computes nothing.
//!
//! A format is one file and a line in [`Format`]'s list. Tables are built once, in `report`, and laid out by each format
//! for people.

mod baseline;
mod block;
mod document;
mod escape;
mod format;
mod rows;
mod schema;
pub mod svg;
pub mod words;

pub use self::baseline::baseline_json;
pub use self::document::coverage::{coverage_json, coverage_text};
pub use self::document::findings::broken_objectives;
pub use self::document::presets::{presets_json, presets_text};
pub use self::document::replay::{replay_json, replay_markdown, replay_text};
pub use self::document::verify::{verification_json, verification_text};
pub use self::escape::in_log;
pub use self::format::github::step_summary;
use self::format::{csv, github, json, junit, markdown, text};
pub use self::rows::{header as requests_csv_header, row as requests_csv_row};
pub use self::schema::{baseline_schema, check_schema, results_schema};
pub use self::svg::{replay_svg, timeline_svg};

use serde_json::Value;

use crate::stats::ScenarioResults;
use crate::study::ScenarioCheck;

/// What a command has to say of one scenario.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there is one for each scenario")]
pub enum Report {
    /// What its run gave.
    Run(ScenarioResults),
    /// Whether that passes.
    Check(ScenarioCheck),
}

impl Report {
    /// What the run gave.
    pub const fn results(&self) -> &ScenarioResults {
        match self {
            Self::Run(results) => results,
            Self::Check(check) => &check.results,
        }
    }

    /// What was checked, if anything was.
    pub const fn check(&self) -> Option<&ScenarioCheck> {
        match self {
            Self::Run(_) => None,
            Self::Check(check) => Some(check),
        }
    }
}

/// How reports are shown, beside their format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct View<'a> {
    /// Colour, as ANSI escape sequences; for a terminal.
    pub color: bool,
    /// Say what is assumed, and which defaults are in force.
    pub explain_defaults: bool,
    /// How many scenarios came before on the same output.
    pub before: usize,
    /// Whether there is more than one scenario on the same output.
    pub several: bool,
    /// The folder from which files are named, below the one where a reader looks for them; empty: that one.
    pub folder: &'a str,
    /// How many columns the page has; `None`: it is no terminal.
    pub width: Option<usize>,
}

impl View<'_> {
    /// How many columns text may be wide.
    pub(crate) fn columns(self) -> usize {
        const USUAL: usize = 100;
        const LEAST: usize = 40;
        self.width.unwrap_or(USUAL).max(LEAST)
    }
}

/// What a format makes of several scenarios.
#[derive(Clone, Copy, Debug)]
enum Rendering {
    /// A piece for each, one after another.
    Pieces(fn(&Report, View<'_>) -> String),
    /// One document for all of them.
    Document(fn(&[Report], View<'_>) -> String),
}

macro_rules! formats {
    ($($(#[doc = $about:literal])* $name:literal => $variant:ident, $rendering:expr;)*) => {
        /// A format in which results are printed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Format {
            $($(#[doc = $about])* $variant),*
        }

        impl Format {
            /// Every format, in the order of the list.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name on the command line.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),*
                }
            }

            /// What it is for, in a few words.
            pub const fn about(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($about),*)),*
                }
            }

            fn rendering(self) -> Rendering {
                match self {
                    $(Self::$variant => $rendering),*
                }
            }
        }
    };
}

// The list: a new format is a file in this folder and a line here.
formats! {
    /// tables for people
    "text" => Text, Rendering::Pieces(text::render);
    /// results.json; of several scenarios, one object a line
    "json" => Json, Rendering::Pieces(json::render);
    /// one row for each policy and class
    "csv" => Csv, Rendering::Pieces(csv::render);
    /// tables to paste into a pull request
    "markdown" => Markdown, Rendering::Pieces(markdown::render);
    /// test cases for CI, as JUnit XML
    "junit" => Junit, Rendering::Document(junit::render);
    /// annotations for GitHub Actions
    "github" => Github, Rendering::Document(github::render);
}

impl Format {
    /// Whether it is one document, written when all scenarios have run.
    pub fn is_document(self) -> bool {
        matches!(self.rendering(), Rendering::Document(_))
    }

    /// What is written as soon as a scenario has run, ending in a newline; nothing, where all are one document.
    pub fn piece(self, report: &Report, view: View<'_>) -> String {
        match self.rendering() {
            Rendering::Pieces(render) => render(report, view),
            Rendering::Document(_) => String::new(),
        }
    }

    /// What is written when all scenarios have run, ending in a newline; nothing, where each is a piece.
    pub fn document(self, reports: &[Report], view: View<'_>) -> String {
        match self.rendering() {
            Rendering::Pieces(_) => String::new(),
            Rendering::Document(render) => render(reports, view),
        }
    }
}

/// The results as `results.json` holds them.
pub fn results_json(results: &ScenarioResults) -> String {
    json::document(results)
}

/// Any JSON document, laid out like `results.json`.
pub fn json_text(document: &Value) -> String {
    json::text(document)
}
