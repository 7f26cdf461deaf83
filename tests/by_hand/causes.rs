//! Waits that the timeline marks: for the next period of the CPU quota, and until a connection is open.

use std::ops::ControlFlow;

use waitline::scenario::Scenario;
use waitline::stats::WaitCause;
use waitline::study::{Options, Watch, run};

use WaitCause::{Opening, Throttled};

type Marked = (&'static str, f64, f64, Option<WaitCause>);

/// The segments of a request, counted from 1.
fn segments(scenario: &str, request: u64) -> Vec<Marked> {
    let scenario = Scenario::from_json(scenario).unwrap_or_else(|error| panic!("{error:?}"));
    let mut watch = Watch { progress: &|_| ControlFlow::Continue(()), rows: None };
    let results = run(&scenario, &Options::default(), &mut watch).unwrap();
    let timeline = results.policies[0].timeline.as_ref().unwrap();
    let entry = timeline.iter().find(|entry| entry.request == request).unwrap();
    let marked = entry.segments.iter().map(|one| (one.kind, one.start_ms, one.end_ms, one.cause));
    marked.collect()
}

#[test]
fn a_wait_for_the_next_period_is_marked() {
    // 5 ms of each 10 ms: the first request runs 0–5 and 10–13; the second waits for the core until 13, not for the quota, and
    // has 2 ms left in this period.
    let scenario = r#"{ "classes": { "page": { "phases": [ { "compute": "8ms" } ] } },
        "arrivals": { "at": [ { "time": "0ms" }, { "time": "11ms" } ] },
        "machine": { "cores": 1, "cpu_limit": 0.5, "limit_period": "10ms" }, "policies": [ { "sync": { "workers": 2 } } ] }"#;
    let first =
        [("compute", 0.0, 5.0, None), ("run_queue_wait", 5.0, 10.0, Some(Throttled)), ("compute", 10.0, 13.0, None)];
    assert_eq!(segments(scenario, 1), first);
    let second = segments(scenario, 2);
    assert_eq!(second[..2], [("run_queue_wait", 11.0, 13.0, None), ("compute", 13.0, 15.0, None)]);
    assert_eq!(second[2], ("run_queue_wait", 15.0, 20.0, Some(Throttled)));
}

#[test]
fn a_wait_until_a_connection_is_open_is_marked() {
    // The first request opens the only connection 0–5; the second waits for it.
    let scenario = r#"{ "classes": { "page": { "phases": [ { "db": "10ms" } ] } },
        "arrivals": { "at": [ { "time": "0ms" }, { "time": "1ms" } ] },
        "backends": { "db": { "pool": { "size": 1, "min": 0, "connect": "5ms" } } }, "policies": [ { "async": {} } ] }"#;
    assert_eq!(segments(scenario, 1), [("pool_wait", 0.0, 5.0, Some(Opening)), ("backend", 5.0, 15.0, None)]);
    assert_eq!(segments(scenario, 2), [("pool_wait", 1.0, 15.0, None), ("backend", 15.0, 25.0, None)]);
}

#[test]
fn a_request_that_opens_a_connection_in_place_of_another_first_waited_for_one() {
    // The first request opens a connection from 0 on, and its client gives up at 3: the second, which waits since 1, opens it 3–8.
    let scenario = r#"{ "classes": { "page": { "phases": [ { "db": "10ms" } ] }, "hasty": { "timeout": "3ms", "phases": [ { "db": "10ms" } ] } },
        "arrivals": { "at": [ { "time": "0ms", "class": "hasty" }, { "time": "1ms", "class": "page" } ] }, "clients": { "cancel": true },
        "backends": { "db": { "pool": { "size": 1, "min": 0, "connect": "5ms" } } }, "policies": [ { "async": {} } ] }"#;
    assert_eq!(segments(scenario, 1), [("pool_wait", 0.0, 3.0, Some(Opening))]);
    let second = [("pool_wait", 1.0, 3.0, None), ("pool_wait", 3.0, 8.0, Some(Opening)), ("backend", 8.0, 18.0, None)];
    assert_eq!(segments(scenario, 2), second);
}
