//! Response times by percentile: a curve for each policy, on an axis on which each step to the right is a tenth of the requests.

use plotters::style::text_anchor::HPos;

use super::scale::of_times;
use super::{NOTE, PolicyLegend, curve, is_long, pictured, without_answer};
use crate::model::MetricUnit;
use crate::output::svg::axis::Axis;
use crate::output::svg::canvas::{Area, Drawn, units};
use crate::output::svg::frame::{Frame, TICK};
use crate::output::svg::marks::titled;
use crate::output::svg::page::{MARGIN, Page, ROOM, WIDTH};
use crate::output::svg::palette::{BAD, GRID, INK, NOTE_SIZE, PolicyLine, RUNNING_COLOR, Type};
use crate::output::svg::panel::label;
use crate::output::svg::scale::{AxisUnit, decimal};
use crate::output::svg::text::ellipsize;
use crate::stats::{CurveStep, ObjectiveResult, ObjectiveVerdict, PercentileCurve, PolicyResults, ScenarioResults};

const LEFT: f64 = 54.0;
const PLOT_HEIGHT: f64 = 300.0;
/// Room right of the plot for what ends there.
const RIGHT: f64 = 40.0;
const AXIS: f64 = 42.0;
const END_LINE: f64 = 17.0;
/// The axis ends where fewer than this many requests are slower.
const FEWEST_SLOWER: f64 = 5.0;
/// Maximum number of objectives that are drawn.
const MOST_OBJECTIVES: usize = 6;
/// An objective that is further above all curves than this is not drawn.
const FARTHEST: f64 = 3.0;

const ABOUT: &str = "How long requests took, by percentile: half of them at most as long as the curve is high at 50 %, one in a \
                     hundred longer than at 99 %. Bars are confidence intervals.";

/// The percentiles that have intervals, and where they are.
const INTERVALS: [(&str, f64); 5] = [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p999", 0.999)];

/// Whether a chart of response times by percentile says more than the timeline.
pub fn has_latency(results: &ScenarioResults) -> bool {
    is_long(results) && pictured(results).any(|(_, _, pictures)| pictures.curve.is_some())
}

/// Response times by percentile, of every request that arrived: a curve for each policy, with the intervals of some
/// percentiles and with the objectives on percentiles.
pub fn latency_svg(results: &ScenarioResults) -> String {
    latency_svg_as("latency", results)
}

/// The same with identifiers that begin with this name.
pub fn latency_svg_as(picture: &str, results: &ScenarioResults) -> String {
    let chart = Chart::new(results);
    let heading = format!("{}: response times by percentile, policy by policy", results.scenario);
    let mut page = Page::new(picture, &format!("{}: response times", results.scenario), heading, chart.description());
    page = page.with_text(ABOUT, 4);
    if chart.is_log {
        page = page.with_text("The vertical axis is logarithmic: each line is several times the one below it.", 2);
    }
    let names = chart.curves.iter().map(|curve| (curve.place, curve.policy.name.as_str()));
    let legend = PolicyLegend::new(names, ROOM);
    let top = page.top() + legend.height() + 26.0;
    let frame =
        Frame { left: MARGIN + LEFT, right: WIDTH - MARGIN - RIGHT, top, bottom: top + PLOT_HEIGHT, edge: MARGIN };
    let endings = chart.endings();
    let bottom = frame.bottom + AXIS + END_LINE * endings.len() as f64;
    let legend_top = page.top();
    page.svg(bottom, |area| {
        legend.draw(area, legend_top)?;
        chart.draw(area, &frame)?;
        for (line, text) in endings.iter().enumerate() {
            label(area, text, (MARGIN, frame.bottom + AXIS + END_LINE * (line as f64 + 0.3)), NOTE, HPos::Left)?;
        }
        Drawn::Ok(())
    })
}

/// Whether two curves are in one place nearly everywhere.
fn coincide(one: &PolicyCurve<'_>, other: &PolicyCurve<'_>) -> bool {
    let near = |(_, share): &(&str, f64)| match (one.curve.at(*share), other.curve.at(*share)) {
        (Some(one), Some(other)) => (one - other).abs() <= 0.01 * one.max(other),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    INTERVALS.iter().filter(|one| near(one)).count() + 1 >= INTERVALS.len()
}

/// The curve of a policy.
struct PolicyCurve<'a> {
    place: usize,
    policy: &'a PolicyResults,
    curve: &'a PercentileCurve,
}

struct Chart<'a> {
    curves: Vec<PolicyCurve<'a>>,
    objectives: Vec<&'a ObjectiveResult>,
    up: Axis,
    unit: AxisUnit,
    is_log: bool,
    /// The axis ends where this many of ten requests are: 2 is 99 %.
    nines: f64,
}

