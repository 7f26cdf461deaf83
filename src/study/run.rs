//! Every policy of a scenario on the same requests.

use std::ops::ControlFlow;

use crate::engine::{Departure, Observer};
use crate::model::{BackendId, Fault, FaultKind, SimDuration, SimTime};
use crate::policy::PolicyChoice;
use crate::scenario::{End, Scenario};
use crate::stats::{Collector, FaultWindow, PolicyResults, SCHEMA, ScenarioResults, Subject, TimelineRecorder};

use super::assumptions::ASSUMPTIONS;
use super::simulation::{Replication, simulation};

/// What a run is asked for beyond its scenario.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Run only the policies of these names; all when empty. Names are checked by the caller.
    pub policies: Vec<String>,
    /// Keep the timeline of the first so many requests; `None`: of all when there are at most 100.
    pub timeline: Option<usize>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress<'a> {
    /// The policy that is running.
    pub policy: &'a str,
    /// Its place among the policies that run, from 0.
    pub index: usize,
    /// How many policies run.
    pub policies: usize,
    /// How much of this policy's run is done, 0 to 1.
    pub done: f64,
}

/// One request that departed, as `--csv` writes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RequestRow<'a> {
    /// The policy's name.
    pub policy: &'a str,
    /// The request's number, counted from 1 in the order of arrival.
    pub request: u64,
    /// The class's name.
    pub class: &'a str,
    /// When it arrived, in ms.
    pub arrival_ms: f64,
    /// When it departed, in ms.
    pub departure_ms: f64,
    /// What became of it: `completed`, `rejected`, `timed_out`, `served_late` (after its client gave up) or `failed`.
    pub outcome: &'a str,
    /// Its demand, in ms.
    pub demand_ms: f64,
    /// Time spent in each activity, in ms, in the order of [`crate::model::Activity::ALL`].
    pub breakdown_ms: [f64; 8],
}

/// What is called while a run goes on.
pub struct Watch<'a> {
    /// Called many times a second; breaking ends the run without results.
    pub progress: &'a mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
    /// Called once for each request that departs, in order of departure.
    pub rows: Option<&'a mut (dyn FnMut(RequestRow<'_>) + 'a)>,
}

/// The run was ended by its watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halted;

/// Runs the policies of a scenario one after another, on the same requests.
///
/// # Errors
/// [`Halted`] when the watch broke off.
pub fn run(scenario: &Scenario, options: &Options, watch: &mut Watch<'_>) -> Result<ScenarioResults, Halted> {
    let chosen = |policy: &&PolicyChoice| {
        options.policies.is_empty() || options.policies.iter().any(|name| name == policy.name())
    };
    let policies: Vec<_> = scenario.policies.iter().filter(chosen).collect();
    let mut results = Vec::new();
    for (index, policy) in policies.iter().enumerate() {
        let progress = Progress { policy: policy.name(), index, policies: policies.len(), done: 0.0 };
        results.push(run_policy(scenario, policy, &Replication::default(), options, progress, watch)?);
    }
    Ok(ScenarioResults {
        schema: SCHEMA,
        waitline: env!("CARGO_PKG_VERSION"),
        scenario: scenario.name.clone(),
        description: scenario.description.clone(),
        scenario_sha256: scenario.sha256.clone(),
        seed: scenario.run.seed,
        replications: 1,
        assumptions: ASSUMPTIONS.iter().map(|sentence| String::from(*sentence)).collect(),
        defaults: scenario.defaults.iter().cloned().collect(),
        faults: scenario.faults.iter().map(|fault| fault_window(scenario, fault)).collect(),
        policies: results,
    })
}

/// A fault as results tell it.
fn fault_window(scenario: &Scenario, fault: &Fault) -> FaultWindow {
    let name = |backend: BackendId| scenario.backends.get_index(usize::from(backend.0)).map(|(name, _)| name.clone());
    let window = |kind| FaultWindow {
        kind,
        start_ms: fault.at.as_millis(),
        end_ms: (fault.at + fault.span).as_millis(),
        ..FaultWindow::default()
    };
    match fault.kind {
        FaultKind::Slow { backend, factor } => {
            FaultWindow { backend: name(backend), factor: Some(factor), ..window("slow") }
        }
        FaultKind::Down { backend } => FaultWindow { backend: name(backend), ..window("down") },
        FaultKind::Restart { worker } => FaultWindow { worker: Some(worker + 1), ..window("restart") },
        FaultKind::Cores { cores } => FaultWindow { cores: Some(cores), ..window("cores") },
    }
}

/// Independent runs of one policy, numbered from 0, each without its first `warm_up`; `policy` is its place in the
/// scenario's list.
pub fn replicate(scenario: &Scenario, policy: usize, replications: u64, warm_up: SimDuration) -> Vec<PolicyResults> {
    let mut watch = Watch { progress: &mut |_| ControlFlow::Continue(()), rows: None };
    let replications = (0..replications).map(|number| Replication { number, warm_up });
    replications.filter_map(|one| replication(scenario, policy, &one, &mut watch).ok()).collect()
}

