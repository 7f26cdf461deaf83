//! The legend of the timeline: the bars and marks that occur.

use std::borrow::Cow;

use plotters::element::PathElement;
use plotters::style::text_anchor::HPos;

use super::canvas::{Area, Drawn, units};
use super::lane::{arrival_shape, cut_shape, has_alone_line, is_cut};
use super::looks::Look;
use super::marks::{Bar, Symbol};
use super::page::{MARGIN, WIDTH};
use super::palette::{ALONE, Fill, GREY, HAIRLINE, INK, NOTE_SIZE, Type, line};
use super::panel::{Panel, label};
use super::pieces::pieces;
use super::queues::RunQueue;
use super::scale::TimeScale;
use super::strip::{Hold, Occupancy};
use super::timeline::Drawing;
use crate::model::{Activity, ActivityGroup};

const FONT: Type = Type::new(NOTE_SIZE, INK);
const HEAD: Type = Type::new(NOTE_SIZE, GREY);
const LINE: f64 = 21.0;
const SWATCH: f64 = 22.0;
const SWATCH_HEIGHT: f64 = 12.0;

#[derive(Clone, Copy)]
enum Sign {
    None,
    Area(Fill),
    Arrival,
    Alone,
    Cut,
    Idle,
}

struct Item {
    at: (f64, f64),
    sign: Sign,
    text: Cow<'static, str>,
    font: Type,
}

/// A fill and what it means.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) fill: Fill,
    pub(super) text: Cow<'static, str>,
}

/// Keys in rows.
pub(super) struct KeyRows {
    items: Vec<(f64, f64, Key)>,
    rows: usize,
    font: Type,
}

impl KeyRows {
    pub(super) fn new(keys: &[Key], font: Type) -> Self {
        let mut rows = Self { items: Vec::new(), rows: usize::from(!keys.is_empty()), font };
        let mut x = MARGIN;
        for key in keys {
            let width = SWATCH + 6.0 + font.width(&key.text);
            if x > MARGIN && x + width > WIDTH - MARGIN {
                (x, rows.rows) = (MARGIN, rows.rows + 1);
            }
            rows.items.push((x, LINE * (rows.rows as f64 - 0.5), key.clone()));
            x += width + 16.0;
        }
        rows
    }

    /// Its height in pixels.
    pub(super) fn height(&self) -> f64 {
        LINE * self.rows as f64
    }

    /// Draws them below `top`.
    pub(super) fn draw(&self, page: &Area<'_>, top: f64) -> Drawn {
        for (x, y, key) in &self.items {
            let (y, half) = (top + y, 0.5 * SWATCH_HEIGHT);
            let corners = [(units(*x), units(y - half)), (units(x + SWATCH), units(y + half))];
            page.draw(&Bar { corners, paint: key.fill })?;
            label(page, &key.text, (x + SWATCH + 6.0, y), self.font, HPos::Left)?;
        }
        Ok(())
    }
}

