//! The lives of worker processes: a worker that has taken its number of requests, or has been silent for too long, is
//! replaced by a new one.
//!
//! A worker that has taken its last request takes no more, serves those that it has, and exits; its successor then boots.
//! A worker that has not gone round its loop for the time limit is killed with all its requests. It goes round its loop
//! when a turn ends: a sync worker between two requests, an event loop between two bursts, a loop with a thread pool when
//! it turns to another request. Requests that are bound to the worker and that it has not accepted wait for its successor.

use rand::RngExt;

use crate::model::{Failure, SimTime};
use crate::random::{Purpose, Streams};

use super::event::{Event, EventId, WorkerId};
use super::observer::Observer;
use super::rules::{MaxRequests, WorkerTimeout};
use super::simulation::Simulation;
use super::{Dispatch, Rules};

/// The present lives of all workers; empty if workers are never replaced.
#[derive(Clone, Debug)]
pub(super) struct Lives {
    max_requests: Option<MaxRequests>,
    worker_timeout: Option<WorkerTimeout>,
    /// Whether the end of a turn shows that a worker is alive, because it has no thread pool.
    turns_are_watched: bool,
    lives: Vec<Life>,
    streams: Streams,
}

/// The life of a worker process.
#[derive(Clone, Debug)]
struct Life {
    /// Its number among those of its worker, counted from 0.
    number: u64,
    /// When it began.
    since: SimTime,
    stage: Stage,
    /// How many more requests it takes.
    left: u64,
    /// When it is killed, if it is silent; and when it is up. Other such events are void.
    kill: EventId,
    boot: EventId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It takes requests.
    Serving,
    /// It takes no more, and serves those that it has.
    Draining,
    /// It starts, and takes no requests yet.
    Booting,
    /// It does not run: it has not been needed yet, or no longer is.
    Absent,
}

impl Lives {
    pub fn new(rules: &Rules, streams: Streams) -> Self {
        let mut lives = Self {
            max_requests: rules.max_requests,
            worker_timeout: rules.worker_timeout,
            turns_are_watched: rules.thread_pool.is_none(),
            lives: Vec::new(),
            streams,
        };
        if rules.replaces_workers() || rules.spare_workers.is_some() {
            lives.lives = (0..rules.workers).map(|worker| lives.life(worker, 0, SimTime::ZERO)).collect();
        }
        lives
    }

    /// A new life of a worker. How many requests it takes is drawn from a stream of its own.
    fn life(&self, worker: u32, number: u64, since: SimTime) -> Life {
        let left = self.max_requests.map_or(u64::MAX, |MaxRequests { count, jitter, boot: _ }| {
            let mut stream = self.streams.purpose_of(Purpose::Recycling, u64::from(worker), number);
            u64::from(count.get()) + u64::from(stream.random_range(0..=jitter))
        });
        Life { number, since, stage: Stage::Serving, left, kill: EventId::default(), boot: EventId::default() }
    }

    /// A new process takes the place of a worker.
    fn begin(&mut self, worker: u32, now: SimTime) {
        if let Some(life) = self.lives.get(worker as usize) {
            self.lives[worker as usize] = self.life(worker, life.number + 1, now);
        }
    }

    /// A worker takes a request. Returns whether it is its last one.
    #[inline]
    fn is_last(&mut self, worker: u32) -> bool {
        let Some(life) = self.lives.get_mut(worker as usize) else { return false };
        life.left = life.left.saturating_sub(1);
        let is_last = life.left == 0 && life.stage == Stage::Serving;
        if is_last {
            life.stage = Stage::Draining;
        }
        is_last
    }

    /// Whether a new worker is about to be up.
    pub fn some_boot(&self) -> bool {
        self.lives.iter().any(|life| life.stage == Stage::Booting)
    }

    /// Whether a worker does not run.
    pub fn is_absent(&self, worker: u32) -> bool {
        self.lives.get(worker as usize).is_some_and(|life| life.stage == Stage::Absent)
    }

    /// A worker does not run from now on.
    pub fn end(&mut self, worker: u32) {
        let life = &mut self.lives[worker as usize];
        (life.stage, life.kill, life.boot) = (Stage::Absent, EventId::default(), EventId::default());
    }

    /// Whether a worker runs and takes requests.
    pub fn is_serving(&self, worker: u32) -> bool {
        self.lives.get(worker as usize).is_some_and(|life| life.stage == Stage::Serving)
    }

