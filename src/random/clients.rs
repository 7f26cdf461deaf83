//! What clients do while they wait: give up, and retry.

use std::num::NonZeroU32;

use rand::RngExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Proportion, SimDuration};

use super::{Distribution, Stream};

/// How long clients wait, and what happens then.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clients {
    /// Time after its arrival at which a client gives up; it waits forever if omitted.
    pub timeout: Option<Distribution>,
    /// Whether the application notices that a client has given up and stops the request (default: false: it finishes the
    /// work in vain).
    #[serde(default)]
    pub cancel: bool,
    /// Maximum time in the backlog; then the request leaves, and counts as timed out. Unlimited if omitted.
    pub patience: Option<Distribution>,
    /// How clients retry; they do not if omitted.
    pub retries: Option<Retries>,
}

/// How clients retry when a request was rejected, timed out or failed.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retries {
    /// Maximum number of retries after the first attempt.
    pub max: NonZeroU32,
    /// Time before the first retry; doubled before each further one.
    pub backoff: SimDuration,
    /// The random share of that time: with 0 (the default), all of it passes; with 1, any part of it.
    #[serde(default, deserialize_with = "Proportion::number")]
    #[schemars(schema_with = "Proportion::schema_up_to_one")]
    pub jitter: f64,
    /// Maximum number of retries per new request, over the run so far; unlimited if omitted.
    #[serde(default, deserialize_with = "Proportion::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Proportion>")]
    pub budget: Option<f64>,
}

impl Clients {
    /// Whether clients wait forever and never retry: the default.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Retries {
    /// Time before a client retries; `attempts_before` is the number of attempts before the one that ended.
    pub fn delay(&self, attempts_before: u32, stream: &mut Stream) -> SimDuration {
        let doubled = self.backoff.as_nanos() as f64 * 2f64.powi(attempts_before.min(1000) as i32);
        SimDuration::round_from_nanos(doubled * (1.0 - self.jitter * stream.random::<f64>()))
    }
}
