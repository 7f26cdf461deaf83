//! The vertical axis that policies share, from 0 or logarithmic.

use crate::output::svg::axis::Axis;
use crate::output::svg::scale::AxisUnit;

/// If values that are to be compared differ by more than this factor, a linear axis would hide the small ones.
const TOO_FAR: f64 = 25.0;
/// A logarithmic axis shows at most this factor.
const WIDEST: f64 = 10_000.0;

/// The axis of times in ms: `tops` are the values that are to be compared, `all` are all that are drawn.
pub(super) fn of_times(tops: &[f64], all: impl Iterator<Item = f64>) -> (Axis, AxisUnit, bool) {
    let (low, high) = tops.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), top| (low.min(*top), high.max(*top)));
    let smallest = all.filter(|ms| *ms > 0.0).fold(f64::INFINITY, f64::min);
    if low > 0.0 && high / low > TOO_FAR && smallest.is_finite() {
        let (axis, unit) = Axis::of_times(smallest.max(high / WIDEST).min(high / (TOO_FAR + 1.0)), high);
        (axis, unit, true)
    } else {
        let (axis, unit) = Axis::of_times(0.0, high.max(1e-6));
        (axis, unit, false)
    }
}

/// The axis of a number from 0.
pub(super) fn from_zero(high: f64) -> Axis {
    Axis::from_zero(high)
}
