//! The mean demands of a request that is alone in the system.

mod progress;
mod waits;

use indexmap::IndexMap;

use crate::engine::Rules;
use crate::model::{Backend, BackendClient, BackendId, Held, Machine, PhaseKind, Quantum, Statement};
use crate::random::{Distribution, Phase, RequestClass, SinglePhase, Workload};

use progress::{Progress, Running};
use waits::{Mean, WaitDemands};

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
    /// Whether calls may time out or end with an error: the request then fails, or calls again.
    pub calls_may_fail: bool,
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
    /// The most connections that a request holds at the same time, by backend.
    pub connections_at_once: Vec<u32>,
    /// Whether requests hold connections over more than a query and its statements, by backend.
    pub holds: Vec<bool>,
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
            connections_at_once: vec![0; backends],
            holds: vec![false; backends],
            blocks: vec![false; backends],
            ..Self::default()
        }
    }

    fn add(&mut self, share: f64, class: &Self) {
        let Self {
            cpu,
            trailing,
            turn,
            in_loop,
            stay,
            stay_is_exact,
            calls_may_fail,
            waits,
            thread,
            queries,
            connections,
            queries_at_once,
            connections_at_once,
            holds,
            blocks,
        } = class;
        let sums = [
            (&mut self.cpu, cpu),
            (&mut self.trailing, trailing),
            (&mut self.turn, turn),
            (&mut self.in_loop, in_loop),
            (&mut self.stay, stay),
            (&mut self.waits, waits),
            (&mut self.thread, thread),
        ];
        sums.into_iter().for_each(|(sum, more)| *sum += share * more);
        self.stay_is_exact &= stay_is_exact;
        self.calls_may_fail |= calls_may_fail;
        for (sums, more) in [(&mut self.queries, queries), (&mut self.connections, connections)] {
            sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += share * more);
        }
        let most = [(&mut self.queries_at_once, queries_at_once), (&mut self.connections_at_once, connections_at_once)];
        for (most, more) in most {
            most.iter_mut().zip(more).for_each(|(most, more)| *most = (*most).max(*more));
        }
        for (any, more) in [(&mut self.holds, holds), (&mut self.blocks, blocks)] {
            any.iter_mut().zip(more).for_each(|(any, more)| *any |= more);
        }
    }

    fn of_class(class: &RequestClass, rules: &Rules, machine: &Machine, backends: &BackendMap) -> Self {
        let mut demands = Self::none(backends);
        let runner = Running::new(class, rules, backends);
        let mut progress = Progress::new(backends);
        demands.add_sessions(class, backends.len(), &runner, &mut progress);
        demands.end_sessions(&progress, rules);
        let overhead = rules.overhead.total().as_nanos() as f64;
        demands.cpu += overhead;
        demands.trailing = rules.overhead.after.as_nanos() as f64;
        demands.turn += overhead;
        demands.stay += overhead;
        let switching = progress.bursts * switch_nanos(rules, machine);
        demands.cpu += switching;
        demands.turn += switching;
        demands.stay += switching;
        demands.in_loop = if runner.in_thread { overhead } else { demands.turn };
        if runner.in_thread {
            demands.thread = demands.stay - overhead;
        }
        demands
    }

    /// The phases of a class inside the connections that it holds for the whole request, of the first `backends`.
    fn add_sessions(&mut self, class: &RequestClass, backends: usize, runner: &Running<'_>, progress: &mut Progress) {
        let is_session = |backend: &usize| {
            let held = runner.waits.backends[*backend].held();
            held == Held::Request && class.asks(BackendId(*backend as u16))
        };
        match (0..backends).rfind(is_session) {
            None => self.add_phases(&class.phases, runner, progress),
            Some(backend) => {
                let id = BackendId(backend as u16);
                self.hold(id, runner, progress, |held, runner, progress| {
                    held.add_sessions(class, backend, runner, progress);
                });
                self.connections[backend] += runner.rules.overhead.response.as_nanos() as f64;
            }
        }
    }

    /// The request departs, and returns the connections that it has held since its first queries.
    fn end_sessions(&mut self, progress: &Progress, rules: &Rules) {
        for (backend, has_queried) in progress.has_queried.iter().enumerate() {
            self.connections[backend] += has_queried * rules.overhead.response.as_nanos() as f64;
            self.connections_at_once[backend] += u32::from(*has_queried > 0.0);
            self.holds[backend] |= *has_queried > 0.0;
        }
    }

    fn add_phases(&mut self, phases: &[Phase], runner: &Running<'_>, progress: &mut Progress) {
        for phase in phases {
            let before = self.stay;
            match phase {
                Phase::Single(single) => {
                    progress.add(single, runner);
                    self.one_after_another(single, runner);
                    self.add_to_sessions(before, progress);
                }
                Phase::Parallel { branches, concurrent } => {
                    progress.wait();
                    if runner.gathers || *concurrent {
                        self.at_the_same_time(branches, runner.waits, runner.blocks(false));
                    } else {
                        branches.iter().for_each(|branch| self.one_after_another(branch, runner));
                    }
                    self.add_to_sessions(before, progress);
                }
                Phase::Maybe { probability, phases: _ } if *probability <= 0.0 => {}
                Phase::Maybe { probability, phases } => {
                    let mut optional = Self::none(runner.waits.backends);
                    let mut inside = Progress { bursts: 0.0, ..progress.clone() };
                    optional.add_phases(phases, runner, &mut inside);
                    self.add(*probability, &optional);
                    progress.add_optional(*probability, &inside);
                }
                Phase::Hold { backend, blocking: _, phases } => {
                    self.hold(*backend, runner, progress, |held, runner, progress| {
                        held.add_phases(phases, runner, progress);
                    });
                }
            }
        }
    }

    /// The time since `before` counts for the connections that are held since the first query.
    fn add_to_sessions(&mut self, before: f64, progress: &Progress) {
        let span = self.stay - before;
        for (nanos, has_queried) in self.connections.iter_mut().zip(&progress.has_queried) {
            *nanos += has_queried * span;
        }
    }

    /// Phases over which a connection is held.
    fn hold(
        &mut self,
        backend: BackendId,
        runner: &Running<'_>,
        progress: &mut Progress,
        add: impl FnOnce(&mut Self, &Running<'_>, &mut Progress),
    ) {
        let client = runner.client(backend);
        let mut held = Self::none(runner.waits.backends);
        if client.has_statements() {
            progress.work();
        }
        held.add_statement(backend, client.begin, runner, progress);
        add(&mut held, &runner.holding(backend), progress);
        held.add_statement(backend, client.commit, runner, progress);
        if client.commit.is_some() {
            progress.work();
        }
        let place = usize::from(backend.0);
        held.connections[place] += held.stay;
        held.connections_at_once[place] += 1;
        held.holds[place] = true;
        self.add(1.0, &held);
    }

    /// A statement that a client sends once for a hold.
    fn add_statement(
        &mut self,
        backend: BackendId,
        statement: Option<Statement>,
        runner: &Running<'_>,
        progress: &mut Progress,
    ) {
        let Some(Statement { cpu, time }) = statement else { return };
        progress.work();
        progress.wait();
        let (cpu, time) = (cpu.as_nanos() as f64, (time + runner.backend(backend).round_trip).as_nanos() as f64);
        self.cpu += cpu;
        self.turn += cpu;
        self.stay += cpu + time;
        self.wait(time, runner.blocks(false));
    }

    fn one_after_another(&mut self, phase: &SinglePhase, runner: &Running<'_>) {
        let waits = runner.waits;
        let Mean { nanos, is_exact } = waits.mean(phase);
        self.calls_may_fail |= waits.may_fail(phase);
        self.stay += nanos;
        self.stay_is_exact &= is_exact;
        match phase.kind {
            PhaseKind::Framework | PhaseKind::Compute => {
                self.cpu += nanos;
                self.turn += nanos;
            }
            PhaseKind::Backend { backend: id, blocking } => {
                let backend = usize::from(id.0);
                let client = runner.client(id);
                let cpu = client.cpu().as_nanos() as f64;
                let statements = statement_nanos(runner.backend(id), client);
                self.cpu += cpu;
                self.turn += cpu;
                self.stay += cpu + statements;
                self.queries[backend] += nanos;
                self.queries_at_once[backend] = self.queries_at_once[backend].max(1);
                if !runner.is_held(id) {
                    self.connections[backend] += nanos + if client.has_statements() { statements + cpu } else { 0.0 };
                    self.connections_at_once[backend] = self.connections_at_once[backend].max(1);
                }
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
            self.calls_may_fail |= waits.may_fail(branch);
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
        for most in [&mut self.queries_at_once, &mut self.connections_at_once] {
            most.iter_mut().zip(&queries_at_once).for_each(|(most, number)| *most = (*number).max(*most));
        }
    }
}

/// The time of the statements that a client sends in addition to a query, each with its round trip.
fn statement_nanos(backend: &Backend, client: BackendClient) -> f64 {
    client.statements().map(|statement| (statement.time + backend.round_trip).as_nanos() as f64).sum()
}

/// What each burst costs to get its core. A loop that always finds ready requests keeps its core, which costs nothing.
fn switch_nanos(rules: &Rules, machine: &Machine) -> f64 {
    let keeps_core = rules.keeps_core && machine.quantum != Quantum::ProcessorSharing;
    if keeps_core { 0.0 } else { machine.context_switch.as_nanos() as f64 }
}
