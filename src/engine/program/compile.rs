//! How classes are compiled for a policy.

use std::ops::Range;

use crate::model::{Activity, Backend, BackendId, PhaseKind, SimDuration};
use crate::random::{Phase, RequestClass, Sampler, SinglePhase, Workload};

use super::{ClassProgram, Hold, Instruction, Program};
use crate::engine::{BlockingWaits, Rules};

impl Program {
    pub fn new(workload: &Workload, backends: &[Backend], rules: &Rules) -> Self {
        let mut program = Self {
            instructions: Vec::new(),
            samplers: Vec::new(),
            is_drawn: Vec::new(),
            activities: Vec::new(),
            holds: Vec::new(),
            classes: Vec::new(),
            weights: Vec::new(),
            stride: 0,
            timers: rules.timers,
            adds: false,
        };
        let mut weight = 0.0;
        for class in &workload.classes {
            weight += class.weight;
            program.weights.push(weight);
            program.add_class(class, backends, rules);
        }
        program.add(Instruction::Depart, None);
        program
    }

    fn add_class(&mut self, class: &RequestClass, backends: &[Backend], rules: &Rules) {
        let first = self.instructions.len();
        let in_thread = rules.thread_pool.as_ref().is_some_and(|pool| pool.takes(&class.name));
        let mut overhead: Vec<_> = self.add_overhead(first, rules.overhead.before).into_iter().collect();
        if in_thread {
            self.add(Instruction::HandOff, None);
        }
        let mut parallel = Vec::new();
        overhead.extend(self.add_phases(first, class, backends, rules, in_thread, &mut parallel));
        if in_thread && !rules.overhead.is_none() {
            self.add(Instruction::HandBack, None);
        }
        overhead.extend(self.add_response(first, rules));
        self.add(Instruction::Depart, None);
        self.stride = self.stride.max(self.instructions.len() - first);
        let end = self.instructions.len() as u32 - 1;
        let steps = (0..).zip(self.instructions[first..].iter().copied());
        let has_timers = rules.timers.is_some() && !in_thread;
        let timers: Vec<usize> =
            steps.clone().filter(|(_, step)| has_timers && is_sleep(*step, backends)).map(|(place, _)| place).collect();
        let round_trips = steps.map(|(place, step)| (place, round_trip(step, backends)));
        overhead.extend(round_trips.filter(|(_, span)| *span > SimDuration::ZERO));
        self.adds |= !overhead.is_empty() || !timers.is_empty();
        let priority = class.priority;
        self.classes.push(ClassProgram { first: first as u32, end, priority, parallel, overhead, timers });
    }

    /// Adds the phases of a class, and notes the places of parallel waits. Returns the work of clients.
    fn add_phases(
        &mut self,
        first: usize,
        class: &RequestClass,
        backends: &[Backend],
        rules: &Rules,
        in_thread: bool,
        parallel: &mut Vec<Range<usize>>,
    ) -> Vec<(usize, SimDuration)> {
        let wait_blocks = |marked: bool| match rules.blocking_waits {
            BlockingWaits::None => false,
            BlockingWaits::Marked => marked && !in_thread,
            BlockingWaits::All => true,
        };
        // A loop keeps its core from one request to the next, and has no lock to lose.
        let shares_lock = rules.running_at_once == 1 && (in_thread || !rules.keeps_core);
        let mut added = Vec::new();
        for phase in &class.phases {
            match phase {
                Phase::Single(single) => {
                    added.extend(self.add_phase(first, single, backends, wait_blocks, shares_lock));
                }
                Phase::Parallel { branches, concurrent } => {
                    if rules.gathers && !in_thread || *concurrent {
                        let branches = branches.len() as u32;
                        self.add(Instruction::Fork { branches, blocking: wait_blocks(false) }, None);
                    }
                    let start = self.instructions.len() - first;
                    parallel.push(start..start + branches.len());
                    branches.iter().for_each(|branch| self.add_single(branch, wait_blocks));
                }
            }
        }
        added
    }

    /// Adds what the application server does for the response and after it. Returns its work.
    fn add_response(&mut self, first: usize, rules: &Rules) -> Vec<(usize, SimDuration)> {
        if rules.yields_to_respond {
            self.add(Instruction::Yield, None);
        }
        let mut added: Vec<_> = self.add_overhead(first, rules.overhead.response).into_iter().collect();
        if rules.overhead.after > SimDuration::ZERO {
            self.add(Instruction::Respond, None);
            added.extend(self.add_overhead(first, rules.overhead.after));
        }
        added
    }

    pub(super) fn add_single(&mut self, phase: &SinglePhase, wait_blocks: impl Fn(bool) -> bool) {
        let instruction = match phase.kind {
            PhaseKind::Framework | PhaseKind::Compute => Instruction::Cpu(phase.kind.activity()),
            PhaseKind::Backend { backend, blocking } => {
                Instruction::Wait { backend: Some(backend), blocking: wait_blocks(blocking) }
            }
            PhaseKind::Sleep => Instruction::Wait { backend: None, blocking: wait_blocks(false) },
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
        self.holds.push(Hold::No);
    }
}

/// Whether the application sleeps in a step, so that its loop's timers end it.
fn is_sleep(step: Instruction, backends: &[Backend]) -> bool {
    match step {
        Instruction::Wait { backend, .. } => backend.is_none_or(|backend| backends[usize::from(backend.0)].stand_in),
        Instruction::Cpu(_)
        | Instruction::Connect { .. }
        | Instruction::Statement { .. }
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
    let backend = |id: BackendId| &backends[usize::from(id.0)];
    match step {
        Instruction::Wait { backend: Some(id), .. } => backend(id).round_trip + backend(id).query_overhead,
        Instruction::Statement { backend: id, .. } => backend(id).round_trip,
        Instruction::Wait { backend: None, .. }
        | Instruction::Cpu(_)
        | Instruction::Connect { .. }
        | Instruction::Fork { .. }
        | Instruction::HandOff
        | Instruction::HandBack
        | Instruction::Yield
        | Instruction::Respond
        | Instruction::Depart => SimDuration::ZERO,
    }
}
