//! What is collected of requests that got no answer, and of operations: all attempts of a client together.

use serde::{Deserialize, Serialize};

use super::of_arrived::OfArrived;
use super::sample::Sample;
use crate::engine::{Departure, Outcome, Standing, Unfinished, add_spent};
use crate::model::Activity;
use crate::stats::results::OperationCounts;

/// Operations of a run or a stretch of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Operations {
    /// First attempt to answer.
    pub time: Sample,
    pub given_up: u64,
    /// How old those are that are still under way at the end.
    in_flight: Sample,
}

impl Operations {
    pub fn new() -> Self {
        Self { time: Sample::with_deviation(), given_up: 0, in_flight: Sample::default() }
    }

    /// Takes departures that came to the same end.
    pub fn add(&mut self, departures: &[Departure]) {
        let last = departures.iter().filter(|departure| departure.ends_operation);
        match departures.first().map(|departure| departure.outcome) {
            Some(Outcome::Completed) => {
                self.time.record(last.map(|one| (one.departure - one.entrance.first_arrival).as_nanos()));
            }
            Some(Outcome::Rejected(_) | Outcome::TimedOut | Outcome::ServedLate | Outcome::Failed(_)) => {
                self.given_up += last.count() as u64;
            }
            None => {}
        }
    }

    /// Takes what was under way when the run ended.
    pub fn add_unfinished(&mut self, unfinished: &Unfinished) {
        if !unfinished.operation_counts {
            return;
        }
        match unfinished.standing() {
            Standing::Abandoned => self.given_up += u64::from(unfinished.is_given_up),
            // Between two attempts the next one has an arrival of its own; the client waits since the first.
            Standing::InFlight | Standing::BetweenAttempts => {
                self.in_flight.record([(unfinished.end - unfinished.entrance.first_arrival).as_nanos()]);
            }
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.time.merge(&other.time);
        self.given_up += other.given_up;
        self.in_flight.merge(&other.in_flight);
    }

    pub fn counts(&self) -> OperationCounts {
        let (answered, given_up, in_flight) = (self.time.count(), self.given_up, self.in_flight.count());
        let arrived = answered + given_up + in_flight;
        let error_rate = (arrived > 0).then(|| given_up as f64 / arrived as f64);
        OperationCounts { arrived, answered, given_up, in_flight, error_rate }
    }

    pub const fn of_arrived(&self) -> OfArrived<'_> {
        OfArrived { answered: &self.time, unanswered: self.given_up, in_flight: &self.in_flight }
    }
}

/// Requests of a class that got no answer, or none yet.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Unanswered {
    /// Requests without demand that got no answer: they have no slowdown.
    pub without_demand: u64,
    /// How old those in flight at the end are, and how many times their demand that is.
    pub ages: Sample,
    pub slowdowns: Sample,
}

impl Unanswered {
    /// Takes a request that counts and departed without an answer.
    pub fn add(&mut self, departure: &Departure) {
        self.without_demand += u64::from(departure.entrance.demand.as_nanos() == 0);
    }

    /// Takes a request that counts and was in the system when the run ended; `slowdown`: its age as a multiple of its demand.
    pub fn add_unfinished(&mut self, unfinished: &Unfinished, slowdown: Option<u64>) {
        match unfinished.standing() {
            Standing::InFlight => {
                self.ages.record([(unfinished.end - unfinished.entrance.arrival).as_nanos()]);
                self.slowdowns.record(slowdown);
            }
            Standing::Abandoned => self.without_demand += u64::from(slowdown.is_none()),
            Standing::BetweenAttempts => {}
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.without_demand += other.without_demand;
        self.ages.merge(&other.ages);
        self.slowdowns.merge(&other.slowdowns);
    }
}

/// Time that requests spent which departed without an answer, or with one that came too late.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct UnansweredTime {
    pub departed: u64,
    /// In each activity, in nanoseconds.
    pub spent: [u128; Activity::ALL.len()],
}

impl UnansweredTime {
    pub fn add(&mut self, departures: &[Departure]) {
        self.departed += departures.len() as u64;
        add_spent(departures, &mut self.spent);
    }

    pub fn merge(&mut self, other: &Self) {
        self.departed += other.departed;
        self.spent.iter_mut().zip(other.spent).for_each(|(sum, more)| *sum += more);
    }
}
