//! The same scenario with another load, or with queries or CPU work that take another time.

use crate::model::BackendId;
use crate::scenario::Scenario;

use super::course::steady_rate;
use super::results::PlanChange;
use super::subject::Subject;

/// What a robust plan must stand.
pub(super) const MORE_LOAD: f64 = 1.1;
pub(super) const SLOWER_QUERIES: f64 = 1.2;
pub(super) const MORE_CPU_TIME: f64 = 1.2;

/// What else is looked at.
pub(super) const LESS_LOAD: f64 = 0.9;
pub(super) const FASTER_QUERIES: f64 = 0.8;

/// The length of a steady run is chosen later.
const FIRST_REQUESTS: u64 = 10_000;

/// What is tested with its load times a factor; `None` if that has none of its own.
pub(super) fn with_load(subject: &Subject, factor: f64) -> Option<(PlanChange, Subject)> {
    let change = PlanChange::Load { factor };
    let scenario = subject.scenario.with_load(factor, FIRST_REQUESTS)?;
    let changed = subject.changed(scenario, &change);
    Some((change, changed))
}

/// What is tested with its load times each of these factors, where it is steady, then with its query times times each of those,
/// where it asks a backend.
pub(super) fn varied(subject: &Subject, loads: &[f64], query_times: &[f64]) -> Vec<(PlanChange, Subject)> {
    let scenario = &subject.scenario;
    let loads = loads.iter().filter(|_| steady_rate(scenario).is_some());
    let loads = loads.filter_map(|factor| with_load(subject, *factor));
    let with_query_times = |id: BackendId| {
        let backend = scenario.backends().get_index(usize::from(id.0)).map_or("", |(name, _)| name.as_str());
        query_times.iter().map(move |factor| {
            let change = PlanChange::QueryTime { backend: backend.to_owned(), factor: *factor };
            let changed = subject.changed(scenario.clone().with_query_times(id, *factor), &change);
            (change, changed)
        })
    };
    loads.chain(main_backend(scenario).into_iter().flat_map(with_query_times)).collect()
}

/// What is tested under all that a robust plan must stand.
pub(super) fn harder(subject: &Subject) -> Vec<(PlanChange, Subject)> {
    varied(subject, &[MORE_LOAD], &[SLOWER_QUERIES]).into_iter().chain(with_more_cpu_time(subject)).collect()
}

/// What is tested with more CPU time in the phases of all classes; `None` if they have no such phase.
pub(super) fn with_more_cpu_time(subject: &Subject) -> Option<(PlanChange, Subject)> {
    let scenario = &subject.scenario;
    let mut classes = scenario.workload().classes.iter().filter(|class| class.weight > 0.0);
    if !classes.any(|class| class.singles().any(|single| single.kind.is_cpu())) {
        return None;
    }
    let change = PlanChange::CpuTime { factor: MORE_CPU_TIME };
    let changed = subject.changed(scenario.clone().with_cpu_times(MORE_CPU_TIME), &change);
    Some((change, changed))
}

/// The backend whose query times matter: `db` where requests ask it, else the first that they ask.
fn main_backend(scenario: &Scenario) -> Option<BackendId> {
    let mut ids = (0..scenario.backends().len()).map(|id| BackendId(id as u16));
    ids.find(|id| scenario.workload().classes.iter().any(|class| class.weight > 0.0 && class.asks(*id)))
}
