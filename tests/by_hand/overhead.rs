//! Overhead of the application server: its own work, the lock it loses, the timers it rounds.

use crate::case::{System, check, check_parts};

const PAGES: System<'static> = System { classes: "page = compute 10", arrivals: "0 page, 0 page", with: "" };

#[test]
fn a_worker_is_busy_until_the_work_after_the_response_is_done() {
    // 0–1 before, 1–11 compute, 11–13 respond, 13–16 after; then the same again.
    let policy = r#"{ "sync": { "overhead": { "before": "1ms", "response": "2ms", "after": "3ms" } } }"#;
    check(PAGES, policy, "13, 29");
    check_parts(PAGES, policy, 2, "backlog_wait 0–16, framework 16–17, compute 17–27, framework 27–29");
    // An omitted part is zero.
    check(PAGES, r#"{ "sync": { "overhead": { "after": "3ms" } } }"#, "10, 23");
}

#[test]
fn a_loop_continues_with_another_request_after_the_work_after_a_response() {
    // First: 0–1 before, 1–5 compute, query 5–15, 15–17 compute, 17–18 respond, 18–19 after.
    // Second: 5–10, query 10–20, 20–22, 22–23.
    let system = System { classes: "page = compute 4 > db 10 > compute 2", ..PAGES };
    let overhead = r#""overhead": { "before": "1ms", "response": "1ms", "after": "1ms" }"#;
    check(system, &format!(r#"{{ "async": {{ {overhead} }} }}"#), "18, 23");
    // Equal shares of one core: 1 + 4 at half the speed until 10, queries until 20, 2 + 1 at half the speed.
    let shared = System { with: r#""machine": { "quantum": "processor_sharing" }"#, ..system };
    check(shared, &format!(r#"{{ "sync": {{ "workers": 2, {overhead} }} }}"#), "26, 26");
}

#[test]
fn a_thread_that_has_computed_gives_up_the_lock_before_it_responds() {
    let threads = |yields| {
        let options = r#""threads": 2, "overhead": { "response": "1ms" }"#;
        format!(r#"{{ "threaded": {{ {options}, "yields_to_respond": {yields} }} }}"#)
    };
    // 0–4 first, 4–8 second, 8–9 first responds, 9–10 second responds.
    let system = System { classes: "page = compute 4", ..PAGES };
    check(system, &threads(true), "9, 10");
    check(system, &threads(false), "5, 10");
    check(System { arrivals: "0 page", ..system }, &threads(true), "5");
    // A thread that has just waited has computed nothing: 0–4, 14–15; the other 4–8, 18–19.
    check(System { classes: "page = compute 4 > db 10", ..PAGES }, &threads(true), "15, 19");
}

#[test]
fn a_thread_gives_up_the_lock_before_each_write_of_its_response() {
    let threads = |options| {
        let overhead = r#""overhead": { "response": "3ms", "after": "2ms" }"#;
        format!(r#"{{ "threaded": {{ "threads": 2, "yields_to_respond": true, {overhead}{options} }} }}"#)
    };
    let system = System { classes: "page = compute 4", ..PAGES };
    // 0–4 first, 4–8 second, 8–11 first responds, 11–13 after; 13–16 second.
    check(system, &threads(""), "11, 16");
    // 0–4 first, 4–8 second, 8–9.5 first, 9.5–11 second, 11–12.5 first responds, 12.5–14.5 after; 14.5–16 second.
    check(system, &threads(r#", "response_writes": 2"#), "12.5, 16");
    // In three parts: 8–9, 9–10, 10–11, 11–12, 12–13 first, 13–15 after; 15–16 second.
    check(system, &threads(r#", "response_writes": 3"#), "13, 16");
    // Without others nothing changes.
    check(System { arrivals: "0 page", ..system }, &threads(r#", "response_writes": 3"#), "7");
    // The last part has what is left of a nanosecond.
    let uneven = r#"{ "threaded": { "threads": 2, "yields_to_respond": true, "response_writes": 2, "overhead": { "response": "3ns" } } }"#;
    check(System { arrivals: "0 page", ..system }, uneven, "4.000003");
}

#[test]
fn a_pool_thread_hands_its_request_back_to_the_loop_for_the_response() {
    // The loop reads the first 0–1 and the second 1–2. The only thread queries 1–11 and 11–21; the loop responds 11–13
    // and is done at 14, and responds 21–23.
    let system = System { classes: "page = db 10", ..PAGES };
    let overhead = r#""overhead": { "before": "1ms", "response": "2ms", "after": "1ms" }"#;
    check(system, &format!(r#"{{ "async": {{ "thread_pool": {{ "threads": 1 }}, {overhead} }} }}"#), "13, 23");
}

#[test]
fn sleeps_of_a_loop_end_as_its_timers_do() {
    let system = System { classes: "page = sleep 10.2 > compute 1", arrivals: "0 page", with: "" };
    check(system, r#"{ "async": { "timer_resolution": "1ms" } }"#, "12");
    check(system, r#"{ "async": {} }"#, "11.2");
    check(
        System { classes: "page = sleep 10 > compute 1", ..system },
        r#"{ "async": { "timer_resolution": "1ms" } }"#,
        "11",
    );
    for (rounding, end) in [("down", "11"), ("nearest", "11"), ("up", "12")] {
        let timers = format!(r#"{{ "async": {{ "timer_resolution": "1ms", "timer_rounding": "{rounding}" }} }}"#);
        check(system, &timers, end);
    }
    // A query is no sleep, unless the application sleeps in its place.
    let query = System { classes: "page = db 10.2 > compute 1", ..system };
    check(query, r#"{ "async": { "timer_resolution": "1ms" } }"#, "11.2");
    let stand_in = System { with: r#""backends": { "db": { "stand_in": true } }"#, ..query };
    check(stand_in, r#"{ "async": { "timer_resolution": "1ms" } }"#, "12");
    check(stand_in, r#"{ "sync": {} }"#, "11.2");
}

#[test]
fn the_round_trip_to_a_backend_takes_time_and_a_connection() {
    // 0–12 the first has the connection, 12–24 the second.
    let system = System {
        classes: "page = db 10",
        with: r#""backends": { "db": { "round_trip": "2ms", "pool": { "size": 1 } } }"#,
        ..PAGES
    };
    check(system, r#"{ "async": {} }"#, "12, 24");
    check_parts(system, r#"{ "threaded": { "threads": 2 } }"#, 2, "pool_wait 0–12, backend 12–24");
}

#[test]
fn the_client_of_a_backend_works_before_and_after_each_query() {
    let client = r#""backends": { "db": { "client": { "before": "1ms", "after": "2ms" } } }"#;
    let system = System { classes: "page = db 10 > compute 1", with: client, ..PAGES };
    // 0–1 and 1–2 ask, queries 1–11 and 2–12, 11–14 and 14–17.
    check(system, r#"{ "async": {} }"#, "14, 17");
    check_parts(system, r#"{ "async": {} }"#, 1, "framework 0–1, backend 1–11, framework 11–13, compute 13–14");
    check(system, r#"{ "sync": {} }"#, "14, 28");
}

#[test]
fn a_client_that_yields_holds_its_connection_until_the_transaction_has_ended() {
    let backend = |yields, release| {
        let client = format!(r#""client": {{ "after": "2ms", "yields": {yields} }}"#);
        format!(r#""backends": {{ "db": {{ {client}, "pool": {{ "size": 1, "release": "{release}" }} }} }}"#)
    };
    let threads = r#"{ "threaded": { "threads": 2, "switch_interval": "none" } }"#;
    let system = System { classes: "page = db 10 > compute 3", ..PAGES };
    // First: query 0–10, reads 10–12, computes 12–15; second: query from 12 or from 10 on.
    for (yields, release, ends) in
        [(true, "owner_runs", "15, 27"), (false, "owner_runs", "15, 25"), (true, "query_end", "15, 25")]
    {
        check(System { with: &backend(yields, release), ..system }, threads, ends);
    }
}

#[test]
fn a_thread_loses_the_lock_around_the_queries_of_a_client_that_yields() {
    let client = |yields| {
        format!(r#""backends": {{ "db": {{ "client": {{ "before": "1ms", "after": "1ms", "yields": {yields} }} }} }}"#)
    };
    let (yields, keeps) = (client(true), client(false));
    let threads = r#"{ "threaded": { "threads": 2, "switch_interval": "none" } }"#;
    // 0–4 first, 4–8 second, 8–9 and 9–10 ask, queries 9–19 and 10–20, 19–20 and 20–21 read, 21–24 first, 24–27 second.
    let system = System { classes: "page = compute 4 > db 10 > compute 3", with: &yields, ..PAGES };
    check(system, threads, "24, 27");
    // 0–5 first, 5–10 second, queries 5–15 and 10–20, 15–19 first, 20–24 second.
    check(System { with: &keeps, ..system }, threads, "19, 24");
    // A loop has no lock to lose.
    check(system, r#"{ "async": {} }"#, "19, 24");
}

#[test]
fn a_response_already_sent_does_not_fail_with_its_worker() {
    // The first departs at 10; the worker restarts 12–13 before it is done with it, and serves the second 13–23.
    let system = System {
        classes: "page = compute 10",
        arrivals: "0 page, 11 page",
        with: r#""faults": [{ "at": "12ms", "for": "1ms", "restart": { "worker": 1 } }]"#,
    };
    check(system, r#"{ "sync": { "overhead": { "after": "5ms" } } }"#, "10, 23");
}

#[test]
fn a_client_that_has_its_response_does_not_give_up() {
    let system = System { with: r#""clients": { "timeout": "11ms" }"#, arrivals: "0 page", ..PAGES };
    check(system, r#"{ "sync": { "overhead": { "after": "5ms" } } }"#, "10");
    check(system, r#"{ "sync": { "overhead": { "response": "5ms" } } }"#, "lost 15; timed_out 1, late 1");
}
