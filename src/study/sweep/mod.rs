//! A sweep: every policy at every point of a grid.
//!
//! All points have the same seed, so a request brings the same random numbers everywhere (common random numbers): differences
//! between points are not luck. A coarse picture comes first: the same number of replications everywhere. Then it gets sharper:
//! where an objective is undecided, or the precision that was asked for is not reached, a unit is run again with as many
//! replications as it is likely to need. What is run again depends on that unit alone, so a sweep that was interrupted and
//! continued gives the same bytes.

mod figures;
mod knee;
mod order;
mod prepared;
mod results;
mod sharper;
mod unit;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use sha2::{Digest, Sha256};

use crate::engine::MODEL_VERSION;
use crate::model::SimDuration;
use crate::scenario::{Grid, Scenario};
use crate::stats::SweepResults;

use self::order::coarse_first;
use self::prepared::ReadyUnit;
use self::unit::{Unit, alike};
use super::capacity::long_run_rate;
use super::pool::JobPool;
use super::replications::Halted;
use super::units::{UnitGroup, Units};

pub use self::figures::{PointState, SWEPT_PERCENTILES, SweepAsked, SweepFigures, SweepNumber, SweepObjective};
pub use self::unit::{SweptUnit, UnitKey};

/// Number of replications of a scenario that does not say how many.
const REPLICATIONS: u64 = 10;

/// Where more replications are worth it, there are at most this many times as many as elsewhere.
const SHARPER: u64 = 8;

/// What a sweep is asked for beyond its grid.
#[derive(Clone, Debug, Default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct SweepOptions {
    /// Run only the policies of these names; all when empty. Names are checked by the caller.
    pub policies: Vec<String>,
    /// Number of replications of each point; `None`: the scenario's, if it has several, or 10.
    pub replications: Option<u64>,
    /// Maximum number of replications where more are worth it; `None`: eight times as many as elsewhere, or what
    /// `run.precision` says.
    pub most_replications: Option<u64>,
    /// What does the work: by default a thread on each core. It changes no number.
    pub pool: JobPool,
    /// Where replications are simulated; by default here, all of them.
    #[doc(hidden)]
    pub units: Units,
}

/// What is called while a sweep goes on.
pub struct SweepWatch<'a> {
    /// Called many times a second, from any thread; breaking ends the sweep with what is finished.
    pub progress: &'a (dyn Fn(SweepProgress) -> ControlFlow<()> + Sync),
    /// Called when a unit is finished, from any thread; once more when it was run again.
    pub finished: &'a (dyn Fn(&SweptUnit) + Sync),
}

impl Default for SweepWatch<'_> {
    /// Watches nothing.
    fn default() -> Self {
        Self { progress: &|_| ControlFlow::Continue(()), finished: &|_| () }
    }
}

/// How far a sweep is.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct SweepProgress {
    /// What is under way.
    pub stage: SweepStage,
    /// The share of it that is done, 0 to 1.
    pub done: f64,
}

/// The stages of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SweepStage {
    /// Warm-ups and capacities are found.
    Preparing,
    /// The same number of replications everywhere.
    Coarse,
    /// More of them where that is worth it.
    Sharper,
}

/// Runs every policy of a scenario at every point of a grid.
///
/// ```
/// use waitline::{Grid, SweepOptions, sweep};
///
/// let grid = Grid::from_json(
///     r#"{
///       "classes": { "page": { "phases": [ { "compute": "5ms" }, { "db": { "exponential": "50ms" } } ] } },
///       "arrivals": { "poisson": "40/s" },
///       "machine": { "cores": 2 },
///       "policies": [ { "sync": {} }, { "async": {} } ],
///       "run": { "requests": 2000, "replications": 2 }
///     }"#,
///     &["workers=2,4,8"],
/// )
/// .expect("the scenario and its variation are valid");
/// let results = sweep(&grid, &SweepOptions::default());
///
/// let p99 = |point: usize, policy: usize| results.points[point].policies[policy].response_time_ms.p99;
/// assert_eq!(results.points[1].values["workers"], 4);
/// // More workers help as long as requests wait for one.
/// assert!(p99(2, 0) < p99(1, 0));
/// ```
pub fn sweep(grid: &Grid, options: &SweepOptions) -> SweepResults {
    let sweep = Sweep::new(grid, options);
    let units = sweep.run(&BTreeMap::new(), &SweepWatch::default());
    sweep.results(units)
}

/// A sweep that is ready to run.
pub struct Sweep<'a> {
    grid: &'a Grid,
    options: &'a SweepOptions,
    units: Vec<Unit<'a>>,
    /// Of the units that give the same, the first one stands for all.
    alike: BTreeMap<usize, Vec<usize>>,
    /// The order of those, policy by policy.
    ranks: BTreeMap<usize, usize>,
}

