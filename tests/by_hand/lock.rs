//! The interpreter lock (GIL) of a process: who has it, and until when.

use crate::case::{System, check, check_parts};

const TWO: &str = r#"{ "threaded": { "threads": 2 } }"#;
const THREE: &str = r#"{ "threaded": { "threads": 3 } }"#;

#[test]
fn a_thread_hands_the_lock_over_after_the_interval_when_another_waits() {
    // 0–5, 5–10, 10–15, 15–20.
    let system = System { classes: "page = compute 10", arrivals: "0 page, 0 page", with: "" };
    check(system, TWO, "15, 20");
    // The first runs 0–3, 6–9, 12–15, 18–19; the second 3–6, 9–12, 15–18, 19–20.
    check(system, r#"{ "threaded": { "threads": 2, "switch_interval": "3ms" } }"#, "19, 20");
    check(system, r#"{ "threaded": { "threads": 2, "switch_interval": "none" } }"#, "10, 20");
    // Cores do not help under one lock.
    check(System { with: r#""machine": { "cores": 2 }"#, ..system }, TWO, "15, 20");
    let two_cores = System { with: r#""machine": { "cores": 2 }"#, ..system };
    check(two_cores, r#"{ "threaded": { "threads": 2, "gil": false } }"#, "10, 10");
}

#[test]
fn the_interval_counts_over_a_burst_of_framework_and_compute() {
    let system = System { classes: "page = framework 3 > compute 7", arrivals: "0 page, 0 page", with: "" };
    check(system, TWO, "15, 20");
    check_parts(system, TWO, 1, "framework 0–3, compute 3–5, run_queue_wait 5–10, compute 10–15");
}

#[test]
fn the_lock_is_asked_for_an_interval_after_the_wait_began() {
    // b waits from 3 on and asks at 8: 0–8 a; a asks at 13: 8–13 b; 13–18 a; 18–23 b ends; 23–30 a.
    let system = System { classes: "a = compute 20; b = compute 10", arrivals: "0 a, 3 b", with: "" };
    check(system, TWO, "30, 23");
}

#[test]
fn the_lock_is_asked_for_an_interval_after_the_last_hand_over() {
    // The first in the queue has waited since 1: 6. Then, handed over at 6, the next (since 2) asks at 11, and so on:
    // 0–6 a, 6–11 b, 11–16 b', 16–21 a, 21–26 b ends, 26–31 b' ends, 31–40 a.
    let system = System { classes: "a = compute 20; b = compute 10", arrivals: "0 a, 1 b, 2 b", with: "" };
    check(system, THREE, "40, 26, 31");
}

#[test]
fn a_thread_that_waits_for_the_database_releases_the_lock() {
    let system = System { classes: "page = compute 5 > db 10 > compute 5", arrivals: "0 page, 0 page", with: "" };
    check(system, TWO, "20, 25");
    check_parts(system, TWO, 2, "run_queue_wait 0–5, compute 5–10, backend 10–20, compute 20–25");
}

#[test]
fn a_holder_without_a_core_hands_over_when_it_gets_one() {
    // Processes 1 (first and third request) and 2 (second) on one core. The lock of 1 is asked for at 5, when its
    // holder waits for the core; the documents are silent on that: it hands over as soon as it has one, at 8, and the
    // third asks for a core behind the second, whose quantum has just ended.
    // 0–4 first, 4–8 second, 8–12 second again, 12–13 third (the first asked at 8 + 5), 13–15 second ends,
    // 15–18 first (the third asked at 13 + 5), 18–23 third, 23–26 first ends, 26–30 third ends.
    let system = System { classes: "page = compute 10", arrivals: "0 page, 0 page, 0 page", with: "" };
    check(system, r#"{ "threaded": { "workers": 2, "threads": 2 } }"#, "26, 15, 30");
}

#[test]
fn a_request_that_leaves_withdraws_its_request_for_the_lock_and_the_next_makes_its_own() {
    // The first is ready at 8 and would ask at 13, but its client leaves at 10. The third has waited since 9: it asks at 14.
    let system = System {
        classes: "late = db 8 > compute 5; long = compute 20",
        arrivals: "0 late, 7 long, 9 long",
        with: r#""clients": { "timeout": "10ms", "cancel": true }"#,
    };
    check(system, THREE, "lost 10, lost 17, lost 19; timed_out 3");
    check_parts(system, THREE, 3, "run_queue_wait 9–14, compute 14–19");
    // Without the third, nothing takes the lock from the second.
    check_parts(System { arrivals: "0 late, 7 long", ..system }, THREE, 2, "compute 7–17");
}

#[test]
fn a_holder_without_a_core_keeps_the_lock_if_the_one_that_asked_has_left() {
    // One core for two processes. The first (process 1) is ready at 7 and asks at 12, when the third, which has the lock, waits
    // for the core that the second (process 2) has until 13. It leaves at 12.5: the third keeps what it gets at 13.
    let system = System {
        classes: "late = db 7 > compute 5; long = compute 20",
        arrivals: "0 late, 1 long, 2 long",
        with: r#""clients": { "timeout": "12.5ms", "cancel": true }"#,
    };
    let policy = r#"{ "threaded": { "workers": 2, "threads": 2 } }"#;
    check_parts(system, policy, 3, "run_queue_wait 2–5, compute 5–9, run_queue_wait 9–13, compute 13–14.5");
}
