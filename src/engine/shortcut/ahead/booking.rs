//! How a run that looks ahead books what requests did.

use crate::engine::departure::Departure;
use crate::engine::observer::Observer;
use crate::engine::program::Instruction;
use crate::engine::requests::RequestId;
use crate::engine::simulation::Simulation;
use crate::engine::unfinished::Unfinished;
use crate::engine::waits::NOT_ASKED;
use crate::model::{Activity, SimDuration, SimTime};

use super::Ahead;
use super::flights::Flight;

impl<O: Observer> Simulation<O> {
    /// Books the departures that have not been reported, and reports them.
    pub(super) fn report_booked(&mut self) {
        let unreported = std::mem::take(&mut self.unreported);
        // All waits are for turns: each turn has a core of its own, and there is nothing else to wait for.
        let (program, wait) = (&self.program, |one: &Departure| one.spent[Activity::RunQueueWait as usize]);
        if program.has_empty_class() {
            let asks = |one: &Departure| !program.steps(one.entrance.class).is_empty();
            self.waits.push_turns(unreported.iter().map(|one| if asks(one) { wait(one) } else { NOT_ASKED }));
        } else {
            self.waits.push_turns(unreported.iter().map(wait));
        }
        let waits = std::mem::take(&mut self.waits);
        self.report_answered(&unreported, waits.rows(), self.now);
        (self.unreported, self.waits) = (unreported, waits);
        self.unreported.clear();
        self.waits.clear();
    }

    /// Books and reports what the requests in flight have done when the run ends.
    pub(in crate::engine) fn book_flights(&mut self, ahead: &Ahead) {
        self.counts.in_system.reach(self.now, ahead.most.max(ahead.in_flight()) as u64);
        for id in ahead.ids() {
            let cpu_time = self.book_flight(ahead, id, self.now);
            self.report_flight(&ahead.flights[id.0 as usize], cpu_time);
        }
    }

    /// Reports a request in flight at the end, with the CPU time it has had.
    fn report_flight(&mut self, flight: &Flight, cpu_time: SimDuration) {
        let mut departure = flight.departure(self.now);
        departure.spent[Activity::BacklogWait as usize] = flight.backlog_wait;
        let is_taken = flight.next > flight.first;
        self.observer.on_unfinished(&Unfinished::in_flight(&departure, self.now, is_taken, cpu_time));
    }

    /// Books, phase by phase, what a request has done by that time. Returns the CPU time it has had.
    #[cold]
    pub(super) fn book_flight(&mut self, ahead: &Ahead, id: RequestId, now: SimTime) -> SimDuration {
        let mut cpu_time = SimDuration::ZERO;
        let Flight { arrival, backlog_wait, class, worker, next, first, .. } = ahead.flights[id.0 as usize];
        self.counts.in_system.add_span(arrival, now);
        let begun = (next - first) as usize;
        if begun == 0 {
            return cpu_time;
        }
        self.counts.slots_taken.add_span(arrival + backlog_wait, now);
        let steps = self.program.steps(class).iter().zip(&ahead.steps[ahead.range(id)]);
        let mut time = None;
        for (instruction, step) in steps.take(begun) {
            let start = time.unwrap_or(step.start);
            if start > now {
                return cpu_time;
            }
            let end = start + step.demand;
            self.counts.phase_events += 1 + u64::from(end <= now);
            let until = end.min(now);
            if instruction.keeps_turn() {
                self.counts.turns_taken.add_span(start, until);
                self.workers.add_turn_between(worker, start, until);
            }
            if let Instruction::Cpu(_) = instruction {
                self.counts.busy_cores.add_span(start, until);
                cpu_time += until - start;
            }
            time = instruction.keeps_turn().then_some(end);
        }
        cpu_time
    }
}
