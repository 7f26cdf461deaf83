//! The numbers of time windows and faults add up to those of the run, and do not depend on how the run was computed.

use std::ops::ControlFlow;

use serde_json::{Value, json};
use waitline::scenario::Scenario;
use waitline::stats::{PolicyResults, RequestCounts, ScenarioResults, TimeWindow};
use waitline::study::{Options, RequestRow, Watch, run};

use crate::common::generator::{calm_scenario, scenario, seeds};

const SCENARIOS: u64 = 150;

/// The scenario, sometimes with a warm-up, and with replications if all have the same length.
fn varied(seed: u64, text: &str) -> String {
    let mut scenario: Value = serde_json::from_str(text).expect("the generator writes JSON");
    // Lists and rates that end may be over before the warm-up.
    let arrivals = &scenario["arrivals"];
    let may_end = arrivals.is_array() || arrivals["at"].is_array() || arrivals["piecewise"].is_array();
    let run = &mut scenario["run"];
    if seed.is_multiple_of(3) && !may_end {
        run["warm_up"] = json!("300ms");
    }
    match run.get("requests").and_then(Value::as_u64) {
        Some(requests) => run["requests"] = json!(requests.min(100)),
        None => run["replications"] = json!(2),
    }
    scenario.to_string()
}

fn results(text: &str, step_by_step: bool) -> ScenarioResults {
    let scenario = Scenario::from_json(text).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    let mut rows = |_: RequestRow<'_>| {};
    let rows: Option<&mut waitline::study::Rows<'_>> = if step_by_step { Some(&mut rows) } else { None };
    let mut watch = Watch { progress: &|_| ControlFlow::Continue(()), rows };
    run(&scenario, &Options::default(), &mut watch).expect("the run is not interrupted")
}

/// The mean of a level over all windows.
fn mean(windows: &[TimeWindow], level: fn(&TimeWindow) -> Option<f64>) -> f64 {
    let length = |window: &TimeWindow| window.end_ms - window.start_ms;
    let area: f64 = windows.iter().filter_map(|window| Some(level(window)? * length(window))).sum();
    area / windows.iter().map(length).sum::<f64>()
}

fn check(policy: &PolicyResults, text: &str) {
    let windows = &policy.over_time;
    assert!(windows.len() <= 120, "{text}");
    if windows.is_empty() {
        // Everything happened at one instant.
        assert_eq!(policy.throughput_per_s, None, "{text}");
        return;
    }
    let RequestCounts { arrived, completed, rejected, timed_out, failed, .. } = policy.requests;
    let sum = |count: fn(&TimeWindow) -> u64| windows.iter().map(count).sum::<u64>();
    let counts = (sum(|window| window.arrivals), sum(|window| window.completions), sum(|window| window.unanswered));
    assert_eq!(counts, (arrived, completed, rejected + timed_out + failed), "{} of {text}", policy.name);
    let is_near =
        |found: f64, exact: Option<f64>| exact.is_none_or(|exact| (found - exact).abs() <= 1e-6 * exact.max(1.0));
    let in_system = mean(windows, |window| window.in_system);
    assert!(is_near(in_system, policy.in_system.mean), "{}: {in_system} in the system of {text}", policy.name);
    let is_full = windows.iter().any(|window| window.utilization.is_some_and(|busy| busy >= 1.0));
    let busy = mean(windows, |window| window.utilization);
    // Context switches, probes and clients on the same cores are not CPU time of requests, work after a response (which presets have, too) belongs to no
    // departure, and of the work of a request during the warm-up only a share is known.
    let has_more =
        ["context_switch", "client_cpu", "\"after\"", "warm_up", "\"health\""].iter().any(|part| text.contains(part));
    let has_more = has_more || policy.stands_for.is_some();
    assert!(has_more || is_full || is_near(busy, policy.utilization.cores), "{}: {busy} busy of {text}", policy.name);
    for effect in &policy.faults {
        let mut all = effect.before.requests;
        all.add(effect.during.requests);
        all.add(effect.after.requests);
        assert_eq!(all, policy.requests, "fault {} under {} of {text}", effect.fault, policy.name);
    }
}

#[test]
fn windows_and_parts_add_up() {
    for seed in seeds(SCENARIOS) {
        let text = varied(seed, &scenario(seed));
        for policy in &results(&text, false).policies {
            check(policy, &text);
        }
    }
}

#[test]
fn shortcuts_change_no_window() {
    for seed in seeds(SCENARIOS) {
        let text = varied(seed, &calm_scenario(seed));
        let (short, long) = (results(&text, false), results(&text, true));
        for (short, long) in short.policies.iter().zip(&long.policies) {
            check(short, &text);
            assert_eq!(short.over_time, long.over_time, "{} of {text}", short.name);
        }
    }
}
