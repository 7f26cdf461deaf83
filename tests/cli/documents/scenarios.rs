//! The scenarios in `docs/` run as they are printed.

use std::fs;

use serde_json::Value;

use super::numbers::{Known, numbers, text as written};
use super::page::{Page, root};
use crate::common::program::{Desk, text};

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
    let page = Page::read("docs/field.md").text;
    let mut names = Vec::new();
    for entry in fs::read_dir(root().join("docs/field")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(page.contains(&format!("(field/{name})")), "docs/field.md does not show {name}");
        check_runs(&name, &fs::read_to_string(&path).unwrap());
        names.push(name);
    }
    assert!(names.len() > 8, "{names:?}");
}

/// What we say about a scenario of the field: the fourth cell of its row.
fn our_numbers(page: &Page, name: &str) -> Vec<String> {
    let row = page.text.lines().find(|line| line.starts_with(&format!("| [{name}]"))).unwrap();
    numbers(&written(row.split(" | ").nth(3).unwrap())).into_iter().filter(|number| number.len() > 1).collect()
}

#[test]
#[ignore = "runs of a million requests; CI runs them"]
fn our_numbers_of_the_field_are_those_of_its_scenarios() {
    let page = Page::read("docs/field.md");
    // A row about another value of a field shows what this page compares.
    let elsewhere = Known::of("docs/replicas.md").unwrap();
    let mut problems = Vec::new();
    for entry in fs::read_dir(root().join("docs/field")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let desk = Desk::empty();
        let output = desk.waitline("run --format json --no-charts").arg(&path).output().unwrap();
        let known = [Known::of(&format!("docs/field/{name}.json")).unwrap(), Known::of_results(&text(&output))];
        let is_known = |number: &String| known.iter().chain([&elsewhere]).any(|known| known.has(number));
        let unknown = our_numbers(&page, &name).into_iter().filter(|number| !is_known(number));
        problems.extend(unknown.map(|number| format!("{name}: where does {number} come from?")));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn the_scenario_with_everything_runs() {
    let page = Page::read("docs/everything.md");
    let block = page.blocks().into_iter().find(|block| block.language == "jsonc").expect("a scenario");
    check_runs("everything.md", page.content(&block));
}

#[test]
fn the_page_of_scenarios_shows_each_of_them() {
    let page = Page::read("docs/scenarios.md").text;
    for entry in fs::read_dir(root().join("scenarios")).unwrap() {
        let file = entry.unwrap().file_name().to_string_lossy().into_owned();
        if let Some(name) = file.strip_suffix(".json").filter(|name| !name.ends_with(".baseline")) {
            for link in [format!("](../scenarios/{name}.json)"), format!("](../output/{name}/timeline.svg)")] {
                assert!(page.contains(&link), "docs/scenarios.md does not show {link}");
            }
        }
    }
}
