//! Arrivals, and how requests get from the backlog into a worker.

use crate::model::{Activity, ClassId, Place, Rejection, SimTime};
use crate::random::{Load, Purpose, Sampler, Stream};

use super::Dispatch;
use super::balancing::NO_WORKER;
use super::departure::Outcome;
use super::event::{Event, Key, NEVER, NoSubject, UserId};
use super::intake::Intake;
use super::observer::{Entrance, Observer};
use super::occupancy::{SpanKind, Unit};
use super::program::DrawnRequest;
use super::replicas::Replica;
use super::requests::{Executor, Request, RequestId, State};
use super::simulation::Simulation;

/// Arrivals so far, and those still to come.
pub(super) struct ArrivalState {
    pub intake: Option<Intake>,
    pub users: Vec<User>,
    pub think: Option<Sampler>,
    /// The event key of the intake's next request; [`NEVER`] if there is none.
    pub next: Key,
    /// How many more requests may arrive from users.
    pub left: u64,
    /// How many requests have arrived without their retries, how many in all, and how many retries have been scheduled.
    pub arrived: u64,
    pub entered: u64,
    pub retried: u64,
}

/// A user of a closed system: the number of requests sent so far, and the stream of think times.
pub(super) struct User {
    pub requests: u64,
    pub stream: Stream,
}

impl ArrivalState {
    /// Nothing has arrived, and at most `left` requests will.
    pub fn new(left: u64) -> Self {
        Self { intake: None, users: Vec::new(), think: None, next: NEVER, left, arrived: 0, entered: 0, retried: 0 }
    }

    /// Whether nothing more will arrive except retries.
    #[inline]
    pub fn are_over(&self) -> bool {
        self.next == NEVER && (self.users.is_empty() || self.left == 0)
    }
}

impl<O: Observer> Simulation<O> {
    /// Schedules the first arrivals.
    pub(super) fn begin(&mut self, load: Load) {
        self.begin_accepting();
        match load {
            Load::Open(source) => {
                self.arrivals.intake = Some(Intake::new(source, self.arrivals.left, &self.program, &self.streams));
                self.schedule_arrival();
            }
            Load::Closed(users) => {
                self.arrivals.think = Some(users.think.sampler());
                for user in 0..users.count {
                    let stream = self.streams.purpose_of(Purpose::Think, u64::from(user), 0);
                    self.arrivals.users.push(User { requests: 0, stream });
                    self.think(UserId(user));
                }
            }
        }
    }

    /// Whether nothing more will arrive and nothing is left to serve.
    #[inline]
    pub(super) fn is_drained(&self) -> bool {
        self.arrivals.are_over() && self.requests.len() == self.places_of_others()
    }

    #[inline]
    fn schedule_arrival(&mut self) {
        self.arrivals.next = match self.arrivals.intake.as_ref().and_then(Intake::next_arrival) {
            Some(time) => self.events.key(time, Event::Arrival(NoSubject::default())),
            None => NEVER,
        };
    }

    /// `count` requests have arrived and been taken from the intake; schedules the next one.
    #[inline]
    pub(super) fn pass_arrivals(&mut self, count: usize) {
        if let Some(intake) = &mut self.arrivals.intake {
            intake.advance(count, &self.program, &self.streams);
        }
        self.schedule_arrival();
    }

    pub(super) fn on_arrival(&mut self) {
        let Some(intake) = &self.arrivals.intake else { return };
        let DrawnRequest { class, demand } = intake.next_request();
        let id = self.requests.insert(self.new_request(class));
        let (request, demands) = self.requests.with_demands(id);
        request.demand = demand;
        intake.fill_demands(demands.iter_mut());
        self.pass_arrivals(1);
        self.enter(id);
    }

    /// A user of a closed system thinks, and then sends a request.
    pub(super) fn think(&mut self, user: UserId) {
        let stream = &mut self.arrivals.users[user.0 as usize].stream;
        if let Some(think) = &self.arrivals.think {
            self.events.push(self.now + think.draw(stream), Event::UserArrival(user));
        }
    }

