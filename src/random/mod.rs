//! The only code that draws random numbers: streams, distributions, arrivals and demands.

mod arrivals;
mod clients;
mod distribution;
mod files;
mod streams;
mod workload;

pub use arrivals::{
    Amplitude, Arrival, ArrivalSource, Arrivals, ArrivalsAt, BatchSize, Batches, Bursts, Geometric, Load, Mmpp,
    MmppState, OnOff, Piece, Piecewise, Ramp, RateOrZero, Sine, Trace, TraceClass, TraceError, Users,
};
pub use clients::{Clients, Retries};
pub use distribution::{
    Cv, Distribution, Empirical, EmpiricalFile, Erlang, Hyperexponential, HyperexponentialBranch, MeanAndCv,
    MedianAndP99, Mixture, MixtureBranch, Normal, Sampler, Spread, Uniform, Weight,
};
pub use files::Files;
pub use streams::{Purpose, Stream, Streams};
pub use workload::{Phase, RequestClass, SinglePhase, Workload};
