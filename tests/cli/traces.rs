//! `--export trace=FILE`: what ran when, for viewers of traces.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::common::program::{Desk, text};

fn events(trace: &str) -> Vec<Value> {
    let trace: Value = serde_json::from_str(trace).unwrap();
    trace["traceEvents"].as_array().unwrap().clone()
}

fn of_phase<'a>(events: &'a [Value], phase: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["ph"] == phase).collect()
}

/// For each process and track, the name, start and end of its spans.
type Tracks = BTreeMap<(String, String), Vec<(String, f64, f64)>>;

/// The spans of each track by its process and its name: name, start and duration in µs.
fn tracks(events: &[Value]) -> Tracks {
    let name = |kind: &str, pid: &Value, tid: &Value| {
        let is_it = |event: &&&Value| event["name"] == kind && event["pid"] == *pid && event["tid"] == *tid;
        let named = of_phase(events, "M");
        let found = named.iter().find(is_it).unwrap_or_else(|| panic!("no {kind} of {pid}, {tid}"));
        found["args"]["name"].as_str().unwrap().to_owned()
    };
    let mut tracks: Tracks = BTreeMap::new();
    for span in of_phase(events, "X") {
        let track = (name("process_name", &span["pid"], &0.into()), name("thread_name", &span["pid"], &span["tid"]));
        let times = (span["ts"].as_f64().unwrap(), span["dur"].as_f64().unwrap());
        tracks.entry(track).or_default().push((span["name"].as_str().unwrap().to_owned(), times.0, times.1));
    }
    tracks
}

fn spans(expected: &[(&str, f64, f64)]) -> Vec<(String, f64, f64)> {
    expected.iter().map(|(name, start, duration)| ((*name).to_owned(), *start, *duration)).collect()
}

#[test]
fn a_trace_has_a_track_for_each_request_worker_thread_and_loop() {
    let desk = Desk::new();
    desk.run("run lecture.json --quiet --export trace=it.json", 0);
    let events = events(&desk.read("it.json"));
    let tracks = tracks(&events);
    let names: Vec<String> = tracks.keys().map(|(policy, track)| format!("{policy}: {track}")).collect();
    let requests = ["request 1 page", "request 2 page", "request 3 short"];
    let mut expected: Vec<String> = ["sync: worker 1", "async: loop 1"].map(String::from).into();
    expected.extend(["threaded: worker 1, thread 1", "threaded: worker 1, thread 2"].map(String::from));
    expected.extend(
        ["sync", "threaded", "async"].iter().flat_map(|policy| requests.map(|name| format!("{policy}: {name}"))),
    );
    expected.sort();
    assert_eq!(names, expected);
    let of = |policy: &str, track: &str| tracks[&(policy.to_owned(), track.to_owned())].clone();
    // One after another: 200, 200 and 105 ms.
    let held = [
        ("request 1 page", 0.0, 200_000.0),
        ("request 2 page", 200_000.0, 200_000.0),
        ("request 3 short", 400_000.0, 105_000.0),
    ];
    assert_eq!(of("sync", "worker 1"), spans(&held));
    let short = [
        ("wait: backlog", 30_000.0, 370_000.0),
        ("framework", 400_000.0, 10_000.0),
        ("db", 410_000.0, 75_000.0),
        ("compute", 485_000.0, 10_000.0),
        ("framework", 495_000.0, 10_000.0),
    ];
    assert_eq!(of("sync", "request 3 short"), spans(&short));
}

#[test]
fn counters_show_how_many_requests_wait() {
    let desk = Desk::new();
    desk.run("run lecture.json --quiet --policy sync --export trace=it.json", 0);
    let events = events(&desk.read("it.json"));
    let backlog = of_phase(&events, "C").into_iter().filter(|event| event["name"] == "backlog");
    let values: Vec<(f64, u64)> =
        backlog.map(|event| (event["ts"].as_f64().unwrap(), event["args"]["requests"].as_u64().unwrap())).collect();
    assert_eq!(values, [(0.0, 0), (15_000.0, 1), (30_000.0, 2), (200_000.0, 1), (400_000.0, 0)]);
}

#[test]
fn a_trace_says_what_it_is_of() {
    let desk = Desk::new();
    desk.run("run shop.json --quiet --timeline 12 --seed 7 --export trace=it.json", 0);
    let trace: Value = serde_json::from_str(&desk.read("it.json")).unwrap();
    let about = &trace["otherData"]["scenarios"]["shop"];
    assert_eq!((&about["requests"], &about["seed"]), (&"1 to 12".into(), &7.into()));
    assert_eq!(about["policies"][0]["requests_arrived"], 2000);
    let tracks = tracks(trace["traceEvents"].as_array().unwrap());
    assert!(
        tracks.keys().any(|(_, track)| track == "request 01 page"),
        "numbers are padded with zeros: {:?}",
        tracks.keys()
    );
}

