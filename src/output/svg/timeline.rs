//! The timeline: what each request did and what ran it, policy by policy on a common time axis.

use plotters::style::text_anchor::HPos;

use super::canvas::{Area, Drawn, document, units};
use super::legend::Legend;
use super::palette::{GREY, INK, Type};
use super::panel::{Columns, Panel, label};
use super::scale::{AxisUnit, TimeScale, times};
use super::text::{ellipsize, wrap};
use crate::output::document::{ending, faults};
use crate::stats::{FaultWindow, PolicyResults, ScenarioResults, TimelineEntry};

pub(super) const WIDTH: f64 = 980.0;
pub(super) const MARGIN: f64 = 24.0;

const TITLE: Type = Type::new(20.0, INK).bold();
const SUBTITLE: Type = Type::new(13.0, GREY);
const SUBTITLE_LINES: usize = 4;
const SUBTITLE_STEP: f64 = 19.0;
const PANEL_GAP: f64 = 22.0;

/// A policy whose timeline is drawn.
#[derive(Clone, Copy)]
pub(super) struct Drawing<'a> {
    pub(super) policy: &'a PolicyResults,
    pub(super) timeline: &'a [TimelineEntry],
    /// The faults during that time.
    pub(super) faults: &'a [FaultWindow],
}

impl Drawing<'_> {
    /// Whether there were more requests than are shown.
    pub(super) fn is_partial(&self) -> bool {
        self.policy.requests.arrived > self.timeline.len() as u64
    }
}

/// The timeline of every policy that has one, as an SVG picture.
///
/// Each policy is a panel; the panels share a time axis. A panel has a lane per request, with response time and slowdown at
/// the right, and below them a strip that shows what the workers, threads or loops did. Every bar has a tooltip.
pub fn timeline_svg(results: &ScenarioResults) -> String {
    let drawings = drawings(results);
    let scale = time_scale(&drawings);
    let columns = Columns::new(&drawings, &scale);
    let room = WIDTH - 2.0 * MARGIN;
    let title = ellipsize(&results.scenario, room, TITLE.size, TITLE.bold);
    let mut subtitle = wrap(results.description.as_deref().unwrap_or_default(), room, SUBTITLE.size, SUBTITLE_LINES);
    if drawings.iter().any(Drawing::is_partial) {
        subtitle.push(partial_note(&drawings).to_owned());
    }
    if drawings.iter().flat_map(|drawing| drawing.timeline).any(|entry| entry.merged_segments > 0) {
        subtitle
            .push("Many short turns of one request are merged: within such a stretch the order is lost.".to_owned());
    }
    let panels: Vec<_> = drawings.iter().map(|drawing| Panel::new(*drawing, &columns, &scale)).collect();
    let legend = Legend::new(&drawings, &panels);

    let subtitle_top = 50.0;
    let legend_top = subtitle_top + SUBTITLE_STEP * subtitle.len() as f64 + 6.0;
    let mut bottom = legend_top + legend.height();
    let tops: Vec<_> = panels
        .iter()
        .map(|panel| {
            let top = bottom + PANEL_GAP;
            bottom = top + panel.height();
            top
        })
        .collect();

    document(
        (WIDTH, bottom + 14.0),
        &heading(results),
        &description(results, &drawings, columns.response_unit),
        |page: &Area<'_>| {
            label(page, &title, (MARGIN, 32.0), TITLE, HPos::Left)?;
            for (index, text) in subtitle.iter().enumerate() {
                label(page, text, (MARGIN, subtitle_top + SUBTITLE_STEP * (index as f64 + 0.5)), SUBTITLE, HPos::Left)?;
            }
            legend.draw(page, legend_top)?;
            for (panel, top) in panels.iter().zip(&tops) {
                let area = page.clone().shrink((0, units(*top)), (units(WIDTH), units(panel.height())));
                panel.draw(&area, &scale, &columns)?;
            }
            Drawn::Ok(())
        },
    )
}

/// The policies that have a timeline.
pub(super) fn drawings(results: &ScenarioResults) -> Vec<Drawing<'_>> {
    let of_policy = |policy| Some(Drawing { policy, timeline: policy.timeline.as_deref()?, faults: &results.faults });
    let drawings = results.policies.iter().filter_map(of_policy);
    drawings.filter(|drawing| !drawing.timeline.is_empty()).collect()
}

pub(super) fn time_scale(drawings: &[Drawing<'_>]) -> TimeScale {
    let (mut first, mut last) = (f64::INFINITY, f64::NEG_INFINITY);
    for entry in drawings.iter().flat_map(|drawing| drawing.timeline) {
        let ends = entry.segments.iter().map(|segment| segment.end_ms).chain(entry.departure_ms);
        first = first.min(entry.arrival_ms);
        last = ends.fold(last.max(entry.arrival_ms), f64::max);
    }
    if first <= last { TimeScale::new(first, last) } else { TimeScale::new(0.0, 0.0) }
}

fn heading(results: &ScenarioResults) -> String {
    format!("{}: what each request did, policy by policy", results.scenario)
}

/// The note if only the first requests of a run are drawn.
pub(super) fn partial_note(drawings: &[Drawing<'_>]) -> &'static str {
    let warm_up = drawings.iter().filter_map(|drawing| drawing.timeline.first()).any(|entry| entry.request > 1);
    if warm_up {
        "Shows the first requests after warm-up; the numbers next to a policy's name cover all its requests."
    } else {
        "Shows the first requests; the numbers next to a policy's name cover all its requests."
    }
}

/// The description of the picture: what it shows, and the numbers of each policy.
fn description(results: &ScenarioResults, drawings: &[Drawing<'_>], unit: AxisUnit) -> String {
    let mut text = results.description.clone().unwrap_or_default();
    if !results.faults.is_empty() {
        text.push_str(&format!("\n{}", faults::sentence(&results.faults)));
    }
    for Drawing { policy, timeline, .. } in drawings {
        let requests: Vec<_> = timeline
            .iter()
            .take(10)
            .map(|entry| {
                let slowdown = entry.slowdown.map_or(String::new(), |slowdown| format!(" ({})", times(slowdown)));
                let time = entry.response_time_ms.map_or_else(|| ending(entry), |ms| unit.rounded(ms));
                format!("request {} ({}) {time}{slowdown}", entry.request, entry.class)
            })
            .collect();
        let more = if timeline.len() > 10 { ", and so on" } else { "" };
        text.push_str(&format!("\n{}: {}{more}.", policy.name, requests.join(", ")));
    }
    text.trim().to_owned()
}
