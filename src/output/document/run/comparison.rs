//! How the policies differ from one of them.

use super::certainty::{Certainty, SHOWN, cells};
use crate::output::block::Table;
use crate::output::block::number::{self, TimeUnit, give_or_take};
use crate::stats::{ComparisonResults, DifferenceResult, DifferenceVerdict, ScenarioResults};

/// How the policies differ from one of them: a table, and below it the verdicts in words.
pub fn comparison(results: &ScenarioResults) -> Option<Table> {
    let comparisons = &results.comparisons;
    let first = comparisons.first()?;
    let values = comparisons.iter().flat_map(|comparison| &comparison.differences);
    let unit = TimeUnit::of(values.map(|difference| Some(difference.difference_ms.abs())));
    let title = format!("Compared with {} on the same requests, difference in {}", first.against, unit.name);
    let names = comparisons.iter().map(|comparison| (false, comparison.policy.clone()));
    let mut table = Table::of(title, "policy", names);
    for (metric, heading) in SHOWN {
        let found: Vec<Option<&DifferenceResult>> =
            comparisons.iter().map(|comparison| difference(comparison, metric)).collect();
        let sizes: Vec<_> = found.iter().map(|found| found.map(|found| found.difference_ms.abs())).collect();
        let certainties: Vec<_> = found
            .iter()
            .map(|found| match found.map(|found| found.interval_ms) {
                Some(Some([low, high])) => Certainty::GiveOrTake((high - low) / 2.0),
                Some(None) => Certainty::NotEstimable,
                None => Certainty::Unsaid,
            })
            .collect();
        let signed = cells(unit, &sizes, &certainties).into_iter().zip(&found).map(|(cell, found)| match found {
            Some(found) if found.difference_ms < 0.0 => format!("−{cell}"),
            Some(found) if found.difference_ms > 0.0 => format!("+{cell}"),
            _ => cell,
        });
        table.numbers("", heading, signed.collect());
    }
    if comparisons.iter().any(|comparison| comparison.without_answer.is_some()) {
        table.numbers("", "no answer", comparisons.iter().map(|one| number::percent(one.without_answer)).collect());
    }
    table.note = comparisons.iter().filter_map(verdict).collect();
    Some(table)
}

fn difference<'a>(comparison: &'a ComparisonResults, metric: &str) -> Option<&'a DifferenceResult> {
    comparison.differences.iter().find(|difference| difference.metric == metric)
}

/// The verdict in words at the highest percentile that has one: `async is 212 ± 4 ms faster at p99.`
fn verdict(comparison: &ComparisonResults) -> Option<String> {
    let decided =
        comparison.differences.iter().rev().find(|difference| difference.verdict != DifferenceVerdict::Undecided)?;
    Some(format!("{}.", sentence(comparison, decided)))
}

fn sentence(comparison: &ComparisonResults, difference: &DifferenceResult) -> String {
    let ComparisonResults { policy, against, without_answer, against_without_answer, .. } = comparison;
    let at = match difference.metric {
        "mean" => "on average".to_owned(),
        percentile => format!("at {percentile}"),
    };
    let size = difference.difference_ms.abs();
    let unit = TimeUnit::of([Some(size)]);
    let half = difference.interval_ms.map_or(0.0, |[low, high]| (high - low) / 2.0);
    let shown = &unit.column(&[Some(size)])[0];
    let amount = format!("{shown} ± {} {}", give_or_take(unit.of_millis(half), shown), unit.name);
    match difference.verdict {
        DifferenceVerdict::Faster => format!("{policy} is {amount} faster {at}"),
        DifferenceVerdict::Slower => format!("{policy} is {amount} slower {at}"),
        DifferenceVerdict::NoDifference => format!("{policy} is neither faster nor slower {at} ({amount} apart)"),
        DifferenceVerdict::Undecided => format!("{policy} may differ {at}"),
        DifferenceVerdict::Incomparable => format!(
            "{policy} is neither better nor worse {at}: the two answered different requests, {} got no answer under \
             {policy} and {} under {against}",
            number::percent(*without_answer),
            number::percent(*against_without_answer),
        ),
    }
}
