//! When each request of a run came and went.

use crate::engine::{Departure, Entrance, Observer, Outcome};
use crate::model::SimTime;
use crate::policy::PolicyChoice;
use crate::scenario::Scenario;
use crate::study::{Replication, simulation};

/// One policy's run, request by request.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Diary {
    /// In the order of arrival.
    pub stays: Vec<Stay>,
}

/// One request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stay {
    pub arrival: SimTime,
    pub end: StayEnd,
}

/// How a request left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum StayEnd {
    Departed(SimTime),
    Lost(SimTime),
    /// It was in the system when the run ended.
    InFlight,
}

impl Diary {
    /// Runs one policy of a scenario.
    pub fn of(scenario: &Scenario, policy: &PolicyChoice) -> Self {
        let mut simulation = simulation(scenario, policy, &Replication::default(), Self::default());
        while simulation.advance(u64::MAX) {}
        simulation.finish().1
    }

    /// When each request departed, by its place in the order of arrival.
    pub fn departure(&self, request: usize) -> Option<SimTime> {
        match self.stays.get(request)?.end {
            StayEnd::Departed(time) => Some(time),
            StayEnd::Lost(_) | StayEnd::InFlight => None,
        }
    }

    /// How long a request was in the system.
    pub fn response_time_ms(&self, request: usize) -> Option<f64> {
        Some((self.departure(request)? - self.stays.get(request)?.arrival).as_millis())
    }

    /// When requests were lost, in the order of arrival.
    pub fn losses(&self) -> impl Iterator<Item = SimTime> {
        self.stays.iter().filter_map(|stay| match stay.end {
            StayEnd::Lost(time) => Some(time),
            StayEnd::Departed(_) | StayEnd::InFlight => None,
        })
    }
}

impl Observer for Diary {
    fn watches_segments(&self) -> bool {
        true
    }

    fn on_arrival(&mut self, entrance: &Entrance) {
        self.stays.push(Stay { arrival: entrance.arrival, end: StayEnd::InFlight });
    }

    fn on_departures(&mut self, departures: &[Departure]) {
        for departure in departures {
            let end = match departure.outcome {
                Outcome::Completed => StayEnd::Departed(departure.departure),
                Outcome::Rejected(_) | Outcome::TimedOut | Outcome::ServedLate | Outcome::Failed(_) => {
                    StayEnd::Lost(departure.departure)
                }
            };
            self.stays[departure.entrance.request as usize].end = end;
        }
    }
}
