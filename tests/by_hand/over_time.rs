//! A run in windows of time, and the effect of faults on its requests, computed by hand.

use std::ops::ControlFlow;

use waitline::scenario::Scenario;
use waitline::stats::{
    ClassFaultEffect, LoadState, ObjectiveVerdict, PolicyResults, Recovery, ScenarioResults, TimeWindow,
};
use waitline::study::{Options, Watch, run};

/// The narrowest windows: 1/512 s, in ms.
const WIDTH: f64 = 1.953_125;

fn results(scenario: &str) -> ScenarioResults {
    let scenario = Scenario::from_json(scenario).unwrap_or_else(|error| panic!("{error:?}"));
    let mut watch = Watch { progress: &|_| ControlFlow::Continue(()), rows: None };
    run(&scenario, &Options::default(), &mut watch).unwrap()
}

fn only_policy(scenario: &str) -> PolicyResults {
    results(scenario).policies.remove(0)
}

#[track_caller]
fn assert_close(found: Option<f64>, expected: f64) {
    let found = found.unwrap();
    assert!((found - expected).abs() < 1e-9 * expected.abs().max(1.0), "{found} is not {expected}");
}

#[test]
fn three_requests_of_one_worker_in_windows() {
    // 0–10, 10–20 after a wait, and 20–30.
    let policy = only_policy(
        r#"{ "classes": { "page": { "phases": [ { "compute": "10ms" } ] } },
             "arrivals": { "at": [ { "time": "0ms" }, { "time": "0ms" }, { "time": "20ms" } ] },
             "policies": [ { "sync": {} } ] }"#,
    );
    // 16 windows of 1.953125 ms are more than ten, and more than there are requests: 8 of twice that width.
    let (windows, width) = (&policy.over_time, 2.0 * WIDTH);
    assert_eq!(windows.len(), 8);
    let first = &windows[0];
    assert_eq!((first.arrivals, first.completions, first.unanswered), (2, 2, 0));
    assert_eq!((first.start_ms, first.end_ms, first.mean_ms, first.p95_ms), (0.0, width, Some(15.0), Some(20.0)));
    assert_eq!((first.in_system, first.backlog, first.utilization), (Some(2.0), Some(1.0), Some(1.0)));
    assert_eq!(first.throughput_per_s, Some(0.0));
    // From 7.8125 to 11.71875: two requests for 2.1875 ms, then one; the first departs.
    let third = &windows[2];
    assert_eq!((third.arrivals, third.mean_ms, third.p95_ms), (0, None, None));
    assert_close(third.in_system, 1.56);
    assert_close(third.backlog, 0.56);
    assert_close(third.throughput_per_s, 256.0);
    let last = &windows[7];
    assert_eq!((last.start_ms, last.end_ms, last.in_system), (7.0 * width, 30.0, Some(1.0)));
    assert_close(last.throughput_per_s, 1000.0 / (30.0 - 7.0 * width));
}

#[test]
fn requests_in_flight_at_the_end_and_left_over_from_the_warm_up_are_in_the_windows() {
    // 0–20, 20–40 and, for the last, 40–50: measured from 10 on. The first is in the system until 20, and not counted otherwise.
    let policy = only_policy(
        r#"{ "classes": { "page": { "phases": [ { "compute": "20ms" } ] } },
             "arrivals": { "at": [ { "time": "0ms" }, { "time": "10ms" }, { "time": "15ms" } ] },
             "policies": [ { "sync": {} } ], "run": { "duration": "50ms", "warm_up": "10ms" } }"#,
    );
    let sum = |value: fn(&TimeWindow) -> u64| policy.over_time.iter().map(value).sum::<u64>();
    assert_eq!((sum(|w| w.arrivals), sum(|w| w.completions), sum(|w| w.unanswered)), (2, 1, 0));
    let area = |value: fn(&TimeWindow) -> Option<f64>| -> Option<f64> {
        Some(policy.over_time.iter().map(|w| value(w).unwrap() * (w.end_ms - w.start_ms)).sum())
    };
    assert_eq!(Some(policy.over_time[0].start_ms), Some(10.0));
    // 10 and 30, and 35.
    assert_close(area(|w| w.in_system), 75.0);
    assert_close(area(|w| w.backlog), 10.0 + 25.0);
    assert_close(area(|w| w.utilization), 40.0);
}

