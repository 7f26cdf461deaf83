//! Numbers by their names.

use crate::model::{Metric, Named};

use super::numbers::{ClassNumbers, PolicyNumbers, Tails};
use crate::stats::results::{RequestCounts, Slowdown, Summary};

/// The numbers that policies and classes have.
struct OfRequests<'a> {
    times: &'a Summary,
    slowdown: &'a Slowdown,
    counts: &'a RequestCounts,
    error_rate: Option<f64>,
    tails: &'a Tails,
}

impl PolicyNumbers {
    /// The number of that name; `None` if there is none. `backends` are the names of the scenario's.
    pub fn metric(&self, metric: Metric, backends: &[&str]) -> Option<f64> {
        match metric {
            Metric::BackendUtilization(id) => *self.utilization.backends.get(*backends.get(usize::from(id.0))?)?,
            // Numbers of a fault, and of the capacity.
            Metric::Recovery(_) | Metric::Headroom => None,
            Metric::PoolUtilization(id) => *self.utilization.pools.get(*backends.get(usize::from(id.0))?)?,
            Metric::FailedBy(reason) => Some(self.requests.failed_by.of(reason) as f64),
            Metric::RejectedBy(reason) => Some(self.requests.rejected_by.of(reason) as f64),
            Metric::Station(resource, number) => self.stations.get(&resource.name(backends))?.number(number),
            Metric::Named(named) => self.of_requests().number(named, Some(self)),
            Metric::OfArrived(named) => self.tails.number(named),
        }
    }

    const fn of_requests(&self) -> OfRequests<'_> {
        OfRequests {
            times: &self.response_time_ms,
            slowdown: &self.slowdown,
            counts: &self.requests,
            error_rate: self.error_rate,
            tails: &self.tails,
        }
    }
}

impl ClassNumbers {
    /// The number of that name; `None` if classes do not have it, or there is none.
    pub fn metric(&self, metric: Metric) -> Option<f64> {
        let of_requests = OfRequests {
            times: &self.response_time_ms,
            slowdown: &self.slowdown,
            counts: &self.requests,
            error_rate: self.error_rate,
            tails: &self.tails,
        };
        match metric {
            Metric::Named(named) => of_requests.number(named, None),
            Metric::OfArrived(named) => of_requests.tails.number(named),
            Metric::FailedBy(reason) => Some(self.requests.failed_by.of(reason) as f64),
            Metric::RejectedBy(reason) => Some(self.requests.rejected_by.of(reason) as f64),
            Metric::BackendUtilization(_)
            | Metric::PoolUtilization(_)
            | Metric::Recovery(_)
            | Metric::Station(..)
            | Metric::Headroom => None,
        }
    }
}

impl OfRequests<'_> {
    /// The number of that name. What only a policy has is `None` of a class.
    fn number(&self, named: Named, policy: Option<&PolicyNumbers>) -> Option<f64> {
        let Self { times, slowdown, counts, error_rate, .. } = self;
        let operation = |time: fn(&Summary) -> Option<f64>| policy?.operation_time_ms.as_ref().and_then(time);
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
            Named::ErrorRate => *error_rate,
            Named::Arrived => Some(counts.arrived as f64),
            Named::Completed => Some(counts.completed as f64),
            Named::Rejected => Some(counts.rejected as f64),
            Named::TimedOut => Some(counts.timed_out as f64),
            Named::Failed => Some(counts.failed as f64),
            Named::Retried => Some(counts.retried as f64),
            Named::InFlight => Some(counts.in_flight as f64),
            Named::Breakdown(activity) => policy?.breakdown_ms.of(activity),
            Named::WaitingMean => policy?.waiting_time_ms.mean,
            Named::WaitingP50 => policy?.waiting_time_ms.p50,
            Named::WaitingP95 => policy?.waiting_time_ms.p95,
            Named::WaitingP99 => policy?.waiting_time_ms.p99,
            Named::WaitingProbability => policy?.waiting_time_ms.probability,
            Named::InSystemMean => policy?.in_system.mean,
            Named::InSystemMax => Some(policy?.in_system.max as f64),
            Named::Throughput => policy?.throughput_per_s,
            Named::Goodput => policy?.goodput_per_s,
            Named::Utilization => policy?.utilization.busiest(),
            Named::Cores => policy?.utilization.cores,
            Named::Workers => policy?.utilization.workers,
            Named::Slots => policy?.utilization.slots,
            Named::Threads => policy?.utilization.threads,
            Named::OperationMean => operation(|times| times.mean),
            Named::OperationStddev => operation(|times| times.stddev),
            Named::OperationMin => operation(|times| times.min),
            Named::OperationP50 => operation(|times| times.p50),
            Named::OperationP90 => operation(|times| times.p90),
            Named::OperationP95 => operation(|times| times.p95),
            Named::OperationP99 => operation(|times| times.p99),
            Named::OperationP999 => operation(|times| times.p999),
            Named::OperationMax => operation(|times| times.max),
            Named::Amplification => policy?.amplification,
            Named::Events => Some(policy?.events as f64),
        }
    }
}
