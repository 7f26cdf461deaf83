//! How requests leave: answered, rejected, failed, or because their client has given up; and what clients do next.

use crate::model::{Failure, SimTime};
use crate::random::{Purpose, Stream};

use super::departure::{Departure, Outcome};
use super::event::{Event, EventId};
use super::observer::Observer;
use super::occupancy::Unit;
use super::requests::{Executor, Request, RequestId, State};
use super::simulation::Simulation;

impl<O: Observer> Simulation<O> {
    /// A request leaves the system; it waits for nothing and has no core.
    pub(super) fn leave(&mut self, id: RequestId, outcome: Outcome) {
        self.let_go(id);
        let Request { worker, executor, state, holds_turn, .. } = self.requests[id];
        if holds_turn {
            self.end_turn(id);
        }
        if executor == Executor::Loop {
            self.leave_loop(id);
        }
        if state != State::InBacklog {
            self.workers.free_slot(worker, self.now);
            self.note_released(id, Unit::Slot(worker));
            self.counts.slots_taken.fall(self.now);
            self.exit_if_drained(worker);
            self.end_accept_delay(worker);
            if executor == Executor::Thread && state != State::WaitingForThread {
                self.workers.free_thread(worker, self.now);
                self.note_released(id, Unit::Thread(worker));
            }
        }
        if self.is_probe(id) {
            self.end_probe(id, outcome);
            self.requests.remove(id);
            return;
        }
        self.limits.leave(self.requests[id].class, worker, state != State::InBacklog);
        self.counts.last_departure = self.now;
        if self.requests[id].has_responded {
            self.counts.trailing -= 1;
        } else {
            self.depart(id, outcome, state != State::InBacklog);
        }
        self.requests.remove(id);
    }

    /// The response of a request is out: except for its worker, it has departed.
    pub(super) fn respond(&mut self, id: RequestId) {
        self.requests[id].next += 1;
        self.counts.trailing += 1;
        self.return_held(id);
        self.depart(id, Outcome::Completed, true);
        self.requests[id].has_responded = true;
        self.requests[id].is_observed = false;
        if self.requests.more(id).is_some() {
            self.requests.more_mut(id).client_timeout = EventId::default();
        }
    }

    /// A request departs: it is counted, and its client learns its outcome.
    #[inline(always)]
    fn depart(&mut self, id: RequestId, outcome: Outcome, was_taken: bool) {
        let is_abandoned = self.requests[id].is_abandoned;
        self.counts.in_system.fall(self.now);
        self.counts.departed += 1;
        let outcome = outcome.after(is_abandoned);
        if !is_abandoned {
            self.disconnect(id);
        }
        if !is_abandoned || outcome == Outcome::ServedLate {
            self.count(id, outcome);
        }
        let is_last = if is_abandoned { self.is_given_up(id) } else { !self.answer_client(id, outcome) };
        self.observe_departure(id, outcome, was_taken, is_last);
        self.load_by_response();
        if cfg!(debug_assertions) {
            audit_departure(&self.requests[id], outcome, self.now);
        }
    }

    #[inline]
    fn count(&mut self, id: RequestId, outcome: Outcome) {
        let request = &self.requests[id];
        if self.is_counted(request.arrival) {
            let class = &mut self.counts.classes[usize::from(request.class.0)];
            match outcome {
                Outcome::Completed => class.completed += 1,
                Outcome::Rejected(reason) => class.rejected.count(reason),
                Outcome::TimedOut => class.timed_out += 1,
                Outcome::ServedLate => class.served_late += 1,
                Outcome::Failed(reason) => class.failed.count(reason),
            }
            if matches!(outcome, Outcome::Rejected(_) | Outcome::TimedOut | Outcome::Failed(_)) {
                class.longest_unanswered = class.longest_unanswered.max(self.now - request.arrival);
            }
        } else if self.is_counted(self.now) {
            let earlier = &mut self.counts.from_warm_up;
            earlier.completed += u64::from(outcome == Outcome::Completed);
            earlier.served_late += u64::from(outcome == Outcome::ServedLate);
        }
    }

