//! The workloads in simcore: prints mean and p99 of the response times in seconds.
//!
//!     with_simcore w1 100000
//!
//! One component with callbacks, which cost less than the async mode; a request travels in the events. Arrivals are
//! emitted in the order of their times, which spares them simcore's heap.

use std::cell::RefCell;
use std::mem::take;
use std::rc::Rc;

use race::{Phase, Places, Turn, Workers, Workload, print_statistics};
use serde::Serialize;
use simcore::{Event, EventHandler, Simulation, SimulationContext, cast};

#[derive(Clone, Serialize)]
struct Request {
    arrival: f64,
    phase: usize,
    worker: usize,
    /// Of the burst.
    left: f64,
}

#[derive(Clone, Serialize)]
struct Arrival {}

#[derive(Clone, Serialize)]
struct BurstEnd {
    request: Request,
}

#[derive(Clone, Serialize)]
struct TurnEnd {
    worker: usize,
    number: u64,
}

#[derive(Clone, Serialize)]
struct HandOver {
    worker: usize,
    number: u64,
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
    workers: Option<Workers<Request>>,
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
            TurnEnd { worker, number } => {
                self.on_turn_end(worker, number)
            }
            HandOver { worker, number } => {
                self.on_hand_over(worker, number)
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
        let request = Request { arrival: self.context.time(), phase: 0, worker: 0, left: 0.0 };
        if let Some(workers) = &mut self.workers {
            if let Some((mut request, worker)) = workers.enter(request) {
                request.worker = worker;
                self.begin_phase(request);
            }
        } else if let Some(request) = self.slots.enter(request) {
            self.begin_phase(request);
        }
    }

    fn on_turn_end(&mut self, worker: usize, number: u64) {
        let Some(workers) = &mut self.workers else { return };
        let Some(request) = workers.end_burst(worker, number) else { return };
        let turn = workers.begin_turn(worker, self.context.time());
        self.schedule(turn);
        self.begin_next_phase(request);
    }

    fn on_hand_over(&mut self, worker: usize, number: u64) {
        let Some(workers) = &mut self.workers else { return };
        let turn = workers.hand_over(worker, number, self.context.time());
        self.schedule(turn);
    }

    fn schedule(&mut self, turn: Option<Turn>) {
        let Some(Turn { worker, number, burst_end_in_s, hand_over_in_s }) = turn else { return };
        if let Some(delay) = burst_end_in_s {
            self.context.emit_self(TurnEnd { worker, number }, delay);
        }
        if let Some(delay) = hand_over_in_s {
            self.context.emit_self(HandOver { worker, number }, delay);
        }
    }

    fn on_burst_end(&mut self, request: Request) {
        if request.left > 0.0 {
            let next = self.cores.rotate(request);
            self.run(next);
            return;
        }
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
            Some(Phase::Burst) if self.workers.is_some() => {
                let duration = self.workload.draw_duration(request.phase);
                let (worker, now) = (request.worker, self.context.time());
                let turn = self.workers.as_mut().and_then(|workers| workers.ask(worker, request, duration, now));
                self.schedule(turn);
            }
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

    fn begin_burst(&mut self, mut request: Request) {
        if request.left == 0.0 {
            request.left = self.workload.draw_duration(request.phase);
        }
        self.run(request);
    }

    fn run(&mut self, mut request: Request) {
        let duration = request.left.min(self.workload.quantum_s);
        request.left -= duration;
        self.context.emit_self(BurstEnd { request }, duration);
    }

    fn depart(&mut self, request: Request) {
        self.response_times.push(self.context.time() - request.arrival);
        let worker = request.worker;
        let next = match &mut self.workers {
            Some(workers) => workers.leave(worker).map(|next| Request { worker, ..next }),
            None => self.slots.leave(),
        };
        if let Some(next) = next {
            self.begin_phase(next);
        }
    }
}

fn main() {
    let workload = Workload::from_arguments();
    let mut simulation = Simulation::new(1);
    let context = simulation.create_context("machine");
    let (slots, cores) = (Places::new(workload.slots), Places::new(workload.cores));
    let workers = workload.workers.map(|count| Workers::new(count, workload.slots));
    let machine = Machine { context, workload, slots, cores, workers, response_times: Vec::new() };
    let machine = Rc::new(RefCell::new(machine));
    simulation.add_handler("machine", machine.clone());
    machine.borrow_mut().expect_arrival();
    simulation.step_until_no_events();
    print_statistics(take(&mut machine.borrow_mut().response_times));
}
