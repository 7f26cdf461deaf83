//! How busy cores, workers, threads and backends were.

use crate::model::{Backend, BackendId};
use crate::stats::measured::totals::Totals;
use crate::stats::results::Utilization;

use super::Subject;

pub fn utilization(subject: Subject<'_>, totals: &Totals) -> Utilization {
    let Subject { rules, machine, backends, .. } = subject;
    let workers = u64::from(rules.workers);
    let threads = rules.thread_pool.as_ref().zip(totals.threads);
    let ids = || (0..).map(BackendId).zip(backends);
    let of_pool = |(id, (name, backend)): (BackendId, (&String, &Backend))| {
        Some((name.clone(), pool_utilization(id, backend, subject, totals)?))
    };
    Utilization {
        cores: totals.share(totals.cores, machine.all_cores()),
        workers: totals.turns.and_then(|turns| totals.share(turns, workers * u64::from(rules.running_at_once))),
        slots: rules.slots.and_then(|slots| totals.share(totals.slots, workers * u64::from(slots))),
        threads: threads.and_then(|(pool, usage)| totals.share(usage.in_use, workers * u64::from(pool.threads))),
        backends: ids().filter_map(|backend| limited(backend, subject, totals)).collect(),
        pools: ids().filter_map(of_pool).collect(),
    }
}

/// The utilization of a backend that runs a limited number of queries at once: queries under way; where only connections
/// limit it, connections held.
fn limited(
    (id, (name, backend)): (BackendId, (&String, &Backend)),
    subject: Subject<'_>,
    totals: &Totals,
) -> Option<(String, Option<f64>)> {
    let queries = totals.backends.get(usize::from(id.0));
    match (backend.concurrency, queries) {
        (Some(at_once), Some(usage)) => Some((name.clone(), totals.share(*usage, u64::from(at_once.get())))),
        (Some(_), None) => None,
        (None, _) => Some((name.clone(), pool_utilization(id, backend, subject, totals)?)),
    }
}

/// Connections held × time / (connections × time); `None` without a pool, or where that was not watched.
fn pool_utilization(id: BackendId, backend: &Backend, subject: Subject<'_>, totals: &Totals) -> Option<Option<f64>> {
    let usage = totals.pools.get(usize::from(id.0))?;
    Some(totals.share(usage.in_use, connections(backend, subject)?))
}

/// The connections of all pools of a backend.
pub fn connections(backend: &Backend, subject: Subject<'_>) -> Option<u64> {
    let pool = backend.pool.as_ref()?;
    Some(u64::from(pool.most()) * u64::from(pool.per.pools(subject.rules.workers, &subject.machine.replicas)))
}
