//! A shortcut: what a request will do next is known when it asks, where nothing can intervene.
//!
//! A *stay* is what a request does without a break once it has its turn: bursts, and waits that block the turn. Where turns
//! are given first come, first served, are kept to the end of the stay, and each has a core of its own, a stay begins at
//! max(now, when the worker is done with those before), and its length is known. So neither turns nor cores nor the ends
//! of bursts need events: one event stands for a stay and the wait after it. A last stay needs none, unless somebody waits
//! for its end. What a request did is booked when it departs.
//!
//! Whether a run may look ahead is decided before it, from its rules. The results are those of the long way, to the
//! nanosecond; `tests/invariants` compares them, request by request.

use std::collections::VecDeque;

use crate::model::{Activity, Backend, ClassId, Quantum, SimDuration, SimTime};
use crate::random::Load;

use super::event::{Event, Key, NEVER, UserId, key_of, time_of};
use super::program::{Brought, Instruction, Program};
use super::recorder::{Departure, Entrance, Observer, Outcome, Unfinished, add_spent, runs};
use super::requests::RequestId;
use super::simulation::{Setup, Simulation, TOGETHER};
use super::waits::NOT_ASKED;
use super::{Dispatch, Order, Rules};

/// The requests in flight, and when each worker will be done with all who have asked for its turn.
#[derive(Clone, Debug)]
pub(super) struct Ahead {
    done_at: Vec<SimTime>,
    flights: Vec<Flight>,
    free: Vec<RequestId>,
    stride: usize,
    /// `stride` for each request.
    demands: Vec<SimDuration>,
    /// When each stay began that has been asked for, in the place of its first step; as many.
    starts: Vec<SimTime>,
    backlog: VecDeque<RequestId>,
    /// The ends of last stays, in order, that no event stands for.
    departures: VecDeque<(Key, RequestId)>,
    /// The most requests in flight at once, since the warm-up once that is over.
    most: usize,
}

/// A request in flight.
#[derive(Clone, Debug)]
struct Flight {
    /// What will be told, but for when it departs and how long it waits.
    departure: Departure,
    worker: u32,
    /// Its next instruction, and the first.
    next: u32,
    first: u32,
    /// How long it has had its turn.
    stays: SimDuration,
    user: Option<UserId>,
}

impl Ahead {
    /// Whether a run may look ahead.
    pub fn new(setup: &Setup<'_>, program: &Program) -> Option<Self> {
        let Rules { workers, running_at_once, hand_over_interval, slots, .. } = &setup.rules;
        let first_come_first_served = *running_at_once == 1 && hand_over_interval.is_none();
        // Of two workers that free a slot at one instant, the first takes the oldest request of the backlog.
        let workers_compete = *workers > 1 && slots.is_some();
        // And of two users who are answered at one instant by two workers, the first is first to send again.
        let users_compete = *workers > 1 && matches!(setup.load, Load::Closed(_));
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
            stride: program.stride(),
            demands: Vec::new(),
            starts: Vec::new(),
            backlog: VecDeque::new(),
            departures: VecDeque::new(),
            most: 0,
        })
    }

    /// How many requests are in flight.
    #[inline]
    fn in_flight(&self) -> usize {
        self.flights.len() - self.free.len()
    }

    /// A place for one more request.
    #[inline]
    fn place(&mut self) -> RequestId {
        self.free.pop().unwrap_or_else(|| self.new_place())
    }

    #[cold]
    fn new_place(&mut self) -> RequestId {
        let (start, zero) = (SimTime::ZERO, SimDuration::ZERO);
        let (class, tries_before) = (ClassId(0), 0);
        let entrance = Entrance { request: 0, class, arrival: start, first_arrival: start, tries_before, demand: zero };
        let spent = [zero; Activity::ALL.len()];
        let departure = Departure {
            entrance,
            departure: start,
            outcome: Outcome::Completed,
            counts: false,
            was_taken: true,
            ends_operation: false,
            spent,
        };
        self.flights.push(Flight { departure, worker: 0, next: 0, first: 0, stays: zero, user: None });
        let places = self.flights.len() * self.stride;
        self.demands.resize(places, zero);
        self.starts.resize(places, start);
        RequestId(self.flights.len() as u32 - 1)
    }

    /// Where the demands of a request are.
    #[inline]
    fn range(&self, id: RequestId) -> std::ops::Range<usize> {
        let first = id.0 as usize * self.stride;
        first..first + self.stride
    }

    /// The key of the next departure that no event stands for.
    #[inline]
    fn next_departure(&self) -> Key {
        self.departures.front().map_or(NEVER, |(key, _)| *key)
    }
}

