//! Workers: their slots, their run queues, and whose turn it is.
//!
//! Who goes first: in a run queue, the request that became ready first. A request is given to the worker with the
//! fewest in progress; among equals, to the one with the lowest number.

use std::collections::VecDeque;
use std::ops::Range;

use crate::model::{SimDuration, SimTime};

use super::backlog::remove_from;
use super::event::{EventId, Key, NEVER};
use super::fewest::Fewest;
use super::requests::RequestId;
use super::usage::{QueueLevels, WorkerLevels, WorkerUsage};
use super::{Dispatch, Rules};

/// Of no more workers than this, the one that takes the next request is found by asking each.
const FEW: u32 = 16;

/// A worker process.
#[derive(Clone, Debug, Default)]
pub(super) struct Worker {
    /// Ready requests that wait for their turn.
    pub run_queue: VecDeque<RequestId>,
    /// Requests whose turn it is: on a core, waiting for one, or blocking the worker while they wait.
    pub turns_taken: u32,
    /// When the turn was last given to a request.
    pub last_hand_over: SimTime,
    /// The scheduled hand-over; others are void.
    pub hand_over: EventId,
    /// That hand-over, if it has no place among the events because the burst under way ends before; otherwise [`NEVER`].
    pub held_back: Key,
    /// When the burst of the request whose turn it is ends, if it keeps its core; of a direct run only.
    pub busy_until: SimTime,
    /// Whether the request whose turn it is was asked to hand over while it had no core.
    pub hand_over_due: bool,
    /// With a thread pool: the request that the loop is running or is ready to run, and those that wait for the loop.
    pub loop_request: Option<RequestId>,
    /// When that request got the loop.
    pub loop_since: SimTime,
    pub loop_queue: VecDeque<RequestId>,
    /// The idle threads of the thread pool, and the requests that wait for one.
    pub idle_threads: u32,
    pub thread_queue: VecDeque<RequestId>,
}

/// All workers of a policy.
#[derive(Clone, Debug)]
pub(super) struct Workers {
    workers: Vec<Worker>,
    in_progress: Vec<u32>,
    /// How many slots each has; 0 while it restarts.
    slots: Vec<u32>,
    slots_each: u32,
    /// Of each replica, which worker takes the next request, if there are many; otherwise empty.
    fewest: Vec<Fewest>,
    turns: u32,
    /// The threads of all thread pools.
    pub threads: QueueLevels,
    /// What each does, if workers may be given unequal work; otherwise empty.
    levels: Vec<WorkerLevels>,
}

impl Workers {
    pub fn new(rules: &Rules, replicas: u32, warm_up: SimTime) -> Self {
        let slots_each = rules.slots.unwrap_or(u32::MAX);
        let idle_threads = rules.thread_pool.as_ref().map_or(0, |pool| pool.threads);
        let worker = Worker { idle_threads, held_back: NEVER, ..Worker::default() };
        let each = rules.workers / replicas;
        let fewest_of = |replica: u32| Fewest::new(replica * each..(replica + 1) * each);
        Self {
            workers: vec![worker; rules.workers as usize],
            in_progress: vec![0; rules.workers as usize],
            slots: vec![slots_each; rules.workers as usize],
            slots_each,
            fewest: if each > FEW { (0..replicas).map(fewest_of).collect() } else { Vec::new() },
            turns: rules.running_at_once,
            threads: QueueLevels::from(warm_up),
            levels: if may_differ(rules, replicas) {
                vec![WorkerLevels::from(warm_up); rules.workers as usize]
            } else {
                Vec::new()
            },
        }
    }

    /// What each has done until `end`, if workers may be given unequal work; otherwise empty.
    pub fn usage(&self, end: SimTime) -> Vec<WorkerUsage> {
        self.levels.iter().map(|levels| levels.usage(end)).collect()
    }

    /// How many workers there are.
    pub fn count(&self) -> u32 {
        self.in_progress.len() as u32
    }

    /// Adds a process that is no worker and takes no requests. Returns its number.
    pub fn add_other(&mut self) -> u32 {
        self.workers.push(Worker { held_back: NEVER, ..Worker::default() });
        self.workers.len() as u32 - 1
    }

    /// The one of the workers of a replica that takes the next request, if any has a free slot.
    #[inline]
    pub fn with_free_slot(&self, workers: &Range<u32>) -> Option<u32> {
        if !self.fewest.is_empty() {
            return self.with_free_slot_of_many(workers);
        }
        let mut chosen = None;
        let mut fewest = u32::MAX;
        let places = workers.start as usize..workers.end as usize;
        let states = self.in_progress[places.clone()].iter().zip(&self.slots[places]);
        for (worker, (in_progress, slots)) in workers.clone().zip(states) {
            if *in_progress < (*slots).min(fewest) {
                (chosen, fewest) = (Some(worker), *in_progress);
                if fewest == 0 {
                    break;
                }
            }
        }
        chosen
    }

