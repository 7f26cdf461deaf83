//! Departures that belong to several batches or windows of time, one after another.
//!
//! Around the beginning of a window, those that arrived before and after it depart in turn; with many requests in flight it is so
//! all the time. So they are not taken in the order in which they come, but first all of one window, then all of the next.

use crate::engine::{Departure, Waits};
use crate::model::SimDuration;

use super::column::{Column, Values};

/// Places of departures, while they are picked group by group.
#[derive(Clone, Debug, Default)]
pub(super) struct Picks {
    left: Vec<usize>,
    picked: Vec<usize>,
}

impl Picks {
    /// Begins with this many, of which none has been picked.
    pub fn begin(&mut self, count: usize) {
        self.left.clear();
        self.left.extend(0..count);
    }

    /// The first that has not been picked.
    pub fn first_left(&self) -> Option<usize> {
        self.left.first().copied()
    }

    /// Picks those that belong together. Each is written to both lists, and then counts for one: no branch has to be guessed.
    #[inline]
    pub fn pick(&mut self, is_picked: impl Fn(usize) -> bool) {
        let Self { left, picked } = self;
        picked.resize(left.len(), 0);
        let (mut count, mut others) = (0, 0);
        for place in 0..left.len() {
            let candidate = left[place];
            (picked[count], left[others]) = (candidate, candidate);
            let is_one = is_picked(candidate);
            count += usize::from(is_one);
            others += usize::from(!is_one);
        }
        picked.truncate(count);
        left.truncate(others);
    }
}

/// Departures with their response times, picked group by group.
#[derive(Clone, Debug, Default)]
pub(super) struct PickedTimes {
    pub picks: Picks,
    times: Column,
}

impl PickedTimes {
    /// Those that were picked last, and their response times out of those of all.
    #[inline]
    pub fn picked<'a>(
        &'a mut self,
        departures: &'a [Departure],
        times: Values<'_>,
    ) -> (impl Iterator<Item = &'a Departure> + Clone, Values<'a>) {
        let picked = &self.picks.picked;
        let times = self.times.fill(picked.iter().map(|place| times.all()[*place]));
        (picked.iter().map(|place| &departures[*place]), times)
    }
}

/// Departures with their waits, picked group by group.
#[derive(Clone, Debug, Default)]
pub(super) struct PickedDepartures {
    pub picks: Picks,
    departures: Vec<Departure>,
    waits: Vec<SimDuration>,
}

impl PickedDepartures {
    /// Those that were picked last.
    pub fn picked(&mut self, departures: &[Departure], waits: Waits<'_>) -> (&[Departure], Waits<'_>) {
        let picked = &self.picks.picked;
        self.departures.clear();
        self.departures.extend(picked.iter().map(|place| departures[*place]));
        (&self.departures, waits.at(picked, &mut self.waits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_is_picked_once_and_those_of_a_group_in_order() {
        let groups = [3, 1, 3, 3, 2, 1, 3, 2];
        let (mut picks, mut order) = (Picks::default(), Vec::new());
        picks.begin(groups.len());
        while let Some(first) = picks.first_left() {
            picks.pick(|place| groups[place] == groups[first]);
            order.push(picks.picked.clone());
        }
        assert_eq!(order, [vec![0, 2, 3, 6], vec![1, 5], vec![4, 7]]);
    }
}
