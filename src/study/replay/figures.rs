//! Mean and percentiles of a case, predicted and observed, and whether they are near enough.

use schemars::JsonSchema;
use serde::Serialize;

use crate::stats::Sample;

use super::Observed;
use super::mean;

/// Where the server leaves a figure to chance, the range of the predictions may be this many times as wide as that of its
/// repeats.
const WIDER: f64 = 1.5;

/// Minimum number of repeats from which the server's own spread is known.
const REPEATS: usize = 3;

/// A number as it was predicted and as it was.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Figure {
    /// Which: `mean`, `p50`, `p95`, `p99`.
    pub name: &'static str,
    /// Ours; the mean over the predictions, if there are several.
    pub predicted_ms: f64,
    /// The least and the most of the predictions; `None` if there is one.
    pub predicted_range_ms: Option<ReplayRange>,
    /// The server's, the mean over its repeats.
    pub observed_ms: f64,
    /// The least and the most of its repeats; `None` if there is one.
    pub observed_range_ms: Option<ReplayRange>,
    /// Ours / the server's − 1.
    pub error: f64,
    /// How far its repeats are apart, as a share of their mean; `None` with one repeat.
    pub spread: Option<f64>,
    /// Whether that is as it should be. Where the repeats are within 10 % of each other, the error is to be. Where they are
    /// further apart and there are several predictions, the repeats are to lie within the range of these, which is to be no
    /// more than half again as wide; with one prediction, the error is to be no larger than the spread.
    pub is_within: bool,
}

/// From the least to the most of several numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ReplayRange {
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
}

impl ReplayRange {
    /// The range of several numbers.
    fn of(numbers: &[f64]) -> Option<Self> {
        let range = |range: Self, number: &f64| Self { least: range.least.min(*number), most: range.most.max(*number) };
        let none = Self { least: f64::INFINITY, most: f64::NEG_INFINITY };
        (numbers.len() > 1).then(|| numbers.iter().fold(none, range))
    }

    fn width(self) -> f64 {
        self.most - self.least
    }

    fn holds(self, other: Self) -> bool {
        self.least <= other.least && other.most <= self.most
    }
}

/// A percentile of the prediction and of the observations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct PercentilePair {
    /// Which, in percent.
    pub percent: u64,
    /// Ours.
    pub predicted_ms: f64,
    /// The server's, the mean over its repeats.
    pub observed_ms: f64,
}

/// The times of all requests in one prediction, or one repeat.
type ResponseTimes<'a> = &'a [Option<f64>];

/// The figures and which percentile each is, in thousandths.
pub(super) const NAMES: [(&str, Option<u64>); 4] =
    [("mean", None), ("p50", Some(500)), ("p95", Some(950)), ("p99", Some(990))];

