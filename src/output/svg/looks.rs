//! How a segment of a request looks, and what it is called.

use super::palette::{self, Fill};
use crate::model::Activity;
use crate::stats::{TimelineSegment, WaitCause};

/// What a bar stands for: an activity, or a wait with a special cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Activity(Activity),
    Cause(WaitCause),
}

impl Look {
    /// The look of a segment.
    pub(super) fn of(segment: &TimelineSegment) -> Self {
        segment.cause.map_or_else(|| Self::Activity(activity(segment)), Self::Cause)
    }

    /// Those of an activity and of its special causes, in the order of the legend.
    pub(super) fn all_of(activity: Activity) -> impl Iterator<Item = Self> {
        let causes = WaitCause::ALL.into_iter().filter(move |cause| activity_of(*cause) == activity);
        [Self::Activity(activity)].into_iter().chain(causes.map(Self::Cause))
    }

    pub(super) const fn fill(self) -> Fill {
        match self {
            Self::Activity(activity) => palette::paint(activity),
            Self::Cause(WaitCause::Throttled) => palette::THROTTLED,
            Self::Cause(WaitCause::Opening) => palette::OPENING,
        }
    }

    /// What a request is doing meanwhile.
    pub(super) const fn doing(self) -> &'static str {
        match self {
            Self::Activity(activity) => activity.doing(),
            Self::Cause(WaitCause::Throttled) => "ready, but the CPU quota is used up until the next period",
            Self::Cause(WaitCause::Opening) => "waiting until its connection is open",
        }
    }

    /// In a few words, before the name of a backend.
    pub(super) const fn short(self) -> &'static str {
        match self {
            Self::Activity(Activity::BacklogWait) => "waits in the backlog",
            Self::Activity(Activity::RunQueueWait) => "waits for CPU",
            Self::Activity(Activity::ThreadWait) => "waits for a thread",
            Self::Activity(Activity::PoolWait) => "waits for pool",
            Self::Activity(Activity::BackendWait) => "waits at",
            Self::Activity(Activity::Framework) => "framework code",
            Self::Activity(Activity::Compute) => "own code",
            Self::Activity(Activity::Backend) => "served by",
            Self::Activity(Activity::Sleep) => "sleeps",
            Self::Cause(WaitCause::Throttled) => "CPU quota used up",
            Self::Cause(WaitCause::Opening) => "connects to",
        }
    }

    /// The same where no backend is named.
    pub(super) const fn short_alone(self) -> &'static str {
        match self {
            Self::Activity(Activity::PoolWait) => "waits for a connection",
            Self::Activity(Activity::BackendWait) => "waits at a backend",
            Self::Activity(Activity::Backend) => "served by a backend",
            Self::Activity(Activity::RunQueueWait) => "waits for a core, the GIL or the loop",
            Self::Cause(WaitCause::Opening) => "opens a connection",
            Self::Activity(
                Activity::BacklogWait
                | Activity::ThreadWait
                | Activity::Framework
                | Activity::Compute
                | Activity::Sleep,
            )
            | Self::Cause(WaitCause::Throttled) => self.short(),
        }
    }

    /// Its entry in the legend.
    pub(super) const fn legend(self) -> &'static str {
        match self {
            Self::Activity(activity) => activity.legend(),
            Self::Cause(WaitCause::Throttled) => "for the next period: CPU quota used up",
            Self::Cause(WaitCause::Opening) => "until its connection is open",
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
