//! What a check found: why it does not pass, what is wrong with a baseline, what to do.

use serde_json::Value;

use crate::model::visible;
use crate::scenario::{Diagnostic, Origin, Scenario};
use crate::stats::{ObjectiveVerdict, ScenarioResults};
use crate::study::{
    BASELINE_SCHEMA, BadBaseline, BaselineMethod, CheckReason, ComparisonNote, Help, NotComparableReason,
    PolicyObjective, ScenarioChange, StoredReason, UnjudgedHelp, WhyNotComparable, WhyUndecided,
};

use super::estimates::{NO_NUMBER, missed, not_estimable};
use super::runs::incomplete;
use crate::engine::MODEL_VERSION;

/// Why a check does not pass.
pub fn reason(reason: &CheckReason) -> String {
    match reason {
        CheckReason::Stopped { policy, why } => format!("{policy} {}", incomplete(why)),
        CheckReason::Imprecise(numbers) => {
            let numbers: Vec<String> = numbers.iter().map(missed).collect();
            format!("the requested precision was not reached: {}", numbers.join("; "))
        }
        CheckReason::NoData(PolicyObjective { policy, objective }) => format!("{policy} has no data for `{objective}`"),
        CheckReason::Undecided(PolicyObjective { policy, objective }) => {
            format!("{policy}: `{objective}` is undecided by chance")
        }
        CheckReason::NotComparable(why) => why_not_comparable(why),
        CheckReason::Broken(PolicyObjective { policy, objective }) => format!("{policy} does not meet `{objective}`"),
        CheckReason::NotMet(PolicyObjective { policy, objective }) => {
            format!("{policy} does not meet `{objective}` in this run, undecided by chance")
        }
        CheckReason::Regressed { metric } => format!("{metric} is worse than in the baseline"),
    }
}

/// Why nothing could be compared.
pub fn why_not_comparable(why: &WhyNotComparable) -> String {
    let WhyNotComparable { file, reason } = why;
    match reason {
        NotComparableReason::RunIncomplete => "no baseline was written: the run is incomplete".to_owned(),
        NotComparableReason::Missing => format!("there is no baseline `{file}`"),
        NotComparableReason::Unreadable { error } => format!("the baseline `{file}` cannot be read: {error}"),
        NotComparableReason::Bad(bad) => format!("the baseline `{file}` {}", bad_baseline(bad)),
        NotComparableReason::OtherScenario { other, ours: _ } => {
            format!("the baseline `{file}` is of another scenario, `{}`", short(other))
        }
        NotComparableReason::OtherSeed { baseline, run } => {
            format!("the baseline `{file}` is of seed {baseline}, and this run of seed {run}")
        }
        NotComparableReason::OtherMethod { baseline, run, replications: _ } => {
            format!("the baseline `{file}` is of {}, and this run of {}", method(*baseline), method(*run))
        }
    }
}

/// Why a text is not a usable baseline: a predicate, such as `is not JSON (line 3, column 5)`.
pub fn bad_baseline(bad: &BadBaseline) -> String {
    match bad {
        BadBaseline::Empty => "is empty".to_owned(),
        BadBaseline::UnfinishedMerge => "contains the conflict markers of an unfinished merge".to_owned(),
        BadBaseline::EndsEarly { line, column } => format!("ends in the middle (line {line}, column {column})"),
        BadBaseline::NotJson { line, column } => format!("is not JSON (line {line}, column {column})"),
        BadBaseline::NoSchema => "is not a baseline: it has no `schema`".to_owned(),
        BadBaseline::NewerSchema(schema) => {
            format!("is of a newer version of waitline (`{}`, this one reads `{BASELINE_SCHEMA}`)", short(schema))
        }
        BadBaseline::OtherSchema(schema) => format!("is not a baseline but `{}`", short(schema)),
        BadBaseline::OtherModel { version } => {
            format!("is of version {version} of the model, and this program computes version {MODEL_VERSION}")
        }
        BadBaseline::Damaged { error } => format!("is damaged: {error}"),
    }
}

