//! Objectives: a table of all of them, and a finding for each.

use crate::model::MetricUnit;
use crate::output::block::number::{self, NONE};
use crate::output::block::{Finding, FindingStatus, Location, Table};
use crate::output::words::Remedy;
use crate::stats::{ObjectiveResult, ObjectiveVerdict, ScenarioResults, Undecided, UndecidedReason, reach};

/// All objectives with their verdicts, the worst first.
pub fn table(results: &ScenarioResults) -> Option<Table> {
    if results.slo.is_empty() {
        return None;
    }
    let mut found: Vec<&ObjectiveResult> = results.slo.iter().collect();
    found.sort_by_key(|objective| Standing::of(objective));
    let counts = Standing::ALL.map(|standing| {
        (found.iter().filter(|objective| Standing::of(objective) == standing).count(), standing.counted())
    });
    let words: Vec<_> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let names = found.iter().map(|objective| (false, Standing::of(objective).word().to_owned()));
    let mut table = Table::of(format!("Objectives: {}", words.join(", ")), "", names);
    table.names("objective", found.iter().map(|objective| objective.objective.clone()).collect());
    table.names("policy", found.iter().map(|objective| objective.policy.clone()).collect());
    table.names("is", found.iter().map(|objective| value(objective)).collect());
    if found.iter().any(|objective| objective.without_answer.is_some()) {
        table.numbers(
            "",
            "no answer",
            found.iter().map(|objective| number::percent(objective.without_answer)).collect(),
        );
    }
    if found.iter().any(|objective| objective.answered_only) {
        table.note.push("* of the answered requests only; more than 1% got no answer.".into());
    }
    table.note.extend(undecided_notes(&found));
    Some(table)
}

/// Why objectives are undecided by chance, and what would decide them: a sentence for each reason and remedy.
fn undecided_notes(found: &[&ObjectiveResult]) -> Vec<String> {
    let reasons = [UndecidedReason::IntervalHoldsBound, UndecidedReason::NoInterval];
    reasons.into_iter().flat_map(|why| undecided_because(found, why)).collect()
}

fn undecided_because(found: &[&ObjectiveResult], why: UndecidedReason) -> Vec<String> {
    let mut remedies: Vec<(Remedy, Vec<&str>)> = Vec::new();
    for objective in found {
        let Some(undecided) = objective.undecided.filter(|undecided| undecided.why == why) else { continue };
        let remedy = Remedy::of(objective, undecided);
        match remedies.iter_mut().find(|(known, _)| known.is_like(&remedy)) {
            Some((known, metrics)) => {
                *known = (*known).max(remedy);
                metrics.push(&objective.metric);
            }
            None => remedies.push((remedy, vec![&objective.metric])),
        }
    }
    let are_several = remedies.len() > 1;
    let sentence = |(remedy, mut metrics): (Remedy, Vec<&str>)| {
        metrics.dedup();
        let of = if are_several { format!(" of {}", metrics.join(", ")) } else { String::new() };
        let what = match why {
            UndecidedReason::IntervalHoldsBound => format!("! The interval{of} contains the bound"),
            UndecidedReason::NoInterval => format!("±? There is no confidence interval{of}"),
        };
        let remedy = remedy.sentence();
        format!("{what}: undecided by chance, another seed may give another verdict; {remedy}.")
    };
    remedies.into_iter().map(sentence).collect()
}

/// How an objective is listed, the worst first. One that is not met in this run, and may be with another seed, is undecided; one
/// that is met is marked where that may be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Broken,
    Undecided,
    NoData,
    Warned,
    Met,
}

impl Standing {
    const ALL: [Self; 5] = [Self::Broken, Self::Undecided, Self::NoData, Self::Warned, Self::Met];

    const fn of(objective: &ObjectiveResult) -> Self {
        match objective.verdict {
            ObjectiveVerdict::Broken if objective.undecided.is_some() => Self::Undecided,
            ObjectiveVerdict::Broken => Self::Broken,
            ObjectiveVerdict::NoData => Self::NoData,
            ObjectiveVerdict::Warned => Self::Warned,
            ObjectiveVerdict::Met => Self::Met,
        }
    }

    /// In front of the objective.
    const fn word(self) -> &'static str {
        match self {
            Self::Broken => "BROKEN",
            Self::Undecided => "undecided",
            Self::NoData => "no data",
            Self::Warned => "warning",
            Self::Met => "met",
        }
    }

    /// After a number of objectives.
    const fn counted(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Undecided => "not met, but undecided",
            Self::NoData => "without data",
            Self::Warned => "warned about",
            Self::Met => "met",
        }
    }
}

/// The value of an objective, with its unit and certainty.
fn value(objective: &ObjectiveResult) -> String {
    let shown = match (objective.value, objective.longest_wait_ms) {
        (Some(value), _) => number::quantity(value, Some(objective.bound), objective.unit),
        (None, Some(_)) => format!("no {}: {}", objective.metric, why_none(objective)),
        (None, None) if is_not_recovered(objective) => return "not recovered".to_owned(),
        (None, None) => return NONE.to_owned(),
    };
    let only = if objective.answered_only { " *" } else { "" };
    let half = objective.value.zip(objective.interval).map(|(value, ends)| reach(value, ends));
    match (half, objective.undecided.map(|undecided| undecided.why)) {
        (Some(half), why) => {
            let half = number::quantity(half, None, objective.unit);
            let mark = if why == Some(UndecidedReason::IntervalHoldsBound) { " !" } else { "" };
            format!("{shown} ±{half}{only}{mark}")
        }
        (None, Some(_)) => format!("{shown} ±?{only}"),
        (None, None) => format!("{shown}{only}"),
    }
}

