//! Facts in words: the only place that puts enums of `stats` and `study` into words. One file per subject.
//!
//! Sentences have no full stop, so that a caller can continue them.

mod check;
mod deadlock;
mod estimates;
mod explain;
mod json;
mod plan;
mod replay;
mod runs;
mod saturation;
mod sweep;
mod undecided;
mod verify;

pub use self::check::{
    advice, comparison_note, reason, scenario_change, unjudged_help, why_not_comparable, why_undecided, without_data,
};
pub use self::deadlock::deadlock;
pub use self::estimates::{missed, not_estimable};
pub use self::explain::{blame_cause, story, unconfirmed_share, what_if, what_if_change};
pub use self::json::{
    check_value, explain_value, number_value, objective_value, plain, plan_value, policy_value, replay_value,
    results_value,
};
pub use self::plan::{
    OVERLOADED, configuration, not_plannable, plan_change, plan_decision, plan_verdict, product_flags, sizes_that_stay,
    thumb_rule, why_not,
};
pub use self::replay::{bad_observations, case_description, not_replayable};
pub use self::runs::{assumption, incomplete, no_prediction, not_modelled, stopped};
pub use self::saturation::{binding, left_out, load_warning};
pub use self::sweep::{cost, knee, unfinished};
pub use self::undecided::Remedy;
pub use self::verify::{figure_unit, run_way};

/// What only the project's own tests use.
#[cfg(feature = "internals")]
pub use self::check::bad_baseline;

/// `a, b and c`.
pub fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
