//! A stretch of time that is divided among windows.

use crate::model::SimTime;

/// A stretch of time, and an amount spread evenly over it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub start: SimTime,
    pub end: SimTime,
    pub amount: u64,
}

impl Stretch {
    /// A level of one.
    pub fn of_one(start: SimTime, end: SimTime) -> Self {
        Self { start, end, amount: (end - start).as_nanos() }
    }

    /// The amount of some nanoseconds of it.
    pub fn part(&self, nanos: u64) -> u128 {
        let length = (self.end - self.start).as_nanos();
        (u128::from(self.amount) * u128::from(nanos)).checked_div(u128::from(length)).unwrap_or(0)
    }

    /// What of it lies after an instant.
    pub fn from(self, start: SimTime) -> Self {
        if start <= self.start {
            return self;
        }
        let start = start.min(self.end);
        let amount = self.part((self.end - start).as_nanos()) as u64;
        Self { start, amount, ..self }
    }
}
