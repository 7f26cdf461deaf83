//! Where requests wait, and which units a request that waits there could be given.

use crate::engine::{Dispatch, Unit};
use crate::model::{Backend, BackendId, Place, PoolScope};
use crate::policy::PolicyChoice;
use crate::scenario::Scenario;

/// What the units of a run belong to.
#[derive(Clone, Debug)]
pub(super) struct Site {
    /// The workers of each replica.
    workers: u32,
    /// Cores of each replica.
    cores: u32,
    /// Whether an untaken request is bound to a worker from its arrival on.
    is_bound: bool,
    /// Whether a worker accepts requests when it gets the CPU.
    pub accepts: bool,
    has_thread_pool: bool,
    backends: Vec<Backend>,
}

/// What one of those who wait at a station could be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Units {
    /// Nothing that is in use.
    None,
    /// Those of one kind in one place.
    Of(Unit),
    /// The slots of these workers: from the first up to, not including, the second.
    Slots(u32, u32),
}

/// Where a request waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Station {
    pub place: Place,
    /// The worker that has the request or, before, any of its replica.
    pub worker: u32,
    /// Whether that worker has accepted it, although it has no slot yet.
    pub is_accepted: bool,
}

impl Site {
    pub fn new(scenario: &Scenario, policy: &PolicyChoice) -> Self {
        let rules = scenario.rules(policy);
        let machine = scenario.machine();
        let is_bound = match rules.queueing.dispatch {
            Dispatch::Shared | Dispatch::Accept => false,
            Dispatch::RoundRobin | Dispatch::Random | Dispatch::LeastBusy => rules.takes_ahead.is_none(),
        };
        Self {
            workers: rules.workers / machine.replicas.count,
            cores: machine.cores,
            is_bound,
            accepts: rules.queueing.dispatch == Dispatch::Accept,
            has_thread_pool: rules.thread_pool.is_some(),
            backends: scenario.backends().values().cloned().collect(),
        }
    }

    /// The units that a request that waits there could be given.
    pub fn units(&self, Station { place, worker, is_accepted }: Station) -> Units {
        let replica = worker / self.workers;
        match place {
            Place::Backlog if self.is_bound || is_accepted => Units::Slots(worker, worker + 1),
            Place::Backlog => Units::Slots(replica * self.workers, (replica + 1) * self.workers),
            Place::Loop if self.has_thread_pool => Units::Of(Unit::Loop(worker)),
            Place::Loop | Place::Lock => Units::Of(Unit::Turn(worker)),
            Place::Cores => Units::Of(Unit::Core(replica)),
            Place::Threads => Units::Of(Unit::Thread(worker)),
            Place::Pool(backend) => Units::Of(Unit::Connection(backend, self.pool(backend, worker))),
            Place::Backend(backend) => Units::Of(Unit::Query(backend)),
            Place::CpuLimit | Place::Opening(_) => Units::None,
        }
    }

    /// The number of the pool through which a worker asks a backend.
    fn pool(&self, backend: BackendId, worker: u32) -> u32 {
        match self.backends[usize::from(backend.0)].pool.as_ref().map(|pool| pool.per) {
            None | Some(PoolScope::Application) => 0,
            Some(PoolScope::Worker) => worker,
            Some(PoolScope::Replica) => worker / self.workers,
        }
    }

    /// How many units are shared equally, if these are: of cores, as long as no fault takes some away.
    pub fn shared_units(&self, unit: Unit) -> u32 {
        match unit {
            Unit::Query(backend) => {
                self.backends[usize::from(backend.0)].shared_units().map_or(u32::MAX, std::num::NonZeroU32::get)
            }
            Unit::Core(_) => self.cores,
            Unit::Slot(_) | Unit::Loop(_) | Unit::Turn(_) | Unit::Thread(_) | Unit::Connection(..) => u32::MAX,
        }
    }
}

impl Units {
    /// Each of them.
    pub fn each(self) -> Vec<Unit> {
        match self {
            Self::None => Vec::new(),
            Self::Of(unit) => vec![unit],
            Self::Slots(from, to) => (from..to).map(Unit::Slot).collect(),
        }
    }
}
