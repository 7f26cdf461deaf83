//! Random scenario files, drawn from the schema: reading what was written gives the same form.
//!
//! The schema knows every field, variant and name of the format, so new ones are drawn without being listed here. Files
//! with combinations that types reject (a median above its p99) are skipped.

use std::collections::BTreeSet;
use std::fs;

use rand::RngExt;
use rand_pcg::Pcg64Dxsm;
use serde_json::{Map, Value as Json, json};

use super::draft::Draft;
use super::format::ScenarioForm;
use super::schema::schema;
use super::source::{Source, Sources};
use super::valid::Sections;
use super::{Scenario, decode, syntax};

/// At least this many scenarios are read and written, and more until every field and variant has been among them.
const FEWEST: u64 = 300;
/// If more are needed, the generator is wrong.
const MOST: u64 = 20_000;

#[test]
fn reading_what_was_written_gives_the_same_form_for_every_field_and_variant() {
    let schema = schema();
    let mut missing = places(&schema);
    for seed in 0..MOST {
        if seed > FEWEST && missing.is_empty() {
            break;
        }
        let mut dice = Dice::new(&schema, seed);
        let json = syntax_of(&dice.scenario().to_string());
        let Some(form) = form(&json.to_string()) else { continue };
        missing.retain(|place| !dice.drawn.contains(place));

        let text = Draft::of(&form, &|_| false).to_string();
        let again = self::form(&text).unwrap_or_else(|| panic!("{text}"));
        assert!(form == again, "seed {seed}: {json}\n{text}\n{form:?}\n{again:?}");
        assert_eq!(Draft::of(&again, &|_| false).to_string(), text, "seed {seed}");

        let as_written = Draft::read(Source::new("drawn", json.to_string())).unwrap().to_string();
        assert_eq!(syntax_of(&as_written), json, "seed {seed}: {as_written}");
    }
    assert!(missing.is_empty(), "in no scenario that can be read: {missing:#?}");
}

#[test]
fn comments_stay_in_place_and_change_no_value() {
    let schema = schema();
    let mut written = 0;
    for seed in 0..400 {
        let mut dice = Dice::new(&schema, seed);
        let json = syntax_of(&dice.scenario().to_string());
        let Ok(mut draft) = Draft::read(Source::new("drawn", json.to_string())) else { continue };
        for pointer in pointers(&json) {
            match dice.up_to(8) {
                1 => draft.comment(&pointer, "Above \"it\": // { ["),
                2 if !pointer.is_empty() => draft.trailing_comment(&pointer, "trailing } it"),
                _ => {}
            }
        }
        written += 1;
        let text = draft.to_string();
        assert_eq!(syntax_of(&text), json, "{text}");
        assert_eq!(Draft::read(Source::new("drawn", text.as_str())).unwrap().to_string(), text);
    }
    assert!(written > 50, "{written}");
}

#[test]
fn the_scenarios_of_the_repository_keep_their_values_and_comments() {
    let mut read = 0;
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        if path.to_string_lossy().ends_with(".baseline.json") || path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        read += 1;
        let draft = Draft::read(Source::new("file", text.as_str())).unwrap();
        let comments = |text: &str| text.matches("// ").count();
        assert_eq!(comments(&draft.to_string()), comments(&text), "{}", path.display());
        // Only `read` can read scenarios that name files.
        let Ok(scenario) = Scenario::from_json(&text) else { continue };
        let as_written = Scenario::from_json(&draft.to_string()).unwrap();
        assert_eq!(as_written.sha256, scenario.sha256, "{}", path.display());
        let typed = Draft::of(&form(&text).unwrap(), &|_| false).to_string();
        assert_eq!(values(&Scenario::from_json(&typed).unwrap()), values(&scenario), "{typed}");
    }
    assert!(read > 5, "{read}");
}

/// The values of a scenario, without their places in the file.
fn values(scenario: &Scenario) -> (Sections, Vec<String>) {
    let mut sections = scenario.sections.clone();
    let objectives = std::mem::take(&mut sections.objectives);
    (sections, objectives.into_iter().map(|objective| objective.text).collect())
}

