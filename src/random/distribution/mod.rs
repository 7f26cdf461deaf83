//! The laws that demands and interarrival times follow.
//!
//! A law is written with what people know of it: a mean, a cv (coefficient of variation: standard deviation / mean),
//! a median, a 99th percentile. [`Distribution`] is the form in files, [`Sampler`] the form to draw from.

mod empirical;
mod parameters;
mod sampler;
mod weighted;

use std::fmt;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::model::SimDuration;

pub use empirical::{Empirical, EmpiricalFile};
pub use parameters::{Cv, Erlang, MeanAndCv, MedianAndP99, Normal, Spread, Uniform, Weight};
pub use sampler::Sampler;
pub use weighted::{Hyperexponential, HyperexponentialBranch, Mixture, MixtureBranch};

/// A law of durations: a plain duration is a constant, else an object whose one key names the law.
// `remote = "Self"` derives how an object is read and written, as functions that the traits' methods below call.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", remote = "Self")]
#[schemars(!remote)]
pub enum Distribution {
    /// Exponential, given its mean: what is left does not depend on what has passed; cv 1.
    Exponential(SimDuration),
    /// Every duration from the first to the second is as likely.
    Uniform(Uniform),
    /// The bell curve, cut off at 0: a draw below 0 is drawn again.
    Normal(Normal),
    /// Lognormal: the logarithm is normal. The usual shape of response times and query times.
    Lognormal(Spread),
    /// Gamma, given its mean and cv.
    Gamma(MeanAndCv),
    /// Erlang: the sum of some equal exponential stages; cv 1/√stages.
    Erlang(Erlang),
    /// Weibull, given its mean and cv.
    Weibull(MeanAndCv),
    /// Pareto: a power law, whose rare draws are very long.
    Pareto(Spread),
    /// One of several exponentials, drawn by weight; cv 1 or more.
    Hyperexponential(Hyperexponential),
    /// One of several laws, drawn by weight.
    Mixture(Mixture),
    /// One of the listed durations, each as likely.
    Empirical(Empirical),
    /// Always the same duration, such as "20ms".
    #[serde(skip)]
    #[schemars(!skip, untagged)]
    Constant(SimDuration),
}

impl Distribution {
    /// The mean in nanoseconds, of the law before draws are rounded to whole nanoseconds or cut at
    /// [`SimDuration::MAX`]; infinite for a Pareto law whose tail is heavy enough.
    ///
    /// # Panics
    /// If the values of a file have not been loaded (see [`Distribution::load_files`]).
    pub fn mean_nanos(&self) -> f64 {
        match self {
            Self::Constant(value) => value.as_nanos() as f64,
            Self::Exponential(mean) => mean.as_nanos() as f64,
            Self::Uniform(law) => law.mean_nanos(),
            Self::Normal(law) => law.mean_nanos(),
            Self::Lognormal(law) => law.lognormal_mean_nanos(),
            Self::Gamma(law) | Self::Weibull(law) => law.mean_nanos(),
            Self::Erlang(law) => law.mean_nanos(),
            Self::Pareto(law) => law.pareto_mean_nanos(),
            Self::Hyperexponential(law) => law.mean_nanos(),
            Self::Mixture(law) => law.mean_nanos(),
            Self::Empirical(law) => law.mean_nanos(),
        }
    }

    /// The law of draws that are so many times as long; what a file will be loaded for is left as it is.
    pub fn scaled(&self, factor: f64) -> Self {
        match self {
            Self::Constant(value) => Self::Constant(value.scaled(factor)),
            Self::Exponential(mean) => Self::Exponential(mean.scaled(factor)),
            Self::Uniform(law) => Self::Uniform(law.scaled(factor)),
            Self::Normal(law) => Self::Normal(law.scaled(factor)),
            Self::Lognormal(law) => Self::Lognormal(law.scaled(factor)),
            Self::Gamma(law) => Self::Gamma(law.scaled(factor)),
            Self::Erlang(law) => Self::Erlang(law.scaled(factor)),
            Self::Weibull(law) => Self::Weibull(law.scaled(factor)),
            Self::Pareto(law) => Self::Pareto(law.scaled(factor)),
            Self::Hyperexponential(law) => Self::Hyperexponential(law.scaled(factor)),
            Self::Mixture(law) => Self::Mixture(law.scaled(factor)),
            Self::Empirical(law) => Self::Empirical(law.scaled(factor)),
        }
    }

    /// The law made ready to draw from.
    ///
    /// # Panics
    /// If the values of a file have not been loaded (see [`Distribution::load_files`]).
    pub fn sampler(&self) -> Sampler {
        match self {
            Self::Constant(value) => Sampler::constant(*value),
            Self::Exponential(mean) => Sampler::exponential(mean.as_nanos() as f64),
            Self::Uniform(law) => Sampler::uniform(law),
            Self::Normal(law) => Sampler::normal(law),
            Self::Lognormal(law) => Sampler::lognormal(law),
            Self::Gamma(law) => Sampler::gamma(law),
            Self::Erlang(law) => Sampler::erlang(law),
            Self::Weibull(law) => Sampler::weibull(law),
            Self::Pareto(law) => Sampler::pareto(law),
            Self::Hyperexponential(law) => Sampler::hyperexponential(law),
            Self::Mixture(law) => Sampler::mixture(law),
            Self::Empirical(law) => Sampler::empirical(law),
        }
    }

    /// Replaces every file that the law names by the values in it. `load` returns the text of the named file.
    ///
    /// # Errors
    /// What `load` says, or which line of the file is wrong and, on a line of its own, what to write instead.
    pub fn load_files(&mut self, load: &mut dyn FnMut(&str) -> Result<String, String>) -> Result<(), String> {
        match self {
            Self::Empirical(law) => law.load_file(load),
            Self::Mixture(law) => law.branches_mut().try_for_each(|branch| branch.of.load_files(load)),
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

    /// Whether every draw is known to be 0. A file that has not been loaded is not known.
    pub fn is_always_zero(&self) -> bool {
        match self {
            Self::Empirical(law) => law.is_always_zero(),
            Self::Mixture(law) => law.possible_branches().all(|branch| branch.of.is_always_zero()),
            law => law.mean_nanos() <= 0.0,
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
        f.write_str("a duration such as \"20ms\", or a law such as {\"exponential\": \"20ms\"}")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Distribution, E> {
        text.parse().map(Distribution::Constant).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Distribution, A::Error> {
        const HELP: &str = "write a duration such as \"20ms\", or one law such as {\"exponential\": \"20ms\"}";
        if map.size_hint() == Some(0) {
            return Err(de::Error::custom(format!("this object names no law\n{HELP}")));
        }
        let law = Distribution::deserialize(MapAccessDeserializer::new(&mut map))?;
        match map.next_key::<IgnoredAny>()? {
            None => Ok(law),
            Some(_) => Err(de::Error::custom(format!("this object has more than one key\n{HELP}"))),
        }
    }
}
