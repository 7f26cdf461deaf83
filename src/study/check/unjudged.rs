//! Numbers of a baseline that no check can judge, and how long runs must be to judge them.

use indexmap::IndexMap;

use crate::model::{Metric, Named, SimDuration};
use crate::scenario::{RunEnd, Scenario};
use crate::stats::{RequestCounts, ScenarioResults, requests_needed};

use super::baseline::{Baseline, BaselineNumbers};
use super::{Unjudged, UnjudgedHelp, UnjudgedNumbers};
use crate::study::decision::{mean_for_at_least, two_digits_up};

/// The numbers of a baseline that have no confidence interval; none where nothing is left to chance.
pub(super) fn unjudged(baseline: &Baseline, scenario: &Scenario, results: &ScenarioResults) -> Option<Unjudged> {
    if baseline.deterministic {
        return None;
    }
    let scopes = scopes(baseline, results);
    let mut whom: IndexMap<&'static str, Vec<String>> = IndexMap::new();
    for named in Named::JUDGED {
        for scope in &scopes {
            if scope.numbers.get(named.name()).is_some_and(|number| number.samples.is_empty()) {
                whom.entry(named.name()).or_default().push(scope.name.clone());
            }
        }
    }
    let mut numbers: Vec<UnjudgedNumbers> = Vec::new();
    for (metric, of) in whom {
        match numbers.iter_mut().find(|known| known.of == of) {
            Some(known) => known.metrics.push(metric),
            None => numbers.push(UnjudgedNumbers { metrics: vec![metric], of }),
        }
    }
    (!numbers.is_empty()).then(|| Unjudged { numbers, help: help(scenario, &scopes, results.replications) })
}

/// All requests of a policy, or those of a class.
struct StoredNumbers<'a> {
    /// As objectives name it: `sync.search`.
    name: String,
    numbers: &'a BaselineNumbers,
    requests: &'a RequestCounts,
}

fn scopes<'a>(baseline: &'a Baseline, results: &'a ScenarioResults) -> Vec<StoredNumbers<'a>> {
    let mut scopes = Vec::new();
    for policy in &results.policies {
        let Some(stored) = baseline.policies.get(&policy.name) else { continue };
        scopes.push(StoredNumbers { name: policy.name.clone(), numbers: &stored.metrics, requests: &policy.requests });
        scopes.extend(stored.classes.iter().filter_map(|(class, numbers)| {
            let requests = &policy.classes.get(class)?.requests;
            Some(StoredNumbers { name: format!("{}.{class}", policy.name), numbers, requests })
        }));
    }
    scopes
}

/// What gives every number an interval.
fn help(scenario: &Scenario, scopes: &[StoredNumbers<'_>], replications: u64) -> UnjudgedHelp {
    let longest = |length: f64, all: Option<u64>| {
        let factors = scopes.iter().map(|scope| factor(scope, replications, all));
        two_digits_up(length * factors.fold(0.0, f64::max))
    };
    if scopes.iter().all(|scope| scope.requests.completed == 0) {
        return UnjudgedHelp::NothingAnswered;
    }
    match scenario.run().end {
        RunEnd::Requests(requests) => UnjudgedHelp::Requests(longest(requests as f64, Some(requests)) as u64),
        RunEnd::Duration(duration) => {
            let nanos = longest(duration.as_nanos() as f64, None);
            UnjudgedHelp::Duration(SimDuration::round_from_nanos(nanos))
        }
        RunEnd::Arrivals => UnjudgedHelp::MoreArrivals,
    }
}

/// How many times as long a replication must be for all numbers of a scope. `all`: how many requests arrive in each,
/// where that is no matter of chance.
fn factor(scope: &StoredNumbers<'_>, replications: u64, all: Option<u64>) -> f64 {
    let judged = Named::JUDGED.iter().filter(|named| scope.numbers.contains_key(named.name()));
    let needed = judged.map(|named| requests_needed(Metric::Named(*named))).max().unwrap_or(0) as f64;
    let completed = scope.requests.completed as f64 / replications as f64;
    let is_certain = all.is_some_and(|all| scope.requests.completed == all * replications);
    let on_average = if is_certain { needed } else { mean_for_at_least(needed) };
    if completed > 0.0 { on_average / completed } else { 0.0 }
}
