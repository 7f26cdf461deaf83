//! A sweep that was run before, as its JSON holds it: enough to draw it again.

use serde_json::Value;

use super::{SweepRecord, SweepReport};
use crate::scenario::Dimension;
use crate::stats::SweepResults;
use crate::study::{PointState, SWEPT_PERCENTILES, SweepAsked, SweepFigures, SweepNumber, SweepObjective, UnitKey};

impl SweepReport {
    /// The report of a sweep from its JSON; `None` if something that charts need is missing there.
    pub fn from_json(sweep: &Value) -> Option<Self> {
        let dimension = |one: &Value| Some(Dimension::labelled(texts(&one["paths"])?, texts(&one["values"])?));
        let dimensions: Vec<Dimension> =
            sweep["dimensions"].as_array()?.iter().map(dimension).collect::<Option<_>>()?;
        let points = sweep["points"].as_array()?;
        let expected: usize = dimensions.iter().map(|dimension| dimension.values.len()).product();
        if points.len() != expected || points.is_empty() {
            return None;
        }
        let mut report = Self {
            summary: SweepResults {
                scenario: sweep["scenario"].as_str()?.to_owned(),
                points: points.iter().map(|_| Default::default()).collect(),
                knees: serde_json::from_value(sweep["knees"].clone()).unwrap_or_default(),
                ..SweepResults::default()
            },
            dimensions,
            policies: Vec::new(),
            confidence: 0.0,
            records: Default::default(),
        };
        for (place, point) in points.iter().enumerate() {
            report.add_point(place, point)?;
        }
        Some(report)
    }

    fn add_point(&mut self, place: usize, point: &Value) -> Option<()> {
        for results in point["policies"].as_array()? {
            let name = results["name"].as_str()?;
            let policy = self.policies.iter().position(|other| other == name).unwrap_or_else(|| {
                self.policies.push(name.to_owned());
                self.policies.len() - 1
            });
            let key = UnitKey { point: Some(place), policy };
            let objectives = point["slo"].as_array().into_iter().flatten();
            let objectives: Vec<Value> = objectives.filter(|one| one["policy"] == name).cloned().collect();
            let figures = figures(results, &objectives)?;
            self.records.insert(key, SweepRecord { key, figures, results: results.clone(), objectives });
        }
        Some(())
    }
}

fn figures(results: &Value, objectives: &[Value]) -> Option<SweepFigures> {
    let saturation = &results["saturation"];
    let is_unstable = saturation["state"] == "unstable";
    let all = &results["all_arrived"];
    let percentile = |name: &str| {
        number(&all["numbers"][name], all["numbers"].get(name).is_some(), &all["confidence"]["intervals"][name])
    };
    Some(SweepFigures {
        state: match (&results["incomplete"], is_unstable) {
            (_, true) => PointState::Unstable,
            (Value::Null, false) => PointState::Measured,
            (_, false) => PointState::Stopped,
        },
        replications: results["confidence"]["samples"].as_u64().unwrap_or(1),
        wants: None,
        requests: results["requests"]["arrived"].as_u64()?,
        offered_per_s: saturation["offered_per_s"].as_f64(),
        capacity_per_s: saturation["capacity_per_s"].as_f64(),
        load: saturation["load"].as_f64(),
        binding: Vec::new(),
        throughput_per_s: results["throughput_per_s"].as_f64(),
        error_rate: results["error_rate"].as_f64(),
        mean: number(&results["response_time_ms"]["mean"], false, &results["confidence"]["intervals"]["mean"]),
        percentiles: SWEPT_PERCENTILES.map(|named| percentile(named.name())),
        objectives: objectives.iter().map(objective).collect::<Option<_>>()?,
    })
}

/// A number; one that is there and is null is beyond every number.
fn number(value: &Value, is_there: bool, interval: &Value) -> SweepNumber {
    let end = |place: usize| interval[place].as_f64();
    SweepNumber {
        value: value.as_f64(),
        is_beyond: is_there && value.is_null(),
        interval: end(0).zip(end(1)).map(|(low, high)| [low, high]),
    }
}

fn objective(one: &Value) -> Option<SweepObjective> {
    let is_of_all = one["class"].is_null() && one["fault"].is_null() && one["unit"] == "time";
    let place = SWEPT_PERCENTILES.iter().position(|named| one["metric"] == named.name());
    Some(SweepObjective {
        objective: one["objective"].as_str()?.to_owned(),
        warns: one["warns"] == true,
        verdict: serde_json::from_value(one["verdict"].clone()).ok()?,
        is_undecided: !one["undecided"].is_null(),
        line: place.filter(|_| is_of_all).zip(one["bound"].as_f64()),
        asked: SweepAsked {
            fault: one["fault"].as_str().map(str::to_owned),
            class: one["class"].as_str().map(str::to_owned),
            metric: one["metric"].as_str()?.to_owned(),
            unit: serde_json::from_value(one["unit"].clone()).ok()?,
        },
        number: number(&one["value"], one["verdict"] != "no_data", &one["interval"]),
    })
}

fn texts(list: &Value) -> Option<Vec<String>> {
    list.as_array()?.iter().map(|one| one.as_str().map(str::to_owned)).collect()
}
