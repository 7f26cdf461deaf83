//! The same scenario and seed give the same bytes, and the numbers of a policy do not depend on other policies.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::common::program::{Desk, text};
use serde_json::Value;

const SCENARIOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");

/// A directory with the lecture and a shortened web shop, which draws from many distributions under all three policies.
fn desk() -> Desk {
    let read = |file: &str| fs::read_to_string(Path::new(SCENARIOS).join(file)).unwrap();
    let shop = read("web_shop.json");
    assert_eq!(shop.matches("200000").count(), 1, "the shop states its number of requests once");
    Desk::empty().with("lecture.json", read("lecture.json")).with("shop.json", shop.replace("200000", "3000"))
}

/// Its output with these arguments, as JSON.
fn results(arguments: &str) -> Value {
    let output = desk().run(&format!("run shop.json --quiet --format json {arguments}"), 0);
    serde_json::from_str(&text(&output)).unwrap()
}

/// The entry of each policy, by name.
fn policies(results: &Value) -> BTreeMap<String, Value> {
    let entries = results["policies"].as_array().unwrap();
    entries.iter().map(|entry| (entry["name"].as_str().unwrap().to_owned(), entry.clone())).collect()
}

/// All output of a run: standard output and every file.
fn traces(arguments: &str) -> BTreeMap<String, String> {
    let desk = desk();
    let printed = text(&desk.run(&format!("run shop.json --csv requests.csv --timeline 50 {arguments}"), 0));
    let files = ["requests.csv", "output/shop/results.json", "output/shop/timeline.svg"];
    let written = files.into_iter().map(|file| (file.to_owned(), desk.read(file)));
    written.chain([("standard output".to_owned(), printed)]).collect()
}

#[test]
fn the_same_scenario_and_seed_give_the_same_bytes_twice() {
    let first = traces("");
    for (file, again) in traces("") {
        assert!(first[&file] == again, "{file} differs the second time");
    }
    assert!(first == traces("--seed 26"), "naming the scenario's own seed changes nothing");
}

#[test]
fn a_different_seed_gives_different_requests_and_numbers() {
    let (first, other) = (results("--timeline 100"), results("--timeline 100 --seed 27"));
    for (name, entry) in policies(&first) {
        let other = &policies(&other)[&name];
        assert_ne!(entry["response_time_ms"]["mean"], other["response_time_ms"]["mean"], "{name}");
        let arrivals = |entry: &Value| -> Vec<Value> {
            entry["timeline"].as_array().unwrap().iter().map(|request| request["arrival_ms"].clone()).collect()
        };
        assert_ne!(arrivals(&entry), arrivals(other), "{name}");
    }
}

#[test]
fn the_numbers_of_a_policy_do_not_depend_on_which_other_policies_run() {
    let together = policies(&results("--timeline 20"));
    assert_eq!(together.len(), 3);
    for (name, entry) in &together {
        let alone = policies(&results(&format!("--timeline 20 --policy {name}")));
        assert_eq!(alone.keys().collect::<Vec<_>>(), [name]);
        assert!(alone[name] == *entry, "{name} by itself gives different numbers");
    }
    let two = policies(&results("--timeline 20 --policy async --policy sync"));
    assert!(
        two.iter().all(|(name, entry)| together[name] == *entry),
        "two policies by themselves give different numbers"
    );
}

#[test]
fn changing_one_policy_does_not_change_the_others() {
    let before = policies(&results(""));
    let after = policies(&results("--set policies.sync.workers=12"));
    assert!(after["sync"] != before["sync"], "fewer workers change nothing");
    assert!(after["threaded"] == before["threaded"] && after["async"] == before["async"], "others have changed");
}

#[test]
fn a_scenario_gives_the_same_files_by_itself_and_with_others() {
    let desk = desk();
    desk.run("run shop.json --out alone", 0);
    desk.run("run lecture.json shop.json --out together", 0);
    for file in ["results.json", "timeline.svg"] {
        assert!(desk.read(&format!("alone/shop/{file}")) == desk.read(&format!("together/shop/{file}")), "{file}");
    }
}

/// Number, arrival, class and demand of each request under one policy.
fn requests_of(policy: &str, rows: &str) -> BTreeSet<String> {
    let mut lines = rows.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let columns = ["request", "class", "arrival_ms", "demand_ms"].map(column);
    let rows = lines.map(|line| line.split(',').collect::<Vec<_>>());
    rows.filter(|row| row[column("policy")] == policy).map(|row| columns.map(|column| row[column]).join(" ")).collect()
}

#[test]
fn every_policy_gets_the_same_requests() {
    let rows = &traces("")["requests.csv"];
    let sync = requests_of("sync", rows);
    assert_eq!(sync.len(), 3000);
    assert!(sync == requests_of("threaded", rows) && sync == requests_of("async", rows));
}

#[test]
fn a_longer_run_begins_with_the_same_requests() {
    let (short, long) = (traces(""), traces("--set run.requests=4000"));
    let (short, long) = (requests_of("async", &short["requests.csv"]), requests_of("async", &long["requests.csv"]));
    assert_eq!((short.len(), long.len()), (3000, 4000));
    assert!(short.is_subset(&long));
}
