//! How small a change is found, and what pairs are worth.

#![allow(clippy::print_stdout, reason = "figures for the documentation, with --nocapture")]

use serde_json::{Value, json};
use waitline::scenario::Tolerances;
use waitline::study::{Baseline, MetricComparison, MetricVerdict, SignificanceTest, judge};

use super::{after, baseline, compared, shop};

/// Plain waits of 100 ms on average, plus the same addition for each request, which does not change the spread.
fn waits(slower_by: f64, seed: u64) -> Value {
    let more = format!("{}us", (100_000.0 * slower_by).round());
    json!({
        "classes": { "a": { "phases": [{ "db": { "exponential": "100ms" } }, { "sleep": more }] } },
        "arrivals": { "poisson": "50/s" },
        "policies": [{ "async": {} }],
        "run": { "requests": 200, "replications": 8, "seed": seed }
    })
}

#[test]
fn a_change_of_the_reported_size_is_detected() {
    const GATES: u64 = 60;
    // Different seeds before and after, so that the spread is that of the numbers themselves.
    let mean = |slower_by: f64, seed: u64| {
        let (old, new) = (baseline(&waits(0.0, seed)), baseline(&waits(slower_by, 1000 + seed)));
        let metrics = judge(&old, &new, &Tolerances::default());
        metrics.into_iter().find(|metric| metric.name() == "async.mean").unwrap()
    };
    let sees = (1..=GATES).map(|seed| mean(0.0, seed).power.unwrap().relative.unwrap()).sum::<f64>() / GATES as f64;
    let seen =
        |slower_by: f64| (1..=GATES).filter(|seed| mean(slower_by, *seed).verdict == MetricVerdict::Regressed).count();
    let (of_this_size, of_half) = (seen(sees), seen(0.5 * sees));
    println!("a change of {sees:.3} is seen in {of_this_size} of {GATES} gates, one of half the size in {of_half}");
    // 80 of 100: fewer than 38 of 60 gates in one case of a thousand.
    assert!(of_this_size >= 38, "a change of {sees} is seen in {of_this_size} of {GATES} gates");
    assert!(of_half <= 30, "one of half the size in {of_half}: the gate detects more than it reports");
}

#[test]
fn without_a_change_the_power_is_that_of_unpaired_runs() {
    let check = after(&shop(), &shop());
    let metrics = &compared(&check).metrics;
    let of = |name: &str| metrics.iter().find(|metric| metric.name() == name).unwrap().power.unwrap();
    assert!(of("sync.mean").is_bound);
    let mut slower = shop();
    slower["classes"]["page"]["phases"][1]["db"] = json!("61ms");
    let check = after(&shop(), &slower);
    let metrics = &compared(&check).metrics;
    let paired = metrics.iter().find(|metric| metric.name() == "sync.mean").unwrap().power.unwrap();
    assert!(!paired.is_bound && paired.sees < of("sync.mean").sees, "{paired:?}");
    // More replications detect smaller changes.
    let mut more = shop();
    more["run"]["replications"] = json!(20);
    let check = after(&more, &more);
    let metrics = &compared(&check).metrics;
    let of_more = metrics.iter().find(|metric| metric.name() == "sync.mean").unwrap().power.unwrap();
    assert!(of_more.sees < of("sync.mean").sees);
}

/// The factor by which pairs narrow the intervals of the effects of a database that is 10 % slower.
fn narrowing(rate: u32, replications: u32) -> Vec<(MetricComparison, f64)> {
    let mut old = shop();
    old["arrivals"]["poisson"] = json!(format!("{rate}/s"));
    old["policies"][0]["sync"]["workers"] = json!(10);
    old["policies"][1]["threaded"]["threads"] = json!(16);
    old["classes"]["page"]["phases"][1]["db"] = json!({ "exponential": "60ms" });
    old["run"] = json!({ "requests": 10_000, "replications": replications });
    let mut new = old.clone();
    new["classes"]["page"]["phases"][1]["db"] = json!({ "exponential": "66ms" });
    new["classes"]["search"]["phases"][0]["db"] = json!({ "exponential": "66ms" });
    let (old, new) = (baseline(&old), baseline(&new));
    // The same runs, treated as if they had different seeds.
    let of_other_seed = Baseline { seed: 2, ..new.clone() };
    let paired = judge(&old, &new, &Tolerances::default());
    let unpaired = judge(&old, &of_other_seed, &Tolerances::default());
    let width = |metric: &MetricComparison| metric.interval.map_or(0.0, |[low, high]| high - low);
    let mut found = Vec::new();
    for (paired, unpaired) in paired.into_iter().zip(&unpaired) {
        let is_time = ["mean", "p50", "p95", "p99"].contains(&paired.metric);
        if paired.class.is_none() && is_time {
            assert_eq!((paired.test, unpaired.test), (SignificanceTest::Paired, SignificanceTest::Unpaired));
            let busy = new.policies[&paired.policy].metrics["utilization"].value.unwrap();
            let factor = width(unpaired) / width(&paired);
            println!("{rate}/s, busiest {busy:.2}, {}: {factor:.1} times narrower", paired.name());
            assert!(busy < 0.62, "{rate}/s is too much");
            found.push((paired, factor));
        }
    }
    found
}

#[test]
fn pairs_make_intervals_at_least_three_times_narrower() {
    for rate in [30, 60] {
        for (metric, factor) in narrowing(rate, 10) {
            // With ten replications, the spread of a percentile is not well known.
            let least = if metric.metric == "mean" { 3.0 } else { 2.0 };
            assert!(factor >= least, "{rate}/s {}: {factor}", metric.name());
        }
    }
}

/// The same with more replications: `cargo test --test theory -- --ignored --nocapture`.
#[test]
#[ignore = "takes a minute"]
fn pairs_of_many_replications_make_intervals_at_least_three_times_narrower() {
    for rate in [15, 30, 45, 60, 75] {
        for (metric, factor) in narrowing(rate, 40) {
            assert!(factor >= 3.0, "{rate}/s {}: {factor}", metric.name());
        }
    }
}
