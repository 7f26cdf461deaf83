//! Waits off the CPU: plain delays, queries, and branches that wait at the same time. How queries get their connections is
//! in `pooling`.

use crate::model::{Abandoned, BackendId, Failure, Place, Release, SimDuration, SimTime};

use super::backends::Slower;
use super::departure::Outcome;
use super::event::{Event, EventId};
use super::observer::Observer;
use super::occupancy::Unit;
use super::program::Instruction;
use super::requests::{Request, RequestId, State};
use super::simulation::Simulation;

impl<O: Observer> Simulation<O> {
    /// Continues with the next instruction of a request that has nothing under way. A wait that blocks needs the turn,
    /// and one that does not gives it up.
    #[inline]
    pub(super) fn proceed(&mut self, id: RequestId) {
        let next = self.program.instruction(self.requests[id].next);
        let holds_turn = self.requests[id].holds_turn;
        match next {
            Instruction::Cpu(_) | Instruction::HandOff => self.make_ready(id),
            Instruction::Maybe { .. } => {
                self.decide(id);
                self.proceed(id);
            }
            Instruction::HandBack => self.hand_back(id),
            // It has not computed since its last wait: no other request takes the lock.
            Instruction::Yield => {
                self.requests[id].next += 1;
                self.proceed(id);
            }
            Instruction::Respond => {
                self.respond(id);
                self.proceed(id);
            }
            Instruction::Wait { blocking: true, .. }
            | Instruction::Call { blocking: true, .. }
            | Instruction::Connect { blocking: true, .. }
            | Instruction::Hold { blocking: true, .. }
            | Instruction::Statement { blocking: true, .. }
            | Instruction::Fork { blocking: true, .. }
                if !holds_turn =>
            {
                self.make_ready(id);
            }
            Instruction::Wait { backend, blocking } => {
                self.give_up_turn(id, holds_turn && !blocking);
                self.start_wait(id, backend);
            }
            Instruction::Call { backend, call: _, blocking } => {
                self.give_up_turn(id, holds_turn && !blocking);
                self.start_call(id, backend);
            }
            Instruction::Connect { backend, blocking } => {
                self.give_up_turn(id, holds_turn && !blocking);
                self.connect(id, backend);
            }
            Instruction::Hold { backend, blocking, once } => {
                self.give_up_turn(id, holds_turn && !blocking);
                self.hold(id, backend, once);
            }
            Instruction::Release { backend } => {
                self.end_hold(id, backend);
                self.proceed(id);
            }
            Instruction::Statement { backend, blocking } => {
                self.give_up_turn(id, holds_turn && !blocking);
                self.start_statement(id, backend);
            }
            Instruction::Fork { branches, blocking } => {
                self.give_up_turn(id, holds_turn && !blocking);
                self.fork(id, branches);
            }
            Instruction::Depart => self.leave(id, Outcome::Completed),
        }
    }

    /// A request goes through the steps after a decision, or leaves them out.
    pub(super) fn decide(&mut self, id: RequestId) {
        let (request, demands) = self.requests.with_demands(id);
        self.program.next_step(&mut request.next, request.first, demands);
    }

    /// A request that blocked what runs it continues with a wait that does not.
    #[inline]
    fn give_up_turn(&mut self, id: RequestId, gives_up: bool) {
        if gives_up {
            self.end_turn(id);
            self.leave_loop(id);
        }
    }

    #[inline(always)]
    fn start_wait(&mut self, id: RequestId, backend: Option<BackendId>) {
        self.counts.phase_events += 1;
        self.release_on_going_on(id);
        match backend {
            None => {
                self.serve(id, None);
            }
            Some(backend) => self.ask(id, backend),
        }
    }

    /// A request queries a backend: it first asks for a connection, if there is a pool.
    #[inline(always)]
    pub(super) fn ask(&mut self, id: RequestId, backend: BackendId) {
        if self.backends[backend].is_plain {
            self.serve(id, None);
            return;
        }
        if self.backends[backend].faults > 0 {
            self.fail(id, Failure::BackendDown);
            return;
        }
        // On a connection that is held over several statements or phases, or on one for this query only.
        if self.program.has_connection(self.requests[id].next) || self.acquire(id, backend) {
            self.query(id, backend);
        }
    }

