//! What a fault did to the requests: the same numbers before it, during it and after it, and how long until it was over for
//! the users; of all classes together and of each.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::engine::{Departure, Observer, Outcome, Unfinished, runs};
use crate::model::{ClassId, Fault, FaultPhase, SimDuration, SimTime};

use super::batch::Batch;
use super::collector::{Collector, Columns};
use super::column;
use super::numbers::{ClassNumbers, PolicyNumbers};
use super::recovery::RecoveryWatch;
use super::totals::Totals;
use crate::stats::results::{ClassFaultEffect, FaultEffect, PhaseNumbers};

/// Maximum number of unnamed faults whose effects are collected; named ones always are.
const MOST_UNNAMED: usize = 16;

/// The recovery of each class is watched if there are at most this many, which take memory.
const MOST_CLASSES: usize = 16;

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
    /// Who is served before then is not counted.
    warm_up: SimTime,
    clients_retry: bool,
    columns: Columns,
}

#[derive(Clone, Debug)]
struct Watched {
    /// Its place in the list of faults.
    place: usize,
    fault: Fault,
    collected: CollectedFault,
}

/// What was collected around one fault.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct CollectedFault {
    /// In the order of [`FaultPhase`].
    phases: [PhaseCollector; 3],
    recovery: RecoveryWatch,
    /// The same of single classes, by their places; of none where there is only one.
    recovery_of: Vec<Option<RecoveryWatch>>,
}

/// A part of the run.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct PhaseCollector {
    /// The requests that arrived in it.
    batch: Batch,
    /// Those that departed in it, by class.
    served: Vec<ServedCounts>,
    nanos: u128,
}

/// Requests that were served.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct ServedCounts {
    served: u64,
    /// Of these, those whose clients still waited.
    answered: u64,
}

impl FaultWatch {
    /// Watches the faults of a scenario from the end of the warm-up on, for requests of this many classes.
    pub fn new(faults: &[Fault], classes: usize, clients_retry: bool, warm_up: SimTime) -> Self {
        let is_watched = |(place, fault): &(usize, &Fault)| *place < MOST_UNNAMED || fault.name.is_some();
        let watched = faults.iter().enumerate().filter(is_watched).map(|(place, fault)| Watched {
            place,
            fault: fault.clone(),
            collected: CollectedFault::new(fault, classes, clients_retry),
        });
        Self { watched: watched.collect(), warm_up, clients_retry, columns: Columns::default() }
    }

    /// The same, with the recovery of these classes even if there are many.
    pub fn with_recovery_of(mut self, classes: impl Iterator<Item = ClassId>) -> Self {
        for class in classes.map(|class| usize::from(class.0)) {
            for Watched { fault, collected, .. } in &mut self.watched {
                if let Some(recovery) = collected.recovery_of.get_mut(class) {
                    recovery.get_or_insert_with(|| RecoveryWatch::new(fault));
                }
            }
        }
        self
    }

    /// The run has ended; its measured time.
    pub fn finish(&mut self, start: SimTime, end: SimTime) {
        for Watched { fault, collected, .. } in &mut self.watched {
            for (phase, time) in collected.phases.iter_mut().zip(fault.time_in_phases(start, end.max(start))) {
                phase.nanos = u128::from(time.as_nanos());
            }
        }
    }

    /// Adds what was seen of another replication.
    pub fn merge(&mut self, other: &Self) {
        for (watched, more) in self.watched.iter_mut().zip(&other.watched) {
            watched.collected.merge(&more.collected);
        }
    }

    /// What each watched fault did. `numbers` makes numbers of what was collected and counted.
    pub fn measured(&self, numbers: impl Fn(&Collector, &Totals) -> PolicyNumbers) -> Vec<MeasuredFault> {
        self.watched.iter().map(|watched| watched.measured(&numbers)).collect()
    }

    /// The numbers of the requests that arrived during each watched fault, `None` for those without a name.
    pub fn during(&self, numbers: impl Fn(&Collector, &Totals) -> PolicyNumbers) -> Vec<Option<PolicyNumbers>> {
        let of_fault = |Watched { fault, collected, .. }: &Watched| {
            fault.name.as_ref().map(|_| collected.phases[FaultPhase::During as usize].results(&numbers))
        };
        self.watched.iter().map(of_fault).collect()
    }
}

/// What was collected around faults, without the faults; it can be stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CollectedFaults(Vec<CollectedFault>);

impl FaultWatch {
    /// What was collected.
    pub fn into_collected(self) -> CollectedFaults {
        CollectedFaults(self.watched.into_iter().map(|watched| watched.collected).collect())
    }

