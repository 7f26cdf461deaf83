//! How sure the numbers are, in cells and in words; how policies compare; what was asked of them.

use indexmap::IndexMap;

use crate::model::MetricUnit;
use crate::output::block::number::{self, NONE, Unit, give_or_take};
use crate::output::block::table::Table;
use crate::output::words;
use crate::stats::{
    ClassConfidence, ComparisonResults, Confidence, DifferenceResult, DifferenceVerdict, IntervalMethod,
    MUCH_UNANSWERED, ObjectiveResult, ObjectiveVerdict, PolicyResults, RequestCounts, ScenarioResults, UndecidedReason,
    WarmUpMethod, reach,
};

/// How sure one number is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Certainty {
    /// There is no chance in it, or nobody asked.
    Unsaid,
    /// There is no interval for it.
    NotEstimable,
    /// How far its interval reaches, in its unit: half its width, unless a part of it is cut off.
    GiveOrTake(f64),
}

/// How sure a metric with this value is.
pub fn certainty(confidence: Option<&ClassConfidence>, metric: &str, number: Option<f64>) -> Certainty {
    let Some((confidence, number)) = confidence.zip(number) else { return Certainty::Unsaid };
    match confidence.intervals.get(metric) {
        Some(ends) => Certainty::GiveOrTake(reach(number, *ends)),
        None if confidence.not_estimable.contains_key(metric) => Certainty::NotEstimable,
        None => Certainty::Unsaid,
    }
}

/// Numbers, each with its certainty: `93.2 ±0.4`, `1,183 ±?`.
pub fn cells(unit: Unit, numbers: &[Option<f64>], certainties: &[Certainty]) -> Vec<String> {
    let column = unit.column(numbers);
    if certainties.iter().all(|certainty| *certainty == Certainty::Unsaid) {
        return column;
    }
    let after: Vec<String> = column
        .iter()
        .zip(certainties)
        .map(|(cell, certainty)| match certainty {
            Certainty::Unsaid => String::new(),
            Certainty::NotEstimable => " ±?".to_owned(),
            Certainty::GiveOrTake(half) => format!(" ±{}", give_or_take(unit.of_millis(*half), cell)),
        })
        .collect();
    // Numbers stand below each other, and so do the signs.
    let room = after.iter().map(|after| after.chars().count()).max().unwrap_or(0);
    column.iter().zip(after).map(|(cell, after)| format!("{cell}{after:<room$}")).collect()
}

/// What `±` stands for, and why it sometimes has a question mark.
pub fn note(results: &ScenarioResults) -> Vec<String> {
    let known = results.policies.iter().filter_map(|policy| policy.confidence.as_ref());
    let mut note: Vec<String> = known.filter_map(give_or_take_means).take(1).collect();
    // Each reason once, with the numbers it holds for.
    let mut reasons: IndexMap<String, Vec<String>> = IndexMap::new();
    for (metric, heading) in SHOWN {
        let why = |policy: &PolicyResults| {
            let all = policy.confidence.as_ref().map(|confidence| (None, &confidence.numbers));
            let of_classes = policy
                .classes
                .iter()
                .filter_map(|(name, class)| Some((Some(name.clone()), class.confidence.as_ref()?)));
            let mut scopes = all.into_iter().chain(of_classes);
            scopes.find_map(|(class, confidence)| {
                Some((class, words::not_estimable(*confidence.not_estimable.get(metric)?)))
            })
        };
        if let Some((class, why)) = results.policies.iter().find_map(why) {
            let heading = class.map_or_else(|| heading.to_owned(), |class| format!("{heading} of {class}"));
            reasons.entry(why).or_default().push(heading);
        }
    }
    let sentence = |(why, headings): (String, Vec<String>)| format!("±? at {}: {why}.", headings.join(", "));
    note.extend(reasons.into_iter().map(sentence));
    note
}

