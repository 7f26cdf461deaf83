//! Changes are found, and named.

use serde_json::json;
use waitline::output::{baseline_json, words};
use waitline::study::{
    Baseline, BaselineCheck, CheckReason, CheckVerdict, ComparisonNote, MetricVerdict, OneSided, ScenarioPart, Side,
    SignificanceTest, Stored,
};

use super::{after, baseline, checked, compared, shop, with};

#[test]
fn a_slower_database_is_found_under_every_policy() {
    let mut new = shop();
    new["classes"]["page"]["phases"][1]["db"] = json!("66ms");
    let check = after(&shop(), &new);
    assert_eq!(check.verdict, CheckVerdict::Fails);
    let comparison = compared(&check);
    let regressed = with(&comparison.metrics, MetricVerdict::Regressed);
    for name in ["sync.mean", "threaded.p50", "async.page.mean", "async.mean"] {
        assert!(regressed.contains(&name.to_owned()), "{name} is not in {regressed:?}");
    }
    assert!(!regressed.contains(&"async.search.mean".to_owned()), "searches are as fast as before: {regressed:?}");
    assert!(check.reasons.contains(&CheckReason::Regressed { metric: "sync.mean".to_owned() }), "{:?}", check.reasons);
    let [change] = &comparison.changes[..] else { panic!("{:?}", comparison.changes) };
    assert_eq!(change.path, "classes.page.phases.1.db");
    assert_eq!((&change.old, &change.new), (&Some(json!("60ms")), &Some(json!("66ms"))));
    assert!(comparison.metrics.iter().all(|metric| metric.test != SignificanceTest::Unpaired));
}

#[test]
fn a_faster_database_is_an_improvement_and_passes() {
    let mut old = shop();
    old["classes"]["page"]["phases"][1]["db"] = json!("66ms");
    let check = after(&old, &shop());
    assert_eq!(check.verdict, CheckVerdict::Passes);
    let metrics = &compared(&check).metrics;
    assert!(with(metrics, MetricVerdict::Improved).contains(&"sync.mean".to_owned()));
    assert!(with(metrics, MetricVerdict::Regressed).is_empty());
}

#[test]
fn a_change_that_affects_no_number_raises_no_alarm() {
    let mut described = shop();
    described["description"] = json!("The same with a different description.");
    let mut renamed = shop();
    let mut classes = renamed["classes"].as_object().unwrap().clone();
    let page = classes.shift_remove("page").unwrap();
    classes.shift_insert(0, "page_of_the_shop".to_owned(), page);
    renamed["classes"] = classes.into();
    // Two database calls are swapped: the sums are the same, and so are the waits for the CPU.
    let mut two_calls = shop();
    two_calls["classes"]["page"]["phases"] = json!([{ "db": "20ms" }, { "db": "40ms" }, { "compute": "6ms" }]);
    let mut other_order = two_calls.clone();
    other_order["classes"]["page"]["phases"] = json!([{ "db": "40ms" }, { "db": "20ms" }, { "compute": "6ms" }]);
    for (old, new) in [(shop(), shop()), (shop(), described), (shop(), renamed), (two_calls, other_order)] {
        let check = after(&old, &new);
        assert_eq!(check.verdict, CheckVerdict::Passes, "{:?}", check.reasons);
        let metrics = &compared(&check).metrics;
        assert!(metrics.len() >= 3 * 6, "{} numbers", metrics.len());
        assert_eq!(with(metrics, MetricVerdict::Unchanged).len(), metrics.len());
    }
}

#[test]
fn a_renamed_class_is_noted() {
    let mut renamed = shop();
    let search = renamed["classes"].as_object_mut().unwrap().shift_remove("search").unwrap();
    renamed["classes"]["find"] = search;
    let check = after(&shop(), &renamed);
    let comparison = compared(&check);
    let one_sided = |name: &str, only_in| OneSided { part: ScenarioPart::Class, name: name.to_owned(), only_in };
    assert_eq!(comparison.one_sided, [one_sided("search", Side::Baseline), one_sided("find", Side::Scenario)]);
    assert_eq!(
        comparison.changes.iter().map(|change| change.path.as_str()).collect::<Vec<_>>(),
        ["classes.find", "classes.search"]
    );
}

#[test]
fn additional_replications_are_compared_as_far_as_they_pair() {
    let mut more = shop();
    more["run"]["replications"] = json!(12);
    let check = after(&shop(), &more);
    let comparison = compared(&check);
    assert_eq!(check.verdict, CheckVerdict::Passes);
    for metric in &comparison.metrics {
        // Percentiles of too few requests have no pairs, so the numbers of all replications are shown.
        if metric.test == SignificanceTest::Paired {
            assert_eq!(metric.verdict, MetricVerdict::Unchanged, "{metric:#?}");
        }
    }
    assert_eq!(comparison.notes, [ComparisonNote::OtherReplications { baseline: 10, run: 12 }]);
}

