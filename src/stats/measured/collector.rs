//! Collects the numbers of one run while it goes on, in constant memory.

use indexmap::IndexMap;

use crate::engine::{ClassCounts, Departure, Outcome, Rules, Standing, Unfinished, Waits, add_spent};
use crate::model::{
    Activity, Backend, BackendId, Breakdown, Machine, Named, PoolScope, Quantity, Resource, SimDuration, SimTime, Tail,
};

use crate::policy::{Runner, StandsFor};

use super::of_arrived::{OfArrived, Percentile};
use super::outcomes::{Operations, Unanswered, UnansweredTime};
use super::per_worker::{imbalance, listed, per_worker};
use super::sample::Sample;
use super::stations::StationWaits;
use super::totals::Totals;
use crate::stats::results::*;

/// Slowdowns are recorded in millionths.
const SLOWDOWN_UNIT: u64 = 1_000_000;
const NANOS_PER_MILLI: f64 = 1e6;

/// What is collected from departures.
#[derive(Clone, Debug)]
pub struct Collector {
    classes: Vec<ClassSamples>,
    waiting_time: Sample,
    waited: u64,
    spent: [u128; Activity::ALL.len()],
    /// How long requests waited at each station, answered or not.
    stations: StationWaits,
    /// Of the requests that departed without an answer.
    unanswered: UnansweredTime,
    /// All attempts of a client together, where clients make several.
    operations: Option<Operations>,
}

#[derive(Clone, Debug)]
struct ClassSamples {
    response_time: Sample,
    slowdown: Sample,
    unanswered: Unanswered,
}

/// Whose numbers they are.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The policy's name.
    pub policy: &'a str,
    /// Its kind.
    pub kind: &'static str,
    /// What runs its requests.
    pub runner: Runner,
    /// The plain policy that it stands for, if it is a preset.
    pub stands_for: Option<&'a StandsFor>,
    /// How it ran requests.
    pub rules: &'a Rules,
    /// On what.
    pub machine: &'a Machine,
    /// The names of the classes, in their order.
    pub classes: &'a [&'a str],
    /// The backends, in their order.
    pub backends: &'a IndexMap<String, Backend>,
    /// What requests may have had to wait for, in the order in which it was collected.
    pub resources: &'a [Resource],
}

impl Collector {
    /// A collector for so many classes, and for operations of several tries where clients make them.
    pub fn new(classes: usize, clients_retry: bool) -> Self {
        Self {
            classes: vec![ClassSamples::default(); classes],
            waiting_time: Sample::default(),
            waited: 0,
            spent: [0; Activity::ALL.len()],
            stations: StationWaits::default(),
            unanswered: UnansweredTime::default(),
            operations: clients_retry.then(Operations::new),
        }
    }

    /// The same, with the waits at that many stations.
    pub fn with_stations(self, stations: usize) -> Self {
        Self { stations: StationWaits::new(stations), ..self }
    }

    /// All samples, in an order that is the same for all collectors of a run.
    pub(super) fn samples(&mut self) -> impl Iterator<Item = &mut Sample> {
        let of_classes = self.classes.iter_mut().flat_map(|class| [&mut class.response_time, &mut class.slowdown]);
        let operation_time = self.operations.as_mut().map(|operations| &mut operations.time);
        of_classes.chain([&mut self.waiting_time]).chain(operation_time).chain(self.stations.samples())
    }

    /// Takes departures of requests of one class that count and came to the same end.
    pub fn add(&mut self, departures: &[Departure]) {
        let Some(Departure { entrance, outcome, .. }) = departures.first() else { return };
        let samples = &mut self.classes[usize::from(entrance.class.0)];
        if matches!(outcome, Outcome::Completed) {
            samples.response_time.record(departures.iter().map(|departure| departure.response_time().as_nanos()));
            samples.slowdown.record(departures.iter().filter_map(slowdown));
            let waiting_time = |departure: &Departure| departure.spent[Activity::BacklogWait as usize].as_nanos();
            self.waited += self.waiting_time.record_waits(departures.iter().map(waiting_time));
            add_spent(departures, &mut self.spent);
        } else {
            departures.iter().for_each(|departure| samples.unanswered.add(departure));
            let taken = departures.iter().filter(|departure| departure.was_taken);
            taken.for_each(|departure| self.add_wait(departure.spent[Activity::BacklogWait as usize]));
            self.unanswered.add(departures);
        }
    }

    /// Takes departures of requests that came to the same end, as far as they end operations.
    pub fn add_operations(&mut self, departures: &[Departure]) {
        if let Some(operations) = &mut self.operations {
            operations.add(departures);
        }
    }

