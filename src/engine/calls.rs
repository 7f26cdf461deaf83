//! Calls with options: they may time out or end with an error, and then be repeated.
//!
//! An attempt begins with what the client of the backend does before its query. Its time is limited from when it has its
//! connection. A request that makes another attempt releases its connection and sleeps before it. Errors come at the end of a
//! query, and have streams of their own, so they change no demand and are the same under every policy.

use crate::model::{Abandoned, BackendId, Failure, OnTimeout};
use crate::random::Purpose;

use super::event::{BackendNumber, Event, EventId};
use super::observer::Observer;
use super::occupancy::Unit;
use super::program::{CallOptions, Instruction};
use super::requests::{RequestId, State};
use super::simulation::Simulation;

impl<O: Observer> Simulation<O> {
    /// A request makes an attempt of a call.
    pub(super) fn start_call(&mut self, id: RequestId, backend: BackendId) {
        self.counts.phase_events += 1;
        self.release_on_going_on(id);
        if self.backends[backend].is_plain {
            self.limit_call(id);
            self.serve(id, None);
        } else if self.backends[backend].faults > 0 {
            self.end_attempt(id, Failure::BackendDown);
        } else {
            self.ask(id, backend);
        }
    }

    /// A request has its connection: the time of its call begins, if it is limited.
    pub(super) fn limit_call(&mut self, id: RequestId) {
        if let Some(timeout) = self.call_options(id).and_then(|options| options.timeout) {
            let expiry = self.events.push_expiry(self.now + timeout, Event::CallTimeout(id));
            self.requests.more_mut(id).call_timeout = expiry;
        }
    }

    /// The options of the call that a request makes, if it makes one that has any.
    fn call_options(&self, id: RequestId) -> Option<CallOptions> {
        self.program.instruction(self.requests[id].next).call().map(|call| self.program.call(call))
    }

    pub(super) fn on_call_timeout(&mut self, id: RequestId, event: EventId) {
        if self.requests.more(id).is_none_or(|more| more.call_timeout != event) {
            return;
        }
        let worker = self.requests[id].worker;
        self.end_attempt(id, Failure::CallTimeout);
        self.settle(worker);
    }

    /// The query of a wait, which may be a call with options, is over, and its time is booked.
    pub(super) fn finish_query(&mut self, id: RequestId) {
        let Some(options) = self.call_options(id) else { return self.finish_wait(id) };
        if self.draws_error(id, options) {
            let worker = self.requests[id].worker;
            self.end_attempt(id, Failure::BackendError);
            self.settle(worker);
        } else {
            self.forget_attempts(id);
            self.finish_wait(id);
        }
    }

    fn draws_error(&self, id: RequestId, options: CallOptions) -> bool {
        if !options.has_errors() {
            return false;
        }
        let (request, more) = self.requests.with_more(id);
        let whole = self.requests.more(more.and_then(|more| more.parent).unwrap_or(id));
        let attempts_of_client = u64::from(whole.map_or(0, |more| more.attempts_before));
        let attempts_of_call = u64::from(more.map_or(0, |more| more.calls_before));
        let attempt = attempts_of_client << 48 ^ (request.next_demand() as u64) << 24 ^ attempts_of_call;
        let number = request.operation(whole);
        options.is_error(&mut self.streams.purpose_of(Purpose::CallErrors, number, attempt))
    }

    /// The call is over.
    fn forget_attempts(&mut self, id: RequestId) {
        if self.requests.more(id).is_some() {
            let more = self.requests.more_mut(id);
            more.calls_before = 0;
            more.call_timeout = EventId::default();
        }
    }

    /// A query ends without an answer: the request makes another attempt, continues without the answer, or fails. The caller
    /// lets its worker settle.
    pub(super) fn end_attempt(&mut self, id: RequestId, reason: Failure) {
        let Some(options) = self.call_options(id) else { return self.fail(id, reason) };
        let calls_before = self.requests.more(id).map_or(0, |more| more.calls_before);
        if let Some(backoff) = options.backoff(calls_before) {
            self.give_up_attempt(id);
            self.counts.phase_events += 1;
            let (request, demands) = self.requests.with_demands(id);
            self.program.restore_client_work(request.class, demands, options.first, request.next);
            request.next = options.first;
            request.state = State::BackingOff;
            request.completion = self.events.push(self.now + backoff, Event::WaitEnd(id));
            let more = self.requests.more_mut(id);
            more.calls_before = calls_before + 1;
            more.call_timeout = EventId::default();
            more.acquire_timeout = EventId::default();
        } else if reason == Failure::CallTimeout && options.on_timeout == OnTimeout::Continue {
            self.withdraw(id);
            self.requests[id].state = State::Waiting;
            self.abandon_query(id);
            self.forget_attempts(id);
            self.finish_wait(id);
        } else {
            self.fail(id, reason);
        }
    }

    /// Whether a request would make another attempt of its call if this one ended now.
    pub(super) fn has_attempts_left(&self, id: RequestId) -> bool {
        let calls_before = self.requests.more(id).map_or(0, |more| more.calls_before);
        self.call_options(id).is_some_and(|options| options.backoff(calls_before).is_some())
    }

    /// A request stops waiting for a connection or for the answer, and releases its connection.
    fn give_up_attempt(&mut self, id: RequestId) {
        self.withdraw(id);
        self.abandon_query(id);
        self.release_held(id, false, None);
    }

    /// The time before another attempt is over.
    pub(super) fn call_again(&mut self, id: RequestId) {
        let worker = self.requests[id].worker;
        self.book_service(id, None);
        self.requests[id].state = State::Waiting;
        let is_branch = self.requests.more(id).and_then(|more| more.parent).is_some();
        if is_branch && let Instruction::Call { backend, .. } = self.program.instruction(self.requests[id].next) {
            // A branch does not run, and its request has the turn if the call blocks it.
            self.start_call(id, backend);
        } else {
            self.proceed(id);
        }
        self.settle(worker);
    }

    /// A request does not wait for the answer to its query any more: the backend stops working on it, or finishes it in vain.
    pub(super) fn abandon_query(&mut self, id: RequestId) {
        let Some(backend) = self.requests.more(id).and_then(|more| more.served_by) else { return };
        let station = &self.backends[backend];
        if station.sharing.is_none() && station.abandons() == Abandoned::Finish {
            let more = self.requests.more_mut(id);
            more.served_by = None;
            let end = more.query_end;
            if end > self.now {
                self.events.push(end, Event::AbandonedEnd(BackendNumber(u32::from(backend.0))));
                self.note_released_at(id, Unit::Query(backend), end);
                return;
            }
            more.served_by = Some(backend);
        }
        self.leave_backend(id);
    }

    /// A backend has finished a query that was given up.
    pub(super) fn on_abandoned_end(&mut self, backend: BackendNumber) {
        self.start_next_query(BackendId(backend.0 as u16));
    }
}
