//! Why numbers have no confidence interval, or too wide a one.

use crate::stats::{Method, MissedPrecision, NotEstimable, WhyImprecise};

/// Why a number has no confidence interval.
pub fn not_estimable(why: NotEstimable) -> String {
    match why {
        NotEstimable::NoValues => "no batch has this number".to_owned(),
        NotEstimable::NoCompleteBatch { requests } => format!(
            "no batch of {requests} requests is complete: the run is too short, or requests are in flight at its end"
        ),
        NotEstimable::OneReplication => "one replication does not show how much replications vary".to_owned(),
        NotEstimable::TooFewBatches => {
            "the run is too short for batches: run more requests, or replications".to_owned()
        }
        NotEstimable::TooFewRequests { found, wanted, needed, is_percentile, method } => {
            let lie = if is_percentile { "lie beyond it" } else { "were answered" };
            format!(
                "only {found} of these requests {lie} in the shortest {}, and {wanted} are needed: {needed} of these requests in each",
                part(method)
            )
        }
        NotEstimable::MissingValue { method } => format!("not every {} has one", part(method)),
        NotEstimable::PartlyInfinite { infinite, parts } => {
            format!("in {infinite} of {parts} too many requests got no answer")
        }
        NotEstimable::CorrelatedBatches { requests } => {
            format!("batches of {requests} requests still depend on each other: run longer, or replications")
        }
        NotEstimable::TooFewPairs => "there are too few pairs".to_owned(),
        NotEstimable::NoPairs => "the run is too short for an interval".to_owned(),
        NotEstimable::DifferentBatches => {
            "the two have different batches, because retries count as requests".to_owned()
        }
    }
}

const fn part(method: Method) -> &'static str {
    match method {
        Method::Replications => "replication",
        Method::Batches { .. } => "batch",
    }
}

/// A number whose interval is wider than requested.
pub fn missed(missed: &MissedPrecision) -> String {
    let MissedPrecision { policy, metric, why } = missed;
    match *why {
        WhyImprecise::TooWide { half_width } => format!("{policy}, {metric}: ± {:.2} %", half_width * 100.0),
        WhyImprecise::NoNumber => format!("{policy}, {metric}: not estimable: {NO_NUMBER}"),
        WhyImprecise::NotEstimable(why) => format!("{policy}, {metric}: not estimable: {}", not_estimable(why)),
    }
}

/// The words for a number that a run does not have.
pub(super) const NO_NUMBER: &str = "the run has no such number";
