//! Faults: a backend slower or down, a worker restarting, fewer cores.

use crate::model::{BackendId, Failure, Fault, FaultKind, SimTime};

use super::event::{Event, FaultEdge};
use super::program::Instruction;
use super::recorder::Observer;
use super::requests::{Lane, RequestId, State};
use super::simulation::Simulation;

impl<O: Observer> Simulation<O> {
    pub(super) fn schedule_faults(&mut self) {
        for (place, (fault, _)) in (0..).zip(self.faults.clone()) {
            let start = SimTime::ZERO + fault.at;
            self.events.push(start, Event::Fault(FaultEdge(2 * place)));
            self.events.push(start + fault.span, Event::Fault(FaultEdge(2 * place + 1)));
        }
    }

    pub(super) fn on_fault(&mut self, edge: FaultEdge) {
        let begins = edge.0.is_multiple_of(2);
        let (fault, is_under_way) = &mut self.faults[edge.0 as usize / 2];
        *is_under_way = begins;
        match fault.kind {
            FaultKind::Slow { backend, .. } => self.backends[backend].slowdown = self.slowdown_of(backend),
            FaultKind::Down { backend } => {
                if begins {
                    self.backends[backend].faults += 1;
                    self.fail_all(Failure::BackendDown, |simulation, id| simulation.needs(id, backend));
                } else {
                    self.backends[backend].faults -= 1;
                }
            }
            FaultKind::Restart { worker } if worker < self.workers.count() => self.restart(worker, begins),
            FaultKind::Restart { .. } => {}
            FaultKind::Cores { .. } => self.set_cores(),
        }
        (0..self.workers.count()).for_each(|worker| self.settle(worker));
    }

    /// The faults under way.
    fn under_way(&self) -> impl Iterator<Item = &Fault> {
        self.faults.iter().filter(|(_, is_under_way)| *is_under_way).map(|(fault, _)| fault)
    }

    /// How many times longer a backend's queries take: faults at the same time multiply.
    fn slowdown_of(&self, slow: BackendId) -> Option<f64> {
        let factors = self.under_way().filter_map(|fault| match fault.kind {
            FaultKind::Slow { backend, factor } if backend == slow => Some(factor),
            FaultKind::Slow { .. } | FaultKind::Down { .. } | FaultKind::Restart { .. } | FaultKind::Cores { .. } => {
                None
            }
        });
        factors.reduce(|product, factor| product * factor)
    }

    /// The machine has as many cores as the worst fault under way leaves it.
    fn set_cores(&mut self) {
        let fewer = self.under_way().filter_map(|fault| match fault.kind {
            FaultKind::Cores { cores } => Some(cores),
            FaultKind::Slow { .. } | FaultKind::Down { .. } | FaultKind::Restart { .. } => None,
        });
        let cores = fewer.min().map_or(self.machine.cores, |cores| cores.min(self.machine.cores));
        if let Some(sharing) = &mut self.sharing {
            sharing.set_cores(cores, self.now);
            self.schedule_share_end();
            return;
        }
        for _ in 0..self.cores.set_count(cores) {
            if let Some(last) = self.cores.last_to_run() {
                self.stop(last);
                self.cores.enqueue(last);
            }
        }
        self.start_quanta();
    }

    /// A worker goes down with all its requests, or comes up again, unless another fault keeps it down.
    fn restart(&mut self, worker: u32, begins: bool) {
        let is_down = self.under_way().any(|fault| fault.kind == FaultKind::Restart { worker });
        self.workers.set_up(worker, !is_down);
        if begins {
            self.fail_all(Failure::WorkerRestart, |simulation, id| simulation.is_inside(id, worker));
        } else if !is_down {
            self.wake_acceptor_if_any(worker);
        }
    }

    /// Whether a worker would take a request down with it.
    fn is_inside(&self, id: RequestId, worker: u32) -> bool {
        let request = &self.requests[id];
        let is_taken = match request.state {
            State::InBacklog => request.lane == Lane::Accepted,
            State::Away => false,
            State::WaitingForThread
            | State::WaitingForTurn
            | State::WaitingForCore
            | State::Running
            | State::WaitingForConnection(_)
            | State::WaitingForBackend(_)
            | State::Waiting
            | State::Forked => true,
        };
        request.worker == worker && is_taken && request.lane != Lane::Acceptor
    }

    /// Whether a request waits for a backend or is served by it.
    fn needs(&self, id: RequestId, backend: BackendId) -> bool {
        let state = self.requests[id].state;
        let next = self.program.instruction(self.requests[id].next);
        let is_statement = matches!(next, Instruction::Statement { backend: asked, .. } if asked == backend);
        is_statement && state == State::Waiting
            || state == State::WaitingForConnection(backend)
            || state == State::WaitingForBackend(backend)
            || self.requests.more(id).and_then(|more| more.served_by) == Some(backend)
    }

    /// All requests for which that holds, or for one of whose branches it does, end with an error: in the order of their
    /// arrival, each with the first of its branches for which it holds.
    fn fail_all(&mut self, reason: Failure, fails: impl Fn(&Self, RequestId) -> bool) {
        let mut ids: Vec<RequestId> = self.requests.ids().into_iter().filter(|id| fails(self, *id)).collect();
        // A branch has the entry of its request, and comes after it.
        ids.sort_unstable_by_key(|id| (self.requests[*id].entry, self.requests[*id].next));
        ids.dedup_by_key(|id| self.requests[*id].entry);
        ids.into_iter().for_each(|id| self.fail(id, reason));
    }
}
