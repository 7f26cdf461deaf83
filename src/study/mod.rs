//! Several runs and one question; returns data.

mod assumptions;
mod capacity;
mod run;
mod simulation;
mod verify;

pub use assumptions::ASSUMPTIONS;
pub use capacity::{Capacity, Station, StationBound, capacity, saturation, station_bounds};
pub use run::{Halted, Options, Progress, RequestRow, Watch, replicate, replication, run};
pub use simulation::{Replication, simulation};
pub use verify::{CaseResult, FAMILY_LEVEL, FigureResult, Ours, Verdict, Verification, case_ids, verify};
