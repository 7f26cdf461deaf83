//! How the workers of a policy run requests: the policy's answers, as plain data.

use crate::model::SimDuration;

/// A policy's answers, read once before the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// How many worker processes there are; at least 1.
    pub workers: u32,
    /// Requests in progress at once in a worker; `None`: any number.
    pub slots: Option<u32>,
    /// How many requests of a worker run at the same instant, cores permitting.
    pub running_at_once: u32,
    /// After how long a running request hands over to a ready one of its worker; `None`: at the end of its burst.
    pub hand_over_interval: Option<SimDuration>,
    /// Whether every wait holds what runs the request, as a wait marked `blocking` does.
    pub waits_block: bool,
    /// Whether the next ready request of a worker goes on on the core of the last: one loop runs them all.
    pub keeps_core: bool,
}
