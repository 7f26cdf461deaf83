//! Requests that have a worker to themselves: each waits until one is free, and then goes through its phases without a pause.
//!
//! Their times are kept in columns, so that loops over many of them are short.

use std::ops::Range;

use crate::model::{Activity, ClassId, SimDuration, SimTime};
use crate::random::Arrival;

use super::departure::{Departure, Outcome, SpentTime};
use super::intake::Intake;
use super::observer::Entrance;
use super::program::{DrawnRequest, Program};

/// A request that waits in the backlog and nowhere else, and is answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stay {
    /// Its number in the run, counted from 0 in the order of arrival.
    pub request: u64,
    pub class: ClassId,
    pub arrival: SimTime,
    /// When a worker takes it.
    pub start: SimTime,
    /// The time from then until it departs.
    pub demand: SimDuration,
}

/// Requests, each with a place in every column.
#[derive(Clone, Debug)]
pub(super) struct StayColumns {
    requests: Vec<u64>,
    pub arrivals: Vec<SimTime>,
    pub starts: Vec<SimTime>,
    pub demands: Vec<SimDuration>,
    /// Empty if there is only one class.
    classes: Vec<ClassId>,
    /// The demands of each phase, a column for each instruction of the longest class; none if every class has one instruction.
    phases: Vec<Vec<SimDuration>>,
    /// Whether all requests are of one class.
    is_one_class: bool,
    /// Whether they begin in the order of arrival, and depart in it.
    is_in_order: bool,
}

/// Some requests that count, or some that do not, and what they do.
#[derive(Clone, Copy, Debug)]
pub struct Stays<'a> {
    columns: &'a StayColumns,
    first: usize,
    end: usize,
    counts: bool,
    program: &'a Program,
}

impl Stay {
    /// When it departs.
    pub fn departure(&self) -> SimTime {
        self.start + self.demand
    }

    /// The same as a departure, without the time spent in its phases; `counts`: whether it is part of the numbers.
    pub fn as_departure(&self, counts: bool) -> Departure {
        let Self { request, class, arrival, start, demand } = *self;
        let mut spent = [SimDuration::ZERO; Activity::ALL.len()];
        spent[Activity::BacklogWait as usize] = start - arrival;
        let entrance = Entrance { request, class, arrival, first_arrival: arrival, attempts_before: 0, demand };
        let (outcome, was_taken, ends_operation) = (Outcome::Completed, true, counts);
        Departure { entrance, departure: self.departure(), outcome, counts, was_taken, ends_operation, spent }
    }
}

impl StayColumns {
    /// No requests, which will be served by that many workers.
    pub fn new(program: &Program, workers: u32) -> Self {
        let phases = if program.stride() > 1 { program.stride() } else { 0 };
        Self {
            requests: Vec::new(),
            arrivals: Vec::new(),
            starts: Vec::new(),
            demands: Vec::new(),
            classes: Vec::new(),
            phases: vec![Vec::new(); phases],
            is_one_class: program.has_one_class(),
            is_in_order: workers == 1,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Adds the next requests of an intake, whose numbers begin with that; when they begin is to be added.
    #[inline]
    pub fn extend(&mut self, number: u64, arrivals: &[Arrival], drawn: &[DrawnRequest], intake: &Intake) {
        self.requests.extend(number..number + drawn.len() as u64);
        self.arrivals.extend(arrivals.iter().map(|arrival| arrival.time));
        self.demands.extend(drawn.iter().map(|request| request.demand));
        if !self.is_one_class {
            self.classes.extend(drawn.iter().map(|request| request.class));
        }
        for (place, column) in self.phases.iter_mut().enumerate() {
            column.extend_from_slice(&intake.column(place)[..drawn.len()]);
        }
    }

    /// One of them.
    pub fn get(&self, place: usize) -> Stay {
        Stay {
            request: self.requests[place],
            class: self.class(place),
            arrival: self.arrivals[place],
            start: self.starts[place],
            demand: self.demands[place],
        }
    }

    /// The class of one of them.
    #[inline]
    pub fn class(&self, place: usize) -> ClassId {
        if self.is_one_class { ClassId(0) } else { self.classes[place] }
    }

    #[inline]
    fn departure(&self, place: usize) -> SimTime {
        self.starts[place] + self.demands[place]
    }

    /// Lets those that have departed by then come first; they stay in order if there is one worker. Returns how many they are.
    #[inline]
    pub fn move_departed_first(&mut self, until: SimTime) -> usize {
        if self.is_in_order {
            // The last that has begun is the only one of these that may not have departed.
            let begun = self.starts.partition_point(|start| *start <= until);
            return begun - usize::from(begun > 0 && self.departure(begun - 1) > until);
        }
        let departures = self.starts.iter().zip(&self.demands).map(|(start, demand)| *start + *demand);
        let mut departed = departures.take_while(|departure| *departure <= until).count();
        for place in departed + 1..self.len() {
            if self.departure(place) <= until {
                self.swap(departed, place);
                departed += 1;
            }
        }
        departed
    }

    fn swap(&mut self, one: usize, other: usize) {
        self.requests.swap(one, other);
        self.arrivals.swap(one, other);
        self.starts.swap(one, other);
        self.demands.swap(one, other);
        if !self.is_one_class {
            self.classes.swap(one, other);
        }
        self.phases.iter_mut().for_each(|column| column.swap(one, other));
    }

    /// Forgets the first.
    pub fn remove_first(&mut self, count: usize) {
        self.requests.drain(..count);
        self.arrivals.drain(..count);
        self.starts.drain(..count);
        self.demands.drain(..count);
        if !self.is_one_class {
            self.classes.drain(..count);
        }
        self.phases.iter_mut().for_each(|column| drop(column.drain(..count)));
    }

    /// Those at some places; `counts`: whether they are part of the numbers.
    pub fn part<'a>(&'a self, Range { start, end }: Range<usize>, counts: bool, program: &'a Program) -> Stays<'a> {
        Stays { columns: self, first: start, end, counts, program }
    }
}

impl<'a> Stays<'a> {
    /// How many there are; at least one.
    pub const fn count(self) -> usize {
        self.end - self.first
    }

    /// Whether they are part of the numbers.
    pub const fn counts(self) -> bool {
        self.counts
    }

    /// Their numbers in the run, counted from 0 in the order of arrival.
    pub fn requests(self) -> &'a [u64] {
        &self.columns.requests[self.first..self.end]
    }

    /// When each arrives.
    pub fn arrivals(self) -> &'a [SimTime] {
        &self.columns.arrivals[self.first..self.end]
    }

