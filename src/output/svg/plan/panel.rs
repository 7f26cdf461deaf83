//! A panel: an objective of a policy, a row per configuration.

use plotters::style::text_anchor::HPos;

use super::DrawnPolicy;
use super::rows::Row;
use crate::model::MetricUnit;
use crate::output::svg::axis::Axis;
use crate::output::svg::canvas::{Area, Drawn, units};
use crate::output::svg::frame::Frame;
use crate::output::svg::marks::Bar;
use crate::output::svg::page::{MARGIN, WIDTH};
use crate::output::svg::palette::{BAD, CHOSEN, GREY, INK, NAME_SIZE, NOTE_SIZE, TEXT_SIZE, Type};
use crate::output::svg::panel::label;
use crate::output::svg::text::ellipsize;
use crate::study::{Tried, TriedObjective};

const HEADER: f64 = 50.0;
const FOOT: f64 = 44.0;
const ROW: f64 = 21.0;
/// Room for names of configurations, at most.
const WIDEST_NAME: f64 = 150.0;
/// Room for what is said about a row.
const REMARK: f64 = 216.0;
/// Rows of a panel, at most.
const MOST_ROWS: usize = 40;
/// A number this many times the bound is drawn at the edge.
const FARTHEST: f64 = 50.0;
const TITLE: Type = Type::new(NAME_SIZE, INK).bold();
const NAME: Type = Type::new(TEXT_SIZE, GREY);
const BOUND: Type = Type::new(NOTE_SIZE, BAD);
const NOTE: Type = Type::new(NOTE_SIZE, GREY);

/// Rows of a panel of that height; at least three, since the choice has neighbours.
pub fn rows_in(height: f64) -> usize {
    (((height - HEADER - FOOT) / ROW).max(0.0) as usize).max(3)
}

/// An objective of a policy.
pub struct Panel<'a> {
    policy: &'a DrawnPolicy,
    objective: &'a TriedObjective,
    rows: Vec<Row<'a>>,
    /// How many configurations are not drawn.
    left_out: usize,
    axis: Axis,
    /// The unit of the axis.
    symbol: String,
}

impl<'a> Panel<'a> {
    /// The panel of an objective in this place among those of the policy, with at most this many rows; `None` if it has no number
    /// of any configuration.
    pub fn new(policy: &'a DrawnPolicy, place: usize, most_rows: usize) -> Option<Self> {
        let objective_of = |tried: &'a Tried| tried.objectives.get(place);
        let known = policy.tried.iter().filter_map(objective_of).filter(|one| one.value.is_some());
        let known: Vec<&TriedObjective> = known.collect();
        let objective = *known.first()?;
        let mut tried: Vec<&Tried> = policy.tried.iter().collect();
        tried.sort_by(|one, other| one.configuration.0.values().cmp(other.configuration.0.values()));
        let (first, shown) = around_choice(policy, &tried, most_rows);
        let rows = tried[first..first + shown].iter().map(|tried| Row::new(policy, tried, place)).collect();
        let (axis, symbol) = axis(&known, objective);
        Some(Self { policy, objective, rows, left_out: tried.len() - shown, axis, symbol })
    }

    /// Its height in pixels.
    pub fn height(&self) -> f64 {
        HEADER + self.rows_height() + FOOT
    }

    fn rows_height(&self) -> f64 {
        ROW * self.rows.len() as f64
    }

