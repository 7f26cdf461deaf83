//! The capacity of each policy: compared with exact values, one binding station after another, and its meaning for a load.

use std::fs;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::Path;

use serde_json::{Value, json};
use waitline::output::words::{binding as binding_of, load_warning};
use waitline::random::Files;
use waitline::scenario::{Scenario, Source, read};
use waitline::stats::theory::Mmc;
use waitline::stats::{
    CapacityMethod, Excess, LeftOut, LoadPointSource, LoadState, PolicyResults, Saturation, Sensitivity, Station,
};
use waitline::study::{Capacity, Options, StationBound, Watch, capacity, run, saturation, station_bounds};

/// A scenario with one policy and other sections.
fn scenario(phases: Value, policy: Value, other: Value) -> Scenario {
    let mut json = json!({
        "classes": { "page": { "phases": phases } },
        "arrivals": { "poisson": "8/s" },
        "policies": [policy],
        "run": { "requests": 1000 },
    });
    for (key, value) in other.as_object().into_iter().flatten() {
        json[key] = value.clone();
    }
    match Scenario::from_json(&json.to_string()) {
        Ok(scenario) => scenario,
        Err(diagnostic) => panic!("{}", diagnostic.render(false)),
    }
}

fn capacity_of(phases: Value, policy: Value, other: Value) -> Capacity {
    let scenario = scenario(phases, policy, other);
    capacity(&scenario, &scenario.policies()[0])
}

/// Checks the capacity, how it was found, and what binds.
fn check(phases: Value, policy: Value, other: Value, per_s: f64, method: CapacityMethod, binding: &str) {
    let system = format!("{phases} under {policy} with {other}");
    let capacity = capacity_of(phases, policy, other);
    let allowed = if method == CapacityMethod::Analytic { 1e-9 } else { 0.012 };
    let found = capacity.per_s.unwrap_or(f64::INFINITY);
    assert!((found / per_s - 1.0).abs() < allowed, "{system}: {found}/s, not {per_s}/s");
    assert_eq!((capacity.method, binding_of(&capacity.binding).as_str()), (method, binding), "{system}: {capacity:?}");
}

fn analytic(phases: Value, policy: Value, other: Value, per_s: f64, binding: &str) {
    check(phases, policy, other, per_s, CapacityMethod::Analytic, binding);
}

fn by_run(phases: Value, policy: Value, other: Value, per_s: f64, binding: &str) {
    check(phases, policy, other, per_s, CapacityMethod::SaturatedRun, binding);
}

/// Exponential CPU time, then an exponential query.
fn cpu_then_db(cpu_ms: f64, db_ms: f64) -> Value {
    json!([
        { "compute": { "exponential": format!("{cpu_ms}ms") } },
        { "db": { "exponential": format!("{db_ms}ms") } },
    ])
}

fn no_other() -> Value {
    json!({})
}

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

#[test]
fn a_limit_on_requests_in_progress_acts_like_a_thread_pool() {
    let policy = json!({ "async": { "max_in_progress": 4 } });
    by_run(cpu_then_db(20.0, 80.0), policy, no_other(), 34.466_02, "max_in_progress");
}

#[test]
fn workers_bind_if_they_have_enough_cores() {
    let sync = |workers: u32| json!({ "sync": { "workers": workers } });
    analytic(cpu_then_db(20.0, 80.0), sync(3), json!({ "machine": { "cores": 3 } }), 30.0, "workers");
    // No waits: three workers on two cores.
    analytic(json!([{ "compute": "20ms" }]), sync(3), json!({ "machine": { "cores": 2 } }), 100.0, "cores");
    analytic(json!([{ "compute": "20ms" }]), sync(2), json!({ "machine": { "cores": 2 } }), 100.0, "workers and cores");
    // Each burst costs a context switch.
    let switch = json!({ "machine": { "context_switch": "1ms" } });
    let two_bursts = json!([{ "compute": "10ms" }, { "db": "28ms" }, { "compute": "10ms" }, { "framework": "50ms" }]);
    analytic(two_bursts, sync(1), switch, 10.0, "workers");
}

#[test]
fn workers_on_too_few_cores_are_simulated() {
    // Two workers on one core are like two threads with a lock.
    let policy = json!({ "sync": { "workers": 2 } });
    by_run(cpu_then_db(50.0, 50.0), policy, no_other(), 16.0, "workers");
    let policy = json!({ "sync": { "workers": 8 } });
    by_run(cpu_then_db(50.0, 50.0), policy, no_other(), 19.9998, "cores");
}

