//! Calls that time out or end with an error, and are repeated.

use std::collections::BTreeMap;

use waitline::model::SimDuration;

use crate::case::{System, check, check_parts, record, run};

const SYNC: &str = r#"{ "sync": {} }"#;
const THREADS: &str = r#"{ "threaded": { "threads": 4 } }"#;
const ASYNC: &str = r#"{ "async": {} }"#;
const POLICIES: [&str; 3] = [SYNC, THREADS, ASYNC];

/// A call of `db` that takes 10 ms, with these options, followed by 1 ms of work.
fn page(options: &str) -> String {
    format!(r#"page = {{ "db": {{ "time": "10ms"{options} }} }} > compute 1"#)
}

/// It gives up after 4 ms.
const TIMEOUT: &str = r#", "timeout": "4ms""#;
const CONTINUE: &str = r#", "timeout": "4ms", "on_timeout": "continue""#;

#[test]
fn a_call_that_takes_longer_than_its_timeout_fails_the_request_or_lets_it_continue() {
    for policy in POLICIES {
        let calls = page(TIMEOUT);
        let system = System { classes: &calls, arrivals: "0 page", with: "" };
        check(system, policy, "lost 4; failed 1");
        check_parts(system, policy, 1, "backend 0–4");
        assert_eq!(record(system, policy).classes[0].failed.call_timeout, 1, "{policy}");
        let calls = page(CONTINUE);
        let system = System { classes: &calls, ..system };
        check(system, policy, "5");
        check_parts(system, policy, 1, "backend 0–4, compute 4–5");
        // An answer at the same instant is in time.
        let calls = page(r#", "timeout": "10ms""#);
        check(System { classes: &calls, ..system }, policy, "11");
    }
}

#[test]
fn a_call_is_repeated_after_a_pause_that_doubles() {
    for policy in POLICIES {
        // 0–4, pause 3, 7–11, pause 6, 17–21.
        let retries = r#", "retries": { "max": 2, "backoff": "3ms" }"#;
        let parts = "backend 0–4, sleep 4–7, backend 7–11, sleep 11–17, backend 17–21";
        let calls = page(&format!("{TIMEOUT}{retries}"));
        let system = System { classes: &calls, arrivals: "0 page", with: "" };
        check(system, policy, "lost 21; failed 1");
        check_parts(system, policy, 1, parts);
        let calls = page(&format!("{CONTINUE}{retries}"));
        check_parts(System { classes: &calls, ..system }, policy, 1, &format!("{parts}, compute 21–22"));
        // Without a pause: 0–4–8.
        let calls = page(&format!(r#"{TIMEOUT}, "retries": {{ "max": 1 }}"#));
        check(System { classes: &calls, ..system }, policy, "lost 8; failed 1");
    }
}

#[test]
fn an_error_comes_at_the_end_of_the_query() {
    let with = r#""backends": { "db": { "errors": 1 } }"#;
    for policy in POLICIES {
        let calls = page("");
        let system = System { classes: &calls, arrivals: "0 page", with };
        check(system, policy, "lost 10; failed 1");
        assert_eq!(record(system, policy).classes[0].failed.backend_error, 1, "{policy}");
        // 0–10, pause 5, 15–25.
        let calls = page(r#", "retries": { "max": 1, "backoff": "5ms" }"#);
        check(System { classes: &calls, ..system }, policy, "lost 25; failed 1");
        // It does not continue after an error, but times out before.
        let calls = page(r#", "timeout": "11ms", "on_timeout": "continue""#);
        check(System { classes: &calls, ..system }, policy, "lost 10; failed 1");
        let calls = page(CONTINUE);
        check(System { classes: &calls, ..system }, policy, "5");
    }
}

#[test]
fn a_request_holds_between_two_attempts_what_its_policy_holds_while_it_waits() {
    // 0–4, pause 2, 6–10, and 1 of work.
    let options = format!(r#"{CONTINUE}, "retries": {{ "max": 1, "backoff": "2ms" }}"#);
    let calls = page(&options);
    let system = System { classes: &calls, arrivals: "0 page, 0 page", with: "" };
    check(system, SYNC, "11, 22");
    check(system, r#"{ "threaded": {} }"#, "11, 22");
    check(system, THREADS, "11, 12");
    check(system, ASYNC, "11, 12");
    // A call that blocks the loop sleeps in it, too.
    let calls = page(&format!(r#"{options}, "blocking": true"#));
    check(System { classes: &calls, ..system }, ASYNC, "11, 22");
    // A loop whose timers end at whole milliseconds: a pause of 2.5 is one of 3.
    let calls = page(&format!(r#"{TIMEOUT}, "retries": {{ "max": 1, "backoff": "2.5ms" }}"#));
    let system = System { classes: &calls, arrivals: "0 page", with: "" };
    check(system, ASYNC, "lost 10.5; failed 1");
    check(system, r#"{ "async": { "timer_resolution": "1ms" } }"#, "lost 11; failed 1");
}

#[test]
fn the_time_of_a_call_begins_when_it_has_its_connection() {
    let calls = page(r#", "timeout": "12ms""#);
    let system = System { classes: &calls, arrivals: "0 page, 0 page", with: "" };
    // The second has the connection at 10.
    let with = r#""backends": { "db": { "pool": { "size": 1 } } }"#;
    check(System { with, ..system }, ASYNC, "11, 21");
    // At a busy backend it waits for its answer from 0 on.
    let with = r#""backends": { "db": { "concurrency": 1 } }"#;
    check(System { with, ..system }, ASYNC, "11, lost 12; failed 1");
    check_parts(System { with, ..system }, ASYNC, 2, "backend_wait 0–10, backend 10–12");
    // It is withdrawn from the queue of the backend: 0–4, the second 4–5 of its query.
    let calls = page(TIMEOUT);
    check(System { classes: &calls, arrivals: "0 page, 1 page", with }, ASYNC, "lost 4, lost 5; failed 2");
}

#[test]
fn a_call_that_is_given_up_frees_its_connection() {
    let with = r#""backends": { "db": { "pool": { "size": 1 } } }"#;
    for policy in [THREADS, ASYNC] {
        let calls = page(TIMEOUT);
        let system = System { classes: &calls, arrivals: "0 page, 0 page", with };
        check(system, policy, "lost 4, lost 8; failed 2");
        // The first sleeps 4–6 and has the connection again at 8, the second sleeps 8–10 and has it at 12.
        let calls = page(&format!(r#"{TIMEOUT}, "retries": {{ "max": 1, "backoff": "2ms" }}"#));
        let system = System { classes: &calls, ..system };
        check(system, policy, "lost 12, lost 16; failed 2");
        check_parts(system, policy, 1, "backend 0–4, sleep 4–6, pool_wait 6–8, backend 8–12");
    }
    // The second waits for the connection when the backend goes down at 3: both pause until 13. Its first wait would have
    // been too long at 11; its second is from 13 to 23.
    let with = r#""backends": { "db": { "pool": { "size": 1, "acquire_timeout": "11ms" } } },
        "faults": [{ "at": "3ms", "for": "1ms", "down": { "backend": "db" } }]"#;
    let calls = page(r#", "retries": { "max": 1, "backoff": "10ms" }"#);
    check(System { classes: &calls, arrivals: "0 page, 0 page", with }, ASYNC, "24, 34");
}

#[test]
fn a_backend_stops_working_on_a_query_that_is_given_up_or_finishes_it() {
    let calls = format!("{}; short = db 2", page(TIMEOUT));
    let backend = |options: &str| format!(r#""backends": {{ "db": {{ "concurrency": 1{options} }} }}"#);
    let system = System { classes: &calls, arrivals: "0 page, 4 short", with: "" };
    let finish = r#", "abandoned": "finish""#;
    // The query goes on until 10.
    check(System { with: &backend(""), ..system }, ASYNC, "lost 4, 6; failed 1");
    check(System { with: &backend(finish), ..system }, ASYNC, "lost 4, 12; failed 1");
    // Two share the backend: 2 take 4 with the other one there.
    let sharing = r#", "sharing": true"#;
    check(System { with: &backend(sharing), ..system }, ASYNC, "lost 4, 6; failed 1");
    let both = format!("{sharing}{finish}");
    check(System { with: &backend(&both), ..system }, ASYNC, "lost 4, 8; failed 1");
    // At 9 the query lacks 1, which takes it until 11 beside the third request, which then lacks 1, too.
    check(System { arrivals: "0 page, 9 short", with: &backend(&both), ..system }, ASYNC, "lost 4, 12; failed 1");
    // The same if the client cancels.
    let with = format!(r#"{}, "clients": {{ "timeout": "3ms", "cancel": true }}"#, backend(finish));
    check(System { arrivals: "0 page, 9 short", with: &with, ..system }, ASYNC, "lost 3, 12; timed_out 1");
    // A backend that goes down finishes nothing.
    let down = r#""faults": [{ "at": "3ms", "for": "1ms", "down": { "backend": "db" } }]"#;
    let with = format!("{}, {down}", backend(finish));
    check(System { with: &with, ..system }, ASYNC, "lost 3, 6; failed 1");
}

#[test]
fn a_backend_that_is_down_ends_attempts_at_once() {
    // The first attempt ends at 5; the second, at 7, at once; the third is 11–21.
    let with = r#""faults": [{ "at": "5ms", "for": "5ms", "down": { "backend": "db" } }]"#;
    for policy in POLICIES {
        let calls = page(r#", "retries": { "max": 2, "backoff": "2ms" }"#);
        let system = System { classes: &calls, arrivals: "0 page", with };
        check(system, policy, "22");
        check_parts(system, policy, 1, "backend 0–5, sleep 5–11, backend 11–21, compute 21–22");
        let calls = page(r#", "retries": { "max": 1, "backoff": "2ms" }"#);
        check(System { classes: &calls, ..system }, policy, "lost 7; failed 1");
        let calls = page(TIMEOUT);
        check(System { classes: &calls, arrivals: "6 page", ..system }, policy, "lost 6; failed 1");
    }
    // Both branches of a request repeat their calls: until 21 and 22.
    let call = r#"{ "db": { "time": "10ms", "retries": { "max": 2, "backoff": "2ms" } } }"#;
    let longer = r#"{ "db": { "time": "11ms", "retries": { "max": 2, "backoff": "2ms" } } }"#;
    let classes = format!(r#"page = {{ "parallel": [{call}, {longer}] }} > compute 1"#);
    check(System { classes: &classes, arrivals: "0 page", with }, ASYNC, "23");
    // One does not: the request fails.
    let classes = format!(r#"page = {{ "parallel": [{call}, {{ "db": "11ms" }}] }} > compute 1"#);
    check(System { classes: &classes, arrivals: "0 page", with }, ASYNC, "lost 5; failed 1");
}

#[test]
fn calls_of_a_slow_backend_time_out() {
    // 4 in time, 3 × 4 not.
    let classes = r#"page = { "db": { "time": "4ms", "timeout": "10ms" } }"#;
    let with = r#""faults": [{ "at": "5ms", "for": "20ms", "slow": { "backend": "db", "factor": 3 } }]"#;
    for policy in POLICIES {
        check(System { classes, arrivals: "0 page, 6 page, 30 page", with }, policy, "4, lost 16, 34; failed 1");
    }
}

#[test]
fn the_work_and_the_statements_of_a_client_are_repeated_with_the_query() {
    let options = format!(r#"{CONTINUE}, "retries": {{ "max": 1, "backoff": "2ms" }}"#);
    let calls = page(&options);
    let system = System { classes: &calls, arrivals: "0 page", with: "" };
    for policy in POLICIES {
        let with = r#""backends": { "db": { "client": { "before": "1ms" }, "pool": { "size": 1 } } }"#;
        let parts = "framework 0–1, backend 1–5, sleep 5–7, framework 7–8, backend 8–12, compute 12–13";
        check_parts(System { with, ..system }, policy, 1, parts);
        // BEGIN 0–1, query until 5, pause until 7, BEGIN until 8, query until 12, COMMIT (or ROLLBACK) until 13.
        let statements = r#"{ "begin": { "time": "1ms" }, "commit": { "time": "1ms" } }"#;
        let with = format!(r#""backends": {{ "db": {{ "client": {statements}, "pool": {{ "size": 1 }} }} }}"#);
        let parts = "backend 0–5, sleep 5–7, backend 7–13, compute 13–14";
        check_parts(System { with: &with, ..system }, policy, 1, parts);
    }
    // The connection is free in the pause: the second request has it 5–9 and again when the first is done with it.
    let statements = r#"{ "begin": { "time": "1ms" } }"#;
    let with = format!(r#""backends": {{ "db": {{ "client": {statements}, "pool": {{ "size": 1 }} }} }}"#);
    let system = System { arrivals: "0 page, 0 page", with: &with, ..system };
    // First: 0–5, 7–10 waits, 10–15, work. Second: 5–10, 12–16 waits (the first releases when it runs at 15).
    check_parts(system, THREADS, 1, "backend 0–5, sleep 5–7, pool_wait 7–10, backend 10–15, compute 15–16");
}

#[test]
fn a_branch_of_parallel_waits_times_out_on_its_own() {
    let parallel = |options: &str| {
        format!(
            r#"page = {{ "parallel": [{{ "db": {{ "time": "10ms"{options} }} }}, {{ "sleep": "6ms" }}] }} > compute 1"#
        )
    };
    let calls = parallel(CONTINUE);
    let system = System { classes: &calls, arrivals: "0 page", with: "" };
    // 4 and 6 at the same time, or one after the other.
    check(system, ASYNC, "7");
    check(system, SYNC, "11");
    let calls = parallel(TIMEOUT);
    check(System { classes: &calls, ..system }, ASYNC, "lost 4; failed 1");
    check_parts(System { classes: &calls, ..system }, ASYNC, 1, "backend 0–4");
    check(System { classes: &calls, ..system }, SYNC, "lost 4; failed 1");
    // 0–4, pause 3, 7–11: longer than the sleep.
    let calls = parallel(&format!(r#"{CONTINUE}, "retries": {{ "max": 1, "backoff": "3ms" }}"#));
    check(System { classes: &calls, ..system }, ASYNC, "12");
}

#[test]
fn what_ends_a_request_ends_its_pause() {
    let calls = page(&format!(r#"{TIMEOUT}, "retries": {{ "max": 1, "backoff": "10ms" }}"#));
    let system = System { classes: &calls, arrivals: "0 page", with: "" };
    for policy in POLICIES {
        let with = r#""clients": { "timeout": "6ms", "cancel": true }"#;
        check(System { with, ..system }, policy, "lost 6; timed_out 1");
        check_parts(System { with, ..system }, policy, 1, "backend 0–4, sleep 4–6");
        let with = r#""faults": [{ "at": "5ms", "for": "1ms", "restart": { "worker": 1 } }]"#;
        check(System { with, ..system }, policy, "lost 5; failed 1");
        let with = r#""run": { "duration": "8ms" }"#;
        check(System { with, ..system }, policy, "in flight");
    }
}

#[test]
fn the_requests_of_users_meet_the_same_errors_under_every_policy() {
    // Demands are drawn by user and ordinal, so the demand tells which request it is, in whatever order they arrive.
    let system = System {
        classes: r#"page = { "db": { "exponential": "10ms" } } > compute 1"#,
        arrivals: "",
        with: r#""arrivals": { "users": { "count": 8, "think": { "exponential": "5ms" } } },
                 "backends": { "db": { "errors": "30%" } }, "run": { "requests": 300 }"#,
    };
    let answered = |policy: &str| -> BTreeMap<SimDuration, bool> {
        let (seen, _) = run(&system.scenario(policy));
        let is_answered = |request| seen.departure(request).is_some();
        seen.entrances.iter().map(|entrance| (entrance.demand, is_answered(entrance.request))).collect()
    };
    let (slow, fast) = (answered(SYNC), answered(ASYNC));
    let common: Vec<_> = slow.iter().filter_map(|(demand, answer)| Some((answer, fast.get(demand)?))).collect();
    assert!(common.len() > 200 && common.iter().any(|(answer, _)| !**answer), "{} of 300", common.len());
    assert!(common.iter().all(|(slow, fast)| slow == fast));
}

#[test]
fn a_backend_finishes_the_last_query_that_was_given_up_before_the_horizon() {
    // Given up at 4; the backend is busy until 10 of 100 ms.
    let calls = page(TIMEOUT);
    let with = r#""backends": { "db": { "concurrency": 1, "abandoned": "finish" } }, "run": { "duration": "100ms" }"#;
    let system = System { classes: &calls, arrivals: "0 page", with };
    for policy in POLICIES {
        assert_eq!(record(system, policy).backends[0].area, 10_000_000, "{policy}");
    }
}
