//! What pictures show beyond results: from a second, watched run of the first requests of the first replication.
//!
//! A run whose every step is watched takes no shortcuts, so the one for the numbers is not watched; and it is bounded, so that
//! pictures of long runs cost little and need constant memory.

mod bands;
mod fault_start;
mod stretch;

pub use stretch::TimelineStretch;
pub(super) use stretch::Wanted;

use std::ops::{ControlFlow, RangeInclusive};

use crate::engine::Outcome;
use crate::model::{BackendId, SimTime};
use crate::stats::{LaneChoice, Pictures, PolicyPictures, SpentOn, Survey, TimelineEntry};

use super::measured::Measured;
use super::pool::JobPool;
use super::replications::{EVENTS_PER_LOOK, Halted, PolicyRun};
use super::simulation::{Replication, simulation};
use stretch::{Chosen, choose};

/// Each class has a picture of its own where there are this many.
pub(super) const PICTURED_CLASSES: RangeInclusive<usize> = 2..=4;

/// Maximum number of requests that are surveyed.
const SURVEYED: usize = 50_000;

/// Maximum number of lanes for requests that were under way at the start of a stretch.
const MOST_CARRIED: usize = 4;

/// What pictures show of policies that were measured; `wanted`: the stretch of their timelines, if they do not begin with the
/// run.
///
/// # Errors
/// [`Halted`] when `look` broke off.
pub(super) fn pictures(
    runs: &[PolicyRun<'_>],
    measured: &[Measured<'_>],
    wanted: Option<Wanted<'_>>,
    replication: &Replication,
    pool: &JobPool,
    look: &(dyn Fn() -> ControlFlow<()> + Sync),
) -> Result<Pictures, Halted> {
    let surveys = pool.each(runs, |run| survey(run, replication, look))?;
    let policy = |((run, measured), survey): ((&PolicyRun<'_>, &Measured<'_>), &Survey)| {
        let backend = |on: &SpentOn| on.backend.map(|backend| backend_name(run, backend));
        PolicyPictures {
            curve: measured.curve(),
            bands: bands::bands(survey.requests().iter(), &backend),
            bands_among: among(survey),
            class_times: measured.class_times(),
            ..PolicyPictures::default()
        }
    };
    let policies = runs.iter().zip(measured).zip(&surveys).map(policy).collect();
    let mut pictures = Pictures { stretch: None, policies };
    let named: Vec<_> = runs.iter().map(|run| run.policy.name()).zip(&surveys).collect();
    let faults = runs.first().map_or(&[][..], |run| run.scenario.faults());
    let Some(chosen) = wanted.and_then(|wanted| choose(wanted, &named, faults)) else { return Ok(pictures) };
    let ends = (chosen.from, chosen.until);
    let recorded = pool.each(runs, |run| run.stretch(replication, ends, &|| look()))?;
    for ((policy, recorded), survey) in pictures.policies.iter_mut().zip(recorded).zip(&surveys) {
        policy.step = recorded.step;
        policy.occupied = recorded.occupied;
        policy.timeline = recorded.entries.into_iter().map(|entry| with_end(entry, survey)).collect();
    }
    choose_lanes(&mut pictures.policies, &chosen);
    pictures.stretch = Some(chosen.stretch(surveys.iter().filter_map(among).max()));
    Ok(pictures)
}

/// How many requests were surveyed, if not all were.
fn among(survey: &Survey) -> Option<u64> {
    survey.has_more().then_some(survey.requests().len() as u64)
}

/// The entry with its end, if only the survey followed the request that far.
fn with_end(mut entry: TimelineEntry, survey: &Survey) -> TimelineEntry {
    let place = (entry.request - 1).checked_sub(survey.first()).and_then(|place| usize::try_from(place).ok());
    let surveyed = place.and_then(|place| survey.requests().get(place)).and_then(|request| request.end);
    if let (None, None, Some((end, Outcome::Completed))) = (entry.departure_ms, entry.outcome, surveyed) {
        entry.departure_ms = Some(end.as_millis());
        entry.response_time_ms = Some(end.as_millis() - entry.arrival_ms);
    }
    entry
}

/// Chooses the lanes of all policies: the same requests, unless they arrive at other times under another policy.
fn choose_lanes(policies: &mut [PolicyPictures], chosen: &Chosen) {
    let start_ms = chosen.from.as_millis();
    let step = policies.iter().map(|policy| policy.step).max().unwrap_or(1);
    let arriving = |policy: &PolicyPictures| -> Vec<(u64, f64)> {
        let shown = policy.timeline.iter().filter(|entry| (entry.request - 1).is_multiple_of(step));
        shown.filter(|entry| entry.arrival_ms >= start_ms).map(|entry| (entry.request, entry.arrival_ms)).collect()
    };
    let carried = |policy: &PolicyPictures| -> Vec<u64> {
        let mut carried: Vec<&TimelineEntry> =
            policy.timeline.iter().filter(|entry| entry.arrival_ms < start_ms).collect();
        let end = |entry: &TimelineEntry| entry.departure_ms.unwrap_or(f64::INFINITY);
        carried.sort_by(|one, other| end(one).total_cmp(&end(other)).then(one.request.cmp(&other.request)));
        let most = if chosen.is_spread { MOST_CARRIED.max(carried.len() / 4) } else { MOST_CARRIED };
        carried.iter().take(most).map(|entry| entry.request).collect()
    };
    let all: Vec<Vec<(u64, f64)>> = policies.iter().map(arriving).collect();
    let is_common = all.windows(2).all(|pair| pair[0] == pair[1]);
    let explained = policies.get(chosen.policy).map(carried).unwrap_or_default();
    for (policy, arriving) in policies.iter_mut().zip(all) {
        let carried = if is_common { explained.clone() } else { carried(policy) };
        let arriving = arriving.into_iter().map(|(request, _)| request).collect();
        let always = chosen.always.map(|request| request + 1);
        policy.lanes = LaneChoice { carried, arriving, is_spread: chosen.is_spread, always };
    }
}

fn backend_name(run: &PolicyRun<'_>, backend: BackendId) -> String {
    let named = run.scenario.backends().get_index(usize::from(backend.0));
    named.map(|(name, _)| name.clone()).unwrap_or_default()
}

/// Runs a policy until the surveyed requests have departed.
fn survey(
    run: &PolicyRun<'_>,
    replication: &Replication,
    look: &(dyn Fn() -> ControlFlow<()> + Sync),
) -> Result<Survey, Halted> {
    let survey = Survey::new(SURVEYED, SimTime::ZERO + replication.warm_up);
    let mut simulation = simulation(run.scenario, run.policy, replication, survey);
    while !simulation.observer().is_complete() && simulation.advance(EVENTS_PER_LOOK) {
        if look().is_break() {
            return Err(Halted);
        }
    }
    Ok(simulation.finish().1)
}
