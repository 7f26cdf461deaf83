//! Which values a number can have at all. A confidence interval holds no others.
//!
//! Student's interval is symmetric and knows nothing of the number it is about: where values crowd at a bound (most waits
//! are 0, hardly a request fails), one of its ends lies beyond. What lies beyond is cut off. The true number is on this side
//! of the bound, so the rest of the interval covers it exactly as often as the whole did.

use crate::model::{Facts, Metric, MetricUnit, Named, Statistic};

/// The least and the greatest value that a number can have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Support {
    low: f64,
    high: f64,
}

impl Support {
    /// That of a number; `read` gives the other numbers of the same requests.
    ///
    /// A share lies within 0 and 1, and nothing is below 0. A percentile lies between the shortest and the longest time
    /// that was seen, and a mean is not below the shortest: where a number has an interval at all, enough requests were
    /// seen that the probability of the contrary is below 2⁻¹⁰⁰.
    pub fn of(metric: Metric, read: impl Fn(Named) -> Option<f64>) -> Self {
        let high = if metric.unit() == MetricUnit::Share { 1.0 } else { f64::INFINITY };
        let whole = Self { low: 0.0, high };
        match metric.as_named() {
            Some(named) => whole.within_extremes(named, read),
            None => whole,
        }
    }

    /// That of a difference of two such numbers.
    pub fn of_difference(unit: MetricUnit) -> Self {
        let most = if unit == MetricUnit::Share { 1.0 } else { f64::INFINITY };
        Self { low: -most, high: most }
    }

    fn within_extremes(self, named: Named, read: impl Fn(Named) -> Option<f64>) -> Self {
        let Facts { statistic, population, .. } = named.facts();
        let Some(quantity) = population.quantity() else { return self };
        let extreme = |statistic: Statistic| {
            let is_it = |facts: Facts| facts.statistic == statistic && facts.population.quantity() == Some(quantity);
            Named::ALL.iter().find(|named| is_it(named.facts())).and_then(|named| read(*named))
        };
        let is_percentile = statistic.per_mille().is_some();
        let least = if is_percentile || statistic == Statistic::Mean { extreme(Statistic::Min) } else { None };
        let greatest = if is_percentile { extreme(Statistic::Max) } else { None };
        Self { low: self.low.max(least.unwrap_or(self.low)), high: self.high.min(greatest.unwrap_or(self.high)) }
    }

    /// The part of an interval that is possible.
    pub fn part_of(self, [low, high]: [f64; 2]) -> [f64; 2] {
        [low, high].map(|end| end.max(self.low).min(self.high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(named: Named, interval: [f64; 2]) -> [f64; 2] {
        let extremes = |named: Named| match named.name() {
            "min" => Some(4.0),
            "max" => Some(9.0),
            "slowdown.max" => Some(30.0),
            _ => None,
        };
        Support::of(Metric::Named(named), extremes).part_of(interval)
    }

    #[track_caller]
    fn is(ours: [f64; 2], expected: [f64; 2]) {
        assert!(ours.iter().zip(expected).all(|(ours, expected)| (ours - expected).abs() < 1e-12), "{ours:?}");
    }

    #[test]
    fn what_cannot_be_is_cut_off() {
        is(part(Named::WaitingP50, [-0.108, 0.108]), [0.0, 0.108]);
        is(part(Named::ErrorRate, [-0.2, 0.3]), [0.0, 0.3]);
        is(part(Named::Utilization, [0.9, 1.1]), [0.9, 1.0]);
        is(part(Named::Throughput, [-1.0, 1e6]), [0.0, 1e6]);
    }

    #[test]
    fn percentiles_are_within_what_was_seen_and_means_may_be_above_it() {
        is(part(Named::P50, [3.0, 5.0]), [4.0, 5.0]);
        is(part(Named::P99, [8.0, 12.0]), [8.0, 9.0]);
        is(part(Named::Mean, [3.0, 12.0]), [4.0, 12.0]);
        is(part(Named::SlowdownP99, [-3.0, 42.0]), [0.0, 30.0]);
        // Of operations nothing was seen here.
        is(part(Named::OperationP99, [-3.0, 42.0]), [0.0, 42.0]);
    }

    #[test]
    fn a_difference_may_be_below_0() {
        is(Support::of_difference(MetricUnit::Time).part_of([-3.0, 2.0]), [-3.0, 2.0]);
        is(Support::of_difference(MetricUnit::Share).part_of([-1.5, 2.0]), [-1.0, 1.0]);
    }
}