    /// Draws it below `top`.
    pub fn draw(&self, area: &Area<'_>, top: f64) -> Drawn {
        let frame = self.frame(top);
        let title = ellipsize(&self.policy.headline, WIDTH - 2.0 * MARGIN, TITLE.size, TITLE.bold);
        label(area, &title, (MARGIN, frame.top - 32.0), TITLE, HPos::Left)?;
        self.scale(area, &frame)?;
        for (number, row) in self.rows.iter().enumerate() {
            let y = frame.top + ROW * (number as f64 + 0.5);
            if row.is_choice {
                let [left, right] = [MARGIN - 8.0, WIDTH - MARGIN + 8.0];
                let corners = [(units(left), units(y - 0.5 * ROW)), (units(right), units(y + 0.5 * ROW))];
                area.draw(&Bar { corners, paint: CHOSEN })?;
            }
            let font = if row.is_choice { NAME.bold() } else { NAME };
            let name = ellipsize(&row.name, frame.left - MARGIN - 10.0, font.size, font.bold);
            label(area, &name, (frame.left - 10.0, y), font, HPos::Right)?;
            row.draw(area, &frame, y, |value| frame.x(self.axis.share(value).clamp(0.0, 1.0)))?;
        }
        self.bound(area, &frame)
    }

    fn frame(&self, top: f64) -> Frame {
        let widest = self.rows.iter().map(|row| NAME.bold().width(&row.name)).fold(60.0, f64::max).min(WIDEST_NAME);
        let top = top + HEADER;
        Frame {
            edge: MARGIN,
            left: MARGIN + widest + 10.0,
            right: WIDTH - MARGIN - REMARK,
            top,
            bottom: top + self.rows_height(),
        }
    }

    /// Numbers below the rows.
    fn scale(&self, area: &Area<'_>, frame: &Frame) -> Drawn {
        let caption = format!("{}{}", self.objective.metric, self.symbol);
        frame.horizontal(area, &self.axis, |value| frame.x(self.axis.share(value)), &caption)?;
        if self.left_out > 0 {
            let text = format!("{} more were tried: --format json and csv have all.", self.left_out);
            label(area, &text, (MARGIN, frame.bottom + 27.0), NOTE, HPos::Left)?;
        }
        Ok(())
    }

    fn bound(&self, area: &Area<'_>, frame: &Frame) -> Drawn {
        let x = frame.x(self.axis.share(self.objective.bound).clamp(0.0, 1.0));
        frame.dashes(area, (x, frame.top - 4.0), (x, frame.bottom), BAD)?;
        let text = ellipsize(&self.objective.objective, frame.right - frame.left, BOUND.size, false);
        let half = 0.5 * BOUND.width(&text);
        let x = x.clamp(frame.left + half, (WIDTH - MARGIN - half).max(frame.left + half));
        label(area, &text, (x, frame.top - 11.0), BOUND, HPos::Center)
    }
}

/// The first of the configurations that are drawn, and how many: those around the choice.
fn around_choice(policy: &DrawnPolicy, tried: &[&Tried], most_rows: usize) -> (usize, usize) {
    let shown = tried.len().min(MOST_ROWS).min(most_rows);
    let choice = tried.iter().position(|tried| Some(&tried.configuration) == policy.choice.as_ref());
    let before = choice.map_or(tried.len(), |choice| choice.saturating_sub(shown / 2));
    (before.min(tried.len() - shown), shown)
}

/// An axis with all numbers and the bound, and the unit to be written after its name.
fn axis(known: &[&TriedObjective], objective: &TriedObjective) -> (Axis, String) {
    let most = FARTHEST * objective.bound.max(f64::MIN_POSITIVE);
    let numbers = known.iter().flat_map(|one| one.value.into_iter().chain(one.value_interval.into_iter().flatten()));
    let all = || numbers.clone().filter(|number| *number <= most).chain([objective.bound]);
    let low = all().filter(|number| *number > 0.0).fold(f64::INFINITY, f64::min);
    let high = all().fold(0.0, f64::max);
    match objective.unit {
        MetricUnit::Time => {
            let (axis, unit) = Axis::of_times(low, high);
            (axis, format!(" in {}", unit.symbol))
        }
        MetricUnit::Share => (Axis::of_amounts(low, high, 0.01), " in %".to_owned()),
        MetricUnit::Rate => (Axis::of_amounts(low, high, 1.0), " per second".to_owned()),
        MetricUnit::Ratio | MetricUnit::Count | MetricUnit::Requests => {
            (Axis::of_amounts(low, high, 1.0), String::new())
        }
    }
}
