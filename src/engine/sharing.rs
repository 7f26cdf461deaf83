//! Processor sharing: all requests that use a resource are served at once, each at an equal share of it. The cores are
//! shared so by the requests whose turn it is, and a backend by its queries.
//!
//! Each is served at the speed min(1, units / requests). The attained service is the work that a request would have got if
//! it had been served from the start; a burst ends when the attained service has grown by its length. Attained service is
//! counted in 2⁻³² ns, so that the rounding of a whole run stays below a nanosecond. Who goes first among bursts that
//! end at the same instant: the one that ends first in attained service, then the one that began first.

use std::collections::BTreeMap;

use crate::model::{SimDuration, SimTime};

use super::event::{Event, EventId, ReplicaNumber};
use super::observer::Observer;
use super::occupancy::{Actor, Unit};
use super::requests::{RequestId, State};
use super::simulation::Simulation;

/// Attained service in 2⁻³² ns.
type Attained = u128;

const FRACTION_BITS: u32 = 32;

/// The place of a burst, or of a query, among those that share a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Share {
    end: Attained,
    order: u64,
    start: Attained,
}

impl Share {
    /// The work that it has got by then.
    fn got(self, attained: Attained) -> SimDuration {
        let got = attained.min(self.end) - self.start;
        SimDuration::from_nanos((got >> FRACTION_BITS) as u64)
    }
}

/// In place of the request of a burst that its request does not wait for.
const NO_REQUEST: RequestId = RequestId(u32::MAX);

/// A resource of several units, and the requests that share them.
#[derive(Clone, Debug)]
pub(super) struct Sharing {
    units: u32,
    attained: Attained,
    since: SimTime,
    bursts: BTreeMap<Share, RequestId>,
    /// Whose bursts go on without them.
    abandoned: BTreeMap<Share, Actor>,
    started: u64,
    /// The scheduled end of the first burst; others are void.
    pub next_end: EventId,
}

impl Sharing {
    pub fn new(units: u32) -> Self {
        Self {
            units,
            attained: 0,
            since: SimTime::ZERO,
            bursts: BTreeMap::new(),
            abandoned: BTreeMap::new(),
            started: 0,
            next_end: EventId::default(),
        }
    }

    /// How many units are busy.
    pub fn busy(&self) -> u64 {
        (self.bursts.len() as u64).min(u64::from(self.units))
    }

    /// The requests that share them, the first to end first.
    pub fn running(&self) -> impl Iterator<Item = RequestId> {
        self.bursts.values().copied()
    }

    /// Those that share them, in the order in which they joined.
    pub fn in_order(&self) -> Vec<RequestId> {
        let mut bursts: Vec<_> = self.bursts.iter().map(|(share, request)| (share.order, *request)).collect();
        bursts.sort_unstable_by_key(|(order, _)| *order);
        bursts.into_iter().map(|(_, request)| request).collect()
    }

    /// How many requests share them.
    pub fn len(&self) -> u64 {
        self.bursts.len() as u64
    }

    /// Changes the number of units.
    pub fn set_units(&mut self, units: u32, now: SimTime) {
        self.go_on(now);
        self.units = units;
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

    /// A burst leaves, at its end or before. Returns the work it got.
    pub fn leave(&mut self, share: Share, now: SimTime) -> SimDuration {
        self.go_on(now);
        self.bursts.remove(&share);
        share.got(self.attained)
    }

    /// The request of a burst leaves before its end; the burst goes on without it. Returns the work that the request got.
    pub fn abandon(&mut self, share: Share, actor: Actor, now: SimTime) -> SimDuration {
        self.go_on(now);
        if share.end <= self.attained {
            self.bursts.remove(&share);
        } else {
            self.bursts.insert(share, NO_REQUEST);
            self.abandoned.insert(share, actor);
        }
        share.got(self.attained)
    }

    /// Whether a burst goes on without its request.
    pub fn is_abandoned(&self, share: Share) -> bool {
        self.abandoned.contains_key(&share)
    }

    /// The bursts that have ended by now, up to the first that a request waits for, and that no request waits for leave: `ended` is called for each of those.
    pub fn end_abandoned(&mut self, now: SimTime, mut ended: impl FnMut(Actor)) {
        self.go_on(now);
        while let Some(first) = self.bursts.first_entry()
            && *first.get() == NO_REQUEST
            && first.key().end <= self.attained
        {
            let (share, _) = first.remove_entry();
            self.abandoned.remove(&share).into_iter().for_each(&mut ended);
        }
    }

    /// The first burst that has ended by now.
    pub fn ended(&mut self, now: SimTime) -> Option<RequestId> {
        self.go_on(now);
        let (share, request) = self.bursts.first_key_value()?;
        (share.end <= self.attained).then_some(*request)
    }

    /// When the first burst ends, if none joins or leaves; `None` without bursts or units.
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
        let got = span * u128::from(self.busy());
        self.attained += got.checked_div(self.bursts.len() as u128).unwrap_or(0);
        self.since = now;
    }
}

impl<O: Observer> Simulation<O> {
    /// Lets a request share the cores.
    pub(super) fn give_share(&mut self, id: RequestId) {
        self.book_run_queue_wait(id);
        self.release_on_running(id);
        let burst = self.burst(id);
        let (now, cost) = (self.now, self.machine.context_switch);
        let worker = self.requests[id].worker;
        if let Some(sharing) = &mut self.replicas.of_mut(worker).sharing {
            let share = sharing.join(id, burst + cost, now);
            self.requests.more_mut(id).share = Some(share);
            self.requests[id].state = State::Running;
            self.requests[id].switch_cost = cost;
        }
        self.note_taken(id, Unit::Core(self.replicas.number_of(worker)));
        self.schedule_share_end(self.replicas.number_of(worker));
    }

    pub(super) fn schedule_share_end(&mut self, number: u32) {
        let replica = &mut self.replicas[number];
        replica.note_busy_cores(self.now);
        if let Some(sharing) = &mut replica.sharing {
            let others = self.counts.busy_cores.now() - replica.shared_busy;
            replica.shared_busy = sharing.busy();
            self.counts.busy_cores.set(self.now, others + replica.shared_busy);
            sharing.next_end = match sharing.first_end() {
                Some(time) => self.events.push(time, Event::ShareEnd(ReplicaNumber(number))),
                None => EventId::default(),
            };
            self.recount_quota(number);
        }
    }

    /// A request stops sharing the cores. Returns the CPU time it got.
    pub(super) fn leave_share(&mut self, id: RequestId, share: Share) -> SimDuration {
        self.requests.more_mut(id).share = None;
        self.note_released(id, Unit::Core(self.replicas.number_of(self.requests[id].worker)));
        let sharing = &mut self.replicas.of_mut(self.requests[id].worker).sharing;
        sharing.as_mut().map_or(SimDuration::ZERO, |sharing| sharing.leave(share, self.now))
    }

    pub(super) fn on_share_end(&mut self, replica: u32, event: EventId) {
        if self.replicas[replica].sharing.as_ref().is_none_or(|sharing| sharing.next_end != event) {
            return;
        }
        while let Some(id) = self.replicas[replica].sharing.as_mut().and_then(|sharing| sharing.ended(self.now)) {
            self.end_burst(id);
        }
        self.schedule_share_end(replica);
    }
}
