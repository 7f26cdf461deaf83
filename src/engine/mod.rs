//! The simulation: draws through [`crate::random`], reads nothing, prints nothing, cannot fail.
//!
//! [`Simulation`] moves requests through the stations of a machine: the backlog, the run queues of the workers, the
//! cores, and waits. How workers run requests is said by [`Rules`]; what may be seen goes to an [`Observer`].

mod cores;
mod event;
mod program;
mod recorder;
mod requests;
mod rules;
mod simulation;
mod workers;

pub use recorder::{ClassCounts, Departure, Ending, Entrance, Observer, Record, Segment, Usage};
pub use rules::Rules;
pub use simulation::{MAX_IN_FLIGHT, Setup, Simulation};
