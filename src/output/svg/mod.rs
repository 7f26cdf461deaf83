//! Data to SVG.
//!
//! Charts are laid out by plotters and written by a canvas of our own ([`canvas`]), in one palette ([`palette`]), with
//! text that is measured ([`text`]).

mod canvas;
mod lane;
mod legend;
mod marks;
mod palette;
mod panel;
mod scale;
mod strip;
mod text;
mod timeline;

pub use text::{ASCENT, DESCENT, FONTS, text_width};
pub use timeline::timeline_svg;