/// Whether it bounds the recovery from a fault that lasted to the end of the run.
fn is_not_recovered(objective: &ObjectiveResult) -> bool {
    objective.value.is_none() && objective.verdict != ObjectiveVerdict::NoData && objective.longest_wait_ms.is_none()
}

/// The objectives that are broken or cannot be evaluated, a sentence each, without those that only warn.
pub fn broken_objectives(results: &ScenarioResults) -> Vec<String> {
    let is_broken = |objective: &&ObjectiveResult| status(objective) >= FindingStatus::Failed;
    let broken = results.slo.iter().filter(is_broken);
    broken.map(|objective| format!("{}: {}", results.scenario, finding(objective, results).message)).collect()
}

pub fn finding(objective: &ObjectiveResult, results: &ScenarioResults) -> Finding {
    let name = name(&objective.policy, objective.class.as_deref(), &objective.metric);
    let value = objective.value.map(|value| number::quantity(value, Some(objective.bound), objective.unit));
    let asked = &objective.objective;
    let message = match (&value, objective.verdict) {
        (None, _) if is_not_recovered(objective) => {
            let fault = objective.fault.as_deref().unwrap_or_default();
            format!("the run had not recovered from fault {fault} by its end, which does not meet `{asked}`")
        }
        (None, ObjectiveVerdict::NoData) => {
            format!("{name} has no value in this run, so `{asked}` cannot be evaluated")
        }
        (None, verdict) => {
            let meets = if verdict == ObjectiveVerdict::Met { "meets" } else { "does not meet" };
            format!("{name} does not exist, which {meets} `{asked}`: {}", why_none(objective))
        }
        (Some(value), ObjectiveVerdict::Met) => format!("{name} is {value}, which meets `{asked}`"),
        (Some(value), _) if objective.undecided.is_some() => {
            format!("{name} is {value}, which does not meet `{asked}` in this run; chance may have decided it")
        }
        (Some(value), _) => format!("{name} is {value}, which does not meet `{asked}`"),
    };
    let mut details = Vec::new();
    if let Some(interval) = objective.interval {
        let policy = results.policies.iter().find(|policy| policy.name == objective.policy);
        let level = policy.and_then(|policy| policy.confidence.as_ref()).map(|confidence| confidence.level);
        let level = level.map(|level| format!("{} ", number::short_percent(level))).unwrap_or_default();
        details.push(format!("{level}confidence interval: {}", number::range(interval, objective.unit)));
    }
    details.extend(objective.undecided.map(|undecided| because(objective, undecided)));
    if let Some(share) = objective.without_answer {
        let of = if objective.answered_only { "The number covers answered requests only; " } else { "" };
        details.push(format!("{of}{} got no answer.", number::percent(Some(share))));
    }
    Finding {
        part: Some(objective.policy.clone()),
        asked: asked.clone(),
        status: status(objective),
        kind: "slo",
        message,
        details,
        location: Location::new(&objective.file, Some([objective.line, objective.column, objective.end_column])),
    }
}

/// The status of an objective.
const fn status(objective: &ObjectiveResult) -> FindingStatus {
    match objective.verdict {
        ObjectiveVerdict::Met if objective.undecided.is_some() || objective.answered_only => FindingStatus::Noted,
        ObjectiveVerdict::Met => FindingStatus::Passes,
        ObjectiveVerdict::Warned => FindingStatus::Warned,
        ObjectiveVerdict::Broken => FindingStatus::Failed,
        ObjectiveVerdict::NoData if objective.warns => FindingStatus::Warned,
        ObjectiveVerdict::NoData => FindingStatus::Error,
    }
}

fn name(policy: &str, class: Option<&str>, metric: &str) -> String {
    class.map_or_else(|| format!("{policy}.{metric}"), |class| format!("{policy}.{class}.{metric}"))
}

/// Why a percentile over all arrived requests has no value: `50.6% got no answer; of the answered 70.1 s`.
fn why_none(objective: &ObjectiveResult) -> String {
    let time = |time: f64| number::quantity(time, None, objective.unit);
    match (objective.without_answer, objective.longest_wait_ms) {
        (Some(share), _) => {
            let answered = objective.answered_value.map(|value| format!("; of the answered {}", time(value)));
            format!("{} got no answer{}", number::percent(Some(share)), answered.unwrap_or_default())
        }
        (None, Some(longest)) => {
            let longest = number::quantity(longest, None, MetricUnit::Time);
            format!("all are still in flight at the end, the longest for {longest}")
        }
        (None, None) => "all are still in flight at the end".to_owned(),
    }
}

/// Why an objective is undecided by chance, and what would decide it.
fn because(objective: &ObjectiveResult, undecided: Undecided) -> String {
    let why = match undecided.why {
        UndecidedReason::IntervalHoldsBound => "The interval contains the bound",
        UndecidedReason::NoInterval => "It has no confidence interval",
    };
    let needed = match Remedy::of(objective, undecided) {
        Remedy::Nothing => String::new(),
        remedy => format!("; {}", remedy.sentence()),
    };
    format!("{why}: another seed may give another verdict{needed}.")
}
