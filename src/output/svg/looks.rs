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
