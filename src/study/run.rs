//! Every policy of a scenario on the same requests, as often as it takes to know.
//!
//! Each replication of each policy is a job of its own. Jobs run on any core; what they give is added up in the order of
//! their numbers, so that the results do not depend on how many run at once.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::model::{BackendId, Fault, FaultKind, SimDuration, Slowness};
use crate::policy::PolicyChoice;
use crate::scenario::{RunSettings, Scenario, WarmUp};
use crate::stats::{
    Assumption, ComparisonResults, FaultWindow, FaultWindowKind, PolicyResults, SCHEMA, ScenarioResults, WarmUpMethod,
    WarmUpResults, differences, tell_confidence,
};

use super::capacity::with_retries;
use super::clients::missing_clients;
use super::objectives;
use super::precision;
use super::replay::no_prediction;
use super::replications::{Accumulated, Halted, Rows, Trial};
use super::simulation::Replication;
use super::warm_up;

/// What a run is asked for beyond its scenario.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Run only the policies of these names; all when empty. Names are checked by the caller.
    pub policies: Vec<String>,
    /// Keep the timeline of the first so many requests; `None`: of all when there are at most 100.
    pub timeline: Option<usize>,
    /// The policy that the others are compared with; `None`: the first. The name is checked by the caller.
    pub against: Option<String>,
    /// At most so many replications run at once; `None`: one on each core. It changes no number.
    pub jobs: Option<NonZeroUsize>,
    /// Whether a check cannot be judged where chance may have decided an objective.
    pub undecided_fails: bool,
}

/// What is called while a run goes on.
pub struct Watch<'a> {
    /// Is told many times a second what part of the run is done, 0 to 1, from any thread; breaking ends the run without
    /// results.
    pub progress: &'a (dyn Fn(f64) -> ControlFlow<()> + Sync),
    /// Called once for each request that departs, in order of departure; replications run one after another then.
    pub rows: Option<&'a mut Rows<'a>>,
}

/// A run of so few requests keeps their whole timeline without being asked, and has no intervals: it is a picture.
pub const SHORT_RUN: u64 = 100;

/// Runs the policies of a scenario on the same requests.
///
/// # Errors
/// [`Halted`] when the watch broke off.
pub fn run(scenario: &Scenario, options: &Options, watch: &mut Watch<'_>) -> Result<ScenarioResults, Halted> {
    let chosen = |policy: &&PolicyChoice| {
        options.policies.is_empty() || options.policies.iter().any(|name| name == policy.name())
    };
    let timeline = options.timeline.unwrap_or(SHORT_RUN as usize);
    let trials: Vec<Trial<'_>> =
        scenario.policies().iter().filter(chosen).map(|policy| Trial { scenario, policy, timeline }).collect();
    let jobs = if watch.rows.is_some() { Some(NonZeroUsize::MIN) } else { options.jobs };
    let most = trials.len() as u64 * most_replications(scenario.run());
    let crew = Crew::new(jobs, most, watch.progress);

    let warm_up = crew.warm_up(&trials)?;
    let backends: Vec<&str> = scenario.backends().keys().map(String::as_str).collect();
    let mut plan = precision::Plan::new(scenario.run());
    let mut accumulated: Vec<Accumulated<'_>> = trials.iter().map(|trial| Accumulated::new(*trial)).collect();
    let mut policies;
    let mut done = 0;
    let precision = loop {
        crew.replicate(&trials, done..plan.replications, warm_up.until, &mut accumulated, watch.rows.as_deref_mut())?;
        done = plan.replications;
        policies = accumulated.iter_mut().map(|accumulated| accumulated.results(&backends)).collect::<Vec<_>>();
        for results in &mut policies {
            if done == 1 && results.requests.arrived <= SHORT_RUN {
                results.observations.clear();
            }
            tell_confidence(results, scenario.run().confidence, &backends);
        }
        if let ControlFlow::Break(precision) = plan.judge(&policies, &backends) {
            break precision;
        }
    };
    for results in &mut policies {
        if options.timeline.is_none() && results.requests.arrived > SHORT_RUN {
            results.timeline = None;
        }
    }
    crew.saturation(&accumulated, &mut policies)?;
    for (accumulated, results) in accumulated.iter().zip(&mut policies) {
        with_retries(results, &accumulated.windows(), scenario, done, accumulated.seconds_each());
    }
    for results in policies.iter_mut().filter(|results| results.stands_for.is_some()) {
        let load = results.saturation.as_ref().and_then(|saturation| saturation.load);
        results.no_prediction = no_prediction(results.requests.rejected, load);
    }
    Ok(ScenarioResults {
        schema: SCHEMA,
        waitline: env!("CARGO_PKG_VERSION"),
        scenario: scenario.name().to_owned(),
        description: scenario.description().map(str::to_owned),
        scenario_sha256: scenario.sha256().to_owned(),
        seed: scenario.run().seed,
        replications: done,
        warm_up: WarmUpResults {
            method: match scenario.run().warm_up {
                WarmUp::None => WarmUpMethod::None,
                WarmUp::Fixed(_) => WarmUpMethod::Fixed,
                WarmUp::Auto => WarmUpMethod::Auto,
            },
            removed_ms: warm_up.until.as_millis(),
            unsettled: warm_up.unsettled,
        },
        precision,
        assumptions: Assumption::ALL.to_vec(),
        defaults: scenario.defaults().iter().cloned().collect(),
        faults: scenario.faults().iter().map(|fault| fault_window(scenario, fault)).collect(),
        missing_clients: missing_clients(scenario, trials.iter().map(|trial| trial.policy)),
        slo: objectives::judge(scenario, &policies, &backends),
        comparisons: comparisons(&policies, options.against.as_deref(), scenario.run().confidence),
        policies,
    })
}

