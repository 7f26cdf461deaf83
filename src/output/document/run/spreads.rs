//! How far percentiles lie apart under each policy of a long run.

use crate::output::block::number::{self, TimeUnit};
use crate::output::block::{Spread, Spreads};
use crate::stats::{PolicyResults, ScenarioResults};
use crate::study::SHORT_RUN;

/// Minimum number of answers with a 99.9th percentile that is not the largest of them.
const FOR_P999: u64 = 1_000;

/// The percentiles of a long run; `None` for a short one, and where nothing was answered.
pub fn spreads(results: &ScenarioResults) -> Option<Spreads> {
    let is_long = results.policies.iter().any(|policy| policy.requests.arrived > SHORT_RUN);
    let unit = TimeUnit::of(results.policies.iter().map(|policy| policy.response_time_ms.p99));
    let spreads = Spreads {
        title: "Response time of the answered requests".to_owned(),
        marks: ["p50", "p95", "p99", "p99.9"],
        rows: results.policies.iter().map(|policy| spread(policy, unit)).collect(),
    };
    spreads.ends_ms().filter(|_| is_long).map(|_| spreads)
}

fn spread(policy: &PolicyResults, unit: TimeUnit) -> Spread {
    let times = policy.response_time_ms;
    let p999 = times.p999.filter(|_| policy.requests.completed >= FOR_P999);
    let p99 = times.p99.map(|p99| format!("p99 {} {}", unit.column(&[Some(p99)]).concat(), unit.name));
    let unanswered = match policy.requests.unanswered() {
        0 => None,
        _ => Some(format!("{} no answer", number::percent(policy.error_rate))),
    };
    Spread {
        name: policy.name.clone(),
        marks_ms: [times.p50, times.p95, times.p99, p999],
        label: p99.into_iter().chain(unanswered).collect::<Vec<_>>().join(", "),
    }
}
