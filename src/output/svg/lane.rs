//! One request of the timeline: its bars, its name, its end.

use plotters::element::PathElement;
use plotters::style::text_anchor::HPos;

use super::canvas::{Area, Drawn};
use super::looks::Look;
use super::marks::{Bar, Symbol, titled};
use super::palette::{ALONE, GREY, HAIRLINE, INK, Type, line};
use super::panel::{Chart, Columns, label, stretch};
use super::scale::{AxisUnit, TimeScale, times};
use super::text::ellipsize;
use crate::output::document::ending;
use crate::stats::TimelineEntry;

pub(super) const NUMBER: Type = Type::new(12.0, INK).bold();
pub(super) const CLASS: Type = Type::new(12.0, INK);
pub(super) const END: Type = Type::new(12.0, INK);
/// Heading of the right ends of the lanes.
pub(super) const END_CAPTION: &str = "response · slowdown";

/// Slowdown from which the right end of a lane is bold.
const LATE: f64 = 2.0;

/// Heights of lanes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Size {
    /// From one lane to the next.
    pub(super) pitch: f64,
    /// The height of a bar.
    bar: f64,
    /// The height of the line below it.
    line: f64,
    /// The height of the triangle above it.
    triangle: f64,
    font: f64,
}

impl Size {
    /// Lower for a larger number of lanes.
    pub(super) const fn of(lanes: usize) -> Self {
        match lanes {
            0..=8 => Self { pitch: 28.0, bar: 16.0, line: 1.75, triangle: 6.0, font: 12.0 },
            9..=24 => Self { pitch: 22.0, bar: 12.0, line: 1.25, triangle: 5.0, font: 12.0 },
            _ => Self { pitch: 16.0, bar: 9.0, line: 1.0, triangle: 4.0, font: 11.0 },
        }
    }
}

/// The right end of a lane: `475 ms · 4.5×`.
pub(super) fn end_text(entry: &TimelineEntry, unit: AxisUnit) -> String {
    let response = entry.response_time_ms.map_or_else(|| ending(entry), |ms| unit.rounded(ms));
    entry.slowdown.map_or(response.clone(), |slowdown| format!("{response} · {}", times(slowdown)))
}

/// When the request would have ended without waiting.
pub(super) fn alone_end_ms(entry: &TimelineEntry) -> Option<f64> {
    let demand_ms = entry.response_time_ms? / entry.slowdown.filter(|&slowdown| slowdown > 0.0)?;
    Some(entry.arrival_ms + demand_ms)
}

/// Whether the lane has a line for the time that the request would have taken without waiting.
pub(super) fn has_alone_line(entry: &TimelineEntry) -> bool {
    alone_end_ms(entry).is_some()
}

/// The triangle that marks an arrival.
pub(super) fn arrival_shape(height: f64) -> Vec<(f64, f64)> {
    vec![(-0.6 * height, -height), (0.6 * height, -height), (0.0, 0.0)]
}

/// The faint line below a lane or row.
pub(super) fn draw_hairline(chart: &Chart<'_>, scale: &TimeScale, middle: f64) -> Drawn {
    let ends = [scale.start_ms, scale.end_ms].map(|ms| (scale.position(ms), middle));
    chart.plotting_area().draw(&PathElement::new(ends, line(HAIRLINE, 0.75)))
}

/// What the request did.
pub(super) fn draw_bars(chart: &Chart<'_>, entry: &TimelineEntry, scale: &TimeScale, middle: f64, size: Size) -> Drawn {
    draw_hairline(chart, scale, middle)?;
    let plot = chart.plotting_area();
    let (top, bottom) = (middle - 0.5 * size.bar, middle + 0.5 * size.bar);
    for segment in &entry.segments {
        let look = Look::of(segment);
        let corners = [(scale.position(segment.start_ms), top), (scale.position(segment.end_ms), bottom)];
        let title = format!(
            "request {} ({}): {}, {}",
            entry.request,
            entry.class,
            look.doing(),
            stretch(scale.unit, segment.start_ms, segment.end_ms)
        );
        let paint = look.fill();
        titled(plot, paint.id(), &title, |plot| plot.draw(&Bar { corners, paint }))?;
    }
    if let Some(end_ms) = alone_end_ms(entry) {
        let (from, to) = (scale.position(entry.arrival_ms), scale.position(end_ms));
        let title = format!(
            "request {} ({}) alone: {}",
            entry.request,
            entry.class,
            stretch(scale.unit, entry.arrival_ms, end_ms)
        );
        let corners = [(from, bottom + 1.25), (to, bottom + 1.25 + size.line)];
        titled(plot, ALONE.id(), &title, |plot| plot.draw(&Bar { corners, paint: ALONE }))?;
    }
    let at = (scale.position(entry.arrival_ms), top - 0.5);
    let title =
        format!("request {} ({}) arrives at {}", entry.request, entry.class, at_ms(scale.unit, entry.arrival_ms));
    titled(plot, "arrival", &title, |plot| plot.draw(&Symbol { at, shape: arrival_shape(size.triangle), color: INK }))?;
    if let (None, Some(last)) = (entry.departure_ms, entry.segments.last()) {
        let at = (scale.position(last.end_ms), middle);
        let half = 0.5 * size.bar;
        let title = format!("request {} ({}) is still in flight", entry.request, entry.class);
        let shape = vec![(1.5, -half), (1.5 + 0.6 * half, 0.0), (1.5, half)];
        titled(plot, "in_flight", &title, |plot| plot.draw(&Symbol { at, shape, color: GREY }))?;
    }
    Ok(())
}

/// Its number and class at the left, its response time and slowdown at the right.
pub(super) fn draw_labels(area: &Area<'_>, entry: &TimelineEntry, middle: f64, size: Size, columns: &Columns) -> Drawn {
    let end = end_text(entry, columns.response_unit);
    let room = columns.plot_start - columns.class_start - 10.0;
    let class = ellipsize(&entry.class, room, size.font, false);
    let color = if entry.response_time_ms.is_none() { GREY } else { INK };
    let bold = entry.slowdown.is_some_and(|slowdown| slowdown >= LATE);
    let title = format!("request {} ({}): {end}", entry.request, entry.class);
    let texts = [
        (entry.request.to_string(), columns.number_end, NUMBER, HPos::Right),
        (class, columns.class_start, CLASS, HPos::Left),
        (end, columns.end, Type { color, bold, ..END }, HPos::Right),
    ];
    titled(area, "request", &title, |area| {
        texts.iter().try_for_each(|(text, x, font, anchor)| {
            label(area, text, (*x, middle), Type { size: size.font, ..*font }, *anchor)
        })
    })
}

fn at_ms(unit: AxisUnit, ms: f64) -> String {
    format!("{} {}", unit.exact(ms), unit.symbol)
}
