//! The scenarios in `docs/` run as they are printed.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common::program::{Desk, text};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// Runs it once, short of the replications it may ask for; a result with as many policies as the scenario has.
fn check_runs(name: &str, scenario: &str) {
    let desk = Desk::empty().with("scenario.json", scenario);
    let printed = text(&desk.run("run scenario.json --format json --no-charts --replications 1", 0));
    let results: Value = serde_json::from_str(&printed).unwrap_or_else(|reason| panic!("{name}: {reason}"));
    let policies = results["policies"].as_array().unwrap_or_else(|| panic!("{name} has results"));
    assert!(!policies.is_empty() && policies.iter().all(|policy| policy["requests"]["arrived"] != 0), "{name}");
}

#[test]
fn every_scenario_of_the_field_runs_and_is_on_its_page() {
    let page = fs::read_to_string(docs().join("field.md")).unwrap();
    let mut names = Vec::new();
    for entry in fs::read_dir(docs().join("field")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(page.contains(&format!("(field/{name})")), "docs/field.md does not show {name}");
        check_runs(&name, &fs::read_to_string(&path).unwrap());
        names.push(name);
    }
    assert!(names.len() > 8, "{names:?}");
}

#[test]
fn the_scenario_with_everything_runs() {
    let page = fs::read_to_string(docs().join("everything.md")).unwrap();
    let (_, after) = page.split_once("```jsonc\n").expect("a scenario");
    let (scenario, _) = after.split_once("```").expect("its end");
    check_runs("everything.md", scenario);
}

#[test]
fn the_deadlock_of_the_page_on_connections_is_that_of_its_scenario() {
    let page = fs::read_to_string(docs().join("connections.md")).unwrap();
    let block = |language: &str, after: &str| {
        let (_, rest) = page.split_once(after).expect("the page has this part");
        let (_, block) = rest.split_once(&format!("```{language}\n")).expect("a block");
        block.split_once("```").expect("its end").0.to_owned()
    };
    let desk = Desk::empty().with("scenario.json", block("json", "## Deadlocks"));
    let printed = text(&desk.run("run scenario.json", 0));
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let sample = words(&block("text", "The report then names"));
    assert!(words(&printed).contains(&sample), "{sample}\nis not in\n{printed}");
}
