//! What would have helped, by hand: each kind of change in a small scenario in which the difference is known exactly; the order
//! of the changes; which class makes which wait; and shares that are no causes.

use std::ops::ControlFlow;

use waitline::study::{
    ExplainOptions, JobPool, PolicyExplanation, WhatIf, WhatIfChange, WhichRequests, explain as study_explain,
};

use crate::case::System;

/// The same happens this many times in a replication, far apart: of fewer requests there is no interval.
const TIMES: u64 = 100;

/// Three replications of the same requests: the interval of a difference is a point.
const REPLICATED: &str = r#""run": { "replications": 3 }, "machine": { "cores": 1 }"#;

/// Explains a request, counted from 1, under the policy.
fn explain(system: System<'_>, policy: &str, request: u64) -> PolicyExplanation {
    let scenario = system.scenario(policy);
    let options = ExplainOptions {
        policies: vec![scenario.policies()[0].name().to_owned()],
        which: WhichRequests::Numbers(request - 1, request),
        what_if: true,
        matrix: true,
        pool: JobPool::new(None),
    };
    let explained = study_explain(&scenario, &options, &|| ControlFlow::Continue(())).unwrap();
    explained.policies.into_iter().next().unwrap()
}

/// The same arrivals again and again, a second apart.
fn repeated(arrivals: &str) -> String {
    let shifted = |shift: u64| {
        let one = move |one: &str| {
            let (time, class) = one.trim().split_once(' ').unwrap();
            format!("{} {class}", time.parse::<u64>().unwrap() + 1000 * shift)
        };
        arrivals.split(',').map(one).collect::<Vec<_>>()
    };
    (0..TIMES).flat_map(shifted).collect::<Vec<_>>().join(", ")
}

/// Checks all changes in their order, where the same happens again and again: `workers 2: 50 (-30), class -15 [-15, -15]`. Times are in ms: the response time of the
/// request, its difference, and that in the mean of its class with its interval.
fn check(system: System<'_>, policy: &str, request: u64, expected: &[&str]) {
    let arrivals = repeated(system.arrivals);
    check_once(System { arrivals: &arrivals, ..system }, policy, request, expected);
}

fn check_once(system: System<'_>, policy: &str, request: u64, expected: &[&str]) {
    let explained = explain(system, policy, request);
    let shown: Vec<String> = explained.what_if.iter().map(show).collect();
    assert_eq!(shown, expected, "{}\nunder {policy}", system.classes);
}

fn show(one: &WhatIf) -> String {
    let change = match &one.change {
        WhatIfChange::ClassAbsent { class } => format!("without {class}"),
        WhatIfChange::PhaseShorter { class, phase, what } => format!("{class}, phase {phase} ({what})"),
        WhatIfChange::OneMore { size, number } => format!("{size} {number}"),
        WhatIfChange::OtherPolicy { policy } => format!("under {policy}"),
    };
    let request = match (one.response_time_ms, one.difference_ms) {
        (Some(time), Some(difference)) => format!("{} ({})", rounded(time), rounded(difference)),
        _ => "no answer".to_owned(),
    };
    let class = one.class_mean().map_or_else(String::new, |mean| {
        let ends =
            mean.interval_ms.map_or_else(String::new, |[low, high]| format!(" [{}, {}]", rounded(low), rounded(high)));
        format!(", class {}{ends}", rounded(mean.difference_ms))
    });
    format!("{change}: {request}{class}")
}

fn rounded(ms: f64) -> f64 {
    // Adding 0 makes 0 of -0.
    (ms * 1e3).round() / 1e3 + 0.0
}

