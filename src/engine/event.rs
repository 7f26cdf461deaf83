//! Events, and the queue of those that are scheduled.
//!
//! Who goes first: the event at the earlier instant; at one instant completions, then expiries, then faults, then
//! arrivals; among those, the event scheduled first. An event is one 128-bit number whose highest bits hold the
//! instant, then the rank, then the sequence, so that comparing two events is comparing two integers.

use std::collections::VecDeque;

use crate::model::SimTime;

use super::requests::RequestId;

macro_rules! events {
    ($($(#[$doc:meta])* $rank:literal $kind:literal $name:ident($subject:ident)),* $(,)?) => {
        /// What can happen.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Event {
            $($(#[$doc])* $name($subject)),*
        }

        impl Event {
            /// Its rank at one instant, its kind, and its subject.
            const fn bits(self) -> (u64, u64, u32) {
                match self {
                    $(Self::$name(subject) => ($rank, $kind, subject.0)),*
                }
            }

            #[inline]
            fn from_bits(kind: u64, subject: u32) -> Self {
                match kind {
                    $($kind => Self::$name($subject(subject)),)*
                    _ => unreachable!("an event has a kind of the list"),
                }
            }
        }
    };
}

// The list, with rank and kind: at one instant the lower rank comes first; the kind identifies the event.
events! {
    /// A burst of a running request has been served.
    0 0 BurstEnd(RequestId),
    /// The first of the bursts that share the cores of a replica has been served.
    0 1 ShareEnd(ReplicaNumber),
    /// The first of the queries that share a backend has been served.
    0 14 QueryShareEnd(BackendNumber),
    /// A wait of a request is over.
    0 2 WaitEnd(RequestId),
    /// A request has opened a connection.
    0 15 Connected(RequestId),
    /// A request that waited for a connection may ask for one again.
    0 16 Woken(RequestId),
    /// A backend has finished a query that was given up.
    0 17 AbandonedEnd(BackendNumber),
    /// A running request has been on its core for a quantum.
    1 3 QuantumEnd(RequestId),
    /// A ready request of a worker asks for the lock that a running one holds.
    1 4 HandOver(WorkerId),
    /// A request has waited for a connection for the maximum time.
    1 5 AcquireTimeout(RequestId),
    /// An attempt of a call has taken its maximum time.
    1 18 CallTimeout(RequestId),
    /// The client of a request gives up.
    1 6 ClientTimeout(RequestId),
    /// A request has waited in the backlog for the maximum time.
    1 7 PatienceEnd(RequestId),
    /// A worker has been silent for the maximum time.
    1 20 WorkerTimeout(WorkerId),
    /// The CPU quota of a replica for this period is used up.
    1 8 QuotaUsedUp(ReplicaNumber),
    /// The next period of a replica's CPU quota starts.
    1 9 PeriodStart(ReplicaNumber),
    /// A health check has waited for an answer for the maximum time.
    1 22 ProbeTimeout(ReplicaNumber),
    /// A fault begins or ends.
    2 10 Fault(FaultEdge),
    /// A new worker process is up.
    2 21 Booted(WorkerId),
    /// A health check probes a replica.
    3 23 Probe(ReplicaNumber),
    /// A client makes another attempt.
    3 11 Retry(RequestId),
    /// A user has finished thinking.
    3 12 UserArrival(UserId),
    /// The next request arrives; it waits outside the queue.
    3 13 Arrival(NoSubject),
}

/// No subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct NoSubject(u32);

/// A worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WorkerId(pub u32);

/// A replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReplicaNumber(pub u32);

/// A backend, by its place among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BackendNumber(pub u32);

/// A user of a closed system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UserId(pub u32);

/// The beginning (even) or end (odd) of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FaultEdge(pub u32);

/// Identifies a scheduled event; the default stands for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct EventId(u64);

/// The order of an event: its instant, then its rank, then its sequence, as one number; smaller is earlier.
pub(super) type Key = u128;

/// The key of an event that never happens: after all others.
pub(super) const NEVER: Key = Key::MAX;

const RANK_BITS: u32 = 2;
const KIND_BITS: u32 = 5;
const SUBJECT_BITS: u32 = 24;

/// When the event of that key happens.
#[inline]
pub(super) const fn time_of(key: Key) -> SimTime {
    SimTime::from_nanos((key >> (64 + RANK_BITS)) as u64)
}

/// A key before those of all events of an instant.
pub(super) fn key_of(time: SimTime) -> Key {
    u128::from(time.as_nanos() << RANK_BITS) << 64
}

/// Whether the event of that key comes after the expiries of its instant.
#[inline]
pub(super) const fn is_after_expiries(key: Key) -> bool {
    (key >> 64) as u64 & ((1 << RANK_BITS) - 1) > 1
}

/// The scheduled events: a 4-ary heap, and queues of expiries.
///
/// Most expiries are void by the time they are due: a request that waits for at most two seconds usually waits for
/// less. Those of one kind are mostly scheduled in the order in which they will be due, so they need no heap, and the
/// heap stays small.
#[derive(Clone, Debug)]
pub(super) struct EventQueue {
    /// The top, then groups of four siblings; places without an event hold [`NEVER`].
    heap: Vec<Key>,
    /// How many events there are, including a hole.
    len: usize,
    /// The top has been taken: its place is a hole, which the next push may fill.
    has_hole: bool,
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
            heap: vec![NEVER],
            len: 0,
            has_hole: false,
            lanes: Vec::new(),
            first_of_lanes: NEVER,
            first_lane: 0,
            scheduled: 0,
        }
    }
}

impl EventQueue {
    /// Schedules an event.
    #[inline]
    pub fn push(&mut self, time: SimTime, event: Event) -> EventId {
        let key = self.key(time, event);
        self.push_key(key);
        EventId(key as u64)
    }

    /// Schedules an expiry.
    #[inline]
    pub fn push_expiry(&mut self, time: SimTime, event: Event) -> EventId {
        let key = self.key(time, event);
        let (_, kind, _) = event.bits();
        let place = self.lanes.iter().position(|lane| lane.kind == kind).unwrap_or_else(|| self.new_lane(kind));
        let lane = &mut self.lanes[place];
        if lane.keys.back().is_some_and(|last| *last > key) {
            self.push_key(key);
            return EventId(key as u64);
        }
        lane.keys.push_back(key);
        if key < self.first_of_lanes {
            (self.first_of_lanes, self.first_lane) = (key, place);
        }
        EventId(key as u64)
    }

    /// Schedules the event of a key.
    #[inline]
    pub fn push_key(&mut self, key: Key) {
        if self.has_hole {
            self.has_hole = false;
            self.sift_down(key);
        } else {
            if self.len == self.heap.len() {
                self.heap.extend([NEVER; 4]);
            }
            self.len += 1;
            self.sift_up(key);
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

    /// How many events are yet to come.
    pub fn pending(&self) -> usize {
        let in_lanes: usize = self.lanes.iter().map(|lane| lane.keys.len()).sum();
        self.len - usize::from(self.has_hole) + in_lanes
    }

    /// How many events have been scheduled so far.
    pub fn scheduled(&self) -> u64 {
        self.scheduled
    }

    /// The key of the next event; [`NEVER`] if there is none.
    #[inline]
    pub fn next_key(&mut self) -> Key {
        if self.has_hole {
            self.fill_hole();
        }
        self.heap[0].min(self.first_of_lanes)
    }

    /// Removes the next event, which has that key.
    #[inline(always)]
    pub fn take(&mut self, next: Key) -> (EventId, Event) {
        if self.heap[0] == next {
            self.has_hole = true;
        } else {
            debug_assert_eq!(next, self.first_of_lanes, "only the next event is taken");
            self.take_first_of_lanes();
        }
        let id = next as u64;
        let subject = (id & ((1 << SUBJECT_BITS) - 1)) as u32;
        let kind = id >> SUBJECT_BITS & ((1 << KIND_BITS) - 1);
        (EventId(id), Event::from_bits(kind, subject))
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

    /// Nothing has filled the hole at the top: the last event does.
    #[inline(never)]
    fn fill_hole(&mut self) {
        self.has_hole = false;
        self.len -= 1;
        let last = std::mem::replace(&mut self.heap[self.len], NEVER);
        if self.len > 0 {
            self.sift_down(last);
        }
    }

    /// Fills the hole at the top with `key`.
    #[inline]
    fn sift_down(&mut self, key: Key) {
        let heap = self.heap.as_mut_slice();
        let mut place = 0;
        while let Some((nearest, least)) = first_child(heap, place)
            && least < key
        {
            heap[place] = least;
            place = nearest;
        }
        heap[place] = key;
    }

    /// Moves `key` up from the last place.
    #[inline]
    fn sift_up(&mut self, key: u128) {
        let heap = self.heap.as_mut_slice();
        let mut place = self.len - 1;
        while place > 0 {
            let parent = (place - 1) / 4;
            if heap[parent] < key {
                break;
            }
            heap[place] = heap[parent];
            place = parent;
        }
        heap[place] = key;
    }
}

/// The place of the first child, and its key.
#[inline]
fn first_child(heap: &[Key], parent: usize) -> Option<(usize, Key)> {
    let first = 4 * parent + 1;
    let &[a, b, c, d] = heap.get(first..first + 4)? else { return None };
    // Two independent comparisons, then a third.
    let left = if b < a { (first + 1, b) } else { (first, a) };
    let right = if d < c { (first + 3, d) } else { (first + 2, c) };
    Some(if right.1 < left.1 { right } else { left })
}

#[cfg(test)]
mod tests {
    use super::*;

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
