//! The simulation: takes the next event, sets the clock, calls its handler.
//!
//! A handler frees what was held, admits the oldest request of the backlog, appends it to its worker's run queue,
//! and then lets those run whose turn it is.

use std::collections::VecDeque;

use crate::model::{Activity, Machine, Quantum, SimDuration, SimTime};
use crate::random::{Arrival, ArrivalSource, Streams, Workload};

use super::Rules;
use super::cores::Cores;
use super::event::{Event, EventId, EventQueue};
use super::program::{Instruction, Program};
use super::recorder::{ClassCounts, Departure, Ending, Entrance, Level, Observer, Record, Segment};
use super::requests::{Request, RequestId, Requests, State};
use super::workers::Workers;

/// What is to be simulated.
#[derive(Debug)]
pub struct Setup<'a> {
    /// What requests bring.
    pub workload: &'a Workload,
    /// When they arrive.
    pub arrivals: ArrivalSource,
    /// What runs them.
    pub machine: &'a Machine,
    /// How workers run them.
    pub rules: Rules,
    /// Where their classes and demands come from.
    pub streams: Streams,
    /// Requests that arrive before it are run but not counted, and time before it is not.
    pub warm_up: SimTime,
    /// At most so many requests arrive.
    pub requests: Option<u64>,
    /// The run stops then, with what is in flight.
    pub horizon: Option<SimTime>,
    /// The run stops when more requests than this are in flight; at most [`MAX_IN_FLIGHT`].
    pub max_in_flight: u32,
}

/// The most requests in flight that a run can be asked to bear.
pub const MAX_IN_FLIGHT: u32 = 10_000_000;

/// One run of one policy.
pub struct Simulation<O> {
    program: Program,
    rules: Rules,
    streams: Streams,
    warm_up: SimTime,
    horizon: Option<SimTime>,
    max_in_flight: u32,
    ending: Ending,

    now: SimTime,
    events: EventQueue,
    arrivals: ArrivalSource,
    arrivals_left: u64,
    next_arrival: Option<Arrival>,
    arrived: u64,

    requests: Requests,
    backlog: VecDeque<RequestId>,
    workers: Workers,
    cores: Cores,

    observer: O,
    last_departure: SimTime,
    classes: Vec<ClassCounts>,
    departed: u64,
    warm_up_requests: u64,
    phase_events: u64,
    in_system: Level,
    busy_cores: Level,
    turns_taken: Level,
    slots_taken: Level,
}

impl<O: Observer> Simulation<O> {
    /// A run that has not begun.
    pub fn new(setup: Setup<'_>, observer: O) -> Self {
        let Setup { workload, arrivals, machine, rules, streams, warm_up, requests, horizon, max_in_flight } = setup;
        let program = Program::new(workload, &rules);
        let Quantum::RoundRobin(quantum) = machine.quantum;
        let mut simulation = Self {
            requests: Requests::new(program.stride()),
            backlog: VecDeque::new(),
            workers: Workers::new(&rules),
            cores: Cores::new(machine.cores, quantum),
            program,
            rules,
            streams,
            warm_up,
            horizon,
            max_in_flight: max_in_flight.min(MAX_IN_FLIGHT),
            ending: Ending::Drained,
            now: SimTime::ZERO,
            events: EventQueue::default(),
            arrivals,
            arrivals_left: requests.unwrap_or(u64::MAX),
            next_arrival: None,
            arrived: 0,
            observer,
            last_departure: SimTime::ZERO,
            classes: vec![ClassCounts::default(); workload.classes.len()],
            departed: 0,
            warm_up_requests: 0,
            phase_events: 0,
            in_system: Level::from(warm_up),
            busy_cores: Level::from(warm_up),
            turns_taken: Level::from(warm_up),
            slots_taken: Level::from(warm_up),
        };
        simulation.schedule_arrival();
        simulation
    }

