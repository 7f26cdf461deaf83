//! Which of many workers has the fewest requests in progress, while that changes one by one.
//!
//! Who goes first: the worker with the fewest; among equals, the one with the lowest number.

use std::ops::Range;

/// Workers that may take a request, by how many they have in progress.
#[derive(Clone, Debug)]
pub(super) struct Fewest {
    /// The number of the first of these workers.
    first: u32,
    /// For each number of requests in progress, a bit for each worker that has as many, in `words` numbers.
    bits: Vec<u64>,
    words: usize,
    /// How many workers have as many in progress.
    counts: Vec<u32>,
    /// No worker has fewer in progress; beyond all counts if there is none.
    least: usize,
}

/// Where the bit of a worker is.
struct Place {
    word: usize,
    bit: u64,
}

impl Fewest {
    /// These workers, which have nothing in progress.
    pub fn new(workers: Range<u32>) -> Self {
        let words = workers.len().div_ceil(u64::BITS as usize);
        let mut fewest = Self { first: workers.start, bits: Vec::new(), words, counts: Vec::new(), least: 0 };
        workers.for_each(|worker| fewest.change(worker, None, Some(0)));
        fewest
    }

    /// A worker has another number of requests in progress from now on; `None`: it takes no more.
    pub fn change(&mut self, worker: u32, before: Option<u32>, after: Option<u32>) {
        if before != after {
            after.into_iter().for_each(|count| self.enter(worker, count));
            before.into_iter().for_each(|count| self.leave(worker, count));
        }
    }

    fn enter(&mut self, worker: u32, in_progress: u32) {
        let count = in_progress as usize;
        self.least = if self.least < self.counts.len() { self.least.min(count) } else { count };
        if count >= self.counts.len() {
            self.counts.resize(count + 1, 0);
            self.bits.resize((count + 1) * self.words, 0);
        }
        let Place { word, bit } = self.place(worker, count);
        self.bits[word] |= bit;
        self.counts[count] += 1;
    }

    fn leave(&mut self, worker: u32, in_progress: u32) {
        let count = in_progress as usize;
        let Place { word, bit } = self.place(worker, count);
        self.bits[word] &= !bit;
        self.counts[count] -= 1;
        while self.counts.get(self.least) == Some(&0) {
            self.least += 1;
        }
    }

    /// The worker that takes the next request, if any may.
    pub fn first(&self) -> Option<u32> {
        let row = self.bits.get(self.least * self.words..)?.get(..self.words)?;
        let word = row.iter().position(|bits| *bits != 0)?;
        Some(self.first + word as u32 * u64::BITS + row[word].trailing_zeros())
    }

    fn place(&self, worker: u32, count: usize) -> Place {
        let number = worker - self.first;
        Place { word: count * self.words + (number / u64::BITS) as usize, bit: 1 << (number % u64::BITS) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_the_lowest_of_those_with_the_fewest() {
        for workers in [0..1, 3..20, 0..64, 256..512] {
            let mut fewest = Fewest::new(workers.clone());
            let mut in_progress: Vec<Option<u32>> = workers.clone().map(|_| Some(0)).collect();
            let mut bits = 1_u64;
            for round in 0..20_000 {
                let least = in_progress.iter().flatten().min();
                let expected = least.and_then(|least| in_progress.iter().position(|count| *count == Some(*least)));
                let expected = expected.map(|place| workers.start + place as u32);
                assert_eq!(fewest.first(), expected, "{workers:?}, round {round}");
                bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let worker = workers.start + (bits >> 40) as u32 % workers.len() as u32;
                let count = &mut in_progress[(worker - workers.start) as usize];
                let (before, step) = (*count, (bits >> 33) as u32 % 4);
                *count = if step == 3 { None } else { Some((count.unwrap_or(7) + step).saturating_sub(1)) };
                fewest.change(worker, before, *count);
            }
        }
    }
}
