//! The plotters backend of every chart: SVG with positions finer than a pixel, tooltips and patterns.
//!
//! Plotters works in whole pixels; this canvas gives it thousandths of pixels ([`units`]) and writes hundredths. All numbers
//! are written from integers, so the same picture has the same bytes on every machine.

use std::convert::Infallible;
use std::fmt::Write;

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::style::RGBColor;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle,
};

use super::palette::{self, Fill};
use super::text::{ASCENT, DESCENT, FONTS, HALF_CAPITAL, text_width};
use crate::output::escape;

/// A part of the canvas, addressed in [`units`] from its upper left corner.
pub(super) type Area<'a> = DrawingArea<SvgCanvas<'a>, Shift>;
/// The result of drawing, which cannot fail.
pub(super) type Drawn<T = ()> = Result<T, DrawingAreaErrorKind<Infallible>>;
/// The result of a drawing primitive, which cannot fail.
pub(super) type Written = Result<(), DrawingErrorKind<Infallible>>;

const UNITS_PER_PIXEL: f64 = 1000.0;

/// Converts pixels to the units of plotters.
pub(super) fn units(pixels: f64) -> i32 {
    (pixels * UNITS_PER_PIXEL).round() as i32
}

/// Converts a size in pixels to the units of plotters.
pub(super) fn size_units(pixels: f64) -> u32 {
    units(pixels).unsigned_abs()
}

/// A complete SVG document; `title` and `description` are for screen readers. All identifiers in it begin with `picture`, so that
/// several pictures can be parts of one page.
pub(super) fn document(
    picture: &str,
    (width, height): (f64, f64),
    title: &str,
    description: &str,
    draw: impl FnOnce(&Area<'_>) -> Drawn,
) -> String {
    let size = (size_units(width), size_units(height));
    let (w, h) = (pixels(units(width)), pixels(units(height)));
    let mut body = String::new();
    let area = SvgCanvas { out: &mut body, size, picture }.into_drawing_area();
    draw(&area).expect("writing to a string cannot fail, and the canvas is not shared");
    drop(area);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\" \
         aria-labelledby=\"{picture}-title {picture}-desc\" font-family=\"{FONTS}\">\n\
         <title id=\"{picture}-title\">{}</title>\n<desc id=\"{picture}-desc\">{}</desc>\n{}\
         <rect width=\"{w}\" height=\"{h}\"{}/>\n{body}</svg>\n",
        escape::xml(title),
        escape::xml(description),
        palette::definitions(picture, &body),
        palette::painted("fill", palette::GROUND),
    )
}

/// Writes the drawing primitives of plotters as SVG elements, one per line.
pub(super) struct SvgCanvas<'a> {
    out: &'a mut String,
    size: (u32, u32),
    picture: &'a str,
}

impl SvgCanvas<'_> {
    /// Opens a group with the tooltip `title`.
    pub(super) fn begin_group(&mut self, class: &str, title: &str) {
        self.write(format_args!("<g class=\"{class}\"><title>{}</title>", escape::xml(title)));
    }

    /// Closes the group.
    pub(super) fn end_group(&mut self) {
        self.write(format_args!("</g>\n"));
    }

    /// A rectangle without an outline, in a colour or a pattern.
    pub(super) fn bar(&mut self, (x0, y0): BackendCoord, (x1, y1): BackendCoord, paint: &Fill) {
        // Both edges are rounded and the width is their difference, so that neighbours share an edge.
        let (left, right, top, bottom) = (hundredths(x0), hundredths(x1), hundredths(y0), hundredths(y1));
        self.write(format_args!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{}/>",
            decimal(left.min(right)),
            decimal(top.min(bottom)),
            decimal((right - left).abs()),
            decimal((bottom - top).abs()),
            paint.attributes(self.picture, (right - left).abs()),
        ));
    }

    /// A line through points, with dashes unless `dashes` is empty.
    pub(super) fn path(
        &mut self,
        points: impl IntoIterator<Item = BackendCoord>,
        color: RGBColor,
        width: f64,
        dashes: &str,
    ) {
        let dashes = if dashes.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{dashes}\"") };
        let stroke = palette::painted("stroke", color);
        let width = pixels(units(width));
        let style = format!(" fill=\"none\"{stroke} stroke-width=\"{width}\" stroke-linejoin=\"round\"{dashes}");
        self.points("polyline", points, &style);
    }

    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        self.out.write_fmt(text).expect("a string takes all that is written");
    }

    fn points(&mut self, element: &str, points: impl IntoIterator<Item = BackendCoord>, style: &str) {
        let points: Vec<_> = points.into_iter().map(|(x, y)| format!("{},{}", pixels(x), pixels(y))).collect();
        self.write(format_args!("<{element} points=\"{}\"{style}/>\n", points.join(" ")));
    }
}

