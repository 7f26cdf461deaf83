//! The machine that runs the application, and the backends it asks.

use super::SimDuration;

/// How many cores a machine has; at least 1.
pub type Cores = u32;

/// The number of a backend, in the order of the scenario file; `db` always exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackendId(pub u16);

/// The machine that the workers of a policy share.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// How many threads or loops run at the same instant.
    pub cores: Cores,
    /// How long one stays on a core while others are ready.
    pub quantum: Quantum,
}

/// How cores are shared when more threads or loops are ready than there are cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantum {
    /// Round robin: the longest stay on a core while others are ready; above 0.
    RoundRobin(SimDuration),
}
