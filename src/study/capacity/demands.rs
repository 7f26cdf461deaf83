//! The mean demands of a request that is alone in the system.

use indexmap::IndexMap;

use crate::engine::{BlockingWaits, Rounding, Rules, Timers};
use crate::model::{Backend, BackendClient, Machine, PhaseKind, Quantum, SimDuration};
use crate::random::{Distribution, Phase, RequestClass, SinglePhase, Workload};

/// The backends of a scenario by name, in their order.
type BackendMap = IndexMap<String, Backend>;

/// Mean demands of a request, in nanoseconds, over the mix of classes. A mean may be infinite.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Demands {
    /// CPU time, with what it costs to get the core for each burst where that is known in advance.
    pub cpu: f64,
    /// The part of it that comes after the response is out.
    pub trailing: f64,
    /// Time for which the request holds its turn: its CPU time and the waits that block what runs it.
    pub turn: f64,
    /// The part of it for which the loop is held, if the request is not in a thread beside it.
    pub in_loop: f64,
    /// Time from taking a slot to departure; less than that where waits of random length go on at the same time, or are
    /// rounded by the timers of a loop.
    pub stay: f64,
    /// Whether `stay` is all of it.
    pub stay_is_exact: bool,
    /// Time off the CPU, of all waits one by one; rounded ones as `stay` has them.
    pub waits: f64,
    /// Time in a thread of the loop's thread pool.
    pub thread: f64,
    /// Time of queries, by backend.
    pub queries: Vec<f64>,
    /// Time for which connections are held at least, by backend: of queries and of the statements around them.
    pub connections: Vec<f64>,
    /// The most queries of a request under way at the same time, by backend; 0 where there are none.
    pub queries_at_once: Vec<u32>,
    /// Whether waits for it block what runs the request, by backend.
    pub blocks: Vec<bool>,
}

impl Demands {
    /// Of the classes that ever arrive, each by its weight.
    pub fn new(workload: &Workload, rules: &Rules, machine: &Machine, backends: &BackendMap) -> Self {
        let mut sum = Self::none(backends);
        let arriving = || workload.classes.iter().filter(|class| class.weight > 0.0);
        let weights: f64 = arriving().map(|class| class.weight).sum();
        for class in arriving() {
            sum.add(class.weight / weights, &Self::of_class(class, rules, machine, backends));
        }
        sum
    }

    fn none(backends: &BackendMap) -> Self {
        let backends = backends.len();
        Self {
            stay_is_exact: true,
            queries: vec![0.0; backends],
            connections: vec![0.0; backends],
            queries_at_once: vec![0; backends],
            blocks: vec![false; backends],
            ..Self::default()
        }
    }

    fn add(&mut self, share: f64, class: &Self) {
        self.cpu += share * class.cpu;
        self.trailing += share * class.trailing;
        self.turn += share * class.turn;
        self.in_loop += share * class.in_loop;
        self.stay += share * class.stay;
        self.stay_is_exact &= class.stay_is_exact;
        self.waits += share * class.waits;
        self.thread += share * class.thread;
        for backend in 0..self.queries.len() {
            self.queries[backend] += share * class.queries[backend];
            self.connections[backend] += share * class.connections[backend];
            self.queries_at_once[backend] = self.queries_at_once[backend].max(class.queries_at_once[backend]);
            self.blocks[backend] |= class.blocks[backend];
        }
    }

    fn of_class(class: &RequestClass, rules: &Rules, machine: &Machine, backends: &BackendMap) -> Self {
        let mut demands = Self::none(backends);
        let runner = Running::new(class, rules, backends);
        let mut bursts = Bursts::default();
        demands.add_phases(&class.phases, &runner, &mut bursts);
        let overhead = rules.overhead.total().as_nanos() as f64;
        demands.cpu += overhead;
        demands.trailing = rules.overhead.after.as_nanos() as f64;
        demands.turn += overhead;
        demands.stay += overhead;
        let switching = bursts.number * switch_nanos(rules, machine);
        demands.cpu += switching;
        demands.turn += switching;
        demands.stay += switching;
        demands.in_loop = if runner.in_thread { overhead } else { demands.turn };
        if runner.in_thread {
            demands.thread = demands.stay - overhead;
        }
        demands
    }

