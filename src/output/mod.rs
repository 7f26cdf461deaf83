//! Data to `String`: text, JSON, CSV, SVG. Computes nothing.
