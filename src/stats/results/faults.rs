//! What goes wrong during a run, and what that does to the requests.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

use super::requests::RequestCounts;
use super::requests::Summary;

/// A fault.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct FaultWindow {
    /// Its name in objectives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What: `slow`, `down`, `restart` or `cores`.
    pub kind: FaultWindowKind,
    /// When it begins; the first time, if it repeats.
    pub start_ms: f64,
    /// When it ends; the first time, if it repeats.
    pub end_ms: f64,
    /// Time between two beginnings, of a fault that repeats until the end of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every_ms: Option<f64>,
    /// The backend that is slow or down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend: Option<String>,
    /// How many times longer its queries take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
    /// Minimum time of its queries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_ms: Option<f64>,
    /// The replica that it affects, counted from 1; all of them if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica: Option<u32>,
    /// The worker that restarts, counted from 1; all of them if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<u32>,
    /// How many cores remain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<u32>,
}

/// What goes wrong during a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum FaultWindowKind {
    /// A backend is slow.
    #[default]
    Slow,
    /// A backend answers nothing.
    Down,
    /// A worker restarts.
    Restart,
    /// The machine has fewer cores.
    Cores,
}

/// What a fault did to the requests of a policy. Of a fault that repeats, all times together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct FaultEffect {
    /// Its place in the list of faults, counted from 1.
    pub fault: usize,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Before it began first.
    pub before: PhaseNumbers,
    /// While it was under way.
    pub during: PhaseNumbers,
    /// From its end to the next beginning, or to the end of the run.
    pub after: PhaseNumbers,
    /// Whether it was over for the users before the run ended, or before it began again.
    pub recovery: Recovery,
    /// How long that took from the end of the fault: the longest time, of a fault that repeats.
    pub recovery_ms: Option<f64>,
    /// What it did to the requests of each class, in the order of the scenario; omitted for a single class.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub classes: IndexMap<String, ClassFaultEffect>,
}

/// What a fault did to the requests of a class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ClassFaultEffect {
    /// Before it began first.
    pub before: PhaseNumbers,
    /// While it was under way.
    pub during: PhaseNumbers,
    /// From its end to the next beginning, or to the end of the run.
    pub after: PhaseNumbers,
    /// Whether it was over for the users of this class before the run ended, or before it began again; omitted if there are more
    /// than 16 classes and no objective asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery: Option<Recovery>,
    /// How long that took from the end of the fault: the longest time, of a fault that repeats.
    pub recovery_ms: Option<f64>,
}

impl FaultEffect {
    /// Whether it was over for the requests of the class in this place, or for all requests, and how long that took.
    pub(crate) fn recovery_of(&self, class: Option<usize>) -> (Recovery, Option<f64>) {
        // A single class is not listed: it is all requests.
        let listed = class.and_then(|place| self.classes.get_index(place)).map(|(_, class)| class);
        match listed {
            Some(class) => (class.recovery.unwrap_or_default(), class.recovery_ms),
            None => (self.recovery, self.recovery_ms),
        }
    }
}

/// Requests that arrived in a part of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PhaseNumbers {
    /// How long it lasted within the measured time, of all replications together.
    pub duration_ms: f64,
    /// Counts of the requests by outcome.
    pub requests: RequestCounts,
    /// Arrival to departure, of the completed requests.
    pub response_time_ms: Summary,
    /// The share of the requests that were rejected, timed out or failed.
    pub error_rate: Option<f64>,
    /// Answers given in that part, to requests that arrived then or before, per second.
    pub throughput_per_s: Option<f64>,
}

/// Whether a fault was over for the users before the run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Recovery {
    /// It was.
    Recovered,
    /// It was not, after one of its ends at least.
    NotRecovered,
    /// No request was answered before it, none arrived after it, or it repeats too fast for the length of the run.
    #[default]
    Unknown,
}
