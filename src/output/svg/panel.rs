//! One policy of the timeline: its title, a lane per request, the strip of runners, and the axis.

use plotters::chart::{ChartBuilder, ChartContext, LabelAreaPosition};
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::element::{PathElement, Text};
use plotters::style::TRANSPARENT;
use plotters::style::text_anchor::HPos;

use super::band::{self, Band, bands};
use super::canvas::{Area, Drawn, SvgCanvas, size_units, units};
use super::lane;
use super::page::{MARGIN, WIDTH};
use super::palette::{self, GREY, GRID, INK, NAME_SIZE, NOTE_SIZE, TEXT_SIZE, Type};
use super::row;
use super::scale::{AxisUnit, TimeScale, decimal};
use super::strip::{RunnerRow, Strip, strip};
use super::text::ellipsize;
use super::timeline::Drawing;
use crate::stats::{ClassResults, PolicyResults, Summary};
use crate::study::SHORT_RUN;

/// Where a panel's lanes and strip are drawn: across, the numbers of the axis; down, pixels.
pub(super) type Chart<'a> = ChartContext<'a, SvgCanvas<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

const HEADER: f64 = 46.0;
/// Maximum number of classes whose numbers are in the header.
const MOST_CLASSES: usize = 4;
/// From the line of the name to that of the numbers.
const NUMBERS_BELOW: f64 = 18.0;
const STRIP_GAP: f64 = 8.0;
const NOTE: f64 = 15.0;
const AXIS: f64 = 22.0;
const TOP_AXIS: f64 = 18.0;
const WIDEST_CLASS: f64 = 150.0;
const WIDEST_SHORT_NAME: f64 = 110.0;
const COLUMN_GAP: f64 = 14.0;

const NAME: Type = Type::new(NAME_SIZE, INK).bold();
const KIND: Type = Type::new(TEXT_SIZE, GREY);
const NUMBERS: Type = Type::new(NOTE_SIZE, INK);
const CAPTION: Type = Type::new(NOTE_SIZE, GREY);
const TICK: Type = Type::new(NOTE_SIZE, GREY);

/// Columns left and right of the lanes, the same for all panels.
pub(super) struct Columns {
    /// Where the requests' numbers end.
    pub(super) number_end: f64,
    /// Where the classes begin.
    pub(super) class_start: f64,
    /// Where time begins.
    pub(super) plot_start: f64,
    /// Where it ends.
    pub(super) plot_end: f64,
    /// Where response times and slowdowns end.
    pub(super) end: f64,
    /// The unit of the drawn requests' response times.
    pub(super) response_unit: AxisUnit,
}

impl Columns {
    /// Columns as narrow as the texts allow.
    pub(super) fn new(drawings: &[Drawing<'_>], scale: &TimeScale) -> Self {
        let entries = || drawings.iter().flat_map(Drawing::entries);
        let lanes = || drawings.iter().flat_map(|drawing| &drawing.lanes);
        let widest = |texts: &mut dyn Iterator<Item = f64>| texts.fold(0.0, f64::max);
        let number = widest(&mut lanes().map(|lane| lane::NUMBER.width(&lane.request.to_string())));
        let class = widest(&mut entries().map(|entry| lane::CLASS.width(&entry.class)).chain([0.0])).min(WIDEST_CLASS);
        let rows = drawings.iter().flat_map(|drawing| strip(drawing, scale).rows);
        let row = widest(&mut rows.map(|row| CAPTION.width(&row.name)));
        let caption = CAPTION.width(&scale.caption()) + 0.5 * tick_width(scale);
        let number_end = MARGIN + number;
        let class_start = number_end + 7.0;
        // Short names of policies fit left of the plot, so that the numbers after them are aligned.
        let names = drawings.iter().map(|drawing| NAME.width(&drawing.policy.name));
        let name = widest(&mut names.filter(|&width| width <= WIDEST_SHORT_NAME));
        let left = class.max(MARGIN + row - class_start).max(MARGIN + caption.max(name) - class_start);
        let plot_start = class_start + left + COLUMN_GAP;

        let longest = entries().filter_map(|entry| entry.response_time_ms).fold(0.0, f64::max);
        let response_unit = AxisUnit::of_span(longest);
        let end = WIDTH - MARGIN;
        let ends = widest(&mut entries().map(|entry| lane::END.bold().width(&lane::end_text(entry, response_unit))));
        let gone = if lanes().any(|lane| lane.entry.is_none()) { lane::END.width(lane::GONE) } else { 0.0 };
        let plot_end = end - ends.max(gone).max(CAPTION.width(lane::END_CAPTION)) - COLUMN_GAP;
        Self { number_end, class_start, plot_start, plot_end, end, response_unit }
    }
}

/// One policy, laid out.
pub(super) struct Panel<'a> {
    drawing: Drawing<'a>,
    lanes: lane::Size,
    strip: Strip,
    faults: Vec<Band>,
    row_height: f64,
    title: String,
    aside: String,
    numbers: String,
}

