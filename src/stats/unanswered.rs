//! What requests without an answer spent their time on.

use crate::engine::{Departure, add_spent};
use crate::model::Activity;

/// Time spent by requests that were rejected, timed out or failed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Unanswered {
    /// How many there are.
    pub count: u64,
    /// Nanoseconds in each activity.
    pub spent: [u128; Activity::ALL.len()],
}

impl Unanswered {
    /// Takes departures without an answer.
    pub fn add(&mut self, departures: &[Departure]) {
        self.count += departures.len() as u64;
        add_spent(departures, &mut self.spent);
    }

    /// Takes all that another has collected.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.spent.iter_mut().zip(other.spent).for_each(|(sum, more)| *sum += more);
    }
}
