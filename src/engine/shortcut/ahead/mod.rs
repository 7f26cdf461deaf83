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
use crate::engine::observer::{Entrance, Observer};
use crate::engine::program::{DrawnRequest, Instruction};
use crate::engine::requests::RequestId;
use crate::engine::simulation::{Simulation, TOGETHER};
use crate::model::{Activity, ClassId, SimDuration, SimTime};

impl<O: Observer> Simulation<O> {
    /// Goes on for at most `steps` events; false once the run is over.
    pub(in crate::engine) fn look_ahead(&mut self, ahead: &mut Ahead, steps: u64) -> bool {
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
        let range = ahead.range(id);
        let mut request = [DrawnRequest::of(class)];
        self.program.draw_demands(&mut request, &mut [stream], &mut ahead.demands[range], 1);
        self.receive_ahead(ahead, id, request[0], Some(user));
    }

    /// A request of an open load arrives.
    #[inline]
    fn on_arrival_ahead(&mut self, ahead: &mut Ahead) {
        let Some(intake) = &self.arrivals.intake else { return };
        let id = ahead.place();
        let range = ahead.range(id);
        let drawn = intake.next_request();
        intake.fill_demands(&mut ahead.demands[range]);
        self.receive_ahead(ahead, id, drawn, None);
        self.pass_arrivals(1);
    }

    /// A request arrives. It has a place, which holds its demands.
    #[inline(always)]
    fn receive_ahead(&mut self, ahead: &mut Ahead, id: RequestId, drawn: DrawnRequest, user: Option<UserId>) {
        let DrawnRequest { class, demand } = drawn;
        let demands = &ahead.demands[ahead.range(id)];
        // Filled in where it stays: a copy would have to wait until all parts are written.
        let Flight { departure, next, first, turn_time, user: sender, .. } = &mut ahead.flights[id.0 as usize];
        departure.spent = [SimDuration::ZERO; Activity::ALL.len()];
        for (activity, demand) in self.program.activities(class).iter().zip(demands) {
            departure.spent[*activity as usize] += *demand;
        }
        let (arrival, request) = (self.now, self.arrivals.entered);
        departure.entrance = Entrance { request, class, arrival, first_arrival: arrival, attempts_before: 0, demand };
        departure.counts = self.count_arrival_ahead(class);
        departure.ends_operation = departure.counts;
        *first = self.program.first(class);
        *next = *first;
        *turn_time = SimDuration::ZERO;
        *sender = user;
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
        self.workers.take_slot(worker, self.now, flight.departure.counts);
        flight.worker = worker;
        flight.departure.spent[Activity::BacklogWait as usize] = self.now - flight.departure.entrance.arrival;
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
        let (demands, starts) = (&ahead.demands[range.clone()], &mut ahead.starts[range]);
        let Flight { departure, worker, next, first, turn_time, .. } = &mut ahead.flights[id.0 as usize];
        let done_at = &mut ahead.done_at[*worker as usize];
        let start = self.now.max(*done_at);
        starts[(*next - *first) as usize] = start;
        departure.spent[Activity::RunQueueWait as usize] += start - self.now;
        let steps = self.program.from(*next).iter().zip(&demands[(*next - *first) as usize..]);
        let mut turn = SimDuration::ZERO;
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
            turn += *demand;
        }
        *turn_time += turn;
        *done_at = start + turn;
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
        let Flight { departure, worker, turn_time, user, .. } = &mut ahead.flights[id.0 as usize];
        // Set in the copy: if it were set before, copying would have to wait for it.
        self.unreported.push_mut(*departure).departure = time;
        self.workers.free_slot(*worker, time);
        if let Some(user) = *user {
            self.think(user);
        }
        if departure.counts {
            self.counts.turns_taken.add_area(u128::from(turn_time.as_nanos()));
            self.workers.add_turn(*worker, *turn_time);
        } else {
            self.book_flight(ahead, id, time);
        }
        ahead.free.push(id);
        if self.unreported.len() >= TOGETHER {
            self.report_booked();
        }
    }
}
