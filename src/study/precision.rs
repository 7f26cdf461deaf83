//! How many replications it takes until the intervals are as narrow as was asked.

use std::ops::ControlFlow;

use crate::model::Metric;
use crate::scenario::{Precision, RunSettings};
use crate::stats::{ClassConfidence, Estimated, MissedPrecision, PrecisionResults, WhyImprecise, reach};

/// Number of replications after which widths are first judged.
const FIRST: u64 = 10;

/// How many replications are run, and until when.
#[derive(Debug)]
pub(super) struct ReplicationPlan<'a> {
    /// The planned total.
    pub replications: u64,
    precision: Option<&'a Precision>,
}

impl<'a> ReplicationPlan<'a> {
    /// As the scenario asks.
    pub fn new(run: &'a RunSettings) -> Self {
        let precision = run.precision.as_ref();
        let first = precision.map_or(1, |precision| FIRST.min(precision.at_most));
        Self { replications: run.replications.max(first), precision }
    }

    /// Whether these results will do; else more replications are planned.
    pub fn judge(
        &mut self,
        policies: &[(&str, Estimated)],
        backends: &[&str],
    ) -> ControlFlow<Option<PrecisionResults>> {
        let Some(precision) = self.precision else { return ControlFlow::Break(None) };
        let widths: Vec<_> = policies
            .iter()
            .flat_map(|policy| precision.metrics.iter().map(move |metric| (policy, *metric)))
            .map(|((name, estimated), metric)| (*name, metric.name(backends), width(estimated, metric, backends)))
            .collect();
        let missed = |(policy, metric, width): &(&str, String, Result<f64, WhyImprecise>)| {
            let why = match width {
                Ok(width) if *width <= precision.half_width => return None,
                Ok(width) => WhyImprecise::TooWide { half_width: *width },
                Err(why) => *why,
            };
            Some(MissedPrecision { policy: (*policy).to_owned(), metric: metric.clone(), why })
        };
        let missed: Vec<_> = widths.iter().filter_map(missed).collect();
        let needed = self.needed(precision.half_width, widths.iter().map(|(_, _, width)| width));
        match needed {
            Some(needed) if !missed.is_empty() && self.replications < precision.at_most => {
                self.replications = needed.min(precision.at_most);
                ControlFlow::Continue(())
            }
            _ => ControlFlow::Break(Some(PrecisionResults {
                half_width: precision.half_width,
                metrics: precision.metrics.iter().map(|metric| metric.name(backends)).collect(),
                reached: missed.is_empty(),
                missed,
            })),
        }
    }

    /// How many replications the widest interval needs: its width shrinks with the square root of their number. At most
    /// four times as many as now, because the spread of few values is not well known. `None` when more would not help.
    fn needed<'w>(&self, half_width: f64, widths: impl Iterator<Item = &'w Result<f64, WhyImprecise>>) -> Option<u64> {
        let mut widest: f64 = 0.0;
        for width in widths {
            widest = widest.max(*width.as_ref().ok()?);
        }
        let needed = self.replications as f64 * (widest / half_width).powi(2) * 1.05;
        Some((needed as u64).clamp(self.replications + 1, self.replications * 4))
    }
}

/// Half width / value; 0 for a number that is 0 without any spread.
pub(super) fn width(estimated: &Estimated, metric: Metric, backends: &[&str]) -> Result<f64, WhyImprecise> {
    let name = metric.name(backends);
    let none = WhyImprecise::NoNumber;
    let ClassConfidence { intervals, not_estimable } = &estimated.intervals(None).ok_or(none)?.answered;
    let Some(ends) = intervals.get(&name) else {
        return Err(not_estimable.get(&name).map_or(none, |why| WhyImprecise::NotEstimable(*why)));
    };
    let value = estimated.numbers.metric(metric, backends).ok_or(none)?;
    let half = reach(value, *ends);
    Ok(if half > 0.0 { half / value.abs() } else { 0.0 })
}
