//! Connections that requests hold over several phases, or until they depart.
//!
//! Holds may stand inside each other, also of one backend: each has a connection of its own. The last one taken of a backend
//! is returned first.

use crate::model::{BackendId, Failure};

use super::observer::{HeldConnection, Observer};
use super::program::Instruction;
use super::requests::{Held, RequestId};
use super::simulation::Simulation;

impl<O: Observer> Simulation<O> {
    /// A request takes a connection to hold it over its next phases, or waits for one.
    pub(super) fn hold(&mut self, id: RequestId, backend: BackendId, once: bool) {
        self.release_on_going_on(id);
        if once && self.holds(id, backend) {
            self.hold_on(id);
        } else if self.backends[backend].faults > 0 {
            self.fail(id, Failure::BackendDown);
        } else if self.acquire(id, backend) {
            self.keep_connection(id);
            self.hold_on(id);
        }
    }

    /// Whether a request whose burst has reached a hold has its connection without waiting: its thread continues.
    pub(super) fn holds_at_once(&mut self, id: RequestId, backend: BackendId, once: bool) -> bool {
        self.release_on_going_on(id);
        let has_one = once && self.holds(id, backend);
        if !has_one && self.connects_at_once(id, backend) {
            self.keep_connection(id);
            return true;
        }
        has_one
    }

    fn hold_on(&mut self, id: RequestId) {
        self.requests[id].next += 1;
        self.proceed(id);
    }

    /// Whether a request holds a connection to a backend.
    fn holds(&self, id: RequestId, backend: BackendId) -> bool {
        let pool = self.backends.pool_of(backend, self.requests[id].worker);
        self.requests.more(id).is_some_and(|more| more.held.iter().any(|held| Some(held.pool) == pool))
    }

    /// The connection that a request has got is one that it holds over several phases.
    pub(super) fn keep_connection(&mut self, id: RequestId) {
        let more = self.requests.more_mut(id);
        let taken = more.connection.take();
        more.held.extend(taken.map(|pool| Held { pool, since: self.now }));
    }

    /// The phases are over for which a request has held a connection: it returns it, and goes on.
    pub(super) fn end_hold(&mut self, id: RequestId, backend: BackendId) {
        let (request, demands) = self.requests.with_demands(id);
        request.next += 1;
        let runs_next =
            matches!(self.program.next_step(&mut request.next, request.first, demands), Instruction::Cpu(_));
        let Some(pool) = self.backends.pool_of(backend, request.worker) else { return };
        let held = &mut self.requests.more_mut(id).held;
        if let Some(last) = held.iter().rposition(|held| held.pool == pool) {
            let last = held.remove(last);
            self.observe_held(id, last);
            self.hand_on(id, pool, runs_next, None);
        }
    }

    fn observe_held(&mut self, id: RequestId, held: Held) {
        if self.observer.watches_segments() && self.requests[id].is_observed {
            let (request, backend) = (self.requests[id].entry, self.backends.backend_of(held.pool));
            self.observer.on_held(HeldConnection { request, backend, start: held.since, end: self.now });
        }
    }

    /// The run has ended: reports the connections that are still held.
    pub(super) fn observe_all_held(&mut self) {
        if !self.observer.watches_segments() {
            return;
        }
        for id in self.requests.ids() {
            let held = self.requests.more(id).map(|more| more.held.clone()).unwrap_or_default();
            held.into_iter().for_each(|held| self.observe_held(id, held));
        }
    }

    /// A request that departs returns all connections that it holds, the last one taken first.
    pub(super) fn return_held(&mut self, id: RequestId) {
        while self.requests.more(id).is_some_and(|more| !more.held.is_empty())
            && let Some(held) = self.requests.more_mut(id).held.pop()
        {
            self.observe_held(id, held);
            self.give_back(id, held.pool, None);
        }
    }
}
