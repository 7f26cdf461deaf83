//! Do intervals cover? Systems whose numbers theory knows are run many times, each time from another seed, as users run
//! them; an interval of level 95 % must cover the true number in about 95 of 100 experiments.
//!
//! The share of experiments that cover is itself an estimate: of 400 it is within 93 % and 97 % in 95 of 100 cases, so
//! 92 % to 98 % passes. Where demands have a heavy tail the intervals are known to cover less often: a part of a run without
//! the rare long demands has a low mean and a small spread. That is reported, and such a system has a lower limit of its own.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::model::{Metric, Named};
use crate::scenario::{Scenario, WarmUp};
use crate::stats::ScenarioResults;
use crate::stats::theory::{Mg1, Mm1, Mmc, ThreadPoolQueue};

use super::pool::JobPool;
use super::replications::Halted;
use super::run::{Options, Watch, run};

/// The least and the greatest share of intervals that may cover.
pub const ALLOWED: (f64, f64) = (0.92, 0.98);

/// The least share where demands have a heavy tail: 86.5 % of 400 single runs covered, less what chance does to 400.
const LEAST_OF_HEAVY_TAIL: f64 = 0.82;

/// How often intervals covered.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// The system in words.
    pub system: &'static str,
    /// How it was run.
    pub way: RunWay,
    /// Each number.
    pub numbers: Vec<CoveredNumber>,
}

/// How often the interval of one number covered it.
#[derive(Clone, Debug, PartialEq)]
pub struct CoveredNumber {
    /// Its name.
    pub name: &'static str,
    /// What it is, in ms.
    pub exact: f64,
    /// Experiments.
    pub experiments: u64,
    /// Experiments that gave an interval.
    pub estimated: u64,
    /// Intervals that held the exact value.
    pub covered: u64,
    /// Intervals that lay wholly below it.
    pub below: u64,
    /// Mean of half width / exact value.
    pub half_width: f64,
    /// The least share that passes; below that of [`ALLOWED`] where intervals are known to cover less often.
    pub least: f64,
}

impl CoveredNumber {
    /// The share of intervals that covered.
    pub fn share(&self) -> Option<f64> {
        (self.estimated > 0).then(|| self.covered as f64 / self.estimated as f64)
    }

    /// Whether that share is what the level promises, or no lower than is known.
    pub fn passes(&self) -> bool {
        self.share().is_some_and(|share| (self.least..=ALLOWED.1).contains(&share))
    }

    /// Whether it is lower than the level promises.
    pub fn under_covers(&self) -> bool {
        self.share().is_some_and(|share| share < ALLOWED.0)
    }
}

/// A system with exact response times.
struct System {
    name: &'static str,
    scenario: Value,
    exact: Vec<(Named, f64)>,
    least: f64,
}

/// How a system is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunWay {
    /// Number of replications; one run has batches.
    pub replications: u64,
    /// Requests of each.
    pub requests: u64,
}

const WAYS: [RunWay; 2] =
    [RunWay { replications: 20, requests: 20_000 }, RunWay { replications: 1, requests: 600_000 }];

/// Runs this many experiments with each system in each way. `watch` is called with the share that is done, from many
/// threads.
///
/// # Errors
/// [`Halted`] when the watch broke off.
pub fn coverage(
    experiments: u64,
    pool: &JobPool,
    watch: &(dyn Fn(f64) -> ControlFlow<()> + Sync),
) -> Result<Vec<Coverage>, Halted> {
    let systems = systems();
    let total = (systems.len() * WAYS.len()) as u64 * experiments;
    let done = AtomicU64::new(0);
    let seeds: Vec<u64> = (1..=experiments).collect();
    let mut found = Vec::new();
    for system in &systems {
        for way in &WAYS {
            let experiment = |seed: &u64| -> Result<ScenarioResults, Halted> {
                let results = system.run(way, *seed, pool)?;
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                if watch(done as f64 / total as f64).is_break() { Err(Halted) } else { Ok(results) }
            };
            let results = pool.each(&seeds, experiment)?;
            found.push(Coverage {
                system: system.name,
                way: *way,
                numbers: system
                    .exact
                    .iter()
                    .map(|(named, exact)| covered(*named, *exact, system.least, &results))
                    .collect(),
            });
        }
    }
    Ok(found)
}

