//! Without a change, few gates fail; verdicts agree with their intervals.

#![allow(clippy::print_stdout, reason = "figures for the documentation, with --nocapture")]

use serde_json::{Value, json};
use waitline::scenario::Tolerances;
use waitline::study::{MetricVerdict, SignificanceTest, judge};

use super::{after, baseline, compared, scenario, shop, with};

/// The number of failing gates for pairs of runs that differ only in their seeds.
fn alarms(json: &Value, pairs: u64) -> usize {
    let mut nothing_tolerated = scenario(json);
    for metric in ["mean", "p50", "p95", "p99", "throughput"] {
        nothing_tolerated
            .tolerate(&format!("{metric}=0%,0{}", if metric == "throughput" { "/s" } else { "ms" }))
            .unwrap();
    }
    nothing_tolerated.tolerate("error_rate=0%,0%").unwrap();
    let tolerances: &Tolerances = nothing_tolerated.tolerances();
    let of_seed = |seed: u64| {
        let mut json = json.clone();
        json["run"]["seed"] = json!(seed);
        baseline(&json)
    };
    let fails = |pair: &u64| {
        let metrics = judge(&of_seed(2 * pair), &of_seed(2 * pair + 1), tolerances);
        assert!(metrics.iter().any(|metric| metric.test == SignificanceTest::Unpaired));
        !with(&metrics, MetricVerdict::Regressed).is_empty()
    };
    (1..=pairs).filter(fails).count()
}

fn one_queue(requests: u64) -> Value {
    json!({
        "classes": { "a": { "phases": [{ "compute": { "exponential": "10ms" } }] },
                     "b": { "phases": [{ "compute": { "exponential": "10ms" } }] } },
        "arrivals": { "poisson": "60/s" },
        "policies": [{ "sync": {} }],
        "run": { "requests": requests, "replications": 10 }
    })
}

#[test]
fn without_a_change_few_gates_fail() {
    let alarms = alarms(&one_queue(500), 200);
    println!("{alarms} alarms in 200 gates of 10 replications of 500 requests");
    assert!(alarms <= 16, "{alarms} alarms");
}

/// The same with every percentile: `cargo test --test theory -- --ignored --nocapture`.
#[test]
#[ignore = "takes a minute"]
fn without_a_change_few_gates_of_long_runs_fail() {
    for requests in [2_000, 10_000] {
        let alarms = alarms(&one_queue(requests), 200);
        println!("{alarms} alarms in 200 gates of 10 replications of {requests} requests");
        assert!(alarms <= 16, "{alarms} alarms");
    }
}

#[test]
fn verdicts_agree_with_their_intervals() {
    // Slightly slower databases, which some numbers show and others do not.
    let mut seen = [0; 2];
    for millis in ["60.3ms", "60.6ms", "61ms", "62ms"] {
        let mut new = shop();
        new["classes"]["page"]["phases"][1]["db"] = json!(millis);
        let check = after(&shop(), &new);
        let metrics = &compared(&check).metrics;
        let mut levels: Vec<f64> = Vec::new();
        for metric in metrics.iter().filter(|metric| metric.test == SignificanceTest::Paired) {
            let [low, high] = metric.interval.unwrap();
            let holds_zero = low <= 0.0 && high >= 0.0;
            assert_eq!(metric.significant, Some(!holds_zero), "{metric:#?}");
            assert!(low <= metric.difference.unwrap() && metric.difference.unwrap() <= high, "{metric:#?}");
            seen[usize::from(holds_zero)] += 1;
            levels.push(metric.interval_level.unwrap());
        }
        let strictest = levels.iter().copied().fold(0.0, f64::max);
        assert!(
            (strictest - (1.0 - 0.05 / levels.len() as f64)).abs() < 1e-12,
            "Holm's method starts with Bonferroni's level"
        );
        assert!(levels.iter().any(|level| *level < strictest), "and continues with other levels");
    }
    assert!(seen[0] > 30 && seen[1] > 3, "{seen:?}: the test covers only one verdict");
}
