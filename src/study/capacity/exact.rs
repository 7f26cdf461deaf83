//! Response times that theory knows exactly: one queue that a Poisson stream of requests of one class comes to, once, and
//! plain delays before and after it.

use crate::engine::{BlockingWaits, Dispatch, Order, Queueing, Rules, Scheduler};
use crate::model::{Backend, Machine, PhaseKind, SimDuration};
use crate::policy::PolicyChoice;
use crate::random::{Arrivals, Clients, Distribution, Phase, RequestClass, SinglePhase};
use crate::scenario::Scenario;
use crate::stats::theory::{Mg1, Mm1, Mmc};

/// Exact response times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Exact {
    pub mean_ms: f64,
    /// Not known where services are not exponential, nor where delays come on top.
    pub p99_ms: Option<f64>,
}

/// What theory knows of the response times of a policy at some rate below its capacity.
pub(super) fn exact(scenario: &Scenario, policy: &PolicyChoice, rate_per_s: f64) -> Option<Exact> {
    let rules = scenario.rules(policy);
    if !matches!(scenario.arrivals(), Arrivals::Poisson(_)) || !is_plain(scenario, &rules) {
        return None;
    }
    let queue = ExactQueue::of(only_class(scenario)?, scenario, &rules)?;
    let queueing = queue.response_time(rate_per_s / 1e3)?;
    let has_delays = queue.delays_ms > 0.0;
    Some(Exact { mean_ms: queueing.mean_ms + queue.delays_ms, p99_ms: queueing.p99_ms.filter(|_| !has_delays) })
}

/// Whether each request is served from its beginning to its end by one of several equal workers, in the order of arrival,
/// however long the others take: then one more worker makes no request later (Kiefer and Wolfowitz 1955).
pub(in crate::study) fn is_one_queue(scenario: &Scenario, policy: &PolicyChoice) -> bool {
    let rules = scenario.rules(policy);
    let backends: Vec<&Backend> = scenario.backends().values().collect();
    let is_plain_class = |class: &RequestClass| {
        let phases: Option<Vec<&SinglePhase>> =
            class.phases.iter().map(|phase| plain_phase(phase, &backends)).collect();
        phases.is_some_and(|phases| ExactQueue::of_workers(&phases, scenario.machine().cores, rules.workers).is_some())
    };
    rules.slots == Some(1) && is_plain(scenario, &rules) && scenario.workload().classes.iter().all(is_plain_class)
}

/// Whether requests only work and wait, first come first served, and nothing else happens. Whatever is added to these types
/// has to be thought of here.
fn is_plain(scenario: &Scenario, rules: &Rules) -> bool {
    let Clients { timeout, cancel: _, patience, retries: _ } = scenario.clients();
    let Machine { cores: _, quantum: _, context_switch, wake_preemption: _, client_cpu, cpu_limit, replicas } =
        scenario.machine();
    let Queueing { backlog, dispatch, order } = rules.queueing;
    scenario.faults().is_empty()
        && scenario.workload().classes.iter().all(is_unlimited)
        && timeout.is_none()
        && patience.is_none()
        && *context_switch == SimDuration::ZERO
        && *client_cpu == SimDuration::ZERO
        && cpu_limit.is_none()
        && !replicas.need_balancer()
        && backlog.is_none()
        && order == Order::Fifo
        && dispatch == Dispatch::Shared
        && adds_nothing(rules)
}

/// Whether every request of a class is let in, and stays until it is answered.
fn is_unlimited(class: &RequestClass) -> bool {
    let RequestClass { name: _, weight: _, priority: _, limit, timeout, phases: _ } = class;
    limit.is_none() && timeout.is_none()
}

/// Whether the policy adds nothing to what requests bring.
fn adds_nothing(rules: &Rules) -> bool {
    let Rules {
        workers: _,
        slots: _,
        running_at_once: _,
        hand_over_interval: _,
        blocking_waits: _,
        gathers: _,
        keeps_core: _,
        thread_pool,
        overhead,
        yields_to_respond,
        response_writes: _, // if it yields
        scheduler,
        timers,
        queueing: _,
        busy_accept_delay: _, // of workers that accept on their own
        takes_ahead,
        limit,
        max_requests,
        worker_timeout,
        spare_workers,
    } = rules;
    let serves_all = takes_ahead.is_none() && limit.is_none();
    let lives_on = max_requests.is_none() && worker_timeout.is_none() && spare_workers.is_none();
    let is_timely = timers.is_none() && *scheduler == Scheduler::System;
    serves_all && lives_on && thread_pool.is_none() && overhead.is_none() && !yields_to_respond && is_timely
}

/// The only class that has arrivals.
fn only_class(scenario: &Scenario) -> Option<&RequestClass> {
    let mut arriving = scenario.workload().classes.iter().filter(|class| class.weight > 0.0);
    let class = arriving.next()?;
    arriving.next().is_none().then_some(class)
}

/// Where requests queue, and how long each is served there.
struct ExactQueue<'a> {
    channels: u32,
    service: Vec<&'a Distribution>,
    /// Mean of all delays before and after.
    delays_ms: f64,
}

