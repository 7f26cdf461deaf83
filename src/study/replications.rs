//! Single runs of policies: each replication is simulated by itself, on any core, and gives what can be added up.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::engine::contended_resources;
use crate::model::{Backend, BackendId, ClassId, Resource, SimTime};
use crate::policy::PolicyChoice;
use crate::scenario::{RunEnd, Scenario};
use crate::stats::{
    BatchObserver, ClassTimes, CollectedFaults, Collector, FaultWatch, PolicyNumbers, RecordedTimeline, Subject,
    TimelineRecorder, Totals,
};

use super::rows::{RowWriter, Rows};
use super::simulation::{Replication, simulation};
use super::units::{UnitKind, UnitOf, UnitPoint, WorkUnit};

/// The run was ended by its watch, or not all of it is done here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halted;

/// Called with the share of a run that is done, 0 to 1; breaking ends it.
pub(super) type OnProgress<'a> = dyn Fn(f64) -> ControlFlow<()> + 'a;

/// A policy, and what it runs on.
#[derive(Clone, Copy, Debug)]
pub(super) struct PolicyRun<'a> {
    pub scenario: &'a Scenario,
    pub policy: &'a PolicyChoice,
    /// How many requests of the first replication have their timeline kept.
    pub timeline: usize,
    /// Whether it is asked what happened when.
    pub over_time: bool,
    /// Whether it is asked how long the requests of each class took when.
    pub class_times: bool,
}

/// What one replication gave.
#[derive(Debug)]
pub(super) struct Replicated {
    /// One batch, or those of an only run.
    pub batches: BatchObserver,
    pub faults: FaultWatch,
    pub class_times: ClassTimes,
    pub totals: Totals,
    /// Of the first replication.
    pub timeline: RecordedTimeline,
}

/// What one replication gave, as it is stored: without its timeline, which is found again.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ReplicationState {
    batches: BatchObserver,
    faults: CollectedFaults,
    class_times: ClassTimes,
    totals: Totals,
}

impl ReplicationState {
    /// That of a replication.
    pub fn of(replicated: &Replicated) -> Self {
        let Replicated { batches, faults, class_times, totals, timeline: _ } = replicated;
        Self {
            batches: batches.clone(),
            faults: faults.clone().into_collected(),
            class_times: class_times.clone(),
            totals: totals.clone(),
        }
    }
}

/// Number of events between two calls of the watch: some milliseconds.
pub(super) const EVENTS_PER_LOOK: u64 = 100_000;

/// Number of events that suffices for the first requests of most runs.
const EVENTS_OF_FIRST_REQUESTS: u64 = 2_000;

impl<'a> PolicyRun<'a> {
    /// A run for its numbers only.
    pub const fn plain(scenario: &'a Scenario, policy: &'a PolicyChoice) -> Self {
        Self { scenario, policy, timeline: 0, over_time: false, class_times: false }
    }

    /// Simulates one replication, with batches if it is the only one.
    ///
    /// # Errors
    /// [`Halted`] when `progress` broke off.
    pub fn simulate(
        &self,
        replication: &Replication,
        is_only: bool,
        progress: &OnProgress<'_>,
        rows: Option<&mut Rows<'_>>,
    ) -> Result<Replicated, Halted> {
        let Self { scenario, policy, .. } = self;
        let writer = RowWriter {
            policy: policy.name(),
            replication: (!is_only).then_some(replication.number + 1),
            scenario,
            rows,
        };
        let observer = (self.observers(replication, is_only), writer);
        let mut simulation = simulation(scenario, policy, replication, observer);
        while simulation.advance(EVENTS_PER_LOOK) {
            let (arrived, now) = simulation.progress();
            let done = match scenario.run().end {
                RunEnd::Requests(requests) => arrived as f64 / requests as f64,
                RunEnd::Duration(duration) => now.as_millis() / duration.as_millis(),
                RunEnd::Arrivals => arrived as f64 / scenario.arrivals().count().unwrap_or(u64::MAX) as f64,
            };
            if progress(done.min(1.0)).is_break() {
                return Err(Halted);
            }
        }
        let (record, ((mut batches, (mut faults, class_times)), _)) = simulation.finish();
        batches.finish(record.end);
        faults.finish(record.start, record.end);
        let timeline = self.timeline_of(replication, progress)?;
        Ok(Replicated { batches, faults, class_times, totals: Totals::of_run(&record), timeline })
    }

    /// The same replication from what was stored of it; `None` if it cannot be of this one.
    ///
    /// # Errors
    /// [`Halted`] when `progress` broke off.
    pub fn restored(
        &self,
        state: ReplicationState,
        replication: &Replication,
        is_only: bool,
        progress: &OnProgress<'_>,
    ) -> Result<Option<Replicated>, Halted> {
        let ReplicationState { batches, faults, class_times, totals } = state;
        let (new, (watch, no_times)) = self.observers(replication, is_only);
        let (classes, backends) = (self.scenario.workload().classes.len(), self.scenario.backends().len());
        let is_of_this = batches.fits(&new)
            && class_times.fits(&no_times)
            && totals.classes.len() == classes
            && totals.backends.len() == backends;
        let Some(faults) = watch.with_collected(faults).filter(|_| is_of_this) else { return Ok(None) };
        let timeline = self.timeline_of(replication, progress)?;
        Ok(Some(Replicated { batches, faults, class_times, totals, timeline }))
    }

