//! Requests one by one, as they depart.

use crate::engine::{Departure, Observer, Outcome, Standing, Unfinished};
use crate::model::{Activity, SimDuration};
use crate::scenario::Scenario;

/// One request that departed, as `--csv` writes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RequestRow<'a> {
    /// The policy's name.
    pub policy: &'a str,
    /// The replication, counted from 1, if there are several.
    pub replication: Option<u64>,
    /// The request's number, counted from 1 in the order of arrival.
    pub request: u64,
    /// The class's name.
    pub class: &'a str,
    /// When it arrived, in ms.
    pub arrival_ms: f64,
    /// When it departed, in ms; `None` of one whose client had given up, and whose work was under way when the run ended.
    pub departure_ms: Option<f64>,
    /// What became of it: `completed`, `rejected`, `timed_out`, `served_late` (after its client gave up) or `failed`.
    pub outcome: &'a str,
    /// Its demand, in ms.
    pub demand_ms: f64,
    /// Time spent in each activity, in ms, in the order of [`Activity::ALL`].
    pub breakdown_ms: [f64; Activity::ALL.len()],
    /// Why it was rejected or failed.
    pub reason: Option<&'a str>,
}

/// Is called for each request that departs.
pub type Rows<'a> = dyn FnMut(RequestRow<'_>) + 'a;

/// Hands every departure to the watch.
pub(super) struct RowWriter<'a, 'w, 'r> {
    pub policy: &'a str,
    pub replication: Option<u64>,
    pub scenario: &'a Scenario,
    pub rows: Option<&'w mut Rows<'r>>,
}

impl Observer for RowWriter<'_, '_, '_> {
    fn minds_order(&self) -> bool {
        self.rows.is_some()
    }

    fn watches_departures(&self) -> bool {
        self.rows.is_some()
    }

    fn on_departures(&mut self, departures: &[Departure]) {
        let Some(rows) = &mut self.rows else { return };
        for Departure { entrance, departure, outcome, spent, .. } in departures {
            rows(RequestRow {
                policy: self.policy,
                replication: self.replication,
                request: entrance.request + 1,
                class: &self.scenario.workload().classes[usize::from(entrance.class.0)].name,
                arrival_ms: entrance.arrival.as_millis(),
                departure_ms: Some(departure.as_millis()),
                outcome: outcome.name(),
                demand_ms: entrance.demand.as_millis(),
                breakdown_ms: spent.map(SimDuration::as_millis),
                reason: outcome.reason(),
            });
        }
    }

    fn on_unfinished(&mut self, unfinished: &Unfinished) {
        let Some(rows) = &mut self.rows else { return };
        let Unfinished { entrance, spent, .. } = unfinished;
        match unfinished.standing() {
            // Counted as timed out, so it has a row; one in flight has none.
            Standing::Abandoned => rows(RequestRow {
                policy: self.policy,
                replication: self.replication,
                request: entrance.request + 1,
                class: &self.scenario.workload().classes[usize::from(entrance.class.0)].name,
                arrival_ms: entrance.arrival.as_millis(),
                departure_ms: None,
                outcome: Outcome::TimedOut.name(),
                demand_ms: entrance.demand.as_millis(),
                breakdown_ms: spent.map(SimDuration::as_millis),
                reason: None,
            }),
            Standing::InFlight | Standing::BetweenAttempts => {}
        }
    }
}
