//! Data to `String`: text, JSON, CSV, SVG. Computes nothing.

pub mod svg;

pub use svg::timeline_svg;
