//! When requests arrive.
//!
//! A law ends after its last arrival, or when the next one would be after [`SimTime::MAX`].

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, SeqAccess, Visitor};

use crate::model::{ClassId, Rate, SimDuration, SimTime};

use super::{Distribution, Sampler, Stream};

/// A law of arrivals, as scenario files write it.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Arrivals {
    /// An explicit list, in order of time.
    At(
        #[serde(deserialize_with = "in_order_of_time")]
        #[schemars(length(min = 1))]
        Vec<ArrivalsAt>,
    ),
    /// One every 1/rate, the first after one such interval.
    Constant(Rate),
    /// Independent of each other, at this rate: exponential interarrival times.
    Poisson(Rate),
    /// Independent interarrival times of any law whose mean is above 0.
    Renewal(#[serde(deserialize_with = "above_zero")] Distribution),
}

/// One request of an explicit list.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArrivalsAt {
    /// When it arrives, from the start of the run.
    pub time: SimDuration,
    /// Its class by name; drawn by weight when left out.
    pub class: Option<String>,
}

/// The next arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When it arrives.
    pub time: SimTime,
    /// Its class, unless the request draws it.
    pub class: Option<ClassId>,
}

impl Arrivals {
    /// The arrivals of one replication. `class_id` finds a class by its name, which the scenario has checked.
    pub fn source(&self, class_id: impl Fn(&str) -> ClassId, stream: Stream) -> ArrivalSource {
        let renewal = |sampler| Source::Renewal { sampler, stream, last: Some(SimTime::ZERO) };
        ArrivalSource(match self {
            Self::At(list) => {
                let arrivals: Vec<_> = list.iter().map(|entry| entry.arrival(&class_id)).collect();
                Source::At(arrivals.into_iter())
            }
            Self::Constant(rate) => Source::Constant { rate: *rate, number: 0 },
            Self::Poisson(rate) => renewal(Sampler::exponential(1e9 / rate.as_per_second())),
            Self::Renewal(law) => renewal(law.sampler()),
        })
    }

    /// How many arrivals there are, if the law ends by itself.
    pub fn count(&self) -> Option<u64> {
        match self {
            Self::At(list) => Some(list.len() as u64),
            Self::Constant(_) | Self::Poisson(_) | Self::Renewal(_) => None,
        }
    }

    /// The mean number of arrivals per second in the long run, if the law goes on for ever; 0 if the mean
    /// interarrival time is infinite.
    pub fn mean_rate_per_s(&self) -> Option<f64> {
        match self {
            Self::At(_) => None,
            Self::Constant(rate) | Self::Poisson(rate) => Some(rate.as_per_second()),
            Self::Renewal(law) => Some(1e9 / law.mean_nanos()),
        }
    }

    /// Replaces every file that the law names by the values in it; see [`Distribution::load_files`].
    ///
    /// # Errors
    /// What is wrong with a file or its values and, on a line of its own, what to do.
    pub fn load_files(&mut self, load: &mut dyn FnMut(&str) -> Result<String, String>) -> Result<(), String> {
        match self {
            Self::Renewal(law) => {
                law.load_files(load)?;
                check_above_zero(law)
            }
            Self::At(_) | Self::Constant(_) | Self::Poisson(_) => Ok(()),
        }
    }
}

impl ArrivalsAt {
    fn arrival(&self, class_id: impl Fn(&str) -> ClassId) -> Arrival {
        Arrival { time: SimTime::ZERO + self.time, class: self.class.as_deref().map(class_id) }
    }
}

/// Arrivals one after another, in order of time; it remembers no more than the last one, or the list.
#[derive(Clone, Debug)]
pub struct ArrivalSource(Source);

#[derive(Clone, Debug)]
enum Source {
    At(std::vec::IntoIter<Arrival>),
    /// The number of arrivals so far.
    Constant {
        rate: Rate,
        number: u64,
    },
    /// The last arrival; `None` once the law has ended.
    Renewal {
        sampler: Sampler,
        stream: Stream,
        last: Option<SimTime>,
    },
}

impl ArrivalSource {
    /// The next arrival; `None`, and then for ever, once the list has ended or [`SimTime::MAX`] has passed.
    #[inline]
    pub fn given_demands(&self) -> Option<&[SimDuration]> {
        None
    }

    /// Next.
    pub fn next_arrival(&mut self) -> Option<Arrival> {
        let time = match &mut self.0 {
            Source::At(list) => return list.next(),
            Source::Constant { rate, number } => {
                *number += 1;
                // Multiplied first, so that nothing adds up: to the nanosecond within the first 26 days.
                let nanos = *number as f64 * 1e9 / rate.as_per_second();
                (nanos <= SimTime::MAX.as_nanos() as f64).then(|| SimTime::ZERO + SimDuration::round_from_nanos(nanos))
            }
            Source::Renewal { sampler, stream, last } => {
                *last = last.map(|last| last + sampler.draw(stream)).filter(|time| *time <= SimTime::MAX);
                *last
            }
        };
        time.map(|time| Arrival { time, class: None })
    }
}

/// A list that is not empty, each entry not before the one above it; an error is raised at the entry.
fn in_order_of_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ArrivalsAt>, D::Error> {
    struct ListVisitor;
    impl<'de> Visitor<'de> for ListVisitor {
        type Value = Vec<ArrivalsAt>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of arrivals such as [{\"time\": \"0ms\"}, {\"time\": \"5ms\"}]")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut list: Vec<ArrivalsAt> = Vec::new();
            while let Some(entry) = entries.next_element_seed(NotBefore(list.last().map(|last| last.time)))? {
                list.push(entry);
            }
            if list.is_empty() {
                return Err(de::Error::custom("the list is empty\nwrite at least one arrival, {\"time\": \"0ms\"}"));
            }
            Ok(list)
        }
    }
    deserializer.deserialize_seq(ListVisitor)
}

/// Reads an entry whose time is not before the one given.
struct NotBefore(Option<SimDuration>);

impl<'de> DeserializeSeed<'de> for NotBefore {
    type Value = ArrivalsAt;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<ArrivalsAt, D::Error> {
        let entry = ArrivalsAt::deserialize(deserializer)?;
        match self.0 {
            Some(last) if entry.time < last => Err(de::Error::custom(format!(
                "an arrival at {} follows one at {last}\nwrite the arrivals in order of time",
                entry.time
            ))),
            _ => Ok(entry),
        }
    }
}

fn above_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Distribution, D::Error> {
    let law = <Distribution as Deserialize>::deserialize(deserializer)?;
    check_above_zero(&law).map_err(de::Error::custom)?;
    Ok(law)
}

fn check_above_zero(law: &Distribution) -> Result<(), String> {
    if law.is_always_zero() {
        return Err("the interarrival time is always 0\nwrite a law whose mean is above 0".to_owned());
    }
    Ok(())
}
