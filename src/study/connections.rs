//! How many connections the pools of each policy may open, and whether the backend accepts them.

use crate::model::{Backend, BackendId};
use crate::policy::PolicyChoice;
use crate::scenario::Scenario;
use crate::stats::PoolTotal;

use super::clients::is_asked;

/// The pools of the backends that requests ask, under each policy.
pub fn pool_totals<'a>(scenario: &Scenario, policies: impl Iterator<Item = &'a PolicyChoice>) -> Vec<PoolTotal> {
    let asked = || (0..).map(BackendId).zip(scenario.backends()).filter(|(id, _)| is_asked(scenario, *id));
    let of_policy = |policy: &PolicyChoice| -> Vec<PoolTotal> {
        asked().filter_map(|(_, (name, backend))| pool_total(scenario, policy, name, backend)).collect()
    };
    policies.flat_map(of_policy).collect()
}

fn pool_total(scenario: &Scenario, policy: &PolicyChoice, name: &str, backend: &Backend) -> Option<PoolTotal> {
    let pool = backend.pool.as_ref()?;
    let pools = pool.per.pools(scenario.rules(policy).workers, &scenario.machine().replicas);
    Some(PoolTotal {
        policy: policy.name().to_owned(),
        backend: name.to_owned(),
        size: pool.size.get(),
        overflow: pool.overflow,
        per: pool.per,
        pools,
        connections: u64::from(pool.most()) * u64::from(pools),
        max_connections: backend.max_connections.map(std::num::NonZeroU32::get),
    })
}
