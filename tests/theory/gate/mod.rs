//! The gate finds regressions and raises no false alarms: baselines, comparisons and their verdicts, from the library.

mod alarms;
mod baselines;
mod power;
mod regressions;

use std::ops::ControlFlow;

use serde_json::{Value, json};
use waitline::output::baseline_json;
use waitline::scenario::Scenario;
use waitline::study::{
    Baseline, BaselineComparison, Gate, MetricComparison, MetricVerdict, Options, ScenarioCheck, Stored, Watch, check,
    estimate,
};

/// A page that waits for the database under all three policies, at a moderate load.
fn shop() -> Value {
    json!({
        "classes": {
            "page": { "weight": 3, "phases": [{ "framework": "2ms" }, { "db": "60ms" }, { "compute": { "exponential": "6ms" } }] },
            "search": { "phases": [{ "db": { "exponential": "60ms" } }, { "compute": "5ms" }] }
        },
        "arrivals": { "poisson": "50/s" },
        "machine": { "cores": 2 },
        "policies": [{ "sync": { "workers": 8 } }, { "threaded": { "threads": 8 } }, { "async": {} }],
        "run": { "requests": 2000, "replications": 10 }
    })
}

fn scenario(json: &Value) -> Scenario {
    Scenario::from_json(&json.to_string()).unwrap_or_else(|error| panic!("{error}"))
}

fn baseline(json: &Value) -> Baseline {
    let scenario = scenario(json);
    let mut watch = Watch { progress: &|_| ControlFlow::Continue(()), rows: None };
    Baseline::of(&estimate(&scenario, &Options::default(), &mut watch).unwrap())
}

fn checked(json: &Value, stored: &Stored) -> ScenarioCheck {
    let gate = Gate {
        file: "scenario.json",
        baseline_file: "scenario.baseline.json",
        stored,
        update: "waitline check scenario.json --update-baseline",
        is_changed: false,
    };
    let mut watch = Watch { progress: &|_| ControlFlow::Continue(()), rows: None };
    check(&scenario(json), &Options::default(), &mut watch, &gate).unwrap().check
}

/// The check of a changed scenario against the baseline of the first one.
fn after(old: &Value, new: &Value) -> ScenarioCheck {
    checked(new, &Stored::Text(baseline_json(&baseline(old))))
}

#[track_caller]
fn compared(check: &ScenarioCheck) -> &BaselineComparison {
    check.comparison().unwrap_or_else(|| panic!("not compared: {:?}", check.baseline))
}

fn with(metrics: &[MetricComparison], verdict: MetricVerdict) -> Vec<String> {
    metrics.iter().filter(|metric| metric.verdict == verdict).map(MetricComparison::name).collect()
}
