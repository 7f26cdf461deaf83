//! A fault: a light band over the lanes of a panel while something goes wrong, and above them what it is.

use plotters::style::text_anchor::HPos;

use super::canvas::{Area, Drawn};
use super::marks::{Bar, titled};
use super::palette::{FAULT, GREY, Type};
use super::panel::{Chart, Columns, label, stretch};
use super::scale::TimeScale;
use super::text::ellipsize;
use crate::output::fault::what;
use crate::stats::FaultWindow;

/// The height of a line that names a fault.
pub(super) const HEIGHT: f64 = 15.0;
const LABEL: Type = Type::new(11.0, GREY).bold();

/// A fault in the time that is shown.
pub(super) struct Band {
    start_ms: f64,
    end_ms: f64,
    /// What goes wrong.
    text: String,
    /// The same with its times.
    title: String,
}

/// The faults that overlap the time shown.
pub(super) fn bands(faults: &[FaultWindow], scale: &TimeScale) -> Vec<Band> {
    let is_shown = |fault: &&FaultWindow| fault.start_ms < scale.end_ms && fault.end_ms > scale.start_ms;
    let band = |fault: &FaultWindow| Band {
        start_ms: fault.start_ms.max(scale.start_ms),
        end_ms: fault.end_ms.min(scale.end_ms),
        text: what(fault),
        title: format!("{}: {}", what(fault), stretch(scale.unit, fault.start_ms, fault.end_ms)),
    };
    faults.iter().filter(is_shown).map(band).collect()
}

impl Band {
    /// Draws it over lanes of that height; its name begins where it does, if there is room, in the line at `top`.
    pub(super) fn draw(
        &self,
        area: &Area<'_>,
        chart: &Chart<'_>,
        scale: &TimeScale,
        columns: &Columns,
        (top, height): (f64, f64),
    ) -> Drawn {
        let corners = [(scale.position(self.start_ms), 0.0), (scale.position(self.end_ms), height)];
        titled(chart.plotting_area(), FAULT.id(), &self.title, |plot| plot.draw(&Bar { corners, paint: FAULT }))?;
        let room = columns.plot_end - columns.plot_start;
        let text = ellipsize(&self.text, room, LABEL.size, LABEL.bold);
        let start = room * (corners[0].0 - scale.position(scale.start_ms)) / scale.length();
        let x = columns.plot_start + start.min(room - LABEL.width(&text)).max(0.0);
        label(area, &text, (x, top + 0.5 * HEIGHT), LABEL, HPos::Left)
    }
}
