//! What may go wrong during a run.

use super::{BackendId, SimDuration};

/// Something that goes wrong for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fault {
    /// When it begins, from the start of the run.
    pub at: SimDuration,
    /// How long it lasts.
    pub span: SimDuration,
    /// What goes wrong.
    pub kind: FaultKind,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FaultKind {
    /// Queries that a backend starts take so many times their demand; a factor of 1 or more.
    Slow {
        /// The backend.
        backend: BackendId,
        /// How many times.
        factor: f64,
    },
    /// A backend answers no query: those under way and those that come fail at once.
    Down {
        /// The backend.
        backend: BackendId,
    },
    /// A worker restarts: its requests fail, and it takes no others meanwhile.
    Restart {
        /// The worker, counted from 0. Policies with fewer workers do not notice.
        worker: u32,
    },
    /// The machine has only so many cores; at least 1.
    Cores {
        /// How many.
        cores: u32,
    },
}
