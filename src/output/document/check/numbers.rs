//! The table of numbers that differ from the baseline.

use indexmap::IndexMap;

use super::findings::verdict;
use super::listed;
use crate::model::{MetricUnit, Named, visible};
use crate::output::block::Table;
use crate::output::block::number::{self, NONE};
use crate::output::words;
use crate::study::{BaselineComparison, MetricComparison, MetricVerdict, SignificanceTest};

/// Maximum number of reasons for undecided numbers.
const REASONS: usize = 2;

/// The numbers that are not unchanged, the worst first.
pub fn table(comparison: &BaselineComparison, shown: &[&MetricComparison]) -> Table {
    let mut shown = shown.to_vec();
    let rank = |verdict: MetricVerdict| match verdict {
        MetricVerdict::Regressed => 0,
        MetricVerdict::Undecided => 1,
        MetricVerdict::Improved => 2,
        MetricVerdict::Unchanged => 3,
    };
    shown.sort_by_key(|metric| rank(metric.verdict));
    let title = format!(
        "{} of {} numbers differ from {}",
        number::count(shown.len() as u64),
        number::count(comparison.metrics.len() as u64),
        visible(&comparison.file),
    );
    let mut table = Table::of(title, "number", shown.iter().map(|metric| (false, metric.name())));
    let cells = |cell: fn(&MetricComparison) -> String| shown.iter().map(|metric| cell(metric)).collect::<Vec<_>>();
    table.names("verdict", cells(|metric| verdict(metric.verdict).to_owned()));
    table.numbers("", "was", cells(|metric| quantity(metric.baseline, metric.value, metric)));
    table.numbers("", "is", cells(|metric| quantity(metric.value, metric.baseline, metric)));
    table.numbers("", "by", cells(|metric| metric.relative_difference.map_or(NONE.to_owned(), number::change)));
    table.numbers("", "interval of the difference", cells(interval));
    table.numbers("", "tolerated", cells(tolerated));
    let unanswered: Vec<String> = shown.iter().map(|metric| unanswered(comparison, metric)).collect();
    if unanswered.iter().any(|cell| cell != NONE) {
        table.numbers("", "no answer", unanswered);
    }
    table.note.push(format!(
        "Without any change, at most {} of checks call a number changed.",
        number::short_percent(comparison.family_level)
    ));
    table.note.extend(levels(&shown));
    let mut reasons: IndexMap<String, Vec<String>> = IndexMap::new();
    for metric in shown {
        if let Some(why) = &metric.why {
            reasons.entry(words::why_undecided(why)).or_default().push(metric.name());
        }
    }
    let sentence = |(why, names): (&String, &Vec<String>)| format!("Undecided, {}: {why}.", listed(names));
    table.note.extend(reasons.iter().take(REASONS).map(sentence));
    if reasons.len() > REASONS {
        table.note.push("Why others are undecided is in the JSON.".to_owned());
    }
    table
}

/// The levels of the intervals: each is that at which its number was decided.
fn levels(shown: &[&MetricComparison]) -> Option<String> {
    let tested = shown.iter().filter(|metric| metric.test != SignificanceTest::Exact);
    let mut levels: Vec<f64> = tested.filter_map(|metric| metric.interval_level).collect();
    levels.sort_by(f64::total_cmp);
    let [lowest, .., highest] = levels[..] else {
        return levels.first().map(|level| format!("The interval has {} confidence.", number::short_percent(*level)));
    };
    let between = match number::short_percent(lowest) {
        same if same == number::short_percent(highest) => same,
        lowest => format!("{lowest} to {}", number::short_percent(highest)),
    };
    Some(format!("Each interval has the confidence at which its number was decided: {between}."))
}

/// The error rate of the same requests as a response time, if any got no answer: `was → is`.
fn unanswered(comparison: &BaselineComparison, metric: &MetricComparison) -> String {
    let goes_with = |other: &&MetricComparison| {
        (&other.policy, &other.class) == (&metric.policy, &metric.class) && other.metric == Named::ErrorRate.name()
    };
    match comparison.metrics.iter().find(goes_with).map(|found| (found.baseline, found.value)) {
        Some((Some(was), Some(is))) if metric.unit == MetricUnit::Time && was.max(is) > 0.0 => {
            format!("{} → {}", number::percent(Some(was)), number::percent(Some(is)))
        }
        _ => NONE.to_owned(),
    }
}

fn quantity(value: Option<f64>, other: Option<f64>, metric: &MetricComparison) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| number::quantity(value, other, metric.unit))
}

fn interval(metric: &MetricComparison) -> String {
    match metric.interval {
        Some([low, high]) if low < high => number::range([low, high], metric.unit),
        Some([exact, _]) => number::quantity(exact, None, metric.unit),
        None => NONE.to_owned(),
    }
}

fn tolerated(metric: &MetricComparison) -> String {
    let absolute = number::quantity(metric.tolerance.absolute, None, metric.unit);
    let relative = number::short_percent(metric.tolerance.relative);
    if metric.tolerance.absolute > 0.0 { format!("{relative} and {absolute}") } else { relative }
}
