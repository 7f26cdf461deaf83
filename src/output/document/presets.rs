//! What `presets` says: the policies that stand for real products, and what their overhead was measured on.

use serde_json::{Value, json};

use super::{Document, DocumentId};
use crate::output::block::number::NONE;
use crate::output::block::{Block, Definitions, Finding, Records};
use crate::policy::{Example, StandsFor};

/// What is said of an overhead that was not measured.
pub const NOT_CALIBRATED: &str = "not calibrated";

/// The list of presets.
#[derive(Clone, Debug, PartialEq)]
pub struct PresetList(pub Vec<Example>);

impl Document for PresetList {
    fn id(&self) -> DocumentId {
        DocumentId { kind: ["list", "lists"], name: "presets".to_owned(), properties: Vec::new() }
    }

    /// How a scenario writes each preset, the plain policy it stands for, its overhead, and what that was measured on.
    fn blocks(&self) -> Vec<Block> {
        let about = "The overhead is CPU time for each request on the machine that it was measured on. A scenario can give \
                     its own:";
        let own = r#"{ "gunicorn": { "workers": 4, "overhead": { "before": "0.3ms", "response": "0.1ms", "after": "0.1ms" } } }"#;
        let presets = self.presets().map(|(example, plain)| Block::Definitions(definitions(example, plain)));
        presets.chain([Block::Code { about: about.to_owned(), language: "json", text: own.to_owned() }]).collect()
    }

    /// Nothing is judged.
    fn findings(&self) -> Vec<Finding> {
        Vec::new()
    }

    fn records(&self) -> Records {
        Records::of(self.presets().map(|(example, StandsFor { policy, measured_on })| {
            let overhead = example.policy.rules().overhead;
            json!({
                "preset": example.policy.kind(),
                "written": example.written.to_string(),
                "stands_for": policy.to_string(),
                "overhead_before": overhead.before,
                "overhead_response": overhead.response,
                "overhead_after": overhead.after,
                "measured_on": measured_on,
            })
        }))
    }

    fn value(&self) -> Value {
        let presets = self.presets().map(|(example, StandsFor { policy, measured_on })| {
            json!({
                "preset": example.policy.kind(),
                "written": example.written,
                "stands_for": policy,
                "overhead": example.policy.rules().overhead,
                "measured_on": measured_on,
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

fn definitions(example: &Example, StandsFor { policy, measured_on }: StandsFor) -> Definitions {
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
    Definitions {
        title: example.written.to_string(),
        entries: entries.map(|(term, value)| (term.to_owned(), value)).into(),
        none: "",
    }
}

/// The overhead stands on a line of its own.
fn without_overhead(mut policy: Value) -> Value {
    if let Some(fields) = policy.as_object_mut() {
        for options in fields.values_mut().filter_map(Value::as_object_mut) {
            options.shift_remove("overhead");
        }
    }
    policy
}
