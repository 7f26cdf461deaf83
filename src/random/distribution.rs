//! The laws that demands and interarrival times follow.

use crate::model::SimDuration;

use super::Stream;

/// A law of durations, as scenario files write it.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same.
    Constant(SimDuration),
    /// Exponential, with this mean.
    Exponential(SimDuration),
}

impl Distribution {
    /// The mean in nanoseconds.
    pub fn mean_nanos(&self) -> f64 {
        match self {
            Self::Constant(value) | Self::Exponential(value) => value.as_nanos() as f64,
        }
    }

    /// The law made ready to draw from.
    pub fn sampler(&self) -> Sampler {
        match self {
            Self::Constant(value) => Sampler::Constant(*value),
            Self::Exponential(mean) => Sampler::Exponential(mean.as_nanos() as f64),
        }
    }
}

/// A law made ready to draw from.
#[derive(Clone, Debug)]
pub enum Sampler {
    /// Always the same.
    Constant(SimDuration),
    /// Exponential, with this mean in nanoseconds.
    Exponential(f64),
}

impl Sampler {
    /// Draws one duration, rounded once to whole nanoseconds.
    #[inline]
    pub fn draw(&self, stream: &mut Stream) -> SimDuration {
        use rand_distr::{Distribution as _, Exp1};
        match self {
            Self::Constant(value) => *value,
            Self::Exponential(mean) => {
                let unit: f64 = Exp1.sample(stream);
                SimDuration::round_from_nanos(unit * mean)
            }
        }
    }
}
