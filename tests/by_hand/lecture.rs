//! The lecture's requests, a queue with room for two, and a trace that contains each demand.

use crate::case::{System, check, check_parts, outcomes, run};

const LECTURE: System<'_> = System {
    classes: "page = framework 10 > db 60 > compute 10 > db 100 > compute 10 > framework 10;
              short = framework 10 > db 75 > compute 10 > framework 10",
    arrivals: "0 page, 15 page, 30 short",
    with: "",
};

#[test]
fn the_lecture() {
    // Response times 200, 385, 475; 200, 205, 105; 200, 215, 285; 200, 205, 295.
    check(LECTURE, r#"{ "sync": {} }"#, "200, 400, 505");
    check(LECTURE, r#"{ "async": {} }"#, "200, 220, 135");
    check(LECTURE, r#"{ "threaded": { "threads": 2 } }"#, "200, 230, 315");
    check(LECTURE, r#"{ "threaded": { "threads": 2, "switch_interval": "none" } }"#, "200, 220, 325");
}

#[test]
fn where_the_time_of_the_lecture_goes() {
    // The first page has the loop 180–200, when the second is back at 195.
    check_parts(
        LECTURE,
        r#"{ "async": {} }"#,
        2,
        "framework 15–25, backend 25–85, compute 85–95, backend 95–195, run_queue_wait 195–200, compute 200–210, \
         framework 210–220",
    );
}

#[test]
fn at_most_three_in_the_system() {
    // Arrivals every 5 s from 5 s on, 21 s of service, until 51 s. Served 5–26 and 26–47; 20 and 25 find three in the system;
    // 30 has room since 26; 35, 40, 45 find three; 50 has room since 47.
    let with = r#""arrivals": { "constant": "0.2/s" }, "run": { "duration": "51s" }"#;
    let expected = "26000, 47000, in flight, lost 20000, lost 25000, in flight, lost 35000, lost 40000, lost 45000, \
                    in flight; rejected 5";
    let system = System { classes: "job = compute 21000", arrivals: "", with };
    check(system, r#"{ "sync": { "backlog": 2 } }"#, expected);
}

#[test]
fn a_trace_gives_each_request_its_demands() {
    let trace = r#"{"time_ms": 0, "class": "page", "demands_ms": [3, 10, 0.25]}
        {"time_ms": 1.5, "class": "page"}
        {"time_ms": 2, "class": "page", "demands_ms": [1, 0, 0]}"#;
    // On the loop: 0–3; 3–8 (drawn: 5); 8–9. Back at 13, 9 and 28: 13–13.25, 9 (an empty burst), 28–30.
    let system = System {
        classes: "page = compute 5 > db 20 > compute 2",
        arrivals: "",
        with: r#""arrivals": { "trace": "requests.jsonl" }"#,
    };
    let (seen, record) = run(&system.scenario_with_trace(r#"{ "async": {} }"#, trace));
    assert_eq!(outcomes(&seen, &record), "13.25, 30, 9");
}

#[test]
fn a_constant_rate_begins_after_one_interval() {
    let with = r#""arrivals": { "constant": "100/s" }, "run": { "requests": 3 }"#;
    check(System { classes: "page = compute 4", arrivals: "", with }, r#"{ "sync": {} }"#, "14, 24, 34");
}
