//! Faults: their beginning, their end and their after-effects.

use crate::case::{System, check, check_parts};

const SYNC: &str = r#"{ "sync": {} }"#;
const ASYNC: &str = r#"{ "async": {} }"#;
const TWO: &str = r#"{ "sync": { "workers": 2 } }"#;

#[test]
fn a_slow_backend_slows_the_queries_that_it_starts() {
    // Started before the fault, during it, just before its end, and at its end.
    let system = System {
        classes: "page = db 10; nap = sleep 10",
        arrivals: "0 page, 6 page, 6 nap, 24 page, 25 page",
        with: r#""faults": [{ "at": "5ms", "for": "20ms", "slow": { "backend": "db", "factor": 3 } }]"#,
    };
    check(system, ASYNC, "10, 36, 16, 54, 35");
}

#[test]
fn a_query_that_waited_is_slow_if_it_starts_while_the_backend_is() {
    let system = System {
        classes: "page = db 10",
        arrivals: "0 page, 0 page, 0 page",
        with: r#""backends": { "db": { "concurrency": 1 } },
            "faults": [{ "at": "5ms", "for": "20ms", "slow": { "backend": "db", "factor": 2 } }]"#,
    };
    // 0–10, 10–30 slow, 30–40.
    check(system, ASYNC, "10, 30, 40");
}

#[test]
fn simultaneous_faults_multiply() {
    let system = System {
        classes: "page = db 1",
        arrivals: "5 page, 15 page, 25 page, 35 page",
        with: r#""faults": [
            { "at": "0ms", "for": "20ms", "slow": { "backend": "db", "factor": 2 } },
            { "at": "10ms", "for": "20ms", "slow": { "backend": "db", "factor": 3 } }]"#,
    };
    check(system, ASYNC, "7, 21, 28, 36");
}

#[test]
fn a_backend_that_is_down_fails_new_and_waiting_queries() {
    // At 5: the first is served, the second waits for the connection, the third sleeps. At 7 the third asks. At 15 it
    // is up again, and its connection free.
    let system = System {
        classes: "page = db 10; nap = sleep 7 > db 10",
        arrivals: "0 page, 0 page, 0 nap, 15 page",
        with: r#""backends": { "db": { "pool": { "size": 1 } } },
            "faults": [{ "at": "5ms", "for": "10ms", "down": { "backend": "db" } }]"#,
    };
    check(system, ASYNC, "lost 5, lost 5, lost 7, 25; failed 3");
    // A request fails if one of its branches fails.
    let classes = r#"page = { "parallel": [{ "sleep": "20ms" }, { "db": "10ms" }] }"#;
    check(System { classes, arrivals: "0 page, 6 page", ..system }, ASYNC, "lost 5, lost 6; failed 2");
}

#[test]
fn clients_retry_until_the_backend_is_up() {
    // Fails at 6, 8 (2 later), 12 (4 later), and at 20 (8 later) it is up: 30.
    let system = System {
        classes: "page = db 10",
        arrivals: "6 page",
        with: r#""clients": { "retries": { "max": 5, "backoff": "2ms" } },
            "faults": [{ "at": "5ms", "for": "10ms", "down": { "backend": "db" } }]"#,
    };
    check(system, ASYNC, "lost 6, lost 8, lost 12, 30; failed 3, retried 3");
}

#[test]
fn a_worker_that_restarts_fails_its_requests_and_takes_others_later() {
    // The first is in worker 1, down from 5 to 15; the third has worker 2 at 10; the fourth worker 1 at 15.
    let with = r#""machine": { "cores": 2 }, "faults": [{ "at": "5ms", "for": "10ms", "restart": { "worker": 1 } }]"#;
    let system = System { classes: "page = compute 10", arrivals: "0 page, 0 page, 6 page, 7 page", with };
    check(system, TWO, "lost 5, 10, 20, 25; failed 1");
    check_parts(system, TWO, 4, "backlog_wait 7–15, compute 15–25");
    // All requests inside the worker fail: running, ready and away; those in the backlog do not.
    let system =
        System { classes: "page = compute 10; nap = sleep 10", arrivals: "0 page, 0 page, 0 nap, 6 page", with };
    check(system, ASYNC, "lost 5, lost 5, lost 5, 25; failed 3");
    check(System { arrivals: "0 page, 0 page", ..system }, SYNC, "lost 5, 25; failed 1");
    // A policy without that worker does not notice.
    let with = r#""faults": [{ "at": "5ms", "for": "10ms", "restart": { "worker": 2 } }]"#;
    check(System { arrivals: "0 page", with, ..system }, SYNC, "10");
}

