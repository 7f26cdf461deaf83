//! Threads of a loop's pool without a lock run in parallel with the loop and each other, cores permitting.

use crate::case::{System, check, check_parts};

const SYSTEM: System<'_> =
    System { classes: "heavy = compute 10; light = compute 2", arrivals: "0 heavy, 1 light", with: "" };

fn pool(threads: u32, others: &str) -> String {
    format!(
        r#"{{ "async": {{ "thread_pool": {{ "threads": {threads}, "classes": ["heavy"], "gil": false }} {others} }} }}"#
    )
}

fn cores(number: u32) -> String {
    format!(r#""machine": {{ "cores": {number} }}"#)
}

#[test]
fn the_loop_and_its_threads_run_at_the_same_time() {
    check(System { with: &cores(2), ..SYSTEM }, &pool(1, ""), "10, 3");
    check_parts(System { with: &cores(2), ..SYSTEM }, &pool(1, ""), 2, "compute 1–3");
    // On one core: 0–4 heavy, 4–6 light, 6–12 heavy.
    check(SYSTEM, &pool(1, ""), "12, 6");
    let shared = r#""machine": { "quantum": "processor_sharing" }"#;
    // At half speed from 1 to 5.
    check(System { with: shared, ..SYSTEM }, &pool(1, ""), "12, 5");
    let three = System { arrivals: "0 heavy, 0 heavy, 0 light", with: &cores(3), ..SYSTEM };
    check(three, &pool(2, ""), "10, 10, 2");
    check(three, &pool(1, ""), "10, 20, 2");
}

#[test]
fn the_loop_serves_one_request_at_a_time() {
    let light = System { arrivals: "0 heavy, 0 light, 0 light", with: &cores(4), ..SYSTEM };
    check(light, &pool(2, ""), "10, 2, 4");
    // The loop receives both before they are handed to threads, 0–1 and 1–2, and answers both: 11–12 and 12–13.
    let system = System { arrivals: "0 heavy, 0 heavy", with: &cores(4), ..SYSTEM };
    check(system, &pool(2, r#", "overhead": { "before": "1ms", "response": "1ms" }"#), "12, 13");
}

#[test]
fn a_wait_that_blocks_the_loop_does_not_block_the_threads() {
    // The loop stands still until 5 and then works until 6: only then is the third request handed to a thread.
    let classes = r#"heavy = compute 10; stall = { "db": { "time": "5ms", "blocking": true } } > compute 1"#;
    let system = System { classes, arrivals: "0 heavy, 0 stall, 1 heavy", with: &cores(4) };
    check(system, &pool(2, ""), "10, 6, 16");
}
