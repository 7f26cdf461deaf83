//! Connections held over several phases, or until a request departs.

use waitline::model::FailedBy;

use crate::case::{System, check, check_parts, check_waits, record};

const ASYNC: &str = r#"{ "async": {} }"#;
const TWO_THREADS: &str = r#"{ "threaded": { "threads": 2, "gil": false } }"#;
const TWO_CORES: &str = r#", "machine": { "cores": 2 }"#;

/// A phase that holds a connection to `backend` over others, in the notation of the cases.
fn hold(backend: &str, phases: &str) -> String {
    format!(r#"{{ "hold": {{ "backend": "{backend}", "phases": [ {phases} ] }} }}"#)
}

fn pool(fields: &str) -> String {
    format!(r#""backends": {{ "db": {{ "pool": {{ {fields} }} }} }}"#)
}

#[test]
fn a_connection_is_held_from_before_the_first_phase_until_after_the_last() {
    let classes = format!(
        "page = compute 1 > {} > compute 1",
        hold("db", r#"{ "db": "10ms" }, { "compute": "2ms" }, { "db": "10ms" }"#)
    );
    let with = pool(r#""size": 1, "per": "application""#);
    let system = System { classes: &classes, arrivals: "0 page, 0 page", with: &with };
    // The first works until 1 and has the connection until 23; the second asks at 2 and has it from 23 to 45.
    for policy in [ASYNC, r#"{ "threaded": { "threads": 2 } }"#, r#"{ "async": { "thread_pool": { "threads": 2 } } }"#]
    {
        check(system, policy, "24, 46");
        let pool = record(system, policy).pools[0];
        assert_eq!((pool.in_use.area / 1_000_000, pool.in_use.max), (44, 1), "{policy}");
        assert_eq!((pool.waiting.area / 1_000_000, pool.waiting.max), (21, 1), "{policy}");
    }
    let parts =
        "run_queue_wait 0–1, compute 1–2, pool_wait 2–23, backend 23–33, compute 33–35, backend 35–45, compute 45–46";
    check_parts(system, ASYNC, 2, parts);
    check_waits(system, ASYNC, 2, "turn 1, pool.db 21");
    // Two sync workers, one core: as with threads. With a connection each, the queries overlap; the second is one step
    // behind at each burst.
    check(system, r#"{ "sync": { "workers": 2 } }"#, "24, 46");
    let with = pool(r#""size": 2"#);
    check(System { with: &with, ..system }, ASYNC, "24, 26");
}

#[test]
fn a_single_query_in_a_hold_takes_as_long_as_a_query() {
    let classes = format!("page = compute 1 > {} > compute 1", hold("db", r#"{ "db": "10ms" }"#));
    let with = pool(r#""size": 1"#);
    for policy in [ASYNC, TWO_THREADS, r#"{ "sync": { "workers": 1 } }"#] {
        let plain =
            System { classes: "page = compute 1 > db 10 > compute 1", arrivals: "0 page, 0 page, 5 page", with: &with };
        let held = System { classes: &classes, ..plain };
        let (plain, _) = crate::case::run(&plain.scenario(policy));
        let (held, _) = crate::case::run(&held.scenario(policy));
        assert_eq!(plain.departures, held.departures, "{policy}");
    }
}

#[test]
fn a_backend_with_only_a_pool_is_a_lock_or_a_semaphore() {
    // Three threads with a core each compute for 5.
    let classes = format!("page = {} > compute 1", hold("lock", r#"{ "compute": "5ms" }"#));
    let policy = r#"{ "threaded": { "threads": 3, "gil": false } }"#;
    for (size, expected) in [(1, "6, 11, 16"), (2, "6, 6, 11"), (3, "6, 6, 6")] {
        let with =
            format!(r#""backends": {{ "lock": {{ "pool": {{ "size": {size} }} }} }}, "machine": {{ "cores": 3 }}"#);
        check(System { classes: &classes, arrivals: "0 page, 0 page, 0 page", with: &with }, policy, expected);
    }
}

#[test]
fn a_burst_goes_on_over_the_ends_of_a_hold() {
    // One core and a quantum of 4: 2 + 2 + 2 are one burst, which the short request interrupts at 4.
    let classes =
        format!("page = compute 2 > {} > compute 2; short = compute 1", hold("lock", r#"{ "compute": "2ms" }"#));
    let with = r#""backends": { "lock": { "pool": { "size": 1 } } }"#;
    let system = System { classes: &classes, arrivals: "0 page, 1 short", with };
    check(system, TWO_THREADS, "7, 5");
    // A loop runs it to its end.
    check(system, ASYNC, "6, 7");
}

#[test]
fn an_inner_hold_of_the_same_backend_takes_another_connection() {
    let inner = hold("db", r#"{ "db": "10ms" }"#);
    let classes = format!("page = {}", hold("db", &format!(r#"{{ "db": "10ms" }}, {inner}, {{ "db": "10ms" }}"#)));
    // With two connections one request uses both from 10 to 20. The other's first query is done at 10 as well: it has no
    // second connection until 20, when the first request returns its inner one.
    let with = pool(r#""size": 3"#);
    let system = System { classes: &classes, arrivals: "0 page, 0 page", with: &with };
    check(system, ASYNC, "30, 40");
    check_parts(system, ASYNC, 2, "backend 0–10, pool_wait 10–20, backend 20–40");
    // With two, each has one at 10 and waits for another. The first gives up after 15, at 25, and the second goes on.
    let with = pool(r#""size": 2, "acquire_timeout": "15ms""#);
    check(System { with: &with, ..system }, ASYNC, "lost 25, 45; failed 1");
}

#[test]
fn a_connection_that_is_returned_goes_to_the_next_at_once_or_after_the_burst_of_its_owner() {
    // The first returns its connection at 10 and computes until 15; with `releaser_first` the second begins then, and its
    // own work, which needs the loop, is done 15 later.
    let classes = format!("page = {} > compute 5", hold("db", r#"{ "db": "10ms" }"#));
    for (hand_over, expected) in [("waiter_first", "15, 25"), ("releaser_first", "15, 30")] {
        let with = pool(&format!(r#""size": 1, "hand_over": "{hand_over}""#));
        check(System { classes: &classes, arrivals: "0 page, 0 page", with: &with }, ASYNC, expected);
    }
    // In the middle of a burst: 5 inside, 5 after.
    let classes = format!("page = {} > compute 5 > sleep 1", hold("db", r#"{ "compute": "5ms" }"#));
    for (hand_over, expected) in [("waiter_first", "11, 16"), ("releaser_first", "11, 21")] {
        let with = pool(&format!(r#""size": 1, "hand_over": "{hand_over}""#)) + TWO_CORES;
        check(System { classes: &classes, arrivals: "0 page, 0 page", with: &with }, TWO_THREADS, expected);
    }
}

#[test]
fn the_release_of_the_pool_does_not_apply_to_a_hold() {
    // The loop is busy from 1 to 21: the connection goes to the second request at 10 all the same.
    let classes = format!("page = {} > compute 1; hog = compute 20", hold("db", r#"{ "db": "10ms" }"#));
    for release in ["query_end", "owner_runs"] {
        let with = pool(&format!(r#""size": 1, "release": "{release}""#));
        let system = System { classes: &classes, arrivals: "0 page, 0 page, 1 hog", with: &with };
        check(system, ASYNC, "22, 23, 21");
    }
}

#[test]
fn a_request_that_ends_early_returns_all_connections_it_holds() {
    let nested = hold("lock", r#"{ "db": "10ms" }, { "sleep": "10ms" }"#);
    let classes = format!("page = {}; next = lock 5 > db 5", hold("db", &nested));
    let backends = r#""backends": {
        "db": { "pool": { "size": 1, "per": "application" } }, "lock": { "pool": { "size": 1, "per": "application" } } }"#;
    let policy = r#"{ "sync": { "workers": 2 } }"#;
    let system = System { classes: &classes, arrivals: "0 page, 1 next", with: backends };
    check(system, policy, "20, 30");
    // Its client gives up at 8.
    let with = format!(r#"{backends}, "clients": {{ "timeout": "8ms", "cancel": true }}"#);
    check(System { arrivals: "0 page, 5 next", with: &with, ..system }, policy, "lost 8, lost 13; timed_out 2");
    // The database is down from 4 to 6: the query fails, and the next one comes at 9.
    let with = format!(r#"{backends}, "faults": [ {{ "at": "4ms", "for": "2ms", "down": {{ "backend": "db" }} }} ]"#);
    check(System { with: &with, ..system }, policy, "lost 4, 14; failed 1");
    // While it sleeps it needs nothing of the database, and holds a connection all the same.
    let with = format!(r#"{backends}, "faults": [ {{ "at": "14ms", "for": "2ms", "down": {{ "backend": "db" }} }} ]"#);
    check(System { with: &with, ..system }, policy, "20, 30");
    // Its worker restarts at 12. The other one takes the connections.
    let with = format!(r#"{backends}, "faults": [ {{ "at": "12ms", "for": "1ms", "restart": {{ "worker": 1 }} }} ]"#);
    check(System { with: &with, ..system }, policy, "lost 12, 22; failed 1");
    assert_eq!(record(System { with: &with, ..system }, policy).classes[0].failed.worker_restart, 1);
}

#[test]
fn a_session_is_held_for_a_query_from_the_first_query_or_for_the_whole_request() {
    // One loop. `query`: the first queries 5–15 and the second 15–25; then the first 25–29 and the second 30–34.
    // `from_first_query`: the second waits until the first has departed at 25, and queries 25–35 and 40–44. `request`: the
    // second begins at 25.
    let classes = "page = compute 5 > db 10 > sleep 5 > db 4 > compute 1; free = compute 1";
    for (held, expected) in [("query", "30, 35"), ("from_first_query", "25, 45"), ("request", "25, 50")] {
        let with = pool(&format!(r#""size": 1, "held": "{held}""#));
        let system = System { classes, arrivals: "0 page, 0 page", with: &with };
        check(system, ASYNC, expected);
        // A request that never queries takes no connection.
        check(System { arrivals: "0 page, 6 free", ..system }, r#"{ "sync": { "workers": 2 } }"#, "25, 7");
    }
}

#[test]
fn a_session_begins_with_the_first_query_that_is_made() {
    let maybe = |probability: &str| {
        format!(r#"{{ "maybe": {{ "probability": {probability}, "phases": [ {{ "db": "10ms" }} ] }} }}"#)
    };
    let with = pool(r#""size": 1, "held": "from_first_query""#);
    for (probability, expected) in [("1", "25, 50"), ("0", "15, 20")] {
        let classes = format!("page = {} > sleep 10 > db 5", maybe(probability));
        check(System { classes: &classes, arrivals: "0 page, 0 page", with: &with }, ASYNC, expected);
    }
    // No query, no connection.
    let classes = format!("page = {} > sleep 10", maybe("0"));
    check(System { classes: &classes, arrivals: "0 page, 0 page", with: &with }, ASYNC, "10, 10");
}

#[test]
fn a_session_ends_when_the_response_is_out() {
    // 10 of query, then the response; the worker is busy for 5 more. The second worker gets the connection at 10.
    let with = pool(r#""size": 1, "held": "request", "per": "application""#) + TWO_CORES;
    let system = System { classes: "page = db 10", arrivals: "0 page, 0 page", with: &with };
    check(system, r#"{ "sync": { "workers": 2, "overhead": { "after": "5ms" } } }"#, "10, 20");
}

#[test]
fn a_hold_inside_a_session_takes_another_connection() {
    let classes = format!("page = db 10 > {}", hold("db", r#"{ "db": "10ms" }"#));
    for (size, expected) in [(1, "lost 110; failed 1"), (2, "20")] {
        let with = pool(&format!(r#""size": {size}, "held": "from_first_query", "acquire_timeout": "100ms""#));
        check(System { classes: &classes, arrivals: "0 page", with: &with }, ASYNC, expected);
    }
}

#[test]
fn a_client_begins_and_commits_once_for_a_hold() {
    // Connect, BEGIN 1, the queries 10 and 10, COMMIT 1.
    let with = r#""backends": { "db": { "pool": { "size": 1 }, "client": { "begin": { "time": "1ms" }, "commit": { "time": "1ms" } } } }"#;
    let classes = format!("page = {}", hold("db", r#"{ "db": "10ms" }, { "db": "10ms" }"#));
    check(System { classes: &classes, arrivals: "0 page, 0 page", with }, TWO_THREADS, "22, 44");
    check(System { classes: "page = db 10 > db 10", arrivals: "0 page", with }, TWO_THREADS, "24");
    let with = with.replace(r#""size": 1"#, r#""size": 1, "held": "request""#);
    check(System { classes: "page = db 10 > db 10", arrivals: "0 page, 0 page", with: &with }, TWO_THREADS, "22, 44");
}

#[test]
fn a_wait_for_a_connection_to_hold_may_block_the_loop() {
    // The second request stops the loop until 10, when the first returns the connection; the third runs at last.
    let blocking = r#"{ "hold": { "backend": "db", "blocking": true, "phases": [ { "sleep": "10ms" } ] } }"#;
    let classes = format!("page = {blocking} > sleep 1; other = compute 1");
    let with = pool(r#""size": 1"#);
    let system = System { classes: &classes, arrivals: "0 page, 2 page, 3 other", with: &with };
    check(system, ASYNC, "11, 21, 11");
    let classes = classes.replace(r#""blocking": true, "#, "");
    check(System { classes: &classes, ..system }, ASYNC, "11, 21, 4");
}

#[test]
fn threads_that_each_need_a_second_connection_stop_until_the_timeout() {
    // 50 threads, 10 connections: ten requests take one each and query until 20; then each needs another. At 20 + 30 s they
    // fail, one after another: the connection of each goes to the request that has waited longest. The other 40 threads
    // have waited for a first connection since 0, and give up at 30 s.
    let classes =
        format!("tx = {}", hold("db", &format!(r#"{{ "db": "20ms" }}, {}"#, hold("db", r#"{ "db": "20ms" }"#))));
    let arrivals = vec!["0 tx"; 50].join(", ");
    let with = pool(r#""size": 10, "acquire_timeout": "30s""#);
    let system = System { classes: &classes, arrivals: &arrivals, with: &with };
    let record = record(system, r#"{ "threaded": { "threads": 50, "gil": false } }"#);
    let failed: FailedBy = record.classes[0].failed;
    assert_eq!((record.classes[0].completed, failed.acquire_timeout), (5, 45));
}
