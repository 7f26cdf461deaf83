//! Replicas: the machines on which the workers run. Each replica has cores of its own, a CPU quota of its own, and the same
//! number of workers, which have numbers in a row.

use std::ops::Range;

use crate::model::{CpuLimit, Machine, Quantum, SimDuration, SimTime};

use super::cores::CoreQueue;
use super::level::Usage;
use super::quota::Quota;
use super::sharing::Sharing;
use super::usage::{ReplicaLevels, ReplicaUsage};

/// All replicas. Most runs have one, so it is kept where it is found at once.
#[derive(Clone, Debug)]
pub(super) struct ReplicaSet {
    first: Replica,
    others: Vec<Replica>,
    /// The replica of each worker.
    of_worker: Vec<u32>,
}

/// A machine and what is known of its workers together.
#[derive(Clone, Debug)]
pub(super) struct Replica {
    /// Its number, counted from 0.
    pub number: u32,
    /// Its workers.
    pub workers: Range<u32>,
    pub cores: CoreQueue,
    /// Replaces `cores` under processor sharing.
    pub sharing: Option<Sharing>,
    /// How many cores are counted as busy under processor sharing.
    pub shared_busy: u64,
    /// The CPU time that it may use, if that is limited.
    pub quota: Option<Quota>,
    /// The worker to which the next request is bound, if that goes in turn.
    pub next_in_turn: u32,
    /// How many workers are started at once, if too few are idle.
    pub spares_at_once: u32,
    /// The worker that accepted last, if workers accept on their own.
    pub accepted_last: Option<u32>,
    /// What it does, if there are several replicas or a health check.
    pub levels: Option<Box<ReplicaLevels>>,
}

impl ReplicaSet {
    /// The replicas of such a machine, with that many workers in all.
    pub fn new(machine: &Machine, workers: u32, warm_up: SimTime) -> Self {
        let count = machine.replicas.count;
        let each = workers / count;
        let replica = |number: u32| Replica::new(number, number * each..(number + 1) * each, machine, warm_up);
        Self {
            first: replica(0),
            others: (1..count).map(replica).collect(),
            of_worker: (0..workers).map(|worker| worker / each).collect(),
        }
    }

    /// One more process runs on the first replica.
    pub fn add_worker_of_first(&mut self) {
        self.of_worker.push(0);
    }

    /// The number of the replica that a worker belongs to.
    #[inline]
    pub fn number_of(&self, worker: u32) -> u32 {
        if self.others.is_empty() { 0 } else { self.of_worker[worker as usize] }
    }

    /// The replica that a worker belongs to.
    #[inline]
    pub fn of(&self, worker: u32) -> &Replica {
        &self[self.number_of(worker)]
    }

    /// The same, mutable.
    #[inline]
    pub fn of_mut(&mut self, worker: u32) -> &mut Replica {
        let number = self.number_of(worker);
        &mut self[number]
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        1 + self.others.len() as u32
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Replica> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The time for which quotas were used up until `end`, added up over all replicas; `None` without quotas.
    pub fn throttled(&self, end: SimTime) -> Option<Usage> {
        let mut quotas = self.iter().filter_map(|replica| replica.quota.as_ref());
        let mut sum = quotas.next()?.throttled(end);
        quotas.for_each(|quota| sum.add(quota.throttled(end)));
        Some(sum)
    }

    /// What each did until `end`, if there are several or a health check; otherwise empty.
    pub fn usage(&self, end: SimTime) -> Vec<ReplicaUsage> {
        self.iter().filter_map(|replica| Some(replica.levels.as_ref()?.usage(end))).collect()
    }
}

impl std::ops::Index<u32> for ReplicaSet {
    type Output = Replica;
    #[inline]
    fn index(&self, number: u32) -> &Replica {
        match number.checked_sub(1) {
            None => &self.first,
            Some(place) => &self.others[place as usize],
        }
    }
}

impl std::ops::IndexMut<u32> for ReplicaSet {
    #[inline]
    fn index_mut(&mut self, number: u32) -> &mut Replica {
        match number.checked_sub(1) {
            None => &mut self.first,
            Some(place) => &mut self.others[place as usize],
        }
    }
}

impl Replica {
    fn new(number: u32, workers: Range<u32>, machine: &Machine, warm_up: SimTime) -> Self {
        let quantum = match machine.quantum {
            Quantum::RoundRobin(quantum) => Some(quantum),
            Quantum::ProcessorSharing => None,
        };
        Self {
            number,
            next_in_turn: workers.start,
            workers,
            cores: CoreQueue::new(machine.cores, quantum.unwrap_or(SimDuration::MAX)),
            sharing: quantum.is_none().then(|| Sharing::new(machine.cores)),
            shared_busy: 0,
            quota: machine.cpu_limit.map(|limit: CpuLimit| Quota::new(limit, warm_up)),
            spares_at_once: 1,
            accepted_last: None,
            levels: machine.replicas.need_balancer().then(|| Box::new(ReplicaLevels::from(warm_up))),
        }
    }

    /// Chooses that worker; after it comes the next.
    pub fn next_worker(&mut self, chosen: u32) -> u32 {
        self.next_in_turn = if chosen + 1 == self.workers.end { self.workers.start } else { chosen + 1 };
        chosen
    }

    /// How many of its cores are busy.
    pub fn busy_cores(&self) -> u64 {
        self.sharing.as_ref().map_or(self.cores.running().len() as u64, Sharing::busy)
    }

    /// Whether everything in it stands still because its quota is used up.
    #[inline]
    pub fn is_throttled(&self) -> bool {
        self.quota.as_ref().is_some_and(Quota::is_used_up)
    }

    /// Another number of its cores is busy from now on.
    #[inline]
    pub fn note_busy_cores(&mut self, now: SimTime) {
        if self.levels.is_some() {
            self.set_busy_cores(now);
        }
    }

    fn set_busy_cores(&mut self, now: SimTime) {
        let busy = self.busy_cores();
        if let Some(levels) = &mut self.levels {
            levels.busy_cores.set(now, busy);
        }
    }
}
