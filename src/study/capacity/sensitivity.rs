//! What a tenth less and a tenth more load would do to response times near saturation.
//!
//! Exactly where theory knows it. Elsewhere by a run at that load, if one that is long enough is not too long: the nearer to
//! saturation, the longer a queue remembers. Otherwise nothing is said, for a shorter run would say something false: it
//! ends before the queue has become as long as it will.

use crate::model::SimDuration;
use crate::policy::PolicyChoice;
use crate::scenario::Scenario;
use crate::stats::{Estimated, LoadPoint, LoadPointSource, Saturation, Sensitivity, reach};
use crate::study::measured::Measured;
use crate::study::replications::{Halted, OnProgress, PolicyRun};
use crate::study::simulation::Replication;

use super::exact::{Exact, exact};
use super::verdict::{left_out, long_run_rate};

/// How much less, and more.
const STEP: f64 = 0.1;

/// A run has as many requests as this / (1 − load)². The mean of that many response times of an M/M/1 has an interval of
/// ± 10 %: its relative standard error is about 2 / (√n (1 − load)) (W. Whitt: Planning queueing simulations, 1989).
const LENGTH: f64 = 1537.0;

/// A 99th percentile takes eight batches of 10,000 requests.
const FEWEST_REQUESTS: f64 = 130_000.0;

/// No longer run is made: about a second.
const MOST_REQUESTS: f64 = 600_000.0;

/// The share of a run that is left out while the system fills up.
const WARM_UP: f64 = 0.2;

/// A number whose interval is wider than this share of it is omitted.
const WIDEST: f64 = 0.25;

/// What other loads would do; `None` if the arrivals have no load of their own.
///
/// # Errors
/// [`Halted`] when `progress` broke off.
pub(in crate::study) fn sensitivity(
    scenario: &Scenario,
    policy: &PolicyChoice,
    saturation: &Saturation,
    estimated: &Estimated,
    progress: &OnProgress<'_>,
) -> Result<Option<Sensitivity>, Halted> {
    let Some((load, capacity_per_s)) = saturation.load.zip(saturation.capacity_per_s) else { return Ok(None) };
    let margin = saturation.capacity_half_width_per_s.unwrap_or(0.0) / capacity_per_s;
    let other = OtherLoad { scenario, policy, progress };
    let at = |factor: f64| {
        let load = load * factor;
        // It may be beyond the capacity.
        if load >= 1.0 - margin { Ok(LoadPoint::unknown(load)) } else { other.at(factor, load) }
    };
    Ok(Some(Sensitivity {
        less: at(1.0 - STEP)?,
        same: LoadPoint::of_run(load, estimated),
        more: (load * (1.0 + STEP) < 1.0).then(|| at(1.0 + STEP)).transpose()?,
    }))
}

/// The same requests at another rate.
struct OtherLoad<'a> {
    scenario: &'a Scenario,
    policy: &'a PolicyChoice,
    progress: &'a OnProgress<'a>,
}

impl OtherLoad<'_> {
    fn at(&self, factor: f64, load: f64) -> Result<LoadPoint, Halted> {
        let arrivals = self.scenario.arrivals().scaled(factor);
        let unknown = LoadPoint::unknown(load);
        let Some(rate_per_s) = long_run_rate(&arrivals) else { return Ok(unknown) };
        if let Some(Exact { mean_ms, p99_ms }) = exact(self.scenario, self.policy, rate_per_s) {
            return Ok(LoadPoint { mean_ms: Some(mean_ms), p99_ms, source: LoadPointSource::Theory, ..unknown });
        }
        let requests = (LENGTH / (1.0 - load).powi(2)).max(FEWEST_REQUESTS);
        let has_steady_state =
            left_out(self.scenario, &self.scenario.rules(self.policy)).is_empty() && arrivals.are_alike_at_all_times();
        if !has_steady_state || requests > MOST_REQUESTS {
            return Ok(unknown);
        }
        let Some(scenario) = self.scenario.with_load(factor, requests as u64) else { return Ok(unknown) };
        let warm_up = SimDuration::round_from_nanos(WARM_UP * requests / rate_per_s * 1e9);
        let estimated = self.estimate(&scenario, warm_up)?;
        Ok(if estimated.numbers.incomplete.is_none() { narrow(load, &estimated) } else { unknown })
    }

    fn estimate(&self, scenario: &Scenario, warm_up: SimDuration) -> Result<Estimated, Halted> {
        let run = PolicyRun::plain(scenario, self.policy);
        let outcome = run.simulate(&Replication { warm_up, ..Replication::default() }, true, self.progress, None)?;
        let mut measured = Measured::new(run);
        measured.add(outcome);
        Ok(measured.estimate())
    }
}

/// The numbers of a run whose intervals are there, and narrow enough.
fn narrow(load: f64, estimated: &Estimated) -> LoadPoint {
    let point = LoadPoint::of_run(load, estimated);
    let estimate = |number: Option<f64>, interval: Option<[f64; 2]>| {
        let (number, ends) = number.zip(interval)?;
        (reach(number, ends) <= WIDEST * number).then_some((number, ends))
    };
    let mean = estimate(point.mean_ms, point.mean_interval_ms);
    let p99 = estimate(point.p99_ms, point.p99_interval_ms);
    LoadPoint {
        mean_ms: mean.map(|(mean, _)| mean),
        mean_interval_ms: mean.map(|(_, ends)| ends),
        p99_ms: p99.map(|(p99, _)| p99),
        p99_interval_ms: p99.map(|(_, ends)| ends),
        source: LoadPointSource::Run,
        ..point
    }
}
