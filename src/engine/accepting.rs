//! Workers that accept on their own: a connection wakes all sleeping workers, and the first to get there takes it.
//!
//! The kernel wakes every process that waits for a listening socket. Each then needs its lock and a core before it can
//! accept: a process that has both at once wins over one that must wait for them, and among equals chance decides. The
//! odds are uneven, for two reasons. First, processes are woken one after another and spread over the cores, so some
//! have better places than others, connection after connection: among 2, 4 and 8 idle workers of gunicorn on two cores
//! the shares, sorted, rose in about equal steps, so the odds here are 1 : 2 : 3 : …. Second, among processes on one
//! core the one that ran last goes after the others, so the worker that accepted last is less likely to accept next;
//! the more processes share a core, the less likely. Which worker has the best place is up to the kernel and changes
//! nothing for the requests: here it is the last.
//!
//! A worker may wait a while before it accepts while it has requests in progress, so that idle ones get there first, as
//! Puma's do with `wait_for_less_busy_worker`. It waits after it has got its lock, until the time is over or one of its
//! requests leaves, and then needs its lock again.

use rand_distr::{Distribution as _, Exp1};

use crate::model::ClassId;
use crate::random::Purpose;

use super::Dispatch;
use super::event::{Event, EventId, WorkerId};
use super::observer::Observer;
use super::replicas::Replica;
use super::requests::{Executor, Request, RequestId, State};
use super::simulation::Simulation;

/// The acceptors, and what decides between them.
#[derive(Debug, Default)]
pub(super) struct Acceptors {
    /// The acceptor of each worker, which has a place among the requests; empty unless workers accept on their own.
    ids: Vec<RequestId>,
    /// Whether each waits because its worker is busy; empty if none ever does.
    delays: Vec<Delay>,
    /// The number of the streams that decide.
    stream: u64,
    /// The factor by which the odds of the worker that accepted last are reduced.
    after_accepting: f64,
}

/// Whether a worker waits before it accepts, because it is busy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Delay {
    /// It has not begun to.
    #[default]
    None,
    /// Until this event.
    Until(EventId),
    /// It has waited, and accepts as soon as it has its lock.
    Over,
}

impl Acceptors {
    /// No acceptors yet; the streams of that number will decide between them.
    pub fn with_stream(stream: u64) -> Self {
        Self { stream, ..Self::default() }
    }

    pub fn count(&self) -> usize {
        self.ids.len()
    }

    /// Whether one waits because its worker is busy.
    pub fn is_one_delayed(&self) -> bool {
        self.delays.iter().any(|delay| matches!(delay, Delay::Until(_)))
    }

    /// Whether a worker waits because it is busy.
    fn is_delayed(&self, worker: u32) -> bool {
        matches!(self.delays.get(worker as usize), Some(Delay::Until(_)))
    }

    /// The odds of a worker among those of its replica that are ready, relative to the others.
    fn odds(&self, worker: u32, replica: &Replica) -> f64 {
        let odds = f64::from(worker - replica.workers.start) + 1.0;
        if replica.accepted_last == Some(worker) { odds * self.after_accepting } else { odds }
    }
}

/// The factor for the odds of the worker that accepted last, by the number of workers per core: 1 if each has its own
/// core. With 2, 4 and 8 workers of gunicorn on two cores, the worker accepted the next connection 0.95, 0.7 and 0.4
/// times as often as its share of all connections; part of that effect is that its lock is taken for a while.
fn after_accepting(workers_per_core: f64) -> f64 {
    4.0 / (3.0 + workers_per_core.max(1.0))
}

impl<O: Observer> Simulation<O> {
    /// Gives each worker an acceptor, if workers accept on their own.
    pub(super) fn begin_accepting(&mut self) {
        if self.rules.queueing.dispatch == Dispatch::Accept {
            let workers = self.workers.count();
            self.acceptors.ids = (0..workers).map(|worker| self.new_acceptor(worker)).collect();
            if self.rules.busy_accept_delay.is_some() {
                self.acceptors.delays = vec![Delay::None; workers as usize];
            }
            self.acceptors.after_accepting = after_accepting(f64::from(workers) / self.machine.all_cores() as f64);
        }
    }

