//! The timeline: what each request did and what ran it, policy by policy on a common time axis.

mod words;

pub(super) use words::{partial_note, sample};

use super::canvas::{Area, units};
use super::lane;
use super::legend::Legend;
use super::page::{HIGHEST, MARGIN, Page, WIDTH};
use super::palette::{GREY, NOTE_SIZE, Type};
use super::panel::{Columns, Panel, label};
use super::scale::{AxisUnit, TimeScale};
use crate::stats::{
    FaultWindow, LaneChoice, Occupied, PolicyPictures, PolicyResults, ScenarioResults, Stretch, TimelineEntry,
};
use plotters::style::text_anchor::HPos;

const SUBTITLE_LINES: usize = 6;
const PANEL_GAP: f64 = 20.0;
/// A policy has at least this many lanes; where that is too much, policies are left out.
const FEWEST_LANES: usize = 3;
/// Of a stretch, a policy has at most this many.
const LANES_OF_STRETCH: usize = 24;
const NOTE: Type = Type::new(NOTE_SIZE, GREY);
const NOTE_HEIGHT: f64 = 18.0;

/// A policy whose timeline is drawn.
#[derive(Clone)]
pub(super) struct Drawing<'a> {
    pub(super) policy: &'a PolicyResults,
    /// What is drawn in lanes.
    pub(super) lanes: Vec<Lane<'a>>,
    /// All requests of that time, as far as they are known: they occupied what ran requests.
    pub(super) all: &'a [TimelineEntry],
    /// When what runs requests was occupied, by whichever requests.
    pub(super) occupied: &'a [Occupied],
    /// How many requests that is.
    pub(super) under_way: u64,
    /// How many requests arrived in the stretch.
    pub(super) arriving: u64,
    /// How many of them there are for each that may have a lane.
    pub(super) lane_step: u64,
    /// Whether lanes are spread over those; otherwise they are of the first.
    pub(super) is_spread: bool,
    /// The faults during that time.
    pub(super) faults: &'a [FaultWindow],
    /// The stretch that is shown, if it does not begin with the run.
    pub(super) stretch: Option<&'a Stretch>,
    /// Maximum number of rows for what runs requests.
    pub(super) most_rows: usize,
    /// The unit of the numbers of all policies.
    pub(super) unit: AxisUnit,
}

/// A lane of a request, and what it did, if it was under way.
#[derive(Clone, Copy)]
pub(super) struct Lane<'a> {
    pub(super) request: u64,
    pub(super) entry: Option<&'a TimelineEntry>,
}

impl<'a> Drawing<'a> {
    /// The requests in lanes that were under way.
    pub(super) fn entries(&self) -> impl Iterator<Item = &'a TimelineEntry> {
        self.lanes.iter().filter_map(|lane| lane.entry)
    }

    /// Whether there were more requests than are shown.
    pub(super) fn is_partial(&self) -> bool {
        self.policy.requests.arrived > self.lanes.len() as u64
    }

    /// How many lanes are of requests that arrived in the stretch.
    pub(super) fn lanes_of_arriving(&self) -> u64 {
        let start_ms = self.stretch.map_or(0.0, |stretch| stretch.start_ms);
        let arrives = |lane: &&Lane<'_>| lane.entry.is_some_and(|entry| entry.arrival_ms >= start_ms);
        self.lanes.iter().filter(arrives).count() as u64
    }

    /// How many requests that arrived in the stretch there are for each that has a lane, rounded.
    pub(super) fn arriving_per_lane(&self) -> u64 {
        let lanes = self.lanes_of_arriving().max(1);
        (self.arriving + lanes / 2) / lanes
    }

    /// Whether what ran requests may have run others than those of the strip.
    pub(super) fn hides_some(&self) -> bool {
        if self.stretch.is_some() {
            self.under_way > self.all.len() as u64
        } else {
            self.policy.requests.arrived > self.all.len() as u64
        }
    }
}

/// A policy that has a timeline, and which requests may have lanes.
struct Source<'a> {
    policy: &'a PolicyResults,
    timeline: &'a [TimelineEntry],
    occupied: &'a [Occupied],
    step: u64,
    /// How many requests arrived in the stretch for each that may have a lane.
    step_of_lanes: u64,
    lanes: LaneChoice,
}

