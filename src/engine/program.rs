//! Classes compiled for a policy: one flat list of instructions, and how to draw what a request brings.

use std::ops::Range;

use rand::RngExt;

use crate::model::{Activity, Backend, BackendId, ClassId, PhaseKind, SimDuration};
use crate::random::{Phase, RequestClass, Sampler, SinglePhase, Stream, Workload};

use super::{BlockingWaits, Rules, Timers};

mod client;

/// One step of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instruction {
    /// Needs a core; neighbours of this kind are one burst.
    Cpu(Activity),
    /// Waits off the CPU, for a backend or plainly; `blocking` keeps the request's turn to run.
    Wait { backend: Option<BackendId>, blocking: bool },
    /// Takes a connection to a backend, or waits for one, and holds it over the statements that follow.
    Connect { backend: BackendId, blocking: bool },
    /// Waits for the answer to a statement that a client sends beside its query, on the connection that it holds.
    Statement { backend: BackendId, blocking: bool },
    /// The next so many waits go on at the same time.
    Fork { branches: u32, blocking: bool },
    /// The loop hands the request to a thread.
    HandOff,
    /// The thread hands it back to the loop.
    HandBack,
    /// A thread that has just computed lets another of its worker run first.
    Yield,
    /// The response is out; what follows is the application server's own.
    Respond,
    /// The request departs.
    Depart,
}

impl Instruction {
    /// Whether a request that has its turn keeps it over this step.
    #[inline]
    pub const fn keeps_turn(self) -> bool {
        match self {
            Self::Cpu(_) => true,
            Self::Wait { blocking, .. }
            | Self::Connect { blocking, .. }
            | Self::Statement { blocking, .. }
            | Self::Fork { blocking, .. } => blocking,
            Self::HandOff | Self::HandBack | Self::Yield | Self::Respond | Self::Depart => false,
        }
    }

    /// What a request is doing while its demand is served, if it has one.
    const fn activity(self) -> Option<Activity> {
        match self {
            Self::Cpu(activity) => Some(activity),
            Self::Wait { backend, .. } => Some(Self::wait_activity(backend)),
            Self::Statement { .. } => Some(Activity::Backend),
            Self::Connect { .. }
            | Self::Fork { .. }
            | Self::HandOff
            | Self::HandBack
            | Self::Yield
            | Self::Respond
            | Self::Depart => None,
        }
    }

    /// The backend of a wait.
    pub const fn backend(self) -> Option<BackendId> {
        match self {
            Self::Wait { backend, .. } => backend,
            Self::Connect { backend, .. } | Self::Statement { backend, .. } => Some(backend),
            Self::Cpu(_)
            | Self::Fork { .. }
            | Self::HandOff
            | Self::HandBack
            | Self::Yield
            | Self::Respond
            | Self::Depart => None,
        }
    }

    /// What a request is doing while a wait is being served.
    pub const fn wait_activity(backend: Option<BackendId>) -> Activity {
        match backend {
            Some(_) => Activity::Backend,
            None => Activity::Sleep,
        }
    }
}

/// Why a connection is held at an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hold {
    /// It is not, except by a query under way.
    No,
    /// Its client sends another statement on it, or the query.
    Statements,
    /// Its client reads the answer to the last: a pool that releases it at the end of a query does not wait for that.
    Answer,
}

/// What a request brings, beside its demands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Brought {
    pub class: ClassId,
    /// The time it takes alone: nothing until its demands are known.
    pub alone: SimDuration,
}

impl Brought {
    /// A request of a class whose demands are not known yet.
    pub const fn of(class: ClassId) -> Self {
        Self { class, alone: SimDuration::ZERO }
    }
}

/// All classes of a workload as one policy runs them.
#[derive(Clone, Debug)]
pub(super) struct Program {
    /// Every class's instructions one after another, each list closed by `Depart`.
    instructions: Vec<Instruction>,
    /// How to draw the demand of the instruction in the same place; always nothing where there is none.
    samplers: Vec<Sampler>,
    /// Whether a request brings that demand.
    is_brought: Vec<bool>,
    /// What a request is doing while that demand is served; any where there is none.
    activities: Vec<Activity>,
    /// Why a connection is held at the instruction in the same place, beyond the query.
    holds: Vec<Hold>,
    classes: Vec<ClassProgram>,
    /// The sum of the weights of each class and those before it.
    weights: Vec<f64>,
    stride: usize,
    /// On what the loop's sleeps end.
    timers: Option<Timers>,
    /// Whether the application server adds anything to what requests bring.
    adds: bool,
}

