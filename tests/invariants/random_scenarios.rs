//! Invariants of every scenario, whatever features it uses: checked for many random ones.
//!
//! The engine's own audit (no idle core while work is ready, parts of a response time add up, no request lost) runs
//! too, since tests have debug assertions. A failing scenario is printed and can be run unchanged.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;

use crate::common::generator;
use waitline::engine::{
    ClassCounts, Departure, Ending, Entrance, Observer, Outcome, Record, Rules, Segment, Standing, Unfinished, Waits,
    contended_resources,
};
use waitline::model::{
    Activity, ActivityGroup, Backend, Held, PhaseKind, Place, Quantum, Release, Resource, SimDuration, SimTime,
};
use waitline::policy::PolicyChoice;
use waitline::random::{Arrivals, Phase, RequestClass, SinglePhase};
use waitline::scenario::Scenario;
use waitline::study::{Replication, simulation};

const SCENARIOS: u64 = 1_000;

/// How long a request has spent on each activity in each place.
type Parts = BTreeMap<(Activity, Option<Place>), SimDuration>;

/// Accounts for everything that requests did.
#[derive(Default)]
struct Books {
    /// The arrival of each request that has not left.
    inside: BTreeMap<u64, SimTime>,
    /// The time at which a worker took each request that has not left.
    taken: BTreeMap<u64, SimTime>,
    in_system: u128,
    in_slots: u128,
    working: u128,
    answered: u64,
    /// The resources that requests may have to wait for.
    resources: Vec<Resource>,
    /// How long each request that has not left has spent on each activity in each place.
    parts: BTreeMap<u64, Parts>,
    /// Requests that were reported as unfinished.
    unfinished: u64,
    /// Operations that ended, and those in progress when the run ended.
    operations: u64,
}

impl Books {
    fn leave(&mut self, request: u64, time: SimTime) {
        let arrival = self.inside.remove(&request).expect("a request leaves once, after its arrival");
        self.in_system += u128::from((time - arrival).as_nanos());
        if let Some(taken) = self.taken.remove(&request) {
            self.in_slots += u128::from((time - taken).as_nanos());
        }
    }

    /// Requests that are inside at the end stay until then.
    fn close(&mut self, end: SimTime) {
        for request in self.inside.keys().copied().collect::<Vec<_>>() {
            self.leave(request, end);
        }
    }
}

impl Observer for Books {
    fn watches_segments(&self) -> bool {
        true
    }

    fn on_arrival(&mut self, entrance: &Entrance) {
        assert!(self.inside.insert(entrance.request, entrance.arrival).is_none(), "a request number is used twice");
    }

    fn on_taken(&mut self, request: u64, _: u32) {
        // Taken on arrival, unless a wait in the backlog follows: see `on_segment`.
        assert!(self.taken.insert(request, self.inside[&request]).is_none(), "a request is taken twice");
    }

    fn on_segment(&mut self, segment: Segment) {
        check_place(&segment);
        let part = (segment.activity, segment.place);
        *self.parts.entry(segment.request).or_default().entry(part).or_default() += segment.end - segment.start;
        let span = u128::from((segment.end - segment.start).as_nanos());
        match segment.activity {
            Activity::BacklogWait => {
                self.taken.entry(segment.request).and_modify(|taken| *taken = segment.end);
            }
            Activity::Framework | Activity::Compute => self.working += span,
            Activity::RunQueueWait
            | Activity::PoolWait
            | Activity::BackendWait
            | Activity::Backend
            | Activity::Sleep
            | Activity::ThreadWait => {}
        }
    }

    fn watches_waits(&self) -> bool {
        true
    }

    fn on_departures_with_waits(&mut self, departures: &[Departure], waits: Waits<'_>) {
        for (row, departure) in departures.iter().enumerate() {
            let parts = self.parts.remove(&departure.entrance.request).unwrap_or_default();
            check_parts(departure, &parts);
            check_waits(&parts, &self.resources, waits.row(row).collect());
        }
        self.on_departures(departures);
    }

    fn on_departures(&mut self, departures: &[Departure]) {
        for departure in departures {
            let is_answered = departure.outcome == Outcome::Completed;
            assert!(
                !is_answered || departure.response_time() >= departure.entrance.demand,
                "a response shorter than its demand"
            );
            let parts: u64 = departure.spent.iter().map(|part| part.as_nanos()).sum();
            assert_eq!(parts, departure.response_time().as_nanos(), "the parts do not add up");
            self.answered += u64::from(is_answered);
            self.operations += u64::from(departure.ends_operation);
            self.leave(departure.entrance.request, departure.departure);
        }
    }

