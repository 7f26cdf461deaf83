//! What is collected of some requests: those of a batch, or of a time around a fault.

use serde::{Deserialize, Serialize};

use crate::engine::{ClassCounts, Departure, FromWarmUp, Outcome, SpentTime, Unfinished, Usage, add_spent, runs};
use crate::model::{Activity, ActivityGroup, SimTime};

use super::collector::{Collector, Columns};
use super::totals::Totals;

/// What is collected of some requests.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Batch {
    /// When the first of its requests arrived.
    pub(super) begin: SimTime,
    /// Of those that departed.
    pub(super) collector: Collector,
    /// Of those that were not answered, and how many of all were further tries.
    pub(super) unanswered: Vec<ClassCounts>,
}

impl Batch {
    /// Of no request yet.
    pub fn new(classes: usize, clients_retry: bool) -> Self {
        let collector = Collector::new(classes, clients_retry);
        let unanswered = vec![ClassCounts::default(); classes];
        Self { begin: SimTime::MAX, collector, unanswered }
    }

    /// What happened to its requests, and nothing that depends on how long it is.
    pub fn counted(&self) -> Totals {
        Totals {
            nanos: 0,
            classes: self.counts().collect(),
            in_system: Usage::default(),
            cores: Usage::default(),
            throttled: None,
            turns: None,
            slots: Usage::default(),
            backends: Vec::new(),
            backend_queues: Vec::new(),
            pools: Vec::new(),
            threads: None,
            workers: Vec::new(),
            replicas: Vec::new(),
            warm_up_requests: 0,
            from_warm_up: FromWarmUp::default(),
            phase_events: 0,
            incomplete: None,
            deadlock: None,
        }
    }

    /// The 95th percentile of the response times of the answered, in nanoseconds.
    pub fn p95(&self) -> Option<u64> {
        self.collector.response_time_percentile(950)
    }

    /// The same of those of the class in this place.
    pub fn p95_of(&self, class: usize) -> Option<u64> {
        self.collector.response_time_percentile_of(class, 950)
    }

    /// Takes a request that counts and was in flight at the end of the run.
    pub fn add_unfinished(&mut self, unfinished: &Unfinished) {
        let counts = &mut self.unanswered[usize::from(unfinished.entrance.class.0)];
        counts.arrived += 1;
        counts.timed_out += u64::from(unfinished.is_abandoned);
        counts.retried += u64::from(unfinished.entrance.attempts_before > 0);
        self.collector.add_unfinished(unfinished);
    }

    /// Whether this batch, which was stored, can be of a run like another.
    pub fn fits(&self, like: &Self) -> bool {
        self.collector.fits(&like.collector) && self.unanswered.len() == like.unanswered.len()
    }

    /// Takes the requests of another batch.
    pub fn join(&mut self, other: &Self) {
        self.begin = self.begin.min(other.begin);
        self.collector.merge(&other.collector);
        self.unanswered.iter_mut().zip(&other.unanswered).for_each(|(counts, more)| counts.add(*more));
    }

    /// What happened to its requests, by class.
    pub fn counts(&self) -> impl Iterator<Item = ClassCounts> {
        self.unanswered.iter().enumerate().map(|(class, unanswered)| {
            let completed = self.collector.answered(class);
            ClassCounts { completed, arrived: unanswered.arrived + completed, ..*unanswered }
        })
    }

    pub fn totals(&self, end: SimTime) -> Totals {
        let usage = |area: u128| Usage { area, max: 0 };
        let spent = Activity::ALL.map(|activity| self.collector.spent_by_all(activity));
        let present: u128 = spent.iter().sum();
        Totals {
            nanos: u128::from((end - self.begin).as_nanos()),
            in_system: usage(present),
            cores: usage(ActivityGroup::Cpu.total(&spent)),
            slots: usage(present - spent[Activity::BacklogWait as usize]),
            ..self.counted()
        }
    }

    /// Takes departures of requests that count, and all were answered or none was.
    pub fn add(&mut self, departures: &[Departure], clients_retry: bool, columns: &mut Columns) {
        if matches!(departures[0].outcome, Outcome::Completed) {
            let mut spent = [0; Activity::ALL.len()];
            add_spent(departures, &mut spent);
            self.add_answered(departures, &spent, clients_retry, columns);
        } else {
            self.add_unanswered(departures, clients_retry);
        }
    }

    /// Takes departures of requests that count and were answered, and the time they spent in each activity. Returns when the
    /// first of them arrived; the columns hold their times.
    pub fn add_answered(
        &mut self,
        departures: &[Departure],
        spent: &SpentTime,
        clients_retry: bool,
        columns: &mut Columns,
    ) -> SimTime {
        columns.fill(departures);
        self.collector.add_answered(departures, spent, columns);
        self.add_attempts(departures, clients_retry)
    }

    /// The same without an answer.
    pub fn add_unanswered(&mut self, departures: &[Departure], clients_retry: bool) {
        for alike in runs(departures, |departure| (departure.entrance.class, departure.outcome)) {
            self.collector.add_unanswered(alike);
            self.count_unanswered(alike);
        }
        self.add_attempts(departures, clients_retry);
    }

    /// Takes departures as those of attempts, whatever became of them. Returns when the first of the requests arrived.
    #[inline]
    fn add_attempts(&mut self, departures: &[Departure], clients_retry: bool) -> SimTime {
        let first = departures.iter().map(|departure| departure.entrance.arrival).min().unwrap_or(SimTime::MAX);
        self.begin = self.begin.min(first);
        if clients_retry {
            for Departure { entrance, .. } in departures {
                self.unanswered[usize::from(entrance.class.0)].retried += u64::from(entrance.attempts_before > 0);
            }
        }
        self.collector.add_operations(departures);
        first
    }

    /// Counts departures of requests of one class that came to this end; the collector has those that were answered.
    fn count_unanswered(&mut self, departures: &[Departure]) {
        let count = departures.len() as u64;
        let longest = departures.iter().map(Departure::response_time).max().unwrap_or_default();
        let counts = &mut self.unanswered[usize::from(departures[0].entrance.class.0)];
        let outcome = departures[0].outcome;
        match outcome {
            Outcome::Completed => return,
            Outcome::Rejected(reason) => counts.rejected.count_many(reason, count),
            Outcome::TimedOut => counts.timed_out += count,
            Outcome::ServedLate => {
                counts.timed_out += count;
                counts.served_late += count;
            }
            Outcome::Failed(reason) => counts.failed.count_many(reason, count),
        }
        counts.arrived += count;
        // How long a client waited that gave up before is not known here.
        if outcome != Outcome::ServedLate {
            counts.longest_unanswered = counts.longest_unanswered.max(longest);
        }
    }
}
