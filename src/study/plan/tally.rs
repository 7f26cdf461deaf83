//! Watches a replication for what objectives ask of it.

use serde::{Deserialize, Serialize};

use crate::engine::{Departure, Observer, Outcome, Standing, Unfinished};
use crate::model::{ClassId, Fault, FaultPhase, Quantity, SimTime};
use crate::stats::{Sample, percentile_of_arrived};

use super::measure::{Measure, Tail};

/// Slowdowns are counted in millionths.
const SLOWDOWN_UNIT: f64 = 1e6;
const NANOS_PER_MILLI: f64 = 1e6;

/// What is collected for each measure, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    tails: Vec<(usize, TailTally)>,
    counts: Vec<(usize, CountTally)>,
}

/// The values of a percentile.
#[derive(Clone, Debug)]
struct TailTally {
    tail: Tail,
    /// The fault during which its requests arrived, if it is about such.
    during: Option<Fault>,
    answered: Vec<u64>,
    unanswered: u64,
    /// Ages of those under way at the end.
    in_flight: Vec<u64>,
}

/// Counts of a class, or of all requests.
#[derive(Clone, Copy, Debug, Default)]
struct CountTally {
    class: Option<ClassId>,
    arrived: u64,
    answered: u64,
    unanswered: u64,
    sum: u128,
}

/// What a replication gave for one measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "[u64; 5]", into = "[u64; 5]")]
pub(super) struct Found {
    /// Shares above X(1 − δ), X and X(1 + δ); for what is no percentile, the number three times.
    pub values: [f64; 3],
    /// The number in the unit of its metric: the percentile itself.
    pub number: f64,
    /// How many requests it is about.
    pub requests: f64,
}

/// The bits of its numbers: JSON has no infinite ones.
impl From<Found> for [u64; 5] {
    fn from(Found { values: [low, middle, high], number, requests }: Found) -> Self {
        [low, middle, high, number, requests].map(f64::to_bits)
    }
}

impl From<[u64; 5]> for Found {
    fn from(bits: [u64; 5]) -> Self {
        let [low, middle, high, number, requests] = bits.map(f64::from_bits);
        Self { values: [low, middle, high], number, requests }
    }
}

impl Tally {
    /// `faults` are those of the scenario.
    pub fn new(measures: impl Iterator<Item = Measure>, faults: &[Fault]) -> Self {
        let mut tally = Self::default();
        for (place, measure) in measures.enumerate() {
            match measure {
                Measure::Share(tail) => {
                    let during = tail.during.and_then(|id| faults.get(usize::from(id.0))).cloned();
                    let empty = TailTally { tail, during, answered: Vec::new(), unanswered: 0, in_flight: Vec::new() };
                    tally.tails.push((place, empty));
                }
                Measure::Mean(class) | Measure::ErrorRate(class) => {
                    tally.counts.push((place, CountTally { class, ..CountTally::default() }));
                }
                Measure::Number(_) | Measure::Headroom => {}
            }
        }
        tally
    }

    /// What a percentile in this place gave; `zone` are the ends of its zone, in the unit of its metric.
    pub fn tail(&mut self, place: usize, zone: [f64; 3], bound_is_above: bool) -> Option<Found> {
        let (_, tail) = self.tails.iter_mut().find(|(other, _)| *other == place)?;
        tail.found(zone, bound_is_above)
    }

    /// The values of all percentiles, each with its place.
    pub fn into_pooled(self) -> Vec<(usize, Pooled)> {
        self.tails.into_iter().map(|(place, tail)| (place, Pooled::of(tail))).collect()
    }

    /// The mean in this place, in milliseconds; infinite where none was answered.
    pub fn mean(&self, place: usize) -> Option<Found> {
        let (_, count) = self.counts.iter().find(|(other, _)| *other == place)?;
        let mean = match count.answered {
            0 if count.arrived == 0 => return None,
            0 => f64::INFINITY,
            answered => count.sum as f64 / answered as f64 / NANOS_PER_MILLI,
        };
        Some(Found { values: [mean; 3], number: mean, requests: count.answered as f64 })
    }

