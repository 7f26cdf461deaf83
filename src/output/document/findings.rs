//! What was judged, one by one and in words: the same for every format that tells machines of it.

use crate::model::{MetricUnit, visible};
use crate::output::Report;
use crate::output::block::number;
use crate::output::document::check::if_meant;
use crate::output::document::check::power;
use crate::output::document::run::stations;
use crate::output::words;
use crate::stats::{
    MUCH_UNANSWERED, MissingClient, ObjectiveResult, ObjectiveVerdict, PolicyResults, ScenarioResults, Undecided,
    UndecidedReason, WarmUpMethod,
};
use crate::study::{
    BaselineCheck, BaselineComparison, MetricComparison, MetricVerdict, NotComparable, OneSided, ScenarioPart, Side,
};

/// Something that was judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Of which policy; `None`: of the scenario.
    pub policy: Option<String>,
    /// What was asked, in the same words whatever the numbers are.
    pub asked: String,
    /// What came out.
    pub outcome: Outcome,
    /// What kind of judgement it is: `run`, `slo` or `baseline`.
    pub kind: &'static str,
    /// What was found, in a sentence without a full stop.
    pub message: String,
    /// What else there is to say, line by line.
    pub details: Vec<String>,
    /// Where it was asked.
    pub place: Option<Place>,
}

/// What came out of a judgement, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// As it should be.
    Passes,
    /// As it should be, but there is something to know.
    Noted,
    /// There was nothing to judge it by.
    Skipped,
    /// Not as it should be, or nobody knows; it fails nothing.
    Warned,
    /// Not as it should be.
    Failed,
    /// It could not be judged.
    Error,
}

/// Where something was asked, in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: String,
    /// Line, column of the first letter and column after the last one, counted from 1; `None`: the whole file.
    pub position: Option<[usize; 3]>,
}

/// Everything that was judged in a scenario: its runs, its objectives, and how it compares with its baseline.
pub fn findings(report: &Report) -> Vec<Finding> {
    let results = report.results();
    let mut findings: Vec<Finding> = results.policies.iter().map(runs_to_its_end).collect();
    findings.extend(results.policies.iter().filter_map(answers_its_requests));
    findings.extend(results.policies.iter().filter_map(sustains_its_load));
    findings.extend(results.missing_clients.iter().map(asks_through_a_client));
    findings.extend(results.policies.iter().filter_map(shares_its_load));
    findings.extend(settles(results));
    findings.extend(precision(results));
    findings.extend(results.slo.iter().map(|objective| of_objective(objective, results)));
    match report.check().map(|check| (&check.file, &check.baseline)) {
        Some((file, BaselineCheck::NotComparable(why))) => findings.push(not_comparable(file, why)),
        Some((file, BaselineCheck::Compared(comparison))) => findings.extend(of_baseline(file, comparison)),
        Some((_, BaselineCheck::Written(_) | BaselineCheck::NotAsked)) | None => {}
    }
    findings.into_iter().map(Finding::visible).collect()
}

impl Finding {
    /// Nothing hidden in it; each text is one line.
    fn visible(self) -> Self {
        let shown = |text: String| visible(&text).into_owned();
        Self {
            policy: self.policy.map(shown),
            asked: shown(self.asked),
            message: shown(self.message),
            details: self.details.into_iter().map(shown).collect(),
            place: self.place.map(|place| Place { file: shown(place.file), ..place }),
            ..self
        }
    }
}

/// The objectives that are not met, or cannot be judged, a sentence each; those that only warn are left out.
pub fn broken_objectives(results: &ScenarioResults) -> Vec<String> {
    let is_broken = |objective: &&ObjectiveResult| outcome(objective) >= Outcome::Failed;
    let broken = results.slo.iter().filter(is_broken);
    broken.map(|objective| format!("{}: {}", results.scenario, of_objective(objective, results).message)).collect()
}

/// What came out of an objective.
pub const fn outcome(objective: &ObjectiveResult) -> Outcome {
    match objective.verdict {
        ObjectiveVerdict::Met if objective.undecided.is_some() || objective.answered_only => Outcome::Noted,
        ObjectiveVerdict::Met => Outcome::Passes,
        ObjectiveVerdict::Warned => Outcome::Warned,
        ObjectiveVerdict::Broken => Outcome::Failed,
        ObjectiveVerdict::NoData if objective.warns => Outcome::Warned,
        ObjectiveVerdict::NoData => Outcome::Error,
    }
}

