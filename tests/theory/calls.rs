//! Calls that time out, end with errors and are repeated, compared with closed forms.

use serde_json::{Value, json};
use waitline::engine::{Departure, Observer, Outcome};
use waitline::scenario::Scenario;
use waitline::stats::theory::Mg1;
use waitline::study::{Replication, simulation};

/// What became of all requests.
#[derive(Default)]
struct Totals {
    requests: f64,
    failed: f64,
    time_ms: f64,
}

impl Observer for Totals {
    fn on_departures(&mut self, departures: &[Departure]) {
        for departure in departures {
            self.requests += 1.0;
            self.failed += f64::from(u8::from(matches!(departure.outcome, Outcome::Failed(_))));
            self.time_ms += departure.response_time().as_millis();
        }
    }
}

/// The mean response time in milliseconds of all requests, and the share that failed.
fn run(call: &Value, errors: f64, arrivals: &Value, policy: &Value) -> (f64, f64) {
    let scenario = json!({
        "classes": { "page": { "phases": [{ "db": call }] } },
        "arrivals": arrivals,
        "backends": { "db": { "errors": errors } },
        "policies": [policy],
        "run": { "requests": 100_000 },
    });
    let scenario = Scenario::from_json(&scenario.to_string()).unwrap();
    let mut run = simulation(&scenario, &scenario.policies()[0], &Replication::default(), Totals::default());
    while run.advance(100_000) {}
    let (_, totals) = run.finish();
    (totals.time_ms / totals.requests, totals.failed / totals.requests)
}

#[test]
fn the_number_of_attempts_is_geometric_up_to_the_last_one() {
    // Of 10 ms each: 1 + p + p² attempts in the mean, and p³ of the requests fail. Bounds of 4 standard deviations.
    let call = json!({ "time": "10ms", "retries": { "max": 2 } });
    for p in [0.01_f64, 0.2, 0.5] {
        let (mean_ms, failed) = run(&call, p, &json!({ "constant": "100/s" }), &json!({ "async": {} }));
        let (attempts, squares) = (1.0 + p + p * p, 1.0 + 3.0 * p + 5.0 * p * p);
        let deviation = 4.0 * ((squares - attempts * attempts) / 100_000.0).sqrt();
        assert!((mean_ms / 10.0 - attempts).abs() < deviation, "p = {p}: {mean_ms} ms, {attempts} attempts expected");
        let fails = p.powi(3);
        let deviation = 4.0 * (fails * (1.0 - fails) / 100_000.0).sqrt();
        assert!((failed - fails).abs() < deviation, "p = {p}: {failed} failed, {fails} expected");
    }
}

#[test]
fn a_worker_whose_calls_are_cut_short_is_an_m_g_1_queue() {
    // Services of min(exponential of mean m, t): mean m (1 − e^−t/m), second moment 2 m² (1 − e^−t/m (1 + t/m)).
    let (mean, timeout) = (10.0_f64, 15.0_f64);
    let late = (-timeout / mean).exp();
    let mean_service = mean * (1.0 - late);
    let second_moment = 2.0 * mean * mean * (1.0 - late * (1.0 + timeout / mean));
    let squared_cv = second_moment / (mean_service * mean_service) - 1.0;
    let expected = Mg1 { arrival_rate: 0.08, mean_service, squared_cv }.mean_response_time();
    let poisson = json!({ "poisson": "80/s" });
    for on_timeout in ["continue", "fail"] {
        let call = json!({ "time": { "exponential": "10ms" }, "timeout": "15ms", "on_timeout": on_timeout });
        let (mean_ms, failed) = run(&call, 0.0, &poisson, &json!({ "sync": {} }));
        assert!((mean_ms - expected).abs() < 0.5, "{on_timeout}: {mean_ms} ms, {expected} expected");
        let fails = if on_timeout == "fail" { late } else { 0.0 };
        assert!((failed - fails).abs() < 0.0055, "{on_timeout}: {failed} failed, {fails} expected");
    }
}
