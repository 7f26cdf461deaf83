//! Stations: how long each request waits and where, how long connections and threads are held, what each worker does.

use waitline::engine::Usage;
use waitline::model::{FailedBy, RejectedBy};

use crate::case::{System, check, check_parts, check_waits, record};

/// A level × time in milliseconds, and the highest level.
fn area(usage: Usage) -> (f64, u64) {
    (usage.area as f64 / 1e6, usage.max)
}

#[test]
fn a_connection_is_in_use_until_its_owner_gives_it_back() {
    // The query ends at 10, its owner runs again at 25, when the loop is free: the connection is held for 25 ms, and
    // the backend works for 10 ms. The other page waits for the connection from 6 to 25, and holds it from 25 to 35, when it runs.
    let system = System {
        classes: "page = db 10 > compute 1; hog = compute 20",
        arrivals: "0 page, 5 hog, 6 page",
        with: r#""backends": { "db": { "pool": { "size": 1, "release": "owner_runs" } } }"#,
    };
    let policy = r#"{ "async": {} }"#;
    check(system, policy, "26, 25, 36");
    check_waits(system, policy, 1, "turn 15, pool.db 0");
    check_waits(system, policy, 3, "turn 0, pool.db 19");
    let found = record(system, policy);
    assert_eq!(area(found.pools[0].in_use), (35.0, 1));
    assert_eq!(area(found.pools[0].waiting), (19.0, 1));
    assert_eq!(Some(area(found.backends[0]).0), Some(20.0));
}