#[test]
fn several_scenarios_share_a_trace_and_the_format_can_be_printed() {
    let desk = Desk::new();
    let printed = text(&desk.run("run lecture.json shop.json --format trace --export trace=it.json", 0));
    assert_eq!(printed, desk.read("it.json"));
    let events = events(&printed);
    let named = of_phase(&events, "M").into_iter().filter(|event| event["name"] == "process_name");
    let names: Vec<&str> = named.map(|event| event["args"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["lecture: sync", "lecture: threaded", "lecture: async", "shop: sync", "shop: async"]);
}

#[test]
fn commands_without_timelines_have_no_traces() {
    let desk = Desk::new();
    let says = &["there are no timelines for the format `trace`", "waitline run"];
    desk.fails("check shop.json --export trace=it.json", 2, says);
    desk.fails("sweep shop.json --vary workers=1,2 --export trace=it.json", 2, says);
    desk.fails("verify --format trace", 2, says);
}

#[test]
fn names_from_outside_stay_names() {
    let scenario = r#"{ "classes": { "a\"}, \\": { "phases": [ { "wait": { "backend": "d\\b", "time": "5ms" } } ] } },
        "backends": { "d\\b": { "pool": { "size": 1 } } }, "arrivals": { "at": [ { "time": "0ms" }, { "time": "0ms" } ] },
        "policies": [ { "async": { "name": "</script>" } } ] }"#;
    let desk = Desk::empty().with("odd.json", scenario);
    desk.run("run odd.json --quiet --export trace=it.json", 0);
    let trace = desk.read("it.json");
    let tracks = tracks(&events(&trace));
    let connection = &tracks[&("</script>".to_owned(), "connection to d\\b 1".to_owned())];
    let times: Vec<(f64, f64)> = connection.iter().map(|(_, start, duration)| (*start, *duration)).collect();
    assert_eq!(times, [(0.0, 5_000.0), (5_000.0, 5_000.0)], "one after another, as one connection serves them");
}

/// Three queries at once, two of them to the database, whose pool has one connection: the second waits for it.
const AT_ONCE: &str = r#"{
  "classes": { "page": { "phases": [ { "compute": "5ms" },
    { "parallel": [ { "db": "30ms" }, { "wait": { "backend": "cache", "time": "10ms" } }, { "db": "20ms" } ] },
    { "compute": "5ms" },
    { "parallel": [ { "wait": { "backend": "cache", "time": "8ms" } }, { "sleep": "4ms" } ] } ] } },
  "backends": { "db": { "pool": { "size": 1 } }, "cache": {} },
  "arrivals": { "at": [ { "time": "0ms" } ] },
  "policies": [ { "async": {} } ]
}"#;

#[test]
fn every_branch_of_parallel_waits_has_a_place_in_a_trace() {
    let desk = Desk::empty().with("it.json", AT_ONCE);
    desk.run("run it.json --quiet --export trace=it.trace", 0);
    let events = events(&desk.read("it.trace"));
    let tracks = tracks(&events);
    let of = |track: &str| tracks[&("async".to_owned(), track.to_owned())].clone();
    // The query that waits ends last, after 30 + 20 ms.
    let own = [
        ("compute", 0.0, 5_000.0),
        ("wait: connection to db", 5_000.0, 30_000.0),
        ("db", 35_000.0, 20_000.0),
        ("compute", 55_000.0, 5_000.0),
        ("cache", 60_000.0, 8_000.0),
    ];
    assert_eq!(of("request 1 page"), spans(&own));
    assert_eq!(of("request 1 page, branch 2"), spans(&[("db", 5_000.0, 30_000.0), ("sleep", 60_000.0, 4_000.0)]));
    assert_eq!(of("request 1 page, branch 3"), spans(&[("cache", 5_000.0, 10_000.0)]));
    // First the one, then the other: spans of one name that touch are one.
    assert_eq!(of("connection to db 1"), spans(&[("request 1 page", 5_000.0, 50_000.0)]));
    let waiting = of_phase(&events, "C").into_iter().filter(|event| event["name"] == "pool.db");
    let levels: Vec<_> = waiting.map(|event| (event["ts"].as_f64(), event["args"]["requests"].as_u64())).collect();
    assert_eq!(levels, [(Some(0.0), Some(0)), (Some(5_000.0), Some(1)), (Some(35_000.0), Some(0))]);
}

#[test]
fn branches_of_one_request_have_connections_of_their_own() {
    let desk = Desk::empty().with("it.json", AT_ONCE);
    desk.run("run it.json --quiet --set backends.db.pool.size=2 --export trace=it.trace", 0);
    let tracks = tracks(&events(&desk.read("it.trace")));
    let of = |track: &str| tracks[&("async".to_owned(), track.to_owned())].clone();
    let mut held = [of("connection to db 1"), of("connection to db 2")].concat();
    held.sort_by(|one, other| one.2.total_cmp(&other.2));
    assert_eq!(held, spans(&[("request 1 page", 5_000.0, 20_000.0), ("request 1 page", 5_000.0, 30_000.0)]));
}
