//! Processor sharing: all requests whose turn it is run at once, each at an equal share of the cores.
//!
//! Each runs at the speed min(1, cores / requests). What one that ran from the start would have got so far is the
//! attained service; a burst ends when the attained service has grown by its length. Attained service is counted in
//! 2⁻³² ns, so that the rounding of a whole run stays below a nanosecond. Who goes first among bursts that end at the
//! same instant: the one that ends first in attained service, then the one that began first.

use std::collections::BTreeMap;

use crate::model::{SimDuration, SimTime};

use super::event::EventId;
use super::requests::RequestId;

/// Attained service in 2⁻³² ns.
type Attained = u128;

const FRACTION_BITS: u32 = 32;

/// A burst's place among those that share the cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Share {
    end: Attained,
    order: u64,
    start: Attained,
}

/// The cores, and who shares them.
#[derive(Clone, Debug)]
pub(super) struct Sharing {
    cores: u32,
    attained: Attained,
    since: SimTime,
    bursts: BTreeMap<Share, RequestId>,
    started: u64,
    /// The scheduled end of the first burst; others are void.
    pub next_end: EventId,
}

impl Sharing {
    pub fn new(cores: u32) -> Self {
        Self {
            cores,
            attained: 0,
            since: SimTime::ZERO,
            bursts: BTreeMap::new(),
            started: 0,
            next_end: EventId::default(),
        }
    }

    /// How many cores are busy.
    pub fn busy(&self) -> u64 {
        (self.bursts.len() as u64).min(u64::from(self.cores))
    }

    /// Those that share them, the first to end first.
    pub fn running(&self) -> impl Iterator<Item = RequestId> {
        self.bursts.values().copied()
    }

    /// Another number of cores from now on.
    pub fn set_cores(&mut self, cores: u32, now: SimTime) {
        self.go_on(now);
        self.cores = cores;
    }

    /// A burst of that length joins.
    pub fn join(&mut self, request: RequestId, burst: SimDuration, now: SimTime) -> Share {
        self.go_on(now);
        self.started += 1;
        let end = self.attained + (u128::from(burst.as_nanos()) << FRACTION_BITS);
        let share = Share { end, order: self.started, start: self.attained };
        self.bursts.insert(share, request);
        share
    }

    /// A burst leaves, at its end or before; returns the work it got.
    pub fn leave(&mut self, share: Share, now: SimTime) -> SimDuration {
        self.go_on(now);
        self.bursts.remove(&share);
        let got = self.attained.min(share.end) - share.start;
        SimDuration::from_nanos((got >> FRACTION_BITS) as u64)
    }

    /// The first burst that has ended by now.
    pub fn ended(&mut self, now: SimTime) -> Option<RequestId> {
        self.go_on(now);
        let (share, request) = self.bursts.first_key_value()?;
        (share.end <= self.attained).then_some(*request)
    }

    /// When the first burst ends if nobody joins or leaves; `None` without bursts or cores.
    pub fn first_end(&self) -> Option<SimTime> {
        let (share, _) = self.bursts.first_key_value()?;
        let left = share.end.saturating_sub(self.attained);
        let busy = self.busy();
        if busy == 0 {
            return None;
        }
        let span = (left * self.bursts.len() as u128).div_ceil(u128::from(busy) << FRACTION_BITS);
        Some(self.since + SimDuration::from_nanos(span as u64))
    }

    fn go_on(&mut self, now: SimTime) {
        let span = u128::from((now - self.since).as_nanos()) << FRACTION_BITS;
        let bursts = self.bursts.len() as u128;
        if bursts > 0 {
            self.attained += span * u128::from(self.busy()) / bursts;
        }
        self.since = now;
    }
}
