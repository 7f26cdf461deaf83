//! What happened when: response times, requests in the system, requests without an answer and the CPU, one below the other on one
//! time axis, with the faults behind them.

use plotters::style::text_anchor::HPos;

use super::scale::{from_zero, of_times};
use super::{LONGEST_NAME, PolicyLegend, curve, is_long, pictured};
use crate::output::svg::axis::Axis;
use crate::output::svg::band::{Band, bands};
use crate::output::svg::canvas::{Area, Drawn, units};
use crate::output::svg::frame::{Frame, TICK};
use crate::output::svg::marks::titled;
use crate::output::svg::page::{MARGIN, Page, ROOM, WIDTH};
use crate::output::svg::palette::{INK, NOTE_SIZE, Type};
use crate::output::svg::panel::label;
use crate::output::svg::scale::{AxisUnit, TimeScale, decimal};
use crate::output::svg::text::ellipsize;
use crate::stats::{ClassWindows, PolicyPictures, PolicyResults, ScenarioResults, TimeWindow};

const LEFT: f64 = 54.0;
const RIGHT: f64 = 10.0;
const PLOT_HEIGHT: f64 = 104.0;
const HEADER: f64 = 24.0;
const AXIS: f64 = 34.0;
/// A chart of fewer windows than this says nothing of time.
const FEWEST_WINDOWS: usize = 5;
/// Where more of the requests than this were still in flight when the run ended, it is not known how many get no answer.
const MOST_IN_FLIGHT: f64 = 0.05;
const HEAD: Type = Type::new(NOTE_SIZE, INK).bold();

const ABOUT: &str = "What happened when. A request belongs to the time at which it arrived.";
const ABOUT_CLASSES: &str =
    "What happened when. A request belongs to the time at which it arrived; response times are of answered requests.";

/// Whether there is something to say about time.
pub fn has_over_time(results: &ScenarioResults) -> bool {
    is_long(results) && results.policies.iter().any(|policy| policy.over_time.len() >= FEWEST_WINDOWS)
}

/// Response times, requests in the system, requests without an answer and the CPU over time: a line for each policy.
pub fn over_time_svg(results: &ScenarioResults) -> String {
    over_time_svg_as("over_time", results)
}

/// The same with identifiers that begin with this name.
pub fn over_time_svg_as(picture: &str, results: &ScenarioResults) -> String {
    let policies: Vec<Lines<'_>> = if results.pictures.is_some() {
        pictured(results).map(|(place, policy, _)| (place, policy)).collect()
    } else {
        results.policies.iter().enumerate().collect()
    };
    let plots = plots(&policies, results);
    let windows = || policies.iter().flat_map(|(_, policy)| &policy.over_time);
    let first = windows().map(|window| window.start_ms).fold(f64::INFINITY, f64::min);
    let last = windows().map(|window| window.end_ms).fold(0.0, f64::max);
    let time = TimeScale::new(first.min(last), last);
    let faults = bands(&results.faults, &time);
    let heading = format!("{}: what happened when, policy by policy", results.scenario);
    let page = Page::new(picture, &format!("{}: over time", results.scenario), heading, description(&policies));
    let is_by_class = class_times(results).is_some();
    let page = page.with_text(if is_by_class { ABOUT_CLASSES } else { ABOUT }, 3);
    let legend = PolicyLegend::new(policies.iter().map(|(place, policy)| (*place, policy.name.as_str())), ROOM);
    let legend_top = page.top();
    let faults_top = legend_top + legend.height() + 6.0;
    let top = faults_top + Band::LINE * faults.len() as f64;
    let frame = |number: usize| {
        let top = top + (HEADER + PLOT_HEIGHT) * number as f64 + HEADER;
        Frame { left: MARGIN + LEFT, right: WIDTH - MARGIN - RIGHT, top, bottom: top + PLOT_HEIGHT, edge: MARGIN }
    };
    let bottom = top + (HEADER + PLOT_HEIGHT) * plots.len() as f64 + AXIS;
    page.svg(bottom, |area| {
        legend.draw(area, legend_top)?;
        let across = Axis::of_instants(&time, 9);
        for (number, plot) in plots.iter().enumerate() {
            let frame = frame(number);
            if number == 0 {
                // From the descriptions of the faults down through all plots.
                for fault in &faults {
                    fault.shade(area, &|ms| frame.x(across.share(ms)), (faults_top, bottom - AXIS))?;
                }
            }
            plot.draw(area, &frame, &across)?;
        }
        let shared = frame(0);
        for (number, fault) in faults.iter().enumerate() {
            let middle = faults_top + Band::LINE * (number as f64 + 0.5);
            fault.name(area, &|ms| shared.x(across.share(ms)), (shared.left, shared.right), middle)?;
        }
        let last = frame(plots.len().max(1) - 1);
        last.horizontal(area, &across, |ms| last.x(across.share(ms)), &time.caption())
    })
}

