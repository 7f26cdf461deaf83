//! A valid scenario with other sizes, another length or other demands: still valid.

use std::num::NonZeroU32;

use crate::model::{BackendId, PhaseKind};
use crate::policy::PolicyChoice;
use crate::random::{Phase, SinglePhase};

use super::{RunEnd, Scenario};

impl Scenario {
    /// The same with another policy in this place of the list.
    #[must_use]
    pub(crate) fn with_policy(mut self, place: usize, policy: PolicyChoice) -> Self {
        self.sections.policies[place] = policy;
        self
    }

    /// The same on a machine with this many cores.
    #[must_use]
    pub(crate) fn with_cores(mut self, cores: NonZeroU32) -> Self {
        self.sections.machine.cores = cores.get();
        self
    }

    /// The same with this many replicas.
    #[must_use]
    pub(crate) fn with_replicas(mut self, count: NonZeroU32) -> Self {
        self.sections.machine.replicas.count = count.get();
        self
    }

    /// The same with this many connections in the pool of a backend, which has one.
    #[must_use]
    pub(crate) fn with_pool_size(mut self, backend: BackendId, size: NonZeroU32) -> Self {
        let pool =
            self.sections.backends.get_index_mut(usize::from(backend.0)).and_then(|(_, backend)| backend.pool.as_mut());
        if let Some(pool) = pool {
            pool.size = size;
            pool.min = pool.min.map(|min| min.min(size.get()));
        }
        self
    }

    /// The same with queries of a backend that take `factor` (above 0) times as long.
    #[must_use]
    pub(crate) fn with_query_times(mut self, backend: BackendId, factor: f64) -> Self {
        for class in &mut self.sections.workload.classes {
            scale(&mut class.phases, &|kind| kind.backend() == Some(backend), factor);
        }
        self
    }

    /// The same with CPU phases of all classes that take `factor` (above 0) times as long.
    #[must_use]
    pub(crate) fn with_cpu_times(mut self, factor: f64) -> Self {
        for class in &mut self.sections.workload.classes {
            scale(&mut class.phases, &PhaseKind::is_cpu, factor);
        }
        self
    }

    /// The same with requests of a class, by its place in the list, that ask for nothing.
    #[must_use]
    pub(crate) fn without_work_of(mut self, class: usize) -> Self {
        if let Some(class) = self.sections.workload.classes.get_mut(class) {
            class.phases.clear();
        }
        self
    }

    /// The same with one single phase of a class, by its number depth first, that takes `factor` (above 0) times as long.
    #[must_use]
    pub(crate) fn with_phase_times(mut self, class: usize, phase: usize, factor: f64) -> Self {
        if let Some(class) = self.sections.workload.classes.get_mut(class) {
            let mut left = phase;
            scale_nth(&mut class.phases, &mut left, factor);
        }
        self
    }

    /// The same, ending after this many requests (at least 1).
    #[must_use]
    pub(crate) fn with_requests(mut self, requests: u64) -> Self {
        self.sections.run.end = RunEnd::Requests(requests.max(1));
        self
    }

    /// Removes all objectives.
    pub(crate) fn clear_objectives(&mut self) {
        self.sections.objectives.clear();
    }
}

/// Scales the single phase that comes after `left` others, depth first; returns whether it is among these.
fn scale_nth(phases: &mut [Phase], left: &mut usize, factor: f64) -> bool {
    let scale_one = |single: &mut SinglePhase, left: &mut usize| {
        let is_it = *left == 0;
        if is_it {
            single.demand = single.demand.scaled(factor);
        }
        *left = left.saturating_sub(1);
        is_it
    };
    phases.iter_mut().any(|phase| match phase {
        Phase::Single(single) => scale_one(single, left),
        Phase::Parallel { branches, concurrent: _ } => branches.iter_mut().any(|branch| scale_one(branch, left)),
        Phase::Maybe { probability: _, phases } | Phase::Hold { backend: _, blocking: _, phases } => {
            scale_nth(phases, left, factor)
        }
    })
}

/// Scales the single phases of these kinds.
fn scale(phases: &mut [Phase], is_meant: &dyn Fn(PhaseKind) -> bool, factor: f64) {
    let scale_one = |single: &mut SinglePhase| {
        if is_meant(single.kind) {
            single.demand = single.demand.scaled(factor);
        }
    };
    for phase in phases {
        match phase {
            Phase::Single(single) => scale_one(single),
            Phase::Parallel { branches, concurrent: _ } => branches.iter_mut().for_each(scale_one),
            Phase::Maybe { probability: _, phases } | Phase::Hold { backend: _, blocking: _, phases } => {
                scale(phases, is_meant, factor);
            }
        }
    }
}
