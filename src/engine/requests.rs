//! The requests in flight: one slab, in which others refer to them by number.
//!
//! A branch of parallel waits has a place of its own in the slab, and so has a client that will try again.

use crate::model::{Activity, BackendId, ClassId, Place, SimDuration, SimTime};

use super::event::{EventId, UserId};
use super::observer::{Observer, Segment};
use super::sharing::Share;
use super::waits::{add_branch, clear_row};

/// A place in the slab. It is used again once the request has departed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RequestId(pub u32);

/// What a request is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// No worker has taken it.
    InBacklog,
    /// A worker has taken it, and it waits for one of the threads beside the loop.
    WaitingForThread,
    /// It has CPU work to do, and waits for its turn in the worker.
    WaitingForTurn,
    /// It has its turn, and waits for a core.
    WaitingForCore,
    /// It has a core, or a share of one.
    Running,
    /// It waits for a connection.
    WaitingForConnection(BackendId),
    /// It has all it needs to be served by a backend, which is busy with others.
    WaitingForBackend(BackendId),
    /// It is served off the CPU, or has nothing under way for an instant.
    Waiting,
    /// Its branches are served.
    Forked,
    /// Its client will try again; of an acceptor: it sleeps.
    Away,
}

/// What runs a request in its worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Executor {
    /// Its worker has accepted it, and not taken it into a slot.
    Accepted,
    /// The only lane of its worker.
    Only,
    /// The loop, beside which there are threads.
    Loop,
    /// A thread beside the loop.
    Thread,
    /// No request: the acceptor of its worker.
    Acceptor,
}

/// A pool in which a connection is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PoolId(pub u32);

/// What is known of a request in flight.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// Its number in the run, counted from 0 in the order of first arrivals; all tries of a request share it.
    pub number: u64,
    /// Its place in the order of all arrivals, tries included.
    pub entry: u64,
    pub arrival: SimTime,
    pub class: ClassId,
    /// The worker that took it, or to which it is bound.
    pub worker: u32,
    /// The next instruction of its class's program, and the first.
    pub next: u32,
    pub first: u32,
    pub state: State,
    pub executor: Executor,
    /// Since when it has been in that state, or its time has been booked.
    pub since: SimTime,
    /// Since when it has had its turn, or had it last.
    pub turn_since: SimTime,
    /// Since when its thread or loop has had the core it runs on.
    pub on_core_since: SimTime,
    /// CPU time that it cost to give it its core, and is not work.
    pub switch_cost: SimDuration,
    /// When its burst will end, if nothing takes its core.
    pub burst_end: SimTime,
    /// The time it takes alone.
    pub demand: SimDuration,
    /// Whether it is one of the requests its worker is running, with a core or waiting for one.
    pub holds_turn: bool,
    /// Its client has given up and been told so; the work goes on.
    pub is_abandoned: bool,
    /// Its response is out; it still occupies its worker.
    pub has_responded: bool,
    /// Its scheduled completion, and the scheduled end of its quantum; others of its events are void.
    pub completion: EventId,
    pub quantum_end: EventId,
    /// Where its place among the running requests is.
    pub running_place: u32,
    /// Time spent in each activity so far.
    pub spent: [SimDuration; Activity::ALL.len()],
    /// Whether observers are told what it does: not what branches of parallel waits do, and no acceptor, and nothing after the
    /// response.
    pub is_observed: bool,
    /// Whether there is more to know of it than this.
    has_more: bool,
}

/// What only some scenarios need to know of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct More {
    /// Its tries before this one, and when the first of them arrived.
    pub attempts_before: u32,
    pub first_arrival: Option<SimTime>,
    /// Its demands, where a client may bring them again.
    pub demands: Vec<SimDuration>,
    /// Of an abandoned one: whether its client makes no further attempt.
    pub is_given_up: bool,
    /// The user who sent it, and which of the user's requests it is.
    pub user: Option<(UserId, u64)>,
    /// Its share of the cores.
    pub share: Option<Share>,
    /// The connection it holds.
    pub connection: Option<PoolId>,
    /// Since when it is first in its loop's queue, and waits for the lock: only where segments are watched.
    pub loop_since: Option<SimTime>,
    /// A pool whose released connection it passes on when its next burst ends.
    pub passes_on: Option<PoolId>,
    /// Whether a backend is working for it.
    pub served_by: Option<BackendId>,
    /// The request of which it is a branch.
    pub parent: Option<RequestId>,
    /// Its branches that are under way.
    pub branches: Vec<RequestId>,
    /// Scheduled expiries; others are void.
    pub acquire_timeout: EventId,
    pub client_timeout: EventId,
    pub patience_end: EventId,
}

impl Request {
    #[inline]
    pub fn new(number: u64, entry: u64, arrival: SimTime, class: ClassId, first: u32) -> Self {
        Self {
            number,
            entry,
            arrival,
            class,
            worker: 0,
            next: first,
            first,
            state: State::InBacklog,
            executor: Executor::Only,
            since: arrival,
            turn_since: SimTime::ZERO,
            on_core_since: arrival,
            switch_cost: SimDuration::ZERO,
            burst_end: arrival,
            demand: SimDuration::ZERO,
            holds_turn: false,
            is_abandoned: false,
            has_responded: false,
            completion: EventId::default(),
            quantum_end: EventId::default(),
            running_place: 0,
            spent: [SimDuration::ZERO; Activity::ALL.len()],
            is_observed: true,
            has_more: false,
        }
    }

