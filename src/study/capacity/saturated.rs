//! A policy with more work than it can do: how many requests a second it serves.
//!
//! Users who always come back keep it saturated. Where the number of slots is small they do not think, and are twice as
//! many as slots: there is always a request in the backlog. Otherwise they are so many, and think for so long, that twice
//! as many requests would come as any station could bear if none of them had to wait: about half of the users then stand
//! where it is narrowest. In the long run users send as many requests as are served, so that arrivals are counted.
//!
//! The run has a replication number of its own and nothing goes wrong in it: faults, limits of the backlog, patience and
//! timeouts are left out. It is over when its interval is narrow, or after a number of events.

use crate::engine::{Departure, Dispatch, Observer, Order, Queueing, Rules, Setup, Simulation};
use crate::model::{Activity, Backend, SimDuration, SimTime};
use crate::random::{Clients, Distribution, Load, Streams, Users, Workload};
use crate::scenario::Scenario;
use crate::stats::Interval;

/// What a saturated policy does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Saturated {
    /// Requests served per second, with its 95 % interval.
    pub throughput_per_s: Interval,
    /// How busy the cores are, 0 to 1, switching included.
    pub cores: f64,
    /// The share of their time in progress that requests wait for a connection.
    pub pool_wait: f64,
}

/// No other run of a scenario has this number.
const REPLICATION: u64 = u64::MAX;

const LEVEL: f64 = 0.95;

/// Half width / throughput at which the run is over.
const PRECISE: f64 = 0.005;

/// Between two looks at the run.
const EVENTS_PER_BATCH: u64 = 2_000;

/// The run is over after so many events, however wide the interval.
const MOST_EVENTS: u64 = 1_000_000;

/// Neighbours are merged when there are so many batches.
const MOST_BATCHES: usize = 40;

/// More users are not simulated.
const MOST_USERS: u32 = 20_000;

/// Runs a policy of which the lowest bound of all stations is known, and so is the time a request stays in progress at
/// least, in nanoseconds. `None` where it would need too many users, or stops by itself.
pub(super) fn run(
    scenario: &Scenario,
    workload: &Workload,
    rules: &Rules,
    bound_per_s: f64,
    stay: f64,
) -> Option<Saturated> {
    let users = users(rules, bound_per_s, stay)?;
    let warm_up = 3 * u64::from(users.count);
    let backends: Vec<Backend> = scenario.backends.values().map(without_timeout).collect();
    let setup = Setup {
        workload,
        load: Load::Closed(users),
        clients: &Clients::default(),
        machine: &scenario.machine,
        backends: &backends,
        faults: &[],
        rules: with_one_backlog(rules),
        streams: Streams::new(scenario.run.seed, REPLICATION),
        warm_up: SimTime::ZERO,
        requests: None,
        horizon: None,
        max_in_flight: crate::engine::MAX_IN_FLIGHT,
    };
    let mut simulation = Simulation::new(setup, PoolWaits::default());
    let mut events = 0;
    while events < MOST_EVENTS / 2 && simulation.progress().0 < warm_up {
        events += EVENTS_PER_BATCH;
        if !simulation.advance(EVENTS_PER_BATCH) {
            return None;
        }
    }
    let mut batches = Batches::from(simulation.progress());
    while events < MOST_EVENTS && !batches.are_precise() {
        events += EVENTS_PER_BATCH;
        if !simulation.advance(EVENTS_PER_BATCH) {
            return None;
        }
        batches.add(simulation.progress());
    }
    let throughput_per_s = batches.rate_per_s()?;
    let (record, waits) = simulation.finish();
    let core_nanos = record.usages.until.as_nanos() as f64 * f64::from(scenario.machine.cores);
    Some(Saturated {
        throughput_per_s,
        cores: record.usages.cores.area as f64 / core_nanos,
        pool_wait: waits.pool_wait as f64 / waits.in_progress.max(1) as f64,
    })
}