/// Where the instructions of a class are, and what else the engine must know of it.
#[derive(Clone, Debug)]
pub(super) struct ClassProgram {
    pub first: u32,
    /// Where its `Depart` is.
    pub end: u32,
    pub priority: i32,
    /// Places, counted from `first`, of waits that go on at the same time (or would, under another policy).
    pub parallel: Vec<Range<usize>>,
    /// Work of the application server itself, and the way to a backend and back: the places, counted from `first`, and
    /// how long it is.
    pub overhead: Vec<(usize, SimDuration)>,
    /// Places, counted from `first`, of waits that end as the loop's timers do.
    pub timers: Vec<usize>,
}

impl Program {
    pub fn new(workload: &Workload, backends: &[Backend], rules: &Rules) -> Self {
        let mut program = Self {
            instructions: Vec::new(),
            samplers: Vec::new(),
            is_brought: Vec::new(),
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

    fn add_single(&mut self, phase: &SinglePhase, wait_blocks: impl Fn(bool) -> bool) {
        let instruction = match phase.kind {
            PhaseKind::Framework | PhaseKind::Compute => Instruction::Cpu(phase.kind.activity()),
            PhaseKind::Backend { backend, blocking } => {
                Instruction::Wait { backend: Some(backend), blocking: wait_blocks(blocking) }
            }
            PhaseKind::Sleep => Instruction::Wait { backend: None, blocking: wait_blocks(false) },
        };
        self.add(instruction, Some(phase.demand.sampler()));
    }

    /// Work of the application server itself; its place in the class, if there is any.
    fn add_overhead(&mut self, first: usize, span: SimDuration) -> Option<(usize, SimDuration)> {
        let place = self.instructions.len() - first;
        (span > SimDuration::ZERO).then(|| {
            self.add(Instruction::Cpu(Activity::Framework), None);
            (place, span)
        })
    }

    fn add(&mut self, instruction: Instruction, sampler: Option<Sampler>) {
        self.instructions.push(instruction);
        self.is_brought.push(sampler.is_some());
        self.samplers.push(sampler.unwrap_or_else(|| Sampler::constant(SimDuration::ZERO)));
        self.activities.push(instruction.activity().unwrap_or(Activity::Sleep));
        self.holds.push(Hold::No);
    }

    /// Whether a connection is still held at the instruction in that place: its client is not done with it.
    #[inline]
    pub fn keeps_connection(&self, place: u32) -> bool {
        self.holds[place as usize] != Hold::No
    }

    /// Whether more statements follow on a connection, so that it is not released before that place.
    #[inline]
    pub fn needs_connection(&self, place: u32) -> bool {
        self.holds[place as usize] == Hold::Statements
    }

    #[inline]
    pub fn instruction(&self, place: u32) -> Instruction {
        self.instructions[place as usize]
    }

    /// The instructions from that one on.
    #[inline]
    pub fn from(&self, place: u32) -> &[Instruction] {
        &self.instructions[place as usize..]
    }

    /// The first instruction of a class.
    #[inline]
    pub fn first(&self, class: ClassId) -> u32 {
        self.classes[usize::from(class.0)].first
    }

    /// The instructions of a class, without its `Depart`.
    #[inline]
    pub fn steps(&self, class: ClassId) -> &[Instruction] {
        &self.instructions[self.classes[usize::from(class.0)].range()]
    }

    /// The classes, each with its instructions without its `Depart`.
    pub fn compiled_classes(&self) -> impl Iterator<Item = (&ClassProgram, &[Instruction])> {
        self.classes.iter().map(|class| (class, &self.instructions[class.range()]))
    }

    /// Whether there is a class whose requests ask for nothing.
    pub fn has_empty_class(&self) -> bool {
        self.classes.iter().any(|class| class.range().is_empty())
    }

    /// Whether the application server adds anything to what requests bring.
    #[inline]
    pub const fn adds(&self) -> bool {
        self.adds
    }

    /// Adds what the application server does to the demands that a request brings: its timers round, and it has work of its
    /// own. Returns the time such a request takes alone, without that work.
    pub fn add_to(&self, class: ClassId, demands: &mut [SimDuration]) -> SimDuration {
        let program = &self.classes[usize::from(class.0)];
        let demands = &mut demands[..program.range().len()];
        for place in &program.timers {
            demands[*place] = self.timers.map_or(demands[*place], |timers| timers.rounded(demands[*place]));
        }
        let alone = program.alone(demands.iter().copied().sum(), demands);
        for (place, span) in &program.overhead {
            demands[*place] += *span;
        }
        alone
    }

    /// The instruction of what is no request.
    pub fn idle(&self) -> u32 {
        self.instructions.len() as u32 - 1
    }

    /// Higher goes first where the order is by priority.
    pub fn priority(&self, class: ClassId) -> i32 {
        self.classes[usize::from(class.0)].priority
    }

    /// The most instructions a class has.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Draws a class by weight: always one number, so that a class given in advance moves no other draw.
    #[inline]
    pub fn draw_class(&self, stream: &mut Stream) -> ClassId {
        if self.weights.len() == 1 {
            // A number takes 64 bits.
            let _: u64 = stream.random();
            return ClassId(0);
        }
        let point = stream.random::<f64>() * self.weights[self.weights.len() - 1];
        let class = self.weights.partition_point(|weight| *weight <= point);
        // Rounding may put the point on the sum itself: then the last class that has a weight.
        ClassId(if class < self.weights.len() { class } else { self.last_weighted() } as u16)
    }

    fn last_weighted(&self) -> usize {
        let total = self.weights[self.weights.len() - 1];
        self.weights.iter().position(|weight| *weight >= total).unwrap_or(0)
    }

    /// Draws the demands of requests of one class from their streams, in the order of its phases, branches one by one. They
    /// go into columns, one for each instruction, with so many places from the first of one to the first of the next. The
    /// time that a request takes alone, nothing before, is then known.
    #[inline]
    pub fn draw_demands(
        &self,
        requests: &mut [Brought],
        streams: &mut [Stream],
        columns: &mut [SimDuration],
        distance: usize,
    ) {
        let Some(Brought { class, .. }) = requests.first() else { return };
        let class = &self.classes[usize::from(class.0)];
        for (place, sampler) in self.samplers[class.range()].iter().enumerate() {
            let column = &mut columns[place * distance..][..requests.len()];
            sampler.draw_each(streams, column);
            requests.iter_mut().zip(column).for_each(|(request, demand)| request.alone += *demand);
        }
        for branches in &class.parallel {
            for (index, request) in requests.iter_mut().enumerate() {
                let branches = branches.clone().map(|place| columns[place * distance + index]);
                request.alone = one_by_one_to_parallel(request.alone, branches);
            }
        }
    }

    /// How many of these requests in a row are of the class of the first.
    #[inline]
    pub fn alike(&self, requests: &[Brought]) -> usize {
        let Some((first, others)) = requests.split_first() else { return 0 };
        let is_other = |other: &Brought| other.class != first.class;
        let alike = if self.classes.len() == 1 { None } else { others.iter().position(is_other) };
        alike.map_or(requests.len(), |others| 1 + others)
    }

    /// Fills in the demands that a request brings with it, one for each phase; and the time that it takes alone, nothing
    /// before.
    pub fn give_demands(&self, request: &mut Brought, given: &[SimDuration], demands: &mut [SimDuration]) {
        let class = &self.classes[usize::from(request.class.0)];
        let mut given = given.iter();
        for (place, is_brought) in demands.iter_mut().zip(&self.is_brought[class.range()]) {
            let brought = if *is_brought { given.next() } else { None };
            *place = brought.copied().unwrap_or_default();
            request.alone += *place;
        }
        request.alone = class.alone(request.alone, demands);
    }

    /// What the requests of a class spend their demands on, one by one.
    #[inline]
    pub fn activities(&self, class: ClassId) -> &[Activity] {
        &self.activities[self.classes[usize::from(class.0)].range()]
    }
}

impl ClassProgram {
    /// Where its instructions are, without its `Depart`.
    #[inline]
    const fn range(&self) -> Range<usize> {
        self.first as usize..self.end as usize
    }

    /// The time a request of these demands takes alone, with their sum.
    #[inline]
    fn alone(&self, total: SimDuration, demands: &[SimDuration]) -> SimDuration {
        self.parallel
            .iter()
            .fold(total, |alone, branches| one_by_one_to_parallel(alone, demands[branches.clone()].iter().copied()))
    }
}

/// The time of a request in which these waits go on at the same time: the longest of them counts, not their sum.
#[inline]
fn one_by_one_to_parallel(alone: SimDuration, branches: impl Iterator<Item = SimDuration> + Clone) -> SimDuration {
    alone - branches.clone().sum() + branches.max().unwrap_or_default()
}
