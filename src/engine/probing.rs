//! Health checks: the balancer probes each replica, and sends no requests to those that do not answer.
//!
//! A probe is served like a request: it waits in the backlog of its replica, and then takes a slot, a turn and a core of one
//! of the workers, for the CPU time that the answer takes. It is no request: it is in no number except for the use of
//! workers and cores. The probes of the replicas are spread evenly over the interval.

use crate::model::{ClassId, HealthCheck, Replicas, SimDuration, SimTime};

use super::departure::Outcome;
use super::event::{Event, EventId, ReplicaNumber};
use super::observer::Observer;
use super::program::Program;
use super::requests::{Request, RequestId, State};
use super::simulation::Simulation;

/// The class of probes: none of the scenario's.
pub(super) const NO_CLASS: ClassId = ClassId(u16::MAX);

/// The health checks of all replicas.
#[derive(Debug)]
pub(super) struct Probing {
    check: HealthCheck,
    /// What a worker does for a probe.
    place: u32,
    replicas: Vec<Health>,
    /// How many probes have been sent, and how many are inside the replicas.
    sent: u64,
    inside: usize,
    /// How many replicas get no requests.
    out: u32,
}

/// What the balancer knows of a replica.
#[derive(Clone, Debug, Default)]
struct Health {
    is_out: bool,
    /// The last probes that ended in the same way, unlike what is known of the replica.
    in_a_row: u32,
    /// The probe that is under way, and when it fails; other such events are void.
    probe: Option<RequestId>,
    timeout: EventId,
}

impl Probing {
    /// No probe has been sent; `None` without a health check.
    pub fn new(replicas: &Replicas, program: &mut Program) -> Option<Self> {
        let check = replicas.health.clone()?;
        let replicas = vec![Health::default(); replicas.count as usize];
        Some(Self { check, place: program.add_work(), replicas, sent: 0, inside: 0, out: 0 })
    }

    /// How many probes are inside the replicas.
    pub const fn inside(&self) -> usize {
        self.inside
    }

    /// A probe of a replica has ended. Returns whether the replica gets requests from now on.
    fn end(&mut self, replica: u32, is_answered: bool) -> bool {
        let health = &mut self.replicas[replica as usize];
        (health.probe, health.timeout) = (None, EventId::default());
        self.inside -= 1;
        let (is_unlike, enough) = if health.is_out {
            (is_answered, self.check.healthy_after.get())
        } else {
            (!is_answered, self.check.unhealthy_after.get())
        };
        health.in_a_row = if is_unlike { health.in_a_row + 1 } else { 0 };
        if health.in_a_row == enough {
            (health.is_out, health.in_a_row) = (!health.is_out, 0);
            self.out = if health.is_out { self.out + 1 } else { self.out - 1 };
        }
        !health.is_out
    }
}

impl<O: Observer> Simulation<O> {
    /// Schedules the first probe of each replica.
    pub(super) fn begin_probing(&mut self) {
        let Some(probing) = &self.probing else { return };
        let (interval, count) = (probing.check.interval.as_nanos(), u64::from(self.replicas.count()));
        for replica in 0..self.replicas.count() {
            // In 128 bits: an interval may be long.
            let offset = u128::from(interval) * u128::from(replica) / u128::from(count);
            let first = SimTime::ZERO + SimDuration::from_nanos(offset as u64);
            self.events.push(first, Event::Probe(ReplicaNumber(replica)));
        }
    }

    /// Whether the balancer sends requests to a replica.
    pub(super) fn is_healthy(&self, replica: u32) -> bool {
        self.probing.as_ref().is_none_or(|probing| !probing.replicas[replica as usize].is_out)
    }

    /// Whether the balancer sends requests to all replicas: it has found none of them unhealthy, or all.
    pub(super) fn are_all_alike(&self) -> bool {
        self.probing.as_ref().is_none_or(|probing| probing.out == 0 || probing.out == self.replicas.count())
    }

    /// Whether it is the probe of its replica.
    #[inline]
    pub(super) fn is_probe(&self, id: RequestId) -> bool {
        self.probing.is_some() && self.requests[id].class == NO_CLASS
    }

    /// How many probes have a core.
    pub(super) fn running_probes(&self) -> u64 {
        let probes = self.probing.iter().flat_map(|probing| &probing.replicas).filter_map(|health| health.probe);
        probes.filter(|id| self.requests[*id].state == State::Running).count() as u64
    }

    /// How many probes are inside the replicas.
    pub(super) fn probes_inside(&self) -> u64 {
        self.probing.as_ref().map_or(0, |probing| probing.inside() as u64)
    }

    /// A probe is sent to a replica, unless nothing will ever happen to any request again: so a deadlock ends a run. The
    /// probe before has ended: its time is at most an interval.
    pub(super) fn on_probe(&mut self, replica: u32) {
        if self.nothing_will_happen() {
            return;
        }
        let Some(probing) = &mut self.probing else { return };
        (probing.sent, probing.inside) = (probing.sent + 1, probing.inside + 1);
        let HealthCheck { interval, timeout, compute, .. } = probing.check;
        // No request has such a number.
        let entry = u64::MAX - probing.sent;
        let mut probe = Request::new(entry, entry, self.now, NO_CLASS, probing.place);
        probe.worker = self.replicas[replica].workers.start;
        probe.demand = compute;
        probe.is_observed = false;
        let id = self.requests.insert(probe);
        self.requests.with_demands(id).1[0] = compute;
        let expiry = self.events.push_expiry(self.now + timeout, Event::ProbeTimeout(ReplicaNumber(replica)));
        self.events.push(self.now + interval, Event::Probe(ReplicaNumber(replica)));
        let health = &mut probing.replicas[replica as usize];
        (health.probe, health.timeout) = (Some(id), expiry);
        self.offer(id);
    }

    pub(super) fn on_probe_timeout(&mut self, replica: u32, event: EventId) {
        let health = self.probing.as_ref().map(|probing| &probing.replicas[replica as usize]);
        if let Some(probe) = health.filter(|health| health.timeout == event).and_then(|health| health.probe) {
            self.give_up(probe, Outcome::TimedOut);
        }
    }

    /// A probe leaves its replica: answered, or failed in some way.
    #[cold]
    pub(super) fn end_probe(&mut self, id: RequestId, outcome: Outcome) {
        let number = self.replica_of(id).number;
        let Some(probing) = &mut self.probing else { return };
        let is_answered = outcome == Outcome::Completed;
        let is_out = !probing.end(number, is_answered);
        if let Some(levels) = &mut self.replicas[number].levels {
            levels.failed_probes += u64::from(!is_answered && self.now >= self.warm_up);
            levels.out.set(self.now, u64::from(is_out));
        }
    }
}
