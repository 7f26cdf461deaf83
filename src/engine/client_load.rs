//! Clients on the cores of the workers, as in a measurement without a second machine: one process that takes CPU time when it
//! sends a request and when it has the response. It competes for the cores like a worker; the requests themselves do not wait
//! for it.

use crate::model::{ClassId, SimDuration};

use super::event::{Event, NoSubject};
use super::observer::Observer;
use super::requests::{Executor, Request, RequestId, State};
use super::simulation::Simulation;

/// The process of the clients.
#[derive(Debug)]
pub(super) struct ClientLoad {
    /// Its place among the requests.
    id: RequestId,
    /// CPU time for one half of a request: for sending it, or for its response.
    half: SimDuration,
    /// CPU time of work that it has not begun.
    due: SimDuration,
    /// Whether it will begin it once the event under way is over.
    is_called: bool,
}

impl<O: Observer> Simulation<O> {
    /// Starts the process, on the cores of the first replica, if clients share them.
    pub(super) fn begin_client_load(&mut self) {
        let half = SimDuration::from_nanos(self.machine.client_cpu.as_nanos() / 2);
        if half > SimDuration::ZERO {
            let first = self.program.add_work();
            self.requests.widen(self.program.stride());
            let id = self.requests.insert(Request::new(0, 0, self.now, ClassId(0), first));
            let request = &mut self.requests[id];
            request.worker = self.workers.add_other();
            request.executor = Executor::Client;
            request.is_observed = false;
            request.state = State::Away;
            self.replicas.add_worker_of_first();
            self.client_load = Some(ClientLoad { id, half, due: SimDuration::ZERO, is_called: false });
        }
    }

    /// How many places among the requests the process takes.
    pub(super) fn places_of_client_load(&self) -> usize {
        usize::from(self.client_load.is_some())
    }

    /// A client sends a request: the process asks for a core before it.
    #[inline]
    pub(super) fn load_by_sending(&mut self) {
        if let Some(load) = &mut self.client_load {
            load.due += load.half;
            if self.is_client_idle() {
                self.on_client_work();
            }
        }
    }

    /// A client has a response. The process turns to it when the event under way is over: a request that has responded may be
    /// about to continue on its core.
    #[inline]
    pub(super) fn load_by_response(&mut self) {
        if let Some(load) = &mut self.client_load {
            load.due += load.half;
            self.call_clients();
        }
    }

    /// Calls the process, if it has something to do and is idle.
    fn call_clients(&mut self) {
        if self.is_client_idle()
            && let Some(load) = &mut self.client_load
            && load.due > SimDuration::ZERO
        {
            load.is_called = true;
            self.events.push(self.now, Event::ClientWork(NoSubject::default()));
        }
    }

    /// Whether the process does nothing and is not about to.
    fn is_client_idle(&self) -> bool {
        self.client_load.as_ref().is_some_and(|load| !load.is_called && self.requests[load.id].state == State::Away)
    }

    /// The process works on all that is due.
    pub(super) fn on_client_work(&mut self) {
        let Some(load) = &mut self.client_load else { return };
        load.is_called = false;
        let id = load.id;
        let (request, demands) = self.requests.with_demands(id);
        request.next = request.first;
        demands[0] = std::mem::take(&mut load.due);
        let worker = request.worker;
        self.begin_attempt(id);
        self.make_ready(id);
        self.start_turns(worker);
    }

    /// The process has done its work, and is off its core.
    pub(super) fn end_client_work(&mut self, id: RequestId) {
        self.requests[id].state = State::Away;
        self.call_clients();
        self.fill_cores(self.requests[id].worker);
    }
}
