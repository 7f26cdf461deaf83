//! What was asked of the results, and whether they meet it.

use crate::model::Metric;
use crate::scenario::{Objective, Scenario};
use crate::stats::{ClassConfidence, ObjectiveResult, ObjectiveVerdict, PolicyResults, Recovery};

/// Every objective of the scenario, held against each policy it is for; in the order of the scenario. Policies that did
/// not run are left out.
pub(super) fn judge(scenario: &Scenario, policies: &[PolicyResults], backends: &[&str]) -> Vec<ObjectiveResult> {
    let concerns = |objective: &Objective, results: &PolicyResults| {
        objective.policy.is_none_or(|policy| scenario.policies[policy].name() == results.name)
    };
    let pairs = scenario.objectives.iter().flat_map(|objective| {
        policies.iter().filter(move |results| concerns(objective, results)).map(move |results| (objective, results))
    });
    pairs.map(|(objective, results)| held_against(objective, results, scenario, backends)).collect()
}

fn held_against(
    objective: &Objective,
    results: &PolicyResults,
    scenario: &Scenario,
    backends: &[&str],
) -> ObjectiveResult {
    let fault = objective.during.or(match objective.metric {
        Metric::Recovery(id) => Some(id),
        Metric::Named(_)
        | Metric::FailedBy(_)
        | Metric::RejectedBy(_)
        | Metric::BackendUtilization(_)
        | Metric::PoolUtilization(_)
        | Metric::Station(..) => None,
    });
    let effect = fault.and_then(|id| results.faults.iter().find(|effect| effect.fault == usize::from(id.0) + 1));
    let policy = results.name.clone();
    let results = match objective.during {
        Some(_) => effect.and_then(|effect| effect.during_all.as_deref()).unwrap_or(results),
        None => results,
    };
    let class = objective.class.map(|class| scenario.workload.classes[usize::from(class.0)].name.clone());
    let metric = objective.metric.name(backends);
    let of_class = class.as_ref().and_then(|class| results.classes.get(class));
    let (value, confidence, arrived) = match of_class {
        Some(class) => (class.metric(objective.metric), class.confidence.as_ref(), class.requests.arrived),
        None => (
            results.metric(objective.metric, backends),
            results.confidence.as_ref().map(|confidence| &confidence.numbers),
            results.requests.arrived,
        ),
    };
    let value = match value {
        Some(count) if objective.is_share => (arrived > 0).then(|| count / arrived as f64),
        value => value,
    };
    let interval = confidence.and_then(|ClassConfidence { intervals, .. }| intervals.get(&metric).copied());
    // What has not come to an end by the end of the run takes longer than any bound.
    let lasts = value.is_none() && effect.is_some_and(|effect| effect.recovery == Recovery::NotRecovered);
    let lasts = lasts && objective.during.is_none();
    let holds = |value: f64| objective.comparison.holds(value, objective.bound);
    ObjectiveResult {
        objective: objective.text.clone(),
        policy,
        fault: effect.and_then(|effect| effect.name.clone()),
        class,
        metric,
        unit: objective.unit(),
        value,
        interval,
        bound: objective.bound,
        warns: objective.warns,
        verdict: match value.or(lasts.then_some(f64::INFINITY)) {
            None => ObjectiveVerdict::NoData,
            Some(value) if holds(value) => ObjectiveVerdict::Met,
            Some(_) if objective.warns => ObjectiveVerdict::Warned,
            Some(_) => ObjectiveVerdict::Broken,
        },
        uncertain: interval.is_some_and(|[low, high]| holds(low) != holds(high)),
        file: objective.place.file.clone(),
        line: objective.place.line,
        column: objective.place.column,
        end_column: objective.place.end_column,
    }
}