/// Each policy against one of them, by default the first; none for a picture of few requests.
fn comparisons(policies: &[PolicyResults], against: Option<&str>, level: f64) -> Vec<ComparisonResults> {
    let against = match against {
        Some(name) => policies.iter().find(|policy| policy.name == name),
        None => policies.first(),
    };
    let Some(against) = against.filter(|against| !against.observations.is_empty()) else { return Vec::new() };
    let others = policies.iter().filter(|policy| policy.name != against.name);
    let compare = |policy: &PolicyResults| {
        let all_answered = policy.requests.unanswered() + against.requests.unanswered() == 0;
        ComparisonResults {
            policy: policy.name.clone(),
            against: against.name.clone(),
            without_answer: policy.error_rate.filter(|_| !all_answered),
            against_without_answer: against.error_rate.filter(|_| !all_answered),
            differences: differences(policy, against, level),
        }
    };
    others.map(compare).collect()
}

/// Those who do the work, and whom they tell.
struct Crew<'a> {
    /// `None`: the thread that asks does it all.
    pool: Option<ThreadPool>,
    progress: &'a (dyn Fn(f64) -> ControlFlow<()> + Sync),
}

impl<'a> Crew<'a> {
    /// So many threads, one for each core if not said; never more than there are replications to run.
    fn new(jobs: Option<NonZeroUsize>, most: u64, progress: &'a (dyn Fn(f64) -> ControlFlow<()> + Sync)) -> Self {
        let jobs = jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        let jobs = jobs.min(usize::try_from(most).unwrap_or(usize::MAX));
        // Where the system gives no threads, one does it all.
        let pool = (jobs > 1).then(|| ThreadPoolBuilder::new().num_threads(jobs).build().ok()).flatten();
        Self { pool, progress }
    }

    fn size(&self) -> usize {
        self.pool.as_ref().map_or(1, ThreadPool::current_num_threads)
    }

    /// Does something with each item, on all threads; what comes out is in the order of the items.
    fn each<T: Sync, R: Send>(
        &self,
        items: &[T],
        work: impl Fn(&T) -> Result<R, Halted> + Sync,
    ) -> Result<Vec<R>, Halted> {
        match &self.pool {
            Some(pool) => pool.install(|| items.par_iter().map(&work).collect()),
            None => items.iter().map(work).collect(),
        }
    }

