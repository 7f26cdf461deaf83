//! waitline: the same web requests under synchronous, threaded and async scheduling.
//!
//! Most of a web request is waiting. What that costs depends on what the request holds meanwhile: a worker, a thread, or
//! nothing. This crate runs the requests of a scenario under several execution policies, event by event in whole nanoseconds,
//! and reports how long they took and where the time went. Every policy meets the same requests: a request's class and
//! demands come from a stream of random numbers of its own, keyed by seed and request number.
//!
//! # Example
//!
//! A scenario is read from JSON and run; its results are plain data, times in milliseconds:
//!
//! ```
//! use waitline::{Options, Scenario, Watch, run};
//!
//! let scenario = Scenario::from_json(
//!     r#"{
//!       "classes": { "page": { "phases": [
//!         { "framework": "2ms" }, { "db": { "exponential": "50ms" } }, { "compute": "3ms" } ] } },
//!       "arrivals": { "poisson": "40/s" },
//!       "machine": { "cores": 2 },
//!       "policies": [ { "sync": { "workers": 4 } }, { "async": {} } ],
//!       "run": { "requests": 20000, "seed": 7 }
//!     }"#,
//! )
//! .expect("the scenario is valid");
//! let results = run(&scenario, &Options::default(), &mut Watch::default()).expect("nothing interrupts the run");
//!
//! let [sync, r#async] = &results.policies[..] else { panic!("two policies were run") };
//! assert_eq!(sync.requests.completed, 20_000);
//! // Four workers are not enough for 40 requests per second that wait 50 ms each.
//! assert!(r#async.response_time_ms.p99 < sync.response_time_ms.p99);
//! ```
//!
//! [`plan()`] finds the smallest configurations that meet the objectives of a scenario. [`explain()`] says whose fault the waits of
//! a request are, and what would have helped.
//!
//! An invalid scenario is a [`Diagnostic`], which says where the mistake is and how to correct it. A scenario with a file name,
//! with other files beside it, or with changes such as those of `--set`, is read with [`read`]. [`results_json`] and
//! [`timeline_svg`] turn [`results`] into the file and the picture that `waitline run` writes.
//!
//! # Stability
//!
//! What this page lists is the library. The feature `internals` opens the rest to the project's own tests and benchmarks; it
//! may change in any version.

// The floors are open to the project's own tests and benchmarks only.
#[cfg(feature = "internals")]
pub mod cli;
#[cfg(feature = "internals")]
pub mod engine;
#[cfg(feature = "internals")]
pub mod model;
#[cfg(feature = "internals")]
pub mod output;
#[cfg(feature = "internals")]
pub mod policy;
#[cfg(feature = "internals")]
pub mod random;
#[cfg(feature = "internals")]
pub mod scenario;
#[cfg(feature = "internals")]
pub mod stats;
#[cfg(feature = "internals")]
pub mod study;

#[cfg(not(feature = "internals"))]
mod cli;
#[cfg(not(feature = "internals"))]
mod engine;
#[cfg(not(feature = "internals"))]
mod model;
#[cfg(not(feature = "internals"))]
mod output;
#[cfg(not(feature = "internals"))]
mod policy;
#[cfg(not(feature = "internals"))]
mod random;
#[cfg(not(feature = "internals"))]
mod scenario;
#[cfg(not(feature = "internals"))]
mod stats;
#[cfg(not(feature = "internals"))]
mod study;

pub use output::{results_json, timeline_svg};
pub use random::Files;
pub use scenario::{
    AxisKind, Change, Diagnostic, Dimension, Draft, Grid, GridValue, Scenario, Source, Variation, read,
};
pub use study::{
    ExplainOptions, Halted, JobPool, Options, PlanOptions, RequestRow, Rows, SweepOptions, Watch, explain, plan, run,
    sweep,
};

pub mod results {
    //! The results of a run, as `results.json` holds them: times in milliseconds, shares from 0 to 1.

    pub use crate::model::{Activity, Breakdown, FailedBy, Failure, MetricUnit, RejectedBy, Rejection};
    pub use crate::policy::{Runner, StandsFor};
    pub use crate::stats::results::*;
    pub use crate::stats::{Incomplete, NotEstimable};
}

pub mod plans {
    //! What a plan is asked, and what it says: times in milliseconds, shares from 0 to 1.

    pub use crate::study::{
        BindingStation, Choose, Configuration, FrontierPoint, MoreIsWorse, NotPlannable, Plan, PlanChange,
        PlanDecision, PlanLimits, PlanVariation, PlanVerdict, PlanWatch, PolicyPlan, Prices, RuleOfThumb, ThumbRule,
        Tried, TriedObjective, Unplannable, VariedObjective, WITHIN, WhyNot,
    };
}

pub mod explanations {
    //! Which requests are explained, and what is said about them: times in milliseconds.

    pub use crate::study::{
        BlameCause, BlameCell, BlameMatrix, DirectShare, EXPLAIN_SCHEMA, Explanations, Look, MOST_ENTRIES,
        NotExplained, PolicyExplanation, RequestExplanation, RootShare, UnconfirmedShare, WaitExplanation, WhatIf,
        WhatIfChange, WhichRequests,
    };
}

#[doc(hidden)]
pub use cli::main;

/// The example of the page about the library is a test.
#[cfg(doctest)]
#[doc = include_str!("../docs/library.md")]
struct Readme;
