//! The numbers of the results by the names that objectives, tolerances and intervals give them.

use schemars::JsonSchema;
use serde::Serialize;

use super::station_number::StationNumber;
use super::{BackendId, Failure, FaultId, Rejection, Resource};

/// A number of the results of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// One of the list; where requests got no answer, of the answered requests only.
    Named(Named),
    /// Requests that failed for a reason.
    FailedBy(Failure),
    /// Requests that were rejected for a reason.
    RejectedBy(Rejection),
    /// One of the list that is about [`Population::Arrived`], of every request that arrived.
    OfArrived(Named),
    /// How busy a limited backend is.
    BackendUtilization(BackendId),
    /// How long until a fault was over for the users.
    Recovery(FaultId),
    /// How long the connections to a backend are held.
    PoolUtilization(BackendId),
    /// A number of the station where requests wait for a resource.
    Station(Resource, StationNumber),
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

/// Which requests a number is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Population {
    /// Objectives ask about every request that arrived, one without an answer being slower than any bound; written with
    /// `answered.` before its name, about the answered requests.
    Arrived(Tail),
    /// The answered requests.
    Answered,
    /// The requests that a worker has taken.
    Taken {
        /// The percentile, in thousandths, if it is one.
        per_mille: Option<u64>,
    },
    /// The run as a whole.
    Run,
}

/// A percentile or a maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// Of what.
    pub quantity: Quantity,
    /// The share of the requests at or below it, in thousandths: 1000 is the maximum.
    pub per_mille: u64,
}

/// What is measured of each request or operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Arrival to departure.
    ResponseTime,
    /// Response time / demand.
    Slowdown,
    /// First attempt to the answer.
    OperationTime,
}

use Population::{Answered, Run};

const fn response(per_mille: u64) -> Population {
    Population::Arrived(Tail { quantity: Quantity::ResponseTime, per_mille })
}

const fn slowdown(per_mille: u64) -> Population {
    Population::Arrived(Tail { quantity: Quantity::Slowdown, per_mille })
}

const fn operation(per_mille: u64) -> Population {
    Population::Arrived(Tail { quantity: Quantity::OperationTime, per_mille })
}

const fn taken(per_mille: Option<u64>) -> Population {
    Population::Taken { per_mille }
}

macro_rules! metrics {
    ($($variant:ident $name:literal $unit:ident $of_classes:literal $population:expr => $about:literal,)*) => {
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

            /// Which requests it is about.
            pub const fn population(self) -> Population {
                match self { $(Self::$variant => $population),* }
            }
        }
    };
}

