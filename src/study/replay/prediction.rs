//! One prediction of a case: its requests run once.

use crate::engine::{Departure, Observer, Outcome};
use crate::model::{Rejection, SimDuration, SimTime};
use crate::scenario::Scenario;
use crate::study::simulation::{Replication, simulation};

/// What became of the requests.
#[derive(Debug, Default)]
pub(super) struct Prediction {
    /// In ms, in the order of arrival; `None` where a request got no answer.
    pub response_times: Vec<Option<f64>>,
    pub arrived: u64,
    pub last_arrival: SimTime,
    pub rejected: u64,
    pub demand: SimDuration,
}

/// Runs the first policy of a scenario on its requests; `accept` is which of the streams decide who accepts.
pub(super) fn predict(scenario: &Scenario, accept: u64, requests: usize) -> Prediction {
    let replication = Replication { accept, ..Replication::default() };
    let nothing = Prediction { response_times: vec![None; requests], ..Prediction::default() };
    let mut simulation = simulation(scenario, &scenario.policies()[0], &replication, nothing);
    while simulation.advance(u64::MAX) {}
    let (_, prediction) = simulation.finish();
    prediction
}

impl Observer for Prediction {
    fn on_departures(&mut self, departures: &[Departure]) {
        for departure in departures {
            let entrance = &departure.entrance;
            self.arrived += 1;
            self.last_arrival = self.last_arrival.max(entrance.arrival);
            self.demand += entrance.demand;
            // Its listen queue was full.
            if departure.outcome == Outcome::Rejected(Rejection::Backlog) {
                self.rejected += 1;
            }
            if departure.outcome == Outcome::Completed
                && let Some(time) = self.response_times.get_mut(entrance.request as usize)
            {
                *time = Some((departure.departure - entrance.arrival).as_millis());
            }
        }
    }
}
