//! Where requests waited after a worker had taken them, why some got no answer, and what each worker did.

use crate::model::{Failure, Rejection};
use crate::output::block::Table;
use crate::output::block::number::{self, NONE, TimeUnit};
use crate::policy::Runner;
use crate::stats::{
    LevelSummary, PolicyResults, ReplicaResults, RequestCounts, ScenarioResults, StationResults, WorkerResults,
};

/// Maximum number of workers that are shown one by one.
const WORKERS: usize = 16;

/// The waiting times at each station where requests waited; no table if none did.
pub fn waits(results: &ScenarioResults) -> Option<Table> {
    let rows: Vec<_> = results.policies.iter().flat_map(contended).collect();
    if rows.is_empty() {
        return None;
    }
    let of =
        |value: fn(&StationResults) -> Option<f64>| rows.iter().map(|(.., station)| value(station)).collect::<Vec<_>>();
    let unit = TimeUnit::of(of(|station| station.wait_ms.mean).into_iter().chain(of(|station| station.wait_ms.p99)));
    let mut last = None;
    let names = rows.iter().map(|(policy, ..)| {
        let is_new = last.replace(&policy.name) != Some(&policy.name);
        (false, if is_new { policy.name.clone() } else { String::new() })
    });
    let title = format!("Waiting at stations in {}, of all requests that asked there", unit.name);
    let mut table = Table::of(title, "policy", names);
    table.names("for", rows.iter().map(|(policy, key, _)| station_name(policy, key)).collect());
    table.numbers("", "asked", rows.iter().map(|(.., station)| number::count(station.asked)).collect());
    table.numbers("", "waited", of(|station| station.wait_ms.probability).into_iter().map(number::percent).collect());
    table.apart();
    table.numbers("", "mean", unit.column(&of(|station| station.wait_ms.mean)));
    table.numbers("", "p50", unit.column(&of(|station| station.wait_ms.p50)));
    table.numbers("", "p95", unit.column(&of(|station| station.wait_ms.p95)));
    table.numbers("", "p99", unit.column(&of(|station| station.wait_ms.p99)));
    if rows.iter().any(|(.., station)| station.waiting.is_some()) {
        let mean = |level: fn(&StationResults) -> Option<LevelSummary>| {
            number::column(&rows.iter().map(|(.., station)| level(station)?.mean).collect::<Vec<_>>())
        };
        let max = |level: fn(&StationResults) -> Option<LevelSummary>| {
            let cell =
                |level: Option<LevelSummary>| level.map_or_else(|| NONE.to_owned(), |level| number::count(level.max));
            rows.iter().map(|(.., station)| cell(level(station))).collect::<Vec<_>>()
        };
        table.numbers("waiting", "mean", mean(|station| station.waiting));
        table.numbers("waiting", "max", max(|station| station.waiting));
        table.numbers("in use", "mean", mean(|station| station.in_use));
        table.numbers("in use", "of", rows.iter().map(|(.., station)| number::count(station.count)).collect());
    }
    Some(table)
}

/// The stations of a policy where requests waited, with their names in files.
fn contended(policy: &PolicyResults) -> impl Iterator<Item = (&PolicyResults, &str, &StationResults)> {
    let waited = |station: &StationResults| station.wait_ms.probability.is_some_and(|share| share > 0.0);
    let stations = policy.stations.iter().filter(move |(_, station)| waited(station));
    stations.map(move |(key, station)| (policy, key.as_str(), station))
}

/// The name of a station for people.
fn station_name(policy: &PolicyResults, key: &str) -> String {
    // Without a lock, several requests of a worker run at once.
    let has_lock = policy.stations.get("turn").is_some_and(|turn| turn.count <= u64::from(policy.workers));
    let has_threads = policy.stations.contains_key("threads") && has_lock;
    match key.split_once('.') {
        Some(("pool", backend)) => format!("connection to {backend}"),
        Some(("backend", backend)) => format!("start at {backend}"),
        _ if key == "turn" => match policy.runner {
            Runner::Loop if has_threads => "GIL or loop".to_owned(),
            Runner::Loop => "loop".to_owned(),
            Runner::Thread | Runner::Worker => "GIL".to_owned(),
        },
        _ if key == "cores" => "core".to_owned(),
        _ if key == "cpu_limit" => "CPU quota".to_owned(),
        _ => "thread".to_owned(),
    }
}

/// Why requests of a policy got no answer, in a sentence, if there are reasons beyond the counts.
pub fn without_answer(policy: &PolicyResults) -> Option<String> {
    let reasons = reasons(&policy.requests);
    (!reasons.is_empty()).then(|| format!("{}: {}.", policy.name, reasons.join("; ")))
}

/// Why requests were rejected or failed: `138,337 failed: no connection within acquire_timeout`.
pub fn reasons(requests: &RequestCounts) -> Vec<String> {
    let failed = Failure::ALL.iter().map(|reason| (requests.failed_by.of(*reason), "failed", reason.about()));
    let rejected = Rejection::ALL.iter().map(|reason| (requests.rejected_by.of(*reason), "rejected", reason.about()));
    let occur = rejected.chain(failed).filter(|(count, ..)| *count > 0);
    occur.map(|(count, what, about)| format!("{} {what}: {about}", number::count(count))).collect()
}

