//! Clients on the cores of the workers: their process competes for the cores, and requests do not wait for it otherwise.

use crate::case::{System, check};

const PAGES: System<'static> = System {
    classes: "page = compute 4",
    arrivals: "0 page, 0 page",
    with: r#""machine": { "quantum": "100ms", "client_cpu": "2ms" }"#,
};
const TWO: &str = r#"{ "sync": { "workers": 2 } }"#;

#[test]
fn half_of_the_work_comes_before_a_request_and_half_after_its_response() {
    // The client 0–1, page 1–5.
    check(System { arrivals: "0 page", ..PAGES }, TWO, "5");
    // The client 0–1, then for the second; it queues behind both pages: 1–5, 5–9.
    check(PAGES, TWO, "5, 9");
    // The client 5–6 for the response of the first; then the second page, which came before the client has more to do: 6–10.
    check(System { arrivals: "0 page, 5.5 page", ..PAGES }, TWO, "5, 10");
}

#[test]
fn it_has_one_core_at_a_time() {
    // The client 0–1 and the first page 0–4; the second page 1–5 on the core of the client.
    let with = r#""machine": { "cores": 2, "quantum": "100ms", "client_cpu": "2ms" }"#;
    check(System { with, ..PAGES }, TWO, "4, 5");
    // It takes no request, and no lock of the workers: 0–4, and 4–8 whatever it does.
    let threads = r#"{ "threaded": { "threads": 2, "switch_interval": "none" } }"#;
    check(System { with, ..PAGES }, threads, "4, 8");
}

#[test]
fn it_preempts_as_any_process_does() {
    // The client 0–1, page 1–3; it takes the core 3–4 for the second, page 4–6, second page 6–10.
    let with = r#""machine": { "quantum": "100ms", "wake_preemption": "1ms", "client_cpu": "2ms" }"#;
    let system = System { arrivals: "0 page, 3 page", with, ..PAGES };
    check(system, TWO, "6, 10");
    // The same of goroutines. The second page takes the core at 6, before the client hears of the response.
    let go = r#"{ "threaded": { "threads": 9, "gil": false, "scheduler": "go" } }"#;
    check(system, go, "6, 10");
    // Without preemption it gets the core when the first page is done with it, 5–6; then the second page, 6–10.
    check(System { with: PAGES.with, ..system }, go, "5, 10");
}

#[test]
fn a_share_of_the_cores_is_its_own() {
    // The client 0–1 at half the speed until 2, like the page, which has 3 left.
    let with = r#""machine": { "quantum": "processor_sharing", "client_cpu": "2ms" }"#;
    check(System { arrivals: "0 page", with, ..PAGES }, TWO, "5");
}

#[test]
fn it_takes_the_core_of_a_request_that_has_responded_and_works_on() {
    // The client 0–1, page 1–5 with its response, and 1 after it.
    let with = r#""machine": { "quantum": "100ms", "wake_preemption": "1ms", "client_cpu": "2ms" }"#;
    let system = System { arrivals: "0 page, 5 page", with, ..PAGES };
    for after in [
        r#"{ "sync": { "workers": 2, "overhead": { "before": "0ms", "response": "0ms", "after": "1ms" } } }"#,
        r#"{ "threaded": { "threads": 9, "gil": false, "overhead": { "before": "0ms", "response": "0ms", "after": "1ms" } } }"#,
    ] {
        // The client 5–6, the rest of the first 6–7, second page 7–11.
        check(system, after, "5, 11");
    }
}
