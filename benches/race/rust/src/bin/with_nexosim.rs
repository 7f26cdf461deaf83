//! The five workloads in NeXosim: prints mean and p99 of the response times in seconds.
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
use race::{Phase, Places, Workload, print_statistics};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct Request {
    arrival: MonotonicTime,
    phase: usize,
}

#[derive(Serialize, Deserialize)]
struct Machine {
    workload: Workload,
    slots: Places<Request>,
    cores: Places<Request>,
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
        let request = Request { arrival: context.time(), phase: 0 };
        if let Some(request) = self.slots.enter(request) {
            self.begin_phase(request, context);
        }
    }

    #[nexosim(schedulable)]
    fn on_burst_end(&mut self, request: Request, context: &Context<Self>) {
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

    fn begin_burst(&mut self, request: Request, context: &Context<Self>) {
        let duration = delay(self.workload.draw_duration(request.phase));
        context.schedule_event(duration, schedulable!(Self::on_burst_end), request).expect(IS_LATER);
    }

    fn depart(&mut self, request: Request, context: &Context<Self>) {
        self.response_times.push(context.time().duration_since(request.arrival).as_secs_f64());
        if let Some(next) = self.slots.leave() {
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

fn main() -> Result<(), SimulationError> {
    let workload = Workload::from_arguments();
    let (slots, cores) = (Places::new(workload.slots), Places::new(workload.cores));
    let machine = Machine { workload, slots, cores, response_times: Vec::new() };
    let mailbox = Mailbox::new();
    let mut bench = SimInit::with_num_threads(1);
    let response_times = QuerySource::new().connect(Machine::take_response_times, &mailbox).register(&mut bench);
    let mut simulation = bench.add_model(machine, mailbox, "machine").init(MonotonicTime::EPOCH)?;
    simulation.run()?;
    print_statistics(simulation.process_query(&response_times, ())?);
    Ok(())
}
