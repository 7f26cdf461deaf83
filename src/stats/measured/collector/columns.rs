//! The times of requests that were answered, column by column, of all classes and of each.

use crate::engine::{Departure, Stays};
use crate::model::{Activity, ClassId, SimDuration};
use crate::stats::measured::column::Column;

use super::slowdown::Times;

/// Room for what is collected of departures together; all times are in nanoseconds.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    pub response_times: Column,
    pub(super) waiting_times: Column,
    demands: Vec<u64>,
    slowdowns: Column,
    /// By class, where there are several.
    classes: Vec<ClassColumns>,
    /// Those that have any.
    present: Vec<usize>,
}

#[derive(Clone, Debug, Default)]
struct ClassColumns {
    response_times: Column,
    demands: Vec<u64>,
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

    /// The times of each class of the departures that the columns were filled with, and room for the slowdowns.
    #[inline]
    pub(super) fn of_classes(&mut self, departures: &[Departure], mut take: impl FnMut(usize, Times<'_>, &mut Column)) {
        self.divide(departures);
        for class in self.present.drain(..) {
            let ClassColumns { response_times, demands } = &mut self.classes[class];
            take(class, Times { responses: response_times.placed(), demands }, &mut self.slowdowns);
            response_times.clear();
            demands.clear();
        }
    }

    /// Divides the response times and the demands among the classes.
    fn divide(&mut self, departures: &[Departure]) {
        let times = self.response_times.values().all().iter().zip(&self.demands);
        for (departure, (response_time, demand)) in departures.iter().zip(times) {
            let class = usize::from(departure.entrance.class.0);
            if class >= self.classes.len() {
                self.classes.resize(class + 1, ClassColumns::default());
            }
            let of_class = &mut self.classes[class];
            if of_class.demands.is_empty() {
                self.present.push(class);
            }
            of_class.response_times.push(*response_time);
            of_class.demands.push(*demand);
        }
    }
}