fn runs_to_its_end(policy: &PolicyResults) -> Finding {
    let (outcome, message) = match policy.incomplete.as_ref().map(words::incomplete) {
        Some(why) => (Outcome::Error, format!("{} {why}", policy.name)),
        None => {
            let completed = number::count(policy.requests.completed);
            (Outcome::Passes, format!("{} ran to its end; requests completed: {completed}", policy.name))
        }
    };
    let details = stations::reasons(&policy.requests);
    Finding { details, ..of_run(Some(policy), "runs to its end", outcome, message) }
}

/// Whether no worker has more than it can do while others have room, where workers can differ.
fn shares_its_load(policy: &PolicyResults) -> Option<Finding> {
    let (outcome, message) = match stations::imbalance(policy) {
        Some(message) => (Outcome::Warned, message),
        None => (Outcome::Passes, format!("{} spreads its load over its workers", policy.name)),
    };
    (!policy.per_worker.is_empty()).then(|| of_run(Some(policy), "spreads its load", outcome, message))
}

/// How many requests got no answer, if any did.
fn answers_its_requests(policy: &PolicyResults) -> Option<Finding> {
    let share = policy.error_rate.filter(|share| *share > 0.0)?;
    let outcome = if share > MUCH_UNANSWERED { Outcome::Warned } else { Outcome::Noted };
    let (unanswered, share) = (number::count(policy.requests.unanswered()), number::percent(Some(share)));
    let message =
        format!("{}: {unanswered} requests ({share}) got no answer; response times are of the others", policy.name);
    Some(of_run(Some(policy), "answers its requests", outcome, message))
}

/// Whether the load is one that the policy can sustain, where that was asked.
fn sustains_its_load(policy: &PolicyResults) -> Option<Finding> {
    let saturation = policy.saturation.as_ref()?;
    let (outcome, message) = match words::load_warning(saturation) {
        Some(message) => (Outcome::Warned, format!("{}: {message}", policy.name)),
        None => (Outcome::Passes, format!("{} sustains its load", policy.name)),
    };
    Some(of_run(Some(policy), "sustains its load", outcome, message))
}

/// A pool that a product asks without a client: the numbers leave something out.
fn asks_through_a_client(missing: &MissingClient) -> Finding {
    let MissingClient { policy, backend, measured } = missing;
    Finding {
        policy: Some(policy.clone()),
        asked: format!("asks {backend} through a client"),
        outcome: Outcome::Noted,
        kind: "run",
        message: format!(
            "{policy}: `{backend}` has a pool and no `client`; \"client\": \"{measured}\" adds what was measured"
        ),
        details: Vec::new(),
        place: None,
    }
}

fn settles(results: &ScenarioResults) -> Option<Finding> {
    let unsettled = &results.warm_up.unsettled;
    let (outcome, message) = match unsettled.is_empty() {
        true => (Outcome::Passes, "response times settle".to_owned()),
        false => (Outcome::Warned, format!("response times do not settle under {}", unsettled.join(", "))),
    };
    (results.warm_up.method == WarmUpMethod::Auto).then(|| of_run(None, "settles", outcome, message))
}

fn of_run(policy: Option<&PolicyResults>, asked: &str, outcome: Outcome, message: String) -> Finding {
    Finding {
        policy: policy.map(|policy| policy.name.clone()),
        asked: asked.to_owned(),
        outcome,
        kind: "run",
        message,
        details: Vec::new(),
        place: None,
    }
}

fn precision(results: &ScenarioResults) -> Option<Finding> {
    let precision = results.precision.as_ref()?;
    let asked = format!("{} of {}", number::short_percent(precision.half_width), precision.metrics.join(", "));
    let (outcome, message) = match precision.reached {
        true => (Outcome::Passes, format!("intervals are as narrow as asked: ± {asked}")),
        false => (Outcome::Error, format!("intervals are wider than asked: ± {asked}")),
    };
    Some(Finding {
        details: precision.missed.iter().map(words::missed).collect(),
        ..of_run(None, "is as precise as asked", outcome, message)
    })
}

