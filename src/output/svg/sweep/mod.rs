//! The charts of a sweep.

use crate::output::document::SweepReport;
use crate::scenario::Dimension;

/// Whether a sweep over these dimensions has a chart: over one, or over two.
pub fn has_sweep_chart(_dimensions: &[Dimension]) -> bool {
    false
}

/// The chart of a sweep.
pub fn sweep_svg(_report: &SweepReport) -> Option<String> {
    None
}
