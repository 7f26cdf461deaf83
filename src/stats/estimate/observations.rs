//! What the parts of a policy's runs gave, each by itself: replications, or the batches of one long run.
//!
//! A part too short to say something about a number is worse than none: its interval would look narrow and be wrong.
//! So a number is *not estimable* when there are fewer than two parts, when fewer than [`TAIL`] requests of a part lie
//! beyond a percentile, or when batches still depend on each other. Of a single run, longer batches are tried then, as
//! long as there are at least [`FEWEST_BATCHES`].

use indexmap::IndexMap;
use serde::Serialize;

use crate::model::{Metric, Named, Population};

use crate::stats::measured::PolicyNumbers;
use crate::stats::results::RequestCounts;

/// Minimum number of requests of each part beyond a percentile.
pub const TAIL: u64 = 100;

/// Minimum number of requests in each part for any interval.
const FEWEST: u64 = 100;

/// With fewer batches, their spread is too uncertain.
pub const FEWEST_BATCHES: usize = 8;

/// The values of each number, or why there are none.
pub type Series = IndexMap<Metric, Result<Vec<f64>, NotEstimable>>;

/// What the parts of a policy's runs gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Observations {
    /// What the parts are.
    pub method: Method,
    /// How many there are.
    pub parts: usize,
    /// The numbers of the policy.
    pub all: Series,
    /// Those of each class, in the order of the scenario.
    pub classes: Vec<Series>,
    /// The values of numbers that are not estimable, of the parts that have one: too few for an interval, enough to say how
    /// many more it takes.
    pub rough: IndexMap<Metric, Vec<f64>>,
    /// Those of each class.
    pub rough_of_classes: Vec<IndexMap<Metric, Vec<f64>>>,
}

/// What the parts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Independent runs.
    Replications,
    /// Stretches of one run.
    Batches {
        /// How many requests each has.
        requests: u64,
    },
}

/// Why a number has no confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotEstimable {
    /// No part of the run has this number.
    NoValues,
    /// No batch is complete: the run is too short, or requests are in flight at its end.
    NoCompleteBatch {
        /// How many requests a batch has.
        requests: u64,
    },
    /// One replication has no spread.
    OneReplication,
    /// The run has fewer than two batches.
    TooFewBatches,
    /// Too few requests of a part are behind the number.
    TooFewRequests {
        /// How many are, in the part with the fewest; of a percentile, those beyond it.
        found: u64,
        /// How many must be.
        wanted: u64,
        /// How many requests each part needs for that.
        needed: u64,
        /// Whether those beyond a percentile are counted.
        is_percentile: bool,
        /// What the parts are.
        method: Method,
    },
    /// Some part does not have the number.
    MissingValue {
        /// What the parts are.
        method: Method,
    },
    /// In some parts, but not in all, too many requests got no answer, and the percentile is infinite.
    PartlyInfinite {
        /// In how many.
        infinite: usize,
        /// How many parts there are.
        parts: usize,
    },
    /// The means of consecutive batches are correlated.
    CorrelatedBatches {
        /// How many requests a batch has.
        requests: u64,
    },
    /// A comparison has fewer than two pairs.
    TooFewPairs,
    /// A comparison has no parts: the run is too short.
    NoPairs,
    /// The batches of the two policies do not hold the same requests.
    DifferentBatches,
}

impl Observations {
    /// Observations of parts with these numbers; there may be no parts. `classes` is the number of classes of the scenario,
    /// `backends` are the names of its backends.
    pub fn of<'a>(parts: &'a [PolicyNumbers], method: Method, classes: usize, backends: &[&str]) -> Self {
        let metrics: Vec<Metric> = Metric::with_interval(backends).chain(Metric::of_arrived_with_interval()).collect();
        let series = |count: &dyn Fn(&'a PolicyNumbers) -> &'a RequestCounts,
                      read: &dyn Fn(&PolicyNumbers, Metric) -> Option<f64>| {
            let fewest =
                |count_of: fn(&RequestCounts) -> u64| parts.iter().map(|part| count_of(count(part))).min().unwrap_or(0);
            let (answered, ended) = (fewest(|counts| counts.completed), fewest(RequestCounts::ended));
            let means: Option<Vec<f64>> = parts.iter().map(|part| read(part, Metric::Named(Named::Mean))).collect();
            let dependent = match method {
                Method::Batches { .. } => means.is_some_and(|means| depend(&means)),
                Method::Replications => false,
            };
            metrics
                .iter()
                .filter_map(|metric| {
                    let values: Vec<_> = parts.iter().map(|part| read(part, *metric)).collect();
                    // Without any part, every number lacks values.
                    let is_known = parts.is_empty() || values.iter().any(Option::is_some);
                    let fewest = match metric.population() {
                        Population::Arrived(_) | Population::Run => ended,
                        Population::Answered(_) | Population::Taken => answered,
                    };
                    is_known.then(|| (*metric, judged(*metric, &values, fewest, method, dependent)))
                })
                .collect::<Series>()
        };
        let all = series(&|part| &part.requests, &|part, metric| part.metric(metric, backends));
        let classes: Vec<Series> = (0..classes)
            .map(|number| {
                let counts = |part: &'a PolicyNumbers| &part.classes[number].requests;
                series(&counts, &|part, metric| part.classes[number].metric(metric))
            })
            .collect();
        let rough_of = |series: &Series, read: &dyn Fn(&PolicyNumbers, Metric) -> Option<f64>| {
            let failed = series.iter().filter(|(_, values)| values.is_err()).map(|(metric, _)| *metric);
            let values = failed.map(|metric| (metric, parts.iter().filter_map(|part| read(part, metric)).collect()));
            values.collect()
        };
        Self {
            method,
            parts: parts.len(),
            rough: rough_of(&all, &|part, metric| part.metric(metric, backends)),
            rough_of_classes: (0..classes.len())
                .map(|number| rough_of(&classes[number], &|part, metric| part.classes[number].metric(metric)))
                .collect(),
            all,
            classes,
        }
    }
}

