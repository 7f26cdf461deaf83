//! Phases that query a backend, compiled with what its client does: CPU time around the query, and other statements.
//!
//! With statements: connect, BEGIN, the query, COMMIT, and a burst, however short, in which the connection is given back.

use crate::model::{Activity, BackendClient, BackendId, PhaseKind, SimDuration, Statement};
use crate::random::SinglePhase;

use super::compile::Building;
use super::{HeldFor, Instruction, Program};

/// Work of a class beyond its demands: the places, counted from its first instruction, and the times.
type Added = Vec<(usize, SimDuration)>;

/// A query of a class.
struct Query<'a> {
    /// The first instruction of the class.
    first: usize,
    phase: &'a SinglePhase,
    backend: BackendId,
    client: BackendClient,
    /// Whether its waits keep the turn.
    blocking: bool,
}

impl Program {
    /// Adds a phase, with what the client of its backend does before and after.
    pub(super) fn add_phase(&mut self, phase: &SinglePhase, building: &Building<'_>) -> Added {
        let (first, blocking, start) = (building.first, building.wait_blocks(phase), self.instructions.len());
        let PhaseKind::Backend { backend, .. } = phase.kind else {
            self.add_single(phase, blocking);
            return Added::new();
        };
        let client = building.client(backend);
        let query = Query { first, phase, backend, client, blocking };
        let yields = (client.yields && building.shares_lock).then_some(Instruction::Yield);
        yields.into_iter().for_each(|step| self.add(step, None));
        let added = if building.is_held(backend) {
            self.add_query_on_held(&query, building)
        } else if client.has_statements() {
            self.add_statements(&query)
        } else {
            let mut added = self.add_client_work(first, client.before);
            self.add_single(phase, blocking);
            added.extend(self.add_answer(&query, client.after, yields.is_some()));
            added
        };
        yields.into_iter().for_each(|step| self.add(step, None));
        self.add_call_options(start, phase, building);
        added
    }

    /// Adds a query with other statements, on a connection that is held over all of them.
    fn add_statements(&mut self, query: &Query<'_>) -> Added {
        let Query { first, phase, backend, client, blocking } = *query;
        // A thread asks for a connection when it has its lock, and continues when it has the lock again.
        self.add(Instruction::Cpu(Activity::Framework), None);
        self.add(Instruction::Connect { backend, blocking }, None);
        let connected = self.instructions.len();
        let mut added = Added::new();
        if let Some(begin) = client.begin {
            added.extend(self.add_statement(first, backend, blocking, begin));
        }
        added.extend(self.add_burst(first, client.before));
        self.add_single(phase, blocking);
        let Some(commit) = client.commit else {
            self.held_for[connected..].fill(HeldFor::Statements);
            added.extend(self.add_burst(first, client.after));
            return added;
        };
        let commit = Statement { cpu: client.after + commit.cpu, ..commit };
        added.extend(self.add_statement(first, backend, blocking, commit));
        self.held_for[connected..].fill(HeldFor::Statements);
        self.add(Instruction::Cpu(Activity::Framework), None);
        added
    }

    /// Adds a query on a connection that the request holds over several phases; the first one may have to take it.
    fn add_query_on_held(&mut self, query: &Query<'_>, building: &Building<'_>) -> Added {
        let Query { first, phase, backend, client, blocking } = *query;
        let mut added = self.add_client_work(first, client.before);
        if building.takes_for_first_query(backend) {
            self.add(Instruction::Hold { backend, blocking, once: true }, None);
        }
        let place = self.instructions.len();
        self.add_single(phase, blocking);
        self.held_for[place] = HeldFor::Phases;
        added.extend(self.add_client_work(first, client.after));
        added
    }

    /// Takes a connection to hold it over the phases that follow, and begins with the client's first statement. Like a
    /// client with statements, a thread asks for it when it has its lock.
    pub(super) fn add_hold(
        &mut self,
        first: usize,
        backend: BackendId,
        client: BackendClient,
        blocking: bool,
    ) -> Added {
        if client.has_statements() {
            self.add(Instruction::Cpu(Activity::Framework), None);
        }
        self.add(Instruction::Hold { backend, blocking, once: false }, None);
        client.begin.map(|begin| self.add_statement(first, backend, blocking, begin)).unwrap_or_default()
    }

    /// Sends the client's last statement on a connection that has been held over phases.
    pub(super) fn add_hold_end(
        &mut self,
        first: usize,
        backend: BackendId,
        client: BackendClient,
        blocking: bool,
    ) -> Added {
        let Some(commit) = client.commit else { return Added::new() };
        let added = self.add_statement(first, backend, blocking, commit);
        self.add(Instruction::Cpu(Activity::Framework), None);
        added
    }

    /// Adds a statement other than the query.
    fn add_statement(&mut self, first: usize, backend: BackendId, blocking: bool, statement: Statement) -> Added {
        let mut added = self.add_burst(first, statement.cpu);
        added.push((self.instructions.len() - first, statement.time));
        self.add(Instruction::Statement { backend, blocking }, None);
        added
    }

    /// Adds what a client does with the answer to a query without other statements. A client that yields afterwards
    /// holds the connection until then.
    fn add_answer(&mut self, query: &Query<'_>, span: SimDuration, yields: bool) -> Added {
        let added = self.add_client_work(query.first, span);
        if let (Some((place, _)), true) = (added.first(), yields) {
            self.held_for[query.first + place] = HeldFor::Answer;
        }
        added
    }

    /// Adds CPU time of a client, if it takes any.
    fn add_client_work(&mut self, first: usize, span: SimDuration) -> Added {
        if span == SimDuration::ZERO { Added::new() } else { self.add_burst(first, span) }
    }

    /// Adds CPU time for which a client needs its turn, however short it is.
    fn add_burst(&mut self, first: usize, span: SimDuration) -> Added {
        let place = self.instructions.len() - first;
        self.add(Instruction::Cpu(Activity::Framework), None);
        vec![(place, span)]
    }
}
