//! The requests in flight: one slab, in which requests are referred to by number.
//!
//! A branch of parallel waits has a place of its own in the slab, and so has a client that will make another attempt.

use crate::model::{Activity, BackendId, ClassId, Place, SimDuration, SimTime};

use super::event::{EventId, UserId};
use super::observer::{Observer, Segment};
use super::occupancy::{Actor, Span, SpanKind};
use super::probing::NO_CLASS;
use super::sharing::Share;
use super::waits::{add_branch, clear_row};

/// A place in the slab. It is reused once the request has departed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RequestId(pub u32);

/// What a request is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// No worker has taken it.
    InBacklog,
    /// A worker has taken it, and it waits for a thread of the loop's thread pool.
    WaitingForThread,
    /// It has CPU work to do, and waits for its turn in the worker.
    WaitingForTurn,
    /// It has its turn, and waits for a core.
    WaitingForCore,
    /// It has a core, or a share of one.
    Running,
    /// It waits for a connection.
    WaitingForConnection(BackendId),
    /// It opens a connection.
    Connecting(BackendId),
    /// It waits until a backend, which is busy, starts its query.
    WaitingForBackend(BackendId),
    /// It is served off the CPU, or has nothing under way for an instant.
    Waiting,
    /// Its branches are under way.
    Forked,
    /// It sleeps before it makes another attempt of a call.
    BackingOff,
    /// Its client will make another attempt; of an acceptor: it sleeps.
    Away,
}

/// What runs a request in its worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Executor {
    /// Nothing yet: its worker has accepted it, and not taken it into a slot.
    Accepted,
    /// What runs all requests of its worker.
    Only,
    /// The loop of a worker with a thread pool.
    Loop,
    /// A thread of the thread pool.
    Thread,
    /// It is no request, but the acceptor of its worker.
    Acceptor,
    /// It is no request, but the process of the clients.
    Client,
}

impl Executor {
    /// Whether what has this place among the requests is none.
    pub const fn is_no_request(self) -> bool {
        matches!(self, Self::Acceptor | Self::Client)
    }
}

/// A pool in which a connection is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PoolId(pub u32);

/// A connection that a request holds over several phases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub pool: PoolId,
    pub since: SimTime,
}

/// What is known of a request in flight.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// Its number in the run, counted from 0 in the order of first attempts; all attempts of an operation share it.
    pub number: u64,
    /// Its number in the order of all arrivals, retries included.
    pub entry: u64,
    pub arrival: SimTime,
    pub class: ClassId,
    /// The worker that took it, or to which it is bound.
    pub worker: u32,
    /// The next instruction of its class's program, and the first one.
    pub next: u32,
    pub first: u32,
    pub state: State,
    pub executor: Executor,
    /// When it entered that state, or when its time was last booked.
    pub since: SimTime,
    /// When it last got its turn.
    pub turn_since: SimTime,
    /// When its thread or loop got the core it runs on.
    pub on_core_since: SimTime,
    /// CPU time of the context switch to it, which is not work.
    pub switch_cost: SimDuration,
    /// When its burst will end, if it keeps its core.
    pub burst_end: SimTime,
    /// The time it would take if it were alone in the system.
    pub demand: SimDuration,
    /// Whether it is one of the requests its worker is running, with a core or waiting for one.
    pub holds_turn: bool,
    /// Its client has given up; the work goes on.
    pub is_abandoned: bool,
    /// Its response is out; it still occupies its worker.
    pub has_responded: bool,
    /// Its scheduled completion, and the scheduled end of its quantum; other such events are void.
    pub completion: EventId,
    pub quantum_end: EventId,
    /// Its place among the running requests.
    pub running_place: u32,
    /// Time spent on each activity so far.
    pub spent: [SimDuration; Activity::ALL.len()],
    /// Whether its segments are reported: not those of branches of parallel waits and of acceptors, and none after the
    /// response.
    pub is_observed: bool,
    /// Whether its [`More`] holds anything.
    has_more: bool,
}

