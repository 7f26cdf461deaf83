//! Whole runs of small scenarios: every feature, every load, and every way to end.

use std::ops::ControlFlow;

use serde_json::{Value, json};
use waitline::output::{CheckReport, Document, Format, RunReport, View, results_json, timeline_svg};
use waitline::scenario::Scenario;
use waitline::stats::{PolicyResults, RequestCounts, ScenarioResults};
use waitline::study::{CHECK_SCHEMA, Gate, Options, Stored, Watch, check, run};

use super::generator;
use super::texts::Dice;

/// Never interrupts the run.
pub fn watch() -> Watch<'static> {
    Watch { progress: &|_| ControlFlow::Continue(()), rows: None }
}

/// A scenario of the generator with a different end, load and objectives.
pub fn scenario(case: u64) -> String {
    let mut dice = Dice::of(case, 6);
    let mut scenario: Value = serde_json::from_str(&generator::scenario(case)).expect("the generator writes JSON");
    if dice.below(4) == 0 {
        scenario["arrivals"] = dice.pick_value(&[
            json!({ "poisson": "5000/s" }),
            json!({ "poisson": "1/s" }),
            json!({ "at": [{ "time": "0ms" }] }),
            json!({ "at": [{ "time": "0ms" }, { "time": "0ms" }, { "time": "3s" }] }),
            json!({ "users": { "count": 30, "think": "0ms" } }),
        ]);
    }
    if dice.below(3) == 0 {
        scenario["clients"] = dice.pick_value(&[
            json!({ "timeout": "0ms", "cancel": true }),
            json!({ "timeout": "1us", "retries": { "max": 3, "backoff": "0ms" } }),
            json!({ "timeout": "2ms", "cancel": true, "retries": { "max": 2, "backoff": "1ms" } }),
            json!({ "patience": "0ms" }),
        ]);
    }
    if dice.below(6) == 0 {
        scenario["faults"] = json!([{ "at": "0ms", "for": "1h", "down": { "backend": "db" } }]);
    }
    scenario["run"] = dice.run(case);
    scenario["slo"] = json!([
        "p99 < 50ms",
        "max <= 1s",
        "mean < 10ms",
        "all.a.p95 < 20ms",
        "warn: utilization < 80%",
        "error_rate < 1%",
        "waiting_time.p99 < 5ms",
        "slowdown.p99 < 3",
        "throughput > 1/s",
        "requests.failed <= 1%",
    ]);
    serde_json::to_string_pretty(&scenario).expect("a value has a text")
}

impl Dice {
    fn pick_value(&mut self, choices: &[Value]) -> Value {
        choices[self.below(choices.len())].clone()
    }

    fn run(&mut self, seed: u64) -> Value {
        let mut run = match self.below(4) {
            0 => json!({ "requests": 1 + self.below(40) }),
            1 => json!({ "requests": 100 + self.below(3_000) }),
            2 => json!({ "duration": self.pick(&["1ns", "1ms", "100ms", "2s", "20s"]) }),
            _ => json!({ "duration": "1s", "max_in_flight": 1 + self.below(50) }),
        };
        run["seed"] = json!(seed);
        if self.below(3) == 0 {
            // Often longer than the run.
            let is_long = run["requests"].is_u64() || run["duration"] == "20s";
            run["warm_up"] = json!(self.pick(if is_long { &["auto", "10ms", "5s", "1h"] } else { &["auto", "0ms"] }));
        }
        if run["duration"] == "20s" && run["warm_up"] == "1h" {
            run["warm_up"] = json!("19s");
        }
        if self.below(4) == 0 {
            run["replications"] = json!(1 + self.below(4));
        }
        if self.below(12) == 0 {
            run["precision"] = json!({ "half_width": "5%", "metrics": ["mean", "p99"], "replications": 6 });
            run["replications"] = json!(2);
        }
        run
    }
}

