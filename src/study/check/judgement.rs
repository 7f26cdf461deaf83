//! Is a number worse than it was? By more than chance, and by more than matters.
//!
//! *More than chance*: replications of one seed meet the same requests before and after, so the test is of their
//! differences, pair by pair; so is that of the batches of a single run, which are cut by the numbers of requests. Runs of
//! different seeds have nothing in common and are compared with Welch's test. Of all numbers of a gate together, Holm's
//! method calls one different by chance alone in at most 5 % of the gates. Test and interval are of the difference that is
//! shown, which is that of all requests; the interval has the level at which Holm's method decided about the number. So
//! it holds 0 exactly where the difference may be chance. Each holds by itself with that confidence; nothing is said of all
//! of them together.
//!
//! *More than matters*: by more than the relative and by more than the absolute tolerance.
//!
//! Response times are of the answered requests. Where the share without an answer has risen, shorter ones are no
//! improvement: the slow requests may be those that got none.

use crate::model::{Direction, Metric, MetricUnit, Named};
use crate::scenario::Tolerances;
use crate::stats::{Difference, HolmStep, Support, holm, reach, rounded};
use crate::study::decision::two_digits_up;

use super::baseline::{Baseline, BaselineNumber, BaselineNumbers, BaselineSample};
use super::power::{DifferenceSpread, MOST_TIMES, power};
use super::{MetricComparison, MetricTolerance, MetricVerdict, SignificanceTest, WhyUndecided};

/// The probability with which, if nothing has changed, at least one number of a gate seems to.
pub const GATE_LEVEL: f64 = 0.05;

/// Every number that both have, judged. They may be of different seeds: then nothing is paired.
pub fn judge(old: &Baseline, new: &Baseline, tolerances: &Tolerances) -> Vec<MetricComparison> {
    let rules = ComparisonRules {
        is_exact: old.deterministic && new.deterministic,
        is_paired: old.seed == new.seed && old.model_version == new.model_version,
        tolerances,
    };
    let mut evidence: Vec<ChangeEvidence> = Vec::new();
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
struct ComparisonRules<'a> {
    is_exact: bool,
    is_paired: bool,
    tolerances: &'a Tolerances,
}

/// A number that is not judged yet, and what is known about its difference.
struct ChangeEvidence {
    comparison: MetricComparison,
    named: Named,
    /// The difference that is shown, with the standard error from replications or batches.
    difference: Option<Difference>,
    /// Whether these agree about which side is larger.
    agrees: bool,
    /// What chance may do to a difference, should there be one.
    spread: Option<DifferenceSpread>,
}

impl ComparisonRules<'_> {
    fn all(
        &self,
        policy: &str,
        class: Option<&String>,
        old: &BaselineNumbers,
        new: &BaselineNumbers,
    ) -> Vec<ChangeEvidence> {
        let known = Named::JUDGED.iter().filter(|named| class.is_none() || Metric::Named(**named).is_of_classes());
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

    fn one(&self, named: Named, old: &BaselineNumber, new: &BaselineNumber) -> ChangeEvidence {
        let tolerance = self.tolerances.of(Metric::Named(named));
        let samples = if self.is_exact { None } else { self.samples(old, new) };
        let (baseline, value) = match &samples {
            // Of what only one side has more than the other, nothing is to be shown in the difference.
            Some(Samples { old, new, is_part: true, .. }) => (Some(rounded(mean(old))), Some(rounded(mean(new)))),
            _ => (old.value, new.value),
        };
        let difference = value.zip(baseline).map(|(value, baseline)| rounded(value - baseline));
        let of_parts = samples.as_ref().and_then(Samples::difference).zip(difference);
        let estimate = of_parts.map(|(of_parts, difference)| of_parts.about(difference));
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
            unit: named.facts().unit,
            baseline,
            value,
            difference,
            relative_difference: difference
                .zip(baseline)
                .filter(|(_, baseline)| baseline.abs() > 0.0)
                .map(|(difference, baseline)| difference / baseline.abs()),
            interval: None,
            interval_level: None,
            p_value,
            test,
            significant: None,
            tolerance: MetricTolerance { relative: tolerance.relative, absolute: tolerance.absolute },
            verdict: MetricVerdict::Undecided,
            power: None,
            decided_by_replications: None,
            why: (test == SignificanceTest::Untested).then(|| why_untested(old, new)),
        };
        ChangeEvidence {
            comparison,
            named,
            difference: estimate,
            agrees: of_parts.is_none_or(|(of_parts, difference)| of_parts.mean * difference >= 0.0),
            spread: samples.as_ref().and_then(|samples| samples.spread()),
        }
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
                are_batches: ours.batch_requests.is_some(),
            });
        }
        let (ours, theirs) = (new.samples.first()?, old.samples.first()?);
        let are_batches = ours.batch_requests.is_some();
        Some(Samples { old: &theirs.values, new: &ours.values, is_paired: false, is_part: false, are_batches })
    }
}

/// The values behind a difference.
struct Samples<'a> {
    old: &'a [f64],
    new: &'a [f64],
    is_paired: bool,
    /// Whether one side has more than these.
    is_part: bool,
    /// Whether they are of batches, and not of replications.
    are_batches: bool,
}

