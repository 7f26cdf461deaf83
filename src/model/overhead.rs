//! What the application server itself costs, for each request.

use serde::Serialize;

use super::SimDuration;

/// CPU time of the application server for each request. It holds the worker, the lock or the loop like any other work, and
/// is no part of the request's demand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Overhead {
    /// Before the handler: accepting the connection, parsing the request.
    pub before: SimDuration,
    /// From the end of the handler until the response is out.
    pub response: SimDuration,
    /// After the response is out: closing the connection, logging. No part of the response time.
    pub after: SimDuration,
}

impl Overhead {
    /// None at all.
    pub const NONE: Self = Self { before: SimDuration::ZERO, response: SimDuration::ZERO, after: SimDuration::ZERO };

    /// Whether it is nothing.
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }

    /// All of it.
    pub fn total(&self) -> SimDuration {
        self.before + self.response + self.after
    }
}
