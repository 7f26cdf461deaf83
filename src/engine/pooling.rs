//! How requests get connections from the pools of backends, and release them.

use crate::model::{BackendId, Failure, HandOver, Place, SimDuration};

use super::event::{Event, EventId};
use super::observer::Observer;
use super::pools::{Acquired, Released};
use super::program::Instruction;
use super::requests::{Executor, PoolId, RequestId, State};
use super::simulation::Simulation;

impl<O: Observer> Simulation<O> {
    /// A request takes a connection to a backend, opens one or waits for one, if there is a pool. Returns whether it can send
    /// its query.
    #[inline(always)]
    pub(super) fn acquire(&mut self, id: RequestId, backend: BackendId) -> bool {
        let Some(pool) = self.backends.pool_of(backend, self.requests[id].worker) else { return true };
        let was_woken = self.requests.more(id).is_some_and(|more| more.woken_by.is_some());
        if was_woken {
            self.requests.more_mut(id).woken_by = None;
            self.backends.has_woken(pool, false, self.now);
        }
        match self.backends.acquire(pool, id, self.now) {
            Acquired::Connection => {
                let more = self.requests.more_mut(id);
                more.connection = Some(pool);
                if was_woken {
                    more.acquire_timeout = EventId::default();
                }
                self.note_taken(id, self.backends.unit_of(pool));
                self.note_wait(id, Place::Pool(backend), SimDuration::ZERO);
                return true;
            }
            Acquired::Opening => self.open(id, pool, backend),
            Acquired::Place => self.requests[id].state = State::WaitingForConnection(backend),
        }
        // The time that a request may wait goes on when it queues again.
        if !was_woken && let Some(timeout) = self.backends.pool(pool).acquire_timeout {
            let expiry = self.events.push_expiry(self.now + timeout, Event::AcquireTimeout(id));
            self.requests.more_mut(id).acquire_timeout = expiry;
        }
        false
    }

    /// A request opens a connection.
    fn open(&mut self, id: RequestId, pool: PoolId, backend: BackendId) {
        let open_at = self.now + self.backends.pool(pool).connect;
        self.requests.more_mut(id).connection = Some(pool);
        self.note_taken(id, self.backends.unit_of(pool));
        let request = &mut self.requests[id];
        request.state = State::Connecting(backend);
        request.completion = self.events.push(open_at, Event::Connected(id));
    }

    pub(super) fn on_connected(&mut self, id: RequestId, event: EventId) {
        if self.requests[id].completion != event {
            return;
        }
        let worker = self.requests[id].worker;
        if let Some(pool) = self.requests.more(id).and_then(|more| more.connection) {
            self.backends.has_opened(pool, self.now);
            let backend = self.backends.pool(pool).backend;
            self.book_wait(id, Place::Opening(backend));
            self.requests.more_mut(id).acquire_timeout = EventId::default();
            self.use_connection(id, backend);
        }
        self.settle(worker);
    }

    /// A request that waited for a connection has one: it sends its query, or continues with the work before.
    fn use_connection(&mut self, id: RequestId, backend: BackendId) {
        let instruction = self.program.instruction(self.requests[id].next);
        if let Instruction::Hold { .. } = instruction {
            self.keep_connection(id);
        }
        if let Instruction::Connect { .. } | Instruction::Hold { .. } = instruction {
            // The request that releases it continues; the one that gets it wakes up.
            let request = &mut self.requests[id];
            request.state = State::Waiting;
            request.completion = self.events.push(self.now, Event::WaitEnd(id));
        } else {
            self.query(id, backend);
        }
    }

    /// A request leaves before the connection that it opens is open: the first of those that wait may open one.
    pub(super) fn give_up_opening(&mut self, id: RequestId) {
        let Some(pool) = self.requests.more_mut(id).connection.take() else { return };
        self.note_released(id, self.backends.unit_of(pool));
        if let Some(next) = self.backends.give_up_opening(pool, self.now) {
            let backend = self.backends.pool(pool).backend;
            self.book_wait(next, Place::Pool(backend));
            self.open(next, pool, backend);
        }
    }

    /// A request takes a connection to hold over several statements, or waits for one.
    pub(super) fn connect(&mut self, id: RequestId, backend: BackendId) {
        self.release_on_going_on(id);
        if self.backends[backend].faults > 0 {
            self.fail(id, Failure::BackendDown);
        } else if self.acquire(id, backend) {
            self.requests[id].next += 1;
            self.proceed(id);
        }
    }

    /// Whether a request whose burst has reached this step takes a connection without waiting: its thread continues.
    pub(super) fn connects_at_once(&mut self, id: RequestId, backend: BackendId) -> bool {
        let worker = self.requests[id].worker;
        let has_connection = match self.backends.pool_of(backend, worker) {
            Some(pool) => self.backends.pool(pool).has_connection(),
            None => true,
        };
        has_connection && self.backends[backend].faults == 0 && self.acquire(id, backend)
    }

    /// Releases the connection that a request holds: at once, or after its next burst. `settles`: see [`Self::give_back`].
    #[inline(always)]
    pub(super) fn release_held(&mut self, id: RequestId, runs_next: bool, settles: Option<u32>) {
        let Some(pool) = self.requests.more(id).and_then(|more| more.connection) else { return };
        self.requests.more_mut(id).connection = None;
        self.hand_on(id, pool, runs_next, settles);
    }

    /// A request gives up a connection: at once, or after its next burst. `settles`: see [`Self::give_back`].
    #[inline(always)]
    pub(super) fn hand_on(&mut self, id: RequestId, pool: PoolId, runs_next: bool, settles: Option<u32>) {
        let connections = self.backends.pool(pool);
        if runs_next && connections.hand_over == HandOver::ReleaserFirst && connections.is_contended() {
            self.requests.more_mut(id).passes_on.push(pool);
        } else {
            self.give_back(id, pool, settles);
        }
    }