/// How to get a comparable baseline; the command follows it.
pub fn advice(help: &Help) -> String {
    let what = match &help.reason {
        NotComparableReason::RunIncomplete => "fix what stopped it, then write the baseline".to_owned(),
        NotComparableReason::Missing => "write one, and keep it in version control".to_owned(),
        NotComparableReason::Unreadable { error: _ } => "make it readable, or write a new one".to_owned(),
        NotComparableReason::Bad(bad) => match advice_for(bad) {
            Some(advice) => format!("{advice}, or write a new one"),
            None => "write a new one".to_owned(),
        },
        NotComparableReason::OtherScenario { other: _, ours } => {
            format!("name the baseline of `{ours}`; or replace the other one if it is no longer needed")
        }
        NotComparableReason::OtherSeed { baseline, run: _ } => {
            format!("run with `--seed {baseline}`, or write a new one")
        }
        NotComparableReason::OtherMethod { baseline, run: _, replications } => match baseline {
            BaselineMethod::Replications => format!("run with `--replications {replications}`, or write a new one"),
            BaselineMethod::BatchMeans | BaselineMethod::None => {
                "run without `--replications`, or write a new one".to_owned()
            }
        },
    };
    match help.needs_edit {
        true => format!("{what}, once the changes of `--set` are in the scenario file:"),
        false => format!("{what}:"),
    }
}

/// What to do about a file besides writing it again, if anything.
const fn advice_for(bad: &BadBaseline) -> Option<&'static str> {
    match bad {
        BadBaseline::OtherModel { version: _ } => {
            Some("numbers of different versions are not comparable; inspect it with its own version of waitline")
        }
        BadBaseline::NewerSchema(_) => Some("compare with that version"),
        BadBaseline::Empty
        | BadBaseline::UnfinishedMerge
        | BadBaseline::EndsEarly { line: _, column: _ }
        | BadBaseline::NotJson { line: _, column: _ }
        | BadBaseline::NoSchema
        | BadBaseline::OtherSchema(_)
        | BadBaseline::Damaged { error: _ } => None,
    }
}

const fn method(method: BaselineMethod) -> &'static str {
    match method {
        BaselineMethod::Replications => "replications",
        BaselineMethod::BatchMeans => "the batches of one run",
        BaselineMethod::None => "one short run",
    }
}

/// A name from a file, short enough for a message.
fn short(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(60).collect()
}

/// What would give every number of a baseline an interval.
pub fn unjudged_help(help: UnjudgedHelp) -> String {
    match help {
        UnjudgedHelp::NothingAnswered => "no request is answered".to_owned(),
        UnjudgedHelp::Requests(requests) => format!("replications of {requests} requests each would do"),
        UnjudgedHelp::Duration(duration) => format!("replications of {duration} each would do"),
        UnjudgedHelp::MoreArrivals => "only more arrivals could help".to_owned(),
    }
}

/// A note about a comparison.
pub fn comparison_note(note: ComparisonNote) -> String {
    match note {
        ComparisonNote::FileChanged => "a file that the scenario names has changed".to_owned(),
        ComparisonNote::OtherReplications { baseline, run } => {
            let both = format!("the baseline has {baseline} replications, this run {run}");
            match baseline.min(run) {
                1 => both,
                fewer => format!("{both}: the first {fewer} are compared, pair by pair"),
            }
        }
    }
}

