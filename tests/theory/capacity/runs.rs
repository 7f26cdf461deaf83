//! Capacities that a saturated run finds, beside exact ones.

use std::fs;
use std::path::Path;

use serde_json::json;
use waitline::scenario::Scenario;
use waitline::study::{Capacity, saturation};

use super::{analytic, by_run, capacity_of, cpu_then_db, no_other};

#[test]
fn the_thread_pools_of_the_exact_cases() {
    let threaded = |threads: u32| json!({ "threaded": { "threads": threads } });
    analytic(cpu_then_db(20.0, 80.0), json!({ "sync": {} }), no_other(), 10.0, "workers");
    by_run(cpu_then_db(20.0, 80.0), threaded(4), no_other(), 34.466_02, "threads");
    by_run(cpu_then_db(20.0, 80.0), threaded(8), no_other(), 48.479, "threads, GIL and cores");
    let client = json!({ "backends": { "db": { "client": { "before": "8ms", "after": "17ms" } } } });
    analytic(cpu_then_db(20.0, 80.0), json!({ "sync": {} }), client.clone(), 8.0, "workers");
    analytic(cpu_then_db(20.0, 80.0), json!({ "async": {} }), client, 1000.0 / 45.0, "loop and cores");
    analytic(cpu_then_db(20.0, 80.0), json!({ "async": {} }), no_other(), 50.0, "loop and cores");
    let without_gil = json!({ "threaded": { "threads": 4, "gil": false } });
    analytic(cpu_then_db(20.0, 80.0), without_gil, json!({ "machine": { "cores": 4 } }), 40.0, "threads");
}

#[test]
fn a_saturated_worker_with_a_lock() {
    // Requests of 100 ms, and the share of waiting in it; number of threads, throughput per second.
    let table = [
        (0.25, [(1, 10.0), (2, 12.8), (3, 13.2743), (5, 13.333), (8, 13.3333), (16, 13.3333)]),
        (0.50, [(1, 10.0), (2, 16.0), (3, 18.75), (5, 19.9387), (8, 19.9998), (16, 20.0)]),
    ];
    for (waiting, row) in table {
        for (threads, per_s) in row {
            let phases = cpu_then_db(100.0 * (1.0 - waiting), 100.0 * waiting);
            let policy = json!({ "threaded": { "threads": threads } });
            let found = capacity_of(phases, policy, no_other());
            let error = found.per_s.unwrap() / per_s - 1.0;
            assert!(error.abs() < 0.012, "{waiting}, {threads} threads: {} instead of {per_s}", found.per_s.unwrap());
            assert_eq!(found.half_width_per_s.is_some(), threads > 1);
        }
    }
}

#[test]
fn the_interval_of_a_run_covers_the_exact_capacity() {
    for (threads, exact) in [(4, 34.466_02), (8, 48.479)] {
        let policy = json!({ "threaded": { "threads": threads } });
        let found: Vec<Capacity> = (1..=20)
            .map(|seed| {
                let run = json!({ "run": { "requests": 1, "seed": seed } });
                capacity_of(cpu_then_db(20.0, 80.0), policy.clone(), run)
            })
            .collect();
        let rates: Vec<f64> = found.iter().map(|capacity| capacity.per_s.unwrap()).collect();
        let covers =
            |capacity: &&Capacity| (capacity.per_s.unwrap() - exact).abs() <= capacity.half_width_per_s.unwrap();
        // Fewer than 15 of 20 intervals at 95 % cover in one case of ten thousand.
        let covered = found.iter().filter(covers).count();
        assert!(covered >= 15, "{threads} threads: {covered} of 20 cover {exact}: {rates:?}");
        let mean = rates.iter().sum::<f64>() / 20.0;
        assert!((mean / exact - 1.0).abs() < 0.003, "{threads} threads: {mean} instead of {exact}");
    }
}

/// The shipped scenarios, except those that name files.
fn scenarios() -> Vec<Scenario> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| {
        path.to_string_lossy().ends_with(".json") && !path.to_string_lossy().ends_with(".baseline.json")
    });
    paths.sort();
    paths.iter().filter_map(|path| Scenario::from_json(&fs::read_to_string(path).unwrap()).ok()).collect()
}

#[test]
fn every_shipped_scenario_has_a_precise_and_reproducible_capacity() {
    for scenario in scenarios() {
        for policy in scenario.policies() {
            let found = saturation(&scenario, policy, 100.0);
            let capacity = found.capacity_per_s.unwrap_or(f64::INFINITY);
            assert!(capacity > 0.0, "{:?}: {}", scenario.description(), policy.name());
            let half_width = found.capacity_half_width_per_s.unwrap_or(0.0);
            assert!(half_width < 0.03 * capacity, "{:?}: {} ± {half_width}", scenario.description(), capacity);
            assert_eq!(saturation(&scenario, policy, 100.0), found);
        }
    }
}
