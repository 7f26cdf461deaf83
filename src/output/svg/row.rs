//! One row of a strip: what a worker, a thread, a loop or a connection was doing.

use plotters::element::Text;
use plotters::style::text_anchor::HPos;

use super::canvas::Drawn;
use super::marks::{Bar, titled};
use super::palette::{HELD_PLAIN, INK, PAPER, SEPARATOR, TINY_SIZE, Type};
use super::panel::{Chart, Columns, stretch};
use super::scale::TimeScale;
use super::strip::{Hold, Number, Occupancy, RunnerRow};

/// Minimum width of a block with a separator to its neighbour, in pixels.
const SEPARABLE: f64 = 4.0;
/// Room on both sides of a number, in pixels: on a plain ground, and on the bar itself.
const AROUND_PLAIN: f64 = 10.0;
const AROUND: f64 = 2.0;
const NUMBER: Type = Type::new(TINY_SIZE, PAPER).bold();

/// Draws the row around `middle`. The number of a request is in every block that runs it and has room, and in the first
/// other block with room.
pub(super) fn draw(
    chart: &Chart<'_>,
    row: &RunnerRow,
    scale: &TimeScale,
    columns: &Columns,
    (middle, height): (f64, f64),
) -> Drawn {
    let half = 0.5 * height - 1.5;
    let pixel = scale.length() / (columns.plot_end - columns.plot_start);
    let mut before: Option<&Occupancy> = None;
    let mut numbered = None;
    for block in &row.blocks {
        draw_block(chart, row, block, scale, (middle, half))?;
        let (from, to) = (scale.position(block.start_ms), scale.position(block.end_ms));
        let width = (to - from) / pixel;
        if before.is_some_and(|before| before.request != block.request) && width >= SEPARABLE {
            let corners = [(from - 0.5 * pixel, middle - half), (from + 0.5 * pixel, middle + half)];
            chart.plotting_area().draw(&Bar { corners, paint: SEPARATOR })?;
        }
        before = Some(block);

        let number = block.request.to_string();
        let around = match block.hold.number() {
            Number::InEach => AROUND,
            Number::InFirst if numbered != Some(block.request) => AROUND_PLAIN,
            Number::InFirst | Number::None => continue,
        };
        if NUMBER.width(&number) + around <= width {
            let is_on_plain = block.hold.number() == Number::InFirst;
            draw_number(chart, &number, is_on_plain, (0.5 * (from + to), pixel), (middle, half))?;
            numbered = Some(block.request);
        }
    }
    Ok(())
}

/// The number of a request around `center`, on a plain ground if it needs one.
fn draw_number(
    chart: &Chart<'_>,
    number: &str,
    is_on_plain: bool,
    (center, pixel): (f64, f64),
    (middle, half): (f64, f64),
) -> Drawn {
    if is_on_plain {
        let around = 0.5 * (NUMBER.width(number) + 4.0) * pixel;
        let corners = [(center - around, middle - half), (center + around, middle + half)];
        chart.plotting_area().draw(&Bar { corners, paint: HELD_PLAIN })?;
    }
    let font = if is_on_plain { Type { color: INK, ..NUMBER } } else { NUMBER };
    chart.plotting_area().draw(&Text::new(number.to_owned(), (center, middle), font.style(HPos::Center)))
}

fn draw_block(
    chart: &Chart<'_>,
    row: &RunnerRow,
    block: &Occupancy,
    scale: &TimeScale,
    (middle, half): (f64, f64),
) -> Drawn {
    let (from, to) = (scale.position(block.start_ms), scale.position(block.end_ms));
    let paint = block.hold.fill();
    let title = title(row, block, scale);
    let bar = Bar { corners: [(from, middle - half), (to, middle + half)], paint };
    titled(chart.plotting_area(), paint.id(), &title, |plot| plot.draw(&bar))
}

/// Whose it is, and when.
pub(super) fn title(row: &RunnerRow, block: &Occupancy, scale: &TimeScale) -> String {
    let Occupancy { hold, request, class, start_ms, end_ms } = block;
    let when = stretch(scale.unit, *start_ms, *end_ms);
    let what = match hold {
        Hold::Runs => format!("runs request {request} ({class})"),
        Hold::Waits => format!("is held by request {request} ({class}), which waits"),
        Hold::Connection => format!("is held by request {request} ({class})"),
        Hold::Others => "is held by requests that are not shown".to_owned(),
    };
    format!("{} {what}, {when}", row.name)
}
