//! What is in flight when a run ends.

use crate::model::{Activity, SimDuration};

use super::recorder::{Observer, Unfinished};
use super::requests::{Lane, RequestId, State};
use super::simulation::Simulation;

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

    /// Whether it is a request whose client has no response: not a branch of one, and no acceptor.
    fn is_of_a_client(&self, id: RequestId) -> bool {
        let (request, more) = self.requests.with_more(id);
        request.lane != Lane::Acceptor && !request.has_responded && more.and_then(|more| more.parent).is_none()
    }

    fn unfinished(&self, id: RequestId) -> Unfinished {
        let request = &self.requests[id];
        let spent = |activity: Activity| request.spent[activity as usize];
        Unfinished {
            entrance: self.entrance(id),
            end: self.now,
            counts: self.is_counted(request.arrival),
            has_arrived: request.state != State::Away,
            is_abandoned: request.is_abandoned,
            backlog_wait: spent(Activity::BacklogWait),
            cpu_time: spent(Activity::Framework) + spent(Activity::Compute),
        }
    }
}

impl Unfinished {
    /// From its arrival to the end of the run.
    pub fn age(&self) -> SimDuration {
        self.end - self.entrance.arrival.min(self.end)
    }
}
