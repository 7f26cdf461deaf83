//! A shortcut: all that a request does in one turn is known when it asks for the turn.
//!
//! With its turn, a request runs without a break through bursts, and waits that block the turn, up to the next wait
//! that does not. If turns are given first come, first served, and each has a core of its own, a turn begins at
//! max(now, when the worker is done with the requests that asked before), and its length is known. So neither turns nor
//! cores nor ends of bursts need events: one event stands for a turn and the wait after it. A last turn needs none,
//! unless its end lets something else happen. What a request did is booked when it departs.

mod booking;
mod flights;

pub(in crate::engine) use flights::Ahead;

use flights::Flight;

use crate::engine::event::{Event, Key, NEVER, UserId, key_of, time_of};
use crate::engine::observer::Observer;
use crate::engine::program::{DrawnRequest, Instruction};
use crate::engine::requests::RequestId;
use crate::engine::simulation::{Simulation, TOGETHER};
use crate::model::{ClassId, SimDuration, SimTime};

impl<O: Observer> Simulation<O> {
    /// Goes on for at most `steps` events; false once the run is over.
    pub(in crate::engine) fn look_ahead(&mut self, ahead: &mut Ahead, steps: u64) -> bool {
        for _ in 0..steps {
            let event = self.events.next_key_with(|keys| ahead.read_beforehand(keys));
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
                self.report_booked();
                return false;
            }
            if next == arrival {
                self.depart_before(ahead, next);
                self.on_arrival_ahead(ahead);
            } else if next == event {
                match self.events.take(event).1 {
                    Event::UserArrival(user) => self.on_user_arrival_ahead(ahead, user),
                    Event::BurstEnd(id) | Event::WaitEnd(id) => self.on_leg_end(ahead, id, next),
                    other => unreachable!("{other:?} can intervene"),
                }
            } else if let Some((_, id)) = ahead.departures.pop_front() {
                self.on_leg_end(ahead, id, next);
            }
            if cfg!(debug_assertions) && self.is_audited() {
                self.audit_ahead(ahead);
            }
        }
        self.report_booked();
        true
    }

    /// What must hold between events.
    fn audit_ahead(&self, ahead: &Ahead) {
        let inside = self.workers.all_in_progress() + self.untaken;
        assert_eq!(inside, ahead.in_flight() as u64, "a request is nowhere");
    }

    /// A user of a closed load sends the next request, if any may arrive.
    #[inline]
    fn on_user_arrival_ahead(&mut self, ahead: &mut Ahead, user: UserId) {
        let Some((class, stream, _)) = self.draw_request_of(user) else { return };
        let id = ahead.place();
        ahead.note_user(id, user);
        let mut request = [DrawnRequest::of(class)];
        self.program.draw_demands(&mut request, &mut [stream], &mut ahead.drawn, 1);
        ahead.take_drawn(id);
        self.receive_ahead(ahead, id, request[0]);
    }

    /// A request of an open load arrives.
    #[inline]
    fn on_arrival_ahead(&mut self, ahead: &mut Ahead) {
        let Some(intake) = &self.arrivals.intake else { return };
        let id = ahead.place();
        let drawn = intake.next_request();
        intake.fill_demands(ahead.demands_mut(id));
        self.receive_ahead(ahead, id, drawn);
        self.pass_arrivals(1);
    }

    /// A request arrives. It has a place, which holds its demands.
    #[inline(always)]
    fn receive_ahead(&mut self, ahead: &mut Ahead, id: RequestId, drawn: DrawnRequest) {
        let DrawnRequest { class, demand } = drawn;
        let (arrival, request, first) = (self.now, self.arrivals.entered, self.program.first(class));
        let counts = self.count_arrival_ahead(class);
        let (backlog_wait, run_queue_wait) = (SimDuration::ZERO, SimDuration::ZERO);
        let (next, worker) = (first, 0);
        ahead.flights[id.0 as usize] =
            Flight { request, arrival, demand, backlog_wait, run_queue_wait, worker, next, first, class, counts };
        self.note_level(ahead, arrival);
        match self.workers.with_free_slot(&self.replicas[0].workers) {
            Some(worker) => self.take_ahead(ahead, id, worker),
            None => {
                self.untaken += 1;
                ahead.backlog.push_back(id);
            }
        }
        self.is_overfull = ahead.in_flight() > self.max_in_flight as usize;
    }

    /// Counts a request that arrives now; returns whether it is part of the numbers.
    #[inline]
    fn count_arrival_ahead(&mut self, class: ClassId) -> bool {
        let counts = self.is_counted(self.now);
        self.arrivals.arrived += 1;
        self.arrivals.entered += 1;
        self.counts.classes[usize::from(class.0)].arrived += u64::from(counts);
        self.counts.warm_up_requests += u64::from(!counts);
        counts
    }

    /// Notes how many requests are in flight at an instant, including the one that arrives or departs then.
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
        self.workers.take_slot(worker, self.now, flight.counts);
        flight.worker = worker;
        flight.backlog_wait = self.now - flight.arrival;
        if self.program.instruction(flight.next) == Instruction::Depart {
            self.depart_ahead(ahead, id, self.now);
        } else {
            self.go_on_ahead(ahead, id);
        }
    }

    /// A turn and the wait after it end with the event of that key; if they were the last, the request departs.
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

    /// Workers take the first requests of the backlog. Some may depart as they are taken.
    #[inline(never)]
    fn admit_ahead(&mut self, ahead: &mut Ahead) {
        while let Some(worker) = self.workers.with_free_slot(&self.replicas[0].workers)
            && let Some(first) = ahead.backlog.pop_front()
        {
            self.untaken -= 1;
            self.take_ahead(ahead, first, worker);
        }
    }

    /// A request asks for its next turn.
    #[inline(always)]
    fn go_on_ahead(&mut self, ahead: &mut Ahead, id: RequestId) {
        let range = ahead.range(id);
        let Flight { run_queue_wait, worker, next, first, .. } = &mut ahead.flights[id.0 as usize];
        let steps = &mut ahead.steps[range][(*next - *first) as usize..];
        let done_at = &mut ahead.done_at[*worker as usize];
        let start = self.now.max(*done_at);
        *run_queue_wait += start - self.now;
        if let Some(step) = steps.first_mut() {
            step.start = start;
        }
        let mut wait = None;
        *done_at = start;
        for (instruction, step) in self.program.from(*next).iter().zip(steps) {
            if *instruction == Instruction::Depart {
                break;
            }
            *next += 1;
            if !instruction.keeps_turn() {
                wait = Some(step.demand);
                break;
            }
            *done_at = *done_at + step.demand;
        }
        if let Some(wait) = wait {
            self.events.push(*done_at + wait, Event::WaitEnd(id));
            return;
        }
        let key = self.events.key(*done_at, Event::BurstEnd(id));
        let is_waited_for = !self.arrivals.users.is_empty();
        if is_waited_for || ahead.departures.back().is_some_and(|(last, _)| *last > key) {
            self.events.push_newest_key(key);
        } else {
            ahead.departures.push_back((key, id));
        }
    }

    /// All requests depart that depart before that key without an event.
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
        let (flight, steps) = (&ahead.flights[id.0 as usize], &ahead.steps[ahead.range(id)]);
        // Filled in where it stays: a copy would have to wait until all parts are written.
        let departure = self.unreported.push_mut(flight.departure(time));
        flight.fill_spent(&self.program, steps, &mut departure.spent);
        self.workers.free_slot(flight.worker, time);
        if let Some(user) = ahead.users.get(id.0 as usize) {
            self.think(*user);
        }
        if flight.counts {
            let keeping = self.program.steps(flight.class).iter().zip(steps).filter(|(step, _)| step.keeps_turn());
            let turns = keeping.map(|(_, step)| step.demand).sum::<SimDuration>();
            self.counts.turns_taken.add_area(u128::from(turns.as_nanos()));
            self.workers.add_turn(flight.worker, turns);
        } else {
            self.book_flight(ahead, id, time);
        }
        ahead.free.push(id);
        if self.unreported.len() >= TOGETHER {
            self.report_booked();
        }
    }
}