    /// Whether the client of an abandoned request makes no further attempt.
    pub(super) fn is_given_up(&self, id: RequestId) -> bool {
        self.requests.more(id).is_none_or(|more| more.is_given_up)
    }

    #[inline(always)]
    fn observe_departure(&mut self, id: RequestId, outcome: Outcome, was_taken: bool, is_last: bool) {
        let entrance = self.entrance(id);
        self.unreported.push(Departure {
            entrance,
            departure: self.now,
            outcome,
            counts: self.is_counted(entrance.arrival),
            was_taken,
            ends_operation: is_last && self.is_counted(entrance.first_arrival),
            spent: self.requests[id].spent,
        });
        self.waits.push(self.requests.waits(id));
        self.report_some();
    }

    /// The client of a request learns its outcome: it makes another attempt, or is done with it. Returns whether it
    /// makes another attempt.
    #[inline(always)]
    fn answer_client(&mut self, id: RequestId, outcome: Outcome) -> bool {
        if outcome != Outcome::Completed && self.retry(id) {
            return true;
        }
        if let Some((user, _)) = self.requests.more(id).and_then(|more| more.user) {
            self.think(user);
        }
        false
    }

    /// Schedules another attempt, if the client makes one. Returns whether it does.
    fn retry(&mut self, id: RequestId) -> bool {
        let Some(retries) = &self.clients.clients.retries else { return false };
        let request = &self.requests[id];
        let Some(more) = self.requests.more(id) else { return false };
        let attempts_before = more.attempts_before;
        let is_within_budget = retries
            .budget
            .is_none_or(|budget| ((self.arrivals.retried + 1) as f64) <= budget * self.arrivals.arrived as f64);
        if attempts_before >= retries.max.get() || !is_within_budget {
            return false;
        }
        let number = request.operation(Some(more));
        let mut stream = self.streams.purpose_of(Purpose::Backoff, number, u64::from(attempts_before));
        let time = self.now + retries.delay(attempts_before, &mut stream);
        let mut again = Request::new(request.number, 0, time, request.class, request.first);
        again.demand = request.demand;
        again.state = State::Away;
        let (user, demands) = (more.user, more.demands.clone());
        let first_arrival = more.first_arrival.unwrap_or(request.arrival);
        let again = self.requests.insert(again);
        let more = self.requests.more_mut(again);
        more.attempts_before = attempts_before + 1;
        more.first_arrival = Some(first_arrival);
        more.user = user;
        more.demands = demands.clone();
        self.requests.with_demands(again).1.copy_from_slice(&demands);
        self.arrivals.retried += 1;
        self.events.push(time, Event::Retry(again));
        true
    }

    pub(super) fn on_retry(&mut self, id: RequestId) {
        self.begin_attempt(id);
        self.receive(id);
    }

    /// The random numbers of an attempt of a client: the same under every policy.
    fn stream_of_attempt(&self, purpose: Purpose, id: RequestId) -> Stream {
        let (request, more) = self.requests.with_more(id);
        let attempts_before = more.map_or(0, |more| more.attempts_before);
        self.streams.purpose_of(purpose, request.operation(more), u64::from(attempts_before))
    }

    /// Schedules when the client of a request that arrives gives up, if it does.
    #[inline]
    pub(super) fn schedule_client_timeout(&mut self, id: RequestId) {
        let class = usize::from(self.requests[id].class.0);
        if let Some(Some(timeout)) = self.clients.timeouts.get(class) {
            let time = self.requests[id].arrival + timeout.draw(&mut self.stream_of_attempt(Purpose::Timeout, id));
            self.requests.more_mut(id).client_timeout = self.events.push_expiry(time, Event::ClientTimeout(id));
        }
    }

    /// Schedules when a request that waits in the backlog leaves it, if clients have limited patience.
    #[inline]
    pub(super) fn schedule_patience_end(&mut self, id: RequestId) {
        if let Some(patience) = self.clients.patience.as_ref().filter(|_| !self.is_probe(id)) {
            let time = self.now + patience.draw(&mut self.stream_of_attempt(Purpose::Patience, id));
            self.requests.more_mut(id).patience_end = self.events.push_expiry(time, Event::PatienceEnd(id));
        }
    }

