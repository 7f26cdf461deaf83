//! A shortcut: all events happen, and their handlers leave out what the run does not have.
//!
//! Requests compute and wait; they queue for a worker, a turn and a core, and for nothing else. So the three events that
//! make up most of a run need not ask about pools, limits, quotas and so on. Everything is kept where the event loop
//! keeps it: any other event has the handler that it always has, and so has what happens rarely.

use crate::engine::departure::{Departure, Outcome};
use crate::engine::event::{Event, EventId, WorkerId};
use crate::engine::observer::{Entrance, Observer};
use crate::engine::program::{DrawnRequest, Instruction};
use crate::engine::requests::{Request, RequestId, State};
use crate::engine::simulation::Simulation;
use crate::model::{Activity, Place, SimDuration, SimTime};

/// The number of the only replica, and of its backlog.
const ONLY: u32 = 0;

impl<O: Observer> Simulation<O> {
    /// Goes on for at most `steps` events; false once the run is over.
    pub(in crate::engine) fn go_directly(&mut self, steps: u64) -> bool {
        let goes_on = self.step_directly(steps);
        self.report();
        goes_on
    }

    fn step_directly(&mut self, steps: u64) -> bool {
        for _ in 0..steps {
            let Some((id, event)) = self.next_event() else { return false };
            match event {
                Event::BurstEnd(request) => self.on_burst_end_directly(request, id),
                Event::WaitEnd(request) => self.on_wait_end_directly(request, id),
                Event::Arrival(_) => self.on_arrival_directly(),
                Event::HandOver(worker) => self.on_hand_over_directly(worker.0, id),
                Event::QuantumEnd(request) => self.on_quantum_end_directly(request, id),
                other => self.handle(other, id),
            }
            if cfg!(debug_assertions) && self.is_audited() {
                self.audit();
            }
        }
        true
    }

    fn on_arrival_directly(&mut self) {
        let Some(intake) = &self.arrivals.intake else { return };
        let DrawnRequest { class, demand } = intake.next_request();
        let (number, entry) = (self.arrivals.arrived, self.arrivals.entered);
        let mut request = Request::new(number, entry, self.now, class, self.program.first(class));
        request.demand = demand;
        let id = self.requests.insert(request);
        intake.fill_demands(self.requests.with_demands(id).1.iter_mut());
        self.pass_arrivals(1);
        self.arrivals.arrived += 1;
        self.arrivals.entered += 1;
        self.counts.in_system.rise(self.now);
        let counts = u64::from(self.is_counted(self.now));
        self.counts.classes[usize::from(class.0)].arrived += counts;
        self.counts.warm_up_requests += 1 - counts;
        if !self.clients.timeouts.is_empty() {
            self.schedule_client_timeout(id);
        }
        // While others wait, no worker has a free slot.
        let free = if self.untaken > 0 { None } else { self.workers.with_free_slot(&self.replicas[ONLY].workers) };
        match free {
            Some(worker) => {
                self.take_directly(id, worker);
                self.proceed_directly(id);
            }
            None => {
                self.wait_in_backlog(id, ONLY as usize);
            }
        }
        self.check_room();
    }

    /// A worker takes a request into a free slot.
    #[inline(always)]
    fn take_directly(&mut self, id: RequestId, worker: u32) {
        let request = &mut self.requests[id];
        let counts = request.arrival >= self.warm_up;
        request.worker = worker;
        request.state = State::Waiting;
        request.spend(Activity::BacklogWait, self.now - request.since);
        self.workers.take_slot(worker, self.now, counts);
        self.counts.slots_taken.rise(self.now);
    }

    fn on_wait_end_directly(&mut self, id: RequestId, event: EventId) {
        let request = &mut self.requests[id];
        if request.completion != event {
            return;
        }
        if let Instruction::Wait { backend, .. } = self.program.instruction(request.next) {
            request.spend(Instruction::wait_activity(backend), self.now - request.since);
        }
        request.next += 1;
        self.counts.phase_events += 1;
        self.proceed_directly(id);
    }

