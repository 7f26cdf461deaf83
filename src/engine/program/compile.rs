//! How classes are compiled for a policy.

use std::ops::Range;

use crate::model::{Activity, Backend, BackendClient, BackendId, Held, PhaseKind, SimDuration};
use crate::random::{Phase, RequestClass, Sampler, SinglePhase, Workload};

use super::weights::Weights;
use super::{ClassPlace, ClassProgram, HeldFor, Instruction, Program};
use crate::engine::{BlockingWaits, Rules};

impl Program {
    pub fn new(workload: &Workload, backends: &[Backend], rules: &Rules) -> Self {
        let mut program = Self {
            instructions: Vec::new(),
            samplers: Vec::new(),
            is_drawn: Vec::new(),
            activities: Vec::new(),
            held_for: Vec::new(),
            calls: Vec::new(),
            places: Vec::new(),
            classes: Vec::new(),
            weights: Weights::new(workload.classes.iter().map(|class| class.weight)),
            stride: 1,
            timers: rules.timers,
            adds: false,
        };
        workload.classes.iter().for_each(|class| program.add_class(class, backends, rules));
        program.add(Instruction::Depart, None);
        program
    }

    fn add_class(&mut self, class: &RequestClass, backends: &[Backend], rules: &Rules) {
        let mut building = Building::new(self.instructions.len(), class, backends, rules);
        let first = building.first;
        building.overhead.extend(self.add_overhead(first, rules.overhead.before));
        if building.in_thread {
            self.add(Instruction::HandOff, None);
        }
        let sessions = sessions(class, backends);
        for (backend, blocking) in &sessions {
            self.begin_hold(*backend, *blocking, &mut building);
        }
        self.add_phases(&class.phases, &mut building);
        // The connections themselves are returned when the request departs.
        for (backend, blocking) in sessions.iter().rev() {
            self.end_statements(*backend, *blocking, &mut building);
        }
        if building.in_thread && !rules.overhead.is_none() {
            self.add(Instruction::HandBack, None);
        }
        building.overhead.extend(self.add_response(first, rules));
        self.add(Instruction::Depart, None);
        self.finish_class(class, building);
    }

    fn add_phases(&mut self, phases: &[Phase], building: &mut Building<'_>) {
        for phase in phases {
            match phase {
                Phase::Single(single) => {
                    let added = self.add_phase(single, building);
                    building.overhead.extend(added);
                }
                Phase::Parallel { branches, concurrent } => {
                    if building.gathers || *concurrent {
                        let branches = branches.len() as u32;
                        self.add(Instruction::Fork { branches, blocking: building.blocks(false) }, None);
                    }
                    let start = self.instructions.len() - building.first;
                    building.parallel.push(start..start + branches.len());
                    for branch in branches {
                        let place = self.instructions.len();
                        self.add_single(branch, building.wait_blocks(branch));
                        self.add_call_options(place, branch, building);
                    }
                }
                Phase::Maybe { probability, phases } => self.add_optional(*probability, phases, building),
                Phase::Hold { backend, blocking, phases } => {
                    self.begin_hold(*backend, *blocking, building);
                    self.add_phases(phases, building);
                    self.end_statements(*backend, *blocking, building);
                    building.held.pop();
                    self.add(Instruction::Release { backend: *backend }, None);
                }
            }
        }
    }

    /// Takes a connection that is held over what is added next.
    fn begin_hold(&mut self, backend: BackendId, is_marked: bool, building: &mut Building<'_>) {
        let (client, blocking) = (building.client(backend), building.blocks(is_marked));
        building.overhead.extend(self.add_hold(building.first, backend, client, blocking));
        building.held.push(backend);
    }

    fn end_statements(&mut self, backend: BackendId, is_marked: bool, building: &mut Building<'_>) {
        let (client, blocking) = (building.client(backend), building.blocks(is_marked));
        building.overhead.extend(self.add_hold_end(building.first, backend, client, blocking));
    }

