//! The CPU quota of a machine (with replicas, of each): the CPU time that all its threads and loops together may use in each period.
//!
//! Periods start at 0. When the quota of a period is used up, everything that runs stops until the next period starts, as
//! under the CPU controller of Linux control groups. What was stopped continues in the order in which it had taken its core,
//! before those that waited for one.

use crate::model::{CpuLimit, SimDuration, SimTime};

use super::event::{Event, EventId, ReplicaNumber};
use super::level::{Level, Usage};
use super::observer::Observer;
use super::requests::RequestId;
use super::simulation::Simulation;

/// The quota, and what has been used of it.
#[derive(Clone, Debug)]
pub(super) struct Quota {
    per_period: SimDuration,
    period: SimDuration,
    period_start: SimTime,
    /// CPU time used since then, up to `since`.
    used: SimDuration,
    since: SimTime,
    busy_cores: u64,
    is_used_up: bool,
    /// The instant at which the quota will be used up, or the next period start while it is; other events are void.
    next: EventId,
    throttled: Level,
}

impl Quota {
    /// Nothing is used yet; the time throttled is counted from `warm_up` on.
    pub fn new(limit: CpuLimit, warm_up: SimTime) -> Self {
        Self {
            per_period: limit.quota(),
            period: limit.period,
            period_start: SimTime::ZERO,
            used: SimDuration::ZERO,
            since: SimTime::ZERO,
            busy_cores: 0,
            is_used_up: false,
            next: EventId::default(),
            throttled: Level::from(warm_up),
        }
    }

    /// Whether everything stands still until the next period.
    pub const fn is_used_up(&self) -> bool {
        self.is_used_up
    }

    /// How long it was used up, until `end`.
    pub fn throttled(&self, end: SimTime) -> Usage {
        self.throttled.integral(end)
    }

    /// Counts what has been used up to `now`, at the latest when it is used up.
    fn advance(&mut self, now: SimTime) {
        let periods = (now - self.period_start).as_nanos() / self.period.as_nanos();
        if periods > 0 {
            self.period_start = self.period_start + self.period * periods;
            self.since = self.period_start.max(self.since);
            self.used = SimDuration::ZERO;
        }
        self.used += (now - self.since) * self.busy_cores;
        self.since = now;
    }

    /// When it will be used up if as many cores stay busy; `None` if it never is.
    fn used_up_at(&self) -> Option<SimTime> {
        if self.busy_cores == 0 {
            return None;
        }
        let next_period = self.period_start + self.period;
        let left = self.per_period - self.used.min(self.per_period);
        let in_this = self.since + self.time_for(left);
        if in_this < next_period {
            return Some(in_this);
        }
        let in_next = self.time_for(self.per_period);
        (in_next < self.period).then_some(next_period + in_next)
    }

    /// How long the busy cores take to use that much CPU time.
    fn time_for(&self, cpu_time: SimDuration) -> SimDuration {
        SimDuration::from_nanos(cpu_time.as_nanos().div_ceil(self.busy_cores))
    }
}

impl<O: Observer> Simulation<O> {
    /// Another number of a replica's cores may be busy from now on: its quota is used up sooner or later than it would have
    /// been.
    pub(super) fn recount_quota(&mut self, replica: u32) {
        let busy_cores = self.replicas[replica].busy_cores();
        let Some(quota) = &mut self.replicas[replica].quota else { return };
        if quota.is_used_up || quota.busy_cores == busy_cores {
            return;
        }
        quota.advance(self.now);
        quota.busy_cores = busy_cores;
        quota.next = match quota.used_up_at() {
            Some(time) => self.events.push_expiry(time, Event::QuotaUsedUp(ReplicaNumber(replica))),
            None => EventId::default(),
        };
    }

    /// A replica's quota of this period is used up: whatever runs there stops, and what waited for a core waits for the next period.
    pub(super) fn on_quota_used_up(&mut self, replica: u32, event: EventId) {
        if !self.is_next_of_quota(replica, event) {
            return;
        }
        self.book_core_waits(replica);
        let Some(quota) = &mut self.replicas[replica].quota else { return };
        quota.advance(self.now);
        quota.busy_cores = 0;
        quota.is_used_up = true;
        quota.throttled.rise(self.now);
        let next_period = quota.period_start + quota.period;
        quota.next = self.events.push_expiry(next_period, Event::PeriodStart(ReplicaNumber(replica)));
        self.stop_all(replica);
        self.set_cores(replica);
    }

    /// Whether an event of a replica's quota is not void.
    fn is_next_of_quota(&self, replica: u32, event: EventId) -> bool {
        self.replicas[replica].quota.as_ref().is_some_and(|quota| quota.next == event)
    }

    /// Books what those who wait for a core of a replica have waited so far: from now on they wait for something else.
    fn book_core_waits(&mut self, replica: u32) {
        for id in self.replicas[replica].cores.waiting().collect::<Vec<_>>() {
            self.book_run_queue_wait(id);
        }
    }

    /// Takes all requests of a replica off their cores. They are the first to get one again, in the order in which they had
    /// taken theirs.
    fn stop_all(&mut self, replica: u32) {
        let sharing = &self.replicas[replica].sharing;
        let sharing: Vec<RequestId> = sharing.iter().flat_map(|sharing| sharing.in_order()).collect();
        for id in sharing.into_iter().rev() {
            self.stop(id);
            self.replicas[replica].cores.enqueue_first(id);
        }
        while let Some(last) = self.replicas[replica].cores.last_to_run() {
            self.stop(last);
            self.replicas[replica].cores.enqueue_first(last);
        }
    }

    /// A period starts with its whole quota: what was stopped continues.
    pub(super) fn on_period_start(&mut self, replica: u32, event: EventId) {
        if !self.is_next_of_quota(replica, event) {
            return;
        }
        self.book_core_waits(replica);
        if let Some(quota) = &mut self.replicas[replica].quota {
            quota.advance(self.now);
            quota.is_used_up = false;
            quota.next = EventId::default();
            quota.throttled.fall(self.now);
        }
        self.set_cores(replica);
        if self.replicas[replica].sharing.is_some() {
            while let Some(id) = self.replicas[replica].cores.next_waiting() {
                self.ask_for_core(id);
            }
        }
        self.fill_cores(self.replicas[replica].workers.start);
        self.start_quanta(replica);
    }
}
