//! Classes compiled for a policy: one flat list of instructions, and how to draw what a request brings.

mod calls;
mod client;
mod compile;
mod drawing;
mod instruction;
mod weights;

pub(super) use calls::{CallId, CallOptions};
pub(super) use drawing::DrawnRequest;
pub(super) use instruction::Instruction;

use std::ops::Range;

use crate::model::{Activity, ClassId, SimDuration};
use crate::random::Sampler;

use super::Timers;
use instruction::HeldFor;
use weights::Weights;

/// All classes of a workload as one policy runs them.
#[derive(Clone, Debug)]
pub(super) struct Program {
    /// The instructions of all classes, each list ending with `Depart`; then those of probes, if there are any.
    instructions: Vec<Instruction>,
    /// How to draw the demand of the instruction at the same place; always 0 for an instruction without one.
    samplers: Vec<Sampler>,
    /// Whether that demand is part of what a request brings.
    is_drawn: Vec<bool>,
    /// What a request is doing while that demand is served; of no meaning without one.
    activities: Vec<Activity>,
    /// Why a connection is held at the instruction at the same place, beyond the query.
    held_for: Vec<HeldFor>,
    /// The options of all calls that have any.
    calls: Vec<CallOptions>,
    /// What is asked of a class for each of its requests, and the rest: with many classes, the first has to fit into the caches.
    places: Vec<ClassPlace>,
    classes: Vec<ClassProgram>,
    weights: Weights,
    stride: usize,
    /// The timers that end the loop's sleeps.
    timers: Option<Timers>,
    /// Whether the application server or a client adds anything to what requests bring.
    adds: bool,
}

/// Where the instructions of a class are.
#[derive(Clone, Copy, Debug)]
struct ClassPlace {
    first: u32,
    /// The place of its `Depart`.
    end: u32,
    /// Whether the demand of a request is the sum of all that is drawn for it.
    adds_up: bool,
}

/// What else the engine must know of a class.
#[derive(Clone, Debug)]
pub(super) struct ClassProgram {
    pub priority: i32,
    /// Places, counted from `first`, of waits that run at the same time (or would, under another policy).
    pub parallel: Vec<Range<usize>>,
    /// Places, counted from `first`, of decisions, each with the steps that it may leave out; outer ones come first.
    pub optional: Vec<Range<usize>>,
    /// Work of the application server and of clients, and round trips: the places, counted from `first`, and the times.
    pub overhead: Vec<(usize, SimDuration)>,
    /// Places, counted from `first`, of waits that end on the loop's timers.
    pub timers: Vec<usize>,
    /// Calls that may time out: the places, counted from `first`, and the times.
    pub timeouts: Vec<(usize, SimDuration)>,
}

impl Program {
    /// Whether the connection of a query is still held at that instruction: its client is not done with it.
    #[inline]
    pub fn keeps_connection(&self, place: u32) -> bool {
        matches!(self.held_for[place as usize], HeldFor::Statements | HeldFor::Answer)
    }

    /// Whether more statements follow on a connection, so that it is not released before that instruction.
    #[inline]
    pub fn needs_connection(&self, place: u32) -> bool {
        self.held_for[place as usize] == HeldFor::Statements
    }

    /// Whether a query is sent on a connection that the request holds already.
    #[inline]
    pub fn has_connection(&self, place: u32) -> bool {
        matches!(self.held_for[place as usize], HeldFor::Statements | HeldFor::Phases)
    }

    #[inline]
    pub fn instruction(&self, place: u32) -> Instruction {
        self.instructions[place as usize]
    }

    /// What a request does at that place: a decision there, and those that follow, move the place on.
    #[inline(always)]
    pub fn next_step(&self, place: &mut u32, first: u32, demands: &[SimDuration]) -> Instruction {
        loop {
            let step = self.instructions[*place as usize];
            let Instruction::Maybe { steps } = step else { return step };
            let is_taken = demands[(*place - first) as usize] > SimDuration::ZERO;
            *place += if is_taken { 1 } else { 1 + steps };
        }
    }

    /// The instructions from that place on.
    #[inline]
    pub fn from(&self, place: u32) -> &[Instruction] {
        &self.instructions[place as usize..]
    }

    /// The first instruction of a class.
    #[inline]
    pub fn first(&self, class: ClassId) -> u32 {
        self.places[usize::from(class.0)].first
    }

    /// The instructions of a class, without its `Depart`.
    #[inline]
    pub fn steps(&self, class: ClassId) -> &[Instruction] {
        &self.instructions[self.places[usize::from(class.0)].range()]
    }

    /// The classes, each with its instructions without its `Depart`.
    pub fn compiled_classes(&self) -> impl Iterator<Item = (&ClassProgram, &[Instruction])> {
        self.classes.iter().zip(&self.places).map(|(class, place)| (class, &self.instructions[place.range()]))
    }

    /// Whether there is a class without instructions.
    pub fn has_empty_class(&self) -> bool {
        self.places.iter().any(|place| place.range().is_empty())
    }

    /// Whether the application server or a client adds anything to what requests bring.
    #[inline]
    pub const fn adds(&self) -> bool {
        self.adds
    }

    /// The place of an instruction for acceptors, which are no requests.
    pub fn idle(&self) -> u32 {
        self.instructions.len() as u32 - 1
    }

    /// Adds work that belongs to no class, such as that for a probe. Returns its place.
    pub fn add_work(&mut self) -> u32 {
        let place = self.instructions.len() as u32;
        self.add(Instruction::Cpu(Activity::Framework), None);
        self.add(Instruction::Depart, None);
        place
    }

    /// The priority of a class; higher goes first. That of a probe, which has no class, is 0.
    pub fn priority(&self, class: ClassId) -> i32 {
        self.classes.get(usize::from(class.0)).map_or(0, |class| class.priority)
    }

    /// The largest number of instructions of a class, without its `Depart`; at least 1.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// What the requests of a class do during each of their demands.
    #[inline]
    pub fn activities(&self, class: ClassId) -> &[Activity] {
        &self.activities[self.places[usize::from(class.0)].range()]
    }
}

impl ClassPlace {
    /// Its instructions without its `Depart`.
    #[inline]
    const fn range(&self) -> Range<usize> {
        self.first as usize..self.end as usize
    }
}
