//! What has to be known before the units of a sweep are run: how long they warm up, what their policies can sustain, and
//! which further runs the knee needs.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::figures::{PointState, SweepFigures};
use super::knee::LIGHT;
use super::unit::{SweptUnit, Unit, UnitKey};
use super::{Sweep, SweepProgress, SweepStage, SweepWatch, sharper};
use crate::model::SimDuration;
use crate::scenario::Scenario;
use crate::stats::PolicyResults;
use crate::study::answering::always_answers;
use crate::study::capacity::{Capacity, capacity};
use crate::study::measured::Measured;
use crate::study::objectives;
use crate::study::pool::JobPool;
use crate::study::replications::{Halted, PolicyRun};
use crate::study::run::{Crew, ReplicationRange, policy};
use crate::study::units::{UnitGroup, UnitKind, UnitPoint, Units};

/// A unit that is ready to run.
pub(super) struct ReadyUnit<'a> {
    pub unit: Unit<'a>,
    /// All units that give the same.
    pub keys: Vec<UnitKey>,
    pub warm_up: SimDuration,
    /// `None` where there are too few requests for it to say something.
    pub capacity: Option<Capacity>,
    /// Its place among all units that are run.
    pub group: UnitGroup,
}

impl ReadyUnit<'_> {
    pub fn is_unstable(&self) -> bool {
        self.unit.is_unstable(self.capacity.as_ref())
    }

    /// Runs this many replications; `None` if not all of them are here.
    ///
    /// # Errors
    /// [`Halted`] when `progress` broke off.
    pub fn measure(
        &self,
        replications: u64,
        (pool, units): (&JobPool, &Units),
        progress: &(dyn Fn(f64) -> ControlFlow<()> + Sync),
    ) -> Result<Option<SweptUnit>, Halted> {
        let scenario: &Scenario = &self.unit.scenario;
        let policy_of_unit = self.unit.policy();
        let plain = PolicyRun::plain(scenario, policy_of_unit);
        // What happened when is asked only to see a collapse, for which requests must go without an answer.
        let run = PolicyRun { over_time: !always_answers(scenario, policy_of_unit), ..plain };
        let mut measured = [Measured::new(run)];
        let range = ReplicationRange {
            numbers: 0..replications,
            warm_up: self.warm_up,
            point: self.unit.key.point(),
            first: self.group,
        };
        if !(Crew { pool, progress, units }).replicate(&[run], &range, &mut measured, None)? {
            return Ok(None);
        }
        let [mut measured] = measured;
        let estimated = measured.estimate();
        let saturation = self.capacity.as_ref().map(|capacity| measured.saturation_at(capacity, &estimated));
        let policy = policy(&measured, estimated, saturation);
        let backends: Vec<&str> = scenario.backends().keys().map(String::as_str).collect();
        let objectives = objectives::judge(scenario, std::slice::from_ref(&policy), &backends);
        let mut figures = SweepFigures::new(&policy, &objectives, replications);
        if figures.state == PointState::Measured {
            figures.wants = sharper::wanted(scenario, &policy.estimated, &objectives, replications);
        }
        let results = PolicyResults { over_time: Vec::new(), ..PolicyResults::new(&policy, None) };
        Ok(Some(SweptUnit { key: self.unit.key, figures, results, objectives }))
    }
}

