//! The only code that draws numbers: streams, distributions, arrival processes, and what requests bring.

mod arrivals;
mod distribution;
mod streams;
mod workload;

pub use arrivals::{Arrival, ArrivalSource, Arrivals, ArrivalsAt};
pub use distribution::{Distribution, Sampler};
pub use streams::{Purpose, Stream, Streams};
pub use workload::{Phase, RequestClass, Workload};