#[test]
fn windows_double_when_there_are_too_many() {
    // 100 requests of one millisecond, one every 10 ms, until 1 s: 64 windows of 15.625 ms cover the run of one second.
    let policy = only_policy(
        r#"{ "classes": { "page": { "phases": [ { "compute": "1ms" } ] } }, "arrivals": { "constant": "100/s" },
             "policies": [ { "sync": {} } ], "run": { "duration": "1s" } }"#,
    );
    assert_eq!(policy.over_time.len(), 64);
    // 10 in the first; 20 and 30 in the second, from 15.625 to 31.25. The one that arrives at 1 s is in the last.
    let arrivals: Vec<u64> = policy.over_time.iter().map(|window| window.arrivals).collect();
    assert_eq!((&arrivals[..3], arrivals[63], arrivals.iter().sum::<u64>()), (&[1, 2, 1][..], 2, 100));
    assert_close(policy.over_time[1].utilization, 2.0 / 15.625);
}

/// 10 requests a second of 50 ms, and from 2 s to 3 s of 200 ms: the queries that start at 2, 2.2, 2.4, 2.6, 2.8 and 3 s, since
/// a query that ends when the fault ends starts the next one first. Then they are 650 ms late, and each 50 ms less: the one
/// that arrives at 3.8 s no longer waits.
const SLOW: &str = r#"{ "classes": { "page": { "phases": [ { "db": "50ms" } ] } }, "arrivals": { "constant": "10/s" },
    "policies": [ { "sync": {} } ], "run": { "requests": 60 },
    "faults": [ { "name": "a fault", "at": "2s", "for": "1s", "slow": { "backend": "db", "factor": 4 } } ],
    "slo": [ "during a fault: p95 < 1s", "during a fault: sync.page.p50 <= 500ms", "warn: during a fault: mean < 500ms",
             "recovered a fault < 702ms", "sync.recovered a fault < 701ms" ] }"#;

#[test]
fn before_during_and_after_a_fault() {
    let results = results(SLOW);
    let effect = &results.policies[0].faults[0];
    assert_eq!((effect.fault, effect.name.as_deref()), (1, Some("a fault")));
    let times = |numbers: &waitline::stats::PhaseNumbers| {
        let waitline::stats::Summary { mean, p50, p95, p99, .. } = numbers.response_time_ms;
        [mean, p50, p95, p99].map(Option::unwrap)
    };
    let counts = [&effect.before, &effect.during, &effect.after].map(|n| (n.duration_ms, n.requests.completed));
    assert_eq!(counts, [(2000.0, 19), (1000.0, 10), (3050.0, 31)]);
    assert_eq!(times(&effect.before).map(Some), [50.0; 4].map(Some));
    // 200, 300, …, 700, then 650, 600, 550, 500.
    assert_eq!(times(&effect.during).map(Some), [500.0, 500.0, 700.0, 700.0].map(Some));
    // 450, 400, …, 100, then 23 × 50.
    assert_close(effect.after.response_time_ms.mean, (2200.0 + 23.0 * 50.0) / 31.0);
    // Answers at 2.2, 2.4, 2.6 and 2.8 s.
    assert_eq!((effect.before.throughput_per_s, effect.during.throughput_per_s), (Some(9.5), Some(4.0)));
    // The last that is slow arrives at 3.7 s, in the window that ends at 3 s + 359/512 s.
    assert_eq!((effect.recovery, effect.recovery_ms), (Recovery::Recovered, Some(359.0 * WIDTH)));
    let verdicts: Vec<_> = results.slo.iter().map(|objective| objective.verdict).collect();
    use ObjectiveVerdict::{Broken, Met, Warned};
    assert_eq!(verdicts, [Met, Met, Warned, Met, Broken]);
    assert!(results.slo.iter().all(|objective| objective.fault.as_deref() == Some("a fault")));
}

