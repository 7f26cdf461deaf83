//! Percentiles against one dimension: lines with their confidence bands, objectives, the knee, and where it is unstable.

use plotters::element::{Circle, PathElement, Polygon};
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBColor};

use crate::output::document::SweepReport;
use crate::output::svg::axis::{Axis, caption, positions};
use crate::output::svg::canvas::{Area, Drawn, units};
use crate::output::svg::frame::{Frame, PanelGrid, TICK};
use crate::output::svg::marks::{Bar, Symbol, titled};
use crate::output::svg::page::MARGIN;
use crate::output::svg::palette::{BAD, GREY, INK, NOTE_SIZE, SERIES, Type, UNSTABLE, line};
use crate::output::svg::panel::label;
use crate::output::svg::scale::{AxisUnit, decimal};
use crate::output::svg::text::ellipsize;
use crate::scenario::{AxisKind, Dimension};
use crate::study::{PointState, SWEPT_PERCENTILES, SweepFigures, SweepNumber};

const ACROSS: usize = 2;
const PLOT_HEIGHT: f64 = 230.0;
const LEFT: f64 = 46.0;
/// Room between the edge of a plot and its first and last point.
const INSET: f64 = 10.0;
/// Maximum width of the name of a value.
const WIDEST_NAME: f64 = 100.0;
/// With more points than this in a panel, only lines are drawn.
const MOST_MARKED: usize = 45;
/// An objective further above all values than this is not drawn.
const FARTHEST: f64 = 4.0;
const NOTE: Type = Type::new(NOTE_SIZE, GREY);
const OBJECTIVE: Type = Type::new(NOTE_SIZE, BAD);

/// A sentence that describes the chart.
pub fn about(dimension: &Dimension) -> String {
    format!(
        "Response time against {}: percentiles over every request that arrived, with their confidence intervals.",
        dimension.name()
    )
}

/// The chart, laid out.
pub struct LineChart<'a> {
    report: &'a SweepReport,
    dimension: &'a Dimension,
    policies: Vec<usize>,
    across: Axis,
    up: Axis,
    unit: AxisUnit,
}

impl<'a> LineChart<'a> {
    pub fn new(report: &'a SweepReport, dimension: &'a Dimension, policies: Vec<usize>) -> Self {
        let width = grid(policies.len()).plot_width() - 2.0 * INSET;
        let fits = |ticks: &[(f64, String)]| {
            let ends = |(share, text): &(f64, String)| {
                let half = 0.5 * TICK.width(text);
                [share * width - half, share * width + half]
            };
            let all: Vec<_> = ticks.iter().map(ends).collect();
            all.windows(2).all(|pair| pair[1][0] >= pair[0][1] + 6.0)
                && all.iter().all(|[left, right]| *left > -LEFT && *right < width + 2.0 * INSET + 10.0)
        };
        let slots = dimension.values.len().saturating_sub(1).max(1) as f64;
        let room = (width / slots).min(WIDEST_NAME) - 6.0;
        let (low, high) = range(report);
        let (up, unit) = Axis::of_times(low, high);
        Self { report, dimension, policies, across: Axis::of_dimension(dimension, room, &fits), up, unit }
    }

    pub fn grid(&self) -> PanelGrid {
        grid(self.policies.len())
    }

    /// Draws legend and panels below `top`.
    pub fn draw(&self, area: &Area<'_>, top: f64) -> Drawn {
        self.legend(area, top + 10.0)?;
        for (number, policy) in self.policies.iter().enumerate() {
            let frame = self.grid().frame(number, top + super::LEGEND);
            LinePanel { chart: self, frame, policy: *policy }.draw(area)?;
        }
        Ok(())
    }

