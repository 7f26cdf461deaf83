//! Events, and their order. The queue of those that are scheduled is in `queue`, and those far away in `ladder`.
//!
//! Who goes first: the event at the earlier instant; at one instant completions, then expiries, then faults, then
//! arrivals; among those, the event scheduled first. An event is one 128-bit number whose highest bits hold the
//! instant, then the rank, then the sequence, so that comparing two events is comparing two integers.

mod ladder;
mod queue;

use crate::model::SimTime;

pub(super) use self::queue::EventQueue;
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
    /// Clients on the cores of the workers have something to do.
    0 19 ClientWork(NoSubject),
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
    /// A busy worker has waited for long enough before it accepts.
    1 25 AcceptDelayEnd(WorkerId),
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
    /// A replica looks whether it has too few idle workers, or too many.
    2 24 SpareCheck(ReplicaNumber),
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

impl EventId {
    /// The event of that key.
    #[inline]
    pub const fn of(key: Key) -> Self {
        Self(key as u64)
    }
}

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

/// The instant and the rank of the event of that key.
#[inline(always)]
const fn upper_half(key: Key) -> u64 {
    (key >> 64) as u64
}

/// The first key of an upper half.
const fn first_key_of(upper_half: u64) -> Key {
    (upper_half as Key) << 64
}

/// The event of that key.
#[inline(always)]
pub(super) fn event_of(key: Key) -> Event {
    let subject = (key as u64 & ((1 << SUBJECT_BITS) - 1)) as u32;
    Event::from_bits(kind_of(key), subject)
}

/// The kind of event of that key.
#[inline]
const fn kind_of(key: Key) -> u64 {
    key as u64 >> SUBJECT_BITS & ((1 << KIND_BITS) - 1)
}

/// Whether the event of that key never happens.
#[inline(always)]
pub(super) const fn is_never(key: Key) -> bool {
    upper_half(key) == upper_half(NEVER)
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