/// The timeline of every policy that has one, as an SVG picture.
///
/// Each policy is a panel; the panels share a time axis. A panel has a lane per request, with response time and slowdown at
/// the right, and below them a strip that shows what the workers, threads or loops did. Every bar has a tooltip. The picture
/// is at most 1,600 pixels high: it says how many requests have no lane.
pub fn timeline_svg(results: &ScenarioResults) -> String {
    let sources = sources(results);
    let places: Vec<usize> = (0..sources.len()).collect();
    picture(results, &sources, &places, "timeline")
}

/// The timeline of the policy with this place, on the time axis that it shares with the others; `None` if it has none.
#[cfg(feature = "internals")]
pub fn timeline_svg_of(results: &ScenarioResults, policy: usize) -> Option<String> {
    let sources = sources(results);
    let name = &results.policies.get(policy)?.name;
    let place = sources.iter().position(|source| source.policy.name == *name)?;
    Some(picture(results, &sources, &[place], &format!("timeline-{}", policy + 1)))
}

/// The unit of the response times of all policies.
fn unit(results: &ScenarioResults) -> AxisUnit {
    let longest = results.policies.iter().filter_map(|policy| policy.response_time_ms.p99).fold(0.0, f64::max);
    AxisUnit::of_span(longest)
}

/// The stretch that is shown, if the timeline does not begin with the run.
fn stretch(results: &ScenarioResults) -> Option<&Stretch> {
    results.pictures.as_ref()?.stretch.as_ref()
}

fn sources(results: &ScenarioResults) -> Vec<Source<'_>> {
    let all = results.policies.iter().enumerate().filter_map(|(place, policy)| source(results, place, policy));
    all.filter(|source| !source.timeline.is_empty()).collect()
}

fn source<'a>(results: &'a ScenarioResults, place: usize, policy: &'a PolicyResults) -> Option<Source<'a>> {
    let pictures = results.pictures.as_ref().filter(|pictures| pictures.stretch.is_some());
    if let Some(pictures) = pictures {
        let step_of_lanes = pictures.policies.iter().map(|policy| policy.step.max(1)).max().unwrap_or(1);
        let PolicyPictures { timeline, occupied, step, lanes, .. } = pictures.policies.get(place)?;
        return Some(Source { policy, timeline, occupied, step: *step, step_of_lanes, lanes: lanes.clone() });
    }
    let timeline = policy.timeline.as_deref()?;
    let arriving = timeline.iter().map(|entry| entry.request).collect();
    let is_spread = policy.requests.arrived <= timeline.len() as u64;
    let lanes = LaneChoice { arriving, is_spread, ..LaneChoice::default() };
    Some(Source { policy, timeline, occupied: &policy.occupied, step: 1, step_of_lanes: 1, lanes })
}

