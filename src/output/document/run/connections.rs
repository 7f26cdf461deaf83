//! How many connections the pools of a policy may open together, and whether the backend accepts them.

use crate::model::PoolScope;
use crate::output::block::{Finding, FindingStatus};
use crate::stats::{PoolTotal, ScenarioResults};

/// The totals of pools of which a policy has several, a sentence each: `20 × 8 workers = 160 connections`.
pub fn totals(results: &ScenarioResults) -> Vec<String> {
    let several = results.pools.iter().filter(|pool| pool.pools > 1);
    several
        .map(|pool| {
            let (product, total) = (product(pool), pool.connections);
            format!("{}: {product} = {total} connections to `{}`.", pool.policy, pool.backend)
        })
        .collect()
}

/// The connections of one pool: `20`, or `(5 + 10)` with overflow.
fn sum(pool: &PoolTotal) -> String {
    if pool.overflow > 0 { format!("({} + {})", pool.size, pool.overflow) } else { pool.size.to_string() }
}

/// The connections of all pools: `20 × 8 workers`.
fn product(pool: &PoolTotal) -> String {
    let sum = sum(pool);
    match pool.per {
        _ if pool.pools == 1 => sum,
        PoolScope::Application => sum,
        PoolScope::Worker => format!("{sum} × {} workers", pool.pools),
        PoolScope::Replica => format!("{sum} × {} replicas", pool.pools),
    }
}

/// The pools that may open more connections than their backend accepts, a sentence each.
pub fn warnings(results: &ScenarioResults) -> Vec<String> {
    results.pools.iter().filter_map(exceeds).collect()
}

fn exceeds(pool: &PoolTotal) -> Option<String> {
    let max = pool.exceeded_limit()?;
    let product = product(pool);
    Some(format!(
        "{}: the pools may open {} connections to `{}` ({product}), which accepts {max}: more are refused there, which is not modelled",
        pool.policy, pool.connections, pool.backend
    ))
}

/// Whether each backend that has a limit accepts all connections.
pub fn findings(results: &ScenarioResults) -> impl Iterator<Item = Finding> {
    results.pools.iter().filter(|pool| pool.max_connections.is_some()).map(|pool| {
        let asked = format!("stays within max_connections of {}", pool.backend);
        let (status, message) = match exceeds(pool) {
            Some(message) => (FindingStatus::Warned, message),
            None => {
                let message = format!("{}: up to {} connections to `{}`", pool.policy, pool.connections, pool.backend);
                (FindingStatus::Passes, message)
            }
        };
        Finding::new("run", asked, status, message).of_part(pool.policy.clone())
    })
}
