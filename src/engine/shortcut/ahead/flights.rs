//! The requests in flight of a run that looks ahead.

use std::collections::VecDeque;

use crate::engine::departure::{Departure, Outcome};
use crate::engine::event::{Event, Key, NEVER, UserId, event_of};
use crate::engine::observer::Entrance;
use crate::engine::program::Program;
use crate::engine::requests::RequestId;
use crate::model::{Activity, ClassId, SimDuration, SimTime};

/// The requests in flight, and when each worker will be done with all that have asked for its turn.
///
/// An event reads and writes what is known of one request. Where there are too many for the caches, what it costs is the
/// number of cache lines, so a flight takes one, and each of its steps a quarter of one.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Ahead {
    pub done_at: Vec<SimTime>,
    pub flights: Vec<Flight>,
    pub free: Vec<RequestId>,
    stride: usize,
    /// `stride` for each request.
    pub steps: Vec<Step>,
    /// Room to draw the demands of one request.
    pub drawn: Vec<SimDuration>,
    /// Who sent each request, in a closed system; otherwise empty.
    pub users: Vec<UserId>,
    pub backlog: VecDeque<RequestId>,
    /// Departures after a last turn for which there is no event, in order of time.
    pub departures: VecDeque<(Key, RequestId)>,
    /// The largest number of requests in flight: since the warm-up, once that is over.
    pub most: usize,
}

/// A request in flight.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(in crate::engine) struct Flight {
    /// Its number in the order of arrival.
    pub request: u64,
    pub arrival: SimTime,
    /// The time it would take if it were alone in the system.
    pub demand: SimDuration,
    /// How long it has waited for a worker, and for its turns.
    pub backlog_wait: SimDuration,
    pub run_queue_wait: SimDuration,
    pub worker: u32,
    /// Its next instruction, and its first.
    pub next: u32,
    pub first: u32,
    pub class: ClassId,
    /// Whether it is part of the numbers.
    pub counts: bool,
}

/// A step of a request in flight.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Step {
    pub demand: SimDuration,
    /// When it began, if it is the first of a turn that has been asked for.
    pub start: SimTime,
}

impl Ahead {
    /// No requests in flight, of at most `stride` instructions each.
    pub fn new(workers: u32, stride: usize) -> Self {
        Self {
            done_at: vec![SimTime::ZERO; workers as usize],
            flights: Vec::new(),
            free: Vec::new(),
            stride,
            steps: Vec::new(),
            drawn: vec![SimDuration::ZERO; stride],
            users: Vec::new(),
            backlog: VecDeque::new(),
            departures: VecDeque::new(),
            most: 0,
        }
    }

    /// How many requests are in flight.
    #[inline]
    pub fn in_flight(&self) -> usize {
        self.flights.len() - self.free.len()
    }

    /// A place for one more request.
    #[inline]
    pub fn place(&mut self) -> RequestId {
        self.free.pop().unwrap_or_else(|| self.new_place())
    }

    #[cold]
    fn new_place(&mut self) -> RequestId {
        self.flights.push(Flight::empty());
        let places = self.flights.len() * self.stride;
        self.steps.resize(places, Step { demand: SimDuration::ZERO, start: SimTime::ZERO });
        RequestId(self.flights.len() as u32 - 1)
    }

    /// Reads what is known of the requests of these events, which come next. With many requests in flight it is far away in
    /// memory, and it takes less time to read it all at once than when each event needs it.
    #[inline(always)]
    pub fn read_beforehand(&self, keys: &[Key]) {
        let request = |key: &Key| match event_of(*key) {
            Event::BurstEnd(id) | Event::WaitEnd(id) => Some(id.0 as usize),
            Event::UserArrival(_) => None,
            other => unreachable!("{other:?} can intervene"),
        };
        let ids = keys.iter().filter_map(request);
        let read = ids.map(|id| u64::from(self.flights[id].next) ^ self.steps[id * self.stride].start.as_nanos());
        std::hint::black_box(read.fold(0, |bits, read| bits ^ read));
    }

    /// Where the steps of a request are.
    #[inline]
    pub fn range(&self, id: RequestId) -> std::ops::Range<usize> {
        let first = id.0 as usize * self.stride;
        first..first + self.stride
    }

    /// The demands of a request, to be filled in.
    #[inline]
    pub fn demands_mut(&mut self, id: RequestId) -> impl Iterator<Item = &mut SimDuration> {
        let range = self.range(id);
        self.steps[range].iter_mut().map(|step| &mut step.demand)
    }

    /// The demands of a request are those that have been drawn.
    pub fn take_drawn(&mut self, id: RequestId) {
        let range = self.range(id);
        self.steps[range].iter_mut().zip(&self.drawn).for_each(|(step, demand)| step.demand = *demand);
    }

    /// A request has been sent by that user.
    pub fn note_user(&mut self, id: RequestId, user: UserId) {
        self.users.resize(self.flights.len(), user);
        self.users[id.0 as usize] = user;
    }

    /// The key of the next departure for which there is no event.
    #[inline]
    pub fn next_departure(&self) -> Key {
        self.departures.front().map_or(NEVER, |(key, _)| *key)
    }

    /// The places of all requests in flight.
    pub fn ids(&self) -> Vec<RequestId> {
        let mut is_in_flight = vec![true; self.flights.len()];
        for free in &self.free {
            is_in_flight[free.0 as usize] = false;
        }
        (0..).map(RequestId).zip(is_in_flight).filter_map(|(id, is_in_flight)| is_in_flight.then_some(id)).collect()
    }
}

impl Flight {
    /// A place that no request has taken yet.
    const fn empty() -> Self {
        Self {
            request: 0,
            arrival: SimTime::ZERO,
            demand: SimDuration::ZERO,
            backlog_wait: SimDuration::ZERO,
            run_queue_wait: SimDuration::ZERO,
            worker: 0,
            next: 0,
            first: 0,
            class: ClassId(0),
            counts: false,
        }
    }

    /// What will be reported when it departs then, except what it does in its steps.
    #[inline]
    pub fn departure(&self, departure: SimTime) -> Departure {
        let Self { request, arrival, demand, class, counts, .. } = *self;
        Departure {
            entrance: Entrance { request, class, arrival, first_arrival: arrival, attempts_before: 0, demand },
            departure,
            outcome: Outcome::Completed,
            counts,
            was_taken: true,
            ends_operation: counts,
            spent: [SimDuration::ZERO; Activity::ALL.len()],
        }
    }

    /// Fills in the time spent, if it goes through these steps and departs.
    #[inline]
    pub fn fill_spent(&self, program: &Program, steps: &[Step], spent: &mut [SimDuration; Activity::ALL.len()]) {
        spent[Activity::BacklogWait as usize] = self.backlog_wait;
        spent[Activity::RunQueueWait as usize] = self.run_queue_wait;
        for (activity, step) in program.activities(self.class).iter().zip(steps) {
            spent[*activity as usize] += step.demand;
        }
    }
}
