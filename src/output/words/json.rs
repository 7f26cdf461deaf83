//! The JSON values of documents: the data, with enums replaced by their words.

use serde::Serialize;
use serde_json::{Value, json};

use super::*;
use crate::stats::{AllArrived, ClassConfidence, ObjectiveResult, PolicyResults, ScenarioResults, Station};
use crate::study::{BaselineCheck, BaselineNumber, Explanations, Plan, Replayed, ScenarioCheck, StoredReason, WhyNot};

/// `results.json`.
pub fn results_value(results: &ScenarioResults) -> Value {
    let mut value = plain(results);
    put_results(results, &mut value);
    value
}

/// The results of a policy.
pub fn policy_value(policy: &PolicyResults) -> Value {
    let mut value = plain(policy);
    put_policy(policy, &mut value);
    value
}

/// An objective and its verdict.
pub fn objective_value(objective: &ObjectiveResult) -> Value {
    plain(objective)
}

/// The results of `check`.
pub fn check_value(check: &ScenarioCheck) -> Value {
    let mut value = plain(check);
    put_results(&check.results, &mut value["results"]);
    put(&mut value, "reasons", check.reasons.iter().map(reason).collect::<Vec<_>>());
    let baseline = &mut value["baseline"];
    match &check.baseline {
        BaselineCheck::Compared(comparison) => {
            put(baseline, "notes", comparison.notes.iter().copied().map(comparison_note).collect::<Vec<_>>());
            for (metric, value) in comparison.metrics.iter().zip(items(&mut baseline["metrics"])) {
                put_if(value, "why", metric.why.as_ref().map(why_undecided));
            }
        }
        BaselineCheck::NotComparable(not) => {
            put(baseline, "why", why_not_comparable(&not.why));
            put(baseline, "help", advice(&not.help));
        }
        BaselineCheck::Written(written) => {
            if let Some(unjudged) = &written.unjudged {
                put(&mut baseline["unjudged"], "help", unjudged_help(unjudged.help));
            }
        }
        BaselineCheck::NotAsked => {}
    }
    value
}

/// A number of a baseline.
pub fn number_value(number: &BaselineNumber) -> Value {
    let mut value = plain(number);
    match &number.not_estimable {
        Some(StoredReason::Found(why)) => put(&mut value, "not_estimable", not_estimable(*why)),
        Some(StoredReason::Read(_)) | None => {}
    }
    value
}

/// The results of `replay`.
pub fn replay_value(replayed: &Replayed) -> Value {
    let mut value = plain(replayed);
    for (case, value) in replayed.cases.iter().zip(items(&mut value["cases"])) {
        put_if(value, "no_prediction", case.no_prediction.map(no_prediction));
    }
    value
}

/// The explanations of `explain`.
pub fn explain_value(explanations: &Explanations) -> Value {
    let mut value = plain(explanations);
    for (policy, value) in explanations.policies.iter().zip(items(&mut value["policies"])) {
        put_if(value, "incomplete", policy.incomplete.as_ref().map(incomplete));
        let Some(changes) = value.get_mut("what_if") else { continue };
        for (change, value) in policy.what_if.iter().zip(items(changes)) {
            for (difference, value) in change.class_differences.iter().zip(items(&mut value["class_differences"])) {
                put_if(value, "not_estimable", difference.not_estimable.map(not_estimable));
            }
        }
    }
    value
}

/// The plan of `plan`.
pub fn plan_value(plan: &Plan) -> Value {
    let mut value = plain(plan);
    for (policy, value) in plan.policies.iter().zip(items(&mut value["policies"])) {
        let names = |stations: &[Station]| -> Vec<String> {
            stations.iter().map(|station| binding(std::slice::from_ref(station))).collect()
        };
        put(value, "binds_next", names(&policy.binds_next));
        for (station, value) in policy.stations.iter().zip(items(&mut value["stations"])) {
            put(value, "station", binding(std::slice::from_ref(&station.station)));
        }
        if let Some(WhyNot::Capacity { binding: stations }) = &policy.why {
            put(&mut value["why"]["capacity"], "binding", binding(stations));
        }
        let flags =
            product_flags(policy).into_iter().map(|flags| json!({ "product": flags.product, "text": flags.text }));
        put(value, "flags", flags.collect::<Vec<_>>());
    }
    value
}

fn put_results(results: &ScenarioResults, value: &mut Value) {
    put(value, "assumptions", results.assumptions.iter().copied().map(assumption).collect::<Vec<_>>());
    if let Some(precision) = results.precision.as_ref().filter(|precision| !precision.missed.is_empty()) {
        put(&mut value["precision"], "missed", precision.missed.iter().map(missed).collect::<Vec<_>>());
    }
    for (policy, value) in results.policies.iter().zip(items(&mut value["policies"])) {
        put_policy(policy, value);
    }
    if !results.comparisons.is_empty() {
        for (comparison, value) in results.comparisons.iter().zip(items(&mut value["comparisons"])) {
            for (difference, value) in comparison.differences.iter().zip(items(&mut value["differences"])) {
                put_if(value, "not_estimable", difference.not_estimable.map(not_estimable));
            }
        }
    }
}

fn put_policy(policy: &PolicyResults, value: &mut Value) {
    if let Some(saturation) = &policy.saturation {
        let value = &mut value["saturation"];
        put(value, "binding", binding(&saturation.binding));
        put_if(value, "message", load_warning(saturation));
        put_if(value, "note", left_out("the capacity", saturation.note.iter().copied()));
    }
    put_if(value, "no_prediction", policy.no_prediction.map(no_prediction));
    put_if(value, "incomplete", policy.incomplete.as_ref().map(incomplete));
    put_reasons(policy.confidence.as_ref().map(|confidence| &confidence.numbers), value);
    put_all_arrived(&policy.all_arrived, value);
    for (name, class) in &policy.classes {
        let value = &mut value["classes"][name.as_str()];
        put_reasons(class.confidence.as_ref(), value);
        put_all_arrived(&class.all_arrived, value);
    }
}

fn put_all_arrived(all_arrived: &AllArrived, value: &mut Value) {
    put_reasons(all_arrived.confidence.as_ref(), &mut value["all_arrived"]);
}

/// Why numbers have no interval, below `confidence`.
fn put_reasons(confidence: Option<&ClassConfidence>, value: &mut Value) {
    for (metric, why) in confidence.iter().flat_map(|confidence| &confidence.not_estimable) {
        put(&mut value["confidence"]["not_estimable"], metric, not_estimable(*why));
    }
}

/// Plain data as a JSON value.
pub fn plain(data: &impl Serialize) -> Value {
    serde_json::to_value(data).expect("documents are plain data under names")
}

fn put(value: &mut Value, field: &str, words: impl Into<Value>) {
    value[field] = words.into();
}

fn put_if(value: &mut Value, field: &str, words: Option<impl Into<Value>>) {
    if let Some(words) = words {
        put(value, field, words);
    }
}

fn items(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    value.as_array_mut().into_iter().flatten()
}
