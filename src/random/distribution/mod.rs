//! Distributions of demands and interarrival times.
//!
//! A distribution is given by numbers that people know: a mean, a cv (coefficient of variation: standard deviation / mean), a
//! median, a 90th, 95th or 99th percentile. [`Distribution`] is the form in files, [`Sampler`] the form to draw from.

mod empirical;
mod family;
mod pair;
mod parameters;
mod root;
mod sampler;
mod spread;
mod weighted;

use std::fmt;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::model::SimDuration;

pub use empirical::Empirical;
pub use family::{Gamma, Lognormal, Normal, Pareto, Weibull};
pub use pair::Pair;
pub use parameters::{Cv, Erlang, Uniform, Weight};
pub use sampler::Sampler;
pub use spread::Spread;
pub use weighted::{Hyperexponential, Mixture};

/// A distribution of durations: a plain duration for a constant, or an object whose only key names the distribution.
// `remote = "Self"` derives how an object is read and written, as functions that the trait implementations below call.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", remote = "Self")]
#[schemars(!remote)]
pub enum Distribution {
    /// Exponential (memoryless), given its mean; cv 1.
    Exponential(SimDuration),
    /// Uniform between the first duration and the second.
    Uniform(Uniform),
    /// Normal, truncated at 0: a draw below 0 is repeated. The numbers are of the distribution before truncation.
    Normal(Spread<Normal>),
    /// Lognormal: its logarithm is normal. The usual shape of response times and query times.
    Lognormal(Spread<Lognormal>),
    /// Gamma: the exponential distribution has a cv of 1, others are narrower or wider.
    Gamma(Spread<Gamma>),
    /// Erlang: the sum of equal exponential stages; cv 1/√stages.
    Erlang(Erlang),
    /// Weibull: a power of an exponential distribution.
    Weibull(Spread<Weibull>),
    /// Pareto: a power law with rare, very long draws.
    Pareto(Spread<Pareto>),
    /// One of several exponentials, drawn by weight; cv 1 or more.
    Hyperexponential(Hyperexponential),
    /// One of several distributions, drawn by weight.
    Mixture(Mixture),
    /// One of the listed durations, all equally likely.
    Empirical(Empirical),
    /// Always the same duration, such as "20ms".
    #[serde(skip)]
    #[schemars(!skip, untagged)]
    Constant(SimDuration),
}

impl Distribution {
    /// The mean in nanoseconds, before draws are rounded to whole nanoseconds or limited to [`SimDuration::MAX`]; infinite for
    /// a Pareto distribution with a heavy enough tail.
    ///
    /// # Panics
    /// If the values of a file have not been loaded (see [`Distribution::load_files`]).
    pub fn mean_nanos(&self) -> f64 {
        match self {
            Self::Constant(value) => value.as_nanos() as f64,
            Self::Exponential(mean) => mean.as_nanos() as f64,
            Self::Uniform(distribution) => distribution.mean_nanos(),
            Self::Normal(distribution) => distribution.mean_nanos(),
            Self::Lognormal(distribution) => distribution.mean_nanos(),
            Self::Gamma(distribution) => distribution.mean_nanos(),
            Self::Weibull(distribution) => distribution.mean_nanos(),
            Self::Erlang(distribution) => distribution.mean_nanos(),
            Self::Pareto(distribution) => distribution.mean_nanos(),
            Self::Hyperexponential(distribution) => distribution.mean_nanos(),
            Self::Mixture(distribution) => distribution.mean_nanos(),
            Self::Empirical(distribution) => distribution.mean_nanos(),
        }
    }

    /// The distribution of draws that are `factor` times as long; a file that has not been loaded yet is kept.
    pub fn scaled(&self, factor: f64) -> Self {
        match self {
            Self::Constant(value) => Self::Constant(value.scaled(factor)),
            Self::Exponential(mean) => Self::Exponential(mean.scaled(factor)),
            Self::Uniform(distribution) => Self::Uniform(distribution.scaled(factor)),
            Self::Normal(distribution) => Self::Normal(distribution.scaled(factor)),
            Self::Lognormal(distribution) => Self::Lognormal(distribution.scaled(factor)),
            Self::Gamma(distribution) => Self::Gamma(distribution.scaled(factor)),
            Self::Erlang(distribution) => Self::Erlang(distribution.scaled(factor)),
            Self::Weibull(distribution) => Self::Weibull(distribution.scaled(factor)),
            Self::Pareto(distribution) => Self::Pareto(distribution.scaled(factor)),
            Self::Hyperexponential(distribution) => Self::Hyperexponential(distribution.scaled(factor)),
            Self::Mixture(distribution) => Self::Mixture(distribution.scaled(factor)),
            Self::Empirical(distribution) => Self::Empirical(distribution.scaled(factor)),
        }
    }

