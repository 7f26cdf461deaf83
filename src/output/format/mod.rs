//! Formats of documents. A format knows blocks but no documents, so it serves every command.

mod csv;
mod github;
pub(super) mod html;
pub(super) mod json;
mod junit;
mod markdown;
#[cfg(test)]
mod tests;
mod text;
mod trace;

pub use self::github::step_summary;

use super::View;
use super::document::Document;

/// How a format writes several documents.
#[derive(Clone, Copy)]
enum Rendering {
    /// A piece for each, one after another.
    Pieces(fn(&dyn Document, View<'_>) -> String),
    /// One file for all of them.
    Together(fn(&[Box<dyn Document>], View<'_>) -> String),
}

/// What a format shows of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// Everything.
    Everything,
    /// What was judged: nothing of a document that judges nothing.
    Judgements,
    /// What ran when: nothing of a document without timelines.
    Timelines,
}

macro_rules! formats {
    ($($(#[doc = $about:literal])* $name:literal => $variant:ident, $shows:ident, $rendering:expr;)*) => {
        /// A format in which documents are written.
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

            /// What it is used for, in a few words.
            pub const fn about(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($about),*)),*
                }
            }

            /// What it shows of a document.
            pub const fn shows(self) -> Shows {
                match self {
                    $(Self::$variant => Shows::$shows),*
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
    "text" => Text, Everything, Rendering::Pieces(text::render);
    /// all data; of several scenarios, one object per line
    "json" => Json, Everything, Rendering::Pieces(json::render);
    /// one row per result
    "csv" => Csv, Everything, Rendering::Pieces(csv::render);
    /// tables to paste into a pull request
    "markdown" => Markdown, Everything, Rendering::Pieces(markdown::render);
    /// a page to open in a browser
    "html" => Html, Everything, Rendering::Together(html::render);
    /// test cases for CI, as JUnit XML
    "junit" => Junit, Judgements, Rendering::Together(junit::render);
    /// annotations for GitHub Actions
    "github" => Github, Judgements, Rendering::Together(github::render);
    /// what ran when, for Perfetto and speedscope
    "trace" => Trace, Timelines, Rendering::Together(trace::render);
}

impl Format {
    /// Whether all documents become one file, written after the last one.
    pub fn is_written_together(self) -> bool {
        matches!(self.rendering(), Rendering::Together(_))
    }

    /// What is written as soon as a document is there, ending in a newline; empty if all are written together.
    pub fn piece(self, document: &dyn Document, view: View<'_>) -> String {
        match self.rendering() {
            Rendering::Pieces(render) => render(document, view),
            Rendering::Together(_) => String::new(),
        }
    }

    /// What is written after the last document, ending in a newline; empty if each is a piece.
    pub fn together(self, documents: &[Box<dyn Document>], view: View<'_>) -> String {
        match self.rendering() {
            Rendering::Pieces(_) => String::new(),
            Rendering::Together(render) => render(documents, view),
        }
    }
}