    /// A client sends a statement other than its query.
    fn start_statement(&mut self, id: RequestId, backend: BackendId) {
        self.counts.phase_events += 1;
        if self.backends[backend].faults > 0 {
            self.fail(id, Failure::BackendDown);
        } else {
            self.serve(id, self.backends[backend].slower.map(Slower::of_statement));
        }
    }

    /// A request that has a connection, or needs none, sends its query.
    #[inline(always)]
    pub(super) fn query(&mut self, id: RequestId, backend: BackendId) {
        if self.program.has_calls() {
            self.limit_call(id);
        }
        if self.backends[backend].enter(id, self.now) {
            self.note_wait(id, Place::Backend(backend), SimDuration::ZERO);
            self.start_query(id, backend);
        } else {
            self.requests[id].state = State::WaitingForBackend(backend);
        }
    }

    #[inline(always)]
    fn start_query(&mut self, id: RequestId, backend: BackendId) {
        self.requests.more_mut(id).served_by = Some(backend);
        if self.backends[backend].sharing.is_some() {
            self.share_backend(id, backend);
        } else {
            self.note_taken(id, Unit::Query(backend));
            let end = self.serve(id, self.backends[backend].slower);
            if self.backends[backend].abandons() == Abandoned::Finish {
                self.requests.more_mut(id).query_end = end;
            }
        }
    }

    /// The wait itself takes its demand, or longer. Returns when it ends.
    #[inline(always)]
    pub(super) fn serve(&mut self, id: RequestId, slower: Option<Slower>) -> SimTime {
        let end = self.now + self.service_time(id, slower);
        let request = &mut self.requests[id];
        request.state = State::Waiting;
        request.completion = self.events.push(end, Event::WaitEnd(id));
        end
    }

    /// The demand of a wait, or longer.
    #[inline(always)]
    pub(super) fn service_time(&mut self, id: RequestId, slower: Option<Slower>) -> SimDuration {
        let (request, demands) = self.requests.with_demands(id);
        let demand = demands[request.next_demand()];
        slower.map_or(demand, |slower| slower.time(demand))
    }

    pub(super) fn on_wait_end(&mut self, id: RequestId, event: EventId) {
        if self.requests[id].completion != event {
            return;
        }
        if self.requests[id].state == State::BackingOff {
            self.call_again(id);
            return;
        }
        match self.program.instruction(self.requests[id].next) {
            Instruction::Wait { backend, .. } => self.book_service(id, backend),
            Instruction::Call { backend, .. } => {
                self.book_service(id, Some(backend));
                self.finish_query(id);
                return;
            }
            Instruction::Statement { backend, .. } => self.book_service(id, Some(backend)),
            // Booked when it got its connection.
            Instruction::Connect { .. }
            | Instruction::Hold { .. }
            | Instruction::Release { .. }
            | Instruction::Cpu(_)
            | Instruction::Maybe { .. }
            | Instruction::Fork { .. }
            | Instruction::HandOff
            | Instruction::HandBack
            | Instruction::Yield
            | Instruction::Respond
            | Instruction::Depart => {}
        }
        self.finish_wait(id);
    }

    /// A wait is over, and its time is booked.
    #[inline(always)]
    pub(super) fn finish_wait(&mut self, id: RequestId) {
        self.counts.phase_events += 1;
        self.end_query(id);
        let worker = self.requests[id].worker;
        if self.requests.more(id).and_then(|more| more.parent).is_some() {
            self.join(id);
        } else {
            self.requests[id].next += 1;
            self.proceed(id);
        }
        self.settle(worker);
    }

    /// A backend is done with a query: the next one starts, and the connection is released or kept.
    #[inline(always)]
    fn end_query(&mut self, id: RequestId) {
        if self.requests.more(id).and_then(|more| more.served_by).is_some() {
            self.leave_backend(id);
        }
        if let Some(pool) = self.requests.more(id).and_then(|more| more.connection)
            && self.backends.pool(pool).release == Release::QueryEnd
            && !self.program.needs_connection(self.requests[id].next + 1)
        {
            let is_branch = self.requests.more(id).and_then(|more| more.parent).is_some();
            let runs_next = !is_branch && self.runs_after_wait(id);
            let worker = self.requests[id].worker;
            self.release_held(id, runs_next, Some(worker));
        }
    }

