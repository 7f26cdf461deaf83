//! What a fault did to the requests: the same numbers before it, during it and after it, and how long until it was over for
//! the users.

use serde::{Deserialize, Serialize};

use crate::engine::{Departure, Observer, Outcome, Unfinished, runs};
use crate::model::{Fault, FaultPhase, SimTime};

use super::batch::Batch;
use super::collector::{Collector, Columns};
use super::column;
use super::numbers::PolicyNumbers;
use super::recovery::RecoveryWatch;
use super::totals::Totals;
use crate::stats::results::{FaultEffect, PhaseNumbers};

/// Maximum number of unnamed faults whose effects are collected; named ones always are.
const MOST_UNNAMED: usize = 16;

/// What a fault did, and all numbers of the requests that arrived while it was under way.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredFault {
    /// What it did.
    pub effect: FaultEffect,
    /// The numbers, of a fault that has a name.
    pub during: Option<PolicyNumbers>,
}

/// Watches a run for each of its faults.
#[derive(Clone, Debug)]
pub struct FaultWatch {
    watched: Vec<Watched>,
    clients_retry: bool,
    columns: Columns,
}

#[derive(Clone, Debug)]
struct Watched {
    /// Its place in the list of faults.
    place: usize,
    fault: Fault,
    /// In the order of [`FaultPhase::ALL`].
    phases: [PhaseCollector; 3],
    recovery: RecoveryWatch,
}

/// A part of the run.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct PhaseCollector {
    /// The requests that arrived in it.
    batch: Batch,
    /// Those that were served in it, and of these the answered.
    served: u64,
    answered: u64,
    nanos: u128,
}

impl FaultWatch {
    /// Watches the faults of a scenario, for requests of this many classes.
    pub fn new(faults: &[Fault], classes: usize, clients_retry: bool) -> Self {
        let is_watched = |(place, fault): &(usize, &Fault)| *place < MOST_UNNAMED || fault.name.is_some();
        let phase = || PhaseCollector { batch: Batch::new(classes, clients_retry), served: 0, answered: 0, nanos: 0 };
        let watched = faults.iter().enumerate().filter(is_watched).map(|(place, fault)| Watched {
            place,
            fault: fault.clone(),
            phases: [phase(), phase(), phase()],
            recovery: RecoveryWatch::new(fault),
        });
        Self { watched: watched.collect(), clients_retry, columns: Columns::default() }
    }

    /// The run has ended; its measured time.
    pub fn finish(&mut self, start: SimTime, end: SimTime) {
        for Watched { fault, phases, .. } in &mut self.watched {
            for (phase, time) in phases.iter_mut().zip(fault.time_in_phases(start, end.max(start))) {
                phase.nanos = u128::from(time.as_nanos());
            }
        }
    }

    /// Adds what was seen of another replication.
    pub fn merge(&mut self, other: &Self) {
        for (watched, more) in self.watched.iter_mut().zip(&other.watched) {
            for (phase, more) in watched.phases.iter_mut().zip(&more.phases) {
                phase.batch.join(&more.batch);
                phase.served += more.served;
                phase.answered += more.answered;
                phase.nanos += more.nanos;
            }
            watched.recovery.merge(&more.recovery);
        }
    }

    /// What each watched fault did. `numbers` makes numbers of what was collected and counted.
    pub fn measured(&self, numbers: impl Fn(&Collector, &Totals) -> PolicyNumbers) -> Vec<MeasuredFault> {
        self.watched.iter().map(|watched| watched.measured(&numbers)).collect()
    }
}

/// What was collected around faults, without the faults; it can be stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CollectedFaults(Vec<CollectedFault>);

/// What was collected around one fault.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct CollectedFault {
    phases: [PhaseCollector; 3],
    recovery: RecoveryWatch,
}

impl FaultWatch {
    /// What was collected.
    pub fn into_collected(self) -> CollectedFaults {
        let collected = |Watched { phases, recovery, .. }: Watched| CollectedFault { phases, recovery };
        CollectedFaults(self.watched.into_iter().map(collected).collect())
    }

