//! Requests that hold what others wait for, and wait for what those hold.

use waitline::engine::{Deadlock, Owner};
use waitline::model::{Resource, SimTime};

use crate::case::{System, record};

const POOL_OF_TWO: &str =
    r#""backends": { "db": { "pool": { "size": 2, "per": "application" } } }, "machine": { "cores": 4 }"#;
const NESTED: &str = r#"{ "hold": { "backend": "db", "phases": [ { "db": "10ms" },
    { "hold": { "backend": "db", "phases": [ { "db": "10ms" } ] } } ] } }"#;

/// What is held, of which worker, by whom and what those wait for, and how many requests wait for it.
fn held(deadlock: &Deadlock) -> Vec<String> {
    let name = |resource: Resource| resource.name(&["db", "lock"]);
    let one = |held: &waitline::engine::HeldResource| {
        let holders: Vec<String> = held
            .holders
            .iter()
            .map(|holder| {
                format!("{} for {} since {}", holder.request + 1, name(holder.waits_for), holder.since.since_start())
            })
            .collect();
        let owner = match held.owner {
            Owner::Worker(worker) => format!(" of worker {}", worker + 1),
            Owner::Replica(replica) => format!(" of replica {}", replica + 1),
            Owner::Application => String::new(),
        };
        format!("{} {}{owner}: {}; {} wait", held.number, name(held.resource), holders.join(", "), held.waiting)
    };
    deadlock.held.iter().map(one).collect()
}

#[test]
fn each_of_two_requests_holds_a_connection_and_waits_for_another() {
    let classes = format!("tx = {NESTED}");
    for policy in [
        r#"{ "async": {} }"#,
        r#"{ "threaded": { "threads": 4, "gil": false } }"#,
        r#"{ "threaded": { "threads": 4 } }"#,
        r#"{ "sync": { "workers": 4 } }"#,
    ] {
        let system = System { classes: &classes, arrivals: "0 tx, 0 tx, 1 tx", with: POOL_OF_TWO };
        let found = record(system, policy).deadlock.expect("a deadlock");
        let expected = "2 pool.db: 1 for pool.db since 10ms, 2 for pool.db since 10ms; 3 wait";
        assert_eq!(held(&found), [expected], "{policy}");
        assert_eq!((found.since, found.requests), (SimTime::from_nanos(10_000_000), 3), "{policy}");
        // One at a time, and all three are served; with a timeout, nothing waits for ever.
        let system = System { arrivals: "0 tx, 30 tx, 60 tx", ..system };
        assert_eq!(record(system, policy).deadlock, None, "{policy}");
    }
}