/// A policy and its place.
type Lines<'a> = (usize, &'a PolicyResults);

/// A policy in a plot.
struct PlotLine<'a> {
    place: usize,
    policy: &'a str,
    windows: &'a [TimeWindow],
}

/// One of the plots below each other.
struct Plot<'a> {
    head: String,
    up: Axis,
    lines: Vec<PlotLine<'a>>,
    /// The values of a window: the first one is drawn as a broad line.
    values: fn(&TimeWindow) -> [Option<f64>; 2],
    /// A value in words.
    word: fn(f64) -> String,
}

fn percent(share: f64) -> String {
    format!("{} %", decimal(100.0 * share, 1))
}

fn millis(ms: f64) -> String {
    AxisUnit::of_span(ms).rounded(ms)
}

fn number(value: f64) -> String {
    decimal(value, 1)
}

/// The share without an answer; `None` where nothing arrived, and where too many were still in flight at the end of the run.
fn unanswered(window: &TimeWindow) -> Option<f64> {
    let arrivals = window.arrivals as f64;
    let in_flight = window.arrivals.saturating_sub(window.completions + window.unanswered) as f64;
    (arrivals > 0.0 && in_flight <= MOST_IN_FLIGHT * arrivals).then(|| window.unanswered as f64 / arrivals)
}

/// The highest value of each line.
fn most(lines: &[PlotLine<'_>], value: fn(&TimeWindow) -> Option<f64>) -> Vec<f64> {
    lines.iter().map(|line| line.windows.iter().filter_map(value).fold(0.0, f64::max)).collect()
}

fn plots<'a>(policies: &[Lines<'a>], results: &'a ScenarioResults) -> Vec<Plot<'a>> {
    let mut plots = response_times(policies, results);
    let all = lines(policies);
    let high = |value| most(&all, value).into_iter().fold(0.0, f64::max);
    let numbers = policies.iter().flat_map(|(_, policy)| &policy.over_time).filter_map(|window| window.in_system);
    let (up, is_log) = counts(&most(&all, |window| window.in_system), numbers);
    plots.push(Plot {
        head: format!("Requests in the system, mean{}", if is_log { ", logarithmic" } else { "" }),
        up,
        lines: lines(policies),
        values: |window| [window.in_system, None],
        word: number,
    });
    if high(unanswered) > 0.0 {
        plots.push(Plot {
            head: "Requests without an answer".to_owned(),
            up: shares(high(unanswered)),
            lines: lines(policies),
            values: |window| [unanswered(window), None],
            word: percent,
        });
    }
    plots.push(Plot {
        head: "CPU utilization".to_owned(),
        up: shares(1.0),
        lines: lines(policies),
        values: |window| [window.utilization, None],
        word: percent,
    });
    plots
}

fn lines<'a>(policies: &[Lines<'a>]) -> Vec<PlotLine<'a>> {
    let line =
        |(place, policy): &Lines<'a>| PlotLine { place: *place, policy: &policy.name, windows: &policy.over_time };
    policies.iter().map(line).collect()
}

/// The response times of each class under some policy, where there are a few.
fn class_times(results: &ScenarioResults) -> Option<&[ClassWindows]> {
    let mut classes = pictured(results).map(|(_, _, pictures)| &*pictures.class_times);
    classes.find(|classes| !classes.is_empty())
}

/// A plot of the response times of each class where there are a few: together, the many of one hide what becomes of another.
/// Otherwise one of all requests.
fn response_times<'a>(policies: &[Lines<'a>], results: &'a ScenarioResults) -> Vec<Plot<'a>> {
    let Some(named) = class_times(results) else {
        return vec![response_time("Response time of answered requests", lines(policies))];
    };
    let of_class = |number: usize| {
        let line = |(place, policy, pictures): (usize, &'a PolicyResults, &'a PolicyPictures)| {
            let windows = &pictures.class_times.get(number)?.windows;
            Some(PlotLine { place, policy: &policy.name, windows })
        };
        let class = ellipsize(&named[number].class, LONGEST_NAME, HEAD.size, true);
        response_time(&format!("{class}: response time"), pictured(results).filter_map(line).collect())
    };
    (0..named.len()).map(of_class).collect()
}

