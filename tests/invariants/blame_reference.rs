//! The slow reference for blame: it looks at each instant at which anything happens, and searches everything that was reported
//! of the run, without an order.

use std::collections::{BTreeMap, BTreeSet};

use waitline::engine::{Actor, Dispatch, Entrance, Observer, Span, SpanKind, Unit, UnitChange};
use waitline::model::{ActivityGroup, Backend, Place, PoolScope, SimDuration, SimTime};
use waitline::policy::PolicyChoice;
use waitline::scenario::Scenario;
use waitline::study::{Blamed, Replication, simulation};

/// Everything that is reported of a run.
#[derive(Default)]
pub struct Reported {
    changes: Vec<UnitChange>,
    spans: Vec<Span>,
    accepted: BTreeMap<u64, (u32, SimTime)>,
    has_branches: bool,
}

impl Observer for Reported {
    fn watches_segments(&self) -> bool {
        true
    }

    fn watches_units(&self) -> bool {
        true
    }

    fn on_unit(&mut self, change: UnitChange) {
        self.changes.push(change);
    }

    fn on_span(&mut self, span: Span) {
        self.spans.push(span);
    }

    fn on_accepted(&mut self, request: u64, worker: u32, time: SimTime) {
        self.accepted.insert(request, (worker, time));
    }

    fn on_fork(&mut self, _: u32) {
        self.has_branches = true;
    }

    fn on_arrival(&mut self, _: &Entrance) {}
}

/// A run as it was reported, and what its units belong to.
pub struct Reference {
    reported: Reported,
    workers: u32,
    is_bound: bool,
    has_thread_pool: bool,
    backends: Vec<Backend>,
}

impl Reference {
    /// Runs a policy; none if requests have branches, or units are shared: then instants are not all that counts.
    pub fn of(scenario: &Scenario, policy: &PolicyChoice) -> Option<Self> {
        let mut run = simulation(scenario, policy, &Replication::default(), Reported::default());
        while run.advance(10_000) {}
        let reported = run.finish().1;
        let is_shared = |span: &Span| matches!(span.kind, SpanKind::Shared { .. });
        if reported.has_branches || reported.spans.iter().any(is_shared) {
            return None;
        }
        let rules = scenario.rules(policy);
        let is_bound = !matches!(rules.queueing.dispatch, Dispatch::Shared | Dispatch::Accept);
        Some(Self {
            reported,
            workers: rules.workers / scenario.machine().replicas.count,
            is_bound: is_bound && rules.takes_ahead.is_none(),
            has_thread_pool: rules.thread_pool.is_some(),
            backends: scenario.backends().values().cloned().collect(),
        })
    }

    /// What a request waits for at an instant, if it waits in a queue.
    fn wait_at(&self, request: u64, time: SimTime) -> Option<&Span> {
        let mut spans = self.reported.spans.iter();
        spans.find(|span| span.actor == Actor::Request(request) && span.start <= time && time < span.end)
    }

    fn counts(&self, span: &Span, time: SimTime, unit: Unit) -> bool {
        let Actor::Request(request) = span.actor else { return false };
        let accepted = self.reported.accepted.get(&request);
        let is_inside = accepted.is_some_and(|(worker, since)| *worker == span.worker && *since <= time);
        let replica = span.worker / self.workers;
        match (span.place, unit) {
            (Some(Place::Backlog), Unit::Slot(worker)) if self.is_bound || is_inside => worker == span.worker,
            (Some(Place::Backlog), Unit::Slot(worker)) => worker / self.workers == replica,
            (Some(Place::Loop), Unit::Loop(worker)) => self.has_thread_pool && worker == span.worker,
            (Some(Place::Loop), Unit::Turn(worker)) => !self.has_thread_pool && worker == span.worker,
            (Some(Place::Lock), Unit::Turn(worker)) | (Some(Place::Threads), Unit::Thread(worker)) => {
                worker == span.worker
            }
            (Some(Place::Cores), Unit::Core(of)) => of == replica,
            (Some(Place::Backend(backend)), Unit::Query(of)) => of == backend,
            (Some(Place::Pool(backend)), Unit::Connection(of, number)) if of == backend => {
                match self.backends[usize::from(backend.0)].pool.as_ref().unwrap().per {
                    PoolScope::Worker => number == span.worker,
                    PoolScope::Replica => number == replica,
                    PoolScope::Application => number == 0,
                }
            }
            _ => false,
        }
    }

    /// The other actors that use what a request waits for at an instant, each as often as it uses one; in order.
    fn users(&self, span: &Span, time: SimTime) -> Vec<Actor> {
        let mut uses: BTreeMap<Actor, i64> = BTreeMap::new();
        for change in self.reported.changes.iter().filter(|change| change.time <= time) {
            if self.counts(span, time, change.unit) {
                *uses.entry(change.actor).or_default() += if change.is_taken { 1 } else { -1 };
            }
        }
        uses.remove(&span.actor);
        uses.into_iter().flat_map(|(actor, number)| std::iter::repeat_n(actor, number.max(0) as usize)).collect()
    }

    /// The direct shares of requests in a wait; the rest is of causes.
    pub fn direct(&self, request: u64, start: SimTime, end: SimTime) -> BTreeMap<u64, SimDuration> {
        let changes = self.reported.changes.iter().map(|change| change.time);
        let spans = self.reported.spans.iter().map(|span| span.start);
        let inside = changes.chain(spans).filter(|time| start < *time && *time < end);
        let instants: BTreeSet<SimTime> = inside.chain([start]).collect();
        let mut stretches: Vec<(Vec<Actor>, SimDuration)> = Vec::new();
        let ends = instants.iter().skip(1).copied().chain([end]);
        for (from, to) in instants.iter().copied().zip(ends) {
            let span = self.wait_at(request, from).unwrap();
            assert_eq!(span.activity.group(), ActivityGroup::Wait, "{span:?}");
            let users = if span.kind == SpanKind::Switch { Vec::new() } else { self.users(span, from) };
            match stretches.last_mut() {
                Some((last, length)) if *last == users => *length += to - from,
                _ => stretches.push((users, to - from)),
            }
        }
        let mut shares = BTreeMap::new();
        for (users, length) in stretches {
            let count = users.len() as u64;
            for (place, user) in users.into_iter().enumerate() {
                let remainder = if place == 0 { length.as_nanos() % count } else { 0 };
                if let Actor::Request(user) = user {
                    *shares.entry(user).or_insert(SimDuration::ZERO) +=
                        SimDuration::from_nanos(length.as_nanos() / count + remainder);
                }
            }
        }
        shares.retain(|_, share| *share > SimDuration::ZERO);
        shares
    }
}

/// The shares of requests among all shares.
pub fn of_requests(direct: &[(Blamed, SimDuration)]) -> BTreeMap<u64, SimDuration> {
    let of = |(blamed, share): &(Blamed, SimDuration)| match blamed {
        Blamed::Request(request) => Some((*request, *share)),
        Blamed::Cause(_) => None,
    };
    direct.iter().filter_map(of).collect()
}
