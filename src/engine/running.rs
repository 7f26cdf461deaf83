//! Turns and cores: which requests of a worker may run, and which of those have a core.

use crate::model::{Place, SimDuration, SimTime};

use super::event::{Event, EventId, Nobody, WorkerId};
use super::program::Instruction;
use super::recorder::Observer;
use super::requests::{Lane, RequestId, State};
use super::sharing::Share;
use super::simulation::Simulation;

impl<O: Observer> Simulation<O> {
    /// A request has CPU work to do: it waits for its turn, or, if it kept it, for a core.
    #[inline(always)]
    pub(super) fn make_ready(&mut self, id: RequestId) {
        let request = &mut self.requests[id];
        let worker = request.worker;
        if request.holds_turn {
            request.state = State::WaitingForCore;
            self.ask_for_core(id);
            return;
        }
        request.state = State::WaitingForTurn;
        if request.lane == Lane::Loop {
            let worker = &mut self.workers[worker];
            if worker.loop_request.is_some() {
                worker.loop_queue.push_back(id);
                return;
            }
            worker.loop_request = Some(id);
        }
        self.workers[worker].run_queue.push_back(id);
    }

    /// The loop beside threads is done with a request: it turns to the next.
    pub(super) fn leave_loop(&mut self, id: RequestId) {
        let worker = &mut self.workers[self.requests[id].worker];
        if worker.loop_request == Some(id) {
            worker.loop_request = worker.loop_queue.pop_front();
            if let Some(next) = worker.loop_request {
                worker.run_queue.push_back(next);
                if self.observer.watches_segments() {
                    self.requests.more_mut(next).loop_since = Some(self.now);
                }
            }
        }
    }

    /// Gives free turns of a worker to its ready requests, and sees to it that a turn ends while others are ready.
    #[inline]
    pub(super) fn start_turns(&mut self, worker: u32) {
        while let Some(id) = self.next_turn(worker) {
            if self.needs_core(id) {
                self.ask_for_core(id);
            } else {
                self.start_blocking_wait(id);
            }
        }
        self.schedule_hand_over(worker);
    }

    /// Whether a request whose turn it is has work to do; otherwise it is to block its turn with a wait.
    #[inline]
    fn needs_core(&self, id: RequestId) -> bool {
        let next = self.program.instruction(self.requests[id].next);
        let is_wait = matches!(
            next,
            Instruction::Wait { .. }
                | Instruction::Connect { .. }
                | Instruction::Statement { .. }
                | Instruction::Fork { .. }
        );
        !is_wait || self.requests[id].lane == Lane::Acceptor
    }

    /// A request whose turn it is blocks it. Where its backend is down it fails at once, and leaves its slot to another.
    fn start_blocking_wait(&mut self, id: RequestId) {
        let worker = self.requests[id].worker;
        self.book_turn_wait(id);
        self.requests[id].state = State::Waiting;
        self.proceed(id);
        self.admit(worker);
    }

    /// Gives a free turn of a worker to the first of its ready requests.
    #[inline(always)]
    fn next_turn(&mut self, worker: u32) -> Option<RequestId> {
        let id = self.workers.next_turn(worker, self.now)?;
        self.counts.turns_taken.rise(self.now);
        let request = &mut self.requests[id];
        request.holds_turn = true;
        request.turn_since = self.now;
        request.state = State::WaitingForCore;
        Some(id)
    }

    #[inline(always)]
    pub(super) fn end_turn(&mut self, id: RequestId) {
        let request = &mut self.requests[id];
        request.holds_turn = false;
        self.workers.end_turn(request.worker, self.now);
        self.counts.turns_taken.fall(self.now);
    }

