//! Where more replications are worth it: where an interval holds the bound of an objective, and where the precision that was
//! asked for is not reached.

use crate::scenario::Scenario;
use crate::stats::{Estimated, ObjectiveResult, reach};
use crate::study::precision::width;

/// An interval that reaches less far than this share of the bound is narrow enough, wherever the bound lies.
const NEAR_BOUND: f64 = 0.01;

/// A little more than the square root of the number of replications promises.
const RESERVE: f64 = 1.05;

/// About how many replications would do, if more than there are; the half width of an interval shrinks with the square root of
/// their number.
pub(super) fn wanted(
    scenario: &Scenario,
    estimated: &Estimated,
    objectives: &[ObjectiveResult],
    replications: u64,
) -> Option<u64> {
    let ratios = objectives.iter().filter_map(of_objective).chain(of_precision(scenario, estimated));
    let widest = ratios.fold(1.0, f64::max);
    let wanted = (replications as f64 * widest.powi(2) * RESERVE) as u64;
    (widest > 1.0).then_some(wanted.max(replications + 1))
}

/// Half the width of the interval / the width that would decide the objective, where it is undecided.
fn of_objective(result: &ObjectiveResult) -> Option<f64> {
    let (value, interval) = (result.value?, result.interval.filter(|_| result.uncertain && !result.warns)?);
    let wanted = (value - result.bound).abs().max(NEAR_BOUND * result.bound.abs());
    (wanted > 0.0).then(|| reach(value, interval) / wanted).filter(|ratio| ratio.is_finite())
}

/// Half width / the one that was asked for, of every number that it applies to and that has an interval.
fn of_precision<'a>(scenario: &'a Scenario, estimated: &'a Estimated) -> impl Iterator<Item = f64> + 'a {
    let backends: Vec<&str> = scenario.backends().keys().map(String::as_str).collect();
    let precision = scenario.run().precision.iter();
    precision.flat_map(move |precision| {
        let widths = precision.metrics.iter().filter_map(|metric| width(estimated, *metric, &backends).ok());
        widths.map(|width| width / precision.half_width).collect::<Vec<_>>()
    })
}
