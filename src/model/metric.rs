//! The numbers of the results by the names that objectives, tolerances and intervals give them.

use schemars::JsonSchema;
use serde::Serialize;

use super::{BackendId, FaultId};

/// A number of the results of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// One of the list.
    Named(Named),
    /// How busy a limited backend is.
    BackendUtilization(BackendId),
    /// How long until a fault was over for the users.
    Recovery(FaultId),
}

/// What a metric is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MetricUnit {
    /// Milliseconds.
    Time,
    /// A part of a whole, 0 to 1.
    Share,
    /// So many per second.
    Rate,
    /// So many times.
    Ratio,
    /// So many.
    Count,
    /// So many requests, which may also be put as a share of those that arrived.
    Requests,
}

macro_rules! metrics {
    ($($variant:ident $name:literal $unit:ident $of_classes:literal $about:literal,)*) => {
        /// A number that every policy has under the same name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Named {
            $(#[doc = $about] $variant),*
        }

        impl Named {
            /// Every one, in the order of the results.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name in files and on the command line.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What it is, in a few words.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => $about),* }
            }

            /// What it is measured in.
            pub const fn unit(self) -> MetricUnit {
                match self { $(Self::$variant => MetricUnit::$unit),* }
            }

            /// Whether classes of requests have it too.
            pub const fn is_of_classes(self) -> bool {
                match self { $(Self::$variant => $of_classes),* }
            }
        }
    };
}

// The list: the short names are those of response times, which people speak of most.
metrics! {
    Mean "mean" Time true "mean response time",
    Stddev "stddev" Time true "standard deviation of response times",
    Min "min" Time true "shortest response time",
    P50 "p50" Time true "median response time",
    P90 "p90" Time true "90th percentile of response times",
    P95 "p95" Time true "95th percentile of response times",
    P99 "p99" Time true "99th percentile of response times",
    P999 "p999" Time true "99.9th percentile of response times",
    Max "max" Time true "longest response time",
    SlowdownMean "slowdown.mean" Ratio true "mean of response time / demand",
    SlowdownP50 "slowdown.p50" Ratio true "median slowdown",
    SlowdownP99 "slowdown.p99" Ratio true "99th percentile of slowdowns",
    SlowdownMax "slowdown.max" Ratio true "largest slowdown",
    ErrorRate "error_rate" Share true "share of requests that were rejected, timed out or failed",
    Arrived "requests.arrived" Requests true "requests that arrived",
    Completed "requests.completed" Requests true "requests that were answered in time",
    Rejected "requests.rejected" Requests true "requests turned away for want of room",
    TimedOut "requests.timed_out" Requests true "requests whose clients gave up",
    Failed "requests.failed" Requests true "requests that ended with an error",
    Retried "requests.retried" Requests true "tries beyond the first",
    InFlight "requests.in_flight" Requests true "requests still in the system at the end",
    BacklogWait "breakdown.backlog_wait" Time false "mean wait in the backlog of a completed request",
    RunQueueWait "breakdown.run_queue_wait" Time false "mean wait for a core, the GIL or the loop",
    PoolWait "breakdown.pool_wait" Time false "mean wait for a connection",
    BackendWait "breakdown.backend_wait" Time false "mean wait until a backend starts the query",
    Framework "breakdown.framework" Time false "mean CPU work in code one cannot change",
    Compute "breakdown.compute" Time false "mean CPU work in one's own code",
    Backend "breakdown.backend" Time false "mean time that backends work",
    Sleep "breakdown.sleep" Time false "mean plain delay",
    WaitingMean "waiting_time.mean" Time false "mean wait in the backlog",
    WaitingP50 "waiting_time.p50" Time false "median wait in the backlog",
    WaitingP95 "waiting_time.p95" Time false "95th percentile of waits in the backlog",
    WaitingP99 "waiting_time.p99" Time false "99th percentile of waits in the backlog",
    WaitingProbability "waiting_time.probability" Share false "share of requests that waited in the backlog",
    InSystemMean "in_system.mean" Count false "requests inside the system, mean over time",
    InSystemMax "in_system.max" Count false "most requests inside the system at one instant",
    Throughput "throughput" Rate false "requests served per second",
    Goodput "goodput" Rate false "requests served per second while their clients still waited",
    Utilization "utilization" Share false "how busy the busiest of cores, workers, slots and backends is",
    Cores "utilization.cores" Share false "how busy the cores are",
    Workers "utilization.workers" Share false "how long workers, their GIL or loop are held",
    Slots "utilization.slots" Share false "how many slots are taken",
    OperationMean "operation_time.mean" Time false "mean time from the first try to the answer",
    OperationStddev "operation_time.stddev" Time false "standard deviation of times from the first try to the answer",
    OperationMin "operation_time.min" Time false "shortest time from the first try to the answer",
    OperationP50 "operation_time.p50" Time false "median time from the first try to the answer",
    OperationP90 "operation_time.p90" Time false "90th percentile of times from the first try to the answer",
    OperationP95 "operation_time.p95" Time false "95th percentile of times from the first try to the answer",
    OperationP99 "operation_time.p99" Time false "99th percentile of times from the first try to the answer",
    OperationP999 "operation_time.p999" Time false "99.9th percentile of times from the first try to the answer",
    OperationMax "operation_time.max" Time false "longest time from the first try to the answer",
    Amplification "amplification" Ratio false "arrivals / arrivals that are no repeated tries",
    Events "events" Count false "phase starts and ends",
}