    pub(super) fn on_user_arrival(&mut self, user: UserId) {
        let Some((class, stream, ordinal)) = self.draw_request_of(user) else { return };
        let id = self.requests.insert(self.new_request(class));
        let (request, demands) = self.requests.with_demands(id);
        let mut drawn = [DrawnRequest::of(class)];
        self.program.draw_demands(&mut drawn, &mut [stream], demands, 1);
        request.demand = drawn[0].demand;
        self.requests.more_mut(id).user = Some((user, ordinal));
        self.enter(id);
    }

    /// What is known of a request that arrives now for the first time, before its demands are known.
    #[inline]
    fn new_request(&self, class: ClassId) -> Request {
        Request::new(self.arrivals.arrived, self.arrivals.entered, self.now, class, self.program.first(class))
    }

    /// The class of a user's next request, the stream of its demands, and its number among the user's requests; `None`
    /// if no more may arrive.
    pub(super) fn draw_request_of(&mut self, user: UserId) -> Option<(ClassId, Stream, u64)> {
        self.arrivals.left = self.arrivals.left.checked_sub(1)?;
        let requests = &mut self.arrivals.users[user.0 as usize].requests;
        let ordinal = *requests;
        *requests += 1;
        let mut stream = self.streams.purpose_of(Purpose::UserRequests, u64::from(user.0), ordinal);
        Some((self.program.draw_class(&mut stream), stream, ordinal))
    }

    /// A new request, which is in the slab with its demands, arrives for the first time.
    #[inline]
    fn enter(&mut self, id: RequestId) {
        self.arrivals.arrived += 1;
        let (request, demands) = self.requests.with_demands(id);
        if self.program.adds() {
            request.demand = self.program.add_to(request.class, demands);
        }
        if self.clients.clients.retries.is_some() {
            let demands = demands.to_vec();
            self.requests.more_mut(id).demands = demands;
        }
        self.receive(id);
    }

    /// A request arrives, at its first attempt or a later one.
    pub(super) fn receive(&mut self, id: RequestId) {
        let now = self.now;
        self.requests[id].entry = self.arrivals.entered;
        self.arrivals.entered += 1;
        self.counts.in_system.rise(now);
        self.count_arrival(id);
        self.schedule_client_timeout(id);
        self.load_by_sending();
        if !self.limits.enter(self.requests[id].class) {
            self.requests[id].worker = NO_WORKER;
            self.leave(id, Outcome::Rejected(Rejection::Limit));
            self.check_room();
            return;
        }
        self.balance(id);
        self.offer(id);
        self.check_room();
    }

    /// A request has come to its replica: a worker takes it, it waits, or it is rejected.
    pub(super) fn offer(&mut self, id: RequestId) {
        match self.rules.queueing.dispatch {
            Dispatch::Shared | Dispatch::RoundRobin | Dispatch::Random | Dispatch::LeastBusy
                if self.rules.takes_ahead.is_some() =>
            {
                self.receive_with_room(id);
            }
            Dispatch::Shared => match self.workers.with_free_slot(&self.replica_of(id).workers) {
                Some(worker) => self.take_and_run(id, worker),
                None => {
                    self.wait_in_backlog(id, self.shared_backlog(self.requests[id].worker));
                }
            },
            Dispatch::Accept => {
                if self.wait_in_backlog(id, self.shared_backlog(self.requests[id].worker)) {
                    self.wake_acceptors(id);
                }
            }
            Dispatch::RoundRobin | Dispatch::Random | Dispatch::LeastBusy => {
                let worker = self.bind(self.requests[id].worker);
                self.requests[id].worker = worker;
                if self.workers.has_free_slot(worker) {
                    self.take_and_run(id, worker);
                } else {
                    self.wait_in_backlog(id, self.own_backlog(worker));
                }
            }
        }
    }

    /// Whether no user of a closed system will send another request without having an answer before.
    pub(super) fn nobody_thinks(&self) -> bool {
        let has_user = |id: &RequestId| {
            let (request, more) = self.requests.with_more(*id);
            !request.is_abandoned && !request.has_responded && more.is_some_and(|more| more.user.is_some())
        };
        self.arrivals.left == 0
            || self.requests.ids().iter().filter(|id| has_user(id)).count() == self.arrivals.users.len()
    }

    /// The replica of a request.
    #[inline]
    pub(super) fn replica_of(&self, id: RequestId) -> &Replica {
        self.replicas.of(self.requests[id].worker)
    }

    /// The place of the backlog that the workers of a worker's replica share.
    #[inline]
    pub(super) fn shared_backlog(&self, worker: u32) -> usize {
        self.replicas.number_of(worker) as usize
    }