    /// The share without an answer in this place.
    pub fn error_rate(&self, place: usize) -> Option<Found> {
        let (_, count) = self.counts.iter().find(|(other, _)| *other == place)?;
        let share = (count.arrived > 0).then(|| count.unanswered as f64 / count.arrived as f64)?;
        Some(Found { values: [share; 3], number: share, requests: count.arrived as f64 })
    }
}

/// The values of a percentile, of one or more replications: in constant memory.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Pooled {
    answered: Sample,
    unanswered: u64,
    in_flight: Sample,
}

impl Pooled {
    fn of(tally: TailTally) -> Self {
        let mut pooled = Self { unanswered: tally.unanswered, ..Self::default() };
        pooled.answered.record(tally.answered);
        pooled.in_flight.record(tally.in_flight);
        pooled
    }

    pub fn merge(&mut self, other: &Self) {
        self.answered.merge(&other.answered);
        self.unanswered += other.unanswered;
        self.in_flight.merge(&other.in_flight);
    }

    pub const fn unanswered(&self) -> u64 {
        self.unanswered
    }

    /// The percentile in the unit of its metric; `None` where too many got no answer.
    pub fn percentile(&self, tail: Tail) -> Option<f64> {
        let Self { answered, unanswered, in_flight } = self;
        let nanos = percentile_of_arrived(answered, *unanswered, in_flight, tail.per_mille)?;
        Some(nanos as f64 / unit(tail))
    }
}

/// How much of what is counted is one in the unit of the metric.
const fn unit(tail: Tail) -> f64 {
    match tail.quantity {
        Quantity::ResponseTime | Quantity::OperationTime => NANOS_PER_MILLI,
        Quantity::Slowdown => SLOWDOWN_UNIT,
    }
}

impl TailTally {
    /// Whether it is about requests of that class that arrived then; during a fault, an operation is of the time in which its last
    /// attempt arrived.
    fn concerns(&self, class: ClassId, arrival: SimTime, counts: bool) -> bool {
        let is_during = |fault: &Fault| counts && fault.phase(arrival) == FaultPhase::During;
        self.tail.class.is_none_or(|own| own == class) && self.during.as_ref().is_none_or(is_during)
    }

    fn add(&mut self, departure: &Departure) {
        let Tail { quantity, class: _, during: _, answered_only, per_mille: _ } = self.tail;
        if !self.concerns(departure.entrance.class, departure.entrance.arrival, departure.counts) {
            return;
        }
        let value = match quantity {
            Quantity::OperationTime if !departure.ends_operation => return,
            Quantity::OperationTime => Some((departure.departure - departure.entrance.first_arrival).as_nanos()),
            Quantity::ResponseTime | Quantity::Slowdown if !departure.counts => return,
            Quantity::ResponseTime => Some(departure.response_time().as_nanos()),
            Quantity::Slowdown => slowdown(departure.response_time().as_nanos(), departure.entrance.demand.as_nanos()),
        };
        match (departure.outcome, value) {
            (_, None) => {}
            (Outcome::Completed, Some(value)) => self.answered.push(value),
            (Outcome::Rejected(_) | Outcome::TimedOut | Outcome::ServedLate | Outcome::Failed(_), Some(_)) => {
                self.unanswered += u64::from(!answered_only);
            }
        }
    }

    fn add_unfinished(&mut self, unfinished: &Unfinished) {
        let Tail { quantity, class: _, during: _, answered_only, per_mille: _ } = self.tail;
        let counts = unfinished.counts && unfinished.has_arrived;
        if answered_only || !self.concerns(unfinished.entrance.class, unfinished.entrance.arrival, counts) {
            return;
        }
        let standing = unfinished.standing();
        match quantity {
            Quantity::OperationTime if !unfinished.operation_counts => {}
            Quantity::OperationTime => match standing {
                Standing::Abandoned => self.unanswered += u64::from(unfinished.is_given_up),
                Standing::InFlight | Standing::BetweenAttempts => {
                    self.in_flight.push((unfinished.end - unfinished.entrance.first_arrival).as_nanos());
                }
            },
            Quantity::ResponseTime | Quantity::Slowdown if !unfinished.counts => {}
            Quantity::ResponseTime | Quantity::Slowdown => match standing {
                Standing::BetweenAttempts => {}
                Standing::Abandoned => self.unanswered += 1,
                Standing::InFlight => {
                    let age = unfinished.age().as_nanos();
                    let demand = unfinished.entrance.demand.as_nanos();
                    let value = if quantity == Quantity::Slowdown { slowdown(age, demand) } else { Some(age) };
                    self.in_flight.extend(value);
                }
            },
        }
    }

