//! The requests in flight of a run that looks ahead.

use std::collections::VecDeque;

use crate::engine::departure::{Departure, Outcome};
use crate::engine::event::{Key, NEVER, UserId};
use crate::engine::observer::Entrance;
use crate::engine::requests::RequestId;
use crate::model::{Activity, ClassId, SimDuration, SimTime};

/// The requests in flight, and when each worker will be done with all that have asked for its turn.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Ahead {
    pub done_at: Vec<SimTime>,
    pub flights: Vec<Flight>,
    pub free: Vec<RequestId>,
    stride: usize,
    /// `stride` for each request.
    pub demands: Vec<SimDuration>,
    /// For each demand that is the first of a turn that has been asked for, when the turn began.
    pub starts: Vec<SimTime>,
    pub backlog: VecDeque<RequestId>,
    /// Departures after a last turn for which there is no event, in order of time.
    pub departures: VecDeque<(Key, RequestId)>,
    /// The largest number of requests in flight: since the warm-up, once that is over.
    pub most: usize,
}

/// A request in flight.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Flight {
    /// What will be reported, except when it departs and how long it waits.
    pub departure: Departure,
    pub worker: u32,
    /// Its next instruction, and its first.
    pub next: u32,
    pub first: u32,
    /// How long it has had its turn, in all.
    pub turn_time: SimDuration,
    pub user: Option<UserId>,
}

impl Ahead {
    /// No requests in flight, of at most `stride` instructions each.
    pub fn new(workers: u32, stride: usize) -> Self {
        Self {
            done_at: vec![SimTime::ZERO; workers as usize],
            flights: Vec::new(),
            free: Vec::new(),
            stride,
            demands: Vec::new(),
            starts: Vec::new(),
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
        self.demands.resize(places, SimDuration::ZERO);
        self.starts.resize(places, SimTime::ZERO);
        RequestId(self.flights.len() as u32 - 1)
    }

    /// Where the demands of a request are.
    #[inline]
    pub fn range(&self, id: RequestId) -> std::ops::Range<usize> {
        let first = id.0 as usize * self.stride;
        first..first + self.stride
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
        let (start, zero) = (SimTime::ZERO, SimDuration::ZERO);
        let (class, attempts_before) = (ClassId(0), 0);
        let entrance =
            Entrance { request: 0, class, arrival: start, first_arrival: start, attempts_before, demand: zero };
        let departure = Departure {
            entrance,
            departure: start,
            outcome: Outcome::Completed,
            counts: false,
            was_taken: true,
            ends_operation: false,
            spent: [zero; Activity::ALL.len()],
        };
        Self { departure, worker: 0, next: 0, first: 0, turn_time: zero, user: None }
    }
}
