//! Whether a configuration meets its objectives: a sequential test of feasibility with an indifference zone.
//!
//! D. Batur, S.-H. Kim: Finding feasible systems in the presence of constraints on multiple performance measures (ACM
//! TOMACS 20, 2010); S. Andradóttir, S.-H. Kim: Fully sequential procedures for comparing constrained systems via
//! simulation (Naval Research Logistics 57, 2010). Their procedures look at the data after each replication and assume
//! normal values of known order; this one looks a few times (10, 20, 40, … replications), with Student's t and the error
//! split over the looks (Bonferroni), which is valid whatever the looks have in common.

use std::ops::ControlFlow;

use crate::engine::Ending;
use crate::model::{ClassId, FaultId, Metric, SimDuration};
use crate::policy::PolicyChoice;
use crate::scenario::Scenario;
use crate::stats::{FaultEffect, Interval, MeasuredFault, PolicyNumbers, Recovery, upper_reach};
use crate::study::capacity::{Capacity, capacity};
use crate::study::pool::JobPool;
use crate::study::replications::{EVENTS_PER_LOOK, Halted, PolicyRun};
use crate::study::simulation::{Replication, simulation};

use super::course::{Course, headroom};
use super::measure::{Asked, Measure, Tail, Tested};
use super::replicated::Replicated;
use super::sharing::Sharing;
use super::subject::Subject;
use super::tally::{Found, Pooled, Tally};

/// Replications at the first look; each further look doubles their number.
pub(super) const FIRST_LOOK: u64 = 10;

/// Looks at a configuration, at most.
pub(super) const LOOKS: u32 = 8;

/// Requests of a configuration, at most, whatever the number of looks; the first look is always taken.
pub const MOST_REQUESTS: u64 = 6_000_000;

/// What is called while replications run; breaking ends the plan.
pub(super) type Watching<'a> = dyn Fn() -> ControlFlow<()> + std::marker::Sync + 'a;

/// A configuration to be tested.
#[derive(Clone, Copy)]
pub(super) struct Trial<'a> {
    pub subject: &'a Subject,
    pub policy: &'a PolicyChoice,
    pub asked: &'a [Asked<'a>],
    pub sharing: &'a Sharing<'a>,
    pub pool: &'a JobPool,
    pub watch: &'a Watching<'a>,
}

/// How sure a test must be, and how long it may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Strictness {
    /// The probability of a wrong verdict, at most.
    pub error: f64,
    /// The number of looks, at most.
    pub looks: u32,
    /// The level of the intervals that are shown.
    pub level: f64,
}

/// The verdict on an objective or a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Meets,
    Fails,
    Undecided,
}

impl Decision {
    /// Of several verdicts that must all be good, the largest counts.
    pub const fn severity(self) -> u8 {
        match self {
            Self::Meets => 0,
            Self::Undecided => 1,
            Self::Fails => 2,
        }
    }
}

/// What a test found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Judged {
    pub decision: Decision,
    pub evidence: Vec<Evidence>,
    /// The 99th percentile of all response times, in milliseconds.
    pub p99_ms: Option<Interval>,
    /// The number of requests, those of warm-ups included.
    pub requests: u64,
    pub replications: u64,
    /// Whether a replication stopped before its end: too many requests were in flight, or none could go on.
    pub stopped: bool,
}

/// What is known of the number of an objective.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Evidence {
    pub decision: Decision,
    /// The share of requests above the bound, of a percentile.
    pub above: Option<Interval>,
    /// The number in its unit.
    pub number: Option<Interval>,
    /// How far the tested value is above its bound, as a share of the bound; below 0 if the objective is met.
    pub excess: f64,
}

impl Evidence {
    /// Of an objective that no run is needed for.
    const MET: Self = Self { decision: Decision::Meets, above: None, number: None, excess: 0.0 };
}

impl Judged {
    /// A configuration that fails without runs.
    pub fn without_runs(objectives: usize) -> Self {
        let unknown = Evidence { decision: Decision::Fails, above: None, number: None, excess: f64::INFINITY };
        Self {
            decision: Decision::Fails,
            evidence: vec![unknown; objectives],
            p99_ms: None,
            requests: 0,
            replications: 0,
            stopped: false,
        }
    }

