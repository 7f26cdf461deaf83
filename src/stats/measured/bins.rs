//! Counts of whole numbers in bins whose width grows with the number: a histogram of constant relative resolution.
//!
//! Each octave from 2^BITS on, from a power of two to the next, is a page of 2^BITS bins of equal width; numbers below
//! have a bin each. Bins are numbered in the order of their numbers. The bits of a number say where it belongs: the position of
//! its highest one is the page, it and the BITS below it the bin; and as that is also how a float is written, the highest bits
//! of the float are the number of the bin, but for where they begin to count. Pages take memory from the first to the last
//! into which a number has fallen.
//!
//! Counts have 16 bits each, so that many fit into the fastest cache; what is carried beyond is kept apart.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::column::Values;

type Count = u16;

/// A bin is at most 2^-BITS times as wide as its numbers are large, and its middle within half of that.
const BITS: u32 = 9;
/// Bins of a page.
const PAGE: usize = 1 << BITS;
/// What the highest bits of the float 2^BITS are.
const HIGHEST_BITS_OF_PAGE: u64 = (PAGE as f64).to_bits() >> FLOAT_SHIFT;
/// How many bits of a float are of no interest.
const FLOAT_SHIFT: u32 = f64::MANTISSA_DIGITS - 1 - BITS;

/// Numbers of bins are below this.
const BINS: usize = (u64::BITS - BITS + 1) as usize * PAGE;
/// How many pages more than are needed get memory.
const PAGES_BESIDE: usize = 2;

/// The number of the bin of a whole number, given as a float, from 2^BITS on; a number outside all other bins if it is less.
#[inline(always)]
pub(super) fn place_of_exact(value: f64) -> u64 {
    (value.to_bits() >> FLOAT_SHIFT).wrapping_sub(HIGHEST_BITS_OF_PAGE - PAGE as u64)
}

/// A histogram.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(into = "Vec<u64>", try_from = "Vec<u64>")]
pub(super) struct Bins {
    /// How often each number below 2^BITS came; empty until one does.
    low: Vec<u64>,
    /// A count for each bin from `first` on, which is the first bin of a page; not of those in `low`.
    counts: Vec<Count>,
    first: usize,
    /// How often a count has passed its bits, by bin.
    carries: BTreeMap<usize, u64>,
}

/// A bin that is not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bin {
    /// The least number that belongs here.
    pub low: u64,
    /// The greatest.
    pub high: u64,
    /// How many there are; at least 1.
    pub count: u64,
}

impl Bin {
    /// The number in the middle; of two, the greater.
    pub const fn middle(&self) -> u64 {
        self.low + (self.high - self.low).div_ceil(2)
    }
}

impl Bins {
    /// Counts numbers. Returns how many of them are 0.
    #[inline]
    pub fn record(&mut self, values: Values<'_>) -> u64 {
        if !values.are_exact() {
            return self.record_all(values.all());
        }
        let (mut rest, mut zeros) = (values, 0);
        while let Some(place) = self.record_known(rest, &mut zeros) {
            rest = rest.part(place..rest.all().len());
            self.cover_all(rest);
        }
        self.record_zeros(zeros)
    }

    /// Counts numbers up to the first whose bin has no memory yet; returns its place. Of 0 it only notes how often it comes.
    #[inline]
    fn record_known(&mut self, values: Values<'_>, zeros: &mut u64) -> Option<usize> {
        let (groups, rest) = values.places().as_chunks::<4>();
        for (group, bins) in groups.iter().enumerate() {
            // Unrolled.
            for (place, bin) in bins.iter().enumerate() {
                if !self.count_known(*bin) && !self.count_low(values.all()[4 * group + place], zeros) {
                    return Some(4 * group + place);
                }
            }
        }
        let before = 4 * groups.len();
        let is_unknown = |(place, bin): (usize, &u64)| {
            !self.count_known(*bin) && !self.count_low(values.all()[before + place], zeros)
        };
        rest.iter().enumerate().position(is_unknown).map(|place| before + place)
    }

