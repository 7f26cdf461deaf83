//! The slow reference for blame: it looks at each instant at which anything happens, and searches everything that was reported
//! of the run, without an order.
//!
//! It shares no code with what it checks. The graph of waits is made again at each instant; requests wait for each other in a
//! circle if each can be reached from the other, which is looked up pair by pair.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use waitline::engine::{Actor, Dispatch, Entrance, Observer, Span, SpanKind, Unit, UnitChange};
use waitline::model::{Activity, ActivityGroup, Backend, FaultKind, FaultPhase, Place, PoolScope, SimTime};
use waitline::policy::PolicyChoice;
use waitline::scenario::Scenario;
use waitline::study::{BlameCause, Replication, simulation};

/// Everything that is reported of a run.
#[derive(Default)]
pub struct Reported {
    changes: Vec<UnitChange>,
    spans: BTreeMap<Actor, Vec<Span>>,
    /// What the branches under way have done, by track.
    branches: BTreeMap<u32, Vec<Span>>,
    accepted: BTreeMap<u64, (u32, SimTime)>,
    shared_cores: Vec<(u32, u32, SimTime)>,
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
        match self.branches.get_mut(&span.track) {
            Some(branch) => branch.push(span),
            None => self.spans.entry(span.actor).or_default().push(span),
        }
    }

    fn on_accepted(&mut self, request: u64, worker: u32, time: SimTime) {
        self.accepted.insert(request, (worker, time));
    }

    fn on_shared_cores(&mut self, replica: u32, cores: u32, time: SimTime) {
        self.shared_cores.push((replica, cores, time));
    }

    fn on_fork(&mut self, track: u32) {
        self.branches.insert(track, Vec::new());
    }

    fn on_branch_end(&mut self, track: u32) {
        self.branches.remove(&track);
    }

    fn on_join(&mut self, track: u32, actor: Actor) {
        let critical = self.branches.insert(track, Vec::new()).expect("a branch joins that has begun");
        self.spans.entry(actor).or_default().extend(critical);
    }

    fn on_arrival(&mut self, _: &Entrance) {}
}

/// Where a share ends: at a request, with what it was doing if that is known to the reference, or at a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    Request(u64, Option<&'static str>),
    Cause(BlameCause),
}

/// Nanoseconds by where they end.
pub type Shares = BTreeMap<End, u64>;

/// What an actor does at an instant.
#[derive(Clone, Copy)]
enum State<'a> {
    /// It works or is away, or is served by units that it shares with others.
    Works(Option<&'static str>),
    Switches,
    Waits(&'a Span),
}

/// Where a share goes on; in the order in which the remainder of a division is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// To another actor that waits.
    Waits(Actor),
    /// Nowhere: it ends there.
    Ends(End),
}

impl Way {
    /// Requests come first, in order of their numbers; causes come last.
    fn order(self) -> (u8, u64, Self) {
        match self {
            Self::Waits(Actor::Request(request)) | Self::Ends(End::Request(request, _)) => (0, request, self),
            Self::Waits(Actor::Acceptor(_) | Actor::Probe(_) | Actor::Clients) => (1, 0, self),
            Self::Ends(End::Cause(_)) => (2, 0, self),
        }
    }
}

type Graph = BTreeMap<Actor, Vec<Way>>;

/// A run as it was reported, and what its units belong to.
pub struct Reference<'a> {
    scenario: &'a Scenario,
    reported: Reported,
    workers: u32,
    is_bound: bool,
    accepts: bool,
    has_thread_pool: bool,
    backends: Vec<Backend>,
    /// The instants at which anything happens.
    instants: BTreeSet<SimTime>,
    /// Whether units are shared equally: then shares are exact to a few nanoseconds for each instant.
    pub shares_units: bool,
    /// How many circles of requests that wait for each other were seen.
    pub circles: Cell<u32>,
}

impl<'a> Reference<'a> {
    /// Runs a policy.
    pub fn of(scenario: &'a Scenario, policy: &PolicyChoice) -> Self {
        let mut run = simulation(scenario, policy, &Replication::default(), Reported::default());
        while run.advance(10_000) {}
        let reported = run.finish().1;
        let rules = scenario.rules(policy);
        let is_bound = !matches!(rules.queueing.dispatch, Dispatch::Shared | Dispatch::Accept);
        let spans = || reported.spans.values().flatten();
        let mut instants: BTreeSet<SimTime> = reported.changes.iter().map(|change| change.time).collect();
        instants.extend(spans().flat_map(|span| [span.start, span.end]));
        instants.extend(reported.accepted.values().map(|(_, time)| *time));
        instants.extend(reported.shared_cores.iter().map(|(.., time)| *time));
        let shares_units = spans().any(|span| matches!(span.kind, SpanKind::Shared { .. }));
        Self {
            workers: rules.workers / scenario.machine().replicas.count,
            is_bound: is_bound && rules.takes_ahead.is_none(),
            accepts: rules.queueing.dispatch == Dispatch::Accept,
            has_thread_pool: rules.thread_pool.is_some(),
            backends: scenario.backends().values().cloned().collect(),
            scenario,
            reported,
            instants,
            shares_units,
            circles: Cell::new(0),
        }
    }

