//! The list of cases.
//!
//! They run so long that every interval is narrow, with a little to spare: the widths that pilot runs gave fall with the
//! square root of the number of requests. Each warm-up is about ten times the relaxation time or longer,
//! S / (c (1 − √ρ)²) for M/M/c, in which a queue forgets how it began (Morse 1955).

mod by_hand;
mod closed;
mod limits;
mod one_station;
mod phases;
mod policies;
mod replicas;
mod sharing;

use serde_json::{Value, json};

use super::case::{Case, CaseMethod, ExactFigure, Length, Sampled};
use super::quantity::CaseQuantity;
use crate::model::SimDuration;

/// All cases, in the order of their numbers.
pub(super) fn cases() -> Vec<Case> {
    let groups = [
        one_station::cases(),
        phases::cases(),
        limits::cases(),
        sharing::cases(),
        policies::cases(),
        replicas::cases(),
        closed::cases(),
        by_hand::cases(),
    ];
    let mut cases: Vec<_> = groups.into_iter().flatten().collect();
    cases.sort_by_key(|case| case.id);
    cases
}

/// Formulas are fed with times in ms, and rates per ms.
const fn per_s(rate: f64) -> f64 {
    rate / 1000.0
}

/// Back from a rate per ms.
const fn in_per_s(rate_per_ms: f64) -> f64 {
    rate_per_ms * 1000.0
}

/// `1 worker`, `2 workers`.
fn counted(number: u32, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

const fn seconds(seconds: u64) -> SimDuration {
    SimDuration::from_millis(1000 * seconds)
}

/// A class of one phase or several, under one policy.
fn scenario(phases: Value, arrivals: Value, cores: u32, policy: Value) -> Value {
    json!({
        "classes": { "request": { "phases": phases } },
        "arrivals": arrivals,
        "machine": { "cores": cores },
        "policies": [policy],
    })
}

fn poisson(rate_per_s: f64) -> Value {
    json!({ "poisson": format!("{rate_per_s}/s") })
}

/// How long a case runs. Many replications, as the quantile of Student's distribution falls with their number.
struct RunLength {
    /// Requests of a replication.
    requests: u64,
    warm_up: SimDuration,
    /// How many times longer in the precise mode.
    precise: f64,
}

const REPLICATIONS: u64 = 100;

impl RunLength {
    fn case(
        self,
        id: &'static str,
        system: impl Into<String>,
        scenario: Value,
        formula: &'static str,
        exact: &[(CaseQuantity, f64)],
    ) -> Case {
        let Self { requests, warm_up, precise } = self;
        let figures = exact.iter().map(|&(quantity, exact)| ExactFigure { quantity, exact }).collect();
        // Half as many again as are enough under most seeds: how wide an interval comes out is itself a matter of luck.
        let length = Length::Requests(requests * 3 / 2);
        let trial = CaseMethod::Sampled(Sampled { replications: REPLICATIONS, length, precise, warm_up, figures });
        Case { id, system: system.into(), formula, scenario, trial }
    }
}
