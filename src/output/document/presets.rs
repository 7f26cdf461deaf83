//! The list of `presets`: the policies that represent real products, and where their overhead was measured.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Document, DocumentId};
use crate::model::Overhead;
use crate::output::block::number::NONE;
use crate::output::block::{Block, Definitions, Finding, Records};
use crate::output::words;
use crate::policy::{Example, StandsFor};

/// The words for an overhead that was not measured.
pub const NOT_CALIBRATED: &str = "not calibrated";

/// The schema of the JSON output of `presets`.
pub const PRESETS_SCHEMA: &str = "waitline.presets/1";

/// The policies that represent real products.
#[derive(Serialize, JsonSchema)]
pub struct ListedPresets {
    schema: &'static str,
    /// Each preset, in each form that behaves differently.
    presets: Vec<ListedPreset>,
}

/// A preset and the plain policy that it stands for.
#[derive(Serialize, JsonSchema)]
struct ListedPreset {
    /// Its name.
    preset: &'static str,
    /// As a scenario file has it.
    written: Value,
    /// The plain policy that gives the same numbers, as a scenario file has it.
    stands_for: Value,
    /// Its CPU time per request.
    overhead: Overhead,
    /// What the overhead was measured on; `None` if it was not measured.
    measured_on: Option<String>,
    /// What the preset assumes about the product beyond its options; `None` if nothing.
    note: Option<&'static str>,
}

/// The list of presets.
#[derive(Clone, Debug, PartialEq)]
pub struct PresetList(pub Vec<Example>);

impl Document for PresetList {
    fn id(&self) -> DocumentId {
        DocumentId { kind: ["list", "lists"], name: "presets".to_owned(), properties: Vec::new() }
    }

    /// Each preset as a scenario writes it, the plain policy it stands for, its overhead, and where that was measured.
    fn blocks(&self) -> Vec<Block> {
        let about = "The overhead is CPU time per request on the machine where it was measured. A scenario can specify its \
                     own:";
        let own = r#"{ "gunicorn": { "workers": 4, "overhead": { "before": "0.3ms", "response": "0.1ms", "after": "0.1ms" } } }"#;
        let presets = self.presets().map(|(example, plain)| Block::Definitions(definitions(example, plain)));
        presets.chain([Block::Code { about: about.to_owned(), language: "json", text: own.to_owned() }]).collect()
    }

    /// Nothing is judged.
    fn findings(&self) -> Vec<Finding> {
        Vec::new()
    }

    fn records(&self) -> Records {
        Records::of(self.presets().map(|(example, StandsFor { policy, measured_on, note })| {
            let overhead = example.policy.rules().overhead;
            json!({
                "preset": example.policy.kind(),
                "written": example.written.to_string(),
                "stands_for": policy.to_string(),
                "overhead_before": overhead.before,
                "overhead_response": overhead.response,
                "overhead_after": overhead.after,
                "measured_on": measured_on,
                "note": note,
            })
        }))
    }

    fn value(&self) -> Value {
        let presets = self.presets().map(|(example, StandsFor { policy, measured_on, note })| ListedPreset {
            preset: example.policy.kind(),
            written: example.written.clone(),
            stands_for: policy,
            overhead: example.policy.rules().overhead,
            measured_on,
            note,
        });
        words::plain(&ListedPresets { schema: PRESETS_SCHEMA, presets: presets.collect() })
    }
}

impl PresetList {
    /// The presets, each with what it stands for.
    fn presets(&self) -> impl Iterator<Item = (&Example, StandsFor)> {
        self.0.iter().filter_map(|example| Some((example, example.policy.stands_for()?)))
    }
}

fn definitions(example: &Example, StandsFor { policy, measured_on, note }: StandsFor) -> Definitions {
    let overhead = example.policy.rules().overhead;
    let overhead = match &measured_on {
        None if overhead.is_none() => NONE.to_owned(),
        _ => {
            format!(
                "{} before the handler, {} to respond, {} after",
                overhead.before, overhead.response, overhead.after
            )
        }
    };
    let measured = measured_on.unwrap_or_else(|| NOT_CALIBRATED.to_owned());
    let entries =
        [("stands for", without_overhead(policy).to_string()), ("overhead", overhead), ("measured", measured)];
    let note = note.map(|note| ("note", note.to_owned()));
    Definitions {
        title: example.written.to_string(),
        entries: entries.into_iter().chain(note).map(|(term, value)| (term.to_owned(), value)).collect(),
        none: "",
    }
}

/// The policy without its overhead, which has a line of its own.
fn without_overhead(mut policy: Value) -> Value {
    if let Some(fields) = policy.as_object_mut() {
        for options in fields.values_mut().filter_map(Value::as_object_mut) {
            options.shift_remove("overhead");
        }
    }
    policy
}
