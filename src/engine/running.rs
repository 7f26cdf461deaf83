//! Cores: which of the requests whose turn it is run.

use crate::model::{SimDuration, SimTime};

use super::event::{Event, EventId};
use super::observer::Observer;
use super::program::Instruction;
use super::requests::{Executor, RequestId, State};
use super::simulation::Simulation;

impl<O: Observer> Simulation<O> {
    /// A request whose turn it is asks for a core. The first that has to wait for one starts the quanta of the running
    /// requests: before that, no quantum matters.
    #[inline]
    pub(super) fn ask_for_core(&mut self, id: RequestId) {
        let worker = self.requests[id].worker;
        let replica = self.replicas.of_mut(worker);
        if replica.sharing.is_some() && !replica.is_throttled() {
            if self.is_hand_over_due(id) {
                self.hand_over(id);
            } else {
                self.give_share(id);
            }
            return;
        }
        let cores = &mut replica.cores;
        let was_contended = cores.is_contended();
        if !was_contended && cores.is_one_idle() {
            self.give_core(id, self.now);
            return;
        }
        if cores.has_goroutines() {
            self.ask_as_goroutine(id, was_contended);
            return;
        }
        cores.enqueue(id);
        self.fill_cores(worker);
        self.limit_running(id, was_contended);
    }

    /// A request has asked for a core: if it has to wait, the running requests do not keep theirs for ever.
    #[inline]
    pub(super) fn limit_running(&mut self, id: RequestId, was_contended: bool) {
        let worker = self.requests[id].worker;
        if self.replicas.of(worker).cores.is_contended() {
            if !was_contended {
                self.start_quanta(self.replicas.number_of(worker));
            }
            if self.machine.wake_preemption.is_some() {
                self.preempt_for(id);
            }
        }
    }

    /// Limits the running requests of a replica to a quantum, if others wait for a core.
    pub(super) fn start_quanta(&mut self, replica: u32) {
        if self.replicas[replica].cores.is_contended() {
            let mut place = 0;
            while let Some(running) = self.replicas[replica].cores.running_at(place) {
                self.schedule_quantum_end(running);
                place += 1;
            }
        }
    }

    /// A request that becomes ready takes the core of the request that has run longest, if that is long enough.
    fn preempt_for(&mut self, id: RequestId) {
        let Some(long_enough) = self.machine.wake_preemption else { return };
        let worker = self.requests[id].worker;
        let cores = &mut self.replicas.of_mut(worker).cores;
        if let Some(longest) = cores.first_to_run()
            && self.now - self.requests[longest].on_core_since >= long_enough
        {
            cores.give_up(id);
            cores.enqueue_first(id);
            self.stop(longest);
            self.replicas.of_mut(worker).cores.enqueue(longest);
            self.fill_cores(worker);
        }
    }

    /// Gives idle cores of a worker's replica to the requests that wait for one.
    #[inline]
    pub(super) fn fill_cores(&mut self, worker: u32) {
        while let Some(id) = self.replicas.of_mut(worker).cores.next() {
            self.give_core(id, self.replicas.of(worker).cores.turn_since(self.now));
        }
    }

    /// Puts a request on an idle core, unless it is due to hand over its turn. Its quantum began at `since`.
    #[inline]
    fn give_core(&mut self, id: RequestId, since: SimTime) {
        if self.is_hand_over_due(id) {
            self.hand_over(id);
        } else {
            let worker = self.requests[id].worker;
            let place = self.replicas.of_mut(worker).cores.occupy(id);
            self.counts.busy_cores.rise(self.now);
            self.note_busy_cores(worker);
            self.note_core_taken(id);
            self.run(id, place, since, self.machine.context_switch);
        }
    }

