//! The exact cases: systems whose numbers theory knows, run on the user's machine.
//!
//! A figure passes when its exact value lies in the confidence interval of independent replications, and the interval
//! is narrow: a wide one would pass anything. The level is [`FAMILY_LEVEL`] for all figures together, so each has
//! 1 − (1 − level)/m for m figures (Bonferroni), whichever cases are run. What is reckoned by hand is compared to the
//! nanosecond.

mod case;
mod cases;
mod diary;
mod quantity;

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use self::cases::cases;
use super::{Halted, JobPool};
use crate::stats::Interval;

/// The probability that an engine without an error passes with all figures.
pub const FAMILY_LEVEL: f64 = 0.99;

/// What the exact cases gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Verification {
    /// The level of each confidence interval.
    pub level: f64,
    /// The cases that were run, in the order of the list.
    pub cases: Vec<CaseResult>,
}

/// What one case gave.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseResult {
    /// Its number; systems of one kind share it.
    pub id: &'static str,
    /// The system in words.
    pub system: String,
    /// Where the exact values come from.
    pub formula: &'static str,
    /// How many independent replications were run; 1 when the numbers are reckoned by hand.
    pub replications: u64,
    /// What was compared.
    pub figures: Vec<FigureResult>,
}

/// One number and its exact value.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureResult {
    /// What it is.
    pub name: String,
    /// Its unit.
    pub unit: FigureUnit,
    /// What it must be.
    pub exact: f64,
    /// What the engine gave; `None` if there was nothing to count.
    pub ours: Option<Ours>,
    /// How it compares.
    pub verdict: FigureVerdict,
}

/// The unit of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FigureUnit {
    /// A time.
    Milliseconds,
    /// A rate.
    PerSecond,
    /// A share or a count.
    One,
}

/// What the engine gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ours {
    /// An estimate.
    Estimate {
        /// Its confidence interval.
        interval: Interval,
        /// What half width / exact value must be below.
        allowed: f64,
    },
    /// A number without chance.
    Number(f64),
}

/// How a figure compares with its exact value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FigureVerdict {
    /// The exact value is covered, and by a narrow interval; or the number is equal to it.
    Pass,
    /// The exact value is covered, but the interval is too wide to say much.
    TooWide,
    /// The exact value is outside the interval, or the number is another one.
    Off,
}

impl Verification {
    /// Whether every figure passed.
    pub fn has_passed(&self) -> bool {
        self.cases.iter().all(CaseResult::has_passed)
    }
}

impl CaseResult {
    /// Whether every figure passed.
    pub fn has_passed(&self) -> bool {
        self.figures.iter().all(|figure| figure.verdict == FigureVerdict::Pass)
    }
}

/// The numbers of all cases, each once, in the order of the list.
pub fn case_ids() -> Vec<&'static str> {
    let mut ids: Vec<_> = cases().iter().map(|case| case.id).collect();
    ids.dedup();
    ids
}

/// Runs the cases with these numbers, all when there are none. `precise` wants narrow intervals of probabilities and
/// percentiles too. `watch` is called with the share that is done, from many threads; breaking ends it.
///
/// The results do not depend on the number of threads.
///
/// # Errors
/// [`Halted`] when the watch broke off.
pub fn verify(
    only: &[String],
    precise: bool,
    pool: &JobPool,
    watch: &(dyn Fn(f64) -> ControlFlow<()> + Sync),
) -> Result<Verification, Halted> {
    let all = cases();
    let estimates: usize = all.iter().map(|case| case.estimates()).sum();
    let level = 1.0 - (1.0 - FAMILY_LEVEL) / estimates as f64;
    let chosen = all.into_iter().filter(|case| only.is_empty() || only.iter().any(|id| id == case.id));
    let trials: Vec<_> = chosen.map(|case| (case.scenario(precise), case)).collect();
    // One job is one replication of one case.
    let jobs: Vec<_> =
        trials.iter().flat_map(|trial| (0..trial.1.replications()).map(move |job| (trial, job))).collect();
    let done = AtomicUsize::new(0);
    let values = pool.each(&jobs, |((scenario, case), replication)| {
        let values = case.values(scenario, *replication)?;
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if watch(done as f64 / jobs.len() as f64).is_break() { Err(Halted) } else { Ok(values) }
    })?;
    let mut values = values.into_iter();
    let judged = trials.into_iter().map(|(_, case)| {
        let samples: Vec<_> = values.by_ref().take(case.replications() as usize).collect();
        case.judge(&samples, level, precise)
    });
    Ok(Verification { level, cases: judged.collect() })
}
