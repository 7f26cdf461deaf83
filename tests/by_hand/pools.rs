//! Connection pools as they are: connections opened on demand and closed again, and who gets one that is released.

use crate::case::{System, check, check_parts, record, run};

const SYNC: &str = r#"{ "sync": { "workers": 5 } }"#;
const THREADS: &str = r#"{ "threaded": { "threads": 5 } }"#;
const FREE_THREADS: &str = r#"{ "threaded": { "threads": 5, "gil": false } }"#;
const ASYNC: &str = r#"{ "async": {} }"#;
const POLICIES: [&str; 4] = [SYNC, THREADS, FREE_THREADS, ASYNC];

fn pool(fields: &str) -> String {
    format!(r#""backends": {{ "db": {{ "pool": {{ "per": "application", {fields} }} }} }}"#)
}

fn check_all(classes: &str, arrivals: &str, with: &str, expected: &str) {
    POLICIES.iter().for_each(|policy| check(System { classes, arrivals, with }, policy, expected));
}

#[test]
fn a_request_opens_a_connection_if_none_is_idle() {
    // The first opens one 1–6 and queries 6–16, the second 2–7 and 7–17. The third finds one idle.
    let with = pool(r#""size": 2, "min": 0, "connect": "5ms""#);
    let classes = "page = compute 1 > db 10 > compute 1";
    check_all(classes, "0 page, 0 page, 20 page", &with, "17, 18, 32");
    let system = System { classes, arrivals: "0 page, 0 page, 20 page", with: &with };
    check_parts(system, ASYNC, 1, "compute 0–1, pool_wait 1–6, backend 6–16, compute 16–17");
    // With one open from the start, only the second opens one.
    let with = pool(r#""size": 2, "min": 1, "connect": "5ms""#);
    check_all(classes, "0 page, 0 page, 20 page", &with, "12, 18, 32");
    // Opening takes no time unless `connect` says so.
    check_all(classes, "0 page, 0 page, 20 page", &pool(r#""size": 2, "min": 0"#), "12, 13, 32");
}

#[test]
fn connections_beyond_the_size_are_opened_when_all_are_in_use_and_closed_when_enough_are_idle() {
    // 0–10 the first; the second opens one 0–5 and queries 5–15; the third gets the first one at 10. At 15 one is idle, so
    // that of the third is closed at 20: of the last two, one has to open another.
    let with = pool(r#""size": 1, "overflow": 1, "connect": "5ms""#);
    let arrivals = "0 page, 0 page, 0 page, 30 page, 30 page";
    check_all("page = db 10", arrivals, &with, "10, 15, 20, 40, 45");
    let record = record(System { classes: "page = db 10", arrivals, with: &with }, ASYNC);
    // A connection is held while it is being opened: 10 + 15 + 10 + 10 + 15. Requests wait 5, 10 and 5.
    assert_eq!((record.pools[0].in_use.area, record.pools[0].in_use.max), (60_000_000, 2));
    assert_eq!(record.pools[0].waiting.area, 20_000_000);
    // While they are in use one after another, none is closed: the third finds that of the first at 10.
    check_all("page = db 10", "0 page, 5 page, 12 page, 21 page", &with, "10, 20, 22, 31");
}

#[test]
fn the_time_to_open_a_connection_counts_for_the_timeout() {
    let with = pool(r#""size": 1, "min": 0, "connect": "10ms", "acquire_timeout": "12ms""#);
    // The first queries 10–20; the second has waited from 2 to 14.
    check_all("page = db 10", "0 page, 2 page", &with, "20, lost 14; failed 1");
    let with = pool(r#""size": 1, "min": 0, "connect": "10ms", "acquire_timeout": "9ms""#);
    check_all("page = db 10", "0 page, 10 page", &with, "lost 9, lost 19; failed 2");
    let system = System { classes: "page = db 10", arrivals: "0 page", with: &with };
    assert_eq!(record(system, ASYNC).pools[0].in_use.area, 9_000_000);
}

#[test]
fn a_request_that_gives_up_opening_lets_the_next_open_a_connection() {
    // The first worker restarts at 3; the second request opens a connection 3–13 and queries 13–23.
    let with = pool(r#""size": 1, "min": 0, "connect": "10ms""#)
        + r#", "faults": [{ "at": "3ms", "for": "1ms", "restart": { "worker": 1 } }]"#;
    check(System { classes: "page = db 10", arrivals: "0 page, 1 page", with: &with }, SYNC, "lost 3, 23; failed 1");
    // The backend goes down: nothing is opened until it is back.
    let with = pool(r#""size": 1, "min": 0, "connect": "10ms""#)
        + r#", "faults": [{ "at": "3ms", "for": "1ms", "down": { "backend": "db" } }]"#;
    check_all("page = db 10", "0 page, 1 page, 5 page", &with, "lost 3, lost 3, 25; failed 2");
}

#[test]
fn clients_with_statements_open_connections_too() {
    // A thread asks with its lock and continues with it: connection 0–5, BEGIN 5–6, query 6–16, COMMIT 16–17.
    let with = r#""backends": { "db": { "pool": { "size": 1, "min": 0, "connect": "5ms" },
        "client": { "begin": { "time": "1ms" }, "commit": { "time": "1ms" } } } }"#;
    check(System { classes: "page = db 10", arrivals: "0 page, 20 page", with }, THREADS, "17, 32");
    check(System { classes: "page = db 10", arrivals: "0 page, 20 page", with }, ASYNC, "17, 32");
}

/// Two queries a request, on one connection: A 0–1, then 1–11 the first query; B 1–2, and waits.
const TWO_QUERIES: &str = "page = compute 1 > db 10 > compute 1 > db 10 > compute 1";

#[test]
fn who_has_a_released_connection_depends_on_the_pool() {
    for (fields, expected) in [
        // A and B take turns: 11–21 B, 21–31 A, 31–41 B.
        (r#""hand_over": "waiter_first""#, "32, 42"),
        // The same, each after a millisecond of work: 12–22 B, 23–33 A, 34–44 B.
        (r#""hand_over": "releaser_first""#, "34, 45"),
        // B is the only one that waits.
        (r#""hand_over": "random""#, "32, 42"),
        // A works 11–12 and asks before B runs: 12–22 A. Then 23–33 B, 34–44 B.
        (r#""hand_over": "barging""#, "23, 45"),
        (r#""hand_over": "barging", "release": "owner_runs""#, "23, 45"),
        // A gives way to B, and B to A.
        (r#""hand_over": "woken_first""#, "32, 42"),
        (r#""hand_over": "woken_first", "release": "owner_runs""#, "32, 42"),
    ] {
        let with = pool(&format!(r#""size": 1, {fields}"#));
        let system = System { classes: TWO_QUERIES, arrivals: "0 page, 0 page", with: &with };
        check(system, ASYNC, expected);
        check(system, THREADS, expected);
    }
    let with = pool(r#""size": 1, "hand_over": "barging""#);
    let system = System { classes: TWO_QUERIES, arrivals: "0 page, 0 page", with: &with };
    let parts = "run_queue_wait 0–1, compute 1–2, pool_wait 2–11, run_queue_wait 11–12, pool_wait 12–22, \
        run_queue_wait 22–23, backend 23–33, compute 33–34, backend 34–44, compute 44–45";
    check_parts(system, ASYNC, 2, parts);
}

/// A 0–10; B waits from 1; C has the loop, the lock or the core from 7 to 12 and then asks.
const LATECOMER: System<'_> =
    System { classes: "a = db 10; c = compute 5 > db 10", arrivals: "0 a, 1 a, 7 c", with: "" };

#[test]
fn a_request_that_asks_before_the_woken_one_runs_has_the_connection() {
    for hand_over in ["waiter_first", "random", "releaser_first"] {
        let with = pool(&format!(r#""size": 1, "hand_over": "{hand_over}""#));
        POLICIES.iter().for_each(|policy| check(System { with: &with, ..LATECOMER }, policy, "10, 20, 30"));
    }
    for hand_over in ["barging", "woken_first"] {
        let with = pool(&format!(r#""size": 1, "hand_over": "{hand_over}""#));
        // B is woken at 10 and needs the loop or the lock, which C keeps until 12: C has the connection 12–22.
        for policy in [ASYNC, THREADS] {
            check(System { with: &with, ..LATECOMER }, policy, "10, 32, 22");
            let parts = "pool_wait 1–10, run_queue_wait 10–12, pool_wait 12–22, backend 22–32";
            check_parts(System { with: &with, ..LATECOMER }, policy, 2, parts);
        }
        // It needs the core only, which C loses at 11, after its quantum.
        for policy in [SYNC, FREE_THREADS] {
            check(System { with: &with, ..LATECOMER }, policy, "10, 21, 31");
        }
    }
}

#[test]
fn a_request_that_queues_again_has_waited_since_it_first_asked() {
    // B has waited since 1: 15 ms are over at 16, 10 ms at 11, before it runs.
    for (timeout, expected) in
        [("15ms", "10, lost 16, 22; failed 1"), ("10ms", "10, lost 11, 22; failed 1"), ("30ms", "10, 32, 22")]
    {
        let with = pool(&format!(r#""size": 1, "hand_over": "barging", "acquire_timeout": "{timeout}""#));
        check(System { with: &with, ..LATECOMER }, ASYNC, expected);
    }
}

#[test]
fn a_woken_request_that_leaves_wakes_the_next() {
    // The last has the loop from 7 to 16. The second is woken at 10 and fails at 12; the third is woken then, and runs at 16.
    let with = pool(r#""size": 1, "hand_over": "barging", "acquire_timeout": "12ms""#);
    let system = System { classes: "a = db 10; b = db 10; c = compute 9", arrivals: "0 a, 0 b, 5 b, 7 c", with: &with };
    check(system, ASYNC, "10, lost 12, 26, 16; failed 1");
    check_parts(system, ASYNC, 3, "pool_wait 5–12, run_queue_wait 12–16, backend 16–26");
}

#[test]
fn branches_of_parallel_waits_take_a_released_connection_at_once() {
    for hand_over in ["waiter_first", "random", "barging", "woken_first"] {
        let with = pool(&format!(r#""size": 1, "hand_over": "{hand_over}""#));
        let classes = r#"page = {"parallel": [{"db": "10ms"}, {"db": "10ms"}]} > compute 1"#;
        check(System { classes, arrivals: "0 page", with: &with }, ASYNC, "21");
    }
}

#[test]
fn a_pool_that_hands_over_at_random_lets_any_waiting_request_go_first() {
    let arrivals: Vec<String> = (0..20).flat_map(|group| vec![format!("{} page", 100 * group); 3]).collect();
    let with = pool(r#""size": 1, "hand_over": "random""#);
    let system = System { classes: "page = db 10", arrivals: &arrivals.join(", "), with: &with };
    let (seen, _) = run(&system.scenario(ASYNC));
    let overtaken = (0..20).filter(|group| seen.departure(3 * group + 1) > seen.departure(3 * group + 2)).count();
    // Fewer than 3 of 20, or more than 17, have a probability of 0.0004.
    assert!((3..=17).contains(&overtaken), "{overtaken}");
}