#[test]
fn who_is_served_during_the_warm_up_is_not_counted() {
    let text = SLOW.replace(r#""requests": 60"#, r#""requests": 60, "warm_up": "1s""#);
    let effect = &results(&text).policies[0].faults[0];
    // Answers at 1.05, 1.15, …, 1.95 s, within one second.
    assert_eq!((effect.before.duration_ms, effect.before.throughput_per_s), (1000.0, Some(10.0)));
}

/// The requests of [`SLOW`], of which one at a time has a connection, and between them requests that only wait for 5 ms.
fn slow_for_one_class_text() -> String {
    let arrivals: Vec<String> = (1..=60)
        .map(|tenth| {
            let (page, light) = (100 * tenth, 100 * tenth + 50);
            format!(r#"{{ "time": "{page}ms", "class": "page" }}, {{ "time": "{light}ms", "class": "light" }}"#)
        })
        .collect();
    format!(
        r#"{{ "classes": {{ "page": {{ "phases": [ {{ "db": "50ms" }} ] }}, "light": {{ "phases": [ {{ "sleep": "5ms" }} ] }} }},
             "arrivals": {{ "at": [ {} ] }}, "backends": {{ "db": {{ "pool": {{ "size": 1 }} }} }}, "policies": [ {{ "async": {{}} }} ],
             "faults": [ {{ "name": "a fault", "at": "2s", "for": "1s", "slow": {{ "backend": "db", "factor": 4 }} }} ],
             "slo": [ "page.recovered a fault < 702ms", "async.page.recovered a fault < 701ms", "light.recovered a fault <= 0ms" ] }}"#,
        arrivals.join(", ")
    )
}

fn slow_for_one_class() -> ScenarioResults {
    results(&slow_for_one_class_text())
}

#[test]
fn each_class_has_its_own_numbers_around_a_fault_and_its_own_recovery() {
    let results = slow_for_one_class();
    let effect = &results.policies[0].faults[0];
    let [page, light] = ["page", "light"].map(|class| &effect.classes[class]);
    let counts =
        |class: &ClassFaultEffect| [class.before, class.during, class.after].map(|numbers| numbers.requests.completed);
    assert_eq!((counts(page), counts(light)), ([19, 10, 31], [19, 10, 31]));
    // Pages as without the others: 200, 300, …, 700, then 650, 600, 550, 500.
    assert_close(page.during.response_time_ms.mean, 500.0);
    assert_close(page.during.response_time_ms.p95, 700.0);
    assert_close(page.before.response_time_ms.p95, 50.0);
    assert_close(light.during.response_time_ms.p99, 5.0);
    assert_eq!((page.during.throughput_per_s, light.during.throughput_per_s), (Some(4.0), Some(10.0)));
    assert_eq!((page.during.duration_ms, light.before.throughput_per_s), (1000.0, Some(9.5)));
    // Pages are slow until the one of 3.7 s; the others never are.
    assert_eq!((page.recovery, page.recovery_ms), (Some(Recovery::Recovered), Some(359.0 * WIDTH)));
    assert_eq!((light.recovery, light.recovery_ms), (Some(Recovery::Recovered), Some(0.0)));
    let judged = results.slo.iter().map(|objective| (objective.class.as_deref().unwrap(), objective.verdict));
    use ObjectiveVerdict::{Broken, Met};
    assert_eq!(judged.collect::<Vec<_>>(), [("page", Met), ("page", Broken), ("light", Met)]);
}

