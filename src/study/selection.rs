//! Are plans right? Systems whose numbers theory knows for every size are planned many times, each time from another seed; a plan
//! of confidence 95 % must be right in about 95 of 100 cases.
//!
//! Right means: the choice meets the objective with a bound δ wider, and nothing cheaper meets it with a bound δ narrower. The
//! test splits its error over looks and configurations that mostly do not need it, so the share is usually higher.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::scenario::Scenario;
use crate::stats::theory::{Mmc, ThreadPoolQueue};

use super::plan::{Choose, Plan, PlanOptions, PlanVerdict, WITHIN, plan};
use super::pool::JobPool;
use super::replications::Halted;

/// The share of plans that must be right: 95 %, less what chance does to 400.
pub const LEAST_RIGHT: f64 = 0.925;

/// How often plans were right.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// The indifference zone.
    pub within: f64,
    /// Each system.
    pub systems: Vec<SelectedSystem>,
}

/// How often the plans of a system were right.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectedSystem {
    /// The system in words.
    pub name: &'static str,
    /// The objective.
    pub objective: &'static str,
    /// The size that is chosen.
    pub size: &'static str,
    /// The least size that meets the objective exactly, with its number; `None` if none does.
    pub exact: Option<(u32, f64)>,
    /// The next smaller size with its number; `None` if that is not stable, or there is none.
    pub below: Option<(u32, f64)>,
    /// Plans.
    pub plans: u64,
    /// Those that were right.
    pub right: u64,
    /// Those that decided nothing.
    pub undecided: u64,
    /// Mean number of requests of a plan.
    pub requests: f64,
    /// The wrong ones.
    pub wrong: Vec<WrongPlan>,
}

/// A plan that was wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WrongPlan {
    /// Its seed.
    pub seed: u64,
    /// What it chose, with the exact number, in ms; `None`: it said that nothing meets the objective.
    pub choice: Option<(u32, f64)>,
}

impl Selection {
    /// Plans of all systems, and those that were right.
    pub fn totals(&self) -> (u64, u64) {
        let plans = self.systems.iter().map(|system| system.plans).sum();
        (plans, self.systems.iter().map(|system| system.right).sum())
    }

    /// Whether enough were right.
    pub fn passes(&self) -> bool {
        let (plans, right) = self.totals();
        right as f64 >= LEAST_RIGHT * plans as f64
    }
}

/// A system whose number is known for every size.
struct System {
    name: &'static str,
    objective: &'static str,
    size: &'static str,
    choose: Choose,
    scenario: Value,
    bound: f64,
    /// The number with that size, in ms; infinite where it is not stable.
    exact: Box<dyn Fn(u32) -> f64 + Send + Sync>,
}

/// No system needs more.
const LARGEST: u32 = 200;

/// Makes at least this many plans, the same number of each system.
///
/// # Errors
/// [`Halted`] when the watch broke off.
pub fn selection(
    plans: u64,
    pool: &JobPool,
    watch: &(dyn Fn(f64) -> ControlFlow<()> + Sync),
) -> Result<Selection, Halted> {
    let systems = systems();
    let each = plans.div_ceil(systems.len() as u64);
    let jobs: Vec<(&System, u64)> =
        systems.iter().flat_map(|system| (1..=each).map(move |seed| (system, seed))).collect();
    let done = AtomicU64::new(0);
    let made = pool.each(&jobs, |(system, seed)| {
        let plan = system.plan(*seed);
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if watch(done as f64 / jobs.len() as f64).is_break() { Err(Halted) } else { Ok(plan) }
    })?;
    let of_system = |(system, plans): (&System, &[Plan])| system.judge(plans);
    let systems = systems.iter().zip(made.chunks(each as usize)).map(of_system).collect();
    Ok(Selection { within: WITHIN, systems })
}

impl System {
    /// One plan, on one thread: others are made meanwhile.
    fn plan(&self, seed: u64) -> Plan {
        let mut scenario = self.scenario.clone();
        scenario["run"] = json!({ "requests": 10_000, "seed": seed });
        scenario["slo"] = json!([self.objective]);
        let scenario = Scenario::from_json(&scenario.to_string());
        let scenario = scenario.unwrap_or_else(|error| panic!("these systems are valid: {error}"));
        let options = PlanOptions {
            choose: vec![self.choose.clone()],
            only_choice: true,
            pool: JobPool::new(Some(std::num::NonZeroUsize::MIN)),
            ..PlanOptions::default()
        };
        plan(&scenario, &options, &|_| ControlFlow::Continue(()))
            .unwrap_or_else(|error| panic!("these systems can be planned: {error:?}"))
    }

