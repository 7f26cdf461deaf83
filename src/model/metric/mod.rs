//! The numbers of the results, by the names that objectives, tolerances and intervals use.

mod facts;
mod named;
mod station_number;

pub use facts::{Direction, Facts, MetricUnit, Population, Quantity, Scope, Statistic, Tail};
pub use named::Named;
pub use station_number::StationNumber;

use super::{BackendId, Failure, FaultId, Rejection, Resource};

/// A number of the results of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// One of the list; of the answered requests only.
    Named(Named),
    /// Requests that failed for a reason.
    FailedBy(Failure),
    /// Requests that were rejected for a reason.
    RejectedBy(Rejection),
    /// One of the list that is about [`Population::Arrived`], of every request that arrived.
    OfArrived(Named),
    /// Utilization of a limited backend.
    BackendUtilization(BackendId),
    /// Time until a fault was over for the users.
    Recovery(FaultId),
    /// Utilization of the connections to a backend.
    PoolUtilization(BackendId),
    /// A number of the station where requests wait for a resource.
    Station(Resource, StationNumber),
    /// Capacity / offered load − 1.
    Headroom,
}

/// How much more load the capacity allows, as objectives name it.
pub const HEADROOM_NAME: &str = "headroom";

/// The time until a fault was over, as results name it.
pub const RECOVERY_NAME: &str = "recovery";

/// The prefix of a metric that is about the answered requests only.
pub const ANSWERED: &str = "answered";

impl Metric {
    /// Every metric there can be with this many backends, in the order of the results.
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

    /// Its name in files and on the command line; `backends` are the names of the scenario's backends.
    pub fn name(self, backends: &[&str]) -> String {
        let backend = |id: BackendId| backends[usize::from(id.0)];
        match self {
            Self::Named(named) | Self::OfArrived(named) => named.name().to_owned(),
            Self::FailedBy(reason) => format!("requests.failed_by.{}", reason.name()),
            Self::RejectedBy(reason) => format!("requests.rejected_by.{}", reason.name()),
            Self::BackendUtilization(id) => format!("utilization.backends.{}", backend(id)),
            Self::Recovery(_) => RECOVERY_NAME.to_owned(),
            Self::PoolUtilization(id) => format!("utilization.pools.{}", backend(id)),
            Self::Station(resource, number) => format!("{}.{}", resource.name(backends), number.name()),
            Self::Headroom => HEADROOM_NAME.to_owned(),
        }
    }

    /// The metric of this name; `backend` finds the backends by name.
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

    /// Its name where what objectives ask of every request that arrived is distinguished from what they ask of the answered.
    pub fn asked_name(self, backends: &[&str]) -> String {
        let name = self.name(backends);
        if self == self.of_arrived() { name } else { format!("{ANSWERED}.{name}") }
    }

    /// The same number of every request that arrived, as objectives ask for it; itself if there is none.
    pub const fn of_arrived(self) -> Self {
        match self {
            Self::Named(named) if named.facts().tail().is_some() => Self::OfArrived(named),
            Self::Named(_)
            | Self::OfArrived(_)
            | Self::FailedBy(_)
            | Self::RejectedBy(_)
            | Self::BackendUtilization(_)
            | Self::PoolUtilization(_)
            | Self::Recovery(_)
            | Self::Station(..)
            | Self::Headroom => self,
        }
    }

    /// The same number of the answered requests; itself if it does not depend on answers.
    pub const fn of_answered(self) -> Self {
        match self {
            Self::OfArrived(named) => Self::Named(named),
            Self::Named(_)
            | Self::FailedBy(_)
            | Self::RejectedBy(_)
            | Self::BackendUtilization(_)
            | Self::PoolUtilization(_)
            | Self::Recovery(_)
            | Self::Station(..)
            | Self::Headroom => self,
        }
    }

    /// The one of the list that it is, if it is one.
    pub const fn as_named(self) -> Option<Named> {
        match self {
            Self::Named(named) | Self::OfArrived(named) => Some(named),
            Self::FailedBy(_)
            | Self::RejectedBy(_)
            | Self::BackendUtilization(_)
            | Self::PoolUtilization(_)
            | Self::Recovery(_)
            | Self::Station(..)
            | Self::Headroom => None,
        }
    }

    /// The fault whose end it is about, if it is about one.
    pub const fn fault(self) -> Option<FaultId> {
        match self {
            Self::Recovery(id) => Some(id),
            Self::Named(_)
            | Self::OfArrived(_)
            | Self::FailedBy(_)
            | Self::RejectedBy(_)
            | Self::BackendUtilization(_)
            | Self::PoolUtilization(_)
            | Self::Station(..)
            | Self::Headroom => None,
        }
    }