#[test]
fn the_connections_of_all_workers_are_added_up() {
    // One connection each: both workers hold theirs from 0 to 10, and a third request waits for that of worker 1.
    let system = System {
        classes: "page = db 10",
        arrivals: "0 page, 0 page, 0 page",
        with: r#""backends": { "db": { "pool": { "size": 1, "per": "worker" } } }"#,
    };
    let found = record(system, r#"{ "async": { "workers": 2 } }"#);
    assert_eq!(area(found.pools[0].in_use), (30.0, 2));
    assert_eq!(area(found.pools[0].waiting), (10.0, 1));
}

#[test]
fn a_request_that_gets_no_connection_has_waited_for_one() {
    let system = System {
        classes: "page = db 10",
        arrivals: "0 page, 0 page",
        with: r#""backends": { "db": { "pool": { "size": 1, "acquire_timeout": "4ms" } } }"#,
    };
    let policy = r#"{ "async": {} }"#;
    check(system, policy, "10, lost 4; failed 1");
    check_waits(system, policy, 2, "pool.db 4");
    let found = record(system, policy);
    assert_eq!(area(found.pools[0].waiting), (4.0, 1));
    assert_eq!(found.classes[0].failed, FailedBy { acquire_timeout: 1, ..FailedBy::default() });
}

#[test]
fn each_failure_has_its_reason() {
    let with = |what: &str| format!(r#""faults": [{{ "at": "5ms", "for": "10ms", {what} }}]"#);
    // Down from 5 to 15: the first request is served then, the second asks then, the third after it.
    let system = System { classes: "page = db 10", arrivals: "0 page, 7 page, 20 page", with: "" };
    for (fault, expected) in [
        (r#""down": { "backend": "db" }"#, FailedBy { backend_down: 2, ..FailedBy::default() }),
        // One that arrives while the worker is down waits for it.
        (r#""restart": { "worker": 1 }"#, FailedBy { worker_restart: 1, ..FailedBy::default() }),
    ] {
        let found = record(System { with: &with(fault), ..system }, r#"{ "async": {} }"#);
        assert_eq!(found.classes[0].failed, expected, "{fault}");
    }
    let found = record(System { arrivals: "0 page, 1 page, 2 page", ..system }, r#"{ "sync": { "backlog": 1 } }"#);
    assert_eq!(found.classes[0].rejected, RejectedBy { backlog: 1, limit: 0 });
}

#[test]
fn a_pool_thread_has_waits_and_use() {
    // The first has the only thread from 0 to 10, the second from 10 to 20.
    let system = System { classes: "page = db 10", arrivals: "0 page, 4 page", with: "" };
    let policy = r#"{ "async": { "thread_pool": { "threads": 1 } } }"#;
    check(system, policy, "10, 20");
    check_parts(system, policy, 2, "thread_wait 4–10, backend 10–20");
    check_waits(system, policy, 2, "turn 0, threads 6");
    let found = record(system, policy);
    assert_eq!(area(found.threads.in_use), (20.0, 1));
    assert_eq!(area(found.threads.waiting), (6.0, 1));
}

#[test]
fn a_request_that_gave_up_does_not_take_a_thread() {
    // The first gives up at 5, when the second has waited for 1 ms; the second holds the thread until it gives up at 9.
    let with = r#""clients": { "timeout": "5ms", "cancel": true }"#;
    let policy = r#"{ "async": { "thread_pool": { "threads": 1 } } }"#;
    let system = System { classes: "page = db 10", arrivals: "0 page, 4 page", with };
    check(system, policy, "lost 5, lost 9; timed_out 2");
    let found = record(system, policy);
    assert_eq!(area(found.threads.in_use), (9.0, 1));
    assert_eq!(area(found.threads.waiting), (1.0, 1));
}

#[test]
fn waits_for_the_turn_and_for_a_core_are_distinguished() {
    // Two workers on one core: 1 runs the first from 0 to 3 and the third, which waits for its turn, from 3 on; the second
    // has its turn in worker 2 at once, and gets the core at 3. Then it runs first, because it asked first.
    let system = System { classes: "page = compute 3", arrivals: "0 page, 0 page, 0 page", with: "" };
    let policy = r#"{ "threaded": { "workers": 2, "threads": 2, "switch_interval": "none" } }"#;
    check(system, policy, "3, 6, 9");
    check_waits(system, policy, 1, "turn 0, cores 0");
    check_waits(system, policy, 2, "turn 0, cores 3");
    check_waits(system, policy, 3, "turn 3, cores 3");
}

#[test]
fn a_request_waits_again_for_a_lock_that_it_handed_over() {
    // The lock goes from 1 to 2 at 5 and back at 8, when 2 is done.
    let system = System { classes: "long = compute 10; page = compute 3", arrivals: "0 long, 0 page", with: "" };
    let policy = r#"{ "threaded": { "threads": 2 } }"#;
    check(system, policy, "13, 8");
    check_waits(system, policy, 1, "turn 3");
    check_waits(system, policy, 2, "turn 5");
}

#[test]
fn the_waits_of_parallel_branches_are_those_of_the_last_to_end() {
    // The other request holds the connection until 6, the branch then until 16; the sleep is over by then.
    let system = System {
        classes: r#"page = db 6; both = {"parallel": [{"db": "10ms"}, {"sleep": "2ms"}]}"#,
        arrivals: "0 page, 0 both",
        with: r#""backends": { "db": { "pool": { "size": 1 } } }"#,
    };
    let policy = r#"{ "async": {} }"#;
    check(system, policy, "6, 16");
    check_waits(system, policy, 2, "pool.db 6");
    // If the sleep ends last, the connection was asked for but caused no wait.
    let system =
        System { classes: r#"page = db 6; both = {"parallel": [{"db": "1ms"}, {"sleep": "20ms"}]}"#, ..system };
    check(system, policy, "6, 20");
    check_waits(system, policy, 2, "pool.db 0");
}

#[test]
fn each_worker_reports_what_it_did() {
    // Round robin: worker 1 gets the long requests, at 0 and 2, and worker 2 the short ones.
    let system = System {
        classes: "long = compute 10; short = compute 1",
        arrivals: "0 long, 1 short, 2 long, 12 short",
        with: r#""machine": { "cores": 2 }"#,
    };
    let found = record(system, r#"{ "async": { "workers": 2, "dispatch": "round_robin" } }"#);
    let workers = found.workers.iter();
    let reported: Vec<_> =
        workers.map(|worker| (worker.requests, worker.turns / 1_000_000, area(worker.in_progress))).collect();
    assert_eq!(reported, [(2, 20, (28.0, 2)), (2, 2, (2.0, 1))]);
}
