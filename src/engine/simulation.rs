//! The simulation: takes the next event, sets the clock, calls its handler.
//!
//! A handler frees what was held, admits the first requests of the backlog, appends them to the run queue of their
//! worker, and then lets those run whose turn it is. The handlers are in files of their own: arrivals and the backlog
//! in `arriving`, turns in `turns`, cores in `running` and `sharing`, thread pools in `threads`, waits and backends in
//! `waiting`, `pooling` and `shared_queries`, replicas in `balancing` and `probing`, departures and clients in `leaving`, faults in `failing`,
//! workers that are replaced in `lives`, workers that are started when they are needed in `spares`.

use crate::model::{Machine, SimTime};
use crate::random::{Clients, Distribution, Purpose, RequestClass, Sampler, Stream, Streams, Workload};

use super::Rules;
use super::accepting::Acceptors;
use super::arriving::ArrivalState;
use super::backends::Backends;
use super::backlog::Backlog;
use super::balancing::Balancing;
use super::client_load::ClientLoad;
use super::departure::Departure;
use super::event::{Event, EventId, EventQueue, Key, NoSubject, is_after_expiries, is_never, time_of};
use super::failing::Faults;
use super::level::Level;
use super::limits::Limits;
use super::lives::Lives;
use super::observer::Observer;
use super::probing::Probing;
use super::program::Program;
use super::record::{ClassCounts, Ending, FromWarmUp};
use super::replicas::ReplicaSet;
use super::requests::RequestSlab;
use super::setup::{MAX_IN_FLIGHT, Setup};
use super::shortcut::Route;
#[cfg(feature = "internals")]
use super::shortcut::Shortcut;
use super::waits::{WaitTable, contended_resources};
use super::workers::Workers;

/// With more events per request at one instant than this, the clock will not move again: for example, users who think
/// for no time are rejected without end.
const EVENTS_AT_ONE_INSTANT: u64 = 1_000;

/// Departures are reported in batches of this size, unless the observer watches segments.
pub(super) const TOGETHER: usize = 128;

/// One run of one policy.
pub struct Simulation<O> {
    pub(super) program: Program,
    pub(super) rules: Rules,
    pub(super) streams: Streams,
    pub(super) clients: ClientRules,
    pub(super) machine: Machine,
    pub(super) faults: Faults,
    pub(super) warm_up: SimTime,
    pub(super) horizon: Option<SimTime>,
    /// Nothing happens after this instant.
    pub(super) last_instant: SimTime,
    pub(super) max_in_flight: u32,
    /// Whether more requests are in flight than that.
    pub(super) is_overfull: bool,
    pub(super) ending: Ending,

    pub(super) now: SimTime,
    /// Whether the expiries of this instant are over.
    pub(super) expiries_are_over: bool,
    /// How many events have happened since the clock last moved.
    events_now: u64,
    pub(super) events: EventQueue,
    pub(super) arrivals: ArrivalState,
    pub(super) dispatch: Stream,

    pub(super) requests: RequestSlab,
    /// The backlog that the workers of a replica share, for each replica; then one for each worker.
    pub(super) backlogs: Vec<Backlog>,
    pub(super) untaken: u64,
    pub(super) workers: Workers,
    pub(super) acceptors: Acceptors,
    /// The process of the clients, if they share the cores.
    pub(super) client_load: Option<ClientLoad>,
    /// How many requests of each limited class are in progress.
    pub(super) limits: Limits,
    /// The present lives of workers that are replaced.
    pub(super) lives: Lives,
    pub(super) replicas: ReplicaSet,
    /// How the replica of a request is chosen, if there are several.
    pub(super) balancing: Option<Balancing>,
    /// How it is found out which replicas work, if it is.
    pub(super) probing: Option<Probing>,
    pub(super) backends: Backends,

    /// The shortcut that the run takes.
    pub(super) route: Option<Route>,
    /// Whether the shortcut leaves no event out that is known to be void.
    pub(super) has_void_events: bool,
    pub(super) observer: O,
    /// Departures that have not been reported.
    pub(super) unreported: Vec<Departure>,
    /// The waits of those departures.
    pub(super) waits: WaitTable,
    pub(super) counts: RunCounts,
}

/// What clients do, ready to draw from.
pub(super) struct ClientRules {
    pub clients: Clients,
    /// For each class; empty if no client gives up.
    pub timeouts: Vec<Option<Sampler>>,
    pub patience: Option<Sampler>,
}

/// What the engine counts.
pub(super) struct RunCounts {
    pub classes: Vec<ClassCounts>,
    pub departed: u64,
    /// Requests whose response is out and that still occupy their worker.
    pub trailing: u64,
    pub last_departure: SimTime,
    pub warm_up_requests: u64,
    pub from_warm_up: FromWarmUp,
    pub phase_events: u64,
    pub in_system: Level,
    pub busy_cores: Level,
    pub turns_taken: Level,
    pub slots_taken: Level,
}

