//! What is not the same in two scenarios: the places at which their canonical forms differ.

use serde_json::Value;

use super::ScenarioChange;
use super::items::{ItemChange, item_changes};

/// Every place, in the order of the paths; lists are compared item by item, and policies by name.
pub(super) fn changes(old: &Value, new: &Value) -> Vec<ScenarioChange> {
    let mut changes = Vec::new();
    compare("", &by_name(old), &by_name(new), &mut changes);
    changes
}

fn compare(path: &str, old: &Value, new: &Value, changes: &mut Vec<ScenarioChange>) {
    if old == new {
        return;
    }
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (old, new) {
        (Value::Object(before), Value::Object(after)) => {
            let mut keys: Vec<&String> = before.keys().chain(after.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                match (before.get(key), after.get(key)) {
                    (Some(old), Some(new)) => compare(&below(key), old, new, changes),
                    (old, new) => {
                        changes.push(ScenarioChange { path: below(key), old: old.cloned(), new: new.cloned() })
                    }
                }
            }
        }
        (Value::Array(before), Value::Array(after)) => match item_changes(before, after) {
            Some(items) => compare_items(&below, (before, after), &items, changes),
            None => {
                changes.push(ScenarioChange { path: path.to_owned(), old: Some(old.clone()), new: Some(new.clone()) });
            }
        },
        _ => {
            changes.push(ScenarioChange { path: path.to_owned(), old: Some(old.clone()), new: Some(new.clone()) });
        }
    }
}

/// Items that were removed have the place that they had, all others the one that they have.
fn compare_items(
    below: &impl Fn(&str) -> String,
    (before, after): (&[Value], &[Value]),
    items: &[ItemChange],
    changes: &mut Vec<ScenarioChange>,
) {
    for item in items {
        match *item {
            ItemChange::Kept { old, new } => compare(&below(&new.to_string()), &before[old], &after[new], changes),
            ItemChange::Removed { old } => changes.push(ScenarioChange {
                path: below(&old.to_string()),
                old: Some(before[old].clone()),
                new: None,
            }),
            ItemChange::Added { new } => {
                changes.push(ScenarioChange { path: below(&new.to_string()), old: None, new: Some(after[new].clone()) })
            }
        }
    }
}

/// The scenario with its policies under their names, as `--set` calls them. Where it is not as a scenario should be, it
/// stays as it is: a baseline may hold anything.
fn by_name(scenario: &Value) -> Value {
    let mut scenario = scenario.clone();
    let Some(policies) = scenario.get_mut("policies") else { return scenario };
    let named = policies.as_array().and_then(|list| {
        let mut named = serde_json::Map::new();
        for policy in list {
            let (kind, fields) = policy.as_object().filter(|policy| policy.len() == 1)?.iter().next()?;
            let name = fields.get("name").and_then(Value::as_str).unwrap_or(kind);
            // A policy keeps its kind together with its fields, so that another kind of the same name is a change.
            let known = if name == kind.as_str() { fields.clone() } else { policy.clone() };
            if named.insert(name.to_owned(), known).is_some() {
                return None;
            }
        }
        Some(named)
    });
    if let Some(named) = named {
        *policies = Value::Object(named);
    }
    scenario
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The changes, one a line.
    fn shown(old: &Value, new: &Value) -> Vec<String> {
        let value = |value: &Option<Value>| value.as_ref().map_or("nothing".to_owned(), Value::to_string);
        let changes = changes(old, new);
        changes.iter().map(|one| format!("{}: {} -> {}", one.path, value(&one.old), value(&one.new))).collect()
    }

    #[test]
    fn a_changed_value_is_named_by_its_path() {
        let old = json!({ "classes": { "page": { "phases": [{ "db": "60ms" }, { "compute": "1ms" }] } }, "run": {} });
        let mut new = old.clone();
        assert!(shown(&old, &new).is_empty());
        new["classes"]["page"]["phases"][0]["db"] = json!("66ms");
        new["run"]["seed"] = json!(2);
        assert_eq!(shown(&old, &new), ["classes.page.phases.0.db: \"60ms\" -> \"66ms\"", "run.seed: nothing -> 2"]);
    }

    #[test]
    fn policies_are_known_by_their_names_whatever_their_order() {
        let old = json!({ "policies": [{ "sync": { "workers": 4 } }, { "async": { "name": "loop" } }] });
        let new =
            json!({ "policies": [{ "async": { "name": "loop" } }, { "sync": { "workers": 5 } }, { "threaded": {} }] });
        assert_eq!(shown(&old, &new), ["policies.sync.workers: 4 -> 5", "policies.threaded: nothing -> {}"]);
    }

    #[test]
    fn lists_of_other_lengths_are_compared_item_by_item() {
        let phases = |phases: Value| json!({ "phases": phases });
        let old = phases(json!([{ "framework": "2ms" }, { "db": "8ms" }, { "compute": "1ms" }, { "db": "8ms" }]));
        let longer = phases(
            json!([{ "framework": "2ms" }, { "db": "8ms" }, { "compute": "3ms" }, { "db": "8ms" }, { "db": "12ms" }]),
        );
        assert_eq!(
            shown(&old, &longer),
            [r#"phases.2.compute: "1ms" -> "3ms""#, r#"phases.4: nothing -> {"db":"12ms"}"#]
        );
        let shorter = phases(json!([{ "db": "8ms" }, { "compute": "1ms" }, { "db": "8ms" }]));
        assert_eq!(shown(&old, &shorter), [r#"phases.0: {"framework":"2ms"} -> nothing"#]);
        let named =
            |names: &[&str]| json!({ "faults": names.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>() });
        assert_eq!(
            shown(&named(&["a", "b"]), &named(&["b"])),
            [r#"faults.0: {"name":"a"} -> nothing"#],
            "an item is known by its name"
        );
    }

    #[test]
    fn values_of_other_kinds_and_very_long_lists_are_compared_as_wholes() {
        let old = json!({ "db": "60ms" });
        let new = json!({ "db": { "exponential": "60ms" } });
        assert_eq!(shown(&old, &new), ["db: \"60ms\" -> {\"exponential\":\"60ms\"}"]);
        let list = |count: usize| json!({ "at": (0..count).collect::<Vec<usize>>() });
        assert_eq!(changes(&list(1500), &list(1501)).len(), 1);
        assert_eq!(changes(&list(1500), &list(1501))[0].path, "at");
    }

    #[test]
    fn what_is_no_scenario_is_compared_all_the_same() {
        assert_eq!(shown(&json!(1), &json!({ "policies": 3 })).len(), 1);
        assert_eq!(shown(&json!({ "policies": [1] }), &json!({ "policies": [{ "sync": {} }] })).len(), 1);
    }
}
