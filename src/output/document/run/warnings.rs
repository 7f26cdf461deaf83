//! What to know before trusting the numbers.

use super::{connections, stations};
use crate::output::block::number;
use crate::output::words;
use crate::stats::{MUCH_UNANSWERED, PolicyResults, RequestCounts, ScenarioResults};

/// What to know before trusting the numbers, a sentence each.
pub fn warnings(results: &ScenarioResults) -> Vec<String> {
    let mut warnings: Vec<String> = results.policies.iter().filter_map(without_answer).collect();
    for policy in &results.policies {
        let saturation = policy.saturation.as_ref();
        warnings.extend(saturation.and_then(words::load_warning).map(|message| format!("{}: {message}", policy.name)));
    }
    for policy in &results.policies {
        warnings.extend(policy.deadlock.as_ref().map(|found| format!("{}: {}", policy.name, words::deadlock(found))));
    }
    warnings.extend(results.policies.iter().filter_map(stations::imbalance));
    warnings.extend(connections::warnings(results));
    for policy in &results.policies {
        let why = policy.no_prediction.map(words::no_prediction);
        warnings.extend(why.map(|why| format!("{}: no prediction of a real server is possible: {why}", policy.name)));
    }
    if results.policies.iter().any(|policy| policy.requests.arrived == 0 && policy.warm_up_requests > 0) {
        warnings
            .push("every request arrived during the warm-up, so none is left to measure: the run is too short".into());
    }
    if !results.warm_up.unsettled.is_empty() {
        warnings.push(format!(
            "response times of {} had not settled by the middle of the run: it is too short for a steady state, or there is none",
            results.warm_up.unsettled.join(", ")
        ));
    }
    if let Some(precision) = results.precision.as_ref().filter(|precision| !precision.reached) {
        warnings.push(format!(
            "the precision asked for ({}) was not reached: {}",
            number::short_percent(precision.half_width),
            precision.missed.iter().map(words::missed).collect::<Vec<_>>().join("; ")
        ));
    }
    warnings
}

/// The share of requests without an answer, which response times leave out, if it is above 1 %.
fn without_answer(policy: &PolicyResults) -> Option<String> {
    let RequestCounts { arrived, completed, rejected, timed_out, failed, in_flight, .. } = policy.requests;
    let share = |count: u64| count as f64 / arrived as f64;
    let counts = [
        (rejected, "rejected"),
        (timed_out, "timed out"),
        (failed, "failed"),
        (in_flight, "were in flight at the end"),
    ];
    let none = counts.iter().map(|(count, _)| count).sum::<u64>();
    if arrived == 0 || share(none) <= MUCH_UNANSWERED {
        return None;
    }
    let parts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", number::percent(Some(share(*count)))))
        .collect();
    let rest = match completed {
        0 => "there are no response times".to_owned(),
        _ => format!("response times are of the other {}", number::percent(Some(share(completed)))),
    };
    Some(format!(
        "{}: {} of the requests got no answer ({}); {rest}",
        policy.name,
        number::percent(Some(share(none))),
        parts.join(", ")
    ))
}
