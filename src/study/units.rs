//! Units of work that several machines divide among them: what a unit gives is stored, and read again where all are merged.
//!
//! A unit is known by its numbers (point, policy, replication), never by the machine that does it. Whoever needs what a unit
//! gives asks here: it is simulated, or found in a store, or it is somewhere else. Everything made of it is the same code in
//! each case, so the results are the same bytes.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;

/// Which share of the units one machine does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Its number, counted from 1.
    pub number: u64,
    /// How many there are.
    pub of: u64,
}

impl Shard {
    /// Whether it does the unit at this place.
    const fn has(self, place: u64) -> bool {
        place % self.of == self.number - 1
    }
}

/// Where a unit belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitPoint {
    /// The scenario as it is.
    Only,
    /// A point of a sweep, counted from 0.
    Numbered(usize),
    /// The run at 10 % load that the knee of a sweep is compared with.
    Light,
    /// What a plan tests, by its name.
    Tried(String),
}

/// What a unit gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitKind {
    /// One of several replications, counted from 0.
    Replication(u64),
    /// The only replication, in batches.
    OnlyReplication,
    /// How long to warm up.
    WarmUp,
    /// What the policy can sustain.
    Capacity,
}

/// A unit of work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkUnit {
    /// Where it belongs to.
    pub point: UnitPoint,
    /// The policy's place in the scenario.
    pub policy: usize,
    /// What it gives.
    pub kind: UnitKind,
}

impl fmt::Display for WorkUnit {
    /// Its name, which is also that of its file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.point {
            UnitPoint::Only => {}
            UnitPoint::Numbered(point) => write!(f, "point-{point}.")?,
            UnitPoint::Light => f.write_str("light.")?,
            UnitPoint::Tried(_) => {}
        }
        write!(f, "policy-{}.", self.policy)?;
        if let UnitPoint::Tried(name) = &self.point {
            write!(f, "{name}.")?;
        }
        match self.kind {
            UnitKind::Replication(number) => write!(f, "replication-{number}"),
            UnitKind::OnlyReplication => f.write_str("only-replication"),
            UnitKind::WarmUp => f.write_str("warm-up"),
            UnitKind::Capacity => f.write_str("capacity"),
        }
    }
}

/// A unit, and what its scenario is.
#[derive(Clone, Debug)]
pub struct UnitOf<'a> {
    /// The unit.
    pub unit: WorkUnit,
    /// The scenario that it runs; of a plan, the one that is planned.
    pub scenario: &'a Scenario,
    /// What a replication of a plan is asked.
    pub objectives: &'a [String],
}

/// The name and version of the schema of files of units.
pub const UNIT_SCHEMA: &str = "waitline.unit/1";

/// What the file of a unit says before its state: what it is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnitHeader {
    /// The name and version of the schema.
    pub schema: String,
    /// The version of the program; files of others are refused.
    pub waitline: String,
    /// The version of the model.
    pub model: u32,
    /// The scenario's name.
    pub scenario: String,
    /// The hash of the scenario with all changes; of a sweep, of the scenario at the point.
    pub scenario_sha256: String,
    /// The seed.
    pub seed: u64,
    /// The objectives of a plan, and how close to a bound is too close to matter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<String>,
    /// The unit: point, policy and replication, each counted from 0; of a plan, also the sizes and the change.
    pub unit: String,
    /// The hash of the text of the state.
    pub state_sha256: String,
}