    fn add_phases(&mut self, phases: &[Phase], runner: &Running<'_>, bursts: &mut Bursts) {
        for phase in phases {
            match phase {
                Phase::Single(single) => {
                    bursts.add(single, runner.waits.backends);
                    self.one_after_another(single, runner);
                }
                Phase::Parallel { branches, concurrent } => {
                    bursts.end();
                    if runner.gathers || *concurrent {
                        self.at_the_same_time(branches, runner.waits, runner.blocks(false));
                    } else {
                        branches.iter().for_each(|branch| self.one_after_another(branch, runner));
                    }
                }
                Phase::Maybe { probability, phases: _ } if *probability <= 0.0 => {}
                Phase::Maybe { probability, phases } => {
                    let mut optional = Self::none(runner.waits.backends);
                    let mut optional_bursts = Bursts { number: 0.0, under_way: bursts.under_way };
                    optional.add_phases(phases, runner, &mut optional_bursts);
                    self.add(*probability, &optional);
                    bursts.add_optional(*probability, optional_bursts);
                }
                Phase::Hold { backend: _, blocking: _, phases } => self.add_phases(phases, runner, bursts),
            }
        }
    }

    fn one_after_another(&mut self, phase: &SinglePhase, runner: &Running<'_>) {
        let waits = runner.waits;
        let Mean { nanos, is_exact } = waits.mean(phase);
        self.stay += nanos;
        self.stay_is_exact &= is_exact;
        match phase.kind {
            PhaseKind::Framework | PhaseKind::Compute => {
                self.cpu += nanos;
                self.turn += nanos;
            }
            PhaseKind::Backend { backend, blocking } => {
                let backend = usize::from(backend.0);
                let client = waits.backends[backend].client_costs();
                let cpu = client.cpu().as_nanos() as f64;
                let statements = statement_nanos(&waits.backends[backend], client);
                self.cpu += cpu;
                self.turn += cpu;
                self.stay += cpu + statements;
                self.queries[backend] += nanos;
                self.connections[backend] += nanos + if client.has_statements() { statements + cpu } else { 0.0 };
                self.queries_at_once[backend] = self.queries_at_once[backend].max(1);
                self.wait(nanos + statements, runner.blocks(blocking));
                self.blocks[backend] |= runner.blocks(blocking);
            }
            PhaseKind::Sleep => self.wait(nanos, runner.blocks(false)),
        }
    }

    fn wait(&mut self, nanos: f64, blocks: bool) {
        self.waits += nanos;
        self.turn += if blocks { nanos } else { 0.0 };
    }

    /// Waits that go on at the same time take as long as the longest of them; in the mean at least as long as the
    /// longest mean.
    fn at_the_same_time(&mut self, branches: &[SinglePhase], waits: WaitDemands<'_>, blocks: bool) {
        let mut longest: f64 = 0.0;
        let mut queries_at_once = vec![0; self.queries.len()];
        for branch in branches {
            let Mean { nanos, is_exact } = waits.mean(branch);
            longest = longest.max(nanos);
            self.waits += nanos;
            self.stay_is_exact &=
                is_exact && (branches.len() == 1 || matches!(branch.demand, Distribution::Constant(_)));
            if let PhaseKind::Backend { backend, .. } = branch.kind {
                let backend = usize::from(backend.0);
                self.queries[backend] += nanos;
                self.connections[backend] += nanos;
                queries_at_once[backend] += 1;
                self.blocks[backend] |= blocks;
            }
        }
        self.stay += longest;
        self.turn += if blocks { longest } else { 0.0 };
        for (most, number) in self.queries_at_once.iter_mut().zip(queries_at_once) {
            *most = number.max(*most);
        }
    }
}

/// What runs the requests of a class.
struct Running<'a> {
    rules: &'a Rules,
    waits: WaitDemands<'a>,
    in_thread: bool,
    /// Whether parallel waits run at the same time.
    gathers: bool,
}

impl<'a> Running<'a> {
    fn new(class: &RequestClass, rules: &'a Rules, backends: &'a BackendMap) -> Self {
        let in_thread = rules.thread_pool.as_ref().is_some_and(|pool| pool.takes(&class.name));
        let waits = WaitDemands { backends, timers: rules.timers.filter(|_| !in_thread) };
        Self { rules, waits, in_thread, gathers: rules.gathers && !in_thread }
    }

    /// Whether a wait, marked as blocking or not, blocks what runs the request.
    fn blocks(&self, is_marked: bool) -> bool {
        match self.rules.blocking_waits {
            BlockingWaits::None => false,
            BlockingWaits::Marked => is_marked && !self.in_thread,
            BlockingWaits::All => true,
        }
    }
}

/// The bursts of a request in the mean: CPU phases one after another are one burst.
#[derive(Clone, Copy, Debug, Default)]
struct Bursts {
    number: f64,
    /// The probability that the last phase ended with a burst, which the next one may continue.
    under_way: f64,
}

