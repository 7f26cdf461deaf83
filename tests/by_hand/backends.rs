//! Backends: pools, when a connection is passed on, how many queries run at once.

use crate::case::{System, check, check_parts};

const ASYNC: &str = r#"{ "async": {} }"#;
const PAGE: &str = "page = compute 1 > db 10 > compute 1";

fn pool(fields: &str) -> String {
    format!(r#""backends": {{ "db": {{ "pool": {{ {fields} }} }} }}"#)
}

#[test]
fn a_query_waits_for_a_connection() {
    let with = pool(r#""size": 1"#);
    let system = System { classes: PAGE, arrivals: "0 page, 0 page", with: &with };
    check(system, ASYNC, "12, 22");
    check_parts(system, ASYNC, 2, "run_queue_wait 0–1, compute 1–2, pool_wait 2–11, backend 11–21, compute 21–22");
    check(system, r#"{ "threaded": { "threads": 2 } }"#, "12, 22");
    // With two: both query at once; at 12 the first has just left the core to the second.
    let with = pool(r#""size": 2"#);
    check(System { with: &with, ..system }, ASYNC, "12, 13");
}

#[test]
fn a_pool_belongs_to_a_worker_or_to_the_application() {
    let two_loops = r#"{ "async": { "workers": 2 } }"#;
    for (per, expected) in [("worker", "12, 13"), ("application", "12, 22")] {
        let with = pool(&format!(r#""size": 1, "per": "{per}""#));
        check(System { classes: PAGE, arrivals: "0 page, 0 page", with: &with }, two_loops, expected);
    }
}

#[test]
fn a_request_waits_for_a_connection_until_its_timeout() {
    for (timeout, expected) in
        [("5ms", "12, lost 7; failed 1"), ("9ms", "12, 22"), ("8.9ms", "12, lost 10.9; failed 1")]
    {
        let with = pool(&format!(r#""size": 1, "acquire_timeout": "{timeout}""#));
        check(System { classes: PAGE, arrivals: "0 page, 0 page", with: &with }, ASYNC, expected);
    }
}

#[test]
fn a_connection_is_passed_on_at_once_or_after_the_next_burst_of_its_releaser() {
    for (hand_over, expected) in [("waiter_first", "12, 22"), ("releaser_first", "12, 23")] {
        let with = pool(&format!(r#""size": 1, "hand_over": "{hand_over}""#));
        check(System { classes: PAGE, arrivals: "0 page, 0 page", with: &with }, ASYNC, expected);
    }
}

#[test]
fn a_connection_is_released_when_the_query_ends_or_when_its_owner_runs_again() {
    // The third request has the loop from 2 to 15; the first query ends at 11, its owner runs at 15.
    let classes = "page = compute 1 > db 10 > compute 1; heavy = compute 13";
    for (fields, expected) in [
        (r#""size": 1"#, "16, 22, 15"),
        (r#""size": 1, "release": "owner_runs""#, "16, 26, 15"),
        (r#""size": 1, "release": "owner_runs", "hand_over": "releaser_first""#, "16, 27, 15"),
    ] {
        let with = pool(fields);
        check(System { classes, arrivals: "0 page, 0 page, 0 heavy", with: &with }, ASYNC, expected);
    }
}

#[test]
fn a_request_without_work_between_two_queries_queues_again() {
    // 0–10 first, 10–20 second, 20–30 first, 30–40 second: it has its connection for one query.
    for fields in
        [r#""size": 1"#, r#""size": 1, "release": "owner_runs""#, r#""size": 1, "hand_over": "releaser_first""#]
    {
        let with = pool(fields);
        check(System { classes: "page = db 10 > db 10", arrivals: "0 page, 0 page", with: &with }, ASYNC, "30, 40");
        // A request that departs does not run again.
        check(System { classes: "page = db 10", arrivals: "0 page, 0 page", with: &with }, ASYNC, "10, 20");
    }
}

#[test]
fn a_backend_runs_a_limited_number_of_queries_at_once() {
    let system = System {
        classes: "page = db 10",
        arrivals: "0 page, 1 page, 2 page",
        with: r#""backends": { "db": { "concurrency": 2 } }"#,
    };
    check(system, ASYNC, "10, 11, 20");
    check_parts(system, ASYNC, 3, "backend_wait 2–10, backend 10–20");
    // It waits first for a connection, then for the backend.
    let with = r#""backends": { "db": { "pool": { "size": 2 }, "concurrency": 1 } }"#;
    let system = System { arrivals: "0 page, 0 page, 0 page", with, ..system };
    check(system, ASYNC, "10, 20, 30");
    check_parts(system, ASYNC, 2, "backend_wait 0–10, backend 10–20");
    check_parts(system, ASYNC, 3, "pool_wait 0–10, backend_wait 10–20, backend 20–30");
}

#[test]
fn each_backend_has_its_own_queue() {
    // idp: 0–20 first, 20–40 second. db: the second 40–45 and the third 0–5 in between.
    let system = System {
        classes: "login = idp 20 > db 5; page = db 5 > sleep 1",
        arrivals: "0 login, 0 login, 0 page",
        with: r#""backends": { "db": { "concurrency": 1 }, "idp": { "pool": { "size": 1 } } }"#,
    };
    check(system, ASYNC, "25, 45, 6");
    check_parts(system, ASYNC, 3, "backend 0–5, sleep 5–6");
}

#[test]
fn a_sync_worker_is_held_while_its_request_waits_for_a_connection() {
    // Two workers, one pool: the third request gets the first worker at 12, and the connection at 21.
    let with = pool(r#""size": 1, "per": "application""#);
    let system = System { classes: PAGE, arrivals: "0 page, 0 page, 0 page", with: &with };
    check(system, r#"{ "sync": { "workers": 2 } }"#, "12, 22, 32");
    let parts = "backlog_wait 0–12, compute 12–13, pool_wait 13–21, backend 21–31, compute 31–32";
    check_parts(system, r#"{ "sync": { "workers": 2 } }"#, 3, parts);
}
