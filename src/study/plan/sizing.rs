//! What a plan chooses: sizes of the policy, of pools and of the machine.

use std::num::NonZeroU32;

use crate::model::{BackendId, FaultKind};
use crate::policy::{PolicyChoice, PolicySize};
use crate::scenario::Scenario;

/// A size that is to be chosen, as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Choose {
    /// The number of workers.
    Workers,
    /// The number of threads in each worker.
    Threads,
    /// The size of a backend's pool; `None`: of the only one.
    Pool(Option<String>),
    /// The number of cores of the machine.
    Cores,
    /// The number of replicas.
    Replicas,
}

/// A size of a policy of a scenario that is to be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::study) enum Sizing {
    Replicas,
    Cores,
    Workers,
    Threads,
    Pool(BackendId),
}

/// The most workers that a scenario may have in all replicas.
const MOST_WORKERS: u32 = 50_000;

/// The most of anything that is tried.
const MOST: u32 = 20_000;
const MOST_REPLICAS: u32 = 200;

impl Sizing {
    /// The sizes to be chosen of a policy, outer ones first: what is asked for as far as the policy has it. By default its
    /// workers and threads; where it has neither, the pool, and else the cores.
    pub fn of(choose: &[Choose], scenario: &Scenario, policy: &PolicyChoice) -> Vec<Self> {
        let pools = || {
            let with_pool = scenario.backends().values().enumerate().filter(|(_, backend)| backend.pool.is_some());
            with_pool.map(|(place, _)| Self::Pool(BackendId(place as u16)))
        };
        let asked = |one: &Choose| match one {
            Choose::Workers => Some(Self::Workers),
            Choose::Threads => Some(Self::Threads),
            Choose::Cores => Some(Self::Cores),
            Choose::Replicas => Some(Self::Replicas),
            Choose::Pool(None) => pools().next(),
            Choose::Pool(Some(name)) => {
                scenario.backends().get_index_of(name).map(|place| Self::Pool(BackendId(place as u16)))
            }
        };
        let mut dimensions: Vec<Self> =
            choose.iter().filter_map(asked).filter(|one| one.exists(scenario, policy)).collect();
        if choose.is_empty() {
            dimensions =
                [Self::Workers, Self::Threads].into_iter().filter(|one| one.exists(scenario, policy)).collect();
            if dimensions.is_empty() {
                dimensions.push(pools().next().unwrap_or(Self::Cores));
            }
        }
        dimensions.sort_unstable();
        dimensions.dedup();
        dimensions
    }

    fn exists(self, scenario: &Scenario, policy: &PolicyChoice) -> bool {
        match self {
            Self::Replicas | Self::Cores => true,
            Self::Workers => policy.size_field(PolicySize::Workers).is_some(),
            Self::Threads => policy.size_field(PolicySize::Threads).is_some(),
            Self::Pool(id) => {
                let backend = scenario.backends().get_index(usize::from(id.0));
                backend.is_some_and(|(_, backend)| backend.pool.is_some())
            }
        }
    }

    /// Its name in configurations: the scenario's own words.
    pub fn name(self, scenario: &Scenario, policy: &PolicyChoice) -> String {
        let field = |size| policy.size_field(size).unwrap_or_default().to_owned();
        match self {
            Self::Replicas => "replicas".to_owned(),
            Self::Cores => "cores".to_owned(),
            Self::Workers => field(PolicySize::Workers),
            Self::Threads => field(PolicySize::Threads),
            Self::Pool(id) => {
                let name = scenario.backends().get_index(usize::from(id.0)).map_or("", |(name, _)| name.as_str());
                format!("pool.{name}.size")
            }
        }
    }

    /// The size that the scenario has; `None` where it has none.
    pub fn current(self, scenario: &Scenario, policy: &PolicyChoice) -> Option<u32> {
        let rules = scenario.rules(policy);
        match self {
            Self::Replicas => Some(scenario.machine().replicas.count),
            Self::Cores => Some(scenario.machine().cores),
            Self::Workers => Some(policy.rules().workers),
            Self::Threads => rules.thread_pool.as_ref().map(|pool| pool.threads).or(rules.slots),
            Self::Pool(id) => {
                let (_, backend) = scenario.backends().get_index(usize::from(id.0))?;
                backend.pool.as_ref().map(|pool| pool.size.get())
            }
        }
    }

    /// The scenario with another size, of the policy in this place.
    pub fn applied(self, scenario: Scenario, place: usize, size: u32) -> Scenario {
        let size = NonZeroU32::new(size).unwrap_or(NonZeroU32::MIN);
        let policy_with = |policy_size| scenario.policies()[place].with_size(policy_size, size);
        match self {
            Self::Replicas => scenario.with_replicas(size),
            Self::Cores => scenario.with_cores(size),
            Self::Pool(id) => scenario.with_pool_size(id, size),
            Self::Workers => match policy_with(PolicySize::Workers) {
                Some(policy) => scenario.with_policy(place, policy),
                None => scenario,
            },
            Self::Threads => match policy_with(PolicySize::Threads) {
                Some(policy) => scenario.with_policy(place, policy),
                None => scenario,
            },
        }
    }

    /// The smallest and the largest size that a scenario may have, of the policy in this place.
    pub fn range(self, scenario: &Scenario, place: usize) -> (u32, u32) {
        let of_policy = match self {
            Self::Workers => scenario.policies()[place].least_workers(),
            Self::Replicas | Self::Cores | Self::Threads | Self::Pool(_) => 1,
        };
        let of_faults = scenario.faults().iter().filter_map(|fault| match (self, fault.kind) {
            (Self::Cores, FaultKind::Cores { replica: _, cores }) => Some(cores),
            (Self::Replicas, FaultKind::Cores { replica, .. } | FaultKind::Restart { replica, .. }) => {
                replica.map(|replica| replica + 1)
            }
            (
                Self::Replicas | Self::Cores | Self::Workers | Self::Threads | Self::Pool(_),
                FaultKind::Cores { .. } | FaultKind::Slow { .. } | FaultKind::Down { .. } | FaultKind::Restart { .. },
            ) => None,
        });
        let most = match self {
            Self::Replicas => MOST_REPLICAS.min(MOST_WORKERS / most_workers(scenario)),
            Self::Workers => MOST.min(MOST_WORKERS / scenario.machine().replicas.count),
            Self::Cores | Self::Threads | Self::Pool(_) => MOST,
        };
        (of_faults.max().unwrap_or(1).max(of_policy), most)
    }
}

/// The most workers that a policy has in a replica.
fn most_workers(scenario: &Scenario) -> u32 {
    scenario.policies().iter().map(|policy| policy.rules().workers).max().unwrap_or(1)
}
