//! Faults that occur during a run.

use super::{BackendId, SimDuration, SimTime};

/// A fault, by its index in the scenario's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FaultId(pub u16);

/// Something that goes wrong for a while, once or repeatedly.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Its name in objectives.
    pub name: Option<String>,
    /// When it begins, from the start of the run.
    pub at: SimDuration,
    /// How long it lasts.
    pub span: SimDuration,
    /// Time from one start to the next, until the end of the run; longer than it lasts. `None`: it happens once.
    pub every: Option<SimDuration>,
    /// What goes wrong.
    pub kind: FaultKind,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FaultKind {
    /// Queries that a backend starts take longer.
    Slow {
        /// The backend.
        backend: BackendId,
        /// How long they take.
        by: Slowness,
    },
    /// A backend answers no query: running and new ones fail at once.
    Down {
        /// The backend.
        backend: BackendId,
    },
    /// Workers restart: their requests fail, and they take no new ones meanwhile.
    Restart {
        /// The replica, counted from 0; `None`: all of them.
        replica: Option<u32>,
        /// The worker of the replica, counted from 0; `None`: all of them. Policies with fewer workers are not affected.
        worker: Option<u32>,
    },
    /// A machine has fewer cores.
    Cores {
        /// The replica, counted from 0; `None`: all of them.
        replica: Option<u32>,
        /// Number of cores left; with 0, nothing computes.
        cores: u32,
    },
}

/// How long the queries of a slow backend take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Slowness {
    /// This many times their demand; 1 or more.
    Factor(f64),
    /// This long, whatever their demand; a longer demand is not shortened.
    Time(SimDuration),
}

/// The position of an instant relative to a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultPhase {
    /// Before its first start.
    Before,
    /// From a start (included) to its end (excluded).
    During,
    /// From an end (included) to the next start, if there is one.
    After,
}

impl Fault {
    /// Its first start.
    pub fn start(&self) -> SimTime {
        SimTime::ZERO + self.at
    }

    /// The number of the latest start at or before an instant, counted from 0, and how long ago it was; `None` before the
    /// first.
    pub fn occurrence(&self, time: SimTime) -> Option<(u64, SimDuration)> {
        let since = (time >= self.start()).then(|| time - self.start())?;
        Some(match self.every {
            None => (0, since),
            Some(every) => {
                let (since, every) = (since.as_nanos(), every.as_nanos());
                (since / every, SimDuration::from_nanos(since % every))
            }
        })
    }

    /// The phase of an instant.
    pub fn phase(&self, time: SimTime) -> FaultPhase {
        match self.occurrence(time) {
            None => FaultPhase::Before,
            Some((_, since)) if since < self.span => FaultPhase::During,
            Some(_) => FaultPhase::After,
        }
    }

    /// How much of the time from `from` to `until` is in each phase, in the order of [`FaultPhase::ALL`].
    pub fn time_in_phases(&self, from: SimTime, until: SimTime) -> [SimDuration; 3] {
        let (before, during) = (self.time_until(until), self.time_until(from));
        [0, 1, 2].map(|phase| SimDuration::from_nanos(before[phase].saturating_sub(during[phase])))
    }

    /// The same from the start of the run, in nanoseconds.
    fn time_until(&self, time: SimTime) -> [u64; 3] {
        let before = time.min(self.start()).as_nanos();
        let Some((number, since)) = self.occurrence(time) else { return [before, 0, 0] };
        let during = number * self.span.as_nanos() + since.min(self.span).as_nanos();
        [before, during, time.as_nanos() - before - during]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(every: Option<u64>) -> Fault {
        let millis = SimDuration::from_millis;
        let kind = FaultKind::Cores { replica: None, cores: 1 };
        Fault { name: None, at: millis(10), span: millis(5), every: every.map(millis), kind }
    }

    fn at(millis: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_millis(millis)
    }

    #[test]
    fn a_fault_begins_with_its_first_instant_and_is_over_at_its_end() {
        use FaultPhase::{After, Before, During};
        let once = [(9, Before), (10, During), (14, During), (15, After), (10_000, After)];
        let again = [(9, Before), (10, During), (15, After), (29, After), (30, During), (34, During), (35, After)];
        for (fault, phases) in [(fault(None), &once[..]), (fault(Some(20)), &again[..])] {
            phases.iter().for_each(|(time, phase)| assert_eq!(fault.phase(at(*time)), *phase, "{time} ms"));
        }
    }

    #[test]
    fn the_time_in_each_phase_adds_up() {
        let millis = |times: [SimDuration; 3]| times.map(|time| time.as_nanos() / 1_000_000);
        assert_eq!(millis(fault(None).time_in_phases(at(0), at(100))), [10, 5, 85]);
        assert_eq!(millis(fault(None).time_in_phases(at(12), at(13))), [0, 1, 0]);
        assert_eq!(millis(fault(Some(20)).time_in_phases(at(0), at(52))), [10, 12, 30]);
        assert_eq!(millis(fault(Some(20)).time_in_phases(at(12), at(52))), [0, 10, 30]);
    }
}
