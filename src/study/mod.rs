//! Several runs and one question; returns data.

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

pub use capacity::{Capacity, StationBound, capacity, saturation, station_bounds};
pub use check::{
    BASELINE_SCHEMA, BadBaseline, Baseline, BaselineCheck, BaselineComparison, BaselineMethod, BaselineNumber,
    BaselineNumbers, BaselinePolicy, BaselineSample, CHECK_SCHEMA, CheckReason, CheckVerdict, ComparisonNote, Finer,
    GATE_LEVEL, GATE_POWER, Gate, Help, MetricComparison, MetricPower, MetricTolerance, MetricVerdict, NotComparable,
    NotComparableReason, OneSided, PolicyObjective, ScenarioChange, ScenarioCheck, ScenarioPart, Side,
    SignificanceTest, Stored, StoredReason, Unjudged, UnjudgedHelp, UnjudgedNumbers, WhyNotComparable, WhyUndecided,
    WrittenBaseline, check, judge, undecided,
};
pub use coverage::{ALLOWED, Coverage, CoveredNumber, coverage};
pub use replay::{
    BadObservations, CaseFile, Figure, FigureSummary, MOST_LOAD, NotReplayable, Observed, PercentilePair,
    Range as ReplayRange, Replayed, ReplayedCase, Verdict as ReplayVerdict, WithoutAnswer, no_prediction, replay,
};
pub use replications::{Halted, RequestRow, Rows};
pub use run::{Options, SHORT_RUN, Watch, run};
pub use simulation::{Replication, simulation};
pub use verify::{CaseResult, FAMILY_LEVEL, FigureResult, Ours, Verdict, Verification, case_ids, verify};
