//! The queue of scheduled events.

use std::collections::VecDeque;

use crate::model::SimTime;

use super::ladder::{FEW as NEAR, Ladder};
use super::{Event, EventId, KIND_BITS, Key, NEVER, RANK_BITS, SUBJECT_BITS, event_of, kind_of, upper_half};

/// The scheduled events: the next ones in order, later ones in buckets without order, and queues of expiries.
///
/// Few events are in order at a time, so a new one finds its place in a few steps, and the next one is taken without any. An
/// event that is far away is added to the bucket that its time belongs to. When no ordered event is left, the nearest
/// bucket is put in order.
///
/// Most expiries are void by the time they are due: a request that waits for at most two seconds usually waits for
/// less. Those of one kind are mostly scheduled in the order in which they will be due, so they have queues of their own.
#[derive(Clone, Debug)]
pub(in crate::engine) struct EventQueue {
    /// The next events, the first one last; those after the first of them that is in `later` are all there.
    near: Vec<Key>,
    /// Events after those.
    later: Ladder,
    /// One queue for each kind of expiry that has been scheduled, each in order of time.
    lanes: Vec<ExpiryQueue>,
    /// The first of all expiries, and the queue it is in; [`NEVER`] if there is none.
    first_of_lanes: Key,
    first_lane: usize,
    scheduled: u64,
}

#[derive(Clone, Debug)]
struct ExpiryQueue {
    kind: u64,
    keys: VecDeque<Key>,
}

impl Default for EventQueue {
    fn default() -> Self {
        Self {
            near: Vec::with_capacity(NEAR),
            later: Ladder::default(),
            lanes: Vec::new(),
            first_of_lanes: NEVER,
            first_lane: 0,
            scheduled: 0,
        }
    }
}

impl EventQueue {
    /// Schedules an event.
    #[inline(always)]
    pub fn push(&mut self, time: SimTime, event: Event) -> EventId {
        let key = self.key(time, event);
        self.push_newest_key(key);
        EventId::of(key)
    }

    /// Schedules an expiry.
    #[inline]
    pub fn push_expiry(&mut self, time: SimTime, event: Event) -> EventId {
        let key = self.key(time, event);
        self.push_expiry_key(key);
        EventId::of(key)
    }

    /// Schedules the expiry of a key.
    #[inline]
    pub fn push_expiry_key(&mut self, key: Key) {
        let kind = kind_of(key);
        let place = self.lanes.iter().position(|lane| lane.kind == kind).unwrap_or_else(|| self.new_lane(kind));
        let lane = &mut self.lanes[place];
        if lane.keys.back().is_some_and(|last| *last > key) {
            self.push_key(key);
            return;
        }
        lane.keys.push_back(key);
        if key < self.first_of_lanes {
            (self.first_of_lanes, self.first_lane) = (key, place);
        }
    }

    /// Schedules the event of a key.
    #[inline(always)]
    pub fn push_key(&mut self, key: Key) {
        self.push_where(key, |other| other > key);
    }

    /// The same of the key that was made last: of those at the same instant and of the same rank, it comes last.
    #[inline(always)]
    pub fn push_newest_key(&mut self, key: Key) {
        self.push_where(key, |other| upper_half(other) > upper_half(key));
    }

    /// Schedules the event of a key, given which others come after it.
    #[inline(always)]
    fn push_where(&mut self, key: Key, is_later: impl Fn(Key) -> bool) {
        if upper_half(key) >= upper_half(self.later.from()) || self.near.len() >= NEAR {
            self.push_far(key);
        } else {
            self.push_near(key, is_later);
        }
    }

    /// Schedules the event of a key, if that is far away or enough events are in order.
    #[inline(never)]
    fn push_far(&mut self, key: Key) {
        if key < self.later.from() && self.near.len() >= NEAR {
            self.move_farther();
        }
        if key < self.later.from() { self.push_near(key, |other| other > key) } else { self.later.push(key) }
    }

    /// The key of an event that is scheduled now, but kept outside the queue.
    #[inline]
    pub fn key(&mut self, time: SimTime, event: Event) -> Key {
        self.scheduled += 1;
        let (rank, kind, subject) = event.bits();
        let id = self.scheduled << (KIND_BITS + SUBJECT_BITS) | kind << SUBJECT_BITS | u64::from(subject);
        u128::from(time.as_nanos() << RANK_BITS | rank) << 64 | u128::from(id)
    }

    /// How many events have been scheduled so far.
    pub fn scheduled(&self) -> u64 {
        self.scheduled
    }

    /// The key of the next event; [`NEVER`] if there is none.
    #[inline]
    pub fn next_key(&mut self) -> Key {
        self.next_key_with(|_| {})
    }

    /// The same; if events have to be put in order for that, `seen` gets all that will come next.
    #[inline(always)]
    pub fn next_key_with(&mut self, seen: impl FnOnce(&[Key])) -> Key {
        match self.near.last() {
            Some(next) => (*next).min(self.first_of_lanes),
            None => {
                let next = self.order_nearest();
                seen(&self.near);
                next.min(self.first_of_lanes)
            }
        }
    }

    /// Removes the next event, which has that key.
    #[inline(always)]
    pub fn take(&mut self, next: Key) -> (EventId, Event) {
        // No two keys have the same lower half.
        if EventId::of(next) == EventId::of(self.first_of_lanes) {
            self.take_first_of_lanes();
        } else {
            debug_assert_eq!(self.near.last(), Some(&next), "only the next event is taken");
            self.near.pop();
        }
        (EventId::of(next), event_of(next))
    }