/// When the clients of each class give up; empty if none does.
fn timeouts(workload: &Workload, clients: &Clients) -> Vec<Option<Sampler>> {
    let of_class =
        |class: &RequestClass| class.timeout.as_ref().or(clients.timeout.as_ref()).map(Distribution::sampler);
    let timeouts: Vec<Option<Sampler>> = workload.classes.iter().map(of_class).collect();
    if timeouts.iter().all(Option::is_none) { Vec::new() } else { timeouts }
}

impl<O: Observer> Simulation<O> {
    /// A run that has not begun.
    pub fn new(setup: Setup<'_>, observer: O) -> Self {
        let mut program = Program::new(setup.workload, setup.backends, &setup.rules);
        let route = Route::new(&setup, &program, &observer);
        let Setup { workload, load, clients, machine, backends, faults, rules, streams, warm_up, .. } = setup;
        let backlog = Backlog::new(rules.queueing.order);
        let resources =
            if observer.watches_waits() { contended_resources(&rules, machine, backends, faults) } else { Vec::new() };
        let waits = WaitTable::new(&resources, backends.len());
        let mut simulation = Self {
            requests: RequestSlab::new(program.stride(), waits.columns()),
            backlogs: vec![backlog; (machine.replicas.count + rules.workers) as usize],
            untaken: 0,
            workers: Workers::new(&rules, machine.replicas.count, warm_up),
            acceptors: Acceptors::with_stream(setup.accept),
            client_load: None,
            limits: Limits::new(&workload.classes, rules.workers),
            lives: Lives::new(&rules, streams),
            replicas: ReplicaSet::new(machine, rules.workers, warm_up),
            balancing: Balancing::new(&machine.replicas, streams),
            probing: Probing::new(&machine.replicas, &mut program),
            backends: Backends::new(backends, faults, (rules.workers, &machine.replicas), warm_up, &streams),
            program,
            clients: ClientRules {
                clients: clients.clone(),
                timeouts: timeouts(workload, clients),
                patience: clients.patience.as_ref().map(Distribution::sampler),
            },
            machine: machine.clone(),
            faults: Faults::new(faults),
            streams,
            warm_up,
            horizon: setup.horizon,
            last_instant: setup.horizon.unwrap_or(SimTime::MAX),
            max_in_flight: setup.max_in_flight.min(MAX_IN_FLIGHT),
            is_overfull: false,
            ending: Ending::Drained,
            now: SimTime::ZERO,
            expiries_are_over: false,
            events_now: 0,
            events: EventQueue::default(),
            arrivals: ArrivalState::new(setup.requests.unwrap_or(u64::MAX)),
            dispatch: streams.purpose(Purpose::Dispatch),
            route,
            has_void_events: false,
            observer,
            unreported: Vec::new(),
            waits,
            counts: RunCounts {
                classes: vec![ClassCounts::default(); workload.classes.len()],
                departed: 0,
                trailing: 0,
                last_departure: SimTime::ZERO,
                warm_up_requests: 0,
                from_warm_up: FromWarmUp::default(),
                phase_events: 0,
                in_system: Level::from(warm_up),
                busy_cores: Level::from(warm_up),
                turns_taken: Level::from(warm_up),
                slots_taken: Level::from(warm_up),
            },
            rules,
        };
        simulation.begin_scheduling();
        simulation.begin_client_load();
        simulation.schedule_faults();
        simulation.begin_probing();
        simulation.begin_spare_checks();
        simulation.begin(load);
        simulation
    }

    /// The same run without its shortcut: event by event.
    #[cfg(feature = "internals")]
    pub fn without_shortcut(mut self) -> Self {
        self.route = None;
        self
    }

    /// The same run, in which every event is a step for [`Self::advance`], even one that is known in advance to be void.
    pub const fn with_void_events(mut self) -> Self {
        self.has_void_events = true;
        self
    }

    /// Goes on for at most `steps` events; false once the run is over.
    pub fn advance(&mut self, steps: u64) -> bool {
        if let Some(mut route) = self.route.take() {
            let goes_on = self.advance_on(&mut route, steps);
            self.route = Some(route);
            return goes_on;
        }
        let goes_on = self.step(steps);
        self.report();
        goes_on
    }

    fn step(&mut self, steps: u64) -> bool {
        for _ in 0..steps {
            let Some((id, event)) = self.next_event() else { return false };
            self.handle(event, id);
            if cfg!(debug_assertions) && self.is_audited() {
                self.audit();
            }
        }
        true
    }

