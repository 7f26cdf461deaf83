//! Runs a scenario, holds it against its objectives and its baseline, and says whether it passes.

use crate::scenario::{Diagnostic, Scenario};
use crate::stats::{ObjectiveVerdict, ScenarioResults};
use crate::study::replications::Halted;
use crate::study::run::{Options, Watch, run};

use super::baseline::{Baseline, BaselineMethod};
use super::changes::changes;
use super::judgement::{GATE_LEVEL, judge};
use super::unjudged::unjudged;
use super::{
    BaselineCheck, BaselineComparison, CHECK_SCHEMA, CheckVerdict, MetricVerdict, NotComparable, OneSided,
    ScenarioCheck, ScenarioPart, Side, WrittenBaseline,
};

/// What a scenario is held against.
#[derive(Clone, Copy, Debug)]
pub struct Gate<'a> {
    /// The scenario's file, as messages name it.
    pub file: &'a str,
    /// The baseline's.
    pub baseline_file: &'a str,
    /// What that file holds.
    pub stored: &'a Stored,
    /// The command that writes the baseline anew.
    pub update: &'a str,
    /// Whether the scenario is not as its file says: changes have to be put there before a baseline is written.
    pub is_changed: bool,
}

/// What there is of a baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// The text of its file.
    Text(String),
    /// There is no file.
    Missing,
    /// The file cannot be read, and why.
    Unreadable(String),
    /// It is to be written, in place of another one or not.
    ToBeWritten {
        /// Whether there is one.
        replaces: bool,
    },
    /// Nothing is to be compared.
    NotAsked,
}

/// Runs a scenario and judges it.
///
/// Where the baseline is to be written, that is left to the caller, who can touch files: the check says `written`.
///
/// # Errors
/// [`Halted`] when the watch broke off.
pub fn check(
    scenario: &Scenario,
    options: &Options,
    watch: &mut Watch<'_>,
    gate: &Gate<'_>,
) -> Result<ScenarioCheck, Halted> {
    let results = run(scenario, options, watch)?;
    let incomplete = incomplete(&results);
    let baseline = match gate.stored {
        Stored::NotAsked => BaselineCheck::NotAsked,
        Stored::ToBeWritten { .. } if !incomplete.is_empty() => gate.not_comparable(
            "no baseline was written: the run is incomplete",
            "mend what stopped it, then write the baseline:",
        ),
        Stored::ToBeWritten { replaces } => BaselineCheck::Written(WrittenBaseline {
            file: gate.baseline_file.to_owned(),
            replaced: *replaces,
            unjudged: unjudged(&Baseline::of(scenario, &results), scenario, &results),
        }),
        Stored::Missing => gate.not_comparable(
            &format!("there is no baseline `{}`", gate.baseline_file),
            "write one, and keep it in version control:",
        ),
        Stored::Unreadable(why) => gate.not_comparable(
            &format!("the baseline `{}` cannot be read: {why}", gate.baseline_file),
            "make it readable, or write it anew:",
        ),
        Stored::Text(text) => gate.compared(text, scenario, &results, &options.policies),
    };
    let mut reasons = incomplete;
    if options.undecided_fails {
        reasons.extend(undecided(&results));
    }
    let is_incomplete = !reasons.is_empty() || matches!(baseline, BaselineCheck::NotComparable(_));
    if let BaselineCheck::NotComparable(not) = &baseline {
        reasons.push(not.why.clone());
    }
    let broken = results.slo.iter().filter(|objective| objective.verdict == ObjectiveVerdict::Broken);
    let mut worse: Vec<String> =
        broken.map(|objective| format!("{} does not meet `{}`", objective.policy, objective.objective)).collect();
    if let BaselineCheck::Compared(comparison) = &baseline {
        let regressed = comparison.with(MetricVerdict::Regressed);
        worse.extend(regressed.map(|metric| format!("{} is worse than in the baseline", metric.name())));
    }
    let verdict = match (is_incomplete, worse.is_empty()) {
        (true, _) => CheckVerdict::Incomplete,
        (false, false) => CheckVerdict::Fails,
        (false, true) => CheckVerdict::Passes,
    };
    reasons.extend(worse);
    Ok(ScenarioCheck {
        schema: CHECK_SCHEMA,
        waitline: results.waitline,
        scenario: scenario.name().to_owned(),
        file: gate.file.to_owned(),
        verdict,
        reasons,
        baseline,
        results,
    })
}