/// All figures of some predictions and of the observations.
pub(super) fn figures(predicted: &[ResponseTimes<'_>], observed: &Observed) -> Vec<Figure> {
    let figure = |(name, per_mille)| {
        let predicted: Vec<f64> = predicted.iter().map(|times| number(times, per_mille)).collect();
        let observed: Vec<f64> = observed.repeats.iter().map(|times| number(times, per_mille)).collect();
        Figure::new(name, &predicted, &observed)
    };
    NAMES.into_iter().map(figure).collect()
}

impl Figure {
    /// How far a prediction may be off, as a share of what was observed; further where the server's own repeats are.
    pub const ALLOWED: f64 = 0.1;

    /// A number of each prediction and of each repeat.
    fn new(name: &'static str, predicted: &[f64], observed: &[f64]) -> Self {
        let (predicted_ms, observed_ms) = (mean(predicted.iter().copied()), mean(observed.iter().copied()));
        let (predicted_range_ms, observed_range_ms) = (ReplayRange::of(predicted), ReplayRange::of(observed));
        let error = predicted_ms / observed_ms - 1.0;
        let spread = observed_range_ms.map(|range| range.width() / observed_ms);
        let is_within = match (predicted_range_ms, observed_range_ms) {
            (Some(ours), Some(theirs)) if observed.len() >= REPEATS && theirs.width() > Self::ALLOWED * observed_ms => {
                ours.holds(theirs) && ours.width() <= WIDER * theirs.width()
            }
            (Some(_), _) if observed.len() >= REPEATS => error.abs() <= Self::ALLOWED,
            (_, _) => is_near(error, spread),
        };
        Self { name, predicted_ms, predicted_range_ms, observed_ms, observed_range_ms, error, spread, is_within }
    }

    /// Whether the error is at most 10 % or the server's own spread, whatever the ranges.
    pub fn is_near(&self) -> bool {
        is_near(self.error, self.spread)
    }
}

fn is_near(error: f64, spread: Option<f64>) -> bool {
    error.abs() <= Figure::ALLOWED.max(spread.unwrap_or(0.0))
}

/// Percentiles for a picture.
pub(super) fn percentiles(predicted: &[ResponseTimes<'_>], observed: &Observed) -> Vec<PercentilePair> {
    let pair = |percent: u64| {
        let of = |times: ResponseTimes<'_>| number(times, Some(10 * percent));
        PercentilePair {
            percent,
            predicted_ms: mean(predicted.iter().map(|times| of(times))),
            observed_ms: mean(observed.repeats.iter().map(|times| of(times))),
        }
    };
    (1..20).map(|step| 5 * step).chain([96, 97, 98, 99]).map(pair).collect()
}

/// The mean, or a percentile, of the requests that were answered.
fn number(times_ms: ResponseTimes<'_>, per_mille: Option<u64>) -> f64 {
    let mut sample = Sample::default();
    sample.record(times_ms.iter().flatten().map(|ms| (ms * 1e6).round() as u64));
    let nanos = match per_mille {
        None => sample.mean(),
        Some(per_mille) => sample.percentiles([per_mille])[0].map(|nanos| nanos as f64),
    };
    nanos.unwrap_or(f64::NAN) / 1e6
}

/// The mean distance between the times of the same requests, as a share of their mean.
pub(super) fn request_error(times: ResponseTimes<'_>, observed: ResponseTimes<'_>) -> f64 {
    let pairs = times.iter().zip(observed).filter_map(|(time, observed)| Some(((*time)?, (*observed)?)));
    let (distance, sum) = pairs
        .fold((0.0, 0.0), |(distance, sum), (time, observed)| (distance + (time - observed).abs(), sum + observed));
    distance / sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_within(predicted: &[f64], observed: &[f64]) -> bool {
        Figure::new("mean", predicted, observed).is_within
    }

    #[test]
    fn one_prediction_may_be_as_far_off_as_the_repeats_are_apart() {
        assert!(is_within(&[109.0], &[100.0]));
        assert!(!is_within(&[111.0], &[100.0]));
        assert!(is_within(&[111.0], &[90.0, 110.0]));
        assert!(!is_within(&[121.0], &[90.0, 100.0, 110.0]));
    }

    #[test]
    fn where_repeats_agree_the_mean_of_several_predictions_is_to_be_near() {
        assert!(is_within(&[95.0, 105.0], &[100.0, 102.0, 104.0]));
        assert!(is_within(&[100.0, 120.0], &[100.0, 102.0, 104.0]), "110 is 7.8 % more than 102, whatever the range");
        assert!(!is_within(&[110.0, 120.0], &[100.0, 102.0, 104.0]));
    }

    #[test]
    fn where_repeats_are_apart_they_are_to_lie_in_a_range_that_is_not_much_wider() {
        let observed = [90.0, 100.0, 110.0];
        assert!(is_within(&[88.0, 112.0], &observed));
        assert!(!is_within(&[91.0, 112.0], &observed), "90 is not in it");
        assert!(!is_within(&[88.0, 109.0], &observed), "110 is not in it");
        assert!(is_within(&[85.0, 115.0], &observed), "30 is 1.5 times 20");
        assert!(!is_within(&[84.0, 115.0], &observed), "31 is more");
        // Two repeats say too little of how far the server's own are apart.
        assert!(is_within(&[84.0, 115.0], &[90.0, 110.0]));
    }
}
