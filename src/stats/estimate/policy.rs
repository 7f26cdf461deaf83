//! All that the runs of a policy say: what results are made of.

use super::confidence::Estimated;
use crate::policy::{Runner, StandsFor};
use crate::stats::measured::RecordedTimeline;
use crate::stats::results::{FaultEffect, NoPrediction, Saturation, TimeWindow};

/// What the runs of a policy say.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyEstimate {
    /// The policy.
    pub profile: PolicyProfile,
    /// Its numbers and their intervals.
    pub estimated: Estimated,
    /// What each fault did to its requests.
    pub faults: Vec<EstimatedFault>,
    /// What happened when.
    pub over_time: Vec<TimeWindow>,
    /// What it can sustain, and what was asked of it.
    pub saturation: Option<Saturation>,
    /// Why its numbers predict nothing about a real server, where it is a preset.
    pub no_prediction: Option<NoPrediction>,
    /// What the first requests did, as far as that was recorded.
    pub timeline: RecordedTimeline,
}

/// What a policy is.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyProfile {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: &'static str,
    /// What runs its requests.
    pub runner: Runner,
    /// The plain policy that it stands for, if it is a preset.
    pub stands_for: Option<StandsFor>,
    /// How many worker processes there are.
    pub workers: u32,
    /// How many requests each has in progress at most; `None`: unlimited.
    pub slots: Option<u32>,
}

/// What a fault did to the requests of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct EstimatedFault {
    /// In a few numbers.
    pub effect: FaultEffect,
    /// All numbers of the requests that arrived while it was under way, of a fault that has a name.
    pub during: Option<Estimated>,
    /// How many replications that is of.
    pub replications: u64,
}