/// Why the results are not what was asked for.
fn incomplete(results: &ScenarioResults) -> Vec<String> {
    let stopped = results.policies.iter().filter_map(|policy| Some((&policy.name, policy.incomplete.as_ref()?)));
    let mut why: Vec<String> = stopped.map(|(policy, why)| format!("{policy} {why}")).collect();
    if let Some(precision) = results.precision.as_ref().filter(|precision| !precision.reached) {
        why.push(format!("the precision asked for is not reached: {}", precision.missed.join("; ")));
    }
    let nothing =
        results.slo.iter().filter(|objective| objective.verdict == ObjectiveVerdict::NoData && !objective.warns);
    why.extend(nothing.map(|objective| format!("{} has no data for `{}`", objective.policy, objective.objective)));
    why
}

/// The objectives that chance may have decided, in sentences; those that only warn do so.
pub fn undecided(results: &ScenarioResults) -> Vec<String> {
    let undecided = results.slo.iter().filter(|objective| objective.undecided.is_some() && !objective.warns);
    undecided
        .map(|objective| format!("{}: chance may have decided `{}`", objective.policy, objective.objective))
        .collect()
}

/// The objectives that ask for a number which the run did not give, each with its place: a mistake, never a pass. Those
/// that only warn do so.
pub fn without_data(scenario: &Scenario, results: &ScenarioResults) -> Vec<Diagnostic> {
    let nothing = results.slo.iter().filter(|result| result.verdict == ObjectiveVerdict::NoData && !result.warns);
    nothing
        .filter_map(|result| {
            let is_its = |place: &crate::scenario::Place| {
                (place.file.as_str(), place.line, place.column) == (result.file.as_str(), result.line, result.column)
            };
            let objective = scenario
                .objectives()
                .iter()
                .find(|objective| objective.text == result.objective && is_its(&objective.place))?;
            let of = result.class.as_ref().map_or_else(String::new, |class| format!("`{class}` of "));
            Some(objective.diagnostic(
                format!("{of}policy `{}` has no {} to judge", result.policy, result.metric),
                "the run gave no such number",
                format!("ask for more requests, or ask something else in scenario `{}`", scenario.name()),
            ))
        })
        .collect()
}

impl Gate<'_> {
    fn not_comparable(&self, why: &str, help: &str) -> BaselineCheck {
        let help = match self.is_changed {
            true => format!("{}, once the changes of `--set` are in the scenario file:", help.trim_end_matches(':')),
            false => help.to_owned(),
        };
        BaselineCheck::NotComparable(NotComparable {
            file: self.baseline_file.to_owned(),
            why: why.to_owned(),
            help,
            command: self.update.to_owned(),
        })
    }

    fn compared(&self, text: &str, scenario: &Scenario, results: &ScenarioResults, chosen: &[String]) -> BaselineCheck {
        let old = match Baseline::read(text) {
            Ok(baseline) => baseline,
            Err(bad) => {
                let why = format!("the baseline `{}` {}", self.baseline_file, bad.why);
                let help =
                    bad.help.map_or_else(|| "write it anew:".to_owned(), |help| format!("{help}, or write it anew:"));
                return self.not_comparable(&why, &help);
            }
        };
        let new = Baseline::of(scenario, results);
        if let Err((why, help)) = comparable(&old, &new) {
            return self.not_comparable(&format!("the baseline `{}` {why}", self.baseline_file), &help);
        }
        BaselineCheck::Compared(BaselineComparison {
            file: self.baseline_file.to_owned(),
            family_level: GATE_LEVEL,
            changes: changes(&old.canonical, &new.canonical),
            metrics: judge(&old, &new, scenario.tolerances()),
            one_sided: one_sided(&old, &new, chosen),
            notes: notes(&old, &new),
            accept: self.update.to_owned(),
            accept_needs_edit: self.is_changed,
        })
    }
}

