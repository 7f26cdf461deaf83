//! Booking: where the time of each request goes, to the nanosecond.

use crate::model::{Activity, BackendId, Place, SimDuration, SimTime};

use super::observer::Observer;
use super::occupancy::SpanKind;
use super::program::Instruction;
use super::requests::{Executor, RequestId, State};
use super::simulation::Simulation;
use super::waits::add_wait;

impl<O: Observer> Simulation<O> {
    /// Books the time since the last booking as spent on one activity in one place.
    #[inline]
    fn book(&mut self, id: RequestId, activity: Activity, place: Option<Place>) {
        let request = &mut self.requests[id];
        let span = self.now - request.since;
        request.book(id, &mut self.observer, (activity, place, SpanKind::Whole), span);
    }

    /// Books the next span of time as spent on one activity in one place.
    #[inline(always)]
    pub(super) fn book_span(&mut self, id: RequestId, activity: Activity, place: Option<Place>, span: SimDuration) {
        self.book_span_as(id, activity, place, SpanKind::Whole, span);
    }

    /// The same, of a span whose time passed in that way.
    #[inline(always)]
    pub(super) fn book_span_as(
        &mut self,
        id: RequestId,
        activity: Activity,
        place: Option<Place>,
        kind: SpanKind,
        span: SimDuration,
    ) {
        self.requests[id].book(id, &mut self.observer, (activity, place, kind), span);
    }

    /// Notes that a request has waited in a place for that long, perhaps for no time.
    #[inline(always)]
    pub(super) fn note_wait(&mut self, id: RequestId, place: Place, span: SimDuration) {
        if let Some(column) = place.resource().and_then(|resource| self.waits.column(resource)) {
            add_wait(self.requests.waits_mut(id), column, span);
        }
    }

    /// Books the time since the last booking as a wait in a place.
    #[inline(always)]
    pub(super) fn book_wait(&mut self, id: RequestId, place: Place) {
        self.note_wait(id, place, self.now - self.requests[id].since);
        self.book(id, place.wait(), Some(place));
    }

    /// Books the time since the last booking as served by a backend, or slept.
    #[inline]
    pub(super) fn book_service(&mut self, id: RequestId, backend: Option<BackendId>) {
        self.book(id, Instruction::wait_activity(backend), backend.map(Place::Backend));
    }

    /// Books the time since the last booking as a wait for the turn.
    pub(super) fn book_turn_wait(&mut self, id: RequestId) {
        self.note_wait(id, Place::Lock, self.now - self.requests[id].since);
        if self.observer.watches_segments() {
            self.book_turn_wait_until(id, self.now);
        }
        self.book(id, Activity::RunQueueWait, Some(Place::Lock));
    }

    /// Books the time since the last booking as a wait in the run queue: for the turn until the request had it, then
    /// for a core.
    #[inline(always)]
    pub(super) fn book_run_queue_wait(&mut self, id: RequestId) {
        let request = &self.requests[id];
        let had_turn = request.turn_since.max(request.since);
        if self.waits.columns() > 0 {
            let (for_turn, for_core) = (had_turn - request.since, self.now - had_turn);
            let (is_throttled, nothing) = (self.replicas.of(request.worker).is_throttled(), SimDuration::ZERO);
            self.note_wait(id, Place::Lock, for_turn);
            self.note_wait(id, Place::Cores, if is_throttled { nothing } else { for_core });
            self.note_wait(id, Place::CpuLimit, if is_throttled { for_core } else { nothing });
        }
        if self.observer.watches_segments() {
            self.book_turn_wait_until(id, had_turn);
        }
        let is_throttled = self.replicas.of(self.requests[id].worker).is_throttled();
        let place = if is_throttled { Place::CpuLimit } else { Place::Cores };
        self.book(id, Activity::RunQueueWait, Some(place));
    }

    /// Books a wait for the turn until some instant: for the loop, for the lock, or for the loop and then for the lock.
    #[cold]
    fn book_turn_wait_until(&mut self, id: RequestId, until: SimTime) {
        let request = &self.requests[id];
        let worker = &self.workers[request.worker];
        let loop_until = match request.executor {
            Executor::Only | Executor::Accepted | Executor::Acceptor | Executor::Client if self.rules.keeps_core => {
                until
            }
            Executor::Only | Executor::Accepted | Executor::Acceptor | Executor::Client | Executor::Thread => {
                request.since
            }
            Executor::Loop if worker.loop_request == Some(id) => worker.loop_since,
            Executor::Loop => until,
        };
        let loop_until = loop_until.clamp(request.since, until);
        self.book_span(id, Activity::RunQueueWait, Some(Place::Loop), loop_until - self.requests[id].since);
        self.book_span(id, Activity::RunQueueWait, Some(Place::Lock), until - loop_until);
    }

