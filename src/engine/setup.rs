//! What is to be simulated.

use crate::model::{Backend, Fault, Machine, SimTime};
use crate::random::{Clients, Load, Streams, Workload};

use super::Rules;

/// What is to be simulated.
#[derive(Debug)]
pub struct Setup<'a> {
    /// What requests bring.
    pub workload: &'a Workload,
    /// When they arrive.
    pub load: Load,
    /// What their clients do.
    pub clients: &'a Clients,
    /// What runs them.
    pub machine: &'a Machine,
    /// What they ask.
    pub backends: &'a [Backend],
    /// What goes wrong meanwhile.
    pub faults: &'a [Fault],
    /// How workers run them.
    pub rules: Rules,
    /// Where their classes and demands come from.
    pub streams: Streams,
    /// Which of the streams of those that decide who accepts; everything else stays the same.
    pub accept: u64,
    /// Requests that arrive before it are run but not counted, and time before it is not.
    pub warm_up: SimTime,
    /// At most so many requests arrive, tries not counted.
    pub requests: Option<u64>,
    /// The run stops then, with what is in flight.
    pub horizon: Option<SimTime>,
    /// The run stops when more requests than this are in flight; at most [`MAX_IN_FLIGHT`].
    pub max_in_flight: u32,
}

/// The most requests in flight that a run can be asked to bear.
pub const MAX_IN_FLIGHT: u32 = 10_000_000;
