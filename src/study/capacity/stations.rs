//! The stations of a policy: how many requests a second each of them could take if it were alone.

use serde::{Deserialize, Serialize};

use crate::engine::{MaxRequests, Rules};
use crate::model::{Backend, Pool, PoolScope, Quantum, Release, Replicas};
use crate::policy::Runner;
use crate::scenario::Scenario;
use crate::stats::Station;

use super::demands::Demands;

/// How many requests a second a station could take, if requests waited nowhere else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StationBound {
    /// The station.
    pub station: Station,
    /// Its number (of threads, cores, connections, …) / the mean time for which a request holds one of them; in
    /// requests per second. No policy can sustain more than the lowest bound of its stations (Denning and Buzen, *The
    /// Operational Analysis of Queueing Network Models*, 1978).
    #[serde(with = "crate::study::units::bits")]
    pub bound_per_s: f64,
}

impl StationBound {
    /// How busy it is at some rate of requests per second, 0 to 1; at least as busy, where what holds it also waits
    /// elsewhere (slots, pools).
    pub fn utilization(&self, rate_per_s: f64) -> f64 {
        rate_per_s / self.bound_per_s
    }
}

/// A policy as seen from its stations.
pub(super) struct Stations<'a> {
    scenario: &'a Scenario,
    rules: &'a Rules,
    demands: &'a Demands,
}

impl<'a> Stations<'a> {
    pub fn new(scenario: &'a Scenario, rules: &'a Rules, demands: &'a Demands) -> Self {
        Self { scenario, rules, demands }
    }

    /// Every station that requests ask for, the one with the lowest bound first.
    pub fn bounds(&self, runner: Runner) -> Vec<StationBound> {
        let Self { rules, demands, .. } = self;
        let workers = u64::from(rules.workers);
        let mut bounds = Vec::new();
        let mut add_shared = |station: Station, number: f64, nanos: f64| {
            if nanos > 0.0 {
                bounds.push(StationBound { station, bound_per_s: number * 1e9 / nanos });
            }
        };
        let machine = self.scenario.machine();
        if let Some(limit) = machine.all_cpu_limit() {
            add_shared(Station::CpuLimit, limit, demands.cpu);
        }
        let mut add = |station: Station, number: u64, nanos: f64| add_shared(station, number as f64, nanos);
        // What a worker has is missing while its successor boots.
        let with_boots =
            |number: u64, nanos: f64| if nanos > 0.0 { nanos + self.boot_per_request(number) } else { 0.0 };
        if let Some(slots) = rules.slots {
            let slots = workers * u64::from(slots);
            add(slots_of(runner), slots, with_boots(slots, demands.stay));
        }
        if let Some((turn, number, held)) = self.turn(runner) {
            let turns = workers * u64::from(number);
            add(turn, turns, with_boots(turns, held));
        }
        if let Some(pool) = &rules.thread_pool {
            let threads = workers * u64::from(pool.threads);
            add(Station::ThreadPool, threads, with_boots(threads, demands.thread));
        }
        add(Station::Cores, machine.all_cores(), demands.cpu);
        let held = demands.queries.iter().zip(&demands.connections);
        for ((name, backend), (nanos, connected)) in self.scenario.backends().iter().zip(held) {
            if let Some(connections) = connections(backend, rules.workers, &machine.replicas) {
                add(Station::Pool(name.clone()), connections, *connected);
            }
            if let Some(concurrency) = backend.concurrency {
                add(Station::Backend(name.clone()), u64::from(concurrency.get()), *nanos);
            }
        }
        bounds.sort_by(|a, b| a.bound_per_s.total_cmp(&b.bound_per_s));
        bounds
    }

    /// For how long one of `number` slots, turns or threads of all workers is missing for each request, because workers are
    /// replaced: each boot takes away those of one worker.
    fn boot_per_request(&self, number: u64) -> f64 {
        self.rules.max_requests.map_or(0.0, |MaxRequests { count, jitter, boot }| {
            let requests = f64::from(count.get()) + f64::from(jitter) / 2.0;
            number as f64 / f64::from(self.rules.workers) * boot.as_nanos() as f64 / requests
        })
    }

    /// Cores of the machine / cores that its CPU quota is worth; 0 without a quota.
    pub fn cores_per_limit(&self) -> f64 {
        let machine = self.scenario.machine();
        machine.cpu_limit.map_or(0.0, |limit| f64::from(machine.cores) / limit.cores)
    }

    /// What a worker gives to one request after another, unless it is the slot itself; how many of it the worker has, and how
    /// long a request holds one.
    fn turn(&self, runner: Runner) -> Option<(Station, u32, f64)> {
        let Self { rules, demands, .. } = self;
        let of_lock = (Station::Gil, rules.running_at_once, demands.turn);
        let of_loop = (Station::Loop, 1, demands.in_loop);
        let is_scarce = rules.slots.is_none_or(|slots| slots > rules.running_at_once);
        let has_lock = rules.thread_pool.is_some() && rules.running_at_once == 1;
        match runner {
            Runner::Loop if has_lock => is_scarce.then_some(of_lock),
            Runner::Loop => (is_scarce || rules.thread_pool.is_some()).then_some(of_loop),
            Runner::Thread | Runner::Worker => is_scarce.then_some(of_lock),
        }
    }