#[test]
fn each_station_binds_a_loop_once() {
    let loops = |workers: u32| json!({ "async": { "workers": workers } });
    let cores = |cores: u32| json!({ "machine": { "cores": cores } });
    analytic(cpu_then_db(20.0, 80.0), loops(2), cores(4), 100.0, "loop");
    analytic(cpu_then_db(20.0, 80.0), loops(4), cores(2), 100.0, "cores");
    let pool =
        |per: &str| json!({ "machine": { "cores": 2 }, "backends": { "db": { "pool": { "size": 2, "per": per } } } });
    analytic(cpu_then_db(20.0, 80.0), loops(2), pool("worker"), 50.0, "pool of `db`");
    analytic(cpu_then_db(20.0, 80.0), loops(2), pool("application"), 25.0, "pool of `db`");
    let concurrency = json!({ "backends": { "db": { "concurrency": 3, "pool": { "size": 9 } } } });
    analytic(cpu_then_db(20.0, 80.0), loops(1), concurrency, 37.5, "backend `db`");
}

#[test]
fn parallel_branches_each_use_a_connection() {
    let phases = json!([{ "parallel": [{ "db": "80ms" }, { "db": { "exponential": "40ms" } }] }]);
    let limited = json!({ "backends": { "db": { "concurrency": 3 } } });
    analytic(phases.clone(), json!({ "async": {} }), limited, 25.0, "backend `db`");
    // A worker waits for one branch after another, a loop for the longest.
    analytic(phases, json!({ "sync": {} }), no_other(), 1000.0 / 120.0, "workers");
    let constant = json!([{ "parallel": [{ "db": "80ms" }, { "db": "40ms" }] }]);
    analytic(constant, json!({ "async": { "max_in_progress": 1 } }), no_other(), 12.5, "max_in_progress");
    // The longest of two exponentials of 40 ms takes 60 ms.
    let random = json!([{ "parallel": [{ "db": { "exponential": "40ms" } }, { "db": { "exponential": "40ms" } }] }]);
    by_run(random, json!({ "async": { "max_in_progress": 2 } }), no_other(), 1000.0 / 30.0, "max_in_progress");
}

#[test]
fn a_wait_that_blocks_the_loop_makes_it_a_sync_worker() {
    let blocking = |time: &str| json!([{ "compute": "20ms" }, { "db": { "time": time, "blocking": true } }]);
    analytic(blocking("80ms"), json!({ "async": {} }), no_other(), 10.0, "loop");
    let two_loops = json!({ "async": { "workers": 2 } });
    let exponential = json!([
        { "compute": { "exponential": "50ms" } },
        { "db": { "time": { "exponential": "50ms" }, "blocking": true } },
    ]);
    by_run(exponential, two_loops, no_other(), 16.0, "loop");
}

#[test]
fn rounded_sleeps_leave_a_capacity() {
    // A query of 100 ms that blocks the loop, and a sleep that lasts 1 ms: the overhead of uvicorn is .951 ms.
    let blocking = |sleep: Value| json!([{ "db": { "time": "100ms", "blocking": true } }, { "sleep": sleep }]);
    let limited = json!({ "backends": { "db": { "concurrency": 8 } } });
    let uvicorn = json!({ "uvicorn": {} });
    let rules = scenario(blocking(json!("1ms")), uvicorn.clone(), no_other()).policies()[0].rules();
    let per_s = 1000.0 / (100.0 + rules.overhead.total().as_millis());
    for sleep in [json!("0.5ms"), json!({ "exponential": "0.5ms" }), json!({ "uniform": ["0ms", "7ms"] })] {
        by_run(blocking(sleep), uvicorn.clone(), limited.clone(), per_s, "loop");
    }
    let with_query = json!([
        { "db": { "time": "100ms", "blocking": true } },
        { "wait": { "backend": "cache", "time": { "lognormal": { "mean": "0.5ms", "cv": 0.01 } } } },
        { "sleep": "0.5ms" },
    ]);
    let with_cache = json!({ "backends": { "db": { "concurrency": 8 }, "cache": {} } });
    by_run(with_query, uvicorn, with_cache, per_s, "loop");
}

