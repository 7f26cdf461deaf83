//! Numbers of the same kind of several requests, which are recorded together: loops over them are short and without branches.

use std::ops::Range;

use super::bins::place_of_exact;

/// Maximum number of values of a column: the sum of that many below 2^[`EXACT_BITS`] fits into 64 bits.
pub(super) const MOST: usize = 1 << 10;

/// A float has all whole numbers below 2 to this, and a sum of it and such a number shows the number in its lowest bits.
pub(super) const EXACT_BITS: u32 = f64::MANTISSA_DIGITS - 1;

/// 2^52.
const WHOLE: f64 = (1_u64 << EXACT_BITS) as f64;

/// A whole number below 2^52 as a float. Unlike a conversion of any number, many are converted at once.
#[inline(always)]
pub(super) fn exact_float(value: u64) -> f64 {
    f64::from_bits(value | WHOLE.to_bits()) - WHOLE
}

/// A column to be filled again and again.
#[derive(Clone, Debug, Default)]
pub(super) struct Column {
    values: Vec<u64>,
    places: Vec<u64>,
}

/// Values, and where they belong in a histogram.
#[derive(Clone, Copy, Debug)]
pub(super) struct Values<'a> {
    values: &'a [u64],
    /// None if a value is no float exactly.
    places: &'a [u64],
}

impl Column {
    /// It holds these values until it is filled again: at most [`MOST`].
    #[inline]
    pub fn fill(&mut self, values: impl Iterator<Item = u64>) -> Values<'_> {
        self.values.clear();
        self.values.extend(values);
        self.placed()
    }

    /// Places for as many values, to be filled in.
    #[inline]
    pub fn room(&mut self, count: usize) -> &mut [u64] {
        self.values.resize(count, 0);
        &mut self.values
    }

    /// The same without those that are equal to one.
    #[inline]
    pub fn fill_without(&mut self, values: impl Iterator<Item = u64>, excluded: u64) -> Values<'_> {
        self.values.clear();
        self.values.extend(values);
        if self.values.contains(&excluded) {
            self.values.retain(|value| *value != excluded);
        }
        self.placed()
    }

    /// What it holds, once the places of all values are known.
    #[inline]
    pub fn placed(&mut self) -> Values<'_> {
        debug_assert!(self.values.len() <= MOST);
        self.places.clear();
        if are_exact(&self.values) {
            self.places.extend(self.values.iter().map(|value| place_of_exact(exact_float(*value))));
        }
        self.values()
    }

    /// What it was filled with.
    pub fn values(&self) -> Values<'_> {
        Values { values: &self.values, places: &self.places }
    }
}

impl<'a> Values<'a> {
    /// The values.
    pub const fn all(self) -> &'a [u64] {
        self.values
    }

    /// Their places; none if a value is no float exactly.
    pub const fn places(self) -> &'a [u64] {
        self.places
    }

    /// Whether no value is 2^[`EXACT_BITS`] or more.
    pub const fn are_exact(self) -> bool {
        self.places.len() == self.values.len()
    }

    /// Some of them.
    pub fn part(self, range: Range<usize>) -> Self {
        let places = if self.are_exact() { &self.places[range.clone()] } else { self.places };
        Self { values: &self.values[range], places }
    }
}

/// Whether no value is 2^[`EXACT_BITS`] or more.
#[inline]
fn are_exact(values: &[u64]) -> bool {
    values.iter().fold(0, |bits, value| bits | value) >> EXACT_BITS == 0
}
