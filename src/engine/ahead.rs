//! A shortcut: what a request will do next is known when it asks, where nothing can intervene.
//!
//! A *stay* is what a request does without a break once it has its turn: bursts, and waits that block the turn. A *leg* is a
//! stay and the wait after it. Where turns are given first come, first served, are kept to the end of the stay, and each
//! has a core of its own, a stay begins at max(now, when the worker is done with those before), and its length is known. So
//! neither turns nor cores nor the ends of bursts need events: one event stands for a leg. What a request did is booked
//! when it departs.
//!
//! Whether a run may look ahead is decided before it, from its rules. The results are those of the long way, to the
//! nanosecond; `tests/laws` compares them, request by request.

use std::collections::VecDeque;

use crate::model::{Activity, Backend, ClassId, Quantum, SimDuration, SimTime};
use crate::random::Stream;

use super::event::{Event, UserId};
use super::program::{Instruction, Program};
use super::recorder::{Departure, Entrance, Observer, Outcome};
use super::requests::RequestId;
use super::simulation::{Setup, Simulation};
use super::{Dispatch, Order, Rules};

/// The requests in flight, and when each worker will be done with all who have asked for its turn.
#[derive(Clone, Debug)]
pub(super) struct Ahead {
    done_at: Vec<SimTime>,
    flights: Vec<Flight>,
    free: Vec<RequestId>,
    /// `stride` for each request.
    demands: Vec<SimDuration>,
    legs: Vec<Leg>,
    stride: usize,
    backlog: VecDeque<RequestId>,
}

/// A request in flight.
#[derive(Clone, Debug)]
struct Flight {
    /// What will be told, but for when it departs and how long it waits.
    departure: Departure,
    worker: u32,
    /// The next of its legs, and how many there are.
    next: u32,
    legs: u32,
    /// How long it has its turn in all, and a core.
    stays: SimDuration,
    cpu: SimDuration,
    user: Option<UserId>,
}

/// A stay and the wait after it; the start is known once it has asked for its turn.
#[derive(Clone, Copy, Debug, Default)]
struct Leg {
    start: SimTime,
    stay: SimDuration,
    wait: SimDuration,
}

impl Ahead {
    /// Whether a run may look ahead.
    pub fn new(setup: &Setup<'_>, program: &Program) -> Option<Self> {
        let Rules { workers, running_at_once, hand_over_interval, slots, .. } = &setup.rules;
        let first_come_first_served = *running_at_once == 1 && hand_over_interval.is_none();
        // Of two workers that free a slot at one instant, the first takes the oldest request of the backlog.
        let workers_compete = *workers > 1 && slots.is_some();
        // And of two users who are answered at one instant by two workers, the first is first to send again.
        let users_compete = *workers > 1 && matches!(setup.load, crate::random::Load::Closed(_));
        // Who waits without a turn before may wait from now on, others from when their turn will be over: two whose waits
        // end at one instant would go on in the wrong order.
        let may = nothing_intervenes(setup, program)
            && first_come_first_served
            && !workers_compete
            && !users_compete
            && program.waits_follow_turns();
        may.then(|| Self {
            done_at: vec![SimTime::ZERO; *workers as usize],
            flights: Vec::new(),
            free: Vec::new(),
            demands: Vec::new(),
            legs: Vec::new(),
            stride: program.stride(),
            backlog: VecDeque::new(),
        })
    }

    /// Whether no request is in flight.
    pub fn is_empty(&self) -> bool {
        self.flights.len() == self.free.len()
    }

    /// A place for one more request.
    #[inline]
    fn place(&mut self) -> RequestId {
        self.free.pop().unwrap_or_else(|| self.new_place())
    }

    #[cold]
    fn new_place(&mut self) -> RequestId {
        let (start, zero) = (SimTime::ZERO, SimDuration::ZERO);
        let entrance = Entrance { request: 0, class: ClassId(0), arrival: start, first_arrival: start, demand: zero };
        let spent = [zero; Activity::ALL.len()];
        let departure = Departure { entrance, departure: start, outcome: Outcome::Completed, counts: false, spent };
        self.flights.push(Flight { departure, worker: 0, next: 0, legs: 0, stays: zero, cpu: zero, user: None });
        let places = self.flights.len() * self.stride;
        self.demands.resize(places, zero);
        self.legs.resize(places, Leg::default());
        RequestId(self.flights.len() as u32 - 1)
    }