    fn found(&mut self, zone: [f64; 3], bound_is_above: bool) -> Option<Found> {
        let unit = unit(self.tail);
        let requests = (self.answered.len() + self.in_flight.len()) as f64 + self.unanswered as f64;
        let values = zone.map(|end| self.share_above(end * unit, bound_is_above));
        (requests > 0.0).then(|| Found { values, number: self.percentile() / unit, requests })
    }

    /// Those in flight count once they are older.
    fn share_above(&self, bound: f64, bound_is_above: bool) -> f64 {
        // Values are whole: those from here on are above the bound.
        let first = if bound_is_above { bound.ceil() } else { bound.floor() + 1.0 } as u64;
        let above = |values: &[u64]| values.iter().filter(|value| **value >= first).count() as f64;
        let older = above(&self.in_flight);
        let (beyond, all) = (self.unanswered as f64 + older, self.answered.len() as f64);
        let all = all + beyond;
        if all > 0.0 { (above(&self.answered) + beyond) / all } else { 0.0 }
    }

    /// Between the two values next to its rank (Hyndman and Fan 1996, type 8: unbiased in the median); infinite where too
    /// many got no answer.
    fn percentile(&mut self) -> f64 {
        let count = self.answered.len() as f64 + self.unanswered as f64;
        let share = self.tail.per_mille as f64 / 1e3;
        let rank = (share * (count + 1.0 / 3.0) + 1.0 / 3.0).clamp(1.0, count.max(1.0));
        let (below, part) = (rank.floor() as usize - 1, rank.fract());
        if below >= self.answered.len() {
            return f64::INFINITY;
        }
        let (_, value, rest) = self.answered.select_nth_unstable(below);
        let value = *value as f64;
        match rest.iter().min() {
            Some(next) => value + part * (*next as f64 - value),
            None => value,
        }
    }
}

fn slowdown(response_time: u64, demand: u64) -> Option<u64> {
    (demand > 0).then(|| (response_time as f64 * SLOWDOWN_UNIT / demand as f64).round() as u64)
}

impl CountTally {
    fn concerns(&self, class: ClassId) -> bool {
        self.class.is_none_or(|own| own == class)
    }

    fn add(&mut self, departure: &Departure) {
        if !departure.counts || !self.concerns(departure.entrance.class) {
            return;
        }
        self.arrived += 1;
        if departure.outcome == Outcome::Completed {
            self.answered += 1;
            self.sum += u128::from(departure.response_time().as_nanos());
        } else {
            self.unanswered += 1;
        }
    }

    fn add_unfinished(&mut self, unfinished: &Unfinished) {
        if !unfinished.counts || !self.concerns(unfinished.entrance.class) {
            return;
        }
        match unfinished.standing() {
            Standing::InFlight => self.arrived += 1,
            Standing::Abandoned => (self.arrived, self.unanswered) = (self.arrived + 1, self.unanswered + 1),
            Standing::BetweenAttempts => {}
        }
    }
}

impl Observer for Tally {
    fn on_departures(&mut self, departures: &[Departure]) {
        for (_, tail) in &mut self.tails {
            departures.iter().for_each(|departure| tail.add(departure));
        }
        for (_, count) in &mut self.counts {
            departures.iter().for_each(|departure| count.add(departure));
        }
    }

    fn on_unfinished(&mut self, unfinished: &Unfinished) {
        self.tails.iter_mut().for_each(|(_, tail)| tail.add_unfinished(unfinished));
        self.counts.iter_mut().for_each(|(_, count)| count.add_unfinished(unfinished));
    }
}

/// The demands of requests: how long they take with no other in the system.
#[derive(Clone, Debug, Default)]
pub(super) struct DemandTally(pub Vec<(ClassId, u64)>);

impl Observer for DemandTally {
    fn on_departures(&mut self, departures: &[Departure]) {
        let first = departures.iter().filter(|departure| departure.entrance.attempts_before == 0);
        self.0.extend(first.map(|one| (one.entrance.class, one.entrance.demand.as_nanos())));
    }
}