    /// Counts a number from 2^BITS on, given by its bin, if that has memory.
    #[inline(always)]
    fn count_known(&mut self, bin: u64) -> bool {
        let Some(count) = self.counts.get_mut((bin as usize).wrapping_sub(self.first)) else { return false };
        add(count, 1, || carry(&mut self.carries, bin as usize));
        true
    }

    /// Counts a number below 2^BITS, if its bin has memory; of 0 it only notes how often it comes.
    #[inline(always)]
    fn count_low(&mut self, value: u64, zeros: &mut u64) -> bool {
        if value == 0 {
            *zeros += 1;
            return true;
        }
        let count = self.low.get_mut(value as usize).map(|count| *count += 1);
        count.is_some()
    }

    /// The bins of all these numbers have memory from now on.
    #[cold]
    fn cover_all(&mut self, values: Values<'_>) {
        let bins = || values.all().iter().map(|value| place(*value));
        if bins().any(|bin| bin < PAGE) {
            self.low.resize(PAGE, 0);
        }
        let high = || bins().filter(|bin| *bin >= PAGE);
        if let (Some(first), Some(last)) = (high().min(), high().max()) {
            self.cover(beside(first..last + 1));
        }
    }

    /// The same for numbers of any size.
    #[cold]
    fn record_all(&mut self, values: &[u64]) -> u64 {
        values.iter().for_each(|value| self.record_any(*value));
        values.iter().filter(|value| **value == 0).count() as u64
    }

    /// Counts a number.
    #[inline(never)]
    pub fn record_any(&mut self, value: u64) {
        let place = place(value);
        if place < PAGE {
            self.record_low(place, 1);
            return;
        }
        self.cover(beside(place..place + 1));
        add(&mut self.counts[place - self.first], 1, || carry(&mut self.carries, place));
    }

    /// Counts 0 that many times, and returns that.
    #[inline]
    fn record_zeros(&mut self, count: u64) -> u64 {
        if count > 0 {
            self.record_low(0, count);
        }
        count
    }

    fn record_low(&mut self, value: usize, count: u64) {
        self.low.resize(PAGE, 0);
        self.low[value] += count;
    }

    /// Adds a count to a bin.
    fn add_to(&mut self, place: usize, count: u64) {
        if place < PAGE {
            return self.record_low(place, count);
        }
        self.cover(place..place + 1);
        add(&mut self.counts[place - self.first], count as Count, || carry(&mut self.carries, place));
        let carries = count >> Count::BITS;
        if carries > 0 {
            *self.carries.entry(place).or_default() += carries;
        }
    }

    /// Takes all counts of another histogram into this one.
    pub fn merge(&mut self, other: &Self) {
        self.low.resize(self.low.len().max(other.low.len()), 0);
        self.low.iter_mut().zip(&other.low).for_each(|(count, more)| *count += more);
        if other.counts.is_empty() {
            return;
        }
        let bins = other.first..other.first + other.counts.len();
        self.cover(bins.clone());
        let counts = &mut self.counts[bins.start - self.first..bins.end - self.first];
        if add_each(counts, &other.counts) {
            // Those that are less than what was added have passed their bits.
            let passed = counts.iter().zip(&other.counts).zip(bins).filter(|((sum, more), _)| sum < more);
            passed.for_each(|(_, bin)| carry(&mut self.carries, bin));
        }
        for (bin, carries) in &other.carries {
            *self.carries.entry(*bin).or_default() += carries;
        }
    }

    /// The same bins as those of another histogram have memory from now on.
    pub fn cover_those_of(&mut self, other: &Self) {
        self.make_room(other.room());
    }

    /// The bins that have memory, without those of the least numbers.
    pub fn room(&self) -> Range<usize> {
        self.first..self.first + self.counts.len()
    }

    /// These bins have memory from now on.
    pub fn make_room(&mut self, bins: Range<usize>) {
        if !bins.is_empty() {
            self.cover(bins);
        }
    }

