//! How a run ends.

use super::event::{Key, NEVER, time_of};
use super::intake::Intake;
use super::observer::Observer;
use super::record::{Ending, Record};
use super::simulation::Simulation;
use crate::model::SimTime;

impl<O: Observer> Simulation<O> {
    /// Why the run ends before the event of that key, or without one.
    #[cold]
    pub(super) fn why_it_ends(&self, next: Key, is_drained: bool) -> Ending {
        if next == NEVER {
            return if is_drained { Ending::Drained } else { Ending::Deadlock };
        }
        match self.horizon {
            Some(horizon) if time_of(next) > horizon => Ending::Horizon,
            None if time_of(next) > SimTime::MAX => Ending::ClockLimit,
            _ if self.is_overfull => Ending::TooManyInFlight,
            _ => Ending::Drained,
        }
    }

    /// Ends the run. Returns what the engine counted, and the observer.
    pub fn finish(mut self) -> (Record, O) {
        let end = match self.ending {
            Ending::Horizon => self.horizon.unwrap_or(self.now),
            Ending::Drained => self.horizon.unwrap_or(self.counts.last_departure).max(self.counts.last_departure),
            Ending::Deadlock | Ending::Standstill | Ending::TooManyInFlight | Ending::ClockLimit => self.now,
        };
        self.now = end.max(self.now);
        let deadlock = self.deadlock();
        if cfg!(debug_assertions) && self.requests.len() == self.places_of_others() {
            self.backends.audit_pools_at_rest();
        }
        self.book_unfinished();
        self.observe_all_held();
        self.report_unfinished();
        let counts = self.counts;
        let record = Record {
            start: self.warm_up,
            end: end.max(self.warm_up),
            ending: self.ending,
            deadlock,
            trace_error: self.arrivals.intake.as_ref().and_then(Intake::error).map(String::from),
            classes: counts.classes,
            warm_up_requests: counts.warm_up_requests,
            from_warm_up: counts.from_warm_up,
            phase_events: counts.phase_events,
            in_system: counts.in_system.integral(end),
            cores: counts.busy_cores.integral(end),
            throttled: self.replicas.throttled(end),
            turns: counts.turns_taken.integral(end),
            slots: counts.slots_taken.integral(end),
            backends: self.backends.stations().iter().map(|station| station.busy.integral(end)).collect(),
            backend_queues: self.backends.stations().iter().map(|station| station.waiting.integral(end)).collect(),
            pools: self.backends.stations().iter().map(|station| station.connections.integral(end)).collect(),
            threads: self.workers.threads.integral(end),
            workers: self.workers.usage(end),
            replicas: self.replicas.usage(end),
        };
        (record, self.observer)
    }
}
