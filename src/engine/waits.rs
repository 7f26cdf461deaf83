//! What requests waited for: a row for each request, a column for each resource that may be contended.
//!
//! The parts of a row add up to what was booked: turn and core to the wait in the run queue, and so on. If waits are
//! not watched there are no columns, and they cost nothing.

use crate::model::{Backend, BackendId, Fault, FaultKind, Machine, Quantum, Resource, SimDuration};

use super::{Dispatch, Rules};

/// Marks in a row that a request has not asked for the resource.
pub const NOT_ASKED: SimDuration = SimDuration::MAX;

/// The resources that requests may have to wait for under these rules, in the order of the columns.
pub fn contended_resources(rules: &Rules, machine: &Machine, backends: &[Backend], faults: &[Fault]) -> Vec<Resource> {
    let may_wait = |resource: &Resource| match *resource {
        Resource::Turn => {
            // A loop runs one request at a time, even if its threads run others.
            let at_once = if rules.thread_pool.is_some() { 1 } else { rules.running_at_once };
            rules.slots.is_none_or(|slots| slots > at_once) || rules.queueing.dispatch == Dispatch::Accept
        }
        Resource::Core => are_cores_contended(rules, machine, faults),
        Resource::CpuLimit => machine.cpu_limit.is_some(),
        Resource::Thread => rules.thread_pool.is_some(),
        Resource::Connection(id) => backends[usize::from(id.0)].pool.is_some(),
        Resource::Query(id) => backends[usize::from(id.0)].concurrency.is_some(),
    };
    Resource::all(backends.len()).into_iter().filter(may_wait).collect()
}

/// Whether a request whose turn it is may not run at once, or at full speed.
fn are_cores_contended(rules: &Rules, machine: &Machine, faults: &[Fault]) -> bool {
    let left = faults.iter().filter_map(|fault| match fault.kind {
        FaultKind::Cores { replica: _, cores } => Some(cores),
        FaultKind::Slow { .. } | FaultKind::Down { .. } | FaultKind::Restart { .. } => None,
    });
    let fewest = left.min().map_or(machine.cores, |left| left.min(machine.cores));
    let workers = rules.workers / machine.replicas.count;
    u64::from(workers) * u64::from(rules.running_at_once) > u64::from(fewest)
        || machine.quantum == Quantum::ProcessorSharing
        || machine.context_switch > SimDuration::ZERO
        || machine.client_cpu > SimDuration::ZERO
}

/// The waits of requests that have departed: a row each, in the order of the departures.
#[derive(Clone, Copy, Debug)]
pub struct Waits<'a> {
    columns: usize,
    spans: &'a [SimDuration],
}

impl<'a> Waits<'a> {
    /// No columns.
    pub const NONE: Self = Self { columns: 0, spans: &[] };

    /// How long each request waited for the resource of a column, in all; [`NOT_ASKED`] if it has not asked.
    #[inline]
    pub fn column(self, column: usize) -> impl Iterator<Item = SimDuration> + 'a {
        self.spans.chunks_exact(self.columns).map(move |row| row[column])
    }

    /// How long the request of a row waited for each resource; `None` if it has not asked.
    #[cfg(feature = "internals")]
    pub fn row(self, row: usize) -> impl Iterator<Item = Option<SimDuration>> + 'a {
        let spans = self.spans.iter().skip(row * self.columns).take(self.columns).copied();
        spans.map(|span| (span != NOT_ASKED).then_some(span))
    }

    /// How many columns there are.
    pub const fn columns(self) -> usize {
        self.columns
    }

    /// The rows at these places, which are copied.
    pub fn at<'b>(self, places: &[usize], room: &'b mut Vec<SimDuration>) -> Waits<'b> {
        room.clear();
        for place in places {
            room.extend_from_slice(&self.spans[place * self.columns..][..self.columns]);
        }
        Waits { columns: self.columns, spans: room }
    }

    /// The rows before that one, and the rest.
    pub fn split_at(self, row: usize) -> (Self, Self) {
        let (before, after) = self.spans.split_at(row * self.columns);
        (Self { spans: before, ..self }, Self { spans: after, ..self })
    }
}

/// The columns of a run, and the rows of requests that have departed and have not been reported.
#[derive(Clone, Debug, Default)]
pub(super) struct WaitTable {
    columns: usize,
    turn: Option<usize>,
    core: Option<usize>,
    cpu_limit: Option<usize>,
    thread: Option<usize>,
    /// For each backend.
    connections: Vec<Option<usize>>,
    queries: Vec<Option<usize>>,
    rows: Vec<SimDuration>,
}

impl WaitTable {
    /// A column for each of these resources.
    pub fn new(resources: &[Resource], backends: usize) -> Self {
        let place = |wanted: Resource| resources.iter().position(|resource| *resource == wanted);
        let ids = || (0..backends).map(|id| BackendId(id as u16));
        Self {
            columns: resources.len(),
            turn: place(Resource::Turn),
            core: place(Resource::Core),
            cpu_limit: place(Resource::CpuLimit),
            thread: place(Resource::Thread),
            connections: ids().map(|id| place(Resource::Connection(id))).collect(),
            queries: ids().map(|id| place(Resource::Query(id))).collect(),
            rows: Vec::new(),
        }
    }

    /// How many columns there are.
    #[inline]
    pub const fn columns(&self) -> usize {
        self.columns
    }

    /// The column of a resource, if there is one.
    #[inline]
    pub fn column(&self, resource: Resource) -> Option<usize> {
        let of_backend = |columns: &[Option<usize>], id: BackendId| columns.get(usize::from(id.0)).copied().flatten();
        match resource {
            Resource::Turn => self.turn,
            Resource::Core => self.core,
            Resource::CpuLimit => self.cpu_limit,
            Resource::Thread => self.thread,
            Resource::Connection(id) => of_backend(&self.connections, id),
            Resource::Query(id) => of_backend(&self.queries, id),
        }
    }

    /// Adds the row of the next request that has departed.
    #[inline]
    pub fn push(&mut self, row: &[SimDuration]) {
        // A row is short: a call to copy it would cost more.
        row.iter().for_each(|span| self.rows.push(*span));
    }

    /// Adds the rows of the next requests that have departed, which waited for nothing except their turn.
    #[inline]
    pub fn push_turns(&mut self, waits: impl Iterator<Item = SimDuration>) {
        if self.turn.is_some() {
            self.rows.extend(waits);
        }
    }

    /// All rows that have not been reported.
    pub fn rows(&self) -> Waits<'_> {
        Waits { columns: self.columns, spans: &self.rows }
    }

    /// Removes all rows, once they have been reported.
    pub fn clear(&mut self) {
        self.rows.clear();
    }
}

/// Clears the row of a request: it has asked for nothing.
#[inline]
pub(super) fn clear_row(row: &mut [SimDuration]) {
    row.fill(NOT_ASKED);
}

/// A request has waited for the resource of a column for that long, perhaps for no time.
#[inline]
pub(super) fn add_wait(row: &mut [SimDuration], column: usize, span: SimDuration) {
    let sum = &mut row[column];
    *sum = if *sum == NOT_ASKED { span } else { *sum + span };
}

/// Adds the waits of a branch to those of its request. They count if the branch ended last: nothing of the request
/// continued meanwhile. Of any other branch only whether it has asked is kept.
pub(super) fn add_branch(row: &mut [SimDuration], branch: &[SimDuration], ended_last: bool) {
    for (column, span) in branch.iter().enumerate().filter(|(_, span)| **span != NOT_ASKED) {
        add_wait(row, column, if ended_last { *span } else { SimDuration::ZERO });
    }
}
