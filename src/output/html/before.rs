//! Before and after on one page.

use serde_json::Value;

use crate::model::MetricUnit;
use crate::output::block::number::{self, NONE};
use crate::output::block::{Block, Table};
use crate::output::document::before_and_after;
use crate::output::words;
use crate::stats::ScenarioResults;
use crate::study::BaselineComparison;

/// What there was before.
#[derive(Clone, Debug)]
pub struct BeforePage {
    /// Its file, without its folder.
    pub name: String,
    /// Its numbers, and how they differ.
    pub numbers: BeforeNumbers,
    /// Its results with the timelines that are drawn, if it was run again.
    pub results: Option<ScenarioResults>,
}

/// The numbers before.
#[derive(Clone, Debug)]
pub enum BeforeNumbers {
    /// Compared with those of now, pair by pair where both have the same requests.
    Compared(BaselineComparison),
    /// They cannot be compared, and why.
    NotComparable(String),
    /// As `results.json` holds them.
    Results(Value),
}

/// Numbers of `results.json` that are shown next to those of now: heading, the path to them in a policy, and their unit.
const SHOWN: [(&str, &[&str], MetricUnit); 6] = [
    ("mean", &["response_time_ms", "mean"], MetricUnit::Time),
    ("p50", &["response_time_ms", "p50"], MetricUnit::Time),
    ("p95", &["response_time_ms", "p95"], MetricUnit::Time),
    ("p99", &["response_time_ms", "p99"], MetricUnit::Time),
    ("no answer", &["error_rate"], MetricUnit::Share),
    ("throughput", &["throughput_per_s"], MetricUnit::Rate),
];

impl BeforePage {
    /// What changed, in the scenario and in its numbers.
    pub fn blocks(&self, now: &ScenarioResults) -> Vec<Block> {
        match &self.numbers {
            BeforeNumbers::Compared(comparison) => before_and_after(comparison),
            BeforeNumbers::NotComparable(why) => vec![Block::Incomplete(vec![why.clone()])],
            BeforeNumbers::Results(results) => self.next_to(results, now),
        }
    }

    /// The numbers of earlier results next to those of now.
    fn next_to(&self, before: &Value, now: &ScenarioResults) -> Vec<Block> {
        let now = words::results_value(now);
        let policies = now["policies"].as_array().map(Vec::as_slice).unwrap_or_default();
        let earlier = before["policies"].as_array().map(Vec::as_slice).unwrap_or_default();
        let pairs: Vec<(&Value, &Value)> = policies
            .iter()
            .filter_map(|policy| Some((earlier.iter().find(|other| other["name"] == policy["name"])?, policy)))
            .collect();
        let names = pairs.iter().map(|(_, policy)| (false, policy["name"].as_str().unwrap_or_default().to_owned()));
        let mut table = Table::of(format!("{} and now", self.name), "policy", names);
        for (heading, path, unit) in SHOWN {
            let at = |policy: &Value| path.iter().fold(policy, |value, key| &value[key]).as_f64();
            let cell = |(before, now): &(&Value, &Value)| {
                let shown = |value: Option<f64>, other| {
                    value.map_or(NONE.to_owned(), |value| number::quantity(value, other, unit))
                };
                let (before, now) = (at(before), at(now));
                format!("{} → {}", shown(before, now), shown(now, before))
            };
            table.numbers("", heading, pairs.iter().map(cell).collect());
        }
        table.note.push(
            "Results hold no single replications, so chance cannot be told from change here: compare with a baseline or a scenario for that."
                .to_owned(),
        );
        let same = before["scenario_sha256"] == now["scenario_sha256"] && before["seed"] == now["seed"];
        let about =
            if same { "The scenario and the seed are the same." } else { "The scenario or the seed is not the same." };
        vec![Block::Text(vec![about.to_owned()]), Block::Table(table)]
    }
}
