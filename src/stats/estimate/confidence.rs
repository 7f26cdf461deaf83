//! Confidence intervals from independent values, and from pairs of them.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::observations::{Method, NotEstimable, Observations, Series};
use super::support::Support;
use crate::model::{Metric, Named};
use crate::stats::measured::{ClassNumbers, PolicyNumbers};
use crate::stats::results::{ClassConfidence, DifferenceResult, DifferenceVerdict};

/// An interval that covers the true mean with a given confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The mean of the values.
    pub mean: f64,
    /// Half the width of the interval around it.
    pub half_width: f64,
}

impl Interval {
    /// Student's t interval for the mean of independent, identically distributed values: mean ± t s / √n, with t the
    /// quantile of Student's distribution with n − 1 degrees of freedom. `None` for fewer than two values or a level
    /// outside ]0, 1[.
    pub fn of_mean(values: &[f64], level: f64) -> Option<Self> {
        let count = values.len() as f64;
        if values.len() < 2 || !(level > 0.0 && level < 1.0) {
            return None;
        }
        let mean = values.iter().sum::<f64>() / count;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
        let quantile = StudentsT::new(0.0, 1.0, count - 1.0).ok()?.inverse_cdf(0.5 + level / 2.0);
        Some(Self { mean, half_width: quantile * (variance / count).sqrt() })
    }

    /// The same width around another estimate of the same mean.
    pub const fn around(self, mean: f64) -> Self {
        Self { mean, ..self }
    }

    /// Its lower and its upper end.
    pub fn ends(&self) -> [f64; 2] {
        [self.mean - self.half_width, self.mean + self.half_width]
    }

    /// Whether the value lies in the interval.
    pub fn covers(&self, value: f64) -> bool {
        (value - self.mean).abs() <= self.half_width
    }

    /// Half width / |value|.
    pub fn relative_to(&self, value: f64) -> f64 {
        self.half_width / value.abs()
    }
}

/// How far the true mean is above that of independent values, or below it, except with a probability of `error` for each
/// side: Student's t. The variance is not believed to be less than `least_variance`. `None` for fewer than two values.
pub fn upper_reach(values: &[f64], error: f64, least_variance: f64) -> Option<f64> {
    let count = values.len() as f64;
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let quantile = StudentsT::new(0.0, 1.0, count - 1.0).ok()?.inverse_cdf(1.0 - error);
    Some(quantile * (variance.max(least_variance) / count).sqrt())
}

/// The numbers of a policy, and what its parts say of how sure they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimated {
    /// The numbers, of all parts together.
    pub numbers: PolicyNumbers,
    /// The values behind the intervals, of the shortest parts first.
    pub levels: Vec<Observations>,
    /// The intervals, where there are parts.
    pub intervals: Option<Intervals>,
}

/// The confidence intervals of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Intervals {
    /// The probability with which each covers the true number.
    pub level: f64,
    /// What they come from.
    pub method: Method,
    /// How many parts there are; numbers that need longer batches have fewer.
    pub parts: usize,
    /// Of all requests.
    pub all: RequestIntervals,
    /// Of each class, in the order of the scenario.
    pub classes: Vec<RequestIntervals>,
}

/// The confidence intervals of some requests.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestIntervals {
    /// Of the numbers of the answered, and of counts and shares.
    pub answered: ClassConfidence,
    /// Of the percentiles and maxima over every request that arrived.
    pub all_arrived: ClassConfidence,
}

/// How far an interval reaches from the number that it is about: half its width, or the longer side where a part of it is
/// cut off.
pub fn reach(number: f64, [low, high]: [f64; 2]) -> f64 {
    (high - number).max(number - low)
}

