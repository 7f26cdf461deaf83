//! Arrivals in an explicit list.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{self, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::model::{ClassId, SimDuration, SimTime};

use super::Arrival;

/// One request of an explicit list.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArrivalsAt {
    /// When it arrives, from the start of the run.
    pub time: SimDuration,
    /// Name of its class; drawn by weight if omitted.
    pub class: Option<String>,
}

impl ArrivalsAt {
    /// The same entry in a list that is `factor` times as fast.
    pub(super) fn faster(&self, factor: f64) -> Self {
        Self { time: self.time.scaled(1.0 / factor), class: self.class.clone() }
    }

    pub(super) fn arrival(&self, class_id: impl Fn(&str) -> ClassId) -> Arrival {
        Arrival { time: SimTime::ZERO + self.time, class: self.class.as_deref().map(class_id) }
    }
}

/// A list that is not empty and in order of time; an error is raised at the entry that is out of order.
pub(super) fn in_order_of_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ArrivalsAt>, D::Error> {
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
