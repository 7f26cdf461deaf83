//! The power of a gate: how much worse a number must be to be called so.
//!
//! The difference that a run shows is the true one, and what chance does to it. A number regresses when that is above what
//! is tolerated and above t s, where s is the standard error and t the quantile at which Holm's method decides at its
//! strictest. So a change is seen with the probability [`GATE_POWER`] when it is as much larger as chance takes away in the
//! other cases.
//!
//! The standard error comes from the pairs. Where nothing has changed they are equal, and do not say how they would differ
//! after a change; then it is that of runs which have nothing in common. Pairs do better, so this is an upper bound.

use schemars::JsonSchema;
use serde::Serialize;

use crate::stats::{Difference, rounded};

use super::MetricComparison;
use super::judgement::tolerated;

/// The probability with which a change is seen that the gate is said to see.
pub const GATE_POWER: f64 = 0.8;

/// How small a change of a number the gate detects.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct MetricPower {
    /// A number that is truly worse by this much is called worse in 80 of 100 gates, in the number's unit; by less, less
    /// often.
    pub sees: f64,
    /// That, as a share of the baseline's number; `None` if that is 0.
    pub relative: Option<f64>,
    /// Whether the gate may see less than that: nothing differs from the baseline, so its pairs do not show how much they
    /// would help.
    pub is_bound: bool,
    /// What it takes to see less; `None` if less is tolerated, or it takes too much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finer: Option<Finer>,
}

/// What it takes to see a smaller change.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Finer {
    /// The change, as a share of the baseline's number.
    pub relative: f64,
    /// How many replications it takes, in the baseline as well; `None` for a single run.
    pub replications: Option<u64>,
    /// How many times as many requests it takes, in all.
    pub times: f64,
}

/// What chance does to a difference.
#[derive(Clone, Copy, Debug)]
pub(super) struct DifferenceSpread {
    pub difference: Difference,
    /// Whether it is only known to be no larger.
    pub is_bound: bool,
    /// How many replications or batches it comes from.
    pub parts: usize,
    pub are_batches: bool,
}

/// Shares for which one would ask.
const STEPS: [f64; 10] = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005];

/// The largest factor for the number of requests that is suggested.
pub(super) const MOST_TIMES: f64 = 100.0;

/// How small a change of a number is seen; `level` is the smallest level its p-value is compared with.
pub(super) fn power(spread: &DifferenceSpread, comparison: &MetricComparison, level: f64) -> Option<MetricPower> {
    let tolerated = tolerated(comparison);
    let sees = spread.sees(tolerated, level, 1.0)?;
    let baseline = comparison.baseline.map(f64::abs).filter(|baseline| *baseline > 0.0);
    let relative = baseline.map(|baseline| sees / baseline);
    let finer = baseline.zip(relative).and_then(|(baseline, relative)| {
        // Much less than now, and something that is not tolerated.
        let wanted = STEPS.into_iter().find(|step| *step <= 0.7 * relative && step * baseline > 1.2 * tolerated)?;
        let times = spread.times_for(wanted * baseline, tolerated, level)?;
        let replications = (!spread.are_batches).then(|| (spread.parts as f64 * times).ceil() as u64);
        Some(Finer { relative: wanted, replications, times: rounded(times) })
    });
    let sees = rounded(sees);
    Some(MetricPower { sees, relative: relative.map(rounded), is_bound: spread.is_bound, finer })
}

impl DifferenceSpread {
    /// The smallest difference that is seen with `times` as many requests.
    fn sees(&self, tolerated: f64, level: f64, times: f64) -> Option<f64> {
        let of_test = self.difference.chance(1.0 - level / 2.0)?;
        let of_power = self.difference.chance(GATE_POWER)?;
        // The standard error is an estimate itself, so what the test asks for varies (Johnson and Welch 1940, of the
        // noncentral t).
        let ratio = if of_test > 0.0 { of_test / self.difference.standard_error } else { 0.0 };
        let varies = (1.0 + ratio * ratio / (2.0 * self.difference.degrees_of_freedom)).sqrt();
        let root = times.sqrt();
        let sees = (tolerated + of_power / root).max((of_test + of_power * varies) / root);
        Some(sees).filter(|sees| sees.is_finite())
    }

    /// With how many times as many requests a difference is seen.
    fn times_for(&self, difference: f64, tolerated: f64, level: f64) -> Option<f64> {
        let is_enough = |times: f64| self.sees(tolerated, level, times).is_some_and(|sees| sees <= difference);
        if !is_enough(MOST_TIMES) {
            return None;
        }
        let (mut too_few, mut enough) = (1.0, MOST_TIMES);
        while enough - too_few > 0.01 {
            let middle = (too_few + enough) / 2.0;
            if is_enough(middle) { enough = middle } else { too_few = middle }
        }
        Some(enough)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(standard_error: f64) -> DifferenceSpread {
        let difference = Difference { mean: 0.0, standard_error, degrees_of_freedom: 9.0 };
        DifferenceSpread { difference, is_bound: false, parts: 10, are_batches: false }
    }

    #[test]
    fn what_is_seen_is_above_chance_and_above_what_is_tolerated() {
        // t(0.975, 9) = 2.262157, t(0.8, 9) = 0.883404, and √(1 + t²/18) = 1.133269.
        let sees = spread(1.0).sees(0.0, 0.05, 1.0).unwrap();
        assert!((sees - 3.263_292).abs() < 1e-4, "{sees}");
        let sees = spread(1.0).sees(10.0, 0.05, 1.0).unwrap();
        assert!((sees - 10.883_404).abs() < 1e-5, "{sees}");
        assert!((spread(0.0).sees(2.0, 0.05, 1.0).unwrap() - 2.0).abs() < 1e-12);
    }

    #[test]
    fn half_of_it_takes_four_times_as_many() {
        let whole = spread(1.0).sees(0.0, 0.01, 1.0).unwrap();
        let times = spread(1.0).times_for(whole / 2.0, 0.0, 0.01).unwrap();
        assert!((times - 4.0).abs() < 0.02, "{times}");
        assert_eq!(spread(1.0).times_for(whole / 20.0, 0.0, 0.01), None);
        assert_eq!(spread(1.0).times_for(whole / 2.0, whole / 2.0, 0.01), None, "so much is tolerated");
    }
}