    /// When a worker takes each.
    pub fn starts(self) -> &'a [SimTime] {
        &self.columns.starts[self.first..self.end]
    }

    /// The time that each takes from then until it departs.
    pub fn demands(self) -> &'a [SimDuration] {
        &self.columns.demands[self.first..self.end]
    }

    /// How long each waits in the backlog.
    #[inline]
    pub fn waiting_times(self) -> impl ExactSizeIterator<Item = SimDuration> + Clone + 'a {
        self.starts().iter().zip(self.arrivals()).map(|(start, arrival)| *start - *arrival)
    }

    /// Arrival to departure of each.
    #[inline]
    pub fn response_times(self) -> impl ExactSizeIterator<Item = SimDuration> + 'a {
        self.waiting_times().zip(self.demands()).map(|(waiting_time, demand)| waiting_time + *demand)
    }

    /// When the first of them arrives.
    #[inline]
    pub fn first_arrival(self) -> SimTime {
        let first = if self.columns.is_in_order { 1 } else { self.count() };
        self.arrivals()[..first].iter().copied().min().unwrap_or_default()
    }

    /// When the last of them departs.
    #[inline]
    pub fn last_departure(self) -> SimTime {
        let first = if self.columns.is_in_order { self.end - 1 } else { self.first };
        (first..self.end).map(|place| self.columns.departure(place)).max().unwrap_or_default()
    }

    /// The first half of several, and the others.
    pub fn in_halves(self) -> [Self; 2] {
        let middle = self.first + self.count() / 2;
        [Self { end: middle, ..self }, Self { first: middle, ..self }]
    }

    /// The same as departures.
    pub fn departures(self) -> Vec<Departure> {
        let departure = |place: usize| {
            let stay = self.columns.get(place);
            let mut departure = stay.as_departure(self.counts);
            for (activity, demand) in self.program.activities(stay.class).iter().zip(self.phases_of(place)) {
                departure.spent[*activity as usize] += demand;
            }
            departure
        };
        (self.first..self.end).map(departure).collect()
    }

    /// The demands of the phases of the request at a place.
    fn phases_of(self, place: usize) -> impl Iterator<Item = SimDuration> + 'a {
        let phases = self.columns.phases.iter().map(move |column| column[place]);
        let only = self.columns.phases.is_empty().then(|| self.columns.demands[place]);
        only.into_iter().chain(phases)
    }

    /// The demands of all for one instruction.
    fn phase(self, place: usize) -> &'a [SimDuration] {
        self.columns.phases.get(place).map_or(self.demands(), |column| &column[self.first..self.end])
    }

    /// The time that they spent on each activity.
    pub fn spent(self) -> SpentTime {
        let mut spent = [0; Activity::ALL.len()];
        spent[Activity::BacklogWait as usize] = total_nanos(self.waiting_times());
        if self.columns.is_one_class {
            for (place, activity) in self.program.activities(ClassId(0)).iter().enumerate() {
                spent[*activity as usize] += total_nanos(self.phase(place).iter().copied());
            }
            return spent;
        }
        for place in self.first..self.end {
            let activities = self.program.activities(self.columns.class(place));
            for (activity, demand) in activities.iter().zip(self.phases_of(place)) {
                spent[*activity as usize] += u128::from(demand.as_nanos());
            }
        }
        spent
    }
}

/// The sum of spans, in nanoseconds.
#[inline]
fn total_nanos(spans: impl ExactSizeIterator<Item = SimDuration> + Clone) -> u128 {
    let add = |(sum, bits): (u64, u64), span: SimDuration| (sum.wrapping_add(span.as_nanos()), bits | span.as_nanos());
    let (sum, bits) = spans.clone().fold((0, 0), add);
    // Fewer than 2^n numbers that have n bits less than 64 do not pass 64 bits.
    if bits.leading_zeros() >= usize::BITS - spans.len().leading_zeros() {
        return u128::from(sum);
    }
    spans.map(|span| u128::from(span.as_nanos())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_long_spans_do_not_pass_their_bits() {
        for (count, span) in [(3, SimDuration::from_nanos(7)), (1_000, SimDuration::MAX), (12, SimDuration::MAX)] {
            let expected = count as u128 * u128::from(span.as_nanos());
            assert_eq!(total_nanos(std::iter::repeat_n(span, count)), expected, "{count} of {span}");
        }
    }
}
