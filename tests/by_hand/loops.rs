//! Event loops: blocking waits, limits, thread pools; and parallel waits.

use crate::case::{System, check, check_parts, run};
use waitline::engine::Ending;
use waitline::model::SimDuration;

const SYNC: &str = r#"{ "sync": {} }"#;
const ASYNC: &str = r#"{ "async": {} }"#;

#[test]
fn a_loop_whose_waits_block_does_what_a_sync_worker_does() {
    let classes = r#"page = compute 5 > { "db": { "time": "10ms", "blocking": true } } > compute 5;
        call = compute 2 > { "wait": { "backend": "idp", "time": "7.5ms", "blocking": true } }"#;
    let system = System { classes, arrivals: "0 page, 3 call, 7 page, 60 call", with: r#""backends": { "idp": {} }"# };
    for policy in [SYNC, ASYNC, r#"{ "async": { "max_in_progress": 1 } }"#] {
        check(system, policy, "20, 29.5, 49.5, 69.5");
    }
}

#[test]
fn a_blocking_wait_holds_the_loop_until_it_ends() {
    let classes = r#"bad = compute 5 > { "db": { "time": "10ms", "blocking": true } } > compute 5; good = compute 2"#;
    let system = System { classes, arrivals: "0 bad, 6 good", with: "" };
    // It keeps the loop, so it continues before the well-behaved one.
    check(system, ASYNC, "20, 22");
    check_parts(system, ASYNC, 2, "run_queue_wait 6–20, compute 20–22");
    // A waiting thread blocks only itself.
    check(system, r#"{ "threaded": { "threads": 2 } }"#, "20, 8");
}

#[test]
fn a_blocking_wait_without_work_before_it_waits_for_the_loop_too() {
    let classes = r#"call = { "db": { "time": "10ms", "blocking": true } } > compute 2; page = compute 5"#;
    let system = System { classes, arrivals: "0 page, 1 call, 2 page", with: "" };
    // 0–5 the page, 5–17 the call with its wait, 17–22 the other page; a sync worker does the same.
    for policy in [ASYNC, SYNC] {
        check(system, policy, "5, 17, 22");
    }
    check_parts(system, ASYNC, 2, "run_queue_wait 1–5, backend 5–15, compute 15–17");
}

#[test]
fn a_wait_that_follows_a_blocking_one_frees_the_loop() {
    let classes = r#"bad = { "db": { "time": "10ms", "blocking": true } } > sleep 20 > compute 1; good = compute 2"#;
    let system = System { classes, arrivals: "0 bad, 1 good", with: "" };
    check(system, ASYNC, "31, 12");
    check(system, SYNC, "31, 33");
}

#[test]
fn a_loop_runs_bursts_in_the_order_they_became_ready_and_to_their_end() {
    // 0–10 a, 10–30 b, though a is ready again at 15 and a quantum long over; 30–40 a.
    let system =
        System { classes: "a = compute 10 > db 5 > compute 10; b = compute 20", arrivals: "0 a, 0 b", with: "" };
    check(system, ASYNC, "40, 30");
    check_parts(system, ASYNC, 1, "compute 0–10, backend 10–15, run_queue_wait 15–30, compute 30–40");
}

#[test]
fn a_full_loop_leaves_requests_in_the_backlog() {
    // 0–5 first, 5–10 second; the first is back at 15, the second at 20. At 20 the second's wait ends (scheduled at
    // 10), then the first departs and the third is admitted behind: 20–25, 25–30, its wait, 40–45.
    let system =
        System { classes: "page = compute 5 > db 10 > compute 5", arrivals: "0 page, 0 page, 0 page", with: "" };
    check(system, r#"{ "async": { "max_in_progress": 2 } }"#, "20, 25, 45");
    check_parts(
        system,
        r#"{ "async": { "max_in_progress": 2 } }"#,
        3,
        "backlog_wait 0–20, run_queue_wait 20–25, compute 25–30, backend 30–40, compute 40–45",
    );
}

#[test]
fn pool_threads_share_the_lock_of_the_loop() {
    let system = System { classes: "heavy = compute 10; light = compute 2", arrivals: "0 heavy, 1 light", with: "" };
    let with_pool = |interval: &str| {
        let pool =
            format!(r#""thread_pool": {{ "threads": 1, "classes": ["heavy"], "switch_interval": "{interval}" }}"#);
        format!(r#"{{ "async": {{ {pool} }} }}"#)
    };
    check(system, &with_pool("none"), "10, 12");
    // The loop asks at 6: 0–6 heavy, 6–8 light, 8–12 heavy. A second core does not help.
    check(system, &with_pool("5ms"), "12, 8");
    check(System { with: r#""machine": { "cores": 2 }"#, ..system }, &with_pool("5ms"), "12, 8");
    check(system, ASYNC, "10, 12");
}

#[test]
fn a_request_waits_for_a_thread_of_the_pool() {
    let pool = |threads: u32| {
        format!(r#"{{ "async": {{ "thread_pool": {{ "threads": {threads}, "classes": ["heavy"] }} }} }}"#)
    };
    // The thread is blocked while its request waits for the database; the loop is not.
    let system = System { classes: "heavy = db 10; light = db 4", arrivals: "0 heavy, 0 heavy, 0 light", with: "" };
    check(system, &pool(1), "10, 20, 4");
    check(system, &pool(2), "10, 10, 4");
    check_parts(system, &pool(1), 2, "thread_wait 0–10, backend 10–20");
    // A blocking wait only blocks its thread.
    let classes = r#"heavy = { "db": { "time": "10ms", "blocking": true } }; light = compute 1"#;
    check(System { classes, ..system }, &pool(1), "10, 20, 1");
    // The second heavy one must first get the loop, which needs the lock: it asks at 5, hands over to its thread
    // immediately, and queues behind the first: 0–5, 5–10 the first, 10–20 the second.
    let system = System { classes: "heavy = compute 10", arrivals: "0 heavy, 0 heavy", with: "" };
    check(system, &pool(2), "10, 20");
}

const PARALLEL: &str = r#"page = compute 1 > { "parallel": [{ "db": "10ms" }, { "sleep": "5ms" }] } > compute 1"#;

#[test]
fn a_loop_runs_parallel_waits_concurrently_and_threads_run_them_one_after_another() {
    let system = System { classes: PARALLEL, arrivals: "0 page", with: "" };
    check(system, ASYNC, "12");
    check(system, SYNC, "17");
    check(system, r#"{ "threaded": { "threads": 2 } }"#, "17");
    let classes = PARALLEL.replace('[', r#"{ "concurrent": true, "waits": ["#).replace(']', "] }");
    for policy in [ASYNC, SYNC, r#"{ "threaded": { "threads": 2 } }"#] {
        check(System { classes: &classes, ..system }, policy, "12");
    }
}

#[test]
fn parallel_waits_count_as_the_longest_of_them_under_every_policy() {
    let system = System { classes: PARALLEL, arrivals: "0 page", with: "" };
    for policy in [ASYNC, SYNC] {
        let (seen, _) = run(&system.scenario(policy));
        assert_eq!(seen.entrances[0].demand, SimDuration::from_millis(12), "{policy}");
    }
}

#[test]
fn the_time_of_parallel_waits_goes_to_the_branch_that_ends_last() {
    // The first has the one connection until 10 and sleeps until 15; the second waits for it, and ends at 20.
    let system = System {
        classes: r#"page = { "parallel": [{ "db": "10ms" }, { "sleep": "15ms" }] }"#,
        arrivals: "0 page, 0 page",
        with: r#""backends": { "db": { "pool": { "size": 1 } } }"#,
    };
    check(system, ASYNC, "15, 20");
    check_parts(system, ASYNC, 1, "sleep 0–15");
    check_parts(system, ASYNC, 2, "pool_wait 0–10, backend 10–20");
}

#[test]
fn parallel_waits_that_end_early_count_as_the_failed_branch_or_the_first_in_progress() {
    let pool = r#""backends": { "db": { "pool": { "size": 1, "acquire_timeout": "5ms" } } }"#;
    let classes = r#"page = { "parallel": [{ "sleep": "20ms" }, { "db": "8ms" }] }"#;
    let never_connected = System { classes, arrivals: "0 page, 0 page", with: pool };
    check_parts(never_connected, ASYNC, 2, "pool_wait 0–5");

    let down = r#""faults": [{ "at": "3ms", "for": "1ms", "down": { "backend": "db" } }]"#;
    check_parts(System { arrivals: "0 page", with: down, ..never_connected }, ASYNC, 1, "backend 0–3");

    let cancelled = r#""clients": { "timeout": "5ms", "cancel": true }"#;
    check_parts(System { arrivals: "0 page", with: cancelled, ..never_connected }, ASYNC, 1, "sleep 0–5");
    let later = r#""clients": { "timeout": "12ms", "cancel": true }"#;
    let classes = r#"page = { "parallel": [{ "sleep": "8ms" }, { "db": "30ms" }] }"#;
    let later = System { classes, arrivals: "0 page", with: later };
    check_parts(later, ASYNC, 1, "backend 0–12");

    let at_the_horizon = System { with: r#""run": { "duration": "5ms" }"#, ..later };
    check_parts(at_the_horizon, ASYNC, 1, "sleep 0–5");
}

#[test]
fn branches_and_clients_that_will_retry_count_as_in_flight() {
    let ending = |classes, arrivals, with: &str, policy: &str| {
        run(&System { classes, arrivals, with }.scenario(policy)).1.ending
    };
    let three = r#"page = { "parallel": [{ "sleep": "1ms" }, { "sleep": "2ms" }, { "sleep": "3ms" }] }"#;
    for (most, expected) in [(3, Ending::TooManyInFlight), (4, Ending::Drained)] {
        let with = format!(r#""run": {{ "max_in_flight": {most} }}"#);
        assert_eq!(ending(three, "0 page", &with, ASYNC), expected, "a request with three branches, at most {most}");
    }
    // One is taken, three are rejected and will retry.
    let four = "0 page, 0 page, 0 page, 0 page, 1 page";
    for (most, expected) in [(3, Ending::TooManyInFlight), (5, Ending::Drained)] {
        let with = format!(
            r#""run": {{ "max_in_flight": {most} }}, "clients": {{ "retries": {{ "max": 1, "backoff": "1s", "jitter": 0 }} }}"#
        );
        let policy = r#"{ "sync": { "backlog": 0 } }"#;
        assert_eq!(ending("page = compute 10", four, &with, policy), expected, "retries, at most {most}");
    }
}
