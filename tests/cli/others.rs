//! The small commands: `init`, `quick`, `schema`, `completions`, `man`, help.

use crate::common::program::{Desk, errors, text};
use serde_json::Value;

#[test]
fn the_output_of_init_can_be_run() {
    let desk = Desk::empty();
    let scenario = text(&desk.run("init", 0));
    let output = desk.waitline("run - --set run.requests=500").write_stdin(scenario.clone()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    for kind in ["sync", "threaded", "async"] {
        assert!(scenario.contains(&format!("{{ \"{kind}\":")), "{kind} is not shown");
    }
}

#[test]
fn the_output_of_init_satisfies_the_schema() {
    let schema: Value = serde_json::from_str(&text(&Desk::empty().run("schema scenario", 0))).unwrap();
    let scenario = text(&Desk::empty().run("init", 0));
    let source = waitline::scenario::Source::new("init", scenario);
    let document = waitline::scenario::to_json(source).unwrap();
    let faults: Vec<_> = jsonschema::validator_for(&schema)
        .unwrap()
        .iter_errors(&document)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn quick_compares_the_policies_and_writes_nothing() {
    let desk = Desk::empty();
    let output = desk.run("quick --rate 80/s --cpu 10ms --db 80ms --requests 2000", 0);
    let table = text(&output);
    for policy in ["sync", "threaded", "async"] {
        assert!(table.contains(policy), "{table}");
    }
    assert!(desk.files().is_empty() && output.stderr.is_empty(), "{:?}\n{}", desk.files(), errors(&output));

    desk.run("quick --rate 80/s --cpu 10ms --requests 200 --out there", 0);
    let files = ["breakdown.svg", "latency.svg", "over_time.svg", "results.json", "timeline.svg"];
    let files = files.map(|file| format!("there/quick/{file}"));
    assert_eq!(desk.files()[2..], files);
}

#[test]
fn the_scenario_that_quick_prints_gives_the_same_numbers() {
    let desk = Desk::empty();
    let options =
        "quick --rate 80/s --cpu 3ms --db 80ms --workers 2 --threads 16 --cores 1 --requests 3000 --law constant";
    let scenario = text(&desk.run(&format!("{options} --print-scenario"), 0));
    for other in ["--seed 2", "--set run.requests=5", "--policy sync", "--assert p99<1s", "--replications 2"] {
        desk.fails(&format!("{options} --print-scenario {other}"), 2, &["cannot be used with"]);
    }
    let quick: Value = serde_json::from_str(&text(&desk.run(&format!("{options} --format json"), 0))).unwrap();
    let run = desk.waitline("run - --format json").write_stdin(scenario).output().unwrap();
    let run: Value = serde_json::from_str(&text(&run)).unwrap();
    assert_eq!(quick["policies"], run["policies"]);
    assert_eq!(quick["scenario_sha256"], run["scenario_sha256"]);
}

#[test]
fn quick_with_only_exponential_work_is_the_textbook_queue() {
    // M/M/1 with λ = 50/s and S = 10 ms: W = 1 / (1/S − λ) = 20 ms.
    let desk = Desk::empty();
    let output = desk.run("quick --rate 50/s --cpu 10ms --workers 1 --requests 200000 --format json", 0);
    let results: Value = serde_json::from_str(&text(&output)).unwrap();
    let mean = results["policies"][0]["response_time_ms"]["mean"].as_f64().unwrap();
    assert!((mean - 20.0).abs() < 0.6, "{mean}");
}

#[test]
fn the_schema_is_json_and_the_completions_and_manual_pages_name_the_program() {
    let desk = Desk::empty();
    let schema: Value = serde_json::from_str(&text(&desk.run("schema scenario", 0))).unwrap();
    assert!(schema["properties"]["classes"].is_object());
    for shell in ["bash", "zsh", "fish"] {
        assert!(text(&desk.run(&format!("completions {shell}"), 0)).contains("waitline"));
    }
    assert!(text(&desk.run("man", 0)).contains(".TH waitline 1"));
    assert!(text(&desk.run("man run", 0)).contains("\\-\\-policy"));
}

#[test]
fn help_teaches_by_examples_and_fits_the_screen() {
    let desk = Desk::empty();
    for command in ["", "run", "quick", "init", "schema", "completions", "man"] {
        for help in ["-h", "--help"] {
            let page = text(&desk.run(&format!("{command} {help}"), 0));
            assert!(page.contains("Examples:"), "{page}");
            let widest = page.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= 100, "{widest} columns: waitline {command} {help}\n{page}");
        }
    }
    assert_eq!(text(&desk.run("--version", 0)), format!("waitline {}\n", env!("CARGO_PKG_VERSION")));
}
