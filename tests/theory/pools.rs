//! Pools that do not serve waiting requests in order, compared with those that do.

use serde_json::json;
use waitline::engine::{Departure, Observer};
use waitline::scenario::Scenario;
use waitline::study::{Replication, simulation};

/// The response times of all requests, in milliseconds.
#[derive(Default)]
struct Times(Vec<f64>);

impl Observer for Times {
    fn on_departures(&mut self, departures: &[Departure]) {
        self.0.extend(departures.iter().map(|departure| departure.response_time().as_millis()));
    }
}

impl Times {
    fn percentile(&self, share: f64) -> f64 {
        self.0[(share * self.0.len() as f64) as usize]
    }
}

/// The sorted response times of 200 tasks in one loop that query again and again, 20 ms each, through 20 connections.
fn tasks(hand_over: &str) -> Times {
    let scenario = json!({
        "classes": { "task": { "phases": [
            { "compute": "100us" }, { "db": { "lognormal": { "mean": "20ms", "cv": 0.1 } } }, { "compute": "100us" } ] } },
        "arrivals": { "users": { "count": 200, "think": "0ms" } },
        "backends": { "db": { "client": "asyncpg", "pool": { "size": 20, "hand_over": hand_over } } },
        "policies": [{ "async": {} }],
        "run": { "requests": 12_000, "warm_up": "2s" },
    });
    let scenario = Scenario::from_json(&scenario.to_string()).unwrap();
    let mut run = simulation(&scenario, &scenario.policies()[0], &Replication::default(), Times::default());
    while run.advance(100_000) {}
    let (_, mut times) = run.finish();
    // The last 200 have no others behind them.
    times.0.drain(..2_000);
    times.0.truncate(9_800);
    times.0.sort_by(f64::total_cmp);
    times
}

#[test]
fn an_asyncio_pool_has_the_median_of_a_fair_one_and_much_longer_tails() {
    // In order each task waits for the nine in front of it: 10 × 20 ms.
    let fair = tasks("waiter_first");
    assert!((195.0..210.0).contains(&fair.percentile(0.5)), "{}", fair.percentile(0.5));
    assert!(fair.percentile(0.99) < 1.1 * fair.percentile(0.5), "{}", fair.percentile(0.99));
    // A task that is woken and finds no connection waits once more as long, at the end of the queue.
    let asyncpg = tasks("woken_first");
    let times = |share| asyncpg.percentile(share) / fair.percentile(share);
    assert!((0.95..1.05).contains(&times(0.5)), "p50: {}", times(0.5));
    assert!((1.7..4.0).contains(&times(0.95)), "p95: {}", times(0.95));
    assert!((2.0..4.0).contains(&times(0.99)), "p99: {}", times(0.99));
}

#[test]
fn whom_a_pool_serves_first_does_not_change_how_many_it_serves() {
    let means = ["waiter_first", "random", "woken_first"].map(|hand_over| {
        let times = tasks(hand_over).0;
        times.iter().sum::<f64>() / times.len() as f64
    });
    // Always 200 tasks, and 20 queries under way almost all the time.
    means.iter().for_each(|mean| assert!((mean / means[0] - 1.0).abs() < 0.03, "{means:?}"));
}