    /// The same watch after it has collected this; `None` if it cannot have.
    pub fn with_collected(mut self, collected: CollectedFaults) -> Option<Self> {
        if self.watched.len() != collected.0.len() {
            return None;
        }
        for (watched, CollectedFault { phases, recovery }) in self.watched.iter_mut().zip(collected.0) {
            let mut pairs = phases.iter().zip(&watched.phases);
            if !recovery.fits(&watched.recovery) || !pairs.all(|(phase, like)| phase.batch.fits(&like.batch)) {
                return None;
            }
            (watched.phases, watched.recovery) = (phases, recovery);
        }
        Some(self)
    }
}

impl Watched {
    fn measured(&self, results: impl Fn(&Collector, &Totals) -> PolicyNumbers) -> MeasuredFault {
        let [before, during, after] = self.phases.each_ref().map(|phase| phase.results(&results));
        let unanswered = before.error_rate.unwrap_or(0.0);
        let (recovery, time) = self.recovery.result(&self.fault, unanswered);
        let numbers = |phase: FaultPhase, results: &PolicyNumbers| self.phases[phase as usize].numbers(results);
        let effect = FaultEffect {
            fault: self.place + 1,
            name: self.fault.name.clone(),
            before: numbers(FaultPhase::Before, &before),
            during: numbers(FaultPhase::During, &during),
            after: numbers(FaultPhase::After, &after),
            recovery,
            recovery_ms: time.map(|time| time.as_millis()),
        };
        MeasuredFault { effect, during: self.fault.name.is_some().then_some(during) }
    }
}

impl PhaseCollector {
    fn results(&self, results: impl Fn(&Collector, &Totals) -> PolicyNumbers) -> PolicyNumbers {
        let totals = Totals { nanos: self.nanos, ..self.batch.counted() };
        let per_second = |count: u64| (self.nanos > 0).then(|| count as f64 / totals.seconds());
        PolicyNumbers {
            throughput_per_s: per_second(self.served),
            goodput_per_s: per_second(self.answered),
            ..results(&self.batch.collector, &totals)
        }
    }

    fn numbers(&self, results: &PolicyNumbers) -> PhaseNumbers {
        PhaseNumbers {
            duration_ms: self.nanos as f64 / 1e6,
            requests: results.requests,
            response_time_ms: results.response_time_ms,
            error_rate: results.error_rate,
            throughput_per_s: results.throughput_per_s,
        }
    }

    fn take_departure(&mut self, outcome: Outcome) {
        self.served += u64::from(matches!(outcome, Outcome::Completed | Outcome::ServedLate));
        self.answered += u64::from(outcome == Outcome::Completed);
    }
}

impl Observer for FaultWatch {
    fn watches_departures(&self) -> bool {
        !self.watched.is_empty()
    }

    fn on_departures(&mut self, departures: &[Departure]) {
        let Self { watched, clients_retry, columns } = self;
        for Watched { fault, phases, recovery, .. } in watched {
            let belongs_to = |departure: &Departure| {
                let Departure { entrance, counts, outcome, .. } = departure;
                (fault.phase(entrance.arrival), entrance.class, *counts, *outcome)
            };
            for departures in runs(departures, belongs_to).flat_map(|run| run.chunks(column::MOST)) {
                let (phase, _, counts, outcome) = belongs_to(&departures[0]);
                for departure in departures {
                    phases[fault.phase(departure.departure) as usize].take_departure(outcome);
                }
                if counts {
                    phases[phase as usize].batch.add(departures, *clients_retry, columns);
                    let before = &phases[FaultPhase::Before as usize].batch;
                    departures.iter().for_each(|departure| recovery.add(fault, departure, || before.p95()));
                }
            }
        }
    }

    fn on_unfinished(&mut self, unfinished: &Unfinished) {
        if !unfinished.counts || !unfinished.has_arrived {
            return;
        }
        for Watched { fault, phases, recovery, .. } in &mut self.watched {
            phases[fault.phase(unfinished.entrance.arrival) as usize].batch.add_unfinished(unfinished);
            let before = &phases[FaultPhase::Before as usize].batch;
            recovery.add_unfinished(fault, unfinished, || before.p95());
        }
    }
}
