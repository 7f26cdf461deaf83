//! Workers that accept on their own: what is ready at once competes, and chance decides.

use crate::case::{System, check, run};
use waitline::model::SimTime;
use waitline::scenario::Scenario;
use waitline::study::{Replication, simulation};

/// Workers that take requests at 1 s from each other, which all of them wait for.
fn one_by_one(policy: &str, cores: u32) -> Vec<u32> {
    let with = format!(
        r#""arrivals": {{ "constant": "1/s" }}, "run": {{ "requests": 4000 }}, "machine": {{ "cores": {cores} }}"#
    );
    let system = System { classes: "page = db 10", arrivals: "0 page", with: &with };
    run(&system.scenario(policy)).0.workers()
}

fn counts(workers: &[u32], of: u32) -> Vec<usize> {
    (1..=of).map(|worker| workers.iter().filter(|one| **one == worker).count()).collect()
}

/// How far counts are from what the odds say: χ², with one degree of freedom less than there are counts.
fn chi_square(counts: &[usize], odds: &[f64]) -> f64 {
    let per_odds = counts.iter().sum::<usize>() as f64 / odds.iter().sum::<f64>();
    counts.iter().zip(odds).map(|(count, odds)| (*count as f64 - odds * per_odds).powi(2) / (odds * per_odds)).sum()
}

fn with_seed(mut scenario: Scenario, seed: u64) -> Scenario {
    scenario.reseed(seed);
    scenario
}

/// The odds of four workers; whoever accepted last has that share of them.
fn odds_after(last: u32, share: f64) -> [f64; 4] {
    [1, 2, 3, 4].map(|worker| f64::from(worker) * if worker == last { share } else { 1.0 })
}

