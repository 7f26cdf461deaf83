//! The report of `check`: the verdict first, then objectives, changes, and what to do.

mod findings;
mod numbers;
mod objectives;
mod power;

use serde_json::{Value, json};

use self::findings::{one_sided, verdict};
use super::{Document, DocumentId, run};
use crate::output::block::number;
use crate::output::block::{Block, Finding, List, Records};
use crate::output::words;
use crate::study::{
    BaselineCheck, BaselineComparison, CheckVerdict, MetricComparison, MetricVerdict, ScenarioCheck, SignificanceTest,
    Unjudged,
};

/// The report of one scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckReport {
    /// The results of the check.
    pub check: ScenarioCheck,
    /// Whether to include the assumptions and the defaults in force.
    pub explains_defaults: bool,
}

impl Document for CheckReport {
    fn id(&self) -> DocumentId {
        run::id(&self.check.results)
    }

    fn blocks(&self) -> Vec<Block> {
        let passes = self.check.verdict == CheckVerdict::Passes;
        let mut blocks = vec![Block::Verdict { passes, sentence: headline(&self.check) }];
        blocks.extend(sections(&self.check));
        if self.explains_defaults {
            blocks.extend(run::explained(&self.check.results));
        }
        blocks
    }

    fn findings(&self) -> Vec<Finding> {
        findings::findings(&self.check)
    }

    fn records(&self) -> Records {
        records(&self.check)
    }

    fn value(&self) -> Value {
        words::check_value(&self.check)
    }
}

/// All comparisons, one record each; those of all requests of a policy say `all`.
fn records(check: &ScenarioCheck) -> Records {
    const COLUMNS: [&str; 14] = [
        "scenario",
        "policy",
        "class",
        "metric",
        "verdict",
        "baseline",
        "value",
        "difference",
        "relative_difference",
        "low",
        "high",
        "p_value",
        "interval_level",
        "sees",
    ];
    let metrics = check.comparison().into_iter().flat_map(|comparison| &comparison.metrics);
    let row = |metric: &MetricComparison| {
        let class = metric.class.as_deref().unwrap_or("all");
        let names = [&*check.scenario, &metric.policy, class, metric.metric, verdict(metric.verdict)];
        let [low, high] = metric.interval.map_or([None; 2], |ends| ends.map(Some));
        let sees = metric.power.map(|power| power.sees);
        let compared = [metric.baseline, metric.value, metric.difference, metric.relative_difference];
        let tested = [low, high, metric.p_value, metric.interval_level, sees];
        names
            .into_iter()
            .map(Value::from)
            .chain(compared.into_iter().chain(tested).map(|number| json!(number)))
            .collect()
    };
    Records { columns: COLUMNS.map(str::to_owned).into(), rows: metrics.map(row).collect(), own_columns: 0 }
}

/// The verdict in a line: `shop fails: 1 objective is broken, 2 numbers are worse than in the baseline`.
fn headline(check: &ScenarioCheck) -> String {
    let mut why = Vec::new();
    match &check.baseline {
        BaselineCheck::NotComparable(not) => why.push(words::why_not_comparable(&not.why)),
        _ if check.verdict == CheckVerdict::Incomplete => why.extend(check.reasons.first().map(words::reason)),
        _ => {}
    }
    let (not_met, broken): (Vec<_>, Vec<_>) = check.broken().partition(|objective| objective.undecided.is_some());
    if !broken.is_empty() {
        why.push(format!("{} broken", counted(broken.len(), "objective is", "objectives are")));
    }
    if !not_met.is_empty() {
        why.push(format!("{} not met, which may be chance", counted(not_met.len(), "objective is", "objectives are")));
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
    why.extend(check.comparison().and_then(objectives::now_met));
    let undecided = metrics(MetricVerdict::Undecided);
    if undecided > 0 {
        let needed = check.comparison().and_then(needed);
        let needed = needed.map(|needed| format!(" ({needed})")).unwrap_or_default();
        why.push(format!("{} undecided{needed}", counted(undecided, "number is", "numbers are")));
    }
    if let (true, BaselineCheck::Written(written)) = (why.is_empty(), &check.baseline) {
        why.push(format!("{} is {}", written.file, if written.replaced { "replaced" } else { "written" }));
    }
    let why = if why.is_empty() { String::new() } else { format!(": {}", why.join(", ")) };
    format!("{} {verdict}{why}", check.scenario)
}

/// `about --replications 40 would decide 3 of them, longer runs 2`, as far as that is known.
fn needed(comparison: &BaselineComparison) -> Option<String> {
    let undecided: Vec<&MetricComparison> = comparison.with(MetricVerdict::Undecided).collect();
    let of = |count: usize| match (count == undecided.len(), count) {
        (true, 1) => "it".to_owned(),
        (true, _) => "them".to_owned(),
        (false, _) => format!("{} of them", number::count(count as u64)),
    };
    let replications: Vec<u64> = undecided.iter().filter_map(|metric| metric.decided_by_replications).collect();
    let too_short = undecided.iter().filter(|metric| metric.is_of_too_few_requests()).count();
    let by_replications = replications.iter().max().map(|most| {
        format!("about --replications {most}, in the baseline too, would decide {}", of(replications.len()))
    });
    let by_longer = (too_short > 0).then(|| format!("longer runs would decide {}", of(too_short)));
    let known: Vec<String> = by_replications.into_iter().chain(by_longer).collect();
    (!known.is_empty()).then(|| known.join("; "))
}

fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{} {}", number::count(count as u64), if count == 1 { one } else { several })
}