    /// What each policy can sustain; not asked of a picture of few requests.
    fn saturation(&self, accumulated: &[Accumulated<'_>], policies: &mut [PolicyResults]) -> Result<(), Halted> {
        let asked: Vec<_> = accumulated.iter().zip(policies).filter(|(_, r)| r.requests.arrived > SHORT_RUN).collect();
        let found = self.each(&asked, |(accumulated, results)| {
            let look = |_: f64| (self.progress)(1.0);
            if look(1.0).is_break() { Err(Halted) } else { accumulated.saturation(results, &look) }
        })?;
        for ((_, results), saturation) in asked.into_iter().zip(found) {
            results.saturation = Some(saturation);
        }
        Ok(())
    }

    /// How long every policy warms up: as long as the slowest, so that all count the same requests.
    fn warm_up(&self, trials: &[Trial<'_>]) -> Result<warm_up::Chosen, Halted> {
        let scenario = trials.first().map(|trial| trial.scenario);
        match scenario.map_or(WarmUp::None, |scenario| scenario.run().warm_up) {
            WarmUp::None => Ok(warm_up::Chosen::default()),
            WarmUp::Fixed(until) => Ok(warm_up::Chosen { until, unsettled: Vec::new() }),
            WarmUp::Auto => {
                let look = |_: f64| (self.progress)(0.0);
                let found = self.each(trials, |trial| warm_up::pilot(trial, &look))?;
                Ok(warm_up::chosen(trials, &found))
            }
        }
    }

    /// Runs replications of every policy and adds them to what there is.
    fn replicate(
        &self,
        trials: &[Trial<'_>],
        numbers: std::ops::Range<u64>,
        warm_up: SimDuration,
        accumulated: &mut [Accumulated<'_>],
        mut rows: Option<&mut Rows<'_>>,
    ) -> Result<(), Halted> {
        let is_only = numbers == (0..1);
        let total = (numbers.end - numbers.start) * trials.len() as u64;
        let done = AtomicU64::new(0);
        let simulate = |place: usize, number: u64, rows: Option<&mut Rows<'_>>| {
            let told = AtomicU64::new(0);
            let progress = |share: f64| {
                let now = (share * STEPS as f64) as u64;
                let more = now - told.swap(now, Ordering::Relaxed).min(now);
                let steps = done.fetch_add(more, Ordering::Relaxed) + more;
                (self.progress)(steps as f64 / (total * STEPS) as f64)
            };
            let outcome = trials[place].simulate(
                &Replication { number, warm_up, ..Replication::default() },
                is_only,
                &progress,
                rows,
            )?;
            if progress(1.0).is_break() { Err(Halted) } else { Ok(outcome) }
        };
        // Policy by policy, so that a policy's rows stand together.
        if rows.is_some() {
            for (place, accumulated) in accumulated.iter_mut().enumerate() {
                for number in numbers.clone() {
                    accumulated.add(simulate(place, number, rows.as_deref_mut())?);
                }
            }
            return Ok(());
        }
        // Some replications at a time, so that memory does not grow with their number.
        let at_once = (2 * self.size()).div_ceil(trials.len()).max(1) as u64;
        let mut next = numbers.start;
        while next < numbers.end {
            let until = (next + at_once).min(numbers.end);
            let jobs: Vec<(usize, u64)> =
                (next..until).flat_map(|number| (0..trials.len()).map(move |place| (place, number))).collect();
            let outcomes = self.each(&jobs, |(place, number)| simulate(*place, *number, None))?;
            for ((place, _), outcome) in jobs.iter().zip(outcomes) {
                accumulated[*place].add(outcome);
            }
            next = until;
        }
        Ok(())
    }
}

/// So many replications of each policy are run at most.
fn most_replications(run: &RunSettings) -> u64 {
    run.replications.max(run.precision.as_ref().map_or(1, |precision| precision.at_most))
}

/// Steps of progress in one replication.
const STEPS: u64 = 1000;

/// A fault as results tell it.
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
        FaultKind::Restart { worker } => FaultWindow { worker: Some(worker + 1), ..window(FaultWindowKind::Restart) },
        FaultKind::Cores { cores } => FaultWindow { cores: Some(cores), ..window(FaultWindowKind::Cores) },
    }
}
