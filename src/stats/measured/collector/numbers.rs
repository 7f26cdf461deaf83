//! From what was collected to numbers.

use indexmap::IndexMap;

use crate::engine::ClassCounts;
use crate::model::{Activity, Breakdown, Named, Quantity, SimDuration, Tail};
use crate::stats::measured::deadlock::deadlock;
use crate::stats::measured::numbers::{ClassNumbers, PolicyNumbers, Tails};
use crate::stats::measured::of_arrived::{OfArrived, Percentile};
use crate::stats::measured::outcomes::{Operations, Unanswered};
use crate::stats::measured::per_replica::per_replica;
use crate::stats::measured::per_worker::{imbalance, listed, per_worker};
use crate::stats::measured::sample::Sample;
use crate::stats::measured::totals::Totals;
use crate::stats::results::{InSystem, RequestCounts, Slowdown, Summary, WaitingTime};

use super::utilization::utilization;
use super::{ClassSamples, Collector, SLOWDOWN_UNIT, Subject};

const NANOS_PER_MILLI: f64 = 1e6;

impl Collector {
    /// The numbers, with what the engine counted at the same time.
    pub fn numbers(&self, subject: Subject<'_>, totals: &Totals) -> PolicyNumbers {
        let mut all = ClassSamples::default();
        let mut counts = ClassCounts::default();
        let mut classes = IndexMap::new();
        for ((name, samples), of_class) in subject.classes.iter().zip(&self.classes).zip(&totals.classes) {
            all.merge(samples);
            counts.add(*of_class);
            classes.insert(String::from(*name), samples.numbers(*of_class));
        }
        let ClassNumbers { requests, response_time_ms, slowdown, error_rate, mut tails } = all.numbers(counts);
        if let Some(operations) = &self.operations {
            add_tails(&mut tails, Quantity::OperationTime, operations.of_arrived());
        }
        let seconds = totals.seconds();
        let workers = per_worker(subject, totals);
        let goodput = requests.completed + totals.from_warm_up.completed;
        let per_second = |count: u64| (seconds > 0.0).then(|| count as f64 / seconds);
        PolicyNumbers {
            requests,
            response_time_ms,
            slowdown,
            error_rate,
            tails,
            breakdown_ms: breakdown(&self.spent, all.response_time.count()),
            unanswered_breakdown_ms: (self.unanswered.departed > 0)
                .then(|| breakdown(&self.unanswered.spent, self.unanswered.departed)),
            waiting_time_ms: wait_summary(&self.waiting_time, self.waited),
            stations: self.stations.results(subject, totals),
            // Workers that do not run have no requests, and it is as it should be.
            imbalance: imbalance(&workers).filter(|_| subject.rules.spare_workers.is_none()),
            per_worker: listed(workers),
            per_replica: per_replica(subject, totals),
            in_system: InSystem { mean: totals.share(totals.in_system, 1), max: totals.in_system.max },
            throughput_per_s: per_second(goodput + counts.served_late + totals.from_warm_up.served_late),
            goodput_per_s: per_second(goodput),
            utilization: utilization(subject, totals),
            classes,
            operations: self.operations.as_ref().map(Operations::counts),
            operation_time_ms: self.operations.as_ref().map(|operations| summary(&operations.time)),
            amplification: self.operations.as_ref().and_then(|_| amplification(requests)),
            warm_up_requests: totals.warm_up_requests,
            incomplete: totals.incomplete.clone(),
            deadlock: totals.deadlock.as_ref().map(|found| deadlock(found, subject)),
            events: totals.phase_events,
        }
    }
}

impl ClassSamples {
    fn numbers(&self, counts: ClassCounts) -> ClassNumbers {
        let requests = request_counts(counts);
        let without_answer = requests.unanswered();
        let ratio = |millionths: u64| millionths as f64 / SLOWDOWN_UNIT as f64;
        let [slowdown_p50, slowdown_p99] = self.slowdown.percentiles([500, 990]).map(|share| share.map(ratio));
        ClassNumbers {
            requests,
            response_time_ms: summary(&self.response_time),
            slowdown: Slowdown {
                mean: self.slowdown.mean().map(|mean| mean / SLOWDOWN_UNIT as f64),
                p50: slowdown_p50,
                p99: slowdown_p99,
                max: self.slowdown.max().map(ratio),
            },
            error_rate: (requests.arrived > 0).then(|| without_answer as f64 / requests.arrived as f64),
            tails: self.tails(without_answer, counts.longest_unanswered),
        }
    }

    fn tails(&self, unanswered: u64, longest_unanswered: SimDuration) -> Tails {
        let Unanswered { without_demand, ages, slowdowns } = &self.unanswered;
        let times = OfArrived { answered: &self.response_time, unanswered, in_flight: ages };
        let unanswered = unanswered.saturating_sub(*without_demand);
        let ratios = OfArrived { answered: &self.slowdown, unanswered, in_flight: slowdowns };
        let longest = [self.response_time.max(), ages.max(), Some(longest_unanswered.as_nanos())];
        let mut tails =
            Tails { longest_wait_ms: longest.into_iter().flatten().max().map(nanos_to_millis), ..Tails::default() };
        add_tails(&mut tails, Quantity::ResponseTime, times);
        add_tails(&mut tails, Quantity::Slowdown, ratios);
        tails
    }
}

/// Adds the percentiles and the maximum of a quantity over every request that arrived. They are infinite where too many got
/// no answer for the number to exist.
fn add_tails(tails: &mut Tails, quantity: Quantity, of: OfArrived<'_>) {
    let unit = match quantity {
        Quantity::ResponseTime | Quantity::OperationTime => NANOS_PER_MILLI,
        Quantity::Slowdown => SLOWDOWN_UNIT as f64,
    };
    let asked = Named::tails().filter(|(_, tail)| tail.quantity == quantity);
    let (names, shares): (Vec<Named>, Vec<u64>) =
        asked.map(|(named, Tail { per_mille, .. })| (named, per_mille)).unzip();
    for (named, found) in names.into_iter().zip(of.percentiles(&shares)) {
        let number = match found {
            Percentile::Unknown(at_least) => {
                tails.at_least.extend(at_least.map(|number| (named.name(), number as f64 / unit)));
                None
            }
            Percentile::Beyond => Some(f64::INFINITY),
            Percentile::At(number) => Some(number as f64 / unit),
        };
        tails.numbers.insert(named.name(), number);
    }
}

/// Mean times that this many requests spent in each activity.
fn breakdown(spent: &[u128; Activity::ALL.len()], requests: u64) -> Breakdown {
    let mean = |activity: Activity| (requests > 0).then(|| millis(spent[activity as usize] as f64 / requests as f64));
    Activity::ALL.map(mean).into()
}

/// Waits in nanoseconds; `waited` of them were above 0.
pub fn wait_summary(waits: &Sample, waited: u64) -> WaitingTime {
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

fn millis(nanos: f64) -> f64 {
    nanos / NANOS_PER_MILLI
}

fn nanos_to_millis(nanos: u64) -> f64 {
    millis(nanos as f64)
}
