//! Workers that are replaced after a number of requests, or killed because they are silent.

use crate::case::{System, check, check_parts, check_workers, run};
use waitline::model::SimTime;

fn system(arrivals: &str) -> System<'_> {
    System { classes: "page = compute 10; wait = db 10; long = db 40", arrivals, with: r#""machine": { "cores": 4 }"# }
}

const MAX_2: &str = r#""max_requests": { "count": 2, "boot": "5ms" }"#;

fn policy(kind: &str, options: &str) -> String {
    format!(r#"{{ "{kind}": {{ {options} }} }}"#)
}

#[test]
fn after_its_last_request_a_worker_takes_no_more_until_its_successor_is_up() {
    // Two requests, 5 ms to boot, two requests, 5 ms.
    let arrivals = "0 page, 0 page, 0 page, 0 page, 0 page";
    check(system(arrivals), &policy("sync", MAX_2), "10, 20, 35, 45, 60");
    check(system(arrivals), &policy("threaded", MAX_2), "10, 20, 35, 45, 60");
    check_parts(system(arrivals), &policy("sync", MAX_2), 3, "backlog_wait 0–25, compute 25–35");
    // A loop has both in progress at once; then it boots from 20 to 25.
    check(system(arrivals), &policy("async", MAX_2), "10, 20, 35, 45, 60");
    // In 10 ms two waits overlap: the loop is up again at 15 and at 30.
    let arrivals = "0 wait, 0 wait, 0 wait, 0 wait, 0 wait";
    check(system(arrivals), &policy("async", MAX_2), "10, 10, 25, 25, 40");
    let threads = policy("threaded", &format!(r#""threads": 2, {MAX_2}"#));
    check(system(arrivals), &threads, "10, 10, 25, 25, 40");
}

#[test]
fn a_worker_drains_before_it_is_replaced() {
    // The second is its last: it exits at 40 when the first is done, although a thread is free from 11 on. The third waits
    // until 45.
    let arrivals = "0 long, 1 wait, 2 wait";
    let threads = policy("threaded", &format!(r#""threads": 2, {MAX_2}"#));
    check(system(arrivals), &threads, "40, 11, 55");
    check(system(arrivals), &policy("async", MAX_2), "40, 11, 55");
    // Of two workers, the first takes the requests 1 and 3 and drains until 40, the second takes 2 and 4 and is up again at
    // 13 + 5: the fifth waits until then.
    let two = policy("async", &format!(r#""workers": 2, {MAX_2}"#));
    check(system("0 long, 1 wait, 2 wait, 3 wait, 4 wait"), &two, "40, 11, 12, 13, 28");
}

#[test]
fn requests_that_are_bound_to_a_worker_wait_for_its_successor() {
    let bound = |dispatch: &str| {
        policy(
            "sync",
            &format!(r#""workers": 2, "dispatch": "{dispatch}", "max_requests": {{ "count": 1, "boot": "5ms" }}"#),
        )
    };
    // In turn: 1 and 3 to the first worker, 2 and 4 to the second. Each serves one, and boots for 5.
    check(system("0 page, 0 page, 0 page, 0 page"), &bound("round_robin"), "10, 10, 25, 25");
    check_workers(system("0 page, 0 page, 0 page, 0 page"), &bound("round_robin"), &[1, 2, 1, 2]);
    // A booting worker has nothing in progress: it looks least busy at 11, and the request waits for it until 15.
    check(system("0 page, 1 long, 11 page"), &bound("least_busy"), "10, 41, 25");
}

#[test]
fn accepted_requests_are_served_before_the_worker_exits() {
    // One thread; at 0 the only worker accepts all three. At 10 it takes its last by count, and accepts no more: not the
    // fourth, at 12. It serves the third, which it has accepted, until 30, and boots until 35.
    let accept = policy("threaded", r#""dispatch": "accept", "max_requests": { "count": 2, "boot": "5ms" }"#);
    check(system("0 wait, 0 wait, 0 wait, 12 wait"), &accept, "10, 20, 30, 45");
}

#[test]
fn a_new_life_begins_with_a_restart() {
    // One request is served, the worker restarts at 15, and counts from 0 again: two requests from 20 on, then it boots.
    let with = r#""faults": [{ "at": "15ms", "for": "5ms", "restart": { "worker": 1 } }]"#;
    let system = System { with, ..system("0 page, 12 page, 12 page, 12 page, 12 page") };
    check(system, &policy("sync", MAX_2), "10, lost 15, 30, 40, 55; failed 1");
    // It restarts while it boots, from 20 to 30: the boot is over then too.
    let with = r#""faults": [{ "at": "22ms", "for": "8ms", "restart": { "worker": 1 } }]"#;
    let system = System { with, ..system };
    check(System { arrivals: "0 page, 0 page, 0 page", ..system }, &policy("sync", MAX_2), "10, 20, 40");
}

#[test]
fn jitter_is_drawn_for_each_worker_and_each_life() {
    let with = r#""run": { "requests": 4000 }, "arrivals": { "constant": "1000/s" },
                  "classes": { "page": { "phases": [{ "sleep": "1ms" }] } }"#;
    let system = System { with, ..system("0 page") };
    let options = r#""workers": 2, "max_requests": { "count": 10, "jitter": 10, "boot": "3ms" }"#;
    let (seen, record) = run(&system.scenario(&policy("async", options)));
    assert_eq!(record.workers.len(), 2);
    // 15 requests a life: 267 lives of both, give or take a few. Without jitter, 400.
    let replaced: u64 = record.workers.iter().map(|worker| worker.replaced).sum();
    assert!((250..285).contains(&replaced), "{replaced}");
    let (again, _) = run(&system.scenario(&policy("async", options)));
    assert_eq!(seen.workers(), again.workers(), "the same seed, the same lives");
}

#[test]
fn a_silent_worker_is_killed_with_its_request() {
    // Taken at 0, killed at 30; the next is taken at 35. A request of 10 ms is never silent for 30.
    let timeout = r#""worker_timeout": { "after": "30ms", "boot": "5ms" }"#;
    let arrivals = "0 long, 1 page, 2 page, 3 page, 4 page";
    check(system(arrivals), &policy("sync", timeout), "lost 30, 45, 55, 65, 75; failed 1");
    // At once: the completion comes before the expiry.
    let exactly = r#""worker_timeout": "40ms""#;
    check(system("0 long, 1 page"), &policy("sync", exactly), "40, 50");
    // Waits do not keep a loop from going round.
    check(system("0 long, 1 long"), &policy("async", timeout), "40, 41");
    // A time limit without a boot: the successor takes the next at 30. With `max_requests`, it boots for that long.
    check(system("0 long, 1 page"), &policy("sync", r#""worker_timeout": "30ms""#), "lost 30, 40; failed 1");
    let both = r#""worker_timeout": "30ms", "max_requests": { "count": 100, "boot": "7ms" }"#;
    check(system("0 long, 1 page"), &policy("sync", both), "lost 30, 47; failed 1");
}

#[test]
fn a_blocked_loop_is_killed_with_all_its_requests() {
    // The wait of the first goes on, the second blocks the loop from 1 on: both fail at 31, and so does the third, which
    // waits for the loop. The fourth arrives while the successor boots.
    let classes = r#"wait = db 35; block = { "db": { "time": "40ms", "blocking": true } }; page = compute 10"#;
    let with = r#""machine": { "cores": 2 }"#;
    let system = System { classes, arrivals: "0 wait, 1 block, 2 page, 33 page", with };
    let timeout = r#""worker_timeout": { "after": "30ms", "boot": "5ms" }"#;
    check(system, &policy("async", timeout), "lost 31, lost 31, lost 31, 46; failed 3");
    // A long computation does the same; bursts of other requests between show that the loop goes round.
    let system = System { classes: "page = compute 20; long = compute 40", arrivals: "0 page, 0 page, 0 long", with };
    check(system, &policy("async", timeout), "20, 40, lost 70; failed 1");
    // In a thread of a pool it blocks nothing: the loop goes round, whatever the thread does without the lock.
    let pool = r#""worker_timeout": "30ms", "thread_pool": { "threads": 1 }"#;
    let system = System { classes: "long = db 40", arrivals: "0 long", with };
    check(system, &policy("async", pool), "40");
}

#[test]
fn the_timeout_of_gunicorn_kills_sync_workers_and_no_gthread_workers() {
    let options =
        r#""overhead": { "before": "0ms", "response": "0ms", "after": "0ms" }, "timeout": "30ms", "boot": "5ms""#;
    let with = r#""machine": { "cores": 2 }"#;
    let system = System { classes: "long = db 40", arrivals: "0 long, 1 long", with };
    check(system, &policy("gunicorn", options), "lost 30, lost 65; failed 2");
    let gthread = format!(r#""worker_class": "gthread", {options}"#);
    check(system, &policy("gunicorn", &gthread), "40, 80");
}

#[test]
fn replacements_are_booked_for_each_worker() {
    // Two lives of two requests each: replaced at 20 and at 45, booting 5 ms each time.
    let (_, record) = run(&system("0 page, 0 page, 0 page, 0 page, 0 page").scenario(&policy("sync", MAX_2)));
    let worker = record.workers[0];
    assert_eq!((worker.replaced, worker.booting.area, worker.booting.max), (2, 10_000_000, 1));
    assert_eq!(record.end, SimTime::from_nanos(60_000_000));
}

#[test]
fn the_last_worker_boots_to_its_end_before_the_horizon() {
    // The only request is killed at 30; the successor boots 30–35, and the run ends at 100.
    let options =
        r#""overhead": { "before": "0ms", "response": "0ms", "after": "0ms" }, "timeout": "30ms", "boot": "5ms""#;
    let with = r#""run": { "duration": "100ms" }"#;
    let system = System { classes: "long = db 40", arrivals: "0 long", with };
    let (_, record) = run(&system.scenario(&policy("gunicorn", options)));
    assert_eq!((record.workers[0].booting.area, record.end), (5_000_000, SimTime::from_nanos(100_000_000)));
}
