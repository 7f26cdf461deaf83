//! Poisson arrivals with a linear ramp of the rate.

use schemars::JsonSchema;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

use crate::model::SimDuration;

use super::parameters::{RateOrZero, duration_above_zero};
use super::varying::VaryingRate;

/// A rate that changes linearly from one value to another and then stays constant; at "0/s" there are no more arrivals.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ramp {
    /// The rate at the start; "0/s" for none.
    pub from: RateOrZero,
    /// The rate at the end of the ramp, and from then on.
    pub to: RateOrZero,
    /// Duration of the ramp; above 0.
    #[serde(deserialize_with = "duration_above_zero")]
    #[schemars(with = "SimDuration")]
    pub over: SimDuration,
}

impl Ramp {
    pub(super) fn scaled(&self, factor: f64) -> Self {
        Self { from: self.from.scaled(factor), to: self.to.scaled(factor), over: self.over }
    }

    /// Expected number of arrivals on the ramp.
    fn expected_on_ramp(&self) -> f64 {
        (self.from.per_nano() + self.to.per_nano()) / 2.0 * self.over.as_nanos() as f64
    }

    /// Expected number of arrivals before it ends, if it ends.
    pub(super) fn expected(&self) -> Option<f64> {
        self.to.is_zero().then(|| self.expected_on_ramp())
    }

    pub(super) fn mean_rate_per_s(&self) -> Option<f64> {
        (!self.to.is_zero()).then(|| self.to.as_per_second())
    }

    pub(super) fn highest_rate_per_s(&self) -> f64 {
        self.from.as_per_second().max(self.to.as_per_second())
    }
}

/// A ramp that is not from 0 to 0.
pub(super) fn above_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Ramp, D::Error> {
    let ramp = Ramp::deserialize(deserializer)?;
    if ramp.from.is_zero() && ramp.to.is_zero() {
        return Err(Error::custom("both rates are 0\nwrite at least one rate above 0, such as \"80/s\""));
    }
    Ok(ramp)
}

impl VaryingRate for Ramp {
    /// On the ramp the expected number grows by rate · d + slope · d² / 2 in d nanoseconds; solved for d in the form that
    /// loses no digits and never divides by a slope of 0.
    fn time_after(&mut self, nanos: f64, mut expected: f64) -> f64 {
        let (from, to, over) = (self.from.per_nano(), self.to.per_nano(), self.over.as_nanos() as f64);
        let on_ramp = (over - nanos).max(0.0);
        let slope = (to - from) / over;
        let rate = to - slope * on_ramp;
        let expected_on_ramp = (rate + to) / 2.0 * on_ramp;
        if expected < expected_on_ramp {
            let root = (rate * rate + 2.0 * slope * expected).max(0.0).sqrt();
            return nanos + (2.0 * expected / (rate + root)).min(on_ramp);
        }
        expected -= expected_on_ramp;
        // Infinite where the last rate is 0.
        nanos + on_ramp + expected / to
    }
}