    /// Goes on for at most `steps` events; false once the run is over.
    pub fn advance(&mut self, steps: u64) -> bool {
        for _ in 0..steps {
            let Some(next) = self.next_step() else { return false };
            match next {
                Step::Arrival(arrival) => self.on_arrival(arrival),
                Step::Event(id, event) => match event {
                    Event::BurstEnd(request) => self.on_burst_end(request, id),
                    Event::WaitEnd(request) => self.on_wait_end(request),
                    Event::QuantumEnd(request) => self.on_quantum_end(request, id),
                    Event::HandOver(worker) => self.on_hand_over(worker, id),
                },
            }
            if cfg!(debug_assertions) {
                self.audit();
            }
        }
        true
    }

    /// How many requests have arrived so far, and the time on the clock.
    pub fn progress(&self) -> (u64, SimTime) {
        (self.arrived, self.now)
    }

    /// Takes the next event off the future and sets the clock; an arrival comes after all that happens at its instant.
    #[inline]
    fn next_step(&mut self) -> Option<Step> {
        let event = self.events.next_time();
        let arrival = self.next_arrival.map(|arrival| arrival.time);
        let is_event = match (event, arrival) {
            (None, None) => return None,
            (Some(event), Some(arrival)) => event <= arrival,
            (event, _) => event.is_some(),
        };
        let time = if is_event { event } else { arrival }?;
        if time > self.horizon.unwrap_or(SimTime::MAX) {
            self.ending = if self.horizon.is_some() { Ending::Horizon } else { Ending::ClockLimit };
            return None;
        }
        if self.in_system.now() > u64::from(self.max_in_flight) {
            self.ending = Ending::TooManyInFlight;
            return None;
        }
        self.now = time;
        if is_event {
            self.events.pop().map(|(id, event)| Step::Event(id, event))
        } else {
            self.next_arrival.map(Step::Arrival)
        }
    }

    fn schedule_arrival(&mut self) {
        self.next_arrival = None;
        if self.arrivals_left > 0 {
            self.arrivals_left -= 1;
            self.next_arrival = self.arrivals.next_arrival();
        }
    }

    fn on_arrival(&mut self, arrival: Arrival) {
        let number = self.arrived;
        self.arrived += 1;
        self.schedule_arrival();
        let id = self.draw_request(number, arrival);
        self.in_system.rise(self.now);
        match self.workers.with_free_slot() {
            Some(worker) => {
                self.take(id, worker);
                self.start_turns(worker);
                self.fill_cores();
            }
            None => self.backlog.push_back(id),
        }
    }

    fn draw_request(&mut self, number: u64, arrival: Arrival) -> RequestId {
        let mut stream = self.streams.request(number);
        let drawn = self.program.draw_class(&mut stream);
        let class = arrival.class.unwrap_or(drawn);
        let id = self.requests.insert(Request::new(number, arrival.time, class, self.program.start(class)));
        let (request, demands) = self.requests.with_demands(id);
        request.demand = self.program.draw_demands(class, &mut stream, demands);
        if O::WATCHES_SEGMENTS {
            self.observer.on_arrival(&Entrance {
                request: number,
                class,
                arrival: arrival.time,
                demand: request.demand,
            });
        }
        if arrival.time >= self.warm_up {
            self.classes[usize::from(class.0)].arrived += 1;
        } else {
            self.warm_up_requests += 1;
        }
        id
    }

    /// A worker takes a request into a free slot.
    #[inline]
    fn take(&mut self, id: RequestId, worker: u32) {
        self.workers.take_slot(worker);
        self.slots_taken.rise(self.now);
        self.requests[id].worker = worker;
        if O::WATCHES_SEGMENTS {
            self.observer.on_taken(self.requests[id].number, worker);
        }
        self.book(id, Activity::BacklogWait);
        self.proceed(id);
    }

    /// A worker with a free slot takes the oldest requests of the backlog.
    #[inline]
    fn admit(&mut self, worker: u32) {
        while self.workers.has_free_slot(worker)
            && let Some(oldest) = self.backlog.pop_front()
        {
            self.take(oldest, worker);
        }
    }