/// What a sweep costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SweepCost {
    /// Number of points.
    pub points: usize,
    /// Number of policies at each.
    pub policies: usize,
    /// How many of their combinations are run: others give the same.
    pub units: usize,
    /// How often each is run.
    pub replications: u64,
    /// How often those are run at most that more replications are worth for.
    pub most_replications: u64,
    /// The requests of all of them; `None` where users decide how many there are.
    pub requests: Option<u64>,
}

impl<'a> Sweep<'a> {
    /// A sweep over all points of a grid.
    pub fn new(grid: &'a Grid, options: &'a SweepOptions) -> Self {
        let is_chosen =
            |name: &str| options.policies.is_empty() || options.policies.iter().any(|chosen| chosen == name);
        let of_point = |point: usize| {
            let scenario = &grid.points()[point];
            let policies =
                (0..scenario.policies().len()).filter(|policy| is_chosen(scenario.policies()[*policy].name()));
            policies.map(move |policy| Unit {
                key: UnitKey { point: Some(point), policy },
                scenario: Cow::Borrowed(scenario),
            })
        };
        let units: Vec<Unit<'a>> = coarse_first(grid.points().len()).into_iter().flat_map(of_point).collect();
        let alike = alike(&units);
        let mut by_policy: Vec<usize> = alike.keys().copied().collect();
        by_policy.sort_by_key(|place| (units[*place].key.policy, *place));
        let ranks = (0..).zip(by_policy).map(|(rank, place)| (place, rank)).collect();
        Self { grid, options, units, alike, ranks }
    }

    /// Number of jobs that run at a time.
    pub fn jobs(&self) -> usize {
        self.options.pool.size()
    }

    /// What the results depend on, as a hash: two sweeps of the same identity have the same units.
    pub fn identity(&self) -> String {
        let mut hash = Sha256::new();
        let mut add = |part: &str| {
            hash.update(part);
            hash.update(b"\0");
        };
        add(env!("CARGO_PKG_VERSION"));
        add(&format!("{MODEL_VERSION} {} {}", self.replications(), self.most_replications()));
        for scenario in self.grid.points() {
            add(&format!("{} {}", scenario.sha256(), scenario.run().seed));
            scenario.objectives().iter().for_each(|objective| add(&objective.text));
        }
        let mut keys: Vec<UnitKey> = self.units.iter().map(|unit| unit.key).collect();
        keys.sort_unstable();
        keys.iter().for_each(|key| add(&format!("{key:?}")));
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// How often each unit is run at first.
    pub fn replications(&self) -> u64 {
        if self.grid.points().iter().all(Scenario::is_deterministic) {
            return 1;
        }
        match (self.options.replications, self.grid.base().run().replications) {
            (Some(asked), _) => asked,
            (None, 1) => REPLICATIONS,
            (None, several) => several,
        }
    }

    /// Maximum number of replications of any unit.
    pub fn most_replications(&self) -> u64 {
        let precision = self.grid.base().run().precision.as_ref().map(|precision| precision.at_most);
        let most = self.options.most_replications.or(precision).unwrap_or(SHARPER * self.replications());
        most.max(self.replications())
    }

    /// Number of policies at each point.
    fn policies(&self) -> usize {
        self.units.len() / self.grid.points().len().max(1)
    }

    /// What the first replications of all units cost.
    pub fn cost(&self) -> SweepCost {
        let run = || self.alike.keys().map(|place| &self.units[*place]);
        let requests = run().map(Unit::requests).sum::<Option<u64>>();
        SweepCost {
            points: self.grid.points().len(),
            policies: self.policies(),
            units: self.alike.len(),
            replications: self.replications(),
            most_replications: self.most_replications(),
            requests: requests.map(|requests| requests.saturating_mul(self.replications())),
        }
    }

    /// Runs a few requests of a point in the middle under each policy, and returns how many; to be timed.
    pub fn trial(&self, requests: u64) -> u64 {
        let middle = Some(self.grid.points().len() / 2);
        let of_middle = self.units.iter().filter(|unit| unit.key.point == middle);
        let run = |unit: &Unit<'_>| {
            let scenario = unit.scenario.with_load(1.0, requests)?;
            let unit = Unit { key: unit.key, scenario: Cow::Owned(scenario) };
            let group = UnitGroup { number: 0, of: 1, size: 1 };
            let ready = ReadyUnit { unit, keys: Vec::new(), warm_up: SimDuration::ZERO, capacity: None, group };
            let here = (&self.options.pool, Units::HERE);
            let swept = ready.measure(1, here, &|_| ControlFlow::Continue(())).ok()??;
            Some(swept.figures.requests)
        };
        of_middle.filter_map(run).sum()
    }

