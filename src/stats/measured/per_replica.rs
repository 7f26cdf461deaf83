//! What each replica did.

use crate::engine::ReplicaUsage;
use crate::stats::results::{LevelSummary, ReplicaResults};

use super::collector::Subject;
use super::totals::Totals;

/// Every replica, in order; none where there is only one and no health check.
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
    (1..).zip(&totals.replicas).map(of_replica).collect()
}