    /// Continues with the next step of a request that was off the CPU.
    #[inline(always)]
    fn proceed_directly(&mut self, id: RequestId) {
        let request = &self.requests[id];
        let (worker, holds_turn) = (request.worker, request.holds_turn);
        let step = self.program.instruction(request.next);
        match (step, holds_turn) {
            (Instruction::Cpu(_), false) => self.ask_for_turn_directly(id, worker),
            (Instruction::Cpu(_), true) => self.ask_for_core_again_directly(id, worker),
            (Instruction::Wait { blocking, .. }, _) if blocking == holds_turn => self.wait_directly(id),
            // What happens once for each request, if at all.
            _ => {
                self.proceed(id);
                self.settle(worker);
            }
        }
    }

    #[inline(always)]
    fn wait_directly(&mut self, id: RequestId) {
        self.counts.phase_events += 1;
        let (request, demands) = self.requests.with_known_demands(id);
        let end = self.now + demands.at(request.next_demand());
        request.state = State::Waiting;
        request.completion = self.events.push(end, Event::WaitEnd(id));
    }

    /// A request that has work to do gets its turn, or queues for it.
    #[inline(always)]
    fn ask_for_turn_directly(&mut self, id: RequestId, worker: u32) {
        if self.workers.is_turn_free(worker) {
            self.take_turn_directly(id, worker);
            self.ask_for_core_directly(id);
        } else {
            self.requests[id].state = State::WaitingForTurn;
            self.workers[worker].run_queue.push_back(id);
            self.schedule_hand_over_directly(worker);
        }
    }

    #[inline(always)]
    fn take_turn_directly(&mut self, id: RequestId, worker: u32) {
        self.workers.take_turn(worker, self.now);
        self.counts.turns_taken.rise(self.now);
        self.begin_turn_directly(id);
    }

    #[inline(always)]
    fn begin_turn_directly(&mut self, id: RequestId) {
        let request = &mut self.requests[id];
        request.holds_turn = true;
        request.turn_since = self.now;
        request.state = State::WaitingForCore;
    }

    fn on_burst_end_directly(&mut self, id: RequestId, event: EventId) {
        let (request, demands) = self.requests.with_known_demands(id);
        if request.completion != event {
            return;
        }
        let first = request.next;
        // All of the burst has been served.
        let step = loop {
            match self.program.instruction(request.next) {
                Instruction::Cpu(activity) => request.spend(activity, demands.at(request.next_demand())),
                step => break step,
            }
            request.next += 1;
        };
        self.counts.phase_events += 2 * u64::from(request.next - first);
        request.quantum_end = EventId::default();
        request.state = State::Waiting;
        let (worker, place, on_core_since) = (request.worker, request.running_place, request.on_core_since);
        let keeps_turn = step.keeps_turn();
        request.holds_turn = keeps_turn;
        let keeps_core = self.rules.keeps_core && !keeps_turn;
        // Where turns are handed over, another request is usually ready.
        let may_pass = self.rules.hand_over_interval.is_some() && !keeps_turn && !keeps_core;
        let passes_turn = may_pass && self.workers.is_one_ready(worker);
        let passes_core = passes_turn && !self.replicas[ONLY].cores.is_contended();
        if keeps_turn {
            self.keep_turn_directly(worker);
        } else if !passes_turn {
            self.workers.end_turn(worker, self.now);
            self.counts.turns_taken.fall(self.now);
        }
        if !keeps_core && !passes_core {
            self.release_core_directly(place);
        }
        if step == Instruction::Depart {
            self.depart_directly(id);
            self.admit_directly(worker);
        } else {
            self.wait_directly(id);
        }
        if keeps_core {
            self.pass_core_on_directly(worker, place, on_core_since);
        } else if passes_turn {
            self.pass_turn_on_directly(worker, passes_core.then_some(place));
        } else if !keeps_turn {
            self.start_turns_directly(worker);
        }
        self.fill_cores_directly();
    }

    /// A request keeps its turn while it waits: nothing ends the turn before a hand-over.
    #[inline(always)]
    fn keep_turn_directly(&mut self, worker: u32) {
        if self.rules.hand_over_interval.is_some() {
            self.schedule_held_back(worker);
        }
    }

    /// A turn passes to the first of the ready requests: as many as before are taken. So does the core at that place, if no
    /// other request waits for it.
    #[inline(always)]
    fn pass_turn_on_directly(&mut self, worker: u32, place: Option<u32>) {
        if let Some(next) = self.workers.pass_turn_on(worker, self.now) {
            self.begin_turn_directly(next);
            match (self.computes_next(next), place) {
                (true, Some(place)) => self.replace_directly(place, next),
                (true, None) => self.ask_for_core_directly(next),
                (false, place) => {
                    place.into_iter().for_each(|place| self.release_core_directly(place));
                    self.start_blocking_wait(next);
                }
            }
        }
        self.schedule_hand_over_directly(worker);
    }