    /// Puts a key where it belongs among the next ones, of which most are later.
    #[inline(always)]
    fn push_near(&mut self, key: Key, is_later: impl Fn(Key) -> bool) {
        self.near.push(key);
        let Some((mut place, others)) = self.near.split_last_mut() else { return };
        for other in others.iter_mut().rev() {
            if is_later(*other) {
                break;
            }
            *place = *other;
            place = other;
        }
        *place = key;
    }

    /// There are enough ordered events: the later half joins those after them.
    fn move_farther(&mut self) {
        let farther = self.near.len() / 2;
        let from = self.near[farther - 1];
        self.later.push_nearer(from, self.near.drain(..farther));
    }

    /// No ordered event is left: the nearest of the others are put in order. Returns the first key; [`NEVER`] if there is none.
    #[inline(never)]
    fn order_nearest(&mut self) -> Key {
        self.later.take_nearest(&mut self.near);
        self.near.sort_unstable_by(|one, other| other.cmp(one));
        self.near.last().copied().unwrap_or(NEVER)
    }

    #[cold]
    fn new_lane(&mut self, kind: u64) -> usize {
        self.lanes.push(ExpiryQueue { kind, keys: VecDeque::new() });
        self.lanes.len() - 1
    }

    #[inline(never)]
    fn take_first_of_lanes(&mut self) {
        self.lanes[self.first_lane].keys.pop_front();
        self.first_of_lanes = NEVER;
        for (place, lane) in self.lanes.iter().enumerate() {
            if let Some(first) = lane.keys.front()
                && *first < self.first_of_lanes
            {
                (self.first_of_lanes, self.first_lane) = (*first, place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{WorkerId, time_of};
    use super::*;
    use crate::engine::requests::RequestId;

    #[test]
    fn at_one_instant_completions_come_before_expiries_and_each_in_the_order_scheduled() {
        let mut queue = EventQueue::default();
        let now = SimTime::from_nanos(5);
        queue.push(now, Event::HandOver(WorkerId(1)));
        queue.push(now, Event::WaitEnd(RequestId(2)));
        queue.push(now, Event::BurstEnd(RequestId(1)));
        queue.push(SimTime::from_nanos(4), Event::QuantumEnd(RequestId(9)));
        let next = |queue: &mut EventQueue| Some(queue.next_key()).filter(|key| *key != NEVER);
        let order: Vec<Event> = std::iter::from_fn(|| next(&mut queue).map(|key| queue.take(key).1)).collect();
        let expected = [
            Event::QuantumEnd(RequestId(9)),
            Event::WaitEnd(RequestId(2)),
            Event::BurstEnd(RequestId(1)),
            Event::HandOver(WorkerId(1)),
        ];
        assert_eq!(order, expected);
    }

    #[test]
    fn events_leave_in_order_of_time_whatever_the_mix_of_pushes_and_pops() {
        let mut queue = EventQueue::default();
        let mut expected = std::collections::BTreeSet::new();
        let mut bits = 1_u64;
        for round in 0..10_000_u64 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            if bits >> 62 == 0 {
                let key = queue.next_key();
                match expected.pop_first() {
                    None => assert_eq!(key, NEVER, "round {round}"),
                    Some((time, _)) => {
                        assert_eq!(time_of(key).as_nanos(), time, "round {round}");
                        queue.take(key);
                    }
                }
            } else if expected.len() < 300 {
                let time = SimTime::from_nanos(bits >> 50);
                // Two expiry queues and the heap.
                match bits >> 40 & 3 {
                    0 => queue.push_expiry(time, Event::QuantumEnd(RequestId(0))),
                    1 => queue.push_expiry(time, Event::HandOver(WorkerId(0))),
                    _ => queue.push(time, Event::HandOver(WorkerId(0))),
                };
                expected.insert((time.as_nanos(), round));
            }
        }
    }

    #[test]
    fn thousands_of_events_leave_in_order_whether_far_apart_or_at_one_instant() {
        // How far the next event of each kind of queue is away: evenly, over many orders of magnitude, or at few instants.
        let ahead: [fn(u64) -> u64; 4] =
            [|bits| bits >> 40, |bits| 1 << (bits >> 59), |bits| (bits >> 62) * 1_000_000, |bits| bits >> 63 << 40];
        for (kind, ahead) in ahead.into_iter().enumerate() {
            let mut queue = EventQueue::default();
            let mut expected = std::collections::BTreeSet::new();
            let (mut bits, mut now) = (1_u64, 0);
            for round in 0..60_000_u64 {
                bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                // First more and more events, then fewer and fewer.
                let is_push = if round < 30_000 { bits >> 20 & 3 > 0 } else { bits >> 20 & 3 == 0 };
                if is_push {
                    let time = now + ahead(bits);
                    queue.push(SimTime::from_nanos(time), Event::WaitEnd(RequestId(round as u32)));
                    expected.insert((time, round));
                } else if let Some((time, pushed)) = expected.pop_first() {
                    let key = queue.next_key();
                    now = time_of(key).as_nanos();
                    assert_eq!(
                        (now, queue.take(key).1),
                        (time, Event::WaitEnd(RequestId(pushed as u32))),
                        "{kind}, {round}"
                    );
                }
            }
        }
    }
}
