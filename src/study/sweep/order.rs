//! The order in which points are run: a coarse grid first, then the points between, so that what is there when a sweep is
//! interrupted shows all of it.

/// The numbers below `count`: 0 and the multiples of the largest power of two, then those of half of it, and so on.
pub(super) fn coarse_first(count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&number| std::cmp::Reverse(if number == 0 { u32::MAX } else { number.trailing_zeros() }));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coarse_grid_comes_first() {
        assert_eq!(coarse_first(9), [0, 8, 4, 2, 6, 1, 3, 5, 7]);
        assert!(coarse_first(0).is_empty());
    }
}
