//! The findings of a run: its policies one by one, and its objectives.

use super::{connections, objectives, stations};
use crate::output::block::number;
use crate::output::block::{Finding, FindingStatus};
use crate::output::words;
use crate::stats::{MUCH_UNANSWERED, MissingClient, PolicyResults, ScenarioResults, WarmUpMethod};

/// Everything that was judged in a run.
pub fn findings(results: &ScenarioResults) -> Vec<Finding> {
    let mut findings: Vec<Finding> = results.policies.iter().map(runs_to_its_end).collect();
    findings.extend(results.policies.iter().filter_map(answers_its_requests));
    findings.extend(results.policies.iter().filter_map(sustains_its_load));
    findings.extend(results.missing_clients.iter().map(asks_through_a_client));
    findings.extend(results.policies.iter().filter_map(shares_its_load));
    findings.extend(connections::findings(results));
    findings.extend(settles(results));
    findings.extend(precision(results));
    findings.extend(results.slo.iter().map(|objective| objectives::finding(objective, results)));
    findings
}

fn runs_to_its_end(policy: &PolicyResults) -> Finding {
    let (status, message) = match policy.incomplete.as_ref().map(words::incomplete) {
        Some(why) => (FindingStatus::Error, format!("{} {why}", policy.name)),
        None => {
            let completed = number::count(policy.requests.completed);
            (FindingStatus::Passes, format!("{} ran to its end; requests completed: {completed}", policy.name))
        }
    };
    let details = stations::reasons(&policy.requests);
    Finding { details, ..of_run(Some(policy), "runs to its end", status, message) }
}

/// Whether no worker is overloaded while others are not, if workers can differ.
fn shares_its_load(policy: &PolicyResults) -> Option<Finding> {
    let (status, message) = match stations::imbalance(policy) {
        Some(message) => (FindingStatus::Warned, message),
        None => (FindingStatus::Passes, format!("{} spreads its load over its workers", policy.name)),
    };
    (!policy.per_worker.is_empty()).then(|| of_run(Some(policy), "spreads its load", status, message))
}

/// How many requests got no answer, if any did.
fn answers_its_requests(policy: &PolicyResults) -> Option<Finding> {
    let share = policy.error_rate.filter(|share| *share > 0.0)?;
    let status = if share > MUCH_UNANSWERED { FindingStatus::Warned } else { FindingStatus::Noted };
    let (unanswered, share) = (number::count(policy.requests.unanswered()), number::percent(Some(share)));
    let message =
        format!("{}: {unanswered} requests ({share}) got no answer; response times are of the others", policy.name);
    Some(of_run(Some(policy), "answers its requests", status, message))
}

/// Whether the policy can sustain its load, if that was determined.
fn sustains_its_load(policy: &PolicyResults) -> Option<Finding> {
    let saturation = policy.saturation.as_ref()?;
    let (status, message) = match words::load_warning(saturation) {
        Some(message) => (FindingStatus::Warned, format!("{}: {message}", policy.name)),
        None => (FindingStatus::Passes, format!("{} sustains its load", policy.name)),
    };
    Some(of_run(Some(policy), "sustains its load", status, message))
}

/// A pool that a product queries without a `client`: the numbers leave something out.
fn asks_through_a_client(missing: &MissingClient) -> Finding {
    let MissingClient { policy, backend, measured } = missing;
    let asked = format!("asks {backend} through a client");
    let message =
        format!("{policy}: `{backend}` has a pool and no `client`; \"client\": \"{measured}\" adds what was measured");
    Finding::new("run", asked, FindingStatus::Noted, message).of_part(policy.clone())
}

fn settles(results: &ScenarioResults) -> Option<Finding> {
    let unsettled = &results.warm_up.unsettled;
    let (status, message) = match unsettled.is_empty() {
        true => (FindingStatus::Passes, "response times settle".to_owned()),
        false => (FindingStatus::Warned, format!("response times do not settle under {}", unsettled.join(", "))),
    };
    (results.warm_up.method == WarmUpMethod::Auto).then(|| of_run(None, "settles", status, message))
}

fn precision(results: &ScenarioResults) -> Option<Finding> {
    let precision = results.precision.as_ref()?;
    let asked = format!("{} of {}", number::short_percent(precision.half_width), precision.metrics.join(", "));
    let (status, message) = match precision.reached {
        true => (FindingStatus::Passes, format!("intervals are as narrow as asked: ± {asked}")),
        false => (FindingStatus::Error, format!("intervals are wider than asked: ± {asked}")),
    };
    Some(Finding {
        details: precision.missed.iter().map(words::missed).collect(),
        ..of_run(None, "is as precise as asked", status, message)
    })
}

fn of_run(policy: Option<&PolicyResults>, asked: &str, status: FindingStatus, message: String) -> Finding {
    Finding { part: policy.map(|policy| policy.name.clone()), ..Finding::new("run", asked, status, message) }
}
