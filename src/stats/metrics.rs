//! The numbers of the results by their names.

use crate::model::{Metric, Named};

use super::results::{ClassResults, PolicyResults, RequestCounts, Slowdown, Summary};

impl PolicyResults {
    /// The number of that name; `None` if there is none. `backends` are the names of the scenario's.
    pub fn metric(&self, metric: Metric, backends: &[&str]) -> Option<f64> {
        match metric {
            Metric::BackendUtilization(id) => *self.utilization.backends.get(*backends.get(usize::from(id.0))?)?,
            Metric::Recovery(id) => {
                self.faults.iter().find(|effect| effect.fault == usize::from(id.0) + 1)?.recovery_ms
            }
            Metric::PoolUtilization(id) => *self.utilization.pools.get(*backends.get(usize::from(id.0))?)?,
            Metric::FailedBy(reason) => Some(self.requests.failed_by.of(reason) as f64),
            Metric::RejectedBy(reason) => Some(self.requests.rejected_by.of(reason) as f64),
            Metric::Station(resource, number) => self.stations.get(&resource.name(backends))?.number(number),
            Metric::Named(named) => self.named(named),
        }
    }

    fn named(&self, named: Named) -> Option<f64> {
        let parts = &self.breakdown_ms;
        let waiting = &self.waiting_time_ms;
        let operation = |time: fn(&Summary) -> Option<f64>| self.operation_time_ms.as_ref().and_then(time);
        match named {
            Named::ErrorRate => self.error_rate,
            Named::BacklogWait => parts.backlog_wait,
            Named::RunQueueWait => parts.run_queue_wait,
            Named::PoolWait => parts.pool_wait,
            Named::BackendWait => parts.backend_wait,
            Named::Framework => parts.framework,
            Named::Compute => parts.compute,
            Named::Backend => parts.backend,
            Named::Sleep => parts.sleep,
            Named::ThreadWait => parts.thread_wait,
            Named::WaitingMean => waiting.mean,
            Named::WaitingP50 => waiting.p50,
            Named::WaitingP95 => waiting.p95,
            Named::WaitingP99 => waiting.p99,
            Named::WaitingProbability => waiting.probability,
            Named::InSystemMean => self.in_system.mean,
            Named::InSystemMax => Some(self.in_system.max as f64),
            Named::Throughput => self.throughput_per_s,
            Named::Goodput => self.goodput_per_s,
            Named::Utilization => self.utilization.busiest(),
            Named::Cores => self.utilization.cores,
            Named::Workers => self.utilization.workers,
            Named::Slots => self.utilization.slots,
            Named::Threads => self.utilization.threads,
            Named::OperationMean => operation(|times| times.mean),
            Named::OperationStddev => operation(|times| times.stddev),
            Named::OperationMin => operation(|times| times.min),
            Named::OperationP50 => operation(|times| times.p50),
            Named::OperationP90 => operation(|times| times.p90),
            Named::OperationP95 => operation(|times| times.p95),
            Named::OperationP99 => operation(|times| times.p99),
            Named::OperationP999 => operation(|times| times.p999),
            Named::OperationMax => operation(|times| times.max),
            Named::Amplification => self.amplification,
            Named::Events => Some(self.events as f64),
            Named::Mean
            | Named::Stddev
            | Named::Min
            | Named::P50
            | Named::P90
            | Named::P95
            | Named::P99
            | Named::P999
            | Named::Max
            | Named::SlowdownMean
            | Named::SlowdownP50
            | Named::SlowdownP99
            | Named::SlowdownMax
            | Named::Arrived
            | Named::Completed
            | Named::Rejected
            | Named::TimedOut
            | Named::Failed
            | Named::Retried
            | Named::InFlight => of_requests(named, &self.response_time_ms, &self.slowdown, &self.requests),
        }
    }
}

impl ClassResults {
    /// The number of that name; `None` if classes do not have it, or there is none.
    pub fn metric(&self, metric: Metric) -> Option<f64> {
        match metric {
            Metric::Named(Named::ErrorRate) => self.error_rate,
            Metric::Named(named) => of_requests(named, &self.response_time_ms, &self.slowdown, &self.requests),
            Metric::FailedBy(reason) => Some(self.requests.failed_by.of(reason) as f64),
            Metric::RejectedBy(reason) => Some(self.requests.rejected_by.of(reason) as f64),
            Metric::BackendUtilization(_) | Metric::PoolUtilization(_) | Metric::Recovery(_) | Metric::Station(..) => {
                None
            }
        }
    }
}

/// Numbers that policies and classes have.
fn of_requests(named: Named, times: &Summary, slowdown: &Slowdown, counts: &RequestCounts) -> Option<f64> {
    match named {
        Named::Mean => times.mean,
        Named::Stddev => times.stddev,
        Named::Min => times.min,
        Named::P50 => times.p50,
        Named::P90 => times.p90,
        Named::P95 => times.p95,
        Named::P99 => times.p99,
        Named::P999 => times.p999,
        Named::Max => times.max,
        Named::SlowdownMean => slowdown.mean,
        Named::SlowdownP50 => slowdown.p50,
        Named::SlowdownP99 => slowdown.p99,
        Named::SlowdownMax => slowdown.max,
        Named::Arrived => Some(counts.arrived as f64),
        Named::Completed => Some(counts.completed as f64),
        Named::Rejected => Some(counts.rejected as f64),
        Named::TimedOut => Some(counts.timed_out as f64),
        Named::Failed => Some(counts.failed as f64),
        Named::Retried => Some(counts.retried as f64),
        Named::InFlight => Some(counts.in_flight as f64),
        // Of all requests of a policy together.
        Named::ErrorRate
        | Named::BacklogWait
        | Named::RunQueueWait
        | Named::PoolWait
        | Named::BackendWait
        | Named::Framework
        | Named::Compute
        | Named::Backend
        | Named::Sleep
        | Named::ThreadWait
        | Named::WaitingMean
        | Named::WaitingP50
        | Named::WaitingP95
        | Named::WaitingP99
        | Named::WaitingProbability
        | Named::InSystemMean
        | Named::InSystemMax
        | Named::Throughput
        | Named::Goodput
        | Named::Utilization
        | Named::Cores
        | Named::Workers
        | Named::Slots
        | Named::Threads
        | Named::OperationMean
        | Named::OperationStddev
        | Named::OperationMin
        | Named::OperationP50
        | Named::OperationP90
        | Named::OperationP95
        | Named::OperationP99
        | Named::OperationP999
        | Named::OperationMax
        | Named::Amplification
        | Named::Events => None,
    }
}
