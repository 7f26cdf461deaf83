//! What is read from a run and compared with theory.

use super::FigureUnit;
use crate::stats::PolicyNumbers;

/// A number that every replication gives.
#[derive(Clone, Copy, Debug)]
pub(super) struct CaseQuantity {
    pub name: &'static str,
    pub unit: FigureUnit,
    pub reading: Reading,
    pub width: Width,
}

/// How a number is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reading {
    /// From the results.
    Results(fn(&PolicyNumbers) -> Option<f64>),
    /// The share of time with this many requests in the system.
    TimeWith(u32),
}

/// How wide a confidence interval may be: half width / exact value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// Of a mean: 2 %.
    Mean,
    /// Of a probability, a percentile, or a mean of something rare: 5 %, in the precise mode 2 %.
    Tail,
}

impl Width {
    pub const fn allowed(self, precise: bool) -> f64 {
        match (self, precise) {
            (Self::Mean, _) | (Self::Tail, true) => 0.02,
            (Self::Tail, false) => 0.05,
        }
    }
}

impl CaseQuantity {
    const fn mean(name: &'static str, unit: FigureUnit, read: fn(&PolicyNumbers) -> Option<f64>) -> Self {
        Self { name, unit, reading: Reading::Results(read), width: Width::Mean }
    }

    const fn percentile(name: &'static str, read: fn(&PolicyNumbers) -> Option<f64>) -> Self {
        Self { name, unit: FigureUnit::Milliseconds, reading: Reading::Results(read), width: Width::Tail }
    }

    const fn probability(name: &'static str, read: fn(&PolicyNumbers) -> Option<f64>) -> Self {
        Self { name, unit: FigureUnit::One, reading: Reading::Results(read), width: Width::Tail }
    }

    /// The share of time with this many requests in the system.
    pub const fn time_with(name: &'static str, number: u32) -> Self {
        Self { name, unit: FigureUnit::One, reading: Reading::TimeWith(number), width: Width::Tail }
    }
}

pub(super) const RESPONSE_TIME: CaseQuantity =
    CaseQuantity::mean("response time", FigureUnit::Milliseconds, |results| results.response_time_ms.mean);
/// Of the classes with these names.
pub(super) const SHORT_RESPONSE_TIME: CaseQuantity =
    CaseQuantity::mean("response time of short ones", FigureUnit::Milliseconds, |results| class_mean(results, "short"));
pub(super) const LONG_RESPONSE_TIME: CaseQuantity =
    CaseQuantity::mean("response time of long ones", FigureUnit::Milliseconds, |results| class_mean(results, "long"));
pub(super) const WAITING_TIME: CaseQuantity =
    CaseQuantity::mean("waiting time", FigureUnit::Milliseconds, |results| results.waiting_time_ms.mean);
/// The wait for a thread where few have to wait.
pub(super) const RARE_WAITING_TIME: CaseQuantity = CaseQuantity { width: Width::Tail, ..WAITING_TIME };
pub(super) const TIME_IN_SLOT: CaseQuantity =
    CaseQuantity::mean("time in a slot", FigureUnit::Milliseconds, |results| {
        Some(results.response_time_ms.mean? - results.waiting_time_ms.mean?)
    });
pub(super) const IN_SYSTEM: CaseQuantity =
    CaseQuantity::mean("number in system", FigureUnit::One, |results| results.in_system.mean);
pub(super) const THROUGHPUT: CaseQuantity =
    CaseQuantity::mean("throughput", FigureUnit::PerSecond, |results| results.throughput_per_s);
pub(super) const GOODPUT: CaseQuantity =
    CaseQuantity::mean("goodput", FigureUnit::PerSecond, |results| results.goodput_per_s);
pub(super) const UTILIZATION: CaseQuantity =
    CaseQuantity::mean("utilization", FigureUnit::One, |results| results.utilization.cores);

pub(super) const RESPONSE_TIME_P50: CaseQuantity =
    CaseQuantity::percentile("response time p50", |results| results.response_time_ms.p50);
pub(super) const RESPONSE_TIME_P90: CaseQuantity =
    CaseQuantity::percentile("response time p90", |results| results.response_time_ms.p90);
pub(super) const RESPONSE_TIME_P95: CaseQuantity =
    CaseQuantity::percentile("response time p95", |results| results.response_time_ms.p95);
pub(super) const RESPONSE_TIME_P99: CaseQuantity =
    CaseQuantity::percentile("response time p99", |results| results.response_time_ms.p99);
pub(super) const WAITING_TIME_P95: CaseQuantity =
    CaseQuantity::percentile("waiting time p95", |results| results.waiting_time_ms.p95);
pub(super) const WAITING_TIME_P99: CaseQuantity =
    CaseQuantity::percentile("waiting time p99", |results| results.waiting_time_ms.p99);

pub(super) const MUST_WAIT: CaseQuantity =
    CaseQuantity::probability("has to wait", |results| results.waiting_time_ms.probability);
pub(super) const REJECTED: CaseQuantity =
    CaseQuantity::probability("rejected", |results| share(results.requests.rejected, results.requests.arrived));
pub(super) const TIMED_OUT: CaseQuantity =
    CaseQuantity::probability("gave up", |results| share(results.requests.timed_out, results.requests.arrived));
pub(super) const IDLE: CaseQuantity =
    CaseQuantity::probability("idle", |results| Some(1.0 - results.utilization.cores?));

fn class_mean(results: &PolicyNumbers, class: &str) -> Option<f64> {
    results.classes.get(class)?.response_time_ms.mean
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
