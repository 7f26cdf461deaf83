//! The search for the cheapest configuration.
//!
//! Response times are not monotone in threads or workers that share a lock or cores, so nothing is concluded from one
//! configuration about another, except where a theorem says so. Along the last dimension a ladder of sizes is climbed, ever
//! wider steps from the least that the capacity allows, until one meets the objectives; then the gap below it is halved until
//! neighbours differ. Where none meets them, the gaps around the one that came nearest are halved. Outer dimensions are
//! climbed as long as their configurations may be cheaper than the best.

use std::sync::atomic::{AtomicU64, Ordering};

use indexmap::IndexMap;

use crate::scenario::Scenario;
use crate::stats::Station;
use crate::study::answering::always_answers;
use crate::study::capacity::{KnownBounds, is_one_queue};
use crate::study::pool::JobPool;
use crate::study::replications::Halted;

use super::candidate::{Candidate, Outcome};
use super::course::{DemandSummary, steady_rate};
use super::ladder::{Ladder, first_that, last_that};
use super::measure::{Asked, Measure};
use super::price::{PlanLimits, Prices};
use super::sharing::Sharing;
use super::sizing::Sizing;
use super::subject::Subject;
use super::trial::{Decision, LOOKS, Strictness, Trial, Watching};
use super::variation::harder;

/// Looks at configurations that are more expensive than the choice, at most: they only show whether more is worse.
const LOOKS_ABOVE: u32 = 4;

/// Looks at those between a size that meets the objectives and a larger one that does not, at most.
const LOOKS_BETWEEN: u32 = 6;

/// Configurations above the choice, at most.
const MOST_ABOVE: usize = 6;

/// Configurations around the nearest miss, at most.
const MOST_NEAR: usize = 8;

/// Of the error of a plan, the share of the configurations; the rest is that of the floor.
pub(super) const OF_CONFIGURATIONS: f64 = 0.9;

/// The sizes of a configuration, in the order of the dimensions.
pub(super) type Sizes = Vec<u32>;

/// What is searched, and what is known so far.
pub(super) struct Search<'a> {
    pub scenario: &'a Scenario,
    /// The policy's place in the scenario.
    pub place: usize,
    pub dimensions: Vec<Sizing>,
    pub asked: Vec<Asked<'a>>,
    pub demand: DemandSummary,
    pub prices: Prices,
    pub limits: &'a PlanLimits,
    /// Other loads and other query times under which the objectives must be met as well.
    pub robust: bool,
    /// The probability of a wrong plan, at most.
    pub error: f64,
    pub level: f64,
    pub sharing: Sharing<'a>,
    pub pool: &'a JobPool,
    pub watch: &'a Watching<'a>,
    /// Counts what is tried, for all policies.
    pub counter: &'a AtomicU64,
    /// In the order in which they were tried.
    pub tried: IndexMap<Sizes, Attempt>,
    /// The number of tests so far: a configuration that was too close to tell may be tested again with more looks.
    pub tests: usize,
    /// The lowest stations of the largest configuration whose capacity is too small.
    pub too_small: Option<Vec<Station>>,
    /// Whether the limits kept larger configurations from being tried.
    pub limited: bool,
}

/// A configuration that was tried.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Attempt {
    pub outcome: Outcome,
    /// How many looks there could have been.
    looks: u32,
}

/// The cheapest configuration so far.
#[derive(Clone, Debug, PartialEq)]
struct Best {
    rank: f64,
    sizes: Sizes,
}

impl<'a> Search<'a> {
    /// The cheapest configuration that meets the objectives; `None` if none of those tried does.
    ///
    /// # Errors
    /// [`Halted`] when the watch broke off; what was tried so far remains.
    pub fn cheapest(&mut self) -> Result<Option<Sizes>, Halted> {
        let mut best = None;
        self.descend(&[], &mut best)?;
        Ok(best.map(|best| best.sizes))
    }

    /// The scenario of a configuration.
    pub fn configured(&self, sizes: &[u32]) -> Scenario {
        let pairs = self.dimensions.iter().zip(sizes);
        pairs.fold(self.scenario.clone(), |scenario, (dimension, size)| dimension.applied(scenario, self.place, *size))
    }

    /// The configuration as it is tested.
    pub fn subject(&self, sizes: &[u32]) -> Subject {
        Subject::configured(self.configured(sizes), self.dimensions.iter().zip(sizes))
    }