#[test]
fn a_slot_is_held_as_long_as_a_rounded_sleep() {
    let one = |rounding: &str| json!({ "async": { "max_in_progress": 1, "timer_resolution": "10ms", "timer_rounding": rounding } });
    let sleep = |time: Value| json!([{ "compute": "1ms" }, { "sleep": time }]);
    analytic(sleep(json!("13ms")), one("up"), no_other(), 1000.0 / 21.0, "max_in_progress");
    analytic(sleep(json!("13ms")), one("down"), no_other(), 1000.0 / 11.0, "max_in_progress");
    // A sleep between 0 and 20 ms lasts 15 ms on average when rounded up, and 5 ms when rounded down.
    let uniform = sleep(json!({ "uniform": ["0ms", "20ms"] }));
    by_run(uniform.clone(), one("up"), no_other(), 1000.0 / 16.0, "max_in_progress");
    by_run(uniform.clone(), one("nearest"), no_other(), 1000.0 / 11.0, "max_in_progress");
    by_run(uniform, one("down"), no_other(), 1000.0 / 6.0, "max_in_progress");
}

#[test]
fn threads_that_wait_for_a_pool_are_simulated() {
    // Eight threads with two connections: the pool binds.
    let policy = json!({ "threaded": { "threads": 8 } });
    let pool = json!({ "backends": { "db": { "pool": { "size": 2, "per": "worker" } } } });
    by_run(cpu_then_db(1.0, 80.0), policy, pool, 25.0, "pool of `db`");
}

#[test]
fn a_connection_that_is_held_until_its_owner_runs_is_held_longer() {
    let release = |release: &str| json!({ "backends": { "db": { "pool": { "size": 1, "release": release } } } });
    let phases = json!([{ "db": "20ms" }, { "compute": "10ms" }]);
    analytic(phases.clone(), json!({ "async": {} }), release("query_end"), 50.0, "pool of `db`");
    let held = capacity_of(phases, json!({ "async": {} }), release("owner_runs"));
    assert_eq!(held.method, CapacityMethod::SaturatedRun);
    assert!(held.per_s.unwrap() <= 50.0 && binding_of(&held.binding).contains("pool of `db`"), "{held:?}");
}

#[test]
fn a_connection_is_held_during_the_statements_of_its_client() {
    // 1 + 3 until BEGIN is answered, 1 + 11 for the query, 2 + 1 + 5 until COMMIT is.
    let statement = |time: &str| json!({ "cpu": "1ms", "time": time });
    let client = json!({ "before": "1ms", "after": "2ms", "begin": statement("2ms"), "commit": statement("4ms") });
    let db = json!({ "client": client, "round_trip": "1ms", "pool": { "size": 1 } });
    let held = capacity_of(
        cpu_then_db(1.0, 10.0),
        json!({ "threaded": { "threads": 8 } }),
        json!({ "backends": { "db": db } }),
    );
    let pool = held.stations.iter().find(|bound| bound.station == Station::Pool("db".to_owned())).unwrap();
    assert!((pool.bound_per_s - 1000.0 / 24.0).abs() < 1e-9, "{held:?}");
    // A worker is held for these 24 ms, and for 1 ms before.
    let sync = capacity_of(
        cpu_then_db(1.0, 10.0),
        json!({ "sync": {} }),
        json!({ "backends": { "db": { "client": client, "round_trip": "1ms" } } }),
    );
    assert!((sync.per_s.unwrap() - 40.0).abs() < 1e-9, "{sync:?}");
    // Four bursts: to connect and BEGIN, for the query, to COMMIT, and to return the connection.
    let switching = json!({ "backends": { "db": { "client": client, "round_trip": "1ms" } }, "machine": { "context_switch": "1ms" } });
    let sync = capacity_of(cpu_then_db(1.0, 10.0), json!({ "sync": {} }), switching);
    assert!((sync.per_s.unwrap() - 1000.0 / 29.0).abs() < 1e-9, "{sync:?}");
}

#[test]
fn pool_threads_bind_or_share_the_lock_of_the_loop() {
    let policy = |threads: u32| json!({ "async": { "thread_pool": { "threads": threads, "classes": ["page"] } } });
    by_run(cpu_then_db(50.0, 50.0), policy(2), no_other(), 16.0, "threads beside the loop");
    by_run(cpu_then_db(50.0, 50.0), policy(16), no_other(), 20.0, "GIL and cores");
}

#[test]
fn classes_count_by_their_weight() {
    let classes = json!({ "classes": {
        "often": { "weight": 3, "phases": [{ "compute": "10ms" }] },
        "seldom": { "phases": [{ "compute": "50ms" }] },
        "never": { "weight": 0, "phases": [{ "compute": { "pareto": { "median": "1s", "p99": "1000h" } } }] },
    } });
    analytic(json!([]), json!({ "async": {} }), classes, 50.0, "loop and cores");
}