// The list: the short names are those of response times, which people speak of most.
metrics! {
    Mean "mean" Time true Answered => "mean response time",
    Stddev "stddev" Time true Answered => "standard deviation of response times",
    Min "min" Time true Answered => "shortest response time",
    P50 "p50" Time true response(500) => "median response time",
    P90 "p90" Time true response(900) => "90th percentile of response times",
    P95 "p95" Time true response(950) => "95th percentile of response times",
    P99 "p99" Time true response(990) => "99th percentile of response times",
    P999 "p999" Time true response(999) => "99.9th percentile of response times",
    Max "max" Time true response(1000) => "longest response time",
    SlowdownMean "slowdown.mean" Ratio true Answered => "mean of response time / demand",
    SlowdownP50 "slowdown.p50" Ratio true slowdown(500) => "median slowdown",
    SlowdownP99 "slowdown.p99" Ratio true slowdown(990) => "99th percentile of slowdowns",
    SlowdownMax "slowdown.max" Ratio true slowdown(1000) => "largest slowdown",
    ErrorRate "error_rate" Share true Run => "share of requests that were rejected, timed out or failed",
    Arrived "requests.arrived" Requests true Run => "requests that arrived",
    Completed "requests.completed" Requests true Run => "requests that were answered in time",
    Rejected "requests.rejected" Requests true Run => "requests turned away for want of room",
    TimedOut "requests.timed_out" Requests true Run => "requests whose clients gave up",
    Failed "requests.failed" Requests true Run => "requests that ended with an error",
    Retried "requests.retried" Requests true Run => "tries beyond the first",
    InFlight "requests.in_flight" Requests true Run => "requests still in the system at the end",
    BacklogWait "breakdown.backlog_wait" Time false Answered => "mean wait in the backlog of a completed request",
    RunQueueWait "breakdown.run_queue_wait" Time false Answered => "mean wait for a core, the GIL or the loop",
    PoolWait "breakdown.pool_wait" Time false Answered => "mean wait for a connection",
    BackendWait "breakdown.backend_wait" Time false Answered => "mean wait until a backend starts the query",
    Framework "breakdown.framework" Time false Answered => "mean CPU work in code one cannot change",
    Compute "breakdown.compute" Time false Answered => "mean CPU work in one's own code",
    Backend "breakdown.backend" Time false Answered => "mean time that backends work",
    Sleep "breakdown.sleep" Time false Answered => "mean plain delay",
    ThreadWait "breakdown.thread_wait" Time false Answered => "mean wait for a thread beside the loop",
    WaitingMean "waiting_time.mean" Time false taken(None) => "mean wait in the backlog",
    WaitingP50 "waiting_time.p50" Time false taken(Some(500)) => "median wait in the backlog",
    WaitingP95 "waiting_time.p95" Time false taken(Some(950)) => "95th percentile of waits in the backlog",
    WaitingP99 "waiting_time.p99" Time false taken(Some(990)) => "99th percentile of waits in the backlog",
    WaitingProbability "waiting_time.probability" Share false taken(None) => "share of requests that waited in the backlog",
    InSystemMean "in_system.mean" Count false Run => "requests inside the system, mean over time",
    InSystemMax "in_system.max" Count false Run => "most requests inside the system at one instant",
    Throughput "throughput" Rate false Run => "requests served per second, whenever they arrived",
    Goodput "goodput" Rate false Run => "requests served per second while their clients still waited",
    Utilization "utilization" Share false Run => "how busy the busiest of cores, workers, slots, threads, pools and backends is",
    Cores "utilization.cores" Share false Run => "how busy the cores are",
    Workers "utilization.workers" Share false Run => "how long workers, their GIL or loop are held",
    Slots "utilization.slots" Share false Run => "how many slots are taken",
    Threads "utilization.threads" Share false Run => "how many threads beside the loop are taken",
    OperationMean "operation_time.mean" Time false Answered => "mean time from the first try to the answer",
    OperationStddev "operation_time.stddev" Time false Answered => "standard deviation of times from the first try to the answer",
    OperationMin "operation_time.min" Time false Answered => "shortest time from the first try to the answer",
    OperationP50 "operation_time.p50" Time false operation(500) => "median time from the first try to the answer",
    OperationP90 "operation_time.p90" Time false operation(900) => "90th percentile of times from the first try to the answer",
    OperationP95 "operation_time.p95" Time false operation(950) => "95th percentile of times from the first try to the answer",
    OperationP99 "operation_time.p99" Time false operation(990) => "99th percentile of times from the first try to the answer",
    OperationP999 "operation_time.p999" Time false operation(999) => "99.9th percentile of times from the first try to the answer",
    OperationMax "operation_time.max" Time false operation(1000) => "longest time from the first try to the answer",
    Amplification "amplification" Ratio false Run => "arrivals / arrivals that are no repeated tries",
    Events "events" Count false Run => "phase starts and ends",
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

    /// The percentile that it is, in thousandths; a maximum is none.
    pub const fn per_mille(self) -> Option<u64> {
        match self.population() {
            Population::Arrived(Tail { per_mille: 1000, .. }) | Population::Answered | Population::Run => None,
            Population::Arrived(Tail { per_mille, .. }) => Some(per_mille),
            Population::Taken { per_mille } => per_mille,
        }
    }

    /// Those of which objectives ask about every request that arrived, and what they are.
    pub fn tails() -> impl Iterator<Item = (Self, Tail)> {
        Self::ALL.iter().filter_map(|named| match named.population() {
            Population::Arrived(tail) => Some((*named, tail)),
            Population::Answered | Population::Taken { .. } | Population::Run => None,
        })
    }
}

/// The percentile that the last part of a name stands for, in thousandths.
pub(super) fn percentile_of(name: &str) -> Option<u64> {
    match name.rsplit('.').next()? {
        "p50" => Some(500),
        "p90" => Some(900),
        "p95" => Some(950),
        "p99" => Some(990),
        "p999" => Some(999),
        _ => None,
    }
}

