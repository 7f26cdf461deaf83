//! How a segment of a request looks, and what it is called.

use std::borrow::Cow;

use super::palette::{self, Fill};
use super::queues::RunQueue;
use crate::model::Activity;
use crate::stats::{TimelineSegment, WaitCause};

/// What a bar stands for: an activity, a wait with a special cause, or a wait of a request that holds a connection meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Activity(Activity),
    Cause(WaitCause),
    Holding(Awaited),
}

/// What a request waits for that holds a connection meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    Connection,
    Thread,
}

impl Awaited {
    const ALL: [Self; 2] = [Self::Connection, Self::Thread];

    const fn activity(self) -> Activity {
        match self {
            Self::Connection => Activity::PoolWait,
            Self::Thread => Activity::ThreadWait,
        }
    }
}

impl Look {
    /// The look of a segment of a request that holds no connection.
    pub(super) fn of(segment: &TimelineSegment) -> Self {
        segment.cause.map_or_else(|| Self::Activity(activity(segment)), Self::Cause)
    }

    /// The same of a request that holds one.
    pub(super) fn while_holding(self) -> Self {
        let is_awaited = |awaited: &Awaited| self == Self::Activity(awaited.activity());
        Awaited::ALL.into_iter().find(is_awaited).map_or(self, Self::Holding)
    }

    /// Those of an activity, in the order of the legend.
    pub(super) fn all_of(activity: Activity) -> impl Iterator<Item = Self> {
        let causes = WaitCause::ALL.into_iter().filter(move |cause| activity_of(*cause) == activity);
        let awaited = Awaited::ALL.into_iter().filter(move |awaited| awaited.activity() == activity);
        [Self::Activity(activity)].into_iter().chain(causes.map(Self::Cause)).chain(awaited.map(Self::Holding))
    }

    pub(super) const fn fill(self) -> Fill {
        match self {
            Self::Activity(activity) => palette::paint(activity),
            Self::Cause(WaitCause::Throttled) => palette::THROTTLED,
            Self::Cause(WaitCause::Opening) => palette::OPENING,
            Self::Holding(Awaited::Connection) => palette::HOLDING,
            Self::Holding(Awaited::Thread) => palette::HOLDING_FOR_THREAD,
        }
    }

    /// What a request is doing meanwhile; `queue` is what it waits for in the run queue.
    pub(super) fn doing(self, queue: RunQueue) -> Cow<'static, str> {
        match self {
            Self::Activity(Activity::RunQueueWait) => format!("ready, waiting for {}", queue.names()).into(),
            Self::Activity(activity) => activity.doing().into(),
            Self::Cause(WaitCause::Throttled) => "ready, but the CPU quota is used up until the next period".into(),
            Self::Cause(WaitCause::Opening) => "waiting until its connection is open".into(),
            Self::Holding(Awaited::Connection) => "holding a connection and waiting for another one".into(),
            Self::Holding(Awaited::Thread) => "holding a connection and waiting for a thread of the pool".into(),
        }
    }

    /// In a few words, before the name of a backend.
    pub(super) const fn short(self) -> &'static str {
        match self {
            Self::Activity(Activity::BacklogWait) => "waits in the backlog",
            Self::Activity(Activity::RunQueueWait) => "waits for CPU",
            Self::Activity(Activity::ThreadWait) | Self::Holding(Awaited::Thread) => "waits for a thread",
            Self::Activity(Activity::PoolWait) | Self::Holding(Awaited::Connection) => "waits for pool",
            Self::Activity(Activity::BackendWait) => "waits at",
            Self::Activity(Activity::Framework) => "framework code",
            Self::Activity(Activity::Compute) => "own code",
            Self::Activity(Activity::Backend) => "served by",
            Self::Activity(Activity::Sleep) => "sleeps",
            Self::Cause(WaitCause::Throttled) => "CPU quota used up",
            Self::Cause(WaitCause::Opening) => "connects to",
        }
    }

    /// The same where no backend is named; `queue` is what requests wait for in the run queue.
    pub(super) fn short_alone(self, queue: RunQueue) -> Cow<'static, str> {
        match self {
            Self::Activity(Activity::PoolWait) | Self::Holding(Awaited::Connection) => "waits for a connection".into(),
            Self::Activity(Activity::BackendWait) => "waits at a backend".into(),
            Self::Activity(Activity::Backend) => "served by a backend".into(),
            Self::Activity(Activity::RunQueueWait) => format!("waits for {}", queue.names()).into(),
            Self::Cause(WaitCause::Opening) => "opens a connection".into(),
            Self::Activity(
                Activity::BacklogWait
                | Activity::ThreadWait
                | Activity::Framework
                | Activity::Compute
                | Activity::Sleep,
            )
            | Self::Holding(Awaited::Thread)
            | Self::Cause(WaitCause::Throttled) => self.short().into(),
        }
    }

    /// Its entry in the legend; `queue` is what requests wait for in the run queue.
    pub(super) fn legend(self, queue: RunQueue) -> Cow<'static, str> {
        match self {
            Self::Activity(Activity::RunQueueWait) => format!("for {}", queue.names()).into(),
            Self::Activity(activity) => activity.legend().into(),
            Self::Cause(WaitCause::Throttled) => "for the next period: CPU quota used up".into(),
            Self::Cause(WaitCause::Opening) => "until its connection is open".into(),
            Self::Holding(Awaited::Connection) => "for another connection while it holds one".into(),
            Self::Holding(Awaited::Thread) => "for a thread while it holds a connection".into(),
        }
    }
}

const fn activity_of(cause: WaitCause) -> Activity {
    match cause {
        WaitCause::Throttled => Activity::RunQueueWait,
        WaitCause::Opening => Activity::PoolWait,
    }
}

/// The activity of a segment.
pub(super) fn activity(segment: &TimelineSegment) -> Activity {
    segment.activity()
}