impl<'a> Panel<'a> {
    /// Lays out the policy.
    pub(super) fn new(drawing: Drawing<'a>, columns: &Columns, scale: &TimeScale) -> Self {
        let policy = drawing.policy;
        let strip = strip(&drawing, scale);
        let row_height = if strip.rows.len() <= 8 { 16.0 } else { 14.0 };
        let numbers = numbers(&drawing);
        let kind = (policy.name != policy.kind).then(|| policy.kind.to_owned());
        let aside = kind.into_iter().chain(shown(&drawing)).collect::<Vec<_>>().join(" · ");
        let room = columns.end - MARGIN - CAPTION.width(lane::END_CAPTION) - KIND.width(&aside) - 36.0;
        let title = ellipsize(&policy.name, room, NAME.size, NAME.bold);
        let numbers = ellipsize(&numbers, columns.end - MARGIN, NUMBERS.size, NUMBERS.bold);
        let lanes = lane::Size::of(drawing.lanes.len());
        let faults = bands(drawing.faults, scale);
        Self { drawing, lanes, strip, faults, row_height, title, aside, numbers }
    }

    /// Its height in pixels.
    pub(super) fn height(&self) -> f64 {
        let note = if self.strip.note.is_some() { NOTE } else { 0.0 };
        self.lanes_top() + self.plot_height() + AXIS + note
    }

    /// What its strip shows.
    pub(super) fn rows(&self) -> &[RunnerRow] {
        &self.strip.rows
    }

    /// Whether there is an axis above the lanes too, as in tall panels.
    fn top_axis(&self) -> f64 {
        if self.drawing.lanes.len() > 24 { TOP_AXIS } else { 0.0 }
    }

    fn lanes_top(&self) -> f64 {
        HEADER + self.faults_height() + self.top_axis()
    }

    fn faults_height(&self) -> f64 {
        band::HEIGHT * self.faults.len() as f64
    }

    fn plot_height(&self) -> f64 {
        let gap = if self.strip.rows.is_empty() { 0.0 } else { STRIP_GAP };
        self.lanes_height() + gap + self.row_height * self.strip.rows.len() as f64
    }

    fn lanes_height(&self) -> f64 {
        self.lanes.pitch * self.drawing.lanes.len() as f64
    }

