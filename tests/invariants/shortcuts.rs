//! A run that takes shortcuts and one that does not report the same, request by request and number by number.

use waitline::engine::{Departure, Observer, Record, Shortcut, Unfinished, Usage, Waits};
use waitline::model::SimDuration;
use waitline::scenario::Scenario;
use waitline::study::{Replication, simulation};

use crate::common::generator::{self, calm_scenario, seeds};

/// All departures, with their waits, and all requests in flight at the end.
#[derive(Default)]
struct Departures(Vec<Departed>, Vec<Unfinished>);

type Departed = (Departure, Vec<Option<SimDuration>>);

/// The same, in the order of events.
#[derive(Default)]
struct InOrder(Vec<Departure>);

impl Observer for InOrder {
    fn minds_order(&self) -> bool {
        true
    }

    fn on_departures(&mut self, departures: &[Departure]) {
        self.0.extend(departures);
    }
}

impl Observer for Departures {
    fn watches_waits(&self) -> bool {
        true
    }

    fn on_departures_with_waits(&mut self, departures: &[Departure], waits: Waits<'_>) {
        let rows = (0..).map(|row| waits.row(row).collect());
        self.0.extend(departures.iter().copied().zip(rows));
    }

    fn on_unfinished(&mut self, unfinished: &Unfinished) {
        self.1.push(*unfinished);
    }
}

/// The outcome of every request, in order of arrival, and the engine's counts, except the highest levels that
/// no results contain.
fn outcome(scenario: &Scenario, policy: usize, warm_up: SimDuration, with_shortcut: bool) -> (Departures, Record) {
    let replication = Replication { number: 0, warm_up, ..Replication::default() };
    let run = simulation(scenario, &scenario.policies()[policy], &replication, Departures::default());
    let mut run = if with_shortcut { run } else { run.without_shortcut() };
    while run.advance(1_000) {}
    let (mut record, Departures(mut departures, mut unfinished)) = run.finish();
    departures.sort_by_key(|(departure, _)| departure.entrance.request);
    unfinished.sort_by_key(|unfinished| unfinished.entrance.request);
    for usage in [&mut record.cores, &mut record.turns, &mut record.slots] {
        *usage = Usage { max: 0, ..*usage };
    }
    (Departures(departures, unfinished), record)
}

/// Both ways give the same numbers for every policy of the scenario, with warm-ups of that many milliseconds.
pub fn check_numbers(scenario: &Scenario, name: &str, warm_ups_ms: &[u64]) {
    (0..scenario.policies().len()).for_each(|policy| check_policy(scenario, policy, name, warm_ups_ms));
}

fn check_policy(scenario: &Scenario, policy: usize, name: &str, warm_ups_ms: &[u64]) {
    for warm_up in warm_ups_ms {
        let warm_up = SimDuration::from_millis(*warm_up);
        let (Departures(departures, unfinished), record) = outcome(scenario, policy, warm_up, true);
        let (Departures(expected, left_over), expected_record) = outcome(scenario, policy, warm_up, false);
        let name = format!("{}, warm-up {warm_up:?}: {name}", scenario.policies()[policy].name());
        assert_eq!(departures.len(), expected.len(), "{name}");
        for (departure, expected) in departures.iter().zip(&expected) {
            assert_eq!(departure, expected, "{name}");
        }
        assert_eq!(unfinished, left_over, "{name}");
        assert_eq!(record, expected_record, "{name}");
    }
}

/// Both ways give the same numbers for every policy of the scenario. Returns how many policies take a shortcut.
pub fn check(json: &str) -> usize {
    let scenario = Scenario::from_json(json).unwrap_or_else(|error| panic!("{json}\n{error:?}"));
    check_numbers(&scenario, json, &[0, 1, 300, 100_000]);
    (0..scenario.policies().len()).filter(|policy| takes_shortcut(&scenario, *policy)).count()
}

fn takes_shortcut(scenario: &Scenario, policy: usize) -> bool {
    let policy = &scenario.policies()[policy];
    simulation(scenario, policy, &Replication::default(), Departures::default()).shortcut().is_some()
}

/// A scenario of two classes on a machine with enough cores.
fn scenario(classes: &str, arrivals: &str, policy: &str, run: &str) -> String {
    format!(
        r#"{{ "classes": {{ {classes} }}, "arrivals": {arrivals}, "machine": {{ "cores": 4 }},
             "policies": [ {policy} ], "run": {run} }}"#
    )
}

const RANDOM: &str = r#"
    "page": { "weight": 2, "phases": [ { "framework": { "exponential": "2ms" } }, { "db": { "exponential": "20ms" } },
        { "compute": { "exponential": "3ms" } }, { "db": { "exponential": "60ms" } }, { "framework": "1ms" } ] },
    "short": { "phases": [ { "compute": { "uniform": ["0ms", "2ms"] } } ] }"#;