/// The parts of the time of a request that has departed add up.
fn audit_parts(departure: &Departure) {
    let parts: SimDuration = departure.spent.iter().copied().sum();
    let Entrance { request, .. } = departure.entrance;
    assert_eq!(departure.response_time(), parts, "the parts of request {request} do not add up");
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
    /// Goes on for at most `steps` events; false once the run is over.
    pub(super) fn look_ahead(&mut self, ahead: &mut Ahead, steps: u64) -> bool {
        for _ in 0..steps {
            let event = self.events.next_key();
            let arrival = self.arrivals.next;
            let mut next = event.min(arrival);
            let mut is_drained = false;
            if self.untaken > 0 || arrival == NEVER {
                next = next.min(ahead.next_departure());
                is_drained = self.arrivals.are_over() && ahead.in_flight() == 0;
            }
            if !self.move_to(next, is_drained) {
                if !self.is_overfull {
                    self.depart_before(ahead, key_of(self.last_instant + SimDuration::from_nanos(1)));
                }
                self.tell_booked();
                return false;
            }
            if next == arrival {
                self.depart_before(ahead, next);
                self.on_arrival_ahead(ahead);
            } else if next == event {
                match self.events.take(event).1 {
                    Event::UserArrival(user) => {
                        if let Some((class, stream, _)) = self.draw_request_of(user) {
                            let id = ahead.place();
                            let range = ahead.range(id);
                            let demands = &mut ahead.demands[range];
                            let mut request = [Brought::of(class)];
                            self.program.draw_demands(&mut request, &mut [stream], demands, 1);
                            self.receive_ahead(ahead, id, request[0], Some(user));
                        }
                    }
                    Event::BurstEnd(id) | Event::WaitEnd(id) => self.on_leg_end(ahead, id, next),
                    other => unreachable!("{other:?} can intervene"),
                }
            } else if let Some((_, id)) = ahead.departures.pop_front() {
                self.on_leg_end(ahead, id, next);
            }
            if cfg!(debug_assertions) && self.is_audited() {
                let inside = self.workers.all_in_progress() + self.untaken;
                assert_eq!(inside, ahead.in_flight() as u64, "a request is nowhere");
            }
        }
        self.tell_booked();
        true
    }

    /// A request of an open load arrives.
    #[inline]
    fn on_arrival_ahead(&mut self, ahead: &mut Ahead) {
        let Some(intake) = &self.arrivals.intake else { return };
        let id = ahead.place();
        let range = ahead.range(id);
        let brought = intake.brought();
        intake.fill_demands(&mut ahead.demands[range]);
        self.receive_ahead(ahead, id, brought, None);
        self.pass_arrivals(1);
    }

    /// A request arrives that has a place, with the demands that it brings.
    #[inline(always)]
    fn receive_ahead(&mut self, ahead: &mut Ahead, id: RequestId, brought: Brought, user: Option<UserId>) {
        let Brought { class, alone: demand } = brought;
        let demands = &ahead.demands[ahead.range(id)];
        // Filled in where it stays: a copy would have to wait until all parts are written.
        let Flight { departure, next, first, stays, user: sender, .. } = &mut ahead.flights[id.0 as usize];
        departure.spent = [SimDuration::ZERO; Activity::ALL.len()];
        for (activity, demand) in self.program.activities(class).iter().zip(demands) {
            departure.spent[*activity as usize] += *demand;
        }
        let (arrival, request) = (self.now, self.arrivals.entered);
        departure.entrance = Entrance { request, class, arrival, first_arrival: arrival, tries_before: 0, demand };
        departure.counts = self.count_arrival_ahead(class);
        departure.ends_operation = departure.counts;
        *first = self.program.first(class);
        *next = *first;
        *stays = SimDuration::ZERO;
        *sender = user;
        self.note_level(ahead, arrival);
        match self.workers.with_free_slot() {
            Some(worker) => self.take_ahead(ahead, id, worker),
            None => {
                self.untaken += 1;
                ahead.backlog.push_back(id);
            }
        }
        self.is_overfull = ahead.in_flight() > self.max_in_flight as usize;
    }

    /// Takes note of how many are in flight at an instant, with the one that arrives or departs then.
    #[inline]
    fn note_level(&self, ahead: &mut Ahead, time: SimTime) {
        if self.is_counted(time) {
            ahead.most = ahead.most.max(ahead.in_flight());
        }
    }

    /// A worker takes a request into a free slot.
    #[inline(always)]
    fn take_ahead(&mut self, ahead: &mut Ahead, id: RequestId, worker: u32) {
        let flight = &mut ahead.flights[id.0 as usize];
        self.workers.take_slot(worker, self.now, flight.departure.counts);
        flight.worker = worker;
        flight.departure.spent[Activity::BacklogWait as usize] = self.now - flight.departure.entrance.arrival;
        if self.program.instruction(flight.next) == Instruction::Depart {
            self.depart_ahead(ahead, id, self.now);
        } else {
            self.go_on_ahead(ahead, id);
        }
    }

    /// A stay and the wait after it are over, by an event of that key; if they were the last, the request departs.
    #[inline(always)]
    fn on_leg_end(&mut self, ahead: &mut Ahead, id: RequestId, key: Key) {
        if self.program.instruction(ahead.flights[id.0 as usize].next) != Instruction::Depart {
            self.go_on_ahead(ahead, id);
            return;
        }
        self.depart_before(ahead, key);
        self.depart_ahead(ahead, id, self.now);
        if self.untaken > 0 {
            self.admit_ahead(ahead);
        }
    }

    /// A worker takes the first requests of the backlog. Some may depart as they are taken.
    #[inline(never)]
    fn admit_ahead(&mut self, ahead: &mut Ahead) {
        while let Some(worker) = self.workers.with_free_slot()
            && let Some(first) = ahead.backlog.pop_front()
        {
            self.untaken -= 1;
            self.take_ahead(ahead, first, worker);
        }
    }

    /// A request begins its next stay.
    #[inline(always)]
    fn go_on_ahead(&mut self, ahead: &mut Ahead, id: RequestId) {
        let range = ahead.range(id);
        let (demands, starts) = (&ahead.demands[range.clone()], &mut ahead.starts[range]);
        let Flight { departure, worker, next, first, stays, .. } = &mut ahead.flights[id.0 as usize];
        let done_at = &mut ahead.done_at[*worker as usize];
        let start = self.now.max(*done_at);
        starts[(*next - *first) as usize] = start;
        departure.spent[Activity::RunQueueWait as usize] += start - self.now;
        let steps = self.program.from(*next).iter().zip(&demands[(*next - *first) as usize..]);
        let mut stay = SimDuration::ZERO;
        let mut wait = None;
        for (step, demand) in steps {
            if *step == Instruction::Depart {
                break;
            }
            *next += 1;
            if !step.keeps_turn() {
                wait = Some(*demand);
                break;
            }
            stay += *demand;
        }
        *stays += stay;
        *done_at = start + stay;
        if let Some(wait) = wait {
            self.events.push(*done_at + wait, Event::WaitEnd(id));
            return;
        }
        let key = self.events.key(*done_at, Event::BurstEnd(id));
        let is_waited_for = !self.arrivals.users.is_empty();
        if is_waited_for || ahead.departures.back().is_some_and(|(last, _)| *last > key) {
            self.events.push_key(key);
        } else {
            ahead.departures.push_back((key, id));
        }
    }

    /// Requests depart whose departure no event stands for, those before that key.
    #[inline]
    fn depart_before(&mut self, ahead: &mut Ahead, key: Key) {
        while let Some((departure, id)) = ahead.departures.front()
            && *departure < key
        {
            let (id, time) = (*id, time_of(*departure));
            ahead.departures.pop_front();
            self.depart_ahead(ahead, id, time);
        }
    }

    /// A request departs.
    #[inline(always)]
    fn depart_ahead(&mut self, ahead: &mut Ahead, id: RequestId, time: SimTime) {
        self.note_level(ahead, time);
        let Flight { departure, worker, stays, user, .. } = &mut ahead.flights[id.0 as usize];
        // Set where it has been copied to: the copy would have to wait for it.
        self.untold.push_mut(*departure).departure = time;
        self.workers.free_slot(*worker, time);
        if let Some(user) = *user {
            self.think(user);
        }
        if departure.counts {
            self.counts.turns_taken.add_area(u128::from(stays.as_nanos()));
            self.workers.add_turn(*worker, *stays);
        } else {
            self.book_flight(ahead, id, time);
        }
        ahead.free.push(id);
        if self.untold.len() >= TOGETHER {
            self.tell_booked();
        }
    }

    /// Tells departures, and books them.
    fn tell_booked(&mut self) {
        let untold = std::mem::take(&mut self.untold);
        self.book_departed(&untold);
        // Turns come first, and each has a core of its own: there is nothing else to wait for.
        let (program, wait) = (&self.program, |one: &Departure| one.spent[Activity::RunQueueWait as usize]);
        if program.has_empty_class() {
            let asks = |one: &Departure| !program.steps(one.entrance.class).is_empty();
            self.waits.push_turns(untold.iter().map(|one| if asks(one) { wait(one) } else { NOT_ASKED }));
        } else {
            self.waits.push_turns(untold.iter().map(wait));
        }
        self.untold = untold;
        self.tell();
    }

    /// Takes note of a request that arrives now; whether it counts.
    #[inline]
    fn count_arrival_ahead(&mut self, class: ClassId) -> bool {
        let counts = self.is_counted(self.now);
        self.arrivals.arrived += 1;
        self.arrivals.entered += 1;
        self.counts.classes[usize::from(class.0)].arrived += u64::from(counts);
        self.counts.warm_up_requests += u64::from(!counts);
        counts
    }

    /// Books requests that have departed, but for their turns; of those that do not count, only that they have. Returns
    /// how long those that count were in progress, in nanoseconds.
    pub(super) fn book_departed(&mut self, departed: &[Departure]) -> u128 {
        let (mut present, mut spent) = (0, [0; Activity::ALL.len()]);
        for departures in runs(departed, |departure| (departure.entrance.class, departure.counts)) {
            let latest = departures.iter().map(|departure| departure.departure).max();
            self.counts.last_departure = self.counts.last_departure.max(latest.unwrap_or(SimTime::ZERO));
            let count = departures.len() as u64;
            let Departure { entrance, counts: true, .. } = departures[0] else {
                let is_measured = |departure: &&Departure| departure.departure >= self.warm_up;
                self.counts.from_warm_up.completed += departures.iter().filter(is_measured).count() as u64;
                continue;
            };
            self.counts.classes[usize::from(entrance.class.0)].completed += count;
            self.counts.phase_events += 2 * count * self.program.steps(entrance.class).len() as u64;
            present += add_spent(departures, &mut spent);
            if cfg!(debug_assertions) {
                departures.iter().for_each(audit_parts);
            }
        }
        self.counts.departed += departed.len() as u64;
        let of = |activity: Activity| spent[activity as usize];
        let served = present - of(Activity::BacklogWait);
        self.counts.in_system.add_area(present);
        self.counts.slots_taken.add_area(served);
        self.counts.busy_cores.add_area(of(Activity::Framework) + of(Activity::Compute));
        served
    }

    /// Books what requests in flight have done, and how many there were.
    pub(super) fn book_flights(&mut self, ahead: &Ahead) {
        self.counts.in_system.reach(self.now, ahead.most.max(ahead.in_flight()) as u64);
        let mut is_in_flight = vec![true; ahead.flights.len()];
        for free in &ahead.free {
            is_in_flight[free.0 as usize] = false;
        }
        for (id, _) in (0..).zip(is_in_flight).filter(|(_, is_in_flight)| *is_in_flight) {
            let cpu_time = self.book_flight(ahead, RequestId(id), self.now);
            self.report_flight(&ahead.flights[id as usize], cpu_time);
        }
    }

    /// Reports a request in flight at the end, which has had so much CPU time.
    fn report_flight(&mut self, flight: &Flight, cpu_time: SimDuration) {
        let Flight { departure, next, first, .. } = flight;
        self.observer.on_unfinished(&Unfinished::in_flight(departure, self.now, next > first, cpu_time));
    }

    /// Books phase by phase what has come true of a request by that time. Returns the CPU time it has had.
    #[cold]
    fn book_flight(&mut self, ahead: &Ahead, id: RequestId, now: SimTime) -> SimDuration {
        let mut cpu_time = SimDuration::ZERO;
        let Flight { departure, worker, next, first, .. } = &ahead.flights[id.0 as usize];
        let Departure { entrance, spent, .. } = departure;
        self.counts.in_system.add_span(entrance.arrival, now);
        let begun = (next - first) as usize;
        if begun == 0 {
            return cpu_time;
        }
        self.counts.slots_taken.add_span(entrance.arrival + spent[Activity::BacklogWait as usize], now);
        let range = ahead.range(id);
        let (demands, starts) = (&ahead.demands[range.clone()], &ahead.starts[range]);
        let mut time = None;
        for (place, step) in self.program.steps(entrance.class).iter().enumerate().take(begun) {
            let start = time.unwrap_or(starts[place]);
            if start > now {
                return cpu_time;
            }
            let end = start + demands[place];
            self.counts.phase_events += 1 + u64::from(end <= now);
            let until = end.min(now);
            if step.keeps_turn() {
                self.counts.turns_taken.add_span(start, until);
                self.workers.add_turn_between(*worker, start, until);
            }
            if let Instruction::Cpu(_) = step {
                self.counts.busy_cores.add_span(start, until);
                cpu_time += until - start;
            }
            time = step.keeps_turn().then_some(end);
        }
        cpu_time
    }
}
