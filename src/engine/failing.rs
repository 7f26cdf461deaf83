//! Faults: a slow backend, a backend that is down, workers that restart, fewer cores.

use crate::model::{BackendId, Failure, Fault, FaultKind, SimDuration, SimTime, Slowness};

use super::backends::Slower;
use super::event::{Event, EventId, FaultEdge, NEVER};
use super::observer::Observer;
use super::program::Instruction;
use super::requests::{Executor, More, RequestId, State};
use super::simulation::{RunCounts, Simulation};

/// The faults of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    states: Vec<FaultState>,
    /// How many edges of faults are still to come, and how many of them are of faults that repeat.
    pending: usize,
    repeating: usize,
    /// The time in which nothing could happen except repeating faults, if it has begun.
    quiet: Option<Quiet>,
}

#[derive(Clone, Debug)]
struct FaultState {
    fault: Fault,
    is_under_way: bool,
}

/// A time in which nothing can happen except repeating faults.
#[derive(Clone, Copy, Debug)]
struct Quiet {
    since: SimTime,
    /// How much had happened by then.
    happened: u64,
}

impl Faults {
    pub fn new(faults: &[Fault]) -> Self {
        let states = faults.iter().map(|fault| FaultState { fault: fault.clone(), is_under_way: false }).collect();
        Self { states, ..Self::default() }
    }

    /// When every repeating fault has begun and ended once more, if nothing else happens after `since`.
    fn all_have_been(&self, since: SimTime) -> SimTime {
        let repeating = || self.states.iter().filter_map(|state| Some((&state.fault, state.fault.every?)));
        let latest_start = repeating().map(|(fault, _)| fault.start()).fold(since, SimTime::max);
        let longest = repeating().map(|(_, every)| every).max().unwrap_or_default();
        latest_start + longest + longest
    }
}

impl<O: Observer> Simulation<O> {
    pub(super) fn schedule_faults(&mut self) {
        for place in 0..self.faults.states.len() {
            self.schedule_fault(place, self.faults.states[place].fault.start());
        }
    }

    /// Schedules a fault's beginning and its end.
    fn schedule_fault(&mut self, place: usize, start: SimTime) {
        let fault = &self.faults.states[place].fault;
        let end = start + fault.span;
        self.faults.pending += 2;
        self.faults.repeating += if fault.every.is_some() { 2 } else { 0 };
        let begins = 2 * place as u32;
        self.events.push(start, Event::Fault(FaultEdge(begins)));
        self.events.push(end, Event::Fault(FaultEdge(begins + 1)));
    }

    pub(super) fn on_fault(&mut self, edge: FaultEdge) {
        self.faults.pending -= 1;
        let begins = edge.0.is_multiple_of(2);
        let place = edge.0 as usize / 2;
        let FaultState { fault, is_under_way } = &mut self.faults.states[place];
        *is_under_way = begins;
        let (kind, every, span) = (fault.kind, fault.every, fault.span);
        match kind {
            FaultKind::Slow { backend, .. } => self.backends[backend].slower = self.slower(backend),
            FaultKind::Down { backend } => {
                if begins {
                    self.backends[backend].faults += 1;
                    self.repeat_calls(backend);
                    self.fail_all(Failure::BackendDown, |simulation, id| simulation.needs(id, backend));
                } else {
                    self.backends[backend].faults -= 1;
                }
            }
            FaultKind::Restart { replica, worker } => {
                self.workers_of(replica, worker).into_iter().for_each(|worker| self.restart(worker, begins));
            }
            FaultKind::Cores { .. } => (0..self.replicas.count()).for_each(|replica| self.set_cores(replica)),
        }
        (0..self.workers.count()).for_each(|worker| self.settle(worker));
        if let Some(every) = every {
            self.faults.repeating -= 1;
            if !begins {
                self.schedule_next(place, every - span);
            }
        }
    }

    /// A repeating fault has ended: schedules its next beginning, unless that is after the run, or nothing except
    /// faults will ever happen again.
    fn schedule_next(&mut self, place: usize, pause: SimDuration) {
        let start = self.now + pause;
        if start <= self.last_instant && start <= SimTime::MAX && !self.is_stuck() {
            self.schedule_fault(place, start);
        }
    }

