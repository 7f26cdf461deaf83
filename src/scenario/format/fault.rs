//! Faults, as written in the file.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::SimDuration;

/// A fault: when it begins, how long it lasts, and one of the kinds.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Fault")]
pub(crate) struct FaultForm {
    /// Name in objectives (`during NAME: …`, `recovered NAME < 30s`) and reports.
    pub name: Option<String>,
    /// Time of its beginning, from the start of the run.
    pub at: SimDuration,
    /// Duration of the fault.
    #[serde(rename = "for")]
    pub span: SimDuration,
    /// Time from one beginning to the next, until the end of the run; longer than `for`. The fault occurs once if omitted.
    pub every: Option<SimDuration>,
    /// A backend is slow: the queries that it starts take longer.
    pub slow: Option<SlowForm>,
    /// A backend is down: queries in progress and new ones fail immediately.
    pub down: Option<DownForm>,
    /// Workers restart: their requests fail, and they take no others during the fault.
    pub restart: Option<RestartForm>,
    /// The machine has only this number of cores. With 0, nothing computes: requests go on until they need a core.
    pub cores: Option<u32>,
    /// Number of the replica, from 1, that `restart` or `cores` affects; all of them if omitted.
    pub replica: Option<NonZeroU32>,
}

/// A slow backend, by a `factor` or to a `time`. Affects the queries that it starts during the fault.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Slow", extend("oneOf" = [{ "required": ["factor"] }, { "required": ["time"] }]))]
pub(crate) struct SlowForm {
    /// The backend: `db` or one declared in `backends`.
    pub backend: String,
    /// Factor by which queries take longer; at least 1. Factors of simultaneous faults multiply.
    #[schemars(range(min = 1.0))]
    pub factor: Option<f64>,
    /// Time of each query; queries that take longer are not shortened. The longest time of simultaneous faults applies.
    pub time: Option<SimDuration>,
}

/// A backend that is down.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Down")]
pub(crate) struct DownForm {
    /// The backend: `db` or one declared in `backends`.
    pub backend: String,
}

/// Workers that restart.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Restart")]
pub(crate) struct RestartForm {
    /// Number of the worker in its replica, from 1; policies with fewer workers are not affected. All workers if omitted.
    pub worker: Option<NonZeroU32>,
}
