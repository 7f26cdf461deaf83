//! The findings of a check: those of its run, and the comparison with the baseline.

use super::{if_meant, objectives, power};
use crate::output::block::number;
use crate::output::block::{Finding, FindingStatus, Location};
use crate::output::document::run;
use crate::output::words;
use crate::study::{
    BaselineCheck, BaselineComparison, MetricComparison, MetricVerdict, NotComparable, OneSided, ScenarioChange,
    ScenarioCheck, ScenarioPart, Side,
};

/// Everything that was judged: runs, objectives, and the comparison with the baseline.
pub fn findings(check: &ScenarioCheck) -> Vec<Finding> {
    let mut findings = run::findings(&check.results);
    match &check.baseline {
        BaselineCheck::NotComparable(why) => findings.push(not_comparable(&check.file, why)),
        BaselineCheck::Compared(comparison) => {
            objectives::add_to(&mut findings, comparison);
            findings.extend(of_baseline(&check.file, comparison));
        }
        BaselineCheck::Written(_) | BaselineCheck::NotAsked => {}
    }
    findings
}

fn not_comparable(file: &str, found: &NotComparable) -> Finding {
    Finding {
        part: None,
        asked: "is comparable with its baseline".to_owned(),
        status: FindingStatus::Error,
        kind: "baseline",
        message: format!("not comparable with {}: {}", found.file, words::why_not_comparable(&found.why)),
        details: vec![words::advice(&found.help), found.command.clone()],
        location: Location::new(file, None),
    }
}

/// The numbers of each policy, and of each of its classes, as one finding.
fn of_baseline(file: &str, comparison: &BaselineComparison) -> Vec<Finding> {
    let metrics = &comparison.metrics;
    let alike = |a: &MetricComparison, b: &MetricComparison| (&a.policy, &a.class) == (&b.policy, &b.class);
    let numbers = metrics.chunk_by(alike).map(|metrics| of_numbers(file, metrics, comparison));
    let skipped = comparison.one_sided.iter().map(|part| of_one_sided(file, part));
    numbers.chain(skipped).chain(of_notes(file, comparison)).collect()
}

/// Ways in which the comparison differs from the usual one.
fn of_notes(file: &str, comparison: &BaselineComparison) -> Option<Finding> {
    (!comparison.notes.is_empty()).then(|| Finding {
        part: None,
        asked: "was run like its baseline".to_owned(),
        status: FindingStatus::Noted,
        kind: "baseline",
        message: comparison.notes.iter().copied().map(words::comparison_note).collect::<Vec<_>>().join("; "),
        details: Vec::new(),
        location: Location::new(file, None),
    })
}

/// A part that only the baseline or only the scenario has.
fn of_one_sided(file: &str, part: &OneSided) -> Finding {
    let name = part.name.clone();
    let (policy, asked) = match part.part {
        ScenarioPart::Policy => (Some(name), "is in the baseline and in the scenario".to_owned()),
        ScenarioPart::Class => (None, format!("class {name} is in the baseline and in the scenario")),
        ScenarioPart::Backend => (None, format!("backend {name} is in the baseline and in the scenario")),
    };
    Finding {
        part: policy,
        asked,
        status: FindingStatus::Skipped,
        kind: "baseline",
        message: one_sided(part),
        details: Vec::new(),
        location: Location::new(file, None),
    }
}

/// A part that only one side has, in a sentence: ``class `search` is new: the baseline does not have it``.
pub fn one_sided(part: &OneSided) -> String {
    let what = match part.part {
        ScenarioPart::Policy => "policy",
        ScenarioPart::Class => "class",
        ScenarioPart::Backend => "backend",
    };
    let name = &part.name;
    match part.only_in {
        Side::Baseline => format!("{what} `{name}` is missing: the baseline has it, the scenario does not"),
        Side::Scenario => format!("{what} `{name}` is new: the scenario has it, the baseline does not"),
    }
}

fn of_numbers(file: &str, metrics: &[MetricComparison], comparison: &BaselineComparison) -> Finding {
    let (policy, class) = (&metrics[0].policy, &metrics[0].class);
    let subject = class.as_ref().map_or_else(|| policy.clone(), |class| format!("{policy}.{class}"));
    let with = |verdict| metrics.iter().filter(move |metric| metric.verdict == verdict);
    let worst = [MetricVerdict::Regressed, MetricVerdict::Undecided, MetricVerdict::Improved]
        .into_iter()
        .find(|verdict| with(*verdict).next().is_some())
        .unwrap_or(MetricVerdict::Unchanged);
    let listed = || with(worst).map(difference).collect::<Vec<_>>().join("; ");
    let (status, message) = match worst {
        MetricVerdict::Regressed => {
            (FindingStatus::Failed, format!("{subject} is worse than its baseline: {}", listed()))
        }
        MetricVerdict::Undecided => {
            (FindingStatus::Warned, format!("undecided whether {subject} is worse than its baseline: {}", listed()))
        }
        MetricVerdict::Improved => {
            (FindingStatus::Noted, format!("{subject} is better than its baseline: {}", listed()))
        }
        MetricVerdict::Unchanged => (FindingStatus::Passes, format!("{subject} is as in its baseline")),
    };
    let mut details: Vec<String> = metrics
        .iter()
        .map(|metric| {
            format!("{}: {}", verdict(metric.verdict), difference(metric)) + &interval(metric) + &power::detail(metric)
        })
        .collect();
    if status != FindingStatus::Passes {
        details.extend(comparison.changes.iter().map(change));
    }
    if matches!(status, FindingStatus::Failed | FindingStatus::Noted) {
        details.push(format!("{} {}", if_meant(comparison), comparison.accept));
    }
    Finding {
        part: Some(policy.clone()),
        asked: match class {
            Some(class) => format!("{class} is no worse than in the baseline"),
            None => "is no worse than in the baseline".to_owned(),
        },
        status,
        kind: "baseline",
        message,
        details,
        location: Location::new(file, None),
    }
}

/// A number and that of the baseline: `p99 412 ms, was 380 ms (+8.4%)`.
fn difference(metric: &MetricComparison) -> String {
    let shown = |value: Option<f64>, other| match value {
        Some(value) => number::quantity(value, other, metric.unit),
        None => number::NONE.to_owned(),
    };
    let is = shown(metric.value, metric.baseline);
    let was = shown(metric.baseline, metric.value);
    let share = metric.relative_difference.map(|share| format!(" ({})", number::change(share))).unwrap_or_default();
    let why = metric.why.as_ref().filter(|_| metric.verdict == MetricVerdict::Undecided);
    let why = why.map(|why| format!(", {}", words::why_undecided(why))).unwrap_or_default();
    format!("{} {is}, was {was}{share}{why}", metric.metric)
}

fn interval(metric: &MetricComparison) -> String {
    match metric.interval {
        Some([low, high]) if low < high => {
            let level = metric.interval_level.map(|level| format!(" ({} confidence)", number::short_percent(level)));
            format!("; difference {}{}", number::range([low, high], metric.unit), level.unwrap_or_default())
        }
        Some(_) | None => String::new(),
    }
}

/// A verdict in a word.
pub const fn verdict(verdict: MetricVerdict) -> &'static str {
    match verdict {
        MetricVerdict::Regressed => "regressed",
        MetricVerdict::Improved => "improved",
        MetricVerdict::Unchanged => "unchanged",
        MetricVerdict::Undecided => "undecided",
    }
}

/// A change of the scenario: `changed in the scenario: classes.page.phases.1.db: "60ms" → "66ms"`.
fn change(change: &ScenarioChange) -> String {
    format!("changed in the scenario: {}", words::scenario_change(change))
}
