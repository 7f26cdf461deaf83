//! The knee: the load at which the p99 of a policy is twice its value at 10 % load.

use super::figures::{PointState, SweepFigures};
use crate::stats::Knee;

/// The load that the others are compared with, as a share of the capacity.
pub(super) const LIGHT: f64 = 0.1;

/// How much slower the p99 is at the knee.
const TIMES: f64 = 2.0;

/// A point of the curve: arrivals per second, and the p99 if there is one.
type CurvePoint = (f64, Option<f64>);

/// The knee of a policy, from its figures at 10 % load and at all points.
pub(super) fn knee<'f>(
    policy: &str,
    light: &SweepFigures,
    points: impl Iterator<Item = &'f SweepFigures>,
) -> Option<Knee> {
    let p99 = |figures: &SweepFigures| figures.percentiles[2].value.filter(|_| figures.state == PointState::Measured);
    let reference = p99(light)?;
    let mut curve: Vec<CurvePoint> =
        points.filter_map(|figures| Some((figures.offered_per_s?, p99(figures)))).collect();
    curve.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (offered_per_s, between_per_s) = crossing(&curve, TIMES * reference);
    Some(Knee { policy: policy.to_owned(), p99_at_10_percent_ms: reference, offered_per_s, between_per_s })
}

/// Where a curve first reaches a height: interpolated, and the points on both sides. A point without p99 is above any height.
fn crossing(curve: &[CurvePoint], height: f64) -> (Option<f64>, [Option<f64>; 2]) {
    let is_above = |(_, p99): &CurvePoint| p99.is_none_or(|p99| p99 >= height);
    let Some(first) = curve.iter().position(is_above) else {
        return (None, [curve.last().map(|point| point.0), None]);
    };
    let (right, high) = curve[first];
    let Some((left, low)) = first.checked_sub(1).map(|before| curve[before]) else {
        return (None, [None, Some(right)]);
    };
    let share = high.zip(low).filter(|(high, low)| high > low).map(|(high, low)| (height - low) / (high - low));
    (share.map(|share| left + share * (right - left)), [Some(left), Some(right)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crossing_is_interpolated_between_the_two_points_around_it() {
        let curve = [(10.0, Some(100.0)), (20.0, Some(150.0)), (30.0, Some(250.0)), (40.0, None)];
        assert_eq!(crossing(&curve, 200.0), (Some(25.0), [Some(20.0), Some(30.0)]));
    }

    #[test]
    fn a_crossing_outside_of_the_points_or_next_to_an_unstable_one_has_no_value() {
        let curve = [(10.0, Some(100.0)), (20.0, Some(150.0))];
        assert_eq!(crossing(&curve, 200.0), (None, [Some(20.0), None]));
        assert_eq!(crossing(&curve, 50.0), (None, [None, Some(10.0)]));
        assert_eq!(crossing(&[(10.0, Some(100.0)), (20.0, None)], 200.0), (None, [Some(10.0), Some(20.0)]));
    }
}
