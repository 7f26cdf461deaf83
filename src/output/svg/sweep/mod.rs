//! The chart of a sweep: of one dimension, the percentiles of each policy as lines; of two, a percentile of each policy as a
//! heat map.

mod heat;
mod lines;

use super::canvas::{Area, Drawn};
use super::frame::PanelGrid;
use super::page::Page;
use crate::output::document::SweepReport;
use crate::scenario::Dimension;

const SUBTITLE_LINES: usize = 3;
const LEGEND: f64 = 26.0;
/// Maximum height of all panels, so that a chart is at most 1,600 pixels high.
const HIGHEST_GRID: f64 = 1_440.0;

/// Whether a sweep over these dimensions has a chart: over one, or over two.
pub fn has_sweep_chart(dimensions: &[Dimension]) -> bool {
    matches!(dimensions.len(), 1 | 2)
}

/// The chart of a sweep over one or two dimensions, as an SVG picture, with a panel per policy.
pub fn sweep_svg(report: &SweepReport) -> Option<String> {
    let policies = report.swept_policies();
    match report.dimensions.as_slice() {
        [dimension] => {
            let chart = lines::LineChart::new(report, dimension, policies);
            Some(page(report, &lines::about(dimension), chart.grid(), |area, top| chart.draw(area, top)))
        }
        [down, across] => {
            let chart = heat::HeatMap::new(report, down, across, policies);
            Some(page(report, &heat::about(report, down, across), chart.grid(), |area, top| chart.draw(area, top)))
        }
        _ => None,
    }
}

/// A page with room for a legend, and panels below.
fn page(report: &SweepReport, about: &str, grid: PanelGrid, draw: impl FnOnce(&Area<'_>, f64) -> Drawn) -> String {
    let heading = format!("{}: {about}", report.summary.scenario);
    let page =
        Page::new("sweep", &report.summary.scenario, heading, description(report)).with_text(about, SUBTITLE_LINES);
    let top = page.top();
    page.svg(top + LEGEND + grid.height(), |area: &Area<'_>| draw(area, top))
}

/// What the chart says, for those who cannot see it.
fn description(report: &SweepReport) -> String {
    let sentences = report.warnings().into_iter().map(|warning| format!("{warning}."));
    let found = report.feasible().into_iter().chain(report.knees());
    sentences.chain(found).collect::<Vec<_>>().join("\n")
}
