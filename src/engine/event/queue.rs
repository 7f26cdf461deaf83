//! The queue of scheduled events.

use std::collections::VecDeque;

use crate::model::SimTime;

use super::{Event, EventId, KIND_BITS, Key, NEVER, RANK_BITS, SUBJECT_BITS, kind_of, upper_half};

/// The scheduled events: the next ones in order, later ones in batches without order, and queues of expiries.
///
/// Few events are in order at a time, so a new one finds its place in a few steps, and the next one is taken without any. An
/// event that is far away is added to the batch that its time belongs to. When no ordered event is left, the nearest
/// batch is put in order; one that is too large is split first, so each event is moved a few times, always together
/// with others that lie next to it.
///
/// Most expiries are void by the time they are due: a request that waits for at most two seconds usually waits for
/// less. Those of one kind are mostly scheduled in the order in which they will be due, so they have queues of their own.
#[derive(Clone, Debug)]
pub(in crate::engine) struct EventQueue {
    /// The next events, the first one last.
    near: Vec<Key>,
    /// Events after those, the nearest batch last.
    later: Vec<Batch>,
    /// Room of batches that have been put in order.
    spare: Vec<Vec<Key>>,
    /// One queue for each kind of expiry that has been scheduled, each in order of time.
    lanes: Vec<ExpiryQueue>,
    /// The first of all expiries, and the queue it is in; [`NEVER`] if there is none.
    first_of_lanes: Key,
    first_lane: usize,
    scheduled: u64,
}

/// Events without order: none is before `from`, and all are before those of the batches that are farther away.
#[derive(Clone, Debug)]
struct Batch {
    from: Key,
    keys: Vec<Key>,
}

#[derive(Clone, Debug)]
struct ExpiryQueue {
    kind: u64,
    keys: VecDeque<Key>,
}

/// Maximum number of events that are kept in order.
const NEAR: usize = 24;

impl Default for EventQueue {
    fn default() -> Self {
        Self {
            near: Vec::with_capacity(NEAR),
            later: Vec::new(),
            spare: Vec::new(),
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
        match self.later.last() {
            Some(nearest) if key >= nearest.from => self.push_later(key),
            _ if self.near.len() == NEAR => self.push_beyond(key),
            _ => self.push_near(key, is_later),
        }
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
        match self.near.last() {
            Some(next) => (*next).min(self.first_of_lanes),
            None => self.order_nearest().min(self.first_of_lanes),
        }
    }

    /// Removes the next event, which has that key.
    #[inline(always)]
    pub fn take(&mut self, next: Key) -> (EventId, Event) {
        if next == self.first_of_lanes {
            self.take_first_of_lanes();
        } else {
            debug_assert_eq!(self.near.last(), Some(&next), "only the next event is taken");
            self.near.pop();
        }
        let id = next as u64;
        let subject = (id & ((1 << SUBJECT_BITS) - 1)) as u32;
        (EventId(id), Event::from_bits(kind_of(next), subject))
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

    /// There are enough ordered events: the later half becomes a batch.
    #[inline(never)]
    fn push_beyond(&mut self, key: Key) {
        let mut keys = self.spare.pop().unwrap_or_default();
        keys.extend(self.near.drain(..NEAR / 2));
        let from = keys.last().copied().unwrap_or(NEVER);
        self.later.push(Batch { from, keys });
        if key < from { self.push_near(key, |other| other > key) } else { self.push_later(key) }
    }

    /// Adds a key to the batch it belongs to.
    #[inline(never)]
    fn push_later(&mut self, key: Key) {
        // Most that are not in order yet belong to the nearest batch, or are far away.
        let place = match self.later.first() {
            Some(farthest) if key < farthest.from => {
                self.later.iter().rposition(|batch| batch.from > key).map_or(0, |farther| farther + 1)
            }
            _ => 0,
        };
        self.later[place].keys.push(key);
    }

    /// No ordered event is left: the nearest batch is put in order. Returns the first key; [`NEVER`] if there is none.
    #[inline(never)]
    fn order_nearest(&mut self) -> Key {
        while let Some(batch) = self.later.last_mut() {
            if batch.keys.len() > NEAR {
                self.split_nearest();
                continue;
            }
            self.near.append(&mut batch.keys);
            self.near.sort_unstable_by(|one, other| other.cmp(one));
            self.spare.extend(self.later.pop().map(|batch| batch.keys));
            if let Some(next) = self.near.last() {
                return *next;
            }
        }
        NEVER
    }

    /// The nearest batch becomes two.
    fn split_nearest(&mut self) {
        let Some(batch) = self.later.last_mut() else { return };
        let keys = &mut batch.keys;
        let [first, middle, last] = [0, keys.len() / 2, keys.len() - 1].map(|place| keys[place]);
        // The middle one of the three is the first of the farther half.
        let pivot = first.max(middle).min(last.max(first.min(middle)));
        let mut nearer = self.spare.pop().unwrap_or_default();
        keys.retain(|key| {
            let is_farther = *key >= pivot;
            if !is_farther {
                nearer.push(*key);
            }
            is_farther
        });
        let from = std::mem::replace(&mut batch.from, pivot);
        self.later.push(Batch { from, keys: nearer });
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
}