    /// Whether requests hold it while they wait elsewhere, so that it may be scarce and yet less busy than it could be.
    pub fn is_held_through_waits(&self, station: &Station, waits_for_pool: bool) -> bool {
        match station {
            Station::Workers | Station::Threads | Station::MaxInProgress | Station::ThreadPool => true,
            Station::Gil | Station::Loop => self.demands.turn > self.demands.cpu,
            Station::Pool(name) => {
                let backend = self.scenario.backends().get_full(name);
                waits_for_pool
                    && backend.is_some_and(|(place, _, backend)| self.demands.holds[place] || outlasts_queries(backend))
            }
            Station::Cores | Station::CpuLimit | Station::Backend(_) => false,
        }
    }

    /// Whether the lowest bound is the capacity: requests wait nowhere while they hold what binds.
    pub fn lowest_bound_is_exact(&self) -> bool {
        // A worker with several slots drains before it is replaced, and while it boots others have more of the cores.
        let lives_are_known =
            self.rules.max_requests.is_none() || self.rules.slots == Some(1) && self.finds_all_free(1);
        lives_are_known
            && self.rules.thread_pool.is_none()
            && !self.demands.calls_may_fail
            && match self.rules.slots {
                Some(slots) => self.is_all_work() || self.finds_all_free(u64::from(slots)),
                None => self.waits_in_one_place(),
            }
    }

    /// Requests that only compute: whatever is scarcer, turns or cores, is busy all the time.
    fn is_all_work(&self) -> bool {
        let Demands { waits, stay_is_exact, .. } = self.demands;
        *waits <= 0.0 && *stay_is_exact && self.scenario.machine().has_no_other_work()
    }

    /// Whether a request in a slot never waits for anything else: nothing else is scarcer than slots.
    fn finds_all_free(&self, slots: u64) -> bool {
        let Self { scenario, rules, demands } = self;
        let workers = u64::from(rules.workers);
        let all = workers * slots;
        let cpu_is_free =
            demands.cpu <= 0.0 || slots <= u64::from(rules.running_at_once) && scenario.machine().runs_at_once(all);
        // A loop keeps its core from one request to the next, or does not: what that costs is not known in advance.
        let switches_are_known = scenario.machine().has_no_other_work() || !rules.keeps_core;
        let at_once = demands.queries_at_once.iter().zip(&demands.connections_at_once);
        let backend_is_free = |(backend, (queries, held)): (&Backend, (&u32, &u32))| {
            let has_room = |room: Option<u64>, asking: u64, at_once: u32| {
                room.is_none_or(|room| asking * u64::from(at_once) <= room)
            };
            let pool = backend.pool.as_ref().map(|pool| (u64::from(pool.lasting()), pool.per));
            let has_connections = match pool {
                Some((size, PoolScope::Worker)) => has_room(Some(size), slots, *held),
                Some((size, PoolScope::Replica)) => {
                    has_room(Some(size), all / u64::from(scenario.machine().replicas.count), *held)
                }
                Some((size, PoolScope::Application)) => has_room(Some(size), all, *held),
                None => true,
            };
            has_connections
                && has_room(backend.concurrency.map(|concurrency| u64::from(concurrency.get())), all, *queries)
        };
        let backends_are_free = scenario.backends().values().zip(at_once).all(backend_is_free);
        cpu_is_free && switches_are_known && backends_are_free && demands.stay_is_exact
    }

    /// With any number of slots requests pile up where they must, and all else goes on; unless what they hold there
    /// depends on how long they wait elsewhere.
    fn waits_in_one_place(&self) -> bool {
        let Self { scenario, rules, demands } = self;
        let machine = scenario.machine();
        let all_run = machine.runs_at_once(u64::from(rules.workers));
        let blocks = demands.turn > demands.cpu;
        let switches_are_known =
            machine.has_no_other_work() || machine.quantum == Quantum::ProcessorSharing || all_run && !blocks;
        let mut asked = scenario.backends().values().zip(&demands.queries_at_once).zip(&demands.blocks);
        let holds_nothing = !demands.holds.contains(&true);
        let holds_are_known = holds_nothing
            && asked.all(|((backend, at_once), blocks)| {
                let is_limited = backend.pool.is_some() || backend.concurrency.is_some();
                *at_once == 0 || !(is_limited && *blocks || outlasts_queries(backend))
            });
        switches_are_known && (all_run || !blocks) && holds_are_known
    }
}

fn slots_of(runner: Runner) -> Station {
    match runner {
        Runner::Worker => Station::Workers,
        Runner::Thread => Station::Threads,
        Runner::Loop => Station::MaxInProgress,
    }
}

/// The connections of all pools of a backend.
fn connections(backend: &Backend, workers: u32, replicas: &Replicas) -> Option<u64> {
    let pool = backend.pool.as_ref()?;
    Some(u64::from(pool.most()) * u64::from(pool.per.pools(workers, replicas)))
}

/// Whether connections are idle for a while between two queries although requests wait for one.
fn outlasts_queries(backend: &Backend) -> bool {
    let outlasts = |pool: &Pool| {
        pool.hand_over.leaves_idle()
            || pool.lasting() < pool.most()
            || backend.release() == Some(Release::OwnerRuns)
            || backend.client_costs().has_statements()
    };
    backend.pool.as_ref().is_some_and(outlasts)
}
