//! Deadlocks: requests that wait for each other, and will never go on.
//!
//! A request is stuck if it waits without a limit for a connection, a thread, the loop or the turn of its worker, of which
//! each is held by a request that is stuck as well. An idle connection counts as held by the request that was woken for it
//! (`barging`, `woken_first`). The search begins with all requests that wait for such a thing, and
//! takes away those that may still get theirs, until none is left to take away.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{ClassId, Resource, SimTime};

use super::backends::Owner;
use super::event::EventId;
use super::observer::Observer;
use super::record::Ending;
use super::requests::{Executor, PoolId, RequestId, State};
use super::simulation::Simulation;

/// Requests that will never go on, and what they hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadlock {
    /// When the last of those that hold something began to wait.
    pub since: SimTime,
    /// How many requests are stuck.
    pub requests: u64,
    /// What they hold, which no other request can have meanwhile.
    pub held: Vec<HeldResource>,
}

/// Something that is all held by requests that are stuck, and for which others of them wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldResource {
    /// What it is.
    pub resource: Resource,
    /// What it belongs to.
    pub owner: Owner,
    /// How much of it there is: all of it is held.
    pub number: u64,
    /// How many requests wait for it.
    pub waiting: u64,
    /// Who holds it, in order of arrival; a request that holds several is here as often.
    pub holders: Vec<Holder>,
}

/// A request that is stuck and holds something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its number in the order of all arrivals, counted from 0.
    pub request: u64,
    /// Its class.
    pub class: ClassId,
    /// What it waits for.
    pub waits_for: Resource,
    /// Since when.
    pub since: SimTime,
}

/// What requests hold while they wait for something else of the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scarce {
    Connection(PoolId),
    Thread(u32),
    Loop(u32),
    Turn(u32),
}

/// Who holds something, and who waits for it.
#[derive(Clone, Debug, Default)]
struct Claims {
    holders: Vec<RequestId>,
    waiting: Vec<RequestId>,
}

impl<O: Observer> Simulation<O> {
    /// The requests that will never go on, if there are any that wait for a connection.
    pub(super) fn deadlock(&self) -> Option<Deadlock> {
        if self.ending == Ending::Drained {
            return None;
        }
        let ids = self.requests.ids();
        let waits_for_connection = |id: &RequestId| matches!(self.waits_for(*id), Some(Scarce::Connection(_)));
        if !ids.iter().any(waits_for_connection) {
            return None;
        }
        let mut claims: BTreeMap<Scarce, Claims> = BTreeMap::new();
        for id in &ids {
            self.held_by(*id, |scarce| claims.entry(scarce).or_default().holders.push(*id));
            if let Some(scarce) = self.waits_for(*id) {
                claims.entry(scarce).or_default().waiting.push(*id);
            }
        }
        let is_stuck = self.stuck(&ids, &claims);
        self.describe(&claims, &is_stuck)
    }

    /// Which of the requests are stuck, by their places.
    fn stuck(&self, ids: &[RequestId], claims: &BTreeMap<Scarce, Claims>) -> Vec<bool> {
        let places = ids.iter().map(|id| id.0 as usize + 1).max().unwrap_or_default();
        let mut is_stuck = vec![false; places];
        for id in ids {
            is_stuck[id.0 as usize] = self.waits_for(*id).is_some() || self.requests[*id].state == State::Forked;
        }
        loop {
            let may_go_on = |claims: &Claims| claims.holders.iter().any(|id| !is_stuck[id.0 as usize]);
            let freed: Vec<RequestId> = claims
                .values()
                .filter(|claims| claims.holders.is_empty() || may_go_on(claims))
                .flat_map(|claims| claims.waiting.iter().copied())
                .chain(ids.iter().copied().filter(|id| self.joins(*id, &is_stuck)))
                .filter(|id| is_stuck[id.0 as usize])
                .collect();
            if freed.is_empty() {
                return is_stuck;
            }
            freed.into_iter().for_each(|id| is_stuck[id.0 as usize] = false);
        }
    }

    /// Whether a request waits for branches of which none is stuck.
    fn joins(&self, id: RequestId, is_stuck: &[bool]) -> bool {
        let branches = self.requests.more(id).map(|more| more.branches.as_slice()).unwrap_or_default();
        self.requests[id].state == State::Forked && !branches.iter().any(|branch| is_stuck[branch.0 as usize])
    }

