//! A CPU quota: when it is used up everything stops until the next period, and what it costs is exact.

use crate::case::{System, check, check_parts, check_waits, record};

const QUOTA: &str = r#""machine": { "cores": 1, "cpu_limit": 0.5, "limit_period": "100ms" }"#;
const ONE: &str = r#"{ "sync": {} }"#;
const TWO: &str = r#"{ "sync": { "workers": 2 } }"#;

#[test]
fn a_long_burst_runs_for_the_quota_of_each_period() {
    // 50 of 120 ms in 0–50, 50 in 100–150, 20 in 200–220.
    let system = System { classes: "page = compute 120", arrivals: "0 page", with: QUOTA };
    check(system, ONE, "220");
    check(system, r#"{ "async": {} }"#, "220");
    check_parts(
        system,
        ONE,
        1,
        "compute 0–50, run_queue_wait 50–100, compute 100–150, run_queue_wait 150–200, compute 200–220",
    );
    check_waits(system, ONE, 1, "cpu_limit 100");
}

#[test]
fn a_constant_stream_within_the_quota_is_never_stopped() {
    // 4 ms each 10 ms: 40 of 50 ms in each period.
    let system = System {
        classes: "page = compute 4",
        arrivals: "",
        with: r#""machine": { "cpu_limit": 0.5 }, "arrivals": { "constant": "100/s" }, "run": { "requests": 3 }"#,
    };
    check(system, ONE, "14, 24, 34");
    // 6 ms each 10 ms from 10 ms on: 10–16, …, 80–86 are 48 ms; the ninth runs 90–92 and goes on at 100.
    let system = System {
        with: r#""machine": { "cpu_limit": 0.5 }, "arrivals": { "constant": "100/s" }, "run": { "requests": 10 }"#,
        classes: "page = compute 6",
        ..system
    };
    check(system, ONE, "16, 26, 36, 46, 56, 66, 76, 86, 104, 110");
    check_waits(system, ONE, 9, "cpu_limit 8");
}

#[test]
fn two_cores_use_the_quota_up_twice_as_fast() {
    // 30 ms of quota on two cores: both run 0–15, 100–115, 200–205.
    let system = System {
        classes: "page = compute 35",
        arrivals: "0 page, 0 page",
        with: r#""machine": { "cores": 2, "cpu_limit": 0.3 }"#,
    };
    check(system, TWO, "205, 205");
    check(system, r#"{ "threaded": { "threads": 2, "gil": false } }"#, "205, 205");
    let shared = r#""machine": { "cores": 2, "cpu_limit": 0.3, "quantum": "processor_sharing" }"#;
    check(System { with: shared, ..system }, TWO, "205, 205");
}

#[test]
fn a_wait_that_ends_while_all_is_stopped_continues_in_the_next_period() {
    // 0–50 the first; the second arrives at 60 and waits for the worker's turn at 100.
    let system =
        System { classes: "a = compute 50; b = compute 5 > db 30 > compute 5", arrivals: "0 a, 60 b", with: QUOTA };
    check(system, TWO, "50, 140");
    check_waits(system, TWO, 2, "cores 0, cpu_limit 40");
}

#[test]
fn what_was_stopped_continues_before_what_waited_for_a_core() {
    // 0–4 a, 4–8 b, 8–10 a: 10 ms of quota. 100–104 a, which has a new quantum; 104–108 b, 108–110 a.
    let system =
        System { classes: "page = compute 20", arrivals: "0 page, 0 page", with: r#""machine": { "cpu_limit": 0.1 }"# };
    check_parts(
        system,
        TWO,
        1,
        "compute 0–4, run_queue_wait 4–8, compute 8–10, run_queue_wait 10–100, compute 100–104, run_queue_wait 104–108, compute 108–110, run_queue_wait 110–200, compute 200–204, run_queue_wait 204–208, compute 208–210, run_queue_wait 210–300, compute 300–302",
    );
}

#[test]
fn a_client_that_times_out_while_all_is_stopped_has_waited_for_the_quota() {
    let system = System {
        classes: "page = compute 60",
        arrivals: "0 page",
        with: r#""machine": { "cpu_limit": 0.5 }, "clients": { "timeout": "70ms", "cancel": true }"#,
    };
    check(system, ONE, "lost 70; timed_out 1");
    check_waits(system, ONE, 1, "cpu_limit 20");
}

#[test]
fn the_time_for_which_all_is_stopped_is_counted() {
    let system = System { classes: "page = compute 120", arrivals: "0 page", with: QUOTA };
    let record = record(system, ONE);
    assert_eq!(record.throttled.map(|usage| usage.area), Some(100_000_000));
    assert_eq!(record.cores.area, 120_000_000);
}

#[test]
fn a_quota_that_is_used_up_when_the_period_ends_stops_nothing() {
    let system =
        System { classes: "page = compute 250", arrivals: "0 page", with: r#""machine": { "cpu_limit": 1.0 }"# };
    check(system, ONE, "250");
    let system = System { arrivals: "50 page", with: QUOTA, ..system };
    // 50–100 and 100–150 in full; 200–250, 300–350, 400–450.
    check(system, ONE, "450");
}
