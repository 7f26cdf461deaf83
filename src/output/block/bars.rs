//! Bars: where the time went, to one scale for all rows.

use crate::model::ActivityGroup;

/// A bar per row.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    /// The bars, in order.
    pub rows: Vec<TimeBar>,
    /// What the longest bar stands for; above 0.
    pub longest_ms: f64,
}

/// The bar of one row.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeBar {
    /// Whose it is.
    pub name: String,
    /// How long each of its parts is, in the order of [`ActivityGroup::ALL`].
    pub parts_ms: [f64; ActivityGroup::ALL.len()],
    /// What stands behind it.
    pub label: String,
}
