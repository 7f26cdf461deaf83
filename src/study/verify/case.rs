//! A case: a system, how it is tried, and the numbers that theory gives for it.

use std::fmt;
use std::ops::ControlFlow;

use serde_json::{Value, json};

use super::diary::Diary;
use super::quantity::{CaseQuantity, Reading};
use super::{CaseResult, FigureResult, FigureUnit, FigureVerdict, Ours};
use crate::model::SimDuration;
use crate::scenario::Scenario;
use crate::stats::Interval;
use crate::study::replications::replication;
use crate::study::rows::Rows;
use crate::study::{Halted, Replication, RequestRow};

/// A system with exact results.
#[derive(Debug)]
pub(super) struct Case {
    pub id: &'static str,
    /// The system in words.
    pub system: String,
    /// Where the exact values come from.
    pub formula: &'static str,
    /// The scenario; `run` is added.
    pub scenario: Value,
    pub trial: CaseMethod,
}

/// How a case is tried.
#[derive(Debug)]
pub(super) enum CaseMethod {
    /// Independent replications of the first policy.
    Sampled(Sampled),
    /// One run of all policies, whose numbers are reckoned by hand.
    ByHand(Vec<Reckoned>),
}

/// Independent replications, and the numbers they estimate.
#[derive(Debug)]
pub(super) struct Sampled {
    pub replications: u64,
    pub length: Length,
    /// How many times longer a replication is in the precise mode.
    pub precise: f64,
    pub warm_up: SimDuration,
    pub figures: Vec<ExactFigure>,
}

/// How long a replication is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Length {
    Requests(u64),
    Duration(SimDuration),
}

/// A number and its exact value.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExactFigure {
    pub quantity: CaseQuantity,
    pub exact: f64,
}

type Read = Box<dyn Fn(&[Diary]) -> Option<f64> + Send + Sync>;

/// A number without chance.
pub(super) struct Reckoned {
    name: String,
    unit: FigureUnit,
    exact: f64,
    /// Reads it from the runs of all policies.
    read: Read,
}

impl fmt::Debug for Reckoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} {:?}", self.name, self.exact, self.unit)
    }
}

impl Case {
    /// Its scenario, ready to run.
    pub fn scenario(&self, precise: bool) -> Scenario {
        let mut json = self.scenario.clone();
        if let CaseMethod::Sampled(sampled) = &self.trial {
            json["run"] = sampled.length.times(if precise { sampled.precise } else { 1.0 });
        }
        match Scenario::from_json(&json.to_string()) {
            Ok(scenario) => scenario,
            Err(diagnostic) => panic!("the scenarios of the exact cases are valid: {}", diagnostic.render(false)),
        }
    }

    /// How many independent runs there are.
    pub fn replications(&self) -> u64 {
        match &self.trial {
            CaseMethod::Sampled(sampled) => sampled.replications,
            CaseMethod::ByHand(_) => 1,
        }
    }

    /// How many of its figures are estimates.
    pub fn estimates(&self) -> usize {
        match &self.trial {
            CaseMethod::Sampled(sampled) => sampled.figures.len(),
            CaseMethod::ByHand(_) => 0,
        }
    }

    /// What one replication gives for each figure.
    pub fn values(&self, scenario: &Scenario, number: u64) -> Result<Vec<Option<f64>>, Halted> {
        match &self.trial {
            CaseMethod::Sampled(sampled) => sampled.values(scenario, number),
            CaseMethod::ByHand(figures) => {
                let diaries: Vec<_> = scenario.policies().iter().map(|policy| Diary::of(scenario, policy)).collect();
                Ok(figures.iter().map(|figure| (figure.read)(&diaries)).collect())
            }
        }
    }

    /// Compares what the replications gave with the exact values.
    pub fn judge(self, samples: &[Vec<Option<f64>>], level: f64, precise: bool) -> CaseResult {
        let replications = self.replications();
        let figures = match self.trial {
            CaseMethod::Sampled(sampled) => {
                let estimate = |(place, figure): (usize, &ExactFigure)| {
                    let values: Option<Vec<f64>> = samples.iter().map(|values| values[place]).collect();
                    figure.judge(values.as_deref(), level, precise)
                };
                sampled.figures.iter().enumerate().map(estimate).collect()
            }
            CaseMethod::ByHand(figures) => {
                figures.into_iter().zip(&samples[0]).map(|(figure, value)| figure.judge(*value)).collect()
            }
        };
        CaseResult { id: self.id, system: self.system, formula: self.formula, replications, figures }
    }
}

impl Length {
    fn times(self, factor: f64) -> Value {
        match self {
            Self::Requests(requests) => json!({ "requests": (requests as f64 * factor) as u64 }),
            Self::Duration(span) => {
                let span = SimDuration::round_from_nanos(span.as_nanos() as f64 * factor);
                json!({ "duration": span.to_string() })
            }
        }
    }
}

