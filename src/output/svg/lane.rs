//! One request of the timeline: its bars, its name, its end.

use plotters::element::PathElement;
use plotters::style::text_anchor::HPos;

use super::canvas::{Area, Drawn};
use super::marks::{Bar, Symbol, titled};
use super::palette::{ALONE, GREY, HAIRLINE, INK, NOTE_SIZE, TINY_SIZE, Type, line};
use super::panel::{Chart, Columns, label, stretch};
use super::pieces::{Piece, pieces};
use super::queues::RunQueue;
use super::scale::{AxisUnit, TimeScale, times};
use super::text::ellipsize;
use crate::output::document::ending;
use crate::stats::TimelineEntry;

pub(super) const NUMBER: Type = Type::new(NOTE_SIZE, INK).bold();
pub(super) const CLASS: Type = Type::new(NOTE_SIZE, INK);
pub(super) const END: Type = Type::new(NOTE_SIZE, INK);
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
            0..=8 => Self { pitch: 28.0, bar: 16.0, line: 1.75, triangle: 6.0, font: NOTE_SIZE },
            9..=12 => Self { pitch: 22.0, bar: 12.0, line: 1.25, triangle: 5.0, font: NOTE_SIZE },
            13..=24 => Self { pitch: 16.0, bar: 9.0, line: 1.0, triangle: 4.0, font: NOTE_SIZE },
            _ => Self { pitch: 13.0, bar: 7.0, line: 1.0, triangle: 3.5, font: TINY_SIZE },
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

/// Marks of requests that were under way before the time shown, or are after it.
pub(super) fn cut_shape(height: f64) -> Vec<(f64, f64)> {
    let half = 0.5 * height;
    vec![(0.0, -half), (0.9 * half, 0.0), (0.0, half)]
}

/// Whether the request began before the time shown, or goes on after it.
pub(super) fn is_cut(entry: &TimelineEntry, scale: &TimeScale) -> bool {
    begins_before(entry, scale) || goes_on(entry, scale)
}

fn begins_before(entry: &TimelineEntry, scale: &TimeScale) -> bool {
    entry.arrival_ms < scale.start_ms
}

fn goes_on(entry: &TimelineEntry, scale: &TimeScale) -> bool {
    let last = entry.segments.last().map_or(entry.arrival_ms, |segment| segment.end_ms);
    last > scale.end_ms || entry.departure_ms.is_some_and(|departure| departure > scale.end_ms)
}

/// What the request did.
pub(super) fn draw_bars(chart: &Chart<'_>, entry: &TimelineEntry, scale: &TimeScale, middle: f64, size: Size) -> Drawn {
    let plot = chart.plotting_area();
    let (top, bottom) = (middle - 0.5 * size.bar, middle + 0.5 * size.bar);
    let name = format!("request {} ({})", entry.request, entry.class);
    let queue = RunQueue::of(entry);
    for Piece { look, start_ms, end_ms } in pieces(entry) {
        let Some([start, end]) = scale.clipped(start_ms, end_ms) else { continue };
        let corners = [(scale.position(start), top), (scale.position(end), bottom)];
        let title = format!("{name}: {}, {}", look.doing(queue), stretch(scale.unit, start_ms, end_ms));
        let paint = look.fill();
        titled(plot, paint.id(), &title, |plot| plot.draw(&Bar { corners, paint }))?;
    }
    let alone = alone_end_ms(entry).map(|end_ms| (end_ms, scale.clipped(entry.arrival_ms, end_ms)));
    if let Some((end_ms, Some([start, end]))) = alone {
        let title = format!("{name} alone: {}", stretch(scale.unit, entry.arrival_ms, end_ms));
        let corners = [(scale.position(start), bottom + 1.25), (scale.position(end), bottom + 1.25 + size.line)];
        titled(plot, ALONE.id(), &title, |plot| plot.draw(&Bar { corners, paint: ALONE }))?;
    }
    if begins_before(entry, scale) {
        let title = format!("{name} arrived before, at {}", at_ms(scale.unit, entry.arrival_ms));
        let shape = cut_shape(size.bar).into_iter().map(|(x, y)| (-x - 1.0, y)).collect();
        let at = (scale.position(scale.start_ms), middle);
        titled(plot, "cut", &title, |plot| plot.draw(&Symbol { at, shape, color: INK }))?;
    } else {
        let at = (scale.position(entry.arrival_ms), top - 0.5);
        let title = format!("{name} arrives at {}", at_ms(scale.unit, entry.arrival_ms));
        titled(plot, "arrival", &title, |plot| {
            plot.draw(&Symbol { at, shape: arrival_shape(size.triangle), color: INK })
        })?;
    }
    if goes_on(entry, scale) {
        let until = entry.departure_ms.map(|departure| format!(", until {}", at_ms(scale.unit, departure)));
        let title = format!("{name} goes on{}", until.unwrap_or_default());
        let shape = cut_shape(size.bar).into_iter().map(|(x, y)| (x + 1.0, y)).collect();
        let at = (scale.position(scale.end_ms), middle);
        titled(plot, "cut", &title, |plot| plot.draw(&Symbol { at, shape, color: INK }))?;
    } else if let (None, Some(last)) = (entry.departure_ms, entry.segments.last()) {
        let at = (scale.position(last.end_ms), middle);
        let half = 0.5 * size.bar;
        let title = format!("{name} is still in flight");
        let shape = vec![(1.5, -half), (1.5 + 0.6 * half, 0.0), (1.5, half)];
        titled(plot, "in_flight", &title, |plot| plot.draw(&Symbol { at, shape, color: GREY }))?;
    }
    Ok(())
}

/// The lane of a request that was not under way.
pub(super) fn draw_empty(area: &Area<'_>, request: u64, middle: f64, size: Size, columns: &Columns) -> Drawn {
    let font = Type { size: size.font, color: GREY, ..NUMBER };
    label(area, &request.to_string(), (columns.number_end, middle), font, HPos::Right)?;
    label(area, GONE, (columns.end, middle), Type { size: size.font, color: GREY, ..END }, HPos::Right)
}

/// The right end of the lane of a request that was not under way.
pub(super) const GONE: &str = "done before";

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