    fn judge(&self, plans: &[Plan]) -> SelectedSystem {
        let least = (1..=LARGEST).find(|size| (self.exact)(*size) < self.bound);
        let with_number = |size: u32| (size, (self.exact)(size));
        let below = least.unwrap_or(LARGEST).checked_sub(1).filter(|size| *size > 0 && (self.exact)(*size).is_finite());
        let mut system = SelectedSystem {
            name: self.name,
            objective: self.objective,
            size: self.size,
            exact: least.map(with_number),
            below: below.map(with_number),
            plans: plans.len() as u64,
            right: 0,
            undecided: 0,
            requests: 0.0,
            wrong: Vec::new(),
        };
        for plan in plans {
            let policy = &plan.policies[0];
            system.requests += policy.tried.iter().map(|tried| tried.requests as f64).sum::<f64>() / plans.len() as f64;
            let choice = policy.choice.as_ref().and_then(|choice| choice.0.values().next().copied());
            match policy.verdict {
                PlanVerdict::Undecided => system.undecided += 1,
                PlanVerdict::Meets | PlanVerdict::Impossible if self.is_right(choice) => system.right += 1,
                PlanVerdict::Meets | PlanVerdict::Impossible => {
                    system.wrong.push(WrongPlan { seed: plan.seed, choice: choice.map(with_number) });
                }
            }
        }
        system
    }

    /// Whether the choice meets the objective within δ, and nothing cheaper does by more than δ.
    fn is_right(&self, choice: Option<u32>) -> bool {
        let meets = |size: u32, factor: f64| (self.exact)(size) < self.bound * factor;
        let cheaper = 1..choice.unwrap_or(LARGEST + 1);
        choice.is_none_or(|choice| meets(choice, 1.0 + WITHIN))
            && !cheaper.into_iter().any(|size| meets(size, 1.0 - WITHIN))
    }
}

fn systems() -> Vec<System> {
    let p99 = |rate_per_s: f64| {
        move |channels: u32| {
            let queue = Mmc { arrival_rate: rate_per_s / 1e3, mean_service: 100.0, channels };
            if queue.offered_load() < f64::from(channels) {
                queue.response_time_percentile(0.99)
            } else {
                f64::INFINITY
            }
        }
    };
    let mean = |channels: u32| {
        let queue = Mmc { arrival_rate: 0.08, mean_service: 100.0, channels };
        if queue.offered_load() < f64::from(channels) { queue.mean_response_time() } else { f64::INFINITY }
    };
    let threads = |rate_per_s: f64, least: u32| {
        move |threads: u32| {
            let queue = ThreadPoolQueue {
                arrival_rate: rate_per_s / 1e3,
                mean_cpu: 20.0,
                mean_backend: 80.0,
                threads,
                running_at_once: 1,
            };
            // With fewer threads it is not stable (the capacities are those of the exact chain).
            if threads >= least && threads <= 40 { queue.means().response_time } else { f64::INFINITY }
        }
    };
    let workers = |objective, bound, exact: Box<dyn Fn(u32) -> f64 + Send + Sync>| System {
        name: "workers of 100 ms (M/M/c), 80/s",
        objective,
        size: "workers",
        choose: Choose::Workers,
        scenario: sync(80.0),
        bound,
        exact,
    };
    let connections = |objective, bound| System {
        name: "pool of a loop, 100 ms (M/M/c), 80/s",
        objective,
        size: "pool.db.size",
        choose: Choose::Pool(None),
        scenario: pool(),
        bound,
        exact: Box::new(p99(80.0)),
    };
    let lock = |rate_per_s: f64, least, objective, bound| System {
        name: if rate_per_s < 35.0 { "threads under a GIL, 30/s" } else { "threads under a GIL, 40/s" },
        objective,
        size: "threads",
        choose: Choose::Threads,
        scenario: threaded(rate_per_s),
        bound,
        exact: Box::new(threads(rate_per_s, least)),
    };
    vec![
        workers("p99 < 700ms", 700.0, Box::new(p99(80.0))),
        workers("p99 < 550ms", 550.0, Box::new(p99(80.0))),
        workers("p99 < 500ms", 500.0, Box::new(p99(80.0))),
        workers("p99 < 480ms", 480.0, Box::new(p99(80.0))),
        workers("p99 < 470ms", 470.0, Box::new(p99(80.0))),
        workers("p99 < 455ms", 455.0, Box::new(p99(80.0))),
        workers("mean < 125ms", 125.0, Box::new(mean)),
        workers("mean < 104ms", 104.0, Box::new(mean)),
        connections("p99 < 500ms", 500.0),
        connections("p99 < 590ms", 590.0),
        lock(30.0, 4, "mean < 140ms", 140.0),
        lock(40.0, 6, "mean < 190ms", 190.0),
    ]
}

fn sync(rate_per_s: f64) -> Value {
    json!({
        "classes": { "request": { "phases": [{ "db": { "exponential": "100ms" } }] } },
        "arrivals": { "poisson": format!("{rate_per_s}/s") },
        "policies": [{ "sync": {} }],
    })
}

fn pool() -> Value {
    json!({
        "classes": { "request": { "phases": [{ "db": { "exponential": "100ms" } }] } },
        "arrivals": { "poisson": "80/s" },
        "backends": { "db": { "pool": { "size": 1 } } },
        "policies": [{ "async": {} }],
    })
}

fn threaded(rate_per_s: f64) -> Value {
    json!({
        "classes": { "request": { "phases": [
            { "compute": { "exponential": "20ms" } }, { "db": { "exponential": "80ms" } }] } },
        "arrivals": { "poisson": format!("{rate_per_s}/s") },
        "policies": [{ "threaded": {} }],
    })
}