/// What stands before the name of a metric that is asked of the answered requests only.
pub const ANSWERED: &str = "answered";

impl Metric {
    /// Every one there can be with that many backends, in the order of the results.
    pub fn all(backends: usize) -> Vec<Self> {
        let ids = || (0..backends).map(|id| BackendId(id as u16));
        let stations = Resource::all(backends).into_iter();
        let stations =
            stations.flat_map(|resource| StationNumber::ALL.iter().map(move |number| Self::Station(resource, *number)));
        (Named::ALL.iter().copied().map(Self::Named))
            .chain(ids().map(Self::BackendUtilization))
            .chain(ids().map(Self::PoolUtilization))
            .chain(Failure::ALL.iter().copied().map(Self::FailedBy))
            .chain(Rejection::ALL.iter().copied().map(Self::RejectedBy))
            .chain(stations)
            .collect()
    }

    /// Its name in files and on the command line; `backends` are the names of the scenario's.
    pub fn name(self, backends: &[&str]) -> String {
        let backend = |id: BackendId| backends[usize::from(id.0)];
        match self {
            Self::Named(named) | Self::OfArrived(named) => named.name().to_owned(),
            Self::FailedBy(reason) => format!("requests.failed_by.{}", reason.name()),
            Self::RejectedBy(reason) => format!("requests.rejected_by.{}", reason.name()),
            Self::BackendUtilization(id) => format!("utilization.backends.{}", backend(id)),
            Self::Recovery(_) => "recovery".to_owned(),
            Self::PoolUtilization(id) => format!("utilization.pools.{}", backend(id)),
            Self::Station(resource, number) => format!("{}.{}", resource.name(backends), number.name()),
        }
    }

    /// The one of that name, where `backend` knows the backends by name.
    pub fn named(name: &str, backend: impl Fn(&str) -> Option<BackendId>) -> Option<Self> {
        if let Some(named) = Named::ALL.iter().find(|named| named.name() == name) {
            return Some(Self::Named(*named));
        }
        if let Some(reason) = name.strip_prefix("requests.failed_by.") {
            return Failure::ALL.iter().find(|known| known.name() == reason).map(|known| Self::FailedBy(*known));
        }
        if let Some(reason) = name.strip_prefix("requests.rejected_by.") {
            return Rejection::ALL.iter().find(|known| known.name() == reason).map(|known| Self::RejectedBy(*known));
        }
        if let Some(of) = name.strip_prefix("utilization.backends.") {
            return backend(of).map(Self::BackendUtilization);
        }
        if let Some(of) = name.strip_prefix("utilization.pools.") {
            return backend(of).map(Self::PoolUtilization);
        }
        StationNumber::ALL.iter().find_map(|number| {
            let station = name.strip_suffix(number.name())?.strip_suffix('.')?;
            Resource::named(station, &backend).map(|resource| Self::Station(resource, *number))
        })
    }

    /// Its name where what objectives ask of every request that arrived is told from what they ask of the answered.
    pub fn asked_name(self, backends: &[&str]) -> String {
        match self {
            Self::Named(named) if matches!(named.population(), Population::Arrived(_)) => {
                format!("{ANSWERED}.{}", named.name())
            }
            Self::Named(_)
            | Self::OfArrived(_)
            | Self::FailedBy(_)
            | Self::RejectedBy(_)
            | Self::BackendUtilization(_)
            | Self::PoolUtilization(_)
            | Self::Recovery(_)
            | Self::Station(..) => self.name(backends),
        }
    }

    /// The same number of the answered requests.
    pub const fn of_answered(self) -> Self {
        match self {
            Self::OfArrived(named) | Self::Named(named) => Self::Named(named),
            Self::FailedBy(_)
            | Self::RejectedBy(_)
            | Self::BackendUtilization(_)
            | Self::PoolUtilization(_)
            | Self::Recovery(_)
            | Self::Station(..) => self,
        }
    }

