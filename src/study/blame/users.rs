//! Who uses the units of a station, as time goes on.

use crate::engine::Actor;
use crate::model::SimTime;

use super::log::{Hold, Log};
use super::site::Units;

/// Who uses the units of a station, from an instant on.
#[derive(Clone, Debug)]
pub(super) struct Users {
    /// In order; a user of several is here as often.
    now: Vec<Actor>,
    /// What changes later, the next first.
    changes: Vec<Change>,
    next: usize,
    time: SimTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    time: SimTime,
    is_taken: bool,
    actor: Actor,
}

impl Users {
    /// Those at `from`, with what changes up to `to`.
    pub fn new(log: &Log, units: Units, (from, to): (SimTime, SimTime)) -> Self {
        let mut users = Self { now: Vec::new(), changes: Vec::new(), next: 0, time: from };
        for unit in units.each() {
            log.holds_of(unit).between(from, to).for_each(|hold| users.add(*hold, from, to));
        }
        users.now.sort_unstable();
        users.changes.sort_unstable();
        users
    }

    fn add(&mut self, Hold { actor, start, end }: Hold, from: SimTime, to: SimTime) {
        if start <= from {
            self.now.push(actor);
        } else {
            self.changes.push(Change { time: start, is_taken: true, actor });
        }
        if end < to {
            self.changes.push(Change { time: end, is_taken: false, actor });
        }
    }

    /// Goes on to an instant; returns false if that has passed.
    pub fn go_on(&mut self, to: SimTime) -> bool {
        if to < self.time {
            return false;
        }
        self.time = to;
        while let Some(Change { time, is_taken, actor }) = self.changes.get(self.next).copied()
            && time <= to
        {
            self.next += 1;
            match (is_taken, self.now.binary_search(&actor)) {
                (true, Ok(place) | Err(place)) => self.now.insert(place, actor),
                (false, Ok(place)) => {
                    self.now.remove(place);
                }
                (false, Err(_)) => {}
            }
        }
        true
    }

    /// Who uses the units now, in order.
    pub fn now(&self) -> &[Actor] {
        &self.now
    }

    /// When something changes next, if anything does.
    pub fn next_change(&self) -> Option<SimTime> {
        self.changes.get(self.next).map(|change| change.time)
    }
}

/// A stretch of time in which the same units are in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub start: SimTime,
    pub end: SimTime,
    /// Who uses them, in order.
    pub users: Vec<Actor>,
}

/// The stretches of a span of time; neighbours differ.
pub(super) fn stretches(log: &Log, units: Units, (from, to): (SimTime, SimTime)) -> Vec<Stretch> {
    let mut users = Users::new(log, units, (from, to));
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut start = from;
    while start < to {
        users.go_on(start);
        let end = users.next_change().map_or(to, |next| next.min(to));
        match stretches.last_mut() {
            Some(last) if last.users == users.now() => last.end = end,
            Some(_) | None => stretches.push(Stretch { start, end, users: users.now().to_vec() }),
        }
        start = end;
    }
    stretches
}
