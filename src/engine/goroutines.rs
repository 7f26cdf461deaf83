//! Goroutines: what wakes them decides when they run. Who goes first is in `cores/goroutines`.

use super::Scheduler;
use super::cores::Wake;
use super::observer::Observer;
use super::requests::{Executor, RequestId};
use super::simulation::Simulation;

impl<O: Observer> Simulation<O> {
    /// Lets the runtime of Go share the cores, if the policy says so.
    pub(super) fn begin_scheduling(&mut self) {
        if self.rules.scheduler == Scheduler::Go {
            (0..self.replicas.count()).for_each(|replica| self.replicas[replica].cores.schedule_goroutines());
        }
    }

    /// A goroutine is ready and finds no idle core. The first that has to wait for one starts the turns of the running
    /// ones: before that, no turn matters.
    #[cold]
    pub(super) fn ask_as_goroutine(&mut self, id: RequestId, was_contended: bool) {
        let (worker, now, wake) = (self.requests[id].worker, self.now, self.what_woke(id));
        if self.requests[id].executor == Executor::Client {
            self.run_other_process(id);
            return;
        }
        self.replicas.of_mut(worker).cores.enqueue_woken(id, wake, now);
        self.fill_cores(worker);
        if !was_contended {
            self.start_quanta(self.replicas.number_of(worker));
        }
    }

    /// A process that is none of Go's asks for a core. It takes that of the goroutine that has run longest, as the machine's
    /// `wake_preemption` says, or gets the next one; the goroutine then continues first.
    fn run_other_process(&mut self, id: RequestId) {
        let worker = self.requests[id].worker;
        let longest = self.replicas.of(worker).cores.first_to_run();
        if let (Some(long_enough), Some(longest)) = (self.machine.wake_preemption, longest)
            && self.now - self.requests[longest].on_core_since >= long_enough
        {
            self.stop(longest);
            self.replicas.of_mut(worker).cores.enqueue_first(longest);
        }
        self.replicas.of_mut(worker).cores.enqueue_first(id);
        self.fill_cores(worker);
    }

    /// A request that was taken off its core asks for one again, after those that wait.
    #[inline]
    pub(super) fn enqueue_stopped(&mut self, replica: u32, id: RequestId) {
        let now = self.now;
        self.replicas[replica].cores.enqueue_stopped(id, now);
    }

    /// What has woken a goroutine: the step before its next one, or its arrival.
    fn what_woke(&self, id: RequestId) -> Wake {
        let request = &self.requests[id];
        if request.next == request.first {
            return Wake::Connection;
        }
        // A stand-in is a sleep.
        match self.program.instruction(request.next - 1).asked() {
            Some(backend) if !self.backends[backend].is_stand_in => Wake::Socket,
            Some(_) | None => Wake::Directly,
        }
    }
}