impl Named {
    /// Those that are compared with a baseline.
    pub const JUDGED: &[Self] = &[Self::Mean, Self::P50, Self::P95, Self::P99, Self::Throughput, Self::ErrorRate];

    /// Whether one wants more of it.
    pub const fn is_better_when_higher(self) -> bool {
        matches!(self.unit(), MetricUnit::Rate)
    }

    /// Whether independent runs give it an interval: extremes grow with the length of a run, and counts say no more than
    /// the rates they come to.
    pub const fn has_interval(self) -> bool {
        !matches!(self.unit(), MetricUnit::Requests)
            && !matches!(
                self,
                Self::Stddev
                    | Self::Min
                    | Self::Max
                    | Self::SlowdownMax
                    | Self::InSystemMax
                    | Self::OperationStddev
                    | Self::OperationMin
                    | Self::OperationMax
                    | Self::Events
            )
    }

    /// The percentile that it is, in thousandths.
    pub const fn per_mille(self) -> Option<u64> {
        match self {
            Self::P50 | Self::SlowdownP50 | Self::WaitingP50 | Self::OperationP50 => Some(500),
            Self::P90 | Self::OperationP90 => Some(900),
            Self::P95 | Self::WaitingP95 | Self::OperationP95 => Some(950),
            Self::P99 | Self::SlowdownP99 | Self::WaitingP99 | Self::OperationP99 => Some(990),
            Self::P999 | Self::OperationP999 => Some(999),
            _ => None,
        }
    }
}

impl Metric {
    /// Its name in files and on the command line; `backends` are the names of the scenario's.
    pub fn name(self, backends: &[&str]) -> String {
        match self {
            Self::Named(named) => named.name().to_owned(),
            Self::BackendUtilization(id) => format!("utilization.backends.{}", backends[usize::from(id.0)]),
            Self::Recovery(_) => "recovery".to_owned(),
        }
    }

    /// What it is measured in.
    pub const fn unit(self) -> MetricUnit {
        match self {
            Self::Named(named) => named.unit(),
            Self::BackendUtilization(_) => MetricUnit::Share,
            Self::Recovery(_) => MetricUnit::Time,
        }
    }

    /// Every one that confidence intervals are given for, in the order of the results.
    pub fn with_interval(backends: &[&str]) -> impl Iterator<Item = Self> {
        let named = Named::ALL.iter().map(|named| Self::Named(*named));
        let of_backends = (0..backends.len()).map(|id| Self::BackendUtilization(BackendId(id as u16)));
        named.chain(of_backends).filter(|metric| metric.has_interval())
    }

    /// Whether confidence intervals are given for it.
    pub const fn has_interval(self) -> bool {
        match self {
            Self::Named(named) => named.has_interval(),
            Self::BackendUtilization(_) => true,
            Self::Recovery(_) => false,
        }
    }

    /// Whether classes of requests have it too.
    pub const fn is_of_classes(self) -> bool {
        match self {
            Self::Named(named) => named.is_of_classes(),
            Self::BackendUtilization(_) | Self::Recovery(_) => false,
        }
    }

    /// Whether the requests of a part of the run have it too: levels and utilizations belong to the whole run.
    pub const fn is_of_parts(self) -> bool {
        match self {
            Self::Named(named) => !matches!(
                named,
                Named::InSystemMean
                    | Named::InSystemMax
                    | Named::Utilization
                    | Named::Cores
                    | Named::Workers
                    | Named::Slots
                    | Named::Events
            ),
            Self::BackendUtilization(_) | Self::Recovery(_) => false,
        }
    }
}
