//! What a report for people says: its tables, and the words around them.

pub mod certainty;
pub mod fault;
pub mod fault_effects;
pub mod stations;

use indexmap::IndexMap;

use self::certainty::certainty;
use crate::model::{Activity, ActivityGroup, Breakdown};
use crate::output::block::number::{self, NONE, Unit};
use crate::output::block::table::Table;
use crate::stats::{
    ClassConfidence, OperationCounts, PolicyResults, RequestCounts, Saturation, ScenarioResults, Slowdown, Summary,
    TimelineEntry,
};

/// Up to so many requests are shown one by one.
const SINGLE_REQUESTS: u64 = 10;
/// So many policies stand side by side in the table of single requests.
const SIDE_BY_SIDE: usize = 4;

/// All tables of a report, in order.
pub fn tables(results: &ScenarioResults) -> Vec<Table> {
    let mut tables = vec![response_times(results)];
    tables.extend(single_requests(results));
    tables.extend(crate::output::document::run::fault_effects::tables(results));
    tables.extend(certainty::comparison(results));
    tables.extend(operations(results));
    tables.extend(capacity(results));
    tables.extend(stations::waits(results));
    tables.extend(stations::workers(results));
    tables.push(where_the_time_went(results));
    tables.push(load(results));
    tables
}

/// What the columns of a group of activities have in common.
const fn heading(group: ActivityGroup) -> &'static str {
    match group {
        ActivityGroup::Wait => "waiting in",
        ActivityGroup::Cpu => "working on",
        ActivityGroup::Away => "away for",
    }
}

/// A line of the table of response times: a policy, or one of its classes.
struct Line<'a> {
    is_part: bool,
    name: &'a str,
    requests: &'a RequestCounts,
    response: &'a Summary,
    slowdown: &'a Slowdown,
    error_rate: Option<f64>,
    confidence: Option<&'a ClassConfidence>,
}

fn lines(results: &ScenarioResults) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    for policy in &results.policies {
        lines.push(Line {
            is_part: false,
            name: &policy.name,
            requests: &policy.requests,
            response: &policy.response_time_ms,
            slowdown: &policy.slowdown,
            error_rate: policy.error_rate,
            confidence: policy.confidence.as_ref().map(|confidence| &confidence.numbers),
        });
        let classes_differ = policy.classes.len() > 1 && !has_single_requests(results);
        lines.extend(policy.classes.iter().filter(|_| classes_differ).map(|(name, class)| Line {
            is_part: true,
            name,
            requests: &class.requests,
            response: &class.response_time_ms,
            slowdown: &class.slowdown,
            error_rate: class.error_rate,
            confidence: class.confidence.as_ref(),
        }));
    }
    lines
}

fn response_times(results: &ScenarioResults) -> Table {
    let lines = lines(results);
    let means = lines.iter().flat_map(|line| [line.response.mean, line.response.p50, line.response.max]);
    let unit = Unit::of(means);
    let names = lines.iter().map(|line| (line.is_part, line.name.to_owned()));
    let mut table = Table::of(format!("Response time in {}", unit.name), "policy", names);

    let counts = |count: fn(&RequestCounts) -> u64| -> Vec<u64> { lines.iter().map(|l| count(l.requests)).collect() };
    let shown = |counts: Vec<u64>| counts.into_iter().map(number::count).collect();
    table.numbers("", "requests", shown(counts(|requests| requests.arrived)));
    for (heading, counts) in [
        ("rejected", counts(|requests| requests.rejected)),
        ("timed out", counts(|requests| requests.timed_out)),
        ("failed", counts(|requests| requests.failed)),
        ("retried", counts(|requests| requests.retried)),
        ("in flight", counts(|requests| requests.in_flight)),
    ] {
        if counts.iter().any(|count| *count > 0) {
            table.numbers("", heading, shown(counts));
        }
    }

    if lines.iter().any(|line| line.requests.unanswered() > 0) {
        table.numbers("", "no answer", lines.iter().map(|line| number::percent(line.error_rate)).collect());
    }

    let times = |metric: &str, value: fn(&Summary) -> Option<f64>| -> Vec<String> {
        let numbers: Vec<_> = lines.iter().map(|line| value(line.response)).collect();
        let known = lines.iter().zip(&numbers);
        let certainties: Vec<_> = known.map(|(line, number)| certainty(line.confidence, metric, *number)).collect();
        certainty::cells(unit, &numbers, &certainties)
    };
    table.apart();
    table.numbers("", "mean", times("mean", |time| time.mean));
    table.numbers("", "p50", times("p50", |time| time.p50));
    table.numbers("", "p95", times("p95", |time| time.p95));
    table.numbers("", "p99", times("p99", |time| time.p99));
    table.numbers("", "max", times("max", |time| time.max));
    table.note.extend(certainty::warm_up(results));
    table.note.extend(certainty::note(results));
    table.note.extend(crate::output::document::presets::sentences(results));
    table.note.extend(crate::output::document::presets::missing_clients(results));
    table.note.extend(results.policies.iter().filter_map(stations::without_answer));

    let slowdowns = |value: fn(&Slowdown) -> Option<f64>| -> Vec<String> {
        lines.iter().map(|line| number::times(value(line.slowdown))).collect()
    };
    table.numbers("slowdown", "mean", slowdowns(|slowdown| slowdown.mean));
    table.numbers("slowdown", "max", slowdowns(|slowdown| slowdown.max));
    table
}