    /// What is known about it.
    pub const fn facts(self) -> Facts {
        match self {
            Self::OfArrived(named) => named.facts(),
            Self::Named(named) => named.facts().of_answered(),
            Self::FailedBy(_) | Self::RejectedBy(_) => REASON,
            Self::BackendUtilization(_) | Self::PoolUtilization(_) => UTILIZATION,
            Self::Recovery(_) => RECOVERY,
            Self::Station(_, number) => number.facts(),
            Self::Headroom => HEADROOM,
        }
    }

    /// Its unit.
    pub const fn unit(self) -> MetricUnit {
        self.facts().unit
    }

    /// Which requests it is about.
    pub const fn population(self) -> Population {
        self.facts().population
    }

    /// Every one with confidence intervals, in the order of the results.
    pub fn with_interval(backends: &[&str]) -> impl Iterator<Item = Self> {
        Self::all(backends.len()).into_iter().filter(|metric| metric.has_interval())
    }

    /// Every one over all requests that arrived with confidence intervals, in the order of the results.
    pub fn of_arrived_with_interval() -> impl Iterator<Item = Self> {
        Named::tails().map(|(named, _)| Self::OfArrived(named)).filter(|metric| metric.has_interval())
    }

    /// Whether it has confidence intervals.
    pub const fn has_interval(self) -> bool {
        self.facts().has_interval
    }

    /// Whether classes of requests have it too.
    pub fn is_of_classes(self) -> bool {
        self.facts().scope >= Scope::Class
    }

    /// Whether the requests of a part of the run have it too.
    pub fn is_of_parts(self) -> bool {
        self.facts().scope >= Scope::Part
    }

    /// The percentile that it is, in thousandths; a maximum is none.
    pub const fn per_mille(self) -> Option<u64> {
        self.facts().statistic.per_mille()
    }
}

/// What is known about the requests without an answer for one reason.
const REASON: Facts = Facts {
    unit: MetricUnit::Requests,
    direction: Direction::Lower,
    statistic: Statistic::Total,
    population: Population::Run,
    has_interval: false,
    scope: Scope::Class,
};

/// What is known about utilizations of a backend.
const UTILIZATION: Facts = Facts {
    unit: MetricUnit::Share,
    direction: Direction::Lower,
    statistic: Statistic::Total,
    population: Population::Run,
    has_interval: true,
    scope: Scope::Run,
};

/// What is known about the time until a fault is over.
const RECOVERY: Facts = Facts {
    unit: MetricUnit::Time,
    direction: Direction::Lower,
    statistic: Statistic::Total,
    population: Population::Run,
    has_interval: false,
    scope: Scope::Run,
};

/// What is known about the headroom: it comes from the capacity, whatever the run.
const HEADROOM: Facts = Facts {
    unit: MetricUnit::Share,
    direction: Direction::Higher,
    statistic: Statistic::Total,
    population: Population::Run,
    has_interval: false,
    scope: Scope::Run,
};

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
    fn the_names_of_percentiles_agree_with_them() {
        for metric in Metric::all(2).into_iter().chain(Metric::of_arrived_with_interval()) {
            let name = metric.name(&["db", "api"]);
            let last = name.rsplit('.').next().and_then(|last| last.strip_prefix('p'));
            let digits = last.filter(|digits| digits.chars().all(|digit| digit.is_ascii_digit()));
            let written = digits.map(|digits| format!("{digits:0<3}"));
            assert_eq!(metric.per_mille().map(|per_mille| per_mille.to_string()), written, "{name}");
        }
        assert_eq!(Metric::Station(Resource::Core, StationNumber::WaitP50).per_mille(), Some(500));
    }

    /// A new kind of metric does not compile here: it belongs to [`Metric::all`], or has a reason not to.
    fn is_listed(metric: Metric) -> bool {
        match metric {
            Metric::Named(_)
            | Metric::FailedBy(_)
            | Metric::RejectedBy(_)
            | Metric::BackendUtilization(_)
            | Metric::PoolUtilization(_)
            | Metric::Station(..) => true,
            // The tails of the list once more, a number for each fault of a scenario, and one that no run measures.
            Metric::OfArrived(_) | Metric::Recovery(_) | Metric::Headroom => false,
        }
    }

    #[test]
    fn every_kind_of_metric_is_listed() {
        let all = Metric::all(1);
        assert!(all.iter().all(|metric| is_listed(*metric)));
        let kinds: std::collections::HashSet<_> = all.iter().map(std::mem::discriminant).collect();
        assert_eq!(kinds.len(), 6);
    }
}
