//! The workload: weighted classes of requests, each a list of phases with distributions of their demands.

use std::ops::Range;

use crate::model::{BackendId, Call, Limit, PhaseKind};

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
    /// Phases that a request either goes through or leaves out.
    Maybe {
        /// The probability that it goes through them, 0 to 1.
        probability: f64,
        /// The phases, in order.
        phases: Vec<Phase>,
    },
    /// Phases over which a request holds one connection to a backend.
    Hold {
        /// The backend; it has a pool.
        backend: BackendId,
        /// Whether waiting for the connection blocks what runs the request.
        blocking: bool,
        /// The phases, in order.
        phases: Vec<Phase>,
    },
}

/// CPU work or a wait.
#[derive(Clone, Debug, PartialEq)]
pub struct SinglePhase {
    /// What kind of phase it is.
    pub kind: PhaseKind,
    /// How long it takes without other requests in the system.
    pub demand: Distribution,
    /// Of a wait for a backend: what happens if the call takes too long, or ends with an error.
    pub call: Call,
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
    /// Maximum number of its requests in progress; `None`: unlimited.
    pub limit: Option<Limit>,
    /// Time after its arrival at which a client gives up; `None`: that of all clients applies.
    pub timeout: Option<Distribution>,
    /// What it does, in order; an empty list is an empty request.
    pub phases: Vec<Phase>,
}

impl Phase {
    /// The single phases in it, depth first: one for each demand.
    pub fn singles(&self) -> Vec<&SinglePhase> {
        match self {
            Self::Single(single) => vec![single],
            Self::Parallel { branches, concurrent: _ } => branches.iter().collect(),
            Self::Maybe { probability: _, phases } | Self::Hold { backend: _, blocking: _, phases } => {
                phases.iter().flat_map(Self::singles).collect()
            }
        }
    }

    /// Adds the demands that are left out together, for each `maybe`, from the outside in. `first` is the number of
    /// demands before this phase; returns that after it.
    fn add_optional(&self, first: usize, optional: &mut Vec<Range<usize>>) -> usize {
        match self {
            Self::Single(_) => first + 1,
            Self::Parallel { branches, concurrent: _ } => first + branches.len(),
            Self::Hold { backend: _, blocking: _, phases } => add_all_optional(phases, first, optional),
            Self::Maybe { probability: _, phases } => {
                let place = optional.len();
                optional.push(first..first);
                let end = add_all_optional(phases, first, optional);
                optional[place].end = end;
                end
            }
        }
    }
}

fn add_all_optional(phases: &[Phase], first: usize, optional: &mut Vec<Range<usize>>) -> usize {
    phases.iter().fold(first, |first, phase| phase.add_optional(first, optional))
}

impl RequestClass {
    /// Its single phases, depth first: one for each demand of a request.
    pub fn singles(&self) -> impl Iterator<Item = &SinglePhase> {
        self.phases.iter().flat_map(Phase::singles)
    }

    /// Whether it queries a backend.
    pub fn asks(&self, backend: BackendId) -> bool {
        self.singles().any(|single| single.kind.backend() == Some(backend))
    }

    /// Number of demands of a request: one for each single phase, and one for each branch of parallel waits.
    pub fn demands(&self) -> usize {
        self.singles().count()
    }

    /// The demands that are left out together, for each `maybe`, outer ones before those inside.
    pub fn optional_demands(&self) -> Vec<Range<usize>> {
        let mut optional = Vec::new();
        add_all_optional(&self.phases, 0, &mut optional);
        optional
    }
}

/// All classes of a scenario; at least one, and the weights do not sum to 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// The classes, in the order of the file.
    pub classes: Vec<RequestClass>,
}
