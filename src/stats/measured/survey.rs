//! A survey of the first requests of a run, each with what it spent its time on: pictures are chosen and made from it.

use crate::engine::{Departure, Entrance, Observer, Outcome, Segment};
use crate::model::{Activity, ActivityGroup, BackendId, ClassId, SimDuration, SimTime};
use crate::stats::results::WaitCause;

/// Records the first requests after the warm-up, in memory that is bounded by their number.
#[derive(Clone, Debug)]
pub struct Survey {
    most: usize,
    warm_up: SimTime,
    /// The number of the first of them.
    first: u64,
    requests: Vec<SurveyedRequest>,
    /// How many arrived beyond them.
    beyond: usize,
    departed: usize,
}

/// What is known of a surveyed request.
#[derive(Clone, Debug, PartialEq)]
pub struct SurveyedRequest {
    /// Its class.
    pub class: ClassId,
    /// When it arrived.
    pub arrival: SimTime,
    /// When it departed, and how; `None` if it was under way when the survey ended.
    pub end: Option<(SimTime, Outcome)>,
    /// What it spent its time on, in the order in which it did so first.
    pub spent: Vec<(SpentOn, SimDuration)>,
}

/// A way to spend time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpentOn {
    /// On what.
    pub activity: Activity,
    /// What was special about a wait.
    pub cause: Option<WaitCause>,
    /// The backend where it waited, or that worked for it.
    pub backend: Option<BackendId>,
}

impl SurveyedRequest {
    /// The response time of an answered one.
    pub fn response_time(&self) -> Option<SimDuration> {
        let answered = self.end.filter(|(_, outcome)| *outcome == Outcome::Completed);
        answered.map(|(end, _)| end - self.arrival)
    }

    /// How long it waited because of others, as far as that was booked.
    pub fn waited(&self) -> SimDuration {
        let waits = self.spent.iter().filter(|(on, _)| on.activity.group() == ActivityGroup::Wait);
        waits.map(|(_, span)| *span).sum()
    }
}

impl Survey {
    /// A survey of at most this many requests that arrive after the warm-up.
    pub const fn new(most: usize, warm_up: SimTime) -> Self {
        Self { most, warm_up, first: 0, requests: Vec::new(), beyond: 0, departed: 0 }
    }

    /// Whether all have departed. Of an overloaded policy it ends earlier, once as many others have arrived.
    pub const fn is_complete(&self) -> bool {
        self.departed == self.most || self.beyond > self.most
    }

    /// Whether more requests arrived than were surveyed.
    pub const fn has_more(&self) -> bool {
        self.beyond > 0
    }

    /// The number of the first request, from 0.
    pub const fn first(&self) -> u64 {
        self.first
    }

    /// The requests, in the order of their numbers.
    pub fn requests(&self) -> &[SurveyedRequest] {
        &self.requests
    }

    fn request(&mut self, number: u64) -> Option<&mut SurveyedRequest> {
        self.requests.get_mut(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }
}

impl Observer for Survey {
    fn watches_segments(&self) -> bool {
        !self.is_complete()
    }

    fn on_arrival(&mut self, entrance: &Entrance) {
        if entrance.arrival < self.warm_up {
            return;
        }
        if self.requests.len() == self.most {
            self.beyond += 1;
            return;
        }
        if self.requests.is_empty() {
            self.first = entrance.request;
        }
        let &Entrance { class, arrival, .. } = entrance;
        self.requests.push(SurveyedRequest { class, arrival, end: None, spent: Vec::new() });
    }

    fn on_segment(&mut self, segment: Segment) {
        let Some(request) = self.request(segment.request) else { return };
        let (on, span) = (SpentOn::of(&segment), segment.end - segment.start);
        match request.spent.iter_mut().find(|(other, _)| *other == on) {
            Some((_, sum)) => *sum += span,
            None => request.spent.push((on, span)),
        }
    }

    fn on_departures(&mut self, departures: &[Departure]) {
        for departure in departures {
            if let Some(request) = self.request(departure.entrance.request) {
                request.end = Some((departure.departure, departure.outcome));
                self.departed += 1;
            }
        }
    }
}

impl SpentOn {
    fn of(segment: &Segment) -> Self {
        let backend = segment.place.and_then(|place| place.backend());
        Self { activity: segment.activity, cause: segment.place.and_then(WaitCause::of), backend }
    }
}
