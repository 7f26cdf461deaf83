//! Whatever the outcome of a run, every format reports it without impossible numbers: over random
//! scenarios, with every way in which a run can end before it has results.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value, json};
use waitline::model::{Metric, MetricUnit, Named};
use waitline::output::{CheckReport, Document, Format, RunReport, View, baseline_json, results_json, timeline_svg};
use waitline::scenario::{Scenario, Tolerances};
use waitline::stats::{ClassConfidence, PolicyEstimate};
use waitline::study::{
    Baseline, Estimates, Gate, MetricComparison, MetricVerdict, Options, SignificanceTest, Stored, Watch, check,
    estimate, judge,
};

use crate::common::generator;

/// Ways to end: with no requests, with few, with enough; by itself, at a horizon, at a limit.
fn ends() -> Vec<Value> {
    vec![
        json!({ "duration": "1ns" }),
        json!({ "duration": "1ms" }),
        json!({ "duration": "2s" }),
        json!({ "duration": "5s", "warm_up": "4999ms" }),
        json!({ "requests": 1 }),
        json!({ "requests": 130 }),
        json!({ "requests": 130, "warm_up": "1h" }),
        json!({ "requests": 400, "warm_up": "auto" }),
        json!({ "requests": 400, "max_in_flight": 1 }),
        json!({ "requests": 400, "max_in_flight": 20 }),
        json!({ "requests": 150, "replications": 2 }),
        json!({ "requests": 3000 }),
        json!({ "duration": "3s", "replications": 3, "warm_up": "1s" }),
        json!({ "requests": 200, "precision": { "half_width": "1%", "replications": 3 } }),
    ]
}

/// A random scenario with one of these ends; in some no request departs before the run ends.
fn scenario(seed: u64) -> Value {
    let mut json: Value = serde_json::from_str(&generator::scenario(seed)).unwrap();
    let ends = ends();
    json["run"] = ends[seed as usize % ends.len()].clone();
    json["run"]["seed"] = json!(seed);
    if seed.is_multiple_of(3) {
        let endless = json!([{ "sleep": "15m" }, { "compute": "1ms" }]);
        let classes = json["classes"].as_object_mut().unwrap();
        let all = seed.is_multiple_of(2);
        classes.values_mut().take(if all { 3 } else { 1 }).for_each(|class| class["phases"] = endless.clone());
        // A fault every few milliseconds would be millions of events in such a run.
        let faults = json.get_mut("faults").and_then(Value::as_array_mut).into_iter().flatten();
        faults.filter_map(Value::as_object_mut).for_each(|fault| fault.retain(|field, _| field != "every"));
    }
    json
}

fn read(json: &Value) -> Scenario {
    Scenario::from_json(&json.to_string()).unwrap_or_else(|error| panic!("{json:#}\n{error:?}"))
}

fn watch() -> Watch<'static> {
    Watch { progress: &|_| ControlFlow::Continue(()), rows: None }
}

fn holds(seed: u64) {
    let (json, mut changed) = (scenario(seed), scenario(seed));
    let first = changed["classes"].as_object_mut().unwrap().values_mut().next().unwrap();
    first["phases"].as_array_mut().unwrap().push(json!({ "compute": "3ms" }));
    let scenario = read(&json);
    let estimates = estimate(&scenario, &Options::default(), &mut watch()).unwrap();
    estimates.policies.iter().for_each(|policy| only_possible(policy, &backends(&scenario)));
    has_reports(&scenario, &estimates);

    let other = read(&changed);
    let of_other = estimate(&other, &Options::default(), &mut watch()).unwrap();
    let (old, new) = (Baseline::of(&estimates), Baseline::of(&of_other));
    for metric in judge(&old, &new, &Tolerances::default()) {
        verdict_and_interval_agree(&metric);
    }
}

fn backends(scenario: &Scenario) -> Vec<&str> {
    scenario.backends().keys().map(String::as_str).collect()
}