/// Many events happen at one instant; some requests are empty, some end with a wait.
const CONSTANT: &str = r#"
    "page": { "weight": 2, "phases": [ { "framework": "1ms" }, { "framework": "1ms" }, { "db": "4ms" }, { "compute": "2ms" } ] },
    "waits": { "phases": [ { "compute": "2ms" }, { "db": { "time": "2ms", "blocking": true } },
        { "compute": "0ms" }, { "db": "4ms" } ] },
    "turned": { "phases": [ { "compute": "5ms" }, { "db": "1ms" }, { "compute": "0ms" } ] },
    "empty": { "phases": [] },
    "nothing": { "phases": [ { "compute": "0ms" }, { "db": "0ms" } ] }"#;

const SYNC: [&str; 3] = [r#"{ "sync": {} }"#, r#"{ "sync": { "workers": 3 } }"#, r#"{ "sync": { "workers": 4 } }"#];

const LOOPS_AND_THREADS: [&str; 3] = [
    r#"{ "async": {} }"#,
    r#"{ "async": { "workers": 3 } }"#,
    r#"{ "threaded": { "threads": 5, "switch_interval": "none" } }"#,
];

/// Some begin with a wait, or wait twice in a row.
const WAITS_FIRST: &str = r#"
    "first": { "phases": [ { "db": "2ms" }, { "compute": "2ms" }, { "db": "1ms" } ] },
    "twice": { "phases": [ { "compute": "5ms" }, { "db": "1ms" }, { "db": "1ms" }, { "compute": "0ms" } ] }"#;

/// Parallel waits, where the policy supports them; elsewhere they take their sum.
const PARALLEL: &str = r#"
    "page": { "weight": 2, "phases": [ { "framework": "1ms" }, { "parallel": [ { "db": "9ms" }, { "sleep": { "exponential": "4ms" } } ] },
        { "compute": "1ms" } ] },
    "short": { "phases": [ { "compute": { "exponential": "2ms" } } ] }"#;

#[test]
fn parallel_waits_take_as_long_as_without_shortcuts() {
    for policy in SYNC.iter().chain(&LOOPS_AND_THREADS) {
        for arrivals in [r#"{ "poisson": "50/s" }"#, r#"{ "constant": "125/s" }"#] {
            check(&scenario(PARALLEL, arrivals, policy, r#"{ "requests": 400 }"#));
        }
    }
}

#[test]
fn shortcuts_change_no_number() {
    check_all(&[RANDOM, CONSTANT, WAITS_FIRST], &SYNC);
    check_all(&[RANDOM, CONSTANT], &LOOPS_AND_THREADS);
}

#[test]
fn shortcuts_change_no_number_of_random_scenarios() {
    let seeds = seeds(200);
    let shortcuts: usize = seeds.clone().map(|seed| check(&calm_scenario(seed))).sum();
    assert!(2 * shortcuts > seeds.end as usize, "only {shortcuts} policies of {} scenarios take a shortcut", seeds.end);
}

/// So many scenarios with every feature that some policies take a shortcut.
const FEW_IN_MANY: u64 = 2_000;

/// Of the scenarios with every feature, few policies take a shortcut: those that do are the ones to compare.
#[test]
fn shortcuts_change_no_number_of_random_scenarios_with_every_feature() {
    // About one policy in a thousand scenarios.
    let mut shortcuts = 0;
    for seed in 0..seeds(FEW_IN_MANY).end.max(FEW_IN_MANY) {
        let text = generator::scenario(seed);
        let scenario = Scenario::from_json(&text).unwrap_or_else(|error| panic!("{text}\n{error:?}"));
        let short = (0..scenario.policies().len()).filter(|policy| takes_shortcut(&scenario, *policy));
        for policy in short {
            check_policy(&scenario, policy, &text, &[0, 300]);
            shortcuts += 1;
        }
    }
    assert!(shortcuts > 0, "no policy takes a shortcut: nothing was compared");
}

fn check_all(classes: &[&str], policies: &[&str]) {
    for classes in classes {
        for policy in policies {
            for arrivals in [
                r#"{ "poisson": "5/s" }"#,
                r#"{ "poisson": "80/s" }"#,
                r#"{ "poisson": "500/s" }"#,
                r#"{ "constant": "250/s" }"#,
                r#"{ "batches": { "rate": "60/s", "size": 4 } }"#,
            ] {
                for run in [
                    r#"{ "requests": 400 }"#,
                    r#"{ "duration": "1s" }"#,
                    r#"{ "duration": "4s", "max_in_flight": 40 }"#,
                ] {
                    assert_eq!(check(&scenario(classes, arrivals, policy, run)), 1, "{policy} takes no shortcut");
                }
            }
        }
    }
}

/// The requests in the order in which their departures are reported.
fn reported(scenario: &Scenario, with_shortcut: bool) -> Vec<u64> {
    let run = simulation(scenario, &scenario.policies()[0], &Replication::default(), InOrder::default());
    assert!(run.shortcut().is_some());
    let mut run = if with_shortcut { run } else { run.without_shortcut() };
    while run.advance(1_000) {}
    let (_, InOrder(departures)) = run.finish();
    departures.iter().map(|departure| departure.entrance.request).collect()
}

#[test]
fn an_observer_of_the_order_gets_departures_as_they_happen() {
    for classes in [RANDOM, CONSTANT] {
        for policy in [SYNC[0], LOOPS_AND_THREADS[0], LOOPS_AND_THREADS[2]] {
            for arrivals in [r#"{ "poisson": "80/s" }"#, r#"{ "constant": "250/s" }"#] {
                let json = scenario(classes, arrivals, policy, r#"{ "requests": 400 }"#);
                let scenario = Scenario::from_json(&json).unwrap();
                let without_shortcut = reported(&scenario, false);
                assert_eq!(without_shortcut.len(), 400);
                assert_eq!(reported(&scenario, true), without_shortcut, "{json}");
            }
        }
    }
}

#[test]
fn users_who_wait_for_answers_are_served_identically() {
    for policy in [LOOPS_AND_THREADS[0], LOOPS_AND_THREADS[2]] {
        let users = r#"{ "users": { "count": 20, "think": { "exponential": "100ms" } } }"#;
        assert_eq!(check(&scenario(RANDOM, users, policy, r#"{ "duration": "4s" }"#)), 1);
    }
}

#[test]
fn thousands_of_requests_may_depart_as_soon_as_they_are_taken() {
    let empty = r#", { "time": "1ms", "class": "empty" }"#.repeat(20_000);
    let arrivals = format!(r#"{{ "at": [{{ "time": "0ms", "class": "page" }}{empty}] }}"#);
    let json = scenario(CONSTANT, &arrivals, LOOPS_AND_THREADS[2], "{}").replace(r#""threads": 5"#, r#""threads": 1"#);
    assert_eq!(check(&json), 1);
}

/// The shortcut of the only policy of a scenario, after both ways have been compared.
fn checked_shortcut(json: &str) -> Option<Shortcut> {
    check(json);
    let scenario = Scenario::from_json(json).unwrap();
    simulation(&scenario, &scenario.policies()[0], &Replication::default(), ()).shortcut()
}

#[test]
fn competition_for_cores_or_turns_takes_events_without_what_the_run_does_not_have() {
    for classes in [RANDOM, CONSTANT, WAITS_FIRST] {
        for policy in [
            r#"{ "sync": { "workers": 5 } }"#,
            r#"{ "async": { "workers": 5 } }"#,
            r#"{ "threaded": { "threads": 5 } }"#,
            r#"{ "threaded": { "threads": 5, "switch_interval": "1ms" } }"#,
            r#"{ "threaded": { "workers": 6, "threads": 2, "switch_interval": "1ms" } }"#,
            r#"{ "threaded": { "workers": 2, "threads": 5, "gil": false } }"#,
            r#"{ "threaded": { "workers": 2, "threads": 5, "switch_interval": "none" } }"#,
            r#"{ "threaded": { "threads": 5, "switch_interval": "none", "backlog": 9 } }"#,
        ] {
            for arrivals in [r#"{ "poisson": "500/s" }"#, r#"{ "constant": "250/s" }"#] {
                let json = scenario(classes, arrivals, policy, r#"{ "requests": 400 }"#);
                assert_eq!(checked_shortcut(&json), Some(Shortcut::Direct), "{policy}");
                for machine in
                    [r#"{ "cores": 1, "quantum": "500us" }"#, r#"{ "cores": 2, "wake_preemption": "300us" }"#]
                {
                    checked_shortcut(&json.replace(r#"{ "cores": 4 }"#, machine));
                }
            }
        }
    }
}

#[test]
fn a_choice_between_workers_excludes_shortcuts() {
    let policy = r#"{ "async": { "workers": 3, "dispatch": "round_robin" } }"#;
    let json = scenario(CONSTANT, r#"{ "constant": "250/s" }"#, policy, r#"{ "requests": 400 }"#);
    assert_eq!(checked_shortcut(&json), None);
}

#[test]
fn a_loop_whose_requests_wait_before_they_run_does_not_look_ahead() {
    let run = r#"{ "requests": 400 }"#;
    let json = scenario(WAITS_FIRST, r#"{ "constant": "250/s" }"#, r#"{ "async": {} }"#, run);
    assert_eq!(checked_shortcut(&json), Some(Shortcut::Direct));
}
