//! Whose fault each nanosecond of a wait is, by hand.

use std::ops::ControlFlow;

use waitline::model::{SimDuration, SimTime};
use waitline::study::{Blamed, ExplainedWait, Replication, Root, RootActivity, WhichRequests, explain_replication};

use crate::case::System;

/// Checks the waits of one request, counted from 1: `backlog 30–400: 1 170, 2 200; roots 1 backend 100, 2 compute 20`. The
/// shares of requests follow their numbers, in milliseconds; then come causes.
fn check(system: System<'_>, policy: &str, request: u64, expected: &[&str]) {
    let scenario = system.scenario(policy);
    let which = WhichRequests::Numbers(request - 1, request);
    let look = || ControlFlow::Continue(());
    let replication = Replication::default();
    let explanation = explain_replication(&scenario, &scenario.policies()[0], which, replication, &look).unwrap();
    let waits: Vec<String> = explanation.requests[0].waits.iter().map(show).collect();
    assert_eq!(waits, expected, "{}\nunder {policy}", system.classes);
}

fn show(wait: &ExplainedWait) -> String {
    let direct: Vec<String> =
        wait.direct.iter().map(|(blamed, share)| format!("{} {}", who(blamed), millis(*share))).collect();
    let root: Vec<String> =
        wait.root.iter().map(|(root, share)| format!("{} {}", what(root), millis(*share))).collect();
    let span = format!("{}–{}", instant(wait.start), instant(wait.end));
    format!("{} {span}: {}; roots {}", wait.station, direct.join(", "), root.join(", "))
}

fn who(blamed: &Blamed) -> String {
    match blamed {
        Blamed::Request(request) => (request + 1).to_string(),
        Blamed::Cause(cause) => cause.name().to_owned(),
    }
}

fn what(root: &Root) -> String {
    match root {
        Root::Request(request, RootActivity(activity)) => format!("{} {}", request + 1, activity.name()),
        Root::Cause(cause) => cause.name().to_owned(),
    }
}

fn millis(span: SimDuration) -> f64 {
    span.as_millis()
}

fn instant(time: SimTime) -> f64 {
    time.as_millis()
}

/// The three requests of the lecture.
const LECTURE: System<'_> = System {
    classes: "page = framework 10 > db 60 > compute 10 > db 100 > compute 10 > framework 10; \
              short = framework 10 > db 75 > compute 10 > framework 10",
    arrivals: "0 page, 15 page, 30 short",
    with: "",
};

#[test]
fn under_sync_the_short_request_waits_for_the_two_before_it_one_after_the_other() {
    // Request 1 has the worker from 0 to 200, request 2 from 200 to 400. Of the 170 ms behind request 1, its database has
    // 30–70 and 80–180; behind request 2 it has 210–270 and 280–380.
    check(
        LECTURE,
        r#"{ "sync": {} }"#,
        3,
        &[
            "backlog 30–400: 1 170, 2 200; roots 1 framework 10, 1 compute 20, 1 backend 140, 2 framework 20, 2 compute 20, \
           2 backend 160",
        ],
    );
}

#[test]
fn under_a_lock_a_share_goes_on_to_whom_its_holder_waits_for() {
    // Both threads are taken until 200. Request 2 is back from its database at 195 and waits 5 ms for the lock, which
    // request 1 has for its last phase: half of that time is of the slot of request 2.
    check(
        LECTURE,
        r#"{ "threaded": { "threads": 2 } }"#,
        3,
        &[
            "backlog 30–200: 1 85, 2 85; roots 1 framework 7.5, 1 compute 10, 1 backend 70, 2 compute 5, 2 backend 77.5",
            "turn 200–205: 2 5; roots 2 compute 5",
            "turn 210–215: 2 5; roots 2 compute 5",
        ],
    );
}

#[test]
fn under_async_only_the_loop_is_waited_for() {
    let policy = r#"{ "async": {} }"#;
    check(LECTURE, policy, 2, &["turn 195–200: 1 5; roots 1 framework 5"]);
    check(LECTURE, policy, 3, &[]);
}

