//! What would decide an objective that chance may have decided.

use crate::output::block::number::count;
use crate::stats::{ObjectiveResult, Undecided};

/// What would decide it. Of remedies of one kind, the larger one decides both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remedy {
    /// This many requests.
    Requests(u64),
    /// This many replications, of the requests during a fault.
    Replications(u64),
    /// Replications that are longer.
    LongerReplications {
        /// How many requests, in all of them.
        requests: u64,
        /// How many there are.
        replications: u64,
    },
    /// No number of requests.
    Nothing,
}

impl Remedy {
    /// That of an undecided objective.
    pub const fn of(objective: &ObjectiveResult, undecided: Undecided) -> Self {
        match (undecided.requests, undecided.replications) {
            (None, _) => Self::Nothing,
            (Some(requests), None) => Self::Requests(requests),
            (Some(_), Some(replications)) if objective.fault.is_some() => Self::Replications(replications),
            (Some(requests), Some(replications)) => Self::LongerReplications { requests, replications },
        }
    }

    /// Whether both are of one kind.
    pub fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// `about 670,000 requests would decide it`.
    pub fn sentence(&self) -> String {
        match self {
            Self::Requests(requests) => format!("about {} requests would decide it", count(*requests)),
            Self::Replications(replications) => format!(
                "about {} replications would decide it, fewer if the fault lasts longer or repeats (`every`)",
                count(*replications)
            ),
            Self::LongerReplications { requests, replications } => format!(
                "about {} requests would decide it, in {} replications: longer ones, not more of them",
                count(*requests),
                count(*replications)
            ),
            Self::Nothing => "more requests would not decide it".to_owned(),
        }
    }
}