fn covered(named: Named, exact: f64, least: f64, experiments: &[ScenarioResults]) -> CoveredNumber {
    let mut number = CoveredNumber {
        name: named.name(),
        exact,
        experiments: experiments.len() as u64,
        estimated: 0,
        covered: 0,
        below: 0,
        half_width: 0.0,
        least,
    };
    for results in experiments {
        let policy = &results.policies[0];
        let confidence = policy.confidence.as_ref();
        let name = Metric::Named(named).name(&[]);
        let interval = confidence.and_then(|confidence| confidence.numbers.intervals.get(&name));
        let Some(&[low, high]) = interval else { continue };
        number.estimated += 1;
        number.covered += u64::from(low <= exact && exact <= high);
        number.below += u64::from(high < exact);
        number.half_width += (high - low) / 2.0 / exact;
    }
    number.half_width /= number.estimated.max(1) as f64;
    number
}

impl System {
    fn run(&self, way: &RunWay, seed: u64, pool: &JobPool) -> Result<ScenarioResults, Halted> {
        let mut scenario = self.scenario.clone();
        scenario["run"] = json!({
            "requests": way.requests,
            "seed": seed,
            "replications": way.replications,
            "warm_up": WarmUp::Auto,
        });
        let scenario = Scenario::from_json(&scenario.to_string());
        let scenario = scenario.unwrap_or_else(|error| panic!("these systems are valid: {error}"));
        let options = Options { pool: pool.clone(), ..Options::default() };
        run(&scenario, &options, &mut Watch { progress: &|_| ControlFlow::Continue(()), rows: None })
    }
}

fn systems() -> Vec<System> {
    let mm1 = |rate_per_s: f64| {
        let exact = Mm1 { arrival_rate: rate_per_s / 1e3, mean_service: 10.0 };
        let percentile = |share: f64| exact.response_time_percentile(share);
        times(exact.mean_response_time(), percentile(0.95), percentile(0.99))
    };
    let mm4 = Mmc { arrival_rate: 0.32, mean_service: 10.0, channels: 4 };
    let of_mm4 = || {
        let percentile = |share: f64| mm4.response_time_percentile(share);
        times(mm4.mean_response_time(), percentile(0.95), percentile(0.99))
    };
    let lock =
        ThreadPoolQueue { arrival_rate: 0.03, mean_cpu: 20.0, mean_backend: 80.0, threads: 8, running_at_once: 1 };
    let heavy = Mg1 { arrival_rate: 0.05, mean_service: 10.0, squared_cv: 4.0 };
    let exponential = json!({ "exponential": "10ms" });
    let ordinary = |name, scenario, exact| System { name, scenario, exact, least: ALLOWED.0 };
    vec![
        ordinary("M/M/1, ρ = 0.5", station(1, 50.0, &exponential), mm1(50.0)),
        ordinary("M/M/1, ρ = 0.8", station(1, 80.0, &exponential), mm1(80.0)),
        ordinary("M/M/4, ρ = 0.8", station(4, 320.0, &exponential), of_mm4()),
        ordinary("loop, pool of 4 (M/M/4), ρ = 0.8", pool(4, 320.0), of_mm4()),
        ordinary(
            "8 threads under a GIL (D03), 30/s",
            json!({
                "classes": { "request": { "phases": [
                    { "compute": { "exponential": "20ms" } }, { "db": { "exponential": "80ms" } }] } },
                "arrivals": { "poisson": "30/s" },
                "policies": [{ "threaded": { "threads": 8 } }],
            }),
            vec![(Named::Mean, lock.means().response_time)],
        ),
        System {
            name: "M/G/1, lognormal cv 2, ρ = 0.5",
            scenario: station(1, 50.0, &json!({ "lognormal": { "mean": "10ms", "cv": 2 } })),
            exact: vec![(Named::Mean, heavy.mean_response_time())],
            least: LEAST_OF_HEAVY_TAIL,
        },
    ]
}

fn times(mean: f64, p95: f64, p99: f64) -> Vec<(Named, f64)> {
    vec![(Named::Mean, mean), (Named::P95, p95), (Named::P99, p99)]
}

/// Workers that each serve one request at a time on a core of their own.
fn station(workers: u32, rate_per_s: f64, demand: &Value) -> Value {
    json!({
        "classes": { "request": { "phases": [{ "compute": demand }] } },
        "arrivals": { "poisson": format!("{rate_per_s}/s") },
        "machine": { "cores": workers },
        "policies": [{ "sync": { "workers": workers } }],
    })
}

/// A loop whose requests ask a database, 10 ms each on average, through a pool of this size.
fn pool(size: u32, rate_per_s: f64) -> Value {
    json!({
        "classes": { "request": { "phases": [{ "db": { "exponential": "10ms" } }] } },
        "arrivals": { "poisson": format!("{rate_per_s}/s") },
        "backends": { "db": { "pool": { "size": size } } },
        "policies": [{ "async": {} }],
    })
}
