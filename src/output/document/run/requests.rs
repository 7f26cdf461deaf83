//! Single requests under each policy, when there are few.

use indexmap::IndexMap;

use super::response_times::has_single_requests;
use crate::output::block::Table;
use crate::output::block::number::{self, NONE, TimeUnit};
use crate::stats::{PolicyResults, ScenarioResults, TimelineEntry};

/// Maximum number of policies in one table.
const SIDE_BY_SIDE: usize = 4;

/// Each request under each policy, if there are few; several tables if there are many policies.
pub fn single_requests(results: &ScenarioResults) -> Vec<Table> {
    if !has_single_requests(results) {
        return Vec::new();
    }
    let requests = requests_by_number(results);
    results.policies.chunks(SIDE_BY_SIDE).map(|policies| side_by_side(&requests, policies)).collect()
}

/// The requests of all timelines, each once.
fn requests_by_number(results: &ScenarioResults) -> Vec<&TimelineEntry> {
    let mut requests: IndexMap<u64, &TimelineEntry> = IndexMap::new();
    for entry in results.policies.iter().flat_map(|policy| policy.timeline.iter().flatten()) {
        requests.entry(entry.request).or_insert(entry);
    }
    requests.sort_keys();
    requests.into_values().collect()
}

fn side_by_side(requests: &[&TimelineEntry], policies: &[PolicyResults]) -> Table {
    let arrivals: Vec<_> = requests.iter().map(|request| Some(request.arrival_ms)).collect();
    let under = |policy: &PolicyResults| -> Vec<Option<TimelineEntry>> {
        let timeline = policy.timeline.as_deref().unwrap_or_default();
        requests.iter().map(|request| timeline.iter().find(|entry| entry.request == request.request).cloned()).collect()
    };
    let columns: Vec<_> = policies.iter().map(|policy| (policy, under(policy))).collect();
    let times = |entries: &[Option<TimelineEntry>]| -> Vec<Option<f64>> {
        entries.iter().map(|entry| entry.as_ref().and_then(|entry| entry.response_time_ms)).collect()
    };
    let unit = TimeUnit::of(columns.iter().flat_map(|(_, entries)| times(entries)));

    let names = requests.iter().map(|request| (false, request.request.to_string()));
    let mut table = Table::of("Each request: response time and slowdown", "request", names);
    table.names("class", requests.iter().map(|request| request.class.clone()).collect());
    table.numbers("", "arrives", with_unit(unit.column(&arrivals), unit));
    for (policy, entries) in &columns {
        let times = with_unit(unit.column(&times(entries)), unit);
        let cells = entries.iter().zip(times).map(|(entry, time)| match entry {
            None => NONE.to_owned(),
            Some(entry) if entry.response_time_ms.is_none() => ending(entry),
            Some(entry) => format!("{time} {:>5}", number::times(entry.slowdown)),
        });
        table.apart();
        table.numbers("", &policy.name, cells.collect());
    }
    table
}

/// How a request without an answer ended.
pub fn ending(entry: &TimelineEntry) -> String {
    entry.outcome.map_or_else(|| "in flight".to_owned(), |outcome| outcome.replace('_', " "))
}

fn with_unit(cells: Vec<String>, unit: TimeUnit) -> Vec<String> {
    cells.into_iter().map(|cell| if cell == NONE { cell } else { format!("{cell} {}", unit.name) }).collect()
}
