//! Traces of random scenarios: on no track do spans overlap, whatever the policy does, and viewers cannot see them so.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde_json::{Value, json};
use waitline::output::{Document, Format, RunReport, View};
use waitline::scenario::Scenario;
use waitline::stats::ScenarioResults;
use waitline::study::{Options, Watch, estimate, trace};

use crate::common::generator::{scenario, seeds};

const SCENARIOS: u64 = 120;
/// Fewer than arrive, so that there are requests without tracks.
const TRACED: usize = 30;

/// A scenario with few requests: its capacity is not asked for, which would take long.
fn short(text: &str) -> String {
    let mut scenario: Value = serde_json::from_str(text).expect("the generator writes JSON");
    scenario["run"] = json!({ "requests": 3 * TRACED, "seed": scenario["run"]["seed"] });
    scenario.to_string()
}

fn traced(text: &str) -> (ScenarioResults, Value) {
    let scenario = Scenario::from_json(text).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    let options = Options { timeline: Some(TRACED), ..Options::default() };
    let mut watch = Watch { progress: &|_| ControlFlow::Continue(()), rows: None };
    let estimates = estimate(&scenario, &options, &mut watch).expect("the run is not interrupted");
    let (results, drawing) = (estimates.results(), estimates.drawing());
    let trace = trace(&scenario, &drawing, &|| ControlFlow::Continue(())).expect("the run is not interrupted");
    let report = RunReport { results: results.clone(), explains_defaults: false, has_charts: true, trace };
    let reports: [Box<dyn Document>; 1] = [Box::new(report)];
    (results, serde_json::from_str(&Format::Trace.together(&reports, View::default())).expect("a trace is JSON"))
}

/// A time in whole nanoseconds.
fn nanos(event: &Value, field: &str) -> u64 {
    (event[field].as_f64().expect("a time") * 1000.0).round() as u64
}

/// The events of one kind, by process and track.
fn by_track<'a>(events: &'a [Value], phase: &str) -> BTreeMap<(u64, u64), Vec<&'a Value>> {
    let mut tracks: BTreeMap<(u64, u64), Vec<&Value>> = BTreeMap::new();
    for event in events.iter().filter(|event| event["ph"] == phase) {
        let track = (event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap_or_default());
        tracks.entry(track).or_default().push(event);
    }
    tracks
}

fn check(text: &str) -> usize {
    let (results, trace) = traced(text);
    let events = trace["traceEvents"].as_array().expect("events");
    let timed: Vec<u64> = events.iter().filter(|event| event["ph"] != "M").map(|event| nanos(event, "ts")).collect();
    assert!(timed.is_sorted(), "{text}: events are in order of time");
    let tracks = by_track(events, "X");
    for (track, spans) in &tracks {
        for pair in spans.windows(2) {
            let [one, next] = [pair[0], pair[1]];
            let until = nanos(one, "ts") + nanos(one, "dur");
            assert!(until <= nanos(next, "ts"), "{track:?} of {text}: {one} overlaps {next}");
            let (ts, dur) = (one["ts"].as_f64().unwrap(), one["dur"].as_f64().unwrap());
            assert!(ts + dur <= next["ts"].as_f64().unwrap(), "{track:?} of {text}: {one} seems to overlap {next}");
            let is_adjacent = until == nanos(next, "ts");
            assert!(!is_adjacent || one["name"] != next["name"], "{track:?} of {text}: {next} continues its neighbour");
        }
        assert!(spans.iter().all(|span| nanos(span, "dur") > 0), "{track:?} of {text}: an empty span");
    }
    requests_are_whole(&results, events, &tracks, text);
    tracks.values().map(Vec::len).sum()
}

/// The spans of a request's track are its segments in the results, without holes: a union, not a sum.
fn requests_are_whole(
    results: &ScenarioResults,
    events: &[Value],
    tracks: &BTreeMap<(u64, u64), Vec<&Value>>,
    text: &str,
) {
    for (pid, policy) in (1..).zip(&results.policies) {
        let named = events.iter().filter(|event| event["name"] == "thread_name" && event["pid"] == pid);
        let named: Vec<(u64, &str)> =
            named.map(|event| (event["tid"].as_u64().unwrap(), event["args"]["name"].as_str().unwrap())).collect();
        let requests: Vec<&(u64, &str)> = named.iter().filter(|(_, name)| name.starts_with("request ")).collect();
        let timeline = policy.timeline.as_deref().unwrap_or_default();
        for entry in timeline {
            let number = |name: &str| name.split(' ').nth(1).and_then(|number| number.parse::<u64>().ok());
            let found = requests.iter().find(|(_, name)| number(name) == Some(entry.request));
            let (tid, _) = found.unwrap_or_else(|| panic!("{} of {} has no track: {text}", entry.request, policy.name));
            let spans = tracks.get(&(pid, *tid)).map(Vec::as_slice).unwrap_or_default();
            let shown: u64 = spans.iter().map(|span| nanos(span, "dur")).sum();
            let spent: f64 = entry.segments.iter().map(|segment| segment.end_ms - segment.start_ms).sum();
            assert_eq!(shown, (spent * 1e6).round() as u64, "{} of {}: {text}", entry.request, policy.name);
            let ends = |pair: &[&Value]| nanos(pair[0], "ts") + nanos(pair[0], "dur") == nanos(pair[1], "ts");
            assert!(spans.windows(2).all(ends), "{} of {} has a hole: {text}", entry.request, policy.name);
        }
    }
}

#[test]
fn spans_of_a_track_never_overlap() {
    let spans: usize = seeds(SCENARIOS).map(|seed| check(&short(&scenario(seed)))).sum();
    assert!(spans > 5_000, "{spans} spans");
}