    /// The first in the run queue asks for the turn an interval after it began to wait or the turn was last passed on.
    #[inline(always)]
    fn schedule_hand_over(&mut self, worker: u32) {
        let Some(interval) = self.rules.hand_over_interval else { return };
        let state = &self.workers[worker];
        let Some(first) = state.run_queue.front() else { return };
        if state.hand_over == EventId::default() && !state.hand_over_due {
            let time = self.requests[*first].since.max(state.last_hand_over) + interval;
            // One that has long waited for the loop may enter the run queue only now.
            let time = time.max(self.now);
            self.workers[worker].hand_over = self.events.push_expiry(time, Event::HandOver(WorkerId(worker)));
        }
    }

    pub(super) fn on_hand_over(&mut self, worker: u32, id: EventId) {
        if self.workers[worker].hand_over != id {
            return;
        }
        self.workers[worker].hand_over = EventId::default();
        match self.running_in(worker) {
            Some(running) => {
                self.stop(running);
                self.hand_over(running);
            }
            None => self.workers[worker].hand_over_due = true,
        }
        self.fill_cores();
    }

    /// A request of that worker that has a core, or a share of one.
    fn running_in(&self, worker: u32) -> Option<RequestId> {
        let is_in = |id: &RequestId| self.requests[*id].worker == worker;
        match &self.sharing {
            Some(sharing) => sharing.running().find(is_in),
            None => self.cores.running().iter().copied().find(is_in),
        }
    }

    /// Whether a request whose turn it is has been asked to give it away when it next gets a core.
    #[inline]
    fn is_hand_over_due(&self, id: RequestId) -> bool {
        self.workers[self.requests[id].worker].hand_over_due
    }

    /// A request that is on no core gives its turn away and queues for it again.
    fn hand_over(&mut self, id: RequestId) {
        let worker = self.requests[id].worker;
        self.book_run_queue_wait(id);
        self.end_turn(id);
        self.requests[id].state = State::WaitingForTurn;
        self.workers[worker].run_queue.push_back(id);
        self.start_turns(worker);
    }

    /// A request whose turn it is asks for a core. The first that has to wait for one starts the clock of those that
    /// run: nobody's quantum matters before.
    #[inline]
    fn ask_for_core(&mut self, id: RequestId) {
        if self.sharing.is_some() {
            if self.is_hand_over_due(id) {
                self.hand_over(id);
            } else {
                self.give_share(id);
            }
            return;
        }
        let was_contended = self.cores.is_contended();
        if !was_contended && self.cores.is_one_idle() {
            self.give_core(id);
            return;
        }
        self.cores.enqueue(id);
        self.fill_cores();
        if self.cores.is_contended() {
            if !was_contended {
                self.start_quanta();
            }
            if self.machine.wake_preemption.is_some() {
                self.preempt_for(id);
            }
        }
    }

    /// Those that run do so for a quantum at most, if others wait for a core.
    pub(super) fn start_quanta(&mut self) {
        if self.cores.is_contended() {
            for place in 0..self.cores.running().len() {
                self.schedule_quantum_end(self.cores.running()[place]);
            }
        }
    }

    /// One that becomes ready takes the core of the one that has run longest, if that is long enough.
    fn preempt_for(&mut self, id: RequestId) {
        let Some(long_enough) = self.machine.wake_preemption else { return };
        if let Some(longest) = self.cores.first_to_run()
            && self.now - self.requests[longest].on_core_since >= long_enough
        {
            self.cores.give_up(id);
            self.cores.enqueue_first(id);
            self.stop(longest);
            self.cores.enqueue(longest);
            self.fill_cores();
        }
    }

    /// Puts those who wait for a core on the idle ones.
    #[inline]
    pub(super) fn fill_cores(&mut self) {
        while let Some(id) = self.cores.next() {
            self.give_core(id);
        }
    }

    /// Puts a request on an idle core, unless it has been asked to hand its turn over.
    #[inline]
    fn give_core(&mut self, id: RequestId) {
        if self.is_hand_over_due(id) {
            self.hand_over(id);
        } else {
            let place = self.cores.occupy(id);
            self.counts.busy_cores.rise(self.now);
            self.run(id, place, self.now, self.machine.context_switch);
        }
    }