    /// A request takes the core that another has just left: as many as before are busy.
    #[inline(always)]
    fn replace_directly(&mut self, place: u32, next: RequestId) {
        let (own, moved) = self.replicas[ONLY].cores.replace(place, next);
        if let Some(moved) = moved {
            self.requests[moved].running_place = place;
        }
        self.run_directly(next, own, self.now);
    }

    /// A loop continues with its next request on the same core, if one is ready.
    #[inline(always)]
    fn pass_core_on_directly(&mut self, worker: u32, place: u32, on_core_since: SimTime) {
        match self.next_turn_directly(worker) {
            Some(next) if self.computes_next(next) => {
                self.replicas[ONLY].cores.pass_on(place, next);
                self.run_directly(next, place, on_core_since);
            }
            next => {
                self.release_core_directly(place);
                next.into_iter().for_each(|next| self.start_blocking_wait(next));
                self.start_turns_directly(worker);
            }
        }
    }

    /// Whether the next step of a request needs a core.
    #[inline(always)]
    fn computes_next(&self, id: RequestId) -> bool {
        matches!(self.program.instruction(self.requests[id].next), Instruction::Cpu(_))
    }

    /// A worker with free slots takes the first requests of the backlog.
    #[inline(always)]
    fn admit_directly(&mut self, worker: u32) {
        while self.untaken > 0
            && self.workers.has_free_slot(worker)
            && let Some(first) = self.backlogs[ONLY as usize].pop()
        {
            self.untaken -= 1;
            self.take_directly(first, worker);
            self.proceed(first);
        }
    }

    /// Gives free turns of a worker to its ready requests.
    #[inline(always)]
    fn start_turns_directly(&mut self, worker: u32) {
        while let Some(id) = self.next_turn_directly(worker) {
            if self.computes_next(id) {
                self.ask_for_core_directly(id);
            } else {
                self.start_blocking_wait(id);
            }
        }
        self.schedule_hand_over_directly(worker);
    }

    /// Gives a free turn of a worker to the first of its ready requests.
    #[inline(always)]
    fn next_turn_directly(&mut self, worker: u32) -> Option<RequestId> {
        let id = self.workers.next_for_turn(worker)?;
        self.take_turn_directly(id, worker);
        Some(id)
    }

    /// The first request in the run queue asks for the turn, as always; but if the burst under way ends before, that needs no
    /// event.
    #[inline(always)]
    fn schedule_hand_over_directly(&mut self, worker: u32) {
        let Some(interval) = self.rules.hand_over_interval else { return };
        let state = &mut self.workers[worker];
        let Some(first) = state.run_queue.front() else { return };
        if state.hand_over != EventId::default() || state.hand_over_due {
            return;
        }
        let time = (self.requests[*first].since.max(state.last_hand_over) + interval).max(self.now);
        let key = self.events.key(time, Event::HandOver(WorkerId(worker)));
        state.hand_over = EventId::of(key);
        state.held_back = key;
        let ends_before = state.busy_until > self.now && state.busy_until <= time;
        if !ends_before || self.rules.running_at_once > 1 || self.has_void_events {
            self.schedule_held_back(worker);
        }
    }

    #[inline(always)]
    fn release_core_directly(&mut self, place: u32) {
        if let Some(moved) = self.replicas[ONLY].cores.release(place) {
            self.requests[moved].running_place = place;
        }
        self.counts.busy_cores.fall(self.now);
    }

    /// A request that has just got its turn asks for a core.
    #[inline(always)]
    fn ask_for_core_directly(&mut self, id: RequestId) {
        let cores = &mut self.replicas[ONLY].cores;
        let was_contended = cores.is_contended();
        if !was_contended && cores.is_one_idle() {
            self.take_core_directly(id);
            return;
        }
        cores.enqueue(id);
        self.fill_cores_directly();
        self.limit_running(id, was_contended);
    }

