//! The invariants that hold between events; checked if debug assertions are on.

use super::Dispatch;
use super::observer::Observer;
use super::replicas::Replica;
use super::simulation::Simulation;

impl<O: Observer> Simulation<O> {
    /// Whether to check the invariants now: after each of the first events, and after some of the later ones.
    pub(super) fn is_audited(&self) -> bool {
        let scheduled = self.events.scheduled();
        scheduled < 50_000 || scheduled.is_multiple_of(64)
    }

    pub(super) fn audit(&self) {
        let counts = &self.counts;
        let in_system = counts.in_system.now();
        assert_eq!(self.arrivals.entered, counts.departed + in_system, "a request got lost");
        let inside = in_system + counts.trailing + self.probes_inside();
        assert_eq!(self.workers.all_in_progress() + self.untaken, inside, "a request is nowhere");
        let waiting: usize = self.backlogs.iter().map(super::backlog::Backlog::len).sum();
        assert_eq!(waiting as u64, self.untaken, "the backlogs hold other requests than are untaken");
        for worker in 0..self.workers.count() {
            let backlog = self.backlog_of_worker(worker);
            assert!(
                self.backlogs[backlog].len() == 0 || !self.has_slot(worker),
                "a slot is free while a request waits"
            );
            assert!(
                self.rules.takes_ahead.is_none()
                    || self.rules.queueing.dispatch == Dispatch::Accept
                    || self.backlogs[self.shared_backlog(worker)].len() == 0
                    || !self.has_room(worker),
                "a worker has room while a request waits"
            );
        }
        self.workers.audit();
        self.backends.audit();
        for replica in self.replicas.iter().filter(|replica| replica.sharing.is_none()) {
            replica.cores.audit();
        }
        let busy: u64 = self.replicas.iter().map(Replica::busy_cores).sum();
        assert_eq!(counts.busy_cores.now(), busy, "busy cores are miscounted");
    }
}