    /// Lets a request run on a core that its thread or loop has had since `on_core_since`; it costs `switch_cost` before.
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
        if self.cores.is_contended() {
            self.schedule_quantum_end(id);
        }
    }

    /// What is left of a request's burst: its CPU phases up to the next wait.
    #[inline(always)]
    fn burst(&mut self, id: RequestId) -> SimDuration {
        let (request, demands) = self.requests.with_demands(id);
        let steps = self.program.from(request.next).iter().zip(&demands[request.next_demand()..]);
        let cpu = steps.take_while(|(instruction, _)| matches!(instruction, Instruction::Cpu(_)));
        cpu.map(|(_, demand)| *demand).sum()
    }

    /// Lets a request share the cores.
    fn give_share(&mut self, id: RequestId) {
        self.book_run_queue_wait(id);
        self.release_on_running(id);
        let burst = self.burst(id);
        let (now, cost) = (self.now, self.machine.context_switch);
        if let Some(sharing) = &mut self.sharing {
            let share = sharing.join(id, burst + cost, now);
            self.requests.more_mut(id).share = Some(share);
            self.requests[id].state = State::Running;
            self.requests[id].switch_cost = cost;
        }
        self.schedule_share_end();
    }

    pub(super) fn schedule_share_end(&mut self) {
        if let Some(sharing) = &mut self.sharing {
            self.counts.busy_cores.set(self.now, sharing.busy());
            sharing.next_end = match sharing.first_end() {
                Some(time) => self.events.push(time, Event::ShareEnd(Nobody::default())),
                None => EventId::default(),
            };
        }
    }

    /// Takes a request out of those that share the cores; returns the CPU time it got.
    pub(super) fn leave_share(&mut self, id: RequestId, share: Share) -> SimDuration {
        self.requests.more_mut(id).share = None;
        self.sharing.as_mut().map_or(SimDuration::ZERO, |sharing| sharing.leave(share, self.now))
    }

    pub(super) fn on_share_end(&mut self, event: EventId) {
        if self.sharing.as_ref().is_none_or(|sharing| sharing.next_end != event) {
            return;
        }
        while let Some(id) = self.sharing.as_mut().and_then(|sharing| sharing.ended(self.now)) {
            self.end_burst(id);
        }
        self.schedule_share_end();
    }

    /// Schedules the end of a running request's quantum, if its burst does not end before.
    fn schedule_quantum_end(&mut self, id: RequestId) {
        let request = &mut self.requests[id];
        let time = self.cores.quantum_end(request.on_core_since, self.now, self.expiries_are_over);
        if time < request.burst_end {
            request.quantum_end = self.events.push_expiry(time, Event::QuantumEnd(id));
        }
    }

    pub(super) fn on_quantum_end(&mut self, id: RequestId, event: EventId) {
        if self.requests[id].quantum_end != event || !self.cores.is_contended() {
            return;
        }
        self.stop(id);
        self.cores.enqueue(id);
        self.fill_cores();
    }

    /// Takes a running request off its core before its burst has ended; it is then to wait for one, or to end.
    pub(super) fn stop(&mut self, id: RequestId) {
        self.book_burst(id);
        let request = &mut self.requests[id];
        request.state = State::WaitingForCore;
        request.completion = EventId::default();
        request.quantum_end = EventId::default();
        let place = request.running_place;
        self.release_core(place);
    }

    #[inline(always)]
    fn release_core(&mut self, place: u32) {
        if self.sharing.is_some() {
            self.schedule_share_end();
            return;
        }
        if let Some(moved) = self.cores.release(place) {
            self.requests[moved].running_place = place;
        }
        self.counts.busy_cores.fall(self.now);
    }

    pub(super) fn on_burst_end(&mut self, id: RequestId, event: EventId) {
        if self.requests[id].completion == event {
            self.end_burst(id);
        }
    }

    #[inline]
    fn end_burst(&mut self, id: RequestId) {
        self.book_burst(id);
        let request = &mut self.requests[id];
        request.quantum_end = EventId::default();
        request.state = State::Waiting;
        let (worker, place, on_core_since) = (request.worker, request.running_place, request.on_core_since);
        let mut next = self.program.instruction(request.next);
        if matches!(next, Instruction::Yield | Instruction::Respond | Instruction::Connect { .. }) {
            if self.goes_on(id) {
                self.go_on(id, place, on_core_since);
                return;
            }
            next = self.program.instruction(self.requests[id].next);
        }
        let keeps_turn = match next {
            Instruction::Wait { blocking, .. }
            | Instruction::Connect { blocking, .. }
            | Instruction::Statement { blocking, .. }
            | Instruction::Fork { blocking, .. } => blocking,
            Instruction::Cpu(_)
            | Instruction::HandOff
            | Instruction::HandBack
            | Instruction::Yield
            | Instruction::Respond
            | Instruction::Depart => false,
        };
        let keeps_core = self.rules.keeps_core && !keeps_turn && self.sharing.is_none();
        if !keeps_core {
            self.release_core(place);
        }
        if !keeps_turn {
            self.end_turn(id);
        }
        self.pass_connection_on(id);
        match self.requests[id].lane {
            Lane::Acceptor => self.accept_next(id),
            Lane::Loop if next == Instruction::HandOff => self.hand_off(id),
            Lane::Loop => {
                if !keeps_turn {
                    self.leave_loop(id);
                }
                self.proceed(id);
            }
            Lane::Only | Lane::Thread | Lane::Accepted => self.proceed(id),
        }
        self.admit(worker);
        if keeps_core {
            match self.next_turn(worker) {
                Some(next) if self.needs_core(next) => {
                    self.cores.pass_on(place, next);
                    self.run(next, place, on_core_since, SimDuration::ZERO);
                    return;
                }
                next => {
                    self.release_core(place);
                    next.into_iter().for_each(|next| self.start_blocking_wait(next));
                }
            }
        }
        self.start_turns(worker);
        self.fill_cores();
    }

    /// What a request does between two parts of its burst: its response goes out, it takes an idle connection, or another of
    /// its worker runs first if one is ready. Whether it goes on to the next part at once.
    fn goes_on(&mut self, id: RequestId) -> bool {
        loop {
            let request = &mut self.requests[id];
            match self.program.instruction(request.next) {
                Instruction::Cpu(_) => return true,
                Instruction::Respond => self.respond(id),
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
                Instruction::Wait { .. }
                | Instruction::Statement { .. }
                | Instruction::Fork { .. }
                | Instruction::HandOff
                | Instruction::HandBack
                | Instruction::Depart => return false,
            }
        }
    }

    /// A request goes on with the next part of its burst, on the core that it has.
    fn go_on(&mut self, id: RequestId, place: u32, on_core_since: SimTime) {
        if self.sharing.is_some() {
            self.give_share(id);
        } else {
            self.run(id, place, on_core_since, SimDuration::ZERO);
        }
    }

    /// A thread hands a request back to the loop beside it, and is free.
    pub(super) fn hand_back(&mut self, id: RequestId) {
        let request = &mut self.requests[id];
        request.next += 1;
        request.lane = Lane::Loop;
        let worker = request.worker;
        self.workers.free_thread(worker, self.now);
        self.proceed(id);
    }

    /// The loop hands a request to one of the threads beside it.
    fn hand_off(&mut self, id: RequestId) {
        self.leave_loop(id);
        let request = &mut self.requests[id];
        request.next += 1;
        request.lane = Lane::Thread;
        request.state = State::WaitingForThread;
        self.workers.wait_for_thread(request.worker, id, self.now);
    }

    /// Idle threads beside a loop take the requests that wait for one.
    #[inline]
    pub(super) fn fill_threads(&mut self, worker: u32) {
        while let Some(id) = self.workers.next_for_thread(worker, self.now) {
            self.book_wait(id, Place::Threads);
            self.requests[id].state = State::Waiting;
            self.proceed(id);
        }
    }
}
