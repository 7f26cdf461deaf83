//! Clients that send statements around a query: BEGIN before it and COMMIT after it, on the same connection.

use crate::case::{System, check, check_parts};

/// One request at a time has the lock, and keeps it until its next wait.
const THREADS: &str = r#"{ "threaded": { "threads": 4, "switch_interval": "none" } }"#;

/// `db`, with these statements of 1 ms each, and these other fields.
fn db(client: &str, fields: &str) -> String {
    format!(r#""backends": {{ "db": {{ "client": {{ {client} }}{fields} }} }}"#)
}

const BEGIN_AND_COMMIT: &str = r#""begin": { "time": "1ms" }, "commit": { "time": "1ms" }"#;

#[test]
fn each_statement_takes_cpu_time_and_a_round_trip() {
    let client = r#""before": "1ms", "after": "2ms", "begin": { "cpu": "1ms", "time": "3ms" }, "commit": { "cpu": "1ms", "time": "4ms" }"#;
    let with = db(client, "");
    let system = System { classes: "page = db 10 > compute 1", arrivals: "0 page", with: &with };
    let parts =
        "framework 0–1, backend 1–4, framework 4–5, backend 5–15, framework 15–18, backend 18–22, compute 22–23";
    for policy in [THREADS, r#"{ "sync": {} }"#, r#"{ "async": {} }"#] {
        check(system, policy, "23");
        check_parts(system, policy, 1, parts);
    }
    // Each of the four bursts costs a context switch.
    let switching = format!(r#"{with}, "machine": {{ "context_switch": "1ms" }}"#);
    check(System { with: &switching, ..system }, r#"{ "sync": {} }"#, "27");
    // The round trip counts for each of the three statements, the overhead of a query for one.
    let further = db(client, r#", "round_trip": "1ms""#);
    check(System { with: &further, ..system }, THREADS, "26");
    let slower = db(client, r#", "query_overhead": "1ms""#);
    check(System { with: &slower, ..system }, THREADS, "24");
    // A slow backend slows all three: 3 × (1 + 10 + 1), and 1.
    let with = format!(
        r#"{}, "faults": [{{ "at": "1ms", "for": "1s", "slow": {{ "backend": "db", "factor": 3 }} }}]"#,
        db(BEGIN_AND_COMMIT, "")
    );
    check(System { arrivals: "2 page", with: &with, ..system }, THREADS, "39");
}

#[test]
fn a_single_statement_holds_the_connection_too() {
    let system = System { classes: "page = db 10 > compute 1", arrivals: "0 page, 0 page", with: "" };
    // First: 0–1 BEGIN, 1–11 query, releases and computes 11–12. Second: from 12 on, when it has the lock.
    let with = db(r#""begin": { "time": "1ms" }"#, r#", "pool": { "size": 1 }"#);
    check(System { with: &with, ..system }, THREADS, "12, 24");
    // First: 0–10 query, 10–11 COMMIT, 11–12; second: the same from 12 on.
    let with = db(r#""commit": { "time": "1ms" }"#, r#", "pool": { "size": 1 }"#);
    check(System { with: &with, ..system }, THREADS, "12, 24");
}

#[test]
fn a_thread_releases_its_lock_during_each_statement() {
    let with = db(BEGIN_AND_COMMIT, "");
    let system =
        System { classes: "page = db 10 > compute 1; work = compute 10", arrivals: "0 page, 0.5 work", with: &with };
    // BEGIN is answered at 1, and the other has the lock until 10.5: query until 20.5, COMMIT until 21.5.
    check(system, THREADS, "22.5, 10.5");
    check_parts(system, THREADS, 1, "backend 0–1, run_queue_wait 1–10.5, backend 10.5–21.5, compute 21.5–22.5");
    // COMMIT is sent at 11 by the thread with the lock, and is answered at 12: then the other has the lock, until 21.5.
    let late = System { arrivals: "0 page, 11.5 work", ..system };
    check(late, THREADS, "22.5, 21.5");
    // Without statements there is nothing between the query and the work after it.
    check(System { with: "", ..late }, THREADS, "11, 21.5");
    // A sync worker serves no other request during a wait.
    check(system, r#"{ "sync": {} }"#, "13, 23");
    // A loop continues with another request, like threads.
    check(system, r#"{ "async": {} }"#, "22.5, 10.5");
}

#[test]
fn an_idle_connection_is_taken_without_losing_the_lock() {
    let with = db(r#""begin": { "cpu": "1ms" }, "commit": {}"#, r#", "pool": { "size": 1 }"#);
    let system =
        System { classes: "page = compute 2 > db 10; work = compute 5", arrivals: "0 page, 0 work", with: &with };
    // 0–3 computes, takes the connection and sends BEGIN; the other 3–8; then query 8–18.
    check(system, THREADS, "18, 8");
    check(system, r#"{ "async": {} }"#, "18, 8");
}

#[test]
fn a_request_holds_its_connection_while_it_waits_for_the_lock() {
    let with = db(BEGIN_AND_COMMIT, r#", "pool": { "size": 1 }"#);
    let system = System {
        classes: "page = db 10 > compute 1; work = compute 5; long = compute 20",
        arrivals: "0 page, 0 page",
        with: &with,
    };
    // The first gives it back at 12, when it runs again, and computes until 13.
    check(system, THREADS, "13, 26");
    check_parts(system, THREADS, 2, "pool_wait 0–12, run_queue_wait 12–13, backend 13–25, compute 25–26");
    // The lock is taken from 5 to 25: the query that was answered at 11 is followed by COMMIT at 25–26, and so on.
    check(System { arrivals: "0 page, 0 page, 5 long", ..system }, THREADS, "27, 40, 25");
}

#[test]
fn the_connection_is_released_when_the_last_statement_is_answered_or_when_its_owner_runs() {
    let with = |release: &str| db(BEGIN_AND_COMMIT, &format!(r#", "pool": {{ "size": 1{release} }}"#));
    let classes = "page = db 10 > compute 1; work = compute 5";
    // COMMIT of the first is answered at 12; another has the lock 11.5–16.5, and a fourth asks for it at 14, for 17.5–22.5.
    // The second request has the connection at 12 and queues for the lock before that one: it sends BEGIN at 17.5, the
    // query at 22.5. Or it has the connection at 16.5, when the first has run: it sends BEGIN at 22.5.
    for (release, ends) in [
        (r#", "release": "query_end""#, "17.5, 34.5, 16.5, 22.5"),
        (r#", "release": "owner_runs""#, "17.5, 35.5, 16.5, 22.5"),
        ("", "17.5, 35.5, 16.5, 22.5"),
    ] {
        let arrivals = "0 page, 0 page, 11.5 work, 14 work";
        check(System { classes, arrivals, with: &with(release) }, THREADS, ends);
    }
}

#[test]
fn a_request_that_times_out_or_whose_backend_goes_down_releases_everything() {
    let with = db(BEGIN_AND_COMMIT, r#", "pool": { "size": 1, "acquire_timeout": "5ms" }"#);
    let system = System { classes: "page = db 10 > compute 1", arrivals: "0 page, 0 page, 20 page", with: &with };
    check(system, THREADS, "13, lost 5, 33; failed 1");
    // Down from 0.5 to 15: in BEGIN of the first; the second gets no connection; the third finds it idle.
    let down = r#""faults": [{ "at": "0.5ms", "for": "14.5ms", "down": { "backend": "db" } }]"#;
    let with = format!("{}, {down}", db(BEGIN_AND_COMMIT, r#", "pool": { "size": 1 }"#));
    check(System { with: &with, ..system }, THREADS, "lost 0.5, lost 0.5, 33; failed 2");
    // Down from 0.5 to 0.8 is over when BEGIN would have been answered; from 11.5 it fails COMMIT.
    let down = r#""faults": [{ "at": "11.5ms", "for": "1ms", "down": { "backend": "db" } }]"#;
    let with = format!("{}, {down}", db(BEGIN_AND_COMMIT, ""));
    check(System { arrivals: "0 page, 20 page", with: &with, ..system }, THREADS, "lost 11.5, 33; failed 1");
}

#[test]
fn a_known_client_has_its_measured_cost() {
    let known = |name: &str, fields: &str| format!(r#""backends": {{ "db": {{ "client": "{name}"{fields} }} }}"#);
    let (psycopg, asyncpg) = (known("psycopg", ""), known("asyncpg", ""));
    let system = System { classes: "page = db 10 > compute 1", arrivals: "0 page", with: &psycopg };
    // 0.55 ms of CPU time, and twice 0.25 ms for BEGIN and COMMIT.
    check(system, THREADS, "12.05");
    check(System { with: &asyncpg, ..system }, r#"{ "async": {} }"#, "11.5");
    // Its pool gives a connection back when its owner runs: the loop is busy 2.4–15.4, then the first computes until 16.7.
    let with = known("asyncpg", r#", "pool": { "size": 1 }"#);
    let classes = "page = compute 1 > db 10 > compute 1; heavy = compute 13";
    let system = System { classes, arrivals: "0 page, 0 page, 0 heavy", with: &with };
    check(system, r#"{ "async": {} }"#, "16.7, 26.7, 15.4");
}
