//! The reference of all fields in `docs/scenario.md`, made from the JSON Schema of scenarios.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;

use serde_json::Value;
use waitline::scenario::schema;

use super::generated::check_part;
use super::links::slug;
use super::page::Page;

/// Types that the page describes in words, with what a field that has them takes.
const WORDS: [(&str, &str); 6] = [
    ("Duration", "[duration](#durations-rates-and-percentages)"),
    ("Rate", "[rate](#durations-rates-and-percentages)"),
    ("Percentage", "[percentage](#durations-rates-and-percentages)"),
    ("Distribution", "[duration or distribution](#distributions)"),
    ("Objective", "[objective](#objectives)"),
    ("Phase", "[phase](#phases)"),
];

/// A walk through the schema, from the top of a scenario down.
struct Reference<'a> {
    types: &'a Value,
    /// Where each type with fields was met first, and so has its section.
    sections: BTreeMap<String, String>,
    next: VecDeque<(String, String)>,
}

impl<'a> Reference<'a> {
    /// The section of a type with fields, as a link.
    fn link(&mut self, name: &str, path: &str) -> String {
        if !self.sections.contains_key(name) {
            self.sections.insert(name.to_owned(), path.to_owned());
            self.next.push_back((name.to_owned(), path.to_owned()));
        }
        let path = &self.sections[name];
        format!("[{path}](#{})", slug(&heading(path)))
    }

    /// What a field takes.
    fn takes(&mut self, value: &Value, path: &str) -> String {
        if let Some(name) = value["$ref"].as_str() {
            return self.takes_type(name.rsplit('/').next().unwrap(), path);
        }
        if let Some(choices) = choices(value) {
            let kinds: Vec<String> = choices
                .iter()
                .filter(|choice| choice["type"] != "null")
                .map(|choice| self.takes(choice, path))
                .collect();
            return joined(kinds);
        }
        if let Some(word) = value["const"].as_str() {
            return format!("`\"{word}\"`");
        }
        if let Some(words) = value["enum"].as_array() {
            return words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ");
        }
        self.takes_plain(value, path)
    }

    fn takes_type(&mut self, name: &str, path: &str) -> String {
        if let Some((_, words)) = WORDS.iter().find(|(known, _)| *known == name) {
            return (*words).to_owned();
        }
        let definition = &self.types[name];
        if definition["properties"].is_object() || variants(definition).is_some() {
            return self.link(name, path);
        }
        self.takes(definition, path)
    }

    fn takes_plain(&mut self, value: &Value, path: &str) -> String {
        let kind = match &value["type"] {
            Value::Array(kinds) => kinds[0].as_str(),
            kind => kind.as_str(),
        };
        match kind {
            Some("integer") => format!("whole number{}", least(value)),
            Some("number") => format!("number{}", least(value)),
            Some("boolean") => "`true` or `false`".into(),
            Some("string") => "text".into(),
            Some("array") if value["prefixItems"].is_array() => {
                format!("two of {}", self.takes(&value["prefixItems"][0], path))
            }
            Some("array") => format!("list of {}", self.takes(&value["items"], &format!("{path}.N"))),
            Some("object") if value["additionalProperties"].is_object() => {
                format!("name → {}", self.takes(&value["additionalProperties"], &format!("{path}.NAME")))
            }
            Some("object") => {
                let (field, of) = value["properties"].as_object().unwrap().iter().next().unwrap();
                let takes = self.takes(of, &format!("{path}.{field}"));
                format!("`{{ \"{field}\": … }}` with {takes}")
            }
            other => panic!("{path}: a value of type {other:?}"),
        }
    }

