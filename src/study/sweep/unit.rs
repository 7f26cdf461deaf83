//! The units of a sweep: one policy at one point. Units that run the same policy on the same scenario are measured once.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::figures::SweepFigures;
use crate::policy::PolicyChoice;
use crate::random::Arrivals;
use crate::scenario::{RunEnd, Scenario, WarmUp};
use crate::stats::{LoadState, ObjectiveResult, PolicyResults};
use crate::study::capacity::{Capacity, Loads, long_run_rate};
use crate::study::timelines::SHORT_RUN;
use crate::study::units::UnitPoint;

/// Which unit of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UnitKey {
    /// The number of the point; `None`: the run at 10 % load that the knee is compared with.
    pub point: Option<usize>,
    /// The policy's place in the scenario.
    pub policy: usize,
}

impl UnitKey {
    /// The point, as units of work have it.
    pub(super) fn point(self) -> UnitPoint {
        self.point.map_or(UnitPoint::Light, UnitPoint::Numbered)
    }
}

/// What a unit gave.
#[derive(Clone, Debug)]
pub struct SweptUnit {
    /// Which one.
    pub key: UnitKey,
    /// What tables and charts show of it.
    pub figures: SweepFigures,
    /// Its results, without timelines and without `over_time`.
    pub results: PolicyResults,
    /// The objectives that concern it.
    pub objectives: Vec<ObjectiveResult>,
}

/// A policy at a point, ready to be run.
pub(super) struct Unit<'a> {
    pub key: UnitKey,
    pub scenario: Cow<'a, Scenario>,
}

impl Unit<'_> {
    pub fn policy(&self) -> &PolicyChoice {
        &self.scenario.policies()[self.key.policy]
    }

    /// What decides its numbers: units of the same content give the same. An automatic warm-up depends on all policies of the
    /// point.
    pub fn content(&self) -> String {
        let point = match self.scenario.run().warm_up {
            WarmUp::Auto => self.key.point,
            WarmUp::None | WarmUp::Fixed(_) => None,
        };
        let is_light = self.key.point.is_none();
        format!("{point:?} {is_light} {}", self.with_one_policy(&[]))
    }

    /// What decides the capacity of its policy.
    pub fn content_of_capacity(&self) -> String {
        let brings_mix = matches!(self.scenario.arrivals(), Arrivals::At(_) | Arrivals::Trace(_));
        let left_out = ["run", "slo", "faults", "clients", "tolerances", "arrivals"];
        self.with_one_policy(if brings_mix { &left_out[..5] } else { &left_out })
    }

    /// The scenario without these sections, and with its policy only.
    fn with_one_policy(&self, left_out: &[&str]) -> String {
        let fields = self.scenario.canonical().as_object().into_iter().flatten();
        let kept = fields.filter(|(name, _)| !left_out.contains(&name.as_str()));
        let section = |(name, value): (&String, &Value)| match value.as_array().filter(|_| name == "policies") {
            Some(policies) => format!("{name}:{}", policies[self.key.policy]),
            None => format!("{name}:{value}"),
        };
        kept.map(section).collect()
    }

    /// The same, without owning its scenario.
    pub fn borrowed(&self) -> Unit<'_> {
        Unit { key: self.key, scenario: Cow::Borrowed(&self.scenario) }
    }

    /// Requests per second that arrive in the long run.
    pub fn offered_per_s(&self) -> Option<f64> {
        long_run_rate(self.scenario.arrivals())
    }

    /// About how many requests arrive in a replication; `None` where users decide it.
    pub fn requests(&self) -> Option<u64> {
        match self.scenario.run().end {
            RunEnd::Requests(requests) => Some(requests),
            RunEnd::Arrivals => self.scenario.arrivals().count(),
            RunEnd::Duration(duration) => self.offered_per_s().map(|rate| (rate * duration.as_secs()) as u64),
        }
    }

    /// Whether it has so few requests that its capacity says nothing about it.
    pub fn is_short(&self) -> bool {
        self.requests().is_some_and(|requests| requests <= SHORT_RUN)
    }

    /// Whether more requests arrive than its policy can serve.
    pub fn is_unstable(&self, capacity: Option<&Capacity>) -> bool {
        let loads = |capacity: &Capacity| Loads::with_capacity(&self.scenario, self.policy(), capacity.clone());
        let state = |capacity| loads(capacity).saturation(0.0).state;
        capacity.is_some_and(|capacity| state(capacity) == Some(LoadState::Unstable))
    }
}

/// The units of each content, by the place of the first of them.
pub(super) fn alike(units: &[Unit<'_>]) -> BTreeMap<usize, Vec<usize>> {
    let mut first_of: BTreeMap<String, usize> = BTreeMap::new();
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, unit) in units.iter().enumerate() {
        let first = *first_of.entry(unit.content()).or_insert(place);
        groups.entry(first).or_default().push(place);
    }
    groups
}