    /// Takes what was under way when the run ended.
    pub fn add_unfinished(&mut self, unfinished: &Unfinished) {
        if let Some(operations) = &mut self.operations {
            operations.add_unfinished(unfinished);
        }
        if !unfinished.counts || unfinished.standing() == Standing::BetweenAttempts {
            return;
        }
        if unfinished.is_taken {
            self.add_wait(unfinished.backlog_wait);
        }
        let age = unfinished.end - unfinished.entrance.arrival;
        let samples = &mut self.classes[usize::from(unfinished.entrance.class.0)];
        samples.unanswered.add_unfinished(unfinished, ratio(age, unfinished.entrance.demand));
    }

    /// Takes the wait of a request that a worker took.
    fn add_wait(&mut self, wait: SimDuration) {
        self.waiting_time.record([wait.as_nanos()]);
        self.waited += u64::from(wait > SimDuration::ZERO);
    }

    /// Takes what requests that count waited for, whatever became of them.
    pub fn add_waits(&mut self, waits: Waits<'_>) {
        self.stations.add(waits);
    }

    /// How many requests of a class were answered.
    pub fn answered(&self, class: usize) -> u64 {
        self.classes[class].response_time.count()
    }

    /// A percentile of the response times of all classes together, in nanoseconds, for a share in thousandths.
    pub(super) fn response_time_percentile(&self, per_mille: u64) -> Option<u64> {
        let mut all = Sample::default();
        self.classes.iter().for_each(|class| all.merge(&class.response_time));
        all.percentiles([per_mille])[0]
    }

    /// Time that the answered requests spent in an activity, in nanoseconds.
    pub const fn spent(&self, activity: Activity) -> u128 {
        self.spent[activity as usize]
    }

    /// Time that all requests spent in an activity until they departed, in nanoseconds.
    pub(super) const fn spent_by_all(&self, activity: Activity) -> u128 {
        self.spent[activity as usize] + self.unanswered.spent[activity as usize]
    }

    /// Takes all that another has collected into this one.
    pub fn merge(&mut self, other: &Self) {
        for (samples, more) in self.classes.iter_mut().zip(&other.classes) {
            samples.merge(more);
        }
        self.waiting_time.merge(&other.waiting_time);
        self.waited += other.waited;
        self.spent.iter_mut().zip(other.spent).for_each(|(sum, more)| *sum += more);
        self.unanswered.merge(&other.unanswered);
        if let (Some(operations), Some(more)) = (&mut self.operations, &other.operations) {
            operations.merge(more);
        }
        self.stations.merge(&other.stations);
    }

    /// The numbers, with what the engine counted at the same time.
    pub fn results(&self, subject: Subject<'_>, totals: &Totals) -> PolicyResults {
        let mut all = ClassSamples::default();
        let mut counts = ClassCounts::default();
        let mut classes = IndexMap::new();
        for ((name, samples), of_class) in subject.classes.iter().zip(&self.classes).zip(&totals.classes) {
            all.merge(samples);
            counts.add(*of_class);
            classes.insert(String::from(*name), samples.results(*of_class));
        }
        let ClassResults { requests, response_time_ms, slowdown, error_rate, mut all_arrived, .. } =
            all.results(counts);
        if let Some(operations) = &self.operations {
            add_tails(&mut all_arrived, Quantity::OperationTime, operations.of_arrived());
        }
        let seconds = totals.seconds();
        let workers = per_worker(subject, totals);
        let goodput = requests.completed + totals.from_warm_up.completed;
        let per_second = |count: u64| (seconds > 0.0).then(|| count as f64 / seconds);
        PolicyResults {
            name: subject.policy.into(),
            kind: subject.kind,
            runner: subject.runner,
            stands_for: subject.stands_for.cloned(),
            workers: subject.rules.workers,
            slots: subject.rules.slots,
            requests,
            response_time_ms,
            slowdown,
            error_rate,
            all_arrived,
            breakdown_ms: breakdown(&self.spent, all.response_time.count()),
            unanswered_breakdown_ms: (self.unanswered.departed > 0)
                .then(|| breakdown(&self.unanswered.spent, self.unanswered.departed)),
            waiting_time_ms: wait_summary(&self.waiting_time, self.waited),
            stations: self.stations.results(subject, totals),
            imbalance: imbalance(&workers),
            per_worker: listed(workers),
            in_system: InSystem { mean: totals.share(totals.in_system, 1), max: totals.in_system.max },
            throughput_per_s: per_second(goodput + counts.served_late + totals.from_warm_up.served_late),
            goodput_per_s: per_second(goodput),
            utilization: utilization(subject, totals),
            classes,
            operations: self.operations.as_ref().map(Operations::counts),
            operation_time_ms: self.operations.as_ref().map(|operations| summary(&operations.time)),
            amplification: self.operations.as_ref().and_then(|_| amplification(requests)),
            over_time: Vec::new(),
            faults: Vec::new(),
            warm_up_requests: totals.warm_up_requests,
            confidence: None,
            saturation: None,
            no_prediction: None,
            incomplete: totals.incomplete.clone(),
            events: totals.phase_events,
            timeline: None,
            observations: Vec::new(),
        }
    }
}

