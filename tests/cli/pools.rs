//! Pools in the report: how many connections they open together, and whether the database accepts them.

use serde_json::{Value, json};

use crate::common::program::{Desk, text};

/// The report of a scenario with these pools, its words separated by single spaces, and its results.
fn report(backend: &Value) -> (String, Value) {
    replicated(1, backend)
}

/// The same on that many replicas.
fn replicated(replicas: u32, backend: &Value) -> (String, Value) {
    let scenario = json!({
        "replicas": { "count": replicas },
        "classes": { "page": { "phases": [{ "compute": "1ms" }, { "db": "10ms" }] } },
        "arrivals": { "constant": "10/s" },
        "backends": { "db": backend },
        "policies": [{ "threaded": { "workers": 8, "threads": 2 } }, { "async": {} }],
        "run": { "requests": 20 },
    });
    let desk = Desk::empty().with("app.json", scenario.to_string());
    let words = text(&desk.run("run app.json --no-charts", 0)).split_whitespace().collect::<Vec<_>>().join(" ");
    let results = text(&desk.run("run app.json --no-charts --format json", 0));
    (words, serde_json::from_str(&results).unwrap())
}

#[test]
fn the_total_of_several_pools_is_printed() {
    let total = "threaded: 20 × 8 workers = 160 connections to `db`.";
    let (report_, results) = report(&json!({ "pool": { "size": 20 } }));
    assert!(report_.contains(total) && !report_.contains("async: 20 ×"), "{report_}");
    assert!(results["pools"].is_null());
    let (with_overflow, _) = report(&json!({ "pool": { "size": 5, "overflow": 10 } }));
    assert!(with_overflow.contains("threaded: (5 + 10) × 8 workers = 120 connections to `db`."), "{with_overflow}");
    let (of_replicas, _) = replicated(3, &json!({ "pool": { "size": 5, "per": "replica" } }));
    assert!(of_replicas.contains("threaded: 5 × 3 replicas = 15 connections to `db`."), "{of_replicas}");
    let (one_pool, _) = report(&json!({ "pool": { "size": 20, "per": "application" } }));
    assert!(!one_pool.contains("connections to `db`"), "{one_pool}");
}

#[test]
fn more_connections_than_the_database_accepts_are_warned_of() {
    let (report_, results) = report(&json!({ "pool": { "size": 20 }, "max_connections": 100 }));
    let warning = "threaded: the pools may open 160 connections to `db` (20 × 8 workers), which accepts 100";
    assert!(report_.contains(warning) && !report_.contains("async: the pools"), "{report_}");
    let expected = json!([
        { "policy": "threaded", "backend": "db", "size": 20, "overflow": 0, "per": "worker", "pools": 8, "connections": 160, "max_connections": 100 },
        { "policy": "async", "backend": "db", "size": 20, "overflow": 0, "per": "worker", "pools": 1, "connections": 20, "max_connections": 100 },
    ]);
    assert_eq!(results["pools"], expected);
    let (enough, _) = report(&json!({ "pool": { "size": 20 }, "max_connections": 160 }));
    assert!(!enough.contains("which accepts"), "{enough}");
}