    /// The connection that a request releases goes to a request that waits for one, or wakes it. `settles` is the worker, if any, that gives
    /// its free turns to ready requests before this event is over.
    #[inline(always)]
    pub(super) fn give_back(&mut self, id: RequestId, pool: PoolId, settles: Option<u32>) {
        self.note_released(id, self.backends.unit_of(pool));
        let (released, backend) = self.backends.give_back(pool, self.now);
        match released {
            Released::Kept => {}
            Released::PassedTo(next) => self.get_connection(next, pool, backend),
            Released::Wakes(next) => self.wake(next, pool, settles),
        }
    }

    /// A request that waits for a connection gets one.
    #[inline(always)]
    fn get_connection(&mut self, id: RequestId, pool: PoolId, backend: BackendId) {
        self.book_wait(id, Place::Pool(backend));
        let more = self.requests.more_mut(id);
        more.connection = Some(pool);
        more.acquire_timeout = EventId::default();
        self.note_taken(id, self.backends.unit_of(pool));
        self.use_connection(id, backend);
    }

    /// A request that waits for a connection is woken: it asks again when it runs. A branch takes the connection at once.
    fn wake(&mut self, id: RequestId, pool: PoolId, settles: Option<u32>) {
        let backend = self.backends.pool(pool).backend;
        self.book_wait(id, Place::Pool(backend));
        self.requests.more_mut(id).woken_by = Some(pool);
        if self.requests.more(id).and_then(|more| more.parent).is_some() {
            if self.acquire(id, backend) {
                self.query(id, backend);
            }
            return;
        }
        let gives_way = self.backends.pool(pool).hand_over == HandOver::WokenFirst;
        let request = &mut self.requests[id];
        if gives_way && settles == Some(request.worker) && !request.holds_turn {
            self.make_ready(id);
        } else {
            request.state = State::Waiting;
            request.completion = self.events.push(self.now, Event::Woken(id));
        }
    }

    pub(super) fn on_woken(&mut self, id: RequestId, event: EventId) {
        if self.requests[id].completion == event {
            let worker = self.requests[id].worker;
            self.requests[id].completion = EventId::default();
            self.make_ready(id);
            self.settle(worker);
        }
    }

    /// A request that has been woken to ask for a connection needs a core to do so.
    #[inline]
    pub(super) fn is_woken(&self, id: RequestId) -> bool {
        self.requests.more(id).is_some_and(|more| more.woken_by.is_some())
    }

    /// A request runs again: releases a connection that it held until now.
    #[inline(always)]
    pub(super) fn release_on_running(&mut self, id: RequestId) {
        if self.has_to_release(id) {
            self.release_held(id, true, None);
        }
    }

    /// A request continues with its next wait without running in between: releases a connection that it held.
    #[inline(always)]
    pub(super) fn release_on_going_on(&mut self, id: RequestId) {
        if self.has_to_release(id) {
            self.release_held(id, false, None);
        }
    }

    /// Whether a request holds a connection that it does not need for its next step.
    #[inline(always)]
    fn has_to_release(&self, id: RequestId) -> bool {
        self.requests.more(id).and_then(|more| more.connection).is_some()
            && !self.program.keeps_connection(self.requests[id].next)
    }

    /// A request that has its turn releases a connection and, if its pool says so, gives way to the one that is woken: it is
    /// then the last of those that are ready. Returns whether it does.
    pub(super) fn gives_way(&mut self, id: RequestId) -> bool {
        if !self.backends.some_give_way || !self.has_to_release(id) {
            return false;
        }
        let Some(pool) = self.requests.more(id).and_then(|more| more.connection) else { return false };
        let connections = self.backends.pool(pool);
        if connections.hand_over != HandOver::WokenFirst || !connections.is_contended() {
            return false;
        }
        let worker = self.requests[id].worker;
        self.release_held(id, false, Some(worker));
        self.end_turn(id);
        if self.requests[id].executor == Executor::Loop {
            self.leave_loop(id);
        }
        self.make_ready(id);
        true
    }

    /// A burst has ended: passes on the connection that was waiting for it.
    #[inline]
    pub(super) fn pass_connection_on(&mut self, id: RequestId) {
        if self.requests.more(id).is_some_and(|more| !more.passes_on.is_empty()) {
            let mut pools = std::mem::take(&mut self.requests.more_mut(id).passes_on);
            pools.drain(..).for_each(|pool| self.give_back(id, pool, None));
            // Its room serves the next one.
            self.requests.more_mut(id).passes_on = pools;
        }
    }

    /// A request that leaves releases its connections, and leaves one for which it was woken to the next.
    pub(super) fn release_connections(&mut self, id: RequestId) {
        if let Some(pool) = self.requests.more(id).and_then(|more| more.connection) {
            self.requests.more_mut(id).connection = None;
            self.give_back(id, pool, None);
        }
        self.return_held(id);
        self.pass_connection_on(id);
        if let Some(pool) = self.requests.more(id).and_then(|more| more.woken_by) {
            self.requests.more_mut(id).woken_by = None;
            if let Some(next) = self.backends.has_woken(pool, true, self.now) {
                self.wake(next, pool, None);
            }
        }
    }

    pub(super) fn on_acquire_timeout(&mut self, id: RequestId, event: EventId) {
        if self.requests.more(id).is_none_or(|more| more.acquire_timeout != event) {
            return;
        }
        let worker = self.requests[id].worker;
        self.fail(id, Failure::AcquireTimeout);
        self.settle(worker);
    }
}
