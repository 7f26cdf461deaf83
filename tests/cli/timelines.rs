//! What `timeline.svg` and the timeline of the report page say: fills, legends, rows and tooltips.

use crate::common::program::Desk;

/// Three threads share two connections. Requests 1 and 2 hold one each from 1 ms on, and want another one at 21 ms.
const NESTED: &str = r#"{
  "classes": { "order": { "phases": [ { "compute": "1ms" },
    { "hold": { "backend": "db", "phases": [ { "db": "20ms" }, { "hold": { "backend": "db", "phases": [ { "db": "5ms" } ] } } ] } } ] } },
  "arrivals": { "at": [ { "time": "0ms" }, { "time": "0ms" }, { "time": "0ms" } ] },
  "machine": { "cores": 4 },
  "backends": { "db": { "pool": { "size": 2, "acquire_timeout": "40ms" } } },
  "policies": [ { "threaded": { "threads": 3, "gil": false } } ]
}"#;

/// The timeline of a run, and the page about it.
fn pictures(scenario: &str, options: &str) -> [String; 2] {
    let desk = Desk::empty().with("it.json", scenario);
    desk.run(&format!("run it.json --quiet {options}"), 0);
    desk.run(&format!("report it.json --quiet {options}"), 0);
    [desk.read("output/it/timeline.svg"), desk.read("output/it/report.html")]
}

#[track_caller]
fn expect(picture: &str, texts: &[&str]) {
    for text in texts {
        assert!(picture.contains(text), "no `{text}` in {picture}");
    }
}

#[track_caller]
fn expect_none(picture: &str, texts: &[&str]) {
    for text in texts {
        assert!(!picture.contains(text), "`{text}` in {picture}");
    }
}

#[test]
fn who_holds_a_connection_and_waits_for_another_looks_different_from_who_holds_none() {
    for picture in pictures(NESTED, "") {
        let titles = [
            "request 1 (order): holding a connection and waiting for another one, 21–61 ms, 40 ms",
            "request 2 (order): holding a connection and waiting for another one, 21–61 ms, 40 ms",
            "request 3 (order): waiting for a connection, 1–41 ms, 40 ms",
        ];
        expect(&picture, &titles);
        expect(&picture, &["for a connection<", "for another connection while it holds one<"]);
        for name in ["holding", "pool_wait"] {
            assert!(picture.contains(&format!("-{name}\" width=")), "no pattern of {name}");
        }
        // The rows of a pool are called what they are.
        expect(&picture, &["db connection 1<", "db connection 2 is held by request 2 (order), 1–66 ms, 65 ms"]);
        expect(&picture, &["connection held by the request of that number<"]);
    }
    // With a third and a fourth connection, each gets its second one.
    for picture in pictures(NESTED, "--set backends.db.pool.size=6") {
        expect_none(&picture, &["holding a connection and waiting", "while it holds one"]);
    }
}

/// Two pages on one core.
fn two_pages(policy: &str) -> String {
    format!(
        r#"{{ "classes": {{ "page": {{ "phases": [ {{ "compute": "20ms" }}, {{ "db": "30ms" }}, {{ "compute": "10ms" }} ] }} }},
          "arrivals": {{ "at": [ {{ "time": "0ms" }}, {{ "time": "5ms" }} ] }}, "machine": {{ "cores": 1 }},
          "policies": [ {policy} ] }}"#
    )
}