fn form(text: &str) -> Option<ScenarioForm> {
    let sources = Sources(vec![Source::new("drawn", text)]);
    let document = syntax::parse(&sources, sources.whole(0)).unwrap();
    decode::decode(&document).ok()
}

fn syntax_of(text: &str) -> Json {
    super::to_json(Source::new("drawn", text)).unwrap()
}

/// The pointers of all values.
fn pointers(json: &Json) -> Vec<String> {
    let inside = |key: &str, value: &Json| -> Vec<String> {
        let key = key.replace('~', "~0").replace('/', "~1");
        pointers(value).into_iter().map(|rest| format!("/{key}{rest}")).collect()
    };
    let mut all = vec![String::new()];
    match json {
        Json::Object(fields) => all.extend(fields.iter().flat_map(|(key, value)| inside(key, value))),
        Json::Array(items) => {
            all.extend(items.iter().enumerate().flat_map(|(index, item)| inside(&index.to_string(), item)));
        }
        _ => {}
    }
    all
}

/// Draws values that a schema allows.
struct Dice<'a> {
    schema: &'a Json,
    random: Pcg64Dxsm,
    /// The places of the schema that were used.
    drawn: BTreeSet<String>,
}

impl<'a> Dice<'a> {
    fn new(schema: &'a Json, seed: u64) -> Self {
        Self { schema, random: Pcg64Dxsm::new(u128::from(seed), 11), drawn: BTreeSet::new() }
    }

    fn up_to(&mut self, most: usize) -> usize {
        self.random.random_range(1..=most)
    }

    fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        let place = self.up_to(choices.len()) - 1;
        choices[place].clone()
    }

    fn scenario(&mut self) -> Json {
        self.value("", 0)
    }

    /// A value of the schema at that pointer.
    fn value(&mut self, place: &str, depth: usize) -> Json {
        let schema = self.schema.pointer(place).unwrap();
        if let Some(value) = self.named(schema, place) {
            return value;
        }
        if let Some(target) = schema.get("$ref").and_then(Json::as_str) {
            return self.value(&target[1..], depth);
        }
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        if let Some(values) = schema.get("enum").and_then(Json::as_array) {
            let number = self.up_to(values.len()) - 1;
            self.drawn.insert(format!("{place}/enum/{number}"));
            return values[number].clone();
        }
        let choices = ["oneOf", "anyOf"].iter().find(|choices| schema.get(**choices).is_some());
        if let Some(choices) = choices
            && schema.get("properties").is_none()
        {
            let count = schema[*choices].as_array().unwrap().len();
            // Deep inside, the first ones, which are plain.
            let number = if depth > 7 { 0 } else { self.up_to(count) - 1 };
            let choice = format!("{place}/{choices}/{number}");
            self.drawn.insert(choice.clone());
            return self.value(&choice, depth);
        }
        self.by_type(schema, place, depth)
    }

    fn by_type(&mut self, schema: &Json, place: &str, depth: usize) -> Json {
        let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
        let least = schema.get("minimum").and_then(Json::as_f64).unwrap_or(0.0);
        match kind.unwrap_or_else(|| panic!("{place} has no type: {schema}")) {
            "object" => self.object(schema, place, depth),
            "array" => self.array(schema, place, depth),
            "string" => json!(self.pick(&["db", "page", "a \"quoted\" name", "GET /api/v1.0", "é ~"])),
            "boolean" => json!(self.up_to(2) == 1),
            "integer" => json!(self.up_to(9) as u64 + least as u64),
            "number" => json!(self.pick(&[least, 0.25, 0.5, 1.0, 2.5, 1e-7, 3.0])),
            "null" => Json::Null,
            other => panic!("{place} is of an unknown type {other}"),
        }
    }

    /// A string with its own syntax.
    fn named(&mut self, schema: &Json, place: &str) -> Option<Json> {
        let (name, choices): (_, &[&str]) = match schema.get("pattern")?.as_str()? {
            pattern if pattern.contains("ns|us") => {
                ("duration", &["0ms", "1ns", "250us", "20ms", "1.5s", "2m", "1h", "123456789.000000001s", "438000h"])
            }
            pattern if pattern.contains("ms|s|min|h") => ("rate", &["80/s", "600/min", "2.5/ms", "100/h", "1e-3/s"]),
            pattern if pattern.contains("<|<=") => {
                ("objective", &["async.p99 < 400ms", "warn: during x: list.p95 <= 1s", "recovered x < 30s"])
            }
            pattern if pattern.contains('%') => ("percentage", &["95%", "0.5 %", "2%", "99.99%"]),
            pattern => panic!("{place} has a pattern that no value is drawn for: {pattern}"),
        };
        self.drawn.insert(format!("a {name}"));
        Some(json!(self.pick(choices)))
    }

    fn object(&mut self, schema: &Json, place: &str, depth: usize) -> Json {
        let mut fields = Map::new();
        let alternatives = schema.get("oneOf").and_then(Json::as_array).cloned().unwrap_or_default();
        let chosen = if alternatives.is_empty() { Json::Null } else { self.pick(&alternatives) };
        let excluded = |key: &str| alternatives.iter().any(|other| *other != chosen && requires(other, key));
        let properties = schema.get("properties").and_then(Json::as_object);
        for key in properties.into_iter().flat_map(|fields| fields.keys()) {
            let is_required = requires(schema, key) || requires(&chosen, key);
            if is_required || (!excluded(key) && self.up_to(if depth < 2 { 4 } else { 3 }) == 1) {
                let field = format!("{place}/properties/{key}");
                self.drawn.insert(field.clone());
                fields.insert(key.clone(), self.value(&field, depth + 1));
            }
        }
        if schema.get("additionalProperties").is_some_and(Json::is_object) {
            self.drawn.insert(format!("{place}/additionalProperties"));
            for name in ["db", "list / a~b"].iter().take(self.up_to(2)) {
                fields.insert((*name).into(), self.value(&format!("{place}/additionalProperties"), depth + 1));
            }
        }
        fields.into()
    }

    fn array(&mut self, schema: &Json, place: &str, depth: usize) -> Json {
        if let Some(items) = schema.get("prefixItems").and_then(Json::as_array) {
            let item = |number| self.value(&format!("{place}/prefixItems/{number}"), depth + 1);
            return (0..items.len()).map(item).collect();
        }
        self.drawn.insert(format!("{place}/items"));
        let count = if depth > 5 { 1 } else { self.up_to(2) };
        (0..count).map(|_| self.value(&format!("{place}/items"), depth + 1)).collect()
    }
}

