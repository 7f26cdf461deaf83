//! The results of a sweep, from those of its units.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::Sweep;
use super::figures::SweepFigures;
use super::knee::knee;
use super::unit::{SweptUnit, UnitKey};
use crate::policy::PolicyChoice;
use crate::stats::{Knee, MissingUnit, SWEEP_SCHEMA, SweepDimension, SweepPoint, SweepResults};

impl Sweep<'_> {
    /// The results as JSON holds them, without those of units.
    pub fn outline(&self) -> SweepResults {
        let base = self.grid.base();
        let dimensions = self.grid.dimensions().iter().map(|dimension| SweepDimension {
            paths: dimension.paths.clone(),
            values: dimension.values.iter().map(|value| value.label.clone()).collect(),
        });
        SweepResults {
            schema: SWEEP_SCHEMA,
            waitline: env!("CARGO_PKG_VERSION"),
            scenario: base.name().to_owned(),
            description: base.description().map(str::to_owned),
            scenario_sha256: base.sha256().to_owned(),
            seed: base.run().seed,
            replications: self.replications(),
            most_replications: self.most_replications(),
            dimensions: dimensions.collect(),
            points: (0..self.grid.points().len()).map(|point| self.point(point)).collect(),
            knees: Vec::new(),
            missing: Vec::new(),
        }
    }

    fn point(&self, point: usize) -> SweepPoint {
        let values = self
            .grid
            .dimensions()
            .iter()
            .zip(self.grid.choice(point))
            .flat_map(|(dimension, value)| dimension.paths.iter().cloned().zip(value.values.iter().cloned()));
        SweepPoint { values: values.collect::<IndexMap<_, _>>(), policies: Vec::new(), slo: Vec::new() }
    }

    /// The outline with what the figures of the units say together: knees, and what is missing.
    pub fn summary(&self, figures: &BTreeMap<UnitKey, SweepFigures>) -> SweepResults {
        let missing = self
            .units
            .iter()
            .filter(|unit| !figures.contains_key(&unit.key))
            .map(|unit| MissingUnit { point: unit.key.point, policy: unit.policy().name().to_owned() });
        SweepResults { knees: self.knees(figures), missing: missing.collect(), ..self.outline() }
    }

    /// The knee of each policy, where only the load varies.
    fn knees(&self, figures: &BTreeMap<UnitKey, SweepFigures>) -> Vec<Knee> {
        let policies = self.grid.base().policies().iter().enumerate();
        let of_policy = |(policy, choice): (usize, &PolicyChoice)| {
            let light = figures.get(&UnitKey { point: None, policy })?;
            let points =
                (0..self.grid.points().len()).filter_map(|point| figures.get(&UnitKey { point: Some(point), policy }));
            knee(choice.name(), light, points)
        };
        policies.filter_map(of_policy).collect()
    }

    /// The results with those of all units.
    pub fn results(&self, units: BTreeMap<UnitKey, SweptUnit>) -> SweepResults {
        let figures = units.iter().map(|(key, unit)| (*key, unit.figures.clone())).collect();
        let mut results = self.summary(&figures);
        for (key, unit) in units {
            if let Some(point) = key.point.and_then(|point| results.points.get_mut(point)) {
                point.policies.push(unit.results);
                point.slo.extend(unit.objectives);
            }
        }
        results
    }
}