/// How many requests must be answered in each part for an interval of a metric.
pub fn requests_needed(metric: Metric) -> u64 {
    match metric.per_mille() {
        Some(per_mille) => TAIL * 1000 / (1000 - per_mille),
        None => FEWEST,
    }
}

/// The values, unless they would mislead: there are too few, or the parts depend on each other.
fn judged(
    metric: Metric,
    values: &[Option<f64>],
    fewest: u64,
    method: Method,
    dependent: bool,
) -> Result<Vec<f64>, NotEstimable> {
    if values.len() < 2 {
        return Err(match method {
            Method::Batches { requests } if values.is_empty() => NotEstimable::NoCompleteBatch { requests },
            Method::Batches { .. } => NotEstimable::TooFewBatches,
            Method::Replications => NotEstimable::OneReplication,
        });
    }
    let per_mille = metric.per_mille();
    let (found, wanted) = match per_mille {
        Some(per_mille) => (fewest * (1000 - per_mille) / 1000, TAIL),
        None => (fewest, FEWEST),
    };
    if found < wanted {
        let (needed, is_percentile) = (requests_needed(metric), per_mille.is_some());
        return Err(NotEstimable::TooFewRequests { found, wanted, needed, is_percentile, method });
    }
    let Some(values) = values.iter().copied().collect::<Option<Vec<f64>>>() else {
        return Err(NotEstimable::MissingValue { method });
    };
    let (infinite, parts) = (values.iter().filter(|value| value.is_infinite()).count(), values.len());
    if infinite > 0 && infinite < parts {
        return Err(NotEstimable::PartlyInfinite { infinite, parts });
    }
    if let (Method::Batches { requests }, true) = (method, dependent) {
        return Err(NotEstimable::CorrelatedBatches { requests });
    }
    Ok(values)
}

/// Whether the means of batches in a row are more alike than chance makes them: the first autocorrelation is above what independent
/// values exceed once in a hundred times (Anderson 1942: about normal with mean −1/n and variance 1/n).
fn depend(values: &[f64]) -> bool {
    const ONCE_IN_A_HUNDRED: f64 = 2.326;
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let covariance: f64 = values.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    covariance > variance * (ONCE_IN_A_HUNDRED / count.sqrt() - 1.0 / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    const P99: Metric = Metric::Named(Named::P99);
    const MEAN: Metric = Metric::Named(Named::Mean);

    fn values(count: usize) -> Vec<Option<f64>> {
        (0..count).map(|place| Some(10.0 + (place * 7 % 5) as f64)).collect()
    }

    #[test]
    fn a_percentile_with_too_few_requests_beyond_it_is_not_estimable() {
        let judged = |metric, fewest| judged(metric, &values(20), fewest, Method::Replications, false);
        let error = judged(P99, 5_000).unwrap_err();
        assert!(matches!(error, NotEstimable::TooFewRequests { found: 50, needed: 10_000, .. }), "{error:?}");
        assert!(judged(P99, 10_000).is_ok());
        assert!(judged(MEAN, 5_000).is_ok());
    }

    #[test]
    fn one_part_or_a_part_without_the_number_says_nothing() {
        let judged = |values: &[Option<f64>]| judged(MEAN, values, 50_000, Method::Replications, false);
        assert!(judged(&values(1)).is_err());
        assert!(judged(&[values(3), vec![None]].concat()).is_err());
    }

    #[test]
    fn batches_that_depend_on_each_other_are_refused() {
        assert!(depend(&(0..20).map(f64::from).collect::<Vec<_>>()));
        assert!(!depend(&values(20).into_iter().flatten().collect::<Vec<_>>()));
        let batches = Method::Batches { requests: 1000 };
        let dependent = judged(MEAN, &values(20), 1_000, batches, true);
        assert_eq!(dependent, Err(NotEstimable::CorrelatedBatches { requests: 1000 }));
        assert!(judged(MEAN, &values(20), 1_000, batches, false).is_ok());
    }

    #[test]
    fn equal_values_do_not_depend() {
        assert!(!depend(&[3.0; 20]));
    }
}
