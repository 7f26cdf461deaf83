//! Several runs and one question; returns data.

mod answering;
mod blame;
mod capacity;
mod check;
mod clients;
mod connections;
mod coverage;
mod decision;
mod measured;
mod objectives;
mod pictures;
mod plan;
mod pool;
mod precision;
mod replay;
mod replications;
mod rows;
mod run;
mod selection;
mod simulation;
mod sweep;
mod timelines;
mod trace;
mod units;
mod verify;
mod warm_up;

pub use blame::{
    BlameCause, BlameCell, BlameMatrix, DirectShare, EXPLAIN_SCHEMA, ExplainOptions, Explanations, Look, MOST_ENTRIES,
    NotExplained, PolicyExplanation, RequestExplanation, RootShare, UnconfirmedShare, WaitExplanation, WhatIf,
    WhatIfChange, WhichRequests, explain,
};
pub use check::{
    BASELINE_SCHEMA, BadBaseline, Baseline, BaselineCheck, BaselineComparison, BaselineMethod, BaselineNumber,
    BaselineNumbers, BaselinePolicy, CHECK_SCHEMA, ChangedObjective, CheckOutcome, CheckReason, CheckVerdict,
    ComparisonNote, Finer, GATE_POWER, Gate, Help, MetricComparison, MetricPower, MetricVerdict, NotComparable,
    NotComparableReason, OneSided, PolicyObjective, ScenarioChange, ScenarioCheck, ScenarioPart, Side,
    SignificanceTest, Stored, StoredReason, Unjudged, UnjudgedHelp, WhyNotComparable, WhyUndecided, check, compared,
    undecided,
};
pub use coverage::{ALLOWED, Coverage, CoveredNumber, RunWay, coverage};
pub use pictures::TimelineStretch;
pub use plan::{
    BindingStation, Choose, Configuration, FrontierPoint, MOST_REQUESTS, MoreIsWorse, NotPlannable, PLAN_SCHEMA, Plan,
    PlanChange, PlanDecision, PlanLimits, PlanOptions, PlanVariation, PlanVerdict, PlanWatch, PolicyPlan, Prices,
    RuleOfThumb, ThumbRule, Tried, TriedObjective, Unplannable, VariedObjective, WITHIN, WhyNot, plan,
};
pub use pool::JobPool;
pub use replay::{
    BadObservations, CaseFile, Figure, MOST_LOAD, NotReplayable, Observed, ReplayRange, ReplayVerdict, Replayed,
    ReplayedCase, WithoutAnswer, replay,
};
pub use replications::Halted;
pub use rows::{RequestRow, Rows};
pub use run::{Estimates, Options, Watch, estimate, run};
pub use selection::{LEAST_RIGHT, SelectedSystem, Selection, WrongPlan, selection};
pub use simulation::{Replication, simulation};
pub use sweep::{
    PointState, SWEPT_PERCENTILES, Sweep, SweepAsked, SweepCost, SweepFigures, SweepNumber, SweepObjective,
    SweepOptions, SweepProgress, SweepStage, SweepWatch, SweptUnit, UnitKey, sweep,
};
pub(crate) use timelines::SHORT_RUN;
pub use trace::{NamedTrace, ScenarioTrace, trace};
pub use units::{Shard, UNIT_SCHEMA, UnitHeader, UnitKind, UnitOf, UnitStore, Units, WorkUnit};
pub use verify::{
    CaseResult, FAMILY_LEVEL, FigureResult, FigureUnit, FigureVerdict, Ours, Verification, case_ids, verify,
};

/// What only the project's own tests use.
#[cfg(feature = "internals")]
pub use self::{
    blame::{Blamed, ExplainedRequest, ExplainedWait, Explanation, Root, RootActivity, explain_replication},
    capacity::{Capacity, StationBound, capacity, saturation, station_bounds},
    check::judge,
    replay::no_prediction,
};