    /// What more replications will probably say.
    fn guessed(self) -> Self {
        let is_met = |one: &Evidence| one.decision == Decision::Meets || one.excess < 0.0;
        let decision = if self.evidence.iter().all(is_met) { Decision::Meets } else { Decision::Fails };
        Self { decision, ..self }
    }
}

impl Trial<'_> {
    /// What the policy can sustain.
    ///
    /// # Errors
    /// None so far: nothing breaks it off.
    pub fn capacity(&self) -> Result<Capacity, Halted> {
        let Subject { scenario, name } = self.subject;
        self.sharing.capacity(name, || Ok(capacity(scenario, self.policy)))
    }

    /// Tests the configuration.
    ///
    /// # Errors
    /// [`Halted`] when the watch broke off, or where replications are not here.
    pub fn judge(&self, course: &Course, strictness: &Strictness) -> Result<Judged, Halted> {
        let scenario = course.applied(self.subject.scenario.clone());
        Ok(self.with_headroom(self.judge_runs(&scenario, course, strictness)?, &scenario))
    }

    /// The same with the headroom of the scenario, if an objective is about that.
    pub fn with_headroom(&self, mut judged: Judged, scenario: &Scenario) -> Judged {
        for (asked, evidence) in self.asked.iter().zip(&mut judged.evidence) {
            if asked.measure == Measure::Headroom {
                evidence.number = headroom(scenario, self.policy).map(|mean| Interval { mean, half_width: 0.0 });
            }
        }
        judged
    }

    fn judge_runs(&self, scenario: &Scenario, course: &Course, strictness: &Strictness) -> Result<Judged, Halted> {
        let only = scenario.is_deterministic();
        let mut replicated: Vec<Replicated> = Vec::new();
        let mut pooled = vec![Pooled::default(); self.asked.len() + 1];
        let mut decisions = vec![Decision::Undecided; self.asked.len()];
        let looks = if only { 1 } else { strictness.looks };
        let error = strictness.error / f64::from(looks) / self.asked.len().max(1) as f64;
        for look in 0..looks {
            let until = if only { 1 } else { FIRST_LOOK << look };
            let numbers: Vec<u64> = (replicated.len() as u64..until).collect();
            let Some(new) = self.replications(scenario, course, &numbers)? else {
                let known = self.look(&replicated, &pooled, &mut decisions, error, strictness.level);
                return self.guess(known);
            };
            for mut one in new {
                std::mem::take(&mut one.tails).iter().for_each(|(place, tail)| pooled[*place].merge(tail));
                replicated.push(one);
            }
            let judged = self.look(&replicated, &pooled, &mut decisions, error, strictness.level);
            if judged.decision != Decision::Undecided || self.is_last(&judged, look, looks) {
                return Ok(judged);
            }
        }
        Ok(self.look(&replicated, &pooled, &mut decisions, error, strictness.level))
    }

    /// The replications with these numbers; `None` if not all of them are here.
    fn replications(
        &self,
        scenario: &Scenario,
        course: &Course,
        numbers: &[u64],
    ) -> Result<Option<Vec<Replicated>>, Halted> {
        let (name, measures) = (course.name_of(self.subject), self.measures());
        let replicate = |number: &u64| {
            let work = || self.replicate(scenario, *number, course.warm_up);
            self.sharing.replication(&name, *number, &measures, work)
        };
        let found = self.pool.each(numbers, replicate)?;
        Ok(found.into_iter().collect())
    }

    /// The verdict without replications that are not here, from what those before them say.
    fn guess(&self, known: Judged) -> Result<Judged, Halted> {
        match self.sharing.may_guess() {
            true if known.replications == 0 => Ok(Judged::without_runs(self.asked.len())),
            true => Ok(known.guessed()),
            false => Err(Halted),
        }
    }

    /// What is asked of a replication: the objectives, then the 99th percentile.
    fn measures(&self) -> Vec<Measure> {
        self.asked.iter().map(|asked| asked.measure).chain([Measure::Share(Tail::P99)]).collect()
    }

    /// Whether another look would take too many requests.
    fn is_last(&self, judged: &Judged, look: u32, looks: u32) -> bool {
        look + 1 == looks || 2 * judged.requests > MOST_REQUESTS
    }

    fn look(
        &self,
        replicated: &[Replicated],
        pooled: &[Pooled],
        decisions: &mut [Decision],
        error: f64,
        level: f64,
    ) -> Judged {
        let stopped = replicated.iter().any(|one| !one.is_complete);
        let evidence: Vec<Evidence> = self
            .asked
            .iter()
            .enumerate()
            .zip(decisions.iter_mut())
            .map(|((place, asked), decision)| {
                let found: Vec<Found> = replicated.iter().filter_map(|one| one.found[place]).collect();
                let evidence = match asked.measure {
                    // It was found to hold before any run.
                    Measure::Headroom => Evidence::MET,
                    Measure::Share(_) | Measure::Mean(_) | Measure::ErrorRate(_) | Measure::Number(_) => {
                        evidence(asked, &found, error, level)
                    }
                };
                if *decision == Decision::Undecided {
                    *decision = evidence.decision;
                }
                let number = match asked.measure {
                    Measure::Share(tail) => around(evidence.number, pooled[place].percentile(tail)),
                    Measure::Mean(_) | Measure::ErrorRate(_) | Measure::Number(_) | Measure::Headroom => {
                        evidence.number
                    }
                };
                Evidence { decision: *decision, number, ..evidence }
            })
            .collect();
        let p99: Vec<f64> =
            replicated.iter().filter_map(|one| one.found.last().copied().flatten()).map(|p99| p99.number).collect();
        Judged {
            decision: if stopped { Decision::Fails } else { together(decisions) },
            evidence,
            p99_ms: around(finite_mean(&p99, level), pooled[self.asked.len()].percentile(Tail::P99)),
            requests: replicated.iter().map(|one| one.requests).sum(),
            replications: replicated.len() as u64,
            stopped,
        }
    }

    fn replicate(&self, scenario: &Scenario, number: u64, warm_up: SimDuration) -> Result<Replicated, Halted> {
        let replication = Replication { number, warm_up, ..Replication::default() };
        let tally = Tally::new(self.measures().into_iter(), scenario.faults());
        let mut simulation = simulation(scenario, self.policy, &replication, tally);
        let mut goes_on = true;
        while goes_on {
            goes_on = simulation.advance(EVENTS_PER_LOOK);
            if (self.watch)().is_break() {
                return Err(Halted);
            }
        }
        let (requests, _) = simulation.progress();
        let (record, mut tally) = simulation.finish();
        let is_complete = match record.ending {
            Ending::Drained | Ending::Horizon => record.deadlock.is_none(),
            Ending::Deadlock | Ending::Standstill | Ending::TooManyInFlight | Ending::ClockLimit => false,
        };
        let numbers = self.numbers(scenario, &replication)?;
        let mut found: Vec<Option<Found>> = self
            .asked
            .iter()
            .enumerate()
            .map(|(place, asked)| match asked.measure {
                Measure::Share(_) => tally.tail(place, asked.zone(), asked.bound_is_above()),
                Measure::Mean(_) => tally.mean(place),
                Measure::ErrorRate(_) => tally.error_rate(place),
                Measure::Number(metric) => numbers.as_ref().and_then(|numbers| numbers.found(asked, metric, scenario)),
                Measure::Headroom => None,
            })
            .collect();
        found.push(tally.tail(self.asked.len(), [0.0; 3], true));
        Ok(Replicated { found, tails: tally.into_pooled(), requests, is_complete })
    }

    /// All numbers of the replication, if an objective asks for one that is not counted here.
    fn numbers(&self, scenario: &Scenario, replication: &Replication) -> Result<Option<RunNumbers>, Halted> {
        if !self.asked.iter().any(|asked| matches!(asked.measure, Measure::Number(_))) {
            return Ok(None);
        }
        let run = PolicyRun::plain(scenario, self.policy);
        let outcome = run.simulate(replication, false, &|_| (self.watch)(), None)?;
        let faults = outcome.faults.measured(|collector, totals| run.numbers(collector, totals));
        Ok(Some(RunNumbers { numbers: run.numbers(&outcome.batches.into_collected(), &outcome.totals), faults }))
    }
}