#[test]
fn nothing_binds_requests_that_only_wait() {
    let waits = capacity_of(json!([{ "db": "80ms" }]), json!({ "async": {} }), no_other());
    assert_eq!((waits.per_s, waits.method), (None, CapacityMethod::Analytic));
    assert_eq!(binding_of(&waits.binding), "nothing");
    let empty = capacity_of(json!([]), json!({ "sync": {} }), no_other());
    assert_eq!(empty.per_s, None);
}

#[test]
fn a_demand_without_a_mean_leaves_no_capacity() {
    let endless = json!([{ "db": { "pareto": { "median": "1ms", "p99": "100s" } } }]);
    assert_eq!(capacity_of(endless.clone(), json!({ "async": {} }), no_other()).per_s, None);
    let sync = scenario(endless, json!({ "sync": {} }), no_other());
    let saturation = saturation(&sync, &sync.policies()[0], 12.0);
    assert_eq!((saturation.capacity_per_s, saturation.load), (Some(0.0), None));
    let message = "unstable: a mean demand is infinite, no rate can be sustained; figures describe these 12 s only";
    assert_eq!(load_warning(&saturation).as_deref(), Some(message));
}

#[test]
fn the_stations_say_what_binds_next() {
    let policy = json!({ "async": { "workers": 2 } });
    let other = json!({ "machine": { "cores": 4 }, "backends": { "db": { "concurrency": 20 } } });
    let scenario = scenario(cpu_then_db(20.0, 80.0), policy, other);
    let bounds: Vec<StationBound> = station_bounds(&scenario, &scenario.policies()[0]);
    assert_eq!(bounds, capacity(&scenario, &scenario.policies()[0]).stations);
    let stations: Vec<(String, i64)> = bounds
        .iter()
        .map(|bound| {
            (binding_of(std::slice::from_ref(&bound.station)), (100.0 * bound.utilization(50.0)).round() as i64)
        })
        .collect();
    let expected = [("loop", 50), ("cores", 25), ("backend `db`", 20)].map(|(name, busy)| (name.to_owned(), busy));
    assert_eq!(stations, expected);
}

#[test]
fn the_capacity_does_not_depend_on_the_load_or_on_other_policies() {
    let policy = json!({ "threaded": { "threads": 4 } });
    let other = json!({ "arrivals": { "users": { "count": 3, "think": "1s" } }, "clients": { "timeout": "1ms", "cancel": true } });
    let first = capacity_of(cpu_then_db(20.0, 80.0), policy.clone(), no_other());
    assert_eq!(first, capacity_of(cpu_then_db(20.0, 80.0), policy.clone(), other));
    let dispatch = json!({ "threaded": { "threads": 4, "dispatch": "random", "order": "shortest", "backlog": 5 } });
    assert_eq!(first, capacity_of(cpu_then_db(20.0, 80.0), dispatch, no_other()));
}

#[test]
fn a_list_has_its_own_mix_of_classes() {
    let other = json!({
        "classes": { "page": { "phases": [{ "compute": "10ms" }] }, "report": { "phases": [{ "compute": "40ms" }] } },
        "arrivals": { "at": [
            { "time": "0ms", "class": "page" }, { "time": "1ms", "class": "page" }, { "time": "2ms", "class": "report" },
        ] },
        "run": {},
    });
    analytic(json!([]), json!({ "async": {} }), other, 50.0, "loop and cores");
}

#[test]
fn a_trace_has_its_own_mix_and_its_own_demands() {
    let trace = "{\"time_ms\":0,\"class\":\"page\",\"demands_ms\":[10]}\n{\"time_ms\":1,\"class\":\"page\",\"demands_ms\":[20]}\n\
                 {\"time_ms\":2,\"class\":\"report\"}\n";
    let files = Files::new(move |_| Ok(Box::new(Cursor::new(trace))));
    let text = json!({
        "classes": { "page": { "phases": [{ "compute": "1s" }] }, "report": { "phases": [{ "compute": "45ms" }] } },
        "arrivals": { "trace": "requests.jsonl" },
        "policies": [{ "async": {} }],
    });
    let scenario = read(Source::new("scenario", text.to_string()), "scenario", &[], &files);
    let scenario = scenario.unwrap_or_else(|diagnostic| panic!("{}", diagnostic.render(false)));
    // 10, 20 and 45 ms.
    assert!((capacity(&scenario, &scenario.policies()[0]).per_s.unwrap() - 40.0).abs() < 1e-9);
    let saturation = saturation(&scenario, &scenario.policies()[0], 1.0);
    assert_eq!((saturation.offered_per_s, saturation.state), (None, None));
}

