//! Every policy of a scenario on the same requests, as often as it takes to know.
//!
//! Each replication of each policy is a job of its own. Jobs run on any core; what they give is added up in the order of
//! their numbers, so that the results do not depend on how many run at once. In stages: what was measured, what is estimated
//! from that, and the results that files hold, each built once.

use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::{BackendId, Fault, FaultKind, SimDuration, Slowness};
use crate::policy::PolicyChoice;
use crate::scenario::{Scenario, WarmUp};
use crate::stats::{
    Assumption, ComparisonResults, Estimated, FaultWindow, FaultWindowKind, MissingClient, ObjectiveResult, Pictures,
    PolicyEstimate, PolicyResults, PoolTotal, PrecisionResults, SCHEMA, Saturation, ScenarioResults, WarmUpMethod,
    WarmUpResults, differences,
};

use super::clients::missing_clients;
use super::connections::pool_totals;
use super::measured::Measured;
use super::objectives;
use super::pictures::{PICTURED_CLASSES, TimelineStretch, Wanted, pictures};
use super::pool::JobPool;
use super::precision;
use super::replay::no_prediction;
use super::replications::{Halted, PolicyRun, Replicated, ReplicationState};
use super::rows::Rows;
use super::simulation::Replication;
use super::timelines::{SHORT_RUN, Timelines};
use super::units::{UnitGroup, UnitKind, UnitPoint, Units};
use super::warm_up;

/// What a run is asked for beyond its scenario.
#[derive(Clone, Debug, Default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Options {
    /// Run only the policies of these names; all when empty. Names are checked by the caller.
    pub policies: Vec<String>,
    /// Keep the timelines of this many of the first requests; `None`: of all when there are at most 100.
    pub timeline: Option<usize>,
    /// Whether to collect what pictures show beyond the results.
    pub pictures: bool,
    /// Keep the timelines of the requests of this stretch instead; the pictures of long runs show one without being asked:
    /// the beginning of the first fault, or the worst one.
    pub stretch: Option<TimelineStretch>,
    /// The policy that the others are compared with; `None`: the first. The name is checked by the caller.
    pub against: Option<String>,
    /// What does the work: by default a thread on each core. It changes no number.
    pub pool: JobPool,
    /// Where the replications are simulated; `None`: here, all of them.
    #[doc(hidden)]
    pub units: Units,
    /// Whether a check cannot be judged where chance may have decided an objective.
    pub undecided_fails: bool,
}

/// What is called while a run goes on.
pub struct Watch<'a> {
    /// Called many times a second with the share of the run that is done, 0 to 1, from any thread; breaking ends the run
    /// without results.
    pub progress: &'a (dyn Fn(f64) -> ControlFlow<()> + Sync),
    /// Called once for each request that departs, in order of departure; replications run one after another then.
    pub rows: Option<&'a mut Rows<'a>>,
}

impl Default for Watch<'_> {
    /// Watches nothing.
    fn default() -> Self {
        Self { progress: &|_| ControlFlow::Continue(()), rows: None }
    }
}

/// Runs the policies of a scenario on the same requests.
///
/// # Errors
/// [`Halted`] when the watch broke off.
pub fn run(scenario: &Scenario, options: &Options, watch: &mut Watch<'_>) -> Result<ScenarioResults, Halted> {
    Ok(estimate(scenario, options, watch)?.results())
}

/// All that a run says of a scenario: what results and baselines are made of.
#[derive(Clone, Debug)]
pub struct Estimates<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// What each policy gave, in the order of the scenario.
    pub policies: Vec<PolicyEstimate>,
    /// How many replications were run.
    pub replications: u64,
    warm_up: warm_up::Chosen,
    precision: Option<PrecisionResults>,
    missing_clients: Vec<MissingClient>,
    pools: Vec<PoolTotal>,
    /// The objectives, as they were judged.
    pub objectives: Vec<ObjectiveResult>,
    comparisons: Vec<ComparisonResults>,
    pictures: Option<Pictures>,
    /// Whether the timelines of results are those of the stretch.
    keeps_stretch: bool,
    timelines: Timelines,
}

