//! The valid scenario, and what may be changed in it.

use indexmap::IndexMap;

use crate::model::{Backend, Fault, Machine};
use crate::policy::PolicyChoice;
use crate::random::{Arrivals, Clients, Workload};

use super::rules::HIGHEST_RATE_PER_S;
use super::{Objective, RunEnd, RunSettings, Tolerances};

/// A valid scenario: reading is the only way to make one, and no method breaks a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub(super) name: String,
    pub(super) sha256: String,
    pub(super) canonical: serde_json::Value,
    pub(super) defaults: Vec<(String, String)>,
    pub(super) sections: Sections,
}

/// The sections of the file, after every rule has been checked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sections {
    pub description: Option<String>,
    pub workload: Workload,
    pub arrivals: Arrivals,
    pub machine: Machine,
    pub backends: IndexMap<String, Backend>,
    pub clients: Clients,
    pub faults: Vec<Fault>,
    pub policies: Vec<PolicyChoice>,
    pub run: RunSettings,
    pub objectives: Vec<Objective>,
    pub tolerances: Tolerances,
}

impl Scenario {
    /// The scenario's name: its file name without directory and extension.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the scenario shows.
    pub fn description(&self) -> Option<&str> {
        self.sections.description.as_deref()
    }

    /// SHA-256 of the scenario as read and changed, in hexadecimal digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The classes of requests and their phases.
    pub fn workload(&self) -> &Workload {
        &self.sections.workload
    }

    /// When requests arrive.
    pub fn arrivals(&self) -> &Arrivals {
        &self.sections.arrivals
    }

    /// The machine that runs the application.
    pub fn machine(&self) -> &Machine {
        &self.sections.machine
    }

    /// The backends by name; a [`crate::model::BackendId`] is an index into this map. `db` is always the first.
    pub fn backends(&self) -> &IndexMap<String, Backend> {
        &self.sections.backends
    }

    /// What clients do while they wait.
    pub fn clients(&self) -> &Clients {
        &self.sections.clients
    }

    /// The faults during the run.
    pub fn faults(&self) -> &[Fault] {
        &self.sections.faults
    }

    /// The policies under which the same requests are run: at least one, with unique names.
    pub fn policies(&self) -> &[PolicyChoice] {
        &self.sections.policies
    }

    /// The length of a run, its seed, and how often it is repeated.
    pub fn run(&self) -> &RunSettings {
        &self.sections.run
    }

    /// The objectives in the order of the file, followed by those added with [`Scenario::assert`].
    pub fn objectives(&self) -> &[Objective] {
        &self.sections.objectives
    }

    /// How much metrics may be worse than in a baseline.
    pub fn tolerances(&self) -> &Tolerances {
        &self.sections.tolerances
    }

    /// The scenario as JSON with sorted keys, without `$schema` and `description`.
    pub fn canonical(&self) -> &serde_json::Value {
        &self.canonical
    }

    /// The defaults in force where the file has no value: (`path`, `value`), in the order of the file.
    pub fn defaults(&self) -> &[(String, String)] {
        &self.defaults
    }

    /// Replaces the seed. The hash stays that of the file: seeds are recorded separately.
    pub fn reseed(&mut self, seed: u64) {
        self.sections.run.seed = seed;
        self.defaults.retain(|(path, _)| path != "run.seed");
    }

    /// The same scenario with its arrival rate multiplied by `factor` (above 0), ending after `requests` requests (at
    /// least 1); `None` if requests would arrive faster than a scenario may have them.
    pub fn with_load(&self, factor: f64, requests: u64) -> Option<Self> {
        let arrivals = self.sections.arrivals.scaled(factor);
        if arrivals.highest_rate_per_s().is_some_and(|rate| rate > HIGHEST_RATE_PER_S) {
            return None;
        }
        let mut other = self.clone();
        other.sections.arrivals = arrivals;
        other.sections.run.end = RunEnd::Requests(requests.max(1));
        Some(other)
    }
}
