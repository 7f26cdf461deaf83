//! The chart of a sweep: of one dimension, the percentiles of each policy as lines; of two, a percentile of each policy as a
//! heat map.

mod axis;
mod frame;
mod heat;
mod lines;

use plotters::style::text_anchor::HPos;

use self::frame::PanelGrid;
use super::canvas::{Area, Drawn, document};
use super::palette::{GREY, INK, Type};
use super::panel::label;
use super::text::{ellipsize, wrap};
use super::timeline::{MARGIN, WIDTH};
use crate::output::document::SweepReport;
use crate::scenario::Dimension;

const TITLE: Type = Type::new(20.0, INK).bold();
const SUBTITLE: Type = Type::new(13.0, GREY);
const SUBTITLE_TOP: f64 = 50.0;
const SUBTITLE_STEP: f64 = 19.0;
const SUBTITLE_LINES: usize = 3;
const LEGEND: f64 = 26.0;

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

/// A page with a title, room for a legend, and panels below.
fn page(report: &SweepReport, about: &str, grid: PanelGrid, draw: impl FnOnce(&Area<'_>, f64) -> Drawn) -> String {
    let room = WIDTH - 2.0 * MARGIN;
    let title = ellipsize(&report.summary.scenario, room, TITLE.size, TITLE.bold);
    let subtitle = wrap(about, room, SUBTITLE.size, SUBTITLE_LINES);
    let top = SUBTITLE_TOP + SUBTITLE_STEP * subtitle.len() as f64 + 4.0;
    let heading = format!("{}: {about}", report.summary.scenario);
    document((WIDTH, top + LEGEND + grid.height() + 14.0), &heading, &description(report), |area: &Area<'_>| {
        label(area, &title, (MARGIN, 32.0), TITLE, HPos::Left)?;
        for (line, text) in subtitle.iter().enumerate() {
            label(area, text, (MARGIN, SUBTITLE_TOP + SUBTITLE_STEP * (line as f64 + 0.5)), SUBTITLE, HPos::Left)?;
        }
        draw(area, top)
    })
}

/// What the chart says, for those who cannot see it.
fn description(report: &SweepReport) -> String {
    let sentences = report.warnings().into_iter().map(|warning| format!("{warning}."));
    let found = report.feasible().into_iter().chain(report.knees());
    sentences.chain(found).collect::<Vec<_>>().join("\n")
}