/// Checks the matrix, in its order: `short, backlog, behind x: 45, root 45`.
fn check_matrix(system: System<'_>, policy: &str, expected: &[&str]) {
    let matrix = explain(system, policy, 1).matrix.unwrap();
    let cell = |cell: &waitline::study::BlameCell| {
        let blamed = match (&cell.blamed, cell.cause) {
            (Some(class), None) => class.clone(),
            (None, Some(cause)) => cause.name().to_owned(),
            both => panic!("a class or a cause: {both:?}"),
        };
        let [direct, root] = [cell.direct_ms, cell.root_ms].map(rounded);
        format!("{}, {}, behind {blamed}: {direct}, root {root}", cell.class, cell.station)
    };
    assert_eq!(matrix.cells.iter().map(cell).collect::<Vec<_>>(), expected, "{}\nunder {policy}", system.classes);
}

/// The second request arrives 20 ms after the first, which takes 50 ms.
const TWO_PAGES: System<'_> =
    System { classes: "page = compute 10 > db 40", arrivals: "0 page, 20 page", with: REPLICATED };

#[test]
fn one_more_worker_and_shorter_phases_help_by_what_they_take_away() {
    // With one worker it waits from 20 to 50 and departs at 100. With two it computes 20–30, while the first one waits for its
    // database. A tenth of the database, 4 ms, is gained twice: before it and by itself; so is 1 ms of computing. The first
    // request gains each once.
    let expected = [
        "workers 2: 50 (-30), class -15 [-15, -15]",
        "page, phase 2 (db): 72 (-8), class -6 [-6, -6]",
        "page, phase 1 (compute): 78 (-2), class -1.5 [-1.5, -1.5]",
        "cores 2: 80 (0), class 0 [0, 0]",
    ];
    check(TWO_PAGES, r#"{ "sync": {} }"#, 2, &expected);
}

#[test]
fn of_few_requests_there_is_no_interval() {
    let expected = [
        "workers 2: 50 (-30), class -15",
        "page, phase 2 (db): 72 (-8), class -6",
        "page, phase 1 (compute): 78 (-2), class -1.5",
        "cores 2: 80 (0), class 0",
    ];
    check_once(TWO_PAGES, r#"{ "sync": {} }"#, 2, &expected);
}

#[test]
fn one_more_thread_helps_as_much_as_one_more_worker() {
    let expected = [
        "workers 2: 50 (-30), class -15 [-15, -15]",
        "threads 2: 50 (-30), class -15 [-15, -15]",
        "page, phase 2 (db): 72 (-8), class -6 [-6, -6]",
        "page, phase 1 (compute): 78 (-2), class -1.5 [-1.5, -1.5]",
        "cores 2: 80 (0), class 0 [0, 0]",
    ];
    check(TWO_PAGES, r#"{ "threaded": { "threads": 1 } }"#, 2, &expected);
}

#[test]
fn one_more_connection_helps_who_waits_for_one() {
    // The second request waits for the connection from 20 to 40 and departs at 80.
    let system = System {
        classes: "page = db 40",
        arrivals: "0 page, 20 page",
        with: r#""run": { "replications": 3 }, "machine": { "cores": 1 },
            "backends": { "db": { "pool": { "size": 1, "per": "application" } } }"#,
    };
    let expected = [
        "pool.db.size 2: 40 (-20), class -10 [-10, -10]",
        "page, phase 1 (db): 52 (-8), class -6 [-6, -6]",
        "cores 2: 60 (0), class 0 [0, 0]",
        "workers 2: 60 (0), class 0 [0, 0]",
    ];
    check(system, r#"{ "async": {} }"#, 2, &expected);
}

#[test]
fn one_more_core_helps_who_waits_for_one() {
    // Two workers and one core: the second request waits for the core from 2 to 10.
    let system = System {
        classes: "page = compute 10",
        arrivals: "0 page, 2 page",
        with: r#""run": { "replications": 3 }, "machine": { "cores": 1, "quantum": "100ms" }"#,
    };
    let expected = [
        "cores 2: 10 (-8), class -4 [-4, -4]",
        "page, phase 1 (compute): 16 (-2), class -1.5 [-1.5, -1.5]",
        "workers 3: 18 (0), class 0 [0, 0]",
    ];
    check(system, r#"{ "sync": { "workers": 2 } }"#, 2, &expected);
}

#[test]
fn one_more_replica_helps_who_waits_for_the_others() {
    // The third request is sent to the first replica, and waits there until 10.
    let system = System {
        classes: "page = sleep 10",
        arrivals: "0 page, 0 page, 0 page",
        with: r#""run": { "replications": 3 }, "machine": { "cores": 1 },
            "replicas": { "count": 2, "balancer": "round_robin" }"#,
    };
    let expected = [
        "replicas 3: 10 (-10), class -3.333 [-3.333, -3.333]",
        "workers 2: 10 (-10), class -3.333 [-3.333, -3.333]",
        "page, phase 1 (sleep): 18 (-2), class -1.333 [-1.333, -1.333]",
        "cores 2: 20 (0), class 0 [0, 0]",
    ];
    check(system, r#"{ "sync": {} }"#, 3, &expected);
}

#[test]
fn the_other_policy_and_the_absent_class_are_run_on_the_same_requests() {
    // Under sync, the short request waits from 10 to 100. Under async it waits for the loop until 20, and so for the core with
    // two workers.
    let system = System {
        classes: "long = compute 20 > db 80; short = compute 10",
        arrivals: "0 long, 10 short",
        with: r#""run": { "replications": 3 }, "machine": { "cores": 1, "quantum": "100ms" },
            "policies": [ { "sync": {} }, { "async": {} } ]"#,
    };
    let expected = [
        "without long: 10 (-90), class -90 [-90, -90]",
        "workers 2: 20 (-80), class -80 [-80, -80]",
        "under async: 20 (-80), class -80 [-80, -80]",
        "long, phase 2 (db): 92 (-8), class -8 [-8, -8]",
        "long, phase 1 (compute): 98 (-2), class -2 [-2, -2]",
        "short, phase 1 (compute): 99 (-1), class -1 [-1, -1]",
        "cores 2: 100 (0), class 0 [0, 0]",
    ];
    check(system, r#"{ "sync": {} }"#, 2, &expected);
}

#[test]
fn a_change_under_which_the_request_gets_no_answer_comes_last() {
    // Under async the second request takes 50 ms; under sync it would take 80, and its client gives up after 60.
    let system = System {
        classes: "page = compute 10 > db 40",
        arrivals: "0 page, 20 page",
        with: r#""run": { "replications": 3 }, "machine": { "cores": 1 }, "policies": [ { "async": {} }, { "sync": {} } ],
            "classes": { "page": { "timeout": "60ms", "phases": [ { "compute": "10ms" }, { "db": "40ms" } ] } }"#,
    };
    let explained = explain(system, r#"{ "async": {} }"#, 2);
    let last = explained.what_if.last().unwrap();
    assert_eq!(show(last).split(',').next(), Some("under sync: no answer"), "{:?}", explained.what_if);
}

#[test]
fn differences_are_those_of_pairs() {
    // The database takes very different times in each replication, and each time the request is 1 ms faster.
    let system = System {
        classes: "page = framework 10",
        arrivals: "0 page",
        with: r#""run": { "replications": 8 }, "machine": { "cores": 1 },
            "classes": { "page": { "phases": [ { "framework": "10ms" }, { "db": { "exponential": "500ms" } } ] } }"#,
    };
    let arrivals = repeated(system.arrivals);
    let explained = explain(System { arrivals: &arrivals, ..system }, r#"{ "async": {} }"#, 1);
    let framework = explained.what_if.iter().map(show).find(|one| one.contains("framework")).unwrap();
    assert!(framework.ends_with("(-1), class -1 [-1, -1]"), "{framework}");
    let database = explained.what_if.iter().find(|one| show(one).contains("(db)")).unwrap();
    let [low, high] = database.class_mean().unwrap().interval_ms.unwrap();
    assert!(high - low > 2.0, "a tenth of the database differs from replication to replication: {low} to {high}");
}

#[test]
fn the_matrix_adds_up_by_class() {
    // The second page waits 185 ms, the first none: 92.5 ms on average. The short one waits 370 ms.
    let system = System {
        classes: "page = framework 10 > db 60 > compute 10 > db 100 > compute 10 > framework 10; \
                  short = framework 10 > db 75 > compute 10 > framework 10",
        arrivals: "0 page, 15 page, 30 short",
        with: "",
    };
    let expected = ["page, backlog, behind page: 92.5, root 92.5", "short, backlog, behind page: 370, root 370"];
    check_matrix(system, r#"{ "sync": {} }"#, &expected);
}

#[test]
fn in_the_matrix_a_share_of_a_holder_that_waits_goes_to_the_root() {
    // Request b waits for the connection of a from 1 to 10, and c for a worker from 2 to 10: directly half of that behind each, but
    // all of it comes from a. Then c waits for the connection of b.
    let system = System {
        classes: "a = db 10; b = db 10; c = db 10",
        arrivals: "0 a, 1 b, 2 c",
        with: r#""backends": { "db": { "pool": { "size": 1, "per": "application" } } }"#,
    };
    let expected = [
        "b, pool.db, behind a: 9, root 9",
        "c, backlog, behind a: 4, root 8",
        "c, backlog, behind b: 4, root 0",
        "c, pool.db, behind b: 10, root 10",
    ];
    check_matrix(system, r#"{ "sync": { "workers": 2 } }"#, &expected);
}

#[test]
fn causes_are_in_the_matrix() {
    let system = System {
        classes: "page = compute 10",
        arrivals: "2 page, 4 page",
        with: r#""faults": [ { "at": "0ms", "for": "10ms", "restart": {} } ]"#,
    };
    // Of the restart, 8 and 6 ms; then the second waits 10 ms for the first.
    let expected = ["page, backlog, behind page: 5, root 5", "page, backlog, behind restart: 7, root 7"];
    check_matrix(system, r#"{ "sync": {} }"#, &expected);
}

/// The short request waits for a worker from 10 to 100, behind x, which sleeps, and z, which uses the database. Without x it would
/// have a worker, and wait for the database of z just as long. Without z it would wait for neither.
const NO_CAUSE: System<'_> = System {
    classes: "x = sleep 100; z = db 100; short = db 10",
    arrivals: "0 x, 0 z, 10 short",
    with: r#""run": { "replications": 3 }, "machine": { "cores": 1 }, "backends": { "db": { "concurrency": 1 } }"#,
};

#[test]
fn a_share_that_is_no_cause_is_said_to_be_none_and_one_that_is_a_cause_is_not() {
    let policy = r#"{ "sync": { "workers": 2 } }"#;
    check_matrix(NO_CAUSE, policy, &["short, backlog, behind x: 45, root 45", "short, backlog, behind z: 45, root 45"]);
    let arrivals = repeated(NO_CAUSE.arrivals);
    let explained = explain(System { arrivals: &arrivals, ..NO_CAUSE }, policy, 3);
    let absent = |class: &str| {
        let is_it = |one: &&WhatIf| show(one).starts_with(&format!("without {class}:"));
        explained.what_if.iter().find(is_it).map(show).unwrap()
    };
    assert_eq!(absent("x"), "without x: 100 (0), class 0 [0, 0]");
    assert_eq!(absent("z"), "without z: 10 (-90), class -90 [-90, -90]");
    let unconfirmed = explained.unconfirmed();
    let [only] = unconfirmed.as_slice() else { panic!("one share is unconfirmed: {unconfirmed:?}") };
    assert_eq!((only.class.as_str(), only.blamed.as_str()), ("short", "x"));
    assert_eq!(format!("{}, {}", rounded(only.share_ms), rounded(only.gain_ms)), "45, 0");
}