    /// A table of the fields of an object, or of the ways to write a value of several forms.
    fn table(&mut self, definition: &Value, path: &str) -> String {
        let mut table = String::from("| Field | Takes | Meaning |\n| --- | --- | --- |\n");
        let forms: Vec<&Value> = variants(definition).unwrap_or_else(|| vec![definition]);
        for form in &forms {
            let Some(fields) = form["properties"].as_object() else {
                let takes = self.takes(form, path);
                let _ = writeln!(table, "| – | {takes} | {} |", escaped(&description(form)));
                continue;
            };
            for (field, value) in fields {
                let takes = self.takes(value, &below(path, field));
                let is_required = forms.len() == 1 && required(form, field);
                let takes = if is_required { takes + ", required" } else { takes };
                let own = if forms.len() == 1 { described(value) } else { description(form) };
                let _ = writeln!(table, "| `{field}` | {takes} | {} |", escaped(&(own + &self.words(value))));
            }
        }
        table
    }

    /// What each word of an enumeration means.
    fn words(&self, value: &Value) -> String {
        let refs = choices(value).into_iter().flatten().chain([value]).filter_map(|choice| choice["$ref"].as_str());
        let mut words = String::new();
        for name in refs.map(|name| name.rsplit('/').next().unwrap()) {
            for word in choices(&self.types[name]).into_iter().flatten() {
                if let (Some(named), Some(says)) = (word["const"].as_str(), word["description"].as_str()) {
                    let _ = write!(words, "<br>`\"{named}\"`: {}", flat(says));
                }
            }
        }
        words
    }
}

/// The alternatives of a value.
fn choices(value: &Value) -> Option<&Vec<Value>> {
    if value["properties"].is_object() {
        return None;
    }
    value["anyOf"].as_array().or(value["oneOf"].as_array())
}

/// The forms of a value that is written in several ways, most of them objects of one field.
fn variants(definition: &Value) -> Option<Vec<&Value>> {
    let forms = choices(definition)?;
    let objects = forms.iter().filter(|form| form["properties"].is_object()).count();
    (objects > 1).then(|| forms.iter().collect())
}

/// The heading of a section.
fn heading(path: &str) -> String {
    format!("Fields of {path}")
}

fn joined(mut kinds: Vec<String>) -> String {
    kinds.dedup();
    kinds.join(" or ")
}

fn below(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

fn required(form: &Value, field: &str) -> bool {
    form["required"].as_array().is_some_and(|names| names.iter().any(|name| name == field))
}

fn least(value: &Value) -> String {
    value["minimum"].as_f64().map(|least| format!(" ≥ {least}")).unwrap_or_default()
}

fn description(value: &Value) -> String {
    value["description"].as_str().map(flat).unwrap_or_default()
}

/// With its default, if the text does not say it.
fn described(value: &Value) -> String {
    let text = description(value);
    match &value["default"] {
        Value::Object(_) | Value::Null => text,
        _ if text.contains("default") => text,
        default => format!("{} (default: {default}).", text.trim_end_matches('.')),
    }
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}

/// A section for each type with fields, in the order in which a reader of a scenario meets them.
fn reference() -> String {
    let schema = schema();
    let mut reference = Reference { types: &schema["$defs"], sections: BTreeMap::new(), next: VecDeque::new() };
    let mut page = format!("\n### Fields of a scenario\n\n{}", reference.table(&schema, ""));
    for (name, path) in [("Distribution", "distribution"), ("Phase", "phase")] {
        reference.sections.insert(name.into(), path.into());
        reference.next.push_back((name.into(), path.into()));
    }
    while let Some((name, path)) = reference.next.pop_front() {
        let definition = &reference.types[&name];
        let table = reference.table(definition, &path);
        let about = escaped(&description(definition));
        let about = if about.is_empty() { about } else { about + "\n\n" };
        let _ = write!(page, "\n### {}\n\n{about}{table}", heading(&path));
    }
    page + "\n"
}

#[test]
fn the_reference_of_scenarios_has_every_field_of_the_schema() {
    check_part(&Page::read("docs/scenario.md"), "<!-- fields: generated -->", &reference());
}
