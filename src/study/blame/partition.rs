//! Partitions of a wait: what is added up, and how a span of time is divided to the nanosecond.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::engine::Actor;
use crate::model::{Activity, Place, SimDuration};

use super::site::{Site, Station};

/// Why a request waits if no other uses what it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BlameCause {
    /// A fault takes cores away.
    Fault,
    /// The CPU quota of the period is used up.
    Quota,
    /// The worker restarts, or its successor boots.
    Restart,
    /// A core switches to the thread or loop of the request.
    ContextSwitch,
    /// A connection is being opened for the request itself.
    Connecting,
    /// There is an unused unit, which the policy keeps for another: a connection for the request that was woken.
    Kept,
    /// The acceptor of a worker runs, or has to run first.
    Acceptor,
    /// A probe of the health check uses it.
    HealthCheck,
    /// The process of clients on the same cores uses it.
    Clients,
    /// The request itself uses all that it could be given.
    Itself,
    /// Requests that wait for each other, and for nothing else.
    Deadlock,
}

impl BlameCause {
    /// Its name in files.
    #[cfg(feature = "internals")]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fault => "fault",
            Self::Quota => "quota",
            Self::Restart => "restart",
            Self::ContextSwitch => "context_switch",
            Self::Connecting => "connecting",
            Self::Kept => "kept",
            Self::Acceptor => "acceptor",
            Self::HealthCheck => "health_check",
            Self::Clients => "clients",
            Self::Itself => "itself",
            Self::Deadlock => "deadlock",
        }
    }
}

/// Who or what is blamed for a share of a wait. Requests come first, in order of their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blamed {
    /// A request, by its number in the order of all arrivals, counted from 0.
    Request(u64),
    /// Something else.
    Cause(BlameCause),
}

/// Where a share of a wait comes from in the end. Requests come first, in order of their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Root {
    /// What a request was doing: working, or being away.
    Request(u64, RootActivity),
    /// Something else.
    Cause(BlameCause),
}

/// An activity in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootActivity(pub Activity);

impl PartialOrd for RootActivity {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RootActivity {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0 as usize).cmp(&(other.0 as usize))
    }
}

impl From<Actor> for Blamed {
    fn from(actor: Actor) -> Self {
        match actor {
            Actor::Request(request) => Self::Request(request),
            Actor::Acceptor(_) => Self::Cause(BlameCause::Acceptor),
            Actor::Probe(_) => Self::Cause(BlameCause::HealthCheck),
            Actor::Clients => Self::Cause(BlameCause::Clients),
        }
    }
}

/// The shares of a wait; they add up to it.
pub(super) type Shares<B> = BTreeMap<B, SimDuration>;

/// Divides a span equally among blamed ones, each of which may be there several times: whole nanoseconds, the remainder to the first.
pub(super) fn divide<B: Copy>(span: SimDuration, among: &[B], mut give: impl FnMut(B, SimDuration)) {
    let Some(count) = u64::try_from(among.len()).ok().filter(|count| *count > 0) else { return };
    let each = span.as_nanos() / count;
    let remainder = span.as_nanos() % count;
    for (place, one) in among.iter().enumerate() {
        let share = if place == 0 { each + remainder } else { each };
        if share > 0 {
            give(*one, SimDuration::from_nanos(share));
        }
    }
}

/// Adds to a share; no time is no share.
pub(super) fn add<B: Ord>(shares: &mut Shares<B>, one: B, span: SimDuration) {
    if span > SimDuration::ZERO {
        *shares.entry(one).or_default() += span;
    }
}

/// Why a request waits at a station none of whose units is used by another.
pub(super) fn cause(site: &Site, station: Station, uses_it: bool) -> BlameCause {
    match station.place {
        Place::CpuLimit => BlameCause::Quota,
        Place::Opening(_) => BlameCause::Connecting,
        _ if uses_it => BlameCause::Itself,
        Place::Backlog if site.accepts && !station.is_accepted => BlameCause::Acceptor,
        Place::Backlog => BlameCause::Restart,
        Place::Cores | Place::Backend(_) => BlameCause::Fault,
        Place::Loop | Place::Lock | Place::Threads | Place::Pool(_) => BlameCause::Kept,
    }
}
