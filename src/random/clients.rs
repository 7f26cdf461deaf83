//! What clients do while they wait: give up, and try again.

use std::num::NonZeroU32;

use rand::RngExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Proportion, SimDuration};

use super::{Distribution, Stream};

/// How long clients wait, and what they do then.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clients {
    /// After how long, from the arrival on, a client gives up; it waits for ever when left out.
    pub timeout: Option<Distribution>,
    /// Whether the application notices that a client has given up, and stops its request (false: it finishes the
    /// work for nobody).
    #[serde(default)]
    pub cancel: bool,
    /// How long a request waits in the backlog at most; then it leaves, and has timed out.
    pub patience: Option<Distribution>,
    /// Whether and how clients try again; they do not when left out.
    pub retries: Option<Retries>,
}

/// How clients try again when a request was rejected, timed out or failed.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retries {
    /// How often at most after the first try.
    pub max: NonZeroU32,
    /// How long before the second try; twice as long before each further one.
    pub backoff: SimDuration,
    /// The share of that time that is random: 0 (the default) waits it all, 1 any part of it.
    #[serde(default, deserialize_with = "Proportion::number")]
    #[schemars(schema_with = "Proportion::schema_up_to_one")]
    pub jitter: f64,
    /// At most so many retries for each request that arrives anew, over the run so far; any number when left out.
    #[serde(default, deserialize_with = "Proportion::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Proportion>")]
    pub budget: Option<f64>,
}

impl Clients {
    /// Whether clients wait without limit and never retry: the default.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Retries {
    /// How long a client waits before it tries again, after so many tries before the one that ended.
    pub fn delay(&self, tries_before: u32, stream: &mut Stream) -> SimDuration {
        let doubled = self.backoff.as_nanos() as f64 * 2f64.powi(tries_before.min(1000) as i32);
        SimDuration::round_from_nanos(doubled * (1.0 - self.jitter * stream.random::<f64>()))
    }
}