impl Sampled {
    fn values(&self, scenario: &Scenario, number: u64) -> Result<Vec<Option<f64>>, Halted> {
        let one = Replication { number, warm_up: self.warm_up, ..Replication::default() };
        let watches_requests =
            self.figures.iter().any(|figure| matches!(figure.quantity.reading, Reading::TimeWith(_)));
        let mut stays = Vec::new();
        let mut keep = |row: RequestRow<'_>| stays.push((row.arrival_ms, row.departure_ms.unwrap_or(f64::INFINITY)));
        let rows: Option<&mut Rows<'_>> = if watches_requests { Some(&mut keep) } else { None };
        let results = replication(scenario, 0, &one, &|_| ControlFlow::Continue(()), rows)?;
        let shares = shares_of_time(stays, self.warm_up.as_millis());
        let value = |figure: &ExactFigure| match figure.quantity.reading {
            Reading::Results(read) => read(&results),
            Reading::TimeWith(number) => Some(shares.get(number as usize).copied().unwrap_or(0.0)),
        };
        Ok(self.figures.iter().map(value).collect())
    }
}

/// The share of time with 0, 1, … requests in the system, between a start and the last arrival.
fn shares_of_time(stays: Vec<(f64, f64)>, start: f64) -> Vec<f64> {
    let end = stays.iter().fold(start, |end, (arrival, _)| end.max(*arrival));
    let mut changes: Vec<(f64, bool)> = stays.iter().flat_map(|(from, to)| [(*from, true), (*to, false)]).collect();
    changes.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
    let (mut number, mut since) = (0, start);
    let mut spans = vec![0.0];
    for (time, is_arrival) in changes {
        let time = time.clamp(start, end);
        spans[number] += time - since;
        since = time;
        number = if is_arrival { number + 1 } else { number - 1 };
        if number == spans.len() {
            spans.push(0.0);
        }
    }
    spans.iter().map(|span| span / (end - start)).collect()
}

impl ExactFigure {
    fn judge(&self, values: Option<&[f64]>, level: f64, precise: bool) -> FigureResult {
        let interval = values.and_then(|values| Interval::of_mean(values, level));
        let allowed = self.quantity.width.allowed(precise);
        let verdict = match interval {
            Some(interval) if !interval.covers(self.exact) => FigureVerdict::Off,
            Some(interval) if interval.relative_to(self.exact) < allowed => FigureVerdict::Pass,
            Some(_) => FigureVerdict::TooWide,
            None => FigureVerdict::Off,
        };
        FigureResult {
            name: self.quantity.name.to_owned(),
            unit: self.quantity.unit,
            exact: self.exact,
            ours: interval.map(|interval| Ours::Estimate { interval, allowed }),
            verdict,
        }
    }
}

impl Reckoned {
    /// A time in ms.
    pub fn time(name: String, exact: f64, read: impl Fn(&[Diary]) -> Option<f64> + Send + Sync + 'static) -> Self {
        Self { name, unit: FigureUnit::Milliseconds, exact, read: Box::new(read) }
    }

    /// How many there are of something.
    pub fn count(name: &str, exact: f64, read: impl Fn(&[Diary]) -> usize + Send + Sync + 'static) -> Self {
        Self {
            name: name.to_owned(),
            unit: FigureUnit::One,
            exact,
            read: Box::new(move |diaries| Some(read(diaries) as f64)),
        }
    }

    fn judge(self, value: Option<f64>) -> FigureResult {
        let nanos = |millis: f64| (millis * 1e6).round() as i64;
        let is_equal = value.is_some_and(|value| nanos(value) == nanos(self.exact));
        FigureResult {
            name: self.name,
            unit: self.unit,
            exact: self.exact,
            ours: value.map(Ours::Number),
            verdict: if is_equal { FigureVerdict::Pass } else { FigureVerdict::Off },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::verify::quantity::RESPONSE_TIME;

    fn verdict(values: &[f64], precise: bool) -> FigureVerdict {
        let figure = ExactFigure { quantity: RESPONSE_TIME, exact: 100.0 };
        figure.judge(Some(values), 0.99, precise).verdict
    }

    #[test]
    fn a_figure_passes_only_when_covered_by_a_narrow_interval() {
        assert_eq!(verdict(&[99.9, 100.1, 100.0, 99.95], false), FigureVerdict::Pass);
        assert_eq!(verdict(&[50.0, 150.0, 80.0, 120.0], false), FigureVerdict::TooWide);
        assert_eq!(verdict(&[110.1, 110.0, 109.9, 110.0], false), FigureVerdict::Off);
    }

    #[test]
    fn nothing_to_count_is_off() {
        let figure = ExactFigure { quantity: RESPONSE_TIME, exact: 100.0 };
        assert_eq!(figure.judge(None, 0.99, false).verdict, FigureVerdict::Off);
    }

    #[test]
    fn the_share_of_time_with_so_many_in_the_system_is_counted_from_arrivals_and_departures() {
        // One from 0 to 4, one from 1 to 3, one comes at 8: until then 0, 1 and 2 for 4, 2 and 2.
        assert_eq!(shares_of_time(vec![(1.0, 3.0), (0.0, 4.0), (8.0, 9.0)], 0.0), [0.5, 0.25, 0.25]);
        assert_eq!(shares_of_time(vec![(1.0, 3.0), (0.0, 4.0), (6.0, 9.0)], 2.0), [0.5, 0.25, 0.25]);
    }
}
