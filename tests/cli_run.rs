//! `waitline run`: what it prints, writes and returns.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::fs;

use common::program::{Desk, LECTURE, SHOP, errors, text};
use serde_json::Value;

#[test]
fn the_lecture_shows_its_point_in_a_table() {
    let desk = Desk::new();
    let output = desk.run("run lecture.json", 0);
    let table = text(&output);
    assert!(table.starts_with("lecture\nTwo pages and a short request.\n"), "{table}");
    for words in ["sync", "threaded", "async", "475 ms 4.52×", "385 ms", "285 ms", "105 ms 1.00×", "waiting in line"]
    {
        assert!(table.contains(words), "no {words:?} in\n{table}");
    }
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
    for absent in ["rejected", "timed out", "in flight", "pool", "\u{1b}"] {
        assert!(!table.contains(absent), "{absent:?} in\n{table}");
    }
    assert_eq!(errors(&output), "wrote output/lecture/results.json and timeline.svg\n");
}

#[test]
fn results_and_timeline_are_written_to_a_directory_of_the_scenario() {
    let desk = Desk::empty().with("lecture.json", LECTURE);
    desk.run("run lecture.json", 0);
    let expected =
        ["lecture.json", "output", "output/lecture", "output/lecture/results.json", "output/lecture/timeline.svg"];
    assert_eq!(desk.files(), expected);
    assert!(desk.read("output/lecture/timeline.svg").contains("</svg>"));

    let results: Value = serde_json::from_str(&desk.read("output/lecture/results.json")).unwrap();
    assert_eq!(results["schema"], "waitline.results/1");
    let responses = |policy: usize| -> Vec<f64> {
        let timeline = results["policies"][policy]["timeline"].as_array().unwrap();
        timeline.iter().map(|request| request["response_time_ms"].as_f64().unwrap()).collect()
    };
    assert_eq!(responses(0), [200.0, 385.0, 475.0]);
    assert_eq!(responses(1), [200.0, 215.0, 285.0]);
    assert_eq!(responses(2), [200.0, 205.0, 105.0]);
}

#[cfg(unix)]
#[test]
fn files_can_be_read_by_others_as_far_as_the_umask_allows() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    fs::write(desk.path("usual"), "").unwrap();
    desk.run("run lecture.json --csv rows.csv", 0);
    let mode = |name: &str| fs::metadata(desk.path(name)).unwrap().permissions().mode();
    assert_eq!(mode("output/lecture/results.json"), mode("usual"));
    assert_eq!(mode("rows.csv"), mode("usual"));
}

#[test]
fn json_on_standard_output_is_results_json() {
    let desk = Desk::new();
    let output = desk.run("run lecture.json --format json", 0);
    assert_eq!(text(&output), desk.read("output/lecture/results.json"));
}

#[test]
fn several_scenarios_are_one_json_object_a_line() {
    let desk = Desk::new();
    let output = desk.run("run lecture.json shop.json --format json", 0);
    let names: Vec<Value> =
        text(&output).lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["scenario"].clone()).collect();
    assert_eq!(names, ["lecture", "shop"]);
    assert!(desk.path("output/lecture/results.json").exists() && desk.path("output/shop/results.json").exists());
    let one = serde_json::from_str::<Value>(&desk.read("output/shop/results.json")).unwrap();
    assert_eq!(text(&output).lines().nth(1).map(|line| serde_json::from_str::<Value>(line).unwrap()), Some(one));
}

#[test]
fn csv_has_one_header_and_a_row_for_each_policy_and_class() {
    let desk = Desk::new();
    let table = text(&desk.run("run lecture.json shop.json --format csv", 0));
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0][..4], ["scenario", "policy", "kind", "class"]);
    assert_eq!(rows.len(), 1 + 3 * 3 + 2 * 2);
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{table}");
    assert_eq!(rows[1][..5], ["lecture", "sync", "sync", "all", "3"]);
    let max = rows[0].iter().position(|name| *name == "response_time_max_ms").unwrap();
    assert_eq!(rows[1][max], "475");
}

#[test]
fn markdown_has_a_heading_and_tables_with_pipes() {
    let desk = Desk::new();
    let page = text(&desk.run("run lecture.json --format markdown", 0));
    assert!(page.starts_with("### lecture\n"), "{page}");
    assert!(page.contains("| sync | 3 | 353 | 385 | 475 | 475 | 475 | 2.48× | 4.52× |"), "{page}");
}

