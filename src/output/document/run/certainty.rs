//! How sure the numbers are, in cells and in words.

use indexmap::IndexMap;

use crate::output::block::number::{self, TimeUnit, give_or_take};
use crate::output::words;
use crate::stats::{ClassConfidence, Confidence, IntervalMethod, PolicyResults, ScenarioResults, WarmUpMethod, reach};

/// How sure one number is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Certainty {
    /// It does not depend on chance, or its interval was not estimated.
    Unsaid,
    /// No interval can be estimated for it.
    NotEstimable,
    /// How far its interval extends, in its unit: half its width, unless it is cut off on one side.
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
pub fn cells(unit: TimeUnit, numbers: &[Option<f64>], certainties: &[Certainty]) -> Vec<String> {
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
    // Numbers are aligned, and so are the signs.
    let room = after.iter().map(|after| after.chars().count()).max().unwrap_or(0);
    column.iter().zip(after).map(|(cell, after)| format!("{cell}{after:<room$}")).collect()
}

/// What `±` means, and why it is sometimes followed by a question mark.
pub fn note(results: &ScenarioResults) -> Vec<String> {
    let known = results.policies.iter().filter_map(|policy| policy.confidence.as_ref());
    let mut note: Vec<String> = known.filter_map(give_or_take_means).take(1).collect();
    // Each reason once, with the numbers it applies to.
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

/// What `±` means for numbers with such an interval.
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
pub const SHOWN: [(&str, &str); 4] = [("mean", "mean"), ("p50", "p50"), ("p95", "p95"), ("p99", "p99")];

/// Which requests the warm-up excludes, in a sentence.
pub fn warm_up(results: &ScenarioResults) -> Option<String> {
    let most = results.policies.iter().map(|policy| policy.warm_up_requests).max().unwrap_or(0);
    if results.warm_up.method == WarmUpMethod::None {
        return None;
    }
    let unit = TimeUnit::of([Some(results.warm_up.removed_ms)]);
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