fn saturation_of(policy: Value, other: Value) -> Saturation {
    let scenario = scenario(cpu_then_db(20.0, 80.0), policy, other);
    saturation(&scenario, &scenario.policies()[0], 125.0)
}

/// Requests at this rate under an async worker with a capacity of 50/s.
fn at_rate(rate: &str) -> Saturation {
    saturation_of(json!({ "async": {} }), json!({ "arrivals": { "poisson": rate } }))
}

#[test]
fn a_light_load_is_fine() {
    let fine = at_rate("40/s");
    assert_eq!((fine.state, &fine.message, &fine.sensitivity), (Some(LoadState::Fine), &None, &None));
    assert_eq!((fine.capacity_per_s, fine.offered_per_s, fine.load), (Some(50.0), Some(40.0), Some(0.8)));
    assert_eq!(binding_of(&fine.binding), "loop and cores");
}

/// The saturation of the first policy of a run, and its results.
fn near(policy: Value, other: Value) -> (Saturation, PolicyResults) {
    near_with(cpu_then_db(20.0, 80.0), policy, other)
}

fn near_with(phases: Value, policy: Value, other: Value) -> (Saturation, PolicyResults) {
    let scenario = scenario(phases, policy, other);
    let mut watch = Watch { progress: &|_| ControlFlow::Continue(()), rows: None };
    let mut results = run(&scenario, &Options::default(), &mut watch).unwrap();
    let policy = results.policies.remove(0);
    (policy.saturation.clone().unwrap(), policy)
}

#[track_caller]
fn close(ours: Option<f64>, exact: f64) {
    let ours = ours.unwrap();
    assert!((ours / exact - 1.0).abs() < 1e-9, "{ours} is not {exact}");
}

#[test]
fn near_saturation_theory_gives_the_effect_of_other_loads() {
    // M/M/1 of 10 ms at 90/s, as a worker and as a loop: 10 / (1 − load), and the 99th percentile is ln 100 times that.
    for (phases, policy) in [
        (json!([{ "db": { "exponential": "10ms" } }]), json!({ "sync": {} })),
        (json!([{ "compute": { "exponential": "10ms" } }]), json!({ "async": {} })),
    ] {
        let (found, _) = near_with(phases, policy, json!({ "arrivals": { "poisson": "90/s" } }));
        let Sensitivity { less, same, more } = found.sensitivity.unwrap();
        let more = more.unwrap();
        close(Some(more.load), 0.99);
        close(more.mean_ms, 1000.0);
        close(more.p99_ms, 1000.0 * 100f64.ln());
        close(less.mean_ms, 10.0 / 0.19);
        assert_eq!([less.source, more.source], [LoadPointSource::Theory; 2]);
        assert_eq!(same.source, LoadPointSource::Results);
        let message = "near saturation: offered 0.90 × capacity; at −10 % load mean 52.6 ms, p99 242 ms (exact), \
                       at +10 % load mean 1000 ms, p99 4605 ms (exact)";
        assert_eq!(load_warning(&found).as_deref(), Some(message));
    }
    // M/M/1 of 20 ms, then a delay of 80 ms: the mean is exact, the percentile not known.
    let (found, _) = near(json!({ "async": {} }), json!({ "arrivals": { "poisson": "45/s" } }));
    let more = found.sensitivity.unwrap().more.unwrap();
    close(more.mean_ms, 20.0 / 0.01 + 80.0);
    assert_eq!(more.p99_ms, None);
    // M/G/1: 1 ms, then an exponential 19 ms (Pollaczek and Khinchine).
    let phases = json!([{ "compute": "1ms" }, { "db": { "exponential": "19ms" } }]);
    let (found, _) = near_with(phases, json!({ "sync": {} }), json!({ "arrivals": { "poisson": "45/s" } }));
    let waiting = 0.99 * 20.0 * (1.0 + 361.0 / 400.0) / (2.0 * 0.01);
    close(found.sensitivity.unwrap().more.unwrap().mean_ms, 20.0 + waiting);
}

