//! Presets: what they stand for, and what their overhead was measured on.

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::output::block::number::NONE;
use crate::output::block::paint::{DIM, STRONG, paint};
use crate::output::block::wrap::{WIDTH, wrapped};
use crate::output::format::json;
use crate::output::json_text;
use crate::policy::{Example, StandsFor};
use crate::stats::ScenarioResults;

const NOT_CALIBRATED: &str = "not calibrated";

/// What the presets of a report stand for, in a short sentence for those that are alike.
pub fn sentences(results: &ScenarioResults) -> Vec<String> {
    let mut alike: IndexMap<(String, bool), Vec<&str>> = IndexMap::new();
    for (name, StandsFor { policy, measured_on }) in presets(results) {
        let kind = policy.as_object().and_then(|policy| policy.keys().next()).cloned().unwrap_or_default();
        alike.entry((kind, measured_on.is_some())).or_default().push(name);
    }
    let sentence = |((kind, is_measured), names): (&(String, bool), &Vec<&str>)| {
        let stand = if names.len() == 1 { "stands" } else { "stand" };
        let overhead = if *is_measured { "with measured overhead" } else { "with an overhead that is not calibrated" };
        format!("{} {stand} for `{kind}` {overhead} (--explain-defaults).", names.join(", "))
    };
    alike.iter().map(sentence).collect()
}

/// What each preset of a report stands for, with all options, and what its overhead was measured with.
pub fn explained(results: &ScenarioResults) -> Vec<String> {
    let sentence = |(name, StandsFor { policy, measured_on }): (&str, &StandsFor)| {
        let calibrated = match measured_on {
            Some(machine) => format!("its overhead was measured with {machine}"),
            None => format!("its overhead is {NOT_CALIBRATED}"),
        };
        format!("{name} stands for {}; {calibrated}.", json::inline(policy))
    };
    presets(results).map(sentence).collect()
}

fn presets(results: &ScenarioResults) -> impl Iterator<Item = (&str, &StandsFor)> {
    results.policies.iter().filter_map(|policy| Some((policy.name.as_str(), policy.stands_for.as_ref()?)))
}

/// What a product's numbers leave out where it asks through a pool without a `client`, in sentences.
pub fn missing_clients(results: &ScenarioResults) -> Vec<String> {
    let mut asking: IndexMap<(&str, &str), Vec<&str>> = IndexMap::new();
    for missing in &results.missing_clients {
        asking.entry((&missing.backend, missing.measured)).or_default().push(&missing.policy);
    }
    let sentence = |((backend, measured), policies): ((&str, &str), Vec<&str>)| {
        format!(
            "{}: `{backend}` has a pool and no `client`, so the CPU time and the round trips of the client library are left out; \"client\": \"{measured}\" adds what was measured.",
            policies.join(", ")
        )
    };
    asking.into_iter().map(sentence).collect()
}

/// All presets for people: how a scenario writes each, the plain policy it stands for, its overhead, and what that was
/// measured on.
pub fn presets_text(examples: &[Example], color: bool) -> String {
    let mut text = String::new();
    for example in examples {
        let Some(StandsFor { policy, measured_on }) = example.policy.stands_for() else { continue };
        text.push_str(&format!("{}\n", paint(color, STRONG, &example.written.to_string())));
        let overhead = example.policy.rules().overhead;
        let overhead = match &measured_on {
            None if overhead.is_none() => NONE.to_owned(),
            _ => format!(
                "{} before the handler, {} to respond, {} after",
                overhead.before, overhead.response, overhead.after
            ),
        };
        let measured = measured_on.unwrap_or_else(|| NOT_CALIBRATED.to_owned());
        for (heading, value) in
            [("stands for", without_overhead(policy).to_string()), ("overhead", overhead), ("measured", measured)]
        {
            for (place, line) in wrapped(&value, WIDTH - INDENT).iter().enumerate() {
                let heading = if place == 0 { heading } else { "" };
                text.push_str(&format!("  {} {line}\n", paint(color, DIM, &format!("{heading:<11}"))));
            }
        }
        text.push('\n');
    }
    text + "The overhead is CPU time for each request on the machine that it was measured on. A scenario can give its own:\n\
            \x20 { \"gunicorn\": { \"workers\": 4, \"overhead\": { \"before\": \"0.3ms\", \"response\": \"0.1ms\", \"after\": \"0.1ms\" } } }\n"
}

const INDENT: usize = 14;

/// The overhead stands on a line of its own.
fn without_overhead(mut policy: Value) -> Value {
    if let Some(fields) = policy.as_object_mut() {
        for options in fields.values_mut().filter_map(Value::as_object_mut) {
            options.shift_remove("overhead");
        }
    }
    policy
}

/// The same as JSON.
pub fn presets_json(examples: &[Example]) -> String {
    let presets = examples.iter().filter_map(|example| {
        let StandsFor { policy, measured_on } = example.policy.stands_for()?;
        Some(json!({
            "preset": example.policy.kind(),
            "written": example.written,
            "stands_for": policy,
            "overhead": example.policy.rules().overhead,
            "measured_on": measured_on,
        }))
    });
    json_text(&json!({ "schema": "waitline.presets/1", "presets": presets.collect::<Vec<_>>() }))
}
