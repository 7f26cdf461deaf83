//! The backends: how many queries they work on at once, and the pools through which they are asked.
//!
//! Who goes first: the request that asked first. A backend that queries share starts
//! all of them at once.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::model::{
    Abandoned, Backend, BackendId, Fault, FaultKind, HandOver, PoolScope, Replicas, SimDuration, SimTime,
};
use crate::random::{Purpose, Streams};

use super::backlog::remove_from;
use super::level::Level;
use super::occupancy::Unit;
use super::pools::{Acquired, ConnectionPool, Released};
use super::requests::{PoolId, RequestId};
use super::sharing::Sharing;
use super::usage::QueueLevels;

/// All backends of a scenario, as one policy uses them.
#[derive(Clone, Debug)]
pub(super) struct Backends {
    stations: Vec<BackendState>,
    pools: Vec<ConnectionPool>,
    /// Whether there is a pool from which a releasing request gives way to one that waits.
    pub some_give_way: bool,
}

/// What something belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Owner {
    /// A worker, counted from 0 through all replicas.
    Worker(u32),
    /// A replica, counted from 0.
    Replica(u32),
    /// The whole application.
    Application,
}

/// The state of a backend.
#[derive(Clone, Debug)]
pub(super) struct BackendState {
    /// It has no limits and no faults: a wait for it is a plain delay.
    pub is_plain: bool,
    /// The application sleeps in place of a query.
    pub is_stand_in: bool,
    /// The first of the workers' pools; `None` without pools.
    first_pool: Option<u32>,
    /// Who shares each of its pools, and how many workers that are.
    scope: PoolScope,
    workers_per_pool: u32,
    concurrency: u32,
    in_service: u32,
    queue: VecDeque<RequestId>,
    /// Its units and the queries under way, if they share it equally.
    pub sharing: Option<Box<Sharing>>,
    /// How much longer a query takes if it starts now, while faults slow the backend down.
    pub slower: Option<Slower>,
    /// What it does with queries that are given up.
    abandoned: Abandoned,
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

impl Backends {
    pub fn new(
        backends: &[Backend],
        faults: &[Fault],
        (workers, replicas): (u32, &Replicas),
        warm_up: SimTime,
        streams: &Streams,
    ) -> Self {
        let mut stations = Vec::new();
        let mut pools = Vec::new();
        for (number, backend) in backends.iter().enumerate() {
            let first_pool = backend.pool.as_ref().map(|_| pools.len() as u32);
            let scope = backend.pool.as_ref().map_or(PoolScope::Worker, |pool| pool.per);
            if let (Some(pool), Some(release)) = (&backend.pool, backend.release()) {
                pools.extend((0..pool.per.pools(workers, replicas)).map(|place| {
                    let stream = streams.purpose_of(Purpose::HandOver, number as u64, u64::from(place));
                    ConnectionPool::new(BackendId(number as u16), pool, release, stream)
                }));
            }
            let has_faults = faults.iter().any(|fault| match fault.kind {
                FaultKind::Slow { backend, .. } | FaultKind::Down { backend } => usize::from(backend.0) == number,
                FaultKind::Restart { .. } | FaultKind::Cores { .. } => false,
            });
            stations.push(BackendState {
                is_stand_in: backend.stand_in,
                is_plain: backend.pool.is_none() && backend.concurrency.is_none() && !has_faults,
                first_pool,
                scope,
                workers_per_pool: workers / scope.pools(workers, replicas),
                concurrency: backend.concurrency.map_or(u32::MAX, std::num::NonZeroU32::get),
                in_service: 0,
                queue: VecDeque::new(),
                sharing: backend.shared_units().map(|units| Box::new(Sharing::new(units.get()))),
                slower: None,
                abandoned: backend.abandoned,
                faults: 0,
                busy: Level::from(warm_up),
                waiting: Level::from(warm_up),
                connections: QueueLevels::from(warm_up),
            });
        }
        let gives_way = |pool: &ConnectionPool| pool.hand_over == HandOver::WokenFirst;
        Self { some_give_way: pools.iter().any(gives_way), stations, pools }
    }

    /// The pool through which a worker asks a backend.
    #[inline]
    pub fn pool_of(&self, backend: BackendId, worker: u32) -> Option<PoolId> {
        let station = &self[backend];
        station.first_pool.map(|first| {
            PoolId(match station.scope {
                PoolScope::Worker => first + worker,
                PoolScope::Replica => first + worker / station.workers_per_pool,
                PoolScope::Application => first,
            })
        })
    }