    pub(super) fn on_patience_end(&mut self, id: RequestId, event: EventId) {
        if self.requests.more(id).is_some_and(|more| more.patience_end == event)
            && self.requests[id].state == State::InBacklog
        {
            self.give_up(id, Outcome::TimedOut);
        }
    }

    pub(super) fn on_client_timeout(&mut self, id: RequestId, event: EventId) {
        if self.requests.more(id).is_none_or(|more| more.client_timeout != event) {
            return;
        }
        if self.clients.clients.cancel {
            self.give_up(id, Outcome::TimedOut);
        } else {
            self.count(id, Outcome::TimedOut);
            self.requests[id].is_abandoned = true;
            self.disconnect(id);
            let is_given_up = !self.answer_client(id, Outcome::TimedOut);
            self.requests.more_mut(id).is_given_up = is_given_up;
        }
    }

    /// A request ends early, wherever it is.
    pub(super) fn give_up(&mut self, id: RequestId, outcome: Outcome) {
        let worker = self.requests[id].worker;
        self.withdraw(id);
        self.leave(id, outcome);
        self.settle(worker);
    }

    /// A request, or the request of a branch, ends with an error; the caller lets its worker settle.
    pub(super) fn fail(&mut self, id: RequestId, reason: Failure) {
        let id = match self.requests.more(id).and_then(|more| more.parent) {
            Some(parent) => {
                // The failed branch comes first: the time of the request is booked like that of the first branch.
                let branches = &mut self.requests.more_mut(parent).branches;
                branches.sort_by_key(|branch| *branch != id);
                parent
            }
            None => id,
        };
        self.withdraw(id);
        self.leave(id, Outcome::Failed(reason));
    }

    /// Withdraws a request from where it waits or runs.
    pub(super) fn withdraw(&mut self, id: RequestId) {
        let request = &self.requests[id];
        let (worker, state) = (request.worker, request.state);
        match state {
            State::InBacklog => {
                let backlog = self.backlog_of(id);
                let request = &self.requests[id];
                self.backlogs[backlog].remove(id, request, self.program.priority(request.class));
                self.untaken -= 1;
                if self.requests[id].executor == Executor::Accepted {
                    self.workers.leave_inside(worker, self.now);
                }
            }
            State::WaitingForThread => self.workers.stop_waiting_for_thread(worker, id, self.now),
            State::WaitingForTurn => self.workers[worker].stop_waiting(id),
            State::WaitingForCore => self.replicas.of_mut(worker).cores.give_up(id),
            State::Running => self.stop(id),
            State::WaitingForConnection(backend) => {
                if let Some(pool) = self.backends.pool_of(backend, worker) {
                    self.backends.stop_waiting(pool, id, self.now);
                }
            }
            State::Connecting(_) => self.give_up_opening(id),
            State::WaitingForBackend(backend) => self.backends[backend].give_up(id, self.now),
            State::Forked => {
                for branch in self.requests.more(id).map(|more| more.branches.clone()).unwrap_or_default() {
                    self.withdraw(branch);
                }
                self.book_withdrawn(id, state);
                for branch in std::mem::take(&mut self.requests.more_mut(id).branches) {
                    self.let_go(branch);
                    self.observer.on_branch_end(branch.0);
                    self.requests.add_branch_waits(id, branch, false);
                    self.requests.remove(branch);
                }
            }
            State::Waiting | State::BackingOff | State::Away => {}
        }
        let request = &mut self.requests[id];
        request.completion = EventId::default();
        self.book_withdrawn(id, state);
    }
}

/// The invariants that hold for every request that departs.
fn audit_departure(request: &Request, outcome: Outcome, now: SimTime) {
    let response_time = now - request.arrival;
    let booked = request.spent.iter().copied().sum();
    assert_eq!(response_time, booked, "the parts of request {} do not add up ({outcome:?})", request.number);
    if outcome == Outcome::Completed {
        assert!(response_time >= request.demand, "a request took less time than its demand");
    }
}
