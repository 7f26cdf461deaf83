//! How busy resources were, and how many requests waited for them.

use serde::{Deserialize, Serialize};

use crate::model::SimTime;

use super::level::{Level, Usage};

/// How much of a resource is in use, and how many requests wait for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueUsage {
    /// In use.
    pub in_use: Usage,
    /// Requests that wait.
    pub waiting: Usage,
}

impl QueueUsage {
    /// Adds another span of time to this.
    pub fn add(&mut self, other: Self) {
        self.in_use.add(other.in_use);
        self.waiting.add(other.waiting);
    }
}

/// What a worker did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerUsage {
    /// Requests that it took, among those that are part of the numbers.
    pub requests: u64,
    /// Requests in progress.
    pub in_progress: Usage,
    /// Turns taken × time, in nanoseconds.
    pub turns: u128,
    /// Requests that wait inside it for a slot.
    pub waiting: Usage,
    /// How often it was replaced.
    pub replaced: u64,
    /// Whether its successor boots: 1 then, 0 otherwise.
    pub booting: Usage,
}

impl WorkerUsage {
    /// Adds another span of time to this.
    pub fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.in_progress.add(other.in_progress);
        self.turns += other.turns;
        self.waiting.add(other.waiting);
        self.replaced += other.replaced;
        self.booting.add(other.booting);
    }
}

/// What a replica did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaUsage {
    /// Requests that the balancer sent to it, among those that are part of the numbers.
    pub requests: u64,
    /// Requests in it whose clients still waited.
    pub connections: Usage,
    /// Cores that were busy.
    pub busy_cores: Usage,
    /// Whether it got no requests because its probes failed: 1 then, 0 otherwise.
    pub out: Usage,
    /// Probes that failed in the measured time.
    pub failed_probes: u64,
}

impl ReplicaUsage {
    /// Adds another span of time to this.
    pub fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.connections.add(other.connections);
        self.busy_cores.add(other.busy_cores);
        self.out.add(other.out);
        self.failed_probes += other.failed_probes;
    }
}

/// What is known of a replica, if there are several or a health check.
#[derive(Clone, Debug)]
pub(super) struct ReplicaLevels {
    pub requests: u64,
    pub connections: Level,
    pub busy_cores: Level,
    pub out: Level,
    pub failed_probes: u64,
}

impl ReplicaLevels {
    /// Nothing has happened; the measured time begins at that instant.
    pub const fn from(start: SimTime) -> Self {
        Self {
            requests: 0,
            connections: Level::from(start),
            busy_cores: Level::from(start),
            out: Level::from(start),
            failed_probes: 0,
        }
    }

    /// What it did until `end`.
    pub fn usage(&self, end: SimTime) -> ReplicaUsage {
        ReplicaUsage {
            requests: self.requests,
            connections: self.connections.integral(end),
            busy_cores: self.busy_cores.integral(end),
            out: self.out.integral(end),
            failed_probes: self.failed_probes,
        }
    }
}

/// A resource in use, and its queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct QueueLevels {
    pub in_use: Level,
    pub waiting: Level,
}

impl QueueLevels {
    /// Nothing is in use and no request waits; the measured time begins at that instant.
    pub const fn from(start: SimTime) -> Self {
        Self { in_use: Level::from(start), waiting: Level::from(start) }
    }

    /// Both over the time until `end`.
    pub fn integral(&self, end: SimTime) -> QueueUsage {
        QueueUsage { in_use: self.in_use.integral(end), waiting: self.waiting.integral(end) }
    }
}

/// What is known of a worker, if workers may differ.
#[derive(Clone, Copy, Debug)]
pub(super) struct WorkerLevels {
    pub requests: u64,
    pub in_progress: Level,
    pub turns: Level,
    pub waiting: Level,
    pub replaced: u64,
    pub booting: Level,
}

impl WorkerLevels {
    /// Nothing has happened; the measured time begins at that instant.
    pub const fn from(start: SimTime) -> Self {
        Self {
            requests: 0,
            in_progress: Level::from(start),
            turns: Level::from(start),
            waiting: Level::from(start),
            replaced: 0,
            booting: Level::from(start),
        }
    }

    /// What it did until `end`.
    pub fn usage(&self, end: SimTime) -> WorkerUsage {
        WorkerUsage {
            requests: self.requests,
            in_progress: self.in_progress.integral(end),
            turns: self.turns.integral(end).area,
            waiting: self.waiting.integral(end),
            replaced: self.replaced,
            booting: self.booting.integral(end),
        }
    }
}
