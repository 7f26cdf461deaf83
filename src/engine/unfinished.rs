//! Requests in flight when a run ends.

use crate::model::{Activity, ActivityGroup, SimDuration, SimTime};

use super::departure::Departure;
use super::observer::Entrance;
use super::observer::Observer;
use super::requests::{RequestId, State};
use super::simulation::Simulation;

/// A request that was in flight when the run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// What was known on its arrival.
    pub entrance: Entrance,
    /// When the run ended.
    pub end: SimTime,
    /// Whether it is part of the numbers: it arrived after the warm-up.
    pub counts: bool,
    /// Whether it is in the system; otherwise its client will make another attempt after the end.
    pub has_arrived: bool,
    /// Whether its client has given up: it counts as timed out, not as in flight.
    pub is_abandoned: bool,
    /// How long it had waited in the backlog by then.
    pub backlog_wait: SimDuration,
    /// The CPU time it had had by then.
    pub cpu_time: SimDuration,
    /// Whether a worker has taken it out of the backlog.
    pub is_taken: bool,
    /// Whether its operation began after the warm-up.
    pub operation_counts: bool,
    /// Of an abandoned one: whether its client makes no further attempt.
    pub is_given_up: bool,
    /// Of an abandoned one: time spent on each activity until then.
    pub spent: [SimDuration; Activity::ALL.len()],
}

/// The state of a request and its client when the run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The request is in the system, and its client waits.
    InFlight,
    /// The request is in the system, and its client has given up; it was counted as timed out.
    Abandoned,
    /// The client will make another attempt.
    BetweenAttempts,
}

impl<O: Observer> Simulation<O> {
    /// Reports the requests in flight, whose time has been booked until now.
    pub(super) fn report_unfinished(&mut self) {
        for id in self.requests.ids() {
            if self.is_of_a_client(id) {
                let unfinished = self.unfinished(id);
                self.observer.on_unfinished(&unfinished);
            }
        }
    }

    /// Whether it is a request whose client has no response: not a branch of one, no acceptor and no probe.
    fn is_of_a_client(&self, id: RequestId) -> bool {
        let (request, more) = self.requests.with_more(id);
        let is_branch = more.and_then(|more| more.parent).is_some();
        !request.executor.is_no_request() && !request.has_responded && !is_branch && !self.is_probe(id)
    }

    fn unfinished(&self, id: RequestId) -> Unfinished {
        let (request, entrance) = (&self.requests[id], self.entrance(id));
        Unfinished {
            entrance,
            end: self.now,
            counts: self.is_counted(request.arrival),
            has_arrived: request.state != State::Away,
            is_abandoned: request.is_abandoned,
            backlog_wait: request.spent[Activity::BacklogWait as usize],
            cpu_time: ActivityGroup::Cpu.total(&request.spent),
            is_taken: !matches!(request.state, State::InBacklog | State::Away),
            operation_counts: self.is_counted(entrance.first_arrival),
            is_given_up: request.is_abandoned && self.is_given_up(id),
            spent: if request.is_abandoned { request.spent } else { [SimDuration::ZERO; Activity::ALL.len()] },
        }
    }
}

impl Unfinished {
    /// One whose departure is known, and would be after the end; in a run in which no client gives up.
    pub(super) fn in_flight(departure: &Departure, end: SimTime, is_taken: bool, cpu_time: SimDuration) -> Self {
        let Departure { entrance, counts, spent, ends_operation, .. } = *departure;
        let age = end - entrance.arrival;
        Self {
            entrance,
            end,
            counts,
            has_arrived: true,
            is_abandoned: false,
            backlog_wait: if is_taken { spent[Activity::BacklogWait as usize] } else { age },
            cpu_time,
            is_taken,
            operation_counts: ends_operation,
            is_given_up: false,
            spent: [SimDuration::ZERO; Activity::ALL.len()],
        }
    }

    /// The state of the request and its client.
    pub const fn standing(&self) -> Standing {
        match (self.has_arrived, self.is_abandoned) {
            (false, _) => Standing::BetweenAttempts,
            (true, true) => Standing::Abandoned,
            (true, false) => Standing::InFlight,
        }
    }

    /// From its arrival to the end of the run.
    pub fn age(&self) -> SimDuration {
        self.end - self.entrance.arrival.min(self.end)
    }
}
