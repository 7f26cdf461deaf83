//! How many requests a second a policy can sustain, and what binds.
//!
//! Where requests wait in one place only while they hold what binds, the capacity is the lowest bound of all stations,
//! and exact. Elsewhere (threads that share a lock or too few cores, slots that are held through a pool) the bounds are
//! only upper ones, and the policy is run with more work than it can do. Where workers are replaced, a run would hold too
//! few of their lives: the bound remains an upper one.
//!
//! Faults, retries and what clients do are left out. Where limits on requests in progress turn requests away whatever else
//! happens, the capacity is that for the requests they let in. A list of arrivals or a trace brings its own mix of classes and
//! demands: that of its first requests counts.

mod brought;
mod collapse;
mod demands;
mod exact;
mod let_in;
mod saturated;
mod sensitivity;
mod stations;
mod verdict;

use serde::{Deserialize, Serialize};

use crate::policy::PolicyChoice;
use crate::random::Workload;
use crate::scenario::Scenario;
use crate::stats::{CapacityMethod, Station};

use demands::Demands;
use saturated::Saturated;
use stations::Stations;

pub use collapse::with_retries;
pub(in crate::study) use exact::is_one_queue;
pub(in crate::study) use sensitivity::sensitivity;
pub use stations::StationBound;
#[cfg(feature = "internals")]
pub use verdict::saturation;
pub(in crate::study) use verdict::{Loads, NEAR_SATURATION, long_run_rate};

/// What a policy can sustain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Capacity {
    /// Requests per second; `None` where nothing limits them.
    #[serde(with = "crate::study::units::bits::optional")]
    pub per_s: Option<f64>,
    /// Half the width of its 95 % interval, where it was found by a run.
    #[serde(with = "crate::study::units::bits::optional")]
    pub half_width_per_s: Option<f64>,
    /// How it was found.
    pub method: CapacityMethod,
    /// What binds: more of it, and the capacity grows. Several where they bind together; none where nothing does.
    pub binding: Vec<Station>,
    /// All stations, the one with the lowest bound first: what binds next.
    pub stations: Vec<StationBound>,
}

/// Stations whose bounds differ by less than this share bind together.
const TIE: f64 = 0.01;

/// In a saturated run, a station so busy binds alone, and one so busy together with what is held meanwhile.
const FULL: f64 = 0.99;
const NEARLY_FULL: f64 = 0.9;

/// Where requests wait for connections for such a share of their time, pools bind.
const NOTABLE_POOL_WAIT: f64 = 0.1;

/// What a policy of a scenario can sustain. Does not depend on the arrivals, except for the mix of classes and demands
/// where these bring their own.
pub fn capacity(scenario: &Scenario, policy: &PolicyChoice) -> Capacity {
    capacity_for(&brought::workload(scenario), scenario, policy)
}

/// The same for requests of another mix.
fn capacity_for(workload: &Workload, scenario: &Scenario, policy: &PolicyChoice) -> Capacity {
    let rules = scenario.rules(policy);
    let demands = Demands::new(workload, &rules, scenario.machine(), scenario.backends());
    let stations = Stations::new(scenario, &rules, &demands);
    let bounds = stations.bounds(policy.runner());
    let Some(lowest) = bounds.first().map(|station| station.bound_per_s) else { return Capacity::unlimited() };
    if stations.lowest_bound_is_exact() || lowest <= 0.0 {
        return Capacity::analytic(lowest, bounds);
    }
    if rules.max_requests.is_some() {
        return Capacity { method: CapacityMethod::UpperBound, ..Capacity::analytic(lowest, bounds) };
    }
    match saturated::run(scenario, workload, &rules, lowest, &demands) {
        Some(run) => Capacity::from_run(&run, lowest, bounds, &stations),
        None => Capacity { method: CapacityMethod::UpperBound, ..Capacity::analytic(lowest, bounds) },
    }
}

/// The bounds of all stations that the requests of a scenario ask for under a policy, the lowest first. Nothing is run.
#[cfg(feature = "internals")]
pub fn station_bounds(scenario: &Scenario, policy: &PolicyChoice) -> Vec<StationBound> {
    KnownBounds::new(scenario, policy).stations
}

