//! Counts of whole numbers in bins whose width grows with the number: a histogram of constant relative resolution.
//!
//! Each octave from 2^BITS on, from a power of two to the next, is a page of 2^BITS bins of equal width; numbers below
//! have a bin each, and share the page of the first octave. The bits of a number say where it belongs: the position of
//! its highest one is the page, it and the BITS below it the bin. A page takes memory once a number falls into it.
//!
//! Counts have 16 bits each, so that many fit into the fastest cache; what is carried beyond is kept apart.

use std::collections::BTreeMap;
use std::ops::Range;

type Count = u16;

/// A histogram in which a bin is at most 2^-BITS times as wide as its numbers are large.
#[derive(Clone, Debug)]
pub(super) struct Bins<const BITS: u32> {
    /// Pages one after another, in the order in which numbers have fallen into them; one count a bin.
    counts: Vec<Count>,
    /// By page: what is to be added to a bin's number to have its place among the counts; [`NO_PAGE`] for a page without
    /// memory. It wraps.
    offsets: [u32; PAGES],
    /// How often a count has passed its bits, by page and bin.
    carries: BTreeMap<(usize, u64), u64>,
}

/// Maximum number of pages: a shift is never larger.
const PAGES: usize = u64::BITS as usize;
/// Below 2 to this, a float has all whole numbers exactly.
const EXACT_BITS: usize = f64::MANTISSA_DIGITS as usize;
/// What stands in the bits of a float for the exponent 0.
const EXPONENT_OF_ONE: u32 = 1023;
/// Leads beyond all counts.
const NO_PAGE: u32 = 1 << 31;

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

impl<const BITS: u32> Default for Bins<BITS> {
    fn default() -> Self {
        Self { counts: Vec::new(), offsets: [NO_PAGE; PAGES], carries: BTreeMap::new() }
    }
}

impl<const BITS: u32> Bins<BITS> {
    /// Bins of a page; the first has twice as many.
    const PAGE: u64 = 1 << BITS;

    /// Counts numbers.
    #[inline]
    pub fn record(&mut self, values: &[u64]) {
        let mut values = values.iter();
        while let Some(value) = self.record_known(&mut values) {
            self.record_any(value);
        }
    }

    /// Counts numbers up to the first whose page has no memory yet or is not found so fast; returns that.
    #[inline]
    fn record_known(&mut self, values: &mut std::slice::Iter<'_, u64>) -> Option<u64> {
        let Self { counts, offsets, carries } = self;
        let (counts, offsets) = (counts.as_mut_slice(), &offsets[..EXACT_BITS - BITS as usize]);
        for value in values {
            // The position of the highest bit is the exponent of a float, which is faster to ask for. A number that no float
            // is exactly may give the next one: it is beyond these pages.
            let exponent = ((value | Self::PAGE) as i64 as f64).to_bits() >> (EXACT_BITS - 1);
            let page = (exponent as u32).wrapping_sub(EXPONENT_OF_ONE + BITS);
            let bin = value >> (page % u64::BITS);
            let Some(offset) = offsets.get(page as usize) else { return Some(*value) };
            match counts.get_mut(offset.wrapping_add(bin as u32) as usize) {
                Some(count) => add(count, 1, || carry(carries, page as usize, bin)),
                None => return Some(*value),
            }
        }
        None
    }

    /// Counts a number.
    #[cold]
    fn record_any(&mut self, value: u64) {
        let (page, bin) = Self::place(value);
        let (counts, carries) = self.page_mut(page);
        let place = (bin - Self::bins_of_page(page).start) as usize;
        add(&mut counts[place], 1, || carry(carries, page, bin));
    }

    /// Counts 0 that many times.
    pub fn record_zeros(&mut self, count: u64) {
        let (mut left, (counts, carries)) = (count, self.page_mut(0));
        while left > 0 {
            let some = left.min(u64::from(Count::MAX)) as Count;
            add(&mut counts[0], some, || carry(carries, 0, 0));
            left -= u64::from(some);
        }
    }

    /// Takes all counts of another histogram into this one.
    pub fn merge(&mut self, other: &Self) {
        for page in (0..PAGES).filter(|page| other.offsets[*page] != NO_PAGE) {
            let (counts, carries) = self.page_mut(page);
            for (count, (bin, more)) in counts.iter_mut().zip(other.counts_of(page)) {
                add(count, more, || carry(carries, page, bin));
            }
        }
        for (bin, carries) in &other.carries {
            *self.carries.entry(*bin).or_default() += carries;
        }
    }

