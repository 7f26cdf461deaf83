//! Whether requests may go without an answer.

use crate::model::{Backend, Fault, FaultKind};
use crate::policy::PolicyChoice;
use crate::random::RequestClass;
use crate::scenario::Scenario;

/// Whether every request waits until it is answered: nothing is turned away, no client gives up, and nothing fails.
pub(super) fn always_answers(scenario: &Scenario, policy: &PolicyChoice) -> bool {
    let rules = policy.rules();
    let clients = scenario.clients();
    let is_patient = |class: &RequestClass| class.limit.is_none() && class.timeout.is_none();
    let waits = |backend: &Backend| {
        backend.errors <= 0.0 && backend.pool.as_ref().is_none_or(|pool| pool.acquire_timeout.is_none())
    };
    let classes = &scenario.workload().classes;
    let never_fails = |fault: &Fault| match fault.kind {
        FaultKind::Slow { .. } | FaultKind::Cores { .. } => true,
        FaultKind::Down { .. } | FaultKind::Restart { .. } => false,
    };
    scenario.faults().iter().all(never_fails)
        && clients.timeout.is_none()
        && clients.patience.is_none()
        && classes.iter().all(is_patient)
        && classes.iter().flat_map(RequestClass::singles).all(|phase| phase.call.is_plain())
        && scenario.backends().values().all(waits)
        && rules.queueing.backlog.is_none()
        && rules.limit.is_none()
        && rules.worker_timeout.is_none()
        && rules.max_requests.is_none()
}
