//! What one replication of a configuration gave, and how it is stored.

use serde::{Deserialize, Serialize};

use super::measure::Measure;
use super::tally::{Found, Pooled};

/// No replication has as many requests.
const TOO_MANY: u64 = 1 << 40;

/// What one replication gave: for each objective, then the 99th percentile.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Replicated {
    pub found: Vec<Option<Found>>,
    /// The values of all percentiles, each with its place.
    pub tails: Vec<(usize, Pooled)>,
    pub requests: u64,
    pub is_complete: bool,
}

impl Replicated {
    /// Whether it can be of a replication that is asked for these.
    pub fn fits(&self, measures: &[Measure]) -> bool {
        let tails = measures.iter().enumerate().filter(|(_, measure)| matches!(measure, Measure::Share(_)));
        self.found.len() == measures.len()
            && self.tails.iter().map(|(place, _)| *place).eq(tails.map(|(place, _)| place))
            && self.tails.iter().all(|(_, pooled)| pooled.unanswered() < TOO_MANY)
            && self.requests < TOO_MANY
    }
}