    /// Where the demands and legs of a request are.
    #[inline]
    fn range(&self, id: RequestId) -> std::ops::Range<usize> {
        let first = id.0 as usize * self.stride;
        first..first + self.stride
    }
}

/// Whether all requests wait in one queue, nobody gives up, is turned away or fails, each turn has a core of its own, waits
/// are plain delays, and the application server takes no time.
pub(super) fn nothing_intervenes(setup: &Setup<'_>, program: &Program) -> bool {
    let Setup { rules, clients, machine, .. } = setup;
    let nobody_gives_up = clients.timeout.is_none() && clients.patience.is_none() && setup.faults.is_empty();
    let queueing = rules.queueing;
    let is_plain_queue =
        queueing.dispatch == Dispatch::Shared && queueing.order == Order::Fifo && queueing.backlog.is_none();
    let turns = u64::from(rules.workers) * u64::from(rules.running_at_once);
    let cores_are_free = turns <= u64::from(machine.cores)
        && machine.context_switch == SimDuration::ZERO
        && machine.quantum != Quantum::ProcessorSharing;
    let is_delay = |backend: &Backend| backend.pool.is_none() && backend.concurrency.is_none();
    nobody_gives_up
        && is_plain_queue
        && cores_are_free
        && rules.thread_pool.is_none()
        && setup.backends.iter().all(is_delay)
        && !program.forks()
        && !program.adds()
}

impl<O: Observer> Simulation<O> {
    /// A request arrives whose legs will be known ahead.
    pub(super) fn receive_ahead(&mut self, class: ClassId, mut stream: Stream, user: Option<UserId>) {
        let Some(ahead) = &mut self.ahead else { return };
        let id = ahead.place();
        let range = ahead.range(id);
        let demands = &mut ahead.demands[range.clone()];
        let places = &mut ahead.legs[range];
        let (arrival, request) = (self.now, self.arrivals.entered);
        let counts = arrival >= self.warm_up;
        // Filled in where it stays: a copy would have to wait until all parts are written.
        let flight = &mut ahead.flights[id.0 as usize];
        let spent = &mut flight.departure.spent;
        *spent = [SimDuration::ZERO; Activity::ALL.len()];
        let (mut leg, mut legs) = (Leg::default(), 0);
        let (mut stays, mut cpu) = (SimDuration::ZERO, SimDuration::ZERO);
        let mut is_staying = false;
        let add = |step: Instruction, demand: SimDuration| {
            let Some(activity) = step.activity() else { return };
            spent[activity as usize] += demand;
            is_staying = step.keeps_turn();
            if is_staying {
                leg.stay += demand;
                stays += demand;
                if let Instruction::Cpu(_) = step {
                    cpu += demand;
                }
                places[legs] = leg;
            } else {
                leg.wait = demand;
                places[legs] = leg;
                legs += 1;
                leg = Leg::default();
            }
        };
        let given = self.arrivals.source.as_ref().and_then(|source| source.given_demands());
        let demand = self.program.fill_demands(class, given, &mut stream, demands, add);
        flight.departure.entrance = Entrance { request, class, arrival, first_arrival: arrival, demand };
        flight.departure.counts = counts;
        flight.next = 0;
        flight.legs = legs as u32 + u32::from(is_staying);
        flight.stays = stays;
        flight.cpu = cpu;
        flight.user = user;
        self.arrivals.arrived += 1;
        self.arrivals.entered += 1;
        self.counts.in_system.rise(arrival);
        self.counts.classes[usize::from(class.0)].arrived += u64::from(counts);
        self.counts.warm_up_requests += u64::from(!counts);
        match self.workers.with_free_slot() {
            Some(worker) => self.take_ahead(id, worker),
            None => {
                self.untaken += 1;
                if let Some(ahead) = &mut self.ahead {
                    ahead.backlog.push_back(id);
                }
            }
        }
        self.check_room();
    }

