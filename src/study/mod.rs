//! Several runs and one question; returns data.

mod assumptions;
mod run;

pub use assumptions::ASSUMPTIONS;
pub use run::{Halted, Options, Progress, RequestRow, Watch, replicate, run};
