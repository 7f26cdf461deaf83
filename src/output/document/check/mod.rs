//! What `check` found, for people: the verdict first, then what was asked, what has changed, and what to do.

pub mod power;

use indexmap::IndexMap;
use serde_json::Value;

use crate::model::{MetricUnit, Named, visible};
use crate::output::View;
use crate::output::block::number::{self, NONE};
use crate::output::block::paint::{STRONG, WAIT, WORK, paint};
use crate::output::block::table::Table;
use crate::output::block::wrap::{WIDTH, wrapped};
use crate::output::document::findings::{one_sided, verdict};
use crate::output::document::run::certainty;
use crate::output::words;
use crate::study::{
    BaselineCheck, BaselineComparison, CheckVerdict, MetricComparison, MetricVerdict, ScenarioChange, ScenarioCheck,
    SignificanceTest, Unjudged,
};

/// A part of the report, before any format.
pub enum Section {
    /// Cells.
    Table(Table),
    /// What it is about, and sentences or lines.
    Lines(&'static str, Vec<String>),
    /// What it is for, and a command.
    Command(String, String),
}

/// So many reasons for being undecided are said.
const REASONS: usize = 2;

/// The verdict in a line: `shop fails: 1 objective is broken, 2 numbers are worse than in the baseline`.
pub fn headline(check: &ScenarioCheck) -> String {
    let mut why = Vec::new();
    match &check.baseline {
        BaselineCheck::NotComparable(not) => why.push(words::why_not_comparable(&not.why)),
        _ if check.verdict == CheckVerdict::Incomplete => why.extend(check.reasons.first().map(words::reason)),
        _ => {}
    }
    let broken = check.broken().count();
    if broken > 0 {
        why.push(format!("{} broken", counted(broken, "objective is", "objectives are")));
    }
    let metrics = |verdict| check.comparison().map_or(0, |comparison| comparison.with(verdict).count());
    let worse = metrics(MetricVerdict::Regressed);
    if worse > 0 {
        why.push(format!("{} worse than in the baseline", counted(worse, "number is", "numbers are")));
    }
    let verdict = match check.verdict {
        CheckVerdict::Passes => "passes",
        CheckVerdict::Fails => "fails",
        CheckVerdict::Incomplete => "cannot be judged",
    };
    let undecided = metrics(MetricVerdict::Undecided);
    if undecided > 0 {
        why.push(format!("{} undecided", counted(undecided, "number is", "numbers are")));
    }
    if let (true, BaselineCheck::Written(written)) = (why.is_empty(), &check.baseline) {
        why.push(format!("{} is {}", written.file, if written.replaced { "written anew" } else { "written" }));
    }
    let why = if why.is_empty() { String::new() } else { format!(": {}", why.join(", ")) };
    format!("{} {verdict}{why}", check.scenario)
}

fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{} {}", number::count(count as u64), if count == 1 { one } else { several })
}

/// What stands below the headline, in order.
pub fn sections(check: &ScenarioCheck) -> Vec<Section> {
    let mut sections: Vec<Section> = certainty::objectives(&check.results).map(Section::Table).into_iter().collect();
    match &check.baseline {
        BaselineCheck::Compared(comparison) => compared(comparison, &mut sections),
        BaselineCheck::NotComparable(not) => {
            sections.push(Section::Command(words::advice(&not.help), not.command.clone()));
        }
        BaselineCheck::Written(written) => {
            sections.extend(written.unjudged.iter().map(|found| Section::Lines("Notes", vec![unjudged(found)])));
        }
        BaselineCheck::NotAsked => {}
    }
    let warnings = certainty::warnings(&check.results);
    if !warnings.is_empty() {
        sections.push(Section::Lines("Warnings", warnings));
    }
    sections
}

/// `no check can judge p99 of sync and async; p95 of sync.login: …`.
fn unjudged(found: &Unjudged) -> String {
    let numbers: Vec<String> = found
        .numbers
        .iter()
        .map(|numbers| format!("{} of {}", listed(&numbers.metrics), listed(&numbers.of)))
        .collect();
    format!(
        "no check can judge {}: they have no confidence interval; {}",
        numbers.join("; "),
        words::unjudged_help(found.help)
    )
}

/// `sync, threaded and async`, or the first and how many more there are.
fn listed(names: &[impl AsRef<str>]) -> String {
    const MOST: usize = 5;
    let joined = |names: &[_]| names.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", ");
    match names {
        [] => String::new(),
        [name] => name.as_ref().to_owned(),
        [first @ .., last] if names.len() <= MOST => format!("{} and {}", joined(first), last.as_ref()),
        _ => format!("{} and {} more", joined(&names[..MOST - 1]), names.len() - MOST + 1),
    }
}

