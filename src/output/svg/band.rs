//! Faults: a light band over the lanes of a panel while a fault is active, with its description above.

use plotters::style::text_anchor::HPos;

use super::canvas::{Area, Drawn, units};
use super::marks::{Bar, titled};
use super::palette::{FAULT, GREY, NOTE_SIZE, Type};
use super::panel::{Chart, Columns, label, stretch};
use super::scale::TimeScale;
use super::text::ellipsize;
use crate::output::document::faults::what;
use crate::stats::FaultWindow;

/// Height of a line with the description of a fault.
pub(super) const HEIGHT: f64 = 15.0;
const LABEL: Type = Type::new(NOTE_SIZE, GREY).bold();

/// Maximum number of occurrences shown of a repeating fault.
const MOST_TIMES: usize = 40;

/// A fault within the time shown.
pub(super) struct Band {
    /// Its occurrences, start and end, cut to the time shown.
    times_ms: Vec<[f64; 2]>,
    /// Its description.
    text: String,
    /// Its description with the times of each occurrence.
    titles: Vec<String>,
}

/// The faults that overlap the time shown.
pub(super) fn bands(faults: &[FaultWindow], scale: &TimeScale) -> Vec<Band> {
    let band = |fault: &FaultWindow| {
        let is_shown = |[start, end]: &[f64; 2]| *start < scale.end_ms && *end > scale.start_ms;
        let times: Vec<[f64; 2]> = times(fault, scale.start_ms).into_iter().filter(is_shown).collect();
        let title = |[start, end]: &[f64; 2]| format!("{}: {}", what(fault), stretch(scale.unit, *start, *end));
        Band {
            titles: times.iter().map(title).collect(),
            times_ms: times.iter().map(|[start, end]| [start.max(scale.start_ms), end.min(scale.end_ms)]).collect(),
            text: what(fault),
        }
    };
    faults.iter().map(band).filter(|band| !band.times_ms.is_empty()).collect()
}

/// The occurrences of a fault, from the last one that begins before an instant.
fn times(fault: &FaultWindow, from_ms: f64) -> Vec<[f64; 2]> {
    let Some(every) = fault.every_ms else { return vec![[fault.start_ms, fault.end_ms]] };
    let first = ((from_ms - fault.start_ms) / every).floor().max(0.0);
    let later = (0..MOST_TIMES).map(|number| (first + number as f64) * every);
    later.map(|later| [fault.start_ms + later, fault.end_ms + later]).collect()
}

impl Band {
    /// Its description.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Its occurrences, each with its description and times.
    pub(super) fn spans(&self) -> impl Iterator<Item = (&str, &[f64; 2])> {
        self.titles.iter().map(String::as_str).zip(&self.times_ms)
    }

    /// Height of the line with its description.
    pub(super) const LINE: f64 = HEIGHT + 1.0;

    /// Shades its time between two heights of the page.
    pub(super) fn shade(&self, area: &Area<'_>, x: &dyn Fn(f64) -> f64, (top, bottom): (f64, f64)) -> Drawn {
        for ([start, end], title) in self.times_ms.iter().zip(&self.titles) {
            let corners = [(units(x(*start)), units(top)), (units(x(*end)), units(bottom))];
            titled(area, FAULT.id(), title, |area| area.draw(&Bar { corners, paint: FAULT }))?;
        }
        Ok(())
    }

    /// Its description, aligned with its start if there is room.
    pub(super) fn name(
        &self,
        area: &Area<'_>,
        x: &dyn Fn(f64) -> f64,
        (left, right): (f64, f64),
        middle: f64,
    ) -> Drawn {
        let text = ellipsize(&self.text, right - left, LABEL.size, LABEL.bold);
        let start = self.times_ms.first().map_or(left, |[start, _]| x(*start));
        let x = start.min(right - LABEL.width(&text)).max(left);
        label(area, &text, (x, middle), LABEL, HPos::Left)
    }

    /// Draws it over lanes of this height, with its description in the line at `top`, aligned with its start if there is
    /// room.
    pub(super) fn draw(
        &self,
        area: &Area<'_>,
        chart: &Chart<'_>,
        scale: &TimeScale,
        columns: &Columns,
        (top, height): (f64, f64),
    ) -> Drawn {
        for ([start, end], title) in self.times_ms.iter().zip(&self.titles) {
            let corners = [(scale.position(*start), 0.0), (scale.position(*end), height)];
            titled(chart.plotting_area(), FAULT.id(), title, |plot| plot.draw(&Bar { corners, paint: FAULT }))?;
        }
        let room = columns.plot_end - columns.plot_start;
        let text = ellipsize(&self.text, room, LABEL.size, LABEL.bold);
        let first = self.times_ms.first().map_or(scale.start_ms, |[start, _]| *start);
        let start = room * (scale.position(first) - scale.position(scale.start_ms)) / scale.length();
        let x = columns.plot_start + start.min(room - LABEL.width(&text)).max(0.0);
        label(area, &text, (x, top + 0.5 * HEIGHT), LABEL, HPos::Left)
    }
}