impl Estimated {
    /// The numbers with intervals of that level, from what the parts say; without any where there are no parts. `backends`
    /// are the names of the scenario's.
    ///
    /// An interval lies around the number itself, which is of all requests together. Its width comes from the spread of the
    /// parts.
    pub fn new(numbers: PolicyNumbers, levels: Vec<Observations>, level: f64, backends: &[&str]) -> Self {
        let intervals = levels.first().map(|finest| {
            let all: Vec<&Series> = levels.iter().map(|observations| &observations.all).collect();
            let of_class = |(place, class): (usize, &ClassNumbers)| {
                let series: Vec<&Series> = levels.iter().map(|observations| &observations.classes[place]).collect();
                RequestIntervals::new(&series, |metric| class.metric(metric), level, backends)
            };
            Intervals {
                level,
                method: finest.method,
                parts: finest.parts,
                all: RequestIntervals::new(&all, |metric| numbers.metric(metric, backends), level, backends),
                classes: numbers.classes.values().enumerate().map(of_class).collect(),
            }
        });
        Self { numbers, levels, intervals }
    }

    /// The intervals of the numbers of all requests, or of a class.
    pub fn intervals(&self, class: Option<usize>) -> Option<&RequestIntervals> {
        let intervals = self.intervals.as_ref()?;
        match class {
            Some(class) => intervals.classes.get(class),
            None => Some(&intervals.all),
        }
    }
}

impl RequestIntervals {
    fn new(levels: &[&Series], number: impl Fn(Metric) -> Option<f64>, level: f64, backends: &[&str]) -> Self {
        Self {
            answered: intervals(levels, &number, false, level, backends),
            all_arrived: intervals(levels, &number, true, level, backends),
        }
    }
}

/// The intervals of the numbers that there are, over every request that arrived or of the others: each from the shortest parts
/// that will do for it, and without what the number cannot be. A number that is infinite has none.
fn intervals(
    levels: &[&Series],
    number: impl Fn(Metric) -> Option<f64>,
    of_arrived: bool,
    level: f64,
    backends: &[&str],
) -> ClassConfidence {
    let mut told = ClassConfidence::default();
    let metrics: Vec<Metric> = if of_arrived {
        Metric::of_arrived_with_interval().collect()
    } else {
        Metric::with_interval(backends).collect()
    };
    for metric in metrics {
        let (Some(estimate), Some(values)) = (number(metric), values(levels, metric)) else { continue };
        let name = metric.name(backends);
        match values {
            Ok(_) if estimate.is_infinite() => {}
            Ok(values) => {
                if let Some(interval) = Interval::of_mean(values, level) {
                    let support = Support::of(metric, |named| number(Metric::Named(named)));
                    told.intervals.insert(name, support.part_of(interval.around(estimate).ends()));
                }
            }
            Err(why) => {
                told.not_estimable.insert(name, why);
            }
        }
    }
    told
}

/// The values of the shortest parts that are long enough for a number, or why not even the longest are; `None` for numbers
/// that parts do not have, such as how busy backends are during a batch.
fn values<'a>(levels: &[&'a Series], metric: Metric) -> Option<Result<&'a [f64], NotEstimable>> {
    let mut why = metric.is_of_classes().then_some(NotEstimable::NoValues);
    for values in levels.iter().filter_map(|series| series.get(&metric)) {
        match values {
            Ok(values) => return Some(Ok(values)),
            Err(reason) => why = Some(*reason),
        }
    }
    why.map(Err)
}

/// By how much the response times of a policy differ from those of another on the same requests: each part is held
/// against the same part of the other, so that what chance does to both cancels out.
pub fn differences(ours: &Estimated, theirs: &Estimated, level: f64) -> Vec<DifferenceResult> {
    let metrics = [Named::Mean, Named::P50, Named::P95, Named::P99];
    metrics.into_iter().filter_map(|named| difference(named, ours, theirs, level)).collect()
}

/// The same for the requests of one class, by its place in the scenario.
pub fn differences_of_class(ours: &Estimated, theirs: &Estimated, class: usize, level: f64) -> Vec<DifferenceResult> {
    let metrics = [Named::Mean, Named::P50, Named::P95, Named::P99];
    metrics.into_iter().filter_map(|named| difference_in(Some(class), named, ours, theirs, level)).collect()
}