    /// Takes the first request out of the backlog that the workers of a worker's replica share.
    pub(super) fn pop_shared(&mut self, worker: u32) -> Option<RequestId> {
        let backlog = self.shared_backlog(worker);
        self.backlogs[backlog].pop()
    }

    /// The place of the backlog of a worker alone.
    #[inline]
    pub(super) fn own_backlog(&self, worker: u32) -> usize {
        (self.replicas.count() + worker) as usize
    }

    fn count_arrival(&mut self, id: RequestId) {
        if self.observer.watches_segments() {
            self.observer.on_arrival(&self.entrance(id));
        }
        let (request, more) = self.requests.with_more(id);
        if request.arrival >= self.warm_up {
            let class = &mut self.counts.classes[usize::from(request.class.0)];
            class.arrived += 1;
            class.retried += u64::from(more.is_some_and(|more| more.attempts_before > 0));
        } else {
            self.counts.warm_up_requests += 1;
        }
    }

    /// What is known of a request on its arrival.
    pub(super) fn entrance(&self, id: RequestId) -> Entrance {
        let (request, more) = self.requests.with_more(id);
        Entrance {
            request: request.entry,
            class: request.class,
            arrival: request.arrival,
            first_arrival: more.and_then(|more| more.first_arrival).unwrap_or(request.arrival),
            attempts_before: more.map_or(0, |more| more.attempts_before),
            demand: request.demand,
        }
    }

    /// The worker, of the same replica as the one given, to which the next request is bound.
    fn bind(&mut self, worker: u32) -> u32 {
        let replica = self.replicas.of_mut(worker);
        match self.rules.queueing.dispatch {
            Dispatch::RoundRobin => replica.next_worker(replica.next_in_turn),
            Dispatch::Random => rand::RngExt::random_range(&mut self.dispatch, replica.workers.clone()),
            Dispatch::LeastBusy | Dispatch::Shared | Dispatch::Accept => {
                let workers = replica.workers.clone();
                workers.min_by_key(|worker| self.held(*worker)).unwrap_or(worker)
            }
        }
    }

    /// A request that finds no free slot waits, if there is room, or is rejected. Returns whether it waits.
    pub(super) fn wait_in_backlog(&mut self, id: RequestId, backlog: usize) -> bool {
        if !self.backlog_has_room(self.requests[id].worker) {
            self.leave(id, Outcome::Rejected(Rejection::Backlog));
            return false;
        }
        self.untaken += 1;
        let request = &self.requests[id];
        self.backlogs[backlog].push(id, request, self.program.priority(request.class));
        self.schedule_patience_end(id);
        true
    }

    /// Whether one more request may wait in the replica of a worker. If workers accept on their own, a request that will be
    /// accepted at once passes through the backlog too. Those that workers have accepted are no longer in it.
    fn backlog_has_room(&self, worker: u32) -> bool {
        let Some(limit) = self.rules.queueing.backlog.map(u64::from) else { return true };
        if self.accepts_ahead() {
            let waiting = self.backlogs[self.shared_backlog(worker)].len() as u64;
            waiting < limit || waiting == 0 && self.is_accepted_at_once(worker)
        } else {
            self.untaken_in(worker) < limit
        }
    }

    /// How many requests of a worker's replica have not been taken.
    fn untaken_in(&self, worker: u32) -> u64 {
        if self.replicas.count() == 1 {
            return self.untaken;
        }
        let own = self.replicas.of(worker).workers.clone().map(|worker| self.own_backlog(worker));
        own.chain([self.shared_backlog(worker)]).map(|backlog| self.backlogs[backlog].len() as u64).sum()
    }

    /// Whether a worker of a replica accepts a request that arrives now: into a free slot or, if it takes requests ahead,
    /// into the room that it has for them.
    fn is_accepted_at_once(&self, worker: u32) -> bool {
        let mut workers = self.replicas.of(worker).workers.clone();
        match self.rules.takes_ahead {
            None => self.workers.with_free_slot(&workers).is_some(),
            Some(_) => workers.any(|worker| self.has_room(worker)),
        }
    }

