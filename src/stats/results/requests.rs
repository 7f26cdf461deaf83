//! What happened to requests, in counts and summaries.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

use super::intervals::ClassConfidence;
use crate::model::FailedBy;
use crate::model::RejectedBy;

/// What happened to the requests: arrived = completed + rejected + timed out + failed + in flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RequestCounts {
    /// Entered the system.
    pub arrived: u64,
    /// Answered in time.
    pub completed: u64,
    /// Rejected because a limit was reached.
    pub rejected: u64,
    /// The client gave up.
    pub timed_out: u64,
    /// Ended with an error.
    pub failed: u64,
    /// Tries beyond the first.
    pub retried: u64,
    /// Still in the system at the end.
    pub in_flight: u64,
    /// The rejected ones, by reason.
    #[serde(skip_serializing_if = "RejectedBy::is_empty")]
    pub rejected_by: RejectedBy,
    /// The failed ones, by reason.
    #[serde(skip_serializing_if = "FailedBy::is_empty")]
    pub failed_by: FailedBy,
}

impl RequestCounts {
    /// How many came to an end, with an answer or without.
    pub const fn ended(&self) -> u64 {
        self.arrived - self.in_flight
    }

    /// How many ended without an answer.
    pub const fn unanswered(&self) -> u64 {
        self.rejected + self.timed_out + self.failed
    }

    /// Adds other requests to these.
    pub fn add(&mut self, other: Self) {
        self.arrived += other.arrived;
        self.completed += other.completed;
        self.rejected += other.rejected;
        self.timed_out += other.timed_out;
        self.failed += other.failed;
        self.retried += other.retried;
        self.in_flight += other.in_flight;
        self.rejected_by.add(other.rejected_by);
        self.failed_by.add(other.failed_by);
    }
}

/// Operations: all attempts of a client to get one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct OperationCounts {
    /// Began after the warm-up.
    pub arrived: u64,
    /// Got an answer in time, at the first attempt or a later one.
    pub answered: u64,
    /// Ended without one: the client makes no further attempt.
    pub given_up: u64,
    /// Still under way at the end, a client between two attempts included.
    pub in_flight: u64,
    /// Given up / arrived.
    pub error_rate: Option<f64>,
}

/// A distribution in a few numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Summary {
    /// Arithmetic mean.
    pub mean: Option<f64>,
    /// Standard deviation of the population.
    pub stddev: Option<f64>,
    /// Smallest.
    pub min: Option<f64>,
    /// Median.
    pub p50: Option<f64>,
    /// 90th percentile.
    pub p90: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// 99.9th percentile.
    pub p999: Option<f64>,
    /// Largest.
    pub max: Option<f64>,
}

/// Response time / demand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Slowdown {
    /// Arithmetic mean over the requests.
    pub mean: Option<f64>,
    /// Median.
    pub p50: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// Largest.
    pub max: Option<f64>,
}

/// Numbers of every request that arrived.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct AllArrived {
    /// Percentiles and maxima by the names that objectives use, times in ms; `null` where too many requests got no answer for
    /// the number to exist.
    pub numbers: IndexMap<&'static str, Option<f64>>,
    /// The longest that a request was seen to wait, in ms: until its answer, until it ended without one, or until the end of
    /// the run.
    pub longest_wait_ms: Option<f64>,
    /// Confidence intervals of these numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<ClassConfidence>,
}

/// The wait in the backlog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct WaitingTime {
    /// Mean over all requests that were taken, those that did not wait included.
    pub mean: Option<f64>,
    /// Median.
    pub p50: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// The share of requests that waited at all.
    pub probability: Option<f64>,
}

/// Requests inside the system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct InSystem {
    /// Mean over time.
    pub mean: Option<f64>,
    /// Most at one instant.
    pub max: u64,
}
