//! What a request does, phase by phase, and what it may be seen doing.

use super::BackendId;

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

/// Where a request's time goes. The parts of a response time add up to it, to the nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Activity {
    /// Accepted, not yet taken by a worker.
    BacklogWait,
    /// Ready to run, waiting for a core, the GIL or the loop.
    RunQueueWait,
    /// Waiting for a connection.
    PoolWait,
    /// Holding a connection, waiting until the backend starts the query.
    BackendWait,
    /// CPU work in code one cannot change.
    Framework,
    /// CPU work in one's own code.
    Compute,
    /// A backend is working on the query.
    Backend,
    /// A plain delay.
    Sleep,
    /// Waiting for a thread beside the loop.
    ThreadWait,
}

impl Activity {
    /// Every activity, in the order of files: new ones come last.
    pub const ALL: [Self; 9] = [
        Self::BacklogWait,
        Self::RunQueueWait,
        Self::PoolWait,
        Self::BackendWait,
        Self::Framework,
        Self::Compute,
        Self::Backend,
        Self::Sleep,
        Self::ThreadWait,
    ];

    /// Whether a request waits for others meanwhile; alone it would not.
    pub const fn is_wait(self) -> bool {
        match self {
            Self::BacklogWait | Self::RunQueueWait | Self::ThreadWait | Self::PoolWait | Self::BackendWait => true,
            Self::Framework | Self::Compute | Self::Backend | Self::Sleep => false,
        }
    }

    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BacklogWait => "backlog_wait",
            Self::RunQueueWait => "run_queue_wait",
            Self::PoolWait => "pool_wait",
            Self::BackendWait => "backend_wait",
            Self::Framework => "framework",
            Self::Compute => "compute",
            Self::Backend => "backend",
            Self::Sleep => "sleep",
            Self::ThreadWait => "thread_wait",
        }
    }
}
