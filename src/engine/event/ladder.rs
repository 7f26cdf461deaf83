//! Events that are not among the next ones: in buckets of equal width, without order within a bucket.
//!
//! A bucket that is due and holds too many events is divided into buckets itself, so whatever the distribution of
//! times, an event is moved two or three times before it is put in order, and finding its bucket takes no search.

use super::{Key, NEVER, first_key_of, upper_half};

/// A bucket of no more events than this is put in order as a whole.
pub(super) const FEW: usize = 24;
/// How many events a bucket has where they are densest, if their times are exponential; about half of that on average.
const DENSEST: usize = FEW / 2;
/// Maximum number of buckets made at once.
const MOST: usize = 1 << 10;
/// This many of them together are as wide as the mean distance to the first event.
const MOST_TO_MEAN: usize = MOST / 4;

/// Events in buckets.
#[derive(Clone, Debug)]
pub(super) struct Ladder {
    /// No event here is before this; [`NEVER`] if there is none.
    from: Key,
    /// The nearest last.
    rungs: Vec<Rung>,
    /// Room of buckets that have been emptied.
    spare: Vec<Vec<Key>>,
}

/// Buckets that follow one another. All events are before those of the rungs that are farther away.
#[derive(Clone, Debug)]
struct Rung {
    /// No event here is before this.
    from: Key,
    /// The upper half of the keys with which the first bucket begins; each has 2^width of such halves.
    start: u64,
    width: u32,
    /// The first ones have been emptied; the last one also has what comes after it.
    buckets: Vec<Vec<Key>>,
    next: usize,
}

impl Default for Ladder {
    fn default() -> Self {
        Self { from: NEVER, rungs: Vec::new(), spare: Vec::new() }
    }
}

impl Ladder {
    /// No event here is before this; [`NEVER`] if there is none.
    #[inline(always)]
    pub const fn from(&self) -> Key {
        self.from
    }

    /// Adds an event that is not before [`Self::from`].
    pub fn push(&mut self, key: Key) {
        debug_assert!(key >= self.from, "it is among the next events");
        // Most are far away.
        if let Some(rung) = self.rungs.iter_mut().find(|rung| rung.from <= key) {
            rung.push(key, &mut self.spare);
        }
    }

    /// Adds events that are before all that are here, the first of which has that key.
    pub fn push_nearer(&mut self, from: Key, keys: impl Iterator<Item = Key>) {
        let mut bucket = self.spare.pop().unwrap_or_default();
        bucket.extend(keys);
        self.rungs.push(Rung { from, start: upper_half(from), width: 0, buckets: vec![bucket], next: 0 });
        self.from = from;
    }

    /// Removes the nearest events, in no particular order, and puts them in place of none.
    pub fn take_nearest(&mut self, near: &mut Vec<Key>) {
        while let Some(rung) = self.rungs.last_mut() {
            let mut keys = rung.take_bucket();
            if rung.next == rung.buckets.len() {
                self.rungs.pop();
            }
            if keys.len() > FEW
                && let Some(rung) = Rung::divide(&mut keys, &mut self.spare)
            {
                self.rungs.push(rung);
                self.spare.push(keys);
            } else if !keys.is_empty() {
                self.spare.push(std::mem::replace(near, keys));
                break;
            }
        }
        self.from = self.rungs.last().map_or(NEVER, |rung| rung.from);
    }
}

impl Rung {
    /// Divides these events; `None` if they are all at one instant and of one rank.
    fn divide(keys: &mut Vec<Key>, spare: &mut Vec<Vec<Key>>) -> Option<Self> {
        let halves = || keys.iter().map(|key| upper_half(*key));
        let (start, end) = (halves().min()?, halves().max()?);
        if start == end {
            return None;
        }
        let sum: u128 = halves().map(|half| u128::from(half - start)).sum();
        let to_mean = (keys.len() / DENSEST).min(MOST_TO_MEAN);
        let width = (sum / (keys.len() * to_mean) as u128).max(1).ilog2();
        let count = (((end - start) >> width) as usize + 1).min(MOST);
        let from = first_key_of(start);
        let mut rung = Self { from, start, width, buckets: vec![Vec::new(); count], next: 0 };
        keys.drain(..).for_each(|key| rung.push(key, spare));
        Some(rung)
    }

    /// Adds an event that is not before [`Self::from`].
    #[inline]
    fn push(&mut self, key: Key, spare: &mut Vec<Vec<Key>>) {
        let place = ((upper_half(key) - self.start) >> self.width) as usize;
        let last = self.buckets.len() - 1;
        let bucket = &mut self.buckets[place.min(last)];
        if bucket.capacity() == 0 {
            *bucket = spare.pop().unwrap_or_default();
        }
        bucket.push(key);
    }

    /// Removes the next bucket that is not empty, or the last one.
    fn take_bucket(&mut self) -> Vec<Key> {
        let is_empty = |bucket: &Vec<Key>| bucket.is_empty();
        let last = self.buckets.len() - 1;
        self.next = self.buckets[self.next..last]
            .iter()
            .position(|bucket| !is_empty(bucket))
            .map_or(last, |place| self.next + place);
        let keys = std::mem::take(&mut self.buckets[self.next]);
        self.next += 1;
        if self.next <= last {
            self.from = first_key_of(self.start + ((self.next as u64) << self.width));
        }
        keys
    }
}
