//! The table of response times: a row per policy and class.

use super::certainty::{self, certainty};
use super::{connections, presets, stations};
use crate::output::block::Table;
use crate::output::block::number::{self, TimeUnit};
use crate::stats::{ClassConfidence, PolicyResults, RequestCounts, ScenarioResults, Slowdown, Summary};

/// Maximum number of requests that are shown one by one.
const SINGLE_REQUESTS: u64 = 10;

pub fn response_times(results: &ScenarioResults) -> Table {
    let lines = lines(results);
    let means = lines.iter().flat_map(|line| [line.response.mean, line.response.p50, line.response.max]);
    let unit = TimeUnit::of(means);
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
    table.note.extend(presets::sentences(results));
    table.note.extend(presets::missing_clients(results));
    table.note.extend(connections::totals(results));
    table.note.extend(results.policies.iter().filter_map(stations::without_answer));

    let slowdowns = |value: fn(&Slowdown) -> Option<f64>| -> Vec<String> {
        lines.iter().map(|line| number::times(value(line.slowdown))).collect()
    };
    table.numbers("slowdown", "mean", slowdowns(|slowdown| slowdown.mean));
    table.numbers("slowdown", "max", slowdowns(|slowdown| slowdown.max));
    table
}

/// A row of the table: a policy, or one of its classes.
struct ResponseRow<'a> {
    is_part: bool,
    name: &'a str,
    requests: &'a RequestCounts,
    response: &'a Summary,
    slowdown: &'a Slowdown,
    error_rate: Option<f64>,
    confidence: Option<&'a ClassConfidence>,
}

fn lines(results: &ScenarioResults) -> Vec<ResponseRow<'_>> {
    let mut lines = Vec::new();
    for policy in &results.policies {
        lines.push(ResponseRow {
            is_part: false,
            name: &policy.name,
            requests: &policy.requests,
            response: &policy.response_time_ms,
            slowdown: &policy.slowdown,
            error_rate: policy.error_rate,
            confidence: policy.confidence.as_ref().map(|confidence| &confidence.numbers),
        });
        let classes_differ = policy.classes.len() > 1 && !has_single_requests(results);
        lines.extend(policy.classes.iter().filter(|_| classes_differ).map(|(name, class)| ResponseRow {
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

pub fn has_single_requests(results: &ScenarioResults) -> bool {
    let is_shown = |policy: &PolicyResults| {
        let timeline = policy.timeline.as_deref().unwrap_or_default();
        policy.requests.arrived <= SINGLE_REQUESTS && !timeline.is_empty()
    };
    results.policies.iter().all(is_shown)
}
