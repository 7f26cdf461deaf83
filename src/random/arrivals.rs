//! When requests arrive.

use crate::model::{ClassId, Rate, SimDuration, SimTime};

use super::{Distribution, Sampler, Stream};

/// One request of an explicit list.
#[derive(Clone, Debug, PartialEq)]
pub struct ArrivalsAt {
    /// When it arrives, from the start of the run.
    pub time: SimDuration,
    /// Its class by name; drawn by weight when left out.
    pub class: Option<String>,
}

/// A law of arrivals, as scenario files write it.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// An explicit list, in order of time.
    At(Vec<ArrivalsAt>),
    /// One every 1/rate, the first after one such interval.
    Constant(Rate),
    /// Independent, at this rate: exponential interarrival times.
    Poisson(Rate),
    /// Independent interarrival times of any law.
    Renewal(Distribution),
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
        let _ = (class_id, stream);
        unimplemented!()
    }

    /// How many arrivals there are, if the law ends by itself.
    pub fn count(&self) -> Option<u64> {
        unimplemented!()
    }
}

/// Arrivals one after another, in order of time, in constant memory.
#[derive(Clone, Debug)]
pub struct ArrivalSource {
    sampler: Sampler,
}

impl ArrivalSource {
    /// The next arrival; `None` once the list has ended.
    pub fn next_arrival(&mut self) -> Option<Arrival> {
        let _ = &self.sampler;
        unimplemented!()
    }
}
