//! How long a replication of a candidate is.
//!
//! Where no time differs from another, a replication is as long as its queue remembers: the relaxation time of M/M/1 is
//! about ρ / (1 − √ρ)² arrivals (Abate and Whitt 1987), more where demands vary more than exponential ones, plus the
//! time of a request's own waits. Four of those are left out while the system fills up, ten and at least 4,000 requests
//! count. Elsewhere (rates that change, faults, lists, users who think) a replication is the run of the scenario.

use crate::model::{SimDuration, SimTime};
use crate::policy::PolicyChoice;
use crate::scenario::{Scenario, WarmUp};
use crate::study::capacity::Loads;
use crate::study::replications::{Halted, OnProgress, PolicyRun};
use crate::study::warm_up;

use super::sharing::Sharing;
use super::subject::Subject;

/// The fewest requests that count in a replication.
const FEWEST: f64 = 4_000.0;

/// Relaxation times that are left out, and that count.
const LEFT_OUT: f64 = 4.0;
const COUNTED: f64 = 10.0;

/// A load this close to the capacity is too close to tell: a replication would have to be too long.
pub(super) const TOO_CLOSE: f64 = 0.99;

/// Requests with no other in the system.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct DemandSummary {
    /// Mean time, in seconds.
    pub mean_s: f64,
    /// Its variance / mean².
    pub squared_cv: f64,
}

/// A replication.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Course {
    /// Number of requests, those of the warm-up included; `None`: as the scenario says.
    pub requests: Option<u64>,
    /// What is left out at the beginning.
    pub warm_up: SimDuration,
}

/// The rate of arrivals, if no time differs from another: then a plan chooses the length of its replications.
pub(super) fn steady_rate(scenario: &Scenario) -> Option<f64> {
    let is_steady = scenario.faults().is_empty() && scenario.arrivals().are_alike_at_all_times();
    scenario.arrivals().mean_rate_per_s().filter(|_| is_steady)
}

/// Capacity / offered load − 1; `None` without a steady load.
pub(super) fn headroom(scenario: &Scenario, policy: &PolicyChoice) -> Option<f64> {
    let rate = steady_rate(scenario)?;
    Some(1.0 / Loads::new(scenario, policy).load(rate).unwrap_or(f64::INFINITY) - 1.0)
}

impl Course {
    /// One of a system with this load.
    pub fn steady(rate_per_s: f64, load: f64, demand: DemandSummary) -> Self {
        let load = load.clamp(0.0, TOO_CLOSE);
        let variability = (1.0 + demand.squared_cv.clamp(0.0, 20.0)) / 2.0;
        let relaxation = load / (1.0 - load.sqrt()).powi(2) * variability.max(1.0) + rate_per_s * demand.mean_s;
        let left_out = (LEFT_OUT * relaxation).max(100.0);
        let counted = (COUNTED * relaxation).max(FEWEST);
        Self {
            requests: Some((left_out + counted).ceil() as u64),
            warm_up: SimDuration::round_from_nanos(left_out / rate_per_s * 1e9),
        }
    }

    /// The run of the scenario itself.
    ///
    /// # Errors
    /// [`Halted`] when `progress` broke off.
    pub fn of_scenario(
        subject: &Subject,
        policy: &PolicyChoice,
        sharing: &Sharing<'_>,
        progress: &OnProgress<'_>,
    ) -> Result<Self, Halted> {
        let Subject { scenario, name } = subject;
        let warm_up = match scenario.run().warm_up {
            WarmUp::None => SimDuration::ZERO,
            WarmUp::Fixed(until) => until,
            WarmUp::Auto => {
                let pilot = || warm_up::pilot(&PolicyRun::plain(scenario, policy), progress);
                let found = sharing.warm_up(name, pilot)?;
                found.until - SimTime::ZERO
            }
        };
        Ok(Self { requests: None, warm_up })
    }

    /// What replications of this length are called in the names of units.
    pub fn name_of(&self, subject: &Subject) -> String {
        let warm_up = self.warm_up.as_nanos();
        match self.requests {
            Some(requests) => format!("{}.requests-{requests}.warm-up-{warm_up}ns", subject.name),
            None => format!("{}.warm-up-{warm_up}ns", subject.name),
        }
    }

    /// The scenario with this length.
    pub fn applied(&self, scenario: Scenario) -> Scenario {
        match self.requests {
            Some(requests) => scenario.with_requests(requests),
            None => scenario,
        }
    }
}
