//! What the engine counted in one run, a stretch of one, or several runs together.

use serde::{Deserialize, Serialize};

use crate::engine::{ClassCounts, Deadlock, Ending, FromWarmUp, QueueUsage, Record, ReplicaUsage, Usage, WorkerUsage};

/// Counts and integrals over time; they add up over runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Measured time, in nanoseconds.
    pub nanos: u128,
    /// What happened to the requests of each class.
    pub classes: Vec<ClassCounts>,
    /// Requests inside the system.
    pub in_system: Usage,
    /// Requests on a core.
    pub cores: Usage,
    /// The number of replicas whose CPU quota was used up; `None` without one, or if that was not watched.
    pub throttled: Option<Usage>,
    /// Requests whose turn it is in their worker; `None` if that was not watched.
    pub turns: Option<Usage>,
    /// Requests in progress in the workers.
    pub slots: Usage,
    /// Queries that each limited backend works on; none if that was not watched.
    pub backends: Vec<Usage>,
    /// Queries that wait until each backend starts them; none if that was not watched.
    pub backend_queues: Vec<Usage>,
    /// The connections to each backend; none if that was not watched.
    pub pools: Vec<QueueUsage>,
    /// The thread pools of the event loops; `None` if that was not watched.
    pub threads: Option<QueueUsage>,
    /// What each worker did; none where workers cannot differ, or if that was not watched.
    pub workers: Vec<WorkerUsage>,
    /// What each replica did; none without replicas, or if that was not watched.
    pub replicas: Vec<ReplicaUsage>,
    /// Requests that arrived in the warm-up.
    pub warm_up_requests: u64,
    /// Of those, the ones that departed after it.
    pub from_warm_up: FromWarmUp,
    /// Phase starts and ends of all requests.
    pub phase_events: u64,
    /// Why a run stopped before its end.
    pub incomplete: Option<Incomplete>,
    /// The requests of a run that will never go on.
    pub deadlock: Option<Deadlock>,
}

impl Totals {
    /// Those of a whole run.
    pub fn of_run(record: &Record) -> Self {
        Self {
            nanos: u128::from((record.end - record.start).as_nanos()),
            classes: record.classes.clone(),
            in_system: record.in_system,
            cores: record.cores,
            throttled: record.throttled,
            turns: Some(record.turns),
            slots: record.slots,
            backends: record.backends.clone(),
            backend_queues: record.backend_queues.clone(),
            pools: record.pools.clone(),
            threads: Some(record.threads),
            workers: record.workers.clone(),
            replicas: record.replicas.clone(),
            warm_up_requests: record.warm_up_requests,
            from_warm_up: record.from_warm_up,
            phase_events: record.phase_events,
            incomplete: Incomplete::of(record),
            deadlock: record.deadlock.clone(),
        }
    }

    /// Adds those of another run to these. The first reason to stop early stays, and so does the first deadlock.
    pub fn add(&mut self, other: &Self) {
        self.nanos += other.nanos;
        self.classes.iter_mut().zip(&other.classes).for_each(|(counts, more)| counts.add(*more));
        let levels = [&mut self.in_system, &mut self.cores, &mut self.slots];
        for (level, more) in levels.into_iter().zip([other.in_system, other.cores, other.slots]) {
            level.add(more);
        }
        let watched = [(&mut self.turns, other.turns), (&mut self.throttled, other.throttled)];
        for (level, more) in watched {
            if let (Some(level), Some(more)) = (level, more) {
                level.add(more);
            }
        }
        self.backends.iter_mut().zip(&other.backends).for_each(|(level, more)| level.add(*more));
        self.backend_queues.iter_mut().zip(&other.backend_queues).for_each(|(level, more)| level.add(*more));
        self.pools.iter_mut().zip(&other.pools).for_each(|(pool, more)| pool.add(*more));
        self.workers.iter_mut().zip(&other.workers).for_each(|(worker, more)| worker.add(*more));
        self.replicas.iter_mut().zip(&other.replicas).for_each(|(replica, more)| replica.add(*more));
        if let (Some(threads), Some(more)) = (&mut self.threads, other.threads) {
            threads.add(more);
        }
        self.warm_up_requests += other.warm_up_requests;
        self.from_warm_up.add(other.from_warm_up);
        self.phase_events += other.phase_events;
        self.incomplete = self.incomplete.take().or_else(|| other.incomplete.clone());
        self.deadlock = self.deadlock.take().or_else(|| other.deadlock.clone());
    }

    /// Measured time, in seconds.
    pub fn seconds(&self) -> f64 {
        self.nanos as f64 / 1e9
    }

    /// Busy time / (time × how many there are); the mean level over time for one.
    pub fn share(&self, usage: Usage, count: u64) -> Option<f64> {
        let capacity = self.nanos as f64 * count as f64;
        (capacity > 0.0).then(|| usage.area as f64 / capacity)
    }
}

/// Why a run stopped before its end; times are in simulated seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Incomplete {
    /// The trace could not be read to its end.
    UnreadableTrace {
        /// What its reader says.
        error: String,
    },
    /// More requests were in flight than allowed.
    TooManyInFlight {
        /// When.
        after_s: f64,
    },
    /// Every request in flight waits for another.
    Deadlock {
        /// When.
        after_s: f64,
    },
    /// Events follow each other without end at one instant.
    Standstill {
        /// When.
        after_s: f64,
    },
    /// The clock reached its end.
    ClockLimit,
}

impl Incomplete {
    /// Why that run stopped; `None` if it ran to its end.
    pub(crate) fn of(record: &Record) -> Option<Self> {
        if let Some(error) = &record.trace_error {
            let error = error.lines().next().unwrap_or_default().to_owned();
            return Some(Self::UnreadableTrace { error });
        }
        let after_s = record.end.since_start().as_secs();
        match record.ending {
            Ending::Drained | Ending::Horizon => None,
            Ending::TooManyInFlight => Some(Self::TooManyInFlight { after_s }),
            Ending::Deadlock => Some(Self::Deadlock { after_s }),
            Ending::Standstill => Some(Self::Standstill { after_s }),
            Ending::ClockLimit => Some(Self::ClockLimit),
        }
    }
}