fn of_objective(objective: &ObjectiveResult, results: &ScenarioResults) -> Finding {
    let name = name(&objective.policy, objective.class.as_deref(), &objective.metric);
    let value = objective.value.map(|value| number::quantity(value, Some(objective.bound), objective.unit));
    let asked = &objective.objective;
    let message = match (&value, objective.verdict) {
        (None, _) if crate::output::document::run::certainty::is_not_over(objective) => {
            let fault = objective.fault.as_deref().unwrap_or_default();
            format!("the fault {fault} was not over for the users by the end of the run, as `{asked}` asks")
        }
        (None, ObjectiveVerdict::NoData) => {
            format!("{name} has no value in this run, so `{asked}` cannot be evaluated")
        }
        (None, verdict) => {
            let meets = if verdict == ObjectiveVerdict::Met { "meets" } else { "does not meet" };
            format!("{name} is none, which {meets} `{asked}`: {}", why_none(objective))
        }
        (Some(value), ObjectiveVerdict::Met) => format!("{name} is {value}, which meets `{asked}`"),
        (Some(value), _) => format!("{name} is {value}, which does not meet `{asked}`"),
    };
    let mut details = Vec::new();
    if let Some(interval) = objective.interval {
        let policy = results.policies.iter().find(|policy| policy.name == objective.policy);
        let level = policy.and_then(|policy| policy.confidence.as_ref()).map(|confidence| confidence.level);
        let level = level.map(|level| format!("{} ", number::short_percent(level))).unwrap_or_default();
        details.push(format!("{level}confidence interval: {}", number::range(interval, objective.unit)));
    }
    details.extend(objective.undecided.map(undecided));
    if let Some(share) = objective.without_answer {
        let of = if objective.answered_only { "The number is of the answered requests only; " } else { "" };
        details.push(format!("{of}{} got no answer.", number::percent(Some(share))));
    }
    Finding {
        policy: Some(objective.policy.clone()),
        asked: asked.clone(),
        outcome: outcome(objective),
        kind: "slo",
        message,
        details,
        place: place(&objective.file, Some([objective.line, objective.column, objective.end_column])),
    }
}

/// Why a percentile over every request that arrived has no value.
fn why_none(objective: &ObjectiveResult) -> String {
    let longest = objective.longest_wait_ms.map(|longest| number::quantity(longest, None, MetricUnit::Time));
    let longest = longest.map(|longest| format!(", the longest wait seen is {longest}")).unwrap_or_default();
    match objective.without_answer {
        Some(share) => format!("{} got no answer{longest}", number::percent(Some(share))),
        None => format!("all are still in flight at the end{longest}"),
    }
}

/// Why chance may have decided an objective, and what would decide it.
fn undecided(undecided: Undecided) -> String {
    let why = match undecided.why {
        UndecidedReason::IntervalHoldsBound => "The interval holds the bound",
        UndecidedReason::NoInterval => "It has no confidence interval",
    };
    let needed = match undecided.requests {
        Some(requests) => format!("; about {} requests would decide it", number::count(requests)),
        None => String::new(),
    };
    format!("{why}: another seed may say otherwise{needed}.")
}

