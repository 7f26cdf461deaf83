//! The list of `presets`: the policies that represent real products, and where their overhead was measured.

use serde_json::{Value, json};

use super::{Document, DocumentId};
use crate::output::block::number::NONE;
use crate::output::block::{Block, Definitions, Finding, Records};
use crate::policy::{Example, StandsFor};

/// The words for an overhead that was not measured.
pub const NOT_CALIBRATED: &str = "not calibrated";

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
        let presets = self.presets().map(|(example, StandsFor { policy, measured_on, note })| {
            json!({
                "preset": example.policy.kind(),
                "written": example.written,
                "stands_for": policy,
                "overhead": example.policy.rules().overhead,
                "measured_on": measured_on,
                "note": note,
            })
        });
        json!({ "schema": "waitline.presets/1", "presets": presets.collect::<Vec<_>>() })
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