    /// The pages of these bins have memory from now on.
    fn cover(&mut self, bins: Range<usize>) {
        let is_empty = self.counts.is_empty();
        let known = if is_empty { bins.clone() } else { self.first..self.first + self.counts.len() };
        let start = known.start.min(bins.start) / PAGE * PAGE;
        let end = known.end.max(bins.end).next_multiple_of(PAGE);
        if is_empty || start < known.start || known.end < end {
            let mut counts = vec![0; end - start];
            counts[self.first.max(start) - start..][..self.counts.len()].copy_from_slice(&self.counts);
            (self.counts, self.first) = (counts, start);
        }
    }

    /// The bins that are not empty, in the order of their numbers, of those given.
    fn iter(&self, bins: Range<usize>) -> impl Iterator<Item = Bin> {
        bins.filter_map(|bin| {
            let (low, high) = bounds(bin);
            Some(Bin { low, high, count: self.count(bin) }).filter(|bin| bin.count > 0)
        })
    }

    /// How many numbers a bin holds.
    fn count(&self, bin: usize) -> u64 {
        if bin < PAGE {
            return self.low.get(bin).copied().unwrap_or(0);
        }
        let count = self.counts.get(bin.wrapping_sub(self.first)).copied().unwrap_or(0);
        let carries = self.carries.get(&bin).copied().unwrap_or(0);
        carries << Count::BITS | u64::from(count)
    }

    /// The pages, each given by its bins.
    fn pages(&self) -> impl Iterator<Item = Range<usize>> {
        let of_counts = (self.first..self.first + self.counts.len()).step_by(PAGE);
        [0].into_iter().chain(of_counts).map(|first| first..first + PAGE)
    }

    fn count_of_page(&self, bins: Range<usize>) -> u64 {
        if bins.start == 0 {
            return self.low.iter().sum();
        }
        let carries: u64 = self.carries.range(bins.clone()).map(|(_, carries)| carries).sum();
        let counts = &self.counts[bins.start - self.first..bins.end - self.first];
        (carries << Count::BITS) + u64::from(counts.iter().map(|count| u32::from(*count)).sum::<u32>())
    }

    /// Percentiles by nearest rank, for shares in thousandths: the middle of the bin that holds the smallest number with
    /// at least that share of all at or below it. Ranks run from 1, so a share of 0 is the smallest number's.
    pub fn percentiles<const N: usize>(&self, per_mille: [u64; N]) -> [Option<u64>; N] {
        let mut found = [None; N];
        self.find_percentiles(&per_mille, &mut found);
        found
    }

    /// The same, into a place of their own.
    pub fn find_percentiles(&self, per_mille: &[u64], found: &mut [Option<u64>]) {
        let pages: Vec<(Range<usize>, u64)> =
            self.pages().map(|bins| (bins.clone(), self.count_of_page(bins))).collect();
        let count = pages.iter().map(|(_, count)| count).sum();
        let percentile = |share: u64| {
            let mut left = nearest_rank(count, share);
            // Whether the one that is looked for is among the next ones.
            let mut is_among = |next: u64| {
                let is_here = left <= next;
                left -= if is_here { 0 } else { next };
                is_here
            };
            let (bins, _) = pages.iter().find(|(_, count)| is_among(*count))?;
            self.iter(bins.clone()).find(|bin| is_among(bin.count)).map(|bin| bin.middle())
        };
        found.iter_mut().zip(per_mille).for_each(|(found, share)| *found = percentile(*share));
    }

    /// The middle of each bin that is not empty, in order, and how many numbers it holds.
    pub fn middles(&self) -> impl Iterator<Item = (u64, u64)> {
        self.pages().flat_map(|bins| self.iter(bins)).map(|bin| (bin.middle(), bin.count))
    }
}

