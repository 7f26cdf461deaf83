//! The workloads in NeXosim: prints mean and p99 of the response times in seconds.
//!
//!     with_nexosim w1 100000
//!
//! One model that schedules its own inputs; a request travels in the events. A single model has no work for several
//! threads, so there is one thread. A query fetches the response times at the end.

use std::mem::take;
use std::time::Duration;

use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::QuerySource;
use nexosim::simulation::{Mailbox, SimInit, SimulationError};
use nexosim::time::MonotonicTime;
use race::{Phase, Places, Turn, Workers, Workload, print_statistics};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct Request {
    arrival: MonotonicTime,
    phase: usize,
    worker: usize,
    /// Of the burst, in seconds.
    left: f64,
}

#[derive(Serialize, Deserialize)]
struct Machine {
    workload: Workload,
    slots: Places<Request>,
    cores: Places<Request>,
    workers: Option<Workers<Request>>,
    response_times: Vec<f64>,
}

#[Model]
impl Machine {
    #[nexosim(init)]
    async fn expect_first_arrival(&mut self, context: &Context<Self>) {
        self.expect_arrival(context);
    }

    fn expect_arrival(&mut self, context: &Context<Self>) {
        if let Some(seconds) = self.workload.draw_interarrival_time() {
            context.schedule_event(delay(seconds), schedulable!(Self::on_arrival), ()).expect(IS_LATER);
        }
    }

    #[nexosim(schedulable)]
    fn on_arrival(&mut self, _: (), context: &Context<Self>) {
        self.expect_arrival(context);
        let request = Request { arrival: context.time(), phase: 0, worker: 0, left: 0.0 };
        if let Some(workers) = &mut self.workers {
            if let Some((mut request, worker)) = workers.enter(request) {
                request.worker = worker;
                self.begin_phase(request, context);
            }
        } else if let Some(request) = self.slots.enter(request) {
            self.begin_phase(request, context);
        }
    }

    #[nexosim(schedulable)]
    fn on_turn_end(&mut self, (worker, number): (usize, u64), context: &Context<Self>) {
        let Some(workers) = &mut self.workers else { return };
        let Some(request) = workers.end_burst(worker, number) else { return };
        let turn = workers.begin_turn(worker, seconds(context));
        self.schedule(turn, context);
        self.begin_next_phase(request, context);
    }

    #[nexosim(schedulable)]
    fn on_hand_over(&mut self, (worker, number): (usize, u64), context: &Context<Self>) {
        let Some(workers) = &mut self.workers else { return };
        let turn = workers.hand_over(worker, number, seconds(context));
        self.schedule(turn, context);
    }

    fn schedule(&mut self, turn: Option<Turn>, context: &Context<Self>) {
        let Some(Turn { worker, number, burst_end_in_s, hand_over_in_s }) = turn else { return };
        if let Some(in_s) = burst_end_in_s {
            let subject = (worker, number);
            context.schedule_event(delay(in_s), schedulable!(Self::on_turn_end), subject).expect(IS_LATER);
        }
        if let Some(in_s) = hand_over_in_s {
            let subject = (worker, number);
            context.schedule_event(delay(in_s), schedulable!(Self::on_hand_over), subject).expect(IS_LATER);
        }
    }

    #[nexosim(schedulable)]
    fn on_burst_end(&mut self, request: Request, context: &Context<Self>) {
        if request.left > 0.0 {
            let next = self.cores.rotate(request);
            self.run(next, context);
            return;
        }
        if let Some(next) = self.cores.leave() {
            self.begin_burst(next, context);
        }
        self.begin_next_phase(request, context);
    }

    #[nexosim(schedulable)]
    fn begin_next_phase(&mut self, mut request: Request, context: &Context<Self>) {
        request.phase += 1;
        self.begin_phase(request, context);
    }

    fn begin_phase(&mut self, request: Request, context: &Context<Self>) {
        match self.workload.phase(request.phase) {
            Some(Phase::Burst) if self.workers.is_some() => {
                let duration = self.workload.draw_duration(request.phase);
                let (worker, now) = (request.worker, seconds(context));
                let turn = self.workers.as_mut().and_then(|workers| workers.ask(worker, request, duration, now));
                self.schedule(turn, context);
            }
            Some(Phase::Burst) => {
                if let Some(request) = self.cores.enter(request) {
                    self.begin_burst(request, context);
                }
            }
            Some(Phase::Query) => {
                let duration = delay(self.workload.draw_duration(request.phase));
                context.schedule_event(duration, schedulable!(Self::begin_next_phase), request).expect(IS_LATER);
            }
            None => self.depart(request, context),
        }
    }

    fn begin_burst(&mut self, mut request: Request, context: &Context<Self>) {
        if request.left == 0.0 {
            request.left = self.workload.draw_duration(request.phase);
        }
        self.run(request, context);
    }

    fn run(&mut self, mut request: Request, context: &Context<Self>) {
        let duration = request.left.min(self.workload.quantum_s);
        request.left -= duration;
        context.schedule_event(delay(duration), schedulable!(Self::on_burst_end), request).expect(IS_LATER);
    }

    fn depart(&mut self, request: Request, context: &Context<Self>) {
        self.response_times.push(context.time().duration_since(request.arrival).as_secs_f64());
        let worker = request.worker;
        let next = match &mut self.workers {
            Some(workers) => workers.leave(worker).map(|next| Request { worker, ..next }),
            None => self.slots.leave(),
        };
        if let Some(next) = next {
            self.begin_phase(next, context);
        }
    }

    async fn take_response_times(&mut self) -> Vec<f64> {
        take(&mut self.response_times)
    }
}

const IS_LATER: &str = "an event is at least a nanosecond away";

/// NeXosim counts whole nanoseconds, and accepts no event for the current time.
fn delay(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds).max(Duration::from_nanos(1))
}

fn seconds(context: &Context<Machine>) -> f64 {
    context.time().duration_since(MonotonicTime::EPOCH).as_secs_f64()
}

fn main() -> Result<(), SimulationError> {
    let workload = Workload::from_arguments();
    let (slots, cores) = (Places::new(workload.slots), Places::new(workload.cores));
    let workers = workload.workers.map(|count| Workers::new(count, workload.slots));
    let machine = Machine { workload, slots, cores, workers, response_times: Vec::new() };
    let mailbox = Mailbox::new();
    let mut bench = SimInit::with_num_threads(1);
    let response_times = QuerySource::new().connect(Machine::take_response_times, &mailbox).register(&mut bench);
    let mut simulation = bench.add_model(machine, mailbox, "machine").init(MonotonicTime::EPOCH)?;
    simulation.run()?;
    print_statistics(simulation.process_query(&response_times, ())?);
    Ok(())
}
