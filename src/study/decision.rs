//! Whether chance may have decided an objective, and about how many requests would decide it.

use crate::model::{Metric, Named, Population, Quantity, Tail};
use crate::scenario::Scenario;
use crate::stats::{
    Estimated, FEWEST_BATCHES, Interval, Observations, RequestCounts, Series, Undecided, UndecidedReason,
    requests_needed,
};

/// What is known of a number that an objective bounds.
#[derive(Debug)]
pub(super) struct BoundEvidence<'a> {
    pub metric: Metric,
    /// Infinite where too many requests got no answer for the number to exist.
    pub number: Option<f64>,
    pub bound: f64,
    pub interval: Option<[f64; 2]>,
    /// The interval of the share without an answer.
    pub without_answer: Option<[f64; 2]>,
    /// Whether the interval holds the bound.
    pub holds_bound: bool,
    /// The place of the class that it is about.
    pub class: Option<usize>,
    /// What happened to the requests that it is about.
    pub requests: &'a RequestCounts,
    /// All requests of the policy that arrived in the measured time.
    pub all_requests: u64,
    /// Of a number of the requests during a fault, how many replications it is of.
    pub during: Option<u64>,
}

/// Why another seed may say otherwise, if it may.
pub(super) fn undecided(evidence: &BoundEvidence<'_>, estimated: &Estimated, scenario: &Scenario) -> Option<Undecided> {
    let why = match evidence.interval {
        Some(_) if evidence.holds_bound => UndecidedReason::IntervalHoldsBound,
        Some(_) => return None,
        None if is_beyond_in_every_part(evidence, estimated) || is_beyond_for_sure(evidence) => return None,
        None => UndecidedReason::NoInterval,
    };
    let needed = needed(evidence, estimated, scenario, why);
    Some(Undecided {
        why,
        requests: needed.as_ref().map(|needed| needed.requests),
        replications: needed.and_then(|needed| needed.replications),
    })
}

/// Whether each part of the run gave too few answers for there to be a number; a percentile has none where a lower one of the
/// same quantity has none.
fn is_beyond_in_every_part(evidence: &BoundEvidence<'_>, estimated: &Estimated) -> bool {
    let (Some(level), Some(tail)) = (estimated.levels.first(), evidence.metric.facts().tail()) else {
        return false;
    };
    let is_beyond = |metric: Metric| {
        let estimated = series(level, evidence).and_then(|series| series.get(&metric)?.as_ref().ok());
        let parts = estimated.or_else(|| rough(level, evidence.class, metric));
        parts.is_some_and(|parts| parts.len() == level.parts && parts.iter().all(|value| value.is_infinite()))
    };
    let is_no_higher = |other: &Tail| other.quantity == tail.quantity && other.per_mille <= tail.per_mille;
    let mut tails = Named::tails().filter(|(_, other)| is_no_higher(other));
    level.parts > 1 && tails.any(|(named, _)| is_beyond(Metric::OfArrived(named)))
}

fn rough(level: &Observations, class: Option<usize>, metric: Metric) -> Option<&Vec<f64>> {
    let rough = match class {
        Some(class) => level.rough_of_classes.get(class)?,
        None => &level.rough,
    };
    rough.get(&metric)
}

/// Whether the share without an answer is, with its whole interval, more than a percentile leaves.
fn is_beyond_for_sure(evidence: &BoundEvidence<'_>) -> bool {
    let Some(Tail { quantity, per_mille }) = evidence.metric.facts().tail() else { return false };
    if quantity == Quantity::OperationTime {
        // The share of operations without an answer is another.
        return false;
    }
    let left = (1000 - per_mille) as f64 / 1000.0;
    evidence.number.is_some_and(f64::is_infinite) && evidence.without_answer.is_some_and(|[low, _]| low > left)
}

fn series<'a>(level: &'a Observations, evidence: &BoundEvidence<'_>) -> Option<&'a Series> {
    match evidence.class {
        Some(class) => level.classes.get(class),
        None => Some(&level.all),
    }
}

/// About how many requests would decide it, with those of other classes, and in how many replications.
fn needed(
    evidence: &BoundEvidence<'_>,
    estimated: &Estimated,
    scenario: &Scenario,
    why: UndecidedReason,
) -> Option<NeededRequests> {
    if !evidence.metric.has_interval() {
        return None;
    }
    // The half width of an interval shrinks with the square root of the number of requests; it has to become the distance
    // from the bound.
    let distance =
        evidence.number.map(|number| (number - evidence.bound).abs()).filter(|distance| distance.is_finite());
    let half_width = half_width(evidence, estimated, scenario);
    let times = match (half_width, distance) {
        (Some(half_width), Some(distance)) if half_width > 0.0 => (half_width / distance).powi(2),
        (Some(_) | None, Some(_) | None) => 0.0,
    };
    match evidence.during {
        Some(replications) => during_fault(evidence, replications, times, why),
        None => in_a_run(evidence, times, scenario, why),
    }
}

