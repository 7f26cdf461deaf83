//! The generator of random scenarios draws everything that the format has: a new field is missing here until it does.
//!
//! `cargo test --test invariants drawn -- --nocapture` prints how many scenarios have each field and each named value.

#![allow(clippy::print_stdout, reason = "figures for the documentation, with --nocapture")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use waitline::scenario::schema;

use crate::common::generator;

const SCENARIOS: u64 = 1_000;

/// Fields that random scenarios do without, and why.
const NOT_DRAWN: &[(&str, &[&str])] = &[
    ("words, which change no number", &["scenario.$schema", "scenario.description", ".name"]),
    ("a file that would have to exist", &["EmpiricalFile.", "Arrivals.trace"]),
    (
        "judgements of results; drawn by tests/fuzz/",
        &["scenario.slo", "scenario.tolerances", "Tolerance.", "Tolerances."],
    ),
    (
        "how a run is measured; drawn by tests/fuzz/ and the other invariants",
        &[
            "Run.warm_up",
            "WarmUp = ",
            "Run.replications",
            "Run.precision",
            "DetailedPrecision.",
            "Run.confidence",
            "Run.max_in_flight",
        ],
    ),
];

/// The format, as its JSON Schema describes it.
struct Format {
    schema: Value,
}

impl Format {
    /// What a schema is about: itself, or the definition that it refers to, with its name.
    fn resolve<'a>(&'a self, schema: &'a Value, at: &str) -> (&'a Value, String) {
        match schema["$ref"].as_str().and_then(|pointer| pointer.strip_prefix("#/$defs/")) {
            Some(name) => (&self.schema["$defs"][name], name.to_owned()),
            None => (schema, at.to_owned()),
        }
    }

    /// All fields and named values below a schema.
    fn declared(&self, schema: &Value, at: &str, declared: &mut BTreeSet<String>, met: &mut BTreeSet<String>) {
        let (resolved, at) = self.resolve(schema, at);
        if schema["$ref"].is_string() && !met.insert(at.clone()) {
            return;
        }
        declared.extend(names(resolved).map(|name| format!("{at} = {name}")));
        declared.extend(fields(resolved).map(|(field, _)| format!("{at}.{field}")));
        let inside = fields(resolved).map(|(field, inside)| (inside, format!("{at}.{field}")));
        let parts = parts(resolved).map(|part| (part, at.clone()));
        inside.chain(parts).for_each(|(schema, at)| self.declared(schema, &at, declared, met));
    }

    /// The fields and named values of an instance.
    fn used(&self, schema: &Value, at: &str, instance: &Value, used: &mut BTreeSet<String>) {
        let (schema, at) = self.resolve(schema, at);
        let named = instance.as_str().filter(|name| names(schema).any(|declared| declared == *name));
        used.extend(named.map(|name| format!("{at} = {name}")));
        for (field, inside) in
            fields(schema).filter_map(|(field, schema)| Some((field, (schema, instance.get(field)?))))
        {
            let at = format!("{at}.{field}");
            self.used(inside.0, &at, inside.1, used);
            used.insert(at);
        }
        let alternatives = alternatives(schema).filter(|alternative| self.fits(alternative, instance));
        alternatives.for_each(|alternative| self.used(alternative, &at, instance, used));
        for (schema, instance) in elements(schema, instance) {
            self.used(schema, &at, instance, used);
        }
    }

    /// The instance can be meant by this alternative: it has the right type and no foreign field.
    fn fits(&self, schema: &Value, instance: &Value) -> bool {
        let (schema, _) = self.resolve(schema, "");
        let is_alternative = alternatives(schema).next().is_none()
            || alternatives(schema).any(|alternative| self.fits(alternative, instance));
        let is_named = names(schema).next().is_none() || names(schema).any(|name| instance == name);
        let has_type = schema["type"].is_null() || types(schema).any(|kind| kind == type_of(instance));
        let has_fields = instance.as_object().is_none_or(|object| has_fields(schema, object));
        is_alternative && is_named && has_type && has_fields
    }
}

fn has_fields(schema: &Value, object: &Map<String, Value>) -> bool {
    let is_open = schema["additionalProperties"] != false;
    let mut required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    required.all(|field| object.contains_key(field))
        && (is_open || object.keys().all(|key| fields(schema).any(|(field, _)| field == key)))
}

fn fields(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    ["oneOf", "anyOf", "allOf"].into_iter().flat_map(|several| schema[several].as_array().into_iter().flatten())
}

/// Values that stand for themselves, such as `"random"`.
fn names(schema: &Value) -> impl Iterator<Item = &str> {
    let several = schema["enum"].as_array().into_iter().flatten();
    several.chain(schema.get("const")).filter_map(Value::as_str)
}

/// The schemas of everything inside, other than fields.
fn parts(schema: &Value) -> impl Iterator<Item = &Value> {
    let elements = ["additionalProperties", "items"].into_iter().filter_map(|field| schema.get(field));
    let places = schema["prefixItems"].as_array().into_iter().flatten();
    alternatives(schema).chain(elements.filter(|schema| schema.is_object())).chain(places)
}

/// The elements of a list or map, each with its schema.
fn elements<'a>(schema: &'a Value, instance: &'a Value) -> Vec<(&'a Value, &'a Value)> {
    match instance {
        Value::Array(items) if schema["items"].is_object() => {
            items.iter().map(|item| (&schema["items"], item)).collect()
        }
        Value::Object(entries) if schema["additionalProperties"].is_object() => {
            entries.values().map(|entry| (&schema["additionalProperties"], entry)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            Vec::new()
        }
    }
}

fn types(schema: &Value) -> impl Iterator<Item = &str> {
    let several = schema["type"].as_array().into_iter().flatten();
    several.chain([&schema["type"]]).filter_map(Value::as_str)
}

fn type_of(instance: &Value) -> &'static str {
    match instance {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_u64() || number.is_i64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn is_left_out(field: &str) -> bool {
    let parts = || NOT_DRAWN.iter().flat_map(|(_, parts)| parts.iter());
    parts().any(|part| if part.starts_with('.') { field.ends_with(part) } else { field.starts_with(part) })
}

#[test]
fn random_scenarios_use_every_field_and_every_named_value() {
    let format = Format { schema: schema() };
    let mut declared = BTreeSet::new();
    format.declared(&format.schema, "scenario", &mut declared, &mut BTreeSet::new());
    let mut counts: BTreeMap<String, u64> = declared.into_iter().map(|field| (field, 0)).collect();
    let scenarios = generator::seeds(SCENARIOS).end.max(SCENARIOS);
    for seed in 0..scenarios {
        let scenario = serde_json::from_str(&generator::scenario(seed)).expect("the generator writes JSON");
        let mut used = BTreeSet::new();
        format.used(&format.schema, "scenario", &scenario, &mut used);
        for field in used {
            *counts.entry(field).or_default() += 1;
        }
    }
    counts.iter().for_each(|(field, count)| println!("{count:>6} {field}"));
    let least = scenarios / 500;
    let rare: Vec<_> = counts.iter().filter(|(field, count)| **count <= least && !is_left_out(field)).collect();
    assert!(rare.is_empty(), "drawn never or rarely: {rare:#?}");
}