/// Whether two runs can be compared; else why not, and what to do.
///
/// Replications begin empty each and batches do not, so one kind is not held against the other: what differs might be
/// the way of measuring. Another number of replications or requests is no such obstacle.
fn comparable(old: &Baseline, new: &Baseline) -> Result<(), (String, String)> {
    if old.scenario != new.scenario {
        let shown: String = old.scenario.chars().filter(|letter| !letter.is_control()).take(60).collect();
        return Err((
            format!("is of another scenario, `{shown}`"),
            format!("name the baseline of `{}`; or, if the other is no longer wanted, write over it:", new.scenario),
        ));
    }
    if old.seed != new.seed {
        return Err((
            format!("is of seed {}, and this run of seed {}", old.seed, new.seed),
            format!("run with `--seed {}`, or write it anew:", old.seed),
        ));
    }
    let is_exact = old.deterministic && new.deterministic;
    let have_samples = old.method != BaselineMethod::None && new.method != BaselineMethod::None;
    if old.method != new.method && have_samples && !is_exact {
        return Err((
            format!("is of {}, and this run of {}", old.method.words(), new.method.words()),
            match old.method {
                BaselineMethod::Replications => {
                    format!("run with `--replications {}`, or write it anew:", old.replications)
                }
                _ => "run without `--replications`, or write it anew:".to_owned(),
            },
        ));
    }
    Ok(())
}

/// Policies, classes and backends that only one of the two has. Of policies that were not chosen nothing is said.
fn one_sided(old: &Baseline, new: &Baseline, chosen: &[String]) -> Vec<OneSided> {
    let policies = |baseline: &Baseline| -> Vec<String> {
        let is_wanted = |policy: &&String| chosen.is_empty() || chosen.contains(policy);
        baseline.policies.keys().filter(is_wanted).cloned().collect()
    };
    let named = |baseline: &Baseline, field: &str| -> Vec<String> {
        let named = baseline.canonical.get(field).and_then(serde_json::Value::as_object);
        named.map(|named| named.keys().cloned().collect()).unwrap_or_default()
    };
    let mut found = Vec::new();
    for (part, old, new) in [
        (ScenarioPart::Policy, policies(old), policies(new)),
        (ScenarioPart::Class, named(old, "classes"), named(new, "classes")),
        (ScenarioPart::Backend, named(old, "backends"), named(new, "backends")),
    ] {
        let mut add = |only_in: Side, these: &[String], others: &[String]| {
            let missing = these.iter().filter(|name| !others.contains(name));
            found.extend(missing.map(|name| OneSided { part, name: name.clone(), only_in }));
        };
        add(Side::Baseline, &old, &new);
        add(Side::Scenario, &new, &old);
    }
    found
}

/// What else one needs to know of the comparison.
fn notes(old: &Baseline, new: &Baseline) -> Vec<String> {
    let mut notes = Vec::new();
    if old.scenario_sha256 != new.scenario_sha256 && old.canonical == new.canonical {
        notes.push("a file that the scenario names has changed".to_owned());
    }
    if old.replications != new.replications {
        let (fewer, one) = (old.replications.min(new.replications), old.replications);
        notes.push(match fewer {
            1 => format!("the baseline has {one} replications, this run {}", new.replications),
            _ => format!(
                "the baseline has {one} replications, this run {}: the first {fewer} are compared, pair by pair",
                new.replications
            ),
        });
    }
    notes
}
