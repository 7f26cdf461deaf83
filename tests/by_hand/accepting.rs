//! Workers that accept on their own: those that are ready at the same time compete, and the winner is random.

use crate::case::{System, check, record, run};
use waitline::model::SimTime;
use waitline::scenario::Scenario;
use waitline::study::{Replication, simulation};

/// The workers that take requests 1 s apart, for which all workers are waiting.
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

/// Distance of counts from the odds: χ², with one degree of freedom fewer than there are counts.
fn chi_square(counts: &[usize], odds: &[f64]) -> f64 {
    let per_odds = counts.iter().sum::<usize>() as f64 / odds.iter().sum::<f64>();
    counts.iter().zip(odds).map(|(count, odds)| (*count as f64 - odds * per_odds).powi(2) / (odds * per_odds)).sum()
}

fn with_seed(mut scenario: Scenario, seed: u64) -> Scenario {
    scenario.reseed(seed);
    scenario
}

/// The odds of four workers; the one that accepted last keeps only this share of its own.
fn odds_after(last: u32, share: f64) -> [f64; 4] {
    [1, 2, 3, 4].map(|worker| f64::from(worker) * if worker == last { share } else { 1.0 })
}

#[test]
fn idle_workers_win_in_proportion_to_their_odds() {
    // After accepting, a worker keeps 4/7 of its odds with four workers per core, 4/5 with two, and all with one.
    for (cores, share) in [(1, 4.0 / 7.0), (2, 0.8), (4, 1.0), (8, 1.0)] {
        for policy in ["threaded", "sync", "async"] {
            let policy = format!(r#"{{ "{policy}": {{ "workers": 4, "dispatch": "accept" }} }}"#);
            let workers = one_by_one(&policy, cores);
            for last in 1..=4 {
                let next = workers.windows(2).filter(|pair| pair[0] == last).map(|pair| pair[1]);
                let counts = counts(&next.collect::<Vec<u32>>(), 4);
                // With three degrees of freedom chance exceeds 21.1 once in ten thousand; there are 48 comparisons.
                let distance = chi_square(&counts, &odds_after(last, share));
                assert!(distance < 21.1, "after {last} of {cores} cores, {policy}: {counts:?}, {distance}");
            }
        }
    }
}

#[test]
fn busy_workers_leave_their_chances_to_the_others() {
    // A sync worker accepts nothing while it serves. Each round begins with a request that occupies one worker; the others,
    // which are idle a second later, win in proportion to their odds.
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
        // With one degree of freedom chance exceeds 10.8 once in a thousand.
        assert!(chi_square(&won, &others.map(f64::from)) < 10.8, "with worker {kept} busy: {won:?}, odds {others:?}");
    }
}

#[test]
fn a_running_thread_keeps_its_worker_from_accepting() {
    // At 1 the worker of the first request computes and holds its lock: the other accepts at once, whatever the odds.
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
    // With odds of 1 : 2, and 0.8 of them kept after accepting, 49 % queue: 20 of 40. Chance gives fewer than 8 or more than
    // 32 once in five thousand.
    assert!((8..=32).contains(&queued), "{queued} of 40 queued");
    // A sync worker accepts only when it is done.
    check(system, r#"{ "sync": { "workers": 2, "dispatch": "accept" } }"#, "21, 23");
}

#[test]
fn eight_simultaneous_requests_are_spread_at_random() {
    let arrivals = ["0 task"; 8].join(", ");
    let with = r#""machine": { "cores": 8 }"#;
    let system = System { classes: "task = sleep 60000", arrivals: &arrivals, with };
    let scenario = system.scenario(r#"{ "threaded": { "workers": 8, "dispatch": "accept" } }"#);
    let mut busy = 0;
    for seed in 0..50 {
        let counts = counts(&run(&with_seed(scenario.clone(), seed)).0.workers(), 8);
        busy += counts.iter().filter(|count| **count > 0).count();
    }
    // With odds of 1 to 8 out of 36 and one core each, worker k gets none with probability (1 − k/36)^8. On average 4.83 of
    // 8 get one, with a σ near 1, and 0.14 over 50 runs.
    let mean = f64::from(u32::try_from(busy).unwrap()) / 50.0;
    assert!((mean - 4.83).abs() < 0.6, "{mean}");
}

#[test]
fn the_winner_depends_only_on_its_own_stream() {
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
    assert_eq!(
        run(&scenario(r#"{ "exponential": "10ms" }"#)).0.workers(),
        constant,
        "demands are drawn from other streams"
    );
    assert_ne!(run(&with_seed(scenario(r#""10ms""#), 2)).0.workers(), constant);
}

#[test]
fn a_different_accept_stream_changes_only_the_winners() {
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
    // 80/s of 100 ms on 16 threads: half of their capacity. The worker with the best odds gets 32/s, 3.2 of its 4 threads.
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

#[test]
fn acceptors_keep_no_core_once_all_requests_are_answered() {
    // Both loops wake up at 0. One accepts, and goes on with the request on the only core until the response at 2; then the other
    // one gets the core, finds nothing to accept, and sleeps. So the core is busy for 2 of 10 ms, and the loops for 2 each.
    let system = System {
        classes: "page = compute 2",
        arrivals: "0 page",
        with: r#""machine": { "cores": 1 }, "run": { "duration": "10ms" }"#,
    };
    let record = record(system, r#"{ "async": { "workers": 2, "dispatch": "accept" } }"#);
    assert_eq!(record.end, SimTime::from_nanos(10_000_000));
    assert_eq!((record.cores.area, record.turns.area), (2_000_000, 4_000_000));
}

#[test]
fn a_busy_worker_waits_before_it_accepts_so_that_idle_ones_come_first() {
    let system = |arrivals| System { classes: "wait = db 20; page = compute 10", arrivals, with: "" };
    let policy = |workers: u32| {
        format!(
            r#"{{ "threaded": {{ "workers": {workers}, "threads": 3, "dispatch": "accept", "busy_accept_delay": "5ms" }} }}"#
        )
    };
    // One worker. At 1 it has a request in progress, so it accepts the second at 6, and then the third at 11.
    check(system("0 wait, 1 wait, 1 wait"), &policy(1), "20, 26, 31");
    // The first leaves at 20, before the 5 ms from 18 on are over.
    check(system("0 wait, 18 wait"), &policy(1), "20, 40");
    // It gets the lock at 6, and would wait until 11; at 10 the first leaves.
    check(system("0 page, 1 wait"), &policy(1), "10, 30");
    // An idle worker takes the second, whatever its odds.
    for arrivals in ["0 wait, 1 wait", "100 wait, 101 wait", "200 wait, 201 wait"] {
        let workers = run(&system(arrivals).scenario(&policy(2))).0.workers();
        assert_ne!(workers[0], workers[1], "{arrivals}");
    }
}
