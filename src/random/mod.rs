//! The only code that draws numbers: streams, distributions, arrival processes, and what requests bring.

mod arrivals;
mod clients;
mod distribution;
mod streams;
mod workload;

pub use arrivals::{Arrival, ArrivalSource, Arrivals, ArrivalsAt};
pub use clients::{Clients, Retries};
pub use distribution::{
    Cv, Distribution, Empirical, EmpiricalFile, Erlang, Hyperexponential, HyperexponentialBranch, MeanAndCv,
    MedianAndP99, Mixture, MixtureBranch, Normal, Sampler, Spread, Uniform, Weight,
};
pub use streams::{Purpose, Stream, Streams};
pub use workload::{Phase, RequestClass, SinglePhase, Workload};