    /// Lets a request run on a core that its thread or loop has had since `on_core_since`; the switch to it costs
    /// `switch_cost`.
    #[inline(always)]
    fn run(&mut self, id: RequestId, place: u32, on_core_since: SimTime, switch_cost: SimDuration) {
        self.book_run_queue_wait(id);
        self.release_on_running(id);
        let burst = self.burst(id);
        let request = &mut self.requests[id];
        request.state = State::Running;
        request.running_place = place;
        request.on_core_since = on_core_since;
        request.switch_cost = switch_cost;
        request.burst_end = self.now + switch_cost + burst;
        request.completion = self.events.push(request.burst_end, Event::BurstEnd(id));
        let worker = request.worker;
        if self.replicas.of(worker).cores.is_contended() {
            self.schedule_quantum_end(id);
        }
    }

    /// The rest of a request's burst: its CPU phases up to the next wait.
    #[inline(always)]
    pub(super) fn burst(&mut self, id: RequestId) -> SimDuration {
        let (request, demands) = self.requests.with_demands(id);
        let (mut place, mut burst) = (request.next, SimDuration::ZERO);
        while let Instruction::Cpu(_) = self.program.next_step(&mut place, request.first, demands) {
            burst += demands[(place - request.first) as usize];
            place += 1;
        }
        burst
    }

    /// Schedules the end of a running request's quantum, if its burst does not end first.
    pub(super) fn schedule_quantum_end(&mut self, id: RequestId) {
        let request = &mut self.requests[id];
        let cores = &self.replicas.of(request.worker).cores;
        let time = cores.quantum_end(request.on_core_since, self.now, self.expiries_are_over);
        if time < request.burst_end {
            request.quantum_end = self.events.push_expiry(time, Event::QuantumEnd(id));
        }
    }

    pub(super) fn on_quantum_end(&mut self, id: RequestId, event: EventId) {
        let worker = self.requests[id].worker;
        if self.requests[id].quantum_end != event || !self.replicas.of(worker).cores.is_contended() {
            return;
        }
        self.stop(id);
        self.enqueue_stopped(self.replicas.number_of(worker), id);
        self.fill_cores(worker);
    }

    /// Takes a running request off its core before its burst has ended; it will wait for a core again, or leave.
    pub(super) fn stop(&mut self, id: RequestId) {
        self.book_burst(id);
        let request = &mut self.requests[id];
        request.state = State::WaitingForCore;
        request.completion = EventId::default();
        request.quantum_end = EventId::default();
        let (worker, place) = (request.worker, request.running_place);
        self.note_core_released(id);
        self.release_core(worker, place);
        self.schedule_held_back(worker);
    }

    #[inline(always)]
    fn release_core(&mut self, worker: u32, place: u32) {
        let replica = self.replicas.of_mut(worker);
        if replica.sharing.is_some() {
            self.schedule_share_end(self.replicas.number_of(worker));
            return;
        }
        if let Some(moved) = replica.cores.release(place) {
            self.requests[moved].running_place = place;
        }
        self.counts.busy_cores.fall(self.now);
        self.note_busy_cores(worker);
    }

    /// Another number of cores of a worker's replica is busy from now on.
    #[inline]
    fn note_busy_cores(&mut self, worker: u32) {
        let replica = self.replicas.of_mut(worker);
        replica.note_busy_cores(self.now);
        if replica.quota.is_some() {
            self.recount_quota(self.replicas.number_of(worker));
        }
    }

    pub(super) fn on_burst_end(&mut self, id: RequestId, event: EventId) {
        if self.requests[id].completion == event {
            self.end_burst(id);
        }
    }

