//! What a little less and a little more load would do.

use std::ops::ControlFlow;

use serde_json::{Value, json};
use waitline::output::words::load_warning;
use waitline::stats::theory::Mmc;
use waitline::stats::{LoadPointSource, PolicyResults, Saturation, Sensitivity};
use waitline::study::{Options, Watch, run};

use super::{cpu_then_db, scenario};

/// The saturation of the first policy of a run, and its results.
fn near(policy: Value, other: Value) -> (Saturation, PolicyResults) {
    near_with(cpu_then_db(20.0, 80.0), policy, other)
}

fn near_with(phases: Value, policy: Value, other: Value) -> (Saturation, PolicyResults) {
    let scenario = scenario(phases, policy, other);
    let mut watch = Watch { progress: &|_| ControlFlow::Continue(()), rows: None };
    let mut results = run(&scenario, &Options::default(), &mut watch).unwrap();
    let policy = results.policies.remove(0);
    (policy.saturation.clone().unwrap(), policy)
}

#[track_caller]
pub(super) fn close(ours: Option<f64>, exact: f64) {
    let ours = ours.unwrap();
    assert!((ours / exact - 1.0).abs() < 1e-9, "{ours} is not {exact}");
}

#[test]
fn near_saturation_theory_gives_the_effect_of_other_loads() {
    // M/M/1 of 10 ms at 90/s, as a worker and as a loop: 10 / (1 − load), and the 99th percentile is ln 100 times that.
    for (phases, policy) in [
        (json!([{ "db": { "exponential": "10ms" } }]), json!({ "sync": {} })),
        (json!([{ "compute": { "exponential": "10ms" } }]), json!({ "async": {} })),
    ] {
        let (found, _) = near_with(phases, policy, json!({ "arrivals": { "poisson": "90/s" } }));
        let Sensitivity { less, same, more } = found.sensitivity.unwrap();
        let more = more.unwrap();
        close(Some(more.load), 0.99);
        close(more.mean_ms, 1000.0);
        close(more.p99_ms, 1000.0 * 100f64.ln());
        close(less.mean_ms, 10.0 / 0.19);
        assert_eq!([less.source, more.source], [LoadPointSource::Theory; 2]);
        assert_eq!(same.source, LoadPointSource::Results);
        let message = "near saturation: offered 0.90 × capacity; at −10 % load mean 52.6 ms, p99 242 ms (exact), \
                       at +10 % load mean 1000 ms, p99 4605 ms (exact)";
        assert_eq!(load_warning(&found).as_deref(), Some(message));
    }
    // M/M/1 of 20 ms, then a delay of 80 ms: the mean is exact, the percentile not known.
    let (found, _) = near(json!({ "async": {} }), json!({ "arrivals": { "poisson": "45/s" } }));
    let more = found.sensitivity.unwrap().more.unwrap();
    close(more.mean_ms, 20.0 / 0.01 + 80.0);
    assert_eq!(more.p99_ms, None);
    // M/G/1: 1 ms, then an exponential 19 ms (Pollaczek and Khinchine).
    let phases = json!([{ "compute": "1ms" }, { "db": { "exponential": "19ms" } }]);
    let (found, _) = near_with(phases, json!({ "sync": {} }), json!({ "arrivals": { "poisson": "45/s" } }));
    let waiting = 0.99 * 20.0 * (1.0 + 361.0 / 400.0) / (2.0 * 0.01);
    close(found.sensitivity.unwrap().more.unwrap().mean_ms, 20.0 + waiting);
}

#[test]
fn near_saturation_the_load_itself_has_the_figures_of_the_results() {
    let other = json!({ "arrivals": { "poisson": "45/s" }, "run": { "requests": 3000 } });
    for policy in [json!({ "async": {} }), json!({ "async": { "workers": 1, "dispatch": "random" } })] {
        let (found, results) = near(policy, other.clone());
        let same = found.sensitivity.unwrap().same;
        assert_eq!((same.mean_ms, same.p99_ms), (results.response_time_ms.mean, results.response_time_ms.p99));
        assert!(!load_warning(&found).unwrap().contains("this load"));
    }
}

#[test]
fn near_saturation_a_long_run_covers_the_effect_of_other_loads() {
    const SEEDS: u32 = 6;
    // A loop with four connections for queries of 10 ms is M/M/4.
    let exact = |rate_per_s: f64| {
        let queue = Mmc { arrival_rate: rate_per_s / 1e3, mean_service: 10.0, channels: 4 };
        [queue.mean_response_time(), queue.response_time_percentile(0.99)]
    };
    let mut covered = [0; 4];
    for seed in 1..=SEEDS {
        let other = json!({
            "arrivals": { "poisson": "340/s" },
            "backends": { "db": { "pool": { "size": 4 } } },
            "run": { "requests": 1000, "seed": seed },
        });
        let phases = json!([{ "db": { "exponential": "10ms" } }]);
        let (found, _) = near_with(phases, json!({ "async": {} }), other);
        let Sensitivity { less, more, .. } = found.sensitivity.unwrap();
        let mut ends = Vec::new();
        for (point, rate_per_s) in [(less, 340.0 * 0.9), (more.unwrap(), 340.0 * 1.1)] {
            assert_eq!(point.source, LoadPointSource::Run);
            let [mean, p99] = exact(rate_per_s);
            ends.extend([(point.mean_interval_ms, mean), (point.p99_interval_ms, p99)]);
        }
        for (place, (ends, exact)) in ends.into_iter().enumerate() {
            // A number without an interval is omitted.
            covered[place] += u32::from(ends.is_none_or(|[low, high]| low <= exact && exact <= high));
        }
        let message = load_warning(&found).unwrap();
        assert!(message.contains("at −10 % load mean ") && message.contains(" ± "), "{message}");
    }
    // Fewer than 3 of 6 intervals at 95 % cover in one case of ten thousand.
    assert!(covered.iter().all(|covered| *covered >= 3), "{covered:?} of {SEEDS} cover");
}

#[test]
fn near_saturation_loads_that_would_take_too_long_are_omitted() {
    // 4 × 10 ms at 361/s: a tenth more is 0.993 of the capacity.
    let other = json!({ "arrivals": { "poisson": "361/s" }, "backends": { "db": { "pool": { "size": 4 } } } });
    let phases = json!([{ "db": { "exponential": "10ms" } }]);
    let (found, _) = near_with(phases.clone(), json!({ "async": {} }), other.clone());
    let more = found.sensitivity.unwrap().more.unwrap();
    assert_eq!((more.mean_ms, more.p99_ms, more.source), (None, None, LoadPointSource::None));
    assert!(!load_warning(&found).unwrap().contains("+10 %"));
    // A fault leaves no steady state.
    let mut faulty = other;
    faulty["faults"] = json!([{ "at": "1s", "for": "1s", "slow": { "backend": "db", "factor": 2 } }]);
    let (found, _) = near_with(phases, json!({ "async": {} }), faulty);
    assert_eq!(load_warning(&found).as_deref(), Some("near saturation: offered 0.90 × capacity"));
}

#[test]
fn ten_percent_more_load_may_exceed_the_capacity() {
    let (near, _) = near(json!({ "async": {} }), json!({ "arrivals": { "poisson": "47/s" } }));
    assert_eq!(near.sensitivity.unwrap().more, None);
    assert!(load_warning(&near).unwrap().ends_with("at +10 % load beyond capacity"));
}