#[test]
fn the_response_times_of_each_class_are_in_the_windows_of_all_requests() {
    let scenario = Scenario::from_json(&slow_for_one_class_text()).unwrap();
    let mut watch = Watch { progress: &|_| ControlFlow::Continue(()), rows: None };
    let results = run(&scenario, &Options { pictures: true, ..Options::default() }, &mut watch).unwrap();
    let pictures = &results.pictures.as_ref().unwrap().policies[0];
    let [page, light] = &pictures.class_times[..] else { panic!("two classes") };
    assert_eq!((page.class.as_str(), light.class.as_str()), ("page", "light"));
    let all = &results.policies[0].over_time;
    let ends =
        |windows: &[TimeWindow]| windows.iter().map(|window| [window.start_ms, window.end_ms]).collect::<Vec<_>>();
    assert_eq!((ends(&page.windows), ends(&light.windows)), (ends(all), ends(all)));
    // The page of 2.5 s takes 700 ms, the others less.
    let slowest = page.windows.iter().find(|window| window.p95_ms == Some(700.0)).unwrap();
    assert!(slowest.start_ms <= 2500.0 && slowest.end_ms > 2500.0, "{slowest:?}");
    let times: Vec<f64> = light.windows.iter().filter_map(|window| window.p95_ms).collect();
    assert!(!times.is_empty() && times.iter().all(|time| (time - 5.0).abs() < 1e-9), "{times:?}");
    // Without pictures nothing is collected for them.
    assert!(slow_for_one_class().pictures.is_none());
}

#[test]
fn the_recovery_of_the_only_class_is_that_of_all() {
    let scenario = Scenario::from_json(&SLOW.replace("sync.recovered", "page.recovered")).unwrap();
    let mut watch = Watch { progress: &|_| ControlFlow::Continue(()), rows: None };
    let results = run(&scenario, &Options::default(), &mut watch).unwrap();
    assert!(results.policies[0].faults[0].classes.is_empty());
    assert_close(results.slo[4].value, 359.0 * WIDTH);
}

/// Of 17 classes none is watched unless an objective is about it.
#[test]
fn of_many_classes_only_those_with_an_objective_have_a_recovery() {
    let classes: Vec<String> =
        (0..17).map(|class| format!(r#""c{class}": {{ "phases": [ {{ "db": "5ms" }} ] }}"#)).collect();
    let policy = only_policy(&format!(
        r#"{{ "classes": {{ {} }}, "arrivals": {{ "poisson": "100/s" }}, "policies": [ {{ "async": {{}} }} ], "run": {{ "duration": "9s" }},
             "faults": [ {{ "name": "x", "at": "3s", "for": "1s", "slow": {{ "backend": "db", "factor": 4 }} }} ],
             "slo": [ "c7.recovered x < 1m" ] }}"#,
        classes.join(", ")
    ));
    let classes = &policy.faults[0].classes;
    let watched: Vec<&str> =
        classes.iter().filter(|(_, class)| class.recovery.is_some()).map(|(name, _)| name.as_str()).collect();
    assert_eq!((classes.len(), watched), (17, vec!["c7"]));
}

#[test]
fn the_occurrences_of_a_fault_are_reported_together_with_the_longest_recovery() {
    // A query of 300 ms at 1, 3, 5 and 7 s; the fault begins before the request of that instant arrives.
    let policy = only_policy(
        r#"{ "classes": { "page": { "phases": [ { "db": "50ms" } ] } },
             "arrivals": { "bursts": { "every": "100ms", "size": 1, "spread": "0ms" } },
             "policies": [ { "sync": {} } ], "run": { "duration": "8950ms" },
             "faults": [ { "at": "1s", "for": "100ms", "every": "2s", "slow": { "backend": "db", "time": "300ms" } } ] }"#,
    );
    let effect = &policy.faults[0];
    assert_eq!(Some(effect.during.duration_ms), Some(400.0));
    assert_eq!(effect.during.requests.arrived, 4);
    assert_eq!(effect.during.response_time_ms.mean, Some(300.0));
    // Requests that arrive after the end of the fault take 250, 200, 150, 100 and 50 ms: the last slow one arrives 300 ms
    // after it, in the window that ends after 154/512 s.
    assert_eq!((effect.recovery, effect.recovery_ms), (Recovery::Recovered, Some(154.0 * WIDTH)));
}