#[test]
fn the_same_scenario_and_seed_give_the_same_bytes() {
    let (one, other) = (Desk::new(), Desk::new());
    for desk in [&one, &other] {
        desk.run("run shop.json lecture.json --csv rows.csv", 0);
    }
    for file in ["output/shop/results.json", "output/shop/timeline.svg", "output/lecture/timeline.svg", "rows.csv"] {
        assert!(one.read(file) == other.read(file), "{file}");
    }
    one.run("run shop.json --seed 2", 0);
    assert!(one.read("output/shop/results.json") != other.read("output/shop/results.json"));
}

#[test]
fn a_policys_numbers_do_not_depend_on_which_others_run() {
    let desk = Desk::new();
    let policies = |arguments: &str| -> Vec<Value> {
        let results: Value = serde_json::from_str(&text(&desk.run(arguments, 0))).unwrap();
        results["policies"].as_array().unwrap().clone()
    };
    let all = policies("run shop.json --format json");
    let one = policies("run shop.json --format json --policy async");
    assert_eq!(one, [all[1].clone()]);
}

#[test]
fn a_scenario_is_read_from_standard_input() {
    let desk = Desk::empty();
    let output = desk.waitline("run - --quiet").write_stdin(SHOP).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    assert!(desk.read("output/stdin/results.json").contains("\"scenario\": \"stdin\""));
}

#[test]
fn quiet_prints_nothing_but_writes_and_a_format_that_is_named_is_printed() {
    let desk = Desk::new();
    let output = desk.run("run lecture.json --quiet", 0);
    assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{}", errors(&output));
    assert!(desk.path("output/lecture/results.json").exists());
    let output = desk.run("run lecture.json --quiet --format json", 0);
    assert!(output.stderr.is_empty());
    assert_eq!(text(&output), desk.read("output/lecture/results.json"));
}