#[test]
fn batches_of_one_run_pair_as_well() {
    let mut one = shop();
    one["run"] = json!({ "requests": 20_000 });
    let mut slower = one.clone();
    slower["classes"]["page"]["phases"][1]["db"] = json!("66ms");
    let check = after(&one, &slower);
    let metrics = &compared(&check).metrics;
    assert!(with(metrics, MetricVerdict::Regressed).contains(&"async.mean".to_owned()), "{metrics:#?}");
    assert!(metrics.iter().any(|metric| metric.test == SignificanceTest::Paired));
    assert_eq!(after(&one, &one).verdict, CheckVerdict::Passes);
}

#[test]
fn replications_are_not_compared_with_batches() {
    let mut one = shop();
    one["run"] = json!({ "requests": 20_000 });
    for (old, new, says) in [(shop(), one.clone(), "--replications 10"), (one, shop(), "without `--replications`")] {
        let check = after(&old, &new);
        assert_eq!(check.verdict, CheckVerdict::Incomplete);
        let BaselineCheck::NotComparable(why) = &check.baseline else { panic!("{:?}", check.baseline) };
        assert!(words::advice(&why.help).contains(says), "{why:?}");
    }
}

#[test]
fn without_randomness_any_difference_counts() {
    let old = json!({
        "classes": { "page": { "phases": [{ "compute": "10ms" }, { "db": "60ms" }] } },
        "arrivals": { "at": [{ "time": "0ms" }, { "time": "5ms" }, { "time": "9ms" }] },
        "policies": [{ "sync": {} }, { "async": {} }]
    });
    let mut slower = old.clone();
    slower["classes"]["page"]["phases"][1]["db"] = json!("66ms");
    let check = after(&old, &slower);
    assert_eq!(check.verdict, CheckVerdict::Fails);
    let metrics = &compared(&check).metrics;
    assert!(metrics.iter().all(|metric| metric.test == SignificanceTest::Exact));
    assert!(with(metrics, MetricVerdict::Regressed).contains(&"async.mean".to_owned()));
    let mut hardly = old.clone();
    hardly["classes"]["page"]["phases"][1]["db"] = json!("60.5ms");
    assert_eq!(after(&old, &hardly).verdict, CheckVerdict::Passes, "half a millisecond is tolerated");
}

#[test]
fn a_short_random_run_never_fails_but_may_be_undecided() {
    let mut old = shop();
    old["run"] = json!({ "requests": 60 });
    let mut slower = old.clone();
    slower["classes"]["page"]["phases"][1]["db"] = json!("90ms");
    let check = after(&old, &slower);
    assert_eq!(check.verdict, CheckVerdict::Passes);
    let metrics = &compared(&check).metrics;
    assert!(with(metrics, MetricVerdict::Undecided).contains(&"async.mean".to_owned()), "{metrics:#?}");
    assert!(with(metrics, MetricVerdict::Regressed).is_empty());
    assert_eq!(with(&compared(&after(&old, &old)).metrics, MetricVerdict::Undecided), [""; 0]);
}

#[test]
fn less_throughput_and_more_errors_are_worse() {
    let mut old = shop();
    old["policies"] = json!([{ "sync": { "workers": 8, "backlog": 20 } }]);
    let mut new = old.clone();
    new["policies"][0]["sync"]["workers"] = json!(2);
    let regressed = with(&compared(&after(&old, &new)).metrics, MetricVerdict::Regressed);
    for name in ["sync.throughput", "sync.error_rate"] {
        assert!(regressed.contains(&name.to_owned()), "{name} is not in {regressed:?}");
    }
    let improved = with(&compared(&after(&new, &old)).metrics, MetricVerdict::Improved);
    assert!(improved.contains(&"sync.throughput".to_owned()), "{improved:?}");
}

#[test]
fn a_baseline_with_another_seed_model_or_name_is_not_compared() {
    let old = baseline(&shop());
    for (other, says) in [
        (Baseline { seed: 7, ..old.clone() }, "is of seed 7, and this run of seed 1"),
        (Baseline { model_version: 99, ..old.clone() }, "is of version 99 of the model"),
        (Baseline { scenario: "office".to_owned(), ..old.clone() }, "is of another scenario, `office`"),
    ] {
        let check = checked(&shop(), &Stored::Text(baseline_json(&other)));
        assert_eq!(check.verdict, CheckVerdict::Incomplete);
        let BaselineCheck::NotComparable(why) = &check.baseline else { panic!("{:?}", check.baseline) };
        assert!(words::why_not_comparable(&why.why).contains(says), "{why:?}");
        assert!(check.reasons.contains(&CheckReason::NotComparable(why.why.clone())));
    }
}
