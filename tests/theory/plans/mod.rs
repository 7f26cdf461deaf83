//! Plans of systems whose numbers theory knows for every size: the choice must be the exact one, or one that is as good within
//! the indifference zone. `verify --selection` does the same with 400 seeds.

mod random;

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use serde_json::{Value, json};
use waitline::scenario::Scenario;
use waitline::stats::theory::{Mmc, ThreadPoolQueue};
use waitline::study::{
    Choose, JobPool, Plan, PlanChange, PlanDecision, PlanOptions, PlanVerdict, PolicyPlan, WhyNot, plan as make_plan,
};

fn plan(scenario: Value, options: &PlanOptions) -> Plan {
    let scenario = Scenario::from_json(&scenario.to_string()).unwrap();
    make_plan(&scenario, options, &|_| ControlFlow::Continue(())).unwrap()
}

/// Only the choice, and of only one policy.
fn choice(scenario: Value, choose: Choose) -> PolicyPlan {
    let options = PlanOptions { choose: vec![choose], only_choice: true, ..PlanOptions::default() };
    plan(scenario, &options).policies.remove(0)
}

/// Workers of 100 ms, 80 requests per second.
fn mmc(objective: &str) -> Value {
    json!({
        "classes": { "request": { "phases": [{ "db": { "exponential": "100ms" } }] } },
        "arrivals": { "poisson": "80/s" },
        "policies": [{ "sync": {} }],
        "run": { "requests": 10_000 },
        "slo": [objective],
    })
}

/// One process with a GIL.
fn threaded(rate: &str, objective: &str) -> Value {
    json!({
        "classes": { "request": { "phases": [
            { "compute": { "exponential": "20ms" } }, { "db": { "exponential": "80ms" } }] } },
        "arrivals": { "poisson": rate },
        "policies": [{ "threaded": {} }],
        "run": { "requests": 10_000 },
        "slo": [objective],
    })
}

fn only(plan: &PolicyPlan) -> Option<u32> {
    plan.choice.as_ref().and_then(|choice| choice.0.values().next().copied())
}

#[test]
fn the_exact_numbers_are_those_of_the_documentation() {
    let p99 = |channels| Mmc { arrival_rate: 0.08, mean_service: 100.0, channels }.response_time_percentile(0.99);
    assert!(p99(9) > 550.0 && p99(9) < 700.0, "{}", p99(9));
    assert!(p99(10) > 480.0 * 1.01 && p99(10) < 500.0 * 0.99, "{}", p99(10));
    assert!(p99(11) > 470.0 && p99(11) < 475.0, "{}", p99(11));
    let mean = |rate: f64, threads| {
        let queue = ThreadPoolQueue {
            arrival_rate: rate / 1e3,
            mean_cpu: 20.0,
            mean_backend: 80.0,
            threads,
            running_at_once: 1,
        };
        queue.means().response_time
    };
    let exact = [(30.0, 7, 131.58), (30.0, 6, 135.62), (40.0, 10, 180.73), (40.0, 9, 182.41)];
    for (rate, threads, exact) in exact {
        assert!((mean(rate, threads) - exact).abs() < 0.01, "{rate}/s, {threads}: {}", mean(rate, threads));
    }
}

#[test]
fn workers_of_an_erlang_queue_are_chosen_exactly() {
    for (objective, allowed) in [
        ("p99 < 700ms", &[9][..]),
        ("p99 < 550ms", &[10]),
        ("p99 < 500ms", &[10]),
        ("p99 < 480ms", &[11]),
        ("p99 < 470ms", &[11, 12]),
    ] {
        let found = choice(mmc(objective), Choose::Workers);
        assert_eq!(found.verdict, PlanVerdict::Meets, "{objective}");
        assert!(only(&found).is_some_and(|workers| allowed.contains(&workers)), "{objective}: {:?}", found.choice);
    }
}

#[test]
fn what_demands_alone_exceed_is_proven_impossible_with_its_floor() {
    // −ln(1 %) × 100 ms = 460.5 ms.
    let found = choice(mmc("p99 < 455ms"), Choose::Workers);
    assert_eq!(found.verdict, PlanVerdict::Impossible);
    assert_eq!(found.why, Some(WhyNot::Floor { objective: "p99 < 455ms".to_owned() }));
    assert!(found.tried.is_empty(), "no configuration is simulated");
    assert!(found.floor_ms.is_some_and(|floor| (floor - 460.5).abs() < 5.0), "{:?}", found.floor_ms);
}

#[test]
fn more_requests_than_the_machine_can_serve_are_impossible_without_a_run() {
    let mut scenario = threaded("60/s", "p99 < 10s");
    scenario["policies"] = json!([{ "sync": {} }]);
    let found = choice(scenario, Choose::Workers);
    assert!(matches!(found.why, Some(WhyNot::Capacity { .. })), "{:?}", found.why);
    assert!(found.tried.is_empty());
}

#[test]
#[ignore = "some seconds when optimized, minutes when not: cargo test --release --test theory plans -- --ignored"]
fn threads_under_a_lock_are_chosen_exactly() {
    for (rate, objective, allowed) in [("30/s", "mean < 135ms", [6, 7]), ("40/s", "mean < 182ms", [9, 10])] {
        let found = choice(threaded(rate, objective), Choose::Threads);
        assert!(only(&found).is_some_and(|threads| allowed.contains(&threads)), "{objective}: {:?}", found.choice);
    }
}

