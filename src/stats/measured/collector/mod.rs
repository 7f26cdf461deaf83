//! Collects the numbers of one run while it goes on, in constant memory.

mod columns;
mod curve;
mod numbers;
mod slowdown;
mod utilization;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::engine::{Departure, Rules, SpentTime, Standing, Unfinished, Waits};
use crate::model::{Activity, Backend, ClassId, Machine, Resource, SimDuration};

use super::column::Values;
use super::outcomes::{Operations, Unanswered, UnansweredTime};
use super::sample::Sample;
use super::stations::StationWaits;

pub(super) use columns::Columns;
pub(super) use numbers::wait_summary;
use slowdown::{UNIT as SLOWDOWN_UNIT, ratio};
pub(super) use utilization::connections;

/// What is collected from departures.
#[derive(Clone, Debug, Serialize, Deserialize)]
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

#[derive(Clone, Debug, Serialize, Deserialize)]
struct ClassSamples {
    response_time: Sample,
    slowdown: Sample,
    unanswered: Unanswered,
}

/// What the numbers of a policy are relative to: how it ran requests, and on what.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
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
    /// A collector for this many classes, and for operations of several attempts where clients retry.
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

    /// The same without those of other classes than these, which are in order.
    pub(super) fn samples_of(&mut self, classes: &[usize]) -> impl Iterator<Item = &mut Sample> {
        let (mut rest, mut next) = (&mut self.classes[..], 0);
        let wanted = classes.iter().filter_map(move |class| {
            let from = std::mem::take(&mut rest).get_mut(class - next..)?;
            let (wanted, others) = from.split_first_mut()?;
            (rest, next) = (others, class + 1);
            Some(wanted)
        });
        let of_classes = wanted.flat_map(|class| [&mut class.response_time, &mut class.slowdown]);
        let operation_time = self.operations.as_mut().map(|operations| &mut operations.time);
        of_classes.chain([&mut self.waiting_time]).chain(operation_time).chain(self.stations.samples())
    }

    /// Takes departures of requests that count and were answered: the time they spent in each activity, and the columns.
    pub(super) fn add_answered(&mut self, departures: &[Departure], spent: &SpentTime, columns: &mut Columns) {
        match Columns::only_class(departures) {
            Some(class) => self.add_answered_of(class, spent, columns),
            None => {
                let classes = &mut self.classes;
                columns.of_classes(departures, |class, times, slowdowns| classes[class].add(times, slowdowns));
                self.add_answered_of_any(spent, columns);
            }
        }
    }

    /// The same of requests of one class.
    pub(super) fn add_answered_of(&mut self, class: ClassId, spent: &SpentTime, columns: &mut Columns) {
        let (times, slowdowns) = columns.of_all();
        self.classes[usize::from(class.0)].add(times.responses, times.slowdowns(slowdowns));
        self.add_answered_of_any(spent, columns);
    }

    /// What does not depend on the class.
    #[inline]
    fn add_answered_of_any(&mut self, spent: &SpentTime, columns: &Columns) {
        let waits = columns.waiting_times.values();
        self.waited += waits.all().len() as u64 - self.waiting_time.record_values(waits);
        self.spent.iter_mut().zip(spent).for_each(|(sum, more)| *sum += more);
    }

    /// Takes departures of requests of one class that count and came to the same end without an answer.
    pub fn add_unanswered(&mut self, departures: &[Departure]) {
        let Some(Departure { entrance, .. }) = departures.first() else { return };
        let samples = &mut self.classes[usize::from(entrance.class.0)];
        departures.iter().for_each(|departure| samples.unanswered.add(departure));
        let taken = departures.iter().filter(|departure| departure.was_taken);
        taken.for_each(|departure| self.add_wait(departure.spent[Activity::BacklogWait as usize]));
        self.unanswered.add(departures);
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

    /// The same of the class in this place.
    pub(super) fn response_time_percentile_of(&self, class: usize, per_mille: u64) -> Option<u64> {
        self.classes[class].response_time.percentiles([per_mille])[0]
    }

    /// Time that all requests spent in an activity until they departed, in nanoseconds.
    pub(super) const fn spent_by_all(&self, activity: Activity) -> u128 {
        self.spent[activity as usize] + self.unanswered.spent[activity as usize]
    }

    /// Whether this, which was stored, can be of a run like another.
    pub fn fits(&self, like: &Self) -> bool {
        self.classes.len() == like.classes.len()
            && self.operations.is_some() == like.operations.is_some()
            && self.stations.fits(&like.stations)
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
}

impl Default for ClassSamples {
    fn default() -> Self {
        let (slowdown, unanswered) = (Sample::default(), Unanswered::default());
        Self { response_time: Sample::with_deviation(), slowdown, unanswered }
    }
}

impl ClassSamples {
    /// Takes times of the answered.
    #[inline]
    fn add(&mut self, response_times: Values<'_>, slowdowns: Values<'_>) {
        self.response_time.record_values(response_times);
        self.slowdown.record_values(slowdowns);
    }

    fn merge(&mut self, other: &Self) {
        self.response_time.merge(&other.response_time);
        self.slowdown.merge(&other.slowdown);
        self.unanswered.merge(&other.unanswered);
    }
}
