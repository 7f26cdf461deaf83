//! Several runs and one question; returns data.

mod run;

pub use run::{Halted, Options, Progress, RequestRow, Watch, run};