    /// Whether every repeating fault has begun and ended without anything else happening: a deadlock, which no fault
    /// resolves.
    fn is_stuck(&mut self) -> bool {
        let is_quiet = self.faults.pending == self.faults.repeating && self.nothing_moves();
        let happened = self.what_happened();
        let before = self.faults.quiet.filter(|quiet| quiet.happened == happened);
        self.faults.quiet = is_quiet.then(|| before.unwrap_or(Quiet { since: self.now, happened }));
        self.faults.quiet.is_some_and(|quiet| self.now > self.faults.all_have_been(quiet.since))
    }

    /// Whether nothing will ever happen to any request again, and no horizon ends the run.
    pub(super) fn nothing_will_happen(&self) -> bool {
        self.horizon.is_none() && self.faults.pending == 0 && self.nothing_moves()
    }

    /// Whether nothing will happen to any request unless a fault begins or ends: none will arrive, no worker boots or will be
    /// started, and each request waits for others without a limit.
    fn nothing_moves(&self) -> bool {
        self.arrivals.next == NEVER
            && !self.lives.some_boot()
            && !self.needs_spares()
            && !self.acceptors.is_one_delayed()
            && self.nobody_thinks()
            && self.requests.ids().into_iter().all(|id| !self.moves_by_itself(id))
    }

    /// Whether a request goes on, or leaves, whatever others do.
    fn moves_by_itself(&self, id: RequestId) -> bool {
        let (request, more) = self.requests.with_more(id);
        if self.is_probe(id) || request.executor.is_no_request() && request.state == State::Away {
            return false;
        }
        let expires = |expiry: fn(&More) -> EventId| more.is_some_and(|more| expiry(more) != EventId::default());
        !request.is_abandoned && expires(|more| more.client_timeout)
            || match request.state {
                State::InBacklog => expires(|more| more.patience_end),
                State::WaitingForConnection(_) => expires(|more| more.acquire_timeout),
                State::WaitingForThread | State::WaitingForTurn | State::Forked => false,
                State::WaitingForCore
                | State::Running
                | State::Connecting(_)
                | State::WaitingForBackend(_)
                | State::Waiting
                | State::BackingOff
                | State::Away => true,
            }
    }

    /// A number that grows whenever a request arrives, departs, or begins or ends a phase.
    fn what_happened(&self) -> u64 {
        let RunCounts { departed, phase_events, .. } = &self.counts;
        self.arrivals.entered.wrapping_add(*departed).wrapping_add(*phase_events)
    }

    /// The faults under way.
    fn under_way(&self) -> impl Iterator<Item = &Fault> {
        self.faults.states.iter().filter(|state| state.is_under_way).map(|state| &state.fault)
    }

    /// How much longer a backend's queries take: the factors of simultaneous faults multiply, and the longest of their
    /// times applies.
    fn slower(&self, slow: BackendId) -> Option<Slower> {
        let faults = self.under_way().filter_map(|fault| match fault.kind {
            FaultKind::Slow { backend, by } if backend == slow => Some(by),
            FaultKind::Slow { .. } | FaultKind::Down { .. } | FaultKind::Restart { .. } | FaultKind::Cores { .. } => {
                None
            }
        });
        let slower = |by| match by {
            Slowness::Factor(factor) => Slower { factor: Some(factor), at_least: SimDuration::ZERO },
            Slowness::Time(time) => Slower { factor: None, at_least: time },
        };
        faults.map(slower).reduce(Slower::and)
    }

    /// Sets the number of a replica's cores to what the worst fault under way leaves, and to none while its CPU quota is used
    /// up.
    pub(super) fn set_cores(&mut self, number: u32) {
        let fewer = self.under_way().filter_map(|fault| match fault.kind {
            FaultKind::Cores { replica, cores } if replica.is_none_or(|replica| replica == number) => Some(cores),
            FaultKind::Cores { .. } | FaultKind::Slow { .. } | FaultKind::Down { .. } | FaultKind::Restart { .. } => {
                None
            }
        });
        let left = fewer.min().map_or(self.machine.cores, |cores| cores.min(self.machine.cores));
        let replica = &mut self.replicas[number];
        let cores = if replica.is_throttled() { 0 } else { left };
        let too_many = replica.cores.set_count(cores);
        if let Some(sharing) = &mut replica.sharing {
            sharing.set_units(cores, self.now);
            self.observer.on_shared_cores(number, cores, self.now);
            self.schedule_share_end(number);
            return;
        }
        for _ in 0..too_many {
            if let Some(last) = self.replicas[number].cores.last_to_run() {
                self.stop(last);
                self.enqueue_stopped(number, last);
            }
        }
        self.start_quanta(number);
    }