#[test]
fn what_requests_wait_for_in_the_run_queue_is_named_as_it_occurs() {
    let all = "for a core, the GIL or the loop";
    for (policy, name) in [
        (r#"{ "async": {} }"#, "for the loop"),
        (r#"{ "threaded": { "threads": 2 } }"#, "for the GIL"),
        (r#"{ "threaded": { "threads": 2, "gil": false } }"#, "for a core"),
        (r#"{ "sync": { "workers": 2 } }"#, "for a core"),
    ] {
        for picture in pictures(&two_pages(policy), "") {
            expect(&picture, &[&format!("{name}<"), &format!("ready, waiting {name}, ")]);
            expect_none(&picture, &[all]);
        }
    }
    let both = two_pages(r#"{ "async": {} }, { "sync": { "workers": 2 } }"#);
    expect(&pictures(&both, "")[0], &["for a core or the loop<", "ready, waiting for the loop, "]);
}

/// Two workers; a thousand requests arrive each second, and from 2 s on the database takes a minute. So the first two requests
/// after that keep both workers, and what is drawn of the others are some of those that wait.
const HELD: &str = r#"{
  "classes": { "page": { "phases": [ { "db": "0.1ms" } ] } },
  "arrivals": { "constant": "1000/s" },
  "faults": [ { "name": "slow db", "at": "2005ms", "for": "60s", "slow": { "backend": "db", "time": "60s" } } ],
  "policies": [ { "sync": { "workers": 2 } } ],
  "run": { "duration": "12s" }
}"#;

#[test]
fn workers_that_requests_without_a_lane_keep_are_not_drawn_as_idle() {
    // Of 10,000 requests under way in this stretch, every eighth is known: not those that keep the workers.
    for picture in pictures(HELD, "--window 5s..12s") {
        expect(&picture, &["worker 1 is held by requests that are not shown, 5–12 s, 7 s"]);
        expect(&picture, &["worker 2 is held by requests that are not shown, 5–12 s, 7 s"]);
        expect(&picture, &["held by requests that are not shown<"]);
    }
    // Where all are known, the requests are named.
    for picture in pictures(HELD, "--window 1s..3s --set arrivals.constant=100/s") {
        expect(&picture, &["is held by request 201 (page), which waits, 2,010–3,000 ms, 990 ms"]);
        expect_none(&picture, &["held by requests that are not shown"]);
    }
}

/// A loop with one thread: exports run in it, pages on the loop.
const IN_THREAD: &str = r#"{
  "classes": { "export": { "phases": [ { "compute": "50ms" }, { "db": "20ms" } ] }, "page": { "phases": [ { "compute": "10ms" } ] } },
  "arrivals": { "at": [ { "time": "0ms", "class": "export" }, { "time": "80ms", "class": "page" }, { "time": "90ms", "class": "export" } ] },
  "machine": { "cores": 2 },
  "policies": [ { "async": { "thread_pool": { "threads": 1, "classes": [ "export" ] } } } ]
}"#;

#[test]
fn threads_of_a_thread_pool_have_rows_and_the_loop_runs_only_what_it_runs() {
    for picture in pictures(IN_THREAD, "") {
        expect(&picture, &[">loop 1<", ">thread 1<", "loop 1 runs request 2 (page), 80–90 ms, 10 ms"]);
        expect(&picture, &["thread 1 runs request 1 (export), 0–50 ms, 50 ms"]);
        expect(&picture, &["thread 1 is held by request 1 (export), which waits, 50–70 ms, 20 ms"]);
        expect(&picture, &["thread 1 runs request 3 (export), 90–140 ms, 50 ms"]);
        expect_none(&picture, &["loop 1 runs request 1 (export)", "loop 1 runs request 3 (export)"]);
    }
}

#[test]
fn a_sample_of_the_requests_is_called_one() {
    // 96 requests for at most 24 lanes.
    for picture in pictures(HELD, "--window 3s..4s --set arrivals.constant=96/s --set faults=[]") {
        expect(&picture, &["Of the requests that arrive meanwhile, about every "]);
    }
    for picture in pictures(HELD, "--window 3s..4s --set arrivals.constant=10/s --set faults=[]") {
        expect_none(&picture, &["has a lane", "have a lane"]);
    }
    let [picture, _] = pictures(HELD, "--around worst");
    expect(&picture, &["the first ones have a lane."]);
}
