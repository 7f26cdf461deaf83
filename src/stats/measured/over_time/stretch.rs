//! A stretch of time that is divided among windows.
//!
//! Amounts are counted in units of 2^-32 ns. A stretch gives each nanosecond the same whole number of units, and what is left to
//! its end; so what windows get does not depend on how wide they were when it came, and adds up when they are joined.

use crate::model::{SimDuration, SimTime};

/// Units in a nanosecond.
const UNITS: u128 = 1 << 32;

/// A time that is spread evenly over a stretch of at least that length.
#[derive(Clone, Copy, Debug)]
pub(super) struct SpreadTime {
    pub start: SimTime,
    pub end: SimTime,
    /// Units for each nanosecond, and what is left for the end.
    rate: u128,
    rest: u128,
}

impl SpreadTime {
    /// That much time, spread from one instant to another.
    pub fn new(start: SimTime, end: SimTime, amount: SimDuration) -> Self {
        let amount = units(u128::from(amount.as_nanos()));
        let length = u128::from((end - start).as_nanos());
        let rate = amount.checked_div(length).unwrap_or(0);
        Self { start, end, rate, rest: amount - rate * length }
    }

    /// A level of one.
    pub fn of_one(start: SimTime, end: SimTime) -> Self {
        let rate = if end > start { UNITS } else { 0 };
        Self { start, end, rate, rest: 0 }
    }

    /// What of it lies after an instant.
    pub fn after(self, start: SimTime) -> Self {
        Self { start: self.start.max(start).min(self.end), ..self }
    }

    /// The units of this many nanoseconds.
    pub const fn part(&self, nanos: u64) -> u128 {
        self.rate * nanos as u128
    }

    /// The units from an instant to its end.
    pub fn last_part(&self, start: SimTime) -> u128 {
        self.part((self.end - start).as_nanos()) + self.rest
    }
}

/// Nanoseconds in units.
pub(super) const fn units(nanos: u128) -> u128 {
    nanos * UNITS
}

/// Units in nanoseconds.
pub(super) fn nanos(units: u128) -> f64 {
    units as f64 / UNITS as f64
}