#[test]
fn a_fault_whose_queue_never_empties_is_not_recovered() {
    // 20 queries of 3 s are in progress when the fault ends, and the queue they leave never empties at 19/s.
    let text = r#"{ "classes": { "page": { "phases": [ { "db": "50ms" } ] } }, "arrivals": { "constant": "19/s" },
        "policies": [ { "sync": {} } ], "run": { "duration": "20s" },
        "faults": [ { "name": "x", "at": "5s", "for": "5s", "slow": { "backend": "db", "factor": 4 } },
                    { "name": "first", "at": "0s", "for": "1s", "cores": 1 } ],
        "slo": [ "recovered x < 1m", "recovered x > 1s", "recovered first < 1m" ] }"#;
    let results = results(text);
    let [x, first] = &results.policies[0].faults[..] else { panic!("two faults") };
    assert_eq!((x.recovery, x.recovery_ms), (Recovery::NotRecovered, None));
    assert_eq!((first.recovery, first.recovery_ms), (Recovery::Unknown, None), "nothing arrived before it");
    let verdicts: Vec<_> = results.slo.iter().map(|objective| objective.verdict).collect();
    assert_eq!(verdicts, [ObjectiveVerdict::Broken, ObjectiveVerdict::Met, ObjectiveVerdict::NoData]);
}

/// A worker that answers 10/s; clients that wait 500 ms and make four attempts; 4/s, but 30/s in the given time.
fn storm(timeout: &str, burst: &str) -> PolicyResults {
    only_policy(&format!(
        r#"{{ "classes": {{ "page": {{ "phases": [ {{ "db": "100ms" }} ] }} }},
             "arrivals": [ {{ "for": "20s", "rate": "4/s" }}, {{ "for": "{burst}", "rate": "30/s" }},
                           {{ "for": "80s", "rate": "4/s" }} ],
             "clients": {{ "timeout": "{timeout}", "retries": {{ "max": 3, "backoff": "0ms" }} }},
             "policies": [ {{ "sync": {{}} }} ], "run": {{ "duration": "100s" }} }}"#
    ))
}

#[test]
fn a_storm_sustained_by_retries_is_a_collapse() {
    let policy = storm("500ms", "10s");
    let saturation = policy.saturation.unwrap();
    assert_eq!(saturation.state, Some(LoadState::Collapsed), "{:?}", saturation.message);
    let collapse = saturation.collapse.unwrap();
    assert!((20_000.0..32_000.0).contains(&collapse.since_ms), "{collapse:?}");
    assert!(collapse.operations > 50 && 2 * collapse.answered < collapse.operations && !collapse.during_fault);
    // The system recovers if clients wait longer than the queue ever is, or if the burst is short.
    for calm in [storm("60s", "10s"), storm("500ms", "200ms")] {
        let saturation = calm.saturation.unwrap();
        assert_ne!(saturation.state, Some(LoadState::Collapsed), "{:?}", saturation.message);
        assert_eq!(saturation.collapse, None);
    }
}

