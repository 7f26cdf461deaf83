//! A configuration, and whether it meets its objectives: by its capacity where that tells, else by runs.

use crate::scenario::Comparison;
use crate::study::answering::always_answers;
use crate::study::capacity::{Capacity, KnownBounds};
use crate::study::replications::Halted;

use super::course::{Course, DemandSummary, TOO_CLOSE, headroom, steady_rate};
use super::measure::{Asked, Measure};
use super::results::PlanChange;
use super::trial::{Decision, Evidence, Judged, Strictness, Trial};

/// Of the error of a configuration, the share that a glance at short replications may use.
const OF_GLANCE: f64 = 0.25;

/// Looks of a glance, at most.
const LOOKS_OF_GLANCE: u32 = 3;

/// A glance is at replications of this load: short ones.
const GLANCE_LOAD: f64 = 0.5;

/// Replications that take more requests than this are worth a glance before.
const LONG: u64 = 20_000;

/// A scenario with one of its policies, and what its requests are like.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub trial: Trial<'a>,
    pub demand: DemandSummary,
}

/// Why a configuration has its verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Because {
    /// More requests arrive than it can serve.
    Capacity,
    /// Of its runs.
    Runs,
}

/// The verdict on a configuration.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outcome {
    pub judged: Judged,
    pub because: Because,
    /// Of a robust plan, the change that decided; `None`: the scenario as it is.
    pub under: Option<PlanChange>,
    /// What is known of the objectives there.
    pub varied: Vec<Evidence>,
}

impl Outcome {
    fn of(judged: Judged, because: Because) -> Self {
        Self { judged, because, under: None, varied: Vec::new() }
    }

    /// Whether it fails because more requests arrive than it can serve.
    pub fn is_overloaded(&self) -> bool {
        self.because == Because::Capacity
    }

    /// Takes the verdict on a variation that must also be met, which is no better than this one.
    pub fn add_varied(&mut self, change: PlanChange, varied: &Self) {
        self.judged.requests += varied.judged.requests;
        if varied.judged.decision.severity() > self.judged.decision.severity() {
            self.judged.decision = varied.judged.decision;
            (self.because, self.under) = (varied.because, Some(change));
            self.varied.clone_from(&varied.judged.evidence);
        }
    }
}

impl Candidate<'_> {
    /// # Errors
    /// [`Halted`] when the watch broke off.
    pub fn decide(&self, strictness: &Strictness) -> Result<Outcome, Halted> {
        let Trial { subject, policy, sharing, watch, .. } = self.trial;
        if let Some(judged) = self.without_headroom() {
            return Ok(Outcome::of(judged, Because::Capacity));
        }
        let Some(rate) = steady_rate(&subject.scenario) else {
            let course = Course::of_scenario(subject, policy, sharing, &|_| watch())?;
            return Ok(Outcome::of(self.trial.judge(&course, strictness)?, Because::Runs));
        };
        self.decide_steady(rate, strictness)
    }

    fn decide_steady(&self, rate: f64, strictness: &Strictness) -> Result<Outcome, Halted> {
        let Trial { subject, policy, .. } = self.trial;
        let scenario = &subject.scenario;
        let bounds = KnownBounds::new(scenario, policy);
        let bound_load = rate / bounds.lowest_per_s();
        if self.is_hopeless(bound_load) {
            return Ok(Outcome::of(self.overloaded(), Because::Capacity));
        }
        let course = Course::steady(rate, bound_load, self.demand);
        let is_short = course.requests.is_none_or(|requests| requests <= LONG);
        let runs = |judged| Outcome::of(judged, Because::Runs);
        let mut strictness = *strictness;
        // An empty system is faster than a full one: short runs tell that it is too slow, and nothing else.
        if !(bounds.is_exact && is_short) {
            let glance = Strictness { error: strictness.error * OF_GLANCE, looks: LOOKS_OF_GLANCE, ..strictness };
            let course = Course::steady(rate, bound_load.min(GLANCE_LOAD), self.demand);
            let judged = self.trial.judge(&course, &glance)?;
            if judged.decision == Decision::Fails {
                return Ok(runs(judged));
            }
            strictness.error *= 1.0 - OF_GLANCE;
        }
        let load = match bounds.is_exact {
            true => bound_load,
            false => {
                let capacity = self.trial.capacity()?;
                if capacity.is_exceeded_by(rate) && self.is_hopeless(1.0 + f64::EPSILON) {
                    return Ok(Outcome::of(self.overloaded(), Because::Capacity));
                }
                load(rate, &capacity)
            }
        };
        let mut judged = self.trial.judge(&Course::steady(rate, load, self.demand), &strictness)?;
        if load > TOO_CLOSE && judged.decision == Decision::Meets {
            judged.decision = Decision::Undecided;
        }
        Ok(runs(judged))
    }

    /// Whether at this load, from the lowest bound of all stations, an objective cannot be met in the long run.
    fn is_hopeless(&self, load: f64) -> bool {
        if load < 1.0 {
            return false;
        }
        let waits_for_ever = always_answers(&self.trial.subject.scenario, self.trial.policy);
        let without_answer = 1.0 - 1.0 / load;
        self.trial.asked.iter().filter(|asked| is_upper(asked)).any(|asked| match asked.measure {
            Measure::Share(tail) => waits_for_ever || !tail.answered_only && without_answer > tail.allowed(),
            Measure::Mean(_) => waits_for_ever,
            Measure::ErrorRate(_) | Measure::Number(_) | Measure::Headroom => false,
        })
    }

    /// A judgement without runs.
    fn overloaded(&self) -> Judged {
        Judged::without_runs(self.trial.asked.len())
    }

    /// The judgement where an objective on the headroom fails: no run is needed.
    fn without_headroom(&self) -> Option<Judged> {
        let Trial { subject, policy, asked, .. } = self.trial;
        let scenario = &subject.scenario;
        let is_about_headroom = |asked: &&Asked<'_>| asked.measure == Measure::Headroom;
        let place = asked.iter().position(|asked| is_about_headroom(&asked))?;
        let headroom = headroom(scenario, policy)?;
        let objective = asked[place].objective;
        let fails = !objective.comparison.holds(headroom, objective.bound);
        fails.then(|| self.trial.with_headroom(self.overloaded(), scenario))
    }
}

fn is_upper(asked: &Asked<'_>) -> bool {
    match asked.objective.comparison {
        Comparison::Less | Comparison::AtMost => true,
        Comparison::Greater | Comparison::AtLeast | Comparison::Equal => false,
    }
}

/// Offered / capacity; 0 where nothing limits a policy.
pub(super) fn load(rate: f64, capacity: &Capacity) -> f64 {
    capacity.per_s.map_or(0.0, |per_s| if per_s > 0.0 { rate / per_s } else { f64::INFINITY })
}
