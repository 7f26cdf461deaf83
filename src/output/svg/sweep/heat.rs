//! A percentile against two dimensions: a map of cells for each policy, the darker the slower.

use plotters::element::Rectangle;
use plotters::style::Color;
use plotters::style::text_anchor::HPos;

use crate::output::document::{Headline, SweepReport};
use crate::output::svg::axis::{Axis, caption};
use crate::output::svg::canvas::{Area, Drawn, units};
use crate::output::svg::frame::{Frame, PanelGrid, TICK};
use crate::output::svg::marks::{Bar, titled};
use crate::output::svg::page::MARGIN;
use crate::output::svg::palette::{
    GREY, NOTE_SIZE, ON_DARK, ON_LIGHT, RUNNING_COLOR, Type, UNSTABLE, heat_color, line,
};
use crate::output::svg::panel::label;
use crate::output::svg::scale::AxisUnit;
use crate::output::svg::text::ellipsize;
use crate::scenario::Dimension;
use crate::study::{PointState, SweepFigures};

const ACROSS: usize = 2;
const LEAST_HEIGHT: f64 = 120.0;
const MOST_HEIGHT: f64 = 420.0;
const ROW: f64 = 30.0;
const WIDEST_LABEL: f64 = 110.0;
const NOTE: Type = Type::new(NOTE_SIZE, GREY);
/// From this darkness on, text on a cell is light.
const DARK: f64 = 0.55;
const BORDER: f64 = 2.6;

/// A sentence that describes the chart.
pub fn about(report: &SweepReport, down: &Dimension, across: &Dimension) -> String {
    let number = match report.headline() {
        headline @ Headline::Percentile(_) => format!("{} of the response time", headline.name()),
        headline @ Headline::Asked(_) => headline.name(),
    };
    format!("{number} against {} (upwards) and {} (to the right).", down.name(), across.name())
}

/// The map, laid out.
pub struct HeatMap<'a> {
    report: &'a SweepReport,
    /// What the map shows.
    headline: Headline,
    down: &'a Dimension,
    across: &'a Dimension,
    policies: Vec<usize>,
    /// The smallest and the largest value, in ms.
    range: [f64; 2],
    unit: AxisUnit,
}

impl<'a> HeatMap<'a> {
    pub fn new(report: &'a SweepReport, down: &'a Dimension, across: &'a Dimension, policies: Vec<usize>) -> Self {
        let headline = report.headline();
        let values = report.all_figures().filter_map(|figures| value(figures, &headline));
        let range = values.fold([f64::INFINITY, 0.0], |[low, high], value| [low.min(value), high.max(value)]);
        Self { report, headline, down, across, policies, range, unit: AxisUnit::of_span(range[1]) }
    }

    pub fn grid(&self) -> PanelGrid {
        let height = (ROW * self.down.values.len() as f64).clamp(LEAST_HEIGHT, MOST_HEIGHT);
        let widest = self.down.values.iter().map(|value| TICK.width(&value.label)).fold(0.0, f64::max);
        PanelGrid::new(self.policies.len(), ACROSS, height, widest.min(WIDEST_LABEL) + 12.0).within(super::HIGHEST_GRID)
    }

    /// Draws legend and panels below `top`.
    pub fn draw(&self, area: &Area<'_>, top: f64) -> Drawn {
        self.legend(area, top + 10.0)?;
        for (number, policy) in self.policies.iter().enumerate() {
            let frame = self.grid().frame(number, top + super::LEGEND);
            HeatPanel { map: self, frame, policy: *policy }.draw(area)?;
        }
        Ok(())
    }

    /// How dark a value is, 0 to 1: logarithmic, since a policy is several times slower at one point than at another.
    fn darkness(&self, value: f64) -> f64 {
        let [low, high] = self.range;
        if high <= low { 0.3 } else { (value / low).ln() / (high / low).ln() }
    }

