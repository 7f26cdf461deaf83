//! Spreads: percentiles as marks on lines, to one scale for all rows.

/// A line per row, from its first mark to its last.
#[derive(Clone, Debug, PartialEq)]
pub struct Spreads {
    /// What they show.
    pub title: String,
    /// The names of the marks, in ascending order.
    pub marks: [&'static str; 4],
    /// The rows, in order.
    pub rows: Vec<Spread>,
}

/// The marks of one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// Whose they are.
    pub name: String,
    /// Where they stand, in ascending order; a row may lack some.
    pub marks_ms: [Option<f64>; 4],
    /// What stands behind them.
    pub label: String,
}

impl Spreads {
    /// The smallest and the largest value above 0; `None` if there is none.
    pub fn ends_ms(&self) -> Option<(f64, f64)> {
        let values = self.rows.iter().flat_map(|row| row.marks_ms).flatten().filter(|value| *value > 0.0);
        values.fold(None, |ends, value| match ends {
            None => Some((value, value)),
            Some((low, high)) => Some((f64::min(low, value), f64::max(high, value))),
        })
    }
}