/// The numbers of a run, and what each fault did.
struct RunNumbers {
    numbers: PolicyNumbers,
    faults: Vec<MeasuredFault>,
}

impl RunNumbers {
    fn found(&self, asked: &Asked<'_>, metric: Metric, scenario: &Scenario) -> Option<Found> {
        let objective = asked.objective;
        let of_fault = |id: FaultId| self.faults.iter().find(|fault| fault.effect.fault == usize::from(id.0) + 1);
        let numbers = match objective.during {
            Some(fault) => of_fault(fault)?.during.as_ref()?,
            None => &self.numbers,
        };
        let backends: Vec<&str> = scenario.backends().keys().map(String::as_str).collect();
        let number = match (objective.class, metric.fault()) {
            (class, Some(fault)) => recovery(&of_fault(fault)?.effect, class),
            (Some(class), None) => numbers.classes.get_index(usize::from(class.0))?.1.metric(metric),
            (None, None) => numbers.metric(metric, &backends),
        };
        let arrived = numbers.requests.arrived as f64;
        let number = if objective.is_share { number? / arrived } else { number? };
        Some(Found { values: [number; 3], number, requests: arrived })
    }
}

/// How long a fault lasted for the users of a class, or for all; infinite if to the end of the run.
fn recovery(effect: &FaultEffect, class: Option<ClassId>) -> Option<f64> {
    match effect.recovery_of(class.map(|class| usize::from(class.0))) {
        (Recovery::Recovered, time_ms) => time_ms,
        (Recovery::NotRecovered, _) => Some(f64::INFINITY),
        (Recovery::Unknown, _) => None,
    }
}