    /// Which requests it is about.
    pub const fn population(self) -> Population {
        match self {
            Self::OfArrived(named) => named.population(),
            Self::Named(named) => match named.population() {
                Population::Arrived(_) => Population::Answered,
                other @ (Population::Answered | Population::Taken { .. } | Population::Run) => other,
            },
            Self::FailedBy(_)
            | Self::RejectedBy(_)
            | Self::BackendUtilization(_)
            | Self::PoolUtilization(_)
            | Self::Recovery(_)
            | Self::Station(..) => Population::Run,
        }
    }

    /// What it is measured in.
    pub const fn unit(self) -> MetricUnit {
        match self {
            Self::Named(named) | Self::OfArrived(named) => named.unit(),
            Self::FailedBy(_) | Self::RejectedBy(_) => MetricUnit::Requests,
            Self::BackendUtilization(_) | Self::PoolUtilization(_) => MetricUnit::Share,
            Self::Recovery(_) => MetricUnit::Time,
            Self::Station(_, number) => number.unit(),
        }
    }

    /// Every one that confidence intervals are given for, in the order of the results.
    pub fn with_interval(backends: &[&str]) -> impl Iterator<Item = Self> {
        Self::all(backends.len()).into_iter().filter(|metric| metric.has_interval())
    }

    /// Every one over all requests that arrived for which confidence intervals are given, in the order of the results.
    pub fn of_arrived_with_interval() -> impl Iterator<Item = Self> {
        Named::tails().map(|(named, _)| Self::OfArrived(named)).filter(|metric| metric.has_interval())
    }

    /// Whether confidence intervals are given for it.
    pub const fn has_interval(self) -> bool {
        match self {
            Self::Named(named) | Self::OfArrived(named) => named.has_interval(),
            Self::FailedBy(_) | Self::RejectedBy(_) | Self::Recovery(_) => false,
            Self::BackendUtilization(_) | Self::PoolUtilization(_) => true,
            Self::Station(_, number) => number.has_interval(),
        }
    }

    /// Whether classes of requests have it too.
    pub const fn is_of_classes(self) -> bool {
        match self {
            Self::Named(named) | Self::OfArrived(named) => named.is_of_classes(),
            Self::FailedBy(_) | Self::RejectedBy(_) => true,
            Self::BackendUtilization(_) | Self::PoolUtilization(_) | Self::Recovery(_) | Self::Station(..) => false,
        }
    }

    /// Whether the requests of a part of the run have it too: levels and utilizations belong to the whole run.
    pub const fn is_of_parts(self) -> bool {
        match self {
            Self::Named(named) | Self::OfArrived(named) => !matches!(
                named,
                Named::InSystemMean
                    | Named::InSystemMax
                    | Named::Utilization
                    | Named::Cores
                    | Named::Workers
                    | Named::Slots
                    | Named::Threads
                    | Named::Events
            ),
            Self::FailedBy(_) | Self::RejectedBy(_) => true,
            Self::BackendUtilization(_) | Self::PoolUtilization(_) | Self::Recovery(_) | Self::Station(..) => false,
        }
    }

    /// The percentile that it is, in thousandths.
    pub fn per_mille(self) -> Option<u64> {
        match self {
            Self::Named(named) | Self::OfArrived(named) => named.per_mille(),
            Self::Station(_, number) => number.per_mille(),
            Self::FailedBy(_)
            | Self::RejectedBy(_)
            | Self::BackendUtilization(_)
            | Self::PoolUtilization(_)
            | Self::Recovery(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_found_by_its_name_and_has_a_name_of_its_own() {
        let backends = ["db", "pool.db", "wait.p99"];
        let id = |name: &str| backends.iter().position(|known| *known == name).map(|id| BackendId(id as u16));
        let all = Metric::all(backends.len());
        for metric in &all {
            assert_eq!(Metric::named(&metric.name(&backends), id), Some(*metric));
        }
        assert_eq!(Metric::named("pool.idp.wait.p99", id), None);
        assert_eq!(Metric::named("pool.db.wait.p98", id), None);
    }

    #[test]
    fn a_percentile_says_so_in_its_name() {
        assert_eq!(Named::P999.per_mille(), Some(999));
        assert_eq!(Named::WaitingP95.per_mille(), Some(950));
        assert_eq!(Named::WaitingProbability.per_mille(), None);
        assert_eq!(Metric::Station(Resource::Core, StationNumber::WaitP50).per_mille(), Some(500));
    }
}