    /// What a request waits for without a limit.
    fn waits_for(&self, id: RequestId) -> Option<Scarce> {
        let (request, more) = self.requests.with_more(id);
        if request.executor.is_no_request() || self.is_probe(id) || self.client_will_cancel(id) {
            return None;
        }
        match request.state {
            State::WaitingForConnection(backend) => {
                let pool = self.backends.pool_of(backend, request.worker)?;
                let gives_up = more.is_some_and(|more| more.acquire_timeout != EventId::default());
                (!gives_up).then_some(Scarce::Connection(pool))
            }
            State::WaitingForThread => Some(Scarce::Thread(request.worker)),
            State::WaitingForTurn if self.waits_for_loop(id) => Some(Scarce::Loop(request.worker)),
            State::WaitingForTurn => Some(Scarce::Turn(request.worker)),
            State::InBacklog
            | State::Connecting(_)
            | State::WaitingForCore
            | State::Running
            | State::WaitingForBackend(_)
            | State::Waiting
            | State::BackingOff
            | State::Forked
            | State::Away => None,
        }
    }

    /// Whether the client of a request, or of a branch, will give up, and the request with it.
    fn client_will_cancel(&self, id: RequestId) -> bool {
        let request = self.requests.more(id).and_then(|more| more.parent).unwrap_or(id);
        let gives_up = self.requests.more(request).is_some_and(|more| more.client_timeout != EventId::default());
        gives_up && self.clients.clients.cancel
    }

    /// Whether a request waits for the loop of a worker with a thread pool, and not yet for the lock.
    fn waits_for_loop(&self, id: RequestId) -> bool {
        let request = &self.requests[id];
        request.executor == Executor::Loop && self.workers[request.worker].loop_request != Some(id)
    }

    /// Everything that a request holds.
    fn held_by(&self, id: RequestId, mut hold: impl FnMut(Scarce)) {
        let (request, more) = self.requests.with_more(id);
        if let Some(more) = more {
            let held = more.held.iter().map(|held| &held.pool);
            let woken_for = more.woken_by.iter().filter(|pool| self.is_kept_for_the_woken(**pool));
            let pools = more.connection.iter().chain(held).chain(&more.passes_on).chain(woken_for);
            pools.for_each(|pool| hold(Scarce::Connection(*pool)));
        }
        if request.executor == Executor::Thread && request.state != State::WaitingForThread {
            hold(Scarce::Thread(request.worker));
        }
        if self.workers[request.worker].loop_request == Some(id) {
            hold(Scarce::Loop(request.worker));
        }
        if request.holds_turn {
            hold(Scarce::Turn(request.worker));
        }
    }

    /// Whether an idle connection stays idle until the request that was woken for it asks for it: no other worker can take it
    /// before, and wake the next of those that wait.
    fn is_kept_for_the_woken(&self, pool: PoolId) -> bool {
        match self.backends.owner_of(pool) {
            Owner::Worker(_) => true,
            Owner::Replica(_) | Owner::Application => self.workers.count() == 1 || self.ending == Ending::Deadlock,
        }
    }

    fn describe(&self, claims: &BTreeMap<Scarce, Claims>, is_stuck: &[bool]) -> Option<Deadlock> {
        let is_held = |claims: &Claims| claims.waiting.iter().any(|id| is_stuck[id.0 as usize]);
        let held: Vec<HeldResource> = claims
            .iter()
            .filter(|(_, claims)| is_held(claims))
            .map(|(scarce, claims)| self.held_resource(*scarce, claims, is_stuck))
            .collect();
        let since = held.iter().flat_map(|held| &held.holders).map(|holder| holder.since).max()?;
        let requests = is_stuck.iter().filter(|is_stuck| **is_stuck).count() as u64;
        Some(Deadlock { since, requests, held })
    }

    fn held_resource(&self, scarce: Scarce, claims: &Claims, is_stuck: &[bool]) -> HeldResource {
        let (resource, owner) = self.resource(scarce);
        let mut holders: Vec<Holder> = claims.holders.iter().filter_map(|id| self.holder(*id, is_stuck)).collect();
        holders.sort_unstable_by_key(|holder| holder.request);
        HeldResource {
            resource,
            owner,
            number: claims.holders.len() as u64,
            waiting: claims.waiting.len() as u64,
            holders,
        }
    }

    fn holder(&self, id: RequestId, is_stuck: &[bool]) -> Option<Holder> {
        let (request, more) = self.requests.with_more(id);
        let mut branches = more.map(|more| more.branches.as_slice()).unwrap_or_default().iter();
        let waiting = branches.find(|branch| is_stuck[branch.0 as usize]).copied().unwrap_or(id);
        let (waits_for, _) = self.resource(self.waits_for(waiting)?);
        let since = self.requests[waiting].since;
        Some(Holder { request: request.entry, class: request.class, waits_for, since })
    }

    /// What it is called, and what it belongs to.
    fn resource(&self, scarce: Scarce) -> (Resource, Owner) {
        match scarce {
            Scarce::Connection(pool) => {
                (Resource::Connection(self.backends.backend_of(pool)), self.backends.owner_of(pool))
            }
            Scarce::Thread(worker) => (Resource::Thread, Owner::Worker(worker)),
            Scarce::Loop(worker) | Scarce::Turn(worker) => (Resource::Turn, Owner::Worker(worker)),
        }
    }
}