    fn on_unfinished(&mut self, unfinished: &Unfinished) {
        let request = unfinished.entrance.request;
        let is_open = match unfinished.standing() {
            Standing::InFlight => true,
            Standing::Abandoned => unfinished.is_given_up,
            Standing::BetweenAttempts => {
                self.operations += 1;
                return;
            }
        };
        self.operations += u64::from(is_open);
        self.unfinished += 1;
        assert!(self.inside.contains_key(&request), "request {request} is unfinished, but not inside");
        assert_eq!(self.taken.contains_key(&request), unfinished.is_taken, "taken or not");
    }
}

/// A request waits and is served where its activity can be.
fn check_place(segment: &Segment) {
    let fits = match (segment.activity, segment.place) {
        (Activity::Framework | Activity::Compute, place) => place == Some(Place::Cores),
        (Activity::Backend, place) => matches!(place, Some(Place::Backend(_))),
        (Activity::Sleep, place) => place.is_none(),
        (wait, place) => place.is_some_and(|place| place.wait() == wait),
    };
    assert!(fits, "{segment:?}");
}

/// What a request has spent on an activity in all places adds up to what it has spent on the activity.
fn check_parts(departure: &Departure, parts: &Parts) {
    for activity in Activity::ALL {
        let spent: SimDuration = parts.iter().filter(|((one, _), _)| *one == activity).map(|(_, span)| *span).sum();
        assert_eq!(spent, departure.spent[activity as usize], "{activity:?}: {parts:?}");
    }
}

/// The waits for each resource are the waits in its places: none is missing from the list of resources.
fn check_waits(parts: &Parts, resources: &[Resource], row: Vec<Option<SimDuration>>) {
    assert_eq!(row.len(), resources.len(), "a column for each resource");
    let waits = || parts.iter().filter(|((activity, _), _)| activity.group() == ActivityGroup::Wait);
    let waited = |resource| -> SimDuration {
        waits().filter(|((_, place), _)| place.and_then(Place::resource) == resource).map(|(_, span)| *span).sum()
    };
    let mut in_columns = SimDuration::ZERO;
    for (resource, wait) in resources.iter().zip(&row) {
        assert_eq!(
            waited(Some(*resource)),
            wait.unwrap_or_default(),
            "{resource:?} of {resources:?}: {row:?}, {parts:?}"
        );
        in_columns += wait.unwrap_or_default();
    }
    let all: SimDuration = waits().map(|(_, span)| *span).sum();
    assert_eq!(in_columns + waited(None), all, "waits for {resources:?}: {row:?}, {parts:?}");
}

#[test]
fn the_invariants_hold_in_random_scenarios() {
    let mut seen = Seen::default();
    let mut broken = Vec::new();
    let seeds = generator::seeds(SCENARIOS);
    for seed in seeds.clone() {
        let text = generator::scenario(seed);
        let scenario = Scenario::from_json(&text).unwrap_or_else(|error| panic!("{text}\n{error:?}"));
        for policy in scenario.policies() {
            let result = std::panic::catch_unwind(AssertUnwindSafe(|| {
                let (record, books) = run(&scenario, policy);
                check(&scenario, &scenario.rules(policy), &record, books);
                record
            }));
            match result {
                Ok(record) => seen.add(&record),
                Err(_) => broken.push((seed, policy.name().to_owned())),
            }
        }
    }
    if let Some((seed, policy)) = broken.first() {
        panic!("invariants are violated by {broken:?}; the first, under {policy}:\n{}", generator::scenario(*seed));
    }
    if seeds.end >= SCENARIOS {
        seen.check();
    }
}

fn run(scenario: &Scenario, policy: &PolicyChoice) -> (Record, Books) {
    let backends: Vec<Backend> = scenario.backends().values().cloned().collect();
    let resources = contended_resources(&scenario.rules(policy), scenario.machine(), &backends, scenario.faults());
    let mut run = simulation(scenario, policy, &Replication::default(), Books { resources, ..Books::default() });
    let mut steps = 0;
    while run.advance(10_000) {
        steps += 1;
        assert!(steps < 1_000, "the run does not end");
    }
    run.finish()
}

