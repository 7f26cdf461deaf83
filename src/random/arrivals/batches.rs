//! Several requests at one instant, or within a short time.

use std::fmt;
use std::num::NonZeroU32;

use rand_distr::{Distribution, Exp1};
use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, U64Deserializer};
use serde::de::{self, Deserializer, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::model::{Rate, SimDuration};
use crate::random::Stream;

use super::parameters::duration_above_zero;

/// Several requests at one instant; the instants form a Poisson process.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Batches {
    /// Rate of the batches.
    pub rate: Rate,
    /// Number of requests in a batch.
    pub size: BatchSize,
}

/// Many requests at once or within a short time, at regular intervals; the first burst starts after one interval.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bursts {
    /// Time from the start of one burst to the start of the next; above 0.
    #[serde(deserialize_with = "duration_above_zero")]
    #[schemars(with = "SimDuration")]
    pub every: SimDuration,
    /// Number of requests in a burst.
    pub size: BatchSize,
    /// Each request arrives at a random time within this span after the start of the burst (default: 0); at most `every`.
    #[serde(default)]
    pub spread: SimDuration,
}

/// The size of a batch or burst: a number, or a distribution.
// `remote = "Self"` derives how an object is read and written, as functions that the trait implementations below call.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", remote = "Self")]
#[schemars(!remote)]
pub enum BatchSize {
    /// Geometric, 1 or more: after each request, another one follows with the same probability.
    Geometric(Geometric),
    /// Always the same number.
    #[serde(skip)]
    #[schemars(!skip, untagged)]
    Fixed(NonZeroU32),
}

/// A geometric distribution on the whole numbers from 1.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Geometric {
    /// The mean, from 1 to a million.
    #[serde(deserialize_with = "mean_size")]
    #[schemars(range(min = 1, max = 1_000_000))]
    mean: f64,
}

fn mean_size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let mean = f64::deserialize(deserializer)?;
    if (1.0..=1e6).contains(&mean) {
        return Ok(mean);
    }
    let wrong = if mean < 1.0 { "is below 1" } else { "is too large" };
    let help = "a batch has at least 1 request: write a number from 1 to 1000000";
    Err(de::Error::custom(format!("a mean of {mean} {wrong}\n{help}")))
}

/// Bursts that do not overlap.
pub(super) fn one_after_another<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bursts, D::Error> {
    let bursts = Bursts::deserialize(deserializer)?;
    if bursts.spread > bursts.every {
        let Bursts { every, spread, .. } = bursts;
        return Err(de::Error::custom(format!(
            "a burst takes {spread}, and the next one starts {every} after it\nwrite a `spread` of at most `every`"
        )));
    }
    Ok(bursts)
}

impl Serialize for BatchSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Self::Fixed(size) = self {
            return size.serialize(serializer);
        }
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for BatchSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SizeVisitor)
    }
}

struct SizeVisitor;

impl<'de> Visitor<'de> for SizeVisitor {
    type Value = BatchSize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number of at least 1, or a distribution such as {\"geometric\": {\"mean\": 4}}")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<BatchSize, E> {
        let number: U64Deserializer<E> = number.into_deserializer();
        NonZeroU32::deserialize(number).map(BatchSize::Fixed)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<BatchSize, A::Error> {
        BatchSize::deserialize(MapAccessDeserializer::new(map))
    }
}

impl BatchSize {
    /// The mean number of requests.
    pub fn mean(&self) -> f64 {
        match self {
            Self::Fixed(size) => f64::from(size.get()),
            Self::Geometric(distribution) => distribution.mean,
        }
    }

    fn sampler(&self) -> SizeSampler {
        match self {
            Self::Fixed(size) => SizeSampler::Fixed(u64::from(size.get())),
            Self::Geometric(distribution) => {
                let distribution = rand_distr::Geometric::new(1.0 / distribution.mean);
                SizeSampler::Geometric(distribution.expect("the inverse of a mean from 1 on is a probability"))
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum SizeSampler {
    Fixed(u64),
    /// The number of requests after the first.
    Geometric(rand_distr::Geometric),
}

impl SizeSampler {
    fn draw(&self, stream: &mut Stream) -> u64 {
        match self {
            Self::Fixed(size) => *size,
            Self::Geometric(distribution) => distribution.sample(stream).saturating_add(1),
        }
    }
}

impl Batches {
    pub(super) fn mean_rate_per_s(&self) -> f64 {
        self.rate.as_per_second() * self.size.mean()
    }
}

impl Bursts {
    /// Bursts of the same size that follow each other `factor` times as fast.
    pub(super) fn faster(&self, factor: f64) -> Self {
        let every = self.every.scaled(1.0 / factor).max(SimDuration::from_nanos(1));
        Self { every, size: self.size, spread: self.spread.scaled(1.0 / factor).min(every) }
    }

    pub(super) fn mean_rate_per_s(&self) -> f64 {
        self.size.mean() / self.every.as_secs()
    }
}

/// The requests of batches. Sizes have a separate stream, so a different size does not move the batches.
#[derive(Debug)]
pub(super) struct BatchSource {
    mean_nanos: f64,
    sizes: SizeSampler,
    stream: Stream,
    size_stream: Stream,
    nanos: f64,
    left: u64,
}

impl BatchSource {
    pub fn new(batches: &Batches, stream: Stream, size_stream: Stream) -> Self {
        let mean_nanos = 1e9 / batches.rate.as_per_second();
        Self { mean_nanos, sizes: batches.size.sampler(), stream, size_stream, nanos: 0.0, left: 0 }
    }

    pub fn next_nanos(&mut self) -> f64 {
        if self.left == 0 {
            let unit: f64 = Exp1.sample(&mut self.stream);
            self.nanos += unit * self.mean_nanos;
            self.left = self.sizes.draw(&mut self.size_stream);
        }
        self.left -= 1;
        self.nanos
    }
}

/// The requests of bursts.
#[derive(Debug)]
pub(super) struct BurstSource {
    bursts: Bursts,
    sizes: SizeSampler,
    stream: Stream,
    size_stream: Stream,
    /// The number of bursts so far.
    number: u64,
    left: u64,
    /// The share of the spread that is left after the last request, 1 to 0.
    rest: f64,
}

impl BurstSource {
    pub fn new(bursts: &Bursts, stream: Stream, size_stream: Stream) -> Self {
        Self { bursts: *bursts, sizes: bursts.size.sampler(), stream, size_stream, number: 0, left: 0, rest: 1.0 }
    }

    /// The k-th of n times within a spread, in order: of the time left after the previous one, the share that is left after
    /// it is the (n − k + 1)-th root of a uniform number (Devroye, *Non-Uniform Random Variate Generation*, 1986, 5.3.1).
    pub fn next_nanos(&mut self) -> f64 {
        if self.left == 0 {
            self.number += 1;
            self.left = self.sizes.draw(&mut self.size_stream);
            self.rest = 1.0;
        }
        if self.bursts.spread > SimDuration::ZERO {
            let unit: f64 = Exp1.sample(&mut self.stream);
            self.rest *= (-unit / self.left as f64).exp();
        }
        self.left -= 1;
        let begin = self.number as f64 * self.bursts.every.as_nanos() as f64;
        begin + (1.0 - self.rest) * self.bursts.spread.as_nanos() as f64
    }
}
