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

/// When each worker will be done with all who have asked for its turn.
#[derive(Clone, Debug)]
pub(super) struct Ahead {
    done_at: Vec<SimTime>,
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
        may.then(|| Self { done_at: vec![SimTime::ZERO; *workers as usize] })
    }
}

/// Whether nobody gives up, nothing fails, each turn has a core of its own, and waits are plain delays.
pub(super) fn nothing_intervenes(setup: &Setup<'_>, program: &Program) -> bool {
    let Setup { rules, clients, machine, .. } = setup;
    let nobody_gives_up = clients.timeout.is_none() && clients.patience.is_none() && setup.faults.is_empty();
    let turns = u64::from(rules.workers) * u64::from(rules.running_at_once);
    let cores_are_free = turns <= u64::from(machine.cores)
        && machine.context_switch == SimDuration::ZERO
        && machine.quantum != Quantum::ProcessorSharing;
    let one_lane = rules.thread_pool.is_none() && rules.queueing.dispatch != Dispatch::Accept;
    let is_delay = |backend: &Backend| backend.pool.is_none() && backend.concurrency.is_none();
    nobody_gives_up && cores_are_free && one_lane && setup.backends.iter().all(is_delay) && !program.forks()
}

impl<O: Observer> Simulation<O> {
    /// Plans the next stay of a request that has nothing under way, and the wait after it; or lets it depart.
    #[inline]
    pub(super) fn plan(&mut self, id: RequestId) {
        let (request, demands) = self.requests.with_demands(id);
        let steps = self.program.from(request.next);
        if steps[0] == Instruction::Depart {
            self.leave(id, Outcome::Completed);
            return;
        }
        let mut stay = SimDuration::ZERO;
        let mut wait = SimDuration::ZERO;
        for (step, demand) in steps.iter().zip(&demands[request.next_demand()..]) {
            if step.keeps_turn() {
                stay += *demand;
                continue;
            }
            if *step != Instruction::Depart {
                wait = *demand;
            }
            break;
        }
        let mut start = self.now;
        if let Some(ahead) = &mut self.ahead
            && steps[0].keeps_turn()
        {
            let done_at = &mut ahead.done_at[request.worker as usize];
            start = start.max(*done_at);
            *done_at = start + stay;
        }
        request.state = State::Planned;
        request.on_core_since = start;
        self.events.push(start + stay + wait, Event::PlanEnd(id));
    }

    #[inline]
    pub(super) fn on_plan_end(&mut self, id: RequestId) {
        let worker = self.requests[id].worker;
        self.book_plan(id);
        self.plan(id);
        self.admit(worker);
    }

    /// Books what has come true of a plan: all of it at its end, less when the run ends before.
    #[inline]
    pub(super) fn book_plan(&mut self, id: RequestId) {
        let now = self.now;
        let (request, demands) = self.requests.with_demands(id);
        let start = request.on_core_since;
        request.spent[Activity::RunQueueWait as usize] += start.min(now) - request.since;
        if start > now {
            return;
        }
        let mut time = start;
        let mut stay_end = start;
        for (step, demand) in self.program.from(request.next).iter().zip(&demands[request.next_demand()..]) {
            let Some(activity) = step.activity() else { break };
            let span = (*demand).min(now - time);
            let end = time + span;
            let is_over = span == *demand;
            self.counts.phase_events += 1 + u64::from(is_over);
            if let Instruction::Cpu(_) = step {
                self.counts.busy_cores.add_span(time, end);
            }
            request.spent[activity as usize] += span;
            request.next += u32::from(is_over);
            time = end;
            if step.keeps_turn() {
                stay_end = end;
            }
            if !is_over || !step.keeps_turn() {
                break;
            }
        }
        request.since = time;
        self.counts.turns_taken.add_span(start, stay_end);
    }
}