#[test]
fn of_idle_workers_each_wins_as_often_as_its_odds_say() {
    // Four to a core have 4/7 of their odds after they have accepted, two to a core 4/5, and one to a core all of them.
    for (cores, share) in [(1, 4.0 / 7.0), (2, 0.8), (4, 1.0), (8, 1.0)] {
        for policy in ["threaded", "sync", "async"] {
            let policy = format!(r#"{{ "{policy}": {{ "workers": 4, "dispatch": "accept" }} }}"#);
            let workers = one_by_one(&policy, cores);
            for last in 1..=4 {
                let next = workers.windows(2).filter(|pair| pair[0] == last).map(|pair| pair[1]);
                let counts = counts(&next.collect::<Vec<u32>>(), 4);
                // 21.1 is passed by chance once in ten thousand with three degrees of freedom; there are 48 of them.
                let distance = chi_square(&counts, &odds_after(last, share));
                assert!(distance < 21.1, "after {last} of {cores} cores, {policy}: {counts:?}, {distance}");
            }
        }
    }
}

#[test]
fn those_that_cannot_accept_leave_their_chances_to_the_others() {
    // A sync worker accepts nothing while it serves: each round begins with one that keeps a worker, and of the others,
    // which are idle a second later, each wins as its odds say.
    let rounds: Vec<String> =
        (0..500).map(|round| format!("{} long, {} page", 10_000 * round, 10_000 * round + 1_000)).collect();
    let arrivals = rounds.join(", ");
    let system = System { classes: "long = db 5000; page = db 10", arrivals: &arrivals, with: "" };
    let workers = run(&system.scenario(r#"{ "sync": { "workers": 3, "dispatch": "accept" } }"#)).0.workers();
    for (kept, others) in [(1, [2, 3]), (2, [1, 3]), (3, [1, 2])] {
        let second = workers.chunks(2).filter(|round| round[0] == kept).map(|round| round[1]);
        let second: Vec<u32> = second.collect();
        assert!(!second.contains(&kept), "worker {kept} is busy");
        let won = others.map(|other| second.iter().filter(|worker| **worker == other).count());
        // 10.8 is passed by chance once in a thousand with one degree of freedom.
        assert!(chi_square(&won, &others.map(f64::from)) < 10.8, "beside {kept}: {won:?} of {others:?}");
    }
}

#[test]
fn a_thread_that_runs_keeps_its_worker_from_accepting() {
    // At 1 the worker of the first request computes, with its lock: the other accepts at once, whatever the odds.
    let system =
        System { classes: "page = compute 4", arrivals: "0 page, 1 page", with: r#""machine": { "cores": 2 }"# };
    let policy = r#"{ "threaded": { "workers": 2, "threads": 4, "dispatch": "accept" } }"#;
    let firsts = (0..20).map(|seed| {
        let workers = run(&with_seed(system.scenario(policy), seed)).0.workers();
        assert_eq!(workers.iter().sum::<u32>(), 3, "seed {seed}: {workers:?}");
        workers[0]
    });
    let firsts: Vec<u32> = firsts.collect();
    assert!(firsts.contains(&1) && firsts.contains(&2), "{firsts:?}");
}

#[test]
fn a_worker_accepts_whether_or_not_a_thread_is_free() {
    // At 2 both workers wake up. If the one whose only thread waits until 21 accepts, the request waits for it and is
    // done at 42; if the other does, at 23.
    let system = System { classes: "page = compute 1 > db 20", arrivals: "0 page, 2 page", with: "" };
    let policy = r#"{ "threaded": { "workers": 2, "switch_interval": "none", "dispatch": "accept" } }"#;
    let mut queued = 0;
    for seed in 0..40 {
        let (seen, _) = run(&with_seed(system.scenario(policy), seed));
        let is_same = seen.workers()[0] == seen.workers()[1];
        let end = if is_same { 42 } else { 23 };
        assert_eq!(seen.departure(1), Some(SimTime::from_nanos(end * 1_000_000)), "seed {seed}");
        queued += u32::from(is_same);
    }
    // With odds of 1 : 2, and 0.8 of them after accepting, 49 % queue: 20 of 40. By chance fewer than 8 or more than 32 once
    // in five thousand.
    assert!((8..=32).contains(&queued), "{queued} of 40 queued");
    // A sync worker accepts only when it is done.
    check(system, r#"{ "sync": { "workers": 2, "dispatch": "accept" } }"#, "21, 23");
}

#[test]
fn eight_at_once_are_spread_by_chance() {
    let arrivals = ["0 task"; 8].join(", ");
    let with = r#""machine": { "cores": 8 }"#;
    let system = System { classes: "task = sleep 60000", arrivals: &arrivals, with };
    let scenario = system.scenario(r#"{ "threaded": { "workers": 8, "dispatch": "accept" } }"#);
    let mut busy = 0;
    for seed in 0..50 {
        let counts = counts(&run(&with_seed(scenario.clone(), seed)).0.workers(), 8);
        busy += counts.iter().filter(|count| **count > 0).count();
    }
    // With odds of 1 to 8 of 36 and a core each, a worker is left out with (1 − k/36)^8: 4.83 of 8 get one in the mean, with
    // σ near 1, and 0.14 over 50.
    let mean = f64::from(u32::try_from(busy).unwrap()) / 50.0;
    assert!((mean - 4.83).abs() < 0.6, "{mean}");
}

#[test]
fn who_accepts_depends_on_nothing_but_its_own_stream() {
    let policy = r#"{ "threaded": { "workers": 4, "threads": 2, "dispatch": "accept" } }"#;
    let scenario = |db: &str| {
        let with = format!(
            r#""classes": {{ "page": {{ "phases": [ {{ "db": {db} }} ] }} }}, "arrivals": {{ "constant": "1/s" }},
               "run": {{ "requests": 200 }}"#
        );
        System { classes: "page = db 10", arrivals: "0 page", with: &with }.scenario(policy)
    };
    let constant = run(&scenario(r#""10ms""#)).0.workers();
    assert_eq!(run(&scenario(r#""10ms""#)).0.workers(), constant, "the same seed, the same winners");
    assert_eq!(run(&scenario(r#"{ "exponential": "10ms" }"#)).0.workers(), constant, "demands draw from other streams");
    assert_ne!(run(&with_seed(scenario(r#""10ms""#), 2)).0.workers(), constant);
}

#[test]
fn another_stream_of_accept_changes_the_winners_and_nothing_else() {
    let with = r#""classes": { "page": { "phases": [ { "db": { "exponential": "50ms" } } ] } },
                  "arrivals": { "poisson": "100/s" }, "run": { "requests": 300 }"#;
    let system = System { classes: "page = db 10", arrivals: "0 page", with };
    let scenario = system.scenario(r#"{ "threaded": { "workers": 4, "threads": 2, "dispatch": "accept" } }"#);
    let seen = |accept| {
        let replication = Replication { accept, ..Replication::default() };
        let mut run = simulation(&scenario, &scenario.policies()[0], &replication, crate::case::Seen::default());
        assert!(!run.advance(1_000_000), "the run ends");
        run.finish().1
    };
    let (one, other) = (seen(0), seen(1));
    assert_eq!(one.entrances, other.entrances, "arrivals and demands");
    assert_ne!(one.workers(), other.workers());
    assert_ne!(one.departures, other.departures);
}

#[test]
fn gthread_with_several_workers_shares_the_work() {
    // 80/s of 100 ms on 16 threads: half of what they can do. The worker with the best odds gets 32/s, 3.2 of its 4 threads.
    let with = r#""classes": { "page": { "phases": [ { "sleep": "100ms" } ] } }, "arrivals": { "poisson": "80/s" },
                  "machine": { "cores": 2 }, "run": { "requests": 1200 }"#;
    let system = System { classes: "page = sleep 100", arrivals: "0 page", with };
    let (seen, _) = run(&system.scenario(r#"{ "gunicorn": { "workers": 4, "threads": 4 } }"#));
    let counts = counts(&seen.workers(), 4);
    assert!(counts.iter().all(|count| *count > 60), "{counts:?}");
    let sum: f64 = seen.departures.iter().map(|one| one.response_time().as_millis()).sum();
    let mean = sum / seen.departures.len() as f64;
    assert!((101.0..200.0).contains(&mean), "{mean}");
}
