//! Trace Event Format: JSON that Perfetto, speedscope and `chrome://tracing` open.
//!
//! A policy is a process, a track is a thread of it, a span is a complete event (`X`), and names are metadata (`M`). Times are in
//! microseconds with three decimals: whole nanoseconds. Viewers read them as floating-point numbers and add duration to start;
//! where that sum would pass the start of the next span by a rounding error, they would nest the two. There the duration is
//! written a rounding error shorter, which is the same number of nanoseconds.

use serde_json::{Value, json};

use crate::model::visible;
use crate::output::block::{Counter, Track, TrackGroup, TrackSpan};
use crate::output::document::Document;
use crate::output::{View, escape};

/// An event that has its place in time.
struct Event {
    time: u64,
    text: String,
}

/// One file for all documents, an event per line.
pub fn render(documents: &[Box<dyn Document>], _: View<'_>) -> String {
    let tracks: Vec<_> = documents.iter().map(|document| (document.id().name, document.tracks())).collect();
    let several = tracks.len() > 1;
    let mut about = serde_json::Map::new();
    let mut lines: Vec<String> = Vec::new();
    let mut events: Vec<Event> = Vec::new();
    let mut process = 0;
    for (document, tracks) in &tracks {
        let facts = tracks.about.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        about.insert(visible(document).into_owned(), Value::Object(facts.collect()));
        for group in &tracks.groups {
            process += 1;
            let name = if several { format!("{document}: {}", group.name) } else { group.name.clone() };
            lines.extend(names(process, &name, group));
            events.extend(group.counters.iter().flat_map(|counter| counted(process, counter)));
            let tracks = (1..).zip(&group.tracks);
            events.extend(tracks.flat_map(|(thread, track)| spans(process, thread, track)));
        }
    }
    events.sort_by_key(|event| event.time);
    lines.extend(events.into_iter().map(|event| event.text));
    let about = json!({ "waitline": env!("CARGO_PKG_VERSION"), "scenarios": about });
    let text =
        format!("{{\"displayTimeUnit\":\"ms\",\"otherData\":{about},\"traceEvents\":[\n{}\n]}}\n", lines.join(",\n"));
    escape::json(&text).into_owned()
}

/// The names of a process and its threads, and the order in which viewers show them.
fn names(process: usize, name: &str, group: &TrackGroup) -> Vec<String> {
    let mut lines = vec![
        metadata(process, 0, "process_name", json!({ "name": visible(name) })),
        metadata(process, 0, "process_sort_index", json!({ "sort_index": process })),
    ];
    for (thread, track) in (1..).zip(&group.tracks) {
        lines.push(metadata(process, thread, "thread_name", json!({ "name": visible(&track.name) })));
        lines.push(metadata(process, thread, "thread_sort_index", json!({ "sort_index": thread })));
    }
    lines
}

fn metadata(process: usize, thread: usize, name: &str, arguments: Value) -> String {
    json!({ "ph": "M", "pid": process, "tid": thread, "name": name, "args": arguments }).to_string()
}

fn spans(process: usize, thread: usize, track: &Track) -> Vec<Event> {
    let first = track.spans().first().map_or(0, |span| span.start);
    let event = |span: &TrackSpan| {
        let text = format!(
            "{{\"ph\":\"X\",\"pid\":{process},\"tid\":{thread},\"ts\":{},\"dur\":{},\"name\":{},\"cat\":\"{}\"}}",
            micros(span.start),
            duration(span.start, span.end, first),
            json!(visible(&span.name)),
            span.category,
        );
        Event { time: span.start, text }
    };
    track.spans().iter().map(event).collect()
}

fn counted(process: usize, counter: &Counter) -> Vec<Event> {
    let name = json!(visible(&counter.name));
    let event = |(time, value): &(u64, u64)| {
        let text = format!(
            "{{\"ph\":\"C\",\"pid\":{process},\"ts\":{},\"name\":{name},\"args\":{{\"requests\":{value}}}}}",
            micros(*time)
        );
        Event { time: *time, text }
    };
    counter.values.iter().map(event).collect()
}

/// Nanoseconds as microseconds with all three decimals.
fn micros(nanos: u64) -> String {
    format!("{}.{:03}", nanos / 1000, nanos % 1000)
}

/// What a viewer reads.
fn read(nanos: u64) -> f64 {
    nanos as f64 / 1000.0
}

/// The duration from one instant to another on a track that begins at `first`: exact or, where floating-point sums would
/// end after the second instant, shorter by a rounding error.
fn duration(start: u64, end: u64, first: u64) -> String {
    let exact = read(end - start);
    let (from, until, origin) = (read(start), read(end), read(first));
    let fits = |duration: f64| from + duration <= until && (from - origin) + duration <= until - origin;
    let rounding_error = until.next_up() - until;
    let mut shown = exact;
    while !fits(shown) && shown > rounding_error {
        shown = f64::min(shown - 0.25 * rounding_error, shown.next_down());
    }
    if shown < exact { shown.to_string() } else { micros(end - start) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_microseconds_with_whole_nanoseconds() {
        assert_eq!(micros(0), "0.000");
        assert_eq!(micros(1_234_567), "1234.567");
        assert_eq!(duration(1_000_000, 3_500_001, 0), "2500.001");
    }

    #[test]
    fn adjacent_spans_do_not_overlap_in_floating_point_numbers() {
        let mut shortened = 0;
        for step in 0..20_000_u64 {
            let start = 1_000_003 * step + 7_919 * (step % 13);
            let end = start + 1 + 104_729 * (step % 97);
            let first = 17 * (step % 5);
            let (start, end) = (start + first, end + first);
            let text = duration(start, end, first);
            let read_back: f64 = text.parse().unwrap();
            assert!(read(start) + read_back <= read(end), "{start} to {end}: {text}");
            assert!((read(start) - read(first)) + read_back <= read(end) - read(first), "{start} to {end}: {text}");
            assert_eq!((read_back * 1000.0).round() as u64, end - start, "{text} is not {} ns", end - start);
            shortened += u64::from(text != micros(end - start));
        }
        assert!(shortened > 1_000, "without shortening, {shortened} of these spans would overlap the next");
    }
}
