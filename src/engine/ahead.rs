//! A shortcut: what a request will do next is known when it asks, where nothing can intervene.
//!
//! A *stay* is what a request does without a break once it has its turn: bursts, and waits that block the turn. Where
//! turns are given first come, first served, are kept to the end of the stay, and each has a core of its own, a stay begins
//! at max(now, when the worker is done with those before), and its length is known. So neither turns nor cores nor the
//! ends of bursts need events: one event stands for the stay and the wait after it, and the books are written when it
//! comes.
//!
//! Whether a run may look ahead is decided before it, from its rules. The results are those of the long way, to the
//! nanosecond; `tests/laws` compares them, request by request.

use crate::model::{Activity, Backend, Quantum, SimDuration, SimTime};
use crate::random::Load;

use super::event::Event;
use super::program::{Instruction, Program};
use super::recorder::{Observer, Outcome};
use super::requests::{RequestId, State};
use super::simulation::{Setup, Simulation};
use super::{Dispatch, Rules};

/// When each worker will be done with all who have asked for its turn, and what they will do.
#[derive(Clone, Debug)]
pub(super) struct Ahead {
    done_at: Vec<SimTime>,
    /// By request.
    plans: Vec<Plan>,
}

/// A stay and the wait after it: when it begins, how long it is, how much of that is work, and how many phases all have.
#[derive(Clone, Copy, Debug)]
struct Plan {
    start: SimTime,
    stay: SimDuration,
    cpu: SimDuration,
    steps: u32,
}

impl Ahead {
    /// Whether a run may look ahead.
    pub fn new(setup: &Setup<'_>, program: &Program) -> Option<Self> {
        let Rules { workers, running_at_once, hand_over_interval, slots, queueing, .. } = &setup.rules;
        let first_come_first_served = *running_at_once == 1 && hand_over_interval.is_none();
        // Of two workers that free a slot at one instant, the first takes the oldest request of a shared backlog.
        let workers_compete = *workers > 1 && slots.is_some() && queueing.dispatch == Dispatch::Shared;
        // And of two users who are answered at one instant by two workers, the first is first to send again.
        let users_compete = *workers > 1 && matches!(setup.load, Load::Closed(_));
        // Who waits without a turn before may wait from now on, others from when their turn will be over: two whose waits
        // end at one instant would go on in the wrong order.
        let may = nothing_intervenes(setup, program)
            && first_come_first_served
            && !workers_compete
            && !users_compete
            && program.waits_follow_turns();
        may.then(|| Self { done_at: vec![SimTime::ZERO; *workers as usize], plans: Vec::new() })
    }

    #[inline]
    fn set_plan(&mut self, id: RequestId, plan: Plan) {
        match self.plans.get_mut(id.0 as usize) {
            Some(place) => *place = plan,
            None => self.plans.resize(id.0 as usize + 1, plan),
        }
    }
}

/// Whether nobody gives up, nothing fails, each turn has a core of its own, waits are plain delays, and the application
/// server takes no time.
pub(super) fn nothing_intervenes(setup: &Setup<'_>, program: &Program) -> bool {
    let Setup { rules, clients, machine, .. } = setup;
    let nobody_gives_up = clients.timeout.is_none() && clients.patience.is_none() && setup.faults.is_empty();
    let turns = u64::from(rules.workers) * u64::from(rules.running_at_once);
    let cores_are_free = turns <= u64::from(machine.cores)
        && machine.context_switch == SimDuration::ZERO
        && machine.quantum != Quantum::ProcessorSharing;
    let one_lane = rules.thread_pool.is_none() && rules.queueing.dispatch != Dispatch::Accept;
    let is_delay = |backend: &Backend| backend.pool.is_none() && backend.concurrency.is_none();
    nobody_gives_up
        && cores_are_free
        && one_lane
        && setup.backends.iter().all(is_delay)
        && !program.forks()
        && !program.adds()
}

impl<O: Observer> Simulation<O> {
    /// Plans the next stay of a request that has nothing under way, and the wait after it; or lets it depart.
    #[inline]
    pub(super) fn plan(&mut self, id: RequestId) {
        let Some(ahead) = &mut self.ahead else { return };
        let (request, demands) = self.requests.with_demands(id);
        let (mut cpu, mut stay, mut wait) = (SimDuration::ZERO, SimDuration::ZERO, SimDuration::ZERO);
        let mut steps = 0;
        for (step, demand) in self.program.from(request.next).iter().zip(&demands[request.next_demand()..]) {
            let Some(activity) = step.activity() else { break };
            steps += 1;
            request.spent[activity as usize] += *demand;
            if !step.keeps_turn() {
                wait = *demand;
                break;
            }
            stay += *demand;
            if let Instruction::Cpu(_) = step {
                cpu += *demand;
            }
        }
        if steps == 0 {
            self.leave(id, Outcome::Completed);
            return;
        }
        let done_at = &mut ahead.done_at[request.worker as usize];
        let start = self.now.max(*done_at);
        *done_at = start + stay;
        request.spent[Activity::RunQueueWait as usize] += start - self.now;
        request.next += steps;
        request.state = State::Planned;
        ahead.set_plan(id, Plan { start, stay, cpu, steps });
        self.events.push(start + stay + wait, Event::PlanEnd(id));
    }

    #[inline]
    pub(super) fn on_plan_end(&mut self, id: RequestId) {
        let worker = self.requests[id].worker;
        match self.plan_of(id) {
            Some(Plan { start, stay, cpu, steps }) if start >= self.warm_up => {
                self.counts.turns_taken.add_area(u128::from(stay.as_nanos()));
                self.counts.busy_cores.add_area(u128::from(cpu.as_nanos()));
                self.counts.phase_events += 2 * u64::from(steps);
            }
            _ => self.count_plan(id),
        }
        self.plan(id);
        self.admit(worker);
    }

    fn plan_of(&self, id: RequestId) -> Option<Plan> {
        self.ahead.as_ref().and_then(|ahead| ahead.plans.get(id.0 as usize).copied())
    }

    /// Counts what has come true of a plan by now, phase by phase.
    pub(super) fn count_plan(&mut self, id: RequestId) {
        let Some(Plan { start, steps, .. }) = self.plan_of(id) else { return };
        let (request, demands) = self.requests.with_demands(id);
        let first = request.next - steps;
        let mut time = start;
        let demands = &demands[(first - request.first) as usize..];
        for (step, demand) in self.program.from(first).iter().zip(demands).take(steps as usize) {
            if time > self.now {
                break;
            }
            let end = time + *demand;
            self.counts.phase_events += 1 + u64::from(end <= self.now);
            let end = end.min(self.now);
            if step.keeps_turn() {
                self.counts.turns_taken.add_span(time, end);
            }
            if let Instruction::Cpu(_) = step {
                self.counts.busy_cores.add_span(time, end);
            }
            time = time + *demand;
        }
    }
}
