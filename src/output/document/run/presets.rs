//! What the presets of a scenario stand for, and what their numbers leave out.

use indexmap::IndexMap;

use crate::output::document::presets::NOT_CALIBRATED;
use crate::output::format::json;
use crate::policy::StandsFor;
use crate::stats::ScenarioResults;

/// What the presets stand for, a short sentence per group of similar ones.
pub fn sentences(results: &ScenarioResults) -> Vec<String> {
    let mut alike: IndexMap<(String, bool), Vec<&str>> = IndexMap::new();
    for (name, StandsFor { policy, measured_on, note: _ }) in presets(results) {
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

/// What each preset stands for, with all options, and how its overhead was measured.
pub fn explained(results: &ScenarioResults) -> Vec<String> {
    let sentence = |(name, StandsFor { policy, measured_on, note }): (&str, &StandsFor)| {
        let calibrated = match measured_on {
            Some(machine) => format!("its overhead was measured with {machine}"),
            None => format!("its overhead is {NOT_CALIBRATED}"),
        };
        let note = note.map(|note| format!(" {note}")).unwrap_or_default();
        format!("{name} stands for {}; {calibrated}.{note}", json::inline(policy))
    };
    presets(results).map(sentence).collect()
}

fn presets(results: &ScenarioResults) -> impl Iterator<Item = (&str, &StandsFor)> {
    results.policies.iter().filter_map(|policy| Some((policy.name.as_str(), policy.stands_for.as_ref()?)))
}

/// What a product's numbers leave out if it queries through a pool without a `client`, in sentences.
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