/// What only some scenarios need to know of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct More {
    /// How many attempts came before this one, and when the first one arrived.
    pub attempts_before: u32,
    pub first_arrival: Option<SimTime>,
    /// Its demands, if its client may make another attempt with them.
    pub demands: Vec<SimDuration>,
    /// Of an abandoned one: whether its client makes no further attempt.
    pub is_given_up: bool,
    /// The user who sent it, and its number among the user's requests.
    pub user: Option<(UserId, u64)>,
    /// Its share of the cores, or of the backend that serves it.
    pub share: Option<Share>,
    /// The connection it holds for a query.
    pub connection: Option<PoolId>,
    /// The pool that has woken it to ask for a connection again.
    pub woken_by: Option<PoolId>,
    /// The connections that it holds over several phases, the last one taken last.
    pub held: Vec<Held>,
    /// The pools whose connections it passes on when its next burst ends.
    pub passes_on: Vec<PoolId>,
    /// The backend that works on its query, if any.
    pub served_by: Option<BackendId>,
    /// When that backend is done with it, if it finishes queries that are given up.
    pub query_end: SimTime,
    /// How many attempts of its call came before this one.
    pub calls_before: u32,
    /// The request that it is a branch of.
    pub parent: Option<RequestId>,
    /// Its branches that are under way.
    pub branches: Vec<RequestId>,
    /// Scheduled expiries; others are void.
    pub acquire_timeout: EventId,
    pub call_timeout: EventId,
    pub client_timeout: EventId,
    pub patience_end: EventId,
}

/// Distinguishes the requests of users from numbers in the order of arrival, in streams of random numbers.
const OF_USERS: u64 = 1 << 63;

impl More {
    /// Forgets everything; the room of its lists is kept for the next request. In place: most of it is empty, and to make
    /// another one and move it here would take longer.
    fn clear(&mut self) {
        let Self {
            attempts_before,
            first_arrival,
            demands,
            is_given_up,
            user,
            share,
            connection,
            woken_by,
            held,
            passes_on,
            served_by,
            query_end,
            calls_before,
            parent,
            branches,
            acquire_timeout,
            call_timeout,
            client_timeout,
            patience_end,
        } = self;
        (*attempts_before, *first_arrival, *is_given_up, *user, *share) = (0, None, false, None, None);
        (*connection, *woken_by, *served_by, *query_end) = (None, None, None, SimTime::ZERO);
        (*calls_before, *parent) = (0, None);
        demands.clear();
        held.clear();
        passes_on.clear();
        branches.clear();
        for expiry in [acquire_timeout, call_timeout, client_timeout, patience_end] {
            *expiry = EventId::default();
        }
    }
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

    /// The number of its operation in the streams of random numbers, the same under every policy: of users it is known
    /// which request of which user this is, but not which of all requests.
    pub fn operation(&self, more: Option<&More>) -> u64 {
        let user = more.and_then(|more| more.user);
        user.map_or(self.number, |(user, ordinal)| OF_USERS | u64::from(user.0) << 40 | ordinal)
    }

    /// Who it is to observers of units.
    pub fn actor(&self) -> Actor {
        if self.executor == Executor::Acceptor {
            Actor::Acceptor(self.worker)
        } else if self.executor == Executor::Client {
            Actor::Clients
        } else if self.class == NO_CLASS {
            Actor::Probe(self.worker)
        } else {
            Actor::Request(self.entry)
        }
    }

    /// Books the next span of time as spent on one activity in one place; `track` is its own place.
    #[inline]
    pub fn book<O: Observer>(
        &mut self,
        track: RequestId,
        observer: &mut O,
        (activity, place, kind): (Activity, Option<Place>, SpanKind),
        span: SimDuration,
    ) {
        let start = self.since;
        self.book_joined(observer, activity, place, span);
        if observer.watches_units() && span > SimDuration::ZERO {
            let (actor, worker, end) = (self.actor(), self.worker, self.since);
            observer.on_span(Span { track: track.0, actor, worker, activity, place, kind, start, end });
        }
    }

