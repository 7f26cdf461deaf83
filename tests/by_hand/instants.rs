//! Order at the same instant: completions, expiries, faults, arrivals; each in the order scheduled.

use crate::case::{System, check, check_parts};

const SYNC: &str = r#"{ "sync": {} }"#;
const ASYNC: &str = r#"{ "async": {} }"#;

#[test]
fn a_worker_that_is_done_has_room_for_a_request_that_arrives_at_that_instant() {
    let system = System { classes: "page = compute 10", arrivals: "0 page, 10 page", with: "" };
    check(system, r#"{ "sync": { "backlog": 0 } }"#, "10, 20");
}

#[test]
fn an_answer_at_the_very_end_of_a_timeout_is_in_time() {
    let arrivals = "0 page";
    for with in [r#""clients": { "timeout": "10ms" }"#, r#""clients": { "timeout": "10ms", "cancel": true }"#] {
        check(System { classes: "page = compute 10", arrivals, with }, SYNC, "10");
        check(System { classes: "page = compute 4 > db 6", arrivals, with }, SYNC, "10");
    }
}

#[test]
fn a_client_gives_up_before_the_worker_fails() {
    let with = r#""clients": { "timeout": "10ms", "cancel": true },
        "faults": [{ "at": "10ms", "for": "5ms", "restart": { "worker": 1 } }]"#;
    let system = System { classes: "page = compute 20", arrivals: "0 page", with };
    check(system, SYNC, "lost 10; timed_out 1");
}

#[test]
fn a_fault_begins_after_completions_and_ends_before_arrivals() {
    // The first query ends as the fault begins; the second arrives then; the third as it ends.
    let with = r#""faults": [{ "at": "10ms", "for": "10ms", "down": { "backend": "db" } }]"#;
    let system = System { classes: "page = db 5", arrivals: "5 page, 10 page, 20 page", with };
    check(system, ASYNC, "10, lost 10, 25; failed 1");
}

#[test]
fn a_request_whose_patience_ends_makes_room_for_one_that_arrives_at_that_instant() {
    // The second waits from 5 to 10 and leaves; the third arrives at 10, waits until 15 and leaves.
    let system = System {
        classes: "page = compute 20",
        arrivals: "0 page, 5 page, 10 page",
        with: r#""clients": { "patience": "5ms" }"#,
    };
    check(system, r#"{ "sync": { "backlog": 1 } }"#, "20, lost 10, lost 15; timed_out 2");
}

#[test]
fn completions_at_one_instant_come_in_the_order_scheduled() {
    // Both waits end at 10. The second's began at 0, the first's at 2.
    let system =
        System { classes: "a = compute 2 > db 8 > compute 3; b = db 10 > compute 3", arrivals: "0 a, 0 b", with: "" };
    check(system, ASYNC, "16, 13");
}

#[test]
fn a_request_that_was_ready_goes_before_one_just_admitted() {
    let threads = r#"{ "threaded": { "threads": 2, "switch_interval": "none" } }"#;
    // The first departs at 10 while the second is ready; the third is then admitted behind it.
    let system = System { classes: "page = compute 10", arrivals: "0 page, 0 page, 0 page", with: "" };
    check(system, threads, "10, 20, 30");
    // The wait of the first ends at 10, scheduled before the burst of the second: it is ready, then the third is admitted.
    let classes = "a = db 10 > compute 10; b = compute 10";
    check(System { classes, arrivals: "0 a, 0 b, 0 b", with: "" }, threads, "20, 10, 30");
    // Scheduled after it: the burst ends, the third is admitted and starts, and only then does the wait end.
    check(System { classes, arrivals: "0 b, 0 a, 0 b", with: "" }, threads, "10, 30, 20");
}

#[test]
fn a_wait_of_zero_length_releases_the_loop() {
    // The first waits from 5 to 5; the handler of its burst starts the second before that wait ends.
    let system = System { classes: "a = compute 5 > db 0 > compute 5; b = compute 5", arrivals: "0 a, 0 b", with: "" };
    check(system, ASYNC, "15, 10");
    // A sync worker keeps its turn.
    check(system, SYNC, "10, 15");
}

#[test]
fn a_request_that_ends_with_a_wait_departs_without_another_turn() {
    let system = System { classes: "a = compute 5 > db 10; b = compute 30", arrivals: "0 a, 0 b", with: "" };
    check(system, ASYNC, "15, 35");
    check(system, r#"{ "threaded": { "threads": 2 } }"#, "15, 35");
    // Two processes take turns: 0–4 a, 4–8 b, 8–9 a.
    check(system, r#"{ "sync": { "workers": 2 } }"#, "19, 35");
}

#[test]
fn an_empty_request_departs_when_a_worker_takes_it() {
    let system = System { classes: "page = compute 10; empty =", arrivals: "0 page, 3 empty", with: "" };
    check(system, SYNC, "10, 10");
    check(system, ASYNC, "10, 3");
}

#[test]
fn the_wait_in_the_backlog_ends_when_a_worker_takes_the_request() {
    let system = System { classes: "page = compute 10 > db 5", arrivals: "0 page, 4 page", with: "" };
    check_parts(system, SYNC, 2, "backlog_wait 4–15, compute 15–25, backend 25–30");
    check_parts(system, ASYNC, 2, "run_queue_wait 4–10, compute 10–20, backend 20–25");
}

#[test]
fn a_run_with_a_duration_ends_after_the_events_of_that_instant() {
    let system = System {
        classes: "page = compute 10",
        arrivals: "0 page, 1 page, 25 page",
        with: r#""run": { "duration": "20ms" }"#,
    };
    check(system, SYNC, "10, 20");
    let with = r#""run": { "duration": "19ms" }"#;
    check(System { with, ..system }, SYNC, "10, in flight");
}