#[test]
fn near_saturation_the_load_itself_has_the_figures_of_the_results() {
    let other = json!({ "arrivals": { "poisson": "45/s" }, "run": { "requests": 3000 } });
    for policy in [json!({ "async": {} }), json!({ "async": { "workers": 1, "dispatch": "random" } })] {
        let (found, results) = near(policy, other.clone());
        let same = found.sensitivity.unwrap().same;
        assert_eq!((same.mean_ms, same.p99_ms), (results.response_time_ms.mean, results.response_time_ms.p99));
        assert!(!load_warning(&found).unwrap().contains("this load"));
    }
}

#[test]
fn near_saturation_a_long_run_covers_the_effect_of_other_loads() {
    const SEEDS: u32 = 6;
    // A loop with four connections for queries of 10 ms is M/M/4.
    let exact = |rate_per_s: f64| {
        let queue = Mmc { arrival_rate: rate_per_s / 1e3, mean_service: 10.0, channels: 4 };
        [queue.mean_response_time(), queue.response_time_percentile(0.99)]
    };
    let mut covered = [0; 4];
    for seed in 1..=SEEDS {
        let other = json!({
            "arrivals": { "poisson": "340/s" },
            "backends": { "db": { "pool": { "size": 4 } } },
            "run": { "requests": 1000, "seed": seed },
        });
        let phases = json!([{ "db": { "exponential": "10ms" } }]);
        let (found, _) = near_with(phases, json!({ "async": {} }), other);
        let Sensitivity { less, more, .. } = found.sensitivity.unwrap();
        let mut ends = Vec::new();
        for (point, rate_per_s) in [(less, 340.0 * 0.9), (more.unwrap(), 340.0 * 1.1)] {
            assert_eq!(point.source, LoadPointSource::Run);
            let [mean, p99] = exact(rate_per_s);
            ends.extend([(point.mean_interval_ms, mean), (point.p99_interval_ms, p99)]);
        }
        for (place, (ends, exact)) in ends.into_iter().enumerate() {
            // A number without an interval is omitted.
            covered[place] += u32::from(ends.is_none_or(|[low, high]| low <= exact && exact <= high));
        }
        let message = load_warning(&found).unwrap();
        assert!(message.contains("at −10 % load mean ") && message.contains(" ± "), "{message}");
    }
    // Fewer than 3 of 6 intervals at 95 % cover in one case of ten thousand.
    assert!(covered.iter().all(|covered| *covered >= 3), "{covered:?} of {SEEDS} cover");
}

#[test]
fn near_saturation_loads_that_would_take_too_long_are_omitted() {
    // 4 × 10 ms at 361/s: a tenth more is 0.993 of the capacity.
    let other = json!({ "arrivals": { "poisson": "361/s" }, "backends": { "db": { "pool": { "size": 4 } } } });
    let phases = json!([{ "db": { "exponential": "10ms" } }]);
    let (found, _) = near_with(phases.clone(), json!({ "async": {} }), other.clone());
    let more = found.sensitivity.unwrap().more.unwrap();
    assert_eq!((more.mean_ms, more.p99_ms, more.source), (None, None, LoadPointSource::None));
    assert!(!load_warning(&found).unwrap().contains("+10 %"));
    // A fault leaves no steady state.
    let mut faulty = other;
    faulty["faults"] = json!([{ "at": "1s", "for": "1s", "slow": { "backend": "db", "factor": 2 } }]);
    let (found, _) = near_with(phases, json!({ "async": {} }), faulty);
    assert_eq!(load_warning(&found).as_deref(), Some("near saturation: offered 0.90 × capacity"));
}

#[test]
fn ten_percent_more_load_may_exceed_the_capacity() {
    let (near, _) = near(json!({ "async": {} }), json!({ "arrivals": { "poisson": "47/s" } }));
    assert_eq!(near.sensitivity.unwrap().more, None);
    assert!(load_warning(&near).unwrap().ends_with("at +10 % load beyond capacity"));
}

#[test]
fn beyond_capacity_a_queue_grows() {
    let unstable = at_rate("54/s");
    assert_eq!(unstable.state, Some(LoadState::Unstable));
    let message = "unstable: offered 1.08 × capacity, the queue grows without bound; figures describe these 125 s only";
    assert_eq!(load_warning(&unstable).as_deref(), Some(message));
}

