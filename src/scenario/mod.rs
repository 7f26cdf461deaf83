//! JSON text to [`Scenario`]: every rule about a valid scenario lives here, with its message.

use crate::model::{Machine, SimDuration};
use crate::policy::PolicyChoice;
use crate::random::{Arrivals, Workload};

/// A valid scenario: it exists only if every rule holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its name: the file's, without folder and ending.
    pub name: String,
    /// What it shows.
    pub description: Option<String>,
    /// SHA-256 of the scenario as read and changed, in hexadecimal digits.
    pub sha256: String,
    /// What requests bring.
    pub workload: Workload,
    /// When they arrive.
    pub arrivals: Arrivals,
    /// What runs them.
    pub machine: Machine,
    /// The backends by name; [`crate::model::BackendId`] counts them. `db` is the first.
    pub backends: Vec<String>,
    /// The policies under which the same requests are run; at least one, names unique.
    pub policies: Vec<PolicyChoice>,
    /// How long, and from which seed.
    pub run: Run,
    /// Defaults in force because the file does not say otherwise: (`path`, `value`), in the order of the file.
    pub defaults: Vec<(String, String)>,
}

/// How long a run is, and from which seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// When it ends.
    pub end: End,
    /// The seed of all its streams.
    pub seed: u64,
}

/// When a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// So many requests arrive, and all of them are served.
    Requests(u64),
    /// The run stops then; requests not served by then are in flight.
    Duration(SimDuration),
    /// All arrivals of an explicit list or a trace, and all of them are served.
    Arrivals,
}
