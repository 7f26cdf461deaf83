//! Windows of equal width over a run whose length is not known: when there are too many, each two become one.
//!
//! Widths are powers of two times 1/512 s, so the windows of runs of any length can be joined until they match.

use serde::{Deserialize, Serialize};

/// The width of the first windows, in nanoseconds: 1/512 s.
const NARROWEST: u64 = 1_953_125;

/// What is collected in a window.
pub(super) trait Window: Clone + Default {
    /// Adds what another window holds: the next one, or the same one of another run.
    fn add(&mut self, other: &Self);

    /// What is collected in a window after this one: nothing yet.
    fn next(&self) -> Self {
        Self::default()
    }

    /// Completes windows before their number or width changes.
    fn settle(_windows: &mut [Self]) {}
}

/// Windows in order of time, at most a certain number of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Windows<W> {
    most: usize,
    width: u64,
    list: Vec<W>,
}

impl<W: Window> Windows<W> {
    /// No window yet; there will be at most `most`.
    pub const fn new(most: usize) -> Self {
        Self { most, width: NARROWEST, list: Vec::new() }
    }

    /// Whether these, which were stored, can be those of a run like another.
    pub fn fits(&self, like: &Self) -> bool {
        let doublings = self.width / NARROWEST;
        let is_width = self.width.is_multiple_of(NARROWEST) && doublings.is_power_of_two() && doublings < 1 << 30;
        self.most == like.most && is_width && self.list.len() <= self.most
    }

    /// The width of each, in nanoseconds.
    pub const fn width(&self) -> u64 {
        self.width
    }

    /// The windows, the first one first.
    pub fn list(&self) -> &[W] {
        &self.list
    }

    /// The same, to be changed.
    pub fn list_mut(&mut self) -> &mut Vec<W> {
        &mut self.list
    }

    /// The place of the window that holds the instant `since` nanoseconds after the beginning of the first; it exists then.
    pub fn place(&mut self, since: u64) -> usize {
        while since / self.width >= self.most as u64 {
            self.join_pairs();
        }
        let place = (since / self.width) as usize;
        if place >= self.list.len() {
            let next = self.list.last().map_or_else(W::default, W::next);
            self.list.resize(place + 1, next);
        }
        place
    }

    /// Each two windows become one.
    pub fn join_pairs(&mut self) {
        W::settle(&mut self.list);
        self.width *= 2;
        let mut joined: Vec<W> = Vec::with_capacity(self.most.min(self.list.len()));
        for (place, window) in std::mem::take(&mut self.list).into_iter().enumerate() {
            match joined.last_mut() {
                Some(one) if place % 2 == 1 => one.add(&window),
                _ => joined.push(window),
            }
        }
        self.list = joined;
    }

    /// Adds the windows of another run, window by window.
    pub fn merge(&mut self, other: &Self) {
        let mut other = other.clone();
        while self.width < other.width {
            self.join_pairs();
        }
        while other.width < self.width {
            other.join_pairs();
        }
        self.list.resize(self.list.len().max(other.list.len()), W::default());
        for (window, more) in self.list.iter_mut().zip(&other.list) {
            window.add(more);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    struct Count(u64);

    impl Window for Count {
        fn add(&mut self, other: &Self) {
            self.0 += other.0;
        }
    }

    fn counted(most: usize, instants: &[u64]) -> Windows<Count> {
        let mut windows: Windows<Count> = Windows::new(most);
        for instant in instants {
            let place = windows.place(*instant * NARROWEST);
            windows.list_mut()[place].0 += 1;
        }
        windows
    }

    #[test]
    fn pairs_are_joined_when_there_are_too_many() {
        let windows = counted(4, &[0, 1, 2, 3, 3, 4, 9]);
        assert_eq!(windows.width(), 4 * NARROWEST);
        assert_eq!(windows.list(), [Count(5), Count(1), Count(1)]);
    }

    #[test]
    fn runs_of_any_length_are_merged_at_the_wider_width() {
        let (mut short, long) = (counted(4, &[0, 1, 3]), counted(4, &[0, 7]));
        short.merge(&long);
        assert_eq!(short.width(), 2 * NARROWEST);
        assert_eq!(short.list(), [Count(3), Count(1), Count(0), Count(1)]);
        let mut other = counted(4, &[0, 7]);
        other.merge(&counted(4, &[0, 1, 3]));
        assert_eq!(other.list(), short.list());
    }
}
