//! What single requests did, when there are few: a lane per request under each policy.

use std::collections::BTreeMap;

use super::requests::ending;
use crate::model::ActivityGroup;
use crate::output::block::number::TimeUnit;
use crate::output::block::{Lane, LaneGroup, Lanes, Stretch};
use crate::stats::{PolicyResults, ScenarioResults, TimelineEntry, TimelineSegment};
use crate::study::SHORT_RUN;

/// Maximum number of lanes of all policies together, and of one.
const LANES: usize = 40;
const LANES_OF_POLICY: usize = 12;

/// The lanes of a short run; `None` for a long one, and where no timelines were kept.
pub fn lanes(results: &ScenarioResults) -> Option<Lanes> {
    let policies: Vec<(&PolicyResults, &[TimelineEntry])> = results
        .policies
        .iter()
        .map(|policy| (policy, policy.timeline.as_deref().unwrap_or_default()))
        .filter(|(policy, timeline)| policy.requests.arrived <= SHORT_RUN && !timeline.is_empty())
        .collect();
    if policies.is_empty() || policies.len() < results.policies.len() {
        return None;
    }
    let most = (LANES / policies.len()).clamp(2, LANES_OF_POLICY);
    let all = requests(&policies);
    let shown = &all[where_most_is_waited(&all, most)..][..most.min(all.len())];
    let (first, last) = (shown.first()?.0, shown.last()?.0);
    let is_shown = |entry: &&TimelineEntry| (first..=last).contains(&entry.request);
    let entries = || policies.iter().flat_map(|(_, timeline)| timeline.iter()).filter(is_shown);
    let unit = TimeUnit::of(entries().map(|entry| entry.response_time_ms));
    let digits = last.to_string().len();
    let groups = policies.iter().map(|(policy, timeline)| LaneGroup {
        name: policy.name.clone(),
        lanes: timeline.iter().filter(is_shown).map(|entry| lane(entry, digits, unit)).collect(),
    });
    let start_ms = entries().map(|entry| entry.arrival_ms).fold(f64::INFINITY, f64::min);
    let ends = entries().flat_map(|entry| entry.segments.iter().map(|segment| segment.end_ms));
    let end_ms = ends.fold(start_ms, f64::max);
    let title = match all.len() > shown.len() {
        true => format!("What requests {first} to {last} of {} did, where most is waited: time", all.len()),
        false => "What each request did: time".to_owned(),
    };
    (end_ms > start_ms).then(|| Lanes {
        title,
        groups: groups.collect(),
        start_ms: from_zero(start_ms, end_ms),
        end_ms,
    })
}

/// A scale begins at 0 if that costs little room.
fn from_zero(start_ms: f64, end_ms: f64) -> f64 {
    if start_ms <= 0.15 * (end_ms - start_ms) { 0.0 } else { start_ms }
}

/// Every request by its number, and how long it waits in line under all policies together.
fn requests(policies: &[(&PolicyResults, &[TimelineEntry])]) -> Vec<(u64, f64)> {
    let mut waits: BTreeMap<u64, f64> = BTreeMap::new();
    for entry in policies.iter().flat_map(|(_, timeline)| timeline.iter()) {
        let stretches = entry.segments.iter().map(|segment| (segment.activity().group(), segment));
        let waited = stretches.filter(|(group, _)| *group == ActivityGroup::Wait);
        *waits.entry(entry.request).or_default() +=
            waited.map(|(_, segment)| segment.end_ms - segment.start_ms).sum::<f64>();
    }
    waits.into_iter().collect()
}

/// Where that many consecutive requests begin that wait longest together; the first such place.
fn where_most_is_waited(requests: &[(u64, f64)], count: usize) -> usize {
    let sums =
        requests.windows(count.min(requests.len())).map(|window| window.iter().map(|(_, wait)| wait).sum::<f64>());
    let longest = sums.enumerate().reduce(|best, next| if next.1 > best.1 { next } else { best });
    longest.map_or(0, |(place, _)| place)
}

/// The lane of a request; its number has room for that many digits.
fn lane(entry: &TimelineEntry, digits: usize, unit: TimeUnit) -> Lane {
    let stretch = |segment: &TimelineSegment| Stretch {
        group: segment.activity().group(),
        start_ms: segment.start_ms,
        end_ms: segment.end_ms,
    };
    let time = entry.response_time_ms.map(|ms| format!("{} {}", unit.column(&[Some(ms)]).concat(), unit.name));
    Lane {
        name: format!("{:>digits$} {}", entry.request, entry.class),
        stretches: entry.segments.iter().map(stretch).collect(),
        label: time.unwrap_or_else(|| ending(entry)),
    }
}
