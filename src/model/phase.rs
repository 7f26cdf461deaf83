//! What a request does, phase by phase.

use super::{Activity, BackendId};

/// The number of a request class, in the order of the scenario file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassId(pub u16);

/// One phase of a request: work on the CPU, or a wait off it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhaseKind {
    /// CPU work in code one cannot change.
    Framework,
    /// CPU work in one's own code.
    Compute,
    /// A wait for a backend.
    Backend {
        /// The backend asked.
        backend: BackendId,
        /// Whether the wait blocks what runs it: an event loop stands still.
        blocking: bool,
    },
    /// A plain delay that nobody serves.
    Sleep,
}

impl PhaseKind {
    /// Whether the phase needs a core.
    pub const fn is_cpu(self) -> bool {
        matches!(self, Self::Framework | Self::Compute)
    }

    /// What a request in this phase is doing when it is being served.
    pub const fn activity(self) -> Activity {
        match self {
            Self::Framework => Activity::Framework,
            Self::Compute => Activity::Compute,
            Self::Backend { .. } => Activity::Backend,
            Self::Sleep => Activity::Sleep,
        }
    }
}
