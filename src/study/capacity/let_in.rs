//! What limits on requests in progress let in: a request that a limit rejects takes nothing of what the application has.
//!
//! The requests of a class under a limit are at most as many as the limit, and each stays for its demand at least, so no more
//! than limit / demand of them are let in per second (Little's law), whatever else happens. Where requests wait, fewer are let
//! in, but that is what the load is about.

use crate::engine::Rules;
use crate::model::{Backend, Limit, LimitScope};
use crate::policy::PolicyChoice;
use crate::random::Workload;
use crate::scenario::Scenario;

use super::demands::Demands;

/// What reaches the workers.
#[derive(Clone, Debug)]
pub(super) struct LetIn {
    /// The requests, in the proportions in which they are let in.
    pub workload: Workload,
    /// How many of them there are per second, at most.
    pub rate_per_s: f64,
}

impl LetIn {
    /// What is let in of this many requests per second; `None` if all of them are.
    pub fn at(rate_per_s: f64, scenario: &Scenario, policy: &PolicyChoice, workload: &Workload) -> Option<Self> {
        let rules = scenario.rules(policy);
        let total: f64 = workload.classes.iter().map(|class| class.weight).sum();
        let mut let_in = workload.clone();
        for class in &mut let_in.classes {
            let Some(limit) = class.limit else { continue };
            let alone = Workload { classes: vec![class.clone()] };
            let most = most_per_s(in_progress(limit, &rules), stay(&alone, scenario, &rules)?);
            class.weight = class.weight.min(most / rate_per_s * total);
        }
        let share = let_in.classes.iter().map(|class| class.weight).sum::<f64>() / total;
        let mut let_in_per_s = rate_per_s * share;
        if let Some(limit) = rules.limit {
            let in_progress = f64::from(limit) * f64::from(rules.workers);
            let_in_per_s = let_in_per_s.min(most_per_s(in_progress, stay(&let_in, scenario, &rules)?));
        }
        (let_in_per_s < rate_per_s).then_some(Self { workload: let_in, rate_per_s: let_in_per_s })
    }
}

/// For how long requests stay at least, in nanoseconds; `None` where some may leave before the end of their demand.
fn stay(workload: &Workload, scenario: &Scenario, rules: &Rules) -> Option<f64> {
    let demands = Demands::new(workload, rules, scenario.machine(), scenario.backends());
    let gives_up = scenario.clients().timeout.is_some() || workload.classes.iter().any(|class| class.timeout.is_some());
    let has_timeout = |backend: &Backend| backend.pool.as_ref().is_some_and(|pool| pool.acquire_timeout.is_some());
    let mut queries = scenario.backends().values().zip(&demands.queries);
    let may_fail = demands.calls_may_fail || queries.any(|(backend, nanos)| *nanos > 0.0 && has_timeout(backend));
    (!gives_up && !may_fail && rules.worker_timeout.is_none()).then_some(demands.stay)
}

fn in_progress(limit: Limit, rules: &Rules) -> f64 {
    let places = match limit.per {
        LimitScope::Application => 1,
        LimitScope::Worker => rules.workers,
    };
    f64::from(limit.in_progress.get()) * f64::from(places)
}

/// Maximum rate in requests per second if this many may be in progress, each for at least this time in nanoseconds (Little's
/// law).
fn most_per_s(in_progress: f64, stay: f64) -> f64 {
    if stay > 0.0 { in_progress * 1e9 / stay } else { f64::INFINITY }
}