    /// The same watch after it has collected this; `None` if it cannot have.
    pub fn with_collected(mut self, collected: CollectedFaults) -> Option<Self> {
        if self.watched.len() != collected.0.len() {
            return None;
        }
        for (watched, collected) in self.watched.iter_mut().zip(collected.0) {
            if !collected.fits(&watched.collected) {
                return None;
            }
            watched.collected = collected;
        }
        Some(self)
    }
}

impl CollectedFault {
    /// Of no request yet.
    fn new(fault: &Fault, classes: usize, clients_retry: bool) -> Self {
        let phase = || PhaseCollector {
            batch: Batch::new(classes, clients_retry),
            served: vec![ServedCounts::default(); classes],
            nanos: 0,
        };
        let of_classes = if classes > 1 { classes } else { 0 };
        let watch = (classes <= MOST_CLASSES).then(|| RecoveryWatch::new(fault));
        Self {
            phases: [phase(), phase(), phase()],
            recovery: RecoveryWatch::new(fault),
            recovery_of: vec![watch; of_classes],
        }
    }

    /// Whether this, which was stored, can be of a run like another.
    fn fits(&self, like: &Self) -> bool {
        let are_alike = |(own, like): (&Option<RecoveryWatch>, &Option<RecoveryWatch>)| match (own, like) {
            (Some(own), Some(like)) => own.fits(like),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        self.recovery.fits(&like.recovery)
            && self.recovery_of.len() == like.recovery_of.len()
            && self.recovery_of.iter().zip(&like.recovery_of).all(are_alike)
            && self.phases.iter().zip(&like.phases).all(|(phase, like)| phase.fits(like))
    }

    fn merge(&mut self, other: &Self) {
        for (phase, more) in self.phases.iter_mut().zip(&other.phases) {
            phase.merge(more);
        }
        self.recovery.merge(&other.recovery);
        for (recovery, more) in self.recovery_of.iter_mut().zip(&other.recovery_of) {
            recovery.iter_mut().zip(more).for_each(|(recovery, more)| recovery.merge(more));
        }
    }
}

impl Watched {
    fn measured(&self, results: impl Fn(&Collector, &Totals) -> PolicyNumbers) -> MeasuredFault {
        let numbers = self.collected.phases.each_ref().map(|phase| phase.results(&results));
        let of = |phase: FaultPhase| self.collected.phases[phase as usize].numbers(&numbers[phase as usize]);
        let unanswered = numbers[FaultPhase::Before as usize].error_rate;
        let (recovery, time) = self.collected.recovery.result(&self.fault, unanswered.unwrap_or(0.0));
        let effect = FaultEffect {
            fault: self.place + 1,
            name: self.fault.name.clone(),
            before: of(FaultPhase::Before),
            during: of(FaultPhase::During),
            after: of(FaultPhase::After),
            recovery,
            recovery_ms: time.map(SimDuration::as_millis),
            classes: self.classes(&numbers),
        };
        let [_, during, _] = numbers;
        MeasuredFault { effect, during: self.fault.name.is_some().then_some(during) }
    }

    /// What it did to each class, if there are several, from the numbers of the phases.
    fn classes(&self, numbers: &[PolicyNumbers; 3]) -> IndexMap<String, ClassFaultEffect> {
        let names = numbers[FaultPhase::Before as usize].classes.keys();
        let named = self.collected.recovery_of.iter().zip(names).enumerate();
        named.map(|(place, (recovery, name))| (name.clone(), self.class(place, recovery.as_ref(), numbers))).collect()
    }

    fn class(&self, place: usize, recovery: Option<&RecoveryWatch>, numbers: &[PolicyNumbers; 3]) -> ClassFaultEffect {
        let class = |phase: FaultPhase| &numbers[phase as usize].classes[place];
        let of = |phase: FaultPhase| self.collected.phases[phase as usize].numbers_of(place, class(phase));
        let unanswered = class(FaultPhase::Before).error_rate.unwrap_or(0.0);
        let recovery = recovery.map(|watch| watch.result(&self.fault, unanswered));
        ClassFaultEffect {
            before: of(FaultPhase::Before),
            during: of(FaultPhase::During),
            after: of(FaultPhase::After),
            recovery: recovery.map(|(recovery, _)| recovery),
            recovery_ms: recovery.and_then(|(_, time)| time).map(SimDuration::as_millis),
        }
    }
}

impl PhaseCollector {
    fn fits(&self, like: &Self) -> bool {
        self.batch.fits(&like.batch) && self.served.len() == like.served.len()
    }

    fn merge(&mut self, other: &Self) {
        self.batch.join(&other.batch);
        for (counts, more) in self.served.iter_mut().zip(&other.served) {
            counts.served += more.served;
            counts.answered += more.answered;
        }
        self.nanos += other.nanos;
    }

