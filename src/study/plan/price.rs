//! What a configuration costs, and what it may not exceed.

use crate::policy::Runner;
use crate::scenario::Scenario;

/// What each part costs, in any one unit.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Prices {
    /// A worker process.
    pub worker: f64,
    /// A thread of a worker.
    pub thread: f64,
    /// A connection to a backend.
    pub connection: f64,
    /// A core; `None`: of two configurations, the one with fewer cores is cheaper.
    pub core: Option<f64>,
}

/// A megabyte, in bytes.
const MB: f64 = 1e6;

impl Default for Prices {
    /// Memory, in bytes: what processes, threads and PostgreSQL's connections usually take.
    fn default() -> Self {
        Self { worker: 120.0 * MB, thread: 8.0 * MB, connection: 10.0 * MB, core: None }
    }
}

impl Prices {
    /// Prices in a unit of one's own: what is not named costs nothing.
    pub const NOTHING: Self = Self { worker: 0.0, thread: 0.0, connection: 0.0, core: None };

    /// What decides which of two configurations is cheaper: cores first, where they have no price.
    pub(super) fn rank(&self, scenario: &Scenario, place: usize) -> f64 {
        const MOST: f64 = 1e15;
        let cores = if self.core.is_none() { scenario.machine().all_cores() as f64 * MOST } else { 0.0 };
        cores + self.cost(scenario, place)
    }

    /// What a configuration of the policy in this place costs.
    pub(super) fn cost(&self, scenario: &Scenario, place: usize) -> f64 {
        let policy = &scenario.policies()[place];
        let rules = scenario.rules(policy);
        let workers = f64::from(rules.workers);
        let in_slots = match policy.runner() {
            Runner::Thread => rules.slots.unwrap_or(0),
            Runner::Worker | Runner::Loop => 0,
        };
        let threads = f64::from(rules.thread_pool.map_or(in_slots, |pool| pool.threads));
        let connections: f64 = scenario.backends().keys().map(|name| connections(scenario, place, name)).sum();
        self.worker * workers
            + self.thread * workers * threads
            + self.connection * connections
            + self.core.unwrap_or(0.0) * scenario.machine().all_cores() as f64
    }
}

/// The connections of all pools of a backend.
pub(super) fn connections(scenario: &Scenario, place: usize, backend: &str) -> f64 {
    let workers = scenario.rules(&scenario.policies()[place]).workers;
    let pool = scenario.backends().get(backend).and_then(|backend| backend.pool.as_ref());
    pool.map_or(0.0, |pool| f64::from(pool.most()) * f64::from(pool.per.pools(workers, &scenario.machine().replicas)))
}

/// What a configuration may not exceed.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PlanLimits {
    /// The cost, in the unit of the prices.
    pub cost: Option<f64>,
    /// The connections to backends, by name.
    pub connections: Vec<(String, f64)>,
    /// Workers in all replicas.
    pub workers: Option<u32>,
    /// Threads in each worker.
    pub threads: Option<u32>,
    /// Cores of all replicas.
    pub cores: Option<u32>,
}

impl PlanLimits {
    /// Each that is set, in the words of `--limit`.
    pub(super) fn shown(&self) -> Vec<String> {
        let Self { cost, connections, workers, threads, cores } = self;
        let of_sizes = [("workers", workers), ("threads", threads), ("cores", cores)];
        let sizes = of_sizes.into_iter().filter_map(|(name, most)| Some((name.to_owned(), f64::from((*most)?))));
        let backends = connections.iter().map(|(name, most)| (format!("{name}.connections"), *most));
        let cost = cost.map(|most| ("cost".to_owned(), most));
        sizes.chain(backends).chain(cost).map(|(name, most)| format!("{name} <= {most}")).collect()
    }

    /// Whether a configuration is within them.
    pub(super) fn allow(&self, scenario: &Scenario, place: usize, prices: &Prices) -> bool {
        let Self { cost, connections: of_backends, workers, threads, cores } = self;
        let rules = scenario.rules(&scenario.policies()[place]);
        let in_worker = rules.thread_pool.as_ref().map(|pool| pool.threads).or(rules.slots);
        cost.is_none_or(|most| prices.cost(scenario, place) <= most)
            && of_backends.iter().all(|(backend, most)| connections(scenario, place, backend) <= *most)
            && workers.is_none_or(|most| rules.workers <= most)
            && threads.is_none_or(|most| in_worker.is_none_or(|threads| threads <= most))
            && cores.is_none_or(|most| scenario.machine().all_cores() <= u64::from(most))
    }
}