    /// The instants at which anything happens in a span of time, its beginning included; with the end of each stretch.
    fn stretches(&self, start: SimTime, end: SimTime) -> Vec<(SimTime, SimTime)> {
        let starts: Vec<SimTime> = std::iter::once(start)
            .chain(self.instants.iter().copied().filter(|time| start < *time && *time < end))
            .collect();
        let ends: Vec<SimTime> = starts.iter().skip(1).copied().chain([end]).collect();
        starts.into_iter().zip(ends).collect()
    }

    /// How many instants there are in a span of time.
    pub fn instants(&self, start: SimTime, end: SimTime) -> usize {
        self.stretches(start, end).len()
    }

    /// What an actor does at an instant; an actor that is gone left a query to be finished.
    fn state(&self, actor: Actor, time: SimTime) -> State<'_> {
        let spans = self.reported.spans.get(&actor).into_iter().flatten();
        let known = |activity: Activity| (!self.shares_units).then(|| activity.name());
        let under_way = |span: &&Span| match span.kind {
            SpanKind::Whole | SpanKind::Switch => span.start <= time && time < span.end,
            SpanKind::Shared { until } => span.start <= time && time < until,
        };
        let is_shared = |span: &&Span| matches!(span.kind, SpanKind::Shared { .. });
        match spans.filter(under_way).max_by_key(is_shared) {
            None => State::Works(known(Activity::Backend)),
            Some(span) => match span.kind {
                SpanKind::Switch => State::Switches,
                SpanKind::Shared { .. } => State::Works(None),
                SpanKind::Whole if span.activity.group() == ActivityGroup::Wait => State::Waits(span),
                SpanKind::Whole => State::Works(known(span.activity)),
            },
        }
    }

    fn is_accepted(&self, span: &Span, time: SimTime) -> bool {
        let Actor::Request(request) = span.actor else { return false };
        let accepted = self.reported.accepted.get(&request);
        accepted.is_some_and(|(worker, since)| *worker == span.worker && *since <= time)
    }

    fn counts(&self, span: &Span, time: SimTime, unit: Unit) -> bool {
        let replica = span.worker / self.workers;
        match (span.place, unit) {
            (Some(Place::Backlog), Unit::Slot(worker)) if self.is_bound || self.is_accepted(span, time) => {
                worker == span.worker
            }
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

    /// The actors that use what a request waits for at an instant, each as often as it uses one; in order.
    fn users(&self, span: &Span, time: SimTime) -> Vec<Actor> {
        let mut uses: BTreeMap<Actor, i64> = BTreeMap::new();
        for change in self.reported.changes.iter().filter(|change| change.time <= time) {
            if self.counts(span, time, change.unit) {
                *uses.entry(change.actor).or_default() += if change.is_taken { 1 } else { -1 };
            }
        }
        uses.into_iter().flat_map(|(actor, number)| std::iter::repeat_n(actor, number.max(0) as usize)).collect()
    }

    /// The direct shares of a wait that is no shared service.
    pub fn direct(&self, request: u64, start: SimTime, end: SimTime) -> Shares {
        let mut stretches: Vec<(Vec<End>, u64)> = Vec::new();
        for (from, to) in self.stretches(start, end) {
            let blamed = self.blamed(Actor::Request(request), from);
            match stretches.last_mut() {
                Some((last, length)) if *last == blamed => *length += (to - from).as_nanos(),
                _ => stretches.push((blamed, (to - from).as_nanos())),
            }
        }
        let mut shares = Shares::new();
        stretches
            .iter()
            .for_each(|(blamed, length)| divide(*length, blamed, |end, share| add(&mut shares, end, share)));
        shares
    }

    /// The shares of a context switch; none if no switch of the request begins then.
    pub fn switch(&self, request: u64, start: SimTime, end: SimTime) -> Option<Shares> {
        let mut spans = self.reported.spans[&Actor::Request(request)].iter();
        spans.find(|span| span.kind == SpanKind::Switch && span.start == start)?;
        Some(Shares::from([(End::Cause(BlameCause::ContextSwitch), (end - start).as_nanos())]))
    }

    /// Who is blamed at an instant, at first sight; never empty.
    fn blamed(&self, actor: Actor, time: SimTime) -> Vec<End> {
        let span = match self.state(actor, time) {
            State::Waits(span) => span,
            State::Switches => return vec![End::Cause(BlameCause::ContextSwitch)],
            State::Works(activity) => panic!("{actor:?} does not wait at {time:?}: {activity:?}"),
        };
        let users = self.users(span, time);
        let others = users.iter().filter(|user| **user != actor);
        let blamed: Vec<End> = others.map(|user| end(*user, None)).collect();
        if blamed.is_empty() { vec![End::Cause(self.cause(span, time, !users.is_empty()))] } else { blamed }
    }

    /// The root shares of a wait that is no shared service.
    pub fn root(&self, request: u64, start: SimTime, end: SimTime) -> Shares {
        let actor = Actor::Request(request);
        let mut stretches: Vec<(Graph, u64)> = Vec::new();
        for (from, to) in self.stretches(start, end) {
            let graph = self.graph(actor, from);
            match stretches.last_mut() {
                Some((last, length)) if *last == graph => *length += (to - from).as_nanos(),
                _ => stretches.push((graph, (to - from).as_nanos())),
            }
        }
        let mut shares = Shares::new();
        for (graph, length) in stretches {
            let circles = flow(&graph, actor, length, |end, share| add(&mut shares, end, share));
            self.circles.set(self.circles.get() + circles);
        }
        shares
    }

    /// The waits of a request at an instant, and of all on which it depends.
    fn graph(&self, actor: Actor, time: SimTime) -> Graph {
        let mut graph = Graph::new();
        let mut open = vec![actor];
        while let Some(actor) = open.pop() {
            let mut ways: Vec<Way> = match self.state(actor, time) {
                State::Works(_) => panic!("{actor:?} does not wait at {time:?}"),
                State::Switches => vec![Way::Ends(End::Cause(BlameCause::ContextSwitch))],
                State::Waits(span) => self.ways(actor, span, time),
            };
            ways.sort_by_key(|way| way.order());
            let next = ways.iter().filter_map(|way| match way {
                Way::Waits(next) => Some(*next),
                Way::Ends(_) => None,
            });
            open.extend(next.filter(|next| *next != actor && !graph.contains_key(next)));
            graph.insert(actor, ways);
        }
        graph
    }

    fn ways(&self, actor: Actor, span: &Span, time: SimTime) -> Vec<Way> {
        let users = self.users(span, time);
        let way = |user: &Actor| match self.state(*user, time) {
            State::Works(activity) => Way::Ends(end(*user, activity)),
            State::Switches => Way::Ends(End::Cause(BlameCause::ContextSwitch)),
            State::Waits(_) => Way::Waits(*user),
        };
        let ways: Vec<Way> = users.iter().filter(|user| **user != actor).map(way).collect();
        if ways.is_empty() { vec![Way::Ends(End::Cause(self.cause(span, time, !users.is_empty())))] } else { ways }
    }

    /// Why a request waits for what no other uses; panics where the scenario has no such thing.
    fn cause(&self, span: &Span, time: SimTime, uses_it: bool) -> BlameCause {
        let during = |is_one: &dyn Fn(&FaultKind) -> bool| {
            let mut faults = self.scenario.faults().iter();
            assert!(faults.any(|fault| is_one(&fault.kind) && fault.phase(time) == FaultPhase::During), "{span:?}");
        };
        match span.place.expect("a wait has a place") {
            Place::CpuLimit => {
                assert!(self.scenario.machine().cpu_limit.is_some(), "{span:?}");
                BlameCause::Quota
            }
            Place::Opening(_) => BlameCause::Connecting,
            _ if uses_it => BlameCause::Itself,
            Place::Backlog if self.accepts && !self.is_accepted(span, time) => BlameCause::Acceptor,
            Place::Backlog => BlameCause::Restart,
            Place::Cores => {
                during(&|kind| matches!(kind, FaultKind::Cores { .. }));
                BlameCause::Fault
            }
            Place::Backend(_) => BlameCause::Fault,
            Place::Loop | Place::Lock | Place::Threads | Place::Pool(_) => BlameCause::Kept,
        }
    }

    /// The shares of a wait in which units are shared: what is not served of each instant is of the others equally. As both
    /// partitions have them, to a few nanoseconds for each instant. None if no such wait begins then.
    pub fn shared(&self, request: u64, start: SimTime, end_of_wait: SimTime) -> Option<Shares> {
        let actor = Actor::Request(request);
        let is_this = |span: &&Span| matches!(span.kind, SpanKind::Shared { .. }) && span.start == start;
        let span = self.reported.spans[&actor].iter().find(is_this)?;
        let mut shares: BTreeMap<End, f64> = BTreeMap::new();
        for (from, to) in self.stretches(start, end_of_wait) {
            let sharers = self.users(span, from);
            let units = self.shared_units(span, from);
            let length = (to - from).as_nanos() as f64;
            let lost = length * (1.0 - f64::from(units).min(sharers.len() as f64) / sharers.len() as f64);
            let others: Vec<&Actor> = sharers.iter().filter(|sharer| **sharer != actor).collect();
            let blamed: Vec<End> = match (units, others.as_slice()) {
                (0, _) => vec![End::Cause(BlameCause::Fault)],
                // Its own branches share with each other.
                (_, []) => vec![End::Cause(BlameCause::Itself)],
                (_, others) => others.iter().map(|other| end(**other, None)).collect(),
            };
            for one in &blamed {
                *shares.entry(*one).or_default() += lost / blamed.len() as f64;
            }
        }
        Some(shares.into_iter().map(|(end, share)| (end, share.round() as u64)).collect())
    }

    fn shared_units(&self, span: &Span, time: SimTime) -> u32 {
        let replica = span.worker / self.workers;
        match span.place {
            Some(Place::Backend(backend)) => {
                self.backends[usize::from(backend.0)].shared_units().expect("a shared backend has units").get()
            }
            Some(Place::Cores) => {
                let mut of_replica = self.reported.shared_cores.iter().filter(|(of, ..)| *of == replica);
                let before = of_replica.rfind(|(.., since)| *since <= time);
                before.map_or(self.scenario.machine().cores, |(_, cores, _)| *cores)
            }
            other => panic!("{other:?} is not shared"),
        }
    }
}

/// Where a share ends that an actor is blamed for.
fn end(actor: Actor, activity: Option<&'static str>) -> End {
    match actor {
        Actor::Request(request) => End::Request(request, activity),
        Actor::Acceptor(_) => End::Cause(BlameCause::Acceptor),
        Actor::Probe(_) => End::Cause(BlameCause::HealthCheck),
        Actor::Clients => End::Cause(BlameCause::Clients),
    }
}

fn add(shares: &mut Shares, end: End, share: u64) {
    if share > 0 {
        *shares.entry(end).or_default() += share;
    }
}

/// Equal whole parts; the first gets the remainder.
fn divide<T: Copy>(amount: u64, among: &[T], mut give: impl FnMut(T, u64)) {
    let count = among.len() as u64;
    for (place, one) in among.iter().enumerate() {
        give(*one, amount / count + if place == 0 { amount % count } else { 0 });
    }
}

/// Those who can be reached from an actor, itself included.
fn reached(graph: &Graph, from: Actor) -> BTreeSet<Actor> {
    let mut reached = BTreeSet::from([from]);
    loop {
        let ways = reached.iter().flat_map(|actor| &graph[actor]);
        let next = ways.filter_map(|way| match way {
            Way::Waits(next) => Some(*next),
            Way::Ends(_) => None,
        });
        let more: Vec<Actor> = next.filter(|next| !reached.contains(next)).collect();
        if more.is_empty() {
            return reached;
        }
        reached.extend(more);
    }
}

/// Lets an amount flow from a request that waits to the ends: circle by circle, each after all from which it can be reached.
/// Returns how many circles there are of more than one.
fn flow(graph: &Graph, from: Actor, amount: u64, mut give: impl FnMut(End, u64)) -> u32 {
    let mut circles = 0;
    let reach: BTreeMap<Actor, BTreeSet<Actor>> = graph.keys().map(|actor| (*actor, reached(graph, *actor))).collect();
    let circle = |actor: Actor| -> BTreeSet<Actor> {
        reach[&actor].iter().copied().filter(|other| reach[other].contains(&actor)).collect()
    };
    let mut entered: BTreeMap<BTreeSet<Actor>, u64> = BTreeMap::from([(circle(from), amount)]);
    while !entered.is_empty() {
        let is_next = |one: &&BTreeSet<Actor>| {
            let reaches = |other: &BTreeSet<Actor>| reach[other.first().unwrap()].contains(one.first().unwrap());
            entered.keys().all(|other| other == *one || !reaches(other))
        };
        let next = entered.keys().find(is_next).cloned().expect("circles do not wait for each other");
        let amount = entered.remove(&next).unwrap();
        circles += u32::from(next.len() > 1);
        let mut ways: Vec<Way> = next.iter().flat_map(|actor| graph[actor].iter().copied()).collect();
        ways.retain(|way| !matches!(way, Way::Waits(actor) if next.contains(actor)));
        ways.sort_by_key(|way| way.order());
        if ways.is_empty() {
            give(End::Cause(BlameCause::Deadlock), amount);
            continue;
        }
        divide(amount, &ways, |way, share| match way {
            Way::Ends(end) => give(end, share),
            Way::Waits(actor) => *entered.entry(circle(actor)).or_default() += share,
        });
    }
    circles
}
