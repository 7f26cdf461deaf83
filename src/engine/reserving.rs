//! Requests that a worker takes ahead of a free slot: they wait inside it, even if others are idle.
//!
//! Each worker holds a limited number of requests, in its slots and waiting for one. A request goes to a worker with room
//! as soon as there is one: to the one with the fewest requests or, if bound in turn or by chance, to the next or to any
//! with room. While none has room, requests wait in the shared backlog, and a worker in which room appears takes the
//! first of them. Workers that accept on their own accept only while they have room.

use rand::RngExt;

use super::Dispatch;
use super::observer::Observer;
use super::requests::{Executor, RequestId};
use super::simulation::Simulation;

impl<O: Observer> Simulation<O> {
    /// A request arrives where workers take requests ahead.
    pub(super) fn receive_with_room(&mut self, id: RequestId) {
        match self.with_room(self.requests[id].worker) {
            Some(worker) => {
                self.untaken += 1;
                self.accept(id, worker);
                self.schedule_patience_end(id);
                self.settle(worker);
            }
            None => {
                self.wait_in_backlog(id, self.shared_backlog(self.requests[id].worker));
            }
        }
    }

    /// An untaken request waits inside a worker from now on.
    pub(super) fn accept(&mut self, id: RequestId, worker: u32) {
        let request = &mut self.requests[id];
        request.worker = worker;
        request.executor = Executor::Accepted;
        let priority = self.program.priority(request.class);
        let backlog = self.own_backlog(worker);
        self.backlogs[backlog].push(id, &self.requests[id], priority);
        self.workers.wait_inside(worker, self.now);
        if self.observer.watches_units() {
            self.observer.on_accepted(self.requests[id].entry, worker, self.now);
        }
    }

    /// Whether a worker may take one more request, into a slot or ahead of one.
    pub(super) fn has_room(&self, worker: u32) -> bool {
        self.workers.is_up(worker) && self.rules.takes_ahead.is_none_or(|limit| self.held(worker) < u64::from(limit))
    }

    /// The worker, of the same replica as the one given, that takes the next request, if any has room.
    fn with_room(&mut self, worker: u32) -> Option<u32> {
        let replica = self.replicas.of(worker);
        let workers = replica.workers.clone();
        let mut roomy = workers.clone().filter(|worker| self.has_room(*worker));
        match self.rules.queueing.dispatch {
            Dispatch::Shared | Dispatch::LeastBusy | Dispatch::Accept => roomy.min_by_key(|worker| self.held(*worker)),
            Dispatch::RoundRobin => {
                let count = workers.len() as u32;
                let chosen = roomy.min_by_key(|worker| (*worker + count - replica.next_in_turn) % count)?;
                Some(self.replicas.of_mut(worker).next_worker(chosen))
            }
            Dispatch::Random => {
                let number = roomy.by_ref().count();
                let place = (number > 0).then(|| self.dispatch.random_range(0..number))?;
                workers.clone().filter(|worker| self.has_room(*worker)).nth(place)
            }
        }
    }

    /// Requests in a worker, in its slots and waiting for one.
    pub(super) fn held(&self, worker: u32) -> u64 {
        u64::from(self.workers.in_progress(worker)) + self.backlogs[self.own_backlog(worker)].len() as u64
    }

    /// A worker in which there may be room takes requests from the shared backlog.
    pub(super) fn reserve(&mut self, worker: u32) {
        if self.rules.queueing.dispatch == Dispatch::Accept {
            self.wake_acceptor_if_any(worker);
            return;
        }
        while self.has_room(worker)
            && let Some(first) = self.pop_shared(worker)
        {
            self.accept(first, worker);
        }
    }
}