    /// The counts of a page, which has memory from now on, and the carries.
    fn page_mut(&mut self, page: usize) -> (&mut [Count], &mut BTreeMap<(usize, u64), u64>) {
        let bins = Self::bins_of_page(page);
        let length = (bins.end - bins.start) as usize;
        if self.offsets[page] == NO_PAGE {
            self.offsets[page] = (self.counts.len() as u32).wrapping_sub(bins.start as u32);
            self.counts.resize(self.counts.len() + length, 0);
        }
        let start = self.offsets[page].wrapping_add(bins.start as u32) as usize;
        (&mut self.counts[start..start + length], &mut self.carries)
    }

    /// The bins of a page that are not empty, in the order of their numbers.
    fn bins_of(&self, page: usize) -> impl Iterator<Item = Bin> {
        self.counts_of(page).filter_map(move |(bin, count)| {
            let (low, high) = Self::bounds(page, bin);
            let carries = self.carries.get(&(page, bin)).copied().unwrap_or(0);
            Some(Bin { low, high, count: carries << Count::BITS | u64::from(count) }).filter(|bin| bin.count > 0)
        })
    }

    /// The bins of a page and their counts without carries; none if the page has no memory.
    fn counts_of(&self, page: usize) -> impl Iterator<Item = (u64, Count)> {
        let bins = Self::bins_of_page(page);
        let start = self.offsets[page].wrapping_add(bins.start as u32) as usize;
        bins.zip(self.counts.get(start..).unwrap_or_default().iter().copied())
    }

    /// Percentiles by nearest rank, for shares in thousandths: the middle of the bin that holds the smallest number with
    /// at least that share of all at or below it. Ranks run from 1, so a share of 0 is the smallest number's.
    pub fn percentiles<const N: usize>(&self, per_mille: [u64; N]) -> [Option<u64>; N] {
        let pages: Vec<u64> = (0..PAGES).map(|page| self.count_of_page(page)).collect();
        let count = pages.iter().sum();
        per_mille.map(|share| {
            let mut left = nearest_rank(count, share);
            // Whether the one that is looked for is among the next ones.
            let mut is_among = |next: u64| {
                let is_here = left <= next;
                left -= if is_here { 0 } else { next };
                is_here
            };
            let page = pages.iter().position(|count| is_among(*count))?;
            self.bins_of(page).find(|bin| is_among(bin.count)).map(|bin| bin.middle())
        })
    }

    /// The middle of each bin that is not empty, in order, and how many numbers it holds.
    pub fn middles(&self) -> impl Iterator<Item = (u64, u64)> {
        (0..PAGES).flat_map(|page| self.bins_of(page)).map(|bin| (bin.middle(), bin.count))
    }

    fn count_of_page(&self, page: usize) -> u64 {
        let carries: u64 = self.carries.range((page, 0)..(page + 1, 0)).map(|(_, carries)| carries).sum();
        (carries << Count::BITS) + self.counts_of(page).map(|(_, count)| u64::from(count)).sum::<u64>()
    }

    /// The page of a number, and its bin there.
    const fn place(value: u64) -> (usize, u64) {
        // The shift that leaves the highest bit and the BITS below it.
        let shift = u64::BITS - 1 - BITS - (value | Self::PAGE).leading_zeros();
        (shift as usize, value >> shift)
    }

    /// The numbers of the bins of a page.
    const fn bins_of_page(page: usize) -> Range<u64> {
        if page == 0 { 0..2 * Self::PAGE } else { Self::PAGE..2 * Self::PAGE }
    }