/// Runs the policies of a scenario on the same requests, and estimates their numbers.
///
/// # Errors
/// [`Halted`] when the watch broke off.
pub fn estimate<'a>(scenario: &'a Scenario, options: &Options, watch: &mut Watch<'_>) -> Result<Estimates<'a>, Halted> {
    let chosen = |policy: &&PolicyChoice| {
        options.policies.is_empty() || options.policies.iter().any(|name| name == policy.name())
    };
    let timelines = Timelines::new(options.timeline);
    let has_pictures = options.pictures || options.stretch.is_some() || options.units.are_stored();
    let class_times = has_pictures && PICTURED_CLASSES.contains(&scenario.workload().classes.len());
    let timeline = timelines.recorded();
    let policy_run = |policy| PolicyRun { scenario, policy, timeline, over_time: true, class_times };
    let runs: Vec<PolicyRun<'_>> = scenario.policies().iter().filter(chosen).map(policy_run).collect();
    let units = &options.units;
    let crew = Crew { pool: &options.pool, progress: watch.progress, units };
    let warm_up = crew.warm_up(&runs, &UnitPoint::Only)?;
    let backends: Vec<&str> = scenario.backends().keys().map(String::as_str).collect();
    let mut plan = precision::ReplicationPlan::new(scenario.run());
    let first = UnitGroup { number: 0, of: runs.len(), size: plan.replications };
    let mut measured: Vec<Measured<'_>> = runs.iter().map(|run| Measured::new(*run)).collect();
    let mut replications = 0;
    let (estimated, precision) = loop {
        let numbers = replications..plan.replications;
        let range = ReplicationRange { numbers, warm_up: warm_up.until, point: UnitPoint::Only, first };
        if !crew.replicate(&runs, &range, &mut measured, watch.rows.as_deref_mut())? {
            return Err(Halted);
        }
        replications = plan.replications;
        let names = runs.iter().map(|run| run.policy.name());
        let estimated: Vec<_> = names.zip(measured.iter_mut().map(Measured::estimate)).collect();
        if let ControlFlow::Break(precision) = plan.judge(&estimated, &backends) {
            break (estimated.into_iter().map(|(_, estimated)| estimated).collect::<Vec<_>>(), precision);
        }
    };
    if units.are_a_share() {
        return Err(Halted);
    }
    let saturations = crew.saturations(&measured, &estimated)?;
    let is_long = estimated.iter().any(|estimated| estimated.numbers.requests.arrived > SHORT_RUN);
    let telling = (is_long && options.timeline.is_none()).then_some(Wanted::Telling);
    let wanted = options.stretch.as_ref().map(Wanted::Named).or(telling);
    let pictures = match options.pictures || options.stretch.is_some() {
        true => Some(crew.pictures(&runs, &measured, wanted, warm_up.until)?),
        false => None,
    };
    let of_policies = measured.iter().zip(estimated).zip(saturations);
    let policies: Vec<_> =
        of_policies.map(|((measured, estimated), saturation)| policy(measured, estimated, saturation)).collect();
    Ok(Estimates {
        scenario,
        replications,
        warm_up,
        precision,
        missing_clients: missing_clients(scenario, runs.iter().map(|run| run.policy)),
        pools: pool_totals(scenario, runs.iter().map(|run| run.policy)),
        objectives: objectives::judge(scenario, &policies, &backends),
        comparisons: comparisons(&policies, options.against.as_deref(), scenario.run().confidence),
        policies,
        pictures,
        keeps_stretch: options.stretch.is_some(),
        timelines,
    })
}

/// All that the runs of a policy say.
pub(super) fn policy(measured: &Measured<'_>, estimated: Estimated, saturation: Option<Saturation>) -> PolicyEstimate {
    let profile = measured.profile();
    let load = saturation.as_ref().and_then(|saturation| saturation.load);
    let is_preset = profile.stands_for.is_some();
    // What a limit rejects, a real server rejects too; only its listen queue is unpredictable.
    let overflow = estimated.numbers.requests.rejected_by.backlog;
    PolicyEstimate {
        no_prediction: no_prediction(overflow, load).filter(|_| is_preset),
        profile,
        estimated,
        faults: measured.faults(),
        over_time: measured.over_time(),
        saturation,
        timeline: measured.timeline(),
    }
}

