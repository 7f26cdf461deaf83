//! Classes compiled for a policy: one flat list of instructions, and how to draw what a request brings.

mod client;
mod compile;
mod drawing;
mod instruction;

pub(super) use drawing::DrawnRequest;
pub(super) use instruction::Instruction;

use std::ops::Range;

use crate::model::{Activity, ClassId, SimDuration};
use crate::random::Sampler;

use super::Timers;
use instruction::Hold;

/// All classes of a workload as one policy runs them.
#[derive(Clone, Debug)]
pub(super) struct Program {
    /// Every class's instructions one after another, each list closed by `Depart`.
    instructions: Vec<Instruction>,
    /// How to draw the demand of the instruction in the same place; always nothing where there is none.
    samplers: Vec<Sampler>,
    /// Whether a request brings that demand.
    is_drawn: Vec<bool>,
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

    /// What the requests of a class spend their demands on, one by one.
    #[inline]
    pub fn activities(&self, class: ClassId) -> &[Activity] {
        &self.activities[self.classes[usize::from(class.0)].range()]
    }
}

impl ClassProgram {
    /// Where its instructions are, without its `Depart`.
    #[inline]
    pub(super) const fn range(&self) -> Range<usize> {
        self.first as usize..self.end as usize
    }
}