    /// Goes on with the next instruction of a request that has nothing under way.
    #[inline]
    fn proceed(&mut self, id: RequestId) {
        match self.program.instruction(self.requests[id].next) {
            Instruction::Cpu(_) => self.make_ready(id),
            Instruction::Wait { .. } => self.start_wait(id),
            Instruction::Depart => self.depart(id),
        }
    }

    /// A request has CPU work to do: it waits for its turn, or, if it kept it, for a core.
    #[inline]
    fn make_ready(&mut self, id: RequestId) {
        let request = &mut self.requests[id];
        request.state = State::Ready;
        if request.holds_turn {
            self.ask_for_core(id);
        } else {
            let worker = request.worker;
            self.workers[worker].run_queue.push_back(id);
        }
    }

    fn start_wait(&mut self, id: RequestId) {
        let (request, demands) = self.requests.with_demands(id);
        request.state = State::Waiting;
        let span = demands[(request.next - request.first) as usize];
        request.completion = self.events.push(self.now + span, Event::WaitEnd(id));
        self.phase_events += 1;
    }

    fn on_wait_end(&mut self, id: RequestId) {
        if let Instruction::Wait { activity, .. } = self.program.instruction(self.requests[id].next) {
            self.book(id, activity);
        }
        let request = &mut self.requests[id];
        request.next += 1;
        let worker = request.worker;
        self.phase_events += 1;
        self.proceed(id);
        self.admit(worker);
        self.start_turns(worker);
        self.fill_cores();
    }

    /// Gives free turns of a worker to its ready requests, and sees to it that a turn ends while others are ready.
    #[inline]
    fn start_turns(&mut self, worker: u32) {
        while let Some(id) = self.next_turn(worker) {
            self.ask_for_core(id);
        }
        self.schedule_hand_over(worker);
    }

    /// Gives a free turn of a worker to the first of its ready requests.
    #[inline]
    fn next_turn(&mut self, worker: u32) -> Option<RequestId> {
        let id = self.workers.next_turn(worker, self.now)?;
        self.turns_taken.rise(self.now);
        self.requests[id].holds_turn = true;
        Some(id)
    }

    fn end_turn(&mut self, id: RequestId) {
        let request = &mut self.requests[id];
        request.holds_turn = false;
        self.workers[request.worker].turns_taken -= 1;
        self.turns_taken.fall(self.now);
    }

    /// The first in the run queue asks for the turn an interval after it began to wait or the turn was last passed on.
    fn schedule_hand_over(&mut self, worker: u32) {
        let Some(interval) = self.rules.hand_over_interval else { return };
        let state = &self.workers[worker];
        let Some(first) = state.run_queue.front() else { return };
        if state.hand_over == EventId::default() && !state.hand_over_due {
            let time = self.requests[*first].since.max(state.last_hand_over) + interval;
            self.workers[worker].hand_over = self.events.push(time, Event::HandOver(worker));
        }
    }

    fn on_hand_over(&mut self, worker: u32, id: EventId) {
        if self.workers[worker].hand_over != id {
            return;
        }
        self.workers[worker].hand_over = EventId::default();
        match self.cores.running().iter().copied().find(|running| self.requests[*running].worker == worker) {
            Some(running) => {
                self.stop(running);
                self.hand_over(running);
            }
            None => self.workers[worker].hand_over_due = true,
        }
        self.fill_cores();
    }

    /// A request that is on no core gives its turn away and queues for it again.
    fn hand_over(&mut self, id: RequestId) {
        let worker = self.requests[id].worker;
        self.end_turn(id);
        self.workers[worker].run_queue.push_back(id);
        self.start_turns(worker);
    }

    /// A request whose turn it is asks for a core. The first that has to wait for one starts the clock of those that
    /// run: nobody's quantum matters before.
    fn ask_for_core(&mut self, id: RequestId) {
        let was_contended = self.cores.is_contended();
        self.cores.enqueue(id);
        self.fill_cores();
        if !was_contended && self.cores.is_contended() {
            for place in 0..self.cores.running().len() {
                self.schedule_quantum_end(self.cores.running()[place]);
            }
        }
    }

