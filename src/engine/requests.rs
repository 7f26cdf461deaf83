//! The requests in flight: one slab, in which others refer to them by number.

use crate::model::{Activity, ClassId, SimDuration, SimTime};

use super::event::EventId;

/// A request in flight. Its number is used again once it has departed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RequestId(pub u32);

/// What a request in flight is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// No worker has taken it.
    InBacklog,
    /// It has CPU work to do and no core.
    Ready,
    /// It has a core.
    Running,
    /// It waits off the CPU.
    Waiting,
}

/// What is known of a request in flight.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// Its number in the run, counted from 0 in the order of arrival.
    pub number: u64,
    pub arrival: SimTime,
    pub class: ClassId,
    /// The worker that took it.
    pub worker: u32,
    /// The next instruction of its class's program, and the first.
    pub next: u32,
    pub first: u32,
    pub state: State,
    /// Since when it has been in that state, or its time has been booked.
    pub since: SimTime,
    /// Since when its thread or loop has had the core it runs on.
    pub on_core_since: SimTime,
    /// When its burst will end, if nothing takes its core.
    pub burst_end: SimTime,
    /// Its demand over all phases.
    pub demand: SimDuration,
    /// Whether it is one of the requests its worker is running, with a core or waiting for one.
    pub holds_turn: bool,
    /// Its scheduled completion, and the scheduled end of its quantum; others of its events are void.
    pub completion: EventId,
    pub quantum_end: EventId,
    /// Where its place among the running requests is.
    pub running_place: u32,
    /// Time spent in each activity so far.
    pub spent: [SimDuration; Activity::ALL.len()],
}

impl Request {
    pub fn new(number: u64, arrival: SimTime, class: ClassId, first: u32) -> Self {
        Self {
            number,
            arrival,
            class,
            worker: 0,
            next: first,
            first,
            state: State::InBacklog,
            since: arrival,
            on_core_since: arrival,
            burst_end: arrival,
            demand: SimDuration::ZERO,
            holds_turn: false,
            completion: EventId::default(),
            quantum_end: EventId::default(),
            running_place: 0,
            spent: [SimDuration::ZERO; Activity::ALL.len()],
        }
    }

    /// Books time spent in an activity.
    #[inline]
    pub fn spend(&mut self, activity: Activity, span: SimDuration) {
        self.spent[activity as usize] += span;
    }
}

/// All requests in flight, with what is left of each phase's demand.
#[derive(Clone, Debug)]
pub(super) struct Requests {
    requests: Vec<Request>,
    /// `stride` demands for each request, one a phase of its class.
    demands: Vec<SimDuration>,
    stride: usize,
    free: Vec<RequestId>,
}

impl Requests {
    /// Room for requests of at most `stride` phases.
    pub fn new(stride: usize) -> Self {
        Self { requests: Vec::new(), demands: Vec::new(), stride, free: Vec::new() }
    }

    #[inline]
    pub fn insert(&mut self, request: Request) -> RequestId {
        match self.free.pop() {
            Some(id) => {
                self.requests[id.0 as usize] = request;
                id
            }
            None => {
                self.requests.push(request);
                self.demands.resize(self.requests.len() * self.stride, SimDuration::ZERO);
                RequestId(self.requests.len() as u32 - 1)
            }
        }
    }

    #[inline]
    pub fn remove(&mut self, id: RequestId) {
        self.free.push(id);
    }

    /// A request and what is left of the demands of its phases, in order.
    #[inline]
    pub fn with_demands(&mut self, id: RequestId) -> (&mut Request, &mut [SimDuration]) {
        let start = id.0 as usize * self.stride;
        (&mut self.requests[id.0 as usize], &mut self.demands[start..start + self.stride])
    }

    /// All requests in flight; takes time in proportion to the most there ever were.
    pub fn ids_in_flight(&self) -> Vec<RequestId> {
        let mut in_flight = vec![true; self.requests.len()];
        for free in &self.free {
            in_flight[free.0 as usize] = false;
        }
        let ids = (0..).map(RequestId).zip(in_flight);
        ids.filter_map(|(id, is_in_flight)| is_in_flight.then_some(id)).collect()
    }

    /// How many are in flight.
    pub fn in_flight(&self) -> usize {
        self.requests.len() - self.free.len()
    }
}

impl std::ops::Index<RequestId> for Requests {
    type Output = Request;
    #[inline]
    fn index(&self, id: RequestId) -> &Request {
        &self.requests[id.0 as usize]
    }
}

impl std::ops::IndexMut<RequestId> for Requests {
    #[inline]
    fn index_mut(&mut self, id: RequestId) -> &mut Request {
        &mut self.requests[id.0 as usize]
    }
}