impl From<Bins> for Vec<u64> {
    /// Each bin that holds something: how far it is from the one before, and its count.
    fn from(bins: Bins) -> Self {
        let places = bins.pages().flatten().filter(|place| bins.count(*place) > 0);
        let mut before = 0;
        let pairs = places.flat_map(|place| {
            let gap = (place - before) as u64;
            before = place;
            [gap, bins.count(place)]
        });
        pairs.collect()
    }
}

impl TryFrom<Vec<u64>> for Bins {
    type Error = &'static str;

    fn try_from(pairs: Vec<u64>) -> Result<Self, Self::Error> {
        const NO_BINS: &str = "not the counts of bins";
        let (mut bins, mut place) = (Self::default(), 0_usize);
        let (pairs, rest) = pairs.as_chunks::<2>();
        for [gap, count] in pairs {
            place = usize::try_from(*gap).ok().and_then(|gap| place.checked_add(gap)).ok_or(NO_BINS)?;
            if place >= BINS {
                return Err(NO_BINS);
            }
            bins.add_to(place, *count);
        }
        if rest.is_empty() { Ok(bins) } else { Err(NO_BINS) }
    }
}

/// These bins and those of some pages beside them: more numbers are to come.
fn beside(bins: Range<usize>) -> Range<usize> {
    let start = bins.start.saturating_sub(PAGES_BESIDE * PAGE).max(PAGE);
    start..(bins.end + PAGES_BESIDE * PAGE).min(BINS)
}

/// The number of the bin of a number.
const fn place(value: u64) -> usize {
    // The shift that leaves the highest bit and the BITS below it.
    let shift = u64::BITS - 1 - BITS - (value | PAGE as u64).leading_zeros();
    shift as usize * PAGE + (value >> shift) as usize
}

/// The least and the greatest number of a bin.
const fn bounds(bin: usize) -> (u64, u64) {
    let shift = (bin / PAGE).saturating_sub(1);
    let low = ((bin - shift * PAGE) as u64) << shift;
    (low, low + ((1 << shift) - 1))
}

/// Adds to a count, and reports a carry.
#[inline]
fn add(count: &mut Count, more: Count, on_carry: impl FnOnce()) {
    let (sum, carries) = count.overflowing_add(more);
    *count = sum;
    if carries {
        on_carry();
    }
}

/// Adds counts to counts. Returns whether any has passed its bits.
fn add_each(counts: &mut [Count], more: &[Count]) -> bool {
    let mut passed = false;
    for (count, more) in counts.iter_mut().zip(more) {
        let (sum, carries) = count.overflowing_add(*more);
        *count = sum;
        passed |= carries;
    }
    passed
}

#[cold]
fn carry(carries: &mut BTreeMap<usize, u64>, bin: usize) {
    *carries.entry(bin).or_default() += 1;
}

