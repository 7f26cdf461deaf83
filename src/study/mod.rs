//! Several runs and one question; returns data.

mod assumptions;
mod capacity;
mod check;
mod clients;
mod coverage;
mod decision;
mod objectives;
mod precision;
mod replay;
mod replications;
mod run;
mod simulation;
mod verify;
mod warm_up;

pub use assumptions::ASSUMPTIONS;
pub use capacity::{Capacity, Station, StationBound, capacity, saturation, station_bounds};
pub use check::{
    BASELINE_SCHEMA, BadBaseline, Baseline, BaselineCheck, BaselineComparison, BaselineMethod, BaselineNumber,
    BaselineNumbers, BaselinePolicy, BaselineSample, CHECK_SCHEMA, CheckVerdict, Finer, GATE_LEVEL, GATE_POWER, Gate,
    MetricComparison, MetricPower, MetricTolerance, MetricVerdict, NotComparable, OneSided, ScenarioChange,
    ScenarioCheck, ScenarioPart, Side, SignificanceTest, Stored, Unjudged, UnjudgedNumbers, WrittenBaseline, check,
    judge, undecided, without_data,
};
pub use coverage::{ALLOWED, Coverage, CoveredNumber, coverage};
pub use replay::{
    CaseFile, Figure, FigureSummary, Observed, PercentilePair, Range as ReplayRange, Replayed, ReplayedCase,
    Verdict as ReplayVerdict, WithoutAnswer, no_prediction, replay,
};
pub use replications::{Halted, RequestRow, Rows};
pub use run::{Options, SHORT_RUN, Watch, run};
pub use simulation::{Replication, simulation};
pub use verify::{CaseResult, FAMILY_LEVEL, FigureResult, Ours, Verdict, Verification, case_ids, verify};
