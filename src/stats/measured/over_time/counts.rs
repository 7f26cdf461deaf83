//! What is counted in a window of time.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// What is counted in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowCounts {
    /// Requests that arrived.
    pub arrivals: u64,
    /// Of these, answered.
    pub completions: u64,
    /// Of these, neither answered nor in flight at the end.
    pub unanswered: u64,
    /// Answers given in this time.
    pub departures: u64,
    /// Operations whose first attempt arrived.
    pub operations: u64,
    /// Of these, answered at some attempt.
    pub operations_answered: u64,
    /// Of these, neither answered nor given up when the run ended.
    pub operations_open: u64,
}

impl WindowCounts {
    /// Each request is an operation of its own.
    pub(super) const fn operations_are_requests(&mut self) {
        self.operations = self.arrivals;
        self.operations_answered = self.completions;
        self.operations_open = self.arrivals - self.completions - self.unanswered;
    }

    /// Operations that began in it and were answered or given up before the end of the run.
    pub const fn operations_decided(&self) -> u64 {
        self.operations.saturating_sub(self.operations_open)
    }
}

impl AddAssign for WindowCounts {
    fn add_assign(&mut self, other: Self) {
        self.arrivals += other.arrivals;
        self.completions += other.completions;
        self.unanswered += other.unanswered;
        self.departures += other.departures;
        self.operations += other.operations;
        self.operations_answered += other.operations_answered;
        self.operations_open += other.operations_open;
    }
}
