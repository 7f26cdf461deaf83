//! A limit on the requests of a class that are in progress at once.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Maximum number of requests of a class in progress, waits included; one more is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Maximum number of requests of the class in progress; one more is rejected.
    pub in_progress: NonZeroU32,
    /// Whether that many may be in progress in the whole application, the backlog included, or in each worker.
    #[serde(default)]
    pub per: LimitScope,
}

/// What a limit applies to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitScope {
    /// The whole application: a request is rejected on arrival. Requests in the backlog count.
    #[default]
    Application,
    /// Each worker: a request is rejected by the worker that takes it. Requests in the backlog do not count.
    Worker,
}
