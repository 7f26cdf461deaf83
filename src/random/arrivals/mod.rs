//! When requests arrive.
//!
//! Arrivals are open, whatever becomes of the requests before, or closed: from users who wait for an answer. An open law
//! ends after its last arrival, or when the next one would be after [`SimTime::MAX`].

mod at;
mod batches;
mod modulated;
mod parameters;
mod piecewise;
mod ramp;
mod sine;
mod source;
mod stepwise;
mod trace;
mod users;
mod varying;

use std::fmt;

use schemars::{JsonSchema, Schema, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::model::{ClassId, Rate};

use super::{Distribution, Stream};

pub use at::ArrivalsAt;
pub use batches::{BatchSize, Batches, Bursts, Geometric};
pub use modulated::{Mmpp, MmppState, OnOff};
pub use parameters::{Amplitude, RateOrZero};
pub use piecewise::{Piece, Piecewise};
pub use ramp::Ramp;
pub use sine::Sine;
pub use source::{Arrival, ArrivalSource};
pub use trace::{Trace, TraceClass, TraceError};
pub use users::Users;

/// A law of arrivals, as scenario files write it: an object whose one key names the law, or a list of rates.
// `remote = "Self"` derives how an object is read and written, as functions that the traits' methods below call.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", remote = "Self")]
#[schemars(!remote, transform = or_a_list_of_rates)]
pub enum Arrivals {
    /// An explicit list, in order of time.
    At(
        #[serde(deserialize_with = "at::in_order_of_time")]
        #[schemars(length(min = 1))]
        Vec<ArrivalsAt>,
    ),
    /// One every 1/rate, the first after one such interval.
    Constant(Rate),
    /// Independent of each other, at this rate: exponential interarrival times.
    Poisson(Rate),
    /// Independent interarrival times of any law whose mean is above 0.
    Renewal(#[serde(deserialize_with = "parameters::law_above_zero")] Distribution),
    /// Poisson arrivals at rates that follow each other, once or again and again.
    Piecewise(Piecewise),
    /// Poisson arrivals at a rate that grows or falls evenly, and then stays.
    Ramp(#[serde(deserialize_with = "ramp::above_zero")] Ramp),
    /// Poisson arrivals at a rate that goes up and down like a sine, beginning at its mean and rising.
    Sine(Sine),
    /// Poisson arrivals at a rate that changes at random times (a Markov-modulated Poisson process).
    Mmpp(Mmpp),
    /// Poisson arrivals for a while, then none for a while, by turns; on at the start.
    OnOff(OnOff),
    /// Several requests at one instant; the instants are random (Poisson).
    Batches(Batches),
    /// Many requests at once, or within a short time, in regular intervals.
    Bursts(#[serde(deserialize_with = "batches::one_after_another")] Bursts),
    /// A recorded trace: the path of a JSON Lines file with `time_ms`, `class` and, if known, `demands_ms` of requests.
    Trace(#[schemars(with = "String")] Trace),
    /// A closed system: each of some users sends a request, waits for the answer, and thinks before the next.
    Users(Users),
}

/// How requests come.
#[derive(Debug)]
pub enum Load {
    /// Whatever becomes of the requests before.
    Open(ArrivalSource),
    /// From users who wait for an answer and think before they send the next request.
    Closed(Users),
}

impl Arrivals {
    /// The arrivals of one replication. `class_id` finds a class by its name, which the scenario has checked.
    ///
    /// # Panics
    /// If a file has not been loaded ([`Arrivals::load_files`]) or a trace not been checked ([`Trace::check`]).
    pub fn load(&self, class_id: impl Fn(&str) -> ClassId, stream: Stream) -> Load {
        Load::Open(match self {
            Self::At(list) => ArrivalSource::at(list, class_id),
            Self::Constant(rate) => ArrivalSource::constant(*rate),
            Self::Poisson(rate) => ArrivalSource::poisson(*rate, stream),
            Self::Renewal(law) => ArrivalSource::renewal(law, stream),
            Self::Piecewise(law) => ArrivalSource::piecewise(law, stream),
            Self::Ramp(law) => ArrivalSource::ramp(law, stream),
            Self::Sine(law) => ArrivalSource::sine(law, stream),
            Self::Mmpp(law) => ArrivalSource::mmpp(law, stream),
            Self::OnOff(law) => ArrivalSource::on_off(law, stream),
            Self::Batches(law) => ArrivalSource::batches(law, stream),
            Self::Bursts(law) => ArrivalSource::bursts(law, stream),
            Self::Trace(trace) => ArrivalSource::trace(trace),
            Self::Users(users) => return Load::Closed(users.clone()),
        })
    }

    /// How many arrivals there are, if the law ends by itself: of a list or a trace exactly, of a random law about as
    /// many as are expected.
    pub fn count(&self) -> Option<u64> {
        match self {
            Self::At(list) => Some(list.len() as u64),
            Self::Piecewise(law) => law.expected().map(|count| count.ceil() as u64),
            Self::Ramp(law) => law.expected().map(|count| count.ceil() as u64),
            Self::Trace(trace) => Some(trace.requests()),
            Self::Constant(_)
            | Self::Poisson(_)
            | Self::Renewal(_)
            | Self::Sine(_)
            | Self::Mmpp(_)
            | Self::OnOff(_)
            | Self::Batches(_)
            | Self::Bursts(_)
            | Self::Users(_) => None,
        }
    }

    /// The mean number of arrivals per second in the long run, if the law goes on for ever; 0 if the mean
    /// interarrival time is infinite. Closed systems have none: it depends on the answers.
    pub fn mean_rate_per_s(&self) -> Option<f64> {
        match self {
            Self::Constant(rate) | Self::Poisson(rate) => Some(rate.as_per_second()),
            Self::Renewal(law) => Some(1e9 / law.mean_nanos()),
            Self::Piecewise(law) => law.mean_rate_per_s(),
            Self::Ramp(law) => law.mean_rate_per_s(),
            Self::Sine(law) => Some(law.mean.as_per_second()),
            Self::Mmpp(law) => Some(law.mean_rate_per_s()),
            Self::OnOff(law) => Some(law.mean_rate_per_s()),
            Self::Batches(law) => Some(law.mean_rate_per_s()),
            Self::Bursts(law) => Some(law.mean_rate_per_s()),
            Self::At(_) | Self::Trace(_) | Self::Users(_) => None,
        }
    }

    /// The highest rate that the law ever has, per second, leaving out that several may arrive at one instant.
    pub fn highest_rate_per_s(&self) -> Option<f64> {
        match self {
            Self::Piecewise(law) => Some(law.highest_rate_per_s()),
            Self::Ramp(law) => Some(law.highest_rate_per_s()),
            Self::Sine(law) => Some(law.highest_rate_per_s()),
            Self::Mmpp(law) => Some(law.highest_rate_per_s()),
            Self::OnOff(law) => Some(law.rate.as_per_second()),
            law => law.mean_rate_per_s(),
        }
    }

    /// The same law with so many times as many arrivals in any time: rates are multiplied, times of lists, traces and
    /// bursts divided; of users there are as many more. `factor` is above 0.
    pub fn scaled(&self, factor: f64) -> Self {
        match self {
            Self::At(list) => Self::At(list.iter().map(|entry| entry.faster(factor)).collect()),
            Self::Constant(rate) => Self::Constant(rate.scaled(factor)),
            Self::Poisson(rate) => Self::Poisson(rate.scaled(factor)),
            Self::Renewal(law) => Self::Renewal(law.scaled(1.0 / factor)),
            Self::Piecewise(law) => Self::Piecewise(law.scaled(factor)),
            Self::Ramp(law) => Self::Ramp(law.scaled(factor)),
            Self::Sine(law) => Self::Sine(Sine { mean: law.mean.scaled(factor), ..*law }),
            Self::Mmpp(law) => Self::Mmpp(law.scaled(factor)),
            Self::OnOff(law) => Self::OnOff(OnOff { rate: law.rate.scaled(factor), ..law.clone() }),
            Self::Batches(law) => Self::Batches(Batches { rate: law.rate.scaled(factor), ..*law }),
            Self::Bursts(law) => Self::Bursts(law.faster(factor)),
            Self::Trace(trace) => Self::Trace(trace.faster(factor)),
            Self::Users(users) => Self::Users(users.scaled(factor)),
        }
    }

    /// How often a rate that changes at random times changes for one arrival, in the mean.
    pub fn changes_per_arrival(&self) -> Option<f64> {
        match self {
            Self::Mmpp(law) => Some(law.changes_per_arrival()),
            Self::OnOff(law) => Some(law.changes_per_arrival()),
            _ => None,
        }
    }

    /// Replaces every file of durations that the law names by the values in it; see [`Distribution::load_files`].
    ///
    /// # Errors
    /// What is wrong with a file or its values and, on a line of its own, what to do.
    pub fn load_files(&mut self, load: &mut dyn FnMut(&str) -> Result<String, String>) -> Result<(), String> {
        match self {
            Self::Renewal(law) => {
                law.load_files(load)?;
                parameters::check_above_zero(law)
            }
            Self::OnOff(law) => law.load_files(load),
            Self::Users(users) => users.think.load_files(load),
            Self::At(_)
            | Self::Constant(_)
            | Self::Poisson(_)
            | Self::Piecewise(_)
            | Self::Ramp(_)
            | Self::Sine(_)
            | Self::Mmpp(_)
            | Self::Batches(_)
            | Self::Bursts(_)
            | Self::Trace(_) => Ok(()),
        }
    }
}

impl Serialize for Arrivals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Arrivals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ArrivalsVisitor)
    }
}

struct ArrivalsVisitor;

impl<'de> Visitor<'de> for ArrivalsVisitor {
    type Value = Arrivals;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a law such as {\"poisson\": \"80/s\"}, or a list such as [{\"for\": \"10s\", \"rate\": \"80/s\"}]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Arrivals, A::Error> {
        Piecewise::deserialize(SeqAccessDeserializer::new(list)).map(Arrivals::Piecewise)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Arrivals, A::Error> {
        const HELP: &str = "write one law, such as {\"poisson\": \"80/s\"}";
        if map.size_hint() == Some(0) {
            return Err(de::Error::custom(format!("this object names no law of arrivals\n{HELP}")));
        }
        let law = Arrivals::deserialize(MapAccessDeserializer::new(&mut map))?;
        match map.next_key::<IgnoredAny>()? {
            None => Ok(law),
            Some(_) => Err(de::Error::custom(format!("this object has more than one key\n{HELP}"))),
        }
    }
}

/// The list of rates may also stand for itself, without `piecewise`.
fn or_a_list_of_rates(schema: &mut Schema) {
    let list = json_schema!({
        "type": "array",
        "items": { "$ref": "#/$defs/Piece" },
        "minItems": 1,
        "description": "The same as `piecewise` with this list, which does not repeat.",
    });
    if let Some(laws) = schema.get_mut("oneOf").and_then(|laws| laws.as_array_mut()) {
        laws.push(list.to_value());
    }
}
