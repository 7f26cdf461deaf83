//! Requests that have departed, and what became of them.

use crate::model::{Activity, Failure, Rejection, SimDuration, SimTime};

use super::observer::Entrance;

/// A request that has departed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Departure {
    /// What was known on its arrival.
    pub entrance: Entrance,
    /// When it departed.
    pub departure: SimTime,
    /// What became of it.
    pub outcome: Outcome,
    /// Whether it is part of the numbers: it arrived after the warm-up.
    pub counts: bool,
    /// Whether a worker took it out of the backlog.
    pub was_taken: bool,
    /// Whether it is the last attempt of an operation that began after the warm-up: it was answered, or its client
    /// makes no further attempt.
    pub ends_operation: bool,
    /// Time spent on each activity, in the order of [`Activity::ALL`]; the parts add up to the response time.
    pub spent: [SimDuration; Activity::ALL.len()],
}

impl Departure {
    /// Arrival to departure.
    pub fn response_time(&self) -> SimDuration {
        self.departure - self.entrance.arrival
    }
}

/// Splits departures into runs of consecutive ones with the same key. It computes each key once; `chunk_by` of the
/// standard library does so twice.
pub fn runs<K: PartialEq>(
    departures: &[Departure],
    key: impl Fn(&Departure) -> K,
) -> impl Iterator<Item = &[Departure]> {
    let mut rest = departures;
    std::iter::from_fn(move || {
        let first = key(rest.first()?);
        let length = rest.iter().position(|departure| key(departure) != first).unwrap_or(rest.len());
        let (run, others) = rest.split_at(length);
        rest = others;
        Some(run)
    })
}

/// The index of the last activity.
const LAST_ACTIVITY: usize = Activity::ALL.len() - 1;

/// Time spent on each activity, in nanoseconds, in the order of [`Activity::ALL`].
pub type SpentTime = [u128; Activity::ALL.len()];

/// Adds up the time spent on each activity. Returns the sum of the response times.
#[inline]
pub fn add_spent(departures: &[Departure], sums: &mut SpentTime) -> u128 {
    let present = departures.iter().map(|departure| u128::from(departure.response_time().as_nanos())).sum();
    // The parts add up to the response times, so if their sum fits into 64 bits, those of the parts do.
    let at_once = if present <= u128::from(u64::MAX) { departures.len().max(1) } else { 1 };
    let mut others = 0;
    for some in departures.chunks(at_once) {
        let mut spent = [0; LAST_ACTIVITY];
        for parts in some.iter().filter_map(|departure| departure.spent.first_chunk::<LAST_ACTIVITY>()) {
            spent.iter_mut().zip(parts).for_each(|(sum, span)| *sum += span.as_nanos());
        }
        sums.iter_mut().zip(spent).for_each(|(sum, more)| *sum += u128::from(more));
        others += spent.iter().map(|span| u128::from(*span)).sum::<u128>();
    }
    // The last part is the remainder.
    sums[LAST_ACTIVITY] += present - others;
    present
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered.
    Completed,
    /// There was no room for it.
    Rejected(Rejection),
    /// Its client gave up, and the request was stopped or left the backlog.
    TimedOut,
    /// Its client gave up before, and the application has finished the work all the same.
    ServedLate,
    /// It ended with an error.
    Failed(Failure),
}

impl Outcome {
    /// The outcome of a request whose client may have given up before: if so, it has been counted as timed out and
    /// stays so, whatever happens to its work.
    pub(super) const fn after(self, is_abandoned: bool) -> Self {
        match (is_abandoned, self) {
            (true, Self::Completed | Self::ServedLate) => Self::ServedLate,
            (true, Self::Rejected(_) | Self::TimedOut | Self::Failed(_)) => Self::TimedOut,
            (false, outcome) => outcome,
        }
    }

    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Rejected(_) => "rejected",
            Self::TimedOut => "timed_out",
            Self::ServedLate => "served_late",
            Self::Failed(_) => "failed",
        }
    }

    /// The name in files of the reason why a request was rejected or failed.
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Rejected(reason) => Some(reason.name()),
            Self::Failed(reason) => Some(reason.name()),
            Self::Completed | Self::TimedOut | Self::ServedLate => None,
        }
    }
}
