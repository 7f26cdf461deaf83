//! Workers of which only some run while fewer are needed.

use waitline::engine::Ending;

use crate::case::{System, check, check_workers, record};

/// Two of these block each other for ever, where there are two connections.
const NESTED: &str = r#"{ "hold": { "backend": "db", "phases": [ { "db": "10ms" },
    { "hold": { "backend": "db", "phases": [ { "db": "10ms" } ] } } ] } }"#;

fn system(arrivals: &str) -> System<'_> {
    System {
        classes: "page = db 100; second = db 1000; long = db 2500; hour = db 10000",
        arrivals,
        with: r#""machine": { "cores": 8 }"#,
    }
}

fn sync(workers: u32, spare: &str) -> String {
    format!(r#"{{ "sync": {{ "workers": {workers}, "spare_workers": {{ {spare} }} }} }}"#)
}

#[test]
fn each_second_one_more_worker_starts_while_none_is_idle() {
    // The second and the third request wait until 0.5 s and 1.5 s, when a worker is started for each.
    let arrivals = "0 long, 100 long, 200 long";
    check(system(arrivals), &sync(3, r#""start": 1, "min": 1, "max": 1"#), "2500, 3000, 4000");
    check(system(arrivals), &sync(3, r#""start": 2, "min": 1, "max": 2"#), "2500, 2600, 3000");
    // They take 300 ms to boot. At 1.5 s none is idle either, and the third starts.
    let boots = sync(3, r#""start": 1, "min": 1, "max": 1, "boot": "300ms""#);
    check(system(arrivals), &boots, "2500, 3300, 4300");
    let later = sync(3, r#""start": 1, "min": 1, "max": 1, "first_count": "900ms""#);
    check(system(arrivals), &later, "2500, 3400, 4400");
}

#[test]
fn the_number_that_starts_doubles_up_to_what_is_missing() {
    // At 0.5 s one starts, at 1.5 s two. At 2.5 s it would be four, but three are missing; at 3.5 s one is left.
    let eight = ["0 hour"; 8].join(", ");
    let policy = sync(8, r#""start": 1, "min": 3, "max": 5"#);
    check(system(&eight), &policy, "10000, 10500, 11500, 11500, 12500, 12500, 12500, 13500");
    // At 1.5 s enough are idle, so at 2.5 s it is one again, and at 3.5 s two.
    let arrivals = "0 hour, 2000 hour, 2000 hour, 2000 hour, 2000 hour, 2000 hour";
    let policy = sync(8, r#""start": 3, "min": 2, "max": 8"#);
    check(system(arrivals), &policy, "10000, 12000, 12000, 12500, 13500, 13500");
}

#[test]
fn of_too_many_idle_workers_the_one_that_has_run_longest_stops() {
    // At 0.5 s the first stops, at 1.5 s the second: one is left.
    let policy = sync(3, r#""start": 3, "min": 1, "max": 1"#);
    check(system("2500 page, 2500 page"), &policy, "2600, 2700");
    check_workers(system("2500 page, 2500 page"), &policy, &[3, 3]);
    // The second worker has run since 0.5 s only, so the first stops at 2.5 s.
    let policy = sync(2, r#""start": 1, "min": 1, "max": 1"#);
    check_workers(system("0 long, 100 page, 3000 page"), &policy, &[1, 2, 2]);
    // A worker that stopped starts again when none is idle.
    check(system("0 long, 100 page, 3000 long, 3100 page"), &policy, "2500, 600, 5500, 3600");
}

#[test]
fn a_restart_starts_no_worker_that_does_not_run() {
    let with = r#""machine": { "cores": 8 }, "faults": [{ "at": "100ms", "for": "50ms", "restart": {} }]"#;
    let system = System { with, ..system("200 page, 200 page") };
    check(system, &sync(2, r#""start": 1, "min": 1, "max": 1"#), "300, 400");
}

#[test]
fn each_replica_counts_its_own() {
    // Two replicas in turn: of each the second worker starts at 0.5 s.
    let with = r#""machine": { "cores": 8 }, "replicas": { "count": 2, "balancer": "round_robin" }"#;
    let system = System { with, ..system("0 long, 0 long, 100 long, 100 long") };
    check(system, &sync(2, r#""start": 1, "min": 1, "max": 1"#), "2500, 2500, 3000, 3000");
}

#[test]
fn a_run_ends_in_a_deadlock_only_after_the_workers_that_may_help_have_started() {
    // Two requests hold both connections, and want another. A third waits for a worker until 0.5 s, and then for a connection.
    let system = System {
        classes: &format!("tx = {NESTED}"),
        arrivals: "0 tx, 0 tx, 1 tx",
        with: r#""backends": { "db": { "pool": { "size": 2, "per": "application" } } }, "machine": { "cores": 4 }"#,
    };
    let record = record(system, &sync(4, r#""start": 2, "min": 1, "max": 2"#));
    assert_eq!(record.ending, Ending::Deadlock);
    assert_eq!(record.deadlock.map(|found| found.requests), Some(3));
}

#[test]
fn faults_go_on_while_a_worker_will_start() {
    // Two requests block each other for ever. The third is taken at 900 ms, within a fault that comes every 200 ms.
    let system = System {
        classes: &format!("tx = {NESTED}; page = other 10"),
        arrivals: "0 tx, 0 tx, 1 page",
        with: r#""backends": { "db": { "pool": { "size": 2, "per": "application" } }, "other": {} }, "machine": { "cores": 4 },
            "faults": [{ "at": "50ms", "for": "100ms", "every": "200ms", "slow": { "backend": "other", "factor": 2 } }]"#,
    };
    let policy = sync(3, r#""start": 2, "min": 1, "max": 2, "first_count": "900ms""#);
    check(system, &policy, "in flight, in flight, 920");
}