impl Estimates<'_> {
    /// The results as files hold them.
    pub fn results(&self) -> ScenarioResults {
        let mut results = self.results_with(self.timelines.kept(self.is_long()));
        if let Some(pictures) = self.pictures.as_ref().filter(|_| self.keeps_stretch) {
            for (policy, pictures) in results.policies.iter_mut().zip(&pictures.policies) {
                policy.timeline = Some(pictures.timeline.clone());
            }
        }
        results
    }

    /// The results with the timelines that are drawn.
    pub fn drawing(&self) -> ScenarioResults {
        self.results_with(Some(self.timelines.drawn(self.is_long())))
    }

    /// The ends in ms of the stretch that was asked for, if no request was under way in it.
    pub fn empty_stretch(&self) -> Option<[f64; 2]> {
        let pictures = self.pictures.as_ref().filter(|_| self.keeps_stretch)?;
        let stretch = pictures.stretch.as_ref()?;
        let is_empty = pictures.policies.iter().all(|policy| policy.timeline.is_empty());
        is_empty.then_some([stretch.start_ms, stretch.end_ms])
    }

    /// The stretch that timelines show, if it was chosen.
    pub fn shown_stretch(&self) -> Option<TimelineStretch> {
        let stretch = self.pictures.as_ref()?.stretch.as_ref()?;
        let at = |ms: f64| SimDuration::round_from_nanos(ms * 1e6);
        Some(TimelineStretch::Between(at(stretch.start_ms), at(stretch.end_ms)))
    }

    /// Whether it is more than a picture of few requests.
    pub fn is_long(&self) -> bool {
        self.policies.iter().any(|policy| policy.estimated.numbers.requests.arrived > SHORT_RUN)
    }

    fn results_with(&self, timelines: Option<usize>) -> ScenarioResults {
        let Self {
            scenario,
            policies,
            replications,
            warm_up,
            precision,
            missing_clients,
            pools,
            objectives,
            comparisons,
            pictures,
            keeps_stretch: _,
            timelines: _,
        } = self;
        ScenarioResults {
            schema: SCHEMA,
            waitline: env!("CARGO_PKG_VERSION"),
            scenario: scenario.name().to_owned(),
            description: scenario.description().map(str::to_owned),
            scenario_sha256: scenario.sha256().to_owned(),
            seed: scenario.run().seed,
            replications: *replications,
            warm_up: WarmUpResults {
                method: match scenario.run().warm_up {
                    WarmUp::None => WarmUpMethod::None,
                    WarmUp::Fixed(_) => WarmUpMethod::Fixed,
                    WarmUp::Auto => WarmUpMethod::Auto,
                },
                removed_ms: warm_up.until.as_millis(),
                unsettled: warm_up.unsettled.clone(),
            },
            precision: precision.clone(),
            assumptions: Assumption::ALL.to_vec(),
            defaults: scenario.defaults().iter().cloned().collect(),
            faults: scenario.faults().iter().map(|fault| fault_window(scenario, fault)).collect(),
            missing_clients: missing_clients.clone(),
            pools: pools.clone(),
            slo: objectives.clone(),
            policies: policies.iter().map(|policy| PolicyResults::new(policy, timelines)).collect(),
            comparisons: comparisons.clone(),
            pictures: pictures.clone(),
        }
    }
}

/// Each policy against one of them, by default the first; none for a picture of few requests.
fn comparisons(policies: &[PolicyEstimate], against: Option<&str>, level: f64) -> Vec<ComparisonResults> {
    let against = match against {
        Some(name) => policies.iter().find(|policy| policy.profile.name == name),
        None => policies.first(),
    };
    let Some(against) = against.filter(|against| !against.estimated.levels.is_empty()) else { return Vec::new() };
    let others = policies.iter().filter(|policy| policy.profile.name != against.profile.name);
    let compare = |policy: &PolicyEstimate| {
        let (ours, theirs) = (&policy.estimated.numbers, &against.estimated.numbers);
        let all_answered = ours.requests.unanswered() + theirs.requests.unanswered() == 0;
        ComparisonResults {
            policy: policy.profile.name.clone(),
            against: against.profile.name.clone(),
            without_answer: ours.error_rate.filter(|_| !all_answered),
            against_without_answer: theirs.error_rate.filter(|_| !all_answered),
            differences: differences(&policy.estimated, &against.estimated, level),
        }
    };
    others.map(compare).collect()
}