/// What each worker did, for policies with an overloaded worker, or whose workers are replaced or take requests ahead.
pub fn workers(results: &ScenarioResults) -> Vec<Table> {
    results.policies.iter().filter(|policy| workers_differ(policy)).map(of_workers).collect()
}

fn workers_differ(policy: &PolicyResults) -> bool {
    let is_special = |worker: &WorkerResults| worker.waiting.is_some() || worker.replaced.is_some();
    policy.imbalance.is_some() || policy.per_worker.iter().any(is_special)
}

fn of_workers(policy: &PolicyResults) -> Table {
    let mut shown: Vec<&WorkerResults> = policy.per_worker.iter().collect();
    shown.sort_by(|one, other| busy(other).total_cmp(&busy(one)).then(one.worker.cmp(&other.worker)));
    shown.truncate(WORKERS);
    shown.sort_by_key(|worker| worker.worker);
    let names = shown.iter().map(|worker| (false, worker.worker.to_string()));
    let mut table = Table::of(format!("Workers of {}", policy.name), "worker", names);
    table.numbers("", "requests", shown.iter().map(|worker| number::count(worker.requests)).collect());
    table.numbers("", "utilization", shown.iter().map(|worker| number::percent(worker.utilization)).collect());
    let means: Vec<_> = shown.iter().map(|worker| worker.mean_in_progress).collect();
    table.numbers("in progress", "mean", number::column(&means));
    table.numbers("in progress", "max", shown.iter().map(|worker| number::count(worker.most_in_progress)).collect());
    if shown.iter().any(|worker| worker.waiting.is_some()) {
        let waiting: Vec<_> = shown.iter().map(|worker| worker.waiting.unwrap_or_default()).collect();
        let means: Vec<_> = waiting.iter().map(|level| level.mean).collect();
        table.numbers("waiting inside", "mean", number::column(&means));
        table.numbers("waiting inside", "max", waiting.iter().map(|level| number::count(level.max)).collect());
    }
    if shown.iter().any(|worker| worker.replaced.is_some()) {
        let replaced = shown.iter().map(|worker| number::count(worker.replaced.unwrap_or_default()));
        table.numbers("", "replaced", replaced.collect());
        table.numbers("", "booting", shown.iter().map(|worker| number::percent(worker.booting)).collect());
    }
    if policy.workers as usize > shown.len() {
        table.note.push(format!("The {} busiest of {} workers.", shown.len(), policy.workers));
    }
    table
}

/// What each replica did, for policies with several or with a health check.
pub fn replicas(results: &ScenarioResults) -> Vec<Table> {
    results.policies.iter().filter(|policy| !policy.per_replica.is_empty()).map(of_replicas).collect()
}

fn of_replicas(policy: &PolicyResults) -> Table {
    let all = &policy.per_replica;
    let mut shown: Vec<&ReplicaResults> = all.iter().collect();
    let rank = |one: &ReplicaResults| (one.out_of_rotation.unwrap_or(0.0), one.in_progress.mean.unwrap_or(0.0));
    shown.sort_by(|one, other| rank(other).partial_cmp(&rank(one)).unwrap_or(std::cmp::Ordering::Equal));
    shown.truncate(WORKERS);
    shown.sort_by_key(|one| one.replica);
    let names = shown.iter().map(|replica| (false, replica.replica.to_string()));
    let mut table = Table::of(format!("Replicas of {}", policy.name), "replica", names);
    table.numbers("", "requests", shown.iter().map(|replica| number::count(replica.requests)).collect());
    table.numbers("", "CPU busy", shown.iter().map(|replica| number::percent(replica.utilization)).collect());
    let means: Vec<_> = shown.iter().map(|replica| replica.in_progress.mean).collect();
    table.numbers("in progress", "mean", number::column(&means));
    table.numbers("in progress", "max", shown.iter().map(|replica| number::count(replica.in_progress.max)).collect());
    if shown.iter().any(|replica| replica.failed_probes.is_some()) {
        let failed = shown.iter().map(|replica| number::count(replica.failed_probes.unwrap_or_default()));
        table.numbers("", "failed probes", failed.collect());
        table.numbers("", "out", shown.iter().map(|replica| number::percent(replica.out_of_rotation)).collect());
        table.note.push("out: share of the time during which it had failed its probes.".to_owned());
    }
    if all.len() > shown.len() {
        table.note.push(format!(
            "Of {} replicas, the {} that were out or had the most in progress.",
            all.len(),
            shown.len()
        ));
    }
    table
}

fn busy(worker: &WorkerResults) -> f64 {
    worker.utilization.unwrap_or(0.0)
}

/// The one overloaded worker among others that are not, in a sentence.
pub fn imbalance(policy: &PolicyResults) -> Option<String> {
    let found = policy.imbalance?;
    Some(format!(
        "{}: worker {} is overloaded ({} busy) while the others have room ({} busy on average): it took {} of the requests",
        policy.name,
        found.worker,
        number::percent(Some(found.utilization)),
        number::percent(Some(found.others_utilization)),
        number::percent(Some(found.share_of_requests)),
    ))
}
