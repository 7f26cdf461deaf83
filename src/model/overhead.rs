//! The CPU time of the application server itself.

use schemars::JsonSchema;
use serde::Serialize;

use super::SimDuration;

/// CPU time of the application server per request. It occupies the worker, the lock or the loop like any other work, but is
/// not part of the request's demand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Overhead {
    /// Before the handler: accepting the connection, parsing the request.
    pub before: SimDuration,
    /// From the end of the handler until the response is sent.
    pub response: SimDuration,
    /// After the response is sent: closing the connection, logging. Not part of the response time.
    pub after: SimDuration,
}

impl Overhead {
    /// No overhead.
    pub const NONE: Self = Self { before: SimDuration::ZERO, response: SimDuration::ZERO, after: SimDuration::ZERO };

    /// Whether all of it is 0.
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }

    /// The sum of its parts.
    pub fn total(&self) -> SimDuration {
        self.before + self.response + self.after
    }
}