#[test]
fn a_load_within_the_interval_of_the_capacity_is_near_saturation() {
    let threads = json!({ "threaded": { "threads": 4 } });
    let found = capacity_of(cpu_then_db(20.0, 80.0), threads.clone(), no_other());
    let (per_s, half_width) = (found.per_s.unwrap(), found.half_width_per_s.unwrap());
    let at = |rate: f64| saturation_of(threads.clone(), json!({ "arrivals": { "poisson": format!("{rate}/s") } }));
    let within = at(per_s + 0.5 * half_width);
    assert_eq!((within.capacity_per_s, within.state), (Some(per_s), Some(LoadState::NearSaturation)));
    let message = load_warning(&within).unwrap();
    assert_eq!(message, "near saturation: offered 1.00 × capacity, or just below it");
    let below = load_warning(&at(per_s - 0.5 * half_width)).unwrap();
    assert_eq!(below, "near saturation: offered 1.00 × capacity");
    assert_eq!(at(per_s + 1.5 * half_width).state, Some(LoadState::Unstable));
    // An exact capacity has no such margin.
    assert_eq!(at_rate("50/s").state, Some(LoadState::Unstable));
}

#[test]
fn requests_that_give_up_or_are_rejected_do_not_queue() {
    let overloaded = |policy: Value, other: Value, excess: Excess, words: &str| {
        let mut other = other;
        other["arrivals"] = json!({ "poisson": "100/s" });
        let found = saturation_of(policy, other);
        assert_eq!((found.state, &found.excess[..]), (Some(LoadState::Overloaded), &[excess][..]), "{words}");
        let load = format!("{:.2}", found.load.unwrap());
        assert_eq!(load_warning(&found), Some(format!("overloaded: offered {load} × capacity, the excess {words}")));
    };
    overloaded(json!({ "sync": { "backlog": 5 } }), no_other(), Excess::Rejected, "is rejected");
    overloaded(json!({ "sync": {} }), json!({ "clients": { "patience": "1s" } }), Excess::TimedOut, "gives up");
    let cancelled = json!({ "clients": { "timeout": "1s", "cancel": true } });
    overloaded(json!({ "async": {} }), cancelled, Excess::TimedOut, "gives up");
    let pool = json!({ "backends": { "db": { "pool": { "size": 1, "acquire_timeout": "1s" } } } });
    overloaded(json!({ "async": {} }), pool, Excess::Failed, "fails");
}

#[test]
fn abandoned_work_that_continues_does_not_stop_the_queue() {
    // With unlimited slots the backlog is empty; a client that gives up without cancelling leaves its work behind.
    for (policy, clients) in [
        (json!({ "async": { "backlog": 5 } }), json!({ "patience": "1s" })),
        (json!({ "sync": {} }), json!({ "timeout": "1s" })),
    ] {
        let found = saturation_of(policy, json!({ "arrivals": { "poisson": "100/s" }, "clients": clients }));
        assert_eq!(found.state, Some(LoadState::Unstable));
    }
}

#[test]
fn users_have_a_capacity_but_no_load() {
    let users = json!({ "arrivals": { "users": { "count": 500, "think": "1s" } } });
    let closed = saturation_of(json!({ "async": {} }), users);
    assert_eq!((closed.capacity_per_s, closed.offered_per_s, closed.load), (Some(50.0), None, None));
    assert_eq!((closed.state, closed.message), (None, None));
}

#[test]
fn the_peak_of_rates_that_end_is_compared_with_the_capacity() {
    let ramp = json!({ "arrivals": { "ramp": { "from": "0/s", "to": "70/s", "over": "60s" } } });
    let list = json!({ "arrivals": [{ "for": "10s", "rate": "70/s" }, { "for": "10s", "rate": "10/s" }] });
    for other in [ramp, list] {
        let found = saturation_of(json!({ "async": {} }), other);
        assert_eq!((found.state, found.load), (Some(LoadState::PeakAboveCapacity), None));
        assert_eq!(load_warning(&found).as_deref(), Some("offers up to 1.4 × capacity at its peak"));
    }
    let low = json!({ "arrivals": [{ "for": "10s", "rate": "20/s" }] });
    let low = saturation_of(json!({ "async": {} }), low);
    assert_eq!((low.state, low.peak_load, low.message), (Some(LoadState::Fine), Some(0.4), None));
    let sine = json!({ "arrivals": { "sine": { "mean": "40/s", "amplitude": 0.5, "period": "60s" } } });
    let message = load_warning(&saturation_of(json!({ "async": {} }), sine));
    assert_eq!(message.as_deref(), Some("offers up to 1.2 × capacity at its peak, 0.80 × in the long run"));
}

