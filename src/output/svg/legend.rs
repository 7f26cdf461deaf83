//! What the bars and marks of the timeline mean: only those that occur.

use plotters::style::text_anchor::HPos;

use super::canvas::{Area, Drawn, units};
use super::lane::{arrival_shape, is_late, tick_shape};
use super::marks::{Bar, Symbol};
use super::palette::{GREY, HELD, INK, Paint, RUNNING, Type, paint};
use super::panel::{Panel, label};
use super::strip::activity;
use super::timeline::{Drawing, MARGIN, WIDTH};
use crate::model::Activity;

const FONT: Type = Type::new(12.0, INK);
const HEAD: Type = Type::new(12.0, GREY);
const LINE: f64 = 21.0;
const SWATCH: f64 = 22.0;
const SWATCH_HEIGHT: f64 = 12.0;

/// The order of the legend: work, answers, lines.
const ORDER: [Activity; 8] = [
    Activity::Framework,
    Activity::Compute,
    Activity::Backend,
    Activity::Sleep,
    Activity::BacklogWait,
    Activity::RunQueueWait,
    Activity::PoolWait,
    Activity::BackendWait,
];

#[derive(Clone, Copy)]
enum Sign {
    None,
    Area(Paint),
    Arrival,
    Alone,
}

struct Item {
    at: (f64, f64),
    sign: Sign,
    text: &'static str,
    font: Type,
}

/// A legend, laid out.
pub(super) struct Legend {
    items: Vec<Item>,
    lines: usize,
}

impl Legend {
    /// The legend of those drawings.
    pub(super) fn new(drawings: &[Drawing<'_>], panels: &[Panel<'_>]) -> Self {
        let entries = || drawings.iter().flat_map(|drawing| drawing.timeline);
        let occurs = |wanted| entries().any(|entry| entry.segments.iter().any(|segment| activity(segment) == wanted));
        let blocks = || panels.iter().flat_map(Panel::rows).flat_map(|row| &row.blocks);

        let mut requests = vec![(Sign::Arrival, "arrives")];
        requests
            .extend(ORDER.into_iter().filter(|&kind| occurs(kind)).map(|kind| (Sign::Area(paint(kind)), name(kind))));
        if entries().any(is_late) {
            requests.push((Sign::Alone, "would end here if alone"));
        }
        let mut runners = Vec::new();
        if blocks().any(|block| block.runs) {
            runners.push((Sign::Area(RUNNING), "runs the request of that number"));
        }
        if blocks().any(|block| !block.runs) {
            runners.push((Sign::Area(HELD), "held by a request that waits"));
        }

        let mut legend = Self { items: Vec::new(), lines: 0 };
        if !drawings.is_empty() {
            legend.add("A request", &requests);
        }
        if !runners.is_empty() {
            legend.add("What runs it", &runners);
        }
        legend
    }

    fn add(&mut self, head: &'static str, items: &[(Sign, &'static str)]) {
        let start = MARGIN + 90.0;
        let mut x = start;
        let y = |lines: usize| LINE * (lines as f64 + 0.5);
        self.items.push(Item { at: (MARGIN, y(self.lines)), sign: Sign::None, text: head, font: HEAD });
        for &(sign, text) in items {
            let width = sign.width() + FONT.width(text);
            if x > start && x + width > WIDTH - MARGIN {
                x = start;
                self.lines += 1;
            }
            self.items.push(Item { at: (x, y(self.lines)), sign, text, font: FONT });
            x += width + 18.0;
        }
        self.lines += 1;
    }

    /// Its height in pixels.
    pub(super) fn height(&self) -> f64 {
        LINE * self.lines as f64
    }

    /// Draws it below `top`.
    pub(super) fn draw(&self, page: &Area<'_>, top: f64) -> Drawn {
        for Item { at: (x, y), sign, text, font } in &self.items {
            let y = top + y;
            match sign {
                Sign::None => {}
                Sign::Area(paint) => {
                    let half = 0.5 * SWATCH_HEIGHT;
                    let corners = [(units(*x), units(y - half)), (units(x + SWATCH), units(y + half))];
                    page.draw(&Bar { corners, paint: *paint })?;
                }
                Sign::Arrival => {
                    page.draw(&Symbol { at: (units(x + 4.0), units(y + 3.0)), shape: arrival_shape(), color: INK })?;
                }
                Sign::Alone => {
                    page.draw(&Symbol { at: (units(x + 4.0), units(y)), shape: tick_shape(7.0, 0.8), color: INK })?;
                }
            }
            label(page, text, (x + sign.width(), y), *font, HPos::Left)?;
        }
        Ok(())
    }
}

impl Sign {
    fn width(self) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Area(_) => SWATCH + 6.0,
            Self::Arrival | Self::Alone => 13.0,
        }
    }
}

fn name(activity: Activity) -> &'static str {
    match activity {
        Activity::BacklogWait => "waits in the backlog",
        Activity::RunQueueWait => "ready, waits for core, GIL or loop",
        Activity::PoolWait => "waits for a connection",
        Activity::BackendWait => "waits in the backend's queue",
        Activity::Framework => "framework code",
        Activity::Compute => "own code",
        Activity::Backend => "waits for the database or another backend",
        Activity::Sleep => "sleeps",
    }
}
