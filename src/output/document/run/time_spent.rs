//! Where the time went: the parts of the mean response time, as a table and as bars.

use crate::model::{Activity, ActivityGroup, Breakdown};
use crate::output::block::number::{self, TimeUnit};
use crate::output::block::{Bars, Table, TimeBar};
use crate::stats::{PolicyResults, ScenarioResults};

/// The parts of the mean response time, without parts that are 0 everywhere.
pub fn table(results: &ScenarioResults) -> Table {
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
        table.note.push("No answer: requests that got none, until their work ended.".into());
    }
    table
}

/// A bar per policy; `None` if no request completed.
pub fn bars(results: &ScenarioResults) -> Option<Bars> {
    let means: Vec<_> = results.policies.iter().map(|policy| policy.response_time_ms.mean).collect();
    let longest_ms = means.iter().copied().flatten().fold(0.0, f64::max);
    let unit = breakdown_unit(results);
    let bars = results.policies.iter().zip(unit.column(&means)).map(|(policy, mean)| {
        let unanswered = match policy.requests.unanswered() {
            0 => String::new(),
            _ => format!(", {} no answer", number::percent(policy.error_rate)),
        };
        TimeBar {
            name: policy.name.clone(),
            parts_ms: ActivityGroup::ALL.map(|group| policy.breakdown_ms.total_of(group)),
            label: format!("{mean} {}{unanswered}", unit.name),
        }
    });
    (longest_ms > 0.0).then(|| Bars { rows: bars.collect(), longest_ms })
}

/// The rows of a policy, for answered requests and for the others: whether it is a part, its name, and the times.
fn time_lines(policy: &PolicyResults) -> Vec<(bool, String, Breakdown)> {
    let others = policy.unanswered_breakdown_ms.map(|breakdown| (true, "no answer".to_owned(), breakdown));
    std::iter::once((false, policy.name.clone(), policy.breakdown_ms)).chain(others).collect()
}

/// What the columns of a group of activities have in common.
const fn heading(group: ActivityGroup) -> &'static str {
    match group {
        ActivityGroup::Wait => "waiting in",
        ActivityGroup::Cpu => "working on",
        ActivityGroup::Away => "away for",
    }
}

/// The unit of the parts, and of the bars that show them.
fn breakdown_unit(results: &ScenarioResults) -> TimeUnit {
    TimeUnit::of(results.policies.iter().map(|policy| policy.response_time_ms.mean))
}