    /// Colours with their values, and the signs that occur.
    fn legend(&self, area: &Area<'_>, y: f64) -> Drawn {
        const STEPS: usize = 3;
        let [low, high] = self.range;
        let mut x = MARGIN;
        let steps = if high > low { STEPS } else { usize::from(high > 0.0) };
        for step in 0..steps {
            let value = low * (high / low).powf(step as f64 / (STEPS - 1) as f64);
            let corners = [(units(x), units(y - 6.0)), (units(x + 22.0), units(y + 6.0))];
            area.draw(&Rectangle::new(corners, heat_color(self.darkness(value)).filled()))?;
            let text = self.unit.rounded(value);
            label(area, &text, (x + 27.0, y), NOTE, HPos::Left)?;
            x += 27.0 + NOTE.width(&text) + 14.0;
        }
        if self.report.all_figures().any(|figures| figures.state != PointState::Measured) {
            let corners = [(units(x), units(y - 6.0)), (units(x + 22.0), units(y + 6.0))];
            area.draw(&Bar { corners, paint: UNSTABLE })?;
            label(area, "unstable", (x + 27.0, y), NOTE, HPos::Left)?;
            x += 27.0 + NOTE.width("unstable") + 18.0;
        }
        if self.report.all_figures().any(|figures| figures.meets_all().is_some()) {
            let corners = [(units(x), units(y - 5.0)), (units(x + 20.0), units(y + 5.0))];
            area.draw(&Rectangle::new(corners, line(RUNNING_COLOR, BORDER)))?;
            label(area, "meets all objectives", (x + 27.0, y), NOTE, HPos::Left)?;
        }
        Ok(())
    }
}

/// The number of a steady state.
fn value(figures: &SweepFigures, headline: &Headline) -> Option<f64> {
    headline.of(figures).value.filter(|value| *value > 0.0 && figures.state == PointState::Measured)
}

/// The map of a policy.
struct HeatPanel<'a> {
    map: &'a HeatMap<'a>,
    frame: Frame,
    policy: usize,
}

