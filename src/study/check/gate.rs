//! Runs a scenario, checks it against its objectives and its baseline, and returns a verdict.

use crate::scenario::Scenario;
use crate::stats::{ObjectiveResult, ObjectiveVerdict, ScenarioResults};
use crate::study::replications::Halted;
use crate::study::run::{Estimates, Options, Watch, estimate};

use super::baseline::{Baseline, BaselineMethod};
use super::changes::changes;
use super::comparison::changed_objectives;
use super::judgement::{GATE_LEVEL, judge};
use super::unjudged::unjudged;
use super::{
    BaselineCheck, BaselineComparison, CHECK_SCHEMA, CheckReason, CheckVerdict, ComparisonNote, Help, MetricVerdict,
    NotComparable, NotComparableReason, OneSided, PolicyObjective, ScenarioCheck, ScenarioPart, Side, WhyNotComparable,
    WrittenBaseline,
};

/// What a scenario is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Gate<'a> {
    /// The scenario's file, as messages name it.
    pub file: &'a str,
    /// The baseline's.
    pub baseline_file: &'a str,
    /// What that file holds.
    pub stored: &'a Stored,
    /// The command that rewrites the baseline.
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
/// A baseline that is to be written is left to the caller, who can touch files: the check says `written`.
///
/// # Errors
/// [`Halted`] when the watch broke off.
pub fn check(
    scenario: &Scenario,
    options: &Options,
    watch: &mut Watch<'_>,
    gate: &Gate<'_>,
) -> Result<CheckOutcome, Halted> {
    let estimates = estimate(scenario, options, watch)?;
    let results = estimates.results();
    let incomplete = incomplete(&results);
    let baseline = match gate.stored {
        Stored::NotAsked => BaselineCheck::NotAsked,
        Stored::ToBeWritten { .. } if !incomplete.is_empty() => gate.not_comparable(NotComparableReason::RunIncomplete),
        Stored::ToBeWritten { replaces } => BaselineCheck::Written(WrittenBaseline {
            file: gate.baseline_file.to_owned(),
            replaced: *replaces,
            unjudged: unjudged(&Baseline::of(&estimates), scenario, &results),
        }),
        Stored::Missing => gate.not_comparable(NotComparableReason::Missing),
        Stored::Unreadable(error) => gate.not_comparable(NotComparableReason::Unreadable { error: error.clone() }),
        Stored::Text(text) => gate.compared(text, &estimates, &options.policies),
    };
    let mut reasons = incomplete;
    if options.undecided_fails {
        reasons.extend(undecided(&results));
    }
    let is_incomplete = !reasons.is_empty() || matches!(baseline, BaselineCheck::NotComparable(_));
    if let BaselineCheck::NotComparable(not) = &baseline {
        reasons.push(CheckReason::NotComparable(not.why.clone()));
    }
    let broken = results.slo.iter().filter(|objective| objective.verdict == ObjectiveVerdict::Broken);
    let mut worse: Vec<CheckReason> = broken.map(CheckReason::of_broken).collect();
    if let BaselineCheck::Compared(comparison) = &baseline {
        let regressed = comparison.with(MetricVerdict::Regressed);
        worse.extend(regressed.map(|metric| CheckReason::Regressed { metric: metric.name() }));
    }
    let verdict = match (is_incomplete, worse.is_empty()) {
        (true, _) => CheckVerdict::Incomplete,
        (false, false) => CheckVerdict::Fails,
        (false, true) => CheckVerdict::Passes,
    };
    reasons.extend(worse);
    let written = matches!(baseline, BaselineCheck::Written(_)).then(|| Baseline::of(&estimates));
    let check = ScenarioCheck {
        schema: CHECK_SCHEMA,
        waitline: results.waitline,
        scenario: scenario.name().to_owned(),
        file: gate.file.to_owned(),
        verdict,
        reasons,
        baseline,
        results,
    };
    Ok(CheckOutcome { check, written })
}

/// A scenario that was checked.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckOutcome {
    /// What was found.
    pub check: ScenarioCheck,
    /// The baseline to write, if one was asked for.
    pub written: Option<Baseline>,
}

/// Why the results are not what was asked for.
fn incomplete(results: &ScenarioResults) -> Vec<CheckReason> {
    let stopped = results.policies.iter().filter_map(|policy| {
        Some(CheckReason::Stopped { policy: policy.name.clone(), why: policy.incomplete.clone()? })
    });
    let mut why: Vec<CheckReason> = stopped.collect();
    if let Some(precision) = results.precision.as_ref().filter(|precision| !precision.reached) {
        why.push(CheckReason::Imprecise(precision.missed.clone()));
    }
    let nothing =
        results.slo.iter().filter(|objective| objective.verdict == ObjectiveVerdict::NoData && !objective.warns);
    why.extend(nothing.map(|objective| CheckReason::NoData(objective.into())));
    why
}