    /// Adds phases that a request goes through or leaves out, after the decision.
    fn add_optional(&mut self, probability: f64, phases: &[Phase], building: &mut Building<'_>) {
        let (decision, optional) = (self.instructions.len(), building.optional.len());
        self.add(Instruction::Maybe { steps: 0 }, None);
        self.samplers[decision] = Sampler::decision(probability);
        building.optional.push(0..0);
        self.add_phases(phases, building);
        let end = self.instructions.len();
        self.instructions[decision] = Instruction::Maybe { steps: (end - decision - 1) as u32 };
        building.optional[optional] = decision - building.first..end - building.first;
    }

    /// All instructions of a class have been added: notes what else is known of it.
    fn finish_class(&mut self, class: &RequestClass, building: Building<'_>) {
        let Building { first, backends, rules, in_thread, parallel, optional, mut overhead, .. } = building;
        let end = self.instructions.len() as u32 - 1;
        self.stride = self.stride.max(end as usize - first);
        let steps = (0..).zip(self.instructions[first..].iter().copied());
        let has_timers = rules.timers.is_some() && !in_thread;
        let timers: Vec<usize> =
            steps.clone().filter(|(_, step)| has_timers && is_sleep(*step, backends)).map(|(place, _)| place).collect();
        let round_trips = steps.map(|(place, step)| (place, round_trip(step, backends)));
        overhead.extend(round_trips.filter(|(_, span)| *span > SimDuration::ZERO));
        self.adds |= !overhead.is_empty() || !timers.is_empty();
        let priority = class.priority;
        let timeouts = self.timeouts_from(first);
        let adds_up = optional.is_empty() && timeouts.is_empty() && parallel.is_empty();
        self.places.push(ClassPlace { first: first as u32, end, adds_up });
        self.classes.push(ClassProgram { priority, parallel, optional, overhead, timers, timeouts });
    }

    /// Adds what the application server does for the response and after it. Returns its work.
    fn add_response(&mut self, first: usize, rules: &Rules) -> Vec<(usize, SimDuration)> {
        let mut added = self.add_writes(first, rules);
        if rules.overhead.after > SimDuration::ZERO {
            self.add(Instruction::Respond, None);
            added.extend(self.add_overhead(first, rules.overhead.after));
        }
        added
    }

    /// Adds the writing of the response, in equal parts. Returns its work.
    fn add_writes(&mut self, first: usize, rules: &Rules) -> Vec<(usize, SimDuration)> {
        if !rules.yields_to_respond {
            return self.add_overhead(first, rules.overhead.response).into_iter().collect();
        }
        let (writes, whole) = (u64::from(rules.response_writes), rules.overhead.response.as_nanos());
        let part = SimDuration::from_nanos(whole / writes);
        let last = SimDuration::from_nanos(whole / writes + whole % writes);
        let mut added = Vec::new();
        for write in 1..=writes {
            self.add(Instruction::Yield, None);
            added.extend(self.add_overhead(first, if write < writes { part } else { last }));
        }
        added
    }

    pub(super) fn add_single(&mut self, phase: &SinglePhase, blocking: bool) {
        let instruction = match phase.kind {
            PhaseKind::Framework | PhaseKind::Compute => Instruction::Cpu(phase.kind.activity()),
            PhaseKind::Backend { backend, .. } => Instruction::Wait { backend: Some(backend), blocking },
            PhaseKind::Sleep => Instruction::Wait { backend: None, blocking },
        };
        self.add(instruction, Some(phase.demand.sampler()));
    }

    /// Adds work of the application server, if there is any. Returns its place in the class.
    fn add_overhead(&mut self, first: usize, span: SimDuration) -> Option<(usize, SimDuration)> {
        let place = self.instructions.len() - first;
        (span > SimDuration::ZERO).then(|| {
            self.add(Instruction::Cpu(Activity::Framework), None);
            (place, span)
        })
    }

    pub(super) fn add(&mut self, instruction: Instruction, sampler: Option<Sampler>) {
        self.instructions.push(instruction);
        self.is_drawn.push(sampler.is_some());
        self.samplers.push(sampler.unwrap_or_else(|| Sampler::constant(SimDuration::ZERO)));
        self.activities.push(instruction.activity().unwrap_or(Activity::Sleep));
        self.held_for.push(HeldFor::Nothing);
    }
}

