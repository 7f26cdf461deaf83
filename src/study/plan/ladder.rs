//! Sizes in ever wider steps, and where something begins or ceases to hold.

/// The first of these numbers of which something holds, if it holds of all after it too.
pub(super) fn first_that(first: u32, last: u32, holds: impl Fn(u32) -> bool) -> Option<u32> {
    if !holds(last) {
        return None;
    }
    let (mut low, mut high) = (first, last);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    Some(high)
}

/// The last of these numbers of which something holds, if it holds of all before it too.
pub(super) fn last_that(first: u32, last: u32, holds: impl Fn(u32) -> bool) -> Option<u32> {
    if !holds(first) {
        return None;
    }
    Some(first_that(first, last, |size| !holds(size)).map_or(last, |beyond| beyond - 1))
}

/// Sizes in ever wider steps, up to a quarter; the last is always among them.
pub(super) struct Ladder {
    first: u32,
    last: u32,
    next: Option<u32>,
}

impl Ladder {
    pub const fn new(first: u32, last: u32) -> Self {
        Self { first, last, next: Some(first) }
    }
}

impl Iterator for Ladder {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let size = self.next.filter(|size| *size <= self.last)?;
        let step = (size - self.first).clamp(1, (size / 4).max(1));
        self.next = (size < self.last).then(|| (size + step).min(self.last));
        Some(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ladder_starts_with_small_steps_and_ends_with_its_last() {
        assert_eq!(Ladder::new(9, 30).collect::<Vec<_>>(), [9, 10, 11, 13, 16, 20, 25, 30]);
        assert_eq!(Ladder::new(3, 10).collect::<Vec<_>>(), [3, 4, 5, 6, 7, 8, 10]);
        assert_eq!(Ladder::new(800, 830).collect::<Vec<_>>(), [800, 801, 802, 804, 808, 816, 830]);
        assert_eq!(Ladder::new(5, 5).collect::<Vec<_>>(), [5]);
    }

    #[test]
    fn boundaries_are_found() {
        assert_eq!(first_that(1, 100, |size| size >= 37), Some(37));
        assert_eq!(first_that(1, 100, |_| false), None);
        assert_eq!(last_that(1, 100, |size| size <= 37), Some(37));
        assert_eq!(last_that(1, 100, |_| true), Some(100));
        assert_eq!(last_that(1, 100, |_| false), None);
    }
}
