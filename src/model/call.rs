//! What a request does if a call of a backend takes too long, or ends with an error.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SimDuration;

/// The options of a call; without any, it waits for the answer without limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// Maximum time from when it has its connection; `None` without limit.
    pub timeout: Option<SimDuration>,
    /// What happens if the last attempt takes longer.
    pub on_timeout: OnTimeout,
    /// Further attempts; `None` if there is only one.
    pub retries: Option<CallRetries>,
}

/// What a request does when a call has timed out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnTimeout {
    /// The request fails.
    #[default]
    Fail,
    /// It continues with its next phase, without the answer.
    Continue,
}

/// How a request repeats a call that timed out or ended with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallRetries {
    /// Maximum number of retries of a call after its first attempt.
    pub max: NonZeroU32,
    /// Time before the first retry, doubled before each further one (default: 0). The request sleeps meanwhile and holds no
    /// connection for the call.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub backoff: SimDuration,
}

impl Call {
    /// Whether it has no options.
    pub fn is_plain(self) -> bool {
        self == Self::default()
    }
}

impl OnTimeout {
    /// Whether it is the default.
    pub fn is_fail(&self) -> bool {
        *self == Self::Fail
    }
}

impl CallRetries {
    /// Time before the next attempt; `attempts_before` is the number of attempts before the one that ended.
    pub fn delay(self, attempts_before: u32) -> SimDuration {
        SimDuration::round_from_nanos(self.backoff.as_nanos() as f64 * 2f64.powi(attempts_before.min(1000) as i32))
    }
}

/// Lets serde omit a span of 0.
fn is_zero(span: &SimDuration) -> bool {
    *span == SimDuration::ZERO
}