    /// What watches a replication for its numbers.
    fn observers(&self, replication: &Replication, is_only: bool) -> (BatchObserver, (FaultWatch, ClassTimes)) {
        let scenario = self.scenario;
        let (classes, clients_retry) = (scenario.workload().classes.len(), scenario.clients().retries.is_some());
        let warm_up = SimTime::ZERO + replication.warm_up;
        let batches = if is_only { BatchObserver::new } else { BatchObserver::only_one };
        let batches = match batches(classes, clients_retry) {
            batches if self.over_time => batches.after_warm_up(warm_up),
            batches => batches.without_windows(),
        };
        let recovered = scenario.objectives().iter().filter(|objective| objective.metric.fault().is_some());
        let faults = FaultWatch::new(scenario.faults(), classes, clients_retry, warm_up)
            .with_recovery_of(recovered.filter_map(|objective| objective.class));
        let watched = if self.class_times { classes } else { 0 };
        let class_times = ClassTimes::new(watched, warm_up);
        (batches.with_stations(self.resources().len()), (faults, class_times))
    }

    /// What the first requests did, if that is asked of this replication.
    fn timeline_of(&self, replication: &Replication, progress: &OnProgress<'_>) -> Result<RecordedTimeline, Halted> {
        match replication.number {
            0 if self.timeline > 0 => self.first_requests(replication, &|| progress(1.0)),
            _ => Ok(RecordedTimeline::default()),
        }
    }

    /// The same requests once more, until the first of them have departed: a run whose every step is watched takes no
    /// shortcuts, so the one for the numbers is not.
    fn first_requests(
        &self,
        replication: &Replication,
        look: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<RecordedTimeline, Halted> {
        let warm_up = SimTime::ZERO + replication.warm_up;
        let recorder =
            TimelineRecorder::new(self.timeline, warm_up, &self.scenario.rules(self.policy), self.policy.runner());
        self.recorded(replication, recorder, look)
    }

    /// The requests of a stretch, from a run that ends with it.
    pub fn stretch(
        &self,
        replication: &Replication,
        (from, until): (SimTime, SimTime),
        look: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<RecordedTimeline, Halted> {
        let recorder =
            TimelineRecorder::of_stretch(from, until, &self.scenario.rules(self.policy), self.policy.runner());
        self.recorded(replication, recorder, look)
    }

    /// Runs until the recorder has what it wants.
    fn recorded(
        &self,
        replication: &Replication,
        recorder: TimelineRecorder,
        look: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<RecordedTimeline, Halted> {
        let Self { scenario, policy, .. } = self;
        let mut simulation = simulation(scenario, policy, replication, recorder);
        let mut events = EVENTS_OF_FIRST_REQUESTS;
        while !simulation.observer().is_complete() && simulation.advance(events) {
            events = (2 * events).min(EVENTS_PER_LOOK);
            if look().is_break() {
                return Err(Halted);
            }
        }
        let name = |class: ClassId| scenario.workload().classes[usize::from(class.0)].name.clone();
        let backend = |id: BackendId| scenario.backends().get_index(usize::from(id.0)).map(|(name, _)| name.clone());
        let recorder = simulation.finish().1;
        Ok(recorder.timeline(name, |id| backend(id).unwrap_or_default()))
    }

    /// A unit of work of this policy.
    pub fn unit(&self, point: &UnitPoint, kind: UnitKind) -> UnitOf<'a> {
        let is_this = |policy: &PolicyChoice| policy.name() == self.policy.name();
        let policy = self.scenario.policies().iter().position(is_this).unwrap_or_default();
        UnitOf { unit: WorkUnit { point: point.clone(), policy, kind }, scenario: self.scenario, objectives: &[] }
    }

    /// What requests may have to wait for.
    fn resources(&self) -> Vec<Resource> {
        let Self { scenario, policy, .. } = self;
        let backends: Vec<Backend> = scenario.backends().values().cloned().collect();
        contended_resources(&scenario.rules(policy), scenario.machine(), &backends, scenario.faults())
    }

    /// The numbers of what was collected and counted.
    pub fn numbers(&self, collector: &Collector, totals: &Totals) -> PolicyNumbers {
        let Self { scenario, policy, .. } = self;
        let classes: Vec<&str> = scenario.workload().classes.iter().map(|class| class.name.as_str()).collect();
        let subject = Subject {
            rules: &scenario.rules(policy),
            machine: scenario.machine(),
            classes: &classes,
            backends: scenario.backends(),
            resources: &self.resources(),
        };
        collector.numbers(subject, totals)
    }
}

/// The numbers of one replication without anything else, for those who make something of many.
///
/// # Errors
/// [`Halted`] when `progress` broke off.
pub(super) fn replication(
    scenario: &Scenario,
    policy: usize,
    one: &Replication,
    progress: &OnProgress<'_>,
    rows: Option<&mut Rows<'_>>,
) -> Result<PolicyNumbers, Halted> {
    let run = PolicyRun::plain(scenario, &scenario.policies()[policy]);
    let outcome = run.simulate(one, false, progress, rows)?;
    Ok(run.numbers(&outcome.batches.into_collected(), &outcome.totals))
}
