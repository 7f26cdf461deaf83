//! The only code that draws random numbers: streams, distributions, arrivals and demands.

mod arrivals;
mod clients;
mod distribution;
mod files;
mod streams;
mod workload;

pub use arrivals::{Arrival, ArrivalSource, Arrivals, BatchSize, Load, RateOrZero, TraceClass, Users};
pub use clients::{Clients, Retries};
pub use distribution::{Distribution, Empirical, Pair, Sampler, Spread, Weight};
pub use files::Files;
pub use streams::{Purpose, Stream, Streams};
pub use workload::{Phase, RequestClass, SinglePhase, Workload};

/// What only the project's own tests use.
#[cfg(feature = "internals")]
pub use self::{
    arrivals::{Trace, TraceError},
    distribution::{Cv, Erlang, Gamma, Lognormal, Normal, Pareto, Uniform, Weibull},
};
