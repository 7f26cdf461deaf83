//! Requests that a worker takes ahead of a free slot.

use crate::case::{System, check, check_parts, check_workers, run};

fn system(arrivals: &str) -> System<'_> {
    System { classes: "long = sleep 50; page = sleep 10", arrivals, with: r#""machine": { "cores": 4 }"# }
}

#[test]
fn a_reserved_request_waits_behind_a_long_one_although_another_worker_is_idle() {
    // Each worker holds two. At 2 the third goes to the first worker, the lower number among equals; it waits there until
    // 50, although the second worker is idle from 11 on.
    let arrivals = "0 long, 1 page, 2 page";
    check(system(arrivals), r#"{ "sync": { "workers": 2 } }"#, "50, 11, 21");
    check(system(arrivals), r#"{ "sync": { "workers": 2, "prefetch": 2 } }"#, "50, 11, 60");
    check_parts(
        system(arrivals),
        r#"{ "sync": { "workers": 2, "prefetch": 2 } }"#,
        3,
        "backlog_wait 2–50, sleep 50–60",
    );
    // A prefetch of 1 takes nothing ahead.
    check(system(arrivals), r#"{ "sync": { "workers": 2, "prefetch": 1 } }"#, "50, 11, 21");
}

#[test]
fn beyond_what_workers_reserve_requests_wait_in_the_shared_backlog() {
    // The workers hold 1 and 3, 2 and 4; the fifth waits in the backlog. At 11 the second worker has room for it. It
    // serves 4 from 11, and 5 from 21.
    let arrivals = "0 long, 1 page, 2 page, 3 page, 4 page";
    let policy = r#"{ "sync": { "workers": 2, "prefetch": 2 } }"#;
    check(system(arrivals), policy, "50, 11, 60, 21, 31");
    check_workers(system(arrivals), policy, &[1, 2, 1, 2, 2]);
    // The limit of the backlog is about those that no worker holds.
    let limited = r#"{ "sync": { "workers": 2, "prefetch": 2, "backlog": 1 } }"#;
    check(system("0 long, 1 page, 2 page, 3 page, 4 page, 5 page"), limited, "50, 11, 60, 21, 31, lost 5; rejected 1");
}

#[test]
fn prefetch_is_a_multiple_of_threads_and_worker_connections_is_not() {
    // Two threads: 2 × 2 = 4 in the worker. With a backlog of 0, the fifth is rejected.
    let arrivals = "0 long, 0 long, 1 page, 1 page, 2 page";
    let outcome = "50, 50, 60, 60, lost 2; rejected 1";
    check(system(arrivals), r#"{ "threaded": { "threads": 2, "prefetch": 2, "backlog": 0 } }"#, outcome);
    check(system(arrivals), r#"{ "threaded": { "threads": 2, "worker_connections": 4, "backlog": 0 } }"#, outcome);
    let outcome = "50, 50, 60, lost 1, lost 2; rejected 2";
    check(system(arrivals), r#"{ "threaded": { "threads": 2, "worker_connections": 3, "backlog": 0 } }"#, outcome);
    check(
        system(arrivals),
        r#"{ "async": { "max_in_progress": 1, "prefetch": 3, "backlog": 0 } }"#,
        "50, 100, 110, lost 1, lost 2; rejected 2",
    );
    // Fewer connections than threads: one thread is of no use.
    check(system("0 long, 0 page"), r#"{ "threaded": { "threads": 2, "worker_connections": 1 } }"#, "50, 60");
}

#[test]
fn a_worker_with_room_is_chosen_as_the_dispatch_says() {
    let policy =
        |dispatch: &str| format!(r#"{{ "sync": {{ "workers": 3, "prefetch": 2, "dispatch": "{dispatch}" }} }}"#);
    // In turn, idle or not: 1, 2, 3, and at 12 the first again, which is busy until 50, although 2 and 3 are idle.
    let arrivals = "0 long, 1 page, 2 page, 13 page, 14 page";
    check_workers(system(arrivals), &policy("round_robin"), &[1, 2, 3, 1, 2]);
    check(system(arrivals), &policy("round_robin"), "50, 11, 12, 60, 24");
    check_workers(system(arrivals), &policy("least_busy"), &[1, 2, 3, 2, 3]);
    // The first has no room for a third request: it is left out.
    let full = "0 long, 1 long, 2 long, 3 page, 4 page, 5 page, 6 page, 50 page, 51 page";
    check_workers(system(full), &policy("round_robin"), &[1, 2, 3, 1, 2, 3, 1, 2, 3]);
    // By chance: a full worker gets none.
    let (seen, _) = run(&system("0 long, 0 long, 0 long, 0 long, 0 long, 0 long").scenario(&policy("random")));
    let mut workers = seen.workers();
    workers.sort_unstable();
    assert_eq!(workers, [1, 1, 2, 2, 3, 3]);
}

#[test]
fn a_worker_that_accepts_on_its_own_accepts_up_to_its_connections() {
    // The only thread serves the first; the worker holds one more, and the third stays in the listen queue: with a limit
    // of 0 it is rejected. At 50 the second is taken, and one more accepted.
    let policy =
        |limit: &str| format!(r#"{{ "threaded": {{ "dispatch": "accept", "worker_connections": 2 {limit} }} }}"#);
    check(system("0 long, 1 page, 2 page"), &policy(""), "50, 60, 70");
    check(system("0 long, 1 page, 2 page, 51 page"), &policy(r#", "backlog": 0"#), "50, 60, lost 2, 70; rejected 1");
    // Without a limit on connections, it accepts all.
    let all = r#"{ "threaded": { "dispatch": "accept", "backlog": 0 } }"#;
    check(system("0 long, 1 page"), all, "50, lost 1; rejected 1");
}

#[test]
fn reserved_requests_fail_with_their_worker_and_those_in_the_backlog_do_not() {
    // At 20 the worker restarts: it holds the first two. The third is taken at 25.
    let with = r#""faults": [{ "at": "20ms", "for": "5ms", "restart": { "worker": 1 } }]"#;
    let system = System { with, ..system("0 long, 1 page, 2 page") };
    check(system, r#"{ "sync": { "prefetch": 2 } }"#, "lost 20, lost 20, 35; failed 2");
    check(system, r#"{ "sync": {} }"#, "lost 20, 35, 45; failed 1");
}

#[test]
fn a_reserved_request_can_be_given_up_and_makes_room() {
    // The second is cancelled at 6 in the worker; the third takes its place there at 6, and is given up at 7.
    let with = r#""clients": { "timeout": "5ms", "cancel": true }, "classes": { "long": { "timeout": "1s", "phases": [{ "sleep": "50ms" }] },
                  "page": { "phases": [{ "sleep": "3ms" }] } }"#;
    let system = System { with, ..system("0 long, 1 page, 2 page, 48 page") };
    check(system, r#"{ "sync": { "prefetch": 2 } }"#, "50, lost 6, lost 7, 53; timed_out 2");
}

#[test]
fn a_draining_worker_serves_what_it_has_reserved() {
    // At 50 it takes its second and last, and reserves no more: not the fourth, at 55. It serves the third, which it has
    // reserved, until 70, and boots until 75.
    let policy = r#"{ "sync": { "prefetch": 3, "max_requests": { "count": 2, "boot": "5ms" } } }"#;
    check(system("0 long, 0 page, 0 page, 55 page"), policy, "50, 60, 70, 85");
}

#[test]
fn waiting_requests_are_booked_for_each_worker() {
    // One request waits inside the first worker from 2 to 50.
    let policy = r#"{ "sync": { "workers": 2, "prefetch": 2 } }"#;
    let (_, record) = run(&system("0 long, 1 page, 2 page").scenario(policy));
    let waiting = record.workers[0].waiting;
    assert_eq!((waiting.area, waiting.max), (48_000_000, 1));
    assert_eq!(record.workers[1].waiting.area, 0);
}
