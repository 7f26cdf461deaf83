//! What each worker did, and whether one of them had more than it could do while others were idle.

use crate::engine::{Usage, WorkerUsage};
use crate::stats::results::{Imbalance, LevelSummary, WorkerResults};

use super::collector::Subject;
use super::totals::Totals;

/// At most this many workers are listed.
const MOST: usize = 256;

/// From this utilization on a worker is overloaded.
const OVERLOADED: f64 = 0.9;

/// Up to this utilization all workers together have room for what it was given.
const IDLE: f64 = 0.7;

/// So few requests are a picture, and say nothing of the long run.
const FEW: u64 = 100;

/// Every worker, in order; the busiest where there are too many to list, and none where workers cannot differ.
pub(super) fn per_worker(subject: Subject<'_>, totals: &Totals) -> Vec<WorkerResults> {
    let (slots, turns) = (subject.rules.slots, u64::from(subject.rules.running_at_once));
    let (takes_ahead, is_replaced) = (subject.rules.takes_ahead.is_some(), subject.rules.replaces_workers());
    let of_worker = |(number, usage): (u32, &WorkerUsage)| {
        let of_slots = slots.and_then(|slots| totals.share(usage.in_progress, u64::from(slots)));
        let of_turns = totals.share(Usage { area: usage.turns, max: 0 }, turns);
        WorkerResults {
            worker: number,
            requests: usage.requests,
            utilization: of_slots.into_iter().chain(of_turns).max_by(f64::total_cmp),
            mean_in_progress: totals.share(usage.in_progress, 1),
            most_in_progress: usage.in_progress.max,
            waiting: takes_ahead.then(|| LevelSummary { mean: totals.share(usage.waiting, 1), max: usage.waiting.max }),
            replaced: is_replaced.then_some(usage.replaced),
            booting: totals.share(usage.booting, 1).filter(|_| is_replaced),
        }
    };
    (1..).zip(&totals.workers).map(of_worker).collect()
}

/// The busiest of the workers, if it was overloaded while the others had room.
pub(super) fn imbalance(workers: &[WorkerResults]) -> Option<Imbalance> {
    let busy = |worker: &WorkerResults| worker.utilization.unwrap_or(0.0);
    let busiest = workers.iter().max_by(|one, other| busy(one).total_cmp(&busy(other)))?;
    let others = workers.len().checked_sub(1).filter(|others| *others > 0)?;
    let utilization = busy(busiest);
    let others_utilization = (workers.iter().map(busy).sum::<f64>() - utilization) / others as f64;
    let all: u64 = workers.iter().map(|worker| worker.requests).sum();
    (all > FEW && utilization >= OVERLOADED && others_utilization <= IDLE).then(|| Imbalance {
        worker: busiest.worker,
        utilization,
        others_utilization,
        share_of_requests: busiest.requests as f64 / all as f64,
    })
}

/// No more workers than are listed: the busiest, in order.
pub(super) fn listed(mut workers: Vec<WorkerResults>) -> Vec<WorkerResults> {
    if workers.len() > MOST {
        workers.sort_by(|one, other| {
            other.utilization.partial_cmp(&one.utilization).unwrap_or(one.worker.cmp(&other.worker))
        });
        workers.truncate(MOST);
        workers.sort_by_key(|worker| worker.worker);
    }
    workers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workers(utilizations: &[f64], requests: u64) -> Vec<WorkerResults> {
        let worker = |(worker, utilization): (u32, &f64)| WorkerResults {
            worker,
            requests,
            utilization: Some(*utilization),
            mean_in_progress: None,
            most_in_progress: 1,
            waiting: None,
            replaced: None,
            booting: None,
        };
        (1..).zip(utilizations).map(worker).collect()
    }

    #[test]
    fn one_busy_worker_among_idle_ones_is_overloaded() {
        let found = imbalance(&workers(&[0.2, 0.95, 0.4], 100)).unwrap();
        assert_eq!(found.worker, 2);
        assert!((found.others_utilization - 0.3).abs() < 1e-9 && (found.share_of_requests - 1.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn where_all_are_busy_or_none_is_there_is_no_imbalance() {
        for utilizations in [&[0.95, 0.9, 0.92][..], &[0.5, 0.1, 0.2], &[0.99], &[]] {
            assert_eq!(imbalance(&workers(utilizations, 100)), None, "{utilizations:?}");
        }
        assert_eq!(imbalance(&workers(&[0.99, 0.1], 20)), None, "a picture of few requests");
    }

    #[test]
    fn of_many_workers_the_busiest_are_listed_in_order() {
        let utilizations: Vec<f64> = (0..1000).map(|worker| f64::from(worker * 7 % 1000) / 1000.0).collect();
        let listed = listed(workers(&utilizations, 1));
        assert_eq!(listed.len(), MOST);
        assert!(listed.is_sorted_by_key(|worker| worker.worker));
        assert!(listed.iter().all(|worker| worker.utilization.unwrap() >= 0.744));
    }
}
