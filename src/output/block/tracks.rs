//! Tracks: what ran when, for viewers of traces. Times are whole nanoseconds.

use serde_json::Value;

/// What ran when, under several policies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tracks {
    /// Facts about it, by name.
    pub about: Vec<(&'static str, Value)>,
    /// A group for each policy, in order.
    pub groups: Vec<TrackGroup>,
}

/// Tracks that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackGroup {
    /// Whose they are.
    pub name: String,
    /// The tracks, in order.
    pub tracks: Vec<Track>,
    /// The counters, in order.
    pub counters: Vec<Counter>,
}

/// What one thing did: spans that do not overlap.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// What it is.
    pub name: String,
    /// The spans, in order of time.
    spans: Vec<TrackSpan>,
}

/// A stretch of time; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackSpan {
    /// What happened.
    pub name: String,
    /// Of what kind that is.
    pub category: &'static str,
    /// When it began.
    pub start: u64,
    /// When it ended.
    pub end: u64,
}

/// How many there were of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    /// Of what.
    pub name: String,
    /// How many from each instant on, in order of time.
    pub values: Vec<(u64, u64)>,
}

impl Track {
    /// A track of these spans. Empty ones are left out, and neighbours of one name are one span: viewers would take a span that
    /// ends where another of the same name begins for the outer one of two.
    pub fn new(name: String, mut spans: Vec<TrackSpan>) -> Self {
        spans.retain(|span| span.start < span.end);
        spans.sort_by_key(|span| span.start);
        let mut joined: Vec<TrackSpan> = Vec::with_capacity(spans.len());
        for span in spans {
            match joined.last_mut() {
                Some(last) if (&last.name, last.end) == (&span.name, span.start) => last.end = span.end,
                _ => joined.push(span),
            }
        }
        Self { name, spans: joined }
    }

    /// The spans, in order of time.
    pub fn spans(&self) -> &[TrackSpan] {
        &self.spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(name: &str, start: u64, end: u64) -> TrackSpan {
        TrackSpan { name: name.to_owned(), category: "cpu", start, end }
    }

    #[test]
    fn neighbours_of_one_name_are_one_span_and_empty_spans_are_none() {
        let spans = vec![span("b", 20, 30), span("a", 0, 10), span("c", 15, 15), span("a", 10, 20), span("b", 31, 32)];
        let track = Track::new("loop".to_owned(), spans);
        assert_eq!(track.spans(), [span("a", 0, 20), span("b", 20, 30), span("b", 31, 32)]);
    }
}
