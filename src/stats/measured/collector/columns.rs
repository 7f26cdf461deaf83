//! The times of requests that were answered, column by column, of all classes and of each.

use std::ops::Range;

use crate::engine::{Departure, Stays};
use crate::model::{Activity, ClassId, SimDuration};
use crate::stats::measured::column::{Column, Values};

use super::slowdown::Times;

/// Room for what is collected of departures together; all times are in nanoseconds.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    pub response_times: Column,
    pub(super) waiting_times: Column,
    demands: Vec<u64>,
    slowdowns: Column,
    by_class: ByClass,
}

/// The same times, those of one class after those of another.
#[derive(Clone, Debug, Default)]
struct ByClass {
    response_times: Column,
    demands: Vec<u64>,
    /// The classes that have any, and where they are.
    parts: Vec<(usize, Range<usize>)>,
    /// For each class the place of its next one, while they are put in order; otherwise 0.
    places: Vec<usize>,
}

impl Columns {
    /// Fills the columns with the times of requests, at most [`column::MOST`](crate::stats::measured::column::MOST).
    #[inline]
    pub fn fill(&mut self, departures: &[Departure]) {
        let waiting_time = |departure: &Departure| departure.spent[Activity::BacklogWait as usize].as_nanos();
        self.response_times.fill(departures.iter().map(|departure| departure.response_time().as_nanos()));
        self.waiting_times.fill(departures.iter().map(waiting_time));
        self.demands.clear();
        self.demands.extend(departures.iter().map(|departure| departure.entrance.demand.as_nanos()));
    }

    /// The same.
    #[inline]
    pub fn fill_from_stays(&mut self, stays: Stays<'_>) {
        self.response_times.fill(stays.response_times().map(SimDuration::as_nanos));
        self.waiting_times.fill(stays.waiting_times().map(SimDuration::as_nanos));
        self.demands.clear();
        self.demands.extend(stays.demands().iter().map(|demand| demand.as_nanos()));
    }

    /// The class of the departures, if there is only one.
    #[inline]
    pub(super) fn only_class(departures: &[Departure]) -> Option<ClassId> {
        let first = departures[0].entrance.class;
        let differences = departures.iter().fold(0, |bits, departure| bits | (departure.entrance.class.0 ^ first.0));
        (differences == 0).then_some(first)
    }

    /// The times of all, and room for the slowdowns.
    #[inline]
    pub(super) fn of_all(&mut self) -> (Times<'_>, &mut Column) {
        (Times { responses: self.response_times.values(), demands: &self.demands }, &mut self.slowdowns)
    }

    /// The response times and slowdowns of each class of the departures that the columns were filled with.
    #[inline]
    pub(super) fn of_classes(&mut self, departures: &[Departure], mut take: impl FnMut(usize, Values<'_>, Values<'_>)) {
        let Self { response_times, demands, slowdowns, by_class, .. } = self;
        by_class.fill(departures, response_times.values().all(), demands);
        let ByClass { response_times, demands, parts, .. } = by_class;
        let times = Times { responses: response_times.values(), demands };
        let of_all = times.slowdowns(slowdowns);
        if of_all.all().len() == demands.len() {
            for (class, range) in parts {
                take(*class, times.responses.part(range.clone()), of_all.part(range.clone()));
            }
            return;
        }
        // Those that demand nothing have no slowdown.
        for (class, range) in parts {
            let times = Times { responses: times.responses.part(range.clone()), demands: &demands[range.clone()] };
            take(*class, times.responses, times.slowdowns(slowdowns));
        }
    }
}

impl ByClass {
    /// Takes the times of departures, class by class.
    fn fill(&mut self, departures: &[Departure], response_times: &[u64], demands: &[u64]) {
        self.find_parts(departures);
        let room = self.response_times.room(departures.len());
        self.demands.resize(departures.len(), 0);
        for (departure, (response_time, demand)) in departures.iter().zip(response_times.iter().zip(demands)) {
            let place = &mut self.places[usize::from(departure.entrance.class.0)];
            room[*place] = *response_time;
            self.demands[*place] = *demand;
            *place += 1;
        }
        self.response_times.placed();
        self.parts.iter().for_each(|(class, _)| self.places[*class] = 0);
    }

    /// Finds out which classes there are, and where each begins.
    fn find_parts(&mut self, departures: &[Departure]) {
        let Self { parts, places, .. } = self;
        parts.clear();
        for departure in departures {
            let class = usize::from(departure.entrance.class.0);
            if class >= places.len() {
                places.resize(class + 1, 0);
            }
            if places[class] == 0 {
                parts.push((class, 0..0));
            }
            places[class] += 1;
        }
        let mut first = 0;
        for (class, range) in parts {
            let count = std::mem::replace(&mut places[*class], first);
            *range = first..first + count;
            first += count;
        }
    }
}
