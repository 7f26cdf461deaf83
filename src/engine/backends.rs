//! The backends: their connection pools and how many queries they work on at once.
//!
//! Who goes first: for a connection and for a backend, the request that asked first. A backend that queries share starts
//! all of them at once.

use std::collections::VecDeque;

use crate::model::{Backend, BackendId, Fault, FaultKind, HandOver, PoolScope, Release, SimDuration, SimTime};

use super::backlog::remove_from;
use super::level::Level;
use super::requests::{PoolId, RequestId};
use super::sharing::Sharing;
use super::usage::QueueLevels;

/// All backends of a scenario, as one policy uses them.
#[derive(Clone, Debug)]
pub(super) struct Backends {
    stations: Vec<BackendState>,
    pools: Vec<Connections>,
}

/// The state of a backend.
#[derive(Clone, Debug)]
pub(super) struct BackendState {
    /// It has no limits and no faults: a wait for it is a plain delay.
    pub is_plain: bool,
    /// The first of the workers' pools; `None` without pools.
    first_pool: Option<u32>,
    is_pool_shared: bool,
    concurrency: u32,
    in_service: u32,
    queue: VecDeque<RequestId>,
    /// Its units and the queries under way, if they share it equally.
    pub sharing: Option<Box<Sharing>>,
    /// How much longer a query takes if it starts now, while faults slow the backend down.
    pub slower: Option<Slower>,
    /// How many faults keep it down.
    pub faults: u32,
    pub busy: Level,
    /// Queries that wait for it to start them; if they share it, how many more there are than units.
    pub waiting: Level,
    /// The connections of all its pools that are held, and the requests that wait for one.
    pub connections: QueueLevels,
}

/// How much longer queries take than their demand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slower {
    /// The factor for their demand; `None` leaves the demand as it is, to the nanosecond.
    pub factor: Option<f64>,
    /// The least time of a query.
    pub at_least: SimDuration,
}

impl Slower {
    /// The effect of both at the same time.
    pub fn and(self, other: Self) -> Self {
        let factors = self.factor.into_iter().chain(other.factor);
        Self { factor: factors.reduce(|product, factor| product * factor), at_least: self.at_least.max(other.at_least) }
    }

    /// The same for a statement other than the query (such as BEGIN): the least time applies to queries only.
    pub fn of_statement(self) -> Self {
        Self { at_least: SimDuration::ZERO, ..self }
    }

    /// How long a query of that demand takes.
    pub fn time(self, demand: SimDuration) -> SimDuration {
        // A demand becomes a float only if a fault multiplies it.
        let time = match self.factor {
            Some(times) => SimDuration::round_from_nanos(demand.as_nanos() as f64 * times),
            None => demand,
        };
        time.max(self.at_least)
    }
}

/// A connection pool.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    backend: BackendId,
    idle: u32,
    queue: VecDeque<RequestId>,
    pub acquire_timeout: Option<SimDuration>,
    pub hand_over: HandOver,
    pub release: Release,
}

impl Backends {
    pub fn new(backends: &[Backend], faults: &[Fault], workers: u32, warm_up: SimTime) -> Self {
        let mut stations = Vec::new();
        let mut pools = Vec::new();
        for (number, backend) in backends.iter().enumerate() {
            let first_pool = backend.pool.as_ref().map(|_| pools.len() as u32);
            let is_pool_shared = backend.pool.as_ref().is_some_and(|pool| pool.per == PoolScope::Application);
            if let (Some(pool), Some(release)) = (&backend.pool, backend.release()) {
                let connections = Connections {
                    backend: BackendId(number as u16),
                    idle: pool.size.get(),
                    queue: VecDeque::new(),
                    acquire_timeout: pool.acquire_timeout,
                    hand_over: pool.hand_over,
                    release,
                };
                pools.extend(vec![connections; if is_pool_shared { 1 } else { workers as usize }]);
            }
            let has_faults = faults.iter().any(|fault| match fault.kind {
                FaultKind::Slow { backend, .. } | FaultKind::Down { backend } => usize::from(backend.0) == number,
                FaultKind::Restart { .. } | FaultKind::Cores { .. } => false,
            });
            stations.push(BackendState {
                is_plain: backend.pool.is_none() && backend.concurrency.is_none() && !has_faults,
                first_pool,
                is_pool_shared,
                concurrency: backend.concurrency.map_or(u32::MAX, std::num::NonZeroU32::get),
                in_service: 0,
                queue: VecDeque::new(),
                sharing: backend.shared_units().map(|units| Box::new(Sharing::new(units.get()))),
                slower: None,
                faults: 0,
                busy: Level::from(warm_up),
                waiting: Level::from(warm_up),
                connections: QueueLevels::from(warm_up),
            });
        }
        Self { stations, pools }
    }

