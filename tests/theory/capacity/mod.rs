//! The capacity of each policy: compared with exact values, one binding station after another, and its meaning for a load.

mod load;
mod mixes;
mod near_saturation;
mod runs;
mod stations;

use serde_json::{Value, json};
use waitline::output::words::binding as binding_of;
use waitline::scenario::Scenario;
use waitline::stats::{CapacityMethod, Saturation};
use waitline::study::{Capacity, capacity, saturation};

/// A scenario with one policy and other sections.
fn scenario(phases: Value, policy: Value, other: Value) -> Scenario {
    let mut json = json!({
        "classes": { "page": { "phases": phases } },
        "arrivals": { "poisson": "8/s" },
        "policies": [policy],
        "run": { "requests": 1000 },
    });
    for (key, value) in other.as_object().into_iter().flatten() {
        json[key] = value.clone();
    }
    match Scenario::from_json(&json.to_string()) {
        Ok(scenario) => scenario,
        Err(diagnostic) => panic!("{}", diagnostic.render(false)),
    }
}

fn capacity_of(phases: Value, policy: Value, other: Value) -> Capacity {
    let scenario = scenario(phases, policy, other);
    capacity(&scenario, &scenario.policies()[0])
}

/// Checks the capacity, how it was found, and what binds.
fn check(phases: Value, policy: Value, other: Value, per_s: f64, method: CapacityMethod, binding: &str) {
    let system = format!("{phases} under {policy} with {other}");
    let capacity = capacity_of(phases, policy, other);
    let allowed = if method == CapacityMethod::Analytic { 1e-9 } else { 0.012 };
    let found = capacity.per_s.unwrap_or(f64::INFINITY);
    assert!((found / per_s - 1.0).abs() < allowed, "{system}: {found}/s, not {per_s}/s");
    assert_eq!((capacity.method, binding_of(&capacity.binding).as_str()), (method, binding), "{system}: {capacity:?}");
}

fn analytic(phases: Value, policy: Value, other: Value, per_s: f64, binding: &str) {
    check(phases, policy, other, per_s, CapacityMethod::Analytic, binding);
}

fn by_run(phases: Value, policy: Value, other: Value, per_s: f64, binding: &str) {
    check(phases, policy, other, per_s, CapacityMethod::SaturatedRun, binding);
}

/// Exponential CPU time, then an exponential query.
fn cpu_then_db(cpu_ms: f64, db_ms: f64) -> Value {
    json!([
        { "compute": { "exponential": format!("{cpu_ms}ms") } },
        { "db": { "exponential": format!("{db_ms}ms") } },
    ])
}

fn no_other() -> Value {
    json!({})
}

fn saturation_of(policy: Value, other: Value) -> Saturation {
    let scenario = scenario(cpu_then_db(20.0, 80.0), policy, other);
    saturation(&scenario, &scenario.policies()[0], 125.0)
}

/// Requests at this rate under an async worker with a capacity of 50/s.
fn at_rate(rate: &str) -> Saturation {
    saturation_of(json!({ "async": {} }), json!({ "arrivals": { "poisson": rate } }))
}
