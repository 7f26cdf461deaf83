//! Is a number worse than it was? By more than chance, and by more than matters.
//!
//! *More than chance*: replications of one seed meet the same requests before and after, so the test is of their
//! differences, pair by pair; so is that of the batches of a single run, which are cut by the numbers of requests. Runs of
//! different seeds have nothing in common and are compared with Welch's test. Of all numbers of a gate together, Holm's
//! method calls one different by chance alone in at most 5 % of the gates. The intervals are at the level of Bonferroni,
//! under which all of them hold together; Holm's method may see a difference where such an interval just holds 0.
//!
//! *More than matters*: by more than the relative and by more than the absolute tolerance.
//!
//! Response times are of the answered requests. Where the share without an answer has risen, shorter ones are no
//! improvement: the slow requests may be those that got none.

use crate::model::{Metric, MetricUnit, Named};
use crate::scenario::Tolerances;
use crate::stats::{Difference, holm, rounded};

use super::baseline::{Baseline, BaselineNumber, BaselineNumbers, BaselineSample};
use super::{MetricComparison, MetricTolerance, MetricVerdict, SignificanceTest};

/// The probability with which, if nothing has changed, at least one number of a gate seems to.
pub const GATE_LEVEL: f64 = 0.05;

/// Every number that both have, judged. They may be of different seeds: then nothing is paired.
pub fn judge(old: &Baseline, new: &Baseline, tolerances: &Tolerances) -> Vec<MetricComparison> {
    let rules = Rules {
        is_exact: old.deterministic && new.deterministic,
        is_paired: old.seed == new.seed && old.model_version == new.model_version,
        tolerances,
    };
    let mut evidence: Vec<Evidence> = Vec::new();
    for (policy, new) in &new.policies {
        let Some(old) = old.policies.get(policy) else { continue };
        evidence.extend(rules.all(policy, None, &old.metrics, &new.metrics));
        for (class, new) in &new.classes {
            if let Some(old) = old.classes.get(class) {
                evidence.extend(rules.all(policy, Some(class), old, new));
            }
        }
    }
    let mut metrics = decide(evidence);
    withdraw_improvements(&mut metrics);
    metrics
}

/// How numbers are compared.
struct Rules<'a> {
    is_exact: bool,
    is_paired: bool,
    tolerances: &'a Tolerances,
}

/// A number that is not judged yet, and what is known about its difference.
struct Evidence {
    comparison: MetricComparison,
    named: Named,
    /// From replications or batches.
    difference: Option<Difference>,
}

impl Rules<'_> {
    fn all(&self, policy: &str, class: Option<&String>, old: &BaselineNumbers, new: &BaselineNumbers) -> Vec<Evidence> {
        let known = Named::JUDGED.iter().filter(|named| class.is_none() || named.is_of_classes());
        known
            .filter_map(|named| {
                let (old, new) = (old.get(named.name()), new.get(named.name()));
                let nothing = BaselineNumber::default();
                if old.is_none() && new.is_none() {
                    return None;
                }
                let mut evidence = self.one(*named, old.unwrap_or(&nothing), new.unwrap_or(&nothing));
                evidence.comparison.policy = policy.to_owned();
                evidence.comparison.class = class.cloned();
                Some(evidence)
            })
            .collect()
    }

    fn one(&self, named: Named, old: &BaselineNumber, new: &BaselineNumber) -> Evidence {
        let tolerance = self.tolerances.of(Metric::Named(named));
        let samples = if self.is_exact { None } else { self.samples(old, new) };
        let (baseline, value) = match &samples {
            // Of what only one side has more than the other, nothing is to be shown in the difference.
            Some(Samples { old, new, is_part: true, .. }) => (Some(rounded(mean(old))), Some(rounded(mean(new)))),
            _ => (old.value, new.value),
        };
        let difference = value.zip(baseline).map(|(value, baseline)| rounded(value - baseline));
        let estimate = samples.as_ref().filter(|_| difference.is_some()).and_then(Samples::difference);
        let test = match (&estimate, &samples) {
            _ if self.is_exact && difference.is_some() => SignificanceTest::Exact,
            (Some(_), Some(samples)) if samples.is_paired => SignificanceTest::Paired,
            (Some(_), Some(_)) => SignificanceTest::Unpaired,
            _ => SignificanceTest::Untested,
        };
        let p_value = match (test, difference) {
            (SignificanceTest::Exact, Some(difference)) => Some(if difference.abs() > 0.0 { 0.0 } else { 1.0 }),
            _ => estimate.map(|estimate| estimate.p_value()),
        };
        let comparison = MetricComparison {
            policy: String::new(),
            class: None,
            metric: named.name(),
            unit: named.unit(),
            baseline,
            value,
            difference,
            relative_difference: difference
                .zip(baseline)
                .filter(|(_, baseline)| baseline.abs() > 0.0)
                .map(|(difference, baseline)| difference / baseline.abs()),
            interval: None,
            p_value,
            test,
            significant: None,
            tolerance: MetricTolerance { relative: tolerance.relative, absolute: tolerance.absolute },
            verdict: MetricVerdict::Undecided,
            why: (test == SignificanceTest::Untested).then(|| why_untested(old, new)),
        };
        Evidence { comparison, named, difference: estimate }
    }

    /// The shortest batches, or the replications, that both sides have.
    ///
    /// Replications are numbered, and each draws what its number and the seed say. So of different counts the first ones
    /// pair, and more of them on one side are of no use to a paired comparison.
    fn samples<'b>(&self, old: &'b BaselineNumber, new: &'b BaselineNumber) -> Option<Samples<'b>> {
        let same = |sample: &&BaselineSample| {
            let other = old.samples.iter().find(|other| other.batch_requests == sample.batch_requests);
            other.is_some_and(|other| other.values.len().min(sample.values.len()) >= 2)
        };
        if let Some(ours) = new.samples.iter().find(same).filter(|_| self.is_paired) {
            let theirs = old.samples.iter().find(|other| other.batch_requests == ours.batch_requests)?;
            let pairs = ours.values.len().min(theirs.values.len());
            return Some(Samples {
                old: &theirs.values[..pairs],
                new: &ours.values[..pairs],
                is_paired: true,
                is_part: ours.values.len() != theirs.values.len(),
            });
        }
        let (ours, theirs) = (new.samples.first()?, old.samples.first()?);
        Some(Samples { old: &theirs.values, new: &ours.values, is_paired: false, is_part: false })
    }
}

