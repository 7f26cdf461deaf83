//! What to simulate.

use crate::model::{Backend, Fault, Machine, SimTime};
use crate::random::{Clients, Load, Streams, Workload};

use super::Rules;

/// What to simulate.
#[derive(Debug)]
pub struct Setup<'a> {
    /// The classes of requests.
    pub workload: &'a Workload,
    /// When requests arrive.
    pub load: Load,
    /// What their clients do: time out, give up, retry.
    pub clients: &'a Clients,
    /// The machine that runs them.
    pub machine: &'a Machine,
    /// The backends that they query.
    pub backends: &'a [Backend],
    /// What goes wrong during the run.
    pub faults: &'a [Fault],
    /// The policy's rules.
    pub rules: Rules,
    /// The random streams.
    pub streams: Streams,
    /// The number of the streams that decide which worker accepts; nothing else depends on it.
    pub accept: u64,
    /// The end of the warm-up: time and arrivals before it are simulated, but not counted.
    pub warm_up: SimTime,
    /// Maximum number of requests that arrive, not including retries.
    pub requests: Option<u64>,
    /// When the run stops, with some requests in flight.
    pub horizon: Option<SimTime>,
    /// The run stops when more requests than this are in flight; at most [`MAX_IN_FLIGHT`].
    pub max_in_flight: u32,
}

/// The largest limit on requests in flight that a run accepts.
pub const MAX_IN_FLIGHT: u32 = 10_000_000;
