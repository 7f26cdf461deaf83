//! What requests wait for in the run queue: a picture names only what occurs in it.

use crate::model::{Activity, Place};
use crate::policy::Runner;
use crate::stats::{PolicyResults, TimelineEntry};

/// Which of the things for which requests wait in the run queue occur.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RunQueue {
    core: bool,
    lock: bool,
    event_loop: bool,
}

impl RunQueue {
    /// What a request waited for.
    pub(super) fn of(entry: &TimelineEntry) -> Self {
        let waits = entry.parts.iter().filter(|part| part.activity == Activity::RunQueueWait);
        waits.map(|part| Self::at(part.place)).fold(Self::default(), Self::or)
    }

    /// What the requests of a policy waited for.
    pub(super) fn of_stations(policy: &PolicyResults) -> Self {
        let waited = |name: &str| {
            policy
                .stations
                .get(name)
                .is_some_and(|station| station.wait_ms.probability.is_some_and(|share| share > 0.0))
        };
        let turn = waited("turn");
        let has_lock = policy.stations.get("turn").is_some_and(|turn| turn.count <= u64::from(policy.workers));
        let has_threads = policy.stations.contains_key("threads") && has_lock;
        let is_loop = policy.runner == Runner::Loop;
        Self { core: waited("cores"), lock: turn && (!is_loop || has_threads), event_loop: turn && is_loop }
    }

    fn at(place: Option<Place>) -> Self {
        let none = Self::default();
        match place {
            Some(Place::Cores) => Self { core: true, ..none },
            Some(Place::Lock) => Self { lock: true, ..none },
            Some(Place::Loop) => Self { event_loop: true, ..none },
            Some(
                Place::CpuLimit
                | Place::Backlog
                | Place::Threads
                | Place::Pool(_)
                | Place::Opening(_)
                | Place::Backend(_),
            )
            | None => none,
        }
    }

    /// What occurs in one of the two.
    pub(super) const fn or(self, other: Self) -> Self {
        Self {
            core: self.core || other.core,
            lock: self.lock || other.lock,
            event_loop: self.event_loop || other.event_loop,
        }
    }

    /// Its names: `a core or the GIL`; of all where nothing is known.
    pub(super) fn names(self) -> String {
        let all = [(self.core, "a core"), (self.lock, "the GIL"), (self.event_loop, "the loop")];
        let is_known = self != Self::default();
        let names: Vec<&str> =
            all.into_iter().filter(|(occurs, _)| *occurs || !is_known).map(|(_, name)| name).collect();
        match names.as_slice() {
            [] => String::new(),
            [one] => (*one).to_owned(),
            [first @ .., last] => format!("{} or {last}", first.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_occurs_is_named() {
        let at = |place| RunQueue::at(Some(place));
        assert_eq!(at(Place::Loop).names(), "the loop");
        assert_eq!(at(Place::Lock).or(at(Place::Cores)).names(), "a core or the GIL");
        assert_eq!(at(Place::CpuLimit).names(), "a core, the GIL or the loop", "nothing is known");
        let all = [Place::Cores, Place::Lock, Place::Loop].map(at).into_iter().fold(RunQueue::default(), RunQueue::or);
        assert_eq!(all.names(), "a core, the GIL or the loop");
    }
}
