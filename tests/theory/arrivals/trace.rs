//! Recorded traces.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use waitline::model::{ClassId, SimDuration};
use waitline::random::{Arrival, ArrivalSource, Arrivals, Files, TraceClass, TraceError};

use super::open;

/// Files with this content each time they are opened; the content may depend on how often they were opened before.
fn files(content: impl Fn(u64) -> Vec<u8> + Send + Sync + 'static) -> Files {
    let opened = AtomicU64::new(0);
    Files::new(move |_| Ok(Box::new(Cursor::new(content(opened.fetch_add(1, Ordering::Relaxed))))))
}

/// A trace of classes `page` with three phases, `empty` with none, and `maybe` with five, of which it may leave out the
/// second to the fourth, or the third alone.
fn checked(files: &Files) -> Result<Arrivals, TraceError> {
    let Arrivals::Trace(mut trace) = super::arrivals(r#"{"trace":"requests.jsonl"}"#) else { panic!("a trace") };
    let class = |(name, demands, optional): (&str, usize, &[Range<usize>])| TraceClass {
        name: name.to_owned(),
        demands,
        optional: optional.to_vec(),
    };
    let classes = [("page", 3, [].as_slice()), ("empty", 0, &[]), ("maybe", 5, &[1..4, 2..3])];
    trace.check(files, classes.map(class), &mut |_| {})?;
    Ok(Arrivals::Trace(trace))
}

pub(super) fn check(text: &str) -> Result<Arrivals, TraceError> {
    let text = text.as_bytes().to_vec();
    checked(&files(move |_| text.clone()))
}

pub(super) fn requests(mut source: ArrivalSource) -> Vec<(Arrival, Option<Vec<Option<SimDuration>>>)> {
    let requests = std::iter::from_fn(|| {
        let arrival = source.next_arrival()?;
        Some((arrival, source.given_demands().map(<[_]>::to_vec)))
    })
    .collect();
    assert_eq!(source.next_arrival(), None);
    assert_eq!((source.error(), source.given_demands()), (None, None));
    requests
}

#[test]
fn a_trace_is_read_as_written() {
    let trace = check(
        "\u{feff}{\"time_ms\": 0, \"class\": \"page\", \"demands_ms\": [2.824, 2.907, 32.378]}\r\n\n\
         {\"class\":\"page\",\"time_ms\":23.212}\n{\"time_ms\":23.212,\"class\":\"empt\\u0079\",\"demands_ms\":[]}",
    )
    .unwrap();
    assert_eq!((trace.count(), trace.mean_rate_per_s()), (Some(3), None));
    let arrival = |nanos, class| {
        let time = waitline::model::SimTime::from_nanos(nanos);
        Arrival { time, class: Some(ClassId(class)) }
    };
    let demands = [2_824_000, 2_907_000, 32_378_000].map(|nanos| Some(SimDuration::from_nanos(nanos))).to_vec();
    let expected = vec![
        (arrival(0, 0), Some(demands)),
        (arrival(23_212_000, 0), None),
        (arrival(23_212_000, 1), Some(Vec::new())),
    ];
    assert_eq!(requests(open(&trace, 1)), expected);
    assert_eq!(requests(open(&trace, 2)), expected, "every run reads it again");
}

#[test]
fn demands_of_a_branch_that_is_not_taken_are_null() {
    let line = |demands: &str| format!(r#"{{"time_ms": 1, "class": "maybe", "demands_ms": {demands}}}"#);
    let millis = |demands: [Option<u64>; 5]| demands.map(|millis| millis.map(SimDuration::from_millis)).to_vec();
    for (text, expected) in [
        ("[1, 2, 3, 4, 5]", [Some(1), Some(2), Some(3), Some(4), Some(5)]),
        ("[1, 2, null, 4, 5]", [Some(1), Some(2), None, Some(4), Some(5)]),
        ("[1, null, null, null, 5]", [Some(1), None, None, None, Some(5)]),
    ] {
        let trace = check(&line(text)).unwrap();
        assert_eq!(requests(open(&trace, 1))[0].1, Some(millis(expected)), "{text}");
    }
    for (text, place) in [("[null, 2, 3, 4, 5]", 1), ("[1, 2, 3, null, 5]", 4), ("[1, null, 3, null, 5]", 2)] {
        let error = check(&line(text)).unwrap_err();
        let what = format!("number {place} of `demands_ms` is null, but class `maybe` needs it");
        assert!(error.what.ends_with(&what), "{text}: {error}");
    }
}

#[test]
fn an_error_is_reported_with_its_line() {
    let good = r#"{"time_ms": 5, "class": "page"}"#;
    for (bad, what) in [
        (r#"{"time_ms": 4.999, "class": "page"}"#, "the request at 4.999ms follows one at 5ms"),
        (r#"{"time_ms": 6, "class": "pages"}"#, "unknown class `pages`"),
        (
            r#"{"time_ms": 6, "class": "page", "demands_ms": [1, 2]}"#,
            "`demands_ms` has 2 numbers, but class `page` takes 3",
        ),
        (
            r#"{"time_ms": 6, "class": "empty", "demands_ms": [1]}"#,
            "`demands_ms` has 1 number, but class `empty` takes 0",
        ),
        (r#"{"time_ms": 6, "class": "page", "demands_ms": [1, -2, 3]}"#, "a time of -2 ms is negative"),
        (r#"{"time_ms": 6, "class": "page", "demands_ms": [1, NaN, 3]}"#, "not JSON at column 51: expected value"),
        (r#"{"time_ms": 6, "class": "page""#, "not JSON: the line ends too early"),
        (r#"{"time_ms": 6}"#, "missing field `class`"),
    ] {
        let error = check(&format!("{good}\n\n{good}\n{bad}\n{good}\n")).unwrap_err();
        assert_eq!(error.what, format!("`requests.jsonl`, line 4: {what}"));
        assert_eq!(error.unknown_class.as_deref(), what.contains("unknown").then_some("pages"));
    }
    assert_eq!(check("\n").unwrap_err().what, "`requests.jsonl` contains no request");
}

#[test]
fn a_trace_that_changes_during_a_run_ends_with_an_error() {
    let lines = |count: usize| "{\"time_ms\": 5, \"class\": \"page\"}\n".repeat(count);
    for (later, what) in [
        (lines(9), "`requests.jsonl` has changed since the scenario was read"),
        (lines(11), "`requests.jsonl` has changed since the scenario was read"),
        (lines(10).replace('5', "6"), "`requests.jsonl` has changed since the scenario was read"),
        (lines(9) + "oh", "`requests.jsonl`, line 10: a request must be an object in braces"),
        (String::new(), "`requests.jsonl` has changed since the scenario was read"),
    ] {
        let before = lines(10);
        let trace =
            checked(&files(move |opened| if opened == 0 { before.clone() } else { later.clone() }.into_bytes()));
        let mut source = open(&trace.unwrap(), 1);
        assert_eq!(source.error(), None);
        while source.next_arrival().is_some() {}
        assert_eq!(source.error().unwrap().lines().next(), Some(what));
        assert_eq!(source.next_arrival(), None);
    }
}

#[test]
fn a_trace_that_cannot_be_opened_again_has_no_arrivals() {
    let opened = AtomicU64::new(0);
    let files = Files::new(move |_| match opened.fetch_add(1, Ordering::Relaxed) {
        0 => Ok(Box::new(Cursor::new("{\"time_ms\": 5, \"class\": \"page\"}"))),
        _ => Err(io::ErrorKind::NotFound.into()),
    });
    let mut source = open(&checked(&files).unwrap(), 1);
    assert_eq!(source.next_arrival(), None);
    assert!(source.error().unwrap().starts_with("there is no file `requests.jsonl`\n"));
}

/// A trace that never exists as a whole: each line is generated when it is read.
struct Endless {
    lines: std::ops::Range<u64>,
    line: Cursor<Vec<u8>>,
    read: Arc<AtomicU64>,
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.line.fill_buf()?.is_empty()
            && let Some(number) = self.lines.next()
        {
            self.line = Cursor::new(format!("{{\"time_ms\":{number},\"class\":\"page\"}}\n").into_bytes());
        }
        let length = self.line.read(into)?;
        self.read.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}

#[test]
fn a_long_trace_is_read_line_by_line() {
    const LINES: u64 = 300_000;
    let read = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&read);
    let files = Files::new(move |_| {
        let endless = Endless { lines: 0..LINES, line: Cursor::default(), read: Arc::clone(&counter) };
        Ok(Box::new(BufReader::with_capacity(100, endless)))
    });
    let trace = checked(&files).unwrap();
    assert_eq!(trace.count(), Some(LINES));
    let before = read.load(Ordering::Relaxed);
    let mut source = open(&trace, 1);
    for number in 0..1000 {
        assert_eq!(source.next_arrival().unwrap().time.as_nanos(), number * 1_000_000);
    }
    let ahead = read.load(Ordering::Relaxed) - before;
    assert!(ahead < 50_000, "{ahead} bytes are read for the first 1000 lines");
    assert_eq!(std::iter::from_fn(|| source.next_arrival()).count() as u64, LINES - 1000);
    assert_eq!(source.error(), None);
}
