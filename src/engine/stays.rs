//! Requests that have a worker to themselves: each waits until one is free, and then goes through its phases without a pause.

use crate::model::{Activity, ClassId, SimDuration, SimTime};

use super::departure::{Departure, Outcome, SpentTime};
use super::observer::Entrance;
use super::program::Program;

/// A request that waits in the backlog and nowhere else, and is answered.
#[derive(Clone, Copy, Debug)]
pub struct Stay {
    /// Its number in the run, counted from 0 in the order of arrival.
    pub request: u64,
    /// When it arrives.
    pub arrival: SimTime,
    /// When a worker takes it.
    pub start: SimTime,
    /// The time from then until it departs.
    pub demand: SimDuration,
    /// Its class.
    pub class: ClassId,
    /// Whether it is part of the numbers.
    pub counts: bool,
}

/// Several of them, and the demands of their phases.
#[derive(Clone, Copy, Debug)]
pub struct Stays<'a> {
    pub(super) list: &'a [Stay],
    /// A row for each, with a column for each instruction of the longest class; empty if every class has one instruction.
    pub(super) demands: &'a [SimDuration],
    pub(super) program: &'a Program,
}

impl Stay {
    /// When it departs.
    #[inline]
    pub fn departure(&self) -> SimTime {
        self.start + self.demand
    }

    /// Arrival to departure.
    #[inline]
    pub fn response_time(&self) -> SimDuration {
        self.departure() - self.arrival
    }

    /// How long it waits in the backlog.
    #[inline]
    pub fn waiting_time(&self) -> SimDuration {
        self.start - self.arrival
    }

    fn entrance(&self) -> Entrance {
        let Self { request, class, arrival, demand, .. } = *self;
        Entrance { request, class, arrival, first_arrival: arrival, attempts_before: 0, demand }
    }

    /// The same as a departure, without the time spent in its phases.
    pub(super) fn as_departure(&self) -> Departure {
        let mut spent = [SimDuration::ZERO; Activity::ALL.len()];
        spent[Activity::BacklogWait as usize] = self.waiting_time();
        let (outcome, was_taken) = (Outcome::Completed, true);
        let (departure, counts, ends_operation) = (self.departure(), self.counts, self.counts);
        Departure { entrance: self.entrance(), departure, outcome, counts, was_taken, ends_operation, spent }
    }
}

impl<'a> Stays<'a> {
    /// The requests.
    pub const fn list(self) -> &'a [Stay] {
        self.list
    }

    /// The same as departures.
    pub fn departures(self) -> Vec<Departure> {
        let departure = |(place, stay): (usize, &Stay)| {
            let mut departure = stay.as_departure();
            for (activity, demand) in self.program.activities(stay.class).iter().zip(self.demands_of(place)) {
                departure.spent[*activity as usize] += *demand;
            }
            departure
        };
        self.list.iter().enumerate().map(departure).collect()
    }

    /// The demands of the phases of one of them.
    fn demands_of(&self, place: usize) -> &[SimDuration] {
        let stride = self.program.stride();
        if stride == 1 {
            return std::slice::from_ref(&self.list[place].demand);
        }
        &self.demands[place * stride..][..stride]
    }

    /// The sum of the demands of all for one instruction, in nanoseconds.
    fn column(&self, place: usize) -> u128 {
        let nanos = |span: SimDuration| u128::from(span.as_nanos());
        match self.program.stride() {
            1 => self.list.iter().map(|stay| nanos(stay.demand)).sum(),
            stride => self.demands.chunks_exact(stride).map(|row| nanos(row[place])).sum(),
        }
    }

    /// The time that they spent on each activity.
    pub(super) fn spent(&self) -> SpentTime {
        let mut spent = [0; Activity::ALL.len()];
        let nanos = |span: SimDuration| u128::from(span.as_nanos());
        spent[Activity::BacklogWait as usize] = self.list.iter().map(|stay| nanos(stay.waiting_time())).sum();
        if self.program.has_one_class() {
            for (place, activity) in self.program.activities(ClassId(0)).iter().enumerate() {
                spent[*activity as usize] += self.column(place);
            }
            return spent;
        }
        for (place, stay) in self.list.iter().enumerate() {
            for (activity, demand) in self.program.activities(stay.class).iter().zip(self.demands_of(place)) {
                spent[*activity as usize] += nanos(*demand);
            }
        }
        spent
    }
}
