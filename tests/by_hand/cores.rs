//! Cores: quantum, processor sharing, context switches, wake preemption.

use crate::case::{System, check, check_parts};

const TWO: &str = r#"{ "sync": { "workers": 2 } }"#;
const THREE: &str = r#"{ "sync": { "workers": 3 } }"#;

#[test]
fn bursts_take_turns_of_a_quantum() {
    // 0–4 first, 4–8 second, 8–12, 12–16, 16–18, 18–20.
    let system = System { classes: "page = compute 10", arrivals: "0 page, 0 page", with: "" };
    check(system, TWO, "18, 20");
    check(system, r#"{ "threaded": { "threads": 2, "gil": false } }"#, "18, 20");
    // One thread per process: holding the GIL does not help to get a core.
    check(system, r#"{ "threaded": { "workers": 2 } }"#, "18, 20");
    check(System { with: r#""machine": { "cores": 2 }"#, ..system }, TWO, "10, 10");
}

#[test]
fn the_quantum_counts_over_a_burst_of_framework_and_compute() {
    // 0–4 first (3 + 1), 4–8 second, 8–10 first, 10–12 second.
    let system = System { classes: "page = framework 3 > compute 3", arrivals: "0 page, 0 page", with: "" };
    check(system, TWO, "10, 12");
    check_parts(system, TWO, 1, "framework 0–3, compute 3–4, run_queue_wait 4–8, compute 8–10");
}

#[test]
fn a_preempted_burst_goes_to_the_tail() {
    // 0–4 a, 4–8 a', 8–10 b, 10–12 a, 12–14 a'.
    let system = System { classes: "a = compute 6; b = compute 2", arrivals: "0 a, 0 a, 0 b", with: "" };
    check(system, THREE, "12, 14, 10");
}

#[test]
fn three_bursts_on_two_cores() {
    // At 4 the first is preempted by the third, then the second by the first, which has just asked. The first ends at
    // 6, the second continues there until 8, the third has had its core since 4.
    let system = System {
        classes: "page = compute 6",
        arrivals: "0 page, 0 page, 0 page",
        with: r#""machine": { "cores": 2 }"#,
    };
    check(system, THREE, "6, 8, 10");
}

#[test]
fn a_quantum_that_ends_while_no_request_waits_starts_again() {
    // The first's quanta are 0–4 and 4–8: 0–8 a, 8–12 b, 12–16 a, 16–17 b, 17–25 a.
    let system = System { classes: "a = compute 20; b = compute 5", arrivals: "0 a, 6 b", with: "" };
    check(system, TWO, "25, 17");
}

#[test]
fn a_quantum_that_ends_as_another_arrives_has_already_started_again() {
    // Expiries come before arrivals: at 4 no request was waiting yet. 0–8 a, 8–12 b, 12–16 a, 16–17 b, 17–25 a.
    let system = System { classes: "a = compute 20; b = compute 5", arrivals: "0 a, 4 b", with: "" };
    check(system, TWO, "25, 17");
    // Completions come before expiries: a request that wakes at 4 is already waiting. 0–4 a, 4–8 b, 8–12 a, 12–13 b, 13–25 a.
    let system = System { classes: "a = compute 20; b = db 4 > compute 5", arrivals: "0 a, 0 b", with: "" };
    check(system, TWO, "25, 13");
}

#[test]
fn the_quantum_restarts_when_a_core_is_taken() {
    // 0–3 a, b from 3 on; a wakes at 4; b's quantum ends at 7; 7–11 a, a quantum to the end; 11–27 b.
    let system = System { classes: "a = compute 3 > db 1 > compute 4; b = compute 20", arrivals: "0 a, 0 b", with: "" };
    check(system, TWO, "11, 27");
}

#[test]
fn a_core_that_passes_on_costs_a_context_switch() {
    // Each stay of 4 ms is 1 ms of switching and 3 ms of work; the quantum counts from when the core is taken.
    // The documents leave open whether the first to run on an idle core pays: it does.
    let with = r#""machine": { "context_switch": "1ms" }"#;
    let system = System { classes: "page = compute 6", arrivals: "0 page, 0 page", with };
    check(system, TWO, "12, 16");
    check_parts(system, TWO, 1, "run_queue_wait 0–1, compute 1–4, run_queue_wait 4–9, compute 9–12");
    // A loop that continues with another request is the same loop: 0–1 switch, 1–7, 7–13.
    check(system, r#"{ "async": {} }"#, "7, 13");
    // Shared, two of 7 end together.
    let with = r#""machine": { "context_switch": "1ms", "quantum": "processor_sharing" }"#;
    check(System { with, ..system }, TWO, "14, 14");
}

#[test]
fn a_request_that_wakes_preempts_one_that_has_run_for_long() {
    let with = r#""machine": { "wake_preemption": "1.4ms" }"#;
    let classes = "a = compute 20; b = compute 3";
    // After 1 ms it waits for the quantum: 0–4 a, 4–7 b, 7–23 a.
    check(System { classes, arrivals: "0 a, 1 b", with }, TWO, "23, 7");
    // After 2 ms, or just 1.4, it preempts.
    check(System { classes, arrivals: "0 a, 2 b", with }, TWO, "23, 5");
    check(System { classes, arrivals: "0 a, 1.4 b", with }, TWO, "23, 4.4");
    // It goes before one that is already waiting; the preempted one goes to the tail:
    // 0–2 a, 2–5 b, 5–9 c, 9–13 a, 13–17 c, 17–21 a, 21–23 c, 23–33 a.
    let classes = "a = compute 20; b = compute 3; c = compute 10";
    check(System { classes, arrivals: "0 a, 0 c, 2 b", with }, THREE, "33, 23, 5");
}

#[test]
fn processor_sharing_on_one_core() {
    let with = r#""machine": { "quantum": "processor_sharing" }"#;
    // One until 5, then both at half speed: the first has 5 left and ends at 15, the second then has 5 left, at full speed.
    let system = System { classes: "page = compute 10", arrivals: "0 page, 5 page", with };
    check(system, TWO, "15, 20");
    // Three at a third: 3 each by 9. Two at half: 3 more each by 15. One at full speed: 3 more.
    let system = System { classes: "a = compute 3; b = compute 6; c = compute 9", arrivals: "0 a, 0 b, 0 c", with };
    check(system, THREE, "9, 15, 18");
}

#[test]
fn processor_sharing_on_two_cores() {
    let with = r#""machine": { "quantum": "processor_sharing", "cores": 2 }"#;
    // Three at two thirds: 4 each by 6; then one core each.
    let system = System { classes: "a = compute 4; b = compute 6; c = compute 8", arrivals: "0 a, 0 b, 0 c", with };
    check(system, THREE, "6, 8, 10");
    // One at full speed until 1, three from 1 on: 1 + 3 at two thirds by 5.5, and so on.
    let system = System { classes: "a = compute 4; b = compute 6", arrivals: "0 a, 1 b, 1 b", with };
    check(system, THREE, "5.5, 8.5, 8.5");
}

#[test]
fn a_lock_under_processor_sharing_is_held_by_one() {
    // Two processes, each with two threads: the holders of both locks share the core. Held to the end of the burst,
    // 5 ms each: 0–10 the first two, 10–20 the others.
    let system = System {
        classes: "page = compute 5",
        arrivals: "0 page, 0 page, 0 page, 0 page",
        with: r#""machine": { "quantum": "processor_sharing" }"#,
    };
    let policy = r#"{ "threaded": { "workers": 2, "threads": 2, "switch_interval": "none" } }"#;
    check(system, policy, "10, 10, 20, 20");
}
