//! The workload: weighted classes of requests, each a list of phases with distributions of their demands.

use crate::model::PhaseKind;

use super::Distribution;

/// One phase of a class.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// CPU work or a wait.
    Single(SinglePhase),
    /// Waits that an event loop gathers: they run at the same time. Where a request holds a thread, they run one after
    /// another, unless the application itself makes them `concurrent`.
    Parallel {
        /// The waits; at least one, none of them blocking.
        branches: Vec<SinglePhase>,
        /// Whether they run at the same time under every policy.
        concurrent: bool,
    },
}

/// CPU work or a wait.
#[derive(Clone, Debug, PartialEq)]
pub struct SinglePhase {
    /// What kind of phase it is.
    pub kind: PhaseKind,
    /// How long it takes without other requests in the system.
    pub demand: Distribution,
}

/// A kind of request.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestClass {
    /// Its name in the scenario.
    pub name: String,
    /// Its share of the requests, relative to the other classes' weights; 0 or more.
    pub weight: f64,
    /// In a backlog ordered by priority, a higher one goes first.
    pub priority: i32,
    /// What it does, in order; an empty list is an empty request.
    pub phases: Vec<Phase>,
}

impl RequestClass {
    /// Number of demands of a request: one for each phase, and one for each branch of parallel waits.
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