#[test]
fn requests_turned_away_by_a_limit_are_no_collapse() {
    // 20/s of 1 s each against a limit of 4: four in five are rejected, as intended; 5 ms of CPU are no load.
    let policy = only_policy(
        r#"{ "classes": { "page": { "limit": { "in_progress": 4 }, "phases": [ { "compute": "5ms" }, { "sleep": "1s" } ] } },
             "arrivals": { "poisson": "20/s" }, "policies": [ { "async": {} } ], "run": { "requests": 2000 } }"#,
    );
    let (requests, saturation) = (policy.requests, policy.saturation.unwrap());
    assert!(2 * requests.rejected_by.limit > requests.arrived && requests.rejected_by.limit == requests.unanswered());
    assert_ne!(saturation.state, Some(LoadState::Collapsed), "{:?}", saturation.message);
    assert_eq!(saturation.collapse, None);
}

#[test]
fn the_offered_load_includes_retries() {
    let policy = only_policy(
        r#"{ "classes": { "page": { "phases": [ { "db": "100ms" } ] } }, "arrivals": { "poisson": "5/s" },
             "clients": { "timeout": "300ms", "retries": { "max": 2, "backoff": "1s" } },
             "policies": [ { "sync": {} } ], "run": { "requests": 2000 } }"#,
    );
    let (requests, saturation) = (policy.requests, policy.saturation.unwrap());
    assert!(requests.retried > 0);
    assert_close(saturation.load_without_retries, 0.5);
    let times = requests.arrived as f64 / (requests.arrived - requests.retried) as f64;
    assert_close(saturation.load, 0.5 * times);
    assert_close(saturation.offered_per_s, 5.0 * times);
}

/// What a level was, summed over the windows.
fn area(policy: &PolicyResults, level: fn(&TimeWindow) -> Option<f64>) -> Option<f64> {
    Some(policy.over_time.iter().map(|window| level(window).unwrap() * (window.end_ms - window.start_ms)).sum())
}

#[test]
fn many_requests_in_the_first_of_ten_windows() {
    // Forty requests of .025 ms one after another, on two cores: the first takes .025 ms, the 38th .95 and the last 1 ms.
    let arrivals = [r#"{ "time": "0ms" }"#; 40].join(", ");
    for replications in [1, 2] {
        let policy = only_policy(&format!(
            r#"{{ "classes": {{ "page": {{ "phases": [ {{ "compute": "25us" }} ] }} }}, "arrivals": {{ "at": [ {arrivals} ] }},
                 "machine": {{ "cores": 2 }}, "policies": [ {{ "sync": {{}} }} ],
                 "run": {{ "duration": "19531250ns", "replications": {replications} }} }}"#
        ));
        let first = &policy.over_time[0];
        assert_eq!((policy.over_time.len(), first.completions), (10, 40 * replications));
        assert_eq!(first.p95_ms, Some(0.95));
        assert_close(first.utilization, 1.0 / WIDTH / 2.0);
        // They wait 0, .025, …, .975 ms, and work for 1 ms.
        assert_close(first.backlog, 19.5 / WIDTH);
        assert_close(first.in_system, 20.5 / WIDTH);
        assert_close(first.throughput_per_s, 40.0 / WIDTH * 1e3);
    }
}

#[test]
fn joined_windows_have_the_times_of_both() {
    // 0–10, and 10–20 after a wait: in the first and the second of 16 windows, which become 8.
    let policy = only_policy(
        r#"{ "classes": { "page": { "phases": [ { "compute": "10ms" } ] } },
             "arrivals": { "at": [ { "time": "0ms" }, { "time": "2500us" }, { "time": "20ms" } ] },
             "policies": [ { "sync": {} } ] }"#,
    );
    let first = &policy.over_time[0];
    assert_eq!((policy.over_time.len(), first.completions, first.p95_ms), (8, 2, Some(17.5)));
    assert_close(first.mean_ms, 13.75);
}

