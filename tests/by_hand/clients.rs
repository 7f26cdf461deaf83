//! Clients that give up or retry, and users that think.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::case::{System, check, run};
use waitline::model::{SimDuration, SimTime};
use waitline::study::{self, Options, Watch};

const SYNC: &str = r#"{ "sync": {} }"#;
const ASYNC: &str = r#"{ "async": {} }"#;

#[test]
fn abandoned_work_continues() {
    let system = System {
        classes: "page = compute 10",
        arrivals: "0 page, 0 page, 0 page",
        with: r#""clients": { "timeout": "12ms" }"#,
    };
    check(system, SYNC, "10, lost 20, lost 30; timed_out 2, late 2");
}

#[test]
fn a_cancelled_request_leaves_from_wherever_it_is() {
    let with = r#""clients": { "timeout": "5ms", "cancel": true }"#;
    // On a core: the next takes it.
    let system = System { classes: "long = compute 20; short = compute 4", arrivals: "0 long, 2 short", with };
    check(system, SYNC, "lost 5, lost 7; timed_out 2");
    check(System { arrivals: "0 long, 5 short", ..system }, SYNC, "lost 5, 9; timed_out 1");
    // In the backlog: last come, first served; the second waits from 1 to 6, the third runs 4–7.
    let system = System { classes: "page = compute 4", arrivals: "0 page, 1 page, 2 page", with };
    check(system, r#"{ "sync": { "order": "lifo" } }"#, "4, lost 6, lost 7; timed_out 2");
    // During a sleep, and during parallel waits.
    check(System { classes: "page = sleep 9", arrivals: "0 page", with }, ASYNC, "lost 5; timed_out 1");
    let classes = r#"page = { "parallel": [{ "db": "9ms" }, { "sleep": "2ms" }] }"#;
    check(System { classes, arrivals: "0 page", with }, ASYNC, "lost 5; timed_out 1");
}

/// Checks four requests in each place where they can queue for one resource: a loop, a lock, a core, a connection,
/// a backend. a has it from 0 to 4; c asks for it at 0.5, b at 1, and d arrives at 5.
fn check_every_queue(clients: &str, gives: &str) {
    let arrivals = "0 a, 0 b, 0.5 c, 5 d";
    let working = "a = compute 4; b = db 1 > compute 20; c = compute 20; d = compute 4";
    let system = System { classes: working, arrivals, with: clients };
    check(system, ASYNC, gives);
    check(system, r#"{ "threaded": { "threads": 4, "switch_interval": "none" } }"#, gives);
    let machine = format!(r#"{clients}, "machine": {{ "quantum": "100ms" }}"#);
    check(System { with: &machine, ..system }, r#"{ "sync": { "workers": 4 } }"#, gives);
    let waiting = "a = db 4; b = sleep 1 > db 20; c = db 20; d = db 4";
    for backend in [r#""pool": { "size": 1 }"#, r#""concurrency": 1"#] {
        let with = format!(r#"{clients}, "backends": {{ "db": {{ {backend} }} }}"#);
        check(System { classes: waiting, arrivals, with: &with }, ASYNC, gives);
    }
}

#[test]
fn a_cancelled_request_leaves_its_queue() {
    // c has it from 4 until it is cancelled at 5.5; b is cancelled in the queue at 5; d has it from 5.5 on.
    let clients = r#""clients": { "timeout": "5ms", "cancel": true }"#;
    check_every_queue(clients, "4, lost 5, lost 5.5, 9.5; timed_out 2");
}

#[test]
fn a_request_whose_client_gave_up_keeps_its_place_in_every_queue() {
    // Without `cancel`: c 4–24, b 24–44, d 44–48, although no client waits for them.
    check_every_queue(r#""clients": { "timeout": "5ms" }"#, "4, lost 44, lost 24, lost 48; timed_out 3, late 3");
}

#[test]
fn a_cancelled_request_with_a_share_of_the_cores_leaves_it_to_the_others() {
    // Half each until 5 (2.5 done); then the second, which also arrived at 0, is cancelled too, and the third, which
    // arrived at 4, has a third for 1 ms. By hand: 0–4 two at half: 2 each. 4–5 three at a third. At 5 the third has 1/3
    // and is alone: 3 − 1/3 more, to the nanosecond 7.666667.
    let with = r#""machine": { "quantum": "processor_sharing" }, "clients": { "timeout": "5ms", "cancel": true }"#;
    let system = System { classes: "long = compute 20; short = compute 3", arrivals: "0 long, 0 long, 4 short", with };
    check(system, r#"{ "sync": { "workers": 3 } }"#, "lost 5, lost 5, 7.666667; timed_out 2");
}

#[test]
fn patience_only_counts_in_the_backlog() {
    let system = System {
        classes: "page = compute 10",
        arrivals: "0 page, 0 page, 6 page",
        with: r#""clients": { "patience": "5ms" }"#,
    };
    check(system, SYNC, "10, lost 5, 20; timed_out 1");
    // Unlimited loops have no backlog.
    check(system, ASYNC, "10, 20, 30");
}

#[test]
fn a_client_retries_after_a_backoff_that_doubles() {
    let retries = r#""clients": { "retries": { "max": 2, "backoff": "10ms" } }"#;
    let policy = r#"{ "sync": { "backlog": 0 } }"#;
    // The attempt at 15 finds the worker free: completions come before arrivals.
    let system = System { classes: "page = compute 15", arrivals: "0 page, 5 page", with: retries };
    check(system, policy, "15, lost 5, 30; rejected 1, retried 1");
    // At 5, 10 later at 15, 20 later at 35; that is the last attempt.
    let system = System { classes: "page = compute 100", ..system };
    check(system, policy, "100, lost 5, lost 15, lost 35; rejected 3, retried 2");
}

#[test]
fn a_budget_limits_retries_to_a_share_of_the_arrivals() {
    let with = r#""clients": { "retries": { "max": 2, "backoff": "10ms", "budget": 0.5 } }"#;
    // One retry for two arrivals is allowed, a second one is not.
    let system = System { classes: "page = compute 100", arrivals: "0 page, 5 page", with };
    check(system, r#"{ "sync": { "backlog": 0 } }"#, "100, lost 5, lost 15; rejected 2, retried 1");
}

#[test]
fn a_client_that_gave_up_retries_while_its_first_attempt_still_runs() {
    // Gives up at 4, retries at 5, gives up at 9; the worker serves both attempts: 0–10, 10–20.
    let system = System {
        classes: "page = compute 10",
        arrivals: "0 page",
        with: r#""clients": { "timeout": "4ms", "retries": { "max": 1, "backoff": "1ms" } }"#,
    };
    check(system, SYNC, "lost 10, lost 20; timed_out 2, late 2, retried 1");
}

#[test]
fn an_operation_lasts_from_the_first_attempt_to_the_answer() {
    let with = r#""clients": { "retries": { "max": 2, "backoff": "10ms" } }"#;
    let system = System { classes: "page = compute 15", arrivals: "0 page, 5 page", with };
    let scenario = system.scenario(r#"{ "sync": { "backlog": 0 } }"#);
    let mut watch = Watch { progress: &|_| ControlFlow::Continue(()), rows: None };
    let results = study::run(&scenario, &Options::default(), &mut watch).unwrap();
    let policy = &results.policies[0];
    // Response times 15 and 15, operation times 15 and 25; three arrivals for two operations.
    assert_eq!(policy.response_time_ms.mean, Some(15.0));
    let operations = policy.operation_time_ms.unwrap();
    assert_eq!((operations.mean, operations.max), (Some(20.0), Some(25.0)));
    assert_eq!(policy.amplification, Some(1.5));
}

#[test]
fn a_retry_has_the_demands_of_the_first_attempt() {
    let with = r#""clients": { "timeout": "1ms", "retries": { "max": 3, "backoff": "1ms" } }"#;
    let classes = r#"page = { "compute": { "uniform": ["10ms", "20ms"] } } > { "db": { "uniform": ["1ms", "9ms"] } }"#;
    let (seen, _) = run(&System { classes, arrivals: "0 page", with }.scenario(ASYNC));
    let demands: Vec<_> = seen.entrances.iter().map(|entrance| entrance.demand).collect();
    assert_eq!(demands, [demands[0]; 4]);
}

#[test]
fn users_think_send_wait_and_think_again() {
    let with = r#""arrivals": { "users": { "count": 2, "think": "10ms" } }, "run": { "requests": 4 }"#;
    // Both arrive at 10. The first has its answer at 15 and is back at 25, the second at 20 and 30.
    check(System { classes: "page = compute 5", arrivals: "", with }, SYNC, "15, 20, 30, 35");
    // A rejected user thinks from then on: 10–15; 20–25; the first is back at 25, as the worker is done.
    let policy = r#"{ "sync": { "backlog": 0 } }"#;
    check(System { classes: "page = compute 5", arrivals: "", with }, policy, "15, lost 10, 25, 30; rejected 1");
}

#[test]
fn a_user_who_gives_up_thinks_while_the_work_continues() {
    // At 10 until 20, given up at 14; back at 24, until 34, given up at 28.
    let with = r#""arrivals": { "users": { "count": 1, "think": "10ms" } }, "run": { "requests": 2 },
        "clients": { "timeout": "4ms" }"#;
    check(System { classes: "page = compute 10", arrivals: "", with }, SYNC, "lost 20, lost 34; timed_out 2, late 2");
}

/// Of requests that wait for an answer that never comes, when they arrived and how long their client waited at its first attempt.
fn patience_at_first_attempts(arrivals: &str, policy: &str) -> BTreeMap<SimTime, SimDuration> {
    let with = format!(
        r#""arrivals": {arrivals}, "run": {{ "requests": 300, "seed": 3 }}, "clients": {{
            "timeout": {{ "exponential": "200ms" }}, "cancel": true, "retries": {{ "max": 3, "backoff": "10ms", "jitter": 0.5 }} }}"#
    );
    let system = System { classes: "page = sleep 3600000", arrivals: "0 page", with: &with };
    let (seen, _) = run(&system.scenario(policy));
    let first = seen.entrances.iter().filter(|entrance| entrance.attempts_before == 0);
    let waited =
        first.filter_map(|entrance| Some((entrance.arrival, seen.lost_at(entrance.request)? - entrance.arrival)));
    // Those that are rejected at once did not wait.
    waited.filter(|(_, wait)| *wait > SimDuration::ZERO).collect()
}

#[test]
fn clients_are_as_patient_under_every_policy() {
    // The second policy rejects many attempts, so that there are others in between: that does not change how long a client waits.
    let (all, some) = (r#"{ "async": {} }"#, r#"{ "sync": { "workers": 3, "backlog": 0 } }"#);
    let arrivals = r#"{ "poisson": "20/s" }"#;
    let (waits, others) = (patience_at_first_attempts(arrivals, all), patience_at_first_attempts(arrivals, some));
    let both: Vec<_> = others.iter().filter_map(|(arrival, wait)| Some((waits.get(arrival)?, wait))).collect();
    assert!(both.len() > 30, "{} first attempts are taken by both", both.len());
    assert!(both.iter().all(|(one, other)| one == other), "{both:?}");
    // The first requests of users, all at 0, in the order of the users.
    let arrivals = r#"{ "users": { "count": 40, "think": "0ms" } }"#;
    let first = |policy: &str| patience_at_first_attempts(arrivals, policy).first_key_value().map(|(_, wait)| *wait);
    assert_eq!(first(all), first(r#"{ "sync": { "workers": 40 } }"#));
}
