//! How classes are compiled for a policy.

use crate::model::{Activity, Backend, PhaseKind, SimDuration};
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
        let mut parallel = Vec::new();
        let mut overhead = Vec::new();
        let in_thread = rules.thread_pool.as_ref().is_some_and(|pool| pool.takes(&class.name));
        overhead.extend(self.add_overhead(first, rules.overhead.before));
        if in_thread {
            self.add(Instruction::HandOff, None);
        }
        let wait_blocks = |marked: bool| match rules.blocking_waits {
            BlockingWaits::None => false,
            BlockingWaits::Marked => marked && !in_thread,
            BlockingWaits::All => true,
        };
        // A loop keeps its core from one request to the next, and has no lock to lose.
        let shares_lock = rules.running_at_once == 1 && (in_thread || !rules.keeps_core);
        for phase in &class.phases {
            match phase {
                Phase::Single(single) => {
                    overhead.extend(self.add_phase(first, single, backends, wait_blocks, shares_lock));
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
        if in_thread && !rules.overhead.is_none() {
            self.add(Instruction::HandBack, None);
        }
        if rules.yields_to_respond {
            self.add(Instruction::Yield, None);
        }
        overhead.extend(self.add_overhead(first, rules.overhead.response));
        if rules.overhead.after > SimDuration::ZERO {
            self.add(Instruction::Respond, None);
            overhead.extend(self.add_overhead(first, rules.overhead.after));
        }
        self.add(Instruction::Depart, None);
        self.stride = self.stride.max(self.instructions.len() - first);
        let end = self.instructions.len() as u32 - 1;
        let is_timer = |step: &Instruction| match step {
            Instruction::Wait { backend, .. } => {
                backend.is_none_or(|backend| backends[usize::from(backend.0)].stand_in)
            }
            _ => false,
        };
        let timers = (0..).zip(&self.instructions[first..]).filter(|(_, step)| is_timer(step)).map(|(place, _)| place);
        let timers = if rules.timers.is_some() && !in_thread { timers.collect() } else { Vec::new() };
        let round_trip = |(place, step): (usize, &Instruction)| {
            let span = match step {
                Instruction::Wait { backend: Some(backend), .. } => {
                    let backend = &backends[usize::from(backend.0)];
                    backend.round_trip + backend.query_overhead
                }
                Instruction::Statement { backend, .. } => backends[usize::from(backend.0)].round_trip,
                Instruction::Wait { backend: None, .. }
                | Instruction::Cpu(_)
                | Instruction::Connect { .. }
                | Instruction::Fork { .. }
                | Instruction::HandOff
                | Instruction::HandBack
                | Instruction::Yield
                | Instruction::Respond
                | Instruction::Depart => SimDuration::ZERO,
            };
            (span > SimDuration::ZERO).then_some((place, span))
        };
        overhead.extend((0..).zip(&self.instructions[first..]).filter_map(round_trip));
        self.adds |= !overhead.is_empty() || !timers.is_empty();
        let priority = class.priority;
        self.classes.push(ClassProgram { first: first as u32, end, priority, parallel, overhead, timers });
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