#[test]
fn requests_without_an_answer_are_in_the_windows() {
    // The second leaves the backlog at 4; the first is given up at 8 and goes on until 10.
    let policy = only_policy(
        r#"{ "classes": { "page": { "phases": [ { "compute": "10ms" } ] } },
             "arrivals": { "at": [ { "time": "0ms" }, { "time": "0ms" } ] }, "clients": { "patience": "4ms", "timeout": "8ms" },
             "policies": [ { "sync": {} } ], "run": { "duration": "20ms" } }"#,
    );
    assert_eq!(policy.over_time.iter().map(|window| window.unanswered).sum::<u64>(), 2);
    assert_close(area(&policy, |window| window.in_system), 14.0);
    assert_close(area(&policy, |window| window.backlog), 4.0);
    // The same, cut off at 9: it is abandoned, and counts as unanswered.
    let policy = only_policy(
        r#"{ "classes": { "page": { "phases": [ { "compute": "10ms" } ] } }, "arrivals": { "at": [ { "time": "0ms" } ] },
             "clients": { "timeout": "8ms" }, "policies": [ { "sync": {} } ], "run": { "duration": "9ms" } }"#,
    );
    let counts = policy.over_time.iter().map(|window| (window.arrivals, window.unanswered));
    assert_eq!(counts.fold((0, 0), |(a, u), (arrivals, unanswered)| (a + arrivals, u + unanswered)), (1, 1));
}

#[test]
fn operations_that_are_open_at_the_end_have_no_part_in_a_collapse() {
    // 100 requests a second of 100 ms for 20 workers, given up after 10 ms: half the capacity, and no answer. In the windows of 31.25
    // ms that begin after 1.6 s, operations begin at 1.63, 1.64, …, 2 s. Without retries the last is open at 2 s; with one retry
    // after 5 ms it takes 25 ms to give up, and those that began at 1.98 or later are open.
    for (retries, decided) in [("", 37), (r#", "retries": { "max": 1, "backoff": "5ms", "jitter": 0 }"#, 35)] {
        let policy = only_policy(&format!(
            r#"{{ "classes": {{ "page": {{ "phases": [ {{ "sleep": "100ms" }} ] }} }}, "arrivals": {{ "constant": "100/s" }},
                 "clients": {{ "timeout": "10ms", "cancel": true{retries} }},
                 "policies": [ {{ "sync": {{ "workers": 20 }} }} ], "run": {{ "duration": "2s" }} }}"#
        ));
        let saturation = policy.saturation.unwrap();
        let collapse = saturation.collapse.unwrap_or_else(|| panic!("no collapse with{retries}"));
        assert_eq!((collapse.operations, collapse.answered), (decided, 0), "with{retries}");
    }
}

#[test]
fn what_is_served_late_and_what_never_ends_is_part_of_a_fault() {
    // Given up at 5, served at 10: one in the 100 ms of the fault. The one that arrives during the warm-up does not count.
    let policy = only_policy(
        r#"{ "classes": { "page": { "phases": [ { "compute": "10ms" } ] } },
             "arrivals": { "at": [ { "time": "0ms" }, { "time": "60ms" }, { "time": "120ms" } ] }, "clients": { "timeout": "5ms" },
             "faults": [ { "at": "100ms", "for": "100ms", "cores": 1 } ],
             "policies": [ { "sync": {} } ], "run": { "duration": "300ms", "warm_up": "50ms" } }"#,
    );
    let effect = &policy.faults[0];
    assert_eq!((effect.before.requests.arrived, effect.during.requests.arrived), (1, 1));
    assert_close(effect.during.throughput_per_s, 10.0);
    // A query that starts at 1.05 s takes an hour: nothing is answered any more, and all is in flight at the end.
    let policy = only_policy(
        r#"{ "classes": { "page": { "phases": [ { "db": "1ms" } ] } }, "arrivals": { "constant": "20/s" },
             "faults": [ { "at": "1020ms", "for": "100ms", "slow": { "backend": "db", "time": "1h" } } ],
             "policies": [ { "sync": {} } ], "run": { "duration": "3s" } }"#,
    );
    assert_eq!((policy.faults[0].recovery, policy.faults[0].recovery_ms), (Recovery::NotRecovered, None));
}
