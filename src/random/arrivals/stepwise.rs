//! Rates that are constant piece by piece.

use crate::model::SimTime;

use super::varying::VaryingRate;

/// A sequence of rates.
pub(super) trait Steps {
    /// The next rate; `None` if there are no more arrivals.
    fn next_step(&mut self) -> Option<RateStep>;

    /// The cycle that repeats from any time on, if there is one: whole cycles can then be skipped.
    fn cycle(&self) -> Option<Cycle> {
        None
    }
}

/// A rate that is constant for a while.
#[derive(Clone, Copy, Debug)]
pub(super) struct RateStep {
    pub rate_per_nano: f64,
    pub nanos: f64,
}

/// The period after which the rates repeat.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cycle {
    /// Expected number of arrivals in one cycle; above 0.
    pub expected: f64,
    pub nanos: f64,
}

/// The rate given by these steps.
#[derive(Debug)]
pub(super) struct Stepwise<S> {
    steps: S,
    rate_per_nano: f64,
    /// When the rate changes.
    end: f64,
}

impl<S: Steps> Stepwise<S> {
    pub fn new(steps: S) -> Self {
        Self { steps, rate_per_nano: 0.0, end: 0.0 }
    }
}

impl<S: Steps> VaryingRate for Stepwise<S> {
    fn time_after(&mut self, mut nanos: f64, mut expected: f64) -> f64 {
        if let Some(cycle) = self.steps.cycle() {
            let cycles = (expected / cycle.expected).floor();
            expected = (expected - cycles * cycle.expected).max(0.0);
            nanos += cycles * cycle.nanos;
            self.end += cycles * cycle.nanos;
        }
        while nanos <= SimTime::MAX.as_nanos() as f64 {
            let expected_in_step = self.rate_per_nano * (self.end - nanos);
            if expected <= expected_in_step && self.rate_per_nano > 0.0 {
                // Rounding must not lead beyond the step.
                return (nanos + expected / self.rate_per_nano).min(self.end);
            }
            expected -= expected_in_step;
            nanos = self.end;
            let Some(step) = self.steps.next_step() else { return f64::INFINITY };
            self.rate_per_nano = step.rate_per_nano;
            self.end += step.nanos;
        }
        f64::INFINITY
    }
}