/// The backends to which a class holds a connection for a whole request, and whether its first query there is marked as
/// blocking.
fn sessions(class: &RequestClass, backends: &[Backend]) -> Vec<(BackendId, bool)> {
    let first_query = |(id, backend): (BackendId, &Backend)| {
        let mut queries = class.singles().filter(|single| single.kind.backend() == Some(id));
        let first = queries.next().filter(|_| backend.held() == Held::Request)?;
        Some((id, matches!(first.kind, PhaseKind::Backend { blocking: true, .. })))
    };
    (0..).map(BackendId).zip(backends).filter_map(first_query).collect()
}

/// Whether the application sleeps in a step, so that its loop's timers end it.
fn is_sleep(step: Instruction, backends: &[Backend]) -> bool {
    match step {
        Instruction::Wait { backend, .. } => backend.is_none_or(|backend| backends[usize::from(backend.0)].stand_in),
        Instruction::Call { backend, .. } => backends[usize::from(backend.0)].stand_in,
        Instruction::Cpu(_)
        | Instruction::Connect { .. }
        | Instruction::Statement { .. }
        | Instruction::Hold { .. }
        | Instruction::Release { .. }
        | Instruction::Maybe { .. }
        | Instruction::Fork { .. }
        | Instruction::HandOff
        | Instruction::HandBack
        | Instruction::Yield
        | Instruction::Respond
        | Instruction::Depart => false,
    }
}

/// The time that a step takes beyond its demand: the way to a backend and back, and what the backend adds to queries.
fn round_trip(step: Instruction, backends: &[Backend]) -> SimDuration {
    let Some(asked) = step.asked() else { return SimDuration::ZERO };
    let backend = &backends[usize::from(asked.0)];
    let is_statement = matches!(step, Instruction::Statement { .. });
    backend.round_trip + if is_statement { SimDuration::ZERO } else { backend.query_overhead }
}

/// A class whose instructions are being added.
pub(super) struct Building<'a> {
    /// Its first instruction.
    pub first: usize,
    pub backends: &'a [Backend],
    pub rules: &'a Rules,
    /// Whether a thread of the loop's thread pool runs it.
    pub in_thread: bool,
    /// Whether parallel waits run at the same time.
    pub gathers: bool,
    /// Whether it can lose its lock to another request.
    pub shares_lock: bool,
    /// The backends of the connections held over what is added next, the last taken last.
    held: Vec<BackendId>,
    parallel: Vec<Range<usize>>,
    optional: Vec<Range<usize>>,
    overhead: Vec<(usize, SimDuration)>,
}

impl<'a> Building<'a> {
    fn new(first: usize, class: &RequestClass, backends: &'a [Backend], rules: &'a Rules) -> Self {
        let in_thread = rules.thread_pool.as_ref().is_some_and(|pool| pool.takes(&class.name));
        Self {
            first,
            backends,
            rules,
            in_thread,
            gathers: rules.gathers && !in_thread,
            // A loop keeps its core from one request to the next, and has no lock to lose.
            shares_lock: rules.running_at_once == 1 && (in_thread || !rules.keeps_core),
            held: Vec::new(),
            parallel: Vec::new(),
            optional: Vec::new(),
            overhead: Vec::new(),
        }
    }

    /// What the client of a backend costs.
    pub fn client(&self, backend: BackendId) -> BackendClient {
        self.backends[usize::from(backend.0)].client_costs()
    }

    /// Whether a query is sent on a connection that is held longer than for the query.
    pub fn is_held(&self, backend: BackendId) -> bool {
        self.held.contains(&backend) || self.takes_for_first_query(backend)
    }

    /// Whether a query takes a connection for the rest of the request, unless the request has one.
    pub fn takes_for_first_query(&self, backend: BackendId) -> bool {
        !self.held.contains(&backend) && self.backends[usize::from(backend.0)].held() == Held::FromFirstQuery
    }

    /// Whether a wait blocks what runs the request, if it is marked or not.
    pub fn blocks(&self, is_marked: bool) -> bool {
        match self.rules.blocking_waits {
            BlockingWaits::None => false,
            BlockingWaits::Marked => is_marked && !self.in_thread,
            BlockingWaits::All => true,
        }
    }

    /// Whether a phase, if it is a wait, blocks what runs the request.
    pub fn wait_blocks(&self, phase: &SinglePhase) -> bool {
        self.blocks(matches!(phase.kind, PhaseKind::Backend { blocking: true, .. }))
    }
}