    /// Puts those who wait for a core on the idle ones.
    #[inline]
    fn fill_cores(&mut self) {
        while let Some(id) = self.cores.next() {
            self.give_core(id);
        }
    }

    fn give_core(&mut self, id: RequestId) {
        if self.workers[self.requests[id].worker].hand_over_due {
            self.hand_over(id);
            return;
        }
        let place = self.cores.occupy(id);
        self.busy_cores.set(self.now, self.cores.busy());
        self.run(id, place, self.now);
    }

    /// Lets a request run on a core that its thread or loop has had since `on_core_since`.
    fn run(&mut self, id: RequestId, place: u32, on_core_since: SimTime) {
        self.book(id, Activity::RunQueueWait);
        let (request, demands) = self.requests.with_demands(id);
        let mut burst = SimDuration::ZERO;
        for (instruction, demand) in (request.next..).zip(&demands[(request.next - request.first) as usize..]) {
            match self.program.instruction(instruction) {
                Instruction::Cpu(_) => burst += *demand,
                Instruction::Wait { .. } | Instruction::Depart => break,
            }
        }
        request.state = State::Running;
        request.running_place = place;
        request.on_core_since = on_core_since;
        request.burst_end = self.now + burst;
        request.completion = self.events.push(request.burst_end, Event::BurstEnd(id));
        if self.cores.is_contended() {
            self.schedule_quantum_end(id);
        }
    }

    /// Schedules the end of a running request's quantum, if its burst does not end before.
    fn schedule_quantum_end(&mut self, id: RequestId) {
        let request = &mut self.requests[id];
        let time = self.cores.quantum_end(request.on_core_since, self.now);
        if time < request.burst_end {
            request.quantum_end = self.events.push(time, Event::QuantumEnd(id));
        }
    }

    fn on_quantum_end(&mut self, id: RequestId, event: EventId) {
        if self.requests[id].quantum_end != event || !self.cores.is_contended() {
            return;
        }
        self.stop(id);
        self.cores.enqueue(id);
        self.fill_cores();
    }

    /// Takes a running request off its core before its burst has ended.
    fn stop(&mut self, id: RequestId) {
        self.book_burst(id);
        let request = &mut self.requests[id];
        request.state = State::Ready;
        request.completion = EventId::default();
        request.quantum_end = EventId::default();
        let place = request.running_place;
        self.release_core(place);
    }

    fn release_core(&mut self, place: u32) {
        if let Some(moved) = self.cores.release(place) {
            self.requests[moved].running_place = place;
        }
        self.busy_cores.set(self.now, self.cores.busy());
    }

    fn on_burst_end(&mut self, id: RequestId, event: EventId) {
        if self.requests[id].completion != event {
            return;
        }
        self.book_burst(id);
        let request = &mut self.requests[id];
        request.quantum_end = EventId::default();
        let (worker, place, on_core_since) = (request.worker, request.running_place, request.on_core_since);
        let keeps_turn = match self.program.instruction(request.next) {
            Instruction::Wait { blocking, .. } => blocking,
            Instruction::Cpu(_) | Instruction::Depart => false,
        };
        if !keeps_turn {
            self.end_turn(id);
        }
        self.proceed(id);
        self.admit(worker);
        if self.rules.keeps_core
            && !keeps_turn
            && let Some(next) = self.next_turn(worker)
        {
            self.cores.pass_on(place, next);
            self.run(next, place, on_core_since);
            return;
        }
        self.release_core(place);
        self.start_turns(worker);
        self.fill_cores();
    }

    fn depart(&mut self, id: RequestId) {
        let worker = self.requests[id].worker;
        if self.requests[id].holds_turn {
            self.end_turn(id);
        }
        self.workers.free_slot(worker);
        self.slots_taken.fall(self.now);
        self.in_system.fall(self.now);
        self.departed += 1;
        self.last_departure = self.now;
        let request = &self.requests[id];
        let counts = request.arrival >= self.warm_up;
        self.classes[usize::from(request.class.0)].completed += u64::from(counts);
        self.observer.on_departure(&Departure {
            entrance: Entrance {
                request: request.number,
                class: request.class,
                arrival: request.arrival,
                demand: request.demand,
            },
            departure: self.now,
            counts,
            spent: request.spent,
        });
        if cfg!(debug_assertions) {
            audit_departure(request, self.now);
        }
        self.requests.remove(id);
    }