    /// A request that has kept its turn while it waited asks for a core.
    #[inline(always)]
    fn ask_for_core_again_directly(&mut self, id: RequestId, worker: u32) {
        if self.rules.hand_over_interval.is_some() && self.workers[worker].hand_over_due {
            self.make_ready(id);
        } else {
            self.requests[id].state = State::WaitingForCore;
            self.ask_for_core_directly(id);
        }
    }

    /// Gives idle cores to the requests that wait for one, unless they are due to hand over their turns.
    #[inline(always)]
    fn fill_cores_directly(&mut self) {
        while let Some(id) = self.replicas[ONLY].cores.next() {
            if self.is_hand_over_due(id) {
                self.hand_over(id);
            } else {
                self.take_core_directly(id);
            }
        }
    }

    #[inline(always)]
    fn take_core_directly(&mut self, id: RequestId) {
        let place = self.replicas[ONLY].cores.occupy(id);
        self.counts.busy_cores.rise(self.now);
        self.run_directly(id, place, self.now);
    }

    /// Lets a request run on a core that its loop or thread has had since `on_core_since`.
    #[inline(always)]
    fn run_directly(&mut self, id: RequestId, place: u32, on_core_since: SimTime) {
        let (request, demands) = self.requests.with_known_demands(id);
        let waited = self.now - request.since;
        let for_turn = request.turn_since.max(request.since) - request.since;
        request.spend(Activity::RunQueueWait, waited);
        let (mut next, mut burst) = (request.next, SimDuration::ZERO);
        while let Instruction::Cpu(_) = self.program.instruction(next) {
            burst += demands.at((next - request.first) as usize);
            next += 1;
        }
        request.state = State::Running;
        request.running_place = place;
        request.on_core_since = on_core_since;
        request.burst_end = self.now + burst;
        request.completion = self.events.push(request.burst_end, Event::BurstEnd(id));
        if self.rules.hand_over_interval.is_some() {
            self.workers[request.worker].busy_until = request.burst_end;
        }
        self.note_wait(id, Place::Lock, for_turn);
        self.note_wait(id, Place::Cores, waited - for_turn);
        if self.replicas[ONLY].cores.is_contended() {
            self.schedule_quantum_end(id);
        }
    }

    fn on_hand_over_directly(&mut self, worker: u32, event: EventId) {
        let state = &mut self.workers[worker];
        if state.hand_over != event {
            return;
        }
        state.hand_over = EventId::default();
        match self.running_in(worker) {
            Some(running) => {
                self.stop(running);
                self.requests[running].state = State::WaitingForTurn;
                self.requests[running].holds_turn = false;
                self.workers.end_turn(worker, self.now);
                self.counts.turns_taken.fall(self.now);
                self.workers[worker].run_queue.push_back(running);
                self.start_turns_directly(worker);
            }
            None => self.workers[worker].hand_over_due = true,
        }
        self.fill_cores_directly();
    }

    fn on_quantum_end_directly(&mut self, id: RequestId, event: EventId) {
        if self.requests[id].quantum_end == event && self.replicas[ONLY].cores.is_contended() {
            self.stop(id);
            self.replicas[ONLY].cores.enqueue(id);
            self.fill_cores_directly();
        }
    }

    /// A request departs, answered.
    #[inline(always)]
    fn depart_directly(&mut self, id: RequestId) {
        let request = &self.requests[id];
        if request.has_more() {
            self.leave(id, Outcome::Completed);
            return;
        }
        let Request { entry, class, arrival, demand, .. } = *request;
        self.workers.free_slot(request.worker, self.now);
        self.counts.slots_taken.fall(self.now);
        self.counts.last_departure = self.now;
        self.counts.in_system.fall(self.now);
        self.counts.departed += 1;
        let counts = arrival >= self.warm_up;
        self.counts.classes[usize::from(class.0)].completed += u64::from(counts);
        self.counts.from_warm_up.completed += u64::from(!counts && self.now >= self.warm_up);
        self.unreported.push(Departure {
            entrance: Entrance { request: entry, class, arrival, first_arrival: arrival, attempts_before: 0, demand },
            departure: self.now,
            outcome: Outcome::Completed,
            counts,
            was_taken: true,
            ends_operation: counts,
            spent: request.spent,
        });
        self.waits.push(self.requests.waits(id));
        self.report_some();
        self.requests.remove(id);
    }
}
