//! `plan --shard` and `waitline merge`: any number of machines, in rounds, the same bytes.

use std::fs;
use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::program::{Desk, errors, text};

/// The threads share a core: more are not always better, and no capacity is exact.
const SHOP: &str = r#"{
  "classes": { "page": { "phases": [ { "compute": { "exponential": "5ms" } }, { "db": { "exponential": "20ms" } } ] } },
  "arrivals": { "poisson": "60/s" },
  "machine": { "cores": 1 },
  "policies": [ { "sync": {} }, { "threaded": { "workers": 1, "threads": 1 } } ],
  "run": { "requests": 300, "replications": 2, "warm_up": "auto" },
  "slo": [ "p95 < 120ms", "mean < 60ms" ]
}"#;

/// More rounds than this and a plan does not come to its end.
const MOST_ROUNDS: usize = 60;

fn desk() -> Desk {
    Desk::empty().with("shop.json", SHOP)
}

fn share(desk: &Desk, command: &str, (number, of): (u64, u64), jobs: u64) {
    let done = desk.run(&format!("{command} --out big --shard {number}/{of} --jobs {jobs}"), 0);
    assert_eq!(text(&done), "", "a share prints no results");
}

/// Runs all shares again and again until `merge` has what it needs: what it gave, and how many rounds that took.
fn in_rounds(desk: &Desk, command: &str, of: u64, jobs: u64) -> (Output, usize) {
    for round in 1..=MOST_ROUNDS {
        (1..=of).for_each(|number| share(desk, command, (number, of), jobs));
        let merged = desk.process("merge big").output().unwrap();
        if !errors(&merged).contains("missing (") {
            return (merged, round);
        }
        assert_eq!((merged.status.code(), text(&merged).as_str()), (Some(3), ""));
    }
    panic!("it does not end: {}", errors(&desk.process("merge big").output().unwrap()))
}

/// Any number of shares and jobs gives the bytes of one machine.
fn expect_the_same(command: &str, shards: &[(u64, u64)]) {
    let alone_desk = desk();
    let alone = alone_desk.process(&format!("{command} --out alone")).output().unwrap();
    for (of, jobs) in shards {
        let desk = desk();
        let (merged, rounds) = in_rounds(&desk, command, *of, *jobs);
        // One share has all that it needs; of several each waits for what the others found.
        assert_eq!(rounds > 1, *of > 1, "{rounds} rounds of {of} shards");
        assert_eq!(text(&merged), text(&alone), "{of} shards");
        assert_eq!(merged.status.code(), alone.status.code(), "{of} shards: {}", errors(&merged));
        let picture =
            |desk: &Desk, folder: &str| fs::read_to_string(desk.path(&format!("{folder}/shop/plan.svg"))).ok();
        assert_eq!(picture(&desk, "big"), picture(&alone_desk, "alone"), "{of} shards");
    }
}

#[test]
#[ignore = "takes a minute of CPU time; CI runs it"]
fn shards_of_a_plan_are_merged_to_the_bytes_of_one_machine() {
    expect_the_same("plan shop.json --within 10%", &[(3, 1)]);
    expect_the_same("plan shop.json --within 10% --policy threaded", &[(1, 2), (7, 2)]);
}

#[test]
fn shards_of_a_robust_plan_are_merged_to_the_same_json() {
    expect_the_same("plan shop.json --within 10% --robust --policy threaded --format json", &[(3, 2)]);
}

#[test]
fn shards_find_the_highest_load_that_one_machine_finds() {
    let command = "plan shop.json --within 10% --max-load --set policies.threaded.threads=4 --policy threaded";
    expect_the_same(command, &[(2, 1)]);
}

#[test]
fn a_scenario_that_is_not_steady_is_planned_by_shards_with_the_warm_up_that_one_machine_finds() {
    let command =
        r#"plan shop.json --within 10% --set arrivals=[{"for":"3s","rate":"40/s"},{"for":"3s","rate":"70/s"}]"#;
    expect_the_same(command, &[(3, 2)]);
}

#[test]
fn merge_names_what_the_next_round_needs() {
    let desk = desk();
    share(&desk, "plan shop.json --within 10%", (1, 2), 1);
    let message = errors(&desk.run("merge big", 3));
    assert!(message.contains("shop: policy-0.workers-"), "{message}");
    assert!(message.contains(".replication-"), "{message}");
    assert!(message.contains("waitline plan shop.json --within 10% --shard I/N"), "{message}");
    assert!(!desk.path("big/shop/plan.svg").exists(), "a plan that is not made is not drawn");
}