impl Samples<'_> {
    fn difference(&self) -> Option<Difference> {
        let test = if self.is_paired { Difference::paired } else { Difference::unpaired };
        test(self.new, self.old)
    }

    /// Of runs in which nothing has changed, the pairs do not differ, and say nothing of what chance would do to a change.
    fn spread(&self) -> Option<DifferenceSpread> {
        let difference = self.difference()?;
        let is_known = !self.is_paired || difference.standard_error > 0.0;
        Some(DifferenceSpread {
            difference: if is_known { difference } else { Difference::unpaired(self.new, self.old)? },
            is_bound: !is_known,
            parts: self.new.len(),
            are_batches: self.are_batches,
        })
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn why_untested(old: &BaselineNumber, new: &BaselineNumber) -> WhyUndecided {
    match (old.value, new.value) {
        (None, _) => WhyUndecided::NoValueInBaseline,
        (Some(_), None) => WhyUndecided::NoValue,
        (Some(_), Some(_)) => match new.not_estimable.as_ref().or(old.not_estimable.as_ref()) {
            Some(why) => WhyUndecided::NotEstimable(why.clone()),
            None => WhyUndecided::TooShort,
        },
    }
}

/// The verdicts, all numbers considered together.
fn decide(evidence: Vec<ChangeEvidence>) -> Vec<MetricComparison> {
    let p_values: Vec<f64> = evidence.iter().filter_map(|one| one.comparison.p_value).collect();
    let mut steps = holm(&p_values, GATE_LEVEL).into_iter();
    let strictest = GATE_LEVEL / p_values.len().max(1) as f64;
    evidence
        .into_iter()
        .map(|one| {
            let step = one.comparison.p_value.and_then(|_| steps.next());
            one.judged(step, strictest)
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
            metric.why = Some(WhyUndecided::MoreUnanswered);
        }
    }
}

impl ChangeEvidence {
    /// The verdict, given what Holm's method says; `strictest` is the level of the smallest p-value of the gate.
    fn judged(self, step: Option<HolmStep>, strictest: f64) -> MetricComparison {
        let interval = self.interval(step);
        let Self { mut comparison, named, agrees, spread, .. } = self;
        let Some(difference) = comparison.difference else { return comparison };
        comparison.interval = interval;
        comparison.interval_level = step.zip(interval).map(|(step, _)| 1.0 - step.level);
        // What is shown decides: an end that is rounded to 0 is 0.
        let holds_zero = interval.is_some_and(|[low, high]| low <= 0.0 && high >= 0.0);
        comparison.significant = step.map(|step| step.differs && !holds_zero);
        // The difference is that of all requests, its spread that of replications or batches. Should they not even agree
        // which is larger, nothing is shown.
        comparison.verdict = verdict(&comparison, difference, agrees, named);
        if comparison.verdict == MetricVerdict::Undecided && comparison.why.is_none() {
            comparison.why = Some(why_undecided(agrees));
        }
        comparison.power = spread.and_then(|spread| power(&spread, &comparison, strictest));
        comparison.decided_by_replications = spread.and_then(|spread| decided_by(&spread, &comparison));
        comparison
    }

    /// At the level of its step.
    fn interval(&self, step: Option<HolmStep>) -> Option<[f64; 2]> {
        let difference = self.comparison.difference?;
        if self.comparison.test == SignificanceTest::Exact {
            return Some([difference; 2]);
        }
        let ends = self.difference?.interval(1.0 - step?.level)?.ends();
        let possible = Support::of_difference(self.comparison.unit).part_of(ends).map(rounded);
        possible.iter().all(|end| end.is_finite()).then_some(possible)
    }
}

/// About how many replications make the interval of a difference that may be chance so narrow that it leaves out 0, or holds
/// only what is tolerated.
fn decided_by(spread: &DifferenceSpread, comparison: &MetricComparison) -> Option<u64> {
    if spread.are_batches || !matches!(comparison.why, Some(WhyUndecided::MayBeChance)) {
        return None;
    }
    let (difference, tolerated) = (comparison.difference?, tolerated(comparison));
    let half_width = reach(difference, comparison.interval?);
    let enough = difference.abs().max(tolerated - difference.abs());
    let times = (half_width / enough).powi(2);
    (times <= MOST_TIMES).then(|| two_digits_up(spread.parts as f64 * times) as u64)
}

const fn why_undecided(agrees: bool) -> WhyUndecided {
    if agrees { WhyUndecided::MayBeChance } else { WhyUndecided::OppositeDirections }
}

/// How much worse than in the baseline a number may be, in its own unit.
pub(super) fn tolerated(comparison: &MetricComparison) -> f64 {
    let MetricTolerance { relative, absolute } = comparison.tolerance;
    rounded((relative * comparison.baseline.unwrap_or(0.0).abs()).max(absolute))
}

fn verdict(comparison: &MetricComparison, difference: f64, agrees: bool, named: Named) -> MetricVerdict {
    let tolerated = tolerated(comparison);
    let is_material = difference.abs() > tolerated;
    let is_within = |ends: [f64; 2]| ends.iter().all(|end| end.abs() <= tolerated);
    let is_worse = match named.facts().direction {
        Direction::Higher => difference < 0.0,
        Direction::Lower => difference > 0.0,
    };
    match comparison.significant {
        Some(true) if agrees && is_material && is_worse => MetricVerdict::Regressed,
        Some(true) if agrees && is_material => MetricVerdict::Improved,
        Some(true) if agrees => MetricVerdict::Unchanged,
        Some(_) if comparison.interval.is_some_and(is_within) => MetricVerdict::Unchanged,
        None if !is_material => MetricVerdict::Unchanged,
        _ => MetricVerdict::Undecided,
    }
}