    /// Runs all units but those that are `known` to be finished. What was not finished, because the watch broke off, is left
    /// out; so is what others run.
    pub fn run(&self, known: &BTreeMap<UnitKey, SweepFigures>, watch: &SweepWatch<'_>) -> BTreeMap<UnitKey, SweptUnit> {
        let mut swept = BTreeMap::new();
        let Ok(ready) = self.ready(watch) else { return swept };
        let is_known = |unit: &ReadyUnit<'_>| unit.keys.iter().all(|key| known.contains_key(key));
        let first = |unit: &ReadyUnit<'_>| if unit.is_unstable() { 1 } else { self.replications() };
        let unknown = ready.iter().filter(|unit| !is_known(unit));
        let mut tasks: Vec<Task<'_>> = unknown.map(|unit| Task { unit, replications: first(unit) }).collect();
        let mut stage = SweepStage::Coarse;
        let mut elsewhere = BTreeSet::new();
        loop {
            let passed = self.pass(stage, &tasks, watch);
            let is_elsewhere = |task: &Task<'_>| !passed.contains_key(&task.unit.unit.key);
            elsewhere.extend(tasks.iter().filter(|task| is_elsewhere(task)).map(|task| task.unit.unit.key));
            swept.extend(passed);
            let figures =
                |key: &UnitKey| swept.get(key).map(|unit: &SweptUnit| &unit.figures).or_else(|| known.get(key));
            let is_over = (watch.progress)(SweepProgress { stage, done: 1.0 }).is_break();
            let here = ready.iter().filter(|unit| !elsewhere.contains(&unit.unit.key));
            tasks = here.filter_map(|unit| self.sharper(unit, figures(&unit.unit.key)?)).collect();
            if tasks.is_empty() || is_over {
                return swept;
            }
            stage = SweepStage::Sharper;
        }
    }

    /// The next run of a unit with more replications, if it is worth it.
    fn sharper<'u>(&self, unit: &'u ReadyUnit<'u>, figures: &SweepFigures) -> Option<Task<'u>> {
        let replications = figures.next_replications(self.most_replications())?;
        Some(Task { unit, replications })
    }

    /// Runs tasks, the first ones first; what was broken off is left out.
    fn pass(&self, stage: SweepStage, tasks: &[Task<'_>], watch: &SweepWatch<'_>) -> BTreeMap<UnitKey, SweptUnit> {
        let gauge = Gauge { stage, done: AtomicU64::new(0), total: tasks.iter().map(|task| task.replications).sum() };
        let found: Vec<OnceLock<Vec<SweptUnit>>> = tasks.iter().map(|_| OnceLock::new()).collect();
        let next = AtomicUsize::new(0);
        let workers: Vec<usize> = (0..self.options.pool.size()).collect();
        self.options.pool.all(&workers, |_| {
            while let Some(place) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|place| *place < tasks.len()) {
                let Ok(units) = self.task(&tasks[place], &gauge, watch) else { return };
                let _ = found[place].set(units);
            }
        });
        let units = found.into_iter().filter_map(OnceLock::into_inner).flatten();
        units.map(|unit| (unit.key, unit)).collect()
    }

    /// Runs a unit, for all units that give the same.
    fn task(&self, task: &Task<'_>, gauge: &Gauge, watch: &SweepWatch<'_>) -> Result<Vec<SweptUnit>, Halted> {
        let told = AtomicU64::new(0);
        let progress = |share: f64| (watch.progress)(gauge.advance(share, task.replications, &told));
        if progress(0.0).is_break() {
            return Err(Halted);
        }
        let here = (&self.options.pool, &self.options.units);
        let Some(swept) = task.unit.measure(task.replications, here, &progress)? else { return Ok(Vec::new()) };
        let units: Vec<_> = task.unit.keys.iter().map(|key| SweptUnit { key: *key, ..swept.clone() }).collect();
        units.iter().for_each(|unit| (watch.finished)(unit));
        Ok(units)
    }

    /// Whether the points differ in nothing but how many requests arrive.
    fn varies_load(&self) -> bool {
        let [dimension] = self.grid.dimensions() else { return false };
        let rates: Option<Vec<f64>> =
            self.grid.points().iter().map(|scenario| long_run_rate(scenario.arrivals())).collect();
        let differ = rates.is_some_and(|rates| rates.windows(2).any(|pair| pair[0].total_cmp(&pair[1]).is_ne()));
        dimension.paths.iter().all(|path| path.starts_with("arrivals")) && differ
    }
}

/// A unit, and how often it is run.
#[derive(Clone, Copy)]
struct Task<'a> {
    unit: &'a ReadyUnit<'a>,
    replications: u64,
}

/// How much of a stage is done, in thousandths of a replication.
struct Gauge {
    stage: SweepStage,
    done: AtomicU64,
    total: u64,
}

impl Gauge {
    const STEPS: f64 = 1000.0;

    /// Progress after this share of a task; `told` is what was told of it before.
    fn advance(&self, share: f64, replications: u64, told: &AtomicU64) -> SweepProgress {
        let now = (share.clamp(0.0, 1.0) * replications as f64 * Self::STEPS) as u64;
        let more = now.saturating_sub(told.fetch_max(now, Ordering::Relaxed));
        let done = self.done.fetch_add(more, Ordering::Relaxed) + more;
        let total = (self.total as f64 * Self::STEPS).max(1.0);
        SweepProgress { stage: self.stage, done: done as f64 / total }
    }
}
