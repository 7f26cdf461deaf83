//! Rows of a panel: what a request did, and what ran it.

use super::percent;
use crate::output::escape::xml as escaped;
use crate::output::svg::lane::{alone_end_ms, end_text};
use crate::output::svg::palette::Fill;
use crate::output::svg::panel::stretch;
use crate::output::svg::pieces::{Piece, pieces};
use crate::output::svg::queues::RunQueue;
use crate::output::svg::row;
use crate::output::svg::scale::{AxisUnit, TimeScale};
use crate::output::svg::strip::{Number, RunnerRow};
use crate::stats::TimelineEntry;

/// Heights of lanes, bars, and what lies below them, in pixels.
#[derive(Clone, Copy)]
pub struct Heights {
    lane: u8,
    bar: u8,
    /// Where the line below the bar is.
    line: u8,
}

impl Heights {
    /// Lower for a larger number of lanes.
    pub const fn of(lanes: usize) -> Self {
        match lanes {
            0..=16 => Self { lane: 26, bar: 14, line: 21 },
            _ => Self { lane: 17, bar: 9, line: 14 },
        }
    }

    /// The attributes of a bar: below the triangle of an arrival.
    fn bar(self) -> String {
        format!(" y=\"{}\" height=\"{}\"", self.line - self.bar - 1, self.bar)
    }
}

/// Share of the width that a digit takes, in a block with the number of its request.
const DIGIT: f64 = 0.012;

/// A request: its number and class, its bars, its response time and slowdown.
pub fn request(entry: &TimelineEntry, scale: &TimeScale, unit: AxisUnit, heights: Heights) -> String {
    let TimelineEntry { request, class, segments, .. } = entry;
    let (class, end) = (escaped(class), end_text(entry, unit));
    let (time, slowdown) = end.split_at(end.find(" · ").unwrap_or(end.len()));
    let end = format!("{}<span class=\"slowdown\">{}</span>", escaped(time), escaped(slowdown));
    let lane = heights.lane;
    let bars: String = pieces(entry).iter().map(|piece| piece_bar(entry, piece, scale, heights)).collect();
    let alone = alone_end_ms(entry).map(|end_ms| alone(entry, end_ms, scale, heights)).unwrap_or_default();
    let last_ms = segments.last().map_or(entry.arrival_ms, |segment| segment.end_ms);
    let (from, to) = (share(entry.arrival_ms, scale), share(entry.departure_ms.unwrap_or(last_ms), scale));
    let slow = if entry.slowdown.is_some_and(|slowdown| slowdown >= 2.0) { " slow" } else { "" };
    let time = entry.response_time_ms.map(|time| format!(" data-time=\"{time}\"")).unwrap_or_default();
    format!(
        "<tr data-request=\"{request}\" data-from=\"{}\" data-to=\"{}\"{time}><th scope=\"row\"><b>{request}</b> <span>{class}</span></th>\
         <td class=\"plot\"><svg class=\"lane\" height=\"{lane}\" role=\"group\" aria-label=\"request {request}\"><svg class=\"zoom\"><use href=\"#grid\"/>\
         <line class=\"hair\" x2=\"100%\" y1=\"50%\" y2=\"50%\"/>{bars}{alone}<svg class=\"at\" x=\"{}\"><path class=\"arrival\" d=\"M-3.5,0 h7 l-3.5,5.5 z\">\
         <title>request {request} ({class}) arrives at {} {}</title></path></svg><use href=\"#over\"/></svg></svg></td><td class=\"end{slow}\">{end}</td></tr>\n",
        number(from),
        number(to),
        percent(from),
        unit_of(scale).exact(entry.arrival_ms),
        unit_of(scale).symbol,
    )
}

fn piece_bar(entry: &TimelineEntry, piece: &Piece, scale: &TimeScale, heights: Heights) -> String {
    let Piece { look, start_ms, end_ms } = *piece;
    let TimelineEntry { request, class, .. } = entry;
    let title = format!(
        "request {request} ({class}): {}, {}",
        look.doing(RunQueue::of(entry)),
        stretch(scale.unit, start_ms, end_ms)
    );
    filled(look.fill(), &title, [start_ms, end_ms], scale, &heights.bar())
}

/// The line below the bars: as long as the request would have taken alone.
fn alone(entry: &TimelineEntry, end_ms: f64, scale: &TimeScale, heights: Heights) -> String {
    let TimelineEntry { request, class, arrival_ms, .. } = entry;
    let title = format!("request {request} ({class}) alone: {}", stretch(scale.unit, *arrival_ms, end_ms));
    bar("alone", &title, [*arrival_ms, end_ms], scale, &format!(" y=\"{}\" height=\"2\"", heights.line))
}

/// A worker, thread, loop or connection, and the requests that occupied it.
pub fn runner(row: &RunnerRow, scale: &TimeScale) -> String {
    let name = escaped(&row.name);
    let block = |block: &_| {
        let title = row::title(row, block, scale);
        let times = [block.start_ms, block.end_ms];
        let bar = filled(block.hold.fill(), &title, times, scale, " y=\"2\" height=\"14\"");
        let [from, to] = times.map(|ms| share(ms, scale));
        let number = block.request.to_string();
        let has_number = block.hold.number() != Number::None;
        let text = (has_number && to - from >= DIGIT * (number.len() + 1) as f64).then(|| {
            let (x, width) = (percent(from), percent(to - from));
            let class = if block.hold.number() == Number::InFirst { "holds" } else { "runs" };
            format!("<svg x=\"{x}\" width=\"{width}\"><text class=\"{class}\" x=\"50%\" y=\"13\">{number}</text></svg>")
        });
        bar + &text.unwrap_or_default()
    };
    let blocks: String = row.blocks.iter().map(block).collect();
    format!(
        "<tr><th scope=\"row\">{name}</th><td class=\"plot\"><svg class=\"lane\" height=\"18\" role=\"group\" aria-label=\"{name}\"><svg class=\"zoom\">\
         <use href=\"#grid\"/><line class=\"hair\" x2=\"100%\" y1=\"50%\" y2=\"50%\"/>{blocks}<use href=\"#over\"/></svg></svg></td><td></td></tr>\n"
    )
}

/// A bar with a fill of the palette; its class is the name of the fill.
fn filled(fill: Fill, title: &str, times_ms: [f64; 2], scale: &TimeScale, attributes: &str) -> String {
    bar(fill.id(), title, times_ms, scale, &format!("{attributes} fill=\"{}\"", fill.on_page()))
}

/// A bar of a class, with a title that says what it is.
pub fn bar(class: &str, title: &str, times_ms: [f64; 2], scale: &TimeScale, attributes: &str) -> String {
    let [from, to] = times_ms.map(|ms| share(ms, scale));
    format!(
        "<rect class=\"{class}\" x=\"{}\" width=\"{}\"{attributes}><title>{}</title></rect>",
        percent(from),
        percent(to - from),
        escaped(title)
    )
}

/// Where an instant is, as a share of the axis.
fn share(ms: f64, scale: &TimeScale) -> f64 {
    (ms - scale.start_ms) / (scale.end_ms - scale.start_ms)
}

fn number(share: f64) -> String {
    percent(share).trim_end_matches('%').to_owned()
}

fn unit_of(scale: &TimeScale) -> AxisUnit {
    scale.unit
}