    /// The signs that occur.
    fn legend(&self, area: &Area<'_>, y: f64) -> Drawn {
        let mut x = MARGIN;
        for (named, color) in SWEPT_PERCENTILES.iter().zip(SERIES) {
            let ends = [(units(x), units(y)), (units(x + 22.0), units(y))];
            area.draw(&PathElement::new(ends, line(color, 2.0)))?;
            label(area, named.name(), (x + 27.0, y), NOTE, HPos::Left)?;
            x += 27.0 + NOTE.width(named.name()) + 18.0;
        }
        if self.report.all_figures().any(|figures| figures.state != PointState::Measured) {
            let corners = [(units(x), units(y - 6.0)), (units(x + 22.0), units(y + 6.0))];
            area.draw(&Bar { corners, paint: UNSTABLE })?;
            let text = "unstable: more arrives than can be served";
            label(area, text, (x + 27.0, y), NOTE, HPos::Left)?;
            x += 27.0 + NOTE.width(text) + 18.0;
        }
        if self.report.all_figures().any(|figures| figures.percentiles.iter().any(|number| number.is_beyond)) {
            area.draw(&Symbol { at: (units(x + 5.0), units(y + 4.0)), shape: triangle(), color: SERIES[2] })?;
            label(area, "too many requests without an answer", (x + 16.0, y), NOTE, HPos::Left)?;
        }
        Ok(())
    }

    /// The distance from the left edge of a plot.
    fn x(&self, frame: &Frame, position: f64) -> f64 {
        let (left, right) = (frame.left + INSET, frame.right - INSET);
        left + self.across.share(position) * (right - left)
    }
}

fn grid(policies: usize) -> PanelGrid {
    PanelGrid::new(policies, ACROSS, PLOT_HEIGHT, LEFT).within(super::HIGHEST_GRID)
}

/// An upward triangle above its position.
fn triangle() -> Vec<(f64, f64)> {
    vec![(-4.0, 0.0), (4.0, 0.0), (0.0, -7.0)]
}

fn is_shown(figures: &SweepFigures) -> bool {
    figures.state == PointState::Measured
}

/// The lowest and the highest time of all panels, objectives included.
fn range(report: &SweepReport) -> (f64, f64) {
    let shown = || report.all_figures().filter(|figures| is_shown(figures));
    let numbers = shown().flat_map(|figures| figures.percentiles);
    let times: Vec<f64> =
        numbers.flat_map(|number| number.value.into_iter().chain(number.interval.into_iter().flatten())).collect();
    let low = times.iter().copied().filter(|time| *time > 0.0).fold(f64::INFINITY, f64::min);
    let high = times.iter().copied().fold(0.0, f64::max);
    let bounds = shown().flat_map(|figures| &figures.objectives).filter_map(|objective| Some(objective.line?.1));
    let bounds = bounds.filter(|bound| high <= 0.0 || *bound <= FARTHEST * high);
    let high = bounds.fold(high, f64::max);
    if low.is_finite() { (low, high) } else { (1.0, high.max(1.0)) }
}

/// The panel of a policy.
struct LinePanel<'a> {
    chart: &'a LineChart<'a>,
    frame: Frame,
    policy: usize,
}

