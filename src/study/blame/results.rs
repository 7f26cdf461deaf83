//! What `explain` says, as files hold it: times in milliseconds.

use schemars::JsonSchema;
use serde::Serialize;

use crate::engine::Outcome;
use crate::model::{Activity, SimDuration};
use crate::stats::Incomplete;

use super::log::Log;
use super::matrix::BlameMatrix;
use super::partition::{BlameCause, Blamed, Root, RootActivity};
use super::what_if::{WhatIf, WhatIfChange};
use super::{ExplainedRequest, ExplainedWait, Explanation};

/// The schema of explanations. Fields are only ever added within a major version.
pub const EXPLAIN_SCHEMA: &str = "waitline.explain/1";

/// Whose fault the waits of some requests are.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Explanations {
    /// The name and version of the schema.
    pub schema: &'static str,
    /// The version of the program.
    pub waitline: &'static str,
    /// The scenario's name.
    pub scenario: String,
    /// The seed of all random numbers.
    pub seed: u64,
    /// Each policy.
    pub policies: Vec<PolicyExplanation>,
}

/// Whose fault the waits of some requests are under one policy, in the first replication.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PolicyExplanation {
    /// The policy's name.
    pub name: String,
    /// The requests, the slowest first.
    pub requests: Vec<RequestExplanation>,
    /// Why the run stopped before its end; the requests are of what was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub incomplete: Option<Incomplete>,
    /// Which class makes which wait; `None` unless that was asked for, or if it takes too much memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matrix: Option<BlameMatrix>,
    /// What would have helped the first of them, the best first; empty unless that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub what_if: Vec<WhatIf>,
}

/// A request, and whose fault its waits are.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RequestExplanation {
    /// Its number in the order of all arrivals, counted from 1.
    pub request: u64,
    /// Its class.
    pub class: String,
    /// When it arrived.
    pub arrival_ms: f64,
    /// From its arrival to its departure, or to the end of the run if it was in flight then.
    pub response_time_ms: f64,
    /// The time it would take if it were alone in the system.
    pub demand_ms: f64,
    /// Response time / demand; `None` without a demand.
    pub slowdown: Option<f64>,
    /// What became of it: `answered`, `rejected`, `failed`, `timed_out`, `served_late` or `in_flight`.
    pub outcome: &'static str,
    /// Its waits, in order; those in parallel branches are of the branch on the critical path.
    pub waits: Vec<WaitExplanation>,
}

/// A wait, and whose fault it is.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct WaitExplanation {
    /// Where: `backlog`, or the station as results name it.
    pub station: String,
    /// When it begins.
    pub start_ms: f64,
    /// When it ends. Where units are shared equally, the request is served in between, too.
    pub end_ms: f64,
    /// How long it is.
    pub wait_ms: f64,
    /// The shares of those who used what the request waited for, and of causes; they add up to the wait.
    pub direct: Vec<DirectShare>,
    /// Each direct share goes on to what its holder waited for at that time, up to a request that worked or was away, or to a
    /// cause; these shares add up to the wait, too.
    pub root: Vec<RootShare>,
}

/// A share of a wait.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct DirectShare {
    /// The request that used a unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<u64>,
    /// Its class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The cause, where no other request used any unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<BlameCause>,
    /// How much of the wait it is.
    pub wait_ms: f64,
}

/// A share of a wait at the end of the chain.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RootShare {
    /// The request that worked or was away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<u64>,
    /// Its class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// What it was doing: `framework`, `compute`, `backend` or `sleep`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub activity: Option<&'static str>,
    /// The cause, where the chain ends at none of the requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<BlameCause>,
    /// How much of the wait it is.
    pub wait_ms: f64,
}

/// A share of the waits of a class that the runs without the blamed class do not confirm.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct UnconfirmedShare {
    /// The class that waits.
    pub class: String,
    /// The class that is blamed.
    pub blamed: String,
    /// Its share of the mean wait, by the root partition.
    pub share_ms: f64,
    /// By how much the mean response time is lower without it.
    pub gain_ms: f64,
}

