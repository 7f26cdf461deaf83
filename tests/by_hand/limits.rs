//! Limits on the requests of a class in progress, and a timeout for each class.

use crate::case::{System, check, check_parts};

const SYNC: &str = r#"{ "sync": {} }"#;
const THREADED: &str = r#"{ "threaded": { "threads": 2 } }"#;
const ASYNC: &str = r#"{ "async": {} }"#;

/// Streams of 20 ms with a limit, and pages of 10 ms without one.
fn streams(limit: &str) -> String {
    format!(
        r#""classes": {{ "stream": {{ "limit": {limit}, "phases": [{{ "sleep": "20ms" }}] }},
                         "page": {{ "phases": [{{ "sleep": "10ms" }}] }} }}"#
    )
}

fn system<'a>(arrivals: &'a str, with: &'a str) -> System<'a> {
    System { classes: "page = sleep 10", arrivals, with }
}

#[test]
fn beyond_the_limit_of_the_application_a_request_is_rejected_on_arrival() {
    // The third stream finds two in the application, one of them in the backlog under sync. The one at 41 finds none.
    let with = streams(r#"{ "in_progress": 2 }"#);
    let system = system("0 stream, 0 stream, 1 stream, 2 page, 41 stream", &with);
    check(system, SYNC, "20, 40, lost 1, 50, 70; rejected 1");
    check(system, THREADED, "20, 20, lost 1, 30, 61; rejected 1");
    check(system, ASYNC, "20, 20, lost 1, 12, 61; rejected 1");
}

#[test]
fn beyond_the_limit_of_a_worker_a_request_is_rejected_by_the_worker_that_takes_it() {
    let with = streams(r#"{ "in_progress": 1, "per": "worker" }"#);
    // Each of the two loops has a stream at 1. At 20 both are free again.
    let arrivals = "0 stream, 0 stream, 1 stream, 2 page, 20 stream";
    let loops = r#"{ "async": { "workers": 2 } }"#;
    check(system(arrivals, &with), loops, "20, 20, lost 1, 12, 40; rejected 1");
    // A sync worker takes one request at a time: its limit of one never rejects.
    check(system("0 stream, 0 stream, 1 stream", &with), SYNC, "20, 40, 60");
    // Both threads are busy until 10. Then the worker takes the second stream, finds the first, rejects it, and takes the
    // page after it.
    let backlog = system("0 stream, 0 page, 1 stream, 2 page", &with);
    check(backlog, THREADED, "20, 10, lost 10, 20; rejected 1");
    check_parts(backlog, THREADED, 3, "backlog_wait 1–10");
    // Bound to the first worker, which has a stream, although the second has none.
    let bound = r#"{ "threaded": { "workers": 2, "threads": 2, "dispatch": "round_robin" } }"#;
    check(system("0 stream, 1 page, 2 stream, 3 stream", &with), bound, "20, 11, lost 2, 23; rejected 1");
}

#[test]
fn work_that_was_given_up_counts_until_it_ends() {
    let with = r#""classes": { "page": { "limit": { "in_progress": 1 }, "phases": [{ "compute": "10ms" }] } },
                  "clients": { "timeout": "5ms" }"#;
    // The first client gives up at 5, and the work goes on to 10. At 10 the completion comes before the arrival.
    for policy in [SYNC, THREADED, ASYNC] {
        check(
            system("0 page, 6 page, 10 page", with),
            policy,
            "lost 10, lost 6, lost 20; rejected 1, timed_out 2, late 2",
        );
    }
    // Cancelled, it counts no longer.
    let with = with.replace(r#""5ms" }"#, r#""5ms", "cancel": true }"#);
    for policy in [SYNC, THREADED, ASYNC] {
        check(system("0 page, 6 page, 10 page", &with), policy, "lost 5, lost 11, lost 10; rejected 1, timed_out 2");
    }
}

#[test]
fn a_rejected_client_tries_again() {
    let with = format!(
        r#"{}, "clients": {{ "retries": {{ "max": 2, "backoff": "15ms" }} }}"#,
        streams(r#"{ "in_progress": 1 }"#)
    );
    // The second is rejected at 1, tries again at 16, is rejected, and tries again 30 later, at 46.
    check(system("0 stream, 1 stream", &with), ASYNC, "20, lost 1, lost 16, 66; rejected 2, retried 2");
}

#[test]
fn the_timeout_of_a_class_comes_before_that_of_all_clients() {
    let with = r#""classes": { "page": { "phases": [{ "sleep": "10ms" }] },
                               "report": { "timeout": "30ms", "phases": [{ "sleep": "25ms" }] },
                               "probe": { "timeout": "2ms", "phases": [{ "sleep": "1ms" }] } },
                  "clients": { "timeout": "8ms", "cancel": true }"#;
    check(system("0 page, 0 report, 0 probe", with), ASYNC, "lost 8, 25, 1; timed_out 1");
    // The page leaves its worker at 8 for the report, which would be done at 33 and is given up at 30; the probe leaves the
    // backlog at 2.
    check(system("0 page, 0 report, 0 probe", with), SYNC, "lost 8, lost 30, lost 2; timed_out 3");
    // Only one class has a timeout.
    let with = r#""classes": { "page": { "phases": [{ "sleep": "10ms" }] },
                               "probe": { "timeout": "2ms", "phases": [{ "sleep": "5ms" }] } }, "clients": { "cancel": true }"#;
    check(system("0 page, 0 probe", with), ASYNC, "10, lost 2; timed_out 1");
}
