//! Rules about the run: its end, its warm-up, its replications.

use std::num::{NonZeroU32, NonZeroU64};

use crate::engine::MAX_IN_FLIGHT;
use crate::model::{Metric, Named, SimDuration};
use crate::random::{Arrivals, RequestClass};

use super::super::diagnostic::{Diagnostic, list, shown};
use super::super::format::{DetailedPrecisionForm, PrecisionForm, RunForm};
use super::super::objective::Names;
use super::super::part::Part;
use super::super::percentage::Percentage;
use super::super::{Precision, RunEnd, RunSettings, WarmUp};
use super::Checker;

/// Maximum number of replications.
const MOST_REPLICATIONS: u64 = 100_000;

/// The lowest and the highest level of confidence intervals: lower ones are misleading, higher ones too wide to be useful.
const LEVELS: [Percentage; 2] = [Percentage::new(50.0), Percentage::new(99.99)];

/// The default limit on requests in flight keeps the memory of a run below 250 MB.
const DEFAULT_BYTES: usize = 200_000_000;
const DEFAULT_MOST: usize = 250_000;
/// Memory of a request in flight, without its phases and for each of them (measured, with room for growing vectors).
const BYTES_OF_A_REQUEST: usize = 450;
const BYTES_OF_A_PHASE: usize = 32;

/// The default limit on requests in flight.
fn default_in_flight(classes: &[RequestClass]) -> u32 {
    let phases = classes.iter().map(RequestClass::demands).max().unwrap_or(0);
    let bytes = BYTES_OF_A_REQUEST + BYTES_OF_A_PHASE * phases;
    (DEFAULT_BYTES / bytes).clamp(1, DEFAULT_MOST) as u32
}

