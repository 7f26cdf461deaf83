//! How near the arrivals of a scenario come to the capacity of a policy, and what that means for its numbers.

use std::borrow::Cow;
use std::cell::OnceCell;

use crate::engine::{Dispatch, Rules};
use crate::model::SimDuration;
use crate::policy::PolicyChoice;
use crate::random::{Arrivals, Workload};
use crate::scenario::Scenario;
use crate::stats::{Excess, LeftOut, LoadState, Saturation, Station};

use super::let_in::LetIn;
use super::{Capacity, brought, capacity_for};

/// From this load on, little more of it takes much more time.
pub(in crate::study) const NEAR_SATURATION: f64 = 0.85;

/// The capacity of a policy at the rates of a scenario.
pub(in crate::study) struct Loads<'a> {
    scenario: &'a Scenario,
    policy: &'a PolicyChoice,
    workload: Cow<'a, Workload>,
    /// For the requests as they arrive.
    capacity: OnceCell<Capacity>,
}

/// The load at some rate of arrivals.
struct AtRate {
    capacity: Capacity,
    /// The rate that limits on requests in progress let in, if they turn requests away at any time.
    let_in_per_s: Option<f64>,
    /// The rate that reaches the workers.
    reaching_per_s: f64,
}

impl AtRate {
    /// The rate that reaches the workers / the capacity.
    fn load(&self) -> Option<f64> {
        match self.capacity.per_s {
            None => Some(0.0),
            Some(per_s) => (per_s > 0.0).then(|| self.reaching_per_s / per_s),
        }
    }

    fn is_above_capacity(&self) -> bool {
        self.capacity.is_exceeded_by(self.reaching_per_s)
    }
}

impl<'a> Loads<'a> {
    pub fn new(scenario: &'a Scenario, policy: &'a PolicyChoice) -> Self {
        Self { scenario, policy, workload: brought::workload(scenario), capacity: OnceCell::new() }
    }

    /// The same where the capacity is known.
    pub fn with_capacity(scenario: &'a Scenario, policy: &'a PolicyChoice, capacity: Capacity) -> Self {
        Self { capacity: OnceCell::from(capacity), ..Self::new(scenario, policy) }
    }

    fn capacity(&self) -> &Capacity {
        self.capacity.get_or_init(|| capacity_for(&self.workload, self.scenario, self.policy))
    }

    fn at(&self, rate_per_s: f64) -> AtRate {
        match LetIn::at(rate_per_s, self.scenario, self.policy, &self.workload) {
            None => AtRate { capacity: self.capacity().clone(), let_in_per_s: None, reaching_per_s: rate_per_s },
            Some(let_in) => AtRate {
                capacity: capacity_for(&let_in.workload, self.scenario, self.policy),
                let_in_per_s: Some(let_in.rate_per_s),
                reaching_per_s: let_in.rate_per_s,
            },
        }
    }

    /// The load of this many requests per second.
    pub fn load(&self, rate_per_s: f64) -> Option<f64> {
        self.at(rate_per_s).load()
    }

    /// What the policy can sustain, and how near the arrivals come to it. `measured_seconds` of simulated time are what its
    /// numbers describe. It takes a run at most, and another where limits turn requests away.
    pub fn saturation(&self, measured_seconds: f64) -> Saturation {
        let Loads { scenario, policy, .. } = *self;
        let arrivals = scenario.arrivals();
        let offered = long_run_rate(arrivals);
        let highest = highest_rate(arrivals);
        let in_long_run = offered.map(|rate| self.at(rate));
        let at_peak = highest.map(|rate| self.at(rate));
        let load = in_long_run.as_ref().and_then(AtRate::load);
        let peak_load = at_peak.as_ref().and_then(AtRate::load);
        let capacity = in_long_run.as_ref().or(at_peak.as_ref()).map_or_else(|| self.capacity(), |at| &at.capacity);
        let excess = excess(scenario, policy, capacity);
        let is_hopeless = capacity.per_s.is_some_and(|per_s| per_s <= 0.0);
        let state = match load {
            _ if is_hopeless && arrivals.highest_rate_per_s().is_some() => Some(above(&excess)),
            Some(_) if in_long_run.as_ref().is_some_and(AtRate::is_above_capacity) => Some(above(&excess)),
            Some(load) if load >= NEAR_SATURATION => Some(LoadState::NearSaturation),
            Some(_) | None if at_peak.as_ref().is_some_and(AtRate::is_above_capacity) => {
                Some(LoadState::PeakAboveCapacity)
            }
            Some(_) => Some(LoadState::Fine),
            None => peak_load.map(|_| LoadState::Fine),
        };
        let mut saturation = Saturation {
            capacity_per_s: capacity.per_s,
            capacity_half_width_per_s: capacity.half_width_per_s,
            method: capacity.method,
            binding: capacity.binding.clone(),
            offered_per_s: offered,
            let_in_per_s: in_long_run.as_ref().and_then(|at| at.let_in_per_s),
            load,
            load_without_retries: None,
            peak_load,
            state,
            collapse: None,
            excess,
            message: None,
            note: left_out(scenario, &scenario.rules(policy)),
            sensitivity: None,
        };
        saturation.message = saturation.warning(measured_seconds);
        saturation
    }
}