    /// Books the time since the last booking as spent in one activity.
    #[inline]
    fn book(&mut self, id: RequestId, activity: Activity) {
        let request = &mut self.requests[id];
        let start = std::mem::replace(&mut request.since, self.now);
        request.spend(activity, self.now - start);
        if O::WATCHES_SEGMENTS && self.now > start {
            self.observer.on_segment(Segment { request: request.number, activity, start, end: self.now });
        }
    }

    /// Books the time since a running request got its core on the phases of its burst, in order.
    fn book_burst(&mut self, id: RequestId) {
        let (request, demands) = self.requests.with_demands(id);
        let mut start = request.since;
        request.since = self.now;
        while let Instruction::Cpu(activity) = self.program.instruction(request.next) {
            let left = &mut demands[(request.next - request.first) as usize];
            let span = (*left).min(self.now - start);
            *left = *left - span;
            request.spend(activity, span);
            let end = start + span;
            if O::WATCHES_SEGMENTS && end > start {
                self.observer.on_segment(Segment { request: request.number, activity, start, end });
            }
            start = end;
            if *left > SimDuration::ZERO {
                break;
            }
            request.next += 1;
            self.phase_events += 2;
        }
    }

    /// Ends the run: what the engine counted, and the observer.
    pub fn finish(mut self) -> (Record, O) {
        let end = self.horizon.unwrap_or(self.last_departure).max(self.now);
        self.now = end;
        self.phase_events += self.cores.busy();
        if O::WATCHES_SEGMENTS {
            for id in self.requests.ids_in_flight() {
                self.book_unfinished(id);
            }
        }
        let record = Record {
            start: self.warm_up,
            end: end.max(self.warm_up),
            ending: self.ending,
            classes: self.classes,
            warm_up_requests: self.warm_up_requests,
            phase_events: self.phase_events,
            in_system: self.in_system.integral(end),
            cores: self.busy_cores.integral(end),
            turns: self.turns_taken.integral(end),
            slots: self.slots_taken.integral(end),
        };
        (record, self.observer)
    }

    /// Books what a request in flight was doing when the run ended.
    fn book_unfinished(&mut self, id: RequestId) {
        let request = &self.requests[id];
        match (request.state, self.program.instruction(request.next)) {
            (State::Running, _) => self.book_burst(id),
            (State::Waiting, Instruction::Wait { activity, .. }) => self.book(id, activity),
            (State::InBacklog, _) => self.book(id, Activity::BacklogWait),
            (State::Ready | State::Waiting, _) => self.book(id, Activity::RunQueueWait),
        }
    }

    /// The laws that hold between events.
    fn audit(&self) {
        let in_flight = self.requests.in_flight() as u64;
        assert_eq!(self.arrived, self.departed + in_flight, "a request got lost");
        assert_eq!(self.in_system.now(), in_flight, "the number in the system is wrong");
        assert_eq!(self.workers.in_progress() + self.backlog.len() as u64, in_flight, "a request is nowhere");
        assert!(
            self.backlog.is_empty() || self.workers.with_free_slot().is_none(),
            "a slot is free beside a waiting request"
        );
        self.workers.audit();
        self.cores.audit();
    }
}

/// What happens next.
enum Step {
    Arrival(Arrival),
    Event(EventId, Event),
}

/// The laws that hold for every request that departs.
fn audit_departure(request: &Request, now: SimTime) {
    let response_time = now - request.arrival;
    assert_eq!(request.spent.iter().copied().sum::<SimDuration>(), response_time, "the parts do not add up");
    assert!(response_time >= request.demand, "a request took less time than its demand");
}