    fn results(&self, results: impl Fn(&Collector, &Totals) -> PolicyNumbers) -> PolicyNumbers {
        let totals = Totals { nanos: self.nanos, ..self.batch.counted() };
        let all = |count: fn(&ServedCounts) -> u64| self.per_second(self.served.iter().map(count).sum());
        PolicyNumbers {
            throughput_per_s: all(|counts| counts.served),
            goodput_per_s: all(|counts| counts.answered),
            ..results(&self.batch.collector, &totals)
        }
    }

    /// The numbers of all requests, from all that is known of them.
    fn numbers(&self, results: &PolicyNumbers) -> PhaseNumbers {
        PhaseNumbers {
            duration_ms: self.nanos as f64 / 1e6,
            requests: results.requests,
            response_time_ms: results.response_time_ms,
            error_rate: results.error_rate,
            throughput_per_s: results.throughput_per_s,
        }
    }

    /// The same of the class in this place.
    fn numbers_of(&self, place: usize, results: &ClassNumbers) -> PhaseNumbers {
        PhaseNumbers {
            duration_ms: self.nanos as f64 / 1e6,
            requests: results.requests,
            response_time_ms: results.response_time_ms,
            error_rate: results.error_rate,
            throughput_per_s: self.per_second(self.served[place].served),
        }
    }

    fn per_second(&self, count: u64) -> Option<f64> {
        (self.nanos > 0).then(|| count as f64 / (self.nanos as f64 / 1e9))
    }

    fn take_departure(&mut self, class: ClassId, outcome: Outcome) {
        let counts = &mut self.served[usize::from(class.0)];
        counts.served += u64::from(matches!(outcome, Outcome::Completed | Outcome::ServedLate));
        counts.answered += u64::from(outcome == Outcome::Completed);
    }
}

impl CollectedFault {
    /// Takes departures of requests of one class that count, arrived in one phase, and came to the same end.
    fn add(&mut self, fault: &Fault, departures: &[Departure], clients_retry: bool, columns: &mut Columns) {
        let Self { phases, recovery, recovery_of } = self;
        let Some(Departure { entrance, .. }) = departures.first() else { return };
        phases[fault.phase(entrance.arrival) as usize].batch.add(departures, clients_retry, columns);
        let before = &phases[FaultPhase::Before as usize].batch;
        departures.iter().for_each(|departure| recovery.add(fault, departure, || before.p95()));
        let class = usize::from(entrance.class.0);
        if let Some(Some(recovery)) = recovery_of.get_mut(class) {
            departures.iter().for_each(|departure| recovery.add(fault, departure, || before.p95_of(class)));
        }
    }

    /// Takes a request that counts and was in flight at the end.
    fn add_unfinished(&mut self, fault: &Fault, unfinished: &Unfinished) {
        let Self { phases, recovery, recovery_of } = self;
        phases[fault.phase(unfinished.entrance.arrival) as usize].batch.add_unfinished(unfinished);
        let before = &phases[FaultPhase::Before as usize].batch;
        recovery.add_unfinished(fault, unfinished, || before.p95());
        let class = usize::from(unfinished.entrance.class.0);
        if let Some(Some(recovery)) = recovery_of.get_mut(class) {
            recovery.add_unfinished(fault, unfinished, || before.p95_of(class));
        }
    }
}

impl Observer for FaultWatch {
    fn watches_departures(&self) -> bool {
        !self.watched.is_empty()
    }

    fn on_departures(&mut self, departures: &[Departure]) {
        let Self { watched, warm_up, clients_retry, columns } = self;
        for Watched { fault, collected, .. } in watched {
            let belongs_to = |departure: &Departure| {
                let Departure { entrance, counts, outcome, .. } = departure;
                (fault.phase(entrance.arrival), entrance.class, *counts, *outcome)
            };
            for departures in runs(departures, belongs_to).flat_map(|run| run.chunks(column::MOST)) {
                let (_, class, counts, outcome) = belongs_to(&departures[0]);
                for departure in departures.iter().filter(|departure| departure.departure >= *warm_up) {
                    collected.phases[fault.phase(departure.departure) as usize].take_departure(class, outcome);
                }
                if counts {
                    collected.add(fault, departures, *clients_retry, columns);
                }
            }
        }
    }

    fn on_unfinished(&mut self, unfinished: &Unfinished) {
        if !unfinished.counts || !unfinished.has_arrived {
            return;
        }
        for Watched { fault, collected, .. } in &mut self.watched {
            collected.add_unfinished(fault, unfinished);
        }
    }
}
