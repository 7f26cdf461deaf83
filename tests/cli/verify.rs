//! `verify`: the exact cases on the command line.

use crate::common::program::{Desk, errors, text};
use serde_json::Value;

#[test]
fn a_case_is_shown_with_its_formula_its_interval_and_a_verdict() {
    let table = text(&Desk::empty().run("verify --only d05,G01", 0));
    for part in
        ["D05  async, 1 loop; 8 requests/s", "M/M/1, then a delay", "103.810  pass", "G01", "All 16 figures pass."]
    {
        assert!(table.contains(part), "{part} is not in\n{table}");
    }
    assert!(!table.contains("A01"), "{table}");
}

#[test]
fn json_contains_what_the_table_shows() {
    let document: Value =
        serde_json::from_str(&text(&Desk::empty().run("verify --only D05 --format json", 0))).unwrap();
    assert_eq!(document["passed"], true);
    let figure = &document["cases"][0]["figures"][0];
    assert_eq!(figure["verdict"], "pass");
    assert_eq!(figure["exact"], 103.809_524);
    let [ours, half_width] = ["ours", "half_width"].map(|number| figure[number].as_f64().unwrap());
    assert!((ours - 103.809_524).abs() < half_width, "{figure}");
}

#[test]
fn an_unknown_case_is_answered_with_the_existing_ones() {
    let output = Desk::empty().run("verify --only Z99", 2);
    let message = errors(&output);
    assert!(message.contains("there is no case `Z99`") && message.contains("A01, A02"), "{message}");
    assert!(text(&output).is_empty());
}

#[test]
fn quiet_prints_nothing() {
    let output = Desk::empty().run("verify --only G01 --quiet", 0);
    assert!(text(&output).is_empty() && errors(&output).is_empty());
}

#[test]
#[ignore = "takes half a minute; CI runs it"]
fn the_documents_of_coverage_and_selection_satisfy_their_schemas() {
    let desk = Desk::empty();
    // One experiment and one plan of each system: too few experiments to pass.
    for (arguments, code, schema) in [("--coverage 1", 1, "coverage"), ("--selection 1", 0, "selection")] {
        let document: Value =
            serde_json::from_str(&text(&desk.run(&format!("verify {arguments} --format json"), code))).unwrap();
        let schema: Value = serde_json::from_str(&text(&desk.run(&format!("schema {schema}"), 0))).unwrap();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&document).map(|error| format!("{error} at {}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{arguments}: {errors:#?}");
    }
}
