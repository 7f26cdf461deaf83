//! Single runs of policies: each replication is simulated by itself, on any core, and gives what can be added up.

use std::ops::ControlFlow;

use crate::engine::{Departure, Observer, Standing, Unfinished, contended_resources};
use crate::model::{Activity, Backend, ClassId, Resource, SimDuration, SimTime};
use crate::policy::PolicyChoice;
use crate::scenario::{RunEnd, Scenario};
use crate::stats::{
    Batches, Collector, FEWEST_BATCHES, FaultEffect, FaultWatch, LoadState, Method, Observations, OverTime,
    PolicyResults, Saturation, Subject, TimelineEntry, TimelineRecorder, Totals, WindowCounts, tell_confidence,
};

use super::capacity::{saturation, sensitivity};
use super::simulation::{Replication, simulation};

/// The run was ended by its watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halted;

/// One request that departed, as `--csv` writes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RequestRow<'a> {
    /// The policy's name.
    pub policy: &'a str,
    /// The replication, counted from 1, if there are several.
    pub replication: Option<u64>,
    /// The request's number, counted from 1 in the order of arrival.
    pub request: u64,
    /// The class's name.
    pub class: &'a str,
    /// When it arrived, in ms.
    pub arrival_ms: f64,
    /// When it departed, in ms; `None` of one whose client had given up, and whose work was under way when the run ended.
    pub departure_ms: Option<f64>,
    /// What became of it: `completed`, `rejected`, `timed_out`, `served_late` (after its client gave up) or `failed`.
    pub outcome: &'a str,
    /// Its demand, in ms.
    pub demand_ms: f64,
    /// Time spent in each activity, in ms, in the order of [`Activity::ALL`].
    pub breakdown_ms: [f64; Activity::ALL.len()],
    /// Why it was rejected or failed.
    pub reason: Option<&'a str>,
}

/// Is called for each request that departs.
pub type Rows<'a> = dyn FnMut(RequestRow<'_>) + 'a;

/// Is told what part of a run is done, 0 to 1; breaking ends it.
pub(super) type OnProgress<'a> = dyn Fn(f64) -> ControlFlow<()> + 'a;

/// A policy, and what it runs on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial<'a> {
    pub scenario: &'a Scenario,
    pub policy: &'a PolicyChoice,
    /// How many requests of the first replication have their timeline kept.
    pub timeline: usize,
}

/// What one replication gave.
#[derive(Debug)]
pub(super) struct Outcome {
    /// One batch, or those of an only run.
    pub batches: Batches,
    pub faults: FaultWatch,
    pub totals: Totals,
    /// Of the first replication.
    pub timeline: Vec<TimelineEntry>,
}

/// Between two looks at the watch, so many events happen: some milliseconds.
pub(super) const EVENTS_PER_LOOK: u64 = 100_000;

/// So many are enough for the first requests of most runs.
const EVENTS_OF_FIRST_REQUESTS: u64 = 2_000;

impl Trial<'_> {
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
    ) -> Result<Outcome, Halted> {
        let Self { scenario, policy, .. } = self;
        let (classes, clients_retry) = (scenario.workload().classes.len(), scenario.clients().retries.is_some());
        let writer = RowWriter {
            policy: policy.name(),
            replication: (!is_only).then_some(replication.number + 1),
            scenario,
            rows,
        };
        let batches = if is_only { Batches::new } else { Batches::only_one };
        let stations = self.resources().len();
        let batches = batches(classes, clients_retry).after_warm_up(SimTime::ZERO + replication.warm_up);
        let faults = FaultWatch::new(scenario.faults(), classes, clients_retry);
        let observer = ((batches.with_stations(stations), faults), writer);
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
        let (record, ((mut batches, mut faults), _)) = simulation.finish();
        batches.finish(record.end);
        faults.finish(record.start, record.end);
        let timeline = match replication.number {
            0 if self.timeline > 0 => self.first_requests(replication, &|| progress(1.0))?,
            _ => Vec::new(),
        };
        Ok(Outcome { batches, faults, totals: Totals::of_run(&record), timeline })
    }

    /// The same requests once more, until the first of them have departed: a run whose every step is watched takes no
    /// shortcuts, so the one for the numbers is not.
    fn first_requests(
        &self,
        replication: &Replication,
        look: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<Vec<TimelineEntry>, Halted> {
        let Self { scenario, policy, timeline } = self;
        let warm_up = SimTime::ZERO + replication.warm_up;
        let recorder = TimelineRecorder::new(*timeline, warm_up, &policy.rules());
        let mut simulation = simulation(scenario, policy, replication, recorder);
        let mut events = EVENTS_OF_FIRST_REQUESTS;
        while simulation.observer().watches_segments() && simulation.advance(events) {
            events = EVENTS_PER_LOOK;
            if look().is_break() {
                return Err(Halted);
            }
        }
        let name = |class: ClassId| scenario.workload().classes[usize::from(class.0)].name.clone();
        Ok(simulation.finish().1.timeline(name))
    }

    /// What requests may have to wait for.
    fn resources(&self) -> Vec<Resource> {
        let Self { scenario, policy, .. } = self;
        let backends: Vec<Backend> = scenario.backends().values().cloned().collect();
        contended_resources(&policy.rules(), scenario.machine(), &backends, scenario.faults())
    }

    /// The results of what was collected and counted.
    pub fn results(&self, collector: &Collector, totals: &Totals) -> PolicyResults {
        let Self { scenario, policy, .. } = self;
        let classes: Vec<&str> = scenario.workload().classes.iter().map(|class| class.name.as_str()).collect();
        let stands_for = policy.stands_for();
        let subject = Subject {
            policy: policy.name(),
            kind: policy.kind(),
            runner: policy.runner(),
            stands_for: stands_for.as_ref(),
            rules: &policy.rules(),
            machine: scenario.machine(),
            classes: &classes,
            backends: scenario.backends(),
            resources: &self.resources(),
        };
        collector.results(subject, totals)
    }
}

