//! The machine's cores, shared by the threads and loops of all workers: round robin if there are too few.
//!
//! Who goes first: the request whose thread or loop asked for a core first; one that loses its core asks again. If the
//! number of cores drops, those that took their core last lose it.

mod goroutines;

use std::collections::VecDeque;

use crate::model::{SimDuration, SimTime};

use super::requests::RequestId;
use goroutines::Goroutines;

pub(super) use goroutines::Wake;

/// The cores, and the requests that wait for one.
#[derive(Clone, Debug)]
pub(super) struct CoreQueue {
    count: u32,
    quantum: SimDuration,
    running: Vec<Running>,
    taken: u64,
    queue: VecDeque<RequestId>,
    /// How the queue is divided, if the runtime of Go shares the cores.
    goroutines: Option<Box<Goroutines>>,
}

/// A request on a core, and how many cores had been taken before its own.
#[derive(Clone, Copy, Debug)]
struct Running {
    request: RequestId,
    order: u64,
}

impl CoreQueue {
    pub fn new(count: u32, quantum: SimDuration) -> Self {
        Self { count, quantum, running: Vec::new(), taken: 0, queue: VecDeque::new(), goroutines: None }
    }

    /// The requests on a core, in no particular order.
    pub fn running(&self) -> impl ExactSizeIterator<Item = RequestId> {
        self.running.iter().map(|running| running.request)
    }

    /// The request at a place among those; `None` beyond the last.
    pub fn running_at(&self, place: usize) -> Option<RequestId> {
        self.running.get(place).map(|running| running.request)
    }

    /// The request whose thread or loop has had its core for the longest time.
    pub fn first_to_run(&self) -> Option<RequestId> {
        self.running.iter().min_by_key(|running| running.order).map(|running| running.request)
    }

    /// The request whose thread or loop took its core last.
    pub fn last_to_run(&self) -> Option<RequestId> {
        self.running.iter().max_by_key(|running| running.order).map(|running| running.request)
    }

    /// Changes the number of cores. Returns how many requests have to leave theirs.
    pub fn set_count(&mut self, count: u32) -> usize {
        self.count = count;
        self.running.len().saturating_sub(count as usize)
    }

    /// Whether requests wait for a core.
    #[inline]
    pub fn is_contended(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Asks for a core.
    #[inline]
    pub fn enqueue(&mut self, request: RequestId) {
        self.queue.push_back(request);
    }

    /// Asks for a core ahead of all others.
    pub fn enqueue_first(&mut self, request: RequestId) {
        self.queue.push_front(request);
        self.note_first();
    }

    /// Those that wait for one, the next first.
    pub fn waiting(&self) -> impl Iterator<Item = RequestId> {
        self.queue.iter().copied()
    }

    /// Stops waiting for a core.
    pub fn give_up(&mut self, request: RequestId) {
        if let Some(place) = self.queue.iter().position(|waiting| *waiting == request) {
            self.note_leaving(place);
            self.queue.remove(place);
        }
    }

    /// Whether a core is idle.
    #[inline]
    pub fn is_one_idle(&self) -> bool {
        self.running.len() < self.count as usize
    }

    /// The next request to run, if a core is idle.
    #[inline]
    pub fn next(&mut self) -> Option<RequestId> {
        if self.queue.is_empty() || !self.is_one_idle() {
            None
        } else if self.has_goroutines() {
            self.pop_goroutine()
        } else {
            self.queue.pop_front()
        }
    }

    /// The next of those that wait, which no longer waits for a core alone.
    pub fn next_waiting(&mut self) -> Option<RequestId> {
        if self.is_contended() {
            self.note_leaving(0);
        }
        self.queue.pop_front()
    }

    /// Puts a request on an idle core. Returns its place among the running requests.
    #[inline]
    pub fn occupy(&mut self, request: RequestId) -> u32 {
        self.running.push(Running { request, order: self.taken });
        self.taken += 1;
        self.running.len() as u32 - 1
    }

    /// Replaces a request that stops by another, on the same core.
    #[inline]
    pub fn pass_on(&mut self, place: u32, request: RequestId) {
        self.running[place as usize].request = request;
    }

    /// Frees a core, which another request takes at once. Returns the place of that request, and the one that has moved to the
    /// place of the first.
    #[inline]
    pub fn replace(&mut self, place: u32, request: RequestId) -> (u32, Option<RequestId>) {
        let moved = self.release(place);
        (self.occupy(request), moved)
    }

    /// Frees a core. Returns the request that has moved to that place among the running requests.
    #[inline]
    pub fn release(&mut self, place: u32) -> Option<RequestId> {
        self.running.swap_remove(place as usize);
        self.running.get(place as usize).map(|running| running.request)
    }

    /// When the current quantum of a core that was taken at `since` ends: a quantum that ends while no request waits is
    /// renewed. A quantum that ends at `now` is over once the expiries of this instant are.
    pub fn quantum_end(&self, since: SimTime, now: SimTime, expiries_are_over: bool) -> SimTime {
        if self.has_goroutines() {
            return Self::turn_end(since, now, expiries_are_over);
        }
        if now == since {
            return since + self.quantum;
        }
        let quantum = self.quantum.as_nanos();
        let elapsed = (now - since).as_nanos();
        let quanta = if expiries_are_over { elapsed / quantum + 1 } else { elapsed.div_ceil(quantum).max(1) };
        since + self.quantum * quanta
    }

    /// What must hold between events.
    pub fn audit(&self) {
        self.audit_goroutines();
        assert!(self.running.len() <= self.count as usize, "more requests run than there are cores");
        assert!(
            self.queue.is_empty() || self.running.len() == self.count as usize,
            "a core idles while requests are ready"
        );
    }
}