fn together(decisions: &[Decision]) -> Decision {
    decisions.iter().copied().max_by_key(|decision| decision.severity()).unwrap_or(Decision::Meets)
}

/// What the values of all replications say of an objective.
fn evidence(asked: &Asked<'_>, found: &[Found], error: f64, level: f64) -> Evidence {
    let bounds = asked.bounds();
    let tested: Vec<Tested> = found.iter().map(|found| asked.tested(found.values)).collect();
    let requests = found.iter().map(|found| found.requests).sum::<f64>() / found.len().max(1) as f64;
    let least = asked.least_variance(requests);
    let values = |part: fn(&Tested) -> f64| tested.iter().map(part).collect::<Vec<f64>>();
    let plain = values(|tested| tested.plain);
    let mean = plain.iter().sum::<f64>() / plain.len() as f64;
    let below = |values: &[f64], bound: f64| limits(values, error, least).is_some_and(|[_, high]| high < bound);
    let above = |values: &[f64], bound: f64| limits(values, error, least).is_some_and(|[low, _]| low > bound);
    let meets = below(&values(|tested| tested.lenient), bounds.lenient);
    let fails = above(&values(|tested| tested.strict), bounds.strict);
    let decision = match (meets, fails) {
        _ if found.is_empty() => Decision::Undecided,
        (true, true) if mean < bounds.plain => Decision::Meets,
        (true, false) => Decision::Meets,
        (true | false, true) => Decision::Fails,
        (false, false) => Decision::Undecided,
    };
    let shown: Vec<f64> = plain.iter().map(|value| asked.shown(*value)).collect();
    let numbers: Vec<f64> = found.iter().map(|found| found.number).collect();
    Evidence {
        decision,
        above: matches!(asked.measure, Measure::Share(_)).then(|| finite_mean(&shown, level)).flatten(),
        number: finite_mean(&numbers, level),
        excess: (mean - bounds.plain) / bounds.plain.abs().max(f64::MIN_POSITIVE),
    }
}

/// PlanLimits of the mean, each of which is wrong with this probability. The only value of a scenario without chance is
/// certain; an infinite mean is above any bound.
fn limits(values: &[f64], error: f64, least_variance: f64) -> Option<[f64; 2]> {
    if let [only] = values {
        return Some([*only; 2]);
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    if mean.is_infinite() {
        return Some([mean; 2]);
    }
    let reach = upper_reach(values, error, least_variance)?;
    Some([mean - reach, mean + reach])
}

/// The interval around the percentile of all replications together: those of single ones are lower on average.
fn around(interval: Option<Interval>, percentile: Option<f64>) -> Option<Interval> {
    Some(interval?.around(percentile?))
}

fn finite_mean(values: &[f64], level: f64) -> Option<Interval> {
    if values.is_empty() || !values.iter().all(|value| value.is_finite()) {
        return None;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    Some(Interval::of_mean(values, level).unwrap_or(Interval { mean, half_width: 0.0 }))
}
