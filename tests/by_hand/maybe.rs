//! `maybe`: phases that a request goes through or leaves out.

use waitline::study::{Replication, simulation};

use crate::case::{Seen, System, check, check_parts, run};

const POLICIES: [&str; 4] = [
    r#"{ "sync": { "workers": 2 } }"#,
    r#"{ "threaded": { "threads": 2 } }"#,
    r#"{ "async": {} }"#,
    r#"{ "async": { "thread_pool": { "threads": 2 } } }"#,
];

/// A phase that is gone through always or never, in the notation of the cases.
fn maybe(probability: &str, phases: &str) -> String {
    format!(r#"{{ "maybe": {{ "probability": {probability}, "phases": [ {phases} ] }} }}"#)
}

#[test]
fn a_branch_that_is_taken_is_like_its_phases_and_one_that_is_not_is_like_nothing() {
    let inner = r#"{ "compute": "3ms" }, { "db": "10ms" }, { "compute": "2ms" }"#;
    let two_at_once = "0 page, 0 page";
    for policy in POLICIES {
        for (probability, plain) in [
            ("1", "page = compute 1 > compute 3 > db 10 > compute 2 > compute 1"),
            ("\"0%\"", "page = compute 1 > compute 1"),
        ] {
            let classes = format!("page = compute 1 > {} > compute 1", maybe(probability, inner));
            let (plain, _) = run(&System { classes: plain, arrivals: two_at_once, with: "" }.scenario(policy));
            let (seen, _) = run(&System { classes: &classes, arrivals: two_at_once, with: "" }.scenario(policy));
            assert_eq!(seen.departures, plain.departures, "{policy}, probability {probability}");
        }
    }
}

#[test]
fn work_before_inside_and_after_a_branch_is_one_burst() {
    // One core, a quantum of 4: a burst of 2 + 2 + 2 is interrupted at 4, as the second request arrives at 1. If each
    // part were a burst of its own, the second would run at 2.
    let classes =
        format!("page = compute 2 > {} > compute 2; short = compute 1", maybe("1", r#"{ "compute": "2ms" }"#));
    let system = System { classes: &classes, arrivals: "0 page, 1 short", with: "" };
    check(system, r#"{ "threaded": { "threads": 2, "gil": false } }"#, "7, 5");
    check_parts(
        system,
        r#"{ "threaded": { "threads": 2, "gil": false } }"#,
        1,
        "compute 0–4, run_queue_wait 4–5, compute 5–7",
    );
    // A loop runs it to its end. A branch without work in it ends no burst, taken or not.
    check(system, r#"{ "async": {} }"#, "6, 7");
    let classes = format!(
        "page = compute 2 > {} > {} > compute 2; short = compute 1",
        maybe("1", ""),
        maybe("0", r#"{ "db": "9ms" }"#)
    );
    check(System { classes: &classes, ..system }, r#"{ "async": {} }"#, "4, 5");
}

#[test]
fn branches_stand_inside_each_other_and_at_both_ends() {
    // 1 + (2 + nothing) and, at the end, 3 off the CPU: the request departs when that is over.
    let never = maybe("0", r#"{ "compute": "100ms" }"#);
    let outer = maybe("1", &format!(r#"{never}, {{ "compute": "2ms" }}, {never}"#));
    let last = maybe("1", r#"{ "parallel": [ { "db": "3ms" }, { "sleep": "1ms" } ] }"#);
    let classes = format!("page = {never} > {outer} > compute 1 > {last} > {never}");
    let system = System { classes: &classes, arrivals: "0 page", with: "" };
    check(system, r#"{ "async": {} }"#, "6");
    check(system, r#"{ "sync": {} }"#, "7");
}

#[test]
fn a_connection_goes_to_its_owner_or_the_next_after_a_branch_as_after_any_phase() {
    // As without the branch: with `releaser_first` the owner runs from 11 to 12 before the second query begins.
    let with = r#""backends": { "db": { "pool": { "size": 1, "hand_over": "releaser_first" } } }"#;
    let classes = format!("page = compute 1 > db 10 > {} > compute 1", maybe("0", r#"{ "db": "5ms" }"#));
    let system = System { classes: &classes, arrivals: "0 page, 0 page", with };
    check(system, r#"{ "async": {} }"#, "12, 23");
}

#[test]
fn a_branch_that_is_not_taken_demands_nothing_and_is_drawn_all_the_same() {
    // What follows the branch draws the same numbers whatever its probability.
    let rest = r#"{ "compute": { "exponential": "5ms" } }"#;
    let of = |probability: &str| {
        let classes = format!("page = {} > {rest}", maybe(probability, r#"{ "db": { "exponential": "9ms" } }"#));
        let system = System { classes: &classes, arrivals: "0 page, 1000 page, 2000 page", with: "" };
        let scenario = system.scenario(r#"{ "sync": {} }"#);
        let mut run = simulation(&scenario, &scenario.policies()[0], &Replication::default(), Seen::default());
        run.advance(1_000);
        let (_, seen) = run.finish();
        let spent = |one: &waitline::engine::Departure| (one.response_time(), one.entrance.demand, one.spent);
        seen.departures.iter().map(spent).collect::<Vec<_>>()
    };
    let (never, always) = (of("0"), of("1"));
    let compute = waitline::model::Activity::Compute as usize;
    let backend = waitline::model::Activity::Backend as usize;
    for ((time, demand, spent), (of_all, demand_of_all, spent_of_all)) in never.into_iter().zip(always) {
        assert_eq!((time, demand), (spent[compute], spent[compute]));
        assert_eq!(spent[compute], spent_of_all[compute]);
        assert_eq!((of_all, demand_of_all), (time + spent_of_all[backend], time + spent_of_all[backend]));
    }
}

#[test]
fn a_trace_says_with_null_which_branches_are_not_taken() {
    let inner = r#"{ "db": "0ms" }, { "maybe": { "probability": 0.5, "phases": [ { "compute": "0ms" } ] } }"#;
    let classes = format!("page = compute 0 > {} > sleep 0", maybe("0.5", inner));
    let with = r#""arrivals": { "trace": "requests.jsonl" }"#;
    let trace = r#"{"time_ms": 0, "class": "page", "demands_ms": [1, null, null, 4]}
{"time_ms": 100, "class": "page", "demands_ms": [1, 20, null, 4]}
{"time_ms": 200, "class": "page", "demands_ms": [1, 20, 300, 4]}"#;
    let system = System { classes: &classes, arrivals: "", with };
    let (seen, record) = run(&system.scenario_with_trace(r#"{ "sync": {} }"#, trace));
    assert_eq!(crate::case::outcomes(&seen, &record), "5, 125, 525");
    let demands: Vec<f64> = seen.departures.iter().map(|one| one.entrance.demand.as_millis()).collect();
    assert_eq!(demands, [5.0, 25.0, 325.0]);
}

#[test]
fn each_attempt_takes_the_same_branches() {
    // The worker is busy until 15, so that the attempts at 5 and 10 are rejected; the one at 15 or later is the fourth.
    let branch = maybe("0.5", r#"{ "compute": { "uniform": ["1ms", "4ms"] } }"#);
    let classes = format!("page = compute 1 > {branch}; long = compute 14.5");
    let alone = System { classes: &classes, arrivals: "0 long, 100 page", with: "" };
    let with = r#""clients": { "retries": { "max": 3, "backoff": "5ms" } }"#;
    let policy = r#"{ "sync": { "backlog": 0 } }"#;
    let (first, _) = run(&alone.scenario(policy));
    let (again, record) = run(&System { arrivals: "0 long, 1 page", with, ..alone }.scenario(policy));
    assert!(record.classes[0].retried > 1);
    let demand = |seen: &Seen| seen.departures[1].entrance.demand;
    assert_eq!(demand(&first), demand(&again));
}
