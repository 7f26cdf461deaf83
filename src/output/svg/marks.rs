//! Marks that plotters does not have: bars with patterns, symbols of a fixed size, tooltips.

use std::iter::{Empty, Once, empty, once};

use plotters::coord::CoordTranslate;
use plotters::drawing::DrawingArea;
use plotters::element::{Drawable, PointCollection};
use plotters::style::{Color, RGBColor};
use plotters_backend::{BackendCoord, DrawingBackend};

use super::canvas::{Drawn, SvgCanvas, Written, units};
use super::palette::Fill;

/// A rectangle between two corners, without an outline.
pub(super) struct Bar<C> {
    /// Its corners.
    pub(super) corners: [C; 2],
    /// Its filling.
    pub(super) paint: Fill,
}

impl<'a, C: 'a> PointCollection<'a, C> for &'a Bar<C> {
    type Point = &'a C;
    type IntoIter = &'a [C; 2];

    fn point_iter(self) -> &'a [C; 2] {
        &self.corners
    }
}

impl<C> Drawable<SvgCanvas<'_>> for Bar<C> {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        mut corners: I,
        canvas: &mut SvgCanvas<'_>,
        _: (u32, u32),
    ) -> Written {
        if let (Some(from), Some(to)) = (corners.next(), corners.next()) {
            canvas.bar(from, to, &self.paint);
        }
        Ok(())
    }
}

/// A filled shape of a fixed size at a point.
pub(super) struct Symbol<C> {
    /// Its position.
    pub(super) at: C,
    /// Its corners in pixels, relative to its position.
    pub(super) shape: Vec<(f64, f64)>,
    /// Its colour.
    pub(super) color: RGBColor,
}

impl<'a, C: 'a> PointCollection<'a, C> for &'a Symbol<C> {
    type Point = &'a C;
    type IntoIter = Once<&'a C>;

    fn point_iter(self) -> Once<&'a C> {
        once(&self.at)
    }
}

impl<C> Drawable<SvgCanvas<'_>> for Symbol<C> {
    fn draw<I: Iterator<Item = BackendCoord>>(&self, points: I, canvas: &mut SvgCanvas<'_>, _: (u32, u32)) -> Written {
        for (x, y) in points {
            let corner = |&(dx, dy): &(f64, f64)| (x + units(dx), y + units(dy));
            canvas.fill_polygon(self.shape.iter().map(corner), &self.color.to_backend_color())?;
        }
        Ok(())
    }
}

/// A line through points.
pub(super) struct Curve<C> {
    /// Its points.
    pub(super) points: Vec<C>,
    /// Its colour.
    pub(super) color: RGBColor,
    /// Its width in pixels.
    pub(super) width: f64,
    /// Lengths of dashes and gaps in pixels; empty: it is unbroken.
    pub(super) dashes: &'static str,
}

impl<'a, C: 'a> PointCollection<'a, C> for &'a Curve<C> {
    type Point = &'a C;
    type IntoIter = std::slice::Iter<'a, C>;

    fn point_iter(self) -> Self::IntoIter {
        self.points.iter()
    }
}

impl<C> Drawable<SvgCanvas<'_>> for Curve<C> {
    fn draw<I: Iterator<Item = BackendCoord>>(&self, points: I, canvas: &mut SvgCanvas<'_>, _: (u32, u32)) -> Written {
        canvas.path(points, self.color, self.width, self.dashes);
        Ok(())
    }
}

/// Draws into a group of this class with the tooltip `title`.
pub(super) fn titled<'a, CT: CoordTranslate>(
    area: &DrawingArea<SvgCanvas<'a>, CT>,
    class: &str,
    title: &str,
    draw: impl FnOnce(&DrawingArea<SvgCanvas<'a>, CT>) -> Drawn,
) -> Drawn {
    area.draw(&Tag::Begin { class, title })?;
    draw(area)?;
    area.draw(&Tag::End)
}

/// The beginning or the end of a group. It has no position.
enum Tag<'t> {
    Begin { class: &'t str, title: &'t str },
    End,
}

impl<'a, C: 'a> PointCollection<'a, C> for &'a Tag<'_> {
    type Point = &'a C;
    type IntoIter = Empty<&'a C>;

    fn point_iter(self) -> Empty<&'a C> {
        empty()
    }
}

impl Drawable<SvgCanvas<'_>> for Tag<'_> {
    fn draw<I: Iterator<Item = BackendCoord>>(&self, _: I, canvas: &mut SvgCanvas<'_>, _: (u32, u32)) -> Written {
        match self {
            Self::Begin { class, title } => canvas.begin_group(class, title),
            Self::End => canvas.end_group(),
        }
        Ok(())
    }
}
