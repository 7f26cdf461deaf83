//! The texts that a scenario is read from: its file, and the changes of `--set`.

use std::sync::OnceLock;

use super::diagnostic::Diagnostic;
use super::lines::{Lines, Position};

/// A text with its name in messages.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    text: String,
    /// Computed on first use.
    lines: OnceLock<Lines>,
}

/// A part of one of the sources, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// 0: the file; n: the n-th change.
    pub source: usize,
    /// Its first byte.
    pub start: usize,
    /// The byte after its last one.
    pub end: usize,
}

impl Span {
    /// The first byte: the opening brace of an object.
    pub fn opening(self) -> Self {
        Self { end: self.start + 1, ..self }
    }
}

impl Source {
    /// A text; `name` is a path, or `<stdin>`. A byte order mark at the beginning is removed.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let mut text = text.into();
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        Self { name: name.into(), text, lines: OnceLock::new() }
    }

    /// The content of a file.
    ///
    /// # Errors
    /// If it is not UTF-8.
    pub fn from_bytes(name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, Diagnostic> {
        let name = name.into();
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Err(Diagnostic::new(format!("`{name}` is UTF-16, not UTF-8"))
                .with_help("save the file as UTF-8; in PowerShell: `… | Out-File -Encoding utf8`"));
        }
        String::from_utf8(bytes).map(|text| Self::new(name.clone(), text)).map_err(|error| {
            let start = error.utf8_error().valid_up_to();
            let byte = error.as_bytes()[start];
            let source = Self::new(name, String::from_utf8_lossy(error.as_bytes()));
            let span = Span { source: 0, start, end: start + '\u{fffd}'.len_utf8() };
            Diagnostic::new("the file is not valid UTF-8")
                .at(&source, span, format!("byte 0x{byte:02x} at offset {start} is not part of a character"))
                .with_help("save the file as UTF-8")
        })
    }

    /// The name in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line and column of a byte, at which a character begins.
    pub(super) fn locate(&self, at: usize) -> Position {
        self.lines.get_or_init(|| Lines::of(&self.text)).locate(&self.text, at)
    }
}

/// The last position up to this one at which a character begins.
pub(super) fn char_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// All texts of a scenario: its file, followed by the changes in order.
#[derive(Debug)]
pub(super) struct Sources(pub Vec<Source>);

impl Sources {
    /// A source as a whole.
    pub fn whole(&self, source: usize) -> Span {
        Span { source, start: 0, end: self.0[source].text().len() }
    }

    /// An error at a place.
    pub fn error(&self, message: impl Into<String>, span: Span, label: impl Into<String>) -> Diagnostic {
        self.also(Diagnostic::new(message), span, label)
    }

    /// The error with another place that explains it.
    pub fn also(&self, diagnostic: Diagnostic, span: Span, label: impl Into<String>) -> Diagnostic {
        diagnostic.at(&self.0[span.source], span, label)
    }
}