/// The rank, counted from 1, of the smallest of `count` values with at least that share in thousandths at or below it.
pub(super) fn nearest_rank(count: u64, per_mille: u64) -> u64 {
    (u128::from(count) * u128::from(per_mille)).div_ceil(1000).max(1) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::measured::column::Column;

    impl Bins {
        fn all(&self) -> impl Iterator<Item = Bin> {
            self.pages().flat_map(|bins| self.iter(bins))
        }
    }

    /// Numbers around every power of two, and some between.
    fn numbers() -> Vec<u64> {
        let powers = (0..u64::BITS).map(|shift| 1_u64 << shift);
        let near = powers.flat_map(|power| [power - 1, power, power.saturating_add(1), power + power / 3]);
        near.chain([0, u64::MAX - 1, u64::MAX]).collect()
    }

    fn record(bins: &mut Bins, numbers: &[u64]) {
        let zeros = bins.record(Column::default().fill(numbers.iter().copied()));
        assert_eq!(zeros, numbers.iter().filter(|number| **number == 0).count() as u64);
    }

    fn bins(numbers: impl IntoIterator<Item = u64>) -> Bins {
        let mut bins = Bins::default();
        numbers.into_iter().for_each(|number| record(&mut bins, &[number]));
        bins
    }

    #[test]
    fn a_number_is_in_its_bin_and_the_bin_is_narrow() {
        for number in numbers() {
            let bins: Vec<Bin> = bins([number]).all().collect();
            let [bin] = bins[..] else { panic!("one number is in one bin, found {bins:?}") };
            assert!((bin.low..=bin.high).contains(&number), "{number} is not in {bin:?}");
            assert!((bin.low..=bin.high).contains(&bin.middle()));
            assert!((bin.high - bin.low) as f64 <= bin.low as f64 / 2_f64.powi(BITS as i32), "{bin:?} is too wide");
        }
    }

    #[test]
    fn numbers_recorded_together_are_counted_as_one_by_one() {
        let (all, exact): (_, Vec<u64>) =
            (numbers(), numbers().into_iter().filter(|number| number >> 52 == 0).collect());
        for numbers in [all, exact] {
            // Twice: with the pages they find, and with all.
            let mut together = Bins::default();
            for _ in 0..2 {
                record(&mut together, &numbers);
            }
            let one_by_one = bins(numbers.iter().chain(&numbers).copied());
            assert_eq!(together.all().collect::<Vec<_>>(), one_by_one.all().collect::<Vec<_>>());
        }
    }

    #[test]
    fn bins_lie_side_by_side() {
        let mut next = Some(0);
        for (low, high) in (0..BINS).map(bounds) {
            assert_eq!(Some(low), next);
            next = high.checked_add(1);
        }
        assert_eq!(next, None, "the last bin ends with the last number");
    }

    #[test]
    fn bins_are_listed_in_order_with_their_counts() {
        let found: Vec<_> = bins([1027, 3, 1026, 70_000, 3]).all().map(|bin| (bin.low, bin.high, bin.count)).collect();
        assert_eq!(found, [(3, 3, 2), (1026, 1027, 2), (69_888, 70_015, 1)]);
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        assert_eq!(bins([40, 10, 30, 20]).percentiles([500, 501, 750, 990, 0]), [20, 30, 30, 40, 10].map(Some));
        assert_eq!(Bins::default().percentiles([0, 500]), [None, None]);
        let many = bins((0..1_000_000).map(|number| number * 1_000));
        for (share, found) in [1, 500, 999, 1000].into_iter().zip(many.percentiles([1, 500, 999, 1000])) {
            let exact = (share * 1_000_000 - 1_000) as f64;
            assert!((found.unwrap() as f64 / exact - 1.0).abs() <= 0.001, "{share} per mille: {found:?}, not {exact}");
        }
    }

    #[test]
    fn merged_histograms_are_one_whatever_the_order() {
        let (left, right) = (bins(numbers()), bins((0..50_000).map(|number| number * number)));
        let whole = bins(numbers().into_iter().chain((0..50_000).map(|number| number * number)));
        let (mut one, mut other) = (left.clone(), right.clone());
        one.merge(&right);
        other.merge(&left);
        let counts = |bins: &Bins| bins.all().collect::<Vec<_>>();
        assert_eq!(counts(&one), counts(&whole));
        assert_eq!(counts(&other), counts(&whole));
    }

    #[test]
    fn a_count_may_pass_what_its_bin_holds() {
        let mut bins = bins([77_777]);
        // Each time twice as many.
        for _ in 0..34 {
            bins.merge(&bins.clone());
        }
        record(&mut bins, &[77_777]);
        assert_eq!(bins.all().map(|bin| bin.count).collect::<Vec<_>>(), [(1 << 34) + 1]);
    }

    #[test]
    fn recording_carries_as_merging_does() {
        let mut full = bins([77_777]);
        *full.counts.iter_mut().find(|count| **count > 0).unwrap() = Count::MAX;
        record(&mut full, &[77_777, 77_777]);
        assert_eq!(full.all().map(|bin| bin.count).sum::<u64>(), u64::from(Count::MAX) + 2);
    }
}
