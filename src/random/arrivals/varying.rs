//! Poisson arrivals at a rate that changes over time.
//!
//! With Λ(t) the integral of the rate from the start to t, the arrivals of a Poisson process are the times at which Λ
//! has grown by one unit exponential after another (Çinlar, *Introduction to Stochastic Processes*, 1975, 4.7). Every
//! arrival takes one draw, whatever the rate: a different rate moves the arrivals but does not change their draws.

use rand_distr::{Distribution, Exp1};

use crate::model::SimTime;
use crate::random::Stream;

/// A rate that changes over time. Times are nanoseconds from the start; a float of them is exact for 104 days.
pub(super) trait VaryingRate {
    /// The time at which `expected` more arrivals are expected than at `nanos`, the last time that was returned;
    /// infinite if there is none before [`SimTime::MAX`].
    fn time_after(&mut self, nanos: f64, expected: f64) -> f64;
}

/// The arrivals at such a rate.
#[derive(Debug)]
pub(super) struct Varying<R> {
    rate: R,
    stream: Stream,
    /// The last arrival, not rounded, so that rounding does not accumulate.
    nanos: f64,
}

impl<R: VaryingRate> Varying<R> {
    pub fn new(rate: R, stream: Stream) -> Self {
        Self { rate, stream, nanos: 0.0 }
    }

    /// The next arrival in nanoseconds; beyond [`SimTime::MAX`] if there is none.
    pub fn next_nanos(&mut self) -> f64 {
        let unit: f64 = Exp1.sample(&mut self.stream);
        if self.nanos <= SimTime::MAX.as_nanos() as f64 {
            self.nanos = self.rate.time_after(self.nanos, unit);
        }
        self.nanos
    }
}
