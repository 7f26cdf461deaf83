//! The JSON Schemas of files that waitline writes (draft 2020-12).

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::document::{
    COVERAGE_SCHEMA, ExactCases, ListedPresets, MeasuredCoverage, PRESETS_SCHEMA, PlansOfSystems, REPLAY_SCHEMA,
    SELECTION_SCHEMA, VERIFICATION_SCHEMA,
};
use crate::stats::{SCHEMA, SWEEP_SCHEMA, ScenarioResults, SweepResults};
use crate::study::{
    BASELINE_SCHEMA, Baseline, CHECK_SCHEMA, EXPLAIN_SCHEMA, Explanations, PLAN_SCHEMA, Plan, Replayed, ScenarioCheck,
    UNIT_SCHEMA, UnitHeader,
};

/// The schema of results.json.
pub fn results_schema() -> Value {
    schema::<ScenarioResults>("waitline results", SCHEMA)
}

/// The schema of baselines.
pub fn baseline_schema() -> Value {
    schema::<Baseline>("waitline baseline", BASELINE_SCHEMA)
}

/// The schema of the JSON output of `check`.
pub fn check_schema() -> Value {
    let mut schema = schema::<ScenarioCheck>("waitline check", CHECK_SCHEMA);
    name(&mut schema["$defs"]["ScenarioResults"], SCHEMA);
    schema
}

/// The schema of the JSON output of `sweep`.
pub fn sweep_schema() -> Value {
    schema::<SweepResults>("waitline sweep", SWEEP_SCHEMA)
}

/// The schema of the files of units, which shards write and `merge` reads.
pub fn unit_schema() -> Value {
    let mut schema = schema::<UnitHeader>("waitline unit of work", UNIT_SCHEMA);
    schema["properties"]["state"] = json!({
        "description": "What the unit gave: histograms, sums and counts as whole numbers. Its fields belong to the version of \
                        waitline that wrote it; no other version reads it.",
        "type": "object"
    });
    if let Some(required) = schema["required"].as_array_mut() {
        required.push(json!("state"));
    }
    schema
}

/// The schema of the JSON output of `plan`.
pub fn plan_schema() -> Value {
    let mut schema = schema::<Plan>("waitline plan", PLAN_SCHEMA);
    // Words, which the data does not hold.
    schema["$defs"]["PolicyPlan"]["properties"]["flags"] = json!({
        "description": "The choice for real products: what to write on their command lines and into their files.",
        "type": "array",
        "items": {
            "type": "object",
            "properties": { "product": { "type": "string" }, "text": { "type": "string" } },
            "required": ["product", "text"],
        },
    });
    schema
}

/// The schema of the JSON output of `explain`.
pub fn explain_schema() -> Value {
    schema::<Explanations>("waitline explain", EXPLAIN_SCHEMA)
}

/// The schema of the JSON output of `presets`.
pub fn presets_schema() -> Value {
    schema::<ListedPresets>("waitline presets", PRESETS_SCHEMA)
}

/// The schema of the JSON output of `replay`.
pub fn replay_schema() -> Value {
    let mut schema = schema::<Replayed>("waitline replay", REPLAY_SCHEMA);
    // The data does not know its file.
    schema["properties"]["schema"] = json!({});
    name(&mut schema, REPLAY_SCHEMA);
    if let Some(required) = schema["required"].as_array_mut() {
        required.push(json!("schema"));
    }
    schema
}

/// The schema of the JSON output of `verify`.
pub fn verification_schema() -> Value {
    schema::<ExactCases>("waitline verification", VERIFICATION_SCHEMA)
}

/// The schema of the JSON output of `verify --coverage`.
pub fn coverage_schema() -> Value {
    schema::<MeasuredCoverage>("waitline coverage", COVERAGE_SCHEMA)
}

/// The schema of the JSON output of `verify --selection`.
pub fn selection_schema() -> Value {
    schema::<PlansOfSystems>("waitline selection", SELECTION_SCHEMA)
}

fn schema<T: JsonSchema>(title: &str, version: &str) -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    name(&mut schema, version);
    put_for_json(&mut schema);
    // Title and description come first, for people who open the file.
    let mut ordered = Map::new();
    for key in ["$schema", "title", "description"] {
        ordered.extend(schema.get(key).map(|value| (key.to_owned(), value.clone())));
    }
    ordered.insert("title".to_owned(), json!(title));
    if let Value::Object(fields) = schema {
        ordered.extend(fields.into_iter().filter(|(key, _)| key != "title"));
    }
    Value::Object(ordered)
}

/// Fixes the value of the field `schema`, which identifies the document.
fn name(schema: &mut Value, version: &str) {
    if let Some(field) = schema.pointer_mut("/properties/schema") {
        *field = json!({ "description": "Which schema this is.", "const": version });
    }
}

/// `None` in our documentation is null in a file.
fn put_for_json(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text) if key == "description" => *text = text.replace("`None`", "null"),
                    _ => put_for_json(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(put_for_json),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