fn requires(schema: &Json, key: &str) -> bool {
    schema.get("required").and_then(Json::as_array).is_some_and(|required| required.iter().any(|name| name == key))
}

/// Every place of the schema that [`Dice`] notes: fields, variants, names.
fn places(schema: &Json) -> BTreeSet<String> {
    let mut places = BTreeSet::from(["a duration", "a rate", "a percentage", "an objective"].map(str::to_owned));
    places.remove("an objective");
    places.insert("a objective".to_owned());
    note_places(schema, "", &mut places);
    places
}

fn note_places(schema: &Json, place: &str, places: &mut BTreeSet<String>) {
    let mut note = |key: &str, inner: &Json, is_noted: bool| {
        let inner_place = format!("{place}/{key}");
        if is_noted {
            places.insert(inner_place.clone());
        }
        note_places(inner, &inner_place, places);
    };
    let is_by_pattern = schema.get("pattern").is_some();
    for (word, inner) in schema.as_object().into_iter().flatten() {
        match (word.as_str(), inner) {
            ("$defs" | "properties", Json::Object(fields)) => {
                fields.iter().for_each(|(key, field)| note(&format!("{word}/{key}"), field, word == "properties"));
            }
            ("oneOf" | "anyOf" | "enum", Json::Array(choices))
                if !is_by_pattern && schema.get("properties").is_none() =>
            {
                choices.iter().enumerate().for_each(|(number, choice)| note(&format!("{word}/{number}"), choice, true));
            }
            ("prefixItems", Json::Array(items)) => {
                items.iter().enumerate().for_each(|(number, item)| note(&format!("{word}/{number}"), item, false));
            }
            ("items" | "additionalProperties", Json::Object(_)) => note(word, inner, true),
            _ => {}
        }
    }
}
