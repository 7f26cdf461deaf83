//! Axes: linear, logarithmic, or one value after another.

use super::frame::TICK;
use super::scale::{AxisUnit, TimeScale, decimal};
use super::text::ellipsize;
use crate::scenario::{AxisKind, Dimension};

/// From this ratio of the largest to the smallest value on, a logarithmic axis shows more.
const LOG_RATIO: f64 = 12.0;

/// Ratios of neighbours that differ by less are equal.
const SAME_RATIO: f64 = 0.02;

/// How values are placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Placing {
    Linear,
    Log,
}

/// Names are not cut to less than this, in pixels.
const SHORTEST: f64 = 40.0;

/// Whether texts at these places, shares of the axis, fit next to each other.
pub type Fits<'a> = &'a dyn Fn(&[(f64, String)]) -> bool;

/// An axis: which value is where, and what is written at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    placing: Placing,
    low: f64,
    high: f64,
    /// The values to be written, and their texts.
    pub ticks: Vec<(f64, String)>,
}

impl Axis {
    /// The axis of a dimension: of its values where they are numbers, else of their order.
    pub fn of_dimension(dimension: &Dimension, room: f64, fits: Fits<'_>) -> Self {
        if dimension.kind.is_none() {
            return Self::of_order(dimension, room, fits);
        }
        let positions = positions(dimension);
        let (low, high) = extremes(&positions);
        let is_wide = high / low >= 4.0 * LOG_RATIO && !is_arithmetic(&positions);
        let is_log = low > 0.0 && (is_geometric(&positions) || is_wide);
        let placing = if is_log { Placing::Log } else { Placing::Linear };
        let axis = Self { placing, low, high, ticks: Vec::new() };
        let unit = unit_of(dimension, high);
        let texts = |values: &[f64]| -> Vec<(f64, String)> {
            values.iter().map(|value| (*value, decimal(value / unit, 6))).collect()
        };
        let choices = [texts(&positions), texts(&axis.round_ticks(unit)), texts(&[low, high])];
        axis.with_ticks(choices, fits)
    }

    /// The axis of the order of a dimension's values: every one is written, or every other one, and so on; long ones are cut
    /// to `room`.
    pub fn of_order(dimension: &Dimension, room: f64, fits: Fits<'_>) -> Self {
        let count = dimension.values.len();
        let axis = Self { placing: Placing::Linear, low: 0.0, high: count as f64 - 1.0, ticks: Vec::new() };
        let text = |label: &str| ellipsize(label, room.max(SHORTEST), TICK.size, TICK.bold);
        let labels = || dimension.values.iter().enumerate().map(|(place, value)| (place as f64, text(&value.label)));
        axis.with_ticks((1..=count.max(1)).map(|step| labels().step_by(step).collect()), fits)
    }

    /// The same with the first of these ticks that fit, or the last of them.
    fn with_ticks(self, choices: impl IntoIterator<Item = Vec<(f64, String)>>, fits: Fits<'_>) -> Self {
        let mut chosen = Vec::new();
        for ticks in choices {
            let placed: Vec<_> = ticks.iter().map(|(value, text)| (self.share(*value), text.clone())).collect();
            chosen = ticks;
            if fits(&placed) {
                break;
            }
        }
        Self { ticks: chosen, ..self }
    }

    /// The axis of times from `low` to `high`, in ms.
    pub fn of_times(low: f64, high: f64) -> (Self, AxisUnit) {
        let unit = AxisUnit::of_span(high);
        (Self::of_amounts(low, high, unit.ms), unit)
    }

    /// The axis of numbers from `low` to `high`, written in multiples of `unit`; it begins at 0 if it is linear.
    pub fn of_amounts(low: f64, high: f64, unit: f64) -> Self {
        let is_log = low > 0.0 && high / low >= LOG_RATIO;
        let axis = match is_log {
            true => Self { placing: Placing::Log, low: low / 1.15, high: high * 1.15, ticks: Vec::new() },
            false => Self { placing: Placing::Linear, low: 0.0, high: 1.08 * high.max(1e-9), ticks: Vec::new() },
        };
        let ticks = axis.round_ticks(unit).iter().map(|value| (*value, decimal(value / unit, 6))).collect();
        Self { ticks, ..axis }
    }

    /// The axis of a number from 0 to `high`.
    pub fn from_zero(high: f64) -> Self {
        let axis = Self { placing: Placing::Linear, low: 0.0, high: 1.08 * high.max(1e-9), ticks: Vec::new() };
        Self { ticks: axis.round_ticks(1.0).iter().map(|value| (*value, decimal(*value, 6))).collect(), ..axis }
    }

    /// The same with numbers without a unit.
    pub fn plain(self) -> Self {
        let ticks = self.round_ticks(1.0).iter().map(|value| (*value, decimal(*value, 6))).collect();
        Self { ticks, ..self }
    }

    /// The same with every other tick, and so on, until they are at least that far apart on an axis of that length.
    pub fn spaced(self, length: f64, distance: f64) -> Self {
        let mut axis = self;
        let is_close = |axis: &Self| {
            let places: Vec<f64> = axis.ticks.iter().map(|(value, _)| length * axis.share(*value)).collect();
            places.windows(2).any(|pair| (pair[1] - pair[0]).abs() < distance)
        };
        while axis.ticks.len() > 2 && is_close(&axis) {
            axis.ticks = axis.ticks.into_iter().step_by(2).collect();
        }
        axis
    }

    /// The same with these ticks only.
    pub fn with(self, ticks: Vec<(f64, String)>) -> Self {
        Self { ticks, ..self }
    }

