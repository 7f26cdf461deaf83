//! What has to be known before the units of a sweep are run: how long they warm up, what their policies can sustain, and
//! which further runs the knee needs.

use std::borrow::Cow;
use std::collections::BTreeMap;
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
use crate::study::run::{Crew, policy};

/// A unit that is ready to run.
pub(super) struct ReadyUnit<'a> {
    pub unit: Unit<'a>,
    /// All units that give the same.
    pub keys: Vec<UnitKey>,
    pub warm_up: SimDuration,
    /// `None` where there are too few requests for it to say something.
    pub capacity: Option<Capacity>,
}

impl ReadyUnit<'_> {
    pub fn is_unstable(&self) -> bool {
        self.unit.is_unstable(self.capacity.as_ref())
    }

    /// Runs this many replications.
    ///
    /// # Errors
    /// [`Halted`] when `progress` broke off.
    pub fn measure(
        &self,
        replications: u64,
        pool: &JobPool,
        progress: &(dyn Fn(f64) -> ControlFlow<()> + Sync),
    ) -> Result<SweptUnit, Halted> {
        let scenario: &Scenario = &self.unit.scenario;
        let policy_of_unit = self.unit.policy();
        let plain = PolicyRun::plain(scenario, policy_of_unit);
        // What happened when is asked only to see a collapse, for which requests must go without an answer.
        let run = PolicyRun { over_time: !always_answers(scenario, policy_of_unit), ..plain };
        let mut measured = [Measured::new(run)];
        Crew { pool, progress }.replicate(&[run], 0..replications, self.warm_up, &mut measured, None)?;
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
        Ok(SweptUnit { key: self.unit.key, figures, results, objectives })
    }
}

impl<'a> Sweep<'a> {
    /// All units that have to be run: those of the points, coarse ones first, then one of each policy at 10 % load.
    ///
    /// # Errors
    /// [`Halted`] when the watch broke off.
    pub(super) fn ready(&'a self, watch: &SweepWatch<'_>) -> Result<Vec<ReadyUnit<'a>>, Halted> {
        let look = || (watch.progress)(SweepProgress { stage: SweepStage::Preparing, done: 0.0 });
        let warm_ups = self.warm_ups(&look)?;
        let capacities = self.capacities(&look)?;
        let ready = |unit: Unit<'a>, keys: Vec<UnitKey>| ReadyUnit {
            warm_up: warm_ups[&unit.key.point.unwrap_or(0)],
            capacity: capacities.get(&unit.content_of_capacity()).cloned(),
            keys,
            unit,
        };
        let of_points = self.alike.iter().map(|(place, alike)| {
            let keys = alike.iter().map(|place| self.units[*place].key).collect();
            ready(self.units[*place].borrowed(), keys)
        });
        let mut all: Vec<ReadyUnit<'a>> = of_points.collect();
        if self.varies_load() {
            let light = self.units.iter().filter(|unit| unit.key.point == Some(0)).filter_map(|unit| {
                let unit = light(unit, capacities.get(&unit.content_of_capacity())?)?;
                let keys = vec![unit.key];
                Some(ready(unit, keys))
            });
            all.extend(light);
        }
        Ok(all)
    }

    /// How long the policies of each point warm up.
    fn warm_ups(&'a self, look: &(dyn Fn() -> ControlFlow<()> + Sync)) -> Result<BTreeMap<usize, SimDuration>, Halted> {
        let pool = &self.options.pool;
        let points: Vec<usize> = (0..self.grid.points().len()).collect();
        let progress = |_: f64| look();
        let crew = Crew { pool, progress: &progress };
        let of_point = |point: &usize| {
            let of_point = self.units.iter().filter(|unit| unit.key.point == Some(*point));
            let run = |unit: &'a Unit<'a>| PolicyRun::plain(&unit.scenario, unit.policy());
            let runs: Vec<PolicyRun<'_>> = of_point.map(run).collect();
            Ok((*point, crew.warm_up(&runs)?.until))
        };
        Ok(pool.each(&points, of_point)?.into_iter().collect())
    }

    /// The capacity of each policy that has one, by what decides it.
    fn capacities(&self, look: &(dyn Fn() -> ControlFlow<()> + Sync)) -> Result<BTreeMap<String, Capacity>, Halted> {
        let long = self.units.iter().filter(|unit| !unit.is_short());
        let by_content: BTreeMap<String, &Unit<'_>> = long.map(|unit| (unit.content_of_capacity(), unit)).collect();
        let each: Vec<(String, &Unit<'_>)> = by_content.into_iter().collect();
        let found = self.options.pool.each(&each, |(content, unit)| match look() {
            ControlFlow::Continue(()) => Ok((content.clone(), capacity(&unit.scenario, unit.policy()))),
            ControlFlow::Break(()) => Err(Halted),
        });
        Ok(found?.into_iter().collect())
    }
}

/// The policy of a unit at 10 % of its capacity, with as many requests.
fn light<'a>(unit: &Unit<'_>, capacity: &Capacity) -> Option<Unit<'a>> {
    let factor = LIGHT * capacity.per_s? / unit.offered_per_s()?;
    let scenario = (factor > 0.0).then(|| unit.scenario.with_load(factor, unit.requests()?)).flatten()?;
    Some(Unit { key: UnitKey { point: None, policy: unit.key.policy }, scenario: Cow::Owned(scenario) })
}