fn check(scenario: &Scenario, rules: &Rules, record: &Record, mut books: Books) {
    let sum = |count: fn(&ClassCounts) -> u64| record.classes.iter().map(count).sum::<u64>();
    let ended = sum(|class| class.completed)
        + sum(|class| class.rejected.total())
        + sum(|class| class.timed_out)
        + sum(|class| class.failed.total());
    let arrived = sum(|class| class.arrived);
    assert!(ended <= arrived, "more requests ended than arrived");
    assert_eq!(sum(|class| class.completed), books.answered, "the counted answers differ from the observed ones");
    assert!(sum(|class| class.served_late) <= sum(|class| class.timed_out), "served late, but not timed out");
    assert!(
        record.ending != Ending::Deadlock || can_deadlock(scenario),
        "a deadlock in a scenario without a cause for it"
    );
    let users = matches!(scenario.arrivals(), Arrivals::Users(_));
    assert!(record.ending != Ending::Standstill || users, "time stands still without users who could cause it");
    if record.ending == Ending::Drained {
        assert_eq!(ended, arrived, "a drained run left a request");
        assert!(books.inside.is_empty(), "a drained run left a request inside: {:?}", books.inside);
    }
    assert_eq!(
        books.unfinished,
        books.inside.len() as u64,
        "a request inside at the end was not reported, or was reported twice"
    );
    assert_eq!(books.operations, arrived - sum(|class| class.retried), "an operation ends twice or never");
    books.close(record.end);

    // Little's law, exactly: the area under the number inside is the sum of the times inside.
    assert_eq!(record.in_system.area, books.in_system, "Little's law for the system");
    // A worker may stay busy after the response has been sent, or with a probe, which adds to the slots.
    let trails = rules.overhead.after > SimDuration::ZERO || scenario.machine().replicas.health.is_some();
    if trails {
        assert!(record.slots.area >= books.in_slots, "Little's law for the slots");
    } else {
        assert_eq!(record.slots.area, books.in_slots, "Little's law for the slots");
    }

    let span = u128::from((record.end - record.start).as_nanos());
    assert!(record.cores.area <= span * u128::from(scenario.machine().all_cores()), "more than all cores were busy");
    for (pool, backend) in record.pools.iter().zip(scenario.backends().values()) {
        let replicas = &scenario.machine().replicas;
        let pools = backend.pool.as_ref().map_or(1, |pool| pool.per.pools(rules.workers, replicas));
        let connections = backend.pool.as_ref().map_or(0, |pool| u64::from(pool.most()) * u64::from(pools));
        assert!(pool.in_use.max <= connections, "more connections were held than exist");
        assert!(pool.in_use.area <= span * u128::from(connections), "connections were held for longer than the run");
        let opens = backend.pool.as_ref().is_some_and(|pool| pool.connect > SimDuration::ZERO);
        let waits_beside_idle = !opens && pools == 1 && pool.in_use.max < connections && pool.waiting.max > 0;
        assert!(!waits_beside_idle, "a request waited although a connection was idle");
    }
    let threads = rules.thread_pool.as_ref().map_or(0, |pool| u64::from(pool.threads) * u64::from(rules.workers));
    assert!(record.threads.in_use.max <= threads, "more threads were taken than exist");
    if !record.workers.is_empty() {
        let turns: u128 = record.workers.iter().map(|worker| worker.turns).sum();
        let in_progress: u128 = record.workers.iter().map(|worker| worker.in_progress.area).sum();
        assert_eq!(
            (turns, in_progress),
            (record.turns.area, record.slots.area),
            "the numbers of the workers add up to the totals"
        );
    }
    if !record.replicas.is_empty() {
        let replicas = &record.replicas;
        let requests: u64 = replicas.iter().map(|replica| replica.requests).sum();
        assert!(requests <= arrived, "more requests were sent to replicas than arrived");
        let busy: u128 = replicas.iter().map(|replica| replica.busy_cores.area).sum();
        assert_eq!(busy, record.cores.area, "the busy cores of the replicas add up to all");
        let connections: u128 = replicas.iter().map(|replica| replica.connections.area).sum();
        assert!(connections <= record.in_system.area, "more clients wait than there are requests");
        assert!(replicas.iter().all(|replica| replica.out.area <= span), "a replica was out for longer than the run");
    }
    let turns = u128::from(rules.workers) * u128::from(rules.running_at_once);
    assert!(record.turns.area <= span * turns, "more turns were taken than exist");
    // Clients on the same cores have no turn.
    assert!(
        record.turns.area >= record.cores.area || scenario.machine().client_cpu > SimDuration::ZERO,
        "a core ran a request that did not have its turn"
    );
    if let Some(limit) = scenario.machine().cpu_limit {
        // A period that the run begins or ends in counts whole; each may end up to one nanosecond per core late.
        let periods = span / u128::from(limit.period.as_nanos()) + 2;
        let machine = scenario.machine();
        let most =
            u128::from(limit.quota().as_nanos()) * u128::from(machine.replicas.count) + u128::from(machine.all_cores());
        assert!(record.cores.area <= periods * most, "more CPU time was used than the quota allows");
    }
    match scenario.machine().quantum {
        Quantum::RoundRobin(_) if scenario.machine().context_switch.as_nanos() == 0 && !trails => {
            // Clients on the same cores take at most their time for each request, before the warm-up is over, too.
            let most =
                u128::from(scenario.machine().client_cpu.as_nanos()) * u128::from(arrived + record.warm_up_requests);
            let others = record.cores.area.checked_sub(books.working).expect("no work without a core");
            assert!(others <= most, "cores were busy for {others} ns with something other than work");
        }
        Quantum::RoundRobin(_) => assert!(record.cores.area >= books.working, "work without a core"),
        // Shares are rounded by less than a nanosecond per burst.
        Quantum::ProcessorSharing => {}
    }
}

