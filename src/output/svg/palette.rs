//! The colours, patterns and type of every chart.
//!
//! Work is green and solid. Waiting in a queue is red or orange, dark and hatched. Waiting for an answer, which is part of
//! the demand, is pale. So the three differ in lightness and texture, for colour-blind readers and in black-and-white prints.

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{BLACK, Color, FontStyle, IntoFont, RGBColor, ShapeStyle, TextStyle};

use super::canvas::{size_units, units};
use crate::model::Activity;

/// Titles and main text.
pub(super) const INK: RGBColor = RGBColor(0x1f, 0x29, 0x33);
/// Secondary text.
pub(super) const GREY: RGBColor = RGBColor(0x5b, 0x66, 0x73);
/// Grid lines.
pub(super) const GRID: RGBColor = RGBColor(0xe3, 0xe6, 0xea);
/// The line of a lane.
pub(super) const HAIRLINE: RGBColor = RGBColor(0xcf, 0xd5, 0xdb);
/// Text on dark bars.
pub(super) const PAPER: RGBColor = RGBColor(0xff, 0xff, 0xff);

/// Good and bad results.
pub(super) const RUNNING_COLOR: RGBColor = RGBColor(0x2f, 0x7d, 0x55);
pub(super) const WAITING_COLOR: RGBColor = RGBColor(0xd3, 0x2a, 0x2a);

/// How an area is filled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fill {
    id: &'static str,
    base: RGBColor,
    hatch: Option<Hatch>,
}

#[derive(Clone, Copy, Debug)]
struct Hatch {
    size: u8,
    /// The pattern over the base, in a tile of `size`.
    lines: &'static str,
}

impl Fill {
    const fn solid(id: &'static str, base: RGBColor) -> Self {
        Self { id, base, hatch: None }
    }

    const fn hatched(id: &'static str, base: RGBColor, size: u8, lines: &'static str) -> Self {
        Self { id, base, hatch: Some(Hatch { size, lines }) }
    }

    /// Its name, as a class in the SVG.
    pub(super) const fn id(&self) -> &'static str {
        self.id
    }

    /// The `fill` of an area of this width in hundredths of a pixel: a narrow area has no pattern, whose gaps could hide it.
    pub(super) fn fill(&self, hundredths: i32) -> String {
        match self.hatch {
            Some(_) if hundredths >= 300 => format!("url(#waitline-{})", self.id),
            _ => hex(self.base),
        }
    }

    fn definition(&self) -> Option<String> {
        let Hatch { size, lines } = self.hatch?;
        Some(format!(
            "<pattern id=\"waitline-{}\" width=\"{size}\" height=\"{size}\" patternUnits=\"userSpaceOnUse\">\
             <rect width=\"{size}\" height=\"{size}\" fill=\"{}\"/>{lines}</pattern>\n",
            self.id,
            hex(self.base)
        ))
    }
}

/// The fill of time spent on an activity.
pub(super) const fn paint(activity: Activity) -> Fill {
    let [_, r, g, b] = activity.color().to_be_bytes();
    Fill { id: activity.name(), base: RGBColor(r, g, b), hatch: hatch(activity) }
}

