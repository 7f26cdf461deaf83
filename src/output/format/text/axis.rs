//! Scales of charts: where a value stands, and the labelled ticks above them.

/// A scale from one value to another, over a number of columns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    start: f64,
    end: f64,
    columns: usize,
    is_logarithmic: bool,
}

/// Minimum number of columns from one label to the next.
const APART: usize = 3;
/// Steps between ticks, times a power of ten.
const STEPS: [f64; 4] = [1.0, 2.0, 5.0, 10.0];

impl Scale {
    /// Equal distances are equal differences.
    pub const fn linear(start: f64, end: f64, columns: usize) -> Self {
        Self { start, end, columns, is_logarithmic: false }
    }

    /// Equal distances are equal factors. Both ends are above 0.
    pub const fn logarithmic(start: f64, end: f64, columns: usize) -> Self {
        Self { start, end, columns, is_logarithmic: true }
    }

    /// Where a value stands, in columns from the left.
    pub fn position(&self, value: f64) -> f64 {
        let share = if self.is_logarithmic {
            (value / self.start).ln() / (self.end / self.start).ln()
        } else {
            (value - self.start) / (self.end - self.start)
        };
        share * self.columns as f64
    }

    /// The column in which a value stands.
    pub fn column(&self, value: f64) -> usize {
        (self.position(value).max(0.0) as usize).min(self.columns.saturating_sub(1))
    }

    /// The ticks as a line of labels, each behind a mark in its column; `label` puts a value into words.
    pub fn line(&self, label: impl Fn(f64) -> String) -> String {
        let mut line = String::new();
        for tick in self.ticks() {
            let (column, text) = (self.column(tick), format!("│{}", label(tick)));
            let used = line.chars().count();
            let is_first = line.is_empty();
            if (is_first || used + APART <= column) && column + text.chars().count() <= self.columns + APART {
                line.push_str(&" ".repeat(column - used));
                line.push_str(&text);
            }
        }
        line
    }

    /// Round values between the ends, in ascending order.
    fn ticks(&self) -> Vec<f64> {
        if self.is_logarithmic { self.round_factors() } else { self.round_steps() }
    }

    /// At most a tick for every 12 columns.
    fn round_steps(&self) -> Vec<f64> {
        let least = (self.end - self.start) / (self.columns as f64 / 12.0).max(1.0);
        let power = 10f64.powf(least.log10().floor());
        let step = STEPS.iter().map(|step| step * power).find(|step| *step >= least).unwrap_or(10.0 * power);
        let (first, last) = ((self.start / step).ceil() as i64, (self.end / step).floor() as i64);
        (first..=last).map(|tick| tick as f64 * step).collect()
    }

    /// Powers of ten and, where they are far apart, twice and five times as much.
    fn round_factors(&self) -> Vec<f64> {
        let decades = (self.end / self.start).log10().max(0.1);
        let factors: &[f64] = if self.columns as f64 / decades >= 30.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let (first, last) = (self.start.log10().floor() as i32, self.end.log10().ceil() as i32);
        let powers = (first..=last).map(|power| 10f64.powi(power));
        let all = powers.flat_map(|power| factors.iter().map(move |factor| factor * power));
        all.filter(|tick| (self.start..=self.end).contains(tick)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_their_labels_stand_apart() {
        let line = Scale::linear(0.0, 490.0, 60).line(|tick| tick.to_string());
        assert_eq!(line, "│0          │100        │200        │300        │400");
        let line = Scale::logarithmic(8.0, 9_000.0, 60).line(|tick| tick.to_string());
        assert_eq!(line, " │10                 │100                │1000");
    }

    #[test]
    fn a_value_at_the_end_stands_in_the_last_column() {
        let scale = Scale::logarithmic(1.0, 100.0, 50);
        assert_eq!([1.0, 10.0, 100.0].map(|value| scale.column(value)), [0, 25, 49]);
        let scale = Scale::linear(20.0, 30.0, 50);
        assert_eq!([20.0, 25.0, 30.0].map(|value| scale.column(value)), [0, 25, 49]);
    }
}
