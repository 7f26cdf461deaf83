//! Data to `String`: text, JSON, CSV, Markdown, SVG. Computes nothing.
//!
//! A format is one file and a line in [`Format`]'s list. Tables are built once, in `report`, and laid out by each format
//! for people.

mod bars;
mod baseline;
mod certainty;
mod coverage;
mod csv;
mod fault;
mod json;
mod markdown;
mod number;
mod paint;
mod report;
mod rows;
pub mod svg;
mod table;
mod text;
mod verify;
mod wrap;

pub use self::baseline::baseline_json;
pub use self::coverage::{coverage_json, coverage_text};
pub use self::rows::{header as requests_csv_header, row as requests_csv_row};
pub use self::svg::timeline_svg;
pub use self::verify::{verification_json, verification_text};

use serde_json::Value;

use crate::stats::ScenarioResults;

/// How the results of one scenario are shown, beside their format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Colour, as ANSI escape sequences; for a terminal.
    pub color: bool,
    /// Say what is assumed, and which defaults are in force.
    pub explain_defaults: bool,
    /// How many scenarios came before on the same output.
    pub before: usize,
    /// Whether there is more than one scenario on the same output.
    pub several: bool,
}

macro_rules! formats {
    ($($(#[doc = $about:literal])* $name:literal => $variant:ident, $render:path;)*) => {
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

            /// The results of one scenario in this format, ending in a newline.
            pub fn render(self, results: &ScenarioResults, view: View) -> String {
                match self {
                    $(Self::$variant => $render(results, view)),*
                }
            }
        }
    };
}

// The list: a new format is a file in this folder and a line here.
formats! {
    /// tables for people
    "text" => Text, text::render;
    /// results.json; of several scenarios, one object a line
    "json" => Json, json::render;
    /// one row for each policy and class
    "csv" => Csv, csv::render;
    /// tables to paste into a pull request
    "markdown" => Markdown, markdown::render;
}

/// The results as `results.json` holds them.
pub fn results_json(results: &ScenarioResults) -> String {
    json::document(results)
}

/// Any JSON document, laid out like `results.json`.
pub fn json_text(document: &Value) -> String {
    json::text(document)
}