#[test]
fn fewer_cores_are_shared_until_they_are_back() {
    // Two cores except from 3 to 10. The documents do not say which of the two running requests stops: the last to start.
    // It has done 3; the first runs to the end of its quantum at 4, the second 4–8 (7 done), the first 8–10 (6 done);
    // then both.
    let with = r#""machine": { "cores": 2 }, "faults": [{ "at": "3ms", "for": "7ms", "cores": 1 }]"#;
    let system = System { classes: "page = compute 10", arrivals: "0 page, 0 page", with };
    check(system, TWO, "14, 13");
    // From 4 to 11. At 4, when the first's quantum ends, no request is waiting yet: its next one goes to 8 (8 done); the second
    // 8–11 (7 done); then both.
    let with = r#""machine": { "cores": 2 }, "faults": [{ "at": "4ms", "for": "7ms", "cores": 1 }]"#;
    check(System { with, ..system }, TWO, "13, 14");
    // Shared: 4 each by 4, 4 more each by 12, then one core each.
    let with = r#""machine": { "cores": 2, "quantum": "processor_sharing" },
        "faults": [{ "at": "4ms", "for": "8ms", "cores": 1 }]"#;
    check(System { with, ..system }, TWO, "14, 14");
}

#[test]
fn the_last_to_take_a_core_loses_it_when_there_are_fewer() {
    // Four run; the first ends at 1. Of the other three, the last to get a core has done 2 ms when two cores are left.
    let system = System {
        classes: "long = compute 10; short = compute 1",
        arrivals: "0 short, 0 long, 0 long, 0 long",
        with: r#""machine": { "cores": 4, "quantum": "100ms" }, "faults": [{ "at": "2ms", "for": "50ms", "cores": 2 }]"#,
    };
    check(system, r#"{ "sync": { "workers": 4 } }"#, "1, 10, 10, 18");
}

#[test]
fn a_slow_backend_takes_a_fixed_time_unless_the_query_takes_longer_anyway() {
    let system = System {
        classes: "page = db 10; long = db 90",
        arrivals: "0 page, 6 page, 7 long, 30 page",
        with: r#""faults": [{ "at": "5ms", "for": "20ms", "slow": { "backend": "db", "time": "50ms" } }]"#,
    };
    check(system, ASYNC, "10, 56, 97, 40");
    // With a factor of 2 at the same time: twice the demand, and at least the time. Of two times the longer applies.
    let with = r#""faults": [
        { "at": "0ms", "for": "20ms", "slow": { "backend": "db", "time": "50ms" } },
        { "at": "0ms", "for": "20ms", "slow": { "backend": "db", "factor": 2 } },
        { "at": "0ms", "for": "10ms", "slow": { "backend": "db", "time": "60ms" } }]"#;
    check(System { arrivals: "1 page, 2 long, 12 page, 20 page", with, ..system }, ASYNC, "61, 182, 62, 30");
}

#[test]
fn a_fault_repeats_until_the_end_of_the_run() {
    // Slow from 5 to 10, 25 to 30, 45 to 50, …; the run ends when no request is left.
    let system = System {
        classes: "page = db 10",
        arrivals: "4 page, 5 page, 10 page, 29 page, 31 page, 1005 page, 1010 page",
        with: r#""faults": [{ "at": "5ms", "for": "5ms", "every": "20ms", "slow": { "backend": "db", "factor": 2 } }]"#,
    };
    check(system, ASYNC, "14, 25, 20, 49, 41, 1025, 1020");
    // A restart without duration fails the worker's requests, repeatedly.
    let with = r#""faults": [{ "at": "5ms", "for": "0ms", "every": "10ms", "restart": { "worker": 1 } }]"#;
    check(
        System { classes: "page = compute 10", arrivals: "0 page, 6 page, 16 page", with },
        SYNC,
        "lost 5, lost 15, lost 25; failed 3",
    );
}

#[test]
fn a_deadlock_ends_the_run_although_faults_repeat_unless_one_of_them_resolves_it() {
    // The first holds the connection until its loop runs it, and the second holds the loop until it has the connection.
    let classes = "page = db 10 > compute 1; other = compute 5 > db! 10";
    let classes = classes.replace("db! 10", r#"{ "db": { "time": "10ms", "blocking": true } }"#);
    let pool = r#""backends": { "db": { "pool": { "size": 1, "release": "owner_runs" } } }"#;
    let stuck =
        |fault: &str| format!(r#"{pool}, "faults": [{{ "at": "50ms", "for": "5ms", "every": "20ms", {fault} }}]"#);
    for (fault, expected) in
        [(r#""cores": 1"#, "in flight, in flight"), (r#""restart": { "worker": 1 }"#, "lost 50, lost 50; failed 2")]
    {
        check(System { classes: &classes, arrivals: "0 page, 6 other", with: &stuck(fault) }, ASYNC, expected);
    }
}