/// What `±` stands for where numbers of these have an interval.
fn give_or_take_means(confidence: &Confidence) -> Option<String> {
    let Confidence { level, method, samples, batch_requests, .. } = confidence;
    let level = number::short_percent(*level);
    let from = match (*method, batch_requests) {
        (IntervalMethod::BatchMeans, Some(requests)) => {
            format!("{samples} batches of {} requests each", number::count(*requests))
        }
        (IntervalMethod::BatchMeans | IntervalMethod::Replications, _) => format!("{samples} replications"),
    };
    (*samples > 1).then(|| format!("± is half a confidence interval of {level}, from {from}."))
}

/// The numbers of the first table that have intervals, and their headings.
const SHOWN: [(&str, &str); 4] = [("mean", "mean"), ("p50", "p50"), ("p95", "p95"), ("p99", "p99")];

/// How the policies differ from one of them: a table, and under it the verdicts in words.
pub fn comparison(results: &ScenarioResults) -> Option<Table> {
    let comparisons = &results.comparisons;
    let first = comparisons.first()?;
    let values = comparisons.iter().flat_map(|comparison| &comparison.differences);
    let unit = Unit::of(values.map(|difference| Some(difference.difference_ms.abs())));
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
    let unit = Unit::of([Some(size)]);
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

/// What was asked, and whether it is so: a table, the worst first.
pub fn objectives(results: &ScenarioResults) -> Option<Table> {
    if results.slo.is_empty() {
        return None;
    }
    let mut found: Vec<&ObjectiveResult> = results.slo.iter().collect();
    found.sort_by_key(|objective| order(objective.verdict));
    let count = |verdict| found.iter().filter(|objective| objective.verdict == verdict).count();
    let counts = [
        (count(ObjectiveVerdict::Broken), "broken"),
        (count(ObjectiveVerdict::NoData), "without data"),
        (count(ObjectiveVerdict::Warned), "warned about"),
        (count(ObjectiveVerdict::Met), "met"),
    ];
    let words: Vec<_> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let names = found.iter().map(|objective| (false, verdict_word(objective.verdict).to_owned()));
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
        table.note.push("* is of the answered requests only, and more than 1% got no answer.".into());
    }
    table.note.extend(undecided_notes(&found));
    Some(table)
}

/// Which objectives chance may have decided, and how many requests would decide them: the first of each kind.
fn undecided_notes(found: &[&ObjectiveResult]) -> Vec<String> {
    let kinds = [
        (UndecidedReason::IntervalHoldsBound, "! The interval holds the bound"),
        (UndecidedReason::NoInterval, "±? There is no confidence interval"),
    ];
    let of_kind = |(why, what): (UndecidedReason, &str)| {
        let undecided =
            found.iter().filter_map(|objective| objective.undecided).filter(|undecided| undecided.why == why);
        let requests: Vec<Option<u64>> = undecided.map(|undecided| undecided.requests).collect();
        let most = requests.iter().flatten().max();
        let needed = match most {
            Some(most) => format!("about {} requests would decide it", number::count(*most)),
            None => "more requests do not decide it".to_owned(),
        };
        (!requests.is_empty())
            .then(|| format!("{what}: undecided by chance, with another seed the verdict may be another; {needed}."))
    };
    kinds.into_iter().filter_map(of_kind).collect()
}

const fn order(verdict: ObjectiveVerdict) -> u8 {
    match verdict {
        ObjectiveVerdict::Broken => 0,
        ObjectiveVerdict::NoData => 1,
        ObjectiveVerdict::Warned => 2,
        ObjectiveVerdict::Met => 3,
    }
}

/// A verdict in a word.
pub const fn verdict_word(verdict: ObjectiveVerdict) -> &'static str {
    match verdict {
        ObjectiveVerdict::Met => "met",
        ObjectiveVerdict::Broken => "BROKEN",
        ObjectiveVerdict::Warned => "warning",
        ObjectiveVerdict::NoData => "no data",
    }
}