/// The objectives that chance may have decided; those that only warn are left out.
pub fn undecided(results: &ScenarioResults) -> Vec<CheckReason> {
    let undecided = results.slo.iter().filter(|objective| objective.undecided.is_some() && !objective.warns);
    undecided.map(|objective| CheckReason::Undecided(objective.into())).collect()
}

impl CheckReason {
    /// That of an objective that is not met.
    fn of_broken(objective: &ObjectiveResult) -> Self {
        match objective.undecided {
            Some(_) => Self::NotMet(objective.into()),
            None => Self::Broken(objective.into()),
        }
    }
}

impl From<&ObjectiveResult> for PolicyObjective {
    fn from(result: &ObjectiveResult) -> Self {
        Self { policy: result.policy.clone(), objective: result.objective.clone() }
    }
}

impl Gate<'_> {
    fn not_comparable(&self, reason: NotComparableReason) -> BaselineCheck {
        let file = self.baseline_file.to_owned();
        BaselineCheck::NotComparable(NotComparable {
            help: Help { needs_edit: self.is_changed, reason: reason.clone() },
            why: WhyNotComparable { file: file.clone(), reason },
            file,
            command: self.update.to_owned(),
        })
    }

    fn compared(&self, text: &str, estimates: &Estimates<'_>, chosen: &[String]) -> BaselineCheck {
        let old = match Baseline::read(text) {
            Ok(baseline) => baseline,
            Err(bad) => return self.not_comparable(NotComparableReason::Bad(bad)),
        };
        let new = Baseline::of(estimates);
        if let Some(reason) = differs_in_kind(&old, &new) {
            return self.not_comparable(reason);
        }
        BaselineCheck::Compared(BaselineComparison {
            file: self.baseline_file.to_owned(),
            family_level: GATE_LEVEL,
            changes: changes(&old.canonical, &new.canonical),
            metrics: judge(&old, &new, estimates.scenario.tolerances()),
            objectives: changed_objectives(&old.objectives, &estimates.objectives),
            one_sided: one_sided(&old, &new, chosen),
            notes: notes(&old, &new),
            accept: self.update.to_owned(),
            accept_needs_edit: self.is_changed,
        })
    }
}

/// How a run differs from an earlier one, of this scenario or of another. Runs of different seeds are compared without pairs.
///
/// # Errors
/// Why the two cannot be compared: the values behind their intervals are of different kinds.
pub fn compared(old: &Baseline, new: &Estimates<'_>, file: &str) -> Result<BaselineComparison, NotComparableReason> {
    let tolerances = new.scenario.tolerances();
    let objectives = changed_objectives(&old.objectives, &new.objectives);
    let new = Baseline::of(new);
    if let Some(reason) = differs_in_method(old, &new) {
        return Err(reason);
    }
    Ok(BaselineComparison {
        file: file.to_owned(),
        family_level: GATE_LEVEL,
        changes: changes(&old.canonical, &new.canonical),
        metrics: judge(old, &new, tolerances),
        objectives,
        one_sided: one_sided(old, &new, &new.policies.keys().cloned().collect::<Vec<_>>()),
        notes: notes(old, &new),
        accept: String::new(),
        accept_needs_edit: false,
    })
}

/// Why two runs cannot be compared, if they cannot.
///
/// Replications begin empty each and batches do not, so one kind is not compared with the other: the difference might be
/// that of the methods. Another number of replications or requests is no such obstacle.
fn differs_in_kind(old: &Baseline, new: &Baseline) -> Option<NotComparableReason> {
    if old.scenario != new.scenario {
        let (other, ours) = (old.scenario.clone(), new.scenario.clone());
        Some(NotComparableReason::OtherScenario { other, ours })
    } else if old.seed != new.seed {
        Some(NotComparableReason::OtherSeed { baseline: old.seed, run: new.seed })
    } else {
        differs_in_method(old, new)
    }
}

fn differs_in_method(old: &Baseline, new: &Baseline) -> Option<NotComparableReason> {
    let is_exact = old.deterministic && new.deterministic;
    let have_samples = old.method != BaselineMethod::None && new.method != BaselineMethod::None;
    let replications = old.replications;
    (old.method != new.method && have_samples && !is_exact).then_some(NotComparableReason::OtherMethod {
        baseline: old.method,
        run: new.method,
        replications,
    })
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
fn notes(old: &Baseline, new: &Baseline) -> Vec<ComparisonNote> {
    let mut notes = Vec::new();
    if old.scenario_sha256 != new.scenario_sha256 && old.canonical == new.canonical {
        notes.push(ComparisonNote::FileChanged);
    }
    if old.replications != new.replications {
        notes.push(ComparisonNote::OtherReplications { baseline: old.replications, run: new.replications });
    }
    notes
}
