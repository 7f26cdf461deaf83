//! `waitline run`: what it prints, writes and returns.

use std::fs;

use crate::common::program::{Desk, LECTURE, SHOP, errors, text};
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
fn results_and_timeline_are_written_to_a_directory_per_scenario() {
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
fn file_permissions_follow_the_umask() {
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
fn several_scenarios_are_one_json_object_per_line() {
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
fn csv_has_one_header_and_one_row_per_policy_and_class() {
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
fn the_numbers_of_a_policy_do_not_depend_on_the_other_policies() {
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
fn quiet_writes_files_and_only_prints_a_requested_format() {
    let desk = Desk::new();
    let output = desk.run("run lecture.json --quiet", 0);
    assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{}", errors(&output));
    assert!(desk.path("output/lecture/results.json").exists());
    let output = desk.run("run lecture.json --quiet --format json", 0);
    assert!(output.stderr.is_empty());
    assert_eq!(text(&output), desk.read("output/lecture/results.json"));
}

#[test]
fn a_broken_objective_is_reported_even_with_quiet() {
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
fn a_trace_path_is_relative_to_its_scenario() {
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
        &["`../order.jsonl`, line 2: the request at 1ms follows one at 2ms"],
    );
    desk.fails(&format!("{change}missing.jsonl"), 2, &["there is no file `missing.jsonl`", "relative to the scenario"]);
    desk.fails(&format!("{change}../folder"), 2, &["`../folder` is a directory"]);
    desk.fails(&format!("{change}/dev/null"), 2, &["`/dev/null` cannot be read: it is not a regular file"]);
}

#[test]
fn a_given_seed_is_no_longer_a_default() {
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
fn a_timeline_is_recorded_for_short_runs_or_on_request() {
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
fn requests_are_written_one_per_row() {
    let desk = Desk::new();
    desk.run("run lecture.json --csv rows.csv", 0);
    let rows = desk.read("rows.csv");
    let lines: Vec<_> = rows.lines().collect();
    assert_eq!(
        lines[0],
        "policy,request,class,outcome,arrival_ms,departure_ms,response_time_ms,demand_ms,slowdown,backlog_wait_ms,\
         run_queue_wait_ms,pool_wait_ms,backend_wait_ms,framework_ms,compute_ms,backend_ms,sleep_ms,thread_wait_ms,reason"
    );
    assert_eq!(lines.len(), 1 + 3 * 3);
    assert!(lines.contains(&"sync,3,short,completed,30,505,475,105,4.52381,370,0,0,0,20,10,75,0,0,"), "{rows}");

    desk.run("run lecture.json shop.json --csv both.csv", 0);
    let rows = desk.read("both.csv");
    assert!(rows.starts_with("scenario,policy,request,"), "{rows}");
    assert_eq!(rows.lines().count(), 1 + 3 * 3 + 2 * 2000);
    assert!(rows.lines().nth(1).is_some_and(|line| line.starts_with("lecture,sync,1,page,completed,")));
}

#[test]
fn unanswered_requests_have_rows_too() {
    let desk = Desk::new();
    desk.run(
        "run shop.json --policy sync --set policies.sync.backlog=0 --set policies.sync.workers=1 --csv rows.csv",
        0,
    );
    let rows = desk.read("rows.csv");
    assert_eq!(rows.lines().count(), 1 + 2000);
    assert!(rows.lines().any(|line| line.contains(",page,rejected,") && line.ends_with(",backlog")), "{rows}");
}

#[test]
fn the_parts_of_each_request_add_up_to_its_response_time() {
    let desk = Desk::new();
    desk.run("run shop.json --csv rows.csv", 0);
    for line in desk.read("rows.csv").lines().skip(1) {
        let nanos = |cell: &str| (cell.parse::<f64>().unwrap() * 1e6).round() as i64;
        let cells: Vec<_> = line.split(',').collect();
        assert_eq!(cells[9..18].iter().map(|cell| nanos(cell)).sum::<i64>(), nanos(cells[6]), "{line}");
    }
}

/// One connection for many requests; each waits for it at most 50 ms.
const POOL: &str = r#"{ "classes": { "page": { "phases": [{ "db": "10ms" }] } }, "arrivals": { "constant": "200/s" },
    "backends": { "db": { "pool": { "size": 1, "acquire_timeout": "50ms" } } }, "policies": [{ "async": {} }],
    "run": { "requests": 400 } }"#;

#[test]
fn every_format_shows_why_requests_failed_and_how_long_they_waited() {
    let desk = Desk::empty().with("pool.json", POOL);
    let table = text(&desk.run("run pool.json --csv rows.csv", 0));
    let results: Value = serde_json::from_str(&desk.read("output/pool/results.json")).unwrap();
    let policy = &results["policies"][0];
    let failed = policy["requests"]["failed"].as_u64().unwrap();
    assert!(failed > 100, "{failed}");
    assert_eq!(policy["requests"]["failed_by"]["acquire_timeout"], failed);
    assert_eq!(policy["classes"]["page"]["requests"]["failed_by"]["acquire_timeout"], failed);
    // Unanswered requests have spent 50 ms in the queue for a connection, and no other time.
    assert_eq!(policy["unanswered_breakdown_ms"]["pool_wait"], 50.0);
    // All 400 asked for a connection; those that got none count with the time they waited.
    let pool = &policy["stations"]["pool.db"];
    assert_eq!((pool["asked"].as_u64(), pool["count"].as_u64()), (Some(400), Some(1)));
    assert_eq!(pool["wait_ms"]["p99"], 50.0);
    assert!(pool["waiting"]["max"].as_u64().unwrap() >= 9, "{pool}");
    for words in ["no connection within `acquire_timeout`", "connection to db", "no answer"] {
        assert!(table.contains(words), "no {words:?} in\n{table}");
    }
    let rows = desk.read("rows.csv");
    let with_reason = rows.lines().filter(|line| line.contains(",failed,") && line.ends_with(",acquire_timeout"));
    assert_eq!(with_reason.count() as u64, failed);
    let junit = text(&desk.run("run pool.json --format junit", 0));
    assert!(junit.contains("failed: no connection within `acquire_timeout`"), "{junit}");
    let csv = text(&desk.run("run pool.json --format csv", 0));
    let cells = |line: usize| csv.lines().nth(line).unwrap().split(',').map(str::to_owned).collect::<Vec<_>>();
    let place = cells(0).iter().position(|name| name == "failed_by_acquire_timeout").unwrap();
    assert_eq!((cells(1)[place].clone(), cells(2)[place].clone()), (failed.to_string(), failed.to_string()));
    assert_eq!(cells(0).len(), cells(1).len());
}

#[test]
fn objectives_can_refer_to_stations() {
    let desk = Desk::empty().with("pool.json", POOL);
    let asked = |command: &str, objective: &str, code: i32| {
        let output = desk.waitline(command).arg(objective).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{objective}: {}", errors(&output));
        output
    };
    for (objective, is_met) in [
        ("pool.db.wait.p99 <= 50ms", true),
        ("pool.db.wait.p99 < 50ms", false),
        ("pool.db.wait.probability > 90%", true),
        ("pool.db.in_use.mean > 0.9", true),
        ("pool.db.waiting.max < 5", false),
        ("utilization.pools.db > 90%", true),
        ("utilization.db > 90%", true),
        ("requests.failed_by.acquire_timeout < 1%", false),
        ("requests.failed_by.backend_down == 0", true),
        ("page.requests.failed_by.acquire_timeout == 0", false),
        // Nothing computes and there are no threads, so no request asks for either.
        ("turn.wait.p99 < 1ms", false),
        ("threads.wait.p99 < 1ms", false),
    ] {
        let results = text(&asked("run pool.json --format json --assert", objective, 0));
        let results: Value = serde_json::from_str(&results).unwrap();
        let verdict = &results["slo"][0]["verdict"];
        assert_eq!(verdict == "met", is_met, "{objective}: {}", results["slo"][0]);
    }
    let said = errors(&asked("run pool.json --assert", "backend.db.wait.p99 < 1ms", 2));
    assert!(said.contains("the backend `db` has no `concurrency`"), "{said}");
}

#[test]
fn pool_threads_are_a_station() {
    let scenario = r#"{ "classes": { "page": { "phases": [{ "db": "10ms" }] } },
        "arrivals": { "at": [{ "time": "0ms", "class": "page" }, { "time": "4ms", "class": "page" }] },
        "policies": [{ "async": { "thread_pool": { "threads": 1 } } }] }"#;
    let desk = Desk::empty().with("threads.json", scenario);
    let table = text(&desk.run("run threads.json", 0));
    let results: Value = serde_json::from_str(&desk.read("output/threads/results.json")).unwrap();
    let policy = &results["policies"][0];
    assert_eq!(policy["utilization"]["threads"], 1.0);
    assert_eq!(
        (&policy["breakdown_ms"]["thread_wait"], &policy["breakdown_ms"]["run_queue_wait"]),
        (&3.0.into(), &0.0.into())
    );
    assert_eq!(policy["stations"]["threads"]["wait_ms"]["p99"], 6.0);
    assert_eq!(policy["timeline"][1]["segments"][0]["kind"], "thread_wait");
    assert!(desk.read("output/threads/timeline.svg").contains("waiting for a thread of the pool"));
    assert!(table.lines().any(|line| line.contains("waiting in") || line.contains("thread")), "{table}");
}

#[test]
fn one_overloaded_worker_among_idle_ones_is_noticed() {
    let at = |time: u32, class: &str| format!(r#"{{ "time": "{time}ms", "class": "{class}" }}"#);
    let arrivals = |second: &str| {
        let each = (0..100).flat_map(|place| [at(10 * place, "long"), at(10 * place + 1, second)]);
        each.collect::<Vec<_>>().join(", ")
    };
    // Round robin: worker 1 gets the first of each pair, worker 2 the second.
    let scenario = |second: &str| {
        format!(
            r#"{{ "classes": {{ "long": {{ "phases": [{{ "compute": "12ms" }}] }}, "short": {{ "phases": [{{ "compute": "1ms" }}] }} }},
            "arrivals": {{ "at": [{}] }}, "machine": {{ "cores": 2 }},
            "policies": [{{ "async": {{ "workers": 2, "dispatch": "round_robin" }} }}] }}"#,
            arrivals(second)
        )
    };
    let desk = Desk::empty().with("one.json", scenario("short")).with("both.json", scenario("long"));
    let table = text(&desk.run("run one.json", 0));
    let results: Value = serde_json::from_str(&desk.read("output/one/results.json")).unwrap();
    let policy = &results["policies"][0];
    assert_eq!(policy["imbalance"]["worker"], 1);
    let requests: Vec<_> = policy["per_worker"].as_array().unwrap().iter().map(|worker| &worker["requests"]).collect();
    assert_eq!(requests, [100, 100]);
    assert!(table.contains("warning: async: worker 1 is overloaded"), "{table}");
    assert!(table.contains("Workers of async"), "{table}");
    // Both are overloaded: that is not an imbalance.
    let table = text(&desk.run("run both.json", 0));
    assert!(!table.contains("while the others have room"), "{table}");
}
