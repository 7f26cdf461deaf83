//! The report of `sweep`: how each policy does at each point.

mod asked;
mod cells;
mod records;
mod sentences;
mod stored;
mod tables;

pub use self::asked::Headline;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Document, DocumentId};
use crate::output::block::{Block, Finding, Records};
use crate::output::words;
use crate::scenario::Dimension;
use crate::stats::SweepResults;
use crate::study::{SweepFigures, SweptUnit, UnitKey};

/// The report of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepReport {
    /// What was swept, without the results of units.
    pub summary: SweepResults,
    /// What varies.
    pub dimensions: Vec<Dimension>,
    /// The names of the policies, in the order of the scenario; of those that were not run, too.
    pub policies: Vec<String>,
    /// The level of the confidence intervals.
    pub confidence: f64,
    /// What is known of each unit.
    pub records: BTreeMap<UnitKey, SweepRecord>,
}

/// What is known of a unit; it can be stored and read again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepRecord {
    /// Which unit.
    pub key: UnitKey,
    /// What tables and charts show.
    pub figures: SweepFigures,
    /// Its results as JSON.
    results: Value,
    /// Its objectives as JSON.
    objectives: Vec<Value>,
}

impl SweepRecord {
    /// The record of a unit that was run.
    pub fn new(unit: &SweptUnit) -> Self {
        Self {
            key: unit.key,
            figures: unit.figures.clone(),
            results: words::policy_value(&unit.results),
            objectives: unit.objectives.iter().map(words::objective_value).collect(),
        }
    }
}

impl Document for SweepReport {
    fn id(&self) -> DocumentId {
        let summary = &self.summary;
        DocumentId {
            kind: ["sweep", "sweeps"],
            name: summary.scenario.clone(),
            properties: vec![
                ("waitline", summary.waitline.to_owned()),
                ("scenario_sha256", summary.scenario_sha256.clone()),
                ("seed", summary.seed.to_string()),
                ("replications", summary.replications.to_string()),
            ],
        }
    }

    fn blocks(&self) -> Vec<Block> {
        let about = self.summary.description.iter().cloned().chain([self.swept()]).collect();
        let mut blocks = vec![Block::Title { name: self.summary.scenario.clone(), about }];
        let missing = self.summary.missing.len();
        blocks.extend((missing > 0).then(|| Block::Incomplete(vec![words::unfinished(missing)])));
        let warnings = self.warnings();
        blocks.extend((!warnings.is_empty()).then_some(Block::Warnings(warnings)));
        blocks.extend(tables::tables(self).into_iter().map(Block::Table));
        let found: Vec<String> = self.feasible().into_iter().chain(self.knees()).collect();
        blocks.extend((!found.is_empty()).then_some(Block::Text(found)));
        blocks
    }

    fn findings(&self) -> Vec<Finding> {
        Vec::new()
    }

    fn records(&self) -> Records {
        records::records(self)
    }

    fn value(&self) -> Value {
        let mut value = serde_json::to_value(&self.summary).expect("a sweep is plain data under names");
        for record in self.records.values() {
            let Some(point) = record.key.point else { continue };
            let point = &mut value["points"][point];
            if let Some(policies) = point["policies"].as_array_mut() {
                policies.push(record.results.clone());
            }
            if !record.objectives.is_empty() {
                let before = point["slo"].take();
                let objectives = before.as_array().into_iter().flatten().chain(&record.objectives);
                point["slo"] = objectives.cloned().collect();
            }
        }
        value
    }
}

impl SweepReport {
    /// The figures of a policy at a point.
    pub fn figures(&self, point: usize, policy: usize) -> Option<&SweepFigures> {
        Some(&self.records.get(&UnitKey { point: Some(point), policy })?.figures)
    }

    /// The figures of all points and policies that are known.
    pub fn all_figures(&self) -> impl Iterator<Item = &SweepFigures> {
        self.records.values().filter(|record| record.key.point.is_some()).map(|record| &record.figures)
    }

    /// Number of points.
    pub fn points(&self) -> usize {
        self.summary.points.len()
    }

    /// The policies that were run, by their place in the scenario.
    pub fn swept_policies(&self) -> Vec<usize> {
        let is_run = |policy: &usize| self.records.keys().any(|key| key.policy == *policy);
        (0..self.policies.len()).filter(is_run).collect()
    }

    /// The value of each dimension at a point, as it is shown.
    pub fn labels(&self, point: usize) -> Vec<&str> {
        let places = Dimension::places(&self.dimensions, point);
        self.dimensions.iter().zip(places).map(|(dimension, place)| dimension.values[place].label.as_str()).collect()
    }
}
