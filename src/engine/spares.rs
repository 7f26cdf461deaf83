//! Workers that are started when they are needed: while fewer suffice, only some of them run.
//!
//! Once a second each replica counts its idle workers. If there are too few, it starts some that do not run, one at first,
//! then twice as many as a second before; but no more than are missing, and no more at once than [`MOST_AT_ONCE`]. If there are
//! too many, it stops one: the idle worker that has run for the longest time. So does PHP-FPM with `pm = dynamic` (`fpm_pctl_perform_idle_server_maintenance` in `sapi/fpm/fpm/fpm_process_ctl.c`).

use crate::model::SimTime;

use super::event::{Event, ReplicaNumber, WorkerId};
use super::observer::Observer;
use super::replicas::Replica;
use super::rules::SpareWorkers;
use super::simulation::Simulation;

/// The number of workers that are started at once is not doubled beyond this: the default of PHP-FPM (`pm.max_spawn_rate`).
const MOST_AT_ONCE: u32 = 32;

/// What a replica needs of its idle workers.
enum Need {
    /// This many more are started.
    More(usize),
    /// One is stopped.
    OneLess(u32),
    /// All are as they should be.
    Nothing,
}

impl<O: Observer> Simulation<O> {
    /// Of each replica only some workers run at first, if fewer than all are to run while they suffice.
    pub(super) fn begin_spare_checks(&mut self) {
        let Some(SpareWorkers { start, first_count, .. }) = self.rules.spare_workers else { return };
        for replica in 0..self.replicas.count() {
            for worker in self.replicas[replica].workers.clone().skip(start.get() as usize) {
                self.stop_spare(worker);
            }
            self.events.push(SimTime::ZERO + first_count, Event::SpareCheck(ReplicaNumber(replica)));
        }
    }

    /// A replica looks at its idle workers, and will look again unless nothing will ever happen to any request.
    pub(super) fn on_spare_check(&mut self, replica: u32) {
        let need = self.need_of(&self.replicas[replica]);
        let at_once = self.replicas[replica].spares_at_once;
        self.replicas[replica].spares_at_once = match need {
            Need::More(_) => (2 * at_once).min(MOST_AT_ONCE),
            Need::OneLess(_) | Need::Nothing => 1,
        };
        match need {
            Need::More(number) => self.start_spares(replica, number.min(at_once as usize)),
            Need::OneLess(worker) => self.stop_spare(worker),
            Need::Nothing => {}
        }
        if !self.nothing_will_happen() {
            self.events.push(self.now + SpareWorkers::INTERVAL, Event::SpareCheck(ReplicaNumber(replica)));
        }
    }

    /// Whether some replica will start workers when it next looks.
    pub(super) fn needs_spares(&self) -> bool {
        self.replicas.iter().any(|replica| matches!(self.need_of(replica), Need::More(_)))
    }

    /// What a replica would do if it looked now.
    fn need_of(&self, replica: &Replica) -> Need {
        let Some(SpareWorkers { min, max, .. }) = self.rules.spare_workers else { return Need::Nothing };
        let idle: Vec<u32> = replica.workers.clone().filter(|worker| self.is_idle(*worker)).collect();
        let missing = (min.get() as usize).saturating_sub(idle.len());
        let absent = replica.workers.clone().filter(|worker| self.lives.is_absent(*worker)).count();
        if missing > 0 && absent > 0 {
            return Need::More(missing.min(absent));
        }
        let longest = idle.iter().copied().min_by_key(|worker| self.lives.since(*worker));
        longest.filter(|_| idle.len() > max.get() as usize).map_or(Need::Nothing, Need::OneLess)
    }

    /// Whether a worker runs and waits for a request.
    fn is_idle(&self, worker: u32) -> bool {
        self.lives.is_serving(worker) && self.workers.is_up(worker) && self.workers.in_progress(worker) == 0
    }

    /// Starts the first of the workers that do not run.
    fn start_spares(&mut self, replica: u32, number: usize) {
        let boot = self.rules.spare_workers.map(|spare| spare.boot).unwrap_or_default();
        let absent = self.replicas[replica].workers.clone().filter(|worker| self.lives.is_absent(*worker));
        for worker in absent.take(number).collect::<Vec<u32>>() {
            let booted = self.events.push(self.now + boot, Event::Booted(WorkerId(worker)));
            self.lives.boot(worker, booted);
        }
    }

    /// A worker stops.
    fn stop_spare(&mut self, worker: u32) {
        self.lives.end(worker);
        self.workers.set_up(worker, false);
    }
}