/// So many users, thinking for so long, that the policy has always something to do.
fn users(rules: &Rules, bound_per_s: f64, stay: f64) -> Option<Users> {
    let slots = rules.slots.map_or(f64::INFINITY, |slots| f64::from(slots) * f64::from(rules.workers));
    let in_progress = bound_per_s * stay / 1e9;
    let enough = 5.0 * in_progress + 500.0;
    if 2.0 * slots < enough.min(f64::from(MOST_USERS)) {
        return Some(Users { count: 2 * slots as u32 + 1, think: Distribution::Constant(SimDuration::ZERO) });
    }
    let think = enough / (2.0 * bound_per_s) * 1e9;
    (enough <= f64::from(MOST_USERS))
        .then(|| Users { count: enough as u32, think: Distribution::Exponential(SimDuration::round_from_nanos(think)) })
}

/// A request that waits for a connection waits on.
fn without_timeout(backend: &Backend) -> Backend {
    let mut backend = backend.clone();
    if let Some(pool) = &mut backend.pool {
        pool.acquire_timeout = None;
    }
    backend
}

/// In a saturated application it does not matter which worker a request is bound to, and the order of the backlog must
/// not choose among the classes.
fn with_one_backlog(rules: &Rules) -> Rules {
    let queueing = Queueing { backlog: None, dispatch: Dispatch::Shared, order: Order::Fifo };
    Rules { queueing, ..rules.clone() }
}

/// Adds up how long requests waited for connections.
#[derive(Clone, Copy, Debug, Default)]
struct PoolWaits {
    pool_wait: u128,
    in_progress: u128,
}

impl Observer for PoolWaits {
    fn on_departure(&mut self, departure: &Departure) {
        let spent = |activity: Activity| u128::from(departure.spent[activity as usize].as_nanos());
        self.pool_wait += spent(Activity::PoolWait);
        self.in_progress += u128::from(departure.response_time().as_nanos()) - spent(Activity::BacklogWait);
    }
}

/// Requests and time, by stretches of equally many events.
#[derive(Clone, Debug)]
struct Batches {
    last: (u64, SimTime),
    batches: Vec<(u64, SimDuration)>,
    /// Stretches in a batch, and in the one that is not full.
    size: u64,
    fill: u64,
    open: (u64, SimDuration),
}

impl Batches {
    fn from(start: (u64, SimTime)) -> Self {
        Self { last: start, batches: Vec::new(), size: 1, fill: 0, open: (0, SimDuration::ZERO) }
    }

    fn add(&mut self, now: (u64, SimTime)) {
        self.open.0 += now.0 - self.last.0;
        self.open.1 += now.1 - self.last.1;
        self.last = now;
        self.fill += 1;
        if self.fill < self.size {
            return;
        }
        self.batches.push(std::mem::take(&mut self.open));
        self.fill = 0;
        if self.batches.len() == MOST_BATCHES {
            self.batches = self.batches.chunks(2).map(|two| (two[0].0 + two[1].0, two[0].1 + two[1].1)).collect();
            self.size *= 2;
        }
    }

    fn are_precise(&self) -> bool {
        let is_looked_at = self.fill == 0 && self.batches.len() == MOST_BATCHES / 2;
        is_looked_at && self.rate_per_s().is_some_and(|rate| rate.half_width <= PRECISE * rate.mean)
    }

    /// All requests / all time; the interval is that of the batches.
    fn rate_per_s(&self) -> Option<Interval> {
        let rate = |(requests, span): &(u64, SimDuration)| *requests as f64 / span.as_secs();
        let rates: Vec<f64> = self.batches.iter().map(rate).collect();
        let (requests, span) =
            self.batches.iter().fold((0, SimDuration::ZERO), |sum, batch| (sum.0 + batch.0, sum.1 + batch.1));
        let interval = Interval::of_mean(&rates, LEVEL)?;
        interval.half_width.is_finite().then(|| Interval { mean: rate(&(requests, span)), ..interval })
    }
}
