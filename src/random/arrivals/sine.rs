//! Poisson arrivals with a sinusoidal rate.

use std::f64::consts::{PI, TAU};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Rate, SimDuration, SimTime};

use super::parameters::{Amplitude, duration_above_zero};
use super::varying::VaryingRate;

/// The rate mean · (1 + amplitude · sin(2π t / period)).
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sine {
    /// The mean rate; the rate starts at this value and rises.
    pub mean: Rate,
    /// The amplitude relative to the mean: from 0 to 1.
    pub amplitude: Amplitude,
    /// Time from one peak to the next; above 0.
    #[serde(deserialize_with = "duration_above_zero")]
    #[schemars(with = "SimDuration")]
    pub period: SimDuration,
}

impl Sine {
    pub(super) fn highest_rate_per_s(&self) -> f64 {
        self.mean.as_per_second() * (1.0 + self.amplitude.get())
    }
}

impl VaryingRate for Sine {
    fn time_after(&mut self, nanos: f64, expected: f64) -> f64 {
        let period = self.period.as_nanos() as f64;
        let periods = expected / (self.mean.as_per_second() / 1e9 * period);
        if periods * period > SimTime::MAX.as_nanos() as f64 {
            return f64::INFINITY;
        }
        let wave = Wave { amplitude: self.amplitude.get(), phase: nanos % period / period };
        // A thousandth of a nanosecond, in periods.
        let part = wave.inverse(periods.fract(), 1e-3 / period);
        nanos + (periods.floor() + part) * period
    }
}

/// The rate from a phase on, with the period and the mean rate as units.
struct Wave {
    amplitude: f64,
    phase: f64,
}

impl Wave {
    fn rate(&self, time: f64) -> f64 {
        1.0 + self.amplitude * (TAU * (self.phase + time)).sin()
    }

    /// Expected number of arrivals up to a time: the integral of the rate. The difference of two cosines is written as a
    /// product, which keeps its digits when the time is short.
    fn expected(&self, time: f64) -> f64 {
        time + self.amplitude / PI * (PI * (2.0 * self.phase + time)).sin() * (PI * time).sin()
    }

    /// The time from 0 to 1 up to which this number (0 to 1) is expected: Newton's method, and bisection wherever that
    /// leaves the bracket or does not halve its steps (*Numerical Recipes*, 3rd edition, 9.4). It terminates because every
    /// second step halves the step or the bracket.
    fn inverse(&self, expected: f64, tolerance: f64) -> f64 {
        if expected <= 0.0 {
            return 0.0;
        }
        // The rate lies between 1 − amplitude and 1 + amplitude.
        let mut low = expected / (1.0 + self.amplitude);
        let mut high = (expected / (1.0 - self.amplitude)).min(1.0);
        let mut time = (expected / self.rate(0.0)).clamp(low, high);
        let mut last_step = high - low;
        loop {
            let error = self.expected(time) - expected;
            if error < 0.0 {
                low = time;
            } else {
                high = time;
            }
            let newton = error / self.rate(time);
            let is_good = (low..=high).contains(&(time - newton)) && 2.0 * newton.abs() <= last_step.abs();
            let step = if is_good { newton } else { time - (low + high) / 2.0 };
            last_step = step;
            time -= step;
            if step.abs() <= tolerance.max(f64::EPSILON * time) {
                return time;
            }
        }
    }
}
