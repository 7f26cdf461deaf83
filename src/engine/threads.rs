//! Thread pools: the loop of a worker hands requests to threads, and they hand them back.

use crate::model::Place;

use super::observer::Observer;
use super::occupancy::Unit;
use super::requests::{Executor, RequestId, State};
use super::simulation::Simulation;

impl<O: Observer> Simulation<O> {
    /// A thread hands a request back to its loop, and is idle.
    pub(super) fn hand_back(&mut self, id: RequestId) {
        let request = &mut self.requests[id];
        request.next += 1;
        request.executor = Executor::Loop;
        let worker = request.worker;
        self.workers.free_thread(worker, self.now);
        self.note_released(id, Unit::Thread(worker));
        self.proceed(id);
    }

    /// The loop hands a request to one of its threads.
    pub(super) fn hand_off(&mut self, id: RequestId) {
        self.leave_loop(id);
        let request = &mut self.requests[id];
        request.next += 1;
        request.executor = Executor::Thread;
        request.state = State::WaitingForThread;
        self.workers.wait_for_thread(request.worker, id, self.now);
    }

    /// Idle threads take the requests that wait for one.
    #[inline]
    pub(super) fn fill_threads(&mut self, worker: u32) {
        while let Some(id) = self.workers.next_for_thread(worker, self.now) {
            self.book_wait(id, Place::Threads);
            self.note_taken(id, Unit::Thread(worker));
            self.requests[id].state = State::Waiting;
            self.proceed(id);
        }
    }
}
