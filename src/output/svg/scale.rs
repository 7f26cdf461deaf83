//! Time on an axis: its unit, its numbers.

/// A unit of time of an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct AxisUnit {
    /// Its symbol.
    pub(super) symbol: &'static str,
    /// Its length in milliseconds.
    pub(super) ms: f64,
}

const UNITS: [AxisUnit; 5] = [
    AxisUnit { symbol: "µs", ms: 0.001 },
    AxisUnit { symbol: "ms", ms: 1.0 },
    AxisUnit { symbol: "s", ms: 1000.0 },
    AxisUnit { symbol: "min", ms: 60_000.0 },
    AxisUnit { symbol: "h", ms: 3_600_000.0 },
];
// Minimum span of each unit, in milliseconds.
const FROM_MS: [f64; 5] = [0.0, 1.0, 5000.0, 600_000.0, 36_000_000.0];

impl AxisUnit {
    /// The most readable unit for `span_ms`.
    pub(super) fn of_span(span_ms: f64) -> Self {
        let index = FROM_MS.iter().rposition(|&from| span_ms >= from).unwrap_or(0);
        UNITS[index]
    }

    /// A length of time in this unit, to three digits: `475 ms`.
    pub(super) fn rounded(self, ms: f64) -> String {
        format!("{} {}", three_digits(ms / self.ms), self.symbol)
    }

    /// An instant or a length in this unit, to three decimals: `30`, `12.345`.
    pub(super) fn exact(self, ms: f64) -> String {
        decimal(ms / self.ms, 3)
    }
}

/// A time span on an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TimeScale {
    /// The unit of its numbers.
    pub(super) unit: AxisUnit,
    /// Its beginning.
    pub(super) start_ms: f64,
    /// Its end.
    pub(super) end_ms: f64,
    /// The origin of its numbers.
    pub(super) origin_ms: f64,
}

impl TimeScale {
    /// The scale that shows everything from `first_ms` to `last_ms`; it begins at 0 if that costs little room.
    pub(super) fn new(first_ms: f64, last_ms: f64) -> Self {
        let span = last_ms - first_ms;
        Self::exactly(if first_ms <= 0.15 * span { 0.0 } else { first_ms }, last_ms)
    }

    /// The scale from one instant to another.
    pub(super) fn exactly(start_ms: f64, last_ms: f64) -> Self {
        let unit = AxisUnit::of_span(last_ms - start_ms);
        // Long numbers are avoided by counting from a round number of units.
        let round = 1000.0 * unit.ms;
        let origin_ms = if start_ms >= 10.0 * round { (start_ms / round).floor() * round } else { 0.0 };
        // An empty span has no scale.
        let end_ms = if last_ms > start_ms { last_ms } else { start_ms + unit.ms };
        Self { unit, start_ms, end_ms, origin_ms }
    }

    /// The part of a time that is shown; `None` if none of it is.
    pub(super) fn clipped(&self, start_ms: f64, end_ms: f64) -> Option<[f64; 2]> {
        let (start, end) = (start_ms.max(self.start_ms), end_ms.min(self.end_ms));
        (start < end || (start_ms >= end_ms && start <= end)).then_some([start, end])
    }

    /// An instant in the coordinates of the axis.
    pub(super) fn position(&self, ms: f64) -> f64 {
        (ms - self.origin_ms) / self.unit.ms
    }

    /// Length of the axis.
    pub(super) fn length(&self) -> f64 {
        self.position(self.end_ms) - self.position(self.start_ms)
    }

    /// The number of a tick.
    pub(super) fn tick(&self, position: f64) -> String {
        decimal(position, 6)
    }

    /// The label of the axis.
    pub(super) fn caption(&self) -> String {
        let AxisUnit { symbol, .. } = self.unit;
        if self.origin_ms > 0.0 {
            let origin = UNITS.iter().rev().find(|unit| self.origin_ms % unit.ms == 0.0).copied().unwrap_or(self.unit);
            format!("{symbol} after {} {}", decimal(self.origin_ms / origin.ms, 0), origin.symbol)
        } else {
            format!("time in {symbol}")
        }
    }
}

/// A slowdown: `4.5×`.
pub(super) fn times(slowdown: f64) -> String {
    format!("{}×", if slowdown < 99.95 { format!("{slowdown:.1}") } else { grouped(&format!("{slowdown:.0}")) })
}

fn three_digits(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 99.95 => 0,
        v if v >= 9.995 => 1,
        v if v >= 0.9995 => 2,
        _ => 3,
    };
    decimal(value, decimals)
}

/// A number with at most this number of decimals, without trailing zeros, with grouped thousands.
pub(super) fn decimal(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    grouped(if text == "-0" { "0" } else { text })
}

/// A decimal number with commas between its thousands.
fn grouped(number: &str) -> String {
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, part) = number.find('.').map_or((number, ""), |point| number.split_at(point));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{part}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_right() {
        for (value, text) in
            [(475.0, "475"), (353.3333, "353"), (12.345, "12.3"), (0.105, "0.105"), (12345.6, "12,346")]
        {
            assert_eq!(three_digits(value), text);
        }
        assert_eq!((times(4.523), times(145.2), times(1234.0)), ("4.5×".into(), "145×".into(), "1,234×".into()));
        assert_eq!(decimal(-0.0001, 3), "0");
    }

    #[test]
    fn the_unit_follows_the_span() {
        let units = [0.02, 475.0, 9000.0, 900_000.0, 72_000_000.0].map(|span| AxisUnit::of_span(span).symbol);
        assert_eq!(units, ["µs", "ms", "s", "min", "h"]);
    }

    #[test]
    fn late_instants_are_counted_from_a_round_one() {
        let scale = TimeScale::new(600_123.0, 600_400.0);
        assert_eq!(scale.caption(), "ms after 10 min");
        assert_eq!(scale.tick(scale.position(600_200.0)), "200");
        assert_eq!(TimeScale::new(0.0, 475.0).caption(), "time in ms");
    }
}