    pub fn cost(&self, sizes: &[u32]) -> f64 {
        self.prices.cost(&self.configured(sizes), self.place)
    }

    /// What decides which of two configurations is cheaper.
    pub fn rank(&self, sizes: &[u32]) -> f64 {
        self.prices.rank(&self.configured(sizes), self.place)
    }

    /// Whether the theorem holds for a configuration: more workers are never worse.
    pub fn is_monotone(&self, sizes: &[u32]) -> bool {
        let scenario = self.configured(sizes);
        self.dimensions == [Sizing::Workers]
            && self.asked.iter().all(|asked| !matches!(asked.measure, Measure::Number(_)))
            && is_one_queue(&scenario, &scenario.policies()[self.place])
    }

    fn descend(&mut self, prefix: &[u32], best: &mut Option<Best>) -> Result<(), Halted> {
        if prefix.len() + 1 == self.dimensions.len() {
            return self.along(prefix, best);
        }
        let Some((first, last)) = self.range(prefix) else { return Ok(()) };
        let mut before = first;
        for size in Ladder::new(first, last) {
            let sizes: Sizes = prefix.iter().copied().chain([size]).collect();
            if self.is_too_dear(&sizes, best.as_ref()) {
                break;
            }
            let known = best.clone();
            self.descend(&sizes, best)?;
            if *best != known {
                // Between two steps of the ladder there may be a cheaper one.
                for between in (before + 1..size).rev() {
                    let sizes: Sizes = prefix.iter().copied().chain([between]).collect();
                    self.descend(&sizes, best)?;
                }
            }
            before = size;
        }
        Ok(())
    }

    /// Whether even the smallest configuration with these outer sizes costs as much as the best.
    fn is_too_dear(&self, prefix: &[u32], best: Option<&Best>) -> bool {
        let Some(best) = best else { return false };
        self.rank(&self.filled(prefix, |dimension| self.smallest(dimension))) >= best.rank
    }

    fn smallest(&self, dimension: &Sizing) -> u32 {
        dimension.range(self.scenario, self.place).0
    }

    fn largest(&self, dimension: &Sizing) -> u32 {
        dimension.range(self.scenario, self.place).1.min(MOST_INSIDE)
    }

    fn filled(&self, prefix: &[u32], size: impl Fn(&Sizing) -> u32) -> Sizes {
        prefix.iter().copied().chain(self.dimensions[prefix.len()..].iter().map(size)).collect()
    }

    /// The sizes of the next dimension that are within the limits and have the capacity, if there are any.
    fn range(&mut self, prefix: &[u32]) -> Option<(u32, u32)> {
        let dimension = self.dimensions[prefix.len()];
        let (first, most) = dimension.range(self.scenario, self.place);
        let with = |search: &Self, size: u32, others: fn(&Self, &Sizing) -> u32| {
            let prefix: Sizes = prefix.iter().copied().chain([size]).collect();
            search.filled(&prefix, |dimension| others(search, dimension))
        };
        let is_allowed = |search: &Self, size| search.allows(&with(search, size, Self::smallest));
        let last = last_that(first, most, |size| is_allowed(self, size))?;
        let lowest = first_that(first, last, |size| self.has_capacity(&with(self, size, Self::largest)));
        let Some(lowest) = lowest else {
            let sizes = with(self, last, Self::largest);
            self.too_small = Some(self.lowest_stations(&sizes));
            return None;
        };
        // Far beyond what the capacity needs, more does not help.
        let enough = lowest.saturating_mul(8).saturating_add(16);
        self.limited |= last < most.min(enough);
        Some((lowest, last.min(enough)))
    }

    fn allows(&self, sizes: &[u32]) -> bool {
        self.limits.allow(&self.configured(sizes), self.place, &self.prices)
    }

    /// Whether no station alone shows that the configuration has too little capacity.
    fn has_capacity(&self, sizes: &[u32]) -> bool {
        let scenario = self.configured(sizes);
        let policy = &scenario.policies()[self.place];
        let Some(rate) = steady_rate(&scenario).filter(|_| always_answers(&scenario, policy)) else { return true };
        rate < KnownBounds::new(&scenario, policy).lowest_per_s()
    }

    fn lowest_stations(&self, sizes: &[u32]) -> Vec<Station> {
        let scenario = self.configured(sizes);
        let bounds = KnownBounds::new(&scenario, &scenario.policies()[self.place]);
        bounds.stations.into_iter().take(1).map(|bound| bound.station).collect()
    }

