//! Counts of whole numbers in bins whose width grows with the number: a histogram of constant relative resolution.
//!
//! Each octave, from a power of two to the next, is a page of 2^BITS bins of equal width; numbers below 2^BITS have a
//! bin each. The bits of a number say where it belongs: the position of its highest one is the page, the BITS below it
//! the bin. A page takes memory once a number falls into it.
//!
//! Counts have 32 bits each, so that twice as many fit into the cache; what is carried beyond is kept apart.

use std::collections::BTreeMap;

/// A histogram in which a bin is at most 2^-BITS times as wide as its numbers are large.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bins<const BITS: u32> {
    /// Each page empty, or one count a bin.
    pages: Box<[Box<[u32]>]>,
    /// How often a count has passed 2^32, by page and bin.
    carries: BTreeMap<(usize, usize), u64>,
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

impl<const BITS: u32> Default for Bins<BITS> {
    fn default() -> Self {
        let pages = u64::BITS - BITS + 1;
        Self { pages: (0..pages).map(|_| Box::default()).collect(), carries: BTreeMap::new() }
    }
}

impl<const BITS: u32> Bins<BITS> {
    /// Bins of a page.
    const PAGE: usize = 1 << BITS;

    /// Counts a number.
    #[inline]
    pub fn record(&mut self, value: u64) {
        let (page, place) = Self::place(value);
        match self.pages[page].get_mut(place) {
            Some(count) if *count < u32::MAX => *count += 1,
            _ => self.add(page, place, 1),
        }
    }

    /// Takes all counts of another histogram into this one.
    pub fn merge(&mut self, other: &Self) {
        for (page, theirs) in other.pages.iter().enumerate() {
            for (place, count) in theirs.iter().enumerate().filter(|(_, count)| **count > 0) {
                self.add(page, place, *count);
            }
        }
        for (bin, carries) in &other.carries {
            *self.carries.entry(*bin).or_default() += carries;
        }
    }

    /// Adds to a count, of a page that need not have memory yet.
    #[cold]
    fn add(&mut self, page: usize, place: usize, more: u32) {
        let counts = &mut self.pages[page];
        if counts.is_empty() {
            *counts = vec![0; Self::PAGE].into();
        }
        let (count, carries) = counts[place].overflowing_add(more);
        counts[place] = count;
        if carries {
            *self.carries.entry((page, place)).or_default() += 1;
        }
    }

    fn count(&self, page: usize, place: usize) -> u64 {
        let carries = self.carries.get(&(page, place)).copied().unwrap_or(0);
        carries << u32::BITS | u64::from(self.pages[page][place])
    }

    /// The bins of a page that are not empty, in the order of their numbers.
    fn bins_of(&self, page: usize) -> impl Iterator<Item = Bin> {
        (0..self.pages[page].len()).filter_map(move |place| {
            let (low, high) = Self::bounds(page, place);
            Some(Bin { low, high, count: self.count(page, place) }).filter(|bin| bin.count > 0)
        })
    }

    /// Percentiles by nearest rank, for shares in thousandths: the middle of the bin that holds the smallest number with
    /// at least that share of all at or below it. Ranks run from 1, so a share of 0 is the smallest number's.
    pub fn percentiles<const N: usize>(&self, per_mille: [u64; N]) -> [Option<u64>; N] {
        let pages: Vec<u64> = (0..self.pages.len()).map(|page| self.count_of_page(page)).collect();
        let count = pages.iter().sum();
        per_mille.map(|share| {
            let mut left = nearest_rank(count, share);
            // Whether the one that is looked for is among the next so many.
            let mut is_among = |next: u64| {
                let is_here = left <= next;
                left -= if is_here { 0 } else { next };
                is_here
            };
            let page = pages.iter().position(|count| is_among(*count))?;
            self.bins_of(page).find(|bin| is_among(bin.count)).map(|bin| bin.middle())
        })
    }

    fn count_of_page(&self, page: usize) -> u64 {
        let carries: u64 = self.carries.range((page, 0)..(page + 1, 0)).map(|(_, carries)| carries).sum();
        (carries << u32::BITS) + self.pages[page].iter().map(|count| u64::from(*count)).sum::<u64>()
    }

    /// The page of a number, and its place there.
    #[inline]
    const fn place(value: u64) -> (usize, usize) {
        let octave = u64::BITS - (value >> BITS).leading_zeros();
        let bin = value >> octave.saturating_sub(1);
        (octave as usize, bin as usize % Self::PAGE)
    }

    /// The least and the greatest number of a bin.
    const fn bounds(page: usize, place: usize) -> (u64, u64) {
        if page == 0 {
            return (place as u64, place as u64);
        }
        let shift = page - 1;
        let low = ((Self::PAGE + place) as u64) << shift;
        (low, low + ((1 << shift) - 1))
    }
}

/// Which of so many values in order, counted from 1, has at least that share in thousandths at or below it.
pub(super) fn nearest_rank(count: u64, per_mille: u64) -> u64 {
    (u128::from(count) * u128::from(per_mille)).div_ceil(1000).max(1) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    impl<const BITS: u32> Bins<BITS> {
        fn iter(&self) -> impl Iterator<Item = Bin> {
            (0..self.pages.len()).flat_map(|page| self.bins_of(page))
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
        numbers.into_iter().for_each(|number| bins.record(number));
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
    fn bins_lie_side_by_side() {
        let bounds = (0..3 << 4).map(|bin| Bins::<4>::bounds(bin >> 4, bin & 15));
        let mut next = 0;
        for (low, high) in bounds {
            assert_eq!(low, next);
            next = high + 1;
        }
        assert_eq!(Bins::<4>::bounds(60, 15).1, u64::MAX);
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
        let whole = bins(numbers().into_iter().chain((0..50_000).map(|number| number * number)));
        let (mut one, mut other) = (left.clone(), right.clone());
        one.merge(&right);
        other.merge(&left);
        assert_eq!(one, whole);
        assert_eq!(other, whole);
    }

    #[test]
    fn a_count_may_pass_32_bits() {
        let mut bins = bins::<10>([77_777]);
        // Each time twice as many.
        for _ in 0..34 {
            bins.merge(&bins.clone());
        }
        bins.record(77_777);
        assert_eq!(bins.iter().map(|bin| bin.count).collect::<Vec<_>>(), [(1 << 34) + 1]);
    }

    #[test]
    fn recording_carries_as_merging_does() {
        let (page, place) = Fine::place(77_777);
        let mut full = Fine::default();
        full.add(page, place, u32::MAX);
        full.record(77_777);
        full.record(77_777);
        assert_eq!(full.iter().map(|bin| bin.count).sum::<u64>(), u64::from(u32::MAX) + 2);
    }
}
