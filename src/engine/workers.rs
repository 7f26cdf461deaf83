//! Workers: their slots, their run queues, and whose turn it is.
//!
//! Who goes first: in a run queue, the request that became ready first. A request is given to the worker with the
//! fewest in progress, among equals to the one with the lowest number.

use std::collections::VecDeque;

use crate::model::SimTime;

use super::Rules;
use super::event::EventId;
use super::requests::RequestId;

/// A worker process.
#[derive(Clone, Debug, Default)]
pub(super) struct Worker {
    /// Ready requests that wait for their turn.
    pub run_queue: VecDeque<RequestId>,
    /// Requests whose turn it is: on a core, waiting for one, or blocking the worker while they wait.
    pub turns_taken: u32,
    /// When the turn last passed to a request.
    pub last_hand_over: SimTime,
    /// The scheduled hand-over; others are void.
    pub hand_over: EventId,
    /// The request whose turn it is has been asked to hand over, and had no core to do it on.
    pub hand_over_due: bool,
}

/// All workers of a policy.
#[derive(Clone, Debug)]
pub(super) struct Workers {
    workers: Vec<Worker>,
    in_progress: Vec<u32>,
    slots: u32,
    turns: u32,
}

impl Workers {
    pub fn new(rules: &Rules) -> Self {
        Self {
            workers: vec![Worker::default(); rules.workers as usize],
            in_progress: vec![0; rules.workers as usize],
            slots: rules.slots.unwrap_or(u32::MAX),
            turns: rules.running_at_once,
        }
    }

    /// The worker that takes the next request, if one has a free slot.
    #[inline]
    pub fn with_free_slot(&self) -> Option<u32> {
        let mut chosen = 0;
        let mut fewest = self.slots;
        for (worker, in_progress) in self.in_progress.iter().enumerate() {
            if *in_progress < fewest {
                fewest = *in_progress;
                chosen = worker;
            }
        }
        (fewest < self.slots).then_some(chosen as u32)
    }

    #[inline]
    pub fn has_free_slot(&self, worker: u32) -> bool {
        self.in_progress[worker as usize] < self.slots
    }

    #[inline]
    pub fn take_slot(&mut self, worker: u32) {
        self.in_progress[worker as usize] += 1;
    }

    #[inline]
    pub fn free_slot(&mut self, worker: u32) {
        self.in_progress[worker as usize] -= 1;
    }

    /// The ready request whose turn it is now, if a turn is free; the turn is then taken.
    #[inline]
    pub fn next_turn(&mut self, worker: u32, now: SimTime) -> Option<RequestId> {
        let turns = self.turns;
        let worker = &mut self[worker];
        if worker.turns_taken == turns {
            return None;
        }
        let request = worker.run_queue.pop_front()?;
        worker.turns_taken += 1;
        worker.last_hand_over = now;
        worker.hand_over = EventId::default();
        worker.hand_over_due = false;
        Some(request)
    }

    /// Requests in progress in all workers.
    pub fn in_progress(&self) -> u64 {
        self.in_progress.iter().map(|count| u64::from(*count)).sum()
    }

    /// What must hold between events.
    pub fn audit(&self) {
        for (worker, in_progress) in self.workers.iter().zip(&self.in_progress) {
            assert!(*in_progress <= self.slots, "a worker has more requests than slots");
            assert!(worker.turns_taken <= self.turns, "a worker runs more requests than it can");
            assert!(
                worker.run_queue.is_empty() || worker.turns_taken == self.turns,
                "a turn is free beside ready work"
            );
        }
    }
}

impl std::ops::Index<u32> for Workers {
    type Output = Worker;
    #[inline]
    fn index(&self, worker: u32) -> &Worker {
        &self.workers[worker as usize]
    }
}

impl std::ops::IndexMut<u32> for Workers {
    #[inline]
    fn index_mut(&mut self, worker: u32) -> &mut Worker {
        &mut self.workers[worker as usize]
    }
}
