//! What version 0.1.0 read and wrote is still read, and what is written now satisfies the schemas of 0.1.0.
//!
//! The files in `tests/data/v0_1/` were written by that version, and its schemas printed by it (without descriptions); only the
//! scenario was written by hand. They are not regenerated.

use std::fs;

use serde_json::Value;

use super::root;
use crate::common::program::{Desk, text};

/// A folder with the files of 0.1.0.
fn desk() -> Desk {
    let mut desk = Desk::empty();
    for entry in fs::read_dir(root().join("tests/data/v0_1")).unwrap().map(Result::unwrap) {
        desk = desk.with(&entry.file_name().to_string_lossy(), fs::read(entry.path()).unwrap());
    }
    desk
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The places where a document no longer says what an older one said. Fields may be added.
fn differences(old: &Value, new: &Value, path: &str, found: &mut Vec<String>) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (name, old) in old {
                differences(old, new.get(name).unwrap_or(&Value::Null), &format!("{path}/{name}"), found);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (number, (old, new)) in old.iter().zip(new).enumerate() {
                differences(old, new, &format!("{path}/{number}"), found);
            }
        }
        _ if old == new || path == "/waitline" => {}
        _ => found.push(format!("{path}: {old} is now {new}")),
    }
}

#[track_caller]
fn says_the_same(old: &str, new: &str) {
    let mut found = Vec::new();
    differences(&json(old), &json(new), "", &mut found);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_scenario_is_read_and_gives_the_same_results() {
    let desk = desk();
    let run = "run shop.json --replications 2 --policy async --no-charts --format json";
    says_the_same(&desk.read("results.json"), &text(&desk.run(run, 0)));
}

#[test]
fn a_baseline_of_another_model_says_how_to_renew_it_and_then_has_the_same_numbers() {
    let desk = desk();
    let old = json(&desk.read("shop.baseline.json"));
    let refusal = String::from_utf8(desk.run("check shop.json", 3).stderr).unwrap();
    assert!(refusal.contains("--update-baseline"), "{refusal}");
    assert_eq!(json(&desk.read("shop.baseline.json")), old, "it was changed");
    desk.run("check shop.json --update-baseline", 0);
    let new = json(&desk.read("shop.baseline.json"));
    let numbers = |baseline: &Value| baseline["policies"].clone();
    assert!(numbers(&old).is_object(), "{old}");
    let mut found = Vec::new();
    differences(&numbers(&old), &numbers(&new), "/policies", &mut found);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn results_sweeps_and_plans_are_read_into_report_pages() {
    let desk = desk();
    for (arguments, parts) in [
        ("--policy async --before results.json --sweep sweep.json", ["before-heading", "sweep-heading"]),
        ("--policy threaded --before results.json --plan plan.json", ["before-heading", "plan-heading"]),
    ] {
        desk.run(&format!("report shop.json {arguments}"), 0);
        let page = desk.read("output/shop/report.html");
        for part in parts {
            assert!(page.contains(part), "{arguments}: no {part}");
        }
    }
}

#[test]
fn what_is_written_now_satisfies_the_schemas_of_0_1_0() {
    let desk = desk();
    let baseline = json(&desk.read("baseline.schema.json"));
    desk.run("check shop.json --update-baseline", 0);
    satisfies(&baseline, &desk.read("shop.baseline.json"), "a baseline");
    for (schema, arguments) in [
        ("results", "run shop.json --no-charts"),
        ("check", "check shop.json"),
        ("sweep", "sweep shop.json --policy async --vary machine.cores=1,2 --no-charts"),
        ("plan", "plan shop.json --policy threaded --slo p50<200ms --no-charts --set run.requests=300"),
        ("explain", "explain shop.json --request 3 --policy async"),
    ] {
        let schema = json(&desk.read(&format!("{schema}.schema.json")));
        let document = text(&desk.run(&format!("{arguments} --format json"), 0));
        satisfies(&schema, &document, arguments);
    }
}

#[track_caller]
fn satisfies(schema: &Value, document: &str, what: &str) {
    let validator = jsonschema::draft202012::new(schema).unwrap();
    let document = json(document);
    let errors: Vec<String> =
        validator.iter_errors(&document).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}");
}
