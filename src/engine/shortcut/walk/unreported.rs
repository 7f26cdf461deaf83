//! The requests that a walk has followed and not reported.

use std::ops::Range;

use crate::engine::intake::Intake;
use crate::engine::program::{DrawnRequest, Program};
use crate::engine::stays::{Stay, StayColumns, Stays};
use crate::model::{ClassId, SimTime};
use crate::random::Arrival;

use super::availability::Availability;

/// All requests that are in the system, and some that have departed.
#[derive(Clone, Debug)]
pub(super) struct Unreported {
    columns: StayColumns,
    /// Those that arrive from then on are part of the numbers.
    warm_up: SimTime,
    /// How many of them are not.
    uncounted: usize,
}

impl Unreported {
    /// None.
    pub fn new(program: &Program, workers: u32, warm_up: SimTime) -> Self {
        Self { columns: StayColumns::new(program, workers), warm_up, uncounted: 0 }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.columns.len()
    }

    /// Some of them; those that came last are last.
    pub fn iter(&self, places: Range<usize>) -> impl Iterator<Item = Stay> {
        places.map(|place| self.columns.get(place))
    }

    /// The classes of some of them.
    pub fn classes(&self, places: Range<usize>) -> impl ExactSizeIterator<Item = ClassId> {
        places.map(|place| self.columns.class(place))
    }

    /// Adds the next requests of an intake, whose numbers begin with that, which all count or all do not; workers serve them.
    #[inline]
    pub fn extend(
        &mut self,
        number: u64,
        (arrivals, drawn): (&[Arrival], &[DrawnRequest]),
        intake: &Intake,
        workers: &mut Availability,
    ) {
        let first = self.columns.len();
        self.columns.extend(number, arrivals, drawn, intake);
        let StayColumns { arrivals, starts, demands, .. } = &mut self.columns;
        workers.assign(&arrivals[first..], &demands[first..], starts);
        let counts = arrivals.last().is_some_and(|last| *last >= self.warm_up);
        self.uncounted += if counts { 0 } else { drawn.len() };
    }

    /// Lets those that have departed by then come first; they stay in order if there is one worker. Returns how many they are.
    pub fn move_departed_first(&mut self, until: SimTime) -> usize {
        self.columns.move_departed_first(until)
    }

    /// Those from the first of the range on that count as it does, or do not as it does not.
    pub fn alike<'a>(&'a self, range: Range<usize>, program: &'a Program) -> Stays<'a> {
        if self.uncounted == 0 {
            return self.columns.part(range, true, program);
        }
        let arrivals = &self.columns.arrivals[range.clone()];
        let counts = arrivals[0] >= self.warm_up;
        let alike = arrivals.iter().position(|arrival| (*arrival >= self.warm_up) != counts);
        self.columns.part(range.start..alike.map_or(range.end, |count| range.start + count), counts, program)
    }

    /// Forgets the first, which have been reported.
    pub fn remove_first(&mut self, count: usize) {
        if self.uncounted > 0 {
            let arrivals = &self.columns.arrivals[..count];
            self.uncounted -= arrivals.iter().filter(|arrival| **arrival < self.warm_up).count();
        }
        self.columns.remove_first(count);
    }
}