    /// The place of the backlog in which an untaken request waits.
    pub(super) fn backlog_of(&self, id: RequestId) -> usize {
        let Request { worker, executor, .. } = self.requests[id];
        let is_shared = self.accepts_ahead() && executor != Executor::Accepted;
        if is_shared { self.shared_backlog(worker) } else { self.backlog_of_worker(worker) }
    }

    #[inline(always)]
    fn take_and_run(&mut self, id: RequestId, worker: u32) {
        self.take(id, worker);
        self.settle(worker);
    }

    /// A worker takes a request into a free slot.
    #[inline]
    fn take(&mut self, id: RequestId, worker: u32) {
        if !self.may_serve(id, worker) {
            self.reject(id);
            return;
        }
        let counts = self.is_counted(self.requests[id].arrival) && !self.is_probe(id);
        self.workers.take_slot(worker, self.now, counts);
        self.counts.slots_taken.rise(self.now);
        self.count_for_life(worker);
        let in_loop = self.rules.thread_pool.is_some();
        let request = &mut self.requests[id];
        request.worker = worker;
        request.executor = if in_loop { Executor::Loop } else { Executor::Only };
        request.state = State::Waiting;
        if self.observer.watches_segments() && request.is_observed {
            self.observer.on_taken(request.entry, worker);
        }
        let span = self.now - request.since;
        let spent_on = (Activity::BacklogWait, Some(Place::Backlog), SpanKind::Whole);
        request.book(id, &mut self.observer, spent_on, span);
        self.note_taken(id, Unit::Slot(worker));
        self.proceed(id);
    }

    /// Whether a worker serves one more request of that class, rather than reject it.
    #[inline]
    fn may_serve(&mut self, id: RequestId, worker: u32) -> bool {
        self.rules.limit.is_none_or(|limit| self.workers.in_progress(worker) < limit)
            && (self.is_probe(id) || self.limits.take(self.requests[id].class, worker))
    }

    /// A worker rejects a request instead of taking it.
    #[cold]
    fn reject(&mut self, id: RequestId) {
        self.book_withdrawn(id, State::InBacklog);
        self.leave(id, Outcome::Rejected(Rejection::Limit));
    }

    /// A worker with free slots takes the first requests of its backlog.
    #[inline]
    pub(super) fn admit(&mut self, worker: u32) {
        if self.untaken > 0 || self.rules.thread_pool.is_some() {
            self.admit_all(worker);
        }
    }

    fn admit_all(&mut self, worker: u32) {
        if self.rules.thread_pool.is_some() {
            self.fill_threads(worker);
        }
        let backlog = self.backlog_of_worker(worker);
        self.reserve_if_any(worker);
        while self.has_slot(worker)
            && let Some(first) = self.backlogs[backlog].pop()
        {
            self.untaken -= 1;
            if self.requests[first].executor == Executor::Accepted {
                self.workers.leave_inside(worker, self.now);
            }
            self.take(first, worker);
            self.reserve_if_any(worker);
            if self.rules.thread_pool.is_some() {
                self.fill_threads(worker);
            }
        }
    }

    /// The place of the backlog from which a worker takes requests into its slots.
    pub(super) fn backlog_of_worker(&self, worker: u32) -> usize {
        let is_shared = self.rules.queueing.dispatch == Dispatch::Shared && !self.accepts_ahead();
        if is_shared { self.shared_backlog(worker) } else { self.own_backlog(worker) }
    }

    /// Whether a worker has a slot for the first request of its backlog. One that drains has slots only for those that it
    /// has accepted.
    pub(super) fn has_slot(&self, worker: u32) -> bool {
        self.workers.has_free_slot(worker)
            || self.lives.is_draining(worker) && self.accepts_ahead() && self.workers.has_idle_slot(worker)
    }

    fn reserve_if_any(&mut self, worker: u32) {
        if self.rules.takes_ahead.is_some() {
            self.reserve(worker);
        }
    }

    /// What a handler does last: a worker takes requests into its free slots, and those whose turn it is run.
    #[inline]
    pub(super) fn settle(&mut self, worker: u32) {
        self.admit(worker);
        self.start_turns(worker);
        self.fill_cores(worker);
    }

    /// An attempt begins now.
    pub(super) fn begin_attempt(&mut self, id: RequestId) {
        let now: SimTime = self.now;
        let request = &mut self.requests[id];
        request.state = State::InBacklog;
        request.arrival = now;
        request.since = now;
    }
}
