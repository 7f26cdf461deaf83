//! What binds: one station after another.

use serde_json::{Value, json};
use waitline::output::words::load_warning;
use waitline::stats::{CapacityMethod, Station};
use waitline::study::{StationBound, capacity, saturation, station_bounds};

use super::{analytic, binding_of, by_run, capacity_of, cpu_then_db, no_other, scenario};

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
    by_run(cpu_then_db(50.0, 50.0), policy(2), no_other(), 16.0, "thread pool");
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
    by_run(json!([{ "compute": "20ms" }]), policy(2), cores(8), 100.0, "thread pool");
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