/// Means of the time that so many requests spent in each activity.
fn breakdown(spent: &[u128; Activity::ALL.len()], requests: u64) -> Breakdown {
    let mean = |activity: Activity| (requests > 0).then(|| millis(spent[activity as usize] as f64 / requests as f64));
    Activity::ALL.map(mean).into()
}

/// Waits in nanoseconds, of which so many were longer than nothing.
pub(super) fn wait_summary(waits: &Sample, waited: u64) -> WaitingTime {
    let [p50, p95, p99] = waits.percentiles([500, 950, 990]).map(|nanos| nanos.map(nanos_to_millis));
    let count = waits.count();
    WaitingTime {
        mean: waits.mean().map(millis),
        p50,
        p95,
        p99,
        probability: (count > 0).then(|| waited as f64 / count as f64),
    }
}

impl Default for ClassSamples {
    fn default() -> Self {
        let (slowdown, unanswered) = (Sample::default(), Unanswered::default());
        Self { response_time: Sample::with_deviation(), slowdown, unanswered }
    }
}

impl ClassSamples {
    fn merge(&mut self, other: &Self) {
        self.response_time.merge(&other.response_time);
        self.slowdown.merge(&other.slowdown);
        self.unanswered.merge(&other.unanswered);
    }

    fn results(&self, counts: ClassCounts) -> ClassResults {
        let requests = request_counts(counts);
        let without_answer = requests.unanswered();
        let ratio = |millionths: u64| millionths as f64 / SLOWDOWN_UNIT as f64;
        let [slowdown_p50, slowdown_p99] = self.slowdown.percentiles([500, 990]).map(|share| share.map(ratio));
        ClassResults {
            requests,
            response_time_ms: summary(&self.response_time),
            slowdown: Slowdown {
                mean: self.slowdown.mean().map(|mean| mean / SLOWDOWN_UNIT as f64),
                p50: slowdown_p50,
                p99: slowdown_p99,
                max: self.slowdown.max().map(ratio),
            },
            error_rate: (requests.arrived > 0).then(|| without_answer as f64 / requests.arrived as f64),
            all_arrived: self.all_arrived(without_answer, counts.longest_unanswered),
            confidence: None,
        }
    }

    fn all_arrived(&self, unanswered: u64, longest_unanswered: SimDuration) -> AllArrived {
        let Unanswered { without_demand, ages, slowdowns } = &self.unanswered;
        let times = OfArrived { answered: &self.response_time, unanswered, in_flight: ages };
        let unanswered = unanswered.saturating_sub(*without_demand);
        let ratios = OfArrived { answered: &self.slowdown, unanswered, in_flight: slowdowns };
        let longest = [self.response_time.max(), ages.max(), Some(longest_unanswered.as_nanos())];
        let mut all_arrived = AllArrived {
            longest_wait_ms: longest.into_iter().flatten().max().map(nanos_to_millis),
            ..AllArrived::default()
        };
        add_tails(&mut all_arrived, Quantity::ResponseTime, times);
        add_tails(&mut all_arrived, Quantity::Slowdown, ratios);
        all_arrived
    }
}

/// Adds the percentiles and the maximum of a quantity over every request that arrived. They are infinite where so many got
/// no answer that there is none.
fn add_tails(all_arrived: &mut AllArrived, quantity: Quantity, of: OfArrived<'_>) {
    let unit = match quantity {
        Quantity::ResponseTime | Quantity::OperationTime => NANOS_PER_MILLI,
        Quantity::Slowdown => SLOWDOWN_UNIT as f64,
    };
    for (named, Tail { per_mille, .. }) in Named::tails().filter(|(_, tail)| tail.quantity == quantity) {
        let [found] = of.percentiles([per_mille]);
        let number = match found {
            Percentile::Unknown(at_least) => {
                all_arrived.at_least.extend(at_least.map(|number| (named.name(), number as f64 / unit)));
                None
            }
            Percentile::Beyond => Some(f64::INFINITY),
            Percentile::At(number) => Some(number as f64 / unit),
        };
        all_arrived.numbers.insert(named.name(), number);
    }
}