impl Bursts {
    fn add(&mut self, phase: &SinglePhase, backends: &BackendMap) {
        let (begun, ends_with_cpu) = bursts_of(phase, backends);
        let continues = if begins_with_cpu(phase, backends) { self.under_way } else { 0.0 };
        self.number += f64::from(begun) - continues;
        self.under_way = f64::from(u8::from(ends_with_cpu));
    }

    /// Adds those of phases that are gone through with that probability.
    fn add_optional(&mut self, probability: f64, optional: Self) {
        self.number += probability * optional.number;
        self.under_way += probability * (optional.under_way - self.under_way);
    }

    /// A wait follows.
    fn end(&mut self) {
        self.under_way = 0.0;
    }
}

/// How many bursts a phase has, and whether it ends with one.
fn bursts_of(phase: &SinglePhase, backends: &BackendMap) -> (u32, bool) {
    let PhaseKind::Backend { backend, .. } = phase.kind else {
        let is_cpu = phase.kind.is_cpu();
        return (u32::from(is_cpu), is_cpu);
    };
    let client = backends[usize::from(backend.0)].client_costs();
    if client.has_statements() {
        // One to connect and for the first statement, one for each further one and for the query, one at the end.
        return (2 + client.statements().count() as u32, true);
    }
    let takes_time = |span: SimDuration| span > SimDuration::ZERO;
    (u32::from(takes_time(client.before)) + u32::from(takes_time(client.after)), takes_time(client.after))
}

/// Whether a phase begins with a burst, which is one with that of the phase before.
fn begins_with_cpu(phase: &SinglePhase, backends: &BackendMap) -> bool {
    match phase.kind {
        PhaseKind::Framework | PhaseKind::Compute => true,
        PhaseKind::Sleep => false,
        PhaseKind::Backend { backend, .. } => {
            let client = backends[usize::from(backend.0)].client_costs();
            client.has_statements() || client.before > SimDuration::ZERO
        }
    }
}

/// The time of the statements that a client sends in addition to a query, each with its round trip.
fn statement_nanos(backend: &Backend, client: BackendClient) -> f64 {
    client.statements().map(|statement| (statement.time + backend.round_trip).as_nanos() as f64).sum()
}

/// What is to be known of waits, and of all other phases.
#[derive(Clone, Copy, Debug)]
struct WaitDemands<'a> {
    backends: &'a BackendMap,
    /// On what the sleeps of these requests end.
    timers: Option<Timers>,
}

/// The mean of a time in nanoseconds, or what it is at least.
#[derive(Clone, Copy, Debug)]
struct Mean {
    nanos: f64,
    is_exact: bool,
}

impl WaitDemands<'_> {
    /// The mean time of a phase, with what its backend adds and the way there and back.
    fn mean(self, phase: &SinglePhase) -> Mean {
        let backend = match phase.kind {
            PhaseKind::Backend { backend, .. } => Some(&self.backends[usize::from(backend.0)]),
            PhaseKind::Framework | PhaseKind::Compute | PhaseKind::Sleep => None,
        };
        let added = backend.map_or(SimDuration::ZERO, |backend| backend.round_trip + backend.query_overhead);
        let is_sleep = phase.kind == PhaseKind::Sleep || backend.is_some_and(|backend| backend.stand_in);
        let Mean { nanos, is_exact } = match self.timers.filter(|_| is_sleep) {
            Some(timers) => rounded_mean(&phase.demand, timers),
            None => Mean { nanos: phase.demand.mean_nanos(), is_exact: true },
        };
        Mean { nanos: nanos + added.as_nanos() as f64, is_exact }
    }
}

/// The mean of sleeps that end as the timers do. For random ones the whole distribution would be needed; a lower
/// bound is returned instead.
fn rounded_mean(sleep: &Distribution, timers: Timers) -> Mean {
    if let Distribution::Constant(sleep) = sleep {
        return Mean { nanos: timers.rounded(*sleep).as_nanos() as f64, is_exact: true };
    }
    let resolution = timers.resolution.as_nanos() as f64;
    let less = match timers.rounding {
        Rounding::Up => 0.0,
        Rounding::Nearest => resolution / 2.0,
        Rounding::Down => resolution,
    };
    Mean { nanos: (sleep.mean_nanos() - less).max(0.0), is_exact: false }
}

/// What each burst costs to get its core. A loop that always finds ready requests keeps its core, which costs nothing.
fn switch_nanos(rules: &Rules, machine: &Machine) -> f64 {
    let keeps_core = rules.keeps_core && machine.quantum != Quantum::ProcessorSharing;
    if keeps_core { 0.0 } else { machine.context_switch.as_nanos() as f64 }
}
