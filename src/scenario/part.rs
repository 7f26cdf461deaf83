//! Parts of a text such as `async.p99 < 400ms`, each of which can be underlined.

use super::diagnostic::Diagnostic;
use super::document::Element;
use super::source::{Sources, Span};

/// A part of a text, and its place.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub text: &'a str,
    sources: &'a Sources,
    span: Span,
    /// Whether the source contains the text literally, so that each part has its own place.
    is_literal: bool,
}

impl<'a> Part<'a> {
    /// The text of a value. If it is written with escapes, its parts are shown as the whole.
    pub fn of(text: &'a str, node: &Element, sources: &'a Sources) -> Self {
        let written = &sources.0[node.span.source].text()[node.span.start..node.span.end];
        let quotes = usize::from(written.starts_with('"'));
        let inside = &written[quotes..written.len() - quotes];
        // A change without quotes is a string without the surrounding spaces.
        let start = node.span.start + quotes + inside.find(text).unwrap_or(0);
        if inside.trim() == text.trim() {
            return Self {
                text,
                sources,
                span: Span { start, end: start + text.len(), ..node.span },
                is_literal: true,
            };
        }
        Self::at_span(text, node.span, sources)
    }

    /// A text that is shown as a whole for each of its parts.
    pub fn at_span(text: &'a str, span: Span, sources: &'a Sources) -> Self {
        Self { text, sources, span, is_literal: false }
    }

    /// The whole of the only source.
    pub fn whole(sources: &'a Sources) -> Self {
        Self { text: sources.0[0].text(), sources, span: sources.whole(0), is_literal: true }
    }

    /// From one byte to another.
    pub fn slice(self, start: usize, end: usize) -> Self {
        let span = Span { start: self.span.start + start, end: self.span.start + end, ..self.span };
        Self { text: &self.text[start..end], span: if self.is_literal { span } else { self.span }, ..self }
    }

    /// Without surrounding spaces.
    pub fn trim(self) -> Self {
        let start = self.text.len() - self.text.trim_start().len();
        self.slice(start, start + self.text.trim().len())
    }

    /// The text before a byte, and the text from it on.
    pub fn split_at(self, at: usize) -> (Self, Self) {
        (self.slice(0, at), self.slice(at, self.text.len()))
    }

    /// The text before and after the first occurrence of a character.
    pub fn split_once(self, c: char) -> Option<(Self, Self)> {
        let (before, after) = self.split_at(self.text.find(c)?);
        Some((before, after.slice(c.len_utf8(), after.text.len())))
    }

    /// An error at this part.
    pub fn error(self, message: impl Into<String>, label: impl Into<String>) -> Diagnostic {
        self.sources.error(message, self.span, label)
    }

    /// Number of characters in its source, on its first line.
    pub fn width(self) -> usize {
        let written = &self.sources.0[self.span.source].text()[self.span.start..self.span.end];
        written.lines().next().map_or(0, |line| line.chars().count())
    }
}
