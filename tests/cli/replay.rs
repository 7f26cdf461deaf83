//! `replay`: measured cases on the command line, and the shipped ones.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::common::program::{Desk, errors, text};
use serde_json::Value;

const REWRITE: &str = "UPDATE_GOLDEN=1 cargo test --test cli";

/// Three simultaneous requests of 10 ms for one worker with an overhead of 1 ms for each: 11, 22, 33 ms.
const SCENARIO: &str = r#"{
  "classes": { "page": { "phases": [ { "compute": "0ms" } ] } },
  "arrivals": { "trace": "requests.jsonl" },
  "policies": [ { "sync": { "overhead": { "before": "1ms" } } } ]
}"#;
const CASE: &str = r#"{ "application": { "gunicorn": { "overhead": { "before": "1ms", "response": "0ms", "after": "0ms" } } },
  "cores": 1, "phases": { "page": [ "compute" ] }, "command": "gunicorn app" }"#;
const REQUESTS: &str = r#"{"time_ms":0,"class":"page","demands_ms":[10]}
{"time_ms":0,"class":"page","demands_ms":[10]}
{"time_ms":0,"class":"page","demands_ms":[10]}
"#;

/// A folder with one case in it.
fn case(scenario: Option<&str>, observed: &str) -> Desk {
    let desk = Desk::empty();
    fs::create_dir_all(desk.path("cases/three")).unwrap();
    let desk = desk.with("cases/three/requests.jsonl", REQUESTS).with("cases/three/observed_latency_ms.csv", observed);
    match scenario {
        Some(scenario) => desk.with("cases/three/scenario.json", scenario),
        None => desk.with("cases/three/case.json", CASE),
    }
}

const EXACT: &str = "request,rep1,rep2\n1,11.0,11.0\n2,22.0,22.0\n3,33.0,33.0\n";

#[test]
fn a_correct_prediction_has_no_error() {
    for scenario in [Some(SCENARIO), None] {
        let desk = case(scenario, EXACT);
        let document: Value = serde_json::from_str(&text(&desk.run("replay cases --format json", 0))).unwrap();
        let case = &document["cases"][0];
        assert_eq!((&case["case"], &case["verdict"]), (&"three".into(), &"within".into()));
        for figure in case["figures"].as_array().unwrap() {
            assert_eq!((figure["error"].as_f64(), figure["spread"].as_f64()), (Some(0.0), Some(0.0)), "{figure}");
        }
        assert_eq!(case["request_error"].as_f64(), Some(0.0));
        assert_eq!(document["summary"][0]["median"].as_f64(), Some(0.0));
    }
}

#[test]
fn a_large_error_fails_unless_the_repeats_are_as_far_apart() {
    let desk = case(Some(SCENARIO), "request,rep1\n1,14\n2,28\n3,42\n");
    let output = desk.run("replay cases/three", 1);
    assert!(text(&output).contains("-21.4% !"), "{}", text(&output));
    assert!(errors(&output).contains("a case is off"));
    case(Some(SCENARIO), "request,rep1,rep2\n1,12,16\n2,24,32\n3,36,48\n").run("replay cases/three", 0);
}

/// Two requests of 10 ms at once for two workers of one thread that accept on their own: with one worker for both, the
/// second takes 20 ms.
const CHANCE: &str = r#"{
  "classes": { "page": { "phases": [ { "sleep": "0ms" } ] } },
  "arrivals": { "trace": "requests.jsonl" },
  "policies": [ { "threaded": { "workers": 2, "dispatch": "accept" } } ]
}"#;

fn chance(observed: &str) -> Desk {
    let request = r#"{"time_ms":0,"class":"page","demands_ms":[10]}"#;
    case(Some(CHANCE), observed).with("cases/three/requests.jsonl", format!("{request}\n{request}\n"))
}

#[test]
fn a_case_with_a_random_accepting_worker_is_predicted_many_times() {
    let desk = chance("request,rep1,rep2,rep3\n1,10,10,10\n2,10,20,10\n");
    let mean = |arguments: &str| {
        let document: Value = serde_json::from_str(&text(&desk.run(arguments, 0))).unwrap();
        let case = &document["cases"][0];
        (case["predictions"].clone(), case["figures"][0].clone())
    };
    let (predictions, figure) = mean("replay cases --format json");
    assert_eq!(predictions, 20);
    let range = serde_json::json!({ "least": 10.0, "most": 15.0 });
    assert_eq!((&figure["predicted_range_ms"], &figure["observed_range_ms"]), (&range, &range));
    let (predictions, figure) = mean("replay cases --format json --accept-streams 1");
    assert_eq!((predictions, &figure["predicted_range_ms"]), (1.into(), &Value::Null));
    let table = text(&desk.run("replay cases", 0));
    assert!(table.contains("10.0 – 15.0") && width(&table) <= 100, "{table}");
    // With a single worker nothing is random.
    let (predictions, _) = mean("replay cases --format json --set policies.0.threaded.workers=1");
    assert_eq!(predictions, 1);
}

#[test]
fn a_repeat_outside_the_range_is_off() {
    let output = chance("request,rep1,rep2,rep3\n1,10,10,10\n2,10,20,24\n").run("replay cases", 1);
    assert!(text(&output).contains(" !"), "{}", text(&output));
}

#[test]
fn a_change_applies_to_every_case() {
    case(Some(SCENARIO), EXACT).run("replay cases --set policies.0.sync.overhead.before=5ms", 1);
}

