//! Cells of a sweep: a number, or why there is none; and whether the point meets its objectives.

use crate::output::block::number::{NONE, TimeUnit};
use crate::study::{PointState, SweepFigures, SweepNumber};

/// Shown in place of the numbers of a point beyond capacity.
pub const UNSTABLE: &str = "unstable";
/// Shown in place of the numbers of a run that stopped before its end.
pub const STOPPED: &str = "stopped";
/// Shown in place of a percentile that does not exist because too many requests got no answer.
pub const NO_ANSWER: &str = "no answer";
/// Shown in place of what was not finished.
const MISSING: &str = "…";

/// A number of a table.
pub type Number<'n> = &'n dyn Fn(&SweepFigures) -> SweepNumber;

/// What is shown instead of numbers, if there are none.
pub fn instead(figures: Option<&SweepFigures>) -> Option<&'static str> {
    match figures.map(|figures| figures.state) {
        None => Some(MISSING),
        Some(PointState::Unstable) => Some(UNSTABLE),
        Some(PointState::Stopped) => Some(STOPPED),
        Some(PointState::Measured) => None,
    }
}

/// The number, unless something is shown instead.
pub fn shown(figures: Option<&SweepFigures>, number: Number<'_>) -> Option<SweepNumber> {
    figures.filter(|figures| figures.state == PointState::Measured).map(number)
}

/// A column of times in a unit.
pub fn times(unit: TimeUnit, all: &[Option<&SweepFigures>], number: Number<'_>) -> Vec<String> {
    let numbers: Vec<Option<SweepNumber>> = all.iter().map(|figures| shown(*figures, number)).collect();
    let column = unit.column(&numbers.iter().map(|number| number.as_ref()?.value).collect::<Vec<_>>());
    let cell = |((cell, figures), number): ((String, &Option<&SweepFigures>), &Option<SweepNumber>)| {
        let beyond = number.filter(|number| number.is_beyond).map(|_| NO_ANSWER);
        instead(*figures).or(beyond).map_or(cell, str::to_owned)
    };
    column.into_iter().zip(all).zip(&numbers).map(cell).collect()
}

/// Whether a point meets its objectives, in signs; nothing if there are none.
pub fn mark(figures: Option<&SweepFigures>) -> &'static str {
    let measured = figures.filter(|figures| figures.state == PointState::Measured);
    match measured.map(|figures| (figures.meets_all(), figures.is_undecided())) {
        None | Some((None, _)) => "",
        Some((Some(true), false)) => " ✓",
        Some((Some(true), true)) => " ✓?",
        Some((Some(false), false)) => " ✗",
        Some((Some(false), true)) => " ✗?",
    }
}

/// The same in words, and whether they are good ones.
pub fn verdict(figures: Option<&SweepFigures>) -> (bool, String) {
    let meets = figures.and_then(SweepFigures::meets_all);
    let words = match (meets, figures.is_some_and(SweepFigures::is_undecided)) {
        (None, _) => NONE,
        (Some(true), false) => "met",
        (Some(true), true) => "met, undecided",
        (Some(false), false) => "broken",
        (Some(false), true) => "broken, undecided",
    };
    (meets == Some(true), words.to_owned())
}
