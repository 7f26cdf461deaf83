//! One line of a trace.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use serde_json::error::Category;

use crate::model::SimDuration;

pub(super) const HELP: &str =
    "write one request per line, such as {\"time_ms\": 23.2, \"class\": \"page\", \"demands_ms\": [2.8, 32.4]}";

/// A request as written in its line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TraceLine<'a> {
    /// When it arrives.
    pub time_ms: Millis,
    /// The name of its class.
    #[serde(borrow)]
    pub class: Cow<'a, str>,
    /// One for each phase of the class, `null` for those in a branch that is not taken; drawn if omitted.
    pub demands_ms: Option<Vec<Option<Millis>>>,
}

/// A number of milliseconds, rounded to whole nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Millis(pub SimDuration);

impl<'a> TraceLine<'a> {
    /// Reads a line; an error says what is wrong with it.
    pub fn parse(text: &'a [u8]) -> Result<Self, String> {
        if !text.starts_with(b"{") {
            return Err("a request must be an object in braces".to_owned());
        }
        serde_json::from_slice(text).map_err(|error| {
            let text = error.to_string();
            let reason = text.rfind(" at line ").map_or(text.as_str(), |end| &text[..end]);
            match error.classify() {
                Category::Data => reason.to_owned(),
                Category::Eof => "not JSON: the line ends too early".to_owned(),
                Category::Syntax | Category::Io => format!("not JSON at column {}: {reason}", error.column()),
            }
        })
    }
}

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_f64(MillisVisitor)
    }
}

struct MillisVisitor;

impl Visitor<'_> for MillisVisitor {
    type Value = Millis;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of milliseconds")
    }

    fn visit_u64<E: de::Error>(self, millis: u64) -> Result<Millis, E> {
        self.visit_f64(millis as f64)
    }

    fn visit_i64<E: de::Error>(self, millis: i64) -> Result<Millis, E> {
        self.visit_f64(millis as f64)
    }

    fn visit_f64<E: de::Error>(self, millis: f64) -> Result<Millis, E> {
        if millis < 0.0 {
            return Err(E::custom(format!("a time of {millis} ms is negative")));
        }
        if millis > SimDuration::MAX.as_millis() {
            return Err(E::custom(format!("a time of {millis:e} ms is longer than 50 years")));
        }
        Ok(Millis(SimDuration::round_from_nanos(millis * 1e6)))
    }
}
