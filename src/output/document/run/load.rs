//! Load: operations of clients, capacity, throughput and utilization.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use crate::output::block::Table;
use crate::output::block::number::{self, NONE, TimeUnit};
use crate::output::words;
use crate::stats::{LeftOut, OperationCounts, PolicyResults, Saturation, ScenarioResults, Summary};

/// The operations of clients that retry: from the first attempt to the answer, and the number of attempts.
pub fn operations(results: &ScenarioResults) -> Option<Table> {
    let summaries: Vec<_> = results.policies.iter().map(|policy| policy.operation_time_ms).collect::<Option<_>>()?;
    let unit = TimeUnit::of(summaries.iter().flat_map(|times| [times.mean, times.p50, times.max]));
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

/// What each policy can sustain, what limits it, and the offered load; `None` if that was not determined.
pub fn capacity(results: &ScenarioResults) -> Option<Table> {
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
        if of(|s| s.let_in_per_s).any(|rate| rate.is_some()) {
            let reaching = of(|s| s.let_in_per_s.or(s.offered_per_s));
            table.numbers("", "let in by limits", number::column(&reaching.collect::<Vec<_>>()));
        }
        table.numbers("", "load", of(|s| s.load).map(number::percent).collect());
        if of(|s| s.load_without_retries).any(|load| load.is_some()) {
            let without = of(|s| s.load_without_retries.or(s.load));
            table.numbers("", "without retries", without.map(number::percent).collect());
        }
    }
    let binding =
        |s: &Option<&Saturation>| s.map_or_else(|| NONE.to_owned(), |s| words::binding(&s.binding).replace('`', ""));
    table.apart();
    table.names("limited by", saturations.iter().map(binding).collect());
    let left_out: BTreeSet<LeftOut> = saturations.iter().flatten().flat_map(|s| s.note.iter().copied()).collect();
    table.note.extend(words::left_out("The capacity", left_out).map(|sentence| format!("{sentence}.")));
    Some(table)
}

/// Throughput, and how busy everything was.
pub fn load(results: &ScenarioResults) -> Table {
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
        ("CPU quota", numbers(|policy| policy.stations.get("cpu_limit")?.utilization)),
        ("throttled", numbers(|policy| policy.stations.get("cpu_limit")?.throttled)),
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
    // If only a pool limits a backend, its utilization is that of the pool.
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