/// A request may hold a connection while it waits, without a limit, for another one.
fn holds_while_waiting(scenario: &Scenario) -> bool {
    let mut pools = scenario.backends().values().filter_map(|backend| backend.pool.as_ref());
    let waits_without_limit = pools.clone().any(|pool| pool.acquire_timeout.is_none());
    waits_without_limit
        && (pools.any(|pool| pool.held != Held::Query)
            || scenario.workload().classes.iter().any(|class| has_hold(&class.phases)))
}

fn has_hold(phases: &[Phase]) -> bool {
    phases.iter().any(|phase| match phase {
        Phase::Single(_) | Phase::Parallel { .. } => false,
        Phase::Maybe { phases, .. } => has_hold(phases),
        Phase::Hold { .. } => true,
    })
}

/// A request may hold its turn while it waits for a connection that another request only passes on after getting that turn.
fn can_deadlock(scenario: &Scenario) -> bool {
    let waits_for_owner = |backend: &Backend| {
        backend.pool.as_ref().is_some_and(|pool| {
            let after_owner = backend.release() == Some(Release::OwnerRuns)
                || backend.client_costs().has_statements()
                || pool.hand_over.leaves_idle();
            after_owner && pool.acquire_timeout.is_none()
        })
    };
    let blocks = |phase: &SinglePhase| matches!(phase.kind, PhaseKind::Backend { blocking: true, .. });
    holds_while_waiting(scenario)
        || scenario.backends().values().any(waits_for_owner)
            && scenario.workload().classes.iter().flat_map(RequestClass::singles).any(blocks)
}

/// What happened in the random scenarios: an invariant that is never exercised proves nothing.
#[derive(Default)]
struct Seen {
    completed: u64,
    rejected: u64,
    timed_out: u64,
    failed: u64,
    retried: u64,
    served_late: u64,
    horizons: u64,
}

impl Seen {
    fn add(&mut self, record: &Record) {
        for class in &record.classes {
            self.completed += class.completed;
            self.rejected += class.rejected.total();
            self.timed_out += class.timed_out;
            self.failed += class.failed.total();
            self.retried += class.retried;
            self.served_late += class.served_late;
        }
        self.horizons += u64::from(record.ending == Ending::Horizon);
    }

    fn check(&self) {
        assert!(self.completed > 100_000, "{}", self.completed);
        for (what, count) in [
            ("rejected", self.rejected),
            ("timed out", self.timed_out),
            ("failed", self.failed),
            ("retried", self.retried),
            ("served late", self.served_late),
            ("runs to a horizon", self.horizons),
        ] {
            assert!(count > 50, "only {count} {what}");
        }
    }
}
