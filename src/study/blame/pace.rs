//! How fast a request is served where units are shared equally, and what is lost to the others meanwhile.

use crate::engine::{Actor, Unit};
use crate::model::{SimDuration, SimTime};

use super::log::Log;
use super::site::{Site, Units};
use super::users::stretches;

/// How a request was served during a span of time.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    start: SimTime,
    steps: Vec<Step>,
    /// What was lost in all.
    lost: SimDuration,
}

/// A stretch of time in which the same units are shared by the same sharers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub start: SimTime,
    pub end: SimTime,
    /// Who shares, in order.
    pub sharers: Vec<Actor>,
    pub units: u32,
    /// What a request that is there from the beginning has been served by the start, in 2⁻³² ns.
    served: u128,
}

const FRACTION_BITS: u32 = 32;

impl Step {
    /// The units in use.
    fn busy(&self) -> u64 {
        u64::from(self.units).min(self.sharers.len() as u64)
    }

    /// What each has been served at an instant of this step.
    fn served_at(&self, time: SimTime) -> u128 {
        let span = u128::from((time - self.start).as_nanos()) << FRACTION_BITS;
        let more = (span * u128::from(self.busy())).checked_div(self.sharers.len() as u128);
        self.served + more.unwrap_or(0)
    }
}

impl Pace {
    /// How a request was served by shared units between two instants, and lost that much of the time in all.
    pub fn new(log: &Log, site: &Site, unit: Unit, (from, to): (SimTime, SimTime), lost: SimDuration) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        for stretch in stretches(log, Units::Of(unit), (from, to)) {
            for (start, end, units) in levels(log, site, unit, (stretch.start, stretch.end)) {
                let served = steps.last().map_or(0, |last| last.served_at(last.end));
                steps.push(Step { start, end, sharers: stretch.users.clone(), units, served });
            }
        }
        Self { start: from, steps, lost }
    }

    /// In order of time.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The step at an instant.
    pub fn step_at(&self, time: SimTime) -> Option<&Step> {
        self.steps.get(self.steps.partition_point(|step| step.end <= time))
    }

    /// What has been lost to others by an instant.
    pub fn lost_by(&self, time: SimTime) -> SimDuration {
        let begun = self.steps.partition_point(|step| step.start < time);
        let Some(step) = begun.checked_sub(1).map(|last| &self.steps[last]) else { return SimDuration::ZERO };
        if time >= self.steps.last().map_or(time, |last| last.end) {
            return self.lost;
        }
        let served = SimDuration::from_nanos((step.served_at(time) >> FRACTION_BITS) as u64);
        let elapsed = time - self.start;
        (elapsed - served.min(elapsed)).min(self.lost)
    }

    /// The first instant at which that much has been served; the end if it never is.
    pub fn time_of(&self, served: SimDuration) -> SimTime {
        let wanted = u128::from(served.as_nanos()) << FRACTION_BITS;
        let end = self.steps.last().map_or(self.start, |last| last.end);
        let Some(step) = self.steps.iter().find(|step| step.served_at(step.end) >= wanted) else { return end };
        let left = wanted - wanted.min(step.served);
        let span = (left * step.sharers.len() as u128).div_ceil(u128::from(step.busy().max(1)) << FRACTION_BITS);
        (step.start + SimDuration::from_nanos(span as u64)).min(step.end)
    }
}

/// How many units there are to share, as time goes on.
fn levels(
    log: &Log,
    site: &Site,
    unit: Unit,
    (from, to): (SimTime, SimTime),
) -> impl Iterator<Item = (SimTime, SimTime, u32)> {
    let changes = match unit {
        Unit::Core(replica) => log.shared_cores.get(&replica).map(Vec::as_slice).unwrap_or_default(),
        Unit::Slot(_) | Unit::Loop(_) | Unit::Turn(_) | Unit::Thread(_) | Unit::Connection(..) | Unit::Query(_) => &[],
    };
    let before = changes.partition_point(|change| change.since <= from);
    let first = before.checked_sub(1).map_or_else(|| site.shared_units(unit), |last| changes[last].cores);
    let later = changes[before..].iter().take_while(move |change| change.since < to);
    let starts: Vec<(SimTime, u32)> =
        std::iter::once((from, first)).chain(later.map(|change| (change.since, change.cores))).collect();
    let ends: Vec<SimTime> = starts.iter().skip(1).map(|(start, _)| *start).chain([to]).collect();
    starts
        .into_iter()
        .zip(ends)
        .filter(|((start, _), end)| start < end)
        .map(|((start, units), end)| (start, end, units))
}