    /// Draws it into an area of its height.
    pub(super) fn draw<'b>(&self, area: &Area<'b>, scale: &TimeScale, columns: &Columns) -> Drawn {
        self.draw_header(area, columns)?;
        let chart = self.chart(area, scale, columns)?;
        for (index, fault) in self.faults.iter().enumerate() {
            let top = HEADER + band::HEIGHT * index as f64;
            fault.draw(area, &chart, scale, columns, (top, self.lanes_height()))?;
        }
        for (index, lane) in self.drawing.lanes.iter().enumerate() {
            let middle = self.lanes.pitch * (index as f64 + 0.5);
            lane::draw_hairline(&chart, scale, middle)?;
            match lane.entry {
                Some(entry) => {
                    lane::draw_bars(&chart, entry, scale, middle, self.lanes)?;
                    lane::draw_labels(area, entry, self.lanes_top() + middle, self.lanes, columns)?;
                }
                None => lane::draw_empty(area, lane.request, self.lanes_top() + middle, self.lanes, columns)?,
            }
        }
        self.draw_strip(area, &chart, scale, columns)
    }

    fn draw_header(&self, area: &Area<'_>, columns: &Columns) -> Drawn {
        let middle = 12.0;
        label(area, &self.title, (MARGIN, middle), NAME, HPos::Left)?;
        let aside = MARGIN + NAME.width(&self.title) + 10.0;
        label(area, &self.aside, (aside, middle), KIND, HPos::Left)?;
        label(area, &self.numbers, (MARGIN, middle + NUMBERS_BELOW), NUMBERS, HPos::Left)?;
        label(area, lane::END_CAPTION, (columns.end, middle), CAPTION, HPos::Right)
    }

    fn chart<'b>(&self, area: &Area<'b>, scale: &TimeScale, columns: &Columns) -> Drawn<Chart<'b>> {
        let (start, end) = (scale.position(scale.start_ms), scale.position(scale.end_ms));
        let mut chart = ChartBuilder::on(area)
            .margin_top(size_units(HEADER + self.faults_height()))
            .set_label_area_size(LabelAreaPosition::Left, units(columns.plot_start))
            .set_label_area_size(LabelAreaPosition::Right, units(WIDTH - columns.plot_end))
            .set_label_area_size(LabelAreaPosition::Top, units(self.top_axis()))
            .set_label_area_size(
                LabelAreaPosition::Bottom,
                units(self.height() - self.lanes_top() - self.plot_height()),
            )
            .build_cartesian_2d(start..end, self.plot_height()..0.0)?;
        let ticks = (columns.plot_end - columns.plot_start) / (tick_width(scale) + 30.0);
        chart
            .configure_mesh()
            .disable_y_mesh()
            .axis_style(TRANSPARENT)
            .x_labels(ticks.clamp(2.0, 14.0) as usize)
            .y_labels(0)
            .max_light_lines(0)
            .light_line_style(TRANSPARENT)
            .bold_line_style(palette::line(GRID, 1.0))
            .set_all_tick_mark_size(units(3.0))
            .x_label_formatter(&|position| scale.tick(*position))
            .x_label_style(TICK.style(HPos::Center))
            .draw()?;
        let axis = self.lanes_top() + self.plot_height() + 6.0 + 0.4 * TICK.size;
        label(area, &scale.caption(), (MARGIN, axis), CAPTION, HPos::Left)?;
        if scale.start_ms > 0.0 {
            draw_break(area, (columns.plot_start - 6.0, self.lanes_top() + self.plot_height() + 2.0))?;
        }
        Ok(chart)
    }

    fn draw_strip(&self, area: &Area<'_>, chart: &Chart<'_>, scale: &TimeScale, columns: &Columns) -> Drawn {
        let top = self.lanes_height() + STRIP_GAP;
        for (index, row) in self.strip.rows.iter().enumerate() {
            let middle = top + self.row_height * (index as f64 + 0.5);
            label(area, &row.name, (MARGIN, self.lanes_top() + middle), CAPTION, HPos::Left)?;
            lane::draw_hairline(chart, scale, middle)?;
            row::draw(chart, row, scale, columns, (middle, self.row_height))?;
        }
        if let Some(note) = &self.strip.note {
            label(area, note, (MARGIN, self.height() - 0.5 * NOTE), CAPTION, HPos::Left)?;
        }
        Ok(())
    }
}

/// Two strokes: the axis does not begin at 0.
fn draw_break(area: &Area<'_>, (x, y): (f64, f64)) -> Drawn {
    for shift in [-2.0, 2.0] {
        let ends = [(x + shift - 2.0, y + 5.0), (x + shift + 2.0, y - 5.0)].map(|(x, y)| (units(x), units(y)));
        area.draw(&PathElement::new(ends, palette::line(GREY, 1.2)))?;
    }
    Ok(())
}