    /// The axis of instants, in ms, with about that many ticks.
    pub fn of_instants(scale: &TimeScale, most: usize) -> Self {
        let (low, high) = (scale.start_ms, scale.end_ms);
        let axis = Self { placing: Placing::Linear, low, high, ticks: Vec::new() };
        let positions = linear_ticks(scale.position(low), scale.position(high));
        let step = positions.len().div_ceil(most.max(2));
        let tick = |position: f64| (position * scale.unit.ms + scale.origin_ms, scale.tick(position));
        Self { ticks: positions.into_iter().step_by(step).map(tick).collect(), ..axis }
    }

    /// Where a value is, from 0 to 1.
    pub fn share(&self, value: f64) -> f64 {
        if self.high <= self.low {
            return 0.5;
        }
        match self.placing {
            Placing::Linear => (value - self.low) / (self.high - self.low),
            Placing::Log => (value / self.low).ln() / (self.high / self.low).ln(),
        }
    }

    /// Whether a value lies on the axis.
    pub fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// Round values on the axis, in multiples of `unit`.
    fn round_ticks(&self, unit: f64) -> Vec<f64> {
        let values = match self.placing {
            Placing::Linear => linear_ticks(self.low / unit, self.high / unit),
            Placing::Log => log_ticks(self.low / unit, self.high / unit),
        };
        values.into_iter().map(|value| value * unit).filter(|value| self.holds(*value)).collect()
    }
}

/// Where the values of a dimension are: their numbers, or their places.
pub fn positions(dimension: &Dimension) -> Vec<f64> {
    let place = |(place, position): (usize, Option<f64>)| position.unwrap_or(place as f64);
    dimension.values.iter().map(|value| value.position).enumerate().map(place).collect()
}

/// The name of a dimension, with its unit.
pub fn caption(dimension: &Dimension) -> String {
    let high = extremes(&positions(dimension)).1;
    let unit = match dimension.kind {
        Some(AxisKind::Rate) => " in requests per second".to_owned(),
        Some(AxisKind::Time) => format!(" in {}", AxisUnit::of_span(high).symbol),
        Some(AxisKind::Percent) => " in %".to_owned(),
        Some(AxisKind::Factor) => ", times what the scenario has".to_owned(),
        Some(AxisKind::Number) | None => String::new(),
    };
    dimension.name() + &unit
}

fn unit_of(dimension: &Dimension, high: f64) -> f64 {
    match dimension.kind {
        Some(AxisKind::Time) => AxisUnit::of_span(high).ms,
        Some(AxisKind::Rate | AxisKind::Percent | AxisKind::Factor | AxisKind::Number) | None => 1.0,
    }
}

fn extremes(values: &[f64]) -> (f64, f64) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (low, high)
}

/// Whether each value is the same multiple of the one before it.
fn is_geometric(values: &[f64]) -> bool {
    let ratios: Vec<f64> = values.windows(2).map(|pair| pair[1] / pair[0]).collect();
    let Some(first) = ratios.first().filter(|_| ratios.len() >= 3) else { return false };
    *first > 1.2 && ratios.iter().all(|ratio| (ratio / first - 1.0).abs() < SAME_RATIO)
}

/// Whether each value is as far from the one before it as all others.
fn is_arithmetic(values: &[f64]) -> bool {
    let steps: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 1e-6 * pair[0].abs())
}

/// About five round values.
fn linear_ticks(low: f64, high: f64) -> Vec<f64> {
    let span = high - low;
    if span <= 0.0 || !span.is_finite() {
        return vec![low];
    }
    let power = 10_f64.powf((span / 5.0).log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|times| times * power).find(|step| span / step <= 6.0);
    let step = step.unwrap_or(span);
    let first = (low / step).ceil() as i64;
    (first..=(high / step).floor() as i64).map(|times| times as f64 * step).collect()
}

/// 1, 2, 5 times powers of ten, or only the powers if these are many.
fn log_ticks(low: f64, high: f64) -> Vec<f64> {
    let powers: Vec<f64> =
        (low.log10().floor() as i32..=high.log10().ceil() as i32).map(|power| 10_f64.powi(power)).collect();
    let within = |values: &[f64]| -> Vec<f64> {
        powers
            .iter()
            .flat_map(|power| values.iter().map(move |value| value * power))
            .filter(|value| (low..=high).contains(value))
            .collect()
    };
    let fine = within(&[1.0, 2.0, 5.0]);
    if fine.len() <= 7 { fine } else { within(&[1.0]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(linear_ticks(0.0, 430.0), [0.0, 100.0, 200.0, 300.0, 400.0]);
        assert_eq!(log_ticks(8.0, 600.0), [10.0, 20.0, 50.0, 100.0, 200.0, 500.0]);
        assert_eq!(log_ticks(0.9, 20_000.0), [1.0, 10.0, 100.0, 1000.0, 10_000.0]);
    }

    #[test]
    fn powers_of_two_are_geometric() {
        assert!(is_geometric(&[1.0, 2.0, 4.0, 8.0]));
        assert!(!is_geometric(&[10.0, 20.0, 30.0, 40.0]));
        assert!(is_arithmetic(&[10.0, 20.0, 30.0, 40.0]) && !is_arithmetic(&[1.0, 10.0, 100.0]));
    }

    #[test]
    fn a_wide_range_of_times_has_a_logarithmic_axis() {
        let (axis, unit) = Axis::of_times(2.0, 900.0);
        assert_eq!((axis.placing, unit.symbol), (Placing::Log, "ms"));
        assert!((axis.share(2.0 / 1.15)).abs() < 1e-9 && (axis.share(900.0 * 1.15) - 1.0).abs() < 1e-9);
        assert_eq!(Axis::of_times(100.0, 400.0).0.placing, Placing::Linear);
    }
}