impl Checker<'_> {
    pub(super) fn run(
        &self,
        form: RunForm,
        arrivals: &Arrivals,
        classes: &[RequestClass],
        names: &Names<'_>,
    ) -> Result<RunSettings, Diagnostic> {
        let RunForm { requests, duration, warm_up, seed, replications, precision, confidence, max_in_flight } = form;
        let end = self.end(requests, duration, arrivals)?;
        self.check_warm_up(warm_up, end, arrivals)?;
        let replications = replications.get();
        self.check_replications(replications)?;
        self.check_confidence(confidence)?;
        Ok(RunSettings {
            end,
            seed,
            max_in_flight: self.max_in_flight(max_in_flight, classes)?,
            warm_up,
            replications,
            precision: precision.map(|form| self.precision(form, replications, names)).transpose()?,
            confidence: confidence.share(),
        })
    }

    fn check_replications(&self, replications: u64) -> Result<(), Diagnostic> {
        if replications <= MOST_REPLICATIONS {
            return Ok(());
        }
        let message = format!("`replications` must be at most {MOST_REPLICATIONS}");
        let place = self.root.at("run").at("replications").short_span();
        Err(self.error(message, place, format!("found {replications}")).with_help("write fewer replications"))
    }

    fn check_confidence(&self, confidence: Percentage) -> Result<(), Diagnostic> {
        let [least, most] = LEVELS;
        if (least..=most).contains(&confidence) {
            return Ok(());
        }
        let place = self.root.at("run").at("confidence").short_span();
        Err(self
            .error(format!("`confidence` must be from {least} to {most}"), place, format!("found {confidence}"))
            .with_help("write the level of the confidence intervals, such as \"95%\""))
    }

    fn max_in_flight(&self, given: Option<NonZeroU32>, classes: &[RequestClass]) -> Result<u32, Diagnostic> {
        let limit = given.map_or(default_in_flight(classes), NonZeroU32::get);
        if limit <= MAX_IN_FLIGHT {
            return Ok(limit);
        }
        let message = format!("`max_in_flight` must be at most {MAX_IN_FLIGHT}");
        let place = self.root.at("run").at("max_in_flight").short_span();
        Err(self.error(message, place, format!("found {limit}")).with_help("write a lower limit"))
    }

    fn end(
        &self,
        requests: Option<NonZeroU64>,
        duration: Option<SimDuration>,
        arrivals: &Arrivals,
    ) -> Result<RunEnd, Diagnostic> {
        let node = self.root.at("run");
        Ok(match (requests, duration) {
            (Some(_), Some(_)) => {
                let both = self.error(
                    "`run` must have either `requests` or `duration`, not both",
                    self.key("run", "duration"),
                    "`duration` is given here",
                );
                let both = self.sources.also(both, self.key("run", "requests"), "`requests` is given here");
                return Err(both.with_help("remove one of them, or set it to `null`"));
            }
            (Some(requests), None) => RunEnd::Requests(requests.get()),
            (None, Some(SimDuration::ZERO)) => {
                return Err(self
                    .error("`duration` must be above 0", node.at("duration").short_span(), "found 0")
                    .with_help("write the length of the run, such as \"10m\""));
            }
            (None, Some(duration)) => RunEnd::Duration(duration),
            (None, None) if arrivals.count().is_some() => RunEnd::Arrivals,
            (None, None) => {
                let label = match self.root.member("run") {
                    Some(_) => "found neither `requests` nor `duration`",
                    None => "found no `run`",
                };
                return Err(self
                    .error("the run never ends", node.short_span(), label)
                    .with_help("these arrivals have no end: add `\"run\": { \"requests\": 10000 }`, or a `duration`"));
            }
        })
    }

    /// The warm-up must leave something of the run.
    fn check_warm_up(&self, warm_up: WarmUp, end: RunEnd, arrivals: &Arrivals) -> Result<(), Diagnostic> {
        let WarmUp::Fixed(warm_up) = warm_up else { return Ok(()) };
        let place = self.root.at("run").at("warm_up").short_span();
        let label = format!("the first {warm_up} are excluded");
        if let RunEnd::Duration(duration) = end
            && warm_up >= duration
        {
            let error = self.error("the warm-up covers the whole run", place, label);
            let error = self.sources.also(error, self.key("run", "duration"), format!("the run ends after {duration}"));
            return Err(error.with_help("write a shorter warm-up or a longer duration"));
        }
        let Arrivals::At(list) = arrivals else { return Ok(()) };
        let last = match end {
            RunEnd::Requests(requests) => usize::try_from(requests).unwrap_or(usize::MAX).min(list.len()),
            RunEnd::Duration(_) | RunEnd::Arrivals => list.len(),
        };
        match last.checked_sub(1).map(|last| (last, list[last].time)) {
            Some((last, time)) if time < warm_up => {
                let span = self.root.at("arrivals").at("at").item(last).at("time").short_span();
                let error = self.error("no request arrives after the warm-up", place, label);
                let error = self.sources.also(error, span, "the last request arrives here");
                Err(error.with_help("write a shorter warm-up, or omit it"))
            }
            _ => Ok(()),
        }
    }

    fn precision(&self, form: PrecisionForm, replications: u64, names: &Names<'_>) -> Result<Precision, Diagnostic> {
        let DetailedPrecisionForm { half_width: percentage, metrics, replications: most } = form.into_detailed();
        let node = self.root.at("run").at("precision");
        let half_width = percentage.share();
        if half_width <= 0.0 || half_width >= 1.0 {
            let found = format!("found {percentage}");
            return Err(self
                .error("`precision` must be above 0% and below 100%", node.at("half_width").short_span(), found)
                .with_help("write half the width of an interval, as a percentage of the value, such as \"2%\""));
        }
        let limit = node.at("replications").short_span();
        if !(2..=MOST_REPLICATIONS).contains(&most) {
            let found = format!("found {most}");
            return Err(self
                .error(format!("`replications` of `precision` must be from 2 to {MOST_REPLICATIONS}"), limit, found)
                .with_help("write the maximum number of replications; an interval needs at least 2"));
        }
        if replications > most {
            let error = self.error(
                "`replications` exceeds the maximum of `precision`",
                limit,
                format!("the maximum is {most}"),
            );
            let error =
                self.sources.also(error, self.root.at("run").at("replications").short_span(), "found more here");
            return Err(error.with_help("omit `replications` of the run, or raise the maximum of `precision`"));
        }
        if metrics.is_empty() {
            return Err(self
                .error("`metrics` must name at least one metric", node.at("metrics").short_span(), "empty list")
                .with_help("add a metric, such as \"p99\", or omit `metrics`"));
        }
        let metrics = metrics.iter().enumerate().map(|(index, name)| {
            let part = Part::of(name, node.at("metrics").item(index), self.sources).trim();
            self.metric_of_precision(part, names)
        });
        Ok(Precision { half_width, metrics: metrics.collect::<Result<_, _>>()?, at_most: most })
    }

    fn metric_of_precision(&self, part: Part<'_>, names: &Names<'_>) -> Result<Metric, Diagnostic> {
        let metric = names.metric_named(part)?;
        if metric.has_interval() {
            return Ok(metric);
        }
        let intervals = Named::ALL.iter().filter(|metric| metric.facts().has_interval);
        Err(part
            .error(format!("`{}` has no confidence interval", shown(part.text)), "an extreme value or a count")
            .with_help(format!("metrics with confidence intervals: {}", list(intervals.map(|metric| metric.name())))))
    }
}