    /// A worker takes a request into a free slot.
    #[inline]
    fn take_ahead(&mut self, id: RequestId, worker: u32) {
        let Some(ahead) = &mut self.ahead else { return };
        self.workers.take_slot(worker);
        self.counts.slots_taken.rise(self.now);
        let flight = &mut ahead.flights[id.0 as usize];
        flight.worker = worker;
        flight.departure.spent[Activity::BacklogWait as usize] = self.now - flight.departure.entrance.arrival;
        self.go_on_ahead(id);
    }

    /// A leg is over; if it was the last, the worker takes the next requests. Some may depart as they are taken.
    #[inline]
    pub(super) fn on_leg_end(&mut self, id: RequestId) {
        self.go_on_ahead(id);
        while self.untaken > 0
            && let Some(worker) = self.workers.with_free_slot()
            && let Some(first) = self.ahead.as_mut().and_then(|ahead| ahead.backlog.pop_front())
        {
            self.untaken -= 1;
            self.take_ahead(first, worker);
        }
    }

    /// A request begins its next leg; after the last it departs.
    #[inline]
    fn go_on_ahead(&mut self, id: RequestId) {
        let Some(ahead) = &mut self.ahead else { return };
        let flight = &mut ahead.flights[id.0 as usize];
        if flight.next == flight.legs {
            self.depart_ahead(id);
            return;
        }
        let leg = &mut ahead.legs[id.0 as usize * ahead.stride + flight.next as usize];
        flight.next += 1;
        let done_at = &mut ahead.done_at[flight.worker as usize];
        leg.start = self.now.max(*done_at);
        *done_at = leg.start + leg.stay;
        flight.departure.spent[Activity::RunQueueWait as usize] += leg.start - self.now;
        self.events.push(*done_at + leg.wait, Event::LegEnd(id));
    }

    /// A request departs.
    fn depart_ahead(&mut self, id: RequestId) {
        let Some(ahead) = &mut self.ahead else { return };
        let now = self.now;
        let Flight { departure, worker, stays, cpu, user, .. } = &mut ahead.flights[id.0 as usize];
        departure.departure = now;
        self.untold.push(*departure);
        self.counts.in_system.fall(now);
        self.counts.slots_taken.fall(now);
        self.counts.departed += 1;
        self.counts.last_departure = now;
        let (class, worker, user) = (departure.entrance.class, *worker, *user);
        if departure.counts {
            self.counts.classes[usize::from(class.0)].completed += 1;
            self.counts.turns_taken.add_area(u128::from(stays.as_nanos()));
            self.counts.busy_cores.add_area(u128::from(cpu.as_nanos()));
            self.counts.phase_events += 2 * self.program.steps(class).len() as u64;
        } else {
            self.book_ahead(id);
        }
        self.tell_some();
        self.workers.free_slot(worker);
        if let Some(user) = user {
            self.think(user);
        }
        if let Some(ahead) = &mut self.ahead {
            ahead.free.push(id);
        }
    }

    /// Books what requests in flight have done.
    pub(super) fn book_flights(&mut self) {
        let Some(ahead) = &self.ahead else { return };
        let mut is_in_flight = vec![true; ahead.flights.len()];
        for free in &ahead.free {
            is_in_flight[free.0 as usize] = false;
        }
        for (id, _) in (0..).zip(is_in_flight).filter(|(_, is_in_flight)| *is_in_flight) {
            self.book_ahead(RequestId(id));
        }
    }

    /// Books phase by phase what has come true of a request's legs by now.
    #[cold]
    fn book_ahead(&mut self, id: RequestId) {
        let Some(ahead) = &self.ahead else { return };
        let flight = &ahead.flights[id.0 as usize];
        let range = ahead.range(id);
        let mut legs = ahead.legs[range.clone()].iter().take(flight.next as usize);
        let mut time = None;
        let steps = self.program.steps(flight.departure.entrance.class);
        for (step, demand) in steps.iter().zip(&ahead.demands[range]) {
            let Some(start) = time.or_else(|| legs.next().map(|leg| leg.start)) else { return };
            if start > self.now {
                return;
            }
            let end = start + *demand;
            self.counts.phase_events += 1 + u64::from(end <= self.now);
            let until = end.min(self.now);
            if step.keeps_turn() {
                self.counts.turns_taken.add_span(start, until);
            }
            if let Instruction::Cpu(_) = step {
                self.counts.busy_cores.add_span(start, until);
            }
            time = step.keeps_turn().then_some(end);
        }
    }
}