    /// Whether a request whose wait is over continues with work.
    fn runs_after_wait(&mut self, id: RequestId) -> bool {
        let (request, demands) = self.requests.with_demands(id);
        let mut after = request.next + 1;
        matches!(self.program.next_step(&mut after, request.first, demands), Instruction::Cpu(_))
    }

    /// Frees a request's place in the backend that serves it.
    #[inline(always)]
    pub(super) fn leave_backend(&mut self, id: RequestId) {
        let Some(backend) = self.requests.more_mut(id).served_by.take() else { return };
        if self.backends[backend].sharing.is_none() {
            self.note_released(id, Unit::Query(backend));
        }
        self.start_next_query(backend);
    }

    /// A query has left a backend: the next one starts.
    #[inline(always)]
    pub(super) fn start_next_query(&mut self, backend: BackendId) {
        if let Some(next) = self.backends[backend].leave(self.now) {
            self.book_wait(next, Place::Backend(backend));
            self.start_query(next, backend);
        } else if self.backends[backend].sharing.is_some() {
            self.schedule_query_share_end(backend);
        }
    }

    /// A request that leaves releases all it holds of backends.
    #[inline]
    pub(super) fn let_go(&mut self, id: RequestId) {
        if self.requests.more(id).is_some() {
            self.release_all(id);
        }
    }

    fn release_all(&mut self, id: RequestId) {
        self.abandon_query(id);
        self.release_connections(id);
    }

    /// The next waits of a request run at the same time, each in a place of its own.
    fn fork(&mut self, id: RequestId, branches: u32) {
        self.release_on_going_on(id);
        let first = self.requests[id].next + 1;
        self.requests[id].state = State::Forked;
        let mut ids = Vec::with_capacity(branches as usize);
        for next in first..first + branches {
            let parent = &self.requests[id];
            let mut branch = Request::new(parent.number, parent.entry, self.now, parent.class, parent.first);
            branch.worker = parent.worker;
            branch.is_observed = false;
            branch.next = next;
            branch.state = State::Waiting;
            let place = branch.next_demand();
            let demand = self.requests.with_demands(id).1[place];
            let branch = self.requests.insert(branch);
            self.requests.with_demands(branch).1[place] = demand;
            self.requests.more_mut(branch).parent = Some(id);
            if self.observer.watches_units() {
                self.observer.on_fork(branch.0);
            }
            ids.push(branch);
        }
        self.check_room();
        self.requests.more_mut(id).branches = ids.clone();
        for branch in ids {
            // A branch that fails at once takes the request and its other branches with it.
            if self.requests.more(branch).and_then(|more| more.parent) != Some(id) {
                break;
            }
            match self.program.instruction(self.requests[branch].next) {
                Instruction::Wait { backend, .. } => self.start_wait(branch, backend),
                call => call.backend().into_iter().for_each(|backend| self.start_call(branch, backend)),
            }
        }
    }

    /// A branch has ended. With the last one the request continues; the time since the fork is booked like that of this
    /// branch.
    fn join(&mut self, branch: RequestId) {
        let Some(id) = self.requests.more(branch).and_then(|more| more.parent) else { return };
        let branches = &mut self.requests.more_mut(id).branches;
        branches.retain(|other| *other != branch);
        let is_last = branches.is_empty();
        if is_last {
            self.book_as_branch(id, branch);
        } else {
            self.requests.add_branch_waits(id, branch, false);
        }
        self.let_go(branch);
        self.observer.on_branch_end(branch.0);
        self.requests.remove(branch);
        if !is_last {
            return;
        }
        let Instruction::Fork { branches, .. } = self.program.instruction(self.requests[id].next) else { return };
        self.requests[id].next += 1 + branches;
        self.proceed(id);
    }
}
