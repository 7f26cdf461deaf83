//! Health checks: the balancer probes each replica, and sends no requests to those that do not answer.
//!
//! A probe is served like a request: it waits in the backlog of its replica, and then takes a slot, a turn and a core of one
//! of the workers, for the CPU time that the answer takes. It is no request: it is in no number except for the use of
//! workers and cores. The probes of the replicas are spread evenly over the interval.

use crate::model::{ClassId, HealthCheck, Replicas, SimDuration, SimTime};

use super::departure::Outcome;
use super::event::{Event, EventId, NEVER, ReplicaNumber};
use super::observer::Observer;
use super::program::Program;
use super::requests::{Request, RequestId};
use super::simulation::Simulation;

/// The class of probes: none of the scenario's.
const NO_CLASS: ClassId = ClassId(u16::MAX);

/// If nothing happens to any request during so many probes of a replica, and none will arrive, nothing ever will: the
/// replica is not probed any more, so that a run without a horizon ends.
const MOST_PROBES_IN_VAIN: u64 = 100_000;

/// The health checks of all replicas.
#[derive(Debug)]
pub(super) struct Probing {
    check: HealthCheck,
    /// What a worker does for a probe.
    place: u32,
    replicas: Vec<Health>,
    /// How many probes have been sent, and how many answered.
    sent: u64,
    answered: u64,
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
    /// How much had happened to requests at the last probe, and how many probes ago it was different.
    happened: u64,
    in_vain: u64,
}

impl Probing {
    /// No probe has been sent; `None` without a health check.
    pub fn new(replicas: &Replicas, program: &mut Program) -> Option<Self> {
        let check = replicas.health.clone()?;
        let replicas = vec![Health::default(); replicas.count as usize];
        Some(Self { check, place: program.add_probe(), replicas, sent: 0, answered: 0 })
    }

    /// How many probes are inside the replicas.
    pub fn inside(&self) -> usize {
        self.replicas.iter().filter(|health| health.probe.is_some()).count()
    }

    /// A probe of a replica has ended. Returns whether the replica gets requests from now on.
    fn end(&mut self, replica: u32, is_answered: bool) -> bool {
        let health = &mut self.replicas[replica as usize];
        (health.probe, health.timeout) = (None, EventId::default());
        self.answered += u64::from(is_answered);
        let (is_unlike, enough) = if health.is_out {
            (is_answered, self.check.healthy_after.get())
        } else {
            (!is_answered, self.check.unhealthy_after.get())
        };
        health.in_a_row = if is_unlike { health.in_a_row + 1 } else { 0 };
        if health.in_a_row == enough {
            (health.is_out, health.in_a_row) = (!health.is_out, 0);
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

    /// Whether it is the probe of its replica.
    #[inline]
    pub(super) fn is_probe(&self, id: RequestId) -> bool {
        self.probing.is_some() && self.requests[id].class == NO_CLASS
    }

    /// How many probes are inside the replicas.
    pub(super) fn probes_inside(&self) -> u64 {
        self.probing.as_ref().map_or(0, |probing| probing.inside() as u64)
    }

    /// A probe is sent to a replica. The one before has ended: its time is at most an interval.
    pub(super) fn on_probe(&mut self, replica: u32) {
        if self.are_probes_in_vain(replica) {
            return;
        }
        let Some(probing) = &mut self.probing else { return };
        probing.sent += 1;
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

    /// Whether probes of a replica go on although nothing will ever happen again.
    fn are_probes_in_vain(&mut self, replica: u32) -> bool {
        let Some(probing) = &mut self.probing else { return true };
        let phases = self.counts.phase_events.wrapping_sub(2 * probing.answered);
        let happened = self.arrivals.entered.wrapping_add(self.counts.departed).wrapping_add(phases);
        let health = &mut probing.replicas[replica as usize];
        health.in_vain = if health.happened == happened { health.in_vain + 1 } else { 0 };
        health.happened = happened;
        self.arrivals.next == NEVER && health.in_vain >= MOST_PROBES_IN_VAIN
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
