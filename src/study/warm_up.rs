//! How long to warm up, found by a pilot run of each policy.

use crate::model::{SimDuration, SimTime};
use crate::stats::{Settling, Truncation};

use super::replications::{EVENTS_PER_LOOK, Halted, OnProgress, PolicyRun};
use super::simulation::{Replication, simulation};

/// How long every policy warms up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Chosen {
    /// From the start.
    pub until: SimDuration,
    /// The policies that had not settled by the middle of the run.
    pub unsettled: Vec<String>,
}

/// Where the response times of the first replication settle.
///
/// # Errors
/// [`Halted`] when `progress` broke off.
pub(super) fn pilot(run: &PolicyRun<'_>, progress: &OnProgress<'_>) -> Result<Truncation, Halted> {
    let mut simulation = simulation(run.scenario, run.policy, &Replication::default(), Settling::default());
    while simulation.advance(EVENTS_PER_LOOK) {
        if progress(0.0).is_break() {
            return Err(Halted);
        }
    }
    Ok(simulation.finish().1.truncation())
}

/// The longest of the warm-ups, so that all policies count the same requests.
pub(super) fn chosen(runs: &[PolicyRun<'_>], found: &[Truncation]) -> Chosen {
    let until = found.iter().map(|found| found.until).max().unwrap_or(SimTime::ZERO).since_start();
    let unsettled = runs.iter().zip(found).filter(|(_, found)| !found.settled);
    Chosen { until, unsettled: unsettled.map(|(run, _)| run.policy.name().to_owned()).collect() }
}
