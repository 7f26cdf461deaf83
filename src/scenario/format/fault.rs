//! What goes wrong during a run, as the file writes it.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::SimDuration;

/// Something that goes wrong for a while: when, how long, and one of the kinds.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Fault")]
pub(crate) struct FaultForm {
    /// What objectives (`during NAME: …`, `recovered NAME < 30s`) and reports call it.
    pub name: Option<String>,
    /// When it begins, from the start of the run.
    pub at: SimDuration,
    /// How long it lasts.
    #[serde(rename = "for")]
    pub span: SimDuration,
    /// It begins again every time this has passed since it began, until the end of the run; longer than `for`. Once if
    /// omitted.
    pub every: Option<SimDuration>,
    /// Queries that a backend starts take longer.
    pub slow: Option<SlowForm>,
    /// A backend answers no query: those under way and those that come fail at once.
    pub down: Option<DownForm>,
    /// A worker restarts: its requests fail, and it takes no others meanwhile.
    pub restart: Option<RestartForm>,
    /// The machine has only so many cores.
    pub cores: Option<NonZeroU32>,
}

/// A slow backend: by a `factor` or to a `time`. It concerns the queries that it starts while the fault lasts.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Slow", extend("oneOf" = [{ "required": ["factor"] }, { "required": ["time"] }]))]
pub(crate) struct SlowForm {
    /// The backend: `db` or one declared in `backends`.
    pub backend: String,
    /// So many times as long; 1 or more. Factors of faults at the same time multiply.
    #[schemars(range(min = 1.0))]
    pub factor: Option<f64>,
    /// Each query takes this long in place of its own time; one that takes longer anyway is not shortened. Of faults at the
    /// same time the longest holds.
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

/// A worker that restarts.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Restart")]
pub(crate) struct RestartForm {
    /// Which, counted from 1; policies with fewer workers do not notice.
    pub worker: NonZeroU32,
}