    #[inline(never)]
    fn with_free_slot_of_many(&self, workers: &Range<u32>) -> Option<u32> {
        self.fewest[workers.start as usize / workers.len()].first()
    }

    /// A worker had that many requests in progress and that many slots before.
    #[inline]
    fn enter(&mut self, worker: u32, in_progress: u32, slots: u32) {
        if !self.fewest.is_empty() {
            self.enter_among_many(worker, in_progress, slots);
        }
    }

    #[inline(never)]
    fn enter_among_many(&mut self, worker: u32, in_progress: u32, slots: u32) {
        let if_free = |in_progress: u32, slots: u32| (in_progress < slots).then_some(in_progress);
        let now = if_free(self.in_progress[worker as usize], self.slots[worker as usize]);
        let replicas = self.fewest.len();
        let replica = if replicas == 1 { 0 } else { worker as usize * replicas / self.in_progress.len() };
        self.fewest[replica].change(worker, if_free(in_progress, slots), now);
    }

    #[inline]
    pub fn has_free_slot(&self, worker: u32) -> bool {
        self.in_progress[worker as usize] < self.slots[worker as usize]
    }

    /// Requests in progress in a worker.
    #[inline]
    pub fn in_progress(&self, worker: u32) -> u32 {
        self.in_progress[worker as usize]
    }

    /// Whether a slot is idle, even if the worker takes no requests from outside.
    pub fn has_idle_slot(&self, worker: u32) -> bool {
        self.in_progress[worker as usize] < self.slots_each
    }

    /// An untaken request waits inside a worker.
    pub fn wait_inside(&mut self, worker: u32, now: SimTime) {
        if let Some(levels) = self.levels.get_mut(worker as usize) {
            levels.waiting.rise(now);
        }
    }

    /// An untaken request no longer waits inside a worker.
    pub fn leave_inside(&mut self, worker: u32, now: SimTime) {
        if let Some(levels) = self.levels.get_mut(worker as usize) {
            levels.waiting.fall(now);
        }
    }

    /// A worker has exited, and its successor boots; `counts`: whether that is part of the numbers.
    pub fn begin_boot(&mut self, worker: u32, now: SimTime, counts: bool) {
        if let Some(levels) = self.levels.get_mut(worker as usize) {
            levels.replaced += u64::from(counts);
            levels.booting.set(now, 1);
        }
    }

    /// A worker is up.
    pub fn end_boot(&mut self, worker: u32, now: SimTime) {
        if let Some(levels) = self.levels.get_mut(worker as usize) {
            levels.booting.set(now, 0);
        }
    }

    /// A worker takes a request into a slot; `counts`: whether the request is part of the numbers.
    #[inline]
    pub fn take_slot(&mut self, worker: u32, now: SimTime, counts: bool) {
        let in_progress = &mut self.in_progress[worker as usize];
        *in_progress += 1;
        let before = *in_progress - 1;
        self.enter(worker, before, self.slots[worker as usize]);
        if let Some(levels) = self.levels.get_mut(worker as usize) {
            levels.requests += u64::from(counts);
            levels.in_progress.rise(now);
        }
    }

    /// A request leaves its slot.
    #[inline]
    pub fn free_slot(&mut self, worker: u32, now: SimTime) {
        let in_progress = &mut self.in_progress[worker as usize];
        *in_progress -= 1;
        let before = *in_progress + 1;
        self.enter(worker, before, self.slots[worker as usize]);
        if let Some(levels) = self.levels.get_mut(worker as usize) {
            levels.in_progress.fall(now);
        }
    }

    /// A request gives up its turn.
    #[inline]
    pub fn end_turn(&mut self, worker: u32, now: SimTime) {
        self.workers[worker as usize].turns_taken -= 1;
        if let Some(levels) = self.levels.get_mut(worker as usize) {
            levels.turns.fall(now);
        }
    }

    /// Books a turn that was taken for that long, when it is over.
    #[inline]
    pub fn add_turn(&mut self, worker: u32, span: SimDuration) {
        if let Some(levels) = self.levels.get_mut(worker as usize) {
            levels.turns.add_area(u128::from(span.as_nanos()));
        }
    }

    /// Books a turn that was taken from `start` to `end`, when it is over.
    pub fn add_turn_between(&mut self, worker: u32, start: SimTime, end: SimTime) {
        if let Some(levels) = self.levels.get_mut(worker as usize) {
            levels.turns.add_span(start, end);
        }
    }

    /// Whether a worker takes requests at all.
    pub fn is_up(&self, worker: u32) -> bool {
        self.slots[worker as usize] > 0
    }

    /// Stops a worker from taking requests, or lets it take them again.
    pub fn set_up(&mut self, worker: u32, is_up: bool) {
        let slots = if is_up { self.slots_each } else { 0 };
        let before = std::mem::replace(&mut self.slots[worker as usize], slots);
        self.enter(worker, self.in_progress[worker as usize], before);
    }

