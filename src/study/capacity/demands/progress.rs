//! What runs the requests of a class, and how far they have come, in the mean.

use crate::engine::{BlockingWaits, Rules};
use crate::model::{Backend, BackendClient, BackendId, Held, SimDuration};
use crate::random::{RequestClass, SinglePhase};

use super::BackendMap;
use super::waits::WaitDemands;

/// What runs the requests of a class, and the connections that they hold.
#[derive(Clone)]
pub(super) struct Running<'a> {
    pub rules: &'a Rules,
    pub waits: WaitDemands<'a>,
    pub in_thread: bool,
    /// Whether parallel waits run at the same time.
    pub gathers: bool,
    /// The backends of the connections held over the phases that come next.
    pub held: Vec<BackendId>,
}

impl<'a> Running<'a> {
    pub fn new(class: &RequestClass, rules: &'a Rules, backends: &'a BackendMap) -> Self {
        let in_thread = rules.thread_pool.as_ref().is_some_and(|pool| pool.takes(&class.name));
        let waits = WaitDemands { backends, timers: rules.timers.filter(|_| !in_thread) };
        Self { rules, waits, in_thread, gathers: rules.gathers && !in_thread, held: Vec::new() }
    }

    /// The same with one more connection.
    pub fn holding(&self, backend: BackendId) -> Self {
        let held = self.held.iter().copied().chain([backend]).collect();
        Self { held, ..self.clone() }
    }

    pub fn backend(&self, backend: BackendId) -> &'a Backend {
        &self.waits.backends[usize::from(backend.0)]
    }

    /// Whether queries of a backend use a connection that is held longer than for the query.
    pub fn is_held(&self, backend: BackendId) -> bool {
        self.held.contains(&backend) || self.backend(backend).held() == Held::FromFirstQuery
    }

    /// What the client of a backend does for a query: without the statements that it sends once for a connection that is
    /// held.
    pub fn client(&self, backend: BackendId) -> BackendClient {
        let client = self.backend(backend).client_costs();
        if self.is_held(backend) { BackendClient { begin: None, commit: None, ..client } } else { client }
    }

    /// Whether a wait, marked as blocking or not, blocks what runs the request.
    pub fn blocks(&self, is_marked: bool) -> bool {
        match self.rules.blocking_waits {
            BlockingWaits::None => false,
            BlockingWaits::Marked => is_marked && !self.in_thread,
            BlockingWaits::All => true,
        }
    }
}

/// How far a request has come, in the mean over all requests.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    /// The bursts so far: CPU phases one after another are one burst.
    pub bursts: f64,
    /// The probability that the last phase ended with a burst, which the next one may continue.
    pub in_burst: f64,
    /// By backend, the probability that a connection is held since the first query.
    pub has_queried: Vec<f64>,
}

impl Progress {
    pub fn new(backends: &BackendMap) -> Self {
        Self { bursts: 0.0, in_burst: 0.0, has_queried: vec![0.0; backends.len()] }
    }

    pub fn add(&mut self, phase: &SinglePhase, runner: &Running<'_>) {
        let Some(backend) = phase.kind.backend() else {
            return if phase.kind.is_cpu() { self.work() } else { self.wait() };
        };
        if !runner.held.contains(&backend) && runner.backend(backend).held() == Held::FromFirstQuery {
            self.has_queried[usize::from(backend.0)] = 1.0;
        }
        let client = runner.client(backend);
        let takes_time = |span: SimDuration| span > SimDuration::ZERO;
        if client.has_statements() {
            // One to connect and for the first statement, one for each further one and for the query, one at the end.
            self.work();
            self.bursts += f64::from(1 + client.statements().count() as u32);
            return;
        }
        if takes_time(client.before) {
            self.work();
        }
        self.wait();
        if takes_time(client.after) {
            self.work();
        }
    }

    /// Adds phases that are gone through with that probability.
    pub fn add_optional(&mut self, probability: f64, optional: &Self) {
        let towards = |from: &mut f64, to: f64| *from += probability * (to - *from);
        self.bursts += probability * optional.bursts;
        towards(&mut self.in_burst, optional.in_burst);
        self.has_queried.iter_mut().zip(&optional.has_queried).for_each(|(from, to)| towards(from, *to));
    }

    /// CPU work begins, or goes on.
    pub fn work(&mut self) {
        self.bursts += 1.0 - self.in_burst;
        self.in_burst = 1.0;
    }

    /// A wait follows.
    pub fn wait(&mut self) {
        self.in_burst = 0.0;
    }
}
