//! One row of a strip: what a worker, a thread or a loop was doing.

use plotters::element::Text;
use plotters::style::text_anchor::HPos;

use super::canvas::Drawn;
use super::marks::{Bar, titled};
use super::palette::{HELD, HELD_PLAIN, INK, PAPER, RUNNING, SEPARATOR, TINY_SIZE, Type};
use super::panel::{Chart, Columns, stretch};
use super::scale::TimeScale;
use super::strip::{Occupancy, RunnerRow};

/// Minimum width of a block with a separator to its neighbour, in pixels.
const SEPARABLE: f64 = 4.0;

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
    let font = Type::new(TINY_SIZE, PAPER).bold();
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
        let number_width = font.width(&number) + if block.runs { 2.0 } else { 10.0 };
        if number_width <= width && (block.runs || numbered != Some(block.request)) {
            let center = 0.5 * (from + to);
            let around = 0.5 * (font.width(&number) + 4.0) * pixel;
            if !block.runs {
                let corners = [(center - around, middle - half), (center + around, middle + half)];
                chart.plotting_area().draw(&Bar { corners, paint: HELD_PLAIN })?;
            }
            let font = if block.runs { font } else { Type { color: INK, ..font } };
            chart.plotting_area().draw(&Text::new(number, (center, middle), font.style(HPos::Center)))?;
            numbered = Some(block.request);
        }
    }
    Ok(())
}

fn draw_block(
    chart: &Chart<'_>,
    row: &RunnerRow,
    block: &Occupancy,
    scale: &TimeScale,
    (middle, half): (f64, f64),
) -> Drawn {
    let (from, to) = (scale.position(block.start_ms), scale.position(block.end_ms));
    let paint = if block.runs { RUNNING } else { HELD };
    let title = title(row, block, scale);
    let bar = Bar { corners: [(from, middle - half), (to, middle + half)], paint };
    titled(chart.plotting_area(), paint.id(), &title, |plot| plot.draw(&bar))
}

/// Whose it is, and when.
pub(super) fn title(row: &RunnerRow, block: &Occupancy, scale: &TimeScale) -> String {
    let (does, waits) = match (block.runs, row.is_connection) {
        (true, _) => ("runs", ""),
        (false, true) => ("is held by", ""),
        (false, false) => ("is held by", ", which waits"),
    };
    let when = stretch(scale.unit, block.start_ms, block.end_ms);
    format!("{} {does} request {} ({}){waits}, {when}", row.name, block.request, block.class)
}
