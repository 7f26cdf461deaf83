//! What happened when: windows of time, and what single requests did.

use schemars::JsonSchema;
use serde::Serialize;

use super::is_false;
use super::is_zero;
use crate::model::{Activity, Place, SimDuration};

/// A window of time. A request belongs to the window in which it arrived; a retry is a request of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct TimeWindow {
    /// When it begins.
    pub start_ms: f64,
    /// When it ends.
    pub end_ms: f64,
    /// Requests that arrived.
    pub arrivals: u64,
    /// Of these, how many were answered, then or later.
    pub completions: u64,
    /// Of these, how many were rejected, timed out or failed, then or later; the rest was in flight at the end of the run.
    pub unanswered: u64,
    /// Mean response time of those that were answered.
    pub mean_ms: Option<f64>,
    /// Median of their response times, for pictures. Not written.
    #[serde(skip)]
    pub p50_ms: Option<f64>,
    /// 95th percentile of their response times: exact up to 512 requests, beyond that within 0.1 %.
    pub p95_ms: Option<f64>,
    /// Answers given in this time, to requests that arrived then or before, per second.
    pub throughput_per_s: Option<f64>,
    /// Requests in the system, mean over the window.
    pub in_system: Option<f64>,
    /// Requests in the backlog, mean over the window.
    pub backlog: Option<f64>,
    /// CPU time of requests / (time × cores); the CPU time of a request is spread evenly over its time in progress.
    pub utilization: Option<f64>,
}

/// What one request did.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct TimelineEntry {
    /// Its number in the run, counted from 1.
    pub request: u64,
    /// Its class.
    pub class: String,
    /// When it arrived.
    pub arrival_ms: f64,
    /// When it departed, with an answer or without; `None` while in flight at the end.
    pub departure_ms: Option<f64>,
    /// Arrival to departure, of an answered one.
    pub response_time_ms: Option<f64>,
    /// What became of it if it departed without an answer, or with one too late: `rejected`, `timed_out`,
    /// `served_late` or `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<&'static str>,
    /// Why it was rejected or failed: one of the reasons of `rejected_by` and `failed_by`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// Response time / demand.
    pub slowdown: Option<f64>,
    /// The worker that took it, counted from 1.
    pub worker: Option<u32>,
    /// The slot (sync: always 1; threaded: the thread) it held in that worker, counted from 1; async has none
    /// unless limited.
    pub slot: Option<u32>,
    /// How many segments were merged into their neighbours because the request has too many: in a merged stretch all time spent
    /// in one way stands together. 0 is left out.
    #[serde(skip_serializing_if = "is_zero")]
    pub merged_segments: u64,
    /// What it did, in order of time, without holes.
    pub segments: Vec<TimelineSegment>,
    /// The connections that it held over several phases, in the order in which it returned them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<TimelineConnection>,
    /// The threads of its loop's thread pool that it had, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub threads: Vec<TimelineThread>,
    /// How long it spent on each activity in each place, such as a backend. Not written.
    #[serde(skip)]
    pub parts: Vec<TimelinePart>,
}

/// A connection that a request held over several phases.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct TimelineConnection {
    /// The backend.
    pub backend: String,
    /// When the request got it.
    pub start_ms: f64,
    /// When it returned it, or the run ended.
    pub end_ms: f64,
}

/// A thread of a thread pool that a request had.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct TimelineThread {
    /// Its number among those of the worker, counted from 1: the lowest that was idle.
    pub thread: u32,
    /// When the request got it.
    pub start_ms: f64,
    /// When it returned it, or the run ended.
    pub end_ms: f64,
}

/// What of a worker a request occupies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum RunnerPart {
    /// A slot, counted from 1: the worker itself, or one of its threads.
    Slot(u32),
    /// Its loop.
    Loop,
    /// A thread of the loop's thread pool, counted from 1.
    Thread(u32),
}

/// A part of a worker, which one request at a time occupies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RunnerPlace {
    /// The worker, counted from 1.
    pub worker: u32,
    /// What of it.
    pub part: RunnerPart,
}

/// When a place was occupied, by whichever requests.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Occupied {
    /// The place.
    pub place: RunnerPlace,
    /// Starts and ends, in order, without overlaps.
    pub spans_ms: Vec<[f64; 2]>,
}

/// Time that a request spent on one activity in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelinePart {
    /// What it was doing.
    pub activity: Activity,
    /// Where it waited or was served; `None` while it slept.
    pub place: Option<Place>,
    /// How long, in all.
    pub span: SimDuration,
}

/// A stretch of a request's time spent in one way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct TimelineSegment {
    /// The activity: the name of one of the parts of `breakdown_ms`.
    pub kind: &'static str,
    /// When it begins.
    pub start_ms: f64,
    /// When it ends.
    pub end_ms: f64,
    /// Whether it is a wait that blocks what runs the request, where other waits do not.
    #[serde(skip_serializing_if = "is_false")]
    pub blocking: bool,
    /// What is special about a wait; omitted for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<WaitCause>,
}

impl TimelineSegment {
    /// What the request was doing.
    pub(crate) fn activity(&self) -> Activity {
        let named = Activity::ALL.into_iter().find(|activity| activity.name() == self.kind);
        named.expect("segments bear the names of activities")
    }
}

/// What is special about a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum WaitCause {
    /// The CPU quota is used up, and nothing runs until the next period (`run_queue_wait`).
    Throttled,
    /// A connection is being opened for the request (`pool_wait`).
    Opening,
}

impl WaitCause {
    /// Every cause.
    pub const ALL: [Self; 2] = [Self::Throttled, Self::Opening];

    /// What is special about waiting in a place.
    pub const fn of(place: Place) -> Option<Self> {
        match place {
            Place::CpuLimit => Some(Self::Throttled),
            Place::Opening(_) => Some(Self::Opening),
            Place::Backlog
            | Place::Loop
            | Place::Lock
            | Place::Cores
            | Place::Threads
            | Place::Pool(_)
            | Place::Backend(_) => None,
        }
    }
}