    /// The least and the greatest number of a bin.
    const fn bounds(page: usize, bin: u64) -> (u64, u64) {
        let low = bin << page;
        (low, low + ((1 << page) - 1))
    }
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

#[cold]
fn carry(carries: &mut BTreeMap<(usize, u64), u64>, page: usize, bin: u64) {
    *carries.entry((page, bin)).or_default() += 1;
}

/// The rank, counted from 1, of the smallest of `count` values with at least that share in thousandths at or below it.
pub(super) fn nearest_rank(count: u64, per_mille: u64) -> u64 {
    (u128::from(count) * u128::from(per_mille)).div_ceil(1000).max(1) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    impl<const BITS: u32> Bins<BITS> {
        fn iter(&self) -> impl Iterator<Item = Bin> {
            (0..PAGES).flat_map(|page| self.bins_of(page))
        }
    }

    type Fine = Bins<10>;

    /// Numbers around every power of two, and some between.
    fn numbers() -> Vec<u64> {
        let powers = (0..u64::BITS).map(|shift| 1_u64 << shift);
        let near = powers.flat_map(|power| [power - 1, power, power.saturating_add(1), power + power / 3]);
        near.chain([0, u64::MAX - 1, u64::MAX]).collect()
    }

    fn bins<const BITS: u32>(numbers: impl IntoIterator<Item = u64>) -> Bins<BITS> {
        let mut bins = Bins::default();
        numbers.into_iter().for_each(|number| bins.record(&[number]));
        bins
    }

    fn check_a_number_is_in_its_bin<const BITS: u32>() {
        for number in numbers() {
            let bins: Vec<Bin> = bins::<BITS>([number]).iter().collect();
            let [bin] = bins[..] else { panic!("one number is in one bin, found {bins:?}") };
            assert!((bin.low..=bin.high).contains(&number), "{number} is not in {bin:?}");
            assert!((bin.low..=bin.high).contains(&bin.middle()));
            assert!((bin.high - bin.low) as f64 <= bin.low as f64 / 2_f64.powi(BITS as i32), "{bin:?} is too wide");
        }
    }

    #[test]
    fn a_number_is_in_its_bin_and_the_bin_is_narrow() {
        check_a_number_is_in_its_bin::<0>();
        check_a_number_is_in_its_bin::<1>();
        check_a_number_is_in_its_bin::<7>();
        check_a_number_is_in_its_bin::<10>();
    }

    #[test]
    fn numbers_recorded_together_are_counted_as_one_by_one() {
        // Twice: with the pages they find, and with all.
        let (mut together, all) = (Fine::default(), numbers());
        for _ in 0..2 {
            together.record(&all);
        }
        let one_by_one: Fine = bins(all.iter().chain(&all).copied());
        assert_eq!(together.iter().collect::<Vec<_>>(), one_by_one.iter().collect::<Vec<_>>());
    }

    #[test]
    fn bins_lie_side_by_side() {
        let pages = u64::BITS as usize - 4;
        let bins = (0..pages).flat_map(|page| Bins::<4>::bins_of_page(page).map(move |bin| (page, bin)));
        let mut next = Some(0);
        for (low, high) in bins.map(|(page, bin)| Bins::<4>::bounds(page, bin)) {
            assert_eq!(Some(low), next);
            next = high.checked_add(1);
        }
        assert_eq!(next, None, "the last bin ends with the last number");
    }

    #[test]
    fn bins_are_told_in_order_with_their_counts() {
        let bins: Bins<2> = bins([9, 3, 8, 100, 3]);
        let found: Vec<_> = bins.iter().map(|bin| (bin.low, bin.high, bin.count)).collect();
        assert_eq!(found, [(3, 3, 2), (8, 9, 2), (96, 111, 1)]);
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        assert_eq!(bins::<10>([40, 10, 30, 20]).percentiles([500, 501, 750, 990, 0]), [20, 30, 30, 40, 10].map(Some));
        assert_eq!(Fine::default().percentiles([0, 500]), [None, None]);
        let many = bins::<10>((0..1_000_000).map(|number| number * 1_000));
        for (share, found) in [1, 500, 999, 1000].into_iter().zip(many.percentiles([1, 500, 999, 1000])) {
            let exact = (share * 1_000_000 - 1_000) as f64;
            assert!((found.unwrap() as f64 / exact - 1.0).abs() <= 0.0005, "{share} per mille: {found:?}, not {exact}");
        }
    }

    #[test]
    fn merged_histograms_are_one_whatever_the_order() {
        let (left, right) = (bins::<10>(numbers()), bins::<10>((0..50_000).map(|number| number * number)));
        let whole: Fine = bins(numbers().into_iter().chain((0..50_000).map(|number| number * number)));
        let (mut one, mut other) = (left.clone(), right.clone());
        one.merge(&right);
        other.merge(&left);
        let counts = |bins: &Fine| bins.iter().collect::<Vec<_>>();
        assert_eq!(counts(&one), counts(&whole));
        assert_eq!(counts(&other), counts(&whole));
    }

    #[test]
    fn a_count_may_pass_what_its_bin_holds() {
        let mut bins = bins::<10>([77_777]);
        // Each time twice as many.
        for _ in 0..34 {
            bins.merge(&bins.clone());
        }
        bins.record(&[77_777]);
        assert_eq!(bins.iter().map(|bin| bin.count).collect::<Vec<_>>(), [(1 << 34) + 1]);
    }

    #[test]
    fn recording_carries_as_merging_does() {
        let mut full = Fine::default();
        full.record(&[77_777]);
        *full.counts.iter_mut().find(|count| **count > 0).unwrap() = Count::MAX;
        full.record(&[77_777]);
        full.record(&[77_777]);
        assert_eq!(full.iter().map(|bin| bin.count).sum::<u64>(), u64::from(Count::MAX) + 2);
    }
}
