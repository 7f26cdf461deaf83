//! Whether a scenario leaves anything to chance.

use crate::engine::Dispatch;
use crate::policy::PolicyChoice;
use crate::random::{Arrivals, BatchSize, Distribution, Phase, RequestClass};

use super::Scenario;

impl Scenario {
    /// Whether nothing is drawn at random, so that every run gives the same numbers, whatever its seed: arrivals, classes
    /// and demands are given, and so is what clients and workers do.
    pub fn is_deterministic(&self) -> bool {
        self.arrivals_are_given() && self.demands_are_given() && self.clients_are_given() && !self.draws_workers()
    }

    /// Times of arrival and classes.
    fn arrivals_are_given(&self) -> bool {
        let weighted = self.drawn_classes().count();
        match &self.arrivals {
            Arrivals::Trace(_) => true,
            Arrivals::At(list) => weighted == 1 || list.iter().all(|arrival| arrival.class.is_some()),
            Arrivals::Constant(_) => weighted == 1,
            Arrivals::Renewal(law) => weighted == 1 && is_constant(law),
            Arrivals::Users(users) => weighted == 1 && is_constant(&users.think),
            Arrivals::Bursts(bursts) => {
                weighted == 1 && matches!(bursts.size, BatchSize::Fixed(_)) && bursts.spread.as_nanos() == 0
            }
            Arrivals::Poisson(_)
            | Arrivals::Piecewise(_)
            | Arrivals::Ramp(_)
            | Arrivals::Sine(_)
            | Arrivals::Mmpp(_)
            | Arrivals::OnOff(_)
            | Arrivals::Batches(_) => false,
        }
    }

    fn demands_are_given(&self) -> bool {
        match &self.arrivals {
            Arrivals::Trace(trace) if trace.gives_all_demands() => true,
            Arrivals::Trace(_) => self.workload.classes.iter().all(has_constant_demands),
            Arrivals::At(list) => {
                let is_named = |class: &&RequestClass| {
                    list.iter()
                        .any(|arrival| arrival.class.as_ref().map_or(class.weight > 0.0, |name| *name == class.name))
                };
                self.workload.classes.iter().filter(is_named).all(has_constant_demands)
            }
            _ => self.drawn_classes().all(has_constant_demands),
        }
    }

    fn clients_are_given(&self) -> bool {
        let mut times = self.clients.timeout.iter().chain(&self.clients.patience);
        times.all(is_constant) && self.clients.retries.as_ref().is_none_or(|retries| retries.jitter <= 0.0)
    }

    /// Whether requests are bound to any worker of several.
    fn draws_workers(&self) -> bool {
        let draws = |rules: crate::engine::Rules| rules.queueing.dispatch == Dispatch::Random && rules.workers > 1;
        self.policies.iter().map(PolicyChoice::rules).any(draws)
    }

    /// The classes that come up when a class is drawn.
    fn drawn_classes(&self) -> impl Iterator<Item = &RequestClass> {
        self.workload.classes.iter().filter(|class| class.weight > 0.0)
    }
}

fn has_constant_demands(class: &RequestClass) -> bool {
    class.phases.iter().all(|phase| match phase {
        Phase::Single(single) => is_constant(&single.demand),
        Phase::Parallel { branches, .. } => branches.iter().all(|branch| is_constant(&branch.demand)),
    })
}

fn is_constant(law: &Distribution) -> bool {
    law.is_always_zero() || law.sampler().is_constant()
}