    /// Books the time since a running request got its core: first what was not work, then the phases of its burst.
    #[inline]
    pub(super) fn book_burst(&mut self, id: RequestId) {
        let elapsed = self.now - self.requests[id].since;
        let got = match self.requests.more(id).and_then(|more| more.share) {
            Some(share) if self.replicas.of(self.requests[id].worker).sharing.is_some() => self.leave_share(id, share),
            _ => elapsed,
        };
        let switched = got.min(self.requests[id].switch_cost);
        let work = got - switched;
        if elapsed > work {
            self.note_wait(id, Place::Cores, elapsed - work);
            self.book_not_work(id, elapsed - got, switched);
        }
        let mut left = work;
        let is_no_request = self.is_probe(id) || self.requests[id].executor.is_no_request();
        let (request, demands) = self.requests.with_demands(id);
        while let Instruction::Cpu(activity) = self.program.next_step(&mut request.next, request.first, demands) {
            let demand = &mut demands[request.next_demand()];
            let span = left.min(*demand);
            *demand = *demand - span;
            left = left - span;
            request.book(id, &mut self.observer, (activity, Some(Place::Cores), SpanKind::Whole), span);
            if *demand > SimDuration::ZERO {
                break;
            }
            request.next += 1;
            self.counts.phase_events += if is_no_request { 0 } else { 2 };
        }
    }

    /// Books what a running request lost to others with which it shares the cores, and to the switch to it.
    fn book_not_work(&mut self, id: RequestId, lost: SimDuration, switched: SimDuration) {
        let (activity, place) = (Activity::RunQueueWait, Some(Place::Cores));
        self.book_span_as(id, activity, place, SpanKind::Shared { until: self.now }, lost);
        self.book_span_as(id, activity, place, SpanKind::Switch, switched);
    }

    /// Books what a request was doing in the state from which it is withdrawn.
    pub(super) fn book_withdrawn(&mut self, id: RequestId, state: State) {
        match (state, self.program.instruction(self.requests[id].next)) {
            (State::Waiting, Instruction::Wait { backend: Some(backend), .. })
                if self.backends[backend].sharing.is_some() =>
            {
                self.book_shared_query(id, backend);
            }
            (State::Waiting, Instruction::Call { backend, .. }) if self.backends[backend].sharing.is_some() => {
                self.book_shared_query(id, backend);
            }
            (State::Waiting, Instruction::Wait { backend, .. }) => self.book_service(id, backend),
            (State::Forked, _) => {
                let first = self.requests.more(id).and_then(|more| more.branches.first().copied());
                if let Some(first) = first {
                    self.book_as_branch(id, first);
                }
            }
            (State::Waiting, Instruction::Call { backend, .. } | Instruction::Statement { backend, .. }) => {
                self.book_service(id, Some(backend))
            }
            (State::BackingOff, _) => self.book_service(id, None),
            (State::WaitingForTurn, _) => self.book_turn_wait(id),
            (State::WaitingForCore, _) => self.book_run_queue_wait(id),
            (State::WaitingForThread, _) => self.book_wait(id, Place::Threads),
            (State::WaitingForConnection(backend), _) => self.book_wait(id, Place::Pool(backend)),
            (State::Connecting(backend), _) => self.book_wait(id, Place::Opening(backend)),
            (State::WaitingForBackend(backend), _) => self.book_wait(id, Place::Backend(backend)),
            (State::InBacklog, _) => self.book_wait(id, Place::Backlog),
            // Nothing was under way, or it was booked when it stopped.
            (State::Running | State::Waiting | State::Away, _) => {
                self.book(id, Activity::RunQueueWait, Some(Place::Cores));
            }
        }
    }

    /// Books the time since the fork of a request like that of one of its branches: the last to end or, if the request
    /// ends before, the one that failed, or else the first that is under way.
    pub(super) fn book_as_branch(&mut self, id: RequestId, branch: RequestId) {
        let spent = self.requests[branch].spent;
        let backend = self.program.instruction(self.requests[branch].next).backend();
        if self.observer.watches_units() {
            let actor = self.requests[id].actor();
            self.observer.on_join(branch.0, actor);
        }
        for (activity, span) in Activity::ALL.into_iter().zip(spent) {
            let place = place_in_branch(activity, backend);
            self.requests[id].book_joined(&mut self.observer, activity, place, span);
        }
        self.requests.add_branch_waits(id, branch, true);
    }

    /// Books what the requests in flight were doing when the run ended.
    pub(super) fn book_unfinished(&mut self) {
        self.counts.phase_events += self.counts.busy_cores.now().saturating_sub(self.running_probes());
        if let Some(route) = self.route.take() {
            self.book_route(&route);
        }
        // Branches come before the requests that wait for them.
        let is_forked = |id: &RequestId| self.requests[*id].state == State::Forked;
        let (forked, others): (Vec<_>, Vec<_>) = self.requests.ids().into_iter().partition(is_forked);
        for id in others.into_iter().chain(forked) {
            match self.requests[id].state {
                State::Away => {}
                State::Running => self.book_burst(id),
                state => self.book_withdrawn(id, state),
            }
        }
    }
}

/// Where a branch of parallel waits spends time on an activity. It waits for its backend, if it has one, and does
/// nothing else.
const fn place_in_branch(activity: Activity, backend: Option<BackendId>) -> Option<Place> {
    match (activity, backend) {
        (Activity::PoolWait, Some(backend)) => Some(Place::Pool(backend)),
        (Activity::BackendWait | Activity::Backend, Some(backend)) => Some(Place::Backend(backend)),
        (Activity::PoolWait | Activity::BackendWait | Activity::Backend | Activity::Sleep, _) => None,
        (Activity::BacklogWait, _) => Some(Place::Backlog),
        (Activity::RunQueueWait | Activity::Framework | Activity::Compute, _) => Some(Place::Cores),
        (Activity::ThreadWait, _) => Some(Place::Threads),
    }
}