/// Where what units give is stored, as JSON.
pub trait UnitStore: fmt::Debug + Send + Sync {
    /// The share of the units that is done here; `None` where all are read.
    fn shard(&self) -> Option<Shard>;
    /// What a unit gave, if that is stored.
    fn find(&self, unit: &UnitOf<'_>) -> Option<String>;
    /// Stores what a unit gave.
    fn keep(&self, unit: &UnitOf<'_>, state: &str);
    /// A unit is not stored, and not to be done here.
    fn miss(&self, unit: &UnitOf<'_>);
    /// What is stored of a unit cannot be what it gave.
    fn refuse(&self, unit: &UnitOf<'_>);
    /// Whether to go on: what cannot be stored need not be done.
    fn goes_on(&self) -> bool;
}

/// Where units are done: here, or on several machines.
#[derive(Clone, Debug, Default)]
pub struct Units(Option<Arc<dyn UnitStore>>);

/// A group of replications among all groups of a command: what decides who does them.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnitGroup {
    /// Counted from 0.
    pub number: usize,
    /// How many groups there are.
    pub of: usize,
    /// How many replications it has at first.
    pub size: u64,
}

/// Where there are at least this many groups for each machine, groups are not divided.
const MANY: u64 = 4;

impl Units {
    /// All of them are done here.
    pub const HERE: &'static Self = &Self(None);

    /// Those of a store.
    pub fn of(store: Arc<dyn UnitStore>) -> Self {
        Self(Some(store))
    }

    /// The share that is done here, if it is not all.
    fn shard(&self) -> Option<Shard> {
        self.0.as_ref().and_then(|store| store.shard())
    }

    /// Whether what they give is stored for other machines, or read.
    pub(super) const fn are_stored(&self) -> bool {
        self.0.is_some()
    }

    /// Whether only a share of them is done here, and nothing is made of what they give.
    pub(super) fn are_a_share(&self) -> bool {
        self.shard().is_some()
    }

    /// How many machines do a share.
    pub(super) fn shares(&self) -> u64 {
        self.shard().map_or(1, |shard| shard.of)
    }

    /// Whether a replication of a group is done here.
    pub(super) fn are_ours(&self, group: UnitGroup, replication: u64) -> bool {
        let Some(shard) = self.shard() else { return self.0.is_none() };
        let number = group.number as u64;
        match group.of as u64 >= MANY.saturating_mul(shard.of) {
            true => shard.has(number),
            false => shard.has(number.wrapping_mul(group.size).wrapping_add(replication)),
        }
    }

    /// Whether what a group gives matters here.
    pub(super) fn need(&self, group: UnitGroup) -> bool {
        !self.are_a_share() || (0..group.size).any(|replication| self.are_ours(group, replication))
    }

    /// What a unit gives; `None` if it is neither stored nor done here.
    ///
    /// # Errors
    /// Those of the work, and of what makes its result from what is stored.
    pub(super) fn get<'s, T, S: Serialize + DeserializeOwned, E>(
        &self,
        is_ours: bool,
        unit: impl FnOnce() -> UnitOf<'s>,
        work: impl FnOnce() -> Result<T, E>,
        state: impl FnOnce(&T) -> S,
        restored: impl FnOnce(S) -> Result<Option<T>, E>,
    ) -> Result<Option<T>, E> {
        let Some(store) = &self.0 else { return work().map(Some) };
        let unit = unit();
        if let Some(text) = store.find(&unit) {
            match serde_json::from_str(&text).ok().map(restored).transpose()?.flatten() {
                Some(found) => return Ok(Some(found)),
                None => store.refuse(&unit),
            }
        }
        if !is_ours || !store.goes_on() {
            store.miss(&unit);
            return Ok(None);
        }
        let found = work()?;
        store.keep(&unit, &json(&state(&found)));
        Ok(Some(found))
    }

    /// What a unit gives that every machine can find out by itself: it is stored only to spare others the work.
    ///
    /// # Errors
    /// Those of the work.
    pub(super) fn aside<'s, S: Serialize + DeserializeOwned, E>(
        &self,
        unit: impl FnOnce() -> UnitOf<'s>,
        work: impl FnOnce() -> Result<S, E>,
    ) -> Result<S, E> {
        let Some(store) = &self.0 else { return work() };
        let unit = unit();
        if let Some(known) = store.find(&unit).and_then(|text| serde_json::from_str(&text).ok()) {
            return Ok(known);
        }
        let found = work()?;
        if self.are_a_share() {
            store.keep(&unit, &json(&found));
        }
        Ok(found)
    }
}

fn json(state: &impl Serialize) -> String {
    serde_json::to_string(state).expect("state is plain data under names")
}

/// Floats as whole numbers, their bits: JSON has no infinite ones.
pub(super) mod bits {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        value.to_bits().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        u64::deserialize(deserializer).map(f64::from_bits)
    }

    /// The same where there may be none.
    pub mod optional {
        use serde::{Deserialize, Deserializer, Serialize, Serializer};

        pub fn serialize<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
            value.map(f64::to_bits).serialize(serializer)
        }

        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
            Ok(Option::deserialize(deserializer)?.map(f64::from_bits))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A share of units, of which none is stored.
    #[derive(Debug)]
    struct Share(Shard);

    impl UnitStore for Share {
        fn shard(&self) -> Option<Shard> {
            Some(self.0)
        }
        fn find(&self, _: &UnitOf<'_>) -> Option<String> {
            None
        }
        fn keep(&self, _: &UnitOf<'_>, _: &str) {}
        fn miss(&self, _: &UnitOf<'_>) {}
        fn refuse(&self, _: &UnitOf<'_>) {}
        fn goes_on(&self) -> bool {
            true
        }
    }

    #[test]
    fn each_unit_is_done_once_and_shares_differ_by_one_group_at_most() {
        for (groups, size, shards) in [(3, 1, 7), (3, 10, 3), (3, 10, 7), (100, 10, 7), (12, 2, 3), (1, 1, 1)] {
            let shares: Vec<Units> =
                (1..=shards).map(|number| Units::of(Arc::new(Share(Shard { number, of: shards })))).collect();
            let mut done = vec![0; shares.len()];
            for (number, replication) in (0..groups).flat_map(|group| (0..size).map(move |one| (group, one))) {
                let group = UnitGroup { number, of: groups, size };
                let ours: Vec<usize> =
                    (0..shares.len()).filter(|place| shares[*place].are_ours(group, replication)).collect();
                let [only] = ours[..] else { panic!("{number} {replication} of {shards} is done by {ours:?}") };
                assert!(shares[only].need(group));
                done[only] += 1;
            }
            let (least, most) = (done.iter().min().unwrap(), done.iter().max().unwrap());
            assert!(most - least <= size, "{groups} groups of {size}: {done:?}");
        }
    }
}
