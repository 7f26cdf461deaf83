//! Where requests waited once a worker had taken them: how long each of them did, how busy the station was, how many waited.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::engine::{NOT_ASKED, QueueUsage, Usage, Waits};
use crate::model::{BackendId, Resource, SimDuration};

use super::collector::{Subject, connections, wait_summary};
use super::column::Column;
use super::sample::Sample;
use super::totals::Totals;
use crate::stats::results::{LevelSummary, StationResults};

/// How long requests waited at each station, answered or not.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct StationWaits {
    stations: Vec<StationWait>,
    /// Room for the waits that are taken together.
    #[serde(skip)]
    column: Column,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct StationWait {
    /// Of each request that asked, all its waits together.
    wait: Sample,
    waited: u64,
}

impl StationWaits {
    /// Nothing yet, for that many stations.
    pub fn new(stations: usize) -> Self {
        Self { stations: vec![StationWait::default(); stations], column: Column::default() }
    }

    /// Takes what requests waited for.
    pub fn add(&mut self, waits: Waits<'_>) {
        for (place, station) in self.stations.iter_mut().enumerate().take(waits.columns()) {
            let spans = waits.column(place).map(SimDuration::as_nanos);
            let spans = self.column.fill_without(spans, NOT_ASKED.as_nanos());
            station.waited += spans.all().len() as u64 - station.wait.record_values(spans);
        }
    }

    /// Whether these waits, which were stored, can be those of a run like another.
    pub fn fits(&self, like: &Self) -> bool {
        self.stations.len() == like.stations.len()
    }

    /// Takes all that another has collected.
    pub fn merge(&mut self, other: &Self) {
        for (station, more) in self.stations.iter_mut().zip(&other.stations) {
            station.wait.merge(&more.wait);
            station.waited += more.waited;
        }
    }

    /// All samples, in an order that is the same for all of a run.
    pub fn samples(&mut self) -> impl Iterator<Item = &mut Sample> {
        self.stations.iter_mut().map(|station| &mut station.wait)
    }

    /// The numbers of each station, by its name, with what the engine counted at the same time.
    pub fn results(&self, subject: Subject<'_>, totals: &Totals) -> IndexMap<String, StationResults> {
        let backends: Vec<&str> = subject.backends.keys().map(String::as_str).collect();
        let stations = subject.resources.iter().zip(&self.stations);
        stations
            .map(|(resource, station)| (resource.name(&backends), station.results(*resource, subject, totals)))
            .collect()
    }
}

impl StationWait {
    fn results(&self, resource: Resource, subject: Subject<'_>, totals: &Totals) -> StationResults {
        let Stock { count, capacity, in_use, waiting } = Stock::of(resource, subject, totals);
        let used = in_use.and_then(|usage| totals.share(usage, 1));
        let level = |usage: Usage| LevelSummary { mean: totals.share(usage, 1), max: usage.max };
        StationResults {
            count,
            utilization: used.filter(|_| capacity > 0.0).map(|used| used / capacity),
            throttled: totals
                .throttled
                .filter(|_| resource == Resource::CpuLimit)
                .and_then(|usage| totals.share(usage, u64::from(subject.machine.replicas.count))),
            in_use: in_use.map(level),
            waiting: waiting.map(level),
            asked: self.wait.count(),
            wait_ms: wait_summary(&self.wait, self.waited),
        }
    }
}

/// How many there are of a resource; how many of them are in use, and how many requests wait, where that is watched.
struct Stock {
    count: u64,
    /// The same, where it need not be a whole number.
    capacity: f64,
    in_use: Option<Usage>,
    waiting: Option<Usage>,
}

impl Stock {
    fn of(resource: Resource, subject: Subject<'_>, totals: &Totals) -> Self {
        let Subject { rules, machine, .. } = subject;
        let workers = u64::from(rules.workers);
        let whole = |count: u64, in_use: Option<Usage>| Self { count, capacity: count as f64, in_use, waiting: None };
        let of_queue = |count: u64, usage: Option<QueueUsage>| Self {
            count,
            capacity: count as f64,
            in_use: usage.map(|usage| usage.in_use),
            waiting: usage.map(|usage| usage.waiting),
        };
        let backend = |id: BackendId| subject.backends.get_index(usize::from(id.0)).map(|(_, backend)| backend);
        let place = |id: BackendId| usize::from(id.0);
        match resource {
            Resource::Turn => whole(workers * u64::from(rules.running_at_once), totals.turns),
            Resource::Core => whole(machine.all_cores(), Some(totals.cores)),
            Resource::CpuLimit => {
                let capacity = machine.all_cpu_limit().unwrap_or(0.0);
                Self { capacity, ..whole(capacity.ceil() as u64, Some(totals.cores)) }
            }
            Resource::Thread => {
                let each = rules.thread_pool.as_ref().map_or(0, |pool| u64::from(pool.threads));
                of_queue(workers * each, totals.threads)
            }
            Resource::Connection(id) => {
                let count = backend(id).and_then(|backend| connections(backend, subject)).unwrap_or(0);
                of_queue(count, totals.pools.get(place(id)).copied())
            }
            Resource::Query(id) => {
                let count =
                    backend(id).and_then(|backend| backend.concurrency).map_or(0, |count| u64::from(count.get()));
                let waiting = totals.backend_queues.get(place(id)).copied();
                Self { waiting, ..whole(count, totals.backends.get(place(id)).copied()) }
            }
        }
    }
}