fn response_time<'a>(head: &str, lines: Vec<PlotLine<'a>>) -> Plot<'a> {
    let medians = lines.iter().flat_map(|line| line.windows).filter_map(|window| window.p50_ms);
    let (up, unit, is_log) = of_times(&most(&lines, |window| window.p95_ms), medians);
    let note = if is_log { ", logarithmic" } else { "" };
    Plot {
        head: format!("{head} in {}: p95, and p50 as a thin line{note}", unit.symbol),
        up,
        lines,
        values: |window| [window.p95_ms, window.p50_ms],
        word: millis,
    }
}

/// An axis of numbers, and whether it is logarithmic.
fn counts(tops: &[f64], all: impl Iterator<Item = f64>) -> (Axis, bool) {
    let (axis, _, is_log) = of_times(tops, all);
    if is_log { (axis.plain(), true) } else { (from_zero(tops.iter().copied().fold(0.0, f64::max)), false) }
}

/// An axis of shares from 0 to `high`.
fn shares(high: f64) -> Axis {
    let axis = from_zero(high.min(1.0));
    let ticks =
        axis.ticks.iter().filter(|(share, _)| *share <= 1.0).map(|(share, _)| (*share, percent(*share))).collect();
    axis.with(ticks)
}

impl Plot<'_> {
    fn draw(&self, area: &Area<'_>, frame: &Frame, across: &Axis) -> Drawn {
        frame.vertical(area, &self.up.clone().spaced(frame.bottom - frame.top, TICK.size + 6.0))?;
        let head = ellipsize(&self.head, frame.right - frame.left, HEAD.size, true);
        label(area, &head, (frame.left, frame.top - 11.0), HEAD, HPos::Left)?;
        for line in &self.lines {
            for (which, width) in [(1, 1.0), (0, 2.2)] {
                self.line(area, frame, across, line, which, width)?;
            }
        }
        Ok(())
    }

    /// A line through the middles of windows; it has holes where windows have no value.
    fn line(
        &self,
        area: &Area<'_>,
        frame: &Frame,
        across: &Axis,
        line: &PlotLine<'_>,
        which: usize,
        width: f64,
    ) -> Drawn {
        let value = |window: &TimeWindow| (self.values)(window)[which];
        for run in line.windows.chunk_by(|one, next| value(one).is_some() == value(next).is_some()) {
            let point = |window: &TimeWindow| {
                let x = frame.x(across.share(0.5 * (window.start_ms + window.end_ms)));
                let y = frame.y(self.up.share(value(window)?.max(1e-9)).clamp(0.0, 1.0));
                Some((units(x), units(y)))
            };
            let points: Vec<_> = run.iter().filter_map(point).collect();
            if points.is_empty() {
                continue;
            }
            let points =
                if points.len() == 1 { vec![points[0], (points[0].0 + units(2.0), points[0].1)] } else { points };
            let peak = run.iter().filter_map(value).fold(0.0, f64::max);
            let title = format!("{}, {}: at most {}", line.policy, self.head, (self.word)(peak));
            titled(area, "line", &title, |area| area.draw(&curve(line.place, points, width)))?;
        }
        Ok(())
    }
}

fn description(policies: &[Lines<'_>]) -> String {
    let sentence = |(_, policy): &Lines<'_>| {
        let windows = || policy.over_time.iter();
        let worst = windows()
            .filter(|window| window.p95_ms.is_some())
            .max_by(|one, other| one.p95_ms.unwrap_or_default().total_cmp(&other.p95_ms.unwrap_or_default()));
        let most = windows().filter_map(|window| window.in_system).fold(0.0, f64::max);
        let at = |window: &TimeWindow| {
            format!("highest p95 {} at {}", millis(window.p95_ms.unwrap_or_default()), millis(window.start_ms))
        };
        let worst = worst.map_or_else(|| "no answer".to_owned(), at);
        format!("{}: {worst}; at most {} requests in the system.", policy.name, number(most))
    };
    policies.iter().map(sentence).collect::<Vec<_>>().join("\n")
}
