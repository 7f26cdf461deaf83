//! What no configuration can be below: how long requests take with no other in the system.
//!
//! A response time is never shorter than the demand. So where too many demands are above the bound of a percentile, every
//! configuration fails. Demands of different requests are independent, so the share above a bound is binomial.

use crate::model::{ClassId, SimDuration};
use crate::policy::PolicyChoice;
use crate::random::RequestClass;
use crate::scenario::{Comparison, Scenario};
use crate::stats::upper_reach;
use crate::study::replications::{EVENTS_PER_LOOK, Halted};
use crate::study::simulation::{Replication, simulation};

use super::course::DemandSummary;
use super::measure::{Asked, Measure, Tail};
use super::tally::DemandTally;
use super::trial::Watching;

/// The run that draws demands has a number of its own.
const REPLICATION: u64 = u64::MAX - 1;

/// Requests that are drawn, and at most where they do not suffice.
const FIRST: u64 = 50_000;
const MOST: u64 = 1_600_000;

/// So few requests at a time that none waits for another, and the run needs no memory.
const LOAD: f64 = 0.01;

/// The demands of some requests.
#[derive(Clone, Debug)]
pub(super) struct Demands {
    of_classes: Vec<(ClassId, u64)>,
}

/// Whether an objective can be met at all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Floor {
    /// The number of the objective with no other request in the system, in milliseconds.
    pub number_ms: f64,
    pub is_impossible: bool,
}

impl Demands {
    /// Draws as many as tell whether the objectives can be met, except with a probability of `error`.
    ///
    /// # Errors
    /// [`Halted`] when the watch broke off.
    pub fn draw(
        scenario: &Scenario,
        policy: &PolicyChoice,
        asked: &[Asked<'_>],
        error: f64,
        watch: &Watching<'_>,
    ) -> Result<Self, Halted> {
        let mut requests = FIRST;
        loop {
            let demands = Self::drawn(scenario, policy, requests, watch)?;
            let is_close = |asked: &Asked<'_>| {
                demands.floor(asked, error).is_some_and(|(floor, is_near)| is_near && !floor.is_impossible)
            };
            if requests >= MOST || !asked.iter().any(is_close) {
                return Ok(demands);
            }
            requests *= 2;
        }
    }

    fn drawn(scenario: &Scenario, policy: &PolicyChoice, requests: u64, watch: &Watching<'_>) -> Result<Self, Halted> {
        // Demands do not depend on health checks, of which there would be very many in such a long time.
        let scenario = scenario.without_health_check();
        let scenario = scenario.with_load(LOAD, requests).unwrap_or(scenario);
        let replication = Replication { number: REPLICATION, ..Replication::default() };
        let mut simulation = simulation(&scenario, policy, &replication, DemandTally::default());
        let mut goes_on = true;
        while goes_on {
            goes_on = simulation.advance(EVENTS_PER_LOOK);
            if watch().is_break() {
                return Err(Halted);
            }
        }
        Ok(Self { of_classes: simulation.finish().1.0 })
    }

    pub fn summary(&self) -> DemandSummary {
        let count = self.of_classes.len().max(1) as f64;
        let seconds = |nanos: u64| SimDuration::from_nanos(nanos).as_secs();
        let mean_s = self.of_classes.iter().map(|(_, nanos)| seconds(*nanos)).sum::<f64>() / count;
        let squares = self.of_classes.iter().map(|(_, nanos)| (seconds(*nanos) - mean_s).powi(2)).sum::<f64>();
        DemandSummary { mean_s, squared_cv: if mean_s > 0.0 { squares / count / (mean_s * mean_s) } else { 0.0 } }
    }

    /// The floor of an objective, if it has one, and whether its bound is near it.
    fn floor(&self, asked: &Asked<'_>, error: f64) -> Option<(Floor, bool)> {
        let is_upper = matches!(asked.objective.comparison, Comparison::Less | Comparison::AtMost);
        let [low, bound, high] = asked.zone();
        let class = match asked.measure {
            Measure::Share(Tail { quantity: crate::model::Quantity::Slowdown, .. })
            | Measure::ErrorRate(_)
            | Measure::Number(_)
            | Measure::Headroom => return None,
            Measure::Share(Tail { class, .. }) | Measure::Mean(class) => class,
        };
        let mut demands = self.millis(class);
        if !is_upper || demands.is_empty() {
            return None;
        }
        let (number_ms, is_impossible) = match asked.measure {
            Measure::Share(tail) => {
                let above =
                    |end: f64| demands.iter().map(|demand| f64::from(u8::from(*demand >= end))).collect::<Vec<_>>();
                let certainly = lower_limit(&above(low), error) > tail.allowed();
                (percentile(&mut demands, 1.0 - tail.allowed()), certainly)
            }
            Measure::Mean(_) | Measure::ErrorRate(_) | Measure::Number(_) | Measure::Headroom => {
                (mean(&demands), lower_limit(&demands, error) > low)
            }
        };
        let is_near = number_ms > low - 2.0 * (bound - low) && number_ms < high * 1.1;
        Some((Floor { number_ms, is_impossible }, is_near))
    }

    /// The floor of an objective, if it has one.
    pub fn floor_of(&self, asked: &Asked<'_>, error: f64) -> Option<Floor> {
        self.floor(asked, error).map(|(floor, _)| floor)
    }

    fn millis(&self, class: Option<ClassId>) -> Vec<f64> {
        let of_class = self.of_classes.iter().filter(|(own, _)| class.is_none_or(|class| class == *own));
        of_class.map(|(_, nanos)| SimDuration::from_nanos(*nanos).as_millis()).collect()
    }
}

/// Whether a response time is never shorter than the demand: no call is cut short, and nothing fails early.
pub(super) fn is_a_floor(scenario: &Scenario) -> bool {
    let mut phases = scenario.workload().classes.iter().flat_map(RequestClass::singles);
    scenario.faults().is_empty() && phases.all(|phase| phase.call.is_plain())
}

fn lower_limit(values: &[f64], error: f64) -> f64 {
    let reach = upper_reach(values, error, 0.0);
    reach.map_or(f64::NEG_INFINITY, |reach| mean(values) - reach)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn percentile(values: &mut [f64], share: f64) -> f64 {
    let rank = ((values.len() as f64 * share).ceil() as usize).clamp(1, values.len());
    *values.select_nth_unstable_by(rank - 1, f64::total_cmp).1
}