/// Every format reports it, as a run and as a check against itself.
fn has_reports(scenario: &Scenario, estimates: &Estimates<'_>) {
    let results = &estimates.results();
    let stored = Stored::Text(baseline_json(&Baseline::of(estimates)));
    let gate =
        Gate { file: "s.json", baseline_file: "s.baseline.json", stored: &stored, update: "…", is_changed: false };
    let checked = check(scenario, &Options::default(), &mut watch(), &gate).unwrap();
    let documents: [Box<dyn Document>; 2] = [
        Box::new(RunReport { results: results.clone(), explains_defaults: true, has_charts: true, trace: None }),
        Box::new(CheckReport { check: checked.check, explains_defaults: true }),
    ];
    for format in Format::ALL {
        let view = View::default();
        let pieces: usize = documents.iter().map(|document| format.piece(&**document, view).len()).sum();
        let all = pieces + format.together(&documents, view).len();
        // Annotations only report problems, and no trace was recorded.
        let may_be_empty = matches!(format, Format::Github | Format::Trace);
        assert!(all > 100 || may_be_empty, "{} reports nothing", format.name());
    }
    let json: Value = serde_json::from_str(&results_json(results)).unwrap();
    assert_eq!(json["schema"], "waitline.results/1");
    assert!(timeline_svg(results).contains("</svg>"));
}

/// No interval contains impossible values, and each contains the number itself.
fn only_possible(policy: &PolicyEstimate, backends: &[&str]) {
    let numbers = &policy.estimated.numbers;
    if let Some(intervals) = policy.estimated.intervals(None) {
        intervals_are_possible(&intervals.answered, backends, &|metric| numbers.metric(metric, backends));
    }
    for (place, class) in numbers.classes.values().enumerate() {
        if let Some(intervals) = policy.estimated.intervals(Some(place)) {
            intervals_are_possible(&intervals.answered, backends, &|metric| class.metric(metric));
        }
    }
    if let Some(saturation) = &policy.saturation {
        let half_width = saturation.capacity_half_width_per_s.unwrap_or(0.0);
        let is_served = numbers.requests.completed > 0;
        assert!(saturation.capacity_per_s.is_none_or(|per_s| per_s > half_width || !is_served), "{saturation:?}");
    }
}

fn intervals_are_possible(confidence: &ClassConfidence, backends: &[&str], number: &dyn Fn(Metric) -> Option<f64>) {
    for metric in Metric::with_interval(backends) {
        let name = metric.name(backends);
        let Some([low, high]) = confidence.intervals.get(&name) else { continue };
        let value = number(metric).unwrap();
        assert!(low <= &value && &value <= high, "{name}: {value} is not in {low} to {high}");
        assert!(*low >= 0.0, "{name}: from {low}");
        assert!(*high <= 1.0 || metric.unit() != MetricUnit::Share, "{name}: to {high}");
        if ["p50", "p90", "p95", "p99", "p999"].contains(&name.as_str()) {
            let [min, max] = [Named::Min, Named::Max].map(|named| number(Metric::Named(named)).unwrap());
            assert!(*low >= min && *high <= max, "{name}: {low} to {high}, of times from {min} to {max}");
        }
    }
}

/// The interval of a change called worse or better does not contain 0.
fn verdict_and_interval_agree(metric: &MetricComparison) {
    let differs = matches!(metric.verdict, MetricVerdict::Regressed | MetricVerdict::Improved);
    let Some([low, high]) = metric.interval else {
        assert!(!differs, "{metric:#?}");
        return;
    };
    let holds_zero = low <= 0.0 && high >= 0.0;
    assert!(!differs || !holds_zero, "{metric:#?}");
    if metric.test != SignificanceTest::Exact {
        assert_eq!(metric.significant, Some(!holds_zero), "{metric:#?}");
        assert!(metric.interval_level.is_some_and(|level| (0.95..1.0).contains(&level)), "{metric:#?}");
    }
}

fn all_hold(seeds: std::ops::Range<u64>) {
    let broken: Vec<u64> = seeds.filter(|seed| catch_unwind(AssertUnwindSafe(|| holds(*seed))).is_err()).collect();
    if let Some(seed) = broken.first() {
        panic!("broken by {broken:?}; the first:\n{:#}", scenario(*seed));
    }
}

#[test]
fn every_outcome_has_a_report_with_possible_numbers() {
    all_hold(0..56);
}

/// The same for many scenarios: `cargo test --test invariants -- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn every_outcome_of_many_scenarios_has_a_report_with_possible_numbers() {
    all_hold(56..1_000);
}
