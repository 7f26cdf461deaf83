//! Objectives, and tolerances against a baseline.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::model::Named;
use crate::scenario::percentage::Percentage;

/// How much a metric may be worse than in a baseline; omitted parts have the metric's default.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Tolerance")]
pub(crate) struct ToleranceForm {
    /// As a share of the baseline's value (default: "2%").
    pub relative: Option<Percentage>,
    /// In the metric's unit: a duration such as "2ms", a rate such as "1/s", a percentage such as "0.1%".
    pub absolute: Option<String>,
}

/// The schema of an objective.
pub(super) struct ObjectiveSchema;

impl JsonSchema for ObjectiveSchema {
    fn schema_name() -> Cow<'static, str> {
        "Objective".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "`[warn:] [during FAULT:] [policy.][class.]metric OP value`, such as \"async.p99 < 400ms\", or `[warn:] [policy.][class.]recovered FAULT OP value`, such as \"recovered payments < 30s\". OP is one of < <= > >= ==.",
            "pattern": r"[^<>=\s]\s*(<|<=|>|>=|==)\s*[0-9.][^<>=]*$",
        })
    }
}

/// The schema of tolerances by metric.
pub(super) struct TolerancesSchema;

impl JsonSchema for TolerancesSchema {
    fn schema_name() -> Cow<'static, str> {
        "Tolerances".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let tolerance = generator.subschema_for::<ToleranceForm>();
        let names = Named::JUDGED.iter().map(|metric| metric.name());
        let properties: serde_json::Map<_, _> =
            names.map(|name| (name.to_owned(), tolerance.clone().to_value())).collect();
        json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
    }
}