#[test]
fn quiet_or_not_a_broken_objective_is_said() {
    let desk = Desk::new();
    let asked = "--assert async.mean<1ms --assert async.mean<1s --assert warn:async.p99<1ms";
    let output = desk.run(&format!("run shop.json --quiet {asked}"), 0);
    assert!(output.stdout.is_empty());
    let said = errors(&output);
    assert!(
        said.starts_with("shop: async.mean is ") && said.ends_with(", which does not meet `async.mean<1ms`\n"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
    let none = errors(&desk.run("run shop.json --quiet --assert async.mean<1s", 0));
    assert!(none.is_empty(), "{none}");
}

#[test]
fn values_are_changed_without_editing_the_file() {
    let desk = Desk::new();
    let output = desk.run("run shop.json --set run.requests=50 --set policies.sync.workers=9 --format json", 0);
    let results: Value = serde_json::from_str(&text(&output)).unwrap();
    assert_eq!(results["policies"][0]["requests"]["arrived"], 50);
    desk.fails("run shop.json --set machine.cors=2", 2, &["unknown field `cors`", "did you mean `cores`?"]);
}

#[test]
fn a_trace_stands_beside_its_scenario() {
    let desk = Desk::new();
    fs::create_dir(desk.path("folder")).unwrap();
    let desk = desk
        .with("folder/trace.json", SHOP.replace(r#"{ "poisson": "30/s" }"#, r#"{ "trace": "requests.jsonl" }"#))
        .with("folder/requests.jsonl", "{\"time_ms\": 1, \"class\": \"page\"}\n".repeat(7))
        .with("order.jsonl", "{\"time_ms\": 2, \"class\": \"page\"}\n{\"time_ms\": 1, \"class\": \"page\"}");
    let output = desk.run("run folder/trace.json --set run={} --format json", 0);
    let results: Value = serde_json::from_str(&text(&output)).unwrap();
    assert_eq!(results["policies"][0]["requests"]["arrived"], 7);
    let change = "run folder/trace.json --set arrivals.trace=";
    desk.fails(
        &format!("{change}../order.jsonl"),
        2,
        &["`../order.jsonl`, line 2: a request at 1ms follows one at 2ms"],
    );
    desk.fails(&format!("{change}missing.jsonl"), 2, &["there is no file `missing.jsonl`", "relative to the scenario"]);
    desk.fails(&format!("{change}../folder"), 2, &["`../folder` is a directory"]);
    desk.fails(&format!("{change}/dev/null"), 2, &["`/dev/null` cannot be read: it is not a regular file"]);
}

#[test]
fn the_seed_is_changed_and_no_longer_a_default() {
    let desk = Desk::new();
    let results = |arguments: &str| -> Value { serde_json::from_str(&text(&desk.run(arguments, 0))).unwrap() };
    let usual = results("run shop.json --format json");
    let other = results("run shop.json --format json --seed 7");
    assert_eq!((&usual["seed"], &other["seed"]), (&Value::from(1), &Value::from(7)));
    assert!(usual["defaults"].get("run.seed").is_some() && other["defaults"].get("run.seed").is_none());
    assert_eq!(usual["scenario_sha256"], other["scenario_sha256"]);
}

#[test]
fn assumptions_and_defaults_are_explained_when_asked() {
    let desk = Desk::new();
    let table = text(&desk.run("run lecture.json --explain-defaults", 0));
    assert!(table.contains("Assumed\n") && table.contains("Defaults in force\n"), "{table}");
    assert!(table.contains("machine.cores"), "{table}");
    assert!(
        text(&desk.run("run lecture.json --explain-defaults --format markdown", 0)).contains("**Defaults in force**")
    );
    assert!(!text(&desk.run("run lecture.json", 0)).contains("Defaults"));
}

#[test]
fn a_timeline_is_kept_of_short_runs_or_when_asked() {
    let desk = Desk::new();
    let timeline = |arguments: &str| -> Option<usize> {
        let results: Value = serde_json::from_str(&text(&desk.run(arguments, 0))).unwrap();
        results["policies"][0].get("timeline").map(|timeline| timeline.as_array().unwrap().len())
    };
    assert_eq!(timeline("run lecture.json --format json"), Some(3));
    assert_eq!(timeline("run shop.json --format json"), None);
    assert_eq!(timeline("run shop.json --format json --timeline 12"), Some(12));
    assert_eq!(timeline("run shop.json --format json --set run.requests=100"), Some(100));
}

#[test]
fn without_charts_there_is_no_picture() {
    let desk = Desk::empty().with("lecture.json", LECTURE);
    desk.run("run lecture.json --no-charts --out here/and/there", 0);
    assert!(desk.path("here/and/there/lecture/results.json").exists());
    assert!(!desk.path("here/and/there/lecture/timeline.svg").exists());
    assert!(!desk.path("output").exists());
}

#[test]
fn requests_are_written_one_a_row() {
    let desk = Desk::new();
    desk.run("run lecture.json --csv rows.csv", 0);
    let rows = desk.read("rows.csv");
    let lines: Vec<_> = rows.lines().collect();
    assert_eq!(
        lines[0],
        "policy,request,class,outcome,arrival_ms,departure_ms,response_time_ms,demand_ms,slowdown,backlog_wait_ms,\
         run_queue_wait_ms,pool_wait_ms,backend_wait_ms,framework_ms,compute_ms,backend_ms,sleep_ms"
    );
    assert_eq!(lines.len(), 1 + 3 * 3);
    assert!(lines.contains(&"sync,3,short,completed,30,505,475,105,4.52381,370,0,0,0,20,10,75,0"), "{rows}");

    desk.run("run lecture.json shop.json --csv both.csv", 0);
    let rows = desk.read("both.csv");
    assert!(rows.starts_with("scenario,policy,request,"), "{rows}");
    assert_eq!(rows.lines().count(), 1 + 3 * 3 + 2 * 2000);
    assert!(rows.lines().nth(1).is_some_and(|line| line.starts_with("lecture,sync,1,page,completed,")));
}

#[test]
fn requests_that_are_not_answered_have_rows_too() {
    let desk = Desk::new();
    desk.run(
        "run shop.json --policy sync --set policies.sync.backlog=0 --set policies.sync.workers=1 --csv rows.csv",
        0,
    );
    let rows = desk.read("rows.csv");
    assert_eq!(rows.lines().count(), 1 + 2000);
    assert!(rows.lines().any(|line| line.contains(",page,rejected,")), "{rows}");
}

#[test]
fn the_parts_of_each_request_add_up_to_its_response_time() {
    let desk = Desk::new();
    desk.run("run shop.json --csv rows.csv", 0);
    for line in desk.read("rows.csv").lines().skip(1) {
        let nanos = |cell: &str| (cell.parse::<f64>().unwrap() * 1e6).round() as i64;
        let cells: Vec<_> = line.split(',').collect();
        assert_eq!(cells[9..].iter().map(|cell| nanos(cell)).sum::<i64>(), nanos(cells[6]), "{line}");
    }
}