impl<'a> Chart<'a> {
    fn new(results: &'a ScenarioResults) -> Self {
        let with_curve = |(place, policy, pictures): (usize, &'a PolicyResults, &'a crate::stats::PolicyPictures)| {
            Some(PolicyCurve { place, policy, curve: pictures.curve.as_ref()? })
        };
        let curves: Vec<_> = pictured(results).filter_map(with_curve).collect();
        let most = curves.iter().map(|one| one.policy.requests.arrived).max().unwrap_or_default();
        let end = nines(1.0 - FEWEST_SLOWER / most.max(1) as f64).clamp(1.0, 7.0) + 0.08;
        let last = 1.0 - 0.1_f64.powf(end);
        let top = |one: &PolicyCurve<'_>| one.curve.at(last.min(one.curve.answered));
        let tops: Vec<f64> = curves.iter().filter_map(top).collect();
        let high = tops.iter().copied().fold(0.0, f64::max);
        let mut objectives: Vec<&ObjectiveResult> = Vec::new();
        for objective in results.slo.iter().filter(|objective| share(objective).is_some()) {
            let is_new = objectives.iter().all(|other| other.objective != objective.objective);
            if is_new && objective.bound <= FARTHEST * high && objectives.len() < MOST_OBJECTIVES {
                objectives.push(objective);
            }
        }
        let bound = objectives.iter().map(|objective| objective.bound).fold(0.0, f64::max);
        let tops: Vec<f64> = tops.iter().map(|top| if *top >= high { top.max(bound) } else { *top }).collect();
        let fast = |one: &PolicyCurve<'_>| one.curve.at(0.1_f64.min(one.curve.answered));
        let fast: Vec<f64> = curves.iter().filter_map(fast).collect();
        let (up, unit, is_log) = of_times(&[fast.clone(), tops].concat(), fast.into_iter());
        Self { objectives, up, unit, is_log, nines: end, curves }
    }

    fn x(&self, frame: &Frame, share: f64) -> f64 {
        frame.x((nines(share) / self.nines).min(1.0))
    }

    fn y(&self, frame: &Frame, ms: f64) -> f64 {
        frame.y(self.up.share(ms.max(1e-9)).clamp(0.0, 1.0))
    }

    fn draw(&self, area: &Area<'_>, frame: &Frame) -> Drawn {
        frame.vertical(area, &self.up)?;
        let caption = format!("response time in {}", self.unit.symbol);
        label(area, &caption, (frame.edge, frame.top - 14.0), TICK, HPos::Left)?;
        let ticks = (0..=self.nines as i32).flat_map(|nine| match nine {
            0 => vec![0.0, 0.5],
            nine => vec![1.0 - 0.1_f64.powi(nine)],
        });
        for share in ticks {
            let x = self.x(frame, share);
            frame.line(area, (x, frame.top), (x, frame.bottom), GRID, 1.0)?;
            label(area, &percent(share), (x, frame.bottom + 12.0), TICK, HPos::Center)?;
        }
        let caption = "of the requests that arrived";
        label(area, caption, (frame.right + RIGHT, frame.bottom + 28.0), TICK, HPos::Right)?;
        self.draw_objectives(area, frame)?;
        self.curves.iter().try_for_each(|curve| self.draw_curve(area, frame, curve))
    }

    /// A curve in steps, its end, and its intervals.
    fn draw_curve(&self, area: &Area<'_>, frame: &Frame, one: &PolicyCurve<'_>) -> Drawn {
        let steps = &one.curve.steps;
        let mut points = Vec::new();
        // Beyond the end of the axis all steps would be in one place.
        let shown = steps.iter().enumerate().filter(|(_, step)| nines(step.faster) <= self.nines);
        for (place, CurveStep { faster, ms }) in shown {
            let end = steps.get(place + 1).map_or(one.curve.answered, |next| next.faster);
            let y = units(self.y(frame, *ms));
            points.push((units(self.x(frame, *faster)), y));
            points.push((units(self.x(frame, end)), y));
        }
        points.dedup();
        let title = format!("{}: {}", one.policy.name, self.figures(one));
        titled(area, "curve", &title, |area| area.draw(&curve(one.place, points, self.width(one))))?;
        let color = PolicyLine::of(one.place).color();
        let beside = 3.0 * (one.place as f64 - 0.5 * (self.curves.len() as f64 - 1.0));
        for (name, share) in INTERVALS {
            let Some([low, high]) = interval(one.policy, name) else { continue };
            let x = self.x(frame, share) + beside;
            if nines(share) > self.nines {
                continue;
            }
            let ends = [self.y(frame, low), self.y(frame, high)];
            let title =
                format!("{}, {name}: {} to {}", one.policy.name, self.unit.rounded(low), self.unit.rounded(high));
            titled(area, "interval", &title, |area| {
                frame.line(area, (x, ends[0]), (x, ends[1]), color, 1.5)?;
                ends.iter().try_for_each(|y| frame.line(area, (x - 2.5, *y), (x + 2.5, *y), color, 1.5))
            })?;
        }
        if one.curve.answered < 1.0 {
            let (x, y) = (self.x(frame, one.curve.answered), self.y(frame, steps.last().map_or(0.0, |step| step.ms)));
            frame.line(area, (x, y - 5.0), (x, y + 5.0), color, 2.5)?;
        }
        Ok(())
    }