#[test]
fn a_deadlock_is_found_although_other_requests_go_on() {
    // The third request needs no connection, and the run ends at 100 ms.
    let classes = format!("tx = {NESTED}; other = compute 1");
    let with = format!(r#"{POOL_OF_TWO}, "run": {{ "duration": "100ms" }}"#);
    let system = System { classes: &classes, arrivals: "0 tx, 0 tx, 50 other, 99.5 other", with: &with };
    let found = record(system, r#"{ "async": {} }"#).deadlock.expect("a deadlock");
    assert_eq!(found.requests, 2);
    // At 15 ms, the second has its second connection, and nothing is stuck.
    let with = with.replace(r#""size": 2"#, r#""size": 3"#).replace("100ms", "15ms");
    assert_eq!(record(System { with: &with, ..system }, r#"{ "async": {} }"#).deadlock, None);
}

#[test]
fn with_a_timeout_there_is_no_deadlock() {
    let classes = format!("tx = {NESTED}");
    for with in [
        POOL_OF_TWO.replace(r#""size": 2"#, r#""size": 2, "acquire_timeout": "50ms""#),
        format!(r#"{POOL_OF_TWO}, "clients": {{ "timeout": "50ms", "cancel": true }}"#),
    ] {
        let with = format!(r#"{with}, "run": {{ "duration": "30ms" }}"#);
        let system = System { classes: &classes, arrivals: "0 tx, 0 tx", with: &with };
        assert_eq!(record(system, r#"{ "async": {} }"#).deadlock, None, "{with}");
    }
}

#[test]
fn two_locks_taken_in_different_order() {
    let with = r#""backends": { "db": { "pool": { "size": 1 } }, "lock": { "pool": { "size": 1 } } }"#;
    let nested = |outer: &str, inner: &str| {
        format!(
            r#"{{ "hold": {{ "backend": "{outer}", "phases": [ {{ "sleep": "5ms" }},
                {{ "hold": {{ "backend": "{inner}", "phases": [ {{ "sleep": "5ms" }} ] }} }} ] }} }}"#
        )
    };
    let classes = format!("one = {}; other = {}", nested("db", "lock"), nested("lock", "db"));
    let system = System { classes: &classes, arrivals: "0 one, 2 other", with };
    let found = record(system, r#"{ "async": {} }"#).deadlock.expect("a deadlock");
    let expected = [
        "1 pool.db of worker 1: 1 for pool.lock since 5ms; 1 wait",
        "1 pool.lock of worker 1: 2 for pool.db since 7ms; 1 wait",
    ];
    assert_eq!(held(&found), expected);
}

#[test]
fn a_loop_is_blocked_by_a_request_that_waits_for_a_connection_of_one_that_needs_the_loop() {
    let hold = |blocking: bool| {
        format!(
            r#"{{ "hold": {{ "backend": "db", "blocking": {blocking}, "phases": [ {{ "sleep": "10ms" }}, {{ "compute": "1ms" }} ] }} }}"#
        )
    };
    let with = r#""backends": { "db": { "pool": { "size": 1 } } }"#;
    let classes = format!("first = {}; second = {}; third = compute 1", hold(false), hold(true));
    let system = System { classes: &classes, arrivals: "0 first, 5 second, 20 third", with };
    let found = record(system, r#"{ "async": {} }"#).deadlock.expect("a deadlock");
    let expected =
        ["1 pool.db of worker 1: 1 for turn since 10ms; 1 wait", "1 turn of worker 1: 2 for pool.db since 5ms; 2 wait"];
    assert_eq!(held(&found), expected);
}

#[test]
fn the_request_that_was_woken_for_an_idle_connection_never_gets_the_loop() {
    // At 10 the first query ends. With `barging` and `woken_first` its connection is idle, and the second request is woken; but
    // the third has blocked the loop since 2, and waits for a connection itself.
    let classes = r#"first = db 10; next = db 10; blocking = {"db": {"time": "10ms", "blocking": true}}"#;
    for (hand_over, is_stuck) in [("waiter_first", false), ("random", false), ("barging", true), ("woken_first", true)]
    {
        for per in ["worker", "application"] {
            let with = format!(
                r#""backends": {{ "db": {{ "pool": {{ "size": 1, "per": "{per}", "hand_over": "{hand_over}" }} }} }}"#
            );
            let system = System { classes, arrivals: "0 first, 1 next, 2 blocking", with: &with };
            let found = record(system, r#"{ "async": {} }"#).deadlock;
            let of_worker = if per == "worker" { " of worker 1" } else { "" };
            let expected = [
                format!("1 pool.db{of_worker}: 2 for turn since 10ms; 1 wait"),
                "1 turn of worker 1: 3 for pool.db since 2ms; 1 wait".to_owned(),
            ];
            assert_eq!(found.as_ref().map(held), is_stuck.then(|| expected.to_vec()), "{hand_over}, per {per}");
        }
    }
}

#[test]
fn nested_connections_lead_to_a_deadlock_whoever_gets_a_released_one() {
    let classes = format!("tx = {NESTED}");
    for hand_over in ["waiter_first", "releaser_first", "random", "barging", "woken_first"] {
        let with = POOL_OF_TWO.replace(r#""size": 2"#, &format!(r#""size": 2, "hand_over": "{hand_over}""#));
        let system = System { classes: &classes, arrivals: "0 tx, 0 tx, 1 tx", with: &with };
        let found = record(system, r#"{ "async": {} }"#).deadlock.expect("a deadlock");
        let expected = "2 pool.db: 1 for pool.db since 10ms, 2 for pool.db since 10ms; 3 wait";
        assert_eq!(held(&found), [expected], "{hand_over}");
    }
}

#[test]
fn threads_of_a_loop_are_held_by_requests_that_wait_for_a_connection() {
    // The first request has the only thread and the only connection, and waits for another one.
    let with = r#""backends": { "db": { "pool": { "size": 1, "per": "application" } } }, "machine": { "cores": 4 }"#;
    let policy = r#"{ "async": { "thread_pool": { "threads": 1, "classes": [ "deep" ] } } }"#;
    let nested = r#"{ "hold": { "backend": "db", "phases": [ { "hold": { "backend": "db", "phases": [ { "sleep": "1ms" } ] } } ] } }"#;
    let classes = format!("deep = {nested}; other = compute 1");
    let system = System { classes: &classes, arrivals: "0 deep, 1 deep, 2 other", with };
    let found = record(system, policy).deadlock.expect("a deadlock");
    let expected =
        ["1 pool.db: 1 for pool.db since 0ms; 1 wait", "1 threads of worker 1: 1 for pool.db since 0ms; 1 wait"];
    assert_eq!(held(&found), expected);
}