fn not_comparable(file: &str, found: &NotComparable) -> Finding {
    Finding {
        policy: None,
        asked: "is comparable with its baseline".to_owned(),
        outcome: Outcome::Error,
        kind: "baseline",
        message: format!("not comparable with {}: {}", found.file, words::why_not_comparable(&found.why)),
        details: vec![words::advice(&found.help), found.command.clone()],
        place: place(file, None),
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

/// What is compared in another way than one may think.
fn of_notes(file: &str, comparison: &BaselineComparison) -> Option<Finding> {
    (!comparison.notes.is_empty()).then(|| Finding {
        policy: None,
        asked: "was run like its baseline".to_owned(),
        outcome: Outcome::Noted,
        kind: "baseline",
        message: comparison.notes.iter().copied().map(words::comparison_note).collect::<Vec<_>>().join("; "),
        details: Vec::new(),
        place: place(file, None),
    })
}

/// What only the baseline or only the scenario has.
fn of_one_sided(file: &str, part: &OneSided) -> Finding {
    let name = part.name.clone();
    let (policy, asked) = match part.part {
        ScenarioPart::Policy => (Some(name), "is in the baseline and in the scenario".to_owned()),
        ScenarioPart::Class => (None, format!("class {name} is in the baseline and in the scenario")),
        ScenarioPart::Backend => (None, format!("backend {name} is in the baseline and in the scenario")),
    };
    Finding {
        policy,
        asked,
        outcome: Outcome::Skipped,
        kind: "baseline",
        message: one_sided(part),
        details: Vec::new(),
        place: place(file, None),
    }
}

/// What only one side has, in a sentence: ``class `search` is new: the baseline knows nothing of it``.
pub fn one_sided(part: &OneSided) -> String {
    let what = match part.part {
        ScenarioPart::Policy => "policy",
        ScenarioPart::Class => "class",
        ScenarioPart::Backend => "backend",
    };
    let name = &part.name;
    match part.only_in {
        Side::Baseline => format!("{what} `{name}` is gone: the baseline has it, the scenario has not"),
        Side::Scenario => format!("{what} `{name}` is new: the baseline knows nothing of it"),
    }
}

fn of_numbers(file: &str, metrics: &[MetricComparison], comparison: &BaselineComparison) -> Finding {
    let (policy, class) = (&metrics[0].policy, &metrics[0].class);
    let whom = class.as_ref().map_or_else(|| policy.clone(), |class| format!("{policy}.{class}"));
    let with = |verdict| metrics.iter().filter(move |metric| metric.verdict == verdict);
    let worst = [MetricVerdict::Regressed, MetricVerdict::Undecided, MetricVerdict::Improved]
        .into_iter()
        .find(|verdict| with(*verdict).next().is_some())
        .unwrap_or(MetricVerdict::Unchanged);
    let listed = || with(worst).map(difference).collect::<Vec<_>>().join("; ");
    let (outcome, message) = match worst {
        MetricVerdict::Regressed => (Outcome::Failed, format!("{whom} is worse than its baseline: {}", listed())),
        MetricVerdict::Undecided => {
            (Outcome::Warned, format!("nobody knows whether {whom} is worse than its baseline: {}", listed()))
        }
        MetricVerdict::Improved => (Outcome::Noted, format!("{whom} is better than its baseline: {}", listed())),
        MetricVerdict::Unchanged => (Outcome::Passes, format!("{whom} is as in its baseline")),
    };
    let mut details: Vec<String> = metrics
        .iter()
        .map(|metric| {
            format!("{}: {}", verdict(metric.verdict), difference(metric)) + &interval(metric) + &power::detail(metric)
        })
        .collect();
    if outcome != Outcome::Passes {
        details.extend(comparison.changes.iter().map(change));
    }
    if matches!(outcome, Outcome::Failed | Outcome::Noted) {
        details.push(format!("{} {}", if_meant(comparison), comparison.accept));
    }
    Finding {
        policy: Some(policy.clone()),
        asked: match class {
            Some(class) => format!("{class} is no worse than in the baseline"),
            None => "is no worse than in the baseline".to_owned(),
        },
        outcome,
        kind: "baseline",
        message,
        details,
        place: place(file, None),
    }
}

/// A number beside that of the baseline: `p99 412 ms, was 380 ms (+8.4%)`.
fn difference(metric: &MetricComparison) -> String {
    let shown = |value: Option<f64>, beside| match value {
        Some(value) => number::quantity(value, beside, metric.unit),
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

/// A place at which the scenario is not what it was: `classes.page.phases.1.db: "60ms" → "66ms"`.
fn change(change: &crate::study::ScenarioChange) -> String {
    let shown = |value: &Option<serde_json::Value>| value.as_ref().map_or("nothing".to_owned(), ToString::to_string);
    format!("changed in the scenario: {} from {} to {}", change.path, shown(&change.old), shown(&change.new))
}

fn name(policy: &str, class: Option<&str>, metric: &str) -> String {
    class.map_or_else(|| format!("{policy}.{metric}"), |class| format!("{policy}.{class}.{metric}"))
}

/// A place in a file; `None` in what is none: an option such as `--assert`, or standard input.
fn place(file: &str, position: Option<[usize; 3]>) -> Option<Place> {
    let is_option = file.starts_with("--");
    let is_stream = file.starts_with('<') && file.ends_with('>');
    (!is_option && !is_stream).then(|| Place { file: file.to_owned(), position })
}