/// The blocks below the headline, in order.
fn sections(check: &ScenarioCheck) -> Vec<Block> {
    let mut sections: Vec<Block> = run::objectives(&check.results).map(Block::Table).into_iter().collect();
    match &check.baseline {
        BaselineCheck::Compared(comparison) => compared(comparison, &mut sections),
        BaselineCheck::NotComparable(not) => {
            sections.push(command(words::advice(&not.help), &not.command));
        }
        BaselineCheck::Written(written) => {
            sections
                .extend(written.unjudged.iter().map(|found| Block::List(List::plain("Notes", vec![unjudged(found)]))));
        }
        BaselineCheck::NotAsked => {}
    }
    let warnings = run::warnings(&check.results);
    if !warnings.is_empty() {
        sections.push(Block::List(List::plain("Warnings", warnings)));
    }
    sections
}

/// `no check can compare p99 of sync and async; p95 of sync.login: …`.
fn unjudged(found: &Unjudged) -> String {
    let numbers: Vec<String> = found
        .numbers
        .iter()
        .map(|numbers| format!("{} of {}", listed(&numbers.metrics), listed(&numbers.of)))
        .collect();
    format!(
        "no check can compare {}: they have no confidence interval; {}",
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

fn compared(comparison: &BaselineComparison, sections: &mut Vec<Block>) {
    sections.extend(objectives::changed(comparison));
    sections.push(differences(comparison));
    sections.extend(changed(comparison));
    sections.extend(notes(comparison));
    if has_differences(comparison) || !comparison.changes.is_empty() {
        sections.push(command(if_meant(comparison), &comparison.accept));
    }
}

/// What changed in the scenario, the numbers that differ, and what to know about them.
pub fn before_and_after(comparison: &BaselineComparison) -> Vec<Block> {
    let changed = changed(comparison)
        .unwrap_or_else(|| Block::List(List::plain("Changed in the scenario", vec!["nothing".to_owned()])));
    let objectives = objectives::changed(comparison);
    [changed].into_iter().chain(objectives).chain([differences(comparison)]).chain(notes(comparison)).collect()
}

fn has_differences(comparison: &BaselineComparison) -> bool {
    comparison.metrics.iter().any(|metric| metric.verdict != MetricVerdict::Unchanged)
}

/// The numbers that differ, or that none does.
fn differences(comparison: &BaselineComparison) -> Block {
    let all = comparison.metrics.len();
    let other: Vec<&MetricComparison> =
        comparison.metrics.iter().filter(|metric| metric.verdict != MetricVerdict::Unchanged).collect();
    if !other.is_empty() {
        return Block::Table(numbers::table(comparison, &other));
    }
    let unchanged = match all {
        0 => "no number to compare".to_owned(),
        all => format!("unchanged: all {} numbers", number::count(all as u64)),
    };
    Block::List(List::plain("Numbers", vec![format!("{unchanged} ({})", comparison.file)]))
}

fn changed(comparison: &BaselineComparison) -> Option<Block> {
    let changes: Vec<String> = comparison.changes.iter().map(words::scenario_change).collect();
    (!changes.is_empty()).then(|| Block::List(List::plain("Changed in the scenario", changes)))
}

/// What to know about the comparison.
fn notes(comparison: &BaselineComparison) -> Option<Block> {
    let mut notes: Vec<String> = comparison.one_sided.iter().map(one_sided).collect();
    notes.extend(comparison.notes.iter().copied().map(words::comparison_note));
    let is_undecided = |is_tested: bool| {
        let mut undecided = comparison.with(MetricVerdict::Undecided);
        undecided.any(|metric| (metric.test != SignificanceTest::Untested) == is_tested)
    };
    if is_undecided(false) {
        notes.push("numbers that cannot be tested need more requests per run, in the baseline too".to_owned());
    }
    if is_undecided(true) {
        notes.push(
            "differences that may be chance need more replications or longer runs, in the baseline too".to_owned(),
        );
    }
    notes.extend(power::sentence(comparison));
    (!notes.is_empty()).then(|| Block::List(List::plain("Notes", notes)))
}

/// The introduction of the command that accepts the numbers.
pub fn if_meant(comparison: &BaselineComparison) -> String {
    match comparison.accept_needs_edit {
        true => "If this is intended, put the changes of --set into the scenario file, then:".to_owned(),
        false => "If this is intended:".to_owned(),
    }
}

fn command(about: String, command: &str) -> Block {
    Block::Code { about, language: "sh", text: command.to_owned() }
}
