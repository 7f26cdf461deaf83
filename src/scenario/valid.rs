//! The valid scenario, and what may be changed in it.

use indexmap::IndexMap;

use crate::engine::Rules;
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
}

/// What the floors above read of a scenario; open to the project's own tests as well.
macro_rules! sections {
    ($($(#[doc = $doc:literal])* $name:ident: $type:ty),* $(,)?) => {
        impl Scenario {
            $(
                $(#[doc = $doc])*
                #[cfg(feature = "internals")]
                pub fn $name(&self) -> &$type {
                    &self.sections.$name
                }

                $(#[doc = $doc])*
                #[cfg(not(feature = "internals"))]
                pub(crate) fn $name(&self) -> &$type {
                    &self.sections.$name
                }
            )*
        }
    };
}

sections! {
    /// The classes of requests and their phases.
    workload: Workload,
    /// When requests arrive.
    arrivals: Arrivals,
    /// The machine that runs the application.
    machine: Machine,
    /// The backends by name; a [`crate::model::BackendId`] is an index into this map. `db` is always the first.
    backends: IndexMap<String, Backend>,
    /// What clients do while they wait.
    clients: Clients,
    /// The faults during the run.
    faults: [Fault],
    /// The policies under which the same requests are run: at least one, with unique names.
    policies: [PolicyChoice],
    /// The length of a run, its seed, and how often it is repeated.
    run: RunSettings,
    /// The objectives in the order of the file, followed by those added with [`Scenario::assert`].
    objectives: [Objective],
    /// How much metrics may be worse than in a baseline.
    tolerances: Tolerances,
}

impl Scenario {
    /// How the workers of a policy run requests: those of all replicas.
    #[cfg(feature = "internals")]
    pub fn rules(&self, policy: &PolicyChoice) -> Rules {
        self.sections.rules(policy)
    }

    /// How the workers of a policy run requests: those of all replicas.
    #[cfg(not(feature = "internals"))]
    pub(crate) fn rules(&self, policy: &PolicyChoice) -> Rules {
        self.sections.rules(policy)
    }

    /// The same scenario with a balancer that does not probe its replicas.
    pub(crate) fn without_health_check(&self) -> Self {
        let mut other = self.clone();
        other.sections.machine.replicas.health = None;
        other
    }

    /// The same scenario with its arrival rate multiplied by `factor` (above 0), ending after `requests` requests (at
    /// least 1); `None` if requests would arrive faster than a scenario may have them.
    pub(crate) fn with_load(&self, factor: f64, requests: u64) -> Option<Self> {
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

impl Sections {
    fn rules(&self, policy: &PolicyChoice) -> Rules {
        let rules = policy.rules();
        Rules { workers: rules.workers * self.machine.replicas.count, ..rules }
    }
}
