//! Which pools a scenario asks without saying what the client library costs.

use crate::model::BackendId;
use crate::policy::PolicyChoice;
use crate::scenario::Scenario;
use crate::stats::MissingClient;

/// The pools of a scenario that requests ask under a product with which a client was measured, and that have no `client`.
pub fn missing_clients<'a>(
    scenario: &Scenario,
    policies: impl Iterator<Item = &'a PolicyChoice>,
) -> Vec<MissingClient> {
    let of_policy = |policy: &PolicyChoice| {
        let Some(measured) = policy.product().and_then(|product| product.measured_client) else { return Vec::new() };
        let bare = |backend: &String| MissingClient {
            policy: policy.name().to_owned(),
            backend: backend.clone(),
            measured: measured.name(),
        };
        bare_pools(scenario).map(bare).collect()
    };
    policies.flat_map(of_policy).collect()
}

/// The backends that requests ask through a pool without a client. One in whose place the application sleeps needs none.
fn bare_pools(scenario: &Scenario) -> impl Iterator<Item = &String> {
    let backends = (0..).map(BackendId).zip(scenario.backends());
    backends.filter_map(|(id, (name, backend))| {
        let is_bare = backend.pool.is_some() && backend.client.is_none() && !backend.stand_in;
        (is_bare && is_asked(scenario, id)).then_some(name)
    })
}

/// Whether requests of any class ask a backend.
pub(super) fn is_asked(scenario: &Scenario, asked: BackendId) -> bool {
    scenario.workload().classes.iter().any(|class| class.asks(asked))
}