/// A sample of nanoseconds in a few numbers, in milliseconds.
fn summary(times: &Sample) -> Summary {
    let [p50, p90, p95, p99, p999] = times.percentiles([500, 900, 950, 990, 999]).map(|time| time.map(nanos_to_millis));
    Summary {
        mean: times.mean().map(millis),
        stddev: times.stddev().map(millis),
        min: times.min().map(nanos_to_millis),
        p50,
        p90,
        p95,
        p99,
        p999,
        max: times.max().map(nanos_to_millis),
    }
}

fn request_counts(counts: ClassCounts) -> RequestCounts {
    let (rejected, failed) = (counts.rejected.total(), counts.failed.total());
    let ended = counts.completed + rejected + counts.timed_out + failed;
    RequestCounts {
        arrived: counts.arrived,
        completed: counts.completed,
        rejected,
        timed_out: counts.timed_out,
        failed,
        retried: counts.retried,
        in_flight: counts.arrived - ended,
        rejected_by: counts.rejected,
        failed_by: counts.failed,
    }
}

/// Arrivals with all tries / arrivals without the repeated ones.
fn amplification(requests: RequestCounts) -> Option<f64> {
    let first_tries = requests.arrived - requests.retried;
    (first_tries > 0).then(|| requests.arrived as f64 / first_tries as f64)
}

/// Response time / demand in millionths, to the nearest; `None` without demand.
fn slowdown(departure: &Departure) -> Option<u64> {
    ratio(departure.response_time(), departure.entrance.demand)
}

#[inline]
fn ratio(response_time: SimDuration, demand: SimDuration) -> Option<u64> {
    let (response_time, demand) = (response_time.as_nanos(), demand.as_nanos());
    // Up to four hours 64 bits are enough, as half a demand fits in what is left.
    if response_time <= (u64::MAX - SimTime::MAX.as_nanos()) / SLOWDOWN_UNIT {
        return (response_time * SLOWDOWN_UNIT + demand / 2).checked_div(demand);
    }
    let millionths = u128::from(response_time) * u128::from(SLOWDOWN_UNIT) + u128::from(demand / 2);
    Some(u64::try_from(millionths.checked_div(u128::from(demand))?).unwrap_or(u64::MAX))
}

fn utilization(subject: Subject<'_>, totals: &Totals) -> Utilization {
    let Subject { rules, machine, backends, .. } = subject;
    let workers = u64::from(rules.workers);
    let threads = rules.thread_pool.as_ref().zip(totals.threads);
    let ids = || (0..).map(BackendId).zip(backends);
    let of_pool = |(id, (name, backend)): (BackendId, (&String, &Backend))| {
        Some((name.clone(), pool_utilization(id, backend, rules, totals)?))
    };
    Utilization {
        cores: totals.share(totals.cores, u64::from(machine.cores)),
        workers: totals.turns.and_then(|turns| totals.share(turns, workers * u64::from(rules.running_at_once))),
        slots: rules.slots.and_then(|slots| totals.share(totals.slots, workers * u64::from(slots))),
        threads: threads.and_then(|(pool, usage)| totals.share(usage.in_use, workers * u64::from(pool.threads))),
        backends: ids().filter_map(|backend| limited(backend, rules, totals)).collect(),
        pools: ids().filter_map(of_pool).collect(),
    }
}

/// The utilization of a backend that runs a limited number of queries at once: queries under way; where only connections
/// limit it, connections held.
fn limited(
    (id, (name, backend)): (BackendId, (&String, &Backend)),
    rules: &Rules,
    totals: &Totals,
) -> Option<(String, Option<f64>)> {
    let queries = totals.backends.get(usize::from(id.0));
    match (backend.concurrency, queries) {
        (Some(at_once), Some(usage)) => Some((name.clone(), totals.share(*usage, u64::from(at_once.get())))),
        (Some(_), None) => None,
        (None, _) => Some((name.clone(), pool_utilization(id, backend, rules, totals)?)),
    }
}

/// Connections held × time / (connections × time); `None` without a pool, or where that was not watched.
fn pool_utilization(id: BackendId, backend: &Backend, rules: &Rules, totals: &Totals) -> Option<Option<f64>> {
    let usage = totals.pools.get(usize::from(id.0))?;
    Some(totals.share(usage.in_use, connections(backend, rules)?))
}

/// The connections of all pools of a backend.
pub(super) fn connections(backend: &Backend, rules: &Rules) -> Option<u64> {
    let pool = backend.pool.as_ref()?;
    let pools = if pool.per == PoolScope::Worker { rules.workers } else { 1 };
    Some(u64::from(pool.size.get()) * u64::from(pools))
}

fn millis(nanos: f64) -> f64 {
    nanos / NANOS_PER_MILLI
}

fn nanos_to_millis(nanos: u64) -> f64 {
    millis(nanos as f64)
}
