//! Which requests are explained, and when they were in the system.

use crate::engine::{Departure, Entrance, Observer, Outcome, Unfinished};
use crate::model::{SimDuration, SimTime};

/// Which requests are explained.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum WhichRequests {
    /// Those with these numbers in the order of all arrivals, counted from 0: from the first up to, not including, the second.
    Numbers(u64, u64),
    /// This many of those that took longest to be answered, the slowest first; among equals the one that arrived first.
    Slowest(usize),
    /// The one at this percentile of the response times of those that were answered, between 0 and 100.
    Percentile(f64),
    /// At most this many of all that arrived after the warm-up: blocks of consecutive ones, spread over the run.
    Spread(usize),
}

/// Requests in a block.
const BLOCK: u64 = 20;

/// A request that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub entrance: Entrance,
    /// When it departed, or the run ended.
    pub end: SimTime,
    /// What became of it; `None`: it was in flight when the run ended.
    pub outcome: Option<Outcome>,
}

impl Found {
    pub fn response_time(&self) -> SimDuration {
        self.end - self.entrance.arrival
    }
}

/// Finds the requests.
#[derive(Clone, Debug)]
pub(super) struct Finder {
    which: WhichRequests,
    found: Vec<Found>,
    /// One in this many blocks of requests is kept.
    one_in: u64,
}

impl Finder {
    pub fn new(which: WhichRequests) -> Self {
        Self { which, found: Vec::new(), one_in: 1 }
    }

    /// Those that were asked for, the slowest first.
    pub fn found(self) -> Vec<Found> {
        let Self { which, mut found, one_in: _ } = self;
        found.sort_by_key(|one| (std::cmp::Reverse(one.response_time()), one.entrance.request));
        match which {
            WhichRequests::Numbers(..) => found,
            WhichRequests::Spread(_) => {
                found.sort_by_key(|one| one.entrance.request);
                found
            }
            WhichRequests::Slowest(most) => {
                found.truncate(most);
                found
            }
            WhichRequests::Percentile(percentile) => {
                let rank = (percentile / 100.0 * found.len() as f64).ceil().max(1.0) as usize;
                let place = found.len().checked_sub(rank.min(found.len()));
                place.and_then(|place| found.get(place).copied()).into_iter().collect()
            }
        }
    }

    fn consider(&mut self, one: Found, counts: bool) {
        let is_wanted = match self.which {
            WhichRequests::Numbers(from, to) => (from..to).contains(&one.entrance.request),
            WhichRequests::Spread(_) => counts && self.is_in_block(&one),
            WhichRequests::Slowest(_) | WhichRequests::Percentile(_) => {
                counts && one.outcome == Some(Outcome::Completed)
            }
        };
        if is_wanted {
            self.found.push(one);
        }
        match self.which {
            WhichRequests::Slowest(most) if self.found.len() > 2 * most + 1000 => {
                *self = Self { found: self.clone().found(), ..*self };
            }
            WhichRequests::Spread(most) if self.found.len() > most => {
                self.one_in *= 2;
                let found = std::mem::take(&mut self.found);
                self.found = found.into_iter().filter(|one| self.is_in_block(one)).collect();
            }
            WhichRequests::Slowest(_)
            | WhichRequests::Spread(_)
            | WhichRequests::Numbers(..)
            | WhichRequests::Percentile(_) => {}
        }
    }

    /// Whether a request is in one of the blocks that are kept.
    fn is_in_block(&self, one: &Found) -> bool {
        (one.entrance.request / BLOCK).is_multiple_of(self.one_in)
    }
}

impl Observer for Finder {
    fn on_departures(&mut self, departures: &[Departure]) {
        for departure in departures {
            let Departure { entrance, departure: end, outcome, counts, .. } = *departure;
            self.consider(Found { entrance, end, outcome: Some(outcome) }, counts);
        }
    }

    fn on_unfinished(&mut self, unfinished: &Unfinished) {
        if unfinished.has_arrived {
            let Unfinished { entrance, end, counts, .. } = *unfinished;
            self.consider(Found { entrance, end, outcome: None }, counts);
        }
    }
}
