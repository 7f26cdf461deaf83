//! The mean time of a phase off the CPU, or what it is at least.

use crate::engine::{Rounding, Timers};
use crate::model::{PhaseKind, SimDuration};
use crate::random::{Distribution, SinglePhase, Streams};

use super::BackendMap;

/// What is to be known of waits, and of all other phases.
#[derive(Clone, Copy, Debug)]
pub(super) struct WaitDemands<'a> {
    pub backends: &'a BackendMap,
    /// On what the sleeps of these requests end.
    pub timers: Option<Timers>,
}

/// The mean of a time in nanoseconds, or what it is at least.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mean {
    pub nanos: f64,
    pub is_exact: bool,
}

impl WaitDemands<'_> {
    /// Whether a phase is a call that may time out or end with an error.
    pub fn may_fail(self, phase: &SinglePhase) -> bool {
        let has_errors = match phase.kind {
            PhaseKind::Backend { backend, .. } => self.backends[usize::from(backend.0)].errors > 0.0,
            PhaseKind::Framework | PhaseKind::Compute | PhaseKind::Sleep => false,
        };
        has_errors || phase.call.timeout.is_some()
    }

    /// The mean time of a phase, with what its backend adds and the way there and back.
    pub fn mean(self, phase: &SinglePhase) -> Mean {
        let backend = match phase.kind {
            PhaseKind::Backend { backend, .. } => Some(&self.backends[usize::from(backend.0)]),
            PhaseKind::Framework | PhaseKind::Compute | PhaseKind::Sleep => None,
        };
        let added = backend.map_or(SimDuration::ZERO, |backend| backend.round_trip + backend.query_overhead);
        let is_sleep = phase.kind == PhaseKind::Sleep || backend.is_some_and(|backend| backend.stand_in);
        let mean = match self.timers.filter(|_| is_sleep) {
            Some(timers) => rounded_mean(&phase.demand, timers),
            None => Mean { nanos: phase.demand.mean_nanos(), is_exact: true },
        };
        let mean = Mean { nanos: mean.nanos + added.as_nanos() as f64, ..mean };
        match phase.call.timeout {
            Some(timeout) => {
                Mean { nanos: mean.nanos.min(mean_until_timeout(&phase.demand, timeout)), is_exact: false }
            }
            None => Mean { is_exact: mean.is_exact && backend.is_none_or(|backend| backend.errors <= 0.0), ..mean },
        }
    }
}

/// The mean time of a call that is given up after its timeout, without what its backend adds.
fn mean_until_timeout(demand: &Distribution, timeout: SimDuration) -> f64 {
    const DRAWS: u32 = 10_000;
    match demand {
        Distribution::Constant(demand) => (*demand).min(timeout).as_nanos() as f64,
        Distribution::Exponential(mean) => {
            let mean = mean.as_nanos() as f64;
            if mean > 0.0 { -mean * (-(timeout.as_nanos() as f64) / mean).exp_m1() } else { 0.0 }
        }
        Distribution::Uniform(_)
        | Distribution::Normal(_)
        | Distribution::Lognormal(_)
        | Distribution::Gamma(_)
        | Distribution::Erlang(_)
        | Distribution::Weibull(_)
        | Distribution::Pareto(_)
        | Distribution::Hyperexponential(_)
        | Distribution::Mixture(_)
        | Distribution::Empirical(_) => {
            let (sampler, mut stream) = (demand.sampler(), Streams::new(0, 0).request(0));
            let draws = (0..DRAWS).map(|_| sampler.draw(&mut stream).min(timeout).as_nanos() as f64);
            draws.sum::<f64>() / f64::from(DRAWS)
        }
    }
}

/// The mean of sleeps that end as the timers do. For random ones the whole distribution would be needed; a lower
/// bound is returned instead.
fn rounded_mean(sleep: &Distribution, timers: Timers) -> Mean {
    if let Distribution::Constant(sleep) = sleep {
        return Mean { nanos: timers.rounded(*sleep).as_nanos() as f64, is_exact: true };
    }
    let resolution = timers.resolution.as_nanos() as f64;
    let less = match timers.rounding {
        Rounding::Up => 0.0,
        Rounding::Nearest => resolution / 2.0,
        Rounding::Down => resolution,
    };
    Mean { nanos: (sleep.mean_nanos() - less).max(0.0), is_exact: false }
}
