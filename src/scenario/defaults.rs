//! The defaults in force where the file has no value.
//!
//! They are taken from the schema, which has them from the types of the format: a new field with a default is listed
//! without being named here. Two defaults depend on other values: the limit on requests in flight, and when connections
//! are released.

use std::collections::HashSet;

use serde_json::Value as Json;

use crate::policy::PolicyChoice;
use crate::random::Arrivals;

use super::document::{Element, Value};
use super::schema::Shape;
use super::valid::Sections;

/// The defaults in force: path, as `--set` takes it, and value; in the order of the format.
pub(super) fn defaults(document: &Element, sections: &Sections) -> Vec<(String, String)> {
    let mut defaults = Vec::new();
    for (key, shape) in Shape::root().fields(document) {
        match document.member(key) {
            Some(member) if key == "policies" => {
                for (item, policy) in member.value.items().iter().zip(&sections.policies) {
                    let shape = shape.item().property(policy.kind());
                    visit(item.at(policy.kind()), shape, &format!("policies.{}", policy.name()), &mut defaults);
                }
            }
            Some(member) => visit(&member.value, shape, key, &mut defaults),
            None => add(shape.default(), key, &mut defaults),
        }
    }
    let in_force = InForce::of(sections);
    defaults.retain(|(path, _)| in_force.holds(path));
    for (name, backend) in &sections.backends {
        // This default depends on the client.
        let path = format!("backends.{name}.pool.release");
        let Some(release) = backend.release() else { continue };
        if let Some((_, value)) = defaults.iter_mut().find(|(other, _)| *other == path) {
            release.name().clone_into(value);
        }
    }
    if document.at("run").member("max_in_flight").is_none() {
        defaults.push(("run.max_in_flight".to_owned(), sections.run.max_in_flight.to_string()));
    }
    defaults
}

fn visit(node: &Element, shape: Shape<'_>, path: &str, defaults: &mut Vec<(String, String)>) {
    match &node.value {
        Value::Object(members) if shape.is_map() => {
            for member in members {
                visit(&member.value, shape.property(&member.key), &format!("{path}.{}", member.key), defaults);
            }
        }
        Value::Object(_) => {
            for (key, shape) in shape.fields(node) {
                match (node.member(key), shape.default()) {
                    (Some(member), _) if member.value.is_scalar() => {}
                    (Some(member), _) => visit(&member.value, shape, &format!("{path}.{key}"), defaults),
                    (None, default) => add(default, &format!("{path}.{key}"), defaults),
                }
            }
        }
        Value::List(items) => {
            let shape = shape.item();
            for (index, item) in items.iter().enumerate() {
                visit(item, shape, &format!("{path}.{index}"), defaults);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
    }
}

/// Adds a default of the schema; for an object, that of each field.
fn add(default: Option<&Json>, path: &str, defaults: &mut Vec<(String, String)>) {
    let value = match default {
        Some(Json::Object(fields)) => {
            for (key, value) in fields {
                add(Some(value), &format!("{path}.{key}"), defaults);
            }
            return;
        }
        None => return,
        Some(Json::String(text)) => text.clone(),
        // Whole floats without a decimal point: 1, not 1.0.
        Some(Json::Number(number)) => {
            number.as_f64().filter(|_| number.is_f64()).map_or(number.to_string(), |n| n.to_string())
        }
        Some(other) => other.to_string(),
    };
    defaults.push((path.to_owned(), value));
}

/// Which defaults have an effect in a scenario.
struct InForce<'a> {
    /// Whether classes are drawn by their weights.
    weights: bool,
    /// Whether the machine has a CPU quota, which has a period.
    quota: bool,
    /// The policies whose threads hand over a lock.
    switching: HashSet<&'a str>,
}

impl<'a> InForce<'a> {
    fn of(sections: &'a Sections) -> Self {
        let is_drawn = match &sections.arrivals {
            Arrivals::At(list) => list.iter().any(|arrival| arrival.class.is_none()),
            Arrivals::Trace(_) => false,
            Arrivals::Constant(_)
            | Arrivals::Poisson(_)
            | Arrivals::Renewal(_)
            | Arrivals::Piecewise(_)
            | Arrivals::Ramp(_)
            | Arrivals::Sine(_)
            | Arrivals::Mmpp(_)
            | Arrivals::OnOff(_)
            | Arrivals::Batches(_)
            | Arrivals::Bursts(_)
            | Arrivals::Users(_) => true,
        };
        let switches = |policy: &&PolicyChoice| policy.rules().hand_over_interval.is_some();
        Self {
            quota: sections.machine.cpu_limit.is_some(),
            weights: is_drawn && sections.workload.classes.len() > 1,
            switching: sections.policies.iter().filter(switches).map(PolicyChoice::name).collect(),
        }
    }

    fn holds(&self, path: &str) -> bool {
        if path.starts_with("classes.") && path.ends_with(".weight") {
            return self.weights;
        }
        if path == "machine.limit_period" {
            return self.quota;
        }
        let switching = path.strip_prefix("policies.").and_then(|rest| rest.strip_suffix(".switch_interval"));
        switching.is_none_or(|policy| self.switching.contains(policy))
    }
}
