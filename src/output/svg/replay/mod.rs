//! Measured cases: predicted and observed percentiles, one panel per case; of many cases, their errors, a row per case.

mod rows;

use plotters::chart::{ChartBuilder, LabelAreaPosition};
use plotters::element::{Circle, PathElement, Polygon};
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, TRANSPARENT};

use crate::output::svg::canvas::{Area, Drawn, document, size_units, units};
use crate::output::svg::page::{HIGHEST, MARGIN, WIDTH};
use crate::output::svg::palette::{
    self, BAD, GREY, GRID, INK, NOTE_SIZE, RUNNING_COLOR, TEXT_SIZE, TINY_SIZE, TITLE_SIZE, Type,
};
use crate::output::svg::panel::label;
use crate::output::svg::scale::decimal;
use crate::output::svg::text::ellipsize;
use crate::study::{Replayed, ReplayedCase};

use self::rows::rows_svg;

const ACROSS: usize = 3;
const GAP: f64 = 20.0;
const PANEL: f64 = (WIDTH - 2.0 * MARGIN - (ACROSS - 1) as f64 * GAP) / ACROSS as f64;
const HEADER: f64 = 38.0;
const LEFT: f64 = 38.0;
const BOTTOM: f64 = 22.0;
const HEIGHT: f64 = PANEL - LEFT + HEADER + BOTTOM;
const TOP: f64 = 78.0;

const TITLE: Type = Type::new(TITLE_SIZE, INK).bold();
const SUBTITLE: Type = Type::new(TEXT_SIZE, GREY);
const NAME: Type = Type::new(NOTE_SIZE, INK).bold();
const FIGURES: Type = Type::new(NOTE_SIZE, GREY);
const TICK: Type = Type::new(TINY_SIZE, GREY);

/// Percentiles of each case, predicted (vertical) against observed (horizontal), as an SVG picture: they are equal on the
/// diagonal and differ by at most a tenth within the band. Of more cases than have room, a row each with the errors of the
/// judged numbers.
pub fn replay_svg(replayed: &Replayed) -> String {
    let cases: Vec<&ReplayedCase> = replayed.cases.iter().collect();
    let rows = cases.len().div_ceil(ACROSS);
    let height = TOP + rows as f64 * (HEIGHT + GAP);
    let description: Vec<String> = cases.iter().map(|case| format!("{}: {}", case.case, errors(case))).collect();
    let description = description.join("; ");
    if height > HIGHEST {
        return rows_svg(TITLE_TEXT, description, &cases);
    }
    document("replay", (WIDTH, height), TITLE_TEXT, &description, |page: &Area<'_>| {
        label(page, TITLE_TEXT, (MARGIN, 32.0), TITLE, HPos::Left)?;
        label(page, SUBTITLE_TEXT, (MARGIN, 58.0), SUBTITLE, HPos::Left)?;
        for (index, case) in cases.iter().enumerate() {
            let left = MARGIN + (index % ACROSS) as f64 * (PANEL + GAP);
            let top = TOP + (index / ACROSS) as f64 * (HEIGHT + GAP);
            draw(&page.clone().shrink((units(left), units(top)), (units(PANEL), units(HEIGHT))), case)?;
        }
        Drawn::Ok(())
    })
}

const TITLE_TEXT: &str = "Response times, predicted against observed";
const SUBTITLE_TEXT: &str = "Dots: percentiles p5 to p99 in ms; observed to the right, predicted upwards. Band: ±10 %.";

fn errors(case: &ReplayedCase) -> String {
    let shown = case.figures.iter().map(|figure| format!("{} {:+.1} %", figure.name, figure.error * 100.0));
    shown.collect::<Vec<_>>().join(" · ")
}

/// The first and the last of them, which fit above a panel.
fn ends(case: &ReplayedCase) -> String {
    let shown = case.figures.iter().take(1).chain(case.figures.iter().skip(1).next_back());
    let shown = shown.map(|figure| format!("{} {:+.1} %", figure.name, figure.error * 100.0));
    shown.collect::<Vec<_>>().join(" · ")
}

fn draw(area: &Area<'_>, case: &ReplayedCase) -> Drawn {
    label(area, &ellipsize(&case.case, PANEL, NAME.size, true), (0.0, 8.0), NAME, HPos::Left)?;
    label(area, &ellipsize(&ends(case), PANEL, FIGURES.size, false), (0.0, 24.0), FIGURES, HPos::Left)?;
    let times = case.percentiles.iter().flat_map(|pair| [pair.predicted_ms, pair.observed_ms]);
    let most = 1.08 * times.filter(|time| time.is_finite()).fold(0.001, f64::max);
    let mut chart = ChartBuilder::on(area)
        .margin_top(size_units(HEADER))
        .set_label_area_size(LabelAreaPosition::Left, units(LEFT))
        .set_label_area_size(LabelAreaPosition::Bottom, units(BOTTOM))
        .build_cartesian_2d(0.0..most, 0.0..most)?;
    chart
        .configure_mesh()
        .axis_style(TRANSPARENT)
        .x_labels(4)
        .y_labels(4)
        .max_light_lines(0)
        .light_line_style(TRANSPARENT)
        .bold_line_style(palette::line(GRID, 1.0))
        .set_all_tick_mark_size(units(3.0))
        .x_label_formatter(&|ms| decimal(*ms, 3))
        .y_label_formatter(&|ms| decimal(*ms, 3))
        .x_label_style(TICK.style(HPos::Center))
        .y_label_style(TICK.style(HPos::Right))
        .draw()?;
    let plot = chart.plotting_area();
    let band = vec![(0.0, 0.0), (most / 1.1, most), (most, most), (most, 0.9 * most)];
    plot.draw(&Polygon::new(band, RUNNING_COLOR.mix(0.12).filled()))?;
    plot.draw(&PathElement::new([(0.0, 0.0), (most, most)], palette::line(GREY, 0.75)))?;
    for pair in &case.percentiles {
        let is_near = (pair.predicted_ms / pair.observed_ms - 1.0).abs() <= 0.1;
        let color = if is_near { RUNNING_COLOR } else { BAD };
        plot.draw(&Circle::new((pair.observed_ms, pair.predicted_ms), units(2.5), color.filled()))?;
    }
    Drawn::Ok(())
}