/// The pattern of an activity: its size and what is drawn over the base.
const fn hatch(activity: Activity) -> Option<Hatch> {
    let (size, lines) = match activity {
        Activity::BacklogWait => (
            6,
            r##"<path d="M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2" stroke="#ffffff" stroke-opacity="0.75" stroke-width="1.3"/>"##,
        ),
        Activity::RunQueueWait => {
            (5, r##"<path d="M-1,4 l2,2 M0,0 l5,5 M4,-1 l2,2" stroke="#7a3a00" stroke-width="1.1"/>"##)
        }
        Activity::PoolWait => {
            (6, r##"<path d="M0,0 l6,6 M0,6 l6,-6" stroke="#ffffff" stroke-opacity="0.8" stroke-width="0.9"/>"##)
        }
        Activity::BackendWait => (4, r##"<path d="M0,1 h4" stroke="#ffffff" stroke-width="1.2"/>"##),
        Activity::Sleep => (5, r##"<path d="M1,1.5 h1.2 M3.5,4 h1.2" stroke="#8a94a0" stroke-width="1.2"/>"##),
        Activity::ThreadWait => {
            (5, r##"<path d="M1,0 v5 M3.5,0 v5" stroke="#ffffff" stroke-opacity="0.8" stroke-width="0.9"/>"##)
        }
        Activity::Framework | Activity::Compute | Activity::Backend => return None,
    };
    Some(Hatch { size, lines })
}

/// A wait for the next period of the CPU quota: everything stands still.
pub(super) const THROTTLED: Fill = Fill::hatched(
    "throttled",
    RGBColor(0x23, 0x2b, 0x36),
    6,
    r##"<path d="M1.5,0 v6 M4.5,0 v6" stroke="#f2c21e" stroke-width="1.1"/>"##,
);
/// A wait for a connection that is being opened.
pub(super) const OPENING: Fill = Fill::hatched(
    "opening",
    RGBColor(0x8a, 0x24, 0x4b),
    5,
    r##"<circle cx="2.5" cy="2.5" r="1.1" fill="#ffffff" fill-opacity="0.9"/>"##,
);

/// A runner that runs a request.
pub(super) const RUNNING: Fill = Fill::solid("running", RUNNING_COLOR);
/// A runner held by a waiting request.
pub(super) const HELD: Fill = Fill::hatched(
    "held",
    RGBColor(0xf4, 0xe1, 0xd8),
    5,
    r##"<path d="M-1,1 l2,-2 M0,5 l5,-5 M4,6 l2,-2" stroke="#b5654a" stroke-width="0.9"/>"##,
);

/// The same, behind a number.
pub(super) const HELD_PLAIN: Fill = Fill::solid("held_plain", RGBColor(0xf4, 0xe1, 0xd8));
/// What was chosen of several.
pub(super) const CHOSEN: Fill = Fill::solid("chosen", RGBColor(0xe4, 0xf2, 0xea));
/// Between two that touch.
pub(super) const SEPARATOR: Fill = Fill::solid("separator", PAPER);
/// A fault.
pub(super) const FAULT: Fill = Fill::solid("fault", RGBColor(0xff, 0xf0, 0xb8));
/// The time that a request would take without waiting.
pub(super) const ALONE: Fill = Fill::solid("alone", RGBColor(0x3b, 0x46, 0x52));

/// Points without numbers in the chart of a sweep.
pub(super) const UNSTABLE: Fill = Fill::hatched(
    "unstable",
    RGBColor(0xee, 0xee, 0xee),
    7,
    r##"<path d="M-1,1 l2,-2 M0,7 l7,-7 M6,8 l2,-2" stroke="#9aa3ad" stroke-width="1"/>"##,
);

/// Three lines of one chart, from light to dark: they differ in lightness, whatever colours the reader sees.
pub(super) const SERIES: [RGBColor; 3] =
    [RGBColor(0x74, 0xb3, 0xe3), RGBColor(0x1f, 0x77, 0xb4), RGBColor(0x0b, 0x2f, 0x5c)];

/// The colour of a cell, from light (0) to dark (1).
pub(super) fn heat_color(darkness: f64) -> RGBColor {
    const STOPS: [RGBColor; 5] = [
        RGBColor(0xf3, 0xf6, 0xfa),
        RGBColor(0xbf, 0xd7, 0xea),
        RGBColor(0x6a, 0xa5, 0xd1),
        RGBColor(0x21, 0x66, 0xa5),
        RGBColor(0x0b, 0x2f, 0x5c),
    ];
    let place = darkness.clamp(0.0, 1.0) * (STOPS.len() - 1) as f64;
    let from = (place as usize).min(STOPS.len() - 2);
    let share = place - from as f64;
    let mixed = |one: u8, other: u8| (f64::from(one) + share * (f64::from(other) - f64::from(one))).round() as u8;
    let (one, other) = (STOPS[from], STOPS[from + 1]);
    RGBColor(mixed(one.0, other.0), mixed(one.1, other.1), mixed(one.2, other.2))
}

/// The definitions of the patterns that `body` refers to.
pub(super) fn definitions(body: &str) -> String {
    let paints: Vec<Fill> =
        Activity::ALL.into_iter().map(paint).chain([THROTTLED, OPENING, RUNNING, HELD, UNSTABLE]).collect();
    let used = paints.iter().filter(|paint| body.contains(&format!("url(#waitline-{})", paint.id)));
    let patterns: String = used.filter_map(Fill::definition).collect();
    if patterns.is_empty() { patterns } else { format!("<defs>\n{patterns}</defs>\n") }
}

/// A line of this width in pixels.
pub(super) fn line(color: RGBColor, pixels: f64) -> ShapeStyle {
    color.stroke_width(size_units(pixels))
}

/// The font of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Type {
    /// Its size in pixels.
    pub(super) size: f64,
    /// Whether it is bold.
    pub(super) bold: bool,
    /// Its colour.
    pub(super) color: RGBColor,
}

impl Type {
    /// A font of that size and colour.
    pub(super) const fn new(size: f64, color: RGBColor) -> Self {
        Self { size, bold: false, color }
    }

    /// The same, bold.
    pub(super) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// Its style in plotters, anchored at its middle height and, across, at `anchor`.
    pub(super) fn style(self, anchor: HPos) -> TextStyle<'static> {
        let weight = if self.bold { FontStyle::Bold } else { FontStyle::Normal };
        let font = ("sans-serif", f64::from(units(self.size))).into_font().style(weight);
        TextStyle { color: self.color.to_backend_color(), ..font.color(&BLACK).pos(Pos::new(anchor, VPos::Center)) }
    }

    /// The width of `text` in pixels.
    pub(super) fn width(self, text: &str) -> f64 {
        super::text::text_width(text, self.size, self.bold)
    }
}

fn hex(RGBColor(r, g, b): RGBColor) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}
