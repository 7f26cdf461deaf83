//! The objectives that were judged otherwise in the baseline.

use super::counted;
use crate::model::visible;
use crate::output::block::number::{self, NONE};
use crate::output::block::{Block, Finding, List};
use crate::stats::ObjectiveVerdict;
use crate::study::{BaselineComparison, ChangedObjective};

/// Each of them, with its numbers.
pub fn changed(comparison: &BaselineComparison) -> Option<Block> {
    let changed: Vec<String> = comparison.objectives.iter().map(sentence).collect();
    (!changed.is_empty()).then(|| Block::List(List::plain("Objectives judged otherwise than in the baseline", changed)))
}

/// `1 objective is met that was not`.
pub fn now_met(comparison: &BaselineComparison) -> Option<String> {
    let met = comparison.objectives.iter().filter(|objective| objective.is == ObjectiveVerdict::Met).count();
    (met > 0).then(|| format!("{} met that {} not", counted(met, "objective is", "objectives are"), were(met)))
}

const fn were(count: usize) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

/// `sync: `p99 < 200ms` was broken (319 ms), is met (180 ms)`.
fn sentence(objective: &ChangedObjective) -> String {
    let ChangedObjective { policy, objective: asked, unit, was, baseline, is, value } = objective;
    let shown = |value: Option<f64>, other| {
        value.map_or_else(|| NONE.to_owned(), |value| number::quantity(value, other, *unit))
    };
    let (before, now) = (shown(*baseline, *value), shown(*value, *baseline));
    format!("{}: `{}` was {} ({before}), is {} ({now})", visible(policy), visible(asked), word(*was), word(*is))
}

const fn word(verdict: ObjectiveVerdict) -> &'static str {
    match verdict {
        ObjectiveVerdict::Met => "met",
        ObjectiveVerdict::Broken => "not met",
        ObjectiveVerdict::Warned => "warned about",
        ObjectiveVerdict::NoData => "without data",
    }
}

/// Adds what it was in the baseline to the finding of each.
pub fn add_to(findings: &mut [Finding], comparison: &BaselineComparison) {
    for objective in &comparison.objectives {
        let is_its = |finding: &&mut Finding| {
            finding.kind == "slo"
                && finding.asked == objective.objective
                && finding.part.as_ref() == Some(&objective.policy)
        };
        if let Some(finding) = findings.iter_mut().find(is_its) {
            finding.details.push(format!("Otherwise in the baseline: {}.", sentence(objective)));
        }
    }
}