/// What is known of a capacity without a run.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::study) struct KnownBounds {
    /// The bounds of all stations, the lowest first.
    pub stations: Vec<StationBound>,
    /// Whether the lowest is the capacity.
    pub is_exact: bool,
}

impl KnownBounds {
    pub fn new(scenario: &Scenario, policy: &PolicyChoice) -> Self {
        let rules = scenario.rules(policy);
        let demands = Demands::new(&brought::workload(scenario), &rules, scenario.machine(), scenario.backends());
        let stations = Stations::new(scenario, &rules, &demands);
        Self { stations: stations.bounds(policy.runner()), is_exact: stations.lowest_bound_is_exact() }
    }

    /// The lowest, in requests per second; infinite where nothing limits the policy.
    pub fn lowest_per_s(&self) -> f64 {
        self.stations.first().map_or(f64::INFINITY, |lowest| lowest.bound_per_s)
    }
}

impl Capacity {
    fn unlimited() -> Self {
        Self {
            per_s: None,
            half_width_per_s: None,
            method: CapacityMethod::Analytic,
            binding: Vec::new(),
            stations: Vec::new(),
        }
    }

    fn analytic(lowest: f64, stations: Vec<StationBound>) -> Self {
        let binds = |station: &&StationBound| station.bound_per_s <= lowest * (1.0 + TIE);
        Self {
            per_s: Some(lowest),
            half_width_per_s: None,
            method: CapacityMethod::Analytic,
            binding: stations.iter().filter(binds).map(|station| station.station.clone()).collect(),
            stations,
        }
    }

    /// In a saturated run all slots are taken, and a thread or loop is held while its request waits elsewhere: such
    /// stations bind if nothing else is fully busy, the scarcest of them first.
    fn from_run(run: &Saturated, lowest: f64, bounds: Vec<StationBound>, stations: &Stations<'_>) -> Self {
        let per_s = run.throughput_per_s.mean.min(lowest);
        let busy = |bound: &StationBound| match bound.station {
            Station::Cores => bound.utilization(per_s).max(run.cores),
            Station::CpuLimit => bound.utilization(per_s).max(run.cores * stations.cores_per_limit()),
            Station::Workers
            | Station::Threads
            | Station::MaxInProgress
            | Station::Gil
            | Station::Loop
            | Station::ThreadPool
            | Station::Pool(_)
            | Station::Backend(_) => bound.utilization(per_s),
        };
        let waits_for_pool = run.pool_wait >= NOTABLE_POOL_WAIT;
        let is_held = |bound: &&StationBound| stations.is_held_through_waits(&bound.station, waits_for_pool);
        let (held, others): (Vec<_>, Vec<_>) = bounds.iter().partition(is_held);
        let busiest = others.iter().map(|bound| busy(bound)).fold(0.0, f64::max);
        let scarcest = held.first().map_or(0.0, |bound| bound.bound_per_s);
        let held_bind = busiest < FULL;
        let least = match (held_bind, held.is_empty()) {
            (false, _) => FULL,
            (true, false) => NEARLY_FULL,
            // Something else must bind: what is busiest.
            (true, true) => busiest * NEARLY_FULL,
        };
        let binding = held.into_iter().filter(|bound| held_bind && bound.bound_per_s <= scarcest * (1.0 + TIE));
        let binding = binding.chain(others.into_iter().filter(|bound| busy(bound) >= least));
        let binding = binding.map(|bound| bound.station.clone()).collect();
        Self {
            per_s: Some(per_s),
            half_width_per_s: Some(run.throughput_per_s.half_width),
            method: CapacityMethod::SaturatedRun,
            binding,
            stations: bounds,
        }
    }

    /// Whether this many requests per second are too many. A capacity that was found by a run is only known up to its
    /// interval; no station sustains more than its bound.
    pub fn is_exceeded_by(&self, rate_per_s: f64) -> bool {
        let highest = self.per_s.map(|per_s| per_s + self.half_width_per_s.unwrap_or(0.0));
        highest.is_some_and(|highest| rate_per_s > highest)
            || self.stations.first().is_some_and(|lowest| rate_per_s >= lowest.bound_per_s)
    }
}
