//! Many measured cases: a row per case, with the error of each number as a dot.

use plotters::element::{Circle, Polygon};
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBColor};

use crate::output::svg::canvas::{Area, Drawn, units};
use crate::output::svg::frame::Frame;
use crate::output::svg::marks::{Symbol, titled};
use crate::output::svg::page::{HIGHEST, MARGIN, Page, WIDTH};
use crate::output::svg::palette::{BAD, GREY, GRID, HAIRLINE, INK, NOTE_SIZE, RUNNING_COLOR, Type};
use crate::output::svg::panel::label;
use crate::output::svg::scale::decimal;
use crate::output::svg::text::ellipsize;
use crate::study::{Figure, ReplayedCase};

const ROW: f64 = 16.0;
/// Rows closer together cannot be read.
const LOWEST_ROW: f64 = 13.0;
const WIDEST_NAME: f64 = 216.0;
const GAP: f64 = 14.0;
/// From the text to the first row: names of the columns and their axes.
const HEADER: f64 = 40.0;
const FOOT: f64 = 26.0;
/// A larger error is at the edge, as a share.
const FARTHEST: f64 = 0.25;

const NAME: Type = Type::new(NOTE_SIZE, INK);
const COLUMN: Type = Type::new(NOTE_SIZE, INK).bold();
const TICK: Type = Type::new(NOTE_SIZE, GREY);

const ABOUT: &str = "Dots: by how much the prediction is above (right) or below (left) what was observed; triangles: by more than 25 %. \
     Band: ±10 %. Grey lines: how far the server's own repeats are apart. Red: further off than allowed. Grey: not judged.";

/// The picture, as far as there is room: of more cases, those with the largest errors.
pub fn rows_svg(title: &str, description: String, cases: &[&ReplayedCase]) -> String {
    let page = Page::new("replay", title, title.to_owned(), description).with_text(ABOUT, 4);
    let top = page.top() + HEADER;
    let room = HIGHEST - top - FOOT - Page::BOTTOM;
    let shown = farthest(cases, (room / LOWEST_ROW) as usize);
    let row = (room / shown.len().max(1) as f64).min(ROW);
    let bottom = top + row * shown.len() as f64;
    let left_out = cases.len() - shown.len();
    page.svg(bottom + FOOT, |area| {
        let columns = Columns::new(&shown, (top, bottom));
        columns.ground(area, &shown)?;
        for (number, case) in shown.iter().enumerate() {
            columns.row(area, case, top + row * (number as f64 + 0.5))?;
        }
        if left_out > 0 {
            let text = format!("{left_out} more cases have smaller errors; the table has all.");
            label(area, &text, (MARGIN, bottom + 14.0), TICK, HPos::Left)?;
        }
        Ok(())
    })
}

/// At most this many cases, those with the largest errors, in their order.
fn farthest<'a>(cases: &[&'a ReplayedCase], most: usize) -> Vec<&'a ReplayedCase> {
    let error = |case: &ReplayedCase| case.figures.iter().map(|figure| figure.error.abs()).fold(0.0, f64::max);
    let mut places: Vec<usize> = (0..cases.len()).collect();
    places.sort_by(|one, other| error(cases[*other]).total_cmp(&error(cases[*one])));
    places.truncate(most);
    places.sort_unstable();
    places.into_iter().map(|place| cases[place]).collect()
}

/// A column for each number.
struct Columns {
    frames: Vec<Frame>,
}

impl Columns {
    fn new(cases: &[&ReplayedCase], (top, bottom): (f64, f64)) -> Self {
        let count = cases.iter().map(|case| case.figures.len()).max().unwrap_or(1).max(1);
        let widest = cases.iter().map(|case| NAME.width(&case.case)).fold(0.0, f64::max).min(WIDEST_NAME);
        let start = MARGIN + widest + GAP;
        let width = (WIDTH - MARGIN - start - (count - 1) as f64 * GAP) / count as f64;
        let frame = |number: usize| {
            let left = start + number as f64 * (width + GAP);
            Frame { left, right: left + width, top, bottom, edge: left }
        };
        Self { frames: (0..count).map(frame).collect() }
    }

    /// Bands, axes and the names of the columns.
    fn ground(&self, area: &Area<'_>, cases: &[&ReplayedCase]) -> Drawn {
        let names = cases.iter().max_by_key(|case| case.figures.len()).map_or(&[][..], |case| &case.figures);
        for (frame, figure) in self.frames.iter().zip(names) {
            label(area, figure.name, (frame.x(0.5), frame.top - 30.0), COLUMN, HPos::Center)?;
            let [low, high] = [-Figure::ALLOWED, Figure::ALLOWED].map(|error| x(frame, error));
            let corner = |x: f64, y: f64| (units(x), units(y));
            let [top, bottom] = [frame.top - 4.0, frame.bottom + 2.0];
            let band = vec![corner(low, top), corner(high, top), corner(high, bottom), corner(low, bottom)];
            area.draw(&Polygon::new(band, RUNNING_COLOR.mix(0.12).filled()))?;
            frame.line(area, (x(frame, 0.0), top), (x(frame, 0.0), bottom), HAIRLINE, 1.0)?;
            label(area, "±10 %", (x(frame, 0.0), frame.top - 12.0), TICK, HPos::Center)?;
        }
        Ok(())
    }

    fn row(&self, area: &Area<'_>, case: &ReplayedCase, y: f64) -> Drawn {
        label(area, &ellipsize(&case.case, WIDEST_NAME, NAME.size, false), (MARGIN, y), NAME, HPos::Left)?;
        for (frame, figure) in self.frames.iter().zip(&case.figures) {
            frame.line(area, (frame.left, y), (frame.right, y), GRID, 1.0)?;
            titled(area, "error", &said(case, figure), |area| dot(area, frame, y, (case, figure)))?;
        }
        Ok(())
    }
}

/// Where an error is in a column.
fn x(frame: &Frame, error: f64) -> f64 {
    frame.x((0.5 + 0.5 * error / FARTHEST).clamp(0.0, 1.0))
}

fn dot(area: &Area<'_>, frame: &Frame, y: f64, (case, figure): (&ReplayedCase, &Figure)) -> Drawn {
    if let Some(spread) = figure.spread {
        frame.line(area, (x(frame, -spread), y), (x(frame, spread), y), GREY, 1.4)?;
    }
    let at = (units(x(frame, figure.error)), units(y));
    let color = color(case, figure);
    if figure.error.abs() <= FARTHEST {
        return area.draw(&Circle::new(at, units(3.2), color.filled()));
    }
    let outward = 5.5_f64.copysign(figure.error);
    area.draw(&Symbol { at, shape: vec![(-outward, -4.5), (0.0, 0.0), (-outward, 4.5)], color })
}

fn color(case: &ReplayedCase, figure: &Figure) -> RGBColor {
    match (case.is_judged(), figure.is_within) {
        (false, _) => GREY,
        (true, true) => RUNNING_COLOR,
        (true, false) => BAD,
    }
}

/// What is shown when one points at a dot.
fn said(case: &ReplayedCase, figure: &Figure) -> String {
    let [predicted, observed] = [figure.predicted_ms, figure.observed_ms].map(|ms| decimal(ms, 1));
    let error = figure.error * 100.0;
    format!("{}, {}: {predicted} ms predicted, {observed} ms observed, {error:+.1} %", case.case, figure.name)
}