#[test]
fn the_remainder_of_a_division_is_of_the_lowest_number() {
    // 9,999,999 ns behind two queries.
    let system = System {
        classes: "page = db 10",
        arrivals: "0 page, 0 page, 0.000001 page",
        with: r#""backends": { "db": { "concurrency": 2 } }"#,
    };
    let expected = "backend.db 0.000001–10: 1 5, 2 4.999999; roots 1 backend 5, 2 backend 4.999999";
    check(system, r#"{ "async": {} }"#, 3, &[expected]);
}

#[test]
fn a_chain_ends_where_the_connection_is_used() {
    // Request 2 has the second worker and waits for the connection of request 1, so all of the backlog comes from there.
    let system = System {
        classes: "page = db 10",
        arrivals: "0 page, 1 page, 2 page",
        with: r#""backends": { "db": { "pool": { "size": 1, "per": "application" } } }"#,
    };
    let expected = ["backlog 2–10: 1 4, 2 4; roots 1 backend 8", "pool.db 10–20: 2 10; roots 2 backend 10"];
    check(system, r#"{ "sync": { "workers": 2 } }"#, 3, &expected);
    // Each worker has its own connection: no request waits for it.
    let system = System { with: r#""backends": { "db": { "pool": { "size": 1, "per": "worker" } } }"#, ..system };
    let expected = ["backlog 2–10: 1 4, 2 4; roots 1 backend 4, 2 backend 4"];
    check(system, r#"{ "sync": { "workers": 2 } }"#, 3, &expected);
}

#[test]
fn cores_are_waited_for_behind_those_that_run_and_a_switch_is_a_cause() {
    let system = System {
        classes: "page = compute 10",
        arrivals: "0 page, 2 page",
        with: r#""machine": { "context_switch": "1ms", "quantum": "100ms" }"#,
    };
    // Request 1 has the core from 0 to 11, 1 ms of it for the switch.
    let policy = r#"{ "sync": { "workers": 2 } }"#;
    check(system, policy, 1, &["cores 0–1: context_switch 1; roots context_switch 1"]);
    let system = System { with: r#""machine": { "quantum": "100ms" }"#, ..system };
    check(system, policy, 2, &["cores 2–10: 1 8; roots 1 compute 8"]);
}

#[test]
fn shared_cores_are_lost_to_the_others_equally() {
    // Until 10, both are served at half speed; then request 1 goes on with its other 5 ms alone.
    let system = System {
        classes: "long = compute 10; short = compute 5",
        arrivals: "0 long, 0 short",
        with: r#""machine": { "quantum": "processor_sharing" }"#,
    };
    let policy = r#"{ "async": { "workers": 2 } }"#;
    check(system, policy, 1, &["cores 0–15: 2 5; roots 2 compute 5"]);
    check(system, policy, 2, &["cores 0–10: 1 5; roots 1 compute 5"]);
}

#[test]
fn a_shared_backend_is_lost_to_the_others_equally() {
    let system = System {
        classes: "page = db 10",
        arrivals: "0 page, 0 page, 0 page",
        with: r#""backends": { "db": { "concurrency": 1, "sharing": true } }"#,
    };
    check(system, r#"{ "async": {} }"#, 2, &["backend.db 0–30: 1 10, 3 10; roots 1 backend 10, 3 backend 10"]);
}

#[test]
fn of_two_shared_waits_in_a_row_each_has_what_it_lost() {
    let system = System {
        classes: "long = db 40; twice = db 10 > db 10",
        arrivals: "0 long, 0 twice",
        with: r#""backends": { "db": { "concurrency": 1, "sharing": true } }"#,
    };
    let expected = ["backend.db 0–20: 1 10; roots 1 backend 10", "backend.db 20–40: 1 10; roots 1 backend 10"];
    check(system, r#"{ "async": {} }"#, 2, &expected);
}

#[test]
fn clients_on_the_same_cores_are_a_cause() {
    let system = System {
        classes: "page = compute 4",
        arrivals: "0 page",
        with: r#""machine": { "quantum": "100ms", "client_cpu": "2ms" }"#,
    };
    check(system, r#"{ "sync": {} }"#, 1, &["cores 0–1: clients 1; roots clients 1"]);
}

#[test]
fn a_quota_and_a_restart_are_causes() {
    let quota = System {
        classes: "page = compute 10",
        arrivals: "0 page",
        with: r#""machine": { "cpu_limit": 0.5, "limit_period": "10ms" }"#,
    };
    check(quota, r#"{ "sync": {} }"#, 1, &["cpu_limit 5–10: quota 5; roots quota 5"]);
    let restart = System {
        classes: "page = compute 10",
        arrivals: "2 page",
        with: r#""faults": [ { "at": "0ms", "for": "10ms", "restart": {} } ]"#,
    };
    check(restart, r#"{ "sync": {} }"#, 1, &["backlog 2–10: restart 8; roots restart 8"]);
}

#[test]
fn a_replica_is_waited_for_behind_those_in_it() {
    let system = System {
        classes: "page = compute 10",
        arrivals: "0 page, 0 page, 0 page",
        with: r#""replicas": { "count": 2, "balancer": "round_robin" }"#,
    };
    check(system, r#"{ "sync": {} }"#, 3, &["backlog 0–10: 1 10; roots 1 compute 10"]);
}

#[test]
fn of_parallel_waits_the_branch_that_ends_last_counts() {
    let classes = r#"one = db 10; two = { "parallel": [ { "db": "5ms" }, { "sleep": "3ms" } ] }; three = { "parallel": [ { "db": "5ms" }, { "sleep": "30ms" } ] }"#;
    let with = r#""backends": { "db": { "concurrency": 1 } }"#;
    let policy = r#"{ "async": {} }"#;
    let system = System { classes, arrivals: "0 one, 2 two", with };
    check(system, policy, 2, &["backend.db 2–10: 1 8; roots 1 backend 8"]);
    check(System { arrivals: "0 one, 2 three", ..system }, policy, 2, &[]);
}

#[test]
fn a_circle_without_a_way_out_is_a_deadlock_and_own_units_do_not_count() {
    // Each holds one of two connections and wants another: request 1 from 5 on, request 2 from 6 on. The run ends at 24.
    let system = System {
        classes: r#"page = { "hold": { "backend": "db", "phases": [ { "sleep": "5ms" }, { "hold": { "backend": "db", "phases": [ { "sleep": "1ms" } ] } } ] } }; other = compute 4"#,
        arrivals: "0 page, 1 page, 20 other",
        with: r#""backends": { "db": { "pool": { "size": 2 } } }"#,
    };
    let policy = r#"{ "async": {} }"#;
    check(system, policy, 1, &["pool.db 5–24: 2 19; roots 2 sleep 1, deadlock 18"]);
    check(system, policy, 2, &["pool.db 6–24: 1 18; roots deadlock 18"]);
}