    /// Books the next span of time like that of a branch, which observers of units know.
    #[inline]
    pub fn book_joined<O: Observer>(
        &mut self,
        observer: &mut O,
        activity: Activity,
        place: Option<Place>,
        span: SimDuration,
    ) {
        let start = self.since;
        self.since = start + span;
        self.spent[activity as usize] += span;
        if observer.watches_segments() && self.is_observed && span > SimDuration::ZERO {
            let (holds_turn, on_thread, end) = (self.holds_turn, self.executor == Executor::Thread, self.since);
            observer.on_segment(Segment { request: self.entry, activity, place, holds_turn, on_thread, start, end });
        }
    }

    /// Books the next span of time as spent on one activity, where segments are not watched.
    #[inline]
    pub fn spend(&mut self, activity: Activity, span: SimDuration) {
        self.since = self.since + span;
        self.spent[activity as usize] += span;
    }

    /// Whether its [`More`] holds anything.
    #[inline]
    pub const fn has_more(&self) -> bool {
        self.has_more
    }

    /// The place of the next instruction's demand.
    #[inline]
    pub fn next_demand(&self) -> usize {
        (self.next - self.first) as usize
    }
}

/// The demands of a request, among those of all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demands<'a> {
    all: &'a [SimDuration],
    start: usize,
}

impl Demands<'_> {
    /// That at a place.
    #[inline(always)]
    pub fn at(self, place: usize) -> SimDuration {
        self.all[self.start + place]
    }
}

/// All requests in flight, with what is left of each instruction's demand.
#[derive(Clone, Debug)]
pub(super) struct RequestSlab {
    requests: Vec<Request>,
    /// `stride` demands for each request, one for each instruction of its class.
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

    /// Makes room for requests of more instructions, while there are none.
    pub fn widen(&mut self, stride: usize) {
        debug_assert!(self.requests.is_empty(), "the demands of requests lie side by side");
        self.stride = stride;
    }

    /// What a request has waited for.
    #[inline]
    pub fn waits(&self, id: RequestId) -> &[SimDuration] {
        let start = id.0 as usize * self.columns;
        &self.waits[start..start + self.columns]
    }

    /// The same, mutable.
    #[inline]
    pub fn waits_mut(&mut self, id: RequestId) -> &mut [SimDuration] {
        let start = id.0 as usize * self.columns;
        &mut self.waits[start..start + self.columns]
    }

    /// A branch of a request has ended, as the last one or earlier: adds its waits to those of the request.
    pub fn add_branch_waits(&mut self, id: RequestId, branch: RequestId, is_last: bool) {
        let of_branch = self.waits(branch).to_vec();
        add_branch(self.waits_mut(id), &of_branch, is_last);
    }

    /// Frees a place. Its scheduled events are void from now on.
    #[inline(always)]
    pub fn remove(&mut self, id: RequestId) {
        let request = &mut self.requests[id.0 as usize];
        request.completion = EventId::default();
        request.quantum_end = EventId::default();
        if request.has_more {
            self.more[id.0 as usize].clear();
        }
        self.free.push(id);
    }

    /// What only some scenarios need to know of a request, if there is anything.
    #[inline]
    pub fn more(&self, id: RequestId) -> Option<&More> {
        if self[id].has_more { self.more.get(id.0 as usize) } else { None }
    }

    /// The same, mutable.
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

    /// A request, and the demands of its instructions to look some up.
    #[inline(always)]
    pub fn with_known_demands(&mut self, id: RequestId) -> (&mut Request, Demands<'_>) {
        let request = &mut self.requests[id.0 as usize];
        (request, Demands { all: &self.demands, start: id.0 as usize * self.stride })
    }

    /// All places in use. Takes time proportional to the highest number of places ever in use.
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
