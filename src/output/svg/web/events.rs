//! What each policy does at each instant at which something happens, in sentences: for stepping through a short scenario.

use indexmap::IndexMap;

use super::super::pieces::pieces;
use super::super::queues::RunQueue;
use super::super::timeline::{Drawing, time_scale};
use super::{Side, panels};
use crate::output::document::ending;
use crate::output::escape::xml as escaped;
use crate::stats::TimelineEntry;

/// Maximum number of instants that are told.
const MOST_EVENTS: usize = 300;
/// Maximum number of requests in a sentence.
const MOST_REQUESTS: usize = 20;

/// A row for each instant, a column for each policy; `None` if the scenario is too long to step through, or has no timelines.
pub fn events_table(sides: &[Side<'_>]) -> Option<String> {
    let panels = panels(sides);
    let all: Vec<Drawing<'_>> = panels.iter().map(|(_, drawing)| drawing.clone()).collect();
    let instants = instants(&all);
    let is_short = all.iter().all(|drawing| !drawing.is_partial() && drawing.entries().count() <= MOST_REQUESTS);
    if instants.is_empty() || instants.len() > MOST_EVENTS || !is_short {
        return None;
    }
    let scale = time_scale(&all);
    let headings: String = panels.iter().map(|(name, _)| format!("<th scope=\"col\">{}</th>", escaped(name))).collect();
    let row = |at_ms: &f64| {
        let cells: String =
            all.iter().map(|drawing| format!("<td>{}</td>", escaped(&sentence(drawing, *at_ms)))).collect();
        let share = 100.0 * (at_ms - scale.start_ms) / (scale.end_ms - scale.start_ms);
        let time = format!("{} {}", scale.unit.exact(*at_ms), scale.unit.symbol);
        format!("<tr data-at=\"{share:.4}\"><th scope=\"row\">{time}</th>{cells}</tr>\n")
    };
    let rows: String = instants.iter().map(row).collect();
    Some(format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"What happens when\">\n<table class=\"events\">\n<thead><tr>\
         <th scope=\"col\">at</th>{headings}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n"
    ))
}

/// Every instant at which a request arrives, goes on to something else, or departs; in order.
fn instants(all: &[Drawing<'_>]) -> Vec<f64> {
    let of_entry = |entry: &TimelineEntry| -> Vec<f64> {
        let ends = entry.segments.iter().flat_map(|segment| [segment.start_ms, segment.end_ms]);
        ends.chain([entry.arrival_ms]).chain(entry.departure_ms).collect()
    };
    let mut instants: Vec<f64> = all.iter().flat_map(Drawing::entries).flat_map(of_entry).collect();
    instants.sort_by(f64::total_cmp);
    instants.dedup_by(|one, other| one.total_cmp(other).is_eq());
    instants
}

/// What happens at this instant and what each request in the system is doing from then on.
fn sentence(drawing: &Drawing<'_>, at_ms: f64) -> String {
    let is_now = |time: Option<f64>| time.is_some_and(|time| time.total_cmp(&at_ms).is_eq());
    let mut groups: IndexMap<String, Vec<u64>> = IndexMap::new();
    for entry in drawing.entries().filter(|entry| is_now(entry.departure_ms)) {
        let ended = if entry.response_time_ms.is_some() { "answered".to_owned() } else { ending(entry) };
        groups.entry(ended).or_default().push(entry.request);
    }
    for entry in drawing.entries() {
        let piece = pieces(entry).into_iter().find(|piece| piece.start_ms <= at_ms && at_ms < piece.end_ms);
        if let Some(piece) = piece {
            groups.entry(piece.look.doing(RunQueue::of(entry)).into_owned()).or_default().push(entry.request);
        }
    }
    let parts: Vec<String> = groups.iter().map(|(doing, requests)| format!("{} {doing}", named(requests))).collect();
    if parts.is_empty() { "no request is in the system".to_owned() } else { parts.join("; ") }
}

/// `request 1 is`, `requests 2 and 3 are`.
fn named(requests: &[u64]) -> String {
    let texts: Vec<String> = requests.iter().map(u64::to_string).collect();
    match &texts[..] {
        [] => String::new(),
        [one] => format!("request {one} is"),
        [first @ .., last] => format!("requests {} and {last} are", first.join(", ")),
    }
}
