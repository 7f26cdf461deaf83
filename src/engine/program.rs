//! Classes compiled for a policy: one flat list of instructions, and how to draw what a request brings.

use rand::RngExt;

use crate::model::{Activity, ClassId, PhaseKind, SimDuration};
use crate::random::{Sampler, Stream, Workload};

use super::Rules;

/// One step of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instruction {
    /// Needs a core; neighbours of this kind are one burst.
    Cpu(Activity),
    /// Waits off the CPU; `blocking` keeps the request's turn to run.
    Wait { activity: Activity, blocking: bool },
    /// The request departs.
    Depart,
}

/// All classes of a workload as one policy runs them.
#[derive(Clone, Debug)]
pub(super) struct Program {
    /// Every class's phases one after another, each list closed by `Depart`.
    instructions: Vec<Instruction>,
    /// How to draw the demand of the instruction in the same place; `Depart` has none.
    samplers: Vec<Option<Sampler>>,
    /// The first instruction of each class.
    starts: Vec<u32>,
    /// The sum of the weights of each class and those before it.
    weights: Vec<f64>,
    stride: usize,
}

impl Program {
    pub fn new(workload: &Workload, rules: &Rules) -> Self {
        let mut program = Self {
            instructions: Vec::new(),
            samplers: Vec::new(),
            starts: Vec::new(),
            weights: Vec::new(),
            stride: workload.classes.iter().map(|class| class.phases.len()).max().unwrap_or(0),
        };
        let mut weight = 0.0;
        for class in &workload.classes {
            weight += class.weight;
            program.weights.push(weight);
            program.starts.push(program.instructions.len() as u32);
            for phase in &class.phases {
                program.instructions.push(match phase.kind {
                    PhaseKind::Framework | PhaseKind::Compute => Instruction::Cpu(phase.kind.activity()),
                    PhaseKind::Backend { blocking, .. } => {
                        Instruction::Wait { activity: phase.kind.activity(), blocking: blocking || rules.waits_block }
                    }
                    PhaseKind::Sleep => {
                        Instruction::Wait { activity: phase.kind.activity(), blocking: rules.waits_block }
                    }
                });
                program.samplers.push(Some(phase.demand.sampler()));
            }
            program.instructions.push(Instruction::Depart);
            program.samplers.push(None);
        }
        program
    }

    #[inline]
    pub fn instruction(&self, place: u32) -> Instruction {
        self.instructions[place as usize]
    }

    #[inline]
    pub fn start(&self, class: ClassId) -> u32 {
        self.starts[usize::from(class.0)]
    }

    /// The most phases a class has.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Draws a class by weight: always one number, so that a class given in advance moves no other draw.
    #[inline]
    pub fn draw_class(&self, stream: &mut Stream) -> ClassId {
        let point = stream.random::<f64>() * self.weights[self.weights.len() - 1];
        let class = self.weights.iter().position(|weight| point < *weight);
        // Rounding may put the point on the sum itself: then the last class that has a weight.
        ClassId(class.unwrap_or_else(|| self.last_weighted()) as u16)
    }

    fn last_weighted(&self) -> usize {
        let total = self.weights[self.weights.len() - 1];
        self.weights.iter().position(|weight| *weight >= total).unwrap_or(0)
    }

    /// Draws the demands of a class in the order of its phases; returns their sum.
    #[inline]
    pub fn draw_demands(&self, class: ClassId, stream: &mut Stream, demands: &mut [SimDuration]) -> SimDuration {
        let start = self.start(class) as usize;
        let mut total = SimDuration::ZERO;
        for (demand, sampler) in demands.iter_mut().zip(&self.samplers[start..]) {
            let Some(sampler) = sampler else { break };
            *demand = sampler.draw(stream);
            total += *demand;
        }
        total
    }
}