impl DrawingBackend for SvgCanvas<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Written {
        Ok(())
    }

    fn present(&mut self) -> Written {
        Ok(())
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Written {
        self.draw_rect(point, (point.0 + units(1.0), point.1 + units(1.0)), &color, true)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Written {
        if is_visible(style) {
            let ((x1, y1), (x2, y2)) = ((pixels(from.0), pixels(from.1)), (pixels(to.0), pixels(to.1)));
            let stroke = stroke(style);
            self.write(format_args!("<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"{stroke}/>\n"));
        }
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S, filled: bool) -> Written {
        if is_visible(style) {
            let (x, y) = (pixels(from.0.min(to.0)), pixels(from.1.min(to.1)));
            let (width, height) = (pixels((to.0 - from.0).abs()), pixels((to.1 - from.1).abs()));
            let look = if filled { fill(style) } else { format!(" fill=\"none\"{}", stroke(style)) };
            self.write(format_args!("<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"{look}/>\n"));
        }
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Written {
        if is_visible(style) {
            self.points("polyline", path, &format!(" fill=\"none\"{}", stroke(style)));
        }
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Written {
        if is_visible(style) {
            self.points("polygon", path, &fill(style));
        }
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, center: BackendCoord, r: u32, style: &S, filled: bool) -> Written {
        if is_visible(style) {
            let (x, y, r) = (pixels(center.0), pixels(center.1), pixels(r.cast_signed()));
            let look = if filled { fill(style) } else { format!(" fill=\"none\"{}", stroke(style)) };
            self.write(format_args!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\"{look}/>\n"));
        }
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Written {
        if style.color().alpha <= 0.0 || text.is_empty() {
            return Ok(());
        }
        let size = style.size();
        let anchor = match style.anchor().h_pos {
            HPos::Left => "",
            HPos::Center => " text-anchor=\"middle\"",
            HPos::Right => " text-anchor=\"end\"",
        };
        // Baselines are computed: not every SVG renderer supports `dominant-baseline`.
        let below = match style.anchor().v_pos {
            VPos::Top => ASCENT,
            VPos::Center => HALF_CAPITAL,
            VPos::Bottom => -DESCENT,
        };
        let (x, y) = (pixels(x), pixels(y + (size * below).round() as i32));
        let weight = if is_bold(style) { " font-weight=\"bold\"" } else { "" };
        let (size, fill) = (pixels(size.round() as i32), fill(&style.color()));
        self.write(format_args!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{weight}{anchor}{fill}>{}</text>\n",
            escape::xml(text)
        ));
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let size = style.size();
        Ok((text_width(text, size, is_bold(style)).ceil() as u32, size.ceil() as u32))
    }
}

fn is_visible(style: &impl BackendStyle) -> bool {
    style.color().alpha > 0.0
}

fn is_bold(style: &impl BackendTextStyle) -> bool {
    matches!(style.style(), FontStyle::Bold)
}

fn fill(style: &impl BackendStyle) -> String {
    paint("fill", style.color())
}

fn stroke(style: &impl BackendStyle) -> String {
    format!("{} stroke-width=\"{}\"", paint("stroke", style.color()), pixels(style.stroke_width().cast_signed()))
}

fn paint(attribute: &str, color: BackendColor) -> String {
    let (r, g, b) = color.rgb;
    let opacity = if color.alpha < 1.0 {
        format!(" {attribute}-opacity=\"{}\"", decimal((color.alpha * 100.0).round() as i32))
    } else {
        String::new()
    };
    palette::painted(attribute, RGBColor(r, g, b)) + &opacity
}

fn hundredths(units: i32) -> i32 {
    (units + 5).div_euclid(10)
}

fn pixels(units: i32) -> String {
    decimal(hundredths(units))
}

/// Hundredths as a decimal number without trailing zeros.
fn decimal(hundredths: i32) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let (whole, part) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
    match part {
        0 => format!("{sign}{whole}"),
        _ if part % 10 == 0 => format!("{sign}{whole}.{}", part / 10),
        _ => format!("{sign}{whole}.{part:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_at_most_two_decimals() {
        let written = [(0, "0"), (5, "0.01"), (1000, "1"), (1500, "1.5"), (12_345, "12.35"), (-1250, "-1.25")];
        for (units, text) in written {
            assert_eq!(pixels(units), text);
        }
    }
}