/// The threads that do the work, what is called meanwhile, and where units of work are done.
pub(super) struct Crew<'a> {
    pub pool: &'a JobPool,
    pub progress: &'a (dyn Fn(f64) -> ControlFlow<()> + Sync),
    pub units: &'a Units,
}

/// Which replications of some policies are run.
#[derive(Clone, Debug)]
pub(super) struct ReplicationRange {
    pub numbers: Range<u64>,
    pub warm_up: SimDuration,
    /// Where the replications belong to.
    pub point: UnitPoint,
    /// Those of the first policy; those of the others follow.
    pub first: UnitGroup,
}

impl ReplicationRange {
    /// These replications of a command that does all its work here.
    pub const fn here(numbers: Range<u64>, warm_up: SimDuration) -> Self {
        Self { numbers, warm_up, point: UnitPoint::Only, first: UnitGroup { number: 0, of: 1, size: 1 } }
    }
}

impl Crew<'_> {
    /// What each policy can sustain; not asked of a picture of few requests.
    fn saturations(
        &self,
        measured: &[Measured<'_>],
        estimated: &[Estimated],
    ) -> Result<Vec<Option<Saturation>>, Halted> {
        let policies: Vec<_> = measured.iter().zip(estimated).collect();
        self.pool.each(&policies, |(measured, estimated)| {
            let look = |_: f64| (self.progress)(1.0);
            if estimated.numbers.requests.arrived <= SHORT_RUN {
                return Ok(None);
            }
            if look(1.0).is_break() { Err(Halted) } else { measured.saturation(estimated, &look).map(Some) }
        })
    }

    /// What pictures show beyond the results, of the first replication.
    fn pictures(
        &self,
        runs: &[PolicyRun<'_>],
        measured: &[Measured<'_>],
        wanted: Option<Wanted<'_>>,
        warm_up: SimDuration,
    ) -> Result<Pictures, Halted> {
        let replication = Replication { warm_up, ..Replication::default() };
        pictures(runs, measured, wanted, &replication, self.pool, &|| (self.progress)(1.0))
    }

    /// How long every policy warms up: as long as the slowest, so that all count the same requests.
    pub fn warm_up(&self, runs: &[PolicyRun<'_>], point: &UnitPoint) -> Result<warm_up::Chosen, Halted> {
        let scenario = runs.first().map(|run| run.scenario);
        match scenario.map_or(WarmUp::None, |scenario| scenario.run().warm_up) {
            WarmUp::None => Ok(warm_up::Chosen::default()),
            WarmUp::Fixed(until) => Ok(warm_up::Chosen { until, unsettled: Vec::new() }),
            WarmUp::Auto => {
                let look = |_: f64| (self.progress)(0.0);
                let pilot = |run: &PolicyRun<'_>| {
                    self.units.aside(|| run.unit(point, UnitKind::WarmUp), || warm_up::pilot(run, &look))
                };
                let found = self.pool.each(runs, pilot)?;
                Ok(warm_up::chosen(runs, &found))
            }
        }
    }

    /// Runs replications of every policy and adds them to what there is; whether all of them are here. What others do is left
    /// out.
    pub fn replicate(
        &self,
        runs: &[PolicyRun<'_>],
        range: &ReplicationRange,
        measured: &mut [Measured<'_>],
        mut rows: Option<&mut Rows<'_>>,
    ) -> Result<bool, Halted> {
        let numbers = range.numbers.clone();
        let total = (numbers.end - numbers.start) * runs.len() as u64;
        let done = AtomicU64::new(0);
        let simulate = |place: usize, number: u64, rows: Option<&mut Rows<'_>>| {
            let told = AtomicU64::new(0);
            let progress = |share: f64| {
                let now = (share * STEPS as f64) as u64;
                let more = now - told.swap(now, Ordering::Relaxed).min(now);
                let steps = done.fetch_add(more, Ordering::Relaxed) + more;
                (self.progress)(steps as f64 / (total * STEPS) as f64)
            };
            let outcome = self.replication(&runs[place], range, (place, number), &progress, rows)?;
            if progress(1.0).is_break() { Err(Halted) } else { Ok(outcome) }
        };
        // Policy by policy, so that a policy's rows stand together.
        if rows.is_some() {
            for (place, measured) in measured.iter_mut().enumerate() {
                for number in numbers.clone() {
                    measured.extend(simulate(place, number, rows.as_deref_mut())?);
                }
            }
            return Ok(true);
        }
        let mut are_all_here = true;
        // Some replications at a time, so that memory does not grow with their number.
        let at_once = (2 * self.pool.size()).div_ceil(runs.len()).max(1) as u64;
        let mut next = numbers.start;
        while next < numbers.end {
            let until = (next + at_once).min(numbers.end);
            let jobs: Vec<(usize, u64)> =
                (next..until).flat_map(|number| (0..runs.len()).map(move |place| (place, number))).collect();
            let outcomes = self.pool.each(&jobs, |(place, number)| simulate(*place, *number, None))?;
            for ((place, _), outcome) in jobs.iter().zip(outcomes) {
                are_all_here &= outcome.is_some();
                measured[*place].extend(outcome.filter(|_| are_all_here));
            }
            next = until;
        }
        Ok(are_all_here)
    }

    /// One replication of the policy at this place; `None` if it is not here.
    fn replication(
        &self,
        run: &PolicyRun<'_>,
        range: &ReplicationRange,
        (place, number): (usize, u64),
        progress: &(dyn Fn(f64) -> ControlFlow<()> + Sync),
        rows: Option<&mut Rows<'_>>,
    ) -> Result<Option<Replicated>, Halted> {
        let is_only = range.numbers == (0..1);
        let replication = Replication { number, warm_up: range.warm_up, ..Replication::default() };
        let group = UnitGroup { number: range.first.number + place, ..range.first };
        let kind = if is_only { UnitKind::OnlyReplication } else { UnitKind::Replication(number) };
        self.units.get(
            self.units.are_ours(group, number),
            || run.unit(&range.point, kind),
            || run.simulate(&replication, is_only, progress, rows),
            ReplicationState::of,
            |state| run.restored(state, &replication, is_only, progress),
        )
    }
}

/// Steps of progress in one replication.
const STEPS: u64 = 1000;

/// A fault as results show it.
fn fault_window(scenario: &Scenario, fault: &Fault) -> FaultWindow {
    let name = |backend: BackendId| scenario.backends().get_index(usize::from(backend.0)).map(|(name, _)| name.clone());
    let window = |kind| FaultWindow {
        name: fault.name.clone(),
        kind,
        start_ms: fault.at.as_millis(),
        end_ms: (fault.at + fault.span).as_millis(),
        every_ms: fault.every.map(SimDuration::as_millis),
        ..FaultWindow::default()
    };
    match fault.kind {
        FaultKind::Slow { backend, by: Slowness::Factor(factor) } => {
            FaultWindow { backend: name(backend), factor: Some(factor), ..window(FaultWindowKind::Slow) }
        }
        FaultKind::Slow { backend, by: Slowness::Time(time) } => {
            FaultWindow { backend: name(backend), time_ms: Some(time.as_millis()), ..window(FaultWindowKind::Slow) }
        }
        FaultKind::Down { backend } => FaultWindow { backend: name(backend), ..window(FaultWindowKind::Down) },
        FaultKind::Restart { replica, worker } => FaultWindow {
            replica: replica.map(|replica| replica + 1),
            worker: worker.map(|worker| worker + 1),
            ..window(FaultWindowKind::Restart)
        },
        FaultKind::Cores { replica, cores } => FaultWindow {
            replica: replica.map(|replica| replica + 1),
            cores: Some(cores),
            ..window(FaultWindowKind::Cores)
        },
    }
}
