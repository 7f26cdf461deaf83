//! What ran when: the requests of a window of a run, recorded by running it once more.

use std::ops::{ControlFlow, RangeInclusive};

use crate::model::{BackendId, ClassId, Resource};
use crate::policy::{PolicyChoice, Runner};
use crate::scenario::Scenario;
use crate::stats::{PolicyTrace, ScenarioResults, TraceRecorder};

use super::replications::{EVENTS_PER_LOOK, Halted};
use super::simulation::{Replication, simulation};

/// Number of events that suffices for the first requests of most runs.
const FIRST_EVENTS: u64 = 2_000;

/// What ran when under each policy of a scenario.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ScenarioTrace {
    /// The requests by their numbers in the run, counted from 1; the same under every policy.
    pub requests: RangeInclusive<u64>,
    /// What ran when under each policy.
    pub policies: Vec<NamedTrace>,
    /// The names of the classes.
    pub classes: Vec<String>,
    /// The names of the backends.
    pub backends: Vec<String>,
}

/// What ran when under a policy.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct NamedTrace {
    /// The policy's name.
    pub policy: String,
    /// What runs its requests.
    pub runner: Runner,
    /// How many workers it has.
    pub workers: u32,
    /// What ran when.
    pub trace: PolicyTrace,
}

impl ScenarioTrace {
    /// The name of a class.
    pub fn class(&self, class: ClassId) -> &str {
        self.classes.get(usize::from(class.0)).map_or("", String::as_str)
    }

    /// The name of a queue: a station of `results.json`, or the backlog.
    pub fn queue(&self, resource: Option<Resource>) -> String {
        let backends: Vec<&str> = self.backends.iter().map(String::as_str).collect();
        resource.map_or_else(|| "backlog".to_owned(), |resource| resource.name(&backends))
    }
}

/// Records the requests whose timelines are in `drawn`, under each policy in it, in the first replication; `None` if there are
/// none.
///
/// # Errors
/// [`Halted`] when `progress` broke off.
pub fn trace(
    scenario: &Scenario,
    drawn: &ScenarioResults,
    progress: &(dyn Fn() -> ControlFlow<()> + Sync),
) -> Result<Option<ScenarioTrace>, Halted> {
    let numbers =
        || drawn.policies.iter().flat_map(|policy| policy.timeline.iter().flatten()).map(|entry| entry.request);
    let (Some(first), Some(last)) = (numbers().min(), numbers().max()) else { return Ok(None) };
    let requests = first..=last;
    let is_drawn = |policy: &&PolicyChoice| drawn.policies.iter().any(|drawn| drawn.name == policy.name());
    let chosen = scenario.policies().iter().filter(is_drawn);
    let policies = chosen.map(|policy| of_policy(scenario, policy, &requests, progress)).collect::<Result<_, _>>()?;
    let classes = scenario.workload().classes.iter().map(|class| class.name.clone()).collect();
    let backends = scenario.backends().keys().cloned().collect();
    Ok(Some(ScenarioTrace { requests, policies, classes, backends }))
}

fn of_policy(
    scenario: &Scenario,
    policy: &PolicyChoice,
    requests: &RangeInclusive<u64>,
    progress: &(dyn Fn() -> ControlFlow<()> + Sync),
) -> Result<NamedTrace, Halted> {
    let runner = policy.runner();
    let backends = (0..).zip(scenario.backends().values());
    let pooled = backends.filter(|(_, backend)| backend.pool.is_some()).map(|(id, _)| BackendId(id)).collect();
    let recorder = TraceRecorder::new(requests, runner, pooled);
    let mut run = simulation(scenario, policy, &Replication::default(), recorder);
    let mut events = FIRST_EVENTS;
    while !run.observer().is_complete() && run.advance(events) {
        events = EVENTS_PER_LOOK;
        if progress().is_break() {
            return Err(Halted);
        }
    }
    let (record, recorder) = run.finish();
    Ok(NamedTrace {
        policy: policy.name().to_owned(),
        runner,
        workers: scenario.rules(policy).workers,
        trace: recorder.trace(record.end),
    })
}
