//! A policy with more work than it can do: how many requests a second it serves.
//!
//! A closed load keeps it saturated. Where the number of slots is small they do not think, and are twice as
//! many as slots: there is always a request in the backlog. Otherwise their number and think time are such that
//! twice as many requests would arrive as any station could serve if none of them had to wait: about half of the users then
//! wait at the bottleneck.
//!
//! The run has a replication number of its own and nothing goes wrong in it: faults, limits of the backlog and on requests in
//! progress, patience and timeouts are left out. It is over after a number of events.

use std::ops::Not;

use crate::engine::{Departure, Dispatch, MAX_IN_FLIGHT, Observer, Order, Queueing, Rules, Setup, Simulation};
use crate::model::{Activity, ActivityGroup, Backend, Balancer, Machine, Replicas, SimDuration, SimTime};
use crate::random::{Clients, Distribution, Load, Streams, Users, Workload};
use crate::scenario::Scenario;
use crate::stats::Interval;

use super::demands::Demands;

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

/// A control whose mean the run contradicts at this level is none.
const NEARLY_CERTAIN: f64 = 0.999;

/// Number of events that are simulated: some hundredths of a second.
const EVENTS: u64 = 400_000;

/// The progress of the run is recorded each time this many requests have departed.
const REQUESTS_PER_MARK: u64 = 16;

/// Number of equal parts of the run that the interval is computed from.
const BATCHES: usize = 30;

/// More users are not simulated.
const MOST_USERS: u32 = 20_000;

/// Runs a policy of which the lowest bound of all stations is known, and so are the mean demands. `None` where it would need too many users, or stops by itself.
pub(super) fn run(
    scenario: &Scenario,
    workload: &Workload,
    rules: &Rules,
    bound_per_s: f64,
    demands: &Demands,
) -> Option<Saturated> {
    let users = users(rules, bound_per_s, demands.stay)?;
    let warm_up = 3 * u64::from(users.count);
    let backends: Vec<Backend> = scenario.backends().values().map(without_timeout).collect();
    let workload = without_limits(workload);
    let setup = Setup {
        workload: &workload,
        load: Load::Closed(users),
        clients: &Clients::default(),
        machine: &with_even_load(scenario.machine()),
        backends: &backends,
        faults: &[],
        rules: with_one_backlog(rules),
        streams: Streams::new(scenario.run().seed, REPLICATION),
        accept: 0,
        warm_up: SimTime::ZERO,
        requests: None,
        horizon: None,
        max_in_flight: MAX_IN_FLIGHT,
    };
    // So that it is as long as ever: its length is a number of events.
    let mut simulation = Simulation::new(setup, SaturatedObserver::default()).with_void_events();
    let is_stuck = simulation.advance(EVENTS).not();
    let (record, watch) = simulation.finish();
    if is_stuck || record.deadlock.is_some() {
        return None;
    }
    let core_nanos = record.end.as_nanos() as f64 * scenario.machine().all_cores() as f64;
    Some(Saturated {
        throughput_per_s: throughput(&watch.marks, warm_up, &controls(demands, scenario.machine()))?,
        cores: record.cores.area as f64 / core_nanos,
        pool_wait: watch.pool_wait as f64 / watch.in_progress.max(1) as f64,
    })
}

/// Enough users that the policy is always busy, and how long they think.
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

/// All requests are let in, and wait until they are answered.
fn without_limits(workload: &Workload) -> Workload {
    let mut workload = workload.clone();
    for class in &mut workload.classes {
        (class.limit, class.timeout) = (None, None);
    }
    workload
}

/// All replicas are kept equally busy.
fn with_even_load(machine: &Machine) -> Machine {
    let replicas = Replicas { balancer: Balancer::LeastBusy, health: None, ..machine.replicas.clone() };
    Machine { replicas, ..machine.clone() }
}

/// A request that waits for a connection waits on.
fn without_timeout(backend: &Backend) -> Backend {
    let mut backend = backend.clone();
    if let Some(pool) = &mut backend.pool {
        pool.acquire_timeout = None;
    }
    backend
}

/// In a saturated application it does not matter which worker a request is bound to or waits in, nothing goes wrong, all workers
/// run, and the order of the backlog must not choose among the classes.
fn with_one_backlog(rules: &Rules) -> Rules {
    let queueing = Queueing { backlog: None, dispatch: Dispatch::Shared, order: Order::Fifo };
    Rules { queueing, takes_ahead: None, limit: None, worker_timeout: None, spare_workers: None, ..rules.clone() }
}

/// What is watched of the run.
#[derive(Clone, Debug, Default)]
struct SaturatedObserver {
    marks: Vec<ProgressMark>,
    departed: u64,
    /// How long departed requests had the cores work, and were away at backends or asleep, in nanoseconds.
    work: u128,
    away: u128,
    /// Time in progress that requests spent waiting for connections, and all of it, in nanoseconds.
    pool_wait: u128,
    in_progress: u128,
}

/// How far the run was when a request departed.
#[derive(Clone, Copy, Debug)]
struct ProgressMark {
    /// How many had departed.
    requests: f64,
    nanos: f64,
    /// How long they had the cores work, and were away, in nanoseconds.
    work_nanos: f64,
    away_nanos: f64,
}

