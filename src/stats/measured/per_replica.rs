//! What each replica did.

use std::cmp::Ordering;

use crate::engine::ReplicaUsage;
use crate::stats::results::{LevelSummary, ReplicaResults};

use super::collector::Subject;
use super::totals::Totals;

/// At most this many replicas are listed.
const MOST: usize = 256;

/// Every replica, in order; none where there is only one and no health check. Where there are too many to list: those that
/// were out, and those with the most requests in progress.
pub(super) fn per_replica(subject: Subject<'_>, totals: &Totals) -> Vec<ReplicaResults> {
    let machine = subject.machine;
    let has_check = machine.replicas.health.is_some();
    let of_replica = |(replica, usage): (u32, &ReplicaUsage)| ReplicaResults {
        replica,
        requests: usage.requests,
        utilization: totals.share(usage.busy_cores, u64::from(machine.cores)),
        in_progress: LevelSummary { mean: totals.share(usage.connections, 1), max: usage.connections.max },
        out_of_rotation: totals.share(usage.out, 1).filter(|_| has_check),
        failed_probes: has_check.then_some(usage.failed_probes),
    };
    let mut replicas: Vec<ReplicaResults> = (1..).zip(&totals.replicas).map(of_replica).collect();
    if replicas.len() > MOST {
        let rank = |one: &ReplicaResults| (one.out_of_rotation, one.in_progress.mean);
        replicas.sort_by(|one, other| rank(other).partial_cmp(&rank(one)).unwrap_or(Ordering::Equal));
        replicas.truncate(MOST);
        replicas.sort_by_key(|one| one.replica);
    }
    replicas
}