    /// How wide a curve is: wider than those on top of it that coincide with it, so that it is seen on both sides of them.
    fn width(&self, one: &PolicyCurve<'_>) -> f64 {
        let above = self.curves.iter().filter(|other| other.place > one.place && coincide(one, other));
        2.0 + 2.4 * above.count() as f64
    }

    /// Objectives on percentiles: the curve must pass below the corner.
    fn draw_objectives(&self, area: &Area<'_>, frame: &Frame) -> Drawn {
        let mut used: Vec<(f64, f64, f64)> = Vec::new();
        for objective in &self.objectives {
            let share = share(objective).unwrap_or_default();
            let (x, y) = (self.x(frame, share), self.y(frame, objective.bound));
            let color = if objective.verdict == ObjectiveVerdict::Met { RUNNING_COLOR } else { BAD };
            frame.dashes(area, (frame.left, y), (x, y), color)?;
            frame.line(area, (x, y - 5.0), (x, y + 5.0), color, 2.0)?;
            let font = Type::new(NOTE_SIZE, if color == BAD { BAD } else { INK });
            let room = (x - frame.left - 8.0).max(60.0);
            let text = ellipsize(&objective.objective, room, font.size, false);
            let width = font.width(&text);
            let right = (x - 4.0).max(frame.left + 4.0 + width);
            let mut middle = if y - frame.top > 16.0 { y - 8.0 } else { y + 9.0 };
            let overlaps = |middle: f64| {
                used.iter().any(|(from, to, at)| (at - middle).abs() < 15.0 && *from < right && right - width < *to)
            };
            if overlaps(middle) {
                middle = y + 9.0;
            }
            if !overlaps(middle) && middle < frame.bottom - 6.0 {
                label(area, &text, (right, middle), font, HPos::Right)?;
                used.push((right - width, right, middle));
            }
        }
        Ok(())
    }

    fn figures(&self, one: &PolicyCurve<'_>) -> String {
        let all = [0.5, 0.9, 0.99, 0.999];
        let figure = |share: f64| Some(format!("{} {}", percent(share), self.unit.rounded(one.curve.at(share)?)));
        all.into_iter().filter_map(figure).collect::<Vec<_>>().join(", ")
    }

    /// Which curves end before the last request, and why.
    fn endings(&self) -> Vec<String> {
        let unanswered = self.curves.iter().filter_map(|one| Some((one, without_answer(one.policy)?)));
        let text = |(one, share): (&PolicyCurve<'_>, String)| {
            ellipsize(
                &format!("{}: {share} of the requests got no answer; the curve ends there.", one.policy.name),
                ROOM,
                NOTE.size,
                false,
            )
        };
        unanswered.map(text).collect()
    }

    fn description(&self) -> String {
        let figures = |one: &PolicyCurve<'_>| {
            let unanswered = without_answer(one.policy).map(|share| format!("; {share} without an answer"));
            format!("{}: {}{}.", one.policy.name, self.figures(one), unanswered.unwrap_or_default())
        };
        let slo = self.objectives.iter().map(|objective| format!("Objective: {}.", objective.objective));
        self.curves.iter().map(figures).chain(slo).collect::<Vec<_>>().join("\n")
    }
}

/// How many nines a share has: 1 of 90 %, 2 of 99 %.
fn nines(share: f64) -> f64 {
    -(1.0 - share).max(1e-9).log10()
}

fn percent(share: f64) -> String {
    format!("{} %", decimal(100.0 * share, 5))
}

/// The share of an objective on a percentile of the response times of all classes.
fn share(objective: &ObjectiveResult) -> Option<f64> {
    let is_drawn = objective.class.is_none() && objective.fault.is_none() && objective.unit == MetricUnit::Time;
    INTERVALS.iter().find(|(name, _)| is_drawn && *name == objective.metric).map(|(_, share)| *share)
}

fn interval(policy: &PolicyResults, name: &str) -> Option<[f64; 2]> {
    policy.all_arrived.confidence.as_ref()?.intervals.get(name).copied()
}
