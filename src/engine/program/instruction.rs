//! The steps of a request.

use crate::model::{Activity, BackendId};

use super::CallId;

/// One step of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Instruction {
    /// Needs a core; consecutive instructions of this kind form one burst.
    Cpu(Activity),
    /// Waits off the CPU, for a backend or without one; `blocking`: with the request's turn to run.
    Wait { backend: Option<BackendId>, blocking: bool },
    /// Waits for a backend, as `Wait` does, for a limited time or with errors.
    Call { backend: BackendId, call: CallId, blocking: bool },
    /// Takes a connection to a backend, or waits for one, and holds it over the statements that follow.
    Connect { backend: BackendId, blocking: bool },
    /// Waits for the answer to a statement other than the query, on the connection that the request holds.
    Statement { backend: BackendId, blocking: bool },
    /// Takes a connection to a backend, or waits for one, and holds it over the steps that follow. `once`: unless the
    /// request already holds one of that backend.
    Hold { backend: BackendId, blocking: bool, once: bool },
    /// Returns the connection to a backend that was taken last to be held.
    Release { backend: BackendId },
    /// Goes through the next `steps` or leaves them out, as was drawn with the demands.
    Maybe { steps: u32 },
    /// The next `branches` waits run at the same time.
    Fork { branches: u32, blocking: bool },
    /// The loop hands the request to a thread.
    HandOff,
    /// The thread hands it back to the loop.
    HandBack,
    /// A thread that has just computed lets another one of its worker run first.
    Yield,
    /// The response is out; what follows is the application server's own.
    Respond,
    /// The request departs.
    Depart,
}

impl Instruction {
    /// Whether a request keeps its turn over this step, in a run that takes a shortcut: it has bursts and waits only.
    #[inline]
    pub const fn keeps_turn(self) -> bool {
        match self {
            Self::Cpu(_) => true,
            Self::Wait { blocking, .. } | Self::Call { blocking, .. } => blocking,
            Self::Connect { .. }
            | Self::Statement { .. }
            | Self::Hold { .. }
            | Self::Release { .. }
            | Self::Maybe { .. }
            | Self::Fork { .. }
            | Self::HandOff
            | Self::HandBack
            | Self::Yield
            | Self::Respond
            | Self::Depart => false,
        }
    }

    /// The backend whose answer a request waits for in this step.
    pub const fn asked(self) -> Option<BackendId> {
        match self {
            Self::Wait { backend, .. } => backend,
            Self::Call { backend, .. } | Self::Statement { backend, .. } => Some(backend),
            Self::Cpu(_)
            | Self::Connect { .. }
            | Self::Hold { .. }
            | Self::Release { .. }
            | Self::Maybe { .. }
            | Self::Fork { .. }
            | Self::HandOff
            | Self::HandBack
            | Self::Yield
            | Self::Respond
            | Self::Depart => None,
        }
    }

    /// What a request does during the demand of this step, if the step has one.
    pub(super) const fn activity(self) -> Option<Activity> {
        match self {
            Self::Cpu(activity) => Some(activity),
            Self::Wait { backend, .. } => Some(Self::wait_activity(backend)),
            Self::Call { .. } | Self::Statement { .. } => Some(Activity::Backend),
            Self::Connect { .. }
            | Self::Hold { .. }
            | Self::Release { .. }
            | Self::Maybe { .. }
            | Self::Fork { .. }
            | Self::HandOff
            | Self::HandBack
            | Self::Yield
            | Self::Respond
            | Self::Depart => None,
        }
    }

    /// The backend of a wait, if it has one.
    pub const fn backend(self) -> Option<BackendId> {
        match self {
            Self::Wait { backend, .. } => backend,
            Self::Call { backend, .. }
            | Self::Connect { backend, .. }
            | Self::Statement { backend, .. }
            | Self::Hold { backend, .. } => Some(backend),
            Self::Cpu(_)
            | Self::Release { .. }
            | Self::Maybe { .. }
            | Self::Fork { .. }
            | Self::HandOff
            | Self::HandBack
            | Self::Yield
            | Self::Respond
            | Self::Depart => None,
        }
    }

    /// The options of a call.
    pub const fn call(self) -> Option<CallId> {
        match self {
            Self::Call { call, .. } => Some(call),
            Self::Cpu(_)
            | Self::Wait { .. }
            | Self::Connect { .. }
            | Self::Statement { .. }
            | Self::Hold { .. }
            | Self::Release { .. }
            | Self::Maybe { .. }
            | Self::Fork { .. }
            | Self::HandOff
            | Self::HandBack
            | Self::Yield
            | Self::Respond
            | Self::Depart => None,
        }
    }

    /// What a request is doing while a wait is being served.
    pub const fn wait_activity(backend: Option<BackendId>) -> Activity {
        match backend {
            Some(_) => Activity::Backend,
            None => Activity::Sleep,
        }
    }
}

/// Why a connection is held at an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeldFor {
    /// It is not, except during a query.
    Nothing,
    /// Its client sends another statement on it, or the query.
    Statements,
    /// Its client reads the last answer: a pool that releases connections at the end of a query does not wait for that.
    Answer,
    /// The request holds it over several phases, and sends this query on it.
    Phases,
}
