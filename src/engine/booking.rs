//! Books: where the time of each request goes, to the nanosecond.

use crate::model::{Activity, Resource, SimDuration};

use super::program::Instruction;
use super::recorder::Observer;
use super::requests::{RequestId, State};
use super::simulation::Simulation;
use super::waits::add_wait;

impl<O: Observer> Simulation<O> {
    /// Books the time since the last booking as spent in one activity.
    #[inline]
    pub(super) fn book(&mut self, id: RequestId, activity: Activity) {
        let request = &mut self.requests[id];
        let span = self.now - request.since;
        request.book(&mut self.observer, activity, span);
    }

    /// Books the next stretch of time as spent in one activity.
    #[inline(always)]
    pub(super) fn book_span(&mut self, id: RequestId, activity: Activity, span: SimDuration) {
        self.requests[id].book(&mut self.observer, activity, span);
    }

    /// Takes note that a request has waited for a resource for that long, perhaps for no time.
    #[inline(always)]
    pub(super) fn note_wait(&mut self, id: RequestId, resource: Resource, span: SimDuration) {
        if let Some(column) = self.waits.column(resource) {
            add_wait(self.requests.waits_mut(id), column, span);
        }
    }

    /// Books the time since the last booking as a wait for a resource.
    #[inline]
    pub(super) fn book_wait(&mut self, id: RequestId, resource: Resource) {
        self.note_wait(id, resource, self.now - self.requests[id].since);
        self.book(id, resource.activity());
    }

    /// Books the time since the last booking as a wait in the run queue: for the turn until that was taken, then for a core.
    #[inline(always)]
    pub(super) fn book_run_queue_wait(&mut self, id: RequestId) {
        if self.waits.columns() > 0 {
            let request = &self.requests[id];
            let had_turn = request.turn_since.max(request.since);
            let (for_turn, for_core) = (had_turn - request.since, self.now - had_turn);
            self.note_wait(id, Resource::Turn, for_turn);
            self.note_wait(id, Resource::Core, for_core);
        }
        self.book(id, Activity::RunQueueWait);
    }

    /// Books the time since a running request got its core: first what was not work, then the phases of its burst.
    #[inline]
    pub(super) fn book_burst(&mut self, id: RequestId) {
        let elapsed = self.now - self.requests[id].since;
        let got = match self.requests.more(id).and_then(|more| more.share) {
            Some(share) if self.sharing.is_some() => self.leave_share(id, share),
            _ => elapsed,
        };
        let switched = got.min(self.requests[id].switch_cost);
        let work = got - switched;
        if elapsed > work {
            self.note_wait(id, Resource::Core, elapsed - work);
            self.book_span(id, Activity::RunQueueWait, elapsed - work);
        }
        let mut left = work;
        let (request, demands) = self.requests.with_demands(id);
        let demands = &mut demands[request.next_demand()..];
        for (step, demand) in self.program.from(request.next).iter().zip(demands) {
            let Instruction::Cpu(activity) = *step else { break };
            let span = left.min(*demand);
            *demand = *demand - span;
            left = left - span;
            request.book(&mut self.observer, activity, span);
            if *demand > SimDuration::ZERO {
                break;
            }
            request.next += 1;
            self.counts.phase_events += 2;
        }
    }

    /// Books what a request was doing that is taken out of a state.
    pub(super) fn book_withdrawn(&mut self, id: RequestId, state: State) {
        match (state, self.program.instruction(self.requests[id].next)) {
            (State::Waiting, Instruction::Wait { backend, .. }) => {
                self.book(id, Instruction::wait_activity(backend));
            }
            (State::Forked, _) => {
                let first = self.requests.more(id).and_then(|more| more.branches.first().copied());
                if let Some(first) = first {
                    self.book_as_branch(id, first);
                }
            }
            (State::Waiting, Instruction::Statement { .. }) => self.book(id, Activity::Backend),
            (State::WaitingForTurn, _) => self.book_wait(id, Resource::Turn),
            (State::WaitingForCore, _) => self.book_run_queue_wait(id),
            (State::WaitingForThread, _) => self.book_wait(id, Resource::Thread),
            (State::WaitingForConnection(backend), _) => self.book_wait(id, Resource::Connection(backend)),
            (State::WaitingForBackend(backend), _) => self.book_wait(id, Resource::Query(backend)),
            (State::InBacklog, _) => self.book(id, Activity::BacklogWait),
            // Nothing was under way, or it was booked when it was stopped.
            (State::Running | State::Waiting | State::Away, _) => self.book(id, Activity::RunQueueWait),
        }
    }

    /// Books the time since the fork of a request as spent as one of its branches did: the last to end, or, where the request
    /// ends before, the one that failed or else the first that is under way.
    pub(super) fn book_as_branch(&mut self, id: RequestId, branch: RequestId) {
        let spent = self.requests[branch].spent;
        for (activity, span) in Activity::ALL.into_iter().zip(spent) {
            self.book_span(id, activity, span);
        }
        self.requests.add_branch_waits(id, branch, true);
    }

    /// Books what the requests in flight were doing when the run ended.
    pub(super) fn book_unfinished(&mut self) {
        self.counts.phase_events += self.counts.busy_cores.now();
        if let Some(route) = self.route.take() {
            self.book_route(&route);
        }
        // Branches before the requests that wait for them.
        let is_forked = |id: &RequestId| self.requests[*id].state == State::Forked;
        let (forked, others): (Vec<_>, Vec<_>) = self.requests.ids().into_iter().partition(is_forked);
        for id in others.into_iter().chain(forked) {
            match self.requests[id].state {
                State::Away => {}
                State::Running => self.book_burst(id),
                state => self.book_withdrawn(id, state),
            }
        }
    }
}
