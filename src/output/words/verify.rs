//! How exact cases were run, and the units of their figures.

use crate::study::{FigureUnit, RunWay};

/// How a system was run.
pub fn run_way(way: RunWay) -> String {
    match way.replications {
        1 => format!("one run of {} requests", way.requests),
        some => format!("{some} replications of {} requests", way.requests),
    }
}

/// The symbol of a unit; empty for a share or a count.
pub const fn figure_unit(unit: FigureUnit) -> &'static str {
    match unit {
        FigureUnit::Milliseconds => "ms",
        FigureUnit::PerSecond => "/s",
        FigureUnit::One => "",
    }
}