    /// When the life of a worker began.
    pub fn since(&self, worker: u32) -> SimTime {
        self.lives[worker as usize].since
    }

    /// A worker that did not run boots, and is up at that event.
    pub fn boot(&mut self, worker: u32, event: EventId) {
        let life = &mut self.lives[worker as usize];
        (life.stage, life.kill, life.boot) = (Stage::Booting, EventId::default(), event);
    }

    #[inline]
    pub fn is_draining(&self, worker: u32) -> bool {
        self.lives.get(worker as usize).is_some_and(|life| life.stage == Stage::Draining)
    }
}

impl<O: Observer> Simulation<O> {
    /// A worker has taken a request; it may be its last one.
    #[inline]
    pub(super) fn count_for_life(&mut self, worker: u32) {
        if self.lives.is_last(worker) {
            self.workers.set_up(worker, false);
        }
    }

    /// A request has left its worker: it exits, if it was to serve no others.
    #[inline]
    pub(super) fn exit_if_drained(&mut self, worker: u32) {
        if self.lives.is_draining(worker) && self.workers.in_progress(worker) == 0 && !self.has_accepted(worker) {
            let boot = self.rules.max_requests.map(|max_requests| max_requests.boot).unwrap_or_default();
            self.boot(worker, self.now + boot);
        }
    }

    /// Whether requests that a worker has accepted wait in it.
    fn has_accepted(&self, worker: u32) -> bool {
        self.accepts_ahead() && self.backlogs[self.own_backlog(worker)].len() > 0
    }

    /// Whether workers accept requests for which they have no free slot.
    pub(super) fn accepts_ahead(&self) -> bool {
        self.rules.queueing.dispatch == Dispatch::Accept || self.rules.takes_ahead.is_some()
    }

    /// A worker is gone, and its successor boots.
    fn boot(&mut self, worker: u32, ready: SimTime) {
        let booted = self.events.push(ready, Event::Booted(WorkerId(worker)));
        self.lives.boot(worker, booted);
        let counts = self.is_counted(self.now);
        self.workers.begin_boot(worker, self.now, counts);
    }

    /// A new worker process is up.
    pub(super) fn on_booted(&mut self, worker: u32, event: EventId) {
        if self.lives.lives[worker as usize].boot != event {
            return;
        }
        self.workers.end_boot(worker, self.now);
        self.lives.begin(worker, self.now);
        self.workers.set_up(worker, !self.is_down(worker));
        self.wake_acceptor_if_any(worker);
        self.settle(worker);
    }

    /// A worker restarts by itself, whatever it was doing: a new life begins when it is up.
    pub(super) fn begin_other_life(&mut self, worker: u32) {
        self.workers.end_boot(worker, self.now);
        self.lives.begin(worker, self.now);
    }

    /// A worker takes up something that it must finish before it goes round its loop. `is_turn`: it is a turn.
    #[inline]
    pub(super) fn begin_silence(&mut self, worker: u32, is_turn: bool) {
        if let Some(timeout) = self.lives.worker_timeout
            && self.lives.turns_are_watched == is_turn
            && worker < self.workers.count()
        {
            let kill = self.events.push_expiry(self.now + timeout.after, Event::WorkerTimeout(WorkerId(worker)));
            self.lives.lives[worker as usize].kill = kill;
        }
    }

    /// A worker goes round its loop.
    #[inline]
    pub(super) fn end_silence(&mut self, worker: u32, is_turn: bool) {
        let is_watched = self.lives.worker_timeout.is_some() && self.lives.turns_are_watched == is_turn;
        if is_watched && worker < self.workers.count() {
            self.lives.lives[worker as usize].kill = EventId::default();
        }
    }

    /// A worker has been silent for too long: it is killed, and all its requests fail.
    pub(super) fn on_worker_timeout(&mut self, worker: u32, event: EventId) {
        let life = &mut self.lives.lives[worker as usize];
        if life.kill != event || life.stage == Stage::Booting {
            return;
        }
        life.stage = Stage::Booting;
        self.workers.set_up(worker, false);
        self.fail_all(Failure::WorkerKilled, |simulation, id| simulation.is_inside(id, worker));
        let boot = self.rules.worker_timeout.map(|timeout| timeout.boot).unwrap_or_default();
        self.boot(worker, self.now + boot);
        (0..self.workers.count()).for_each(|worker| self.settle(worker));
    }
}