fn difference(named: Named, ours: &Estimated, theirs: &Estimated, level: f64) -> Option<DifferenceResult> {
    difference_in(None, named, ours, theirs, level)
}

/// The difference in a number of all requests, or of a class.
fn difference_in(
    class: Option<usize>,
    named: Named,
    ours: &Estimated,
    theirs: &Estimated,
    level: f64,
) -> Option<DifferenceResult> {
    let metric = Metric::Named(named);
    let number = |of: &Estimated| match class {
        None => of.numbers.metric(metric, &[]),
        Some(class) => of.numbers.classes.values().nth(class)?.metric(metric),
    };
    let difference = number(ours)? - number(theirs)?;
    let interval = pairs(class, metric, ours, theirs)
        .and_then(|values| Interval::of_mean(&values, level).ok_or(NotEstimable::TooFewPairs));
    let interval = interval.map(|interval| interval.around(difference));
    Some(DifferenceResult {
        metric: named.name(),
        difference_ms: difference,
        interval_ms: interval.as_ref().ok().map(Interval::ends),
        verdict: match &interval {
            Ok(interval) if interval.covers(0.0) => DifferenceVerdict::NoDifference,
            Ok(_) | Err(_) if difference < 0.0 && leaves_more_out(ours, theirs) => DifferenceVerdict::Incomparable,
            Ok(_) | Err(_) if difference > 0.0 && leaves_more_out(theirs, ours) => DifferenceVerdict::Incomparable,
            Ok(_) if difference < 0.0 => DifferenceVerdict::Faster,
            Ok(_) => DifferenceVerdict::Slower,
            Err(_) => DifferenceVerdict::Undecided,
        },
        not_estimable: interval.err(),
    })
}

/// Shares of unanswered requests that are no further apart shift a 99th percentile by a tenth of what lies beyond it.
const NOTABLE_DIFFERENCE: f64 = 0.001;

/// Whether a policy leaves more requests without an answer than another: its response times are of fewer of them.
fn leaves_more_out(one: &Estimated, other: &Estimated) -> bool {
    let (share, other) = (one.numbers.error_rate.unwrap_or(0.0), other.numbers.error_rate.unwrap_or(0.0));
    share - other > NOTABLE_DIFFERENCE
}

/// The difference in each of the shortest parts that will do for both.
fn pairs(class: Option<usize>, metric: Metric, ours: &Estimated, theirs: &Estimated) -> Result<Vec<f64>, NotEstimable> {
    let series = |of: &Observations| match class {
        None => of.all.get(&metric).cloned(),
        Some(class) => of.classes.get(class)?.get(&metric).cloned(),
    };
    let mut why = NotEstimable::NoPairs;
    for (ours, theirs) in ours.levels.iter().zip(&theirs.levels) {
        if (ours.method, ours.parts) != (theirs.method, theirs.parts) {
            return Err(NotEstimable::DifferentBatches);
        }
        match (series(ours), series(theirs)) {
            (Some(Ok(ours)), Some(Ok(theirs))) => {
                return Ok(ours.iter().zip(theirs).map(|(ours, theirs)| ours - theirs).collect());
            }
            (Some(Err(reason)), _) | (_, Some(Err(reason))) => why = reason,
            (Some(Ok(_)) | None, Some(Ok(_)) | None) => {}
        }
    }
    Err(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_textbook_sample_is_reproduced() {
        // Mean 3, s = √2.5, n = 5, t(0.975, 4) = 2.776445.
        let interval = Interval::of_mean(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.95).unwrap();
        assert!((interval.mean - 3.0).abs() < 1e-12);
        assert!((interval.half_width - 2.776_445 * 0.5f64.sqrt()).abs() < 1e-5, "{interval:?}");
        assert!(interval.covers(4.9) && !interval.covers(5.0));
    }

    #[test]
    fn too_few_values_or_an_impossible_level_give_none() {
        assert_eq!(Interval::of_mean(&[1.0], 0.95), None);
        assert_eq!(Interval::of_mean(&[1.0, 2.0], 1.0), None);
    }
}