/// All replications of a policy so far, in the order of their numbers.
#[derive(Debug)]
pub(super) struct Accumulated<'a> {
    trial: Trial<'a>,
    sum: Option<(Collector, Totals)>,
    when: Option<When>,
    /// What each replication gave.
    parts: Vec<PolicyResults>,
    /// Of the first replication, which may be the only one.
    batches: Option<Batches>,
    timeline: Vec<TimelineEntry>,
}

/// What happened when, of all replications together.
#[derive(Debug)]
struct When {
    over_time: OverTime,
    faults: FaultWatch,
    /// What each replication gave during each fault that has a name.
    during: Vec<Vec<Option<PolicyResults>>>,
}

impl When {
    /// What each fault did; numbers during faults with names have what intervals are made of.
    fn effects(&self, trial: &Trial<'_>, backends: &[&str]) -> Vec<FaultEffect> {
        let mut effects = self.faults.effects(|collector, totals| trial.results(collector, totals));
        for (place, effect) in effects.iter_mut().enumerate() {
            let parts: Vec<_> = self.during.iter().filter_map(|during| during.get(place)?.clone()).collect();
            if let Some(results) = effect.during_all.as_deref_mut()
                && parts.len() > 1
            {
                let classes = trial.scenario.workload().classes.len();
                results.observations = vec![Observations::of(&parts, Method::Replications, classes, backends)];
                tell_confidence(results, trial.scenario.run().confidence, backends);
            }
        }
        effects
    }
}

impl<'a> Accumulated<'a> {
    /// None yet.
    pub const fn new(trial: Trial<'a>) -> Self {
        Self { trial, sum: None, when: None, parts: Vec::new(), batches: None, timeline: Vec::new() }
    }

    /// The next one.
    pub fn add(&mut self, outcome: Outcome) {
        let collected = outcome.batches.collected();
        self.parts.push(self.trial.results(&collected, &outcome.totals));
        self.add_when(outcome.batches.over_time(), &outcome.faults);
        match &mut self.sum {
            None => {
                self.sum = Some((collected, outcome.totals));
                self.timeline = outcome.timeline;
                self.batches = Some(outcome.batches);
            }
            Some((collector, totals)) => {
                collector.merge(&collected);
                totals.add(&outcome.totals);
            }
        }
    }

    fn add_when(&mut self, over_time: &OverTime, faults: &FaultWatch) {
        let trial = self.trial;
        let effects = faults.effects(|collector, totals| trial.results(collector, totals));
        let during = effects.into_iter().map(|effect| effect.during_all.map(|results| *results)).collect();
        match &mut self.when {
            None => {
                let (over_time, faults) = (over_time.clone(), faults.clone());
                self.when = Some(When { over_time, faults, during: vec![during] });
            }
            Some(when) => {
                when.over_time.merge(over_time);
                when.faults.merge(faults);
                when.during.push(during);
            }
        }
    }

    /// What happened in each window of time.
    pub fn windows(&self) -> Vec<(SimTime, SimTime, WindowCounts)> {
        self.when.as_ref().map_or_else(Vec::new, |when| when.over_time.counts().collect())
    }

