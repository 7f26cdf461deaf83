//! Who uses what, and what each waits for meanwhile: reported only to observers that ask for it.
//!
//! A unit is something that one request at a time uses: a slot, the turn, a core. Where a request's branches wait in
//! parallel, each has a track of its own; the time of the request goes to one of them.

use crate::model::{Activity, BackendId, Place, SimTime};

use super::observer::Observer;
use super::requests::RequestId;
use super::simulation::Simulation;

/// A request, or something else that uses the same things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Actor {
    /// A request, by its number in the order of all arrivals, counted from 0.
    Request(u64),
    /// The acceptor of a worker.
    Acceptor(u32),
    /// A probe of the replica that this worker belongs to.
    Probe(u32),
    /// The process of clients on the same cores.
    Clients,
}

/// Something of which a request uses one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// A slot of a worker.
    Slot(u32),
    /// The loop of a worker with a thread pool.
    Loop(u32),
    /// The turn of a worker: the lock, or the loop without a thread pool.
    Turn(u32),
    /// A core of a replica, or a share of its cores.
    Core(u32),
    /// A thread of a worker's thread pool.
    Thread(u32),
    /// A connection of a pool, by the worker or replica that it belongs to.
    Connection(BackendId, u32),
    /// One of the queries that a backend runs at once, or a share of them.
    Query(BackendId),
}

/// A unit is taken or released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitChange {
    /// Who takes or releases it.
    pub actor: Actor,
    /// What it is.
    pub unit: Unit,
    /// When; of a query that was given up and that its backend finishes, in the future.
    pub time: SimTime,
    /// Whether it is taken.
    pub is_taken: bool,
}

/// A span of time that an actor, or a branch of a request, spent on one activity in one place; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The place of the actor or of the branch among those under way; it is used again afterwards.
    pub track: u32,
    /// Whose time it is.
    pub actor: Actor,
    /// The worker that has it; if none has taken it, the one that it is bound to, or any of its replica.
    pub worker: u32,
    /// What it was doing.
    pub activity: Activity,
    /// Where.
    pub place: Option<Place>,
    /// How the time was lost, if the activity is a wait.
    pub kind: SpanKind,
    /// When it begins.
    pub start: SimTime,
    /// When it ends.
    pub end: SimTime,
}

/// How the time of a span passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// From its beginning to its end.
    Whole,
    /// It is the cost of a context switch.
    Switch,
    /// It is what others were served, where units are shared equally: its length was lost between its beginning and this
    /// instant.
    Shared {
        /// When the request was no longer served there.
        until: SimTime,
    },
}

impl<O: Observer> Simulation<O> {
    /// A request takes a unit.
    #[inline(always)]
    pub(super) fn note_taken(&mut self, id: RequestId, unit: Unit) {
        if self.observer.watches_units() {
            self.report_unit(id, unit, self.now, true);
        }
    }

    /// A request releases a unit.
    #[inline(always)]
    pub(super) fn note_released(&mut self, id: RequestId, unit: Unit) {
        if self.observer.watches_units() {
            self.report_unit(id, unit, self.now, false);
        }
    }

    /// A request leaves a unit to a query that goes on without it until that instant.
    pub(super) fn note_released_at(&mut self, id: RequestId, unit: Unit, end: SimTime) {
        if self.observer.watches_units() {
            self.report_unit(id, unit, end, false);
        }
    }

    fn report_unit(&mut self, id: RequestId, unit: Unit, time: SimTime, is_taken: bool) {
        let actor = self.requests[id].actor();
        self.observer.on_unit(UnitChange { actor, unit, time, is_taken });
    }

    /// A core of the replica of a request, if cores are not shared.
    #[inline(always)]
    pub(super) fn note_core_taken(&mut self, id: RequestId) {
        if self.observer.watches_units() {
            let replica = self.replicas.number_of(self.requests[id].worker);
            self.report_unit(id, Unit::Core(replica), self.now, true);
        }
    }

    /// The same, when it is released.
    #[inline(always)]
    pub(super) fn note_core_released(&mut self, id: RequestId) {
        if self.observer.watches_units() {
            let replica = self.replicas.of(self.requests[id].worker);
            if replica.sharing.is_none() {
                let number = replica.number;
                self.report_unit(id, Unit::Core(number), self.now, false);
            }
        }
    }
}