impl PolicyExplanation {
    /// The shares of classes in the waits of the explained request's class of which less than half is gained without the class,
    /// beyond chance.
    pub fn unconfirmed(&self) -> Vec<UnconfirmedShare> {
        let class = self.requests.first().map(|request| request.class.as_str());
        let (Some(class), Some(matrix)) = (class, &self.matrix) else { return Vec::new() };
        let of = |one: &WhatIf| match &one.change {
            WhatIfChange::ClassAbsent { class: blamed } => {
                let mean = one.class_mean()?;
                let cells = matrix.cells.iter().filter(|cell| cell.class == class);
                let share_ms: f64 =
                    cells.filter(|cell| cell.blamed.as_ref() == Some(blamed)).map(|cell| cell.root_ms).sum();
                let most_gain = -mean.interval_ms.map_or(mean.difference_ms, |[low, _]| low);
                let (class, blamed, gain_ms) = (class.to_owned(), blamed.clone(), -mean.difference_ms);
                (most_gain < share_ms / 2.0).then_some(UnconfirmedShare { class, blamed, share_ms, gain_ms })
            }
            WhatIfChange::PhaseShorter { .. } | WhatIfChange::OneMore { .. } | WhatIfChange::OtherPolicy { .. } => None,
        };
        self.what_if.iter().filter_map(of).collect()
    }
}

impl RootShare {
    /// Whether the request was away: it waited for a backend to serve it, or slept.
    pub fn is_away(&self) -> bool {
        [Activity::Backend, Activity::Sleep].iter().any(|away| self.activity == Some(away.name()))
    }
}

/// The names of the classes of requests.
pub(super) struct Names<'a> {
    pub log: &'a Log,
    pub classes: Vec<&'a str>,
}

impl Names<'_> {
    fn class(&self, request: u64) -> Option<String> {
        let class = self.log.classes.get(&request)?;
        self.classes.get(usize::from(class.0)).map(|name| (*name).to_owned())
    }

    /// An explanation as files hold it.
    pub fn policy(&self, explanation: &Explanation) -> PolicyExplanation {
        PolicyExplanation {
            name: explanation.policy.clone(),
            requests: explanation.requests.iter().map(|request| self.request(request)).collect(),
            incomplete: None,
            matrix: None,
            what_if: Vec::new(),
        }
    }

    fn request(&self, request: &ExplainedRequest) -> RequestExplanation {
        let (response_time, demand) = (request.response_time, request.demand);
        let slowdown = (demand > SimDuration::ZERO).then(|| response_time.as_millis() / demand.as_millis());
        RequestExplanation {
            request: request.request + 1,
            class: request.class.clone(),
            arrival_ms: request.arrival.as_millis(),
            response_time_ms: response_time.as_millis(),
            demand_ms: demand.as_millis(),
            slowdown,
            outcome: outcome(request.outcome),
            waits: request.waits.iter().map(|wait| self.wait(wait)).collect(),
        }
    }

    fn wait(&self, wait: &ExplainedWait) -> WaitExplanation {
        WaitExplanation {
            station: wait.station.clone(),
            start_ms: wait.start.as_millis(),
            end_ms: wait.end.as_millis(),
            wait_ms: wait.wait.as_millis(),
            direct: wait.direct.iter().map(|(blamed, share)| self.direct(*blamed, *share)).collect(),
            root: wait.root.iter().map(|(root, share)| self.root(*root, *share)).collect(),
        }
    }

    fn direct(&self, blamed: Blamed, share: SimDuration) -> DirectShare {
        let (request, cause) = match blamed {
            Blamed::Request(request) => (Some(request), None),
            Blamed::Cause(cause) => (None, Some(cause)),
        };
        let class = request.and_then(|request| self.class(request));
        DirectShare { request: request.map(|request| request + 1), class, cause, wait_ms: share.as_millis() }
    }

    fn root(&self, root: Root, share: SimDuration) -> RootShare {
        let wait_ms = share.as_millis();
        match root {
            Root::Request(request, RootActivity(activity)) => RootShare {
                request: Some(request + 1),
                class: self.class(request),
                activity: Some(activity.name()),
                cause: None,
                wait_ms,
            },
            Root::Cause(cause) => RootShare { request: None, class: None, activity: None, cause: Some(cause), wait_ms },
        }
    }
}

fn outcome(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        None => "in_flight",
        Some(Outcome::Completed) => "answered",
        Some(Outcome::Rejected(_)) => "rejected",
        Some(Outcome::TimedOut) => "timed_out",
        Some(Outcome::ServedLate) => "served_late",
        Some(Outcome::Failed(_)) => "failed",
    }
}