    /// Searches the last dimension.
    fn along(&mut self, prefix: &[u32], best: &mut Option<Best>) -> Result<(), Halted> {
        let Some((first, last)) = self.range(prefix) else { return Ok(()) };
        let at = |size: u32| -> Sizes { prefix.iter().copied().chain([size]).collect() };
        let mut below = None;
        let mut found = None;
        for size in Ladder::new(first, last) {
            if best.as_ref().is_some_and(|best| self.rank(&at(size)) >= best.rank) {
                break;
            }
            if self.decision(&at(size), LOOKS)? == Decision::Meets {
                found = Some(size);
                break;
            }
            below = Some(size);
        }
        let found = match found {
            Some(found) => Some(found),
            None if best.is_none() => self.near_misses(prefix, &mut below)?,
            None => None,
        };
        let Some(mut found) = found else { return Ok(()) };
        let mut below = below.filter(|below| *below < found).or(first.checked_sub(1)).unwrap_or(0);
        while found - below > 1 {
            let middle = below + (found - below) / 2;
            match self.decision(&at(middle), LOOKS)? {
                Decision::Meets => found = middle,
                Decision::Fails | Decision::Undecided => below = middle,
            }
        }
        let sizes = at(found);
        let rank = self.rank(&sizes);
        if best.as_ref().is_none_or(|best| rank < best.rank) {
            *best = Some(Best { rank, sizes });
        }
        Ok(())
    }

    /// Halves the gaps around the size that came nearest, until one meets the objectives or there is no gap; `below` becomes the
    /// next smaller one that was tried.
    fn near_misses(&mut self, prefix: &[u32], below: &mut Option<u32>) -> Result<Option<u32>, Halted> {
        for _ in 0..MOST_NEAR {
            let mut sizes: Vec<(u32, f64)> = self.excesses(prefix);
            sizes.sort_unstable_by_key(|(size, _)| *size);
            let nearest = sizes.iter().enumerate().min_by(|(_, a), (_, b)| a.1.total_cmp(&b.1)).map(|(place, _)| place);
            let Some(nearest) = nearest else { return Ok(None) };
            let gap = |from: usize, to: usize| {
                Some((sizes.get(from)?.0, sizes.get(to)?.0)).filter(|(from, to)| to - from > 1)
            };
            let left = nearest.checked_sub(1).and_then(|left| gap(left, nearest));
            let Some((from, to)) = gap(nearest, nearest + 1).or(left) else { return Ok(None) };
            let middle = from + (to - from) / 2;
            let at: Sizes = prefix.iter().copied().chain([middle]).collect();
            if self.decision(&at, LOOKS)? == Decision::Meets {
                *below = Some(from);
                return Ok(Some(middle));
            }
        }
        Ok(None)
    }

    /// How far each size that was tried with this prefix is from its objectives.
    fn excesses(&self, prefix: &[u32]) -> Vec<(u32, f64)> {
        let with_prefix = self.tried.iter().filter(|(sizes, _)| sizes.starts_with(prefix));
        with_prefix
            .filter_map(|(sizes, Attempt { outcome, .. })| {
                let worst =
                    outcome.judged.evidence.iter().map(|evidence| evidence.excess).fold(f64::NEG_INFINITY, f64::max);
                Some((*sizes.last()?, worst))
            })
            .collect()
    }

    /// Tries larger sizes of the last dimension than those of the choice: whether more is worse.
    ///
    /// # Errors
    /// [`Halted`] when the watch broke off.
    pub fn look_above(&mut self, choice: &[u32]) -> Result<(), Halted> {
        let Some((chosen, prefix)) = choice.split_last() else { return Ok(()) };
        let Some((_, last)) = self.range(prefix) else { return Ok(()) };
        let last = last.min(chosen.saturating_mul(4).max(chosen + 4));
        let at = |size: u32| -> Sizes { prefix.iter().copied().chain([size]).collect() };
        let (mut good, mut failed, mut tried) = (*chosen, 0, 0);
        let mut size = *chosen;
        while size < last && failed < 2 && tried < MOST_ABOVE {
            let before = at(size);
            size = (size + (size / 2).max(1)).min(last);
            if self.is_monotone(&at(size)) {
                continue;
            }
            tried += 1;
            match self.decision(&at(size), LOOKS_ABOVE)? {
                Decision::Meets => (good, failed) = (size, 0),
                Decision::Undecided => {}
                Decision::Fails => {
                    failed += 1;
                    if failed == 1 {
                        self.narrow(prefix, good, size)?;
                    }
                }
            }
            // Where not even the last digit changes, no request uses what is added.
            if self.is_same(&before, &at(size)) {
                break;
            }
        }
        Ok(())
    }

