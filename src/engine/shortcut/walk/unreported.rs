//! The requests that a walk has followed and not reported.

use std::ops::Range;

use crate::engine::intake::Intake;
use crate::engine::program::Program;
use crate::engine::stays::{Stay, Stays};
use crate::model::{SimDuration, SimTime};

/// All requests that are in the system, and some that have departed.
#[derive(Clone, Debug)]
pub(super) struct Unreported {
    list: Vec<Stay>,
    /// A row for each, of `stride` demands; none if there is only one phase.
    demands: Vec<SimDuration>,
    stride: usize,
    /// How many of them are not part of the numbers.
    uncounted: usize,
}

impl Unreported {
    /// None.
    pub fn new(program: &Program) -> Self {
        Self { list: Vec::new(), demands: Vec::new(), stride: program.stride(), uncounted: 0 }
    }

    /// All of them; those that came last are last.
    pub fn list(&self) -> &[Stay] {
        &self.list
    }

    /// Adds the next requests of an intake, which all count or all do not.
    #[inline]
    pub fn extend(&mut self, stays: impl Iterator<Item = Stay>, intake: &Intake) {
        let before = self.list.len();
        self.list.extend(stays);
        let count = self.list.len() - before;
        self.uncounted += if self.list.last().is_some_and(|last| last.counts) { 0 } else { count };
        if self.stride > 1 {
            self.demands.resize(self.list.len() * self.stride, SimDuration::ZERO);
            for place in 0..self.stride {
                let rows = self.demands[before * self.stride..].chunks_exact_mut(self.stride);
                rows.zip(intake.column(place)).for_each(|(row, demand)| row[place] = *demand);
            }
        }
    }

    /// Lets those that have departed by then come first; they stay in order if there is one worker. Returns how many they are.
    pub fn move_departed_first(&mut self, until: SimTime) -> usize {
        let has_departed = |stay: &Stay| stay.departure() <= until;
        let mut departed = self.list.iter().take_while(|stay| has_departed(stay)).count();
        for place in departed + 1..self.list.len() {
            if has_departed(&self.list[place]) {
                self.list.swap(departed, place);
                self.swap_demands(departed, place);
                departed += 1;
            }
        }
        departed
    }

    fn swap_demands(&mut self, one: usize, other: usize) {
        if self.stride > 1 {
            let (before, after) = self.demands.split_at_mut(other * self.stride);
            before[one * self.stride..][..self.stride].swap_with_slice(&mut after[..self.stride]);
        }
    }

    /// Those from the first of the range on that count as it does, or do not as it does not.
    pub fn alike(&self, range: Range<usize>) -> Range<usize> {
        if self.uncounted == 0 {
            return range;
        }
        let list = &self.list[range.clone()];
        let alike = list.iter().position(|stay| stay.counts != list[0].counts);
        range.start..alike.map_or(range.end, |count| range.start + count)
    }

    /// Some of them.
    pub fn part<'a>(&'a self, range: Range<usize>, program: &'a Program) -> Stays<'a> {
        let demands =
            if self.stride > 1 { &self.demands[range.start * self.stride..range.end * self.stride] } else { &[] };
        Stays { list: &self.list[range], demands, program }
    }

    /// Forgets the first, which have been reported.
    pub fn remove_first(&mut self, count: usize) {
        if self.uncounted > 0 {
            self.uncounted -= self.list[..count].iter().filter(|stay| !stay.counts).count();
        }
        self.list.drain(..count);
        self.demands.drain(..if self.stride > 1 { count * self.stride } else { 0 });
    }
}
