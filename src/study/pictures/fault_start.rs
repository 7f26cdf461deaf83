//! How wide a stretch must be to show what changes when a fault begins.

use crate::engine::Outcome;
use crate::model::{Fault, SimDuration, SimTime};
use crate::stats::{Survey, SurveyedRequest};

/// This many requests, one after the other, are compared.
const REQUESTS: usize = 16;
/// A stretch shows at least this many arrivals before the fault begins, on average, and as many after it as are compared.
const FEWEST_BEFORE: u64 = 8;

/// The stretch in which a fault begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FaultStart {
    pub from: SimTime,
    pub until: SimTime,
    pub name: Option<String>,
    /// The policy whose requests suffer most.
    pub policy: usize,
}

/// The stretch around the first beginning of a fault after the first of these requests; `None` if none of them arrives in it.
pub(super) fn fault_start(policies: &[(&str, &Survey)], faults: &[Fault]) -> Option<FaultStart> {
    let first = policies.iter().filter_map(|(_, survey)| survey.requests().first()).map(|one| one.arrival).min()?;
    let starts = faults.iter().filter_map(|fault| Some((start_after(fault, first)?, fault)));
    let (start, fault) = starts.min_by_key(|(start, _)| *start)?;
    let changes = policies.iter().enumerate();
    let changes = changes
        .filter_map(|(place, (_, survey))| Some((place, Change::of(survey.requests(), start, start + fault.span)?)));
    // Of equals, the first.
    let (policy, change) = changes.reduce(|one, other| if other.1.rise > one.1.rise { other } else { one })?;
    let before = change.usual.saturating_add(change.usual / 2).min(fault.span.as_nanos());
    let before = before.max(FEWEST_BEFORE * change.interarrival);
    let shown = (change.visible - start).as_nanos();
    let after = (2 * before).max(REQUESTS as u64 * change.interarrival).max(shown + shown / 2);
    Some(FaultStart {
        from: SimTime::from_nanos(start.as_nanos().saturating_sub(before)),
        until: start + SimDuration::from_nanos(after),
        name: fault.name.clone(),
        policy,
    })
}

/// The first time that a fault begins after an instant.
fn start_after(fault: &Fault, instant: SimTime) -> Option<SimTime> {
    let start = fault.start();
    if start > instant {
        return Some(start);
    }
    let every = fault.every?.as_nanos();
    let times = (instant - start).as_nanos() / every + 1;
    Some(start + SimDuration::from_nanos(times.checked_mul(every)?))
}

/// What changes for the requests of a policy, in nanoseconds.
struct Change {
    /// The mean time from one arrival to the next.
    interarrival: u64,
    /// How long those that arrive before stay, on average.
    usual: u64,
    /// How much longer those stay that stay longest, on average of some that arrive one after the other.
    rise: u64,
    /// When the first of these have arrived that stay at least half as much longer.
    visible: SimTime,
}

impl Change {
    /// That from one instant to another; `None` if no request arrives before it, or none in it.
    fn of(requests: &[SurveyedRequest], start: SimTime, end: SimTime) -> Option<Self> {
        let place = |instant| requests.partition_point(|request| request.arrival < instant);
        let (first, last) = (place(start), place(end));
        if first == 0 || first == last {
            return None;
        }
        let stays = stays(requests);
        let usual = mean(&stays[..first]);
        let count = REQUESTS.min(last - first);
        let means: Vec<u64> = stays[first..last].windows(count).map(mean).collect();
        let rise = means.iter().max()?.saturating_sub(usual);
        let is_visible = |mean: &u64| *mean >= usual + rise / 2;
        let visible = means.iter().position(is_visible).unwrap_or(0);
        let all = requests.last()?.arrival - requests.first()?.arrival;
        Some(Self {
            interarrival: all.as_nanos() / (requests.len() as u64 - 1).max(1),
            usual,
            rise,
            visible: requests[first + visible + count - 1].arrival,
        })
    }
}

/// How long each request stays. One without an answer counts as long as the slowest answer at least.
fn stays(requests: &[SurveyedRequest]) -> Vec<u64> {
    let last = requests.iter().map(|request| request.end.map_or(request.arrival, |(end, _)| end)).max();
    let longest = requests.iter().filter_map(SurveyedRequest::response_time).max().unwrap_or(SimDuration::ZERO);
    let stay = |request: &SurveyedRequest| match request.end {
        Some((end, Outcome::Completed)) => end - request.arrival,
        Some((end, Outcome::Rejected(_) | Outcome::TimedOut | Outcome::ServedLate | Outcome::Failed(_))) => {
            longest.max(end - request.arrival)
        }
        None => last.map_or(SimDuration::ZERO, |last| last.max(request.arrival) - request.arrival),
    };
    requests.iter().map(|request| stay(request).as_nanos()).collect()
}

fn mean(stays: &[u64]) -> u64 {
    let sum: u128 = stays.iter().map(|stay| u128::from(*stay)).sum();
    u64::try_from(sum / stays.len().max(1) as u128).unwrap_or(u64::MAX)
}