#[test]
fn the_table_says_why_no_prediction_is_possible() {
    let scenario = SCENARIO.replace(r#"{ "sync": { "#, r#"{ "gunicorn": { "backlog": 1, "#);
    let output = case(Some(&scenario), EXACT).run("replay cases", 3);
    assert!(text(&output).contains("three: no prediction is possible: a request overflows the listen queue"));
    assert!(errors(&output).contains("no case can be predicted"));
}

#[test]
fn errors_in_a_case_are_reported_with_their_file() {
    for (observed, message) in [
        ("request,rep1\n1,11\n2,22\n", "3 requests are sent, and 2 were observed"),
        ("request,rep1\n1,11\n2,soon\n", "line 3: `soon` is not a time in ms"),
        ("", "observed_latency_ms.csv`: it is empty"),
    ] {
        let error = errors(&case(Some(SCENARIO), observed).run("replay cases", 2));
        assert!(error.contains(message) && error.contains("three"), "{error}");
    }
    let error = errors(&case(Some("{}"), EXACT).run("replay cases", 2));
    assert!(error.contains("scenario.json"), "{error}");
    assert!(errors(&Desk::empty().run("replay .", 2)).contains("there is no case in"));
    let desk = Desk::new();
    desk.fails("replay nowhere", 2, &["there is no folder `nowhere`"]);
    desk.fails("replay shop.json", 2, &["`shop.json` is not a folder"]);
}

#[test]
fn a_case_without_a_scenario_prints_the_derived_one() {
    let desk = case(None, EXACT);
    let scenario: Value = serde_json::from_str(&text(&desk.run("replay cases/three --print-scenario", 0))).unwrap();
    assert_eq!(scenario["arrivals"]["trace"], "requests.jsonl");
    assert_eq!(scenario["machine"]["wake_preemption"], "1.4ms");
}

#[test]
fn the_picture_has_a_panel_for_each_case() {
    let desk = case(None, EXACT);
    desk.run("replay cases --picture cases.svg", 0);
    let picture = desk.read("cases.svg");
    assert!(roxmltree::Document::parse(&picture).is_ok());
    assert!(picture.contains(">three</text>") && picture.matches("<circle").count() == 23, "{picture}");
}

/// The length of the longest printed line, in characters.
fn width(printed: &str) -> usize {
    printed.lines().map(|line| line.chars().count()).max().unwrap()
}

#[test]
fn the_text_fits_into_a_terminal_and_shows_the_error_of_each_figure() {
    let off = text(
        &case(Some(SCENARIO), "request,rep1,rep2\n1,1014,1015\n2,2028,2028\n3,3042,3042\n").run("replay cases", 1),
    );
    assert!(width(&off) <= 100, "{off}");
    let output = Desk::empty().waitline("replay").arg(validation().join("cases")).output().unwrap();
    let shipped = text(&output);
    assert!(width(&shipped) <= 100, "{shipped}");
    let rows_of = |case: &str| shipped.lines().filter(|line| line.starts_with(case)).count();
    assert_eq!(rows_of("c04_gthread1x8 "), 2, "errors and verdicts, then observed values:\n{shipped}");
    assert_eq!(rows_of("n05_gthread4x4_even "), 3, "and ranges, if the accepting worker is random:\n{shipped}");
    for (figure, tables) in [("mean", 3), ("p50", 3), ("p95", 3), ("p99", 3), ("request", 2)] {
        let headings = shipped.lines().filter(|line| line.starts_with("case ") && line.contains(figure)).count();
        assert_eq!(headings, tables, "{figure} in\n{shipped}");
    }
}

fn validation() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("validation")
}

/// The text between two comments of a page.
fn between<'a>(page: &'a str, begin: &str, end: &str) -> &'a str {
    let start = page.find(begin).unwrap() + begin.len();
    &page[start..start + page[start..].find(end).unwrap()]
}

#[test]
fn the_shipped_cases_are_predicted_as_documented() {
    let desk = Desk::empty();
    let mut command = desk.waitline("replay --format markdown --picture errors.svg");
    let output = command.arg(validation().join("cases")).output().unwrap();
    // Some cases are off and stay in the table.
    assert_eq!(output.status.code(), Some(1), "{}", errors(&output));
    let table = text(&output);
    assert!(
        table.contains("78 of 85 cases are within the allowed error; leaving ranges aside, 81 are within 10 %"),
        "{table}"
    );
    let (page_path, picture_path) = (validation().join("README.md"), validation().join("errors.svg"));
    let page = fs::read_to_string(&page_path).unwrap();
    let (begin, end) = ("<!-- replay -->\n", "<!-- /replay -->");
    let stored = between(&page, begin, end);
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&page_path, page.replace(&format!("{begin}{stored}{end}"), &format!("{begin}{table}{end}"))).unwrap();
        fs::write(&picture_path, desk.read("errors.svg")).unwrap();
        return;
    }
    assert_eq!(stored, table, "validation/README.md is out of date: run `{REWRITE}`");
    assert!(
        fs::read_to_string(picture_path).unwrap() == desk.read("errors.svg"),
        "errors.svg is out of date: run `{REWRITE}`"
    );
}

#[test]
fn the_shipped_scenarios_are_those_derived_from_the_measured_cases() {
    for entry in fs::read_dir(validation().join("cases")).unwrap() {
        let folder = entry.unwrap().path();
        let desk = Desk::empty();
        let derived = text(&desk.waitline("replay --print-scenario").arg(&folder).output().unwrap());
        let stored = fs::read_to_string(folder.join("scenario.json")).unwrap();
        assert_eq!(stored, derived, "{}", folder.display());
    }
}