impl LinePanel<'_> {
    fn draw(&self, area: &Area<'_>) -> Drawn {
        let (chart, frame) = (self.chart, &self.frame);
        frame.title(area, &chart.report.policies[self.policy], &self.aside())?;
        frame.vertical(area, &chart.up)?;
        self.unstable(area)?;
        frame.horizontal(area, &chart.across, |value| chart.x(frame, value), &caption(chart.dimension))?;
        label(area, chart.unit.symbol, (frame.left - 6.0, frame.top - 2.0), TICK, HPos::Right)?;
        self.objectives(area)?;
        self.knee(area)?;
        for (place, color) in SERIES.into_iter().enumerate() {
            self.series(area, place, color)?;
        }
        Ok(())
    }

    /// The figures of every point with its position, in the order of the axis.
    fn points(&self) -> Vec<(f64, Option<&SweepFigures>)> {
        let figures = |(point, position)| (position, self.chart.report.figures(point, self.policy));
        let mut points: Vec<_> = positions(self.chart.dimension).into_iter().enumerate().map(figures).collect();
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        points
    }

    /// What to know of the policy, to the right of its name.
    fn aside(&self) -> String {
        let name = &self.chart.report.policies[self.policy];
        let knee = self.chart.report.summary.knees.iter().find(|knee| knee.policy == *name);
        let rate = |rate: f64| format!("{}/s", decimal(rate, 1));
        match knee.map(|knee| (knee.offered_per_s, knee.between_per_s)) {
            Some((Some(offered), _)) => format!("knee at {}/s", decimal(offered, 0)),
            Some((None, [Some(low), Some(high)])) => format!("knee {} to {}", decimal(low, 1), rate(high)),
            Some((None, [Some(low), None])) => format!("knee above {}", rate(low)),
            Some((None, [None, Some(high)])) => format!("knee below {}", rate(high)),
            Some((None, [None, None])) | None => String::new(),
        }
    }

    fn clamped_y(&self, time: f64) -> f64 {
        self.frame.y(self.chart.up.share(time).clamp(0.0, 1.0))
    }

    /// One percentile: its band, its line through neighbours that have it, and its points.
    fn series(&self, area: &Area<'_>, place: usize, color: RGBColor) -> Drawn {
        let points = self.points();
        let number =
            |figures: Option<&SweepFigures>| Some(figures.filter(|figures| is_shown(figures))?.percentiles[place]);
        let known = |(position, figures): &(f64, Option<&SweepFigures>)| {
            let number = number(*figures)?;
            Some((*position, number, number.value?))
        };
        for run in points.chunk_by(|one, other| known(one).is_some() && known(other).is_some()) {
            let run: Vec<_> = run.iter().filter_map(known).collect();
            self.band(area, &run, color)?;
            let path: Vec<_> = run.iter().map(|(position, _, value)| self.at(*position, *value)).collect();
            area.draw(&PathElement::new(path, line(color, 2.0)))?;
        }
        if points.len() <= MOST_MARKED {
            for (position, number, value) in points.iter().filter_map(known) {
                self.mark(area, place, color, (position, number, value))?;
            }
        }
        let beyond = points.iter().filter(|(_, figures)| number(*figures).is_some_and(|number| number.is_beyond));
        for (position, _) in beyond {
            let at = (units(self.chart.x(&self.frame, *position)), units(self.frame.top + 8.0));
            area.draw(&Symbol { at, shape: triangle(), color })?;
        }
        Ok(())
    }

    fn at(&self, position: f64, time: f64) -> (i32, i32) {
        (units(self.chart.x(&self.frame, position)), units(self.clamped_y(time)))
    }

    /// The confidence band of neighbouring points.
    fn band(&self, area: &Area<'_>, run: &[(f64, SweepNumber, f64)], color: RGBColor) -> Drawn {
        let ends: Vec<_> = run.iter().filter_map(|(position, number, _)| Some((*position, number.interval?))).collect();
        let upper = ends.iter().map(|(position, [_, high])| self.at(*position, *high));
        let lower = ends.iter().rev().map(|(position, [low, _])| self.at(*position, *low));
        match ends.as_slice() {
            [] => Ok(()),
            [(position, [low, high])] => {
                let ends = [self.at(*position, *low), self.at(*position, *high)];
                area.draw(&PathElement::new(ends, line(color, 1.0)))
            }
            [_, _, ..] => area.draw(&Polygon::new(upper.chain(lower).collect::<Vec<_>>(), color.mix(0.22).filled())),
        }
    }

    fn mark(
        &self,
        area: &Area<'_>,
        place: usize,
        color: RGBColor,
        (position, number, value): (f64, SweepNumber, f64),
    ) -> Drawn {
        let unit = self.chart.unit;
        let interval = number.interval.map(|[low, high]| format!(", {} to {}", unit.exact(low), unit.rounded(high)));
        let named = SWEPT_PERCENTILES[place].name();
        let title = format!("{named} {}{}", unit.rounded(value), interval.unwrap_or_default());
        let circle = Circle::new(self.at(position, value), units(2.6), color.filled());
        titled(area, "point", &title, |area| area.draw(&circle))
    }

    /// The stretches that are unstable, hatched.
    fn unstable(&self, area: &Area<'_>) -> Drawn {
        let points = self.points();
        let is_unstable = |figures: &Option<&SweepFigures>| figures.is_some_and(|figures| !is_shown(figures));
        let x = |place: usize| self.chart.x(&self.frame, points[place].0);
        let mut first = 0;
        for run in points.chunk_by(|one, other| is_unstable(&one.1) == is_unstable(&other.1)) {
            let (start, end) = (first, first + run.len());
            first = end;
            if !is_unstable(&run[0].1) {
                continue;
            }
            let left = if start == 0 {
                self.frame.left
            } else {
                self.boundary(&points, start).unwrap_or(0.5 * (x(start - 1) + x(start)))
            };
            let right = if end == points.len() { self.frame.right } else { 0.5 * (x(end - 1) + x(end)) };
            let corners = [(units(left), units(self.frame.top)), (units(right), units(self.frame.bottom))];
            titled(area, "unstable", "unstable", |area| area.draw(&Bar { corners, paint: UNSTABLE }))?;
            if right - left > NOTE.width("unstable") + 8.0 {
                label(area, "unstable", (0.5 * (left + right), self.frame.y(0.5)), NOTE, HPos::Center)?;
            }
        }
        Ok(())
    }

    /// Where the capacity is, if it lies between a stable point and an unstable one and the axis shows arrivals.
    fn boundary(&self, points: &[(f64, Option<&SweepFigures>)], first_unstable: usize) -> Option<f64> {
        let ((before, _), (after, figures)) = (points[first_unstable - 1], points[first_unstable]);
        let figures = figures.filter(|_| self.chart.dimension.kind == Some(AxisKind::Rate))?;
        let is_offered = (figures.offered_per_s? - after).abs() < 1e-6 * after;
        let capacity = figures.capacity_per_s.filter(|_| is_offered)?;
        (before..=after).contains(&capacity).then(|| self.chart.x(&self.frame, capacity))
    }

    /// The bounds of objectives on these percentiles, each once.
    fn objectives(&self, area: &Area<'_>) -> Drawn {
        let mut seen: Vec<&str> = Vec::new();
        let mut used: Vec<f64> = Vec::new();
        for (_, figures) in self.points() {
            for objective in figures.iter().flat_map(|figures| &figures.objectives) {
                let Some((_, bound)) = objective.line.filter(|_| !seen.contains(&objective.objective.as_str())) else {
                    continue;
                };
                seen.push(&objective.objective);
                if !self.chart.up.holds(bound) {
                    continue;
                }
                let y = self.clamped_y(bound);
                self.frame.dashes(area, (self.frame.left, y), (self.frame.right, y), BAD)?;
                let room = self.frame.right - self.frame.left - 8.0;
                let text = ellipsize(&objective.objective, room, OBJECTIVE.size, false);
                if used.iter().all(|other| (other - y).abs() > 14.0) {
                    let above = if y - self.frame.top > 14.0 { y - 7.0 } else { y + 8.0 };
                    label(area, &text, (self.frame.left + 4.0, above), OBJECTIVE, HPos::Left)?;
                    used.push(y);
                }
            }
        }
        Ok(())
    }

    /// The knee, where it is known and the axis shows arrivals.
    fn knee(&self, area: &Area<'_>) -> Drawn {
        let name = &self.chart.report.policies[self.policy];
        let knee = self.chart.report.summary.knees.iter().find(|knee| knee.policy == *name);
        let offered = knee.and_then(|knee| knee.offered_per_s);
        let Some(position) = offered.and_then(|offered| self.position_of(offered)) else { return Ok(()) };
        let x = self.chart.x(&self.frame, position);
        self.frame.line(area, (x, self.frame.top), (x, self.frame.bottom), GREY, 1.0)?;
        label(area, "knee", (x - 4.0, self.frame.bottom - 8.0), Type::new(NOTE_SIZE, INK), HPos::Right)
    }

    /// Where a rate of arrivals is on the axis: between the two points that offer less and more.
    fn position_of(&self, offered: f64) -> Option<f64> {
        let rate = |figures: Option<&SweepFigures>| figures.and_then(|figures| figures.offered_per_s);
        let known: Vec<(f64, f64)> =
            self.points().into_iter().filter_map(|(position, figures)| Some((position, rate(figures)?))).collect();
        let pair = known.windows(2).find(|pair| pair[0].1 <= offered && offered <= pair[1].1)?;
        let share = (offered - pair[0].1) / (pair[1].1 - pair[0].1);
        Some(pair[0].0 + share * (pair[1].0 - pair[0].0))
    }
}
