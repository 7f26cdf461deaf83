//! Turns: which requests of a worker may run.

use super::event::{Event, EventId, NEVER, WorkerId};
use super::observer::Observer;
use super::occupancy::Unit;
use super::program::Instruction;
use super::requests::{Executor, RequestId, State};
use super::simulation::Simulation;
use crate::model::SimTime;

impl<O: Observer> Simulation<O> {
    /// A request has CPU work to do: it waits for its turn or, if it has kept it, for a core.
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
        if request.executor == Executor::Loop {
            let state = &mut self.workers[worker];
            if state.loop_request.is_some() {
                state.loop_queue.push_back(id);
                return;
            }
            state.loop_request = Some(id);
            state.loop_since = self.now;
            self.note_taken(id, Unit::Loop(worker));
            self.begin_silence(worker, false);
        }
        self.workers[worker].run_queue.push_back(id);
    }

    /// The loop of a worker with a thread pool is done with a request: it turns to the next.
    pub(super) fn leave_loop(&mut self, id: RequestId) {
        let number = self.requests[id].worker;
        let worker = &mut self.workers[number];
        if worker.loop_request == Some(id) {
            worker.loop_request = worker.loop_queue.pop_front();
            let next = worker.loop_request;
            self.note_released(id, Unit::Loop(number));
            if let Some(next) = next {
                let worker = &mut self.workers[number];
                worker.run_queue.push_back(next);
                worker.loop_since = self.now;
                self.note_taken(next, Unit::Loop(number));
                self.begin_silence(number, false);
            } else {
                self.end_silence(number, false);
            }
        }
    }

    /// Gives free turns of a worker to its ready requests, and makes sure that a turn ends while others are ready.
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

    /// Whether a request whose turn it is has work to do; if not, it blocks its turn with a wait.
    #[inline]
    pub(super) fn needs_core(&self, id: RequestId) -> bool {
        let next = self.program.instruction(self.requests[id].next);
        let is_wait = matches!(
            next,
            Instruction::Wait { .. }
                | Instruction::Call { .. }
                | Instruction::Connect { .. }
                | Instruction::Hold { .. }
                | Instruction::Statement { .. }
                | Instruction::Fork { .. }
        );
        !is_wait || self.requests[id].executor == Executor::Acceptor || self.is_woken(id)
    }

    /// A request whose turn it is blocks it with a wait. If its backend is down it fails at once, and frees its slot.
    pub(super) fn start_blocking_wait(&mut self, id: RequestId) {
        let worker = self.requests[id].worker;
        self.book_turn_wait(id);
        self.requests[id].state = State::Waiting;
        self.proceed(id);
        self.admit(worker);
    }

    /// Gives a free turn of a worker to the first of its ready requests.
    #[inline(always)]
    pub(super) fn next_turn(&mut self, worker: u32) -> Option<RequestId> {
        loop {
            let id = self.workers.next_turn(worker, self.now)?;
            let request = &mut self.requests[id];
            if request.executor != Executor::Client {
                self.counts.turns_taken.rise(self.now);
            }
            request.holds_turn = true;
            request.turn_since = self.now;
            request.state = State::WaitingForCore;
            self.note_taken(id, Unit::Turn(worker));
            self.begin_silence(worker, true);
            if !self.gives_way(id) {
                return Some(id);
            }
        }
    }

    #[inline(always)]
    pub(super) fn end_turn(&mut self, id: RequestId) {
        let request = &mut self.requests[id];
        request.holds_turn = false;
        let worker = request.worker;
        self.workers.end_turn(worker, self.now);
        self.note_released(id, Unit::Turn(worker));
        if self.requests[id].executor != Executor::Client {
            self.counts.turns_taken.fall(self.now);
        }
        self.end_silence(worker, true);
    }

    /// The first request in the run queue asks for the turn, an interval after it began to wait or the turn was last
    /// handed over.
    #[inline(always)]
    fn schedule_hand_over(&mut self, worker: u32) {
        let Some(interval) = self.rules.hand_over_interval else { return };
        let state = &self.workers[worker];
        let Some(first) = state.run_queue.front() else { return };
        if state.hand_over == EventId::default() && !state.hand_over_due {
            let time = self.requests[*first].since.max(state.last_hand_over) + interval;
            // A request that has waited long for the loop may enter the run queue only now.
            let time = time.max(self.now);
            self.workers[worker].hand_over = self.events.push_expiry(time, Event::HandOver(WorkerId(worker)));
        }
    }

    /// The burst of a request does not end as expected: the hand-over of its worker may come before.
    pub(super) fn schedule_held_back(&mut self, worker: u32) {
        let state = &mut self.workers[worker];
        state.busy_until = SimTime::ZERO;
        if state.hand_over == EventId::of(state.held_back) {
            self.events.push_expiry_key(std::mem::replace(&mut state.held_back, NEVER));
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
        self.fill_cores(worker);
    }

    /// A request of that worker that has a core, or a share of one.
    pub(super) fn running_in(&self, worker: u32) -> Option<RequestId> {
        let is_in = |id: &RequestId| self.requests[*id].worker == worker;
        let replica = self.replicas.of(worker);
        match &replica.sharing {
            Some(sharing) => sharing.running().find(is_in),
            None => replica.cores.running().find(is_in),
        }
    }

    /// Whether a request has to hand over its turn when it next gets a core.
    #[inline]
    pub(super) fn is_hand_over_due(&self, id: RequestId) -> bool {
        self.rules.hand_over_interval.is_some() && self.workers[self.requests[id].worker].hand_over_due
    }

    /// A request that is on no core gives up its turn and queues for it again.
    pub(super) fn hand_over(&mut self, id: RequestId) {
        let worker = self.requests[id].worker;
        self.book_run_queue_wait(id);
        self.end_turn(id);
        self.requests[id].state = State::WaitingForTurn;
        self.workers[worker].run_queue.push_back(id);
        self.start_turns(worker);
    }
}
