//! What the timeline says about itself.

use super::Drawing;
use crate::output::document::{ending, faults};
use crate::output::svg::scale::{AxisUnit, decimal, times};
use crate::stats::{ScenarioResults, Stretch, StretchReason};

const MERGED: &str = "Many short turns of one request are merged: within such a stretch the order is lost.";

pub(super) fn heading(results: &ScenarioResults) -> String {
    format!("{}: what each request did, policy by policy", results.scenario)
}

/// What to know of the requests that are shown.
pub(super) fn notes(drawings: &[Drawing<'_>]) -> Vec<String> {
    let is_merged = drawings.iter().flat_map(Drawing::entries).any(|entry| entry.merged_segments > 0);
    let notes = partial_note(drawings).into_iter().chain(sample(drawings));
    notes.chain(is_merged.then(|| MERGED.to_owned())).collect()
}

/// Which requests are shown, if not all are.
pub fn partial_note(drawings: &[Drawing<'_>]) -> Option<String> {
    match drawings.iter().find_map(|drawing| drawing.stretch) {
        Some(stretch) => Some(why(stretch)),
        None => drawings.iter().any(is_beginning).then(|| beginning(drawings).to_owned()),
    }
}

const BEGIN: &str = "Of the requests that arrive meanwhile,";

/// Which of the requests of a stretch have a lane, if not all have.
pub fn sample(drawings: &[Drawing<'_>]) -> Option<String> {
    let is_sampled = |drawing: &&Drawing<'_>| {
        (drawing.stretch.is_some() || drawing.is_spread) && drawing.arriving > drawing.lanes_of_arriving()
    };
    let sampled = drawings.iter().filter(is_sampled);
    let shares = sampled.clone().map(Drawing::arriving_per_lane);
    let (least, most) = (shares.clone().min()?, shares.max()?);
    let is_first = sampled.clone().any(|drawing| !drawing.is_spread);
    let step = drawings.iter().map(|drawing| drawing.lane_step).max().unwrap_or(1);
    Some(match (is_first, least, most) {
        (true, _, _) if step > 1 => format!("{BEGIN} every {} of the first ones has a lane.", ordinal(step)),
        (true, _, _) => format!("{BEGIN} the first ones have a lane."),
        (false, _, 1) => format!("{BEGIN} most have a lane."),
        (false, 1, most) => format!("{BEGIN} at least about every {} has a lane.", ordinal(most)),
        (false, least, most) if least == most => format!("{BEGIN} about every {} has a lane.", ordinal(most)),
        (false, least, most) => format!("{BEGIN} about every {} to {} has a lane.", ordinal(least), ordinal(most)),
    })
}

/// `2nd`, `13th`.
fn ordinal(number: u64) -> String {
    let ending = match (number % 10, number % 100) {
        (1, tens) if tens != 11 => "st",
        (2, tens) if tens != 12 => "nd",
        (3, tens) if tens != 13 => "rd",
        _ => "th",
    };
    format!("{}{ending}", decimal(number as f64, 0))
}

/// Whether only the first requests of a run are known.
fn is_beginning(drawing: &Drawing<'_>) -> bool {
    drawing.policy.requests.arrived > drawing.all.len() as u64
}

fn beginning(drawings: &[Drawing<'_>]) -> &'static str {
    let warm_up = drawings.iter().filter_map(|drawing| drawing.lanes.first()).any(|lane| lane.request > 1);
    if warm_up {
        "Shows the first requests after warm-up; the numbers next to a policy's name cover all its requests."
    } else {
        "Shows the first requests; the numbers next to a policy's name cover all its requests."
    }
}

/// Which stretch is shown, and why.
fn why(stretch: &Stretch) -> String {
    let unit = AxisUnit::of_span(stretch.end_ms);
    let when = format!("{} to {} {}", unit.exact(stretch.start_ms), unit.exact(stretch.end_ms), unit.symbol);
    let ms = |ms: f64| AxisUnit::of_span(ms).rounded(ms);
    let what = match &stretch.why {
        StretchReason::Asked => format!("Shows {when}"),
        StretchReason::Worst { policy, wait_ms, usual_ms, least: Some((least, least_ms)) } => format!(
            "Shows {when}: here requests wait longest under {policy} compared with {least}, {} on average instead of {} (in \
             the whole run {})",
            ms(*wait_ms),
            ms(*least_ms),
            ms(*usual_ms)
        ),
        StretchReason::Worst { policy, wait_ms, usual_ms, least: None } => format!(
            "Shows {when}: here requests wait longest under {policy}, {} on average (in the whole run {})",
            ms(*wait_ms),
            ms(*usual_ms)
        ),
        StretchReason::Slowest { policy, request } => {
            format!("Shows {when}: the slowest request is {} under {policy}", decimal(*request as f64, 0))
        }
        StretchReason::FaultStart { name: Some(name) } => format!("Shows {when}: here the fault {name} begins"),
        StretchReason::FaultStart { name: None } => format!("Shows {when}: here a fault begins"),
        StretchReason::Fault { name } => format!("Shows {when}: before, during and after the fault {name}"),
    };
    let among = stretch.among.map(|among| format!(", chosen among the first {} requests", decimal(among as f64, 0)));
    format!("{what}{}. Numbers next to a policy's name cover all its requests.", among.unwrap_or_default())
}

/// The description of the picture: what it shows, and the numbers of each policy.
pub(super) fn description(results: &ScenarioResults, drawings: &[Drawing<'_>], unit: AxisUnit) -> String {
    let mut text = results.description.clone().unwrap_or_default();
    if !results.faults.is_empty() {
        text.push_str(&format!("\n{}", faults::sentence(&results.faults)));
    }
    for drawing in drawings {
        let requests: Vec<_> = drawing
            .entries()
            .take(10)
            .map(|entry| {
                let slowdown = entry.slowdown.map_or(String::new(), |slowdown| format!(" ({})", times(slowdown)));
                let time = entry.response_time_ms.map_or_else(|| ending(entry), |ms| unit.rounded(ms));
                format!("request {} ({}) {time}{slowdown}", entry.request, entry.class)
            })
            .collect();
        let more = if drawing.entries().count() > 10 { ", and so on" } else { "" };
        text.push_str(&format!("\n{}: {}{more}.", drawing.policy.name, requests.join(", ")));
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_are_written_as_they_are_spoken() {
        let written = [1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 101, 111, 1002].map(ordinal);
        let spoken = "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 23rd 101st 111th 1,002nd";
        assert_eq!(written.join(" "), spoken);
    }
}
