//! Plots, each with a title, and their axes; several in a grid.

use plotters::element::PathElement;
use plotters::style::RGBColor;
use plotters::style::text_anchor::HPos;

use super::axis::Axis;
use super::canvas::{Area, Drawn, units};
use super::page::{MARGIN, WIDTH};
use super::palette::{GREY, GRID, HAIRLINE, INK, NAME_SIZE, NOTE_SIZE, Type, line};
use super::panel::label;
use super::text::ellipsize;

const GAP: f64 = 26.0;
const HEADER: f64 = 32.0;
/// Room below a panel for numbers and a caption.
const FOOT: f64 = 44.0;
/// A lower plot cannot be read.
const LOWEST_PLOT: f64 = 60.0;
const NAME: Type = Type::new(NAME_SIZE, INK).bold();
const ASIDE: Type = Type::new(NOTE_SIZE, GREY);
pub(super) const TICK: Type = Type::new(NOTE_SIZE, GREY);
const CAPTION: Type = Type::new(NOTE_SIZE, GREY);

/// Panels of the same size, a few next to each other.
#[derive(Clone, Copy, Debug)]
pub struct PanelGrid {
    count: usize,
    across: usize,
    plot_height: f64,
    /// Room left of each plot for its numbers.
    left: f64,
}

/// Where a panel is, in pixels.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
    /// Where its outer left edge is.
    pub edge: f64,
}

impl PanelGrid {
    pub fn new(count: usize, most_across: usize, plot_height: f64, left: f64) -> Self {
        Self { count, across: count.clamp(1, most_across), plot_height, left }
    }

    /// The same, with panels so low that all have room in that height, as far as they can still be read.
    pub fn within(self, height: f64) -> Self {
        let rows = self.count.div_ceil(self.across).max(1) as f64;
        let others = self.row_height() - self.plot_height;
        Self { plot_height: self.plot_height.min((height / rows - others).max(LOWEST_PLOT)), ..self }
    }

    fn row_height(self) -> f64 {
        HEADER + self.plot_height + FOOT + 10.0
    }

    /// The height of all panels.
    pub fn height(self) -> f64 {
        self.count.div_ceil(self.across) as f64 * self.row_height()
    }

    /// The width of a panel's plot.
    pub fn plot_width(self) -> f64 {
        self.panel_width() - self.left
    }

    fn panel_width(self) -> f64 {
        (WIDTH - 2.0 * MARGIN - (self.across - 1) as f64 * GAP) / self.across as f64
    }

    /// The panel with this number, below `top`.
    pub fn frame(self, number: usize, top: f64) -> Frame {
        let edge = MARGIN + (number % self.across) as f64 * (self.panel_width() + GAP);
        let top = top + (number / self.across) as f64 * self.row_height() + HEADER;
        Frame { left: edge + self.left, right: edge + self.panel_width(), top, bottom: top + self.plot_height, edge }
    }
}

impl Frame {
    /// Where a share of the width is.
    pub fn x(&self, share: f64) -> f64 {
        self.left + share * (self.right - self.left)
    }

    /// Where a share of the height is, from the bottom.
    pub fn y(&self, share: f64) -> f64 {
        self.bottom - share * (self.bottom - self.top)
    }

    /// A line between two points.
    pub fn line(&self, area: &Area<'_>, from: (f64, f64), to: (f64, f64), color: RGBColor, width: f64) -> Drawn {
        let ends = [(units(from.0), units(from.1)), (units(to.0), units(to.1))];
        area.draw(&PathElement::new(ends, line(color, width)))
    }

    /// A dashed horizontal or vertical line.
    pub fn dashes(&self, area: &Area<'_>, from: (f64, f64), to: (f64, f64), color: RGBColor) -> Drawn {
        const DASH: f64 = 6.0;
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        let at = |distance: f64| {
            let share = (distance / length).min(1.0);
            (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1))
        };
        let mut distance = 0.0;
        while distance < length {
            self.line(area, at(distance), at(distance + 0.6 * DASH), color, 1.2)?;
            distance += DASH;
        }
        Ok(())
    }

    /// The name of the policy and, to the right, what to know of it.
    pub fn title(&self, area: &Area<'_>, name: &str, aside: &str) -> Drawn {
        let width = self.right - self.edge;
        let aside = ellipsize(aside, 0.7 * width, ASIDE.size, false);
        let room = width - ASIDE.width(&aside) - 10.0;
        label(area, &ellipsize(name, room, NAME.size, true), (self.edge, self.top - 18.0), NAME, HPos::Left)?;
        label(area, &aside, (self.right, self.top - 17.0), ASIDE, HPos::Right)
    }

    /// Grid lines and numbers of the vertical axis.
    pub fn vertical(&self, area: &Area<'_>, axis: &Axis) -> Drawn {
        for (value, text) in &axis.ticks {
            let y = self.y(axis.share(*value));
            self.line(area, (self.left, y), (self.right, y), GRID, 1.0)?;
            label(area, text, (self.left - 6.0, y), TICK, HPos::Right)?;
        }
        Ok(())
    }

    /// Numbers and caption of the horizontal axis.
    pub fn horizontal(&self, area: &Area<'_>, axis: &Axis, x: impl Fn(f64) -> f64, caption: &str) -> Drawn {
        self.line(area, (self.left, self.bottom), (self.right, self.bottom), HAIRLINE, 1.0)?;
        for (value, text) in &axis.ticks {
            let x = x(*value);
            self.line(area, (x, self.bottom), (x, self.bottom + 3.0), HAIRLINE, 1.0)?;
            label(area, text, (x, self.bottom + 11.0), TICK, HPos::Center)?;
        }
        let caption = ellipsize(caption, self.right - self.edge, CAPTION.size, false);
        label(area, &caption, (self.right, self.bottom + 27.0), CAPTION, HPos::Right)
    }
}