    /// Books the next span of time as spent on one activity in one place.
    #[inline]
    pub fn book<O: Observer>(&mut self, observer: &mut O, activity: Activity, place: Option<Place>, span: SimDuration) {
        let start = self.since;
        self.since = start + span;
        self.spent[activity as usize] += span;
        if observer.watches_segments() && self.is_observed && span > SimDuration::ZERO {
            let (holds_turn, end) = (self.holds_turn, self.since);
            observer.on_segment(Segment { request: self.entry, activity, place, holds_turn, start, end });
        }
    }

    /// The place of the next instruction's demand.
    #[inline]
    pub fn next_demand(&self) -> usize {
        (self.next - self.first) as usize
    }
}

/// All requests in flight, with what is left of each instruction's demand.
#[derive(Clone, Debug)]
pub(super) struct RequestSlab {
    requests: Vec<Request>,
    /// `stride` demands for each request, one an instruction of its class.
    demands: Vec<SimDuration>,
    stride: usize,
    /// `columns` for each request: what it has waited for.
    waits: Vec<SimDuration>,
    columns: usize,
    more: Vec<More>,
    free: Vec<RequestId>,
}

impl RequestSlab {
    /// Room for requests of at most `stride` instructions, with that many columns of waits.
    pub fn new(stride: usize, columns: usize) -> Self {
        Self {
            requests: Vec::new(),
            demands: Vec::new(),
            stride,
            waits: Vec::new(),
            columns,
            more: Vec::new(),
            free: Vec::new(),
        }
    }

    #[inline(always)]
    pub fn insert(&mut self, request: Request) -> RequestId {
        let id = match self.free.pop() {
            Some(id) => {
                self.requests[id.0 as usize] = request;
                id
            }
            None => {
                self.requests.push(request);
                self.more.push(More::default());
                self.demands.resize(self.requests.len() * self.stride, SimDuration::ZERO);
                self.waits.resize(self.requests.len() * self.columns, SimDuration::ZERO);
                RequestId(self.requests.len() as u32 - 1)
            }
        };
        clear_row(self.waits_mut(id));
        id
    }

    /// What a request has waited for.
    #[inline]
    pub fn waits(&self, id: RequestId) -> &[SimDuration] {
        let start = id.0 as usize * self.columns;
        &self.waits[start..start + self.columns]
    }

    /// The same, to be changed.
    #[inline]
    pub fn waits_mut(&mut self, id: RequestId) -> &mut [SimDuration] {
        let start = id.0 as usize * self.columns;
        &mut self.waits[start..start + self.columns]
    }

    /// A branch of a request has ended, as its last or before others: what it waited for is part of the request's waits.
    pub fn add_branch_waits(&mut self, id: RequestId, branch: RequestId, is_last: bool) {
        let of_branch = self.waits(branch).to_vec();
        add_branch(self.waits_mut(id), &of_branch, is_last);
    }

    /// Frees a place. Events that name it are void from now on.
    #[inline]
    pub fn remove(&mut self, id: RequestId) {
        let request = &mut self.requests[id.0 as usize];
        request.completion = EventId::default();
        request.quantum_end = EventId::default();
        if request.has_more {
            self.more[id.0 as usize] = More::default();
        }
        self.free.push(id);
    }

    /// What only some scenarios need to know of a request, if there is anything.
    #[inline]
    pub fn more(&self, id: RequestId) -> Option<&More> {
        if self[id].has_more { self.more.get(id.0 as usize) } else { None }
    }

    /// The same, to be changed.
    #[inline]
    pub fn more_mut(&mut self, id: RequestId) -> &mut More {
        self[id].has_more = true;
        &mut self.more[id.0 as usize]
    }

    /// A request, and what only some scenarios need to know of it, if there is anything.
    #[inline]
    pub fn with_more(&self, id: RequestId) -> (&Request, Option<&More>) {
        let request = &self.requests[id.0 as usize];
        (request, if request.has_more { self.more.get(id.0 as usize) } else { None })
    }

    /// A request and what is left of the demands of its instructions, in order.
    #[inline]
    pub fn with_demands(&mut self, id: RequestId) -> (&mut Request, &mut [SimDuration]) {
        let start = id.0 as usize * self.stride;
        (&mut self.requests[id.0 as usize], &mut self.demands[start..start + self.stride])
    }

    /// All places in use; takes time in proportion to the most there ever were.
    pub fn ids(&self) -> Vec<RequestId> {
        let mut is_used = vec![true; self.requests.len()];
        for free in &self.free {
            is_used[free.0 as usize] = false;
        }
        (0..).map(RequestId).zip(is_used).filter_map(|(id, is_used)| is_used.then_some(id)).collect()
    }

    /// How many places are in use.
    pub fn len(&self) -> usize {
        self.requests.len() - self.free.len()
    }
}

impl std::ops::Index<RequestId> for RequestSlab {
    type Output = Request;
    #[inline]
    fn index(&self, id: RequestId) -> &Request {
        &self.requests[id.0 as usize]
    }
}

impl std::ops::IndexMut<RequestId> for RequestSlab {
    #[inline]
    fn index_mut(&mut self, id: RequestId) -> &mut Request {
        &mut self.requests[id.0 as usize]
    }
}