/// What an objective found, with its unit and certainty.
pub fn value(objective: &ObjectiveResult) -> String {
    let shown = match (objective.value, objective.longest_wait_ms) {
        (Some(value), _) => number::quantity(value, Some(objective.bound), objective.unit),
        (None, Some(longest)) => format!("none, waits up to {}", number::quantity(longest, None, MetricUnit::Time)),
        (None, None) if is_not_over(objective) => return "not over".to_owned(),
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

/// Whether it asks how long until a fault was over for the users, which it was not by the end of the run.
pub fn is_not_over(objective: &ObjectiveResult) -> bool {
    objective.value.is_none() && objective.verdict != ObjectiveVerdict::NoData && objective.longest_wait_ms.is_none()
}

/// What one should know before trusting the numbers: one sentence each.
pub fn warnings(results: &ScenarioResults) -> Vec<String> {
    let mut warnings: Vec<String> = results.policies.iter().filter_map(without_answer).collect();
    for policy in &results.policies {
        let saturation = policy.saturation.as_ref();
        warnings.extend(saturation.and_then(words::load_warning).map(|message| format!("{}: {message}", policy.name)));
    }
    warnings.extend(results.policies.iter().filter_map(crate::output::document::run::stations::imbalance));
    for policy in &results.policies {
        let why = policy.no_prediction.map(words::no_prediction);
        warnings.extend(why.map(|why| format!("{}: no prediction of a real server is possible: {why}", policy.name)));
    }
    if results.policies.iter().any(|policy| policy.requests.arrived == 0 && policy.warm_up_requests > 0) {
        warnings.push(
            "every request arrived in the warm-up, so that none is left to count: the run is too short for it".into(),
        );
    }
    if !results.warm_up.unsettled.is_empty() {
        warnings.push(format!(
            "response times of {} had not settled by the middle of the run: it is too short for a steady state, or there is none",
            results.warm_up.unsettled.join(", ")
        ));
    }
    if let Some(precision) = results.precision.as_ref().filter(|precision| !precision.reached) {
        warnings.push(format!(
            "the precision asked for ({}) was not reached: {}",
            number::short_percent(precision.half_width),
            precision.missed.iter().map(words::missed).collect::<Vec<_>>().join("; ")
        ));
    }
    warnings
}

/// That response times leave out requests which got no answer, where those are more than 1 %.
fn without_answer(policy: &PolicyResults) -> Option<String> {
    let RequestCounts { arrived, completed, rejected, timed_out, failed, in_flight, .. } = policy.requests;
    let share = |count: u64| count as f64 / arrived as f64;
    let counts = [
        (rejected, "rejected"),
        (timed_out, "timed out"),
        (failed, "failed"),
        (in_flight, "were in flight at the end"),
    ];
    let none = counts.iter().map(|(count, _)| count).sum::<u64>();
    if arrived == 0 || share(none) <= MUCH_UNANSWERED {
        return None;
    }
    let parts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", number::percent(Some(share(*count)))))
        .collect();
    let rest = match completed {
        0 => "there are no response times".to_owned(),
        _ => format!("response times are of the other {}", number::percent(Some(share(completed)))),
    };
    Some(format!(
        "{}: {} of the requests got no answer ({}); {rest}",
        policy.name,
        number::percent(Some(share(none))),
        parts.join(", ")
    ))
}

/// What was left out at the beginning, in a sentence.
pub fn warm_up(results: &ScenarioResults) -> Option<String> {
    let most = results.policies.iter().map(|policy| policy.warm_up_requests).max().unwrap_or(0);
    if results.warm_up.method == WarmUpMethod::None {
        return None;
    }
    let unit = Unit::of([Some(results.warm_up.removed_ms)]);
    let removed = &unit.column(&[Some(results.warm_up.removed_ms)])[0];
    let how = if results.warm_up.method == WarmUpMethod::Auto { ", found by MSER-5" } else { "" };
    let each = if results.replications > 1 { "each run" } else { "the run" };
    let requests = number::count(most);
    Some(match most {
        0 => format!("Warm-up: none needed{how}."),
        _ => format!(
            "Warm-up: the first {removed} {} of {each} are left out, {requests} requests in all{how}.",
            unit.name
        ),
    })
}