/// The values behind a difference.
struct Samples<'a> {
    old: &'a [f64],
    new: &'a [f64],
    is_paired: bool,
    /// Whether one side has more than these.
    is_part: bool,
}

impl Samples<'_> {
    fn difference(&self) -> Option<Difference> {
        let test = if self.is_paired { Difference::paired } else { Difference::unpaired };
        test(self.new, self.old)
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn why_untested(old: &BaselineNumber, new: &BaselineNumber) -> String {
    match (old.value, new.value) {
        (None, _) => "the run of the baseline gave no such number".to_owned(),
        (_, None) => "the run gave no such number".to_owned(),
        _ => match new.not_estimable.as_ref().or(old.not_estimable.as_ref()) {
            Some(why) => why.clone(),
            None => "the run is too short to tell a difference from chance".to_owned(),
        },
    }
}

/// The verdicts, all numbers considered together.
fn decide(evidence: Vec<Evidence>) -> Vec<MetricComparison> {
    let p_values: Vec<f64> = evidence.iter().filter_map(|one| one.comparison.p_value).collect();
    let mut differs = holm(&p_values, GATE_LEVEL).into_iter();
    let level = 1.0 - GATE_LEVEL / p_values.len().max(1) as f64;
    evidence
        .into_iter()
        .map(|Evidence { mut comparison, named, difference: estimate }| {
            comparison.significant = comparison.p_value.and_then(|_| differs.next());
            let Some(difference) = comparison.difference else { return comparison };
            comparison.interval = match comparison.test {
                SignificanceTest::Exact => Some([difference; 2]),
                _ => estimate.and_then(|estimate| {
                    let interval = estimate.interval(level)?.around(difference);
                    Some(interval.ends().map(rounded)).filter(|ends| ends.iter().all(|end| end.is_finite()))
                }),
            };
            // The difference is that of all requests, its test that of replications or batches. Should they not even
            // agree which is larger, nothing is shown.
            let agrees = estimate.is_none_or(|estimate| estimate.mean * difference >= 0.0);
            comparison.verdict = verdict(&comparison, difference, agrees, named);
            if comparison.verdict == MetricVerdict::Undecided && comparison.why.is_none() {
                comparison.why = Some("it may be chance, and the interval is wider than what is tolerated".to_owned());
            }
            comparison
        })
        .collect()
}

/// Shorter response times of a policy or class are no improvement where more of its requests got no answer.
fn withdraw_improvements(metrics: &mut [MetricComparison]) {
    let alike = |a: &MetricComparison, b: &MetricComparison| (&a.policy, &a.class) == (&b.policy, &b.class);
    for metrics in metrics.chunk_by_mut(alike) {
        let error_rate = metrics.iter().find(|metric| metric.metric == Named::ErrorRate.name());
        if !error_rate.and_then(|metric| metric.difference).is_some_and(|difference| difference > 0.0) {
            continue;
        }
        let of_answered = |metric: &&mut MetricComparison| metric.unit == MetricUnit::Time;
        let improved = metrics.iter_mut().filter(|metric| metric.verdict == MetricVerdict::Improved);
        for metric in improved.filter(of_answered) {
            metric.verdict = MetricVerdict::Undecided;
            metric.why = Some("more requests got no answer, and these response times leave them out".to_owned());
        }
    }
}

fn verdict(comparison: &MetricComparison, difference: f64, agrees: bool, named: Named) -> MetricVerdict {
    let MetricTolerance { relative, absolute } = comparison.tolerance;
    let tolerated = rounded((relative * comparison.baseline.unwrap_or(0.0).abs()).max(absolute));
    let is_material = difference.abs() > tolerated;
    let is_within = |ends: [f64; 2]| ends.iter().all(|end| end.abs() <= tolerated);
    let is_worse = if named.is_better_when_higher() { difference < 0.0 } else { difference > 0.0 };
    match comparison.significant {
        Some(true) if agrees && is_material && is_worse => MetricVerdict::Regressed,
        Some(true) if agrees && is_material => MetricVerdict::Improved,
        Some(true) if agrees => MetricVerdict::Unchanged,
        Some(_) if comparison.interval.is_some_and(is_within) => MetricVerdict::Unchanged,
        None if !is_material => MetricVerdict::Unchanged,
        _ => MetricVerdict::Undecided,
    }
}