impl<'a> Source<'a> {
    /// What is drawn if there is room for that many lanes and rows.
    fn drawing(&self, results: &'a ScenarioResults, most_lanes: usize, most_rows: usize) -> Drawing<'a> {
        let entry = |request: u64| self.timeline.iter().find(|entry| entry.request == request);
        let lanes = self.lanes.lanes(most_lanes).into_iter();
        Drawing {
            policy: self.policy,
            lanes: lanes.map(|request| Lane { request, entry: entry(request) }).collect(),
            arriving: self.lanes.arriving.len() as u64 * self.step_of_lanes,
            lane_step: self.step_of_lanes,
            is_spread: self.lanes.is_spread,
            all: self.timeline,
            occupied: self.occupied,
            under_way: self.timeline.len() as u64 * self.step.max(1),
            faults: &results.faults,
            stretch: stretch(results),
            most_rows,
            unit: unit(results),
        }
    }
}

/// The policies with these places among the sources.
fn picture(results: &ScenarioResults, sources: &[Source<'_>], places: &[usize], name: &str) -> String {
    let most_rows = match places.len() {
        0 | 1 => 20,
        2 => 12,
        3 => 8,
        _ => 5,
    };
    // As many lanes as fit; the texts above the panels and the axis depend on them only a little.
    let longest = sources.iter().map(|source| source.lanes.candidates()).max().unwrap_or(0);
    let longest = if stretch(results).is_some() { longest.min(LANES_OF_STRETCH) } else { longest };
    let mut shown = places.to_vec();
    let mut lanes = longest;
    loop {
        let drawings: Vec<_> = sources.iter().map(|source| source.drawing(results, lanes, most_rows)).collect();
        let layout = Layout::new(results, drawings, &shown, places.len(), name);
        if layout.bottom() <= HIGHEST || lanes == 0 {
            return layout.svg();
        }
        let least = FEWEST_LANES.min(longest);
        if lanes > least {
            let too_high = (layout.bottom() - HIGHEST) / (shown.len() as f64 * lane::Size::of(lanes).pitch);
            lanes = lanes.saturating_sub((0.5 * too_high).ceil().max(1.0) as usize).max(least);
        } else if shown.len() > 1 {
            shown.pop();
        } else {
            return layout.svg();
        }
    }
}

/// A picture, laid out.
struct Layout<'a> {
    page: Page,
    scale: TimeScale,
    columns: Columns,
    legend: Legend,
    panels: Vec<(Panel<'a>, f64)>,
    bottom: f64,
    note: Option<String>,
}

impl<'a> Layout<'a> {
    fn new(results: &ScenarioResults, drawings: Vec<Drawing<'a>>, shown: &[usize], wanted: usize, name: &str) -> Self {
        let scale = time_scale(&drawings);
        let columns = Columns::new(&drawings, &scale);
        let shown: Vec<Drawing<'a>> = shown.iter().map(|place| drawings[*place].clone()).collect();
        let text = results.description.as_deref().unwrap_or_default();
        let about = words::description(results, &shown, columns.response_unit);
        let page = Page::new(name, &results.scenario, words::heading(results), about).with_text(text, SUBTITLE_LINES);
        let page = words::notes(&shown).iter().fold(page, |page, note| page.with_text(note, 4));
        let left_out = wanted - shown.len();
        let note = (left_out > 0).then(|| format!("… and {left_out} more policies, not drawn"));
        let panels: Vec<_> = shown.iter().map(|drawing| Panel::new(drawing.clone(), &columns, &scale)).collect();
        let legend = Legend::new(&shown, &panels, &scale);
        let mut bottom = page.top() + legend.height();
        let place = |panel: Panel<'a>| {
            let top = bottom + PANEL_GAP;
            bottom = top + panel.height();
            (panel, top)
        };
        let panels = panels.into_iter().map(place).collect();
        Self { page, scale, columns, legend, panels, bottom, note }
    }

    fn bottom(&self) -> f64 {
        self.bottom + if self.note.is_some() { NOTE_HEIGHT } else { 0.0 } + Page::BOTTOM
    }

    fn svg(&self) -> String {
        let top = self.page.top();
        self.page.svg(self.bottom() - Page::BOTTOM, |area: &Area<'_>| {
            self.legend.draw(area, top)?;
            for (panel, top) in &self.panels {
                let area = area.clone().shrink((0, units(*top)), (units(WIDTH), units(panel.height())));
                panel.draw(&area, &self.scale, &self.columns)?;
            }
            match &self.note {
                Some(note) => label(area, note, (MARGIN, self.bottom + 0.5 * NOTE_HEIGHT), NOTE, HPos::Left),
                None => Ok(()),
            }
        })
    }
}

/// How many lanes and rows a policy has in a page.
const LANES_OF_PAGE: usize = 40;
const ROWS_OF_PAGE: usize = 32;

/// The policies that have a timeline, for a page.
pub(super) fn drawings(results: &ScenarioResults) -> Vec<Drawing<'_>> {
    sources(results).iter().map(|source| source.drawing(results, LANES_OF_PAGE, ROWS_OF_PAGE)).collect()
}

/// The time that all of these show.
pub(super) fn time_scale(drawings: &[Drawing<'_>]) -> TimeScale {
    let of_stretch = |drawing: &Drawing<'_>| drawing.stretch.map(|stretch| (stretch.start_ms, stretch.end_ms));
    let of_entry = |entry: &TimelineEntry| {
        let ends = entry.segments.iter().map(|segment| segment.end_ms).chain(entry.departure_ms);
        (entry.arrival_ms, ends.fold(entry.arrival_ms, f64::max))
    };
    let union = |one: (f64, f64), other: (f64, f64)| (one.0.min(other.0), one.1.max(other.1));
    let stretches: Option<Vec<(f64, f64)>> = drawings.iter().map(of_stretch).collect();
    if let Some((first, last)) = stretches.and_then(|stretches| stretches.into_iter().reduce(union)) {
        return TimeScale::exactly(first, last);
    }
    let entries = drawings.iter().flat_map(Drawing::entries);
    entries
        .map(of_entry)
        .reduce(union)
        .map_or_else(|| TimeScale::new(0.0, 0.0), |(first, last)| TimeScale::new(first, last))
}
