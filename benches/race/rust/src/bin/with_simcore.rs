//! The five workloads in simcore: prints mean and p99 of the response times in seconds.
//!
//!     with_simcore w1 100000
//!
//! One component with callbacks, which cost less than the async mode; a request travels in the events. Arrivals are
//! emitted in the order of their times, which spares them simcore's heap.

use std::cell::RefCell;
use std::mem::take;
use std::rc::Rc;

use race::{Phase, Places, Workload, print_statistics};
use serde::Serialize;
use simcore::{Event, EventHandler, Simulation, SimulationContext, cast};

#[derive(Clone, Serialize)]
struct Request {
    arrival: f64,
    phase: usize,
}

#[derive(Clone, Serialize)]
struct Arrival {}

#[derive(Clone, Serialize)]
struct BurstEnd {
    request: Request,
}

#[derive(Clone, Serialize)]
struct QueryEnd {
    request: Request,
}

struct Machine {
    context: SimulationContext,
    workload: Workload,
    slots: Places<Request>,
    cores: Places<Request>,
    response_times: Vec<f64>,
}

impl EventHandler for Machine {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Arrival {} => {
                self.on_arrival()
            }
            BurstEnd { request } => {
                self.on_burst_end(request)
            }
            QueryEnd { request } => {
                self.begin_next_phase(request)
            }
        })
    }
}

impl Machine {
    fn expect_arrival(&mut self) {
        if let Some(interarrival_time) = self.workload.draw_interarrival_time() {
            self.context.emit_ordered_self(Arrival {}, interarrival_time);
        }
    }

    fn on_arrival(&mut self) {
        self.expect_arrival();
        let request = Request { arrival: self.context.time(), phase: 0 };
        if let Some(request) = self.slots.enter(request) {
            self.begin_phase(request);
        }
    }

    fn on_burst_end(&mut self, request: Request) {
        if let Some(next) = self.cores.leave() {
            self.begin_burst(next);
        }
        self.begin_next_phase(request);
    }

    fn begin_next_phase(&mut self, mut request: Request) {
        request.phase += 1;
        self.begin_phase(request);
    }

    fn begin_phase(&mut self, request: Request) {
        match self.workload.phase(request.phase) {
            Some(Phase::Burst) => {
                if let Some(request) = self.cores.enter(request) {
                    self.begin_burst(request);
                }
            }
            Some(Phase::Query) => {
                let duration = self.workload.draw_duration(request.phase);
                self.context.emit_self(QueryEnd { request }, duration);
            }
            None => self.depart(request),
        }
    }

    fn begin_burst(&mut self, request: Request) {
        let duration = self.workload.draw_duration(request.phase);
        self.context.emit_self(BurstEnd { request }, duration);
    }

    fn depart(&mut self, request: Request) {
        self.response_times.push(self.context.time() - request.arrival);
        if let Some(next) = self.slots.leave() {
            self.begin_phase(next);
        }
    }
}

fn main() {
    let workload = Workload::from_arguments();
    let mut simulation = Simulation::new(1);
    let context = simulation.create_context("machine");
    let (slots, cores) = (Places::new(workload.slots), Places::new(workload.cores));
    let machine = Rc::new(RefCell::new(Machine { context, workload, slots, cores, response_times: Vec::new() }));
    simulation.add_handler("machine", machine.clone());
    machine.borrow_mut().expect_arrival();
    simulation.step_until_no_events();
    print_statistics(take(&mut machine.borrow_mut().response_times));
}
