//! When requests arrive.
//!
//! Arrivals are open (they do not depend on earlier requests) or closed (they come from users who wait for an answer). An open
//! process ends after its last arrival, or when the next one would be after [`SimTime::MAX`].

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
pub use batches::{BatchSize, Batches, Bursts};
pub use modulated::{Mmpp, OnOff};
pub use parameters::RateOrZero;
pub use piecewise::Piecewise;
pub use ramp::Ramp;
pub use sine::Sine;
pub use source::{Arrival, ArrivalSource};
pub use trace::{Trace, TraceClass};
pub use users::Users;

/// What only the project's own tests use.
#[cfg(feature = "internals")]
pub use trace::TraceError;

/// An arrival process: an object whose only key names the process, or a list of rates.
// `remote = "Self"` derives how an object is read and written, as functions that the trait implementations below call.
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
    /// Independent arrivals at this rate: exponential interarrival times.
    Poisson(Rate),
    /// Independent interarrival times with any distribution whose mean is above 0.
    Renewal(#[serde(deserialize_with = "parameters::distribution_above_zero")] Distribution),
    /// Poisson arrivals at a sequence of rates, once or repeated.
    Piecewise(Piecewise),
    /// Poisson arrivals with a linear ramp of the rate, which then stays constant.
    Ramp(#[serde(deserialize_with = "ramp::above_zero")] Ramp),
    /// Poisson arrivals with a sinusoidal rate, which starts at its mean and rises.
    Sine(Sine),
    /// Poisson arrivals at a rate that changes at random times (a Markov-modulated Poisson process).
    Mmpp(Mmpp),
    /// Poisson arrivals for a while and none for a while, alternating; on at the start.
    OnOff(OnOff),
    /// Several requests at one instant; the instants form a Poisson process.
    Batches(Batches),
    /// Many requests at once, or within a short time, at regular intervals.
    Bursts(#[serde(deserialize_with = "batches::one_after_another")] Bursts),
    /// A recorded trace: the path of a JSON Lines file with the `time_ms`, `class` and, if known, `demands_ms` of requests.
    Trace(#[schemars(with = "String")] Trace),
    /// A closed system: each user sends a request, waits for the answer, and thinks before the next one.
    Users(Users),
}

/// Where requests come from.
#[derive(Debug)]
pub enum Load {
    /// From arrivals that do not depend on earlier requests.
    Open(ArrivalSource),
    /// From users who wait for an answer and think before they send the next request.
    Closed(Users),
}

impl Arrivals {
    /// The arrivals of one replication. `class_id` finds a class by its name, which the scenario has checked.
    ///
    /// # Panics
    /// If a file has not been loaded ([`Arrivals::load_files`]) or a trace has not been checked ([`Trace::check`]).
    pub fn load(&self, class_id: impl Fn(&str) -> ClassId, stream: Stream) -> Load {
        Load::Open(match self {
            Self::At(list) => ArrivalSource::at(list, class_id),
            Self::Constant(rate) => ArrivalSource::constant(*rate),
            Self::Poisson(rate) => ArrivalSource::poisson(*rate, stream),
            Self::Renewal(times) => ArrivalSource::renewal(times, stream),
            Self::Piecewise(process) => ArrivalSource::piecewise(process, stream),
            Self::Ramp(process) => ArrivalSource::ramp(process, stream),
            Self::Sine(process) => ArrivalSource::sine(process, stream),
            Self::Mmpp(process) => ArrivalSource::mmpp(process, stream),
            Self::OnOff(process) => ArrivalSource::on_off(process, stream),
            Self::Batches(process) => ArrivalSource::batches(process, stream),
            Self::Bursts(process) => ArrivalSource::bursts(process, stream),
            Self::Trace(trace) => ArrivalSource::trace(trace),
            Self::Users(users) => return Load::Closed(users.clone()),
        })
    }

    /// The number of arrivals, if the process ends by itself: exact for a list or a trace, the expected number for a random
    /// process.
    pub fn count(&self) -> Option<u64> {
        match self {
            Self::At(list) => Some(list.len() as u64),
            Self::Piecewise(process) => process.expected().map(|count| count.ceil() as u64),
            Self::Ramp(process) => process.expected().map(|count| count.ceil() as u64),
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

    /// Whether no time differs from another, so that a queue has a steady state.
    pub const fn are_alike_at_all_times(&self) -> bool {
        match self {
            Self::Constant(_) | Self::Poisson(_) | Self::Renewal(_) | Self::Batches(_) => true,
            Self::At(_)
            | Self::Piecewise(_)
            | Self::Ramp(_)
            | Self::Sine(_)
            | Self::Mmpp(_)
            | Self::OnOff(_)
            | Self::Bursts(_)
            | Self::Trace(_)
            | Self::Users(_) => false,
        }
    }

    /// The mean number of arrivals per second in the long run, if the process never ends; 0 if the mean
    /// interarrival time is infinite. Closed systems have none: their rate depends on the answers.
    pub fn mean_rate_per_s(&self) -> Option<f64> {
        match self {
            Self::Constant(rate) | Self::Poisson(rate) => Some(rate.as_per_second()),
            Self::Renewal(times) => Some(1e9 / times.mean_nanos()),
            Self::Piecewise(process) => process.mean_rate_per_s(),
            Self::Ramp(process) => process.mean_rate_per_s(),
            Self::Sine(process) => Some(process.mean.as_per_second()),
            Self::Mmpp(process) => Some(process.mean_rate_per_s()),
            Self::OnOff(process) => Some(process.mean_rate_per_s()),
            Self::Batches(process) => Some(process.mean_rate_per_s()),
            Self::Bursts(process) => Some(process.mean_rate_per_s()),
            Self::At(_) | Self::Trace(_) | Self::Users(_) => None,
        }
    }

    /// The highest rate of the process per second, not counting that several requests may arrive at one instant.
    pub fn highest_rate_per_s(&self) -> Option<f64> {
        match self {
            Self::Piecewise(process) => Some(process.highest_rate_per_s()),
            Self::Ramp(process) => Some(process.highest_rate_per_s()),
            Self::Sine(process) => Some(process.highest_rate_per_s()),
            Self::Mmpp(process) => Some(process.highest_rate_per_s()),
            Self::OnOff(process) => Some(process.rate.as_per_second()),
            Self::At(_)
            | Self::Constant(_)
            | Self::Poisson(_)
            | Self::Renewal(_)
            | Self::Batches(_)
            | Self::Bursts(_)
            | Self::Trace(_)
            | Self::Users(_) => self.mean_rate_per_s(),
        }
    }

    /// The same process with `factor` (above 0) times as many arrivals per time: rates and numbers of users are multiplied,
    /// times of lists, traces and bursts divided.
    pub fn scaled(&self, factor: f64) -> Self {
        match self {
            Self::At(list) => Self::At(list.iter().map(|entry| entry.faster(factor)).collect()),
            Self::Constant(rate) => Self::Constant(rate.scaled(factor)),
            Self::Poisson(rate) => Self::Poisson(rate.scaled(factor)),
            Self::Renewal(times) => Self::Renewal(times.scaled(1.0 / factor)),
            Self::Piecewise(process) => Self::Piecewise(process.scaled(factor)),
            Self::Ramp(process) => Self::Ramp(process.scaled(factor)),
            Self::Sine(process) => Self::Sine(Sine { mean: process.mean.scaled(factor), ..*process }),
            Self::Mmpp(process) => Self::Mmpp(process.scaled(factor)),
            Self::OnOff(process) => Self::OnOff(OnOff { rate: process.rate.scaled(factor), ..process.clone() }),
            Self::Batches(process) => Self::Batches(Batches { rate: process.rate.scaled(factor), ..*process }),
            Self::Bursts(process) => Self::Bursts(process.faster(factor)),
            Self::Trace(trace) => Self::Trace(trace.faster(factor)),
            Self::Users(users) => Self::Users(users.scaled(factor)),
        }
    }

    /// For a rate that changes at random times: the mean number of changes per arrival.
    pub fn changes_per_arrival(&self) -> Option<f64> {
        match self {
            Self::Mmpp(process) => Some(process.changes_per_arrival()),
            Self::OnOff(process) => Some(process.changes_per_arrival()),
            Self::At(_)
            | Self::Constant(_)
            | Self::Poisson(_)
            | Self::Renewal(_)
            | Self::Piecewise(_)
            | Self::Ramp(_)
            | Self::Sine(_)
            | Self::Batches(_)
            | Self::Bursts(_)
            | Self::Trace(_)
            | Self::Users(_) => None,
        }
    }

    /// Replaces every file of durations named by the process with the values in it; see [`Distribution::load_files`].
    ///
    /// # Errors
    /// What is wrong with a file or its values and, on a separate line, what to do.
    pub fn load_files(&mut self, load: &mut dyn FnMut(&str) -> Result<String, String>) -> Result<(), String> {
        match self {
            Self::Renewal(times) => {
                times.load_files(load)?;
                parameters::check_above_zero(times)
            }
            Self::OnOff(process) => process.load_files(load),
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
        f.write_str("an arrival process such as {\"poisson\": \"80/s\"}, or a list such as [{\"for\": \"10s\", \"rate\": \"80/s\"}]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Arrivals, A::Error> {
        Piecewise::deserialize(SeqAccessDeserializer::new(list)).map(Arrivals::Piecewise)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Arrivals, A::Error> {
        const HELP: &str = "write one arrival process, such as {\"poisson\": \"80/s\"}";
        if map.size_hint() == Some(0) {
            return Err(de::Error::custom(format!("this object names no arrival process\n{HELP}")));
        }
        let process = Arrivals::deserialize(MapAccessDeserializer::new(&mut map))?;
        match map.next_key::<IgnoredAny>()? {
            None => Ok(process),
            Some(_) => Err(de::Error::custom(format!("this object has more than one key\n{HELP}"))),
        }
    }
}

/// A list of rates may also be given directly, without `piecewise`.
fn or_a_list_of_rates(schema: &mut Schema) {
    let list = json_schema!({
        "type": "array",
        "items": { "$ref": "#/$defs/Piece" },
        "minItems": 1,
        "description": "The same as `piecewise` with this list, which does not repeat.",
    });
    if let Some(processes) = schema.get_mut("oneOf").and_then(|processes| processes.as_array_mut()) {
        processes.push(list.to_value());
    }
}