impl<'a> Sweep<'a> {
    /// All units that have to be run: those of the points, coarse ones first, then one of each policy at 10 % load. Where others
    /// run some of them, those that are run here.
    ///
    /// # Errors
    /// [`Halted`] when the watch broke off.
    pub(super) fn ready(&'a self, watch: &SweepWatch<'_>) -> Result<Vec<ReadyUnit<'a>>, Halted> {
        let look = || (watch.progress)(SweepProgress { stage: SweepStage::Preparing, done: 0.0 });
        let warm_ups = self.warm_ups(&look)?;
        let capacities = self.capacities(&look)?;
        let ready = |unit: Unit<'a>, group: UnitGroup, keys: Vec<UnitKey>| ReadyUnit {
            warm_up: warm_ups[&unit.key.point.unwrap_or(0)],
            capacity: capacities.get(&unit.content_of_capacity()).cloned(),
            group,
            keys,
            unit,
        };
        let of_points = self.needed().map(|(place, alike, group)| {
            let keys = alike.iter().map(|place| self.units[*place].key).collect();
            ready(self.units[place].borrowed(), group, keys)
        });
        let light = self.lightest().filter_map(|(unit, group)| {
            let unit = light(unit, capacities.get(&unit.content_of_capacity())?)?;
            let keys = vec![unit.key];
            Some(ready(unit, group, keys))
        });
        Ok(of_points.chain(light).collect())
    }

    /// The units of points that are run here: the place of each, all that give the same, and their group.
    fn needed(&'a self) -> impl Iterator<Item = (usize, &'a [usize], UnitGroup)> {
        let groups = self.alike.iter().map(|(place, alike)| (*place, alike.as_slice(), self.group(*place)));
        groups.filter(|(_, _, group)| self.options.units.need(*group))
    }

    /// The units whose policies are also run here at 10 % load.
    fn lightest(&'a self) -> impl Iterator<Item = (&'a Unit<'a>, UnitGroup)> {
        let first = self.units.iter().filter(|unit| unit.key.point == Some(0) && self.varies_load());
        let of = self.alike.len() + self.policies();
        let groups = first.enumerate().map(move |(place, unit)| {
            (unit, UnitGroup { number: self.alike.len() + place, of, size: self.replications() })
        });
        groups.filter(|(_, group)| self.options.units.need(*group))
    }

    /// The group of a unit: those of a policy follow each other, so that each machine gets some of every policy.
    fn group(&self, place: usize) -> UnitGroup {
        UnitGroup { number: self.ranks[&place], of: self.alike.len() + self.policies(), size: self.replications() }
    }

    /// How long the policies of each point warm up.
    fn warm_ups(&'a self, look: &(dyn Fn() -> ControlFlow<()> + Sync)) -> Result<BTreeMap<usize, SimDuration>, Halted> {
        let pool = &self.options.pool;
        let needed = self.needed().map(|(place, _, _)| self.units[place].key.point.unwrap_or(0));
        let points: BTreeSet<usize> = needed.chain(self.lightest().map(|_| 0)).collect();
        let points: Vec<usize> = points.into_iter().collect();
        let progress = |_: f64| look();
        let crew = Crew { pool, progress: &progress, units: &self.options.units };
        let of_point = |point: &usize| {
            let of_point = self.units.iter().filter(|unit| unit.key.point == Some(*point));
            let run = |unit: &'a Unit<'a>| PolicyRun::plain(&unit.scenario, unit.policy());
            let runs: Vec<PolicyRun<'_>> = of_point.map(run).collect();
            Ok((*point, crew.warm_up(&runs, &UnitPoint::Numbered(*point))?.until))
        };
        Ok(pool.each(&points, of_point)?.into_iter().collect())
    }

    /// The capacity of each policy that has one, by what decides it.
    fn capacities(&self, look: &(dyn Fn() -> ControlFlow<()> + Sync)) -> Result<BTreeMap<String, Capacity>, Halted> {
        let needed = self.needed().map(|(place, _, _)| &self.units[place]);
        let long = needed.chain(self.lightest().map(|(unit, _)| unit)).filter(|unit| !unit.is_short());
        let by_content: BTreeMap<String, &Unit<'_>> = long.map(|unit| (unit.content_of_capacity(), unit)).collect();
        let each: Vec<(String, &Unit<'_>)> = by_content.into_iter().collect();
        let found = self.options.pool.each(&each, |(content, unit)| match look() {
            ControlFlow::Continue(()) => Ok((content.clone(), self.capacity(unit)?)),
            ControlFlow::Break(()) => Err(Halted),
        });
        Ok(found?.into_iter().collect())
    }

    fn capacity(&self, unit: &Unit<'_>) -> Result<Capacity, Halted> {
        let run = PolicyRun::plain(&unit.scenario, unit.policy());
        let point = unit.key.point();
        self.options
            .units
            .aside(|| run.unit(&point, UnitKind::Capacity), || Ok(capacity(&unit.scenario, unit.policy())))
    }
}

/// The policy of a unit at 10 % of its capacity, with as many requests.
fn light<'a>(unit: &Unit<'_>, capacity: &Capacity) -> Option<Unit<'a>> {
    let factor = LIGHT * capacity.per_s? / unit.offered_per_s()?;
    let scenario = (factor > 0.0).then(|| unit.scenario.with_load(factor, unit.requests()?)).flatten()?;
    Some(Unit { key: UnitKey { point: None, policy: unit.key.policy }, scenario: Cow::Owned(scenario) })
}
