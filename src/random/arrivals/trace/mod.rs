//! A recorded trace of requests: JSON Lines, one request per line, in order of time.
//!
//! ```text
//! {"time_ms": 23.212, "class": "page", "demands_ms": [2.824, 2.907, 32.378]}
//! ```
//!
//! A trace of any length takes the same memory: it is read once when its scenario is checked, and again line by line in
//! every run.

mod class;
mod line;
mod reader;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use crate::model::{ClassId, SimDuration, SimTime};
use crate::random::Files;

use super::Arrival;
use reader::TraceReader;

pub use class::TraceClass;

/// A trace by the path of its file, relative to the scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
pub struct Trace {
    path: Arc<str>,
    checked: Option<Checked>,
    /// How many times as fast as recorded.
    pace: f64,
}

/// What is known about a trace without mistakes.
#[derive(Clone, Debug)]
struct Checked {
    files: Files,
    classes: Arc<Classes>,
    requests: u64,
    /// Whether every request has given demands.
    gives_demands: bool,
    /// Hash of all its bytes.
    fingerprint: u64,
}

/// Number and form of each class, by name.
type Classes = HashMap<String, (ClassId, TraceClass)>;

/// What is wrong with a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceError {
    /// What is wrong, with the file and the line.
    pub what: String,
    /// What to do about it.
    pub help: String,
    /// The unknown name of a class, if that is what is wrong.
    pub unknown_class: Option<String>,
}

impl Serialize for Trace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.path)
    }
}

impl Trace {
    /// Checks every line of the trace once, before it is used. `classes` are those of the scenario, in order; `read` receives
    /// every byte, in order.
    ///
    /// # Errors
    /// The first mistake.
    pub fn check(
        &mut self,
        files: &Files,
        classes: impl IntoIterator<Item = TraceClass>,
        read: &mut dyn FnMut(&[u8]),
    ) -> Result<(), TraceError> {
        let number = |(class, id): (TraceClass, u16)| (class.name.clone(), (ClassId(id), class));
        let classes: Arc<Classes> = Arc::new(classes.into_iter().zip(0..).map(number).collect());
        let mut requests = TraceReader::open(files, Arc::clone(&self.path), Arc::clone(&classes))?;
        let mut gives_demands = true;
        while requests.next_arrival(read)?.is_some() {
            gives_demands &= requests.given_demands().is_some();
        }
        if requests.count() == 0 {
            return Err(TraceError {
                what: format!("`{}` contains no request", self.path),
                help: line::HELP.to_owned(),
                unknown_class: None,
            });
        }
        let (requests, fingerprint) = (requests.count(), requests.fingerprint());
        self.checked = Some(Checked { files: files.clone(), classes, requests, gives_demands, fingerprint });
        Ok(())
    }

    /// The same requests, `factor` times as fast.
    pub(super) fn faster(&self, factor: f64) -> Self {
        Self { pace: self.pace * factor, ..self.clone() }
    }

    /// The number of requests in it; 0 until it has been checked.
    pub fn requests(&self) -> u64 {
        self.checked.as_ref().map_or(0, |checked| checked.requests)
    }

    /// Whether every request has given demands, so that none are drawn.
    pub fn gives_all_demands(&self) -> bool {
        self.checked.as_ref().is_some_and(|checked| checked.gives_demands)
    }

    /// Its requests.
    ///
    /// # Panics
    /// If it has not been checked.
    pub(super) fn source(&self) -> TraceSource {
        let Some(checked) = &self.checked else {
            panic!("the trace `{}` must be checked before it is used", self.path)
        };
        let opened = TraceReader::open(&checked.files, Arc::clone(&self.path), Arc::clone(&checked.classes));
        let (checked, pace) = (checked.clone(), self.pace);
        match opened {
            Ok(requests) => TraceSource { checked, pace, requests: Some(requests), error: None },
            Err(error) => TraceSource { checked, pace, requests: None, error: Some(error.to_string()) },
        }
    }
}

impl From<String> for Trace {
    fn from(path: String) -> Self {
        Self { path: path.into(), checked: None, pace: 1.0 }
    }
}

impl PartialEq for Trace {
    /// The same file with the same content, as far as known, at the same pace.
    fn eq(&self, other: &Self) -> bool {
        let content = |trace: &Self| trace.checked.as_ref().map(|checked| (checked.requests, checked.fingerprint));
        self.path == other.path && self.pace.total_cmp(&other.pace).is_eq() && content(self) == content(other)
    }
}

impl fmt::Display for TraceError {
    /// What is wrong and, on a separate line, what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.what, self.help)
    }
}

impl std::error::Error for TraceError {}

/// The requests of a trace that has been checked.
#[derive(Debug)]
pub(super) struct TraceSource {
    checked: Checked,
    pace: f64,
    /// `None` once all have been returned.
    requests: Option<TraceReader>,
    error: Option<String>,
}

impl TraceSource {
    pub fn next_arrival(&mut self) -> Option<Arrival> {
        let requests = self.requests.as_mut()?;
        match requests.next_arrival(&mut |_| {}) {
            Ok(Some(arrival)) => return Some(self.paced(arrival)),
            Ok(None) => {
                let Checked { requests: count, fingerprint, .. } = self.checked;
                if (requests.count(), requests.fingerprint()) != (count, fingerprint) {
                    self.error = Some(requests.has_changed());
                }
            }
            Err(error) => self.error = Some(error.to_string()),
        }
        self.requests = None;
        None
    }

    /// At the recorded pace, times are kept to the nanosecond.
    fn paced(&self, arrival: Arrival) -> Arrival {
        if self.pace.total_cmp(&1.0).is_eq() {
            return arrival;
        }
        let since_start = arrival.time.since_start().scaled(1.0 / self.pace);
        Arrival { time: SimTime::ZERO + since_start, class: arrival.class }
    }

    pub fn given_demands(&self) -> Option<&[Option<SimDuration>]> {
        self.requests.as_ref()?.given_demands()
    }

    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }
}
