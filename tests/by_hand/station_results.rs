//! What results say of stations, computed by hand: percentiles of waits, shares, levels, and sums over replications.

use std::ops::ControlFlow;

use waitline::scenario::Scenario;
use waitline::stats::{StationResults, WaitingTime};
use waitline::study::{Options, Watch, run};

/// The stations of the only policy of a scenario, by name.
fn station(scenario: &str, name: &str) -> StationResults {
    let scenario = Scenario::from_json(scenario).unwrap_or_else(|error| panic!("{error:?}"));
    let mut watch = Watch { progress: &|_| ControlFlow::Continue(()), rows: None };
    let mut results = run(&scenario, &Options::default(), &mut watch).unwrap();
    let stations = &mut results.policies[0].stations;
    stations.swap_remove(name).unwrap_or_else(|| panic!("no station {name} in {:?}", stations.keys()))
}

/// Twenty requests that arrive together and query for 10 ms, one after another: they wait 0, 10, 20, … 190 ms.
fn twenty(backends: &str, replications: u32) -> String {
    let arrivals = [r#"{ "time": "0ms" }"#; 20].join(", ");
    format!(
        r#"{{ "classes": {{ "page": {{ "phases": [ {{ "db": "10ms" }} ] }} }}, "arrivals": {{ "at": [ {arrivals} ] }},
             "backends": {{ "db": {backends} }}, "policies": [ {{ "async": {{}} }} ],
             "run": {{ "duration": "400ms", "replications": {replications} }} }}"#
    )
}

#[test]
fn percentiles_are_those_of_the_waits_of_all_that_asked() {
    // By nearest rank, of 20: the 10th, the 19th and the 20th.
    let waits =
        WaitingTime { mean: Some(95.0), p50: Some(90.0), p95: Some(180.0), p99: Some(190.0), probability: Some(0.95) };
    for (backends, name) in [
        (r#"{ "concurrency": 1 }"#, "backend.db"),
        (r#"{ "pool": { "size": 1 } }"#, "pool.db"),
        // Two stations: all wait for the connection, and none for the backend.
        (r#"{ "pool": { "size": 1 }, "concurrency": 1 }"#, "pool.db"),
        (r#"{ "pool": { "size": 20 }, "concurrency": 1 }"#, "backend.db"),
    ] {
        for replications in [1, 3] {
            let found = station(&twenty(backends, replications), name);
            assert_eq!((found.asked, found.wait_ms), (20 * u64::from(replications), waits), "{name} of {backends}");
        }
    }
    let idle = station(&twenty(r#"{ "pool": { "size": 1 }, "concurrency": 1 }"#, 1), "backend.db");
    assert_eq!((idle.asked, idle.wait_ms.probability, idle.wait_ms.p99), (20, Some(0.0), Some(0.0)));
}

#[test]
fn levels_and_utilization_are_means_over_the_run() {
    // One of them is busy from 0 to 200 of 400 ms; 19, 18, … wait, 1,900 ms in all.
    for (backends, name) in [(r#"{ "concurrency": 1 }"#, "backend.db"), (r#"{ "pool": { "size": 1 } }"#, "pool.db")] {
        let found = station(&twenty(backends, 1), name);
        assert_eq!((found.count, found.utilization, found.throttled), (1, Some(0.5), None), "{name}");
        let [in_use, waiting] = [found.in_use.unwrap(), found.waiting.unwrap()];
        assert_eq!((in_use.mean, in_use.max, waiting.mean, waiting.max), (Some(0.5), 1, Some(4.75), 19), "{name}");
    }
    let found = station(&twenty(r#"{ "pool": { "size": 3, "overflow": 2 } }"#, 1), "pool.db");
    assert_eq!((found.count, found.utilization), (5, Some(0.1)));
}

#[test]
fn a_quota_is_used_and_throttles() {
    // Half a core: 5 ms in each 10. The request runs 0–5 and 10–13 of 20 ms, and stands still from 5 to 10.
    let scenario = |quota: &str| {
        format!(
            r#"{{ "classes": {{ "page": {{ "phases": [ {{ "compute": "8ms" }} ] }} }}, "arrivals": {{ "at": [ {{ "time": "0ms" }} ] }},
                 "machine": {{ "cores": 1, {quota} }}, "policies": [ {{ "sync": {{ "workers": 2 }} }} ], "run": {{ "duration": "20ms" }} }}"#
        )
    };
    let with = scenario(r#""cpu_limit": 0.5, "limit_period": "10ms""#);
    let quota = station(&with, "cpu_limit");
    assert_eq!((quota.utilization, quota.throttled, quota.asked), (Some(0.8), Some(0.25), 1));
    assert_eq!((quota.wait_ms.mean, quota.wait_ms.probability), (Some(5.0), Some(1.0)));
    assert_eq!(station(&with, "cores").throttled, None);
}

#[test]
fn threads_of_all_workers_are_counted() {
    // Two loops with three threads each, of which one works for 10 of 20 ms.
    let scenario = r#"{ "classes": { "page": { "phases": [ { "compute": "10ms" } ] } }, "arrivals": { "at": [ { "time": "0ms" } ] },
        "machine": { "cores": 2 }, "policies": [ { "async": { "workers": 2, "thread_pool": { "threads": 3 } } } ],
        "run": { "duration": "20ms" } }"#;
    let found = station(scenario, "threads");
    assert_eq!((found.count, found.asked, found.in_use.unwrap().mean), (6, 1, Some(0.5)));
    assert!((found.utilization.unwrap() - 0.5 / 6.0).abs() < 1e-12);
}