/// Which requests are drawn, if not all are.
fn shown(drawing: &Drawing<'_>) -> Option<String> {
    let count = |count: u64| decimal(count as f64, 0);
    let (shown, all) = (drawing.lanes.len() as u64, drawing.policy.requests.arrived);
    if drawing.stretch.is_some() {
        let about = if drawing.under_way > drawing.all.len() as u64 { "about " } else { "" };
        return (drawing.under_way > shown)
            .then(|| format!("{} of {about}{} requests", count(shown), count(drawing.under_way)));
    }
    let first = if drawing.hides_some() { "first " } else { "" };
    drawing.is_partial().then(|| format!("{first}{} of {} requests", count(shown), count(all)))
}

/// The numbers of a policy: typical and bad response times, the share without an answer, and the utilization. They cover
/// all requests, which may have taken much longer than the drawn ones, so they have a separate unit.
pub(super) fn numbers(Drawing { policy, unit, .. }: &Drawing<'_>) -> String {
    let cores = policy.utilization.cores.map(|share| format!("CPU busy {} %", decimal(100.0 * share, 0)));
    let unanswered = policy.error_rate.filter(|share| *share > 0.0).map(|share| {
        let percent = 100.0 * share;
        format!("{} % no answer", if percent < 1.0 { "< 1".to_owned() } else { decimal(percent, 0) })
    });
    response_times(policy, *unit).into_iter().chain(unanswered).chain(cores).collect::<Vec<_>>().join(" · ")
}

/// Mean and p99: of all requests, or of each class where there are a few, whose times may have nothing in common.
fn response_times(policy: &PolicyResults, unit: AxisUnit) -> Vec<String> {
    let is_by_class = (2..=MOST_CLASSES).contains(&policy.classes.len()) && policy.requests.arrived > SHORT_RUN;
    if !is_by_class {
        let Summary { mean, p99, .. } = policy.response_time_ms;
        let mean = mean.map(|ms| format!("mean {}", unit.rounded(ms)));
        return mean.into_iter().chain(p99.map(|ms| format!("p99 {}", unit.rounded(ms)))).collect();
    }
    let of_class = |(name, class): (&String, &ClassResults)| {
        let (mean, p99) = class.response_time_ms.mean.zip(class.response_time_ms.p99)?;
        let unit = AxisUnit::of_span(p99);
        let mean = unit.rounded(mean);
        let mean = mean.strip_suffix(unit.symbol).unwrap_or(&mean).trim_end();
        Some(format!("{name} {mean} / {}", unit.rounded(p99)))
    };
    let mut times: Vec<String> = policy.classes.iter().filter_map(of_class).collect();
    if let Some(first) = times.first_mut() {
        first.insert_str(0, "mean / p99: ");
    }
    times
}

fn tick_width(scale: &TimeScale) -> f64 {
    let widest = |ms| TICK.width(&decimal(scale.position(ms), 0));
    let fraction =
        if scale.position(scale.end_ms) - scale.position(scale.start_ms) < 12.0 { TICK.width(".05") } else { 0.0 };
    widest(scale.end_ms).max(widest(scale.start_ms)) + fraction
}

/// Start, end and length of a time span.
pub(super) fn stretch(unit: AxisUnit, start_ms: f64, end_ms: f64) -> String {
    let length = AxisUnit::of_span(end_ms - start_ms);
    format!(
        "{}–{} {}, {} {}",
        unit.exact(start_ms),
        unit.exact(end_ms),
        unit.symbol,
        length.exact(end_ms - start_ms),
        length.symbol
    )
}

/// A text on a part of the page; `at` is the position of its `anchor` and its middle height.
pub(super) fn label(area: &Area<'_>, text: &str, at: (f64, f64), font: Type, anchor: HPos) -> Drawn {
    area.draw(&Text::new(text, (units(at.0), units(at.1)), font.style(anchor)))
}