    /// The pool through which a worker asks a backend.
    #[inline]
    pub fn pool_of(&self, backend: BackendId, worker: u32) -> Option<PoolId> {
        let station = &self[backend];
        station.first_pool.map(|first| PoolId(if station.is_pool_shared { first } else { first + worker }))
    }

    #[inline]
    pub fn pool(&mut self, pool: PoolId) -> &mut Connections {
        &mut self.pools[pool.0 as usize]
    }

    /// Takes an idle connection, or queues for one. Returns whether it has one.
    #[inline]
    pub fn acquire(&mut self, pool: PoolId, request: RequestId, now: SimTime) -> bool {
        let connections = &mut self.pools[pool.0 as usize];
        let is_taken = connections.acquire(request);
        let levels = &mut self.stations[usize::from(connections.backend.0)].connections;
        if is_taken {
            levels.in_use.rise(now)
        } else {
            levels.waiting.rise(now)
        }
        is_taken
    }

    /// Releases a connection. Returns the request that gets it, if one waits, and the backend.
    #[inline]
    pub fn give_back(&mut self, pool: PoolId, now: SimTime) -> Option<(RequestId, BackendId)> {
        let connections = &mut self.pools[pool.0 as usize];
        let backend = connections.backend;
        let next = connections.give_back();
        let levels = &mut self.stations[usize::from(backend.0)].connections;
        if next.is_some() {
            levels.waiting.fall(now)
        } else {
            levels.in_use.fall(now)
        }
        Some((next?, backend))
    }

    /// A request stops waiting for a connection.
    pub fn stop_waiting(&mut self, pool: PoolId, request: RequestId, now: SimTime) {
        let connections = &mut self.pools[pool.0 as usize];
        connections.give_up(request);
        self.stations[usize::from(connections.backend.0)].connections.waiting.fall(now);
    }

    pub fn stations(&self) -> &[BackendState] {
        &self.stations
    }

    /// What must hold between events.
    pub fn audit(&self) {
        for station in &self.stations {
            assert!(station.in_service <= station.concurrency, "a backend works on more queries than it can");
            assert!(
                station.queue.is_empty() || station.in_service == station.concurrency,
                "a backend idles while queries wait"
            );
        }
        for pool in &self.pools {
            assert!(pool.idle == 0 || pool.queue.is_empty(), "a connection idles while requests wait");
        }
    }
}

impl std::ops::Index<BackendId> for Backends {
    type Output = BackendState;
    #[inline]
    fn index(&self, backend: BackendId) -> &BackendState {
        &self.stations[usize::from(backend.0)]
    }
}

impl std::ops::IndexMut<BackendId> for Backends {
    #[inline]
    fn index_mut(&mut self, backend: BackendId) -> &mut BackendState {
        &mut self.stations[usize::from(backend.0)]
    }
}

impl BackendState {
    /// Starts a query, or lets it wait. Returns whether it starts: if queries share the backend, all do.
    #[inline]
    pub fn enter(&mut self, request: RequestId, now: SimTime) -> bool {
        if self.sharing.is_some() {
            return true;
        }
        if self.in_service == self.concurrency {
            self.queue.push_back(request);
            self.waiting.rise(now);
            return false;
        }
        self.in_service += 1;
        self.busy.rise(now);
        true
    }

    /// Ends a query. Returns the one that starts instead.
    #[inline]
    pub fn leave(&mut self, now: SimTime) -> Option<RequestId> {
        if self.sharing.is_some() {
            return None;
        }
        let next = self.queue.pop_front();
        if next.is_some() {
            self.waiting.fall(now);
        } else {
            self.in_service -= 1;
            self.busy.fall(now);
        }
        next
    }

    /// A query that has not started stops waiting.
    pub fn give_up(&mut self, request: RequestId, now: SimTime) {
        remove_from(&mut self.queue, request);
        self.waiting.fall(now);
    }
}

impl Connections {
    /// Takes an idle connection, or queues for one. Returns whether it has one.
    #[inline]
    fn acquire(&mut self, request: RequestId) -> bool {
        if self.idle == 0 {
            self.queue.push_back(request);
            return false;
        }
        self.idle -= 1;
        true
    }

    /// Releases a connection. Returns the request that gets it, if one waits.
    #[inline]
    fn give_back(&mut self) -> Option<RequestId> {
        let next = self.queue.pop_front();
        self.idle += u32::from(next.is_none());
        next
    }

    /// Whether a connection is idle.
    pub fn has_idle(&self) -> bool {
        self.idle > 0
    }

    /// Whether requests wait for a connection.
    pub fn is_contended(&self) -> bool {
        !self.queue.is_empty()
    }

    /// A request stops waiting for one.
    fn give_up(&mut self, request: RequestId) {
        remove_from(&mut self.queue, request);
    }
}