    /// The backend of a pool.
    pub fn backend_of(&self, pool: PoolId) -> BackendId {
        self.pools[pool.0 as usize].backend
    }

    /// A connection of a pool.
    #[inline]
    pub fn unit_of(&self, pool: PoolId) -> Unit {
        let backend = self.backend_of(pool);
        Unit::Connection(backend, pool.0 - self[backend].first_pool.unwrap_or(pool.0))
    }

    /// The worker or the replica that a pool belongs to, by its number.
    pub fn owner_of(&self, pool: PoolId) -> Owner {
        let station = &self[self.backend_of(pool)];
        let number = pool.0 - station.first_pool.unwrap_or(pool.0);
        match station.scope {
            PoolScope::Worker => Owner::Worker(number),
            PoolScope::Replica => Owner::Replica(number),
            PoolScope::Application => Owner::Application,
        }
    }

    #[inline]
    pub fn pool(&mut self, pool: PoolId) -> &mut ConnectionPool {
        &mut self.pools[pool.0 as usize]
    }

    /// Takes an idle connection, begins to open one, or queues for one.
    #[inline]
    pub fn acquire(&mut self, pool: PoolId, request: RequestId, now: SimTime) -> Acquired {
        let pool = &mut self.pools[pool.0 as usize];
        let acquired = pool.acquire(request);
        let levels = &mut self.stations[usize::from(pool.backend.0)].connections;
        match acquired {
            Acquired::Connection => levels.in_use.rise(now),
            Acquired::Opening => {
                levels.in_use.rise(now);
                levels.waiting.rise(now);
            }
            Acquired::Place => levels.waiting.rise(now),
        }
        acquired
    }

    /// Releases a connection. Returns what becomes of it, and its backend.
    #[inline]
    pub fn give_back(&mut self, pool: PoolId, now: SimTime) -> (Released, BackendId) {
        let pool = &mut self.pools[pool.0 as usize];
        let released = pool.give_back();
        let levels = &mut self.stations[usize::from(pool.backend.0)].connections;
        match released {
            Released::PassedTo(_) => levels.waiting.fall(now),
            Released::Wakes(_) => {
                levels.in_use.fall(now);
                levels.waiting.fall(now);
            }
            Released::Kept => levels.in_use.fall(now),
        }
        (released, pool.backend)
    }

    /// A request that was woken asks for a connection, or leaves without one. Returns the request that is woken in its
    /// place, if any.
    pub fn has_woken(&mut self, pool: PoolId, leaves: bool, now: SimTime) -> Option<RequestId> {
        let pool = &mut self.pools[pool.0 as usize];
        let next = pool.has_woken(leaves)?;
        self.stations[usize::from(pool.backend.0)].connections.waiting.fall(now);
        Some(next)
    }

    /// A connection is open: the request that opened it has it.
    pub fn has_opened(&mut self, pool: PoolId, now: SimTime) {
        let backend = self.pools[pool.0 as usize].backend;
        self[backend].connections.waiting.fall(now);
    }

    /// A request gives up the connection that it is opening. Returns the request that opens one instead, if one waits.
    pub fn give_up_opening(&mut self, pool: PoolId, now: SimTime) -> Option<RequestId> {
        let pool = &mut self.pools[pool.0 as usize];
        let next = pool.give_up_opening();
        let levels = &mut self.stations[usize::from(pool.backend.0)].connections;
        levels.waiting.fall(now);
        if next.is_none() {
            levels.in_use.fall(now);
        }
        next
    }

    /// A request stops waiting for a connection.
    pub fn stop_waiting(&mut self, pool: PoolId, request: RequestId, now: SimTime) {
        let pool = &mut self.pools[pool.0 as usize];
        pool.give_up(request);
        self.stations[usize::from(pool.backend.0)].connections.waiting.fall(now);
    }

    pub fn stations(&self) -> &[BackendState] {
        &self.stations
    }

    /// What must hold when no request is left.
    pub fn audit_pools_at_rest(&self) {
        self.pools.iter().for_each(ConnectionPool::audit_at_rest);
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
        self.pools.iter().for_each(ConnectionPool::audit);
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
    /// What it does with a query that is given up now: while it is down, it finishes none.
    #[inline]
    pub fn abandons(&self) -> Abandoned {
        if self.faults == 0 { self.abandoned } else { Abandoned::Stop }
    }

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