/// A sign, and what it means.
type Entry = (Sign, Cow<'static, str>);

/// The looks that occur in the time shown, of time in line or of other time, each with what it means.
pub(super) fn looks(drawings: &[Drawing<'_>], scale: &TimeScale, in_line: bool) -> Vec<(Look, Cow<'static, str>)> {
    let mut occurring: Vec<Look> = Vec::new();
    let mut queue = RunQueue::default();
    for entry in drawings.iter().flat_map(Drawing::entries) {
        for piece in pieces(entry).iter().filter(|piece| scale.clipped(piece.start_ms, piece.end_ms).is_some()) {
            if piece.look == Look::Activity(Activity::RunQueueWait) {
                queue = queue.or(RunQueue::of(entry));
            }
            if !occurring.contains(&piece.look) {
                occurring.push(piece.look);
            }
        }
    }
    let kinds = Activity::ALL.into_iter().filter(|kind| (kind.group() == ActivityGroup::Wait) == in_line);
    let looks = kinds.flat_map(Look::all_of).filter(|look| occurring.contains(look));
    looks.map(|look| (look, look.legend(queue))).collect()
}

/// The ways in which these blocks are occupied, in the order of the legend.
pub(super) fn holds<'a>(blocks: impl Iterator<Item = &'a Occupancy>) -> Vec<Hold> {
    let occurring: Vec<Hold> = blocks.map(|block| block.hold).collect();
    Hold::ALL.into_iter().filter(|hold| occurring.contains(hold)).collect()
}

/// A legend, laid out.
pub(super) struct Legend {
    items: Vec<Item>,
    lines: usize,
}

impl Legend {
    /// The legend of these drawings.
    pub(super) fn new(drawings: &[Drawing<'_>], panels: &[Panel<'_>], scale: &TimeScale) -> Self {
        let entries = || drawings.iter().flat_map(Drawing::entries);
        let signs =
            |in_line| looks(drawings, scale, in_line).into_iter().map(|(look, text)| (Sign::Area(look.fill()), text));
        let mut alone: Vec<Entry> = vec![(Sign::Arrival, "arrives".into())];
        alone.extend(signs(false));
        if entries().any(has_alone_line) {
            alone.push((Sign::Alone, "as long as it takes alone".into()));
        }
        if entries().any(|entry| is_cut(entry, scale)) {
            alone.push((Sign::Cut, "began before, or goes on".into()));
        }
        let blocks = panels.iter().flat_map(Panel::rows).flat_map(|row| &row.blocks);
        let holds = holds(blocks);
        let mut runners: Vec<Entry> =
            holds.iter().map(|hold| (Sign::Area(hold.fill()), hold.legend().into())).collect();
        if !runners.is_empty() {
            // Of connections, only the requests that are known one by one are known.
            let has_connections = holds.contains(&Hold::Connection);
            let is_unknown =
                |drawing: &Drawing<'_>| drawing.hides_some() && (has_connections || drawing.occupied.is_empty());
            let partial = drawings.iter().any(is_unknown);
            runners.push((Sign::Idle, if partial { "idle, or with requests not shown" } else { "idle" }.into()));
        }

        let mut legend = Self { items: Vec::new(), lines: 0 };
        if !drawings.is_empty() {
            legend.add("A request", alone);
        }
        legend.add("stands in line", signs(true).collect());
        legend.add("What runs it", runners);
        legend
    }

    fn add(&mut self, head: &'static str, items: Vec<Entry>) {
        if items.is_empty() {
            return;
        }
        let start = MARGIN + HEAD.width("stands in line") + 18.0;
        let mut x = start;
        let y = |lines: usize| LINE * (lines as f64 + 0.5);
        self.items.push(Item { at: (MARGIN, y(self.lines)), sign: Sign::None, text: head.into(), font: HEAD });
        for (sign, text) in items {
            let width = sign.width() + FONT.width(&text);
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
                    page.draw(&Symbol { at: (units(x + 4.0), units(y + 3.0)), shape: arrival_shape(6.0), color: INK })?;
                }
                Sign::Alone => {
                    let corners = [(units(*x), units(y - 0.9)), (units(x + SWATCH), units(y + 0.9))];
                    page.draw(&Bar { corners, paint: ALONE })?;
                }
                Sign::Cut => {
                    let shape = cut_shape(10.0);
                    let back = shape.iter().map(|(x, y)| (-x, *y)).collect();
                    page.draw(&Symbol { at: (units(x + 7.0), units(y)), shape: back, color: INK })?;
                    page.draw(&Symbol { at: (units(x + 11.0), units(y)), shape, color: INK })?;
                }
                Sign::Idle => {
                    let ends = [(units(*x), units(y)), (units(x + SWATCH), units(y))];
                    page.draw(&PathElement::new(ends, line(HAIRLINE, 0.75)))?;
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
            Self::Area(_) | Self::Alone | Self::Idle => SWATCH + 6.0,
            Self::Arrival => 13.0,
            Self::Cut => 22.0,
        }
    }
}
