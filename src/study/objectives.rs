//! What was asked of the results, and whether they meet it.
//!
//! Percentiles and maxima are of every request that arrived: one without an answer is slower than any bound. A number that
//! is infinite so is no value to show, but it breaks every upper bound.

use crate::model::{Metric, Named, Population, Quantity};
use crate::scenario::{Comparison, Objective, Scenario};
use crate::stats::{
    AllArrived, ClassConfidence, MUCH_UNANSWERED, ObjectiveResult, ObjectiveVerdict, PolicyResults, Recovery,
    RequestCounts,
};

use super::decision::{Evidence, undecided};

/// Every objective of the scenario, held against each policy it is for; in the order of the scenario. Policies that did
/// not run are left out.
pub(super) fn judge(scenario: &Scenario, policies: &[PolicyResults], backends: &[&str]) -> Vec<ObjectiveResult> {
    let concerns = |objective: &Objective, results: &PolicyResults| {
        objective.policy.is_none_or(|policy| scenario.policies()[policy].name() == results.name)
    };
    let pairs = scenario.objectives().iter().flat_map(|objective| {
        policies.iter().filter(move |results| concerns(objective, results)).map(move |results| (objective, results))
    });
    pairs.map(|(objective, results)| held_against(objective, results, scenario, backends)).collect()
}

/// The numbers of a policy, or of one of its classes.
struct Scope<'a> {
    policy: &'a PolicyResults,
    /// The class's place in the scenario.
    class: Option<usize>,
    requests: &'a RequestCounts,
    error_rate: Option<f64>,
    all_arrived: &'a AllArrived,
    confidence: Option<&'a ClassConfidence>,
}

impl<'a> Scope<'a> {
    fn new(policy: &'a PolicyResults, class: Option<usize>) -> Self {
        let of_class = class.and_then(|class| policy.classes.get_index(class));
        match of_class {
            Some((_, results)) => Self {
                policy,
                class,
                requests: &results.requests,
                error_rate: results.error_rate,
                all_arrived: &results.all_arrived,
                confidence: results.confidence.as_ref(),
            },
            None => Self {
                policy,
                class: None,
                requests: &policy.requests,
                error_rate: policy.error_rate,
                all_arrived: &policy.all_arrived,
                confidence: policy.confidence.as_ref().map(|confidence| &confidence.numbers),
            },
        }
    }

    fn number(&self, metric: Metric, backends: &[&str]) -> Option<f64> {
        match self.class.and_then(|class| self.policy.classes.get_index(class)) {
            Some((_, class)) => class.metric(metric),
            None => self.policy.metric(metric, backends),
        }
    }

    /// The intervals among which that of a metric is, by their names.
    fn confidence(&self, metric: Metric) -> Option<&'a ClassConfidence> {
        if metric == metric.of_answered() { self.confidence } else { self.all_arrived.confidence.as_ref() }
    }

    /// The share without an answer of the requests or operations that a metric is about.
    fn without_answer(&self, metric: Metric) -> Option<f64> {
        let share = match metric.population().quantity()? {
            Quantity::OperationTime => self.operations_without_answer(),
            Quantity::ResponseTime | Quantity::Slowdown => self.error_rate,
        };
        share.filter(|share| *share > 0.0)
    }

    fn operations_without_answer(&self) -> Option<f64> {
        self.policy.operations.as_ref()?.error_rate
    }
}

fn held_against(
    objective: &Objective,
    results: &PolicyResults,
    scenario: &Scenario,
    backends: &[&str],
) -> ObjectiveResult {
    let fault = objective.during.or(objective.metric.fault());
    let effect = fault.and_then(|id| results.faults.iter().find(|effect| effect.fault == usize::from(id.0) + 1));
    let (policy, all_requests) = (results.name.clone(), results.requests.arrived);
    let results = match objective.during {
        Some(_) => effect.and_then(|effect| effect.during_all.as_deref()).unwrap_or(results),
        None => results,
    };
    // What has not come to an end by the end of the run takes longer than any bound.
    let lasts =
        objective.metric.fault().is_some() && effect.is_some_and(|effect| effect.recovery == Recovery::NotRecovered);
    let metric = objective.metric;
    let scope = Scope::new(results, objective.class.map(|class| usize::from(class.0)));
    let arrived = scope.requests.arrived;
    let number = match scope.number(metric, backends) {
        Some(count) if objective.is_share => (arrived > 0).then(|| count / arrived as f64),
        number => number,
    };
    let number = number.or(lasts.then_some(f64::INFINITY));
    let verdict = verdict(objective, number, scope.all_arrived);
    let value = number.filter(|number| number.is_finite());
    let stored_name = metric.name(backends);
    let interval = scope.confidence(metric).and_then(|told| told.intervals.get(&stored_name).copied());
    let uncertain = interval.is_some_and(|[low, high]| holds(objective, low) != holds(objective, high));
    let without_answer = scope.without_answer(metric);
    let has_no_value = value.is_none() && !lasts && verdict != ObjectiveVerdict::NoData;
    let evidence = Evidence {
        metric,
        number,
        bound: objective.bound,
        interval,
        without_answer: scope.confidence.and_then(|told| told.intervals.get(Named::ErrorRate.name()).copied()),
        holds_bound: uncertain,
        class: scope.class,
        requests: scope.requests,
        all_requests,
    };
    let is_known = verdict == ObjectiveVerdict::NoData || scenario.is_deterministic();
    ObjectiveResult {
        objective: objective.text.clone(),
        policy,
        fault: effect.and_then(|effect| effect.name.clone()),
        class: scope.class.and_then(|class| results.classes.get_index(class)).map(|(name, _)| name.clone()),
        metric: objective.metric_name(backends),
        unit: objective.unit(),
        value,
        interval,
        without_answer,
        answered_only: matches!(metric.population(), Population::Answered(_))
            && without_answer.is_some_and(|share| share > MUCH_UNANSWERED),
        longest_wait_ms: scope.all_arrived.longest_wait_ms.filter(|_| has_no_value),
        bound: objective.bound,
        warns: objective.warns,
        verdict,
        uncertain,
        undecided: if is_known { None } else { undecided(&evidence, results, scenario) },
        file: objective.origin.file.clone(),
        line: objective.origin.line,
        column: objective.origin.column,
        end_column: objective.origin.end_column,
    }
}

fn holds(objective: &Objective, number: f64) -> bool {
    objective.comparison.holds(number, objective.bound)
}

fn verdict(objective: &Objective, number: Option<f64>, all_arrived: &AllArrived) -> ObjectiveVerdict {
    let is_met = match number {
        Some(number) => holds(objective, number),
        // All are in flight. Those older than the bound have missed it, the others are left out.
        None => match at_least(objective.metric, all_arrived) {
            Some(at_least) if at_least >= objective.bound => match objective.comparison {
                Comparison::Less | Comparison::AtMost | Comparison::Equal => false,
                Comparison::Greater | Comparison::AtLeast => true,
            },
            Some(_) | None => return ObjectiveVerdict::NoData,
        },
    };
    match (is_met, objective.warns) {
        (true, _) => ObjectiveVerdict::Met,
        (false, true) => ObjectiveVerdict::Warned,
        (false, false) => ObjectiveVerdict::Broken,
    }
}

/// What a percentile of every request that arrived is at least, where all that it is about are in flight.
fn at_least(metric: Metric, all_arrived: &AllArrived) -> Option<f64> {
    metric.population().is_arrived().then(|| all_arrived.at_least.get(metric.as_named()?.name()).copied())?
}
