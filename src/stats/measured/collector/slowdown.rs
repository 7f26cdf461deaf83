//! Slowdowns: response time / demand, in millionths, to the nearest.

use crate::model::{SimDuration, SimTime};
use crate::stats::measured::column::{Column, EXACT_BITS, Values, exact_float};

/// Slowdowns are recorded in millionths.
pub(super) const UNIT: u64 = 1_000_000;

/// To a float below 2^51 in size, adding and subtracting this rounds it to a whole number.
const ROUNDER: f64 = (3_u64 << (EXACT_BITS - 1)) as f64;

/// The least response time and the least demand that are too long for floats.
const LONG_RESPONSE: u64 = 1 << 43;
const LONG_DEMAND: u64 = 1 << 33;

/// Times of requests, in nanoseconds: of each its response time and its demand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times<'a> {
    pub responses: Values<'a>,
    pub demands: &'a [u64],
}

impl Times<'_> {
    /// The slowdowns of those that demand any time.
    pub fn slowdowns(self, column: &mut Column) -> Values<'_> {
        let (responses, demands) = (self.responses.all(), self.demands);
        let pairs = || responses.iter().zip(demands);
        let fold = |times: &[u64]| times.iter().fold(0, |bits, time| bits | time);
        if fold(responses) < LONG_RESPONSE
            && fold(demands) < LONG_DEMAND
            && column.fill(pairs().map(|(response, demand)| ratio_of_short(*response, *demand))).are_exact()
        {
            return column.values();
        }
        let any = |(response, demand): (&u64, &u64)| {
            ratio(SimDuration::from_nanos(*response), SimDuration::from_nanos(*demand))
        };
        column.fill(pairs().filter_map(any))
    }
}

/// Response time / demand, if neither is long; 2^52 or more if that is not below it, or there is no demand.
///
/// With q whole demands in the response time, and r left, which may be below 0, it is q × 1,000,000 + r × 1,000,000 / demand.
/// All numbers are whole and below 2^53, or are rounded to whole ones that cannot be wrong by more than 1; so floats have
/// them exactly, and many are divided at once.
#[inline(always)]
fn ratio_of_short(response: u64, demand: u64) -> u64 {
    const MILLION: f64 = UNIT as f64;
    let (time, half) = (exact_float(response), exact_float(demand / 2));
    let demand = exact_float(demand);
    let whole = (time / demand + ROUNDER) - ROUNDER;
    let left = (time - whole * demand) * MILLION + half;
    let nearest = (left / demand + ROUNDER) - ROUNDER;
    let is_above = f64::from(u8::from(left - nearest * demand < 0.0));
    // The lowest bits of this sum are the number, and no others are set if it is below 2^52.
    let bits = (whole * MILLION + (nearest - is_above) + exact_zero()).to_bits();
    bits ^ exact_zero().to_bits()
}

/// 2^52: in the lowest bits of a sum of it and a whole number is that number.
const fn exact_zero() -> f64 {
    (1_u64 << EXACT_BITS) as f64
}

/// Response time / demand in millionths, to the nearest; `None` without demand.
#[inline]
pub(super) fn ratio(response_time: SimDuration, demand: SimDuration) -> Option<u64> {
    let (response_time, demand) = (response_time.as_nanos(), demand.as_nanos());
    // Up to four hours 64 bits are enough, as half a demand fits in what is left.
    if response_time <= (u64::MAX - SimTime::MAX.as_nanos()) / UNIT {
        return (response_time * UNIT + demand / 2).checked_div(demand);
    }
    let millionths = u128::from(response_time) * u128::from(UNIT) + u128::from(demand / 2);
    Some(u64::try_from(millionths.checked_div(u128::from(demand))?).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(responses: &[u64], demands: &[u64]) {
        let (mut column, mut times) = (Column::default(), Column::default());
        let times = Times { responses: times.fill(responses.iter().copied()), demands };
        let found = times.slowdowns(&mut column).all().to_vec();
        let exact = |(response, demand): (&u64, &u64)| {
            let millionths = u128::from(*response) * 1_000_000 + u128::from(*demand / 2);
            millionths.checked_div(u128::from(*demand)).map(|ratio| u64::try_from(ratio).unwrap_or(u64::MAX))
        };
        let exact: Vec<u64> = responses.iter().zip(demands).filter_map(exact).collect();
        assert_eq!(found, exact, "{responses:?} / {demands:?}");
    }

    /// Numbers of any size up to that many bits, the same each time.
    fn numbers(bits: u32) -> impl Iterator<Item = u64> {
        let mut state = 1_u64;
        std::iter::repeat_with(move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let size = (state >> 58) as u32 % (bits + 1);
            (state ^ (state >> 31)) & ((1 << size) - 1)
        })
    }

    #[test]
    fn slowdowns_are_exact_to_the_millionth() {
        for (response, demand) in numbers(44).zip(numbers(34).skip(7)).take(200_000) {
            check(&[response], &[demand]);
        }
    }

    #[test]
    fn slowdowns_half_way_between_two_millionths_are_rounded_up() {
        // Multiples of half a millionth of the demand, and a nanosecond more and less.
        for demand in [1, 2, 3, 1_000_000, 2_000_000, 2_000_001, 4_000_000_000, LONG_DEMAND - 1] {
            for halves in numbers(22).take(2_000) {
                let time = (u128::from(halves) * u128::from(demand) / 2_000_000) as u64;
                [time.saturating_sub(1), time, time + 1].into_iter().for_each(|response| check(&[response], &[demand]));
            }
        }
    }

    #[test]
    fn slowdowns_of_long_times_and_without_demand_are_those_of_integers() {
        check(&[5, LONG_RESPONSE, 3, u64::MAX / 2], &[2, LONG_DEMAND, 0, 1]);
        check(&[LONG_RESPONSE - 1, LONG_RESPONSE - 1, 0, 0], &[1, LONG_DEMAND - 1, 1, 0]);
        check(&[4_503_599_627, 4_503_599_628, 9_007_199_255], &[1, 1, 1]);
    }
}