#[test]
fn faults_and_retries_are_reported_as_omitted() {
    let other = json!({
        "clients": { "retries": { "max": 1, "backoff": "1s" } },
        "faults": [{ "at": "1s", "for": "1s", "slow": { "backend": "db", "factor": 2 } }],
    });
    let note = saturation_of(json!({ "async": {} }), other).note;
    assert_eq!(note, [LeftOut::Faults, LeftOut::Retries]);
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

#[test]
fn backends_that_queries_share_and_pools_that_grow() {
    let db = |backend: Value| json!({ "backends": { "db": backend } });
    // A shared backend works as much as one with a queue.
    let shared = db(json!({ "concurrency": 2, "sharing": true }));
    analytic(cpu_then_db(1.0, 80.0), json!({ "async": {} }), shared.clone(), 25.0, "backend `db`");
    by_run(cpu_then_db(1.0, 80.0), json!({ "threaded": { "threads": 60 } }), shared, 25.0, "backend `db`");
    // Connections beyond the size count too; with a cost to open them, only a run tells.
    let pool = |others: Value| {
        let mut pool = json!({ "size": 1, "overflow": 1 });
        others.as_object().into_iter().flatten().for_each(|(key, value)| pool[key.as_str()] = value.clone());
        db(json!({ "pool": pool }))
    };
    analytic(cpu_then_db(1.0, 80.0), json!({ "async": {} }), pool(json!({})), 25.0, "pool of `db`");
    by_run(cpu_then_db(1.0, 80.0), json!({ "async": {} }), pool(json!({ "connect": "20ms" })), 25.0, "pool of `db`");
    by_run(
        cpu_then_db(1.0, 80.0),
        json!({ "async": {} }),
        pool(json!({ "hand_over": "barging" })),
        25.0,
        "pool of `db`",
    );
}

#[test]
fn threads_without_a_lock_beside_a_loop() {
    let policy = |threads: u32| json!({ "async": { "overhead": { "before": "4ms" }, "thread_pool": { "threads": threads, "gil": false } } });
    let cores = |cores: u32| json!({ "machine": { "cores": cores } });
    // The loop works 4 ms for each request, a thread 20 ms, and both use the cores.
    by_run(json!([{ "compute": "20ms" }]), policy(2), cores(8), 100.0, "threads beside the loop");
    by_run(json!([{ "compute": "20ms" }]), policy(16), cores(16), 250.0, "loop");
    by_run(json!([{ "compute": "20ms" }]), policy(16), cores(2), 2000.0 / 24.0, "cores");
}

#[test]
fn the_time_to_boot_is_missing() {
    let recycled = |policy: &str, jitter: u32| json!({ policy: { "workers": 2, "max_requests": { "count": 10, "jitter": jitter, "boot": "500ms" } } });
    let two_cores = || json!({ "machine": { "cores": 2 } });
    // 100 ms for each request, and 500 ms for each ten or, with jitter, for fifteen of them on average.
    analytic(cpu_then_db(20.0, 80.0), recycled("sync", 0), two_cores(), 2.0 / 0.15, "workers");
    analytic(cpu_then_db(20.0, 80.0), recycled("sync", 10), two_cores(), 15.0, "workers");
    // A loop drains while it takes nothing, so this is no more than a bound: 20 ms for each request, and 50 ms.
    let capacity = capacity_of(cpu_then_db(20.0, 80.0), recycled("async", 0), two_cores());
    assert_eq!(capacity.method, CapacityMethod::UpperBound);
    assert!((capacity.per_s.unwrap() - 2.0 / 0.07).abs() < 1e-9, "{capacity:?}");
    // On one core, a worker that boots leaves the core to the other.
    let capacity = capacity_of(cpu_then_db(20.0, 0.0), recycled("sync", 0), no_other());
    assert_eq!((capacity.method, binding_of(&capacity.binding)), (CapacityMethod::UpperBound, "workers".to_owned()));
}

#[test]
fn limits_are_reported_as_omitted_and_reject_the_excess() {
    let limited = saturation_of(json!({ "async": { "limit": 5 } }), json!({ "arrivals": { "poisson": "80/s" } }));
    assert_eq!(limited.note, [LeftOut::Limits]);
    assert_eq!((limited.state, limited.excess), (Some(LoadState::Overloaded), vec![Excess::Rejected]));
    let killed = saturation_of(json!({ "sync": { "worker_timeout": "30s" } }), no_other());
    assert_eq!(killed.note, [LeftOut::WorkerTimeouts]);
}