    /// What the policy can sustain, and how near the arrivals come to it; near saturation, what other loads would do to
    /// these results.
    ///
    /// # Errors
    /// [`Halted`] when `progress` broke off.
    pub fn saturation(&self, results: &PolicyResults, progress: &OnProgress<'_>) -> Result<Saturation, Halted> {
        let Trial { scenario, policy, .. } = self.trial;
        let seconds_each = self.seconds_each();
        let mut found = saturation(scenario, policy, seconds_each);
        if found.state == Some(LoadState::NearSaturation) {
            found.sensitivity = sensitivity(scenario, policy, &found, results, progress)?;
            found.message = found.warning(seconds_each);
        }
        Ok(found)
    }

    /// How long the measured time of each replication was, on average.
    pub fn seconds_each(&self) -> f64 {
        let nanos = self.sum.as_ref().map_or(0, |(_, totals)| totals.nanos);
        nanos as f64 / 1e9 / self.parts.len().max(1) as f64
    }

    /// The results of all together, with what each part gave.
    pub fn results(&mut self, backends: &[&str]) -> PolicyResults {
        let (collector, totals) = self.sum.as_ref().expect("a policy has at least one replication");
        let mut results = self.trial.results(collector, totals);
        results.timeline = Some(self.timeline.clone());
        if let Some(when) = &self.when {
            results.over_time = when.over_time.windows(self.trial.scenario.machine().cores);
            results.faults = when.effects(&self.trial, backends);
        }
        results.observations = match &mut self.batches {
            _ if self.parts.len() > 1 => {
                let classes = self.trial.scenario.workload().classes.len();
                vec![Observations::of(&self.parts, Method::Replications, classes, backends)]
            }
            Some(batches) => observations(&self.trial, batches, backends),
            None => Vec::new(),
        };
        results
    }
}

/// What the batches of a run gave, then those twice as long, and so on.
fn observations(trial: &Trial<'_>, batches: &mut Batches, backends: &[&str]) -> Vec<Observations> {
    let classes = trial.scenario.workload().classes.len();
    let mut levels = Vec::new();
    loop {
        let whole = batches.whole().map(|(collector, totals)| trial.results(collector, &totals));
        let parts: Vec<_> = whole.collect();
        levels.push(Observations::of(&parts, Method::Batches { requests: batches.size() }, classes, backends));
        if parts.len() / 2 < FEWEST_BATCHES {
            return levels;
        }
        batches.join_pairs();
    }
}

/// Results of one replication without anything else, for those who make something of many.
///
/// # Errors
/// [`Halted`] when `progress` broke off.
pub(super) fn replication(
    scenario: &Scenario,
    policy: usize,
    one: &Replication,
    progress: &OnProgress<'_>,
    rows: Option<&mut Rows<'_>>,
) -> Result<PolicyResults, Halted> {
    let trial = Trial { scenario, policy: &scenario.policies()[policy], timeline: 0 };
    let outcome = trial.simulate(one, false, progress, rows)?;
    Ok(trial.results(&outcome.batches.collected(), &outcome.totals))
}

/// Hands every departure to the watch.
struct RowWriter<'a, 'w, 'r> {
    policy: &'a str,
    replication: Option<u64>,
    scenario: &'a Scenario,
    rows: Option<&'w mut Rows<'r>>,
}

impl Observer for RowWriter<'_, '_, '_> {
    fn minds_order(&self) -> bool {
        self.rows.is_some()
    }

    fn on_departures(&mut self, departures: &[Departure]) {
        let Some(rows) = &mut self.rows else { return };
        for Departure { entrance, departure, outcome, spent, .. } in departures {
            rows(RequestRow {
                policy: self.policy,
                replication: self.replication,
                request: entrance.request + 1,
                class: &self.scenario.workload().classes[usize::from(entrance.class.0)].name,
                arrival_ms: entrance.arrival.as_millis(),
                departure_ms: Some(departure.as_millis()),
                outcome: outcome.name(),
                demand_ms: entrance.demand.as_millis(),
                breakdown_ms: spent.map(SimDuration::as_millis),
                reason: outcome.reason(),
            });
        }
    }

    fn on_unfinished(&mut self, unfinished: &Unfinished) {
        let Some(rows) = &mut self.rows else { return };
        let Unfinished { entrance, spent, .. } = unfinished;
        match unfinished.standing() {
            // Counted as timed out, so it has a row; one in flight has none.
            Standing::Abandoned => rows(RequestRow {
                policy: self.policy,
                replication: self.replication,
                request: entrance.request + 1,
                class: &self.scenario.workload().classes[usize::from(entrance.class.0)].name,
                arrival_ms: entrance.arrival.as_millis(),
                departure_ms: None,
                outcome: crate::engine::Outcome::TimedOut.name(),
                demand_ms: entrance.demand.as_millis(),
                breakdown_ms: spent.map(SimDuration::as_millis),
                reason: None,
            }),
            Standing::InFlight | Standing::BetweenAttempts => {}
        }
    }
}