    /// The distribution prepared for drawing.
    ///
    /// # Panics
    /// If the values of a file have not been loaded (see [`Distribution::load_files`]).
    pub fn sampler(&self) -> Sampler {
        match self {
            Self::Constant(value) => Sampler::constant(*value),
            Self::Exponential(mean) => Sampler::exponential(mean.as_nanos() as f64),
            Self::Uniform(distribution) => Sampler::uniform(distribution),
            Self::Normal(distribution) => Sampler::of(distribution),
            Self::Lognormal(distribution) => Sampler::of(distribution),
            Self::Gamma(distribution) => Sampler::of(distribution),
            Self::Erlang(distribution) => Sampler::erlang(distribution),
            Self::Weibull(distribution) => Sampler::of(distribution),
            Self::Pareto(distribution) => Sampler::of(distribution),
            Self::Hyperexponential(distribution) => Sampler::hyperexponential(distribution),
            Self::Mixture(distribution) => Sampler::mixture(distribution),
            Self::Empirical(distribution) => Sampler::empirical(distribution),
        }
    }

    /// Replaces every file named by the distribution with the values in it. `load` returns the text of a file.
    ///
    /// # Errors
    /// The error of `load`, or which line of the file is wrong and, on a separate line, what to write instead.
    pub fn load_files(&mut self, load: &mut dyn FnMut(&str) -> Result<String, String>) -> Result<(), String> {
        match self {
            Self::Empirical(distribution) => distribution.load_file(load),
            Self::Mixture(distribution) => {
                distribution.branches_mut().try_for_each(|branch| branch.of.load_files(load))
            }
            Self::Constant(_)
            | Self::Exponential(_)
            | Self::Uniform(_)
            | Self::Normal(_)
            | Self::Lognormal(_)
            | Self::Gamma(_)
            | Self::Erlang(_)
            | Self::Weibull(_)
            | Self::Pareto(_)
            | Self::Hyperexponential(_) => Ok(()),
        }
    }

    /// Whether every draw is known to be 0; unknown for a file that has not been loaded.
    pub fn is_always_zero(&self) -> bool {
        match self {
            Self::Empirical(distribution) => distribution.is_always_zero(),
            Self::Mixture(distribution) => distribution.possible_branches().all(|branch| branch.of.is_always_zero()),
            Self::Constant(_)
            | Self::Exponential(_)
            | Self::Uniform(_)
            | Self::Normal(_)
            | Self::Lognormal(_)
            | Self::Gamma(_)
            | Self::Erlang(_)
            | Self::Weibull(_)
            | Self::Pareto(_)
            | Self::Hyperexponential(_) => self.mean_nanos() <= 0.0,
        }
    }
}

impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Self::Constant(value) = self {
            return value.serialize(serializer);
        }
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Distribution {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DistributionVisitor)
    }
}

struct DistributionVisitor;

impl<'de> Visitor<'de> for DistributionVisitor {
    type Value = Distribution;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"20ms\", or a distribution such as {\"exponential\": \"20ms\"}")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Distribution, E> {
        text.parse().map(Distribution::Constant).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Distribution, A::Error> {
        const HELP: &str = "write a duration such as \"20ms\", or a distribution such as {\"exponential\": \"20ms\"}";
        if map.size_hint() == Some(0) {
            return Err(de::Error::custom(format!("this object names no distribution\n{HELP}")));
        }
        let distribution = Distribution::deserialize(MapAccessDeserializer::new(&mut map))?;
        match map.next_key::<IgnoredAny>()? {
            None => Ok(distribution),
            Some(_) => Err(de::Error::custom(format!("this object has more than one key\n{HELP}"))),
        }
    }
}
