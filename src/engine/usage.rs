//! How busy stations were, and how many requests waited there.

use crate::model::SimTime;

use super::level::{Level, Usage};

/// What is in use of a resource, and the requests that wait for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueUsage {
    /// In use.
    pub in_use: Usage,
    /// Requests that wait.
    pub waiting: Usage,
}

impl QueueUsage {
    /// Adds what happened over another stretch of time to this.
    pub fn add(&mut self, other: Self) {
        self.in_use.add(other.in_use);
        self.waiting.add(other.waiting);
    }
}

/// What a worker did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkerUsage {
    /// Requests that it took, of those that count.
    pub requests: u64,
    /// Requests in progress.
    pub in_progress: Usage,
    /// For how long its turns were taken, in nanoseconds: turns × time.
    pub turns: u128,
}

impl WorkerUsage {
    /// Adds what happened over another stretch of time to this.
    pub fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.in_progress.add(other.in_progress);
        self.turns += other.turns;
    }
}

/// A resource in use, and its queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct QueueLevels {
    pub in_use: Level,
    pub waiting: Level,
}

impl QueueLevels {
    /// Nothing in use and nobody waits; time counts from that instant on.
    pub const fn from(start: SimTime) -> Self {
        Self { in_use: Level::from(start), waiting: Level::from(start) }
    }

    /// Both over the time until `end`.
    pub fn integral(&self, end: SimTime) -> QueueUsage {
        QueueUsage { in_use: self.in_use.integral(end), waiting: self.waiting.integral(end) }
    }
}

/// What is known of a worker, where that is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct WorkerLevels {
    pub requests: u64,
    pub in_progress: Level,
    pub turns: Level,
}

impl WorkerLevels {
    /// Nothing has happened; time counts from that instant on.
    pub const fn from(start: SimTime) -> Self {
        Self { requests: 0, in_progress: Level::from(start), turns: Level::from(start) }
    }

    /// What it did until `end`.
    pub fn usage(&self, end: SimTime) -> WorkerUsage {
        let turns = self.turns.integral(end).area;
        WorkerUsage { requests: self.requests, in_progress: self.in_progress.integral(end), turns }
    }
}