    /// Takes a turn, if one is free and a request is ready. Returns that request.
    #[inline(always)]
    pub fn next_turn(&mut self, number: u32, now: SimTime) -> Option<RequestId> {
        let request = self.next_for_turn(number)?;
        self.take_turn(number, now);
        Some(request)
    }

    /// Whether a turn is free.
    #[inline(always)]
    pub fn is_turn_free(&self, worker: u32) -> bool {
        self[worker].turns_taken < self.turns
    }

    /// The first of the ready requests, if a turn is free.
    #[inline(always)]
    pub fn next_for_turn(&mut self, number: u32) -> Option<RequestId> {
        let turns = self.turns;
        let worker = &mut self[number];
        if worker.turns_taken == turns { None } else { worker.run_queue.pop_front() }
    }

    /// Whether a request of a worker is ready.
    #[inline(always)]
    pub fn is_one_ready(&self, worker: u32) -> bool {
        !self[worker].run_queue.is_empty()
    }

    /// A turn ends, and the first of the ready requests takes it.
    #[inline(always)]
    pub fn pass_turn_on(&mut self, number: u32, now: SimTime) -> Option<RequestId> {
        let worker = &mut self[number];
        let request = worker.run_queue.pop_front()?;
        worker.begin_turn(now);
        Some(request)
    }

    /// A request takes a free turn.
    #[inline(always)]
    pub fn take_turn(&mut self, number: u32, now: SimTime) {
        let worker = &mut self[number];
        worker.turns_taken += 1;
        worker.begin_turn(now);
        if let Some(levels) = self.levels.get_mut(number as usize) {
            levels.turns.rise(now);
        }
    }

    /// A request waits for a thread of the thread pool.
    pub fn wait_for_thread(&mut self, worker: u32, request: RequestId, now: SimTime) {
        self[worker].thread_queue.push_back(request);
        self.threads.waiting.rise(now);
    }

    /// A thread of the thread pool is done with a request.
    pub fn free_thread(&mut self, worker: u32, now: SimTime) {
        self[worker].idle_threads += 1;
        self.threads.in_use.fall(now);
    }

    /// A request stops waiting for a thread.
    pub fn stop_waiting_for_thread(&mut self, worker: u32, request: RequestId, now: SimTime) {
        remove_from(&mut self[worker].thread_queue, request);
        self.threads.waiting.fall(now);
    }

    /// The next request that waits for a thread, if one is idle; the thread is then busy.
    #[inline]
    pub fn next_for_thread(&mut self, number: u32, now: SimTime) -> Option<RequestId> {
        let worker = &mut self[number];
        if worker.idle_threads == 0 {
            return None;
        }
        let request = worker.thread_queue.pop_front()?;
        worker.idle_threads -= 1;
        self.threads.waiting.fall(now);
        self.threads.in_use.rise(now);
        Some(request)
    }

    /// Requests in progress in all workers.
    pub fn all_in_progress(&self) -> u64 {
        self.in_progress.iter().map(|count| u64::from(*count)).sum()
    }

    /// What must hold between events.
    pub fn audit(&self) {
        for (worker, in_progress) in self.workers.iter().zip(&self.in_progress) {
            assert!(*in_progress <= self.slots_each, "a worker has more requests than slots");
            assert!(worker.turns_taken <= self.turns, "a worker runs more requests than it can");
            assert!(
                worker.run_queue.is_empty() || worker.turns_taken == self.turns,
                "a turn is free while requests are ready"
            );
            assert!(
                worker.thread_queue.is_empty() || worker.idle_threads == 0,
                "a thread idles while requests wait for one"
            );
            assert!(
                worker.loop_queue.is_empty() || worker.loop_request.is_some(),
                "a loop idles while requests are ready"
            );
        }
    }
}

impl Worker {
    /// A turn begins: what was to end the one before is void.
    #[inline(always)]
    fn begin_turn(&mut self, now: SimTime) {
        self.last_hand_over = now;
        self.hand_over = EventId::default();
        self.hand_over_due = false;
    }

    /// A ready request stops waiting for its turn, or for the loop. If it had asked for the turn, that is void: the
    /// next in line asks for itself.
    pub fn stop_waiting(&mut self, request: RequestId) {
        if self.run_queue.front() == Some(&request) {
            self.hand_over = EventId::default();
            self.hand_over_due = false;
        }
        remove_from(&mut self.run_queue, request);
        remove_from(&mut self.loop_queue, request);
    }
}

/// Whether workers may be given unequal work, or be replaced at different times. They may not if each takes one request
/// after another out of one queue: then they differ only in the order in which they are asked.
fn may_differ(rules: &Rules, replicas: u32) -> bool {
    let takes_in_turn = replicas == 1
        && rules.slots == Some(1)
        && rules.queueing.dispatch == Dispatch::Shared
        && rules.takes_ahead.is_none();
    rules.replaces_workers() || rules.workers > 1 && !takes_in_turn
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
