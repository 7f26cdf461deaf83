//! Several runs and one question; returns data.

mod assumptions;
mod run;
mod simulation;

pub use assumptions::ASSUMPTIONS;
pub use run::{Halted, Options, Progress, RequestRow, Watch, replicate, run};
pub use simulation::{Replication, simulation};
