//! Several runs and one question; returns data.

mod capacity;
mod check;
mod clients;
mod coverage;
mod decision;
mod measured;
mod objectives;
mod pool;
mod precision;
mod replay;
mod replications;
mod rows;
mod run;
mod simulation;
mod timelines;
mod verify;
mod warm_up;

pub use capacity::{Capacity, StationBound, capacity, saturation, station_bounds};
pub use check::{
    BASELINE_SCHEMA, BadBaseline, Baseline, BaselineCheck, BaselineComparison, BaselineMethod, BaselineNumber,
    BaselineNumbers, BaselinePolicy, BaselineSample, CHECK_SCHEMA, CheckOutcome, CheckReason, CheckVerdict,
    ComparisonNote, Finer, GATE_LEVEL, GATE_POWER, Gate, Help, MetricComparison, MetricPower, MetricTolerance,
    MetricVerdict, NotComparable, NotComparableReason, OneSided, PolicyObjective, ScenarioChange, ScenarioCheck,
    ScenarioPart, Side, SignificanceTest, Stored, StoredReason, Unjudged, UnjudgedHelp, UnjudgedNumbers,
    WhyNotComparable, WhyUndecided, WrittenBaseline, check, judge, undecided,
};
pub use coverage::{ALLOWED, Coverage, CoveredNumber, RunWay, coverage};
pub use pool::JobPool;
pub use replay::{
    BadObservations, CaseFile, Figure, FigureSummary, MOST_LOAD, NotReplayable, Observed, PercentilePair, ReplayRange,
    ReplayVerdict, Replayed, ReplayedCase, WithoutAnswer, no_prediction, replay,
};
pub use replications::Halted;
pub use rows::{RequestRow, Rows};
pub use run::{Estimates, Options, Watch, estimate, run};
pub use simulation::{Replication, simulation};
pub use timelines::SHORT_RUN;
pub use verify::{
    CaseResult, FAMILY_LEVEL, FigureResult, FigureUnit, FigureVerdict, Ours, Verification, case_ids, verify,
};