#[test]
fn who_does_a_replication_does_not_depend_on_what_others_have_done() {
    let desk = desk();
    let units = || desk.files().into_iter().filter(|file| file.contains(".replication-")).collect::<Vec<String>>();
    share(&desk, "plan shop.json --within 10%", (1, 3), 2);
    let first = units();
    share(&desk, "plan shop.json --within 10%", (2, 3), 2);
    let both = units();
    assert!(!first.is_empty() && both.len() > first.len());
    // The third alone: what it does in a folder of its own is none of theirs.
    let third = self::desk();
    share(&third, "plan shop.json --within 10%", (3, 3), 2);
    assert!(third.files().iter().filter(|file| file.contains(".replication-")).all(|file| !both.contains(file)));
}

#[test]
#[ignore = "takes a minute of CPU time; CI runs it"]
fn a_killed_share_of_a_plan_goes_on_with_another_number_of_shares() {
    let desk = desk();
    let command = "plan shop.json --within 2%";
    let alone = text(&desk.run(&format!("{command} --out alone --format json"), 0));
    let mut child = desk.process(&format!("{command} --out big --shard 1/1 --jobs 1")).spawn().unwrap();
    let units = desk.path("big/shop/units");
    let count = || fs::read_dir(&units).map_or(0, |entries| entries.filter_map(Result::ok).count());
    let begun = Instant::now();
    while count() < 5 && begun.elapsed() < Duration::from_secs(60) {
        thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(count() >= 5, "it was killed too early");
    for entry in fs::read_dir(&units).unwrap() {
        let unit: Value = serde_json::from_str(&fs::read_to_string(entry.unwrap().path()).unwrap()).unwrap();
        assert_eq!(unit["schema"], "waitline.unit/1");
    }
    in_rounds(&desk, command, 2, 2);
    assert_eq!(text(&desk.run("merge big --format json", 0)), alone);
}

/// The first file of a replication.
fn one_unit(desk: &Desk) -> String {
    let files = desk.files();
    files.into_iter().find(|file| file.contains("big/") && file.contains(".replication-")).expect("there are units")
}

#[test]
fn units_of_other_objectives_are_refused() {
    let desk = desk();
    share(&desk, "plan shop.json --within 10%", (1, 1), 2);
    let other = desk.run("plan shop.json --within 10% --slo mean<50ms --out big --shard 1/1", 2);
    assert!(errors(&other).contains("another command"), "{}", errors(&other));
    // Even where only the units came along.
    fs::remove_file(desk.path("big/waitline.shards.json")).unwrap();
    let other = desk.run("plan shop.json --within 10% --slo mean<50ms --out big --shard 1/1", 2);
    assert!(
        errors(&other).contains("its objective is p95 < 120ms within 0.1, mean < 60ms within 0.1"),
        "{}",
        errors(&other)
    );
}

#[test]
fn a_damaged_unit_of_a_plan_is_done_again() {
    let desk = desk();
    let command = "plan shop.json --within 10% --policy sync";
    let (merged, _) = in_rounds(&desk, command, 1, 2);
    let path = one_unit(&desk);
    let whole = desk.read(&path);
    fs::write(desk.path(&path), whole.replacen("\"requests\":", "\"requests\":1", 1)).unwrap();
    let message = errors(&desk.run("merge big", 3));
    assert!(message.contains("is damaged"), "{message}");
    share(&desk, command, (1, 1), 2);
    assert_eq!(desk.read(&path), whole);
    assert_eq!(text(&desk.run("merge big", 0)), text(&merged));
}

#[test]
fn a_share_of_a_plan_exports_nothing_and_stops_when_its_time_is_over() {
    let desk = desk();
    let export = desk.run("plan shop.json --shard 1/2 --export json=x.json --out big", 2);
    assert!(errors(&export).contains("`--export` cannot be used with `--shard`"), "{}", errors(&export));
    let late = desk.run("plan shop.json --shard 1/2 --time-limit 1us --out big", 3);
    assert!(errors(&late).contains("the same command continues the share"), "{}", errors(&late));
}