/// What a policy of a scenario can sustain, and how near the arrivals come to it.
#[cfg(feature = "internals")]
pub fn saturation(scenario: &Scenario, policy: &PolicyChoice, measured_seconds: f64) -> Saturation {
    Loads::new(scenario, policy).saturation(measured_seconds)
}

/// Requests per second in the long run, where there is one and the run may be part of it.
pub(in crate::study) fn long_run_rate(arrivals: &Arrivals) -> Option<f64> {
    match arrivals {
        // What it comes to in the end may be long after the run.
        Arrivals::Ramp(_) => None,
        law => law.mean_rate_per_s(),
    }
}

/// The highest rate of arrivals whose rate changes.
fn highest_rate(arrivals: &Arrivals) -> Option<f64> {
    match arrivals {
        Arrivals::Piecewise(_) | Arrivals::Ramp(_) | Arrivals::Sine(_) | Arrivals::Mmpp(_) | Arrivals::OnOff(_) => {
            arrivals.highest_rate_per_s()
        }
        Arrivals::At(_)
        | Arrivals::Constant(_)
        | Arrivals::Poisson(_)
        | Arrivals::Renewal(_)
        | Arrivals::Batches(_)
        | Arrivals::Bursts(_)
        | Arrivals::Trace(_)
        | Arrivals::Users(_) => None,
    }
}

fn above(excess: &[Excess]) -> LoadState {
    if excess.is_empty() { LoadState::Unstable } else { LoadState::Overloaded }
}

/// What becomes of requests that cannot be served, unless they wait forever.
fn excess(scenario: &Scenario, policy: &PolicyChoice, capacity: &Capacity) -> Vec<Excess> {
    let rules = scenario.rules(policy);
    // Where there are slots for all, no request waits in the backlog.
    let uses_backlog = rules.slots.is_some() || rules.queueing.dispatch == Dispatch::Accept;
    let clients = scenario.clients();
    let fails = |station: &Station| {
        let Station::Pool(backend) = station else { return false };
        let pool = scenario.backends().get(backend).and_then(|backend| backend.pool.as_ref());
        pool.is_some_and(|pool| pool.acquire_timeout.is_some())
    };
    let mut excess = Vec::new();
    if uses_backlog && rules.queueing.backlog.is_some() || has_limits(scenario, &rules) {
        excess.push(Excess::Rejected);
    }
    let gives_up = clients.timeout.is_some() || scenario.workload().classes.iter().any(|class| class.timeout.is_some());
    if uses_backlog && clients.patience.is_some() || clients.cancel && gives_up {
        excess.push(Excess::TimedOut);
    }
    if !capacity.binding.is_empty() && capacity.binding.iter().all(fails) {
        excess.push(Excess::Failed);
    }
    excess
}

/// What the capacity leaves out although the scenario has it.
pub(super) fn left_out(scenario: &Scenario, rules: &Rules) -> Vec<LeftOut> {
    let health = scenario.machine().replicas.health.as_ref();
    let all = [
        (LeftOut::Faults, !scenario.faults().is_empty()),
        (LeftOut::Retries, scenario.clients().retries.is_some()),
        (LeftOut::Limits, has_limits(scenario, rules)),
        (LeftOut::WorkerTimeouts, rules.worker_timeout.is_some()),
        (LeftOut::Probes, health.is_some_and(|health| health.compute > SimDuration::ZERO)),
    ];
    all.into_iter().filter_map(|(left_out, is_there)| is_there.then_some(left_out)).collect()
}

/// Whether requests are rejected while others, of their class or of all, are in progress.
fn has_limits(scenario: &Scenario, rules: &Rules) -> bool {
    rules.limit.is_some() || scenario.workload().classes.iter().any(|class| class.limit.is_some())
}