/// What it takes to decide an objective.
struct NeededRequests {
    requests: u64,
    /// In how many replications, where that matters.
    replications: Option<u64>,
}

/// No run has as many requests.
const MOST: f64 = 1e15;

/// Of the requests of a whole run; `times`: how many times as many it takes for an interval that is narrow enough.
fn in_a_run(
    evidence: &BoundEvidence<'_>,
    times: f64,
    scenario: &Scenario,
    why: UndecidedReason,
) -> Option<NeededRequests> {
    let all = evidence.all_requests as f64;
    let for_an_interval = match why {
        UndecidedReason::NoInterval => all_for_an_interval(evidence, all, scenario)?,
        UndecidedReason::IntervalHoldsBound => 0.0,
    };
    let for_the_bound = all * times;
    // A number that should do already and does not: batches that depend on each other, or as many parts with it as without.
    let more = if for_an_interval.max(for_the_bound) > all { 0.0 } else { 2.0 * all };
    let needed = two_digits_up(for_an_interval.max(for_the_bound).max(more));
    // Without an interval, each of these replications is too short, and more of them are of no use.
    let replications = Some(scenario.run().replications).filter(|count| *count > 1 && for_an_interval > all);
    (needed < MOST).then_some(NeededRequests { requests: needed as u64, replications })
}

/// Of the requests during a fault: a longer run has no more of them, but more replications have.
fn during_fault(
    evidence: &BoundEvidence<'_>,
    replications: u64,
    times: f64,
    why: UndecidedReason,
) -> Option<NeededRequests> {
    let count = replications as f64;
    let in_each = these(evidence) as f64 / count;
    let needed_in_each = mean_for_at_least(requests_needed(evidence.metric) as f64);
    let in_each_group = (needed_in_each / in_each).log2().ceil().exp2().max(1.0);
    let for_an_interval = match why {
        UndecidedReason::NoInterval if in_each_group > 1.0 => FEWEST_BATCHES as f64 * in_each_group,
        UndecidedReason::NoInterval => 2.0,
        UndecidedReason::IntervalHoldsBound => 0.0,
    };
    let for_the_bound = count * times;
    // As in a run.
    let more = if for_an_interval.max(for_the_bound) > count { 0.0 } else { 2.0 * count };
    let needed = two_digits_up(for_an_interval.max(for_the_bound).max(more));
    let requests = two_digits_up(needed * evidence.all_requests as f64 / count);
    (requests < MOST).then_some(NeededRequests { requests: requests as u64, replications: Some(needed as u64) })
}

/// How many requests it is about.
const fn these(evidence: &BoundEvidence<'_>) -> u64 {
    match evidence.metric.population() {
        Population::Arrived(_) => evidence.requests.ended(),
        Population::Answered(_) | Population::Taken | Population::Run => evidence.requests.completed,
    }
}

/// How many requests it takes for an interval, those of other classes included.
fn all_for_an_interval(evidence: &BoundEvidence<'_>, all: f64, scenario: &Scenario) -> Option<f64> {
    let in_each = requests_needed(evidence.metric) as f64 * all / these(evidence) as f64;
    if !in_each.is_finite() {
        return None;
    }
    Some(match scenario.run().replications {
        // Batches have 2^n requests, and the last of them is not whole.
        0 | 1 => (FEWEST_BATCHES + 1) as f64 * in_each.log2().ceil().exp2(),
        replications => replications as f64 * in_each,
    })
}

/// Half the width of the interval, or of one from parts that are too short for it.
fn half_width(evidence: &BoundEvidence<'_>, estimated: &Estimated, scenario: &Scenario) -> Option<f64> {
    if let Some([low, high]) = evidence.interval {
        return Some((high - low) / 2.0);
    }
    let rough = rough(estimated.levels.first()?, evidence.class, evidence.metric)?;
    let finite: Vec<f64> = rough.iter().copied().filter(|value| value.is_finite()).collect();
    Some(Interval::of_mean(&finite, scenario.run().confidence)?.half_width)
}

/// The mean of a number of requests that is hardly ever below `least`: less four standard deviations of a Poisson
/// distribution it is that much.
pub(super) fn mean_for_at_least(least: f64) -> f64 {
    let root = 2.0 + (4.0 + least).sqrt();
    root * root
}

/// A number in two significant digits, rounded up.
pub(super) fn two_digits_up(value: f64) -> f64 {
    let unit = 10f64.powf(value.max(1.0).log10().floor() - 1.0).max(1.0);
    (value / unit).ceil() * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_standard_deviations_below_the_mean_there_are_still_enough() {
        let mean = mean_for_at_least(10_000.0);
        assert!((mean - 4.0 * mean.sqrt() - 10_000.0).abs() < 1e-6, "{mean}");
    }

    #[test]
    fn a_length_is_rounded_up() {
        for (value, rounded) in [(10_000.0, 10_000.0), (10_408.2, 11_000.0), (99_001.0, 100_000.0), (3.2, 4.0)] {
            assert!((two_digits_up(value) - rounded).abs() < 1e-6, "{value}: {}", two_digits_up(value));
        }
    }
}
