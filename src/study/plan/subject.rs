//! What is tested: a configuration, perhaps under another load or with other times of queries or CPU work.

use crate::scenario::Scenario;

use super::results::PlanChange;
use super::sizing::Sizing;

/// A scenario that is tested.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub scenario: Scenario,
    /// What it is called in the names of units: no other scenario of the policy's plan is called that.
    pub name: String,
}

impl Subject {
    /// The scenario of a plan as it is.
    pub fn as_it_is(scenario: &Scenario) -> Self {
        Self { scenario: scenario.clone(), name: "as-it-is".to_owned() }
    }

    /// A configuration.
    pub fn configured<'s>(scenario: Scenario, sizes: impl Iterator<Item = (&'s Sizing, &'s u32)>) -> Self {
        let names: Vec<String> = sizes.map(|(sizing, size)| size_name(*sizing, *size)).collect();
        Self { scenario, name: names.join(".") }
    }

    /// The same with a change.
    pub fn changed(&self, scenario: Scenario, change: &PlanChange) -> Self {
        // There is one backend whose query times change.
        let suffix = match change {
            PlanChange::Load { factor } => format!("load-{factor}"),
            PlanChange::QueryTime { backend: _, factor } => format!("query-time-{factor}"),
            PlanChange::CpuTime { factor } => format!("cpu-time-{factor}"),
        };
        Self { scenario, name: format!("{}.{suffix}", self.name) }
    }
}

fn size_name(sizing: Sizing, size: u32) -> String {
    match sizing {
        Sizing::Replicas => format!("replicas-{size}"),
        Sizing::Cores => format!("cores-{size}"),
        Sizing::Workers => format!("workers-{size}"),
        Sizing::Threads => format!("threads-{size}"),
        Sizing::Pool(backend) => format!("pool-{}.size-{size}", backend.0),
    }
}