    /// The workers that a restart affects.
    fn workers_of(&self, replica: Option<u32>, worker: Option<u32>) -> Vec<u32> {
        (0..self.workers.count()).filter(|number| self.is_affected(*number, replica, worker)).collect()
    }

    /// Whether a worker is the one that a restart names.
    fn is_affected(&self, number: u32, replica: Option<u32>, worker: Option<u32>) -> bool {
        let of = self.replicas.of(number);
        replica.is_none_or(|replica| replica == of.number)
            && worker.is_none_or(|worker| worker == number - of.workers.start)
    }

    /// A worker goes down with all its requests, or comes up again unless another fault keeps it down. Nothing happens to one
    /// that does not run.
    fn restart(&mut self, worker: u32, begins: bool) {
        if self.lives.is_absent(worker) {
            return;
        }
        let is_down = self.is_down(worker);
        self.workers.set_up(worker, !is_down);
        if begins {
            self.begin_other_life(worker);
            self.fail_all(Failure::WorkerRestart, |simulation, id| simulation.is_inside(id, worker));
        } else if !is_down {
            self.wake_acceptor_if_any(worker);
        }
    }

    /// Whether a fault keeps a worker down.
    pub(super) fn is_down(&self, worker: u32) -> bool {
        self.under_way().any(|fault| match fault.kind {
            FaultKind::Restart { replica, worker: of_replica } => self.is_affected(worker, replica, of_replica),
            FaultKind::Slow { .. } | FaultKind::Down { .. } | FaultKind::Cores { .. } => false,
        })
    }

    /// Whether a request fails if its worker goes down.
    pub(super) fn is_inside(&self, id: RequestId, worker: u32) -> bool {
        let request = &self.requests[id];
        let is_taken = match request.state {
            State::InBacklog => request.executor == Executor::Accepted,
            State::Away => false,
            State::WaitingForThread
            | State::WaitingForTurn
            | State::WaitingForCore
            | State::Running
            | State::WaitingForConnection(_)
            | State::Connecting(_)
            | State::WaitingForBackend(_)
            | State::Waiting
            | State::BackingOff
            | State::Forked => true,
        };
        request.worker == worker && is_taken && !request.executor.is_no_request()
    }

    /// Whether a request waits for a backend or is served by it.
    fn needs(&self, id: RequestId, backend: BackendId) -> bool {
        let state = self.requests[id].state;
        let next = self.program.instruction(self.requests[id].next);
        let is_statement = matches!(next, Instruction::Statement { backend: asked, .. } if asked == backend);
        is_statement && state == State::Waiting
            || state == State::WaitingForConnection(backend)
            || state == State::Connecting(backend)
            || state == State::WaitingForBackend(backend)
            || self.requests.more(id).and_then(|more| more.served_by) == Some(backend)
    }

    /// A backend goes down: the calls of it that have attempts left make another one.
    fn repeat_calls(&mut self, backend: BackendId) {
        if !self.program.has_calls() {
            return;
        }
        let is_repeated = |id: &RequestId| self.needs(*id, backend) && self.has_attempts_left(*id);
        let mut ids: Vec<RequestId> = self.requests.ids().into_iter().filter(is_repeated).collect();
        ids.sort_unstable_by_key(|id| (self.requests[*id].entry, self.requests[*id].next));
        ids.into_iter().for_each(|id| self.end_attempt(id, Failure::BackendDown));
    }

    /// Fails all requests for which `fails` holds, or holds for one of their branches: in the order of arrival, each
    /// with the first such branch.
    pub(super) fn fail_all(&mut self, reason: Failure, fails: impl Fn(&Self, RequestId) -> bool) {
        let mut ids: Vec<RequestId> = self.requests.ids().into_iter().filter(|id| fails(self, *id)).collect();
        // A branch has the entry number of its request, and comes after it.
        ids.sort_unstable_by_key(|id| (self.requests[*id].entry, self.requests[*id].next));
        ids.dedup_by_key(|id| self.requests[*id].entry);
        ids.into_iter().for_each(|id| self.fail(id, reason));
    }
}