    /// Whether two configurations gave the same numbers.
    fn is_same(&self, one: &[u32], other: &[u32]) -> bool {
        let p99 = |sizes: &[u32]| Some(self.tried.get(sizes)?.outcome.judged.p99_ms?.mean);
        p99(one).zip(p99(other)).is_some_and(|(one, other)| one.total_cmp(&other).is_eq())
    }

    /// Halves the gap between a size that meets the objectives and a larger one that does not.
    fn narrow(&mut self, prefix: &[u32], mut good: u32, mut bad: u32) -> Result<(), Halted> {
        while bad - good > 1 {
            let middle = good + (bad - good) / 2;
            let at: Sizes = prefix.iter().copied().chain([middle]).collect();
            match self.decision(&at, LOOKS_BETWEEN)? {
                Decision::Meets => good = middle,
                Decision::Fails | Decision::Undecided => bad = middle,
            }
        }
        Ok(())
    }

    /// The verdict on a configuration, from runs if it has not been tried.
    pub fn decision(&mut self, sizes: &[u32], looks: u32) -> Result<Decision, Halted> {
        match self.tried.get(sizes) {
            Some(Attempt { outcome, .. }) if outcome.judged.decision != Decision::Undecided => {
                return Ok(outcome.judged.decision);
            }
            Some(attempt) if attempt.looks >= looks => return Ok(Decision::Undecided),
            Some(_) | None => {}
        }
        let error = self.error * OF_CONFIGURATIONS * weight(self.tests);
        self.tests += 1;
        let outcome = self.judge(&self.subject(sizes), &Strictness { error, looks, level: self.level })?;
        let decision = outcome.judged.decision;
        self.tried.insert(sizes.to_vec(), Attempt { outcome, looks });
        self.counter.fetch_add(1, Ordering::Relaxed);
        Ok(decision)
    }

    /// The verdict on what is tested; where the plan must be robust, on its variations too.
    fn judge(&self, subject: &Subject, strictness: &Strictness) -> Result<Outcome, Halted> {
        let variations = if self.robust { harder(subject) } else { Vec::new() };
        let error = strictness.error / (variations.len() + 1) as f64;
        let strictness = Strictness { error, ..*strictness };
        let mut outcome = self.judge_one(subject, &strictness)?;
        for (change, variation) in variations {
            if outcome.judged.decision == Decision::Fails {
                break;
            }
            let varied = self.judge_one(&variation, &strictness)?;
            outcome.add_varied(change, &varied);
        }
        Ok(outcome)
    }

    pub fn judge_one(&self, subject: &Subject, strictness: &Strictness) -> Result<Outcome, Halted> {
        Candidate { trial: self.trial(subject), demand: self.demand }.decide(strictness)
    }

    pub fn trial<'t>(&'t self, subject: &'t Subject) -> Trial<'t> {
        let Self { asked, sharing, pool, watch, .. } = self;
        Trial { subject, policy: &subject.scenario.policies()[self.place], asked, sharing, pool, watch }
    }

    /// Whether a configuration failed because more requests arrive than it can serve.
    pub fn is_overloaded(&self, sizes: &[u32]) -> bool {
        self.tried.get(sizes).is_some_and(|attempt| attempt.outcome.is_overloaded())
    }
}

/// For the capacity of outer sizes, inner ones are taken to be this large.
const MOST_INSIDE: u32 = 1_000;

/// The share of the error of the configuration with this number, counted from 0; all of them add up to 1: Σ 10 / ((k + 9)(k +
/// 10)) = 1.
fn weight(number: usize) -> f64 {
    let k = number as f64 + 1.0;
    10.0 / ((k + 9.0) * (k + 10.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_errors_of_all_configurations_add_up_to_one() {
        let sum: f64 = (0..100_000).map(weight).sum();
        assert!((0.999..1.0).contains(&sum), "{sum}");
        assert!(weight(0) > 0.08 && weight(19) > 0.01);
    }
}