impl HeatPanel<'_> {
    fn draw(&self, area: &Area<'_>) -> Drawn {
        let (map, frame) = (self.map, &self.frame);
        frame.title(area, &map.report.policies[self.policy], "")?;
        for row in 0..map.down.values.len() {
            for column in 0..map.across.values.len() {
                self.cell(area, row, column)?;
            }
        }
        self.row_labels(area)?;
        let cell = (frame.right - frame.left) / map.across.values.len() as f64;
        let fits = |ticks: &[(f64, String)]| {
            let between = ticks.windows(2).map(|pair| pair[1].0 - pair[0].0).fold(1.0, f64::min);
            let room = between * (frame.right - frame.left - cell).max(cell);
            ticks.iter().all(|(_, text)| TICK.width(text) + 4.0 <= room)
        };
        let axis = Axis::of_order(map.across, cell - 6.0, &fits);
        frame.horizontal(area, &axis, |place| frame.left + cell * (place + 0.5), &self.caption_across())?;
        self.borders(area)
    }

    fn figures(&self, row: usize, column: usize) -> Option<&SweepFigures> {
        self.map.report.figures(row * self.map.across.values.len() + column, self.policy)
    }

    /// The corners of a cell: the first row is at the bottom.
    fn corners(&self, row: usize, column: usize) -> [(f64, f64); 2] {
        let (rows, columns) = (self.map.down.values.len() as f64, self.map.across.values.len() as f64);
        let (x, y) =
            (|column: usize| self.frame.x(column as f64 / columns), |row: usize| self.frame.y(row as f64 / rows));
        [(x(column), y(row + 1)), (x(column + 1), y(row))]
    }

    fn cell(&self, area: &Area<'_>, row: usize, column: usize) -> Drawn {
        let Some(figures) = self.figures(row, column) else { return Ok(()) };
        let [(left, top), (right, bottom)] = self.corners(row, column);
        let corners = [(units(left), units(top)), (units(right), units(bottom))];
        let values = [&self.map.down.values[row], &self.map.across.values[column]].map(|value| value.label.as_str());
        let value = value(figures, &self.map.headline);
        let text = value.map(|value| self.map.unit.rounded(value));
        let what = text.clone().unwrap_or_else(|| self.instead(figures).to_owned());
        let title = format!("{}: {what}", values.join(", "));
        titled(area, "cell", &title, |area| match value {
            Some(value) => area.draw(&Rectangle::new(corners, heat_color(self.map.darkness(value)).filled())),
            None => area.draw(&Bar { corners, paint: UNSTABLE }),
        })?;
        let is_dark = value.is_some_and(|value| self.map.darkness(value) > DARK);
        let font = Type::new(NOTE_SIZE, if is_dark { ON_DARK } else { ON_LIGHT });
        let short = text.as_deref().and_then(|text| text.split(' ').next()).unwrap_or("");
        let fits = font.width(short) + 6.0 <= right - left && bottom - top >= 14.0;
        if fits { label(area, short, (0.5 * (left + right), 0.5 * (top + bottom)), font, HPos::Center) } else { Ok(()) }
    }

    fn instead(&self, figures: &SweepFigures) -> &'static str {
        match figures.state {
            PointState::Unstable => "unstable",
            PointState::Stopped => "stopped before its end",
            PointState::Measured => "too many requests without an answer",
        }
    }

    /// Lines around the cells that meet all objectives.
    fn borders(&self, area: &Area<'_>) -> Drawn {
        let (rows, columns) = (self.map.down.values.len(), self.map.across.values.len());
        let meets = |row: Option<usize>, column: Option<usize>| {
            let figures = row.zip(column).filter(|(row, column)| *row < rows && *column < columns);
            figures.and_then(|(row, column)| self.figures(row, column)?.meets_all()) == Some(true)
        };
        let edge = |from, to| self.frame.line(area, from, to, RUNNING_COLOR, BORDER);
        for row in 0..rows {
            for column in (0..columns).filter(|column| meets(Some(row), Some(*column))) {
                let [(left, top), (right, bottom)] = self.corners(row, column);
                let sides = [
                    (Some(row + 1), Some(column), (left, top), (right, top)),
                    (row.checked_sub(1), Some(column), (left, bottom), (right, bottom)),
                    (Some(row), column.checked_sub(1), (left, top), (left, bottom)),
                    (Some(row), Some(column + 1), (right, top), (right, bottom)),
                ];
                let mut outer = sides.into_iter().filter(|(row, column, _, _)| !meets(*row, *column));
                outer.try_for_each(|(_, _, from, to)| edge(from, to))?;
            }
        }
        Ok(())
    }

    /// The name of the second dimension: it stands on the same line as that of the first one.
    fn caption_across(&self) -> String {
        ellipsize(&caption(self.map.across), 0.5 * (self.frame.right - self.frame.edge), NOTE.size, false)
    }

    /// The values of the first dimension, as many as fit.
    fn row_labels(&self, area: &Area<'_>) -> Drawn {
        let rows = self.map.down.values.len();
        let height = (self.frame.bottom - self.frame.top) / rows as f64;
        let step = (13.0 / height).ceil().max(1.0) as usize;
        for (row, value) in self.map.down.values.iter().enumerate().step_by(step) {
            let y = self.frame.y((row as f64 + 0.5) / rows as f64);
            let text = ellipsize(&value.label, WIDEST_LABEL, TICK.size, false);
            label(area, &text, (self.frame.left - 6.0, y), TICK, HPos::Right)?;
        }
        let room = self.frame.right - self.frame.edge - NOTE.width(&self.caption_across()) - 16.0;
        let name = ellipsize(&caption(self.map.down), room, NOTE.size, false);
        label(area, &name, (self.frame.edge, self.frame.bottom + 27.0), NOTE, HPos::Left)
    }
}

/// Colors differ in lightness, so that they can be distinguished without hue.
#[cfg(test)]
mod tests {
    use plotters::style::RGBColor;

    use super::*;

    fn lightness(RGBColor(r, g, b): RGBColor) -> f64 {
        0.2126 * f64::from(r) + 0.7152 * f64::from(g) + 0.0722 * f64::from(b)
    }

    #[test]
    fn a_slower_cell_is_darker() {
        let steps: Vec<f64> = (0..=20).map(|step| lightness(heat_color(f64::from(step) / 20.0))).collect();
        assert!(steps.windows(2).all(|pair| pair[1] < pair[0]), "{steps:?}");
    }
}