fn compared(comparison: &BaselineComparison, sections: &mut Vec<Section>) {
    let all = comparison.metrics.len();
    let other: Vec<&MetricComparison> =
        comparison.metrics.iter().filter(|metric| metric.verdict != MetricVerdict::Unchanged).collect();
    if other.is_empty() {
        let unchanged = match all {
            0 => "no number to compare".to_owned(),
            all => format!("unchanged: all {} numbers", number::count(all as u64)),
        };
        sections.push(Section::Lines("Numbers", vec![format!("{unchanged} ({})", comparison.file)]));
    } else {
        sections.push(Section::Table(numbers(comparison, &other)));
    }
    if !comparison.changes.is_empty() {
        sections.push(Section::Lines("Changed in the scenario", comparison.changes.iter().map(change).collect()));
    }
    let mut notes: Vec<String> = comparison.one_sided.iter().map(one_sided).collect();
    notes.extend(comparison.notes.iter().copied().map(words::comparison_note));
    let is_undecided = |is_tested: bool| {
        let mut undecided = comparison.with(MetricVerdict::Undecided);
        undecided.any(|metric| (metric.test != SignificanceTest::Untested) == is_tested)
    };
    if is_undecided(false) {
        notes.push("what cannot be tested needs more requests in each run, in the baseline as well".to_owned());
    }
    if is_undecided(true) {
        notes.push("what may be chance needs more replications or longer runs, in the baseline as well".to_owned());
    }
    notes.extend(power::sentence(comparison));
    if !notes.is_empty() {
        sections.push(Section::Lines("Notes", notes));
    }
    if !other.is_empty() || !comparison.changes.is_empty() {
        sections.push(Section::Command(if_meant(comparison), comparison.accept.clone()));
    }
}

/// What stands before the command that accepts the numbers.
pub fn if_meant(comparison: &BaselineComparison) -> String {
    match comparison.accept_needs_edit {
        true => "If this is meant, put the changes of --set into the scenario file, then:".to_owned(),
        false => "If this is meant:".to_owned(),
    }
}

/// The numbers that are not unchanged, the worst first.
fn numbers(comparison: &BaselineComparison, shown: &[&MetricComparison]) -> Table {
    let mut shown = shown.to_vec();
    let rank = |verdict: MetricVerdict| match verdict {
        MetricVerdict::Regressed => 0,
        MetricVerdict::Undecided => 1,
        MetricVerdict::Improved => 2,
        MetricVerdict::Unchanged => 3,
    };
    shown.sort_by_key(|metric| rank(metric.verdict));
    let title = format!(
        "{} of {} numbers are not as in {}",
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
        "Of gates without a change, at most {} call a number changed by chance.",
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

/// At which level intervals are: each at that at which its number was decided.
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

/// The error rate that goes with a response time: `was → is`, where requests got no answer.
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

fn quantity(value: Option<f64>, beside: Option<f64>, metric: &MetricComparison) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| number::quantity(value, beside, metric.unit))
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

/// `machine.cores: 2 → 1`.
fn change(change: &ScenarioChange) -> String {
    const WIDEST: usize = 60;
    let shown = |value: &Option<Value>| {
        let text = value.as_ref().map_or("nothing".to_owned(), |value| visible(&value.to_string()).into_owned());
        let cut: String = text.chars().take(WIDEST).collect();
        if cut.len() < text.len() { format!("{cut}…") } else { text }
    };
    format!("{}: {} → {}", visible(&change.path), shown(&change.old), shown(&change.new))
}

/// The whole for a terminal.
pub fn text(check: &ScenarioCheck, view: View<'_>) -> String {
    let (color, width) = (view.color, WIDTH.min(view.columns()));
    let style = if check.verdict == CheckVerdict::Passes { WORK } else { WAIT };
    let mut headline = wrapped(&headline(check), width).into_iter();
    let first = headline.next().unwrap_or_default();
    let mut head = paint(color, style, &first) + "\n";
    head.extend(headline.map(|line| format!("  {line}\n")));
    let mut blocks = vec![head];
    blocks.extend(sections(check).into_iter().map(|section| match section {
        Section::Table(table) => table.aligned(view),
        Section::Lines(title, lines) => {
            let lines = lines.iter().flat_map(|line| {
                let parts = wrapped(line, width - 4).into_iter().enumerate();
                parts.map(|(place, part)| format!("{}{part}\n", if place == 0 { "  " } else { "    " }))
            });
            format!("{}\n{}", paint(color, STRONG, title), lines.collect::<String>())
        }
        Section::Command(what, command) => {
            let what = wrapped(&what, width).join("\n");
            format!("{what}\n  {}\n", visible(&command))
        }
    }));
    blocks.join("\n")
}