impl Observer for SaturatedObserver {
    fn on_departures(&mut self, departures: &[Departure]) {
        for departure in departures {
            let spent = departure.spent.map(|span| u128::from(span.as_nanos()));
            self.pool_wait += spent[Activity::PoolWait as usize];
            self.in_progress +=
                u128::from(departure.response_time().as_nanos()) - spent[Activity::BacklogWait as usize];
            self.work += ActivityGroup::Cpu.total(&spent);
            self.away += ActivityGroup::Away.total(&spent);
            self.departed += 1;
            if self.departed.is_multiple_of(REQUESTS_PER_MARK) {
                self.marks.push(ProgressMark {
                    requests: self.departed as f64,
                    nanos: departure.departure.as_nanos() as f64,
                    work_nanos: self.work as f64,
                    away_nanos: self.away as f64,
                });
            }
        }
    }
}

/// What departed requests brought, of which the mean is known: where they happened to bring more than that, fewer were
/// served.
#[derive(Clone, Copy, Debug)]
struct Control {
    brought: fn(&ProgressMark) -> f64,
    /// Of a request, in nanoseconds.
    mean: f64,
}

/// Work, and time away where its mean is known, which that of rounded sleeps is not. Where switching takes time, demands
/// are not all there is.
fn controls(demands: &Demands, machine: &Machine) -> Vec<Control> {
    let work = Control { brought: |mark| mark.work_nanos, mean: demands.cpu - demands.trailing };
    let away = Control { brought: |mark| mark.away_nanos, mean: demands.stay - demands.cpu };
    let away = demands.stay_is_exact.then_some(away);
    let is_known = |control: &Control| machine.has_no_other_work() && control.mean > 0.0 && control.mean.is_finite();
    [Some(work), away].into_iter().flatten().filter(is_known).collect()
}

/// What happened between two marks.
#[derive(Clone, Copy, Debug)]
struct RateSample {
    rate_per_s: f64,
    /// Requests per second less what they brought per second / its mean for a request: 0 in the long run.
    surplus_per_s: f64,
}

impl RateSample {
    fn between(from: ProgressMark, to: ProgressMark, control: Option<Control>) -> Self {
        let seconds = (to.nanos - from.nanos) / 1e9;
        let rate_per_s = (to.requests - from.requests) / seconds;
        let brought = |control: Control| ((control.brought)(&to) - (control.brought)(&from)) / control.mean / seconds;
        Self { rate_per_s, surplus_per_s: control.map_or(0.0, |control| rate_per_s - brought(control)) }
    }

    /// The rate without so much of the surplus, whose mean is 0.
    fn without(self, part: f64) -> f64 {
        self.rate_per_s - part * self.surplus_per_s
    }
}

/// Requests per second from the marks after the warm-up. Each surplus is a control variate: a rate is high when demands
/// happen to be short (Law, *Simulation Modeling and Analysis*, 5th edition, 11.4). The one that explains most is used, of
/// those whose mean is what the run shows: a control whose mean is not known after all would move the rate anywhere.
fn throughput(marks: &[ProgressMark], warm_up: u64, controls: &[Control]) -> Option<Interval> {
    let first = marks.iter().position(|mark| mark.requests >= warm_up as f64).unwrap_or(marks.len() / 2);
    let marks = &marks[first.min(marks.len() / 2)..];
    let found = controls.iter().copied().map(Some).chain([None]).filter_map(|control| controlled(marks, control));
    found.min_by(|one, other| one.half_width.total_cmp(&other.half_width))
}

fn controlled(marks: &[ProgressMark], control: Option<Control>) -> Option<Interval> {
    let (first, last) = (marks.first()?, marks.last()?);
    let size = marks.len().div_ceil(BATCHES);
    let edges: Vec<ProgressMark> = marks.iter().copied().step_by(size.max(1)).collect();
    let batches: Vec<RateSample> =
        edges.windows(2).map(|edge| RateSample::between(edge[0], edge[1], control)).collect();
    let whole = RateSample::between(*first, *last, control);
    if control.is_some() && !has_mean_zero(&batches, whole) {
        return None;
    }
    let part = part_to_leave_out(&batches);
    let rates: Vec<f64> = batches.iter().map(|batch| batch.without(part)).collect();
    let interval = Interval::of_mean(&rates, LEVEL).filter(|interval| interval.half_width.is_finite())?;
    let mean = whole.without(part);
    // Of a rate that might as well be 0 the run says nothing.
    (mean > interval.half_width).then_some(Interval { mean, ..interval })
}

/// Whether the run agrees that a surplus is 0 in the long run: its mean lies within the interval of the batches, widened by
/// what requests in flight at both ends of the run contribute.
fn has_mean_zero(batches: &[RateSample], whole: RateSample) -> bool {
    let surpluses: Vec<f64> = batches.iter().map(|batch| batch.surplus_per_s).collect();
    let edges = surpluses.iter().fold(0.0, |most: f64, surplus| most.max(surplus.abs())) / surpluses.len() as f64;
    let interval = Interval::of_mean(&surpluses, NEARLY_CERTAIN);
    interval.is_some_and(|interval| whole.surplus_per_s.abs() <= interval.half_width + edges)
}

/// The part of the surplus without which rates vary least: their covariance / the variance of the surplus.
fn part_to_leave_out(batches: &[RateSample]) -> f64 {
    let count = batches.len() as f64;
    let mean = |value: &dyn Fn(&RateSample) -> f64| batches.iter().map(value).sum::<f64>() / count;
    let (rate, surplus) = (mean(&|batch| batch.rate_per_s), mean(&|batch| batch.surplus_per_s));
    let covariance = mean(&|batch| (batch.rate_per_s - rate) * (batch.surplus_per_s - surplus));
    let variance = mean(&|batch| (batch.surplus_per_s - surplus).powi(2));
    // Constant demands leave nothing but rounding.
    if variance > 1e-18 * rate * rate { covariance / variance } else { 0.0 }
}