fn adds_up(counts: &RequestCounts, whose: &str) {
    let RequestCounts { arrived, completed, rejected, timed_out, failed, in_flight, .. } = *counts;
    assert_eq!(arrived, completed + rejected + timed_out + failed + in_flight, "the requests of {whose} add up");
}

fn is_consistent(policy: &PolicyResults) {
    adds_up(&policy.requests, &policy.name);
    let mut sum = 0;
    for (name, class) in &policy.classes {
        adds_up(&class.requests, name);
        sum += class.requests.arrived;
    }
    assert_eq!(sum, policy.requests.arrived, "the classes of {} add up", policy.name);
    let times = &policy.response_time_ms;
    assert_eq!(times.mean.is_some(), policy.requests.completed > 0, "a mean exists if requests were answered");
    let ladder = [times.min, times.p50, times.p90, times.p95, times.p99, times.p999, times.max];
    assert!(ladder.is_sorted(), "percentiles rise: {ladder:?}");
    let shares = [policy.error_rate, policy.utilization.cores, policy.utilization.workers, policy.utilization.slots];
    let is_share = |share: f64| (0.0..=1.000_001).contains(&share);
    assert!(shares.into_iter().flatten().all(is_share), "shares are from 0 to 1: {shares:?}");
    let parts = &policy.breakdown_ms;
    if let (Some(mean), Some(parts)) = (times.mean, sum_of(&serde_json::to_value(parts).expect("numbers"))) {
        assert!((mean - parts).abs() <= 1e-6 * mean + 1e-9, "the parts of {} add up to {mean}: {parts}", policy.name);
    }
    if let Some(Some(low)) = policy.confidence.as_ref().map(|confidence| {
        confidence
            .numbers
            .intervals
            .values()
            .map(|[low, high]| if low <= high { *low } else { f64::NAN })
            .reduce(f64::min)
    }) {
        assert!(low >= 0.0, "no number here can be negative, and intervals have their ends in order: {low}");
    }
}

fn sum_of(parts: &Value) -> Option<f64> {
    parts.as_object()?.values().map(Value::as_f64).sum()
}

/// Every format can show it, twice with the same bytes.
fn is_shown(documents: &[Box<dyn Document>]) {
    for format in Format::ALL {
        let view = View::default();
        let pieces: String = documents.iter().map(|document| format.piece(&**document, view)).collect();
        let text = pieces + &format.together(documents, view);
        assert!(!text.contains("NaN") && !text.contains("inf "), "{} contains only numbers: {text}", format.name());
    }
}

fn ends(scenario: &Scenario) -> ScenarioResults {
    let results = run(scenario, &Options::default(), &mut watch()).expect("the run is not interrupted");
    results.policies.iter().for_each(is_consistent);
    serde_json::from_str::<Value>(&results_json(&results)).expect("results are JSON");
    assert!(timeline_svg(&results).starts_with("<svg") || timeline_svg(&results).starts_with("<?xml"));
    results
}

pub fn ends_and_is_shown(text: &str) {
    let scenario = match Scenario::from_json(text) {
        Ok(scenario) => scenario,
        // A warm-up that excludes all arrivals of a list.
        Err(error) if error.message().contains("warm-up") => return,
        Err(error) => panic!("{error}"),
    };
    let results = ends(&scenario);
    let gate = Gate {
        file: "a.json",
        baseline_file: "a.baseline.json",
        stored: &Stored::NotAsked,
        update: "update",
        is_changed: false,
    };
    let checked = check(&scenario, &Options::default(), &mut watch(), &gate).expect("the run is not interrupted");
    let check = checked.check;
    assert_eq!(check.schema, CHECK_SCHEMA);
    assert_eq!(results_json(&check.results), results_json(&results), "a run can be reproduced");
    for explains_defaults in [false, true] {
        let (results, check) = (results.clone(), check.clone());
        is_shown(&[
            Box::new(RunReport { results, explains_defaults, has_charts: true, trace: None }),
            Box::new(CheckReport { check, explains_defaults }),
        ]);
    }
}