    /// Calls the handler of an event.
    #[inline(always)]
    pub(super) fn handle(&mut self, event: Event, id: EventId) {
        match event {
            Event::BurstEnd(request) => self.on_burst_end(request, id),
            Event::ShareEnd(replica) => self.on_share_end(replica.0, id),
            Event::QueryShareEnd(backend) => self.on_query_share_end(backend, id),
            Event::WaitEnd(request) => self.on_wait_end(request, id),
            Event::Connected(request) => self.on_connected(request, id),
            Event::Woken(request) => self.on_woken(request, id),
            Event::AbandonedEnd(backend) => self.on_abandoned_end(backend),
            Event::ClientWork(_) => self.on_client_work(),
            Event::QuantumEnd(request) => self.on_quantum_end(request, id),
            Event::HandOver(worker) => self.on_hand_over(worker.0, id),
            Event::AcquireTimeout(request) => self.on_acquire_timeout(request, id),
            Event::CallTimeout(request) => self.on_call_timeout(request, id),
            Event::ClientTimeout(request) => self.on_client_timeout(request, id),
            Event::PatienceEnd(request) => self.on_patience_end(request, id),
            Event::QuotaUsedUp(replica) => self.on_quota_used_up(replica.0, id),
            Event::PeriodStart(replica) => self.on_period_start(replica.0, id),
            Event::ProbeTimeout(replica) => self.on_probe_timeout(replica.0, id),
            Event::Probe(replica) => self.on_probe(replica.0),
            Event::AcceptDelayEnd(worker) => self.on_accept_delay_end(worker.0, id),
            Event::WorkerTimeout(worker) => self.on_worker_timeout(worker.0, id),
            Event::Booted(worker) => self.on_booted(worker.0, id),
            Event::SpareCheck(replica) => self.on_spare_check(replica.0),
            Event::Fault(edge) => self.on_fault(edge),
            Event::Retry(request) => self.on_retry(request),
            Event::UserArrival(user) => self.on_user_arrival(user),
            Event::Arrival(_) => self.on_arrival(),
        }
    }

    /// The shortcut that the run takes, if any. It changes no number.
    #[cfg(feature = "internals")]
    pub fn shortcut(&self) -> Option<Shortcut> {
        self.route.as_ref().map(Route::shortcut)
    }

    /// The observer.
    pub fn observer(&self) -> &O {
        &self.observer
    }

    /// How many requests have arrived so far, and the time on the clock.
    pub fn progress(&self) -> (u64, SimTime) {
        (self.arrivals.arrived, self.now)
    }

    /// Takes the next event out of the queue and sets the clock.
    #[inline(always)]
    pub(super) fn next_event(&mut self) -> Option<(EventId, Event)> {
        let event = self.events.next_key();
        let arrival = self.arrivals.next;
        if arrival < event {
            return self.move_to(arrival, false).then(|| (EventId::default(), Event::Arrival(NoSubject::default())));
        }
        // Before a horizon, workers boot, acceptors go back to sleep and backends finish what was given up, although nothing is
        // left to serve.
        let may_stop = is_never(arrival) && (is_never(event) || self.horizon.is_none());
        let is_drained = may_stop && self.is_drained();
        if self.move_to(event, is_drained) { Some(self.events.take(event)) } else { None }
    }

    /// Sets the clock to the next event, which has that key. Returns false if the run ends before.
    #[inline]
    pub(super) fn move_to(&mut self, next: Key, is_drained: bool) -> bool {
        let time = time_of(next);
        if time > self.last_instant || self.is_overfull || is_drained {
            self.ending = self.why_it_ends(next, is_drained);
            return false;
        }
        if time > self.now {
            self.events_now = 0;
        } else {
            self.events_now += 1;
            if self.events_now > EVENTS_AT_ONE_INSTANT * (1_000 + self.requests.len() as u64) {
                self.ending = Ending::Standstill;
                return false;
            }
        }
        self.now = time;
        self.expiries_are_over = is_after_expiries(next);
        true
    }

    /// Reports departures, if there are enough of them or segments are watched.
    #[inline]
    pub(super) fn report_some(&mut self) {
        if self.unreported.len() >= TOGETHER || self.observer.watches_segments() {
            self.report();
        }
    }

    pub(super) fn report(&mut self) {
        self.observer.on_clock(self.now.max(self.counts.last_departure));
        self.observer.on_departures_with_waits(&self.unreported, self.waits.rows());
        self.unreported.clear();
        self.waits.clear();
    }

    /// How many places among the requests are taken by acceptors and probes, which are no requests.
    #[inline]
    pub(super) fn places_of_others(&self) -> usize {
        self.acceptors.count() + self.places_of_client_load() + self.probing.as_ref().map_or(0, Probing::inside)
    }

    /// Checks whether more requests are in flight than allowed. Branches of parallel waits and clients that will make
    /// another attempt take memory as well, so they count too.
    #[inline]
    pub(super) fn check_room(&mut self) {
        self.is_overfull = self.requests.len() - self.places_of_others() > self.max_in_flight as usize;
    }

    /// Whether a request that arrived then is part of the numbers.
    #[inline]
    pub(super) fn is_counted(&self, arrival: SimTime) -> bool {
        arrival >= self.warm_up
    }
}