impl<'a> ExactQueue<'a> {
    fn of(class: &'a RequestClass, scenario: &Scenario, rules: &Rules) -> Option<Self> {
        let backends: Vec<&Backend> = scenario.backends().values().collect();
        let phases: Option<Vec<&SinglePhase>> =
            class.phases.iter().map(|phase| plain_phase(phase, &backends)).collect();
        let phases = phases?;
        match (rules.slots, rules.blocking_waits) {
            (Some(1), _) => Self::of_workers(&phases, scenario.machine().cores, rules.workers),
            (None, BlockingWaits::Marked | BlockingWaits::None) if rules.workers == 1 && rules.running_at_once == 1 => {
                Self::of_loop(&phases)
            }
            (Some(_) | None, BlockingWaits::None | BlockingWaits::Marked | BlockingWaits::All) => None,
        }
    }

    /// Workers that hold a request from its beginning to its end.
    fn of_workers(phases: &[&'a SinglePhase], cores: u32, workers: u32) -> Option<Self> {
        let works = phases.iter().any(|phase| phase.kind.is_cpu());
        let service = phases.iter().map(|phase| &phase.demand).collect();
        (!works || workers <= cores).then_some(Self { channels: workers, service, delays_ms: 0.0 })
    }

    /// A loop that requests come to once, for all their work. Delays do not change that they come at random.
    fn of_loop(phases: &[&'a SinglePhase]) -> Option<Self> {
        let bursts = phases.chunk_by(|one, other| one.kind.is_cpu() == other.kind.is_cpu());
        let bursts: Vec<_> = bursts.filter(|burst| burst[0].kind.is_cpu()).collect();
        let [burst] = bursts[..] else { return None };
        let delays = phases.iter().filter(|phase| !phase.kind.is_cpu());
        Some(Self {
            channels: 1,
            service: burst.iter().map(|phase| &phase.demand).collect(),
            delays_ms: delays.map(|phase| phase.demand.mean_nanos() / 1e6).sum(),
        })
    }

    /// Time in the queue and in service; rates are per millisecond.
    fn response_time(&self, arrival_rate: f64) -> Option<Exact> {
        let service: Vec<&Distribution> = self.service.iter().copied().filter(|law| !law.is_always_zero()).collect();
        let channels = self.channels;
        match (&service[..], channels) {
            ([Distribution::Exponential(mean)], 1) => {
                let queue = Mm1 { arrival_rate, mean_service: mean.as_millis() };
                Some(Exact { mean_ms: queue.mean_response_time(), p99_ms: Some(queue.response_time_percentile(0.99)) })
            }
            ([Distribution::Exponential(mean)], _) => {
                let queue = Mmc { arrival_rate, mean_service: mean.as_millis(), channels };
                Some(Exact { mean_ms: queue.mean_response_time(), p99_ms: Some(queue.response_time_percentile(0.99)) })
            }
            (_, 1) => {
                let mean_service: f64 = service.iter().map(|law| law.mean_nanos() / 1e6).sum();
                let variances: Option<Vec<f64>> = service.iter().map(|law| variance(law)).collect();
                let squared_cv = variances?.iter().sum::<f64>() / mean_service.powi(2);
                let queue = Mg1 { arrival_rate, mean_service, squared_cv };
                Some(Exact { mean_ms: queue.mean_response_time(), p99_ms: None })
            }
            _ => None,
        }
    }
}

/// A phase that is work, or a wait of the length that it says; `None` for all others.
fn plain_phase<'a>(phase: &'a Phase, backends: &[&Backend]) -> Option<&'a SinglePhase> {
    let Phase::Single(single) = phase else { return None };
    let is_plain = match single.kind {
        PhaseKind::Framework | PhaseKind::Compute | PhaseKind::Sleep => true,
        PhaseKind::Backend { backend, blocking } => {
            let backend = backends.get(usize::from(backend.0))?;
            let Backend {
                pool,
                concurrency,
                sharing: _,
                max_connections: _,
                round_trip,
                query_overhead,
                client,
                stand_in: _,
                errors,
                abandoned: _, // of a call that is given up
            } = backend;
            let is_limited = pool.is_some() || concurrency.is_some();
            let always_answers = single.call.is_plain() && *errors <= 0.0;
            always_answers
                && !blocking
                && !is_limited
                && client.is_none()
                && *round_trip + *query_overhead == SimDuration::ZERO
        }
    };
    is_plain.then_some(single)
}

/// The variance of a distribution in ms²; `None` where it is not known here.
fn variance(law: &Distribution) -> Option<f64> {
    match law {
        Distribution::Constant(_) => Some(0.0),
        Distribution::Exponential(mean) => Some(mean.as_millis().powi(2)),
        Distribution::Uniform(_)
        | Distribution::Normal(_)
        | Distribution::Lognormal(_)
        | Distribution::Gamma(_)
        | Distribution::Erlang(_)
        | Distribution::Weibull(_)
        | Distribution::Pareto(_)
        | Distribution::Hyperexponential(_)
        | Distribution::Mixture(_)
        | Distribution::Empirical(_) => None,
    }
}
