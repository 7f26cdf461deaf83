//! What a request does, phase by phase.

use serde::{Deserialize, Serialize};

use super::{Activity, ActivityGroup, BackendId};

/// The number of a request class, in the order of the scenario file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClassId(pub u16);

/// One phase of a request: work on the CPU, or a wait off it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhaseKind {
    /// CPU work in code that the application's authors cannot change.
    Framework,
    /// CPU work in the application's own code.
    Compute,
    /// A wait for a backend.
    Backend {
        /// The backend.
        backend: BackendId,
        /// Whether the wait blocks what runs the request: an event loop then runs nothing else.
        blocking: bool,
    },
    /// A plain delay.
    Sleep,
}

impl PhaseKind {
    /// Whether the phase needs a core.
    pub const fn is_cpu(self) -> bool {
        matches!(self.activity().group(), ActivityGroup::Cpu)
    }

    /// The backend that the phase waits for, if it does.
    pub const fn backend(self) -> Option<BackendId> {
        match self {
            Self::Backend { backend, blocking: _ } => Some(backend),
            Self::Framework | Self::Compute | Self::Sleep => None,
        }
    }

    /// The activity of a request in this phase while it does not wait for others.
    pub const fn activity(self) -> Activity {
        match self {
            Self::Framework => Activity::Framework,
            Self::Compute => Activity::Compute,
            Self::Backend { .. } => Activity::Backend,
            Self::Sleep => Activity::Sleep,
        }
    }
}