    #[inline]
    pub(super) fn end_burst(&mut self, id: RequestId) {
        self.book_burst(id);
        let request = &mut self.requests[id];
        request.quantum_end = EventId::default();
        request.state = State::Waiting;
        let (worker, place, on_core_since) = (request.worker, request.running_place, request.on_core_since);
        let mut next = self.program.instruction(request.next);
        if is_inside_burst(next) {
            if self.goes_on(id) {
                self.go_on(id, place, on_core_since);
                return;
            }
            next = self.program.instruction(self.requests[id].next);
        }
        self.note_core_released(id);
        let keeps_turn = match next {
            Instruction::Wait { blocking, .. }
            | Instruction::Call { blocking, .. }
            | Instruction::Connect { blocking, .. }
            | Instruction::Hold { blocking, .. }
            | Instruction::Statement { blocking, .. }
            | Instruction::Fork { blocking, .. } => blocking,
            Instruction::Cpu(_)
            | Instruction::Release { .. }
            | Instruction::Maybe { .. }
            | Instruction::HandOff
            | Instruction::HandBack
            | Instruction::Yield
            | Instruction::Respond
            | Instruction::Depart => false,
        };
        let keeps_core = self.rules.keeps_core
            && !keeps_turn
            && self.replicas.of(worker).sharing.is_none()
            && self.requests[id].executor != Executor::Client;
        if !keeps_core {
            self.replicas.of_mut(worker).cores.note_parked(on_core_since, self.now);
            self.release_core(worker, place);
        }
        if !keeps_turn {
            self.end_turn(id);
        }
        self.pass_connection_on(id);
        match self.requests[id].executor {
            Executor::Acceptor => self.accept_next(id),
            Executor::Client => return self.end_client_work(id),
            Executor::Loop if next == Instruction::HandOff => self.hand_off(id),
            Executor::Loop => {
                if !keeps_turn {
                    self.leave_loop(id);
                }
                self.proceed(id);
            }
            Executor::Only | Executor::Thread | Executor::Accepted => self.proceed(id),
        }
        self.admit(worker);
        if keeps_core {
            match self.next_turn(worker) {
                Some(next) if self.needs_core(next) => {
                    self.replicas.of_mut(worker).cores.pass_on(place, next);
                    self.note_core_taken(next);
                    self.run(next, place, on_core_since, SimDuration::ZERO);
                    return;
                }
                next => {
                    self.release_core(worker, place);
                    next.into_iter().for_each(|next| self.start_blocking_wait(next));
                }
            }
        }
        self.start_turns(worker);
        self.fill_cores(worker);
    }

    /// What a request does between two parts of its burst: its response goes out, it takes an idle connection, or
    /// another request of its worker runs first if one is ready. Returns whether it continues with the next part at
    /// once.
    fn goes_on(&mut self, id: RequestId) -> bool {
        loop {
            let request = &mut self.requests[id];
            match self.program.instruction(request.next) {
                Instruction::Cpu(_) => return true,
                Instruction::Respond => self.respond(id),
                Instruction::Maybe { .. } => self.decide(id),
                Instruction::Yield => {
                    request.next += 1;
                    if !self.workers[request.worker].run_queue.is_empty() {
                        return false;
                    }
                }
                Instruction::Connect { backend, .. } => {
                    if !self.connects_at_once(id, backend) {
                        return false;
                    }
                    self.requests[id].next += 1;
                }
                Instruction::Hold { backend, once, .. } => {
                    if !self.holds_at_once(id, backend, once) {
                        return false;
                    }
                    self.requests[id].next += 1;
                }
                Instruction::Release { backend } => self.end_hold(id, backend),
                Instruction::Wait { .. }
                | Instruction::Call { .. }
                | Instruction::Statement { .. }
                | Instruction::Fork { .. }
                | Instruction::HandOff
                | Instruction::HandBack
                | Instruction::Depart => return false,
            }
        }
    }

    /// A request continues with the next part of its burst, on its core.
    fn go_on(&mut self, id: RequestId, place: u32, on_core_since: SimTime) {
        if self.replicas.of(self.requests[id].worker).sharing.is_some() {
            self.give_share(id);
        } else {
            self.run(id, place, on_core_since, SimDuration::ZERO);
        }
    }
}

/// Whether a step takes no time if a request comes to it in the middle of a burst, or may take none.
const fn is_inside_burst(step: Instruction) -> bool {
    match step {
        Instruction::Yield
        | Instruction::Respond
        | Instruction::Connect { .. }
        | Instruction::Hold { .. }
        | Instruction::Release { .. } => true,
        Instruction::Cpu(_)
        | Instruction::Maybe { .. }
        | Instruction::Wait { .. }
        | Instruction::Call { .. }
        | Instruction::Statement { .. }
        | Instruction::Fork { .. }
        | Instruction::HandOff
        | Instruction::HandBack
        | Instruction::Depart => false,
    }
}
