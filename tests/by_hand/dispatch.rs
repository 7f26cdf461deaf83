//! How requests find a worker, and in which order they wait for one.

use crate::case::{System, check, check_workers, run};
use waitline::model::SimTime;

#[test]
fn the_worker_with_the_fewest_in_progress_takes_the_next_then_the_lowest_number() {
    let system = System { classes: "page = db 10", arrivals: "0 page, 0 page, 0 page, 0 page", with: "" };
    let threaded = r#"{ "threaded": { "workers": 2, "threads": 2 } }"#;
    let loops = r#"{ "async": { "workers": 2 } }"#;
    for policy in [threaded, loops] {
        check_workers(system, policy, &[1, 2, 1, 2]);
    }
    // At 6 only the second worker has nothing to do.
    let system = System {
        classes: "long = db 30; short = db 5",
        arrivals: "0 long, 1 short, 2 long, 7 short, 8 short, 9 short",
        with: "",
    };
    check_workers(system, loops, &[1, 2, 1, 2, 2, 1]);
}

const LONG_AND_SHORT: System<'_> = System {
    classes: "long = compute 30; short = compute 5",
    arrivals: "0 long, 0 short, 0 short, 0 short",
    with: r#""machine": { "cores": 2 }"#,
};

#[test]
fn the_first_free_worker_takes_the_oldest_of_a_shared_backlog() {
    check(LONG_AND_SHORT, r#"{ "sync": { "workers": 2 } }"#, "30, 5, 10, 15");
}

#[test]
fn round_robin_chooses_the_worker_on_arrival() {
    check(LONG_AND_SHORT, r#"{ "sync": { "workers": 2, "dispatch": "round_robin" } }"#, "30, 5, 35, 10");
}

#[test]
fn least_busy_chooses_the_worker_with_the_fewest_including_waiting_ones() {
    // The third finds one each and goes to the first worker; the fourth finds two there.
    check(LONG_AND_SHORT, r#"{ "sync": { "workers": 2, "dispatch": "least_busy" } }"#, "30, 5, 35, 10");
    // A worker that is done with its request counts fewer.
    let system = System { arrivals: "0 long, 0 short, 6 short, 6 short, 12 short", ..LONG_AND_SHORT };
    check_workers(system, r#"{ "sync": { "workers": 2, "dispatch": "least_busy" } }"#, &[1, 2, 2, 1, 2]);
}

#[test]
fn a_randomly_dispatched_request_stays_with_its_worker() {
    let arrivals = ["0 page"; 12].join(", ");
    let with = r#""machine": { "cores": 3 }"#;
    let system = System { classes: "page = compute 10", arrivals: &arrivals, with };
    let scenario = system.scenario(r#"{ "sync": { "workers": 3, "dispatch": "random" } }"#);
    let (seen, _) = run(&scenario);
    let workers = seen.workers();
    let mut of_worker = [0; 3];
    for (request, worker) in (0..).zip(&workers) {
        let before = &mut of_worker[*worker as usize - 1];
        *before += 1;
        assert_eq!(seen.departure(request), Some(SimTime::from_nanos(*before * 10_000_000)), "request {request}");
    }
    assert!(of_worker.iter().any(|requests| *requests > 4), "random dispatch is not even: {of_worker:?}");
    assert_eq!(run(&scenario).0.workers(), workers, "the same seed gives the same workers");
}

#[test]
fn a_worker_accepts_when_it_gets_the_core() {
    // b arrives at 2; the second worker gets the core at 4, when the first's quantum ends: 0–4 a, then a again, because it
    // asked first; 8–12 b, 12–14 a, 14–20 b.
    let system = System { classes: "page = compute 10", arrivals: "0 page, 2 page", with: "" };
    check(system, r#"{ "sync": { "workers": 2, "dispatch": "accept" } }"#, "14, 20");
}

#[test]
fn a_full_backlog_rejects() {
    let system = System { classes: "page = compute 10", arrivals: "0 page, 0 page, 0 page", with: "" };
    check(system, r#"{ "sync": { "backlog": 1 } }"#, "10, 20, lost 0; rejected 1");
    check(system, r#"{ "sync": { "backlog": 0 } }"#, "10, lost 0, lost 0; rejected 2");
}

#[test]
fn a_limit_only_counts_requests_that_no_worker_has_taken() {
    let system = System { classes: "page = db 10", arrivals: "0 page, 0 page, 0 page, 0 page", with: "" };
    check(system, r#"{ "async": { "max_in_progress": 2, "backlog": 1 } }"#, "10, 10, 20, lost 0; rejected 1");
    check(system, r#"{ "threaded": { "threads": 2, "backlog": 1 } }"#, "10, 10, 20, lost 0; rejected 1");
    check(system, r#"{ "async": { "backlog": 0 } }"#, "10, 10, 10, 10");
    // The documents do not say whether requests assigned to workers have separate limits: one limit applies to all.
    let policy = r#"{ "sync": { "workers": 2, "backlog": 1, "dispatch": "round_robin" } }"#;
    check(system, policy, "10, 10, 20, lost 0; rejected 1");
}

#[test]
fn the_order_of_the_backlog() {
    // The worker is free at 10, when three of 5, 3 and 8 ms wait.
    let system = System {
        classes: "first = compute 10; b (priority 1) = compute 5; c (priority 2) = compute 3;
                  d (priority 3) = compute 8; e (priority 1) = compute 5",
        arrivals: "0 first, 1 b, 2 c, 3 d, 4 e",
        with: "",
    };
    check(system, r#"{ "sync": { "order": "fifo" } }"#, "10, 15, 18, 26, 31");
    check(system, r#"{ "sync": { "order": "lifo" } }"#, "10, 31, 26, 23, 15");
    check(system, r#"{ "sync": { "order": "shortest" } }"#, "10, 18, 13, 31, 23");
    check(system, r#"{ "sync": { "order": "priority" } }"#, "10, 26, 21, 18, 31");
}