/// One of these runs.
///
/// # Errors
/// [`Halted`] when the watch broke off.
pub fn replication(
    scenario: &Scenario,
    policy: usize,
    one: &Replication,
    watch: &mut Watch<'_>,
) -> Result<PolicyResults, Halted> {
    let policy = &scenario.policies[policy];
    let progress = Progress { policy: policy.name(), index: 0, policies: 1, done: 0.0 };
    let options = Options { timeline: Some(0), ..Options::default() };
    run_policy(scenario, policy, one, &options, progress, watch)
}

/// Between two looks at the watch, so many events happen: some milliseconds.
const EVENTS_PER_LOOK: u64 = 100_000;

/// So many are enough for the first requests of most runs.
const EVENTS_OF_FIRST_REQUESTS: u64 = 2_000;

fn run_policy(
    scenario: &Scenario,
    policy: &PolicyChoice,
    replication: &Replication,
    options: &Options,
    mut progress: Progress<'_>,
    watch: &mut Watch<'_>,
) -> Result<PolicyResults, Halted> {
    let rules = policy.rules();
    let observer = (
        Collector::new(scenario.workload.classes.len(), scenario.clients.retries.is_some()),
        RowWriter { policy: policy.name(), scenario, rows: &mut watch.rows },
    );
    let mut simulation = simulation(scenario, policy, replication, observer);
    while simulation.advance(EVENTS_PER_LOOK) {
        let (arrived, now) = simulation.progress();
        progress.done = match scenario.run.end {
            End::Requests(requests) => arrived as f64 / requests as f64,
            End::Duration(duration) => now.as_millis() / duration.as_millis(),
            End::Arrivals => arrived as f64 / scenario.arrivals.count().unwrap_or(u64::MAX) as f64,
        };
        if (watch.progress)(progress).is_break() {
            return Err(Halted);
        }
    }
    let (record, (collector, _)) = simulation.finish();
    let classes: Vec<&str> = scenario.workload.classes.iter().map(|class| class.name.as_str()).collect();
    let subject = Subject {
        policy: policy.name(),
        kind: policy.kind(),
        runner: policy.runner(),
        rules: &rules,
        machine: &scenario.machine,
        classes: &classes,
        backends: &scenario.backends,
    };
    let mut results = collector.results(subject, &record);
    if options.timeline.is_some() || results.requests.arrived <= SHORT_RUN {
        let timeline = record_timeline(scenario, policy, replication, options, || (watch.progress)(progress))?;
        results.timeline = Some(timeline.timeline(|class| classes[usize::from(class.0)].into()));
    }
    Ok(results)
}

/// The same requests once more, until the first of them have departed: a run whose every step is watched takes no
/// shortcuts, so the one for the numbers is not.
fn record_timeline(
    scenario: &Scenario,
    policy: &PolicyChoice,
    replication: &Replication,
    options: &Options,
    mut look: impl FnMut() -> ControlFlow<()>,
) -> Result<TimelineRecorder, Halted> {
    let warm_up = SimTime::ZERO + replication.warm_up;
    let recorder = TimelineRecorder::new(timeline_length(options), warm_up, &policy.rules());
    let mut simulation = simulation(scenario, policy, replication, recorder);
    let mut events = EVENTS_OF_FIRST_REQUESTS;
    while simulation.observer().watches_segments() && simulation.advance(events) {
        events = EVENTS_PER_LOOK;
        if look().is_break() {
            return Err(Halted);
        }
    }
    Ok(simulation.finish().1)
}

/// A run of so few requests keeps their whole timeline without being asked.
const SHORT_RUN: u64 = 100;

fn timeline_length(options: &Options) -> usize {
    options.timeline.unwrap_or(SHORT_RUN as usize)
}

/// Hands every departure to the watch.
struct RowWriter<'a, 'w> {
    policy: &'a str,
    scenario: &'a Scenario,
    rows: &'a mut Option<&'w mut (dyn FnMut(RequestRow<'_>) + 'w)>,
}

impl Observer for RowWriter<'_, '_> {
    fn minds_order(&self) -> bool {
        self.rows.is_some()
    }

    fn on_departure(&mut self, departure: &Departure) {
        let Some(rows) = &mut self.rows else { return };
        let entrance = &departure.entrance;
        rows(RequestRow {
            policy: self.policy,
            request: entrance.request + 1,
            class: &self.scenario.workload.classes[usize::from(entrance.class.0)].name,
            arrival_ms: entrance.arrival.as_millis(),
            departure_ms: departure.departure.as_millis(),
            outcome: departure.outcome.name(),
            demand_ms: entrance.demand.as_millis(),
            breakdown_ms: departure.spent.map(SimDuration::as_millis),
        });
    }
}
