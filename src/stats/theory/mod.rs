//! Exact results of queueing theory, which the engine is compared with.
//!
//! Times are in any one unit, and rates are per that unit. A *channel* is what serves one request at a time: a core,
//! a worker, a thread. In Kendall's A/S/c, A is the distribution of interarrival times, S that of service times and c the number
//! of channels; M is exponential, D constant, G any distribution, GI any distribution with independent draws.

mod birth_death;
mod closed_network;
mod erlang;
mod gi_m_1;
mod m_g_1;
mod m_m_1;
mod matrix;
mod patience;
mod thread_pool;

pub use birth_death::{LimitedRoom, MachineRepair, birth_death};
pub use closed_network::{ServiceCenter, mean_value_analysis};
pub use erlang::{Mmc, erlang_b};
pub use gi_m_1::GiM1;
pub use m_g_1::{Mg1, processor_sharing_response_time};
pub use m_m_1::Mm1;
pub use patience::PatienceInQueue;
pub use thread_pool::ThreadPoolQueue;

/// What only the project's own tests use.
#[cfg(feature = "internals")]
pub use thread_pool::ThreadPoolMeans;
