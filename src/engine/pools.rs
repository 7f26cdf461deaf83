//! Connection pools: who gets a connection, and when one is opened or closed.
//!
//! A pool keeps at most `most_idle` connections that are not held, and opens further ones on demand as long as it has fewer
//! than `most`. Who goes first: a released connection goes to the request that has waited longest or, if the pool says so,
//! to any of those that wait. A pool that only wakes the first of them lets whoever asks next have the connection.

use std::collections::VecDeque;

use rand::RngExt;

use crate::model::{BackendId, HandOver, Pool, Release, SimDuration};
use crate::random::Stream;

use super::backlog::remove_from;
use super::requests::RequestId;

/// A connection pool.
#[derive(Clone, Debug)]
pub(super) struct ConnectionPool {
    pub backend: BackendId,
    /// Open connections that are not held.
    idle: u32,
    /// Connections that are held or being opened.
    held: u32,
    most_idle: u32,
    most: u32,
    queue: VecDeque<RequestId>,
    /// Requests that were woken because of an idle connection and have not asked for it yet.
    woken: u32,
    /// Draws which of the waiting requests gets a connection.
    stream: Stream,
    pub connect: SimDuration,
    pub acquire_timeout: Option<SimDuration>,
    pub hand_over: HandOver,
    pub release: Release,
}

/// What a request gets that asks for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Acquired {
    /// An open connection.
    Connection,
    /// A connection that it has to open.
    Opening,
    /// A place in the queue.
    Place,
}

/// What becomes of a connection that is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Released {
    /// It passes to a request that waits.
    PassedTo(RequestId),
    /// It is idle, and a request that waits is woken to ask for it.
    Wakes(RequestId),
    /// It is idle, or closed.
    Kept,
}

impl ConnectionPool {
    /// A pool of which no connection is held.
    pub fn new(backend: BackendId, pool: &Pool, release: Release, stream: Stream) -> Self {
        Self {
            backend,
            idle: pool.open_at_start(),
            held: 0,
            most_idle: pool.size.get(),
            most: pool.most(),
            queue: VecDeque::new(),
            woken: 0,
            stream,
            connect: pool.connect,
            acquire_timeout: pool.acquire_timeout,
            hand_over: pool.hand_over,
            release,
        }
    }

    /// Takes an idle connection, begins to open one, or queues.
    #[inline]
    pub fn acquire(&mut self, request: RequestId) -> Acquired {
        if self.idle > 0 {
            self.idle -= 1;
            self.held += 1;
            Acquired::Connection
        } else if self.held < self.most {
            self.held += 1;
            if self.connect == SimDuration::ZERO { Acquired::Connection } else { Acquired::Opening }
        } else {
            self.queue.push_back(request);
            Acquired::Place
        }
    }

    /// Releases a connection.
    #[inline]
    pub fn give_back(&mut self) -> Released {
        let Some(next) = self.next_waiter() else {
            self.held -= 1;
            self.idle += u32::from(self.idle < self.most_idle);
            return Released::Kept;
        };
        if self.hand_over.only_wakes() {
            self.held -= 1;
            self.idle += 1;
            self.woken += 1;
            return Released::Wakes(next);
        }
        Released::PassedTo(next)
    }

    fn next_waiter(&mut self) -> Option<RequestId> {
        if self.hand_over == HandOver::Random && self.queue.len() > 1 {
            let place = self.stream.random_range(0..self.queue.len());
            return self.queue.swap_remove_back(place);
        }
        self.queue.pop_front()
    }

    /// A request that was woken asks for a connection, or leaves without one: then another is woken if a connection would
    /// be idle while requests wait.
    pub fn has_woken(&mut self, leaves: bool) -> Option<RequestId> {
        self.woken -= 1;
        let next = if leaves && self.idle > self.woken { self.queue.pop_front() } else { None };
        self.woken += u32::from(next.is_some());
        next
    }

    /// A connection will not be opened after all. Returns the request that opens one instead, if one waits.
    pub fn give_up_opening(&mut self) -> Option<RequestId> {
        let next = self.next_waiter();
        self.held -= u32::from(next.is_none());
        next
    }

    /// Whether a request that asks gets a connection at once.
    pub fn has_connection(&self) -> bool {
        self.idle > 0 || self.held < self.most && self.connect == SimDuration::ZERO
    }

    /// Whether requests wait for a connection.
    pub fn is_contended(&self) -> bool {
        !self.queue.is_empty()
    }

    /// A request stops waiting for one.
    pub fn give_up(&mut self, request: RequestId) {
        remove_from(&mut self.queue, request);
    }

    /// What must hold when no request is left.
    pub fn audit_at_rest(&self) {
        assert_eq!((self.held, self.queue.len()), (0, 0), "a connection is held by a request that has departed");
    }

    /// What must hold between events.
    pub fn audit(&self) {
        assert!(self.held <= self.most, "more connections are held than the pool has");
        assert!(self.queue.is_empty() || self.idle <= self.woken, "a connection idles while requests wait");
        let all_held = self.held == self.most || self.hand_over.only_wakes();
        assert!(self.queue.is_empty() || all_held, "requests wait although another connection could be opened");
    }
}
