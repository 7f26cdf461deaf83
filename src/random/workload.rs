//! What requests bring: classes with weights, each a list of phases with the law of its demand.

use crate::model::PhaseKind;

use super::Distribution;

/// One phase of a class.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// CPU work or a wait.
    Single(SinglePhase),
    /// Waits that an event loop gathers: they go on at the same time. Where requests hold a thread they go on one after
    /// another, unless the application itself makes them `concurrent`.
    Parallel {
        /// The waits; at least one, none of them blocking.
        branches: Vec<SinglePhase>,
        /// Whether they go on at the same time under every policy.
        concurrent: bool,
    },
}

/// CPU work or a wait.
#[derive(Clone, Debug, PartialEq)]
pub struct SinglePhase {
    /// What happens in it.
    pub kind: PhaseKind,
    /// How long it takes with nobody else in the system.
    pub demand: Distribution,
}

/// A kind of request.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestClass {
    /// Its name in the scenario.
    pub name: String,
    /// Its share of the requests, relative to the other classes' weights; 0 or more.
    pub weight: f64,
    /// Higher goes first where a backlog is ordered by priority.
    pub priority: i32,
    /// What it does, in order; an empty list is an empty request.
    pub phases: Vec<Phase>,
}

impl RequestClass {
    /// How many demands a request brings: one for each phase, branches of parallel waits one by one.
    pub fn demands(&self) -> usize {
        let of_phase = |phase: &Phase| match phase {
            Phase::Single(_) => 1,
            Phase::Parallel { branches, .. } => branches.len(),
        };
        self.phases.iter().map(of_phase).sum()
    }
}

/// All classes of a scenario; at least one, and the weights do not sum to 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// The classes, in the order of the file.
    pub classes: Vec<RequestClass>,
}