fn has_single_requests(results: &ScenarioResults) -> bool {
    let is_shown = |policy: &PolicyResults| {
        let timeline = policy.timeline.as_deref().unwrap_or_default();
        policy.requests.arrived <= SINGLE_REQUESTS && !timeline.is_empty()
    };
    results.policies.iter().all(is_shown)
}

/// Each request under each policy, when there are few; several tables when there are many policies.
fn single_requests(results: &ScenarioResults) -> Vec<Table> {
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
    let unit = Unit::of(columns.iter().flat_map(|(_, entries)| times(entries)));

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

/// What became of a request without an answer.
pub fn ending(entry: &TimelineEntry) -> String {
    entry.outcome.map_or_else(|| "in flight".to_owned(), |outcome| outcome.replace('_', " "))
}

fn with_unit(cells: Vec<String>, unit: Unit) -> Vec<String> {
    cells.into_iter().map(|cell| if cell == NONE { cell } else { format!("{cell} {}", unit.name) }).collect()
}

/// From a client's first try to its answer, and how many tries there were, where clients try again.
fn operations(results: &ScenarioResults) -> Option<Table> {
    let summaries: Vec<_> = results.policies.iter().map(|policy| policy.operation_time_ms).collect::<Option<_>>()?;
    let unit = Unit::of(summaries.iter().flat_map(|times| [times.mean, times.p50, times.max]));
    let names = results.policies.iter().map(|policy| (false, policy.name.clone()));
    let mut table = Table::of(format!("From the first try to the answer in {}", unit.name), "policy", names);
    let operations: Vec<OperationCounts> =
        results.policies.iter().map(|policy| policy.operations.unwrap_or_default()).collect();
    let counts = |count: fn(&OperationCounts) -> u64| operations.iter().map(count).map(number::count).collect();
    table.numbers("", "operations", counts(|counts| counts.arrived));
    table.numbers("", "answered", counts(|counts| counts.answered));
    table.numbers("", "given up", counts(|counts| counts.given_up));
    if operations.iter().any(|counts| counts.in_flight > 0) {
        table.numbers("", "in flight", counts(|counts| counts.in_flight));
    }
    table.numbers("", "no answer", operations.iter().map(|counts| number::percent(counts.error_rate)).collect());
    table.numbers(
        "",
        "tries each",
        results.policies.iter().map(|policy| number::times(policy.amplification)).collect(),
    );
    let times = |value: fn(&Summary) -> Option<f64>| unit.column(&summaries.iter().map(value).collect::<Vec<_>>());
    table.apart();
    table.numbers("", "mean", times(|time| time.mean));
    table.numbers("", "p50", times(|time| time.p50));
    table.numbers("", "p95", times(|time| time.p95));
    table.numbers("", "p99", times(|time| time.p99));
    table.numbers("", "max", times(|time| time.max));
    Some(table)
}

/// The parts of the mean response time; a part that is 0 everywhere is left out.
fn where_the_time_went(results: &ScenarioResults) -> Table {
    let unit = breakdown_unit(results);
    let title = format!("Where the time went, mean per request in {}", unit.name);
    let lines: Vec<_> = results.policies.iter().flat_map(time_lines).collect();
    let mut table = Table::of(title, "policy", lines.iter().map(|(is_part, name, _)| (*is_part, name.clone())));
    for activity in Activity::ranked() {
        let times: Vec<_> = lines.iter().map(|(_, _, breakdown)| breakdown.of(activity)).collect();
        if times.iter().flatten().any(|time| *time > 0.0) {
            table.numbers(heading(activity.group()), activity.column(), unit.column(&times));
        }
    }
    let sums: Vec<_> = lines.iter().map(|(_, _, breakdown)| breakdown.total()).collect();
    table.apart();
    table.numbers("", "in all", unit.column(&sums));
    if lines.iter().any(|(is_part, ..)| *is_part) {
        table.note.push("No answer: of the requests that ended without one, until their work ended.".into());
    }
    table
}

/// The line of the answered requests of a policy, and that of the others: whether it is a part, its name, and the times.
fn time_lines(policy: &PolicyResults) -> Vec<(bool, String, Breakdown)> {
    let others = policy.unanswered_breakdown_ms.map(|breakdown| (true, "no answer".to_owned(), breakdown));
    std::iter::once((false, policy.name.clone(), policy.breakdown_ms)).chain(others).collect()
}

/// The unit of the parts, and of the bars that show them.
pub fn breakdown_unit(results: &ScenarioResults) -> Unit {
    Unit::of(results.policies.iter().map(|policy| policy.response_time_ms.mean))
}

/// What each policy can sustain, what limits it, and what was asked of it; nothing of a picture of few requests.
fn capacity(results: &ScenarioResults) -> Option<Table> {
    let saturations: Vec<_> = results.policies.iter().map(|policy| policy.saturation.as_ref()).collect();
    if saturations.iter().all(Option::is_none) {
        return None;
    }
    let names = results.policies.iter().map(|policy| (false, policy.name.clone()));
    let mut table = Table::of("Capacity in requests per second", "policy", names);
    let of = |value: fn(&Saturation) -> Option<f64>| saturations.iter().map(move |s| s.and_then(value));
    table.numbers("", "capacity", number::column(&of(|s| s.capacity_per_s).collect::<Vec<_>>()));
    if of(|s| s.load).any(|load| load.is_some()) {
        table.numbers("", "offered", number::column(&of(|s| s.offered_per_s).collect::<Vec<_>>()));
        table.numbers("", "load", of(|s| s.load).map(number::percent).collect());
        if of(|s| s.load_without_retries).any(|load| load.is_some()) {
            let without = of(|s| s.load_without_retries.or(s.load));
            table.numbers("", "without retries", without.map(number::percent).collect());
        }
    }
    let binding = |s: &Option<&Saturation>| {
        s.map_or_else(|| NONE.to_owned(), |s| crate::output::words::binding(&s.binding).replace('`', ""))
    };
    table.apart();
    table.names("limited by", saturations.iter().map(binding).collect());
    Some(table)
}

/// What went through, and how busy everything was.
fn load(results: &ScenarioResults) -> Table {
    const BUSY: &str = "utilization";
    let policies = &results.policies;
    let names = policies.iter().map(|policy| (false, policy.name.clone()));
    let mut table = Table::of("Throughput and utilization", "policy", names);
    let numbers =
        |value: fn(&PolicyResults) -> Option<f64>| -> Vec<Option<f64>> { policies.iter().map(value).collect() };

    table.numbers("throughput", "per second", number::column(&numbers(|policy| policy.throughput_per_s)));
    if policies.iter().any(|policy| policy.requests.timed_out > 0) {
        table.numbers("throughput", "goodput", number::column(&numbers(|policy| policy.goodput_per_s)));
    }
    table.numbers("in system", "mean", number::column(&numbers(|policy| policy.in_system.mean)));
    table.numbers("in system", "max", policies.iter().map(|policy| number::count(policy.in_system.max)).collect());

    for (heading, shares) in [
        ("cores", numbers(|policy| policy.utilization.cores)),
        ("workers", numbers(|policy| policy.utilization.workers)),
        ("slots", numbers(|policy| policy.utilization.slots)),
        ("threads", numbers(|policy| policy.utilization.threads)),
    ] {
        if shares.iter().any(Option::is_some) {
            table.numbers(BUSY, heading, shares.into_iter().map(number::percent).collect());
        }
    }
    let backends: IndexMap<&String, ()> =
        policies.iter().flat_map(|policy| policy.utilization.backends.keys()).map(|name| (name, ())).collect();
    for backend in backends.keys() {
        let shares = policies.iter().map(|policy| policy.utilization.backends.get(*backend).copied().flatten());
        table.numbers(BUSY, backend, shares.map(number::percent).collect());
    }
    // Where only a pool limits a backend, its utilization is the pool's.
    let pools: IndexMap<&String, ()> =
        policies.iter().flat_map(|policy| policy.utilization.pools.keys()).map(|name| (name, ())).collect();
    for backend in pools.keys() {
        let of = |policy: &PolicyResults| policy.utilization.pools.get(*backend).copied().flatten();
        let queries = |policy: &PolicyResults| policy.utilization.backends.get(*backend).copied().flatten();
        if policies.iter().any(|policy| of(policy) != queries(policy)) {
            let shares = policies.iter().map(of);
            table.numbers(BUSY, &format!("pool of {backend}"), shares.map(number::percent).collect());
        }
    }
    table
}