/// Work that varies little around a query, on two cores.
fn page(rate: &str, policy: Value, objective: &str) -> Value {
    json!({
        "classes": { "page": { "phases": [
            { "compute": { "uniform": ["16ms", "24ms"] } },
            { "db": { "exponential": "10ms" } },
            { "compute": "8ms" }] } },
        "arrivals": { "poisson": rate },
        "machine": { "cores": 2 },
        "policies": [policy],
        "run": { "requests": 30_000 },
        "slo": [objective],
    })
}

/// The verdicts on sizes that were tried.
fn verdicts(found: &PolicyPlan) -> Vec<(u32, PlanDecision)> {
    let mut verdicts: Vec<_> =
        found.tried.iter().map(|tried| (*tried.configuration.0.values().next().unwrap(), tried.verdict)).collect();
    verdicts.sort_unstable_by_key(|(size, _)| *size);
    verdicts
}

#[test]
#[ignore = "some seconds when optimized, minutes when not: cargo test --release --test theory plans -- --ignored"]
fn where_more_is_worse_the_answer_is_an_interval() {
    let threads =
        (page("30/s", json!({ "threaded": { "workers": 1, "threads": 2 } }), "p99 < 500ms"), Choose::Threads, 3);
    let workers = (page("55/s", json!({ "sync": { "workers": 3 } }), "p99 < 190ms"), Choose::Workers, 4);
    for (scenario, choose, least) in [threads, workers] {
        let options = PlanOptions { choose: vec![choose], ..PlanOptions::default() };
        let found = plan(scenario, &options).policies.remove(0);
        assert_eq!(only(&found), Some(least), "{:?}", verdicts(&found));
        // The last size that may be either is 7, in both.
        assert!(found.ranges.iter().all(|[from, to]| *from >= least && *to <= 7), "{:?}", found.ranges);
        assert!(found.ranges.iter().any(|[_, to]| *to >= 6), "{:?}", found.ranges);
        assert!(found.more_is_worse.is_some(), "{:?}", verdicts(&found));
    }
}

#[test]
fn a_plan_does_not_depend_on_the_number_of_threads() {
    let with = |jobs: usize| {
        let pool = JobPool::new(NonZeroUsize::new(jobs));
        plan(mmc("p99 < 600ms"), &PlanOptions { pool, ..PlanOptions::default() })
    };
    assert_eq!(with(1), with(2));
}

#[test]
fn a_robust_choice_also_stands_more_load_slower_queries_and_more_cpu_time() {
    // M/M/c: 9 workers have a p99 of 623 ms, and of 2,375 ms at 88/s, where 10 have 573 ms; with queries of 120 ms 10 have
    // 1,489 ms, and 11 have 651 ms.
    let mut without_queries = mmc("p99 < 700ms");
    without_queries["classes"]["request"]["phases"] = json!([{ "sleep": { "exponential": "100ms" } }]);
    // The same with work of 100 ms, for which there are cores enough.
    let mut with_work = mmc("p99 < 700ms");
    with_work["classes"]["request"]["phases"] = json!([{ "compute": { "exponential": "100ms" } }]);
    with_work["machine"] = json!({ "cores": 64 });
    for (scenario, plain, robust, decisive) in [
        (without_queries, 9, 10, PlanChange::Load { factor: 1.1 }),
        (mmc("p99 < 700ms"), 9, 11, PlanChange::QueryTime { backend: "db".to_owned(), factor: 1.2 }),
        (with_work, 9, 11, PlanChange::CpuTime { factor: 1.2 }),
    ] {
        let choice = |robust: bool| {
            let options = PlanOptions { robust, only_choice: true, ..PlanOptions::default() };
            plan(scenario.clone(), &options).policies.remove(0)
        };
        assert_eq!(only(&choice(false)), Some(plain));
        let found = choice(true);
        assert_eq!(only(&found), Some(robust));
        let one_less = found.tried.iter().find(|tried| tried.configuration.0["workers"] == robust - 1).unwrap();
        assert_eq!((one_less.verdict, &one_less.under), (PlanDecision::Fails, &Some(decisive)));
        assert!(one_less.objectives.iter().all(|one| one.verdict == PlanDecision::Meets), "as it is, it is good");
    }
}

#[test]
fn a_configuration_that_is_stopped_is_not_taken_for_good() {
    // Every request needs a second connection while it holds the only one.
    let scenario = json!({
        "classes": { "request": { "phases": [
            { "hold": { "backend": "db", "phases": [{ "hold": { "backend": "db", "phases": [{ "db": "5ms" }] } }] } }] } },
        "arrivals": { "poisson": "20/s" },
        "backends": { "db": { "pool": { "size": 1, "per": "application" } } },
        "policies": [{ "sync": { "workers": 4 } }],
        "run": { "requests": 10_000 },
        "slo": ["p99 < 1s"],
    });
    let found = choice(scenario, Choose::Pool(None));
    assert!(only(&found).is_none_or(|size| size > 1), "{:?}", found.choice);
    assert!(
        found
            .tried
            .iter()
            .all(|tried| tried.configuration.0["pool.db.size"] > 1 || tried.verdict == PlanDecision::Fails)
    );
}
