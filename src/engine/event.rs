//! What can happen, and the queue of what will.
//!
//! Who goes first: the earlier instant; at one instant completions, then expiries, then arrivals; among those, the
//! one scheduled first. An event is one 128-bit number in which these come from the highest bit down, so that
//! comparing two events is comparing two integers.

use crate::model::SimTime;

use super::requests::RequestId;

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A burst of a running request has been served.
    BurstEnd(RequestId),
    /// A wait of a request is over.
    WaitEnd(RequestId),
    /// A running request has been on its core for the quantum.
    QuantumEnd(RequestId),
    /// A ready request of this worker asks for the lock that a running one holds.
    HandOver(u32),
}

/// A scheduled event, by which it can be told from all others; the default stands for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct EventId(u64);

const RANK_BITS: u32 = 2;
const KIND_BITS: u32 = 3;
const INDEX_BITS: u32 = 24;

impl Event {
    /// Bits of (what comes first at one instant, which event, whom it concerns).
    const fn bits(self) -> (u64, u64, u32) {
        match self {
            Self::BurstEnd(request) => (0, 0, request.0),
            Self::WaitEnd(request) => (0, 1, request.0),
            Self::QuantumEnd(request) => (1, 2, request.0),
            Self::HandOver(worker) => (1, 3, worker),
        }
    }

    const fn from_bits(kind: u64, index: u32) -> Self {
        match kind {
            0 => Self::BurstEnd(RequestId(index)),
            1 => Self::WaitEnd(RequestId(index)),
            2 => Self::QuantumEnd(RequestId(index)),
            _ => Self::HandOver(index),
        }
    }
}

/// The future: a 4-ary heap of events.
#[derive(Clone, Debug, Default)]
pub(super) struct EventQueue {
    heap: Vec<u128>,
    /// The top has been taken; the next push may have its place.
    has_hole: bool,
    scheduled: u64,
}

impl EventQueue {
    /// Schedules an event.
    #[inline]
    pub fn push(&mut self, time: SimTime, event: Event) -> EventId {
        self.scheduled += 1;
        let (rank, kind, index) = event.bits();
        let id = self.scheduled << (KIND_BITS + INDEX_BITS) | kind << INDEX_BITS | u64::from(index);
        let key = u128::from(time.as_nanos() << RANK_BITS | rank) << 64 | u128::from(id);
        if self.has_hole {
            self.has_hole = false;
            self.sift_down(key);
        } else {
            self.heap.push(key);
            self.sift_up(key);
        }
        EventId(id)
    }

    /// When the next event happens.
    #[inline]
    pub fn next_time(&mut self) -> Option<SimTime> {
        self.fill_hole();
        self.heap.first().map(|key| SimTime::from_nanos((key >> (64 + RANK_BITS)) as u64))
    }

    /// Takes the next event.
    #[inline]
    pub fn pop(&mut self) -> Option<(EventId, Event)> {
        self.fill_hole();
        let id = *self.heap.first()? as u64;
        self.has_hole = true;
        let index = (id & ((1 << INDEX_BITS) - 1)) as u32;
        let kind = id >> INDEX_BITS & ((1 << KIND_BITS) - 1);
        Some((EventId(id), Event::from_bits(kind, index)))
    }

    #[inline]
    fn fill_hole(&mut self) {
        if self.has_hole {
            self.has_hole = false;
            if let Some(last) = self.heap.pop()
                && !self.heap.is_empty()
            {
                self.sift_down(last);
            }
        }
    }

    /// Puts `key` where the top was.
    #[inline]
    fn sift_down(&mut self, key: u128) {
        let heap = self.heap.as_mut_slice();
        let mut place = 0;
        loop {
            let first = 4 * place + 1;
            let children = &heap[first.min(heap.len())..(first + 4).min(heap.len())];
            let Some((nearest, least)) = children.iter().enumerate().min_by_key(|(_, child)| **child) else { break };
            if *least > key {
                break;
            }
            heap[place] = *least;
            place = first + nearest;
        }
        heap[place] = key;
    }

    /// Moves `key` up from the last place.
    #[inline]
    fn sift_up(&mut self, key: u128) {
        let heap = self.heap.as_mut_slice();
        let mut place = heap.len() - 1;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_one_instant_completions_come_before_expiries_and_each_in_the_order_scheduled() {
        let mut queue = EventQueue::default();
        let now = SimTime::from_nanos(5);
        queue.push(now, Event::HandOver(1));
        queue.push(now, Event::WaitEnd(RequestId(2)));
        queue.push(now, Event::BurstEnd(RequestId(1)));
        queue.push(SimTime::from_nanos(4), Event::QuantumEnd(RequestId(9)));
        let order: Vec<Event> = std::iter::from_fn(|| queue.pop().map(|(_, event)| event)).collect();
        let expected = [
            Event::QuantumEnd(RequestId(9)),
            Event::WaitEnd(RequestId(2)),
            Event::BurstEnd(RequestId(1)),
            Event::HandOver(1),
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
                let next = expected.pop_first();
                assert_eq!(queue.next_time().map(SimTime::as_nanos), next.map(|(time, _)| time), "round {round}");
                assert_eq!(queue.pop().is_some(), next.is_some());
            } else if expected.len() < 300 {
                let time = bits >> 50;
                queue.push(SimTime::from_nanos(time), Event::HandOver(0));
                expected.insert((time, round));
            }
        }
    }
}
