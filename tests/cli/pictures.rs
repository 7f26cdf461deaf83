//! The pictures that `waitline run` writes, and the stretch that the timeline shows.

use serde_json::Value;

use crate::common::program::{Desk, errors, text};

/// Five requests each second for 40 s, each of which keeps one of two workers for 300 ms; the database is slow from 10 to 12 s.
const SLOW: &str = r#"{
  "classes": { "page": { "phases": [ { "compute": "10ms" }, { "db": "290ms" } ] } },
  "arrivals": { "poisson": "5/s" },
  "faults": [ { "name": "slow db", "at": "10s", "for": "2s", "slow": { "backend": "db", "factor": 5 } } ],
  "policies": [ { "sync": { "workers": 2 } }, { "async": {} } ],
  "run": { "duration": "40s", "seed": 1 }
}"#;

fn desk() -> Desk {
    Desk::empty().with("slow.json", SLOW)
}

/// The timeline of a policy in `results.json`.
fn timeline(desk: &Desk, policy: usize) -> Vec<Value> {
    let results: Value = serde_json::from_str(&desk.read("output/slow/results.json")).unwrap();
    results["policies"][policy]["timeline"].as_array().cloned().unwrap_or_default()
}

fn ms(value: &Value, field: &str) -> f64 {
    value[field].as_f64().unwrap()
}

#[test]
fn long_runs_have_charts_and_a_timeline_of_where_their_fault_begins() {
    let desk = desk();
    let output = desk.run("run slow.json", 0);
    let files = "results.json, timeline.svg, latency.svg, over_time.svg and breakdown.svg";
    assert_eq!(errors(&output), format!("wrote output/slow/{files}\n"));
    let picture = desk.read("output/slow/timeline.svg");
    assert!(picture.contains("here the fault slow db begins"), "{picture}");
    assert!(timeline(&desk, 0).is_empty(), "results.json holds no timeline that was not asked for");
    for chart in ["latency", "over_time", "breakdown"] {
        assert!(desk.read(&format!("output/slow/{chart}.svg")).starts_with("<svg"), "{chart}");
    }
}

#[test]
fn the_worst_stretch_is_shown_where_it_is_asked_for_and_without_faults() {
    for options in ["--around worst", "--set faults=[]"] {
        let desk = desk();
        desk.run(&format!("run slow.json {options}"), 0);
        let picture = desk.read("output/slow/timeline.svg");
        assert!(picture.contains("here requests wait longest under sync"), "{options}: {picture}");
    }
}

#[test]
fn pictures_change_no_number() {
    let (with, without) = (desk(), desk());
    with.run("run slow.json", 0);
    without.run("run slow.json --no-charts", 0);
    assert_eq!(with.read("output/slow/results.json"), without.read("output/slow/results.json"));
    assert_eq!(without.files(), ["output", "output/slow", "output/slow/results.json", "slow.json"]);
}

#[test]
fn the_timeline_shows_the_window_that_was_asked_for() {
    let desk = desk();
    desk.run("run slow.json --window 10s..12s", 0);
    assert!(desk.read("output/slow/timeline.svg").contains("Shows 10 to 12 s."));
    for policy in 0..2 {
        let entries = timeline(&desk, policy);
        assert!(!entries.is_empty());
        for entry in entries {
            assert!(ms(&entry, "arrival_ms") < 12_000.0);
            assert!(entry["departure_ms"].is_null() || ms(&entry, "departure_ms") > 10_000.0, "{entry}");
        }
    }
}

#[test]
fn the_slowest_request_and_a_fault_are_found() {
    let desk = desk();
    desk.run("run slow.json --around slowest", 0);
    let slowest = timeline(&desk, 0).iter().filter_map(|entry| entry["response_time_ms"].as_f64()).fold(0.0, f64::max);
    let results: Value = serde_json::from_str(&desk.read("output/slow/results.json")).unwrap();
    assert_eq!(slowest.to_bits(), ms(&results["policies"][0]["response_time_ms"], "max").to_bits());
    // From half of the fault before it to its length after it.
    for around in ["--around fault", "--around=fault"] {
        let mut command = desk.waitline("run slow.json");
        command.args(around.split(' ')).arg("slow db").assert().success();
        let picture = desk.read("output/slow/timeline.svg");
        assert!(picture.contains("Shows 9 to 14 s: before, during and after the fault slow db."), "{picture}");
    }
}

#[test]
fn impossible_stretches_are_errors_that_help() {
    let desk = desk();
    for (options, message) in [
        ("--window 41s..42s", "`--window` begins at 41s, but `slow` runs for 40s only"),
        ("--window 3s..2s", "the first time must be before the second"),
        ("--window 3s", "such as 10s..12s"),
        ("--around fault db", "unknown fault `db` in `slow`"),
        ("--around fault db", "faults: slow db"),
        ("--around nothing", "write slowest, worst, or fault and its name"),
        ("--around slowest --timeline 3", "cannot be used with"),
        ("--set run={\"requests\":200} --window 90m..91m", "is under way between"),
    ] {
        let output = desk.run(&format!("run slow.json {options}"), 2);
        assert!(errors(&output).contains(message), "{options}: {}", errors(&output));
    }
    assert_eq!(desk.files(), ["slow.json"], "nothing is written");
    assert!(text(&desk.run("run --help", 0)).contains("--around <slowest|worst|fault NAME>"));
}

#[test]
fn a_few_classes_have_response_times_of_their_own_over_time() {
    let desk = desk();
    desk.run("run slow.json", 0);
    let picture = desk.read("output/slow/over_time.svg");
    assert!(picture.contains(">Response time of answered requests in "), "{picture}");
    let class = |name: &str, phase: &str| format!("--set classes.{name}={{\"phases\":[{{{phase}}}]}}");
    let export = class("export", "\"sleep\":\"1s\"");
    desk.run(&format!("run slow.json {export}"), 0);
    let picture = desk.read("output/slow/over_time.svg");
    for head in [">page: response time in s: p95", ">export: response time in s: p95"] {
        assert_eq!(picture.matches(head).count(), 1, "{head}: {picture}");
    }
    assert!(!picture.contains(">Response time of"), "{picture}");
    // Exports ask nothing of the database, and an async server starts them at once: a second, whatever the fault.
    assert!(
        picture.contains("async, export: response time in s: p95, and p50 as a thin line: at most 1,000 ms"),
        "{picture}"
    );
    let timeline = desk.read("output/slow/timeline.svg");
    assert!(timeline.contains("mean / p99: page ") && timeline.contains(" · export "), "{timeline}");
    // Five classes are too many.
    let others: String = ["a", "b", "c"].map(|name| class(name, "\"sleep\":\"1ms\"")).join(" ");
    desk.run(&format!("run slow.json {export} {others}"), 0);
    assert!(desk.read("output/slow/over_time.svg").contains(">Response time of answered requests in "));
}