    /// A worker's acceptor has a place among the requests, so that it can wait for its turn like a request.
    fn new_acceptor(&mut self, worker: u32) -> RequestId {
        let acceptor = self.requests.insert(Request::new(0, 0, self.now, ClassId(0), self.program.idle()));
        let request = &mut self.requests[acceptor];
        request.worker = worker;
        request.executor = Executor::Acceptor;
        request.is_observed = false;
        request.state = State::Away;
        acceptor
    }

    /// A request waits in the shared backlog: the sleeping acceptors wake up, in random order.
    pub(super) fn wake_acceptors(&mut self, id: RequestId) {
        for worker in self.race(id) {
            self.wake_acceptor(worker);
            self.start_turns(worker);
        }
    }

    /// The workers whose acceptors wake up for a request, in the order in which they get there. Each takes a random
    /// time, shorter with better odds, so that each is the first of the remaining ones as often as its odds say.
    fn race(&self, id: RequestId) -> Vec<u32> {
        let replica = self.replica_of(id);
        let mut sleeping: Vec<u32> = replica.workers.clone().filter(|worker| self.is_asleep(*worker)).collect();
        if sleeping.len() < 2 {
            return sleeping;
        }
        let mut stream = self.streams.purpose_of(Purpose::Accept, self.requests[id].entry, self.acceptors.stream);
        let mut runners: Vec<(f64, u32)> = Vec::with_capacity(sleeping.len());
        for worker in sleeping.drain(..) {
            let unit: f64 = Exp1.sample(&mut stream);
            runners.push((unit / self.acceptors.odds(worker, replica), worker));
        }
        runners.sort_unstable_by(|(time, _), (other, _)| time.total_cmp(other));
        sleeping.extend(runners.into_iter().map(|(_, worker)| worker));
        sleeping
    }

    /// Whether a worker's acceptor waits for something to accept.
    fn is_asleep(&self, worker: u32) -> bool {
        self.requests[self.acceptors.ids[worker as usize]].state == State::Away
            && !self.acceptors.is_delayed(worker)
            && self.has_room(worker)
    }

    /// A worker's acceptor has the CPU: it takes a request out of the shared backlog into the worker's own.
    pub(super) fn accept_next(&mut self, acceptor: RequestId) {
        let worker = self.requests[acceptor].worker;
        self.requests[acceptor].state = State::Away;
        if self.delay_accepting(worker) {
            return;
        }
        if self.has_room(worker)
            && let Some(first) = self.pop_shared(worker)
        {
            self.replicas.of_mut(worker).accepted_last = Some(worker);
            self.accept(first, worker);
        }
        if self.backlogs[self.shared_backlog(worker)].len() > 0 {
            self.wake_acceptor(worker);
        }
    }

    /// A worker is about to accept. If it is busy and has not waited yet, it waits now. Returns whether it does.
    fn delay_accepting(&mut self, worker: u32) -> bool {
        let Some(delay) = self.rules.busy_accept_delay else { return false };
        let begins = self.acceptors.delays[worker as usize] == Delay::None && self.held(worker) > 0;
        self.acceptors.delays[worker as usize] = if begins {
            Delay::Until(self.events.push_expiry(self.now + delay, Event::AcceptDelayEnd(WorkerId(worker))))
        } else {
            Delay::None
        };
        begins
    }

    /// A busy worker has waited for long enough.
    pub(super) fn on_accept_delay_end(&mut self, worker: u32, event: EventId) {
        if self.acceptors.delays[worker as usize] == Delay::Until(event) {
            self.end_accept_delay(worker);
            self.settle(worker);
        }
    }

    /// A busy worker waits no longer, if it did: it asks for its lock to accept.
    pub(super) fn end_accept_delay(&mut self, worker: u32) {
        if self.acceptors.is_delayed(worker) {
            self.acceptors.delays[worker as usize] = Delay::Over;
            let acceptor = self.acceptors.ids[worker as usize];
            self.begin_attempt(acceptor);
            self.make_ready(acceptor);
        }
    }

    /// A worker that comes up accepts what waits.
    pub(super) fn wake_acceptor_if_any(&mut self, worker: u32) {
        if self.acceptors.count() > 0 && self.backlogs[self.shared_backlog(worker)].len() > 0 {
            self.wake_acceptor(worker);
        }
    }

    /// A worker's acceptor wakes up: it will accept when it gets the CPU.
    fn wake_acceptor(&mut self, worker: u32) {
        if self.is_asleep(worker) {
            let acceptor = self.acceptors.ids[worker as usize];
            self.begin_attempt(acceptor);
            self.make_ready(acceptor);
        }
    }
}