/// A change of a scenario: `machine.cores: 2 → 1`, `classes.page.phases.5: added {"db":"12ms"}`.
pub fn scenario_change(change: &ScenarioChange) -> String {
    let path = visible(&change.path);
    let text = |value: &Value| visible(&value.to_string()).into_owned();
    match (&change.old, &change.new) {
        (Some(old), Some(new)) => {
            let (old, new) = (text(old), text(new));
            // What both begin with says nothing, and may be longer than what is shown.
            let same = old.chars().zip(new.chars()).take_while(|(old, new)| old == new).count();
            let is_long = old.chars().count().max(new.chars().count()) > WIDEST_VALUE;
            let skipped = if is_long { same.saturating_sub(SHOWN_BEFORE) } else { 0 };
            format!("{path}: {} → {}", excerpt(&old, skipped), excerpt(&new, skipped))
        }
        (None, Some(new)) => format!("{path}: added {}", excerpt(&text(new), 0)),
        (Some(old), None) => format!("{path}: removed {}", excerpt(&text(old), 0)),
        (None, None) => path.into_owned(),
    }
}

/// Maximum number of letters of a value, and of those before a difference.
const WIDEST_VALUE: usize = 60;
const SHOWN_BEFORE: usize = 10;

/// A part of a text from a letter on, as wide as is shown.
fn excerpt(text: &str, skipped: usize) -> String {
    let begin = if skipped > 0 { "…" } else { "" };
    let shown: String = text.chars().skip(skipped).take(WIDEST_VALUE).collect();
    let end = if text.chars().count() > skipped + WIDEST_VALUE { "…" } else { "" };
    format!("{begin}{shown}{end}")
}

/// Why a number has no p-value, or no verdict.
pub fn why_undecided(why: &WhyUndecided) -> String {
    match why {
        WhyUndecided::NoValueInBaseline => "the run of the baseline has no such number".to_owned(),
        WhyUndecided::NoValue => NO_NUMBER.to_owned(),
        WhyUndecided::NotEstimable(StoredReason::Found(why)) => not_estimable(*why),
        WhyUndecided::NotEstimable(StoredReason::Read(text)) => text.clone(),
        WhyUndecided::TooShort => "the run is too short to distinguish a difference from chance".to_owned(),
        WhyUndecided::MoreUnanswered => {
            "more requests got no answer, and these response times leave them out".to_owned()
        }
        WhyUndecided::MayBeChance => "it may be chance, and the interval is wider than what is tolerated".to_owned(),
        WhyUndecided::OppositeDirections => {
            "all requests together and the runs one by one differ in opposite directions".to_owned()
        }
    }
}

/// The objectives whose number has no value in this run, each with its location: an error, never a pass. Those that only
/// warn are left out.
pub fn without_data(scenario: &Scenario, results: &ScenarioResults) -> Vec<Diagnostic> {
    let nothing = results.slo.iter().filter(|result| result.verdict == ObjectiveVerdict::NoData && !result.warns);
    nothing
        .filter_map(|result| {
            let is_its = |place: &Origin| {
                (place.file.as_str(), place.line, place.column) == (result.file.as_str(), result.line, result.column)
            };
            let objective = scenario
                .objectives()
                .iter()
                .find(|objective| objective.text == result.objective && is_its(&objective.origin))?;
            let of = result.class.as_ref().map_or_else(String::new, |class| format!("`{class}` of "));
            Some(objective.diagnostic(
                format!("{of}policy `{}` has no {} to evaluate", result.policy, result.metric),
                NO_NUMBER,
                format!("run more requests, or use another objective in scenario `{}`", scenario.name()),
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_of_long_values_shows_where_they_differ() {
        let long = |last: u32| json!({ "values": ["10ms", "20ms", "30ms", "40ms", "50ms", "60ms", "70ms", format!("{last}ms")] });
        let change = |old, new| scenario_change(&ScenarioChange { path: "at".to_owned(), old, new });
        assert_eq!(change(Some(long(80)), Some(long(90))), r#"at: …","70ms","80ms"]} → …","70ms","90ms"]}"#);
        assert_eq!(change(Some(json!(2)), Some(json!(1))), "at: 2 → 1");
        assert_eq!(change(None, Some(json!({ "db": "12ms" }))), r#"at: added {"db":"12ms"}"#);
        assert_eq!(change(Some(json!(1)), None), "at: removed 1");
    }
}
