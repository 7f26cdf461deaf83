//! `waitline explain` as users see it: the story, its formats, and what it says about mistakes.

use serde_json::Value;

use crate::common::program::{Desk, OVERLOAD, errors, text};

const LECTURE: &str = include_str!("../../scenarios/lecture.json");

fn desk() -> Desk {
    Desk::empty().with("lecture.json", LECTURE)
}

#[test]
fn the_story_of_the_lecture_is_exact() {
    let shown = text(&desk().run("explain lecture.json --policy sync --request 3", 0)).replace('\n', " ");
    let story = "request 3 (short) took 475 ms, 4.5 × its demand: 370 ms in the backlog, 170 behind request 1 and 200 behind \
                 request 2; during 300 of these 370 ms the request in the worker was waiting for a backend";
    assert!(shown.contains(story), "{shown}");
}

#[test]
fn one_more_worker_would_have_helped() {
    let shown = text(&desk().run("explain lecture.json --policy sync --request 3 --what-if --format json", 0));
    let value: Value = serde_json::from_str(&shown).unwrap();
    let changes = value["policies"][0]["what_if"].as_array().unwrap();
    let workers = changes.iter().find(|one| one["change"]["one_more"]["size"] == "workers").unwrap();
    // The second page has the other worker from 15 on; the short request takes the first worker at 200.
    assert_eq!(workers["change"]["one_more"]["number"], 2);
    let time = workers["response_time_ms"].as_f64().unwrap();
    assert!((105.0..475.0).contains(&time), "{workers}");
    let times: Vec<f64> = changes.iter().filter_map(|one| one["difference_ms"].as_f64()).collect();
    assert!(times.is_sorted(), "the best first: {times:?}");
}

#[test]
fn the_json_has_both_partitions() {
    let shown = text(&desk().run("explain lecture.json --policy sync --request 3 --format json", 0));
    let value: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(value["schema"], "waitline.explain/1");
    let wait = &value["policies"][0]["requests"][0]["waits"][0];
    assert_eq!((&wait["station"], &wait["wait_ms"]), (&Value::from("backlog"), &Value::from(370.0)));
    let sum =
        |part: &str| -> f64 { wait[part].as_array().unwrap().iter().filter_map(|one| one["wait_ms"].as_f64()).sum() };
    assert!((sum("direct") - 370.0).abs() < 1e-9 && (sum("root") - 370.0).abs() < 1e-9, "{wait}");
    let schema = text(&desk().run("schema explain", 0));
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    assert!(validator.is_valid(&value), "{:?}", validator.iter_errors(&value).next());
    // Few requests of a class, so that its differences have no intervals.
    let few = text(&desk().run("explain lecture.json --policy sync --request 3 --what-if --format json", 0));
    let few: Value = serde_json::from_str(&few).unwrap();
    assert!(validator.is_valid(&few), "{:?}", validator.iter_errors(&few).next());
}

#[test]
fn a_row_for_each_share() {
    let shown = text(&desk().run("explain lecture.json --policy sync --request 3 --format csv", 0));
    assert_eq!(shown.lines().filter(|line| line.contains("direct")).count(), 2, "{shown}");
    assert_eq!(shown.lines().filter(|line| line.contains("root")).count(), 6, "{shown}");
}

#[test]
fn without_waits_there_is_the_heading() {
    let shown = text(&desk().run("explain lecture.json --policy sync --request 1 --format csv", 0));
    assert_eq!(shown.lines().count(), 1, "{shown}");
    assert!(shown.starts_with("scenario,policy,request,class,station,"), "{shown}");
}

#[test]
fn a_run_that_stopped_is_explained_as_far_as_it_went() {
    let desk = Desk::empty().with("overload.json", OVERLOAD);
    let output = desk.run("explain overload.json --format json", 3);
    assert!(errors(&output).contains("overload, sync: stopped after"), "{}", errors(&output));
    let value: Value = serde_json::from_str(&text(&output)).unwrap();
    assert!(value["policies"][0]["incomplete"].as_str().unwrap().starts_with("stopped after"), "{value}");
    assert!(text(&desk.run("explain overload.json", 3)).contains("incomplete: stopped after"));
}

#[test]
fn at_most_a_thousand_requests_are_explained() {
    desk().fails("explain lecture.json --slowest 1001", 2, &["at most 1000"]);
}

#[test]
fn a_request_that_does_not_exist_is_an_error() {
    let shown = errors(&desk().run("explain lecture.json --request 4", 2));
    assert!(shown.contains("has no request 4"), "{shown}");
    let shown = errors(&desk().run("explain lecture.json --percentile 0", 2));
    assert!(shown.contains("above 0"), "{shown}");
    errors(&desk().run("explain lecture.json --request 1 --slowest", 2));
}
