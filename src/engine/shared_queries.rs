//! Backends whose units are shared equally by all queries under way: no query waits to be started.
//!
//! A query is done when it has been served for its demand. What the backend did not serve of its time is booked first, as a
//! wait at the backend, then its demand.

use crate::model::{Abandoned, Activity, BackendId, Place};

use super::event::{BackendNumber, Event, EventId};
use super::observer::Observer;
use super::occupancy::{SpanKind, Unit, UnitChange};
use super::requests::{RequestId, State};
use super::simulation::Simulation;

impl<O: Observer> Simulation<O> {
    /// Starts a query at a backend that all its queries share.
    pub(super) fn share_backend(&mut self, id: RequestId, backend: BackendId) {
        let span = self.service_time(id, self.backends[backend].slower);
        if let Some(sharing) = &mut self.backends[backend].sharing {
            let share = sharing.join(id, span, self.now);
            self.requests.more_mut(id).share = Some(share);
            self.requests[id].state = State::Waiting;
        }
        self.note_taken(id, Unit::Query(backend));
        self.schedule_query_share_end(backend);
    }

    /// The queries under way, or the speed at which they are served, have changed: the first of them ends sooner or later.
    pub(super) fn schedule_query_share_end(&mut self, backend: BackendId) {
        let now = self.now;
        let station = &mut self.backends[backend];
        let Some(sharing) = &mut station.sharing else { return };
        let busy = sharing.busy();
        station.busy.set(now, busy);
        station.waiting.set(now, sharing.len() - busy);
        sharing.next_end = match sharing.first_end() {
            Some(time) => self.events.push(time, Event::QueryShareEnd(BackendNumber(u32::from(backend.0)))),
            None => EventId::default(),
        };
    }

    pub(super) fn on_query_share_end(&mut self, backend: BackendNumber, event: EventId) {
        let backend = BackendId(backend.0 as u16);
        if self.backends[backend].sharing.as_ref().is_none_or(|sharing| sharing.next_end != event) {
            return;
        }
        while let Some(id) = self.first_share_ended(backend) {
            self.book_shared_query(id, backend);
            self.finish_query(id);
        }
        self.schedule_query_share_end(backend);
    }

    fn first_share_ended(&mut self, backend: BackendId) -> Option<RequestId> {
        let (observer, time) = (&mut self.observer, self.now);
        let sharing = self.backends[backend].sharing.as_mut()?;
        sharing.end_abandoned(time, |actor| {
            if observer.watches_units() {
                observer.on_unit(UnitChange { actor, unit: Unit::Query(backend), time, is_taken: false });
            }
        });
        sharing.ended(self.now)
    }

    /// A query at a shared backend ends, or is withdrawn: books how long it was served, and before that what it lost to
    /// others.
    pub(super) fn book_shared_query(&mut self, id: RequestId, backend: BackendId) {
        let Some(share) = self.requests.more_mut(id).share.take() else { return };
        let (abandons, actor) = (self.backends[backend].abandons(), self.requests[id].actor());
        let Some(sharing) = &mut self.backends[backend].sharing else { return };
        let served = match abandons {
            Abandoned::Stop => sharing.leave(share, self.now),
            Abandoned::Finish => sharing.abandon(share, actor, self.now),
        };
        if !sharing.is_abandoned(share) {
            self.note_released(id, Unit::Query(backend));
        }
        let lost = self.now - self.requests[id].since - served;
        let place = Place::Backend(backend);
        self.note_wait(id, place, lost);
        let kind = SpanKind::Shared { until: self.now };
        self.book_span_as(id, Activity::BackendWait, Some(place), kind, lost);
        self.book_span(id, Activity::Backend, Some(place), served);
    }
}
